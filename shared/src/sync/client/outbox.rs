//! Acts that wait to be sent, and acts that came back refused.
//!
//! An entry keeps the *intent* beside its changes, so that it can be written again on another base
//! with the same facts. It leaves only by a verdict, and nothing here expires.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::CHANGE_BYTES_MAX;
use crate::ids::{ActId, DocKey, DocKind, FactId, Hash, IncidentId};
use crate::incidents::{Drafted, Refused};
use crate::sync::message::{ChangeBytes, PUSH_BYTES_MAX, PushChange, PushGroup, Verdict};

use super::acts::{self, OutboxEntryBefore, ReviewEntryBefore};
use super::replica::BadRecord;

/// How often an act is written anew because of what it rests on, before a person looks at it.
pub const TRIES_MAX: u8 = 5;

/// An act that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxEntry {
    pub incident: IncidentId,
    pub drafted: Drafted,
    pub changes: Vec<Unsent>,
    pub phase: Phase,
    /// How often it was written anew.
    pub tries: u8,
}

/// A change of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub doc: DocKey,
    pub generation: u32,
    pub hash: Hash,
    pub bytes: ChangeBytes,
}

/// What an entry waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// To be sent.
    Ready,
    /// A newer state of its document; it is written anew on top of that.
    NewBase,
    /// The log has the act as these changes, by another of the person's devices; it leaves when
    /// they have been pulled.
    Known(Vec<(DocKey, Hash)>),
}

impl OutboxEntry {
    /// The act's name.
    pub fn act(&self) -> ActId {
        self.drafted.act
    }

    /// What identifies the entry as it was sent.
    pub fn offer(&self) -> Offer {
        let hashes = self.changes.iter().map(|change| change.hash).collect();
        Offer {
            act: self.act(),
            incident: self.incident,
            hashes,
        }
    }

    /// The size of its changes, in bytes.
    pub fn bytes(&self) -> usize {
        self.changes.iter().map(|change| change.bytes.0.len()).sum()
    }

    /// Whether it waits for something of its incident that the server is to send.
    pub fn waits(&self) -> bool {
        self.phase != Phase::Ready
    }

    /// Whether it waits for changes by which the log has it.
    pub fn is_known(&self) -> bool {
        matches!(self.phase, Phase::Known(_))
    }

    /// The changes by which the log has it, while it waits for them.
    pub(super) fn known(&self) -> &[(DocKey, Hash)] {
        match &self.phase {
            Phase::Known(hashes) => hashes,
            Phase::Ready | Phase::NewBase => &[],
        }
    }

    /// Nothing more of a document comes, which it may have waited for: it is offered as it is, so
    /// that a verdict ends the waiting.
    pub(super) fn wait_no_more(&mut self, kind: DocKind) {
        if self.changes.iter().any(|change| change.doc.kind == kind) {
            self.phase = Phase::Ready;
        }
    }

    /// Replaces a refused act's facts in what this one saw by what the refused one had seen: to
    /// keep them would point nowhere, to look again would claim knowledge the author lacked.
    pub(super) fn unsee(&mut self, refused: &Drafted) {
        let Some(saw) = &mut self.drafted.saw else {
            return;
        };
        let theirs = refused.saw.clone().unwrap_or_default();
        for ((mine, fact), instead) in saw.iter_mut().zip(refused.facts).zip(theirs) {
            replace(mine, fact, &instead);
        }
    }

    /// Adds to what the act saw of a document what that had seen in turn, where it is one of some.
    pub(super) fn see_through(&mut self, doc: DocKind, some: &BTreeMap<FactId, &Vec<FactId>>) {
        let Some(saw) = &mut self.drafted.saw else {
            return;
        };
        let saw = &mut saw[usize::from(doc == DocKind::Work)];
        let mut place = 0;
        while place < saw.len() {
            for other in some.get(&saw[place]).into_iter().copied().flatten() {
                if !saw.contains(other) {
                    saw.push(*other);
                }
            }
            place += 1;
        }
    }

    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        acts::encode(self)
    }

    /// Reads a stored record.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        acts::decode::<Self, OutboxEntryBefore>(bytes)
    }
}

fn replace(saw: &mut Vec<FactId>, fact: FactId, instead: &[FactId]) {
    let Some(place) = saw.iter().position(|seen| *seen == fact) else {
        return;
    };
    saw.remove(place);
    for other in instead {
        if !saw.contains(other) {
            saw.push(*other);
        }
    }
}

/// An act that the server refused, with its text, until its author has dealt with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEntry {
    pub incident: IncidentId,
    pub drafted: Drafted,
    pub why: Refused,
}

impl ReviewEntry {
    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        acts::encode(self)
    }

    /// Reads a stored record.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        acts::decode::<Self, ReviewEntryBefore>(bytes)
    }
}

/// What was offered in a push, to match the verdict with: a verdict on changes that have been
/// written anew since then says nothing of the new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub act: ActId,
    pub incident: IncidentId,
    pub hashes: Vec<Hash>,
}

/// Chooses what to send, in order: acts of one incident never overtake each other, and an incident
/// that waits for something holds up no other.
pub fn offer(outbox: &[OutboxEntry], groups_max: usize) -> (Vec<Offer>, Vec<PushGroup>) {
    let mut waiting = std::collections::BTreeSet::new();
    let ready = outbox.iter().filter(|entry| {
        if entry.phase != Phase::Ready {
            waiting.insert(entry.incident);
        }
        !waiting.contains(&entry.incident)
    });
    fill(ready, groups_max)
}

/// Chooses what a device hands over before it is wiped, in order: all that it alone has, whatever
/// that waits for. An act without changes came in a file from another device, which has it too.
pub fn hand_over(outbox: &[OutboxEntry], groups_max: usize) -> (Vec<Offer>, Vec<PushGroup>) {
    let written = outbox.iter().filter(|entry| !entry.changes.is_empty());
    fill(written, groups_max)
}

/// Whether a verdict says that the server has what was handed over, in the log or for review.
pub fn is_taken(verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Accepted(_) | Verdict::Duplicate(_) | Verdict::Refused(_) => true,
        Verdict::Missing { .. } => false,
    }
}

/// As much as one push may hold, and one act at least.
fn fill<'a>(
    entries: impl Iterator<Item = &'a OutboxEntry>,
    groups_max: usize,
) -> (Vec<Offer>, Vec<PushGroup>) {
    let (mut offers, mut groups) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for entry in entries {
        bytes += entry.bytes();
        let is_full = bytes > PUSH_BYTES_MAX - CHANGE_BYTES_MAX || groups.len() >= groups_max;
        if is_full && !groups.is_empty() {
            break;
        }
        offers.push(entry.offer());
        groups.push(group(entry));
    }
    (offers, groups)
}

fn group(entry: &OutboxEntry) -> PushGroup {
    let change = |unsent: &Unsent| PushChange {
        doc: unsent.doc,
        generation: unsent.generation,
        bytes: unsent.bytes.clone(),
    };
    PushGroup {
        act: entry.act(),
        changes: entry.changes.iter().map(change).collect(),
    }
}
