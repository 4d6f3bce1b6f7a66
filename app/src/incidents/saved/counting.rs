//! Counting what saved views list, a few rows between two frames.
//!
//! # Design
//! Question: how do fifty questions stay counted over ten thousand rows? Answer: each has a tally
//! that looks only at rows that have changed, in slices of bounded work. A question that asks for
//! times is asked again each minute. Rejected: looking through all rows in a memo, as the views
//! that everybody has do with a comparison each: questions look through texts.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::ViewId;
use shared::people::Person;
use shared::search::{Asks, Tally, read};
use shared::time::UnixMillis;

use super::{Counted, Saved};
use crate::incidents::Desk;
use crate::incidents::search::{Asking, Sought, understand};
use crate::link::{Board, Touched};

/// So many rows are held against one question between two frames.
const LOOKED_AT_ONCE: usize = 512;

const MINUTE_MILLIS: i64 = 60_000;

/// Whose views are counted, and by which clock.
pub struct Tallying {
    desk: Desk,
    now: ReadSignal<UnixMillis>,
}

impl Tallying {
    pub(crate) fn new(desk: Desk, now: ReadSignal<UnixMillis>) -> Self {
        Self { desk, now }
    }
}

/// A question that is kept counted.
struct One {
    question: String,
    /// Nothing until it is understood, and again once that may mean something else.
    sought: Option<Rc<dyn Sought>>,
    is_timed: bool,
    tally: Tally,
}

impl One {
    fn of(question: &str) -> Self {
        let reading = read(question);
        let is_timed = reading.question.terms.iter().any(|term| match term.asks {
            Asks::Time(..) | Asks::Risk(_) => true,
            Asks::Word(_)
            | Asks::Phrase(_)
            | Asks::State(_)
            | Asks::Priority(_)
            | Asks::Hold(_)
            | Asks::Named(..) => false,
        });
        Self {
            question: question.to_owned(),
            sought: None,
            is_timed,
            tally: Tally::default(),
        }
    }
}

/// What is counted, and how. Cheap to copy.
#[derive(Clone, Copy)]
struct Counting {
    all: StoredValue<BTreeMap<ViewId, One>, LocalStorage>,
    is_due: StoredValue<bool>,
    board: Board,
    saved: Saved,
    me: Signal<Arc<Person>>,
    now: ReadSignal<UnixMillis>,
}

/// Keeps the counts as rows, names and time change.
pub fn keep_counts(Tallying { desk, now }: Tallying) {
    // The page may have been left while this was fetched.
    if now.try_get_untracked().is_none() {
        return;
    }
    let counting = Counting {
        all: StoredValue::new_local(BTreeMap::new()),
        is_due: StoredValue::new(false),
        board: desk.board(),
        saved: desk.address.saved,
        me: Signal::derive(move || desk.me()),
        now,
    };
    Effect::new(move |_| {
        counting.board.organisation.track();
        counting.me.track();
        counting.ask(&counting.saved.all.get());
    });
    let minute = Memo::new(move |_| now.get().0 / MINUTE_MILLIS);
    Effect::new(move |before: Option<i64>| {
        let minute = minute.get();
        if before.is_some_and(|before| before != minute) {
            counting.ask_again();
        }
        minute
    });
    Effect::new(move |_| {
        counting.board.version.track();
        counting.touch();
    });
}

impl Counting {
    /// Begins anew with these views: names may mean others now.
    fn ask(self, views: &[shared::views::SavedView]) {
        let rows = self.board.listed();
        self.all.update_value(|all| {
            let mut before = std::mem::take(all);
            for view in views {
                let known = before.remove(&view.id);
                let known = known.filter(|known| known.question == view.question);
                let mut one = known.unwrap_or_else(|| One::of(&view.question));
                one.sought = None;
                one.tally.touch_all(rows.iter().copied());
                all.insert(view.id, one);
            }
        });
        self.look_soon();
    }

    /// Asks for times again.
    fn ask_again(self) {
        let rows = self.board.listed();
        self.all.update_value(|all| {
            for one in all.values_mut().filter(|one| one.is_timed) {
                one.sought = None;
                one.tally.touch_all(rows.iter().copied());
            }
        });
        self.look_soon();
    }

    fn touch(self) {
        let touched = self.board.take_touched();
        self.all.update_value(|all| match &touched {
            Touched::All => {
                let rows = self.board.listed();
                for one in all.values_mut() {
                    one.tally.touch_all(rows.iter().copied());
                }
            }
            Touched::Some(rows) => {
                for one in all.values_mut() {
                    one.tally.touch(rows.iter().copied());
                }
            }
        });
        self.look_soon();
    }

    fn look_soon(self) {
        let was_due = self
            .is_due
            .try_update_value(|due| std::mem::replace(due, true));
        if was_due == Some(false) {
            set_timeout(move || self.look(), Duration::ZERO);
        }
    }

    /// Understands one question, or looks at some rows for one.
    fn look(self) {
        if self.is_due.try_update_value(|due| *due = false).is_none() {
            return;
        }
        let is_more = self.all.try_update_value(|all| {
            let mut left = LOOKED_AT_ONCE;
            for one in all.values_mut() {
                if left < LOOKED_AT_ONCE {
                    return true;
                }
                left -= self.look_at(one, left);
            }
            left < LOOKED_AT_ONCE
        });
        self.show();
        if is_more == Some(true) {
            self.look_soon();
        }
    }

    /// How much of what may be done at once this took.
    fn look_at(self, one: &mut One, left: usize) -> usize {
        let Some(sought) = one.sought.clone() else {
            let (me, now) = (self.me.get_untracked(), self.now.get_untracked());
            let asking = Asking::new(one.question.clone(), me, self.board, now);
            one.sought = Some(understand(asking));
            return left;
        };
        let mut looked = 0;
        one.tally.look(left, |row| {
            looked += 1;
            let holds = self.board.with_listed(row, |entry| sought.holds(entry));
            holds == Some(true)
        });
        looked
    }

    fn show(self) {
        let counts = self.all.try_update_value(|all| {
            let counted = all.iter().map(|(id, one)| {
                let sought = one.sought.as_ref();
                let has_faults = sought.is_some_and(|sought| !sought.faults().is_empty());
                let counted = Counted {
                    count: one.tally.count(),
                    has_faults,
                };
                (*id, counted)
            });
            counted.collect::<BTreeMap<_, _>>()
        });
        let Some(counts) = counts else { return };
        let is_new = self
            .saved
            .counts
            .try_with_untracked(|before| *before != counts);
        if is_new == Some(true) {
            self.saved.counts.set(counts);
        }
    }
}
