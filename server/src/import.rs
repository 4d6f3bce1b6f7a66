//! Brings incidents in from elsewhere, as histories of acts with the times they had there.
//!
//! # Design
//! Question: how can an import be repeated, interrupted and continued by a later export? Answer:
//! the ids of incidents and facts follow from the source (time and a hash of what names them there),
//! an incident is committed whole, and an act whose fact the document has is left out. Rejected: a
//! table of what was imported, which a restored backup would contradict.

pub mod servicenow;

use std::collections::BTreeSet;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::document::Written;
use shared::ids::{ActId, Actor, DocKind, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, IncidentDocs, Intent, Refused, write, write_number};
use shared::time::{Boot, UnixMillis};

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

/// The changes of one act with the time that counts for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub act: ActId,
    pub by: PersonId,
    pub corrected_at: UnixMillis,
    pub changes: Vec<Written>,
}

impl History {
    /// Writes the acts that the documents lack, by an actor of the server.
    ///
    /// An act counts from its own time, but never from before what its author had seen.
    pub fn write(&self, docs: &mut IncidentDocs, actor: Actor) -> Result<Vec<Step>, Refused> {
        let known = known(docs);
        let mut steps = Vec::new();
        let mut corrected_at = UnixMillis(i64::MIN);
        for (place, act) in self.acts.iter().enumerate() {
            corrected_at = corrected_at.max(act.at);
            if !act.facts().iter().any(|fact| known.contains(fact)) {
                steps.push(act.write(docs, actor, corrected_at)?);
            }
            if let (0, Some(number)) = (place, &self.number) {
                steps.extend(self.write_number(docs, actor, number, &known)?);
            }
        }
        Ok(steps)
    }

    /// The number follows the act that declares.
    fn write_number(
        &self,
        docs: &mut IncidentDocs,
        actor: Actor,
        number: &str,
        known: &BTreeSet<FactId>,
    ) -> Result<Option<Step>, Refused> {
        let at = self
            .acts
            .first()
            .map_or(UnixMillis(0), |declared| declared.at);
        let source = name(&["number", &self.id.to_string()]);
        let fact = FactId::new(at, source);
        if known.contains(&fact) {
            return Ok(None);
        }
        let changes = vec![write_number(docs, fact, number, at, actor)?];
        let act = ActId::new(at, source);
        Ok(Some(Step {
            act,
            by: PersonId::SERVER,
            corrected_at: at,
            changes,
        }))
    }
}

impl Act {
    /// The ids in both documents; an act that writes to one leaves the other id unused.
    fn facts(&self) -> [FactId; 2] {
        let mut internal = self.name;
        internal[9] ^= 1;
        [self.name, internal].map(|name| FactId::new(self.at, name))
    }

    fn write(
        &self,
        docs: &mut IncidentDocs,
        actor: Actor,
        corrected_at: UnixMillis,
    ) -> Result<Step, Refused> {
        let mut drafted = Drafted {
            act: ActId::new(self.at, self.name),
            intent: self.intent.clone(),
            facts: self.facts(),
            by: self.by,
            at: self.at,
            boot: Boot::default(),
            mono: 0,
            saw: None,
        };
        let changes = write(&mut drafted, docs, &|_| actor)?;
        Ok(Step {
            act: drafted.act,
            by: self.by,
            corrected_at,
            changes,
        })
    }
}

/// The facts that the documents have.
fn known(docs: &IncidentDocs) -> BTreeSet<FactId> {
    let kinds = [DocKind::Incident, DocKind::Work];
    let documents = kinds.into_iter().filter_map(|kind| docs.get(kind));
    documents
        .flat_map(|doc| doc.facts().0)
        .map(|held| held.fact.id)
        .collect()
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
