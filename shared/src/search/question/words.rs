//! The words that fields take as values, in the order in which they are offered.

use super::{Field, Naming, StateIs};
use crate::incidents::{HoldReason, Priority, State};
use crate::sla::Risk;

pub(super) const STATES: [(StateIs, &str); 9] = [
    (StateIs::Open, "open"),
    (StateIs::One(State::New), "new"),
    (StateIs::One(State::Assigned), "assigned"),
    (StateIs::One(State::InProgress), "in-progress"),
    (StateIs::One(State::OnHold), "on-hold"),
    (StateIs::One(State::Resolved), "resolved"),
    (StateIs::One(State::Closed), "closed"),
    (StateIs::One(State::Cancelled), "cancelled"),
    (StateIs::Incomplete, "incomplete"),
];

pub(super) const PRIORITIES: [(Priority, &str); 4] = [
    (Priority::P1, "p1"),
    (Priority::P2, "p2"),
    (Priority::P3, "p3"),
    (Priority::P4, "p4"),
];

pub(super) const RISKS: [(Risk, &str); 3] = [
    (Risk::Breached, "breached"),
    (Risk::AtRisk, "at-risk"),
    (Risk::Safe, "safe"),
];

pub(super) const HOLDS: [(HoldReason, &str); 6] = [
    (HoldReason::Caller, "caller"),
    (HoldReason::Vendor, "vendor"),
    (HoldReason::Part, "part"),
    (HoldReason::Change, "change"),
    (HoldReason::Problem, "problem"),
    (HoldReason::Evidence, "evidence"),
];

/// The value that is written so, in any case and with any sign or none between its words.
pub(super) fn one_of<T: Copy>(all: &[(T, &str)], text: &str) -> Option<T> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let found = all.iter().find(|(_, word)| plain(word) == plain(text));
    found.map(|(one, _)| *one)
}

/// How a value is written.
pub(super) fn word_of<T: PartialEq>(all: &[(T, &'static str)], wanted: &T) -> &'static str {
    let found = all.iter().find(|(one, _)| one == wanted);
    found.map_or("", |(_, word)| word)
}

impl Field {
    /// The words that the field takes; other values are names, or count back from now.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::State => words(&STATES),
            Self::Priority => words(&PRIORITIES),
            Self::Risk => words(&RISKS),
            Self::Hold => words(&HOLDS),
            Self::Named(Naming::Requester) => vec!["me"],
            Self::Named(Naming::Category) => vec!["none"],
            Self::Named(Naming::Assignee | Naming::Group | Naming::Site) => vec!["me", "none"],
            Self::Time(_) => vec!["today", "yesterday", "<24h", "<7d", ">7d", ">4w"],
        }
    }
}

fn words<T>(all: &[(T, &'static str)]) -> Vec<&'static str> {
    all.iter().map(|(_, word)| *word).collect()
}
