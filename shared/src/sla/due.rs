//! When somebody is to be told of a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::incidents::Incident;
use crate::priority::Priority;
use crate::targets::Rules;
use crate::time::UnixMillis;

use super::{Measure, Standing, edition, glance};

const MINUTE_MILLIS: i64 = 60_000;

/// What is told of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// So much of the target is used up that somebody should look at it.
    Warning,
    /// The target is used up.
    Breach,
}

/// Which target a notice is about. Another priority or version is another promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Promise {
    pub version: u32,
    pub priority: Priority,
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:?}", self.version, self.priority)
    }
}

/// A moment at which somebody is to be told, unless something happens before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    pub measure: Measure,
    pub notice: Notice,
    pub at: UnixMillis,
    pub promise: Promise,
}

/// The moments to come, or missed, of the clocks of an incident that run; and those that nobody is
/// told of, since they had passed when the incident came to another edition: whoever made that
/// knows.
pub fn due(incident: &Incident, rules: &Rules) -> (Vec<Due>, Vec<Due>) {
    let since = edition(incident, rules).since;
    let follows = incident.created.corrected < since;
    let all = all(incident, rules).into_iter();
    all.partition(|due| !(follows && due.at <= since))
}

fn all(incident: &Incident, rules: &Rules) -> Vec<Due> {
    let (glance, edition) = (glance(incident, rules), edition(incident, rules));
    let targets = &edition.targets;
    let priority = incident.priority(&edition.matrix);
    let promise = Promise {
        version: targets.version,
        priority,
    };
    let of = |measure: Measure| {
        let Standing::Running { due_at } = glance.of(measure) else {
            return None;
        };
        let minutes = measure.target_minutes(targets.of(priority))?;
        let spare = spare_millis(minutes, targets.warning_percent);
        let warned_at = targets.hours(priority).moment(due_at, -spare);
        let due = |notice, at| Due {
            measure,
            notice,
            at,
            promise,
        };
        // What is done in the very millisecond is done in time.
        Some([
            due(Notice::Warning, warned_at),
            due(Notice::Breach, due_at.plus(1)),
        ])
    };
    Measure::ALL.into_iter().filter_map(of).flatten().collect()
}

/// How much of a target is left when it comes to be at risk, in milliseconds.
pub fn spare_millis(target_minutes: u32, warning_percent: u8) -> i64 {
    let percent = 100_i64 - i64::from(warning_percent.min(100));
    i64::from(target_minutes) * MINUTE_MILLIS * percent / 100
}
