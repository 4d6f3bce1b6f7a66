//! What somebody types to look for incidents: words and fields in one line.
//!
//! `state:open assignee:me site:ams printer "paper jam" -vpn opened:>7d`: every term has to hold, a
//! hyphen before a term turns it round, and values apart by commas are alternatives. Fields and
//! their values are words of the trade, the same in every language. Reading never fails: a term
//! that is not understood is a word like others, beside a fault that says where and why.
//!
//! # Design
//! Question: what does a pasted sentence mean? Answer: itself. Only what begins with a field and a
//! colon is more than words, and a colon before a space, as in `Error: printer`, is no field.

mod words;
mod written;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::incidents::{HoldReason, Priority, State};
use crate::sla::Risk;

pub use written::{Day, read};

/// What is looked for: all terms have to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    pub terms: Vec<Term>,
}

/// One thing that has to hold, or not to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub is_not: bool,
    pub asks: Asks,
}

/// What a term asks for. Of several values any one is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    Word(String),
    /// Words that follow each other; without quotation marks in it.
    Phrase(String),
    State(Vec<StateIs>),
    Priority(Vec<Priority>),
    Risk(Vec<Risk>),
    /// Why it is on hold.
    Hold(Vec<HoldReason>),
    Named(Naming, Vec<Called>),
    Time(Moment, Vec<Time>),
}

impl Asks {
    /// How many names there are to look for.
    pub(super) fn names(&self) -> usize {
        match self {
            Self::Named(_, all) => all.len(),
            Self::Word(_)
            | Self::Phrase(_)
            | Self::State(_)
            | Self::Priority(_)
            | Self::Risk(_)
            | Self::Hold(_)
            | Self::Time(..) => 0,
        }
    }
}

/// A state, all that are not over, or what was resolved without all that this needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateIs {
    Open,
    Incomplete,
    One(State),
}

/// A field whose values have names in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Naming {
    Assignee,
    Requester,
    Group,
    Site,
    Category,
}

/// Who or what a field names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// Whoever asks, their groups, their site.
    Mine,
    Nothing,
    /// By its id, its login or words of its name; without quotation marks in it.
    Name(String),
}

/// A moment in the life of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    Opened,
    Updated,
    Resolved,
}

/// When something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Longer ago than this: `>7d`.
    Before(Age),
    /// At most so long ago: `<7d`.
    Within(Age),
    /// Compared with a day where the reader is: `2026-11-20`, `>=2026-11-20`, `today`.
    Day(Compared, Day),
}

/// How long ago, in whole units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    pub count: u16,
    pub unit: Unit,
}

/// What an age is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hours,
    Days,
    Weeks,
}

impl Moment {
    /// Every moment that can be asked for.
    pub const ALL: [Self; 3] = [Self::Opened, Self::Updated, Self::Resolved];
}

impl Naming {
    /// Every field whose values have names.
    pub const ALL: [Self; 5] = [
        Self::Assignee,
        Self::Requester,
        Self::Group,
        Self::Site,
        Self::Category,
    ];

    /// Whether people are named, of whom each word of a name is one.
    pub(super) fn is_of_people(self) -> bool {
        matches!(self, Self::Assignee | Self::Requester)
    }
}

impl Age {
    /// The age in milliseconds.
    pub fn millis(self) -> i64 {
        let hours = match self.unit {
            Unit::Hours => 1,
            Unit::Days => 24,
            Unit::Weeks => 7 * 24,
        };
        i64::from(self.count) * hours * 3_600_000
    }
}

/// How something lies to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    On,
    Before,
    Until,
    After,
    Since,
}

/// A field, as it is written before the colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    State,
    Priority,
    Risk,
    Hold,
    Named(Naming),
    Time(Moment),
}

impl Field {
    /// Every field with its word, in the order in which they are offered.
    pub const ALL: [(Self, &'static str); 12] = [
        (Self::State, "state"),
        (Self::Priority, "priority"),
        (Self::Named(Naming::Assignee), "assignee"),
        (Self::Named(Naming::Group), "group"),
        (Self::Named(Naming::Requester), "requester"),
        (Self::Named(Naming::Site), "site"),
        (Self::Named(Naming::Category), "category"),
        (Self::Risk, "risk"),
        (Self::Hold, "hold"),
        (Self::Time(Moment::Opened), "opened"),
        (Self::Time(Moment::Updated), "updated"),
        (Self::Time(Moment::Resolved), "resolved"),
    ];

    /// The field of this word, whatever its case.
    pub fn of_word(word: &str) -> Option<Self> {
        let all = Self::ALL.iter();
        let mut found = all.filter(|(_, own)| own.eq_ignore_ascii_case(word));
        found.next().map(|(field, _)| *field)
    }

    /// The word of the field.
    pub fn word(self) -> &'static str {
        let mut found = Self::ALL.iter().filter(|(field, _)| *field == self);
        found.next().map_or("", |(_, word)| word)
    }
}

/// A question as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    pub question: Question,
    /// Where each term lies in what was typed, as bytes.
    pub places: Vec<Range<usize>>,
    pub faults: Vec<Fault>,
}

/// What was not understood, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub place: Range<usize>,
    pub what: Wrong,
    /// What was perhaps meant, to be written in its place.
    pub instead: Option<String>,
}

/// Why something was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// There is no such field.
    Field,
    /// The field has no such value.
    Value(Field),
    /// A value is still to be typed.
    NoValue,
    /// No person, group, site or category is called so.
    Name(Naming),
    /// More names than a question takes; those of this term are left out.
    TooMany,
}

/// The word nearest to what was typed, if it is near enough to be meant.
pub(super) fn nearest<'w>(
    typed: &str,
    words: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let typed = typed.to_ascii_lowercase();
    let far = match typed.chars().count() {
        0..=2 => 0,
        3..=7 => 1,
        _ => 2,
    };
    let near = words.into_iter().map(|word| (distance(&typed, word), word));
    let near = near.filter(|(distance, _)| *distance <= far);
    near.min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How many characters are to be added, dropped, changed or swapped with their neighbour (optimal
/// string alignment).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().collect();
    let mut rows: [Vec<usize>; 2] = [Vec::new(), (0..=other.len()).collect()];
    let mut before = None;
    for (at, sign) in one.chars().enumerate() {
        let mut row = vec![at + 1];
        for (place, wanted) in other.iter().enumerate() {
            let change = rows[1][place] + usize::from(sign != *wanted);
            let mut least = change.min(rows[1][place + 1] + 1).min(row[place] + 1);
            let is_swapped = place > 0 && before == Some(*wanted) && other[place - 1] == sign;
            if is_swapped {
                least = least.min(rows[0][place - 1] + 1);
            }
            row.push(least);
        }
        before = Some(sign);
        rows.rotate_left(1);
        rows[1] = row;
    }
    rows[1][other.len()]
}

#[cfg(test)]
mod tests;
