//! Time that people spent: who, from when, for how long, on what.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, PersonId};
use crate::incidents::{Event, EventKind, Provenance};
use crate::time::{Flags, UnixMillis};

/// What somebody says that they worked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The wall clock of the author's device when they began.
    pub began: UnixMillis,
    pub minutes: u32,
    pub kind: LogKind,
    pub is_billable: bool,
    pub text: String,
}

/// How somebody worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    Remote,
    OnSite,
    Travel,
}

/// Time that somebody spent on an incident, as it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged {
    pub fact: FactId,
    pub from: Provenance,
    /// When it began, as far as the server could put the author's clock right; never after they
    /// said so.
    pub began: UnixMillis,
    pub log: Log,
    /// Whether the same person logged other time that shares some of it.
    pub is_overlapping: bool,
}

impl Logged {
    /// When it ended.
    pub fn ended(&self) -> UnixMillis {
        self.began.plus(i64::from(self.log.minutes) * 60_000)
    }
}

/// Minutes that somebody spent in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    pub by: PersonId,
    pub kind: LogKind,
    pub minutes: u64,
    /// So many of them are to be billed.
    pub billable: u64,
}

/// Adds up what was logged, per person and kind.
pub fn spent(logs: &[Logged]) -> Vec<Spent> {
    let mut sums: BTreeMap<(PersonId, LogKind), (u64, u64)> = BTreeMap::new();
    for logged in logs {
        let (minutes, billable) = sums.entry((logged.from.by, logged.log.kind)).or_default();
        *minutes += u64::from(logged.log.minutes);
        *billable += u64::from(logged.log.minutes) * u64::from(logged.log.is_billable);
    }
    let sums = sums.into_iter();
    sums.map(|((by, kind), (minutes, billable))| Spent {
        by,
        kind,
        minutes,
        billable,
    })
    .collect()
}

pub(super) fn of(timeline: &[Event]) -> Vec<Logged> {
    let logged = |event: &Event| {
        let EventKind::Logged(log) = &event.kind else {
            return None;
        };
        event.counts().then(|| Logged {
            fact: event.fact,
            from: event.from,
            began: began(log, event.from),
            log: log.clone(),
            is_overlapping: false,
        })
    };
    let mut logs: Vec<_> = timeline.iter().filter_map(logged).collect();
    logs.sort_by_key(|logged| (logged.began, logged.fact));
    mark_overlaps(&mut logs);
    logs
}

/// A clock that was wrong when somebody said what they did was as wrong when they began. What lies
/// beyond the bound was not corrected but dated to its arrival, so it says nothing of the clock.
fn began(log: &Log, from: Provenance) -> UnixMillis {
    let flags = from.arrival.map(|arrived| arrived.flags);
    let is_off = flags.is_some_and(|flags| {
        flags.contains(Flags::CLOCK_OFF) && !flags.contains(Flags::BEYOND_BOUND)
    });
    let off = if is_off {
        from.corrected.since(from.at)
    } else {
        0
    };
    log.began.plus(off).min(from.corrected)
}

/// Marks what shares time with another log of the same person. In the order of beginnings, each
/// needs to be compared only with the one so far that ends last.
fn mark_overlaps(logs: &mut [Logged]) {
    let mut last: BTreeMap<PersonId, usize> = BTreeMap::new();
    for at in 0..logs.len() {
        let by = logs[at].from.by;
        let Some(&before) = last.get(&by) else {
            last.insert(by, at);
            continue;
        };
        // Minutes are rounded up, so what follows at once shares less than one.
        if logs[at].began.plus(60_000) <= logs[before].ended() {
            logs[at].is_overlapping = true;
            logs[before].is_overlapping = true;
        }
        if logs[at].ended() > logs[before].ended() {
            last.insert(by, at);
        }
    }
}
