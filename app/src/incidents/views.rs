//! Saved views of the queue, and which rows they show.

use shared::ids::IncidentId;
use shared::incidents::{Priority, State};
use shared::people::Person;
use shared::rows::Row;

use crate::link::{Entry, Organisation};
use crate::text::t;
use crate::ui::browser;

/// A saved view of the queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub(crate) enum View {
    Mine,
    MyGroups,
    Unassigned,
    OnHold,
    Attention,
    #[default]
    Open,
    Resolved,
    All,
}

impl View {
    /// What concerns the person.
    pub(crate) const OWN: [Self; 2] = [Self::Mine, Self::MyGroups];
    /// What concerns everybody.
    pub(crate) const SHARED: [Self; 6] = [
        Self::Open,
        Self::Unassigned,
        Self::OnHold,
        Self::Attention,
        Self::Resolved,
        Self::All,
    ];

    /// The view's word in the address.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::MyGroups => "groups",
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
            Self::Mine => row.state.is_open() && row.assignee == Some(me.id),
            Self::MyGroups => {
                row.state.is_open()
                    && row
                        .group
                        .as_ref()
                        .is_some_and(|group| me.groups.contains(group))
            }
            Self::Unassigned => row.state.is_open() && row.assignee.is_none(),
            Self::OnHold => row.state == State::OnHold,
            Self::Attention => row.conflicts > 0,
            Self::Open => row.state.is_open(),
            Self::Resolved => row.state == State::Resolved,
            Self::All => true,
        }
    }
}

/// How many rows each view has, in the order of [`View::OWN`] and [`View::SHARED`].
pub(crate) fn counts(rows: &[Entry], me: &Person) -> Vec<(View, usize)> {
    let views = View::OWN.into_iter().chain(View::SHARED);
    let count = |view: View| {
        rows.iter()
            .filter(|entry| view.shows(&entry.row, me))
            .count()
    };
    views.map(|view| (view, count(view))).collect()
}

/// What narrows a view down.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Filter {
    words: Vec<String>,
    pub state: Option<State>,
    pub priority: Option<Priority>,
}

impl Filter {
    /// Every word typed must be found, in any order and case.
    pub(crate) fn new(query: &str, state: Option<State>, priority: Option<Priority>) -> Self {
        let words = browser::lower_case(query)
            .split_whitespace()
            .map(ToOwned::to_owned)
            .collect();
        Self {
            words,
            state,
            priority,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn finds(&self, entry: &Entry, organisation: &Organisation) -> bool {
        self.words
            .iter()
            .all(|word| entry.text(organisation).contains(word.as_str()))
    }
}

/// What the queue shows, with the counts on its chips.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Found {
    pub ids: Vec<IncidentId>,
    /// How many rows each state would show, whatever state is chosen now.
    pub states: Vec<(State, usize)>,
    pub priorities: Vec<(Priority, usize)>,
}

/// Looks through all rows; they come and stay in the order of lists.
pub(crate) fn find(
    rows: &[Entry],
    view: View,
    filter: &Filter,
    me: &Person,
    organisation: &Organisation,
) -> Found {
    let mut states = State::ALL.map(|state| (state, 0));
    let mut priorities = super::address::PRIORITIES.map(|priority| (priority, 0));
    let mut ids = Vec::new();
    for entry in rows
        .iter()
        .filter(|entry| view.shows(&entry.row, me) && filter.finds(entry, organisation))
    {
        let row = &entry.row;
        let of_state = filter.state.is_none_or(|state| state == row.state);
        let of_priority = filter
            .priority
            .is_none_or(|priority| priority == row.priority);
        if of_priority {
            count(&mut states, row.state);
        }
        if of_state {
            count(&mut priorities, row.priority);
        }
        if of_state && of_priority {
            ids.push(row.id);
        }
    }
    let some = |(_, count): &(_, usize)| *count > 0;
    let states = states.into_iter().filter(some).collect();
    Found {
        ids,
        states,
        priorities: priorities
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect(),
    }
}

fn count<T: PartialEq + Copy>(counts: &mut [(T, usize)], of: T) {
    if let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == of) {
        *count += 1;
    }
}
