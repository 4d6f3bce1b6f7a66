//! The incidents that were written to lately, in memory.
//!
//! An entry is trusted only when the store says that its last place is still the incident's (S5).

use std::collections::BTreeMap;
use std::sync::Arc;

use shared::ids::IncidentId;
use shared::sync::Seq;
use shared::sync::server::Kept;

/// An ordinary incident in memory takes some 80 kB.
const INCIDENTS_MAX: usize = 64;

/// How many bytes their documents may have together; in memory they take a few times as many.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// A bounded map that drops what was used longest ago.
#[derive(Debug, Default)]
pub(super) struct Hot {
    kept: BTreeMap<IncidentId, (u64, Arc<Kept>)>,
    bytes: usize,
    clock: u64,
}

impl Hot {
    /// The incident, if it is still as it was at this place of the log.
    pub(super) fn get(&mut self, id: IncidentId, place: Seq) -> Option<Arc<Kept>> {
        self.clock += 1;
        let (used, kept) = self.kept.get_mut(&id)?;
        if kept.last_seq() != place {
            self.drop(id);
            return None;
        }
        *used = self.clock;
        Some(Arc::clone(kept))
    }

    pub(super) fn put(&mut self, id: IncidentId, kept: Arc<Kept>) {
        self.clock += 1;
        self.drop(id);
        self.bytes += kept.bytes();
        self.kept.insert(id, (self.clock, kept));
        while self.kept.len() > INCIDENTS_MAX || self.bytes > BYTES_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(id, _)| *id) else {
                return;
            };
            self.drop(oldest);
        }
    }

    fn drop(&mut self, id: IncidentId) {
        if let Some((_, kept)) = self.kept.remove(&id) {
            self.bytes -= kept.bytes();
        }
    }
}
