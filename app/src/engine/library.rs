//! The few incidents that are put together in memory, each valid while its stored bytes are.

use std::collections::BTreeSet;

use shared::ids::IncidentId;
use shared::incidents::Incident;
use shared::sync::client::LocalIncident;

/// How many incidents are kept ready.
const READY_MAX: usize = 24;

/// The stored records of an incident's two documents, as they were read.
pub(crate) type Records = [Option<Vec<u8>>; 2];

/// An incident with the records it was made from, and as it reads once somebody has read it.
pub(crate) struct Copy {
    pub records: Records,
    pub local: LocalIncident,
    pub incident: Option<Incident>,
}

/// The incidents kept ready, the latest used last.
#[derive(Default)]
pub(crate) struct Library {
    copies: Vec<Copy>,
}

impl Library {
    /// Takes out the copy of an incident, if it is what is stored.
    pub(crate) fn take(&mut self, id: IncidentId, records: &Records) -> Option<Copy> {
        self.take_unchecked(id)
            .filter(|copy| copy.records == *records)
    }

    /// Takes out the copy of an incident as this engine last saw it. Whoever writes compares it
    /// with what is stored.
    pub(crate) fn take_unchecked(&mut self, id: IncidentId) -> Option<Copy> {
        let place = self.copies.iter().position(|copy| copy.local.id == id)?;
        Some(self.copies.remove(place))
    }

    /// Whether an incident is kept ready.
    pub(crate) fn has(&self, id: IncidentId) -> bool {
        self.copies.iter().any(|copy| copy.local.id == id)
    }

    /// Drops copies of incidents that were written elsewhere.
    pub(crate) fn forget(&mut self, touched: &BTreeSet<IncidentId>) {
        self.copies.retain(|copy| !touched.contains(&copy.local.id));
    }

    /// Keeps a copy ready.
    pub(crate) fn put(&mut self, copy: Copy) {
        self.copies.retain(|held| held.local.id != copy.local.id);
        if self.copies.len() >= READY_MAX {
            self.copies.remove(0);
        }
        self.copies.push(copy);
    }
}
