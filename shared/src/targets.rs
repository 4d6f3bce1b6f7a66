//! Service level targets: what the organisation promises, per priority, as its directory says it.
//!
//! ITIL's response and resolution targets. How an incident stands against them is the matter of
//! `sla`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, Hours};
use crate::ids::CalendarId;
use crate::priority::{Matrix, Priority};
use crate::time::UnixMillis;

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

/// What an incident is to have before it is resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    Category,
    Diagnosis,
    /// No task is left to be done.
    Tasks,
    /// Somebody said how long it took them.
    Time,
}

impl Gate {
    /// Every gate, in the order in which people come to them.
    pub const ALL: [Self; 4] = [Self::Category, Self::Diagnosis, Self::Tasks, Self::Time];
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
    /// In which calendar the clocks of a priority run; day and night where none is named.
    #[serde(default)]
    pub calendars: BTreeMap<Priority, CalendarId>,
    /// The calendars as they were compiled.
    #[serde(default)]
    pub compiled: Vec<Calendar>,
    /// When what is resolved closes by itself; never without.
    #[serde(default)]
    pub closing: Option<Closing>,
    /// What an incident is to have before it is resolved.
    #[serde(default)]
    pub gates: BTreeSet<Gate>,
    /// Of which holds people are reminded, and how.
    #[serde(default)]
    pub reminding: BTreeMap<HoldReason, Reminding>,
    /// When each of these rules was set: nothing is due by it from before.
    #[serde(default)]
    pub reminding_since: BTreeMap<HoldReason, UnixMillis>,
}

/// How those are reminded for whom an incident waits, and when that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminding {
    /// How many business days lie between two reminders.
    pub every_days: u16,
    /// Day and night where none is named.
    pub calendar: Option<CalendarId>,
    /// After so many reminders without an answer of the caller it is resolved; never without.
    pub resolves_after: Option<u8>,
}

/// After how many business days without another word a resolved incident closes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    pub days: u16,
    /// Day and night where none is named.
    pub calendar: Option<CalendarId>,
}

impl Targets {
    /// When a resolved incident closes by itself to which nothing has happened since a moment.
    pub fn closes_at(&self, rests_since: UnixMillis) -> Option<UnixMillis> {
        let closing = self.closing.as_ref()?;
        Some(self.days_later(closing.calendar.as_ref(), rests_since, closing.days))
    }

    /// So many business days later in a calendar; day and night where none is named.
    pub fn days_later(
        &self,
        calendar: Option<&CalendarId>,
        since: UnixMillis,
        days: u16,
    ) -> UnixMillis {
        let named = |id: &CalendarId| self.compiled.iter().find(|one| one.id == *id);
        match calendar.and_then(named) {
            Some(calendar) => calendar.hours.days_later(since, days),
            None => Hours::default().days_later(since, days),
        }
    }

    /// What is promised for a priority.
    pub fn of(&self, priority: Priority) -> Target {
        self.priorities.get(&priority).copied().unwrap_or_default()
    }

    /// The calendar that the clocks of a priority run in; none for day and night.
    pub fn calendar(&self, priority: Priority) -> Option<&Calendar> {
        let id = self.calendars.get(&priority)?;
        self.compiled.iter().find(|calendar| calendar.id == *id)
    }

    /// The hours that count for a priority.
    pub fn hours(&self, priority: Priority) -> Hours {
        let calendar = self.calendar(priority);
        calendar.map_or_else(Hours::default, |calendar| calendar.hours.clone())
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
            calendars: BTreeMap::new(),
            compiled: Vec::new(),
            closing: None,
            gates: BTreeSet::new(),
            reminding: BTreeMap::new(),
            reminding_since: BTreeMap::new(),
        }
    }
}

/// Which incidents an edition is for, beside those that begin under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// No others: those that were there keep what they were promised.
    #[default]
    New,
    /// Those that were open when it came, too.
    Open,
}

/// The matrix and the targets that hold together from a moment on. Its version is that of its
/// targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Edition {
    #[serde(default)]
    pub since: UnixMillis,
    #[serde(default)]
    pub reach: Reach,
    pub matrix: Matrix,
    pub targets: Targets,
}

/// The parts of the directory that say what an incident's row is worked out by: every edition that
/// is still known, oldest first.
///
/// # Design
/// Question: which incidents does a changed matrix or target reach? Answer: each edition says
/// whether those that were open follow, and which edition an incident has follows from when it
/// began and when it was open. So nothing needs to be written to incidents, what is over keeps its
/// answer, and work that comes late is judged as if it had come in time. Rejected: a fact per
/// incident, which a change of the matrix would have to write ten thousand times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(Vec<Edition>);

impl Rules {
    /// These editions, oldest first, of which the last holds now.
    pub fn of(earlier: &[Edition], now: Edition) -> Self {
        let mut editions = earlier.to_vec();
        editions.push(now);
        Self(editions)
    }

    /// What holds for incidents that begin now.
    pub fn now(&self) -> &Edition {
        self.0.last().expect("rules have an edition")
    }

    /// The edition of an incident that began at a moment and was open when that is said. One that
    /// began before every edition has the oldest.
    pub fn edition(&self, began: UnixMillis, was_open: impl Fn(UnixMillis) -> bool) -> &Edition {
        let holds = |edition: &&Edition| {
            edition.since <= began || (edition.reach == Reach::Open && was_open(edition.since))
        };
        let newest = self.0.iter().rev().find(holds);
        newest.unwrap_or(&self.0[0])
    }

    /// The editions that held up to a moment; the oldest where none did.
    #[must_use]
    pub fn until(&self, until: UnixMillis) -> Self {
        let count = self.0.partition_point(|edition| edition.since <= until);
        Self(self.0[..count.max(1)].to_vec())
    }

    /// Whether an incident that was worked out by some edition, and began at a moment, may have a
    /// newer one.
    pub fn may_reach(&self, version: u32, began: UnixMillis) -> bool {
        let newer = self.0.iter().rev();
        let mut newer = newer.take_while(|edition| edition.targets.version > version);
        newer.any(|edition| edition.reach == Reach::Open || edition.since <= began)
    }

    /// One edition as if there had never been another.
    pub fn only(&self, version: u32) -> Option<Self> {
        let mut editions = self.0.iter();
        let edition = editions.find(|edition| edition.targets.version == version)?;
        Some(Self(vec![edition.clone()]))
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self(vec![Edition::default()])
    }
}
