//! What somebody looks for by typing. Understanding it comes in a file of its own, since a first
//! paint looks for nothing.

mod help;
mod understood;

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use shared::people::Person;
use shared::search::Fault;
use shared::time::UnixMillis;

use super::{Desk, Tallying};
use crate::link::{Board, Entry};
use crate::ui::room::{Coming, Entering, once_here};

pub(crate) use help::{SearchHelp, in_words};
pub use understood::{keep_folded, understand};

/// What was typed, by whom and when.
pub struct Asking {
    typed: String,
    me: Arc<Person>,
    board: Board,
    now: UnixMillis,
}

impl Asking {
    pub(super) fn new(typed: String, me: Arc<Person>, board: Board, now: UnixMillis) -> Self {
        Self {
            typed,
            me,
            board,
            now,
        }
    }
}

/// What answers to what was typed.
pub trait Sought {
    /// Whether a row does.
    fn holds(&self, entry: &Entry) -> bool;

    /// What of a text does, as ranges of its bytes in order.
    fn marks(&self, text: &str) -> Vec<Range<usize>>;

    /// What of a number does, be it only its digits.
    fn marks_of_number(&self, number: &str) -> Vec<Range<usize>>;

    /// What was not understood.
    fn faults(&self) -> &[Fault];
}

/// How the file of the search is entered.
#[derive(Clone, Copy)]
pub struct SearchRoom {
    pub understand: fn(Asking) -> Coming<Rc<dyn Sought>>,
    /// Keeps rows ready for the search.
    pub keep_folded: fn(Board) -> Coming<()>,
    /// Keeps what saved views list counted.
    pub keep_counts: fn(Tallying) -> Coming<()>,
    pub help: fn(Search) -> Entering,
}

/// What is looked for, once it is understood. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Search {
    asked: RwSignal<Asked, LocalStorage>,
    /// How often the file of the search was asked for again.
    tries: RwSignal<u32>,
    /// Whether ways to go on are shown.
    offers: RwSignal<bool>,
}

#[derive(Clone, Default)]
struct Asked {
    typed: String,
    /// Nothing while nothing is typed.
    sought: Option<Rc<dyn Sought>>,
}

impl Search {
    /// Follows what is typed; `minute` grows as time passes.
    pub(super) fn new(desk: Desk, minute: Memo<i64>, now: ReadSignal<UnixMillis>) -> Self {
        let room = expect_context::<SearchRoom>();
        let search = Self {
            asked: RwSignal::new_local(Asked::default()),
            tries: RwSignal::new(0),
            offers: RwSignal::new(false),
        };
        let board = desk.board();
        Effect::new(move |_| {
            let typed = desk.address.query.get();
            if typed.trim().is_empty() {
                search.take(typed, None);
                return;
            }
            // What is understood names people and days.
            board.organisation.track();
            minute.track();
            search.tries.track();
            let asking = Asking {
                typed: typed.clone(),
                me: desk.me(),
                board,
                now: now.get_untracked(),
            };
            once_here((room.understand)(asking), move |sought| {
                // Somebody may have typed on meanwhile, or left the list.
                let is_asked = desk.address.query.try_get_untracked().as_ref() == Some(&typed);
                if let Some(sought) = sought.ok().filter(|_| is_asked) {
                    search.take(typed, Some(sought));
                }
            });
        });
        search
    }

    fn take(self, typed: String, sought: Option<Rc<dyn Sought>>) {
        let is_asked = self
            .asked
            .try_with_untracked(|asked| asked.sought.is_some());
        if sought.is_some() || is_asked == Some(true) {
            self.asked.try_set(Asked { typed, sought });
        }
    }

    /// Asks once more for what did not come.
    pub(super) fn try_again(self) {
        let has_come = self.asked.with_untracked(|asked| asked.sought.is_some());
        if !has_come {
            self.tries.update(|tries| *tries += 1);
        }
    }

    /// Hides the ways to go on, if any are shown.
    pub(super) fn close_offers(self) -> bool {
        let are_shown = self.offers.get_untracked();
        self.offers.set(false);
        are_shown
    }

    /// What was typed that is looked for. Tracked.
    pub(super) fn typed(self) -> String {
        self.asked.with(|asked| asked.typed.clone())
    }

    /// Works with what answers; it is nothing while nothing is looked for. Tracked.
    pub(super) fn with<T>(self, work: impl FnOnce(Option<&dyn Sought>) -> T) -> T {
        self.asked.with(|asked| work(asked.sought.as_deref()))
    }
}

/// Whether a row answers; when nothing is looked for, every one does.
pub(super) fn holds(sought: Option<&dyn Sought>, entry: &Entry) -> bool {
    sought.is_none_or(|sought| sought.holds(entry))
}

/// What of a text answers.
pub(super) fn marked(sought: Option<&dyn Sought>, text: &str) -> Vec<Range<usize>> {
    sought.map_or_else(Vec::new, |sought| sought.marks(text))
}
