//! Brings incidents in from elsewhere, as histories of acts with the times they had there.
//!
//! # Design
//! Question: how can an import be repeated, interrupted and continued by a later export? Answer:
//! the ids of incidents and facts follow from the source (time and a hash of what names them
//! there), an incident is committed whole, and an act whose fact the document has is left out.
//! Rejected: a table of what was imported, which a restored backup would contradict.

mod run;
pub mod servicenow;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, Intent};
use shared::sync::server::{Authored, Numbering};
use shared::time::{Boot, UnixMillis};

pub use run::{Outcome, servicenow};

/// What happened to one incident elsewhere, oldest first; the first act declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct History {
    pub id: IncidentId,
    /// The number that people know it by; without one the server gives the next.
    pub number: Option<String>,
    pub acts: Vec<Act>,
}

/// One act of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    pub at: UnixMillis,
    pub by: PersonId,
    pub intent: Intent,
    /// Ten bytes that follow from what names the act in its source.
    pub name: [u8; 10],
}

impl History {
    /// The acts as the server writes them. Nobody acts on what is not there yet, so an act that
    /// claims to be older than one before it counts from that one.
    pub fn authored(&self, received_at: Option<UnixMillis>) -> Authored {
        let mut floor = UnixMillis(i64::MIN);
        let acts = self.acts.iter().map(|act| {
            floor = floor.max(act.at);
            act.drafted(floor)
        });
        let acts = acts.collect();
        let given = self.number.clone().map(Numbering::Given);
        Authored {
            incident: self.id,
            acts,
            numbering: given.unwrap_or(Numbering::Next),
            received_at,
        }
    }
}

impl Act {
    fn drafted(&self, at: UnixMillis) -> Drafted {
        let mut internal = self.name;
        internal[9] ^= 1;
        Drafted {
            act: ActId::new(self.at, self.name),
            intent: self.intent.clone(),
            facts: [self.name, internal].map(|name| FactId::new(self.at, name)),
            by: self.by,
            at,
            boot: Boot::default(),
            mono: 0,
            saw: None,
        }
    }
}

/// Ten bytes that follow from what names something in its source.
pub(crate) fn name(parts: &[&str]) -> [u8; 10] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update(part.as_bytes());
        sha.update([0]);
    }
    let digest = sha.finalize();
    std::array::from_fn(|place| digest[place])
}
