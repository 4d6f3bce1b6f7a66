//! An incident as the server keeps it, and what one commit does to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Receipt, ReceiptBook};
use crate::ids::{Actor, DeviceId, DocKey, DocKind, IncidentId, PersonId};
use crate::incidents::{Incident, IncidentDocs, IncidentReceipts, Refused, read};
use crate::people::Scope;
use crate::policy;
use crate::rows::{self, Row};
use crate::sla::{Due, due};
use crate::sync::Seq;
use crate::sync::message::{SignedHeads, Signer};
use crate::time::UnixMillis;

use super::{Desk, Logged};

/// How many changes a document may have; a tenth of it is an unusually busy incident.
pub const DOC_CHANGES_MAX: usize = 2_000;

/// How many bytes a document may have, uncompressed; some sixty of the longest texts.
pub const DOC_BYTES_MAX: usize = 4 * 1024 * 1024;

/// That a scope reaches a document.
pub type Reach = (DocKind, Scope);

/// What the server notes of a document beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub generation: u32,
    pub last_seq: Seq,
    pub signed: SignedHeads,
}

/// An incident as it is in the log. Made from what is stored, and valid only while the store's
/// last place for it is the same.
#[derive(Debug, Clone)]
pub struct Kept {
    pub docs: IncidentDocs,
    pub receipts: IncidentReceipts,
    pub marks: BTreeMap<DocKind, Mark>,
    pub audience: BTreeSet<Reach>,
    /// The incident as staff reads it.
    pub incident: Incident,
    /// Its row as the requester reads it.
    pub public: Row,
}

/// What is to be written, whole or not at all.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The incident afterwards.
    pub kept: Kept,
    pub changes: Vec<Logged>,
    pub joined: BTreeSet<Reach>,
    pub left: BTreeSet<Reach>,
    /// The last place that the commit takes; a change of audience takes it.
    pub end: Seq,
    pub staff: Row,
    /// When somebody is to be told of the incident's clocks.
    pub due: Vec<Due>,
    /// What had passed when the incident was brought in, and is never told.
    pub passed: Vec<Due>,
    /// Actors seen for the first time, and to whom they are to be bound.
    pub bound: BTreeMap<Actor, (PersonId, DeviceId)>,
    /// Whether the number that was on offer has been given.
    pub is_numbered: bool,
}

impl Kept {
    /// Reads an incident as it was stored.
    pub fn new(
        docs: IncidentDocs,
        receipts: IncidentReceipts,
        marks: BTreeMap<DocKind, Mark>,
        audience: BTreeSet<Reach>,
        desk: Desk<'_>,
    ) -> Self {
        let mut docs = docs;
        let (incident, public) = readings(&mut docs, &receipts);
        let public = rows::row(&public, desk.rules);
        Self {
            docs,
            receipts,
            marks,
            audience,
            incident,
            public,
        }
    }

    /// The incident's last place in the log.
    pub fn last_seq(&self) -> Seq {
        self.marks
            .values()
            .map(|mark| mark.last_seq)
            .max()
            .unwrap_or_default()
    }

    /// Whether a document takes one more change from people.
    pub fn has_room(&self, kind: DocKind) -> Result<(), Refused> {
        let max = DOC_CHANGES_MAX;
        if self.book(kind).len() < max {
            Ok(())
        } else {
            Err(Refused::Size { max })
        }
    }

    /// How many bytes its documents have, uncompressed.
    pub fn bytes(&self) -> usize {
        let work = self.docs.work.as_ref().map_or(0, Document::bytes);
        self.docs.incident.bytes() + work
    }

    pub(super) fn book(&self, kind: DocKind) -> &ReceiptBook {
        match kind {
            DocKind::Incident => &self.receipts.incident,
            DocKind::Work => &self.receipts.work,
        }
    }
}

impl Commit {
    /// Tells nobody of what is due by now: it had passed before the incident was brought here.
    pub fn silence(&mut self, now: UnixMillis) {
        let due = std::mem::take(&mut self.due).into_iter();
        let (passed, due): (Vec<_>, Vec<_>) = due.partition(|due| due.at <= now);
        self.due = due;
        self.passed.extend(passed);
    }
}

/// Changes written to documents, with their receipts, before they have places in the log.
pub(super) struct Draft {
    docs: IncidentDocs,
    receipts: IncidentReceipts,
    changes: Vec<Logged>,
}

impl Draft {
    /// Begins on top of what is kept.
    pub(super) fn new(id: IncidentId, kept: Option<&Kept>) -> Self {
        let empty = || IncidentDocs {
            incident: Document::new(DocKey::incident(id)),
            work: None,
        };
        Self {
            docs: kept.map_or_else(empty, |kept| kept.docs.clone()),
            receipts: kept.map(|kept| kept.receipts.clone()).unwrap_or_default(),
            changes: Vec::new(),
        }
    }

