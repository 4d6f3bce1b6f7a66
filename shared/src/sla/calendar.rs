//! The hours that count.

use serde::{Deserialize, Serialize};

use crate::time::UnixMillis;

/// When clocks run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    /// Day and night.
    #[default]
    AroundTheClock,
}

impl Calendar {
    /// How many milliseconds between two moments count; none when the second comes first.
    pub fn elapsed(&self, since: UnixMillis, until: UnixMillis) -> i64 {
        match self {
            Self::AroundTheClock => until.since(since).max(0),
        }
    }

    /// The moment at which so much has counted from `since` on; negative counts back.
    pub fn moment(&self, since: UnixMillis, millis: i64) -> UnixMillis {
        match self {
            Self::AroundTheClock => since.plus(millis),
        }
    }
}
