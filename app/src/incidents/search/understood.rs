//! Understanding what was typed, and keeping rows ready to be looked through.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use shared::people::Person;
use shared::rows::Row;
use shared::search::{Asker, Conditions, Day, Fault, Look, Searchable, Span, read, tails};
use shared::time::UnixMillis;

use super::{Asking, Sought};
use crate::link::{Board, Entry, Organisation};
use crate::ui::browser;

struct Understood {
    conditions: Conditions,
    faults: Vec<Fault>,
    me: Arc<Person>,
    board: Board,
    organisation: Arc<Organisation>,
    now: UnixMillis,
}

/// Understands what was typed.
pub fn understand(asking: Asking) -> Rc<dyn Sought> {
    let Asking {
        typed,
        me,
        board,
        now,
    } = asking;
    let organisation = board.organisation.get_untracked();
    let span = |day| span(day, now);
    let asker = Asker {
        me: &me,
        directory: &organisation.directory,
        unicode: &browser::fold,
        now,
        span: &span,
    };
    let (conditions, faults) = Conditions::of(&read(&typed), asker);
    Rc::new(Understood {
        conditions,
        faults,
        me,
        board,
        organisation,
        now,
    })
}

fn span(day: Day, now: UnixMillis) -> Option<Span> {
    match day {
        Day::Today => Some(browser::day(now, 0)),
        Day::Yesterday => Some(browser::day(now, 1)),
        Day::Date(date) => browser::day_of_word(&date.to_string()),
    }
}

impl Sought for Understood {
    fn holds(&self, entry: &Entry) -> bool {
        let look = Look {
            me: &self.me,
            directory: &self.organisation.directory,
            now: self.now,
        };
        let risk = || look.risk(&entry.row);
        // The names that hold now: what is folded stays so.
        let organisation = self.board.organisation;
        let texts = || entry.texts(|row| texts(row, &organisation.get_untracked()));
        self.conditions.hold(&entry.row, risk, texts)
    }

    fn marks(&self, text: &str) -> Vec<Range<usize>> {
        self.conditions.marks(text, &browser::fold)
    }

    fn marks_of_number(&self, number: &str) -> Vec<Range<usize>> {
        self.conditions.marks_of_number(number, &browser::fold)
    }

    fn faults(&self) -> &[Fault] {
        &self.faults
    }
}

/// What the search looks through of a row.
fn texts(row: &Row, organisation: &Organisation) -> Searchable {
    let name = row.name();
    let requester = organisation.requester_name(&row.requester);
    let group = row.group.as_ref().map(|id| organisation.group_name(id));
    let category = row.category.as_ref();
    let others = [
        row.assignee.map(|id| organisation.person_name(id)),
        group,
        category.map(|id| organisation.category_name(id)),
        row.site.as_ref().map(|id| organisation.site_name(id)),
    ];
    let texts = [&row.subject, &name, &requester].into_iter();
    let texts = texts.chain(others.iter().flatten()).map(String::as_str);
    let tails = row.number.as_deref().into_iter().flat_map(tails);
    Searchable::of(texts.chain(tails), &browser::fold)
}

/// Makes rows ready for the search while nothing else is to do, so that the first letter typed
/// finds them so.
pub fn keep_folded(board: Board) {
    let is_folding = StoredValue::new(false);
    Effect::new(move |_| {
        board.version.track();
        fold_soon(board, is_folding);
    });
}

fn fold_soon(board: Board, is_folding: StoredValue<bool>) {
    let was_folding = is_folding.try_update_value(|folding| std::mem::replace(folding, true));
    if was_folding == Some(false) {
        set_timeout(move || fold(board, is_folding), Duration::ZERO);
    }
}

fn fold(board: Board, is_folding: StoredValue<bool>) {
    if is_folding
        .try_update_value(|folding| *folding = false)
        .is_none()
    {
        return;
    }
    let organisation = board.organisation.get_untracked();
    let is_more = board.fold_some(|entry| {
        entry.texts(|row| texts(row, &organisation));
    });
    if is_more {
        fold_soon(board, is_folding);
    }
}
