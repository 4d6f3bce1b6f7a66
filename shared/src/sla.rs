//! Service levels: how long an incident may wait for a response and for its resolution, and how it
//! stands.
//!
//! Everything follows from the incident as its facts and receipts read: corrected time decides, a
//! time without a receipt is provisional and says so. Nothing here is stored, so a fact that comes
//! late simply gives another answer. Only `incident` counts, never `work`: staff and requester see
//! the same clocks.
//!
//! # Design
//! Question: what stops the response clock? Answer: ITIL's response, the first act by which a
//! person of staff shows that they have taken the incident up: a public reply by somebody who never
//! was its requester, start of work, a hold, or a resolution. Rejected: the assignment, which a
//! rule can make while everybody sleeps, and internal notes, which nobody outside can rely on.

mod clocks;
mod due;

use serde::{Deserialize, Serialize};

use crate::calendar::Hours;
use crate::ids::FactId;
use crate::incidents::{Priority, Stage};
use crate::targets::{Target, Targets};
use crate::time::UnixMillis;

pub use clocks::{edition, evaluate, glance, was_breached_at};
pub use due::{Due, Notice, Promise, due, spare_millis};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// From the creation to the first human response.
    Response,
    /// From the creation to the resolution; a reopening resumes it.
    Resolution,
}

impl Measure {
    /// Both, in the order they end.
    pub const ALL: [Self; 2] = [Self::Response, Self::Resolution];

    /// The target for it.
    pub fn target_minutes(self, target: Target) -> Option<u32> {
        match self {
            Self::Response => target.response_minutes,
            Self::Resolution => target.resolution_minutes,
        }
    }
}

/// How one clock of an incident stands, whatever the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Nothing is promised.
    Untimed,
    /// It will have used up its target at this moment; of one that has, what is over is the time
    /// since.
    Running { due_at: UnixMillis },
    /// It stands still; negative when the target was used up before.
    Paused { left_millis: i64 },
    /// What was promised was done in time.
    Met { at: UnixMillis },
    /// What was promised was done too late.
    Missed { at: UnixMillis },
    /// It needs no longer be done.
    Ended,
}

impl Standing {
    /// How much of the target is left, of the hours that count; negative when it is used up, none
    /// when nothing is awaited.
    pub fn left_millis(self, hours: &Hours, now: UnixMillis) -> Option<i64> {
        match self {
            Self::Running { due_at } => Some(hours.left(now, due_at)),
            Self::Paused { left_millis } => Some(left_millis),
            Self::Untimed | Self::Met { .. } | Self::Missed { .. } | Self::Ended => None,
        }
    }

    /// How far it is from being missed, with so much of its target to spare before it is at risk.
    pub fn risk(self, spare_millis: i64, hours: &Hours, now: UnixMillis) -> Risk {
        let Some(left) = self.left_millis(hours, now) else {
            return Risk::Safe;
        };
        // Outside of its hours a clock that has run out stands still at nothing.
        let is_over = matches!(self, Self::Running { due_at } if now > due_at);
        if left < 0 || is_over {
            Risk::Breached
        } else if left <= spare_millis {
            Risk::AtRisk
        } else {
            Risk::Safe
        }
    }
}

/// How far a clock is from being missed, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    Safe,
    /// So much of the target is used up that somebody should look at it.
    AtRisk,
    Breached,
}

/// Both clocks of an incident, as a row carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glance {
    pub response: Standing,
    pub resolution: Standing,
}

impl Glance {
    /// How one of them stands.
    pub fn of(&self, measure: Measure) -> Standing {
        match measure {
            Measure::Response => self.response,
            Measure::Resolution => self.resolution,
        }
    }

    /// The one that matters next: the response until there is one, then the resolution.
    pub fn next(&self) -> (Measure, Standing) {
        let is_awaited =
            |standing| matches!(standing, Standing::Running { .. } | Standing::Paused { .. });
        if is_awaited(self.response) {
            (Measure::Response, self.response)
        } else {
            (Measure::Resolution, self.resolution)
        }
    }

    /// The worse of both.
    pub fn risk(&self, priority: Priority, targets: &Targets, now: UnixMillis) -> Risk {
        let risk = |measure: Measure| {
            let minutes = measure.target_minutes(targets.of(priority));
            let spare = spare_millis(minutes.unwrap_or(0), targets.warning_percent);
            self.of(measure).risk(spare, &targets.hours(priority), now)
        };
        risk(Measure::Response).max(risk(Measure::Resolution))
    }

    /// How pressing it is: what is late comes first, by priority; then what soon will be and what
    /// runs, by what is left; then what stands still; then the rest.
    pub fn pressure(&self, priority: Priority, targets: &Targets, now: UnixMillis) -> Pressure {
        let (_, next) = self.next();
        let is_paused = matches!(next, Standing::Paused { .. });
        let left = next.left_millis(&targets.hours(priority), now);
        match (self.risk(priority, targets, now), left) {
            (Risk::Breached, left) => (0, priority, left.unwrap_or(0)),
            (Risk::AtRisk, Some(left)) => (1, Priority::P1, left),
            (Risk::Safe, Some(left)) if !is_paused => (2, Priority::P1, left),
            (Risk::Safe, Some(_)) => (3, priority, 0),
            (Risk::Safe | Risk::AtRisk, None) => (4, priority, 0),
        }
    }
}

/// How pressing something is, the most pressing first; see [`Glance::pressure`].
pub type Pressure = (u8, Priority, i64);

/// Both clocks with everything that led to how they stand; none where nothing is promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clocks {
    pub targets_version: u32,
    pub response: Option<Clock>,
    pub resolution: Option<Clock>,
}

/// One clock with its segments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    pub measure: Measure,
    /// The priority that it is judged by: the present one, or the one that held when it stopped.
    pub priority: Priority,
    pub target_minutes: u32,
    pub standing: Standing,
    /// What is used up of the target.
    pub elapsed_millis: i64,
    /// When the target was or will be used up; none while it stands still before that.
    pub breach_at: Option<UnixMillis>,
    /// Whether it rests on a time that no receipt has confirmed.
    pub is_provisional: bool,
    /// What happened one after the other, from the creation on.
    pub segments: Vec<Segment>,
}

/// A time in which a clock ran, or did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    pub since: UnixMillis,
    /// None while it lasts.
    pub until: Option<UnixMillis>,
    /// Why: how far the incident was.
    pub stage: Stage,
    pub pace: Pace,
    /// How much of the target it used up.
    pub millis: i64,
    /// The fact that it began with.
    pub fact: FactId,
    pub is_provisional: bool,
}

/// Whether a clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pace {
    Runs,
    /// A hold that pauses: it goes on when work does.
    Paused,
    /// Nothing is awaited; a reopening resumes it.
    Stopped,
}

#[cfg(test)]
mod tests;
