//! States of an incident, the transitions between them, and which of several concurrent ones holds.
//!
//! ITIL's incident lifecycle: New, Assigned, In progress and On hold are open; Resolved; Closed;
//! Cancelled. New and Assigned are not written but derived from the assignment.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::targets::HoldReason;

/// The state of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    New,
    Assigned,
    InProgress,
    OnHold,
    Resolved,
    Closed,
    Cancelled,
}

impl State {
    /// Every state, in the order of the lifecycle.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Assigned,
        Self::InProgress,
        Self::OnHold,
        Self::Resolved,
        Self::Closed,
        Self::Cancelled,
    ];

    /// Whether work is still to be done.
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::New | Self::Assigned | Self::InProgress | Self::OnHold
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::InProgress => "in progress",
            Self::OnHold => "on hold",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        })
    }
}

/// How far the transitions alone have brought an incident: New and Assigned are one stage here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    Ready,
    InProgress,
    OnHold(HoldReason),
    Resolved,
    Closed,
    Cancelled,
}

impl Stage {
    /// Whether work is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Ready | Self::InProgress | Self::OnHold(_))
    }
}

/// A step of the lifecycle, as a fact says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transition {
    Started,
    Held,
    Resolved,
    Reopened,
    Closed,
    Cancelled,
}

impl Transition {
    /// Whether the step may be taken from `state`, as its author sees it.
    pub fn is_allowed_from(self, state: State) -> bool {
        match self {
            Self::Started => matches!(state, State::New | State::Assigned | State::OnHold),
            // Held again, it waits for something else, or until another day.
            Self::Held | Self::Resolved | Self::Cancelled => state.is_open(),
            Self::Reopened | Self::Closed => state == State::Resolved,
        }
    }
}

/// Why an incident goes to another group (ITIL's functional escalation).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escalation {
    /// It needs somebody who knows more about it.
    Skill,
    /// It needs rights that those who have it lack.
    Access,
    /// Those who have it have no time for it.
    Capacity,
    /// It is late, or soon will be.
    Time,
    /// It goes back to where it came from.
    Back,
}

/// How an incident was resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionCode {
    Fixed,
    Workaround,
    Explained,
    Duplicate,
    NotReproducible,
    NoLongerNeeded,
}