    pub(super) fn docs(&self) -> &IncidentDocs {
        &self.docs
    }

    pub(super) fn docs_mut(&mut self) -> &mut IncidentDocs {
        &mut self.docs
    }

    /// Notes a change that the documents already hold.
    pub(super) fn note(&mut self, change: Logged) {
        match change.doc.kind {
            DocKind::Incident => self.receipts.incident.add(change.receipt),
            DocKind::Work => self.receipts.work.add(change.receipt),
        }
        self.changes.push(change);
    }

    /// Gives the changes their places and draws the consequences.
    pub(super) fn commit(mut self, kept: Option<&Kept>, next: Seq, desk: Desk<'_>) -> Commit {
        for (place, change) in (next.0..).zip(&mut self.changes) {
            change.seq = Seq(place);
        }
        let (incident, public) = readings(&mut self.docs, &self.receipts);
        let audience = reaches(&incident);
        let before = kept.map(|kept| kept.audience.clone()).unwrap_or_default();
        let joined: BTreeSet<_> = audience.difference(&before).cloned().collect();
        let left: BTreeSet<_> = before.difference(&audience).cloned().collect();
        let last = self.changes.last();
        let mut end = last.map_or(Seq(next.0.saturating_sub(1)), |change| change.seq);
        if !joined.is_empty() || !left.is_empty() {
            end = Seq(end.0 + 1);
        }
        let staff = rows::row(&incident, desk.rules);
        let public = rows::row(&public, desk.rules);
        let (due, passed) = due(&incident, desk.rules);
        let marks = self.marks(kept, desk);
        let Self {
            docs,
            receipts,
            changes,
        } = self;
        let kept = Kept {
            docs,
            receipts,
            marks,
            audience,
            incident,
            public,
        };
        let (bound, is_numbered) = (BTreeMap::new(), false);
        Commit {
            kept,
            changes,
            joined,
            left,
            end,
            staff,
            due,
            passed,
            bound,
            is_numbered,
        }
    }

    fn marks(&self, kept: Option<&Kept>, desk: Desk<'_>) -> BTreeMap<DocKind, Mark> {
        let mut marks = kept.map(|kept| kept.marks.clone()).unwrap_or_default();
        let last = |kind| self.changes.iter().rfind(|change| change.doc.kind == kind);
        for kind in [DocKind::Incident, DocKind::Work] {
            let (Some(doc), Some(last)) = (self.docs.get(kind), last(kind)) else {
                continue;
            };
            let generation = marks.get(&kind).map_or(0, |mark| mark.generation);
            let book = match kind {
                DocKind::Incident => &self.receipts.incident,
                DocKind::Work => &self.receipts.work,
            };
            let signed = sign(doc, generation, book, desk);
            marks.insert(
                kind,
                Mark {
                    generation,
                    last_seq: last.seq,
                    signed,
                },
            );
        }
        marks
    }
}

/// The incident as staff and as its requester read it.
fn readings(docs: &mut IncidentDocs, receipts: &IncidentReceipts) -> (Incident, Incident) {
    let (staff, _) = read(docs, receipts);
    let work = docs.work.take();
    let (public, _) = read(docs, receipts);
    docs.work = work;
    (staff, public)
}

pub(super) fn reaches(incident: &Incident) -> BTreeSet<Reach> {
    let audience = policy::audience(incident);
    let public = audience
        .incident
        .into_iter()
        .map(|scope| (DocKind::Incident, scope));
    public
        .chain(
            audience
                .work
                .into_iter()
                .map(|scope| (DocKind::Work, scope)),
        )
        .collect()
}

fn sign(doc: &Document, generation: u32, book: &ReceiptBook, desk: Desk<'_>) -> SignedHeads {
    let heads = doc.heads();
    let receipts = book.digest();
    let message = SignedHeads::message(doc.key, generation, &heads, receipts, desk.epoch);
    let signature = Signer::sign(desk.signer, &message);
    SignedHeads {
        heads,
        receipts,
        signature,
    }
}

/// A receipt for a change that the server writes itself.
pub(super) fn own_receipt(actor_seq: u64, desk: Desk<'_>) -> Receipt {
    Receipt {
        actor: desk.actor,
        actor_seq,
        person: crate::ids::PersonId::SERVER,
        device: crate::ids::DeviceId::from_bytes(super::SERVER_DEVICE),
        received_at: desk.now,
        corrected_at: desk.now,
        flags: crate::time::Flags::default(),
    }
}
