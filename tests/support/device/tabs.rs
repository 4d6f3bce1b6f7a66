//! The tabs of a device, each with an engine of its own.

use std::collections::BTreeMap;

use shared::ids::IncidentId;
use shared::sync::client::{LocalIncident, Tick};
use shared::time::{Boot, Reading};

use super::Moment;
use crate::draws::Draws;

/// How many tabs a device has.
pub const TABS: usize = 2;

/// An engine in its tab.
#[derive(Debug, Clone, Default)]
pub(super) struct Tab {
    boot: Boot,
    opened: Tick,
    /// What it has in memory of incidents; an engine that is not broken looks at the disk.
    pub(super) held: BTreeMap<IncidentId, LocalIncident>,
}

impl Tab {
    pub(super) fn open(draws: &mut Draws, moment: Moment) -> Self {
        Self {
            boot: Boot(draws.number()),
            opened: moment.tick,
            held: BTreeMap::new(),
        }
    }

    pub(super) fn reading(&self, moment: Moment) -> Reading {
        Reading {
            boot: self.boot,
            mono: moment.tick.0 - self.opened.0,
            wall: moment.wall,
        }
    }
}
