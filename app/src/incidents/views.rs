//! The views of the queue that everybody has, and which rows they show.

use std::rc::Rc;

use shared::incidents::State;
use shared::people::Person;
use shared::rows::Row;
use shared::search::{self, Filter, Found, Look};
use shared::views::Order;

use super::search::{Sought, holds};
use crate::link::Entry;
use crate::text::t;

/// A view of the queue that everybody has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum View {
    Mine,
    MyGroups,
    Watched,
    Unassigned,
    OnHold,
    Attention,
    #[default]
    Open,
    Resolved,
    All,
}

impl View {
    /// The order in which people expect the view: work to be done by what is pressing.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::Mine | Self::MyGroups | Self::Watched | Self::Unassigned | Self::Open => {
                Order::Risk
            }
            Self::OnHold | Self::Attention | Self::Resolved | Self::All => Order::Priority,
        }
    }

    /// What concerns the person.
    pub(crate) const OWN: [Self; 4] = [Self::Mine, Self::MyGroups, Self::Watched, Self::Attention];
    /// What concerns everybody.
    pub(crate) const SHARED: [Self; 5] = [
        Self::Open,
        Self::Unassigned,
        Self::OnHold,
        Self::Resolved,
        Self::All,
    ];

    /// The view's word in the address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::MyGroups => "groups",
            Self::Watched => "watched",
            Self::Unassigned => "unassigned",
            Self::OnHold => "hold",
            Self::Attention => "attention",
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::All => "all",
        }
    }

    pub(crate) fn of_word(word: &str) -> Option<Self> {
        Self::OWN
            .into_iter()
            .chain(Self::SHARED)
            .find(|view| view.word() == word)
    }

    /// What people call the view.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Mine => t!("view.mine"),
            Self::MyGroups => t!("view.groups"),
            Self::Watched => t!("view.watched"),
            Self::Unassigned => t!("view.unassigned"),
            Self::OnHold => t!("view.hold"),
            Self::Attention => t!("view.attention"),
            Self::Open => t!("view.open"),
            Self::Resolved => t!("view.resolved"),
            Self::All => t!("view.all"),
        }
    }

    /// What to say when the view has nothing to show.
    pub(crate) fn emptiness(self) -> String {
        match self {
            Self::Mine => t!("empty.mine"),
            Self::MyGroups => t!("empty.groups"),
            Self::Watched => t!("empty.watched"),
            Self::Unassigned => t!("empty.unassigned"),
            Self::OnHold => t!("empty.hold"),
            Self::Attention => t!("empty.attention"),
            Self::Open => t!("empty.open"),
            Self::Resolved => t!("empty.resolved"),
            Self::All => t!("empty.all"),
        }
    }

    /// Whether the view shows a row to this person.
    pub(crate) fn shows(self, row: &Row, me: &Person) -> bool {
        match self {
            Self::Mine => row.state.is_open() && row.is_in_hands_of(me.id),
            Self::MyGroups => {
                row.state.is_open()
                    && row
                        .group
                        .as_ref()
                        .is_some_and(|group| me.groups.contains(group))
            }
            Self::Watched => row.state.is_open() && row.is_watched_by(me.id),
            Self::Unassigned => row.state.is_open() && row.assignee.is_none(),
            Self::OnHold => row.state == State::OnHold,
            Self::Attention => row.cards.iter().any(|card| card.to == me.id),
            Self::Open => row.state.is_open(),
            Self::Resolved => row.state == State::Resolved,
            Self::All => true,
        }
    }

    /// How much the view lists of a row: itself, or each of its cards.
    fn lists(self, row: &Row, me: &Person) -> usize {
        if self == Self::Attention {
            return row.cards.iter().filter(|card| card.to == me.id).count();
        }
        usize::from(self.shows(row, me))
    }
}

/// How much each view lists, in the order of [`View::OWN`] and [`View::SHARED`].
pub(crate) fn counts(rows: &[Rc<Entry>], me: &Person) -> Vec<(View, usize)> {
    let views = View::OWN.into_iter().chain(View::SHARED);
    let mut counts: Vec<_> = views.map(|view| (view, 0)).collect();
    for entry in rows {
        for (view, count) in &mut counts {
            *count += view.lists(&entry.row, me);
        }
    }
    counts
}

/// Looks through the rows of a view.
pub(crate) fn find(
    rows: &[Rc<Entry>],
    (view, order): (View, Order),
    sought: Option<&dyn Sought>,
    filter: &Filter,
    look: Look<'_>,
) -> Found {
    let shown = rows.iter().filter(|entry| view.shows(&entry.row, look.me));
    let mut shown: Vec<_> = shown.collect();
    if order == Order::Risk {
        shown.sort_by_cached_key(|entry| {
            let row = &entry.row;
            let targets = look.directory.targets_of(row.edition);
            row.levels.pressure(row.priority, targets, look.now)
        });
    }
    let rows = shown.into_iter().map(|entry| (&entry.row, &**entry));
    search::find(rows, |entry: &Entry| holds(sought, entry), filter, look)
}
