//! Service level targets: what the organisation promises, per priority, as its directory says it.
//!
//! ITIL's response and resolution targets. How an incident stands against them is the matter of
//! `sla`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::priority::{Matrix, Priority};

/// Why an incident waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldReason {
    Caller,
    Vendor,
    Part,
    Change,
    Problem,
    Evidence,
}

/// What is promised for one priority; nothing is measured where a target is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Target {
    #[serde(default)]
    pub response_minutes: Option<u32>,
    #[serde(default)]
    pub resolution_minutes: Option<u32>,
}

/// The targets of an organisation, with a version that announcements can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Targets {
    pub version: u32,
    pub priorities: BTreeMap<Priority, Target>,
    /// How much of a target may be used up before it is at risk.
    pub warning_percent: u8,
    /// Holds during which the clocks stand still.
    pub pausing: BTreeSet<HoldReason>,
}

impl Targets {
    /// What is promised for a priority.
    pub fn of(&self, priority: Priority) -> Target {
        self.priorities.get(&priority).copied().unwrap_or_default()
    }
}

impl Default for Targets {
    fn default() -> Self {
        const HOUR: u32 = 60;
        let target = |response, resolution| Target {
            response_minutes: Some(response),
            resolution_minutes: Some(resolution),
        };
        Self {
            version: 1,
            priorities: BTreeMap::from([
                (Priority::P1, target(15, 4 * HOUR)),
                (Priority::P2, target(HOUR, 8 * HOUR)),
                (Priority::P3, target(4 * HOUR, 48 * HOUR)),
                (Priority::P4, target(8 * HOUR, 120 * HOUR)),
            ]),
            warning_percent: 75,
            pausing: BTreeSet::from([HoldReason::Caller]),
        }
    }
}

/// The parts of the directory that say what an incident's row is worked out by.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    pub matrix: Matrix,
    pub targets: Targets,
}
