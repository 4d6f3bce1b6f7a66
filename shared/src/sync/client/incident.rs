//! Everything a device keeps of one incident, and the steps that change it.
//!
//! Each step takes what is stored and yields what is to be stored in one transaction: both
//! documents, the acts that wait, the acts that came back. A shell that loads, takes a step and
//! commits whole can be killed anywhere and loses nothing that it had called durable.
//!
//! # Design
//! Question: what is the server's state of a document, after it refused one of our acts? Answer:
//! the changes that have a receipt. They are all on the device and causally closed, so the device
//! rebuilds from them at once, offline too, and writes what still stands anew under new actors.
//! Rejected: fetching the document again, which leaves nothing to work on meanwhile.

mod carried;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{BadDocument, ChangeMeta, Document, Held, Written};
use crate::ids::{Actor, DocKey, DocKind, IncidentId};
use crate::incidents::{
    Anomaly, Drafted, Incident, IncidentDocs, IncidentReceipts, Intent, Refused, read, read_until,
    write,
};
use crate::sync::message::{ChangeBytes, PulledBody, PulledDoc, Surface, Verdict};
use crate::time::UnixMillis;

use super::outbox::{Offer, OutboxEntry, Phase, ReviewEntry, Unsent};
use super::replica::{LocalDoc, Slot};

pub use carried::Carried;

/// Why an act was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWritten {
    #[error("the act is not allowed: {0}")]
    Refused(Refused),
    #[error("the incident cannot be read")]
    Unreadable,
}

/// Which engine writes, and where new actors come from.
pub struct Writer<'a> {
    pub slot: Slot,
    /// Draws sixteen random bytes.
    pub fresh: &'a mut dyn FnMut() -> Actor,
}

/// Everything a device keeps of one incident; see the module.
#[derive(Debug, Clone)]
pub struct LocalIncident {
    pub id: IncidentId,
    docs: BTreeMap<DocKind, LocalDoc>,
    outbox: Vec<OutboxEntry>,
    /// The documents put together, while they are needed.
    loaded: Option<Loaded>,
    /// Whether the verdicts that are being taken in say that the log has the incident.
    is_there: bool,
}

#[derive(Debug, Clone)]
struct Loaded {
    docs: IncidentDocs,
    receipts: IncidentReceipts,
}

impl LocalIncident {
    /// What is stored: the records of the documents, and the entries of this incident in order.
    pub fn new(
        id: IncidentId,
        docs: impl IntoIterator<Item = LocalDoc>,
        outbox: Vec<OutboxEntry>,
    ) -> Self {
        let docs = docs.into_iter().map(|doc| (doc.key.kind, doc)).collect();
        Self {
            id,
            docs,
            outbox,
            loaded: None,
            is_there: false,
        }
    }

    /// An incident about to be declared. On the portal its work document is born on the server.
    pub fn unborn(id: IncidentId, surface: Surface) -> Self {
        let keys = match surface {
            Surface::Console => vec![DocKey::incident(id), DocKey::work(id)],
            Surface::Portal => vec![DocKey::incident(id)],
        };
        Self::new(id, keys.into_iter().map(LocalDoc::new), Vec::new())
    }

    /// The documents to store. A kind that was there before and is not now is to be deleted.
    pub fn docs(&self) -> impl Iterator<Item = &LocalDoc> {
        self.docs.values()
    }

    /// The document of a kind.
    pub fn doc(&self, kind: DocKind) -> Option<&LocalDoc> {
        self.docs.get(&kind)
    }

    /// The entries to store, in order.
    pub fn outbox(&self) -> &[OutboxEntry] {
        &self.outbox
    }

    /// Takes the entries as stored now; the documents stay as they are.
    pub fn set_outbox(&mut self, outbox: Vec<OutboxEntry>) {
        self.outbox = outbox;
    }

    /// Whether the device has nothing of the incident.
    pub fn is_gone(&self) -> bool {
        !self.docs.contains_key(&DocKind::Incident)
    }

    /// Reads the incident.
    pub fn read(&mut self) -> Result<(Incident, Vec<Anomaly>), BadDocument> {
        let loaded = self.load()?;
        Ok(read(&loaded.docs, &loaded.receipts))
    }

    /// Reads the incident as it was at a moment of corrected time.
    pub fn read_until(&mut self, until: UnixMillis) -> Result<Option<Incident>, BadDocument> {
        let loaded = self.load()?;
        Ok(read_until(&loaded.docs, &loaded.receipts, until))
    }

    /// Does an act: writes its changes into the documents and appends it to the outbox. One that is
    /// to be declared begins as [`Self::unborn`].
    pub fn act(&mut self, mut drafted: Drafted, writer: &mut Writer<'_>) -> Result<(), NotWritten> {
        let written = self.write(&mut drafted, writer);
        if written.is_err() {
            self.loaded = None;
            self.docs.retain(|_, doc| !is_unborn(doc));
        }
        let changes = written?;
        self.outbox.push(OutboxEntry {
            incident: self.id,
            drafted,
            changes,
            phase: Phase::Ready,
            tries: 0,
        });
        Ok(())
    }

    /// Takes in documents that the server sent, keeping on top what only this device has. Acts that
    /// cannot stand on the new base are returned for review.
    pub fn merge(
        &mut self,
        pulled: Vec<PulledDoc>,
        writer: &mut Writer<'_>,
    ) -> Result<Vec<ReviewEntry>, BadDocument> {
        let mut is_based_anew = false;
        let is_whole = |pulled: &&PulledDoc| matches!(pulled.body, PulledBody::Snapshot(_));
        let whole = pulled.iter().filter(is_whole).map(|pulled| pulled.doc);
        let whole: Vec<_> = whole.collect();
        for pulled in pulled {
            is_based_anew |= self.merge_one(pulled);
        }
        self.loaded = None;
        let known = self.drop_known()?;
        self.offer_unknown(&whole)?;
        if is_based_anew || known || self.load().is_err() {
            return self.rebase(writer, &[]);
        }
        Ok(Vec::new())
    }

    /// Takes in verdicts on what was offered. Twice is once; a verdict on changes that have been
    /// written anew since is void, unless it accepts them.
    pub fn settle(
        &mut self,
        verdicts: &[(Offer, Verdict)],
        writer: &mut Writer<'_>,
    ) -> Result<Vec<ReviewEntry>, BadDocument> {
        let mut refused = Vec::new();
        let mut is_to_rebase = false;
        self.is_there = false;
        for (offer, verdict) in verdicts {
            is_to_rebase |= self.settle_one(offer, verdict, &mut refused);
        }
        self.loaded = None;
        is_to_rebase |= self.drop_known()?;
        let review = if is_to_rebase {
            self.rebase(writer, &refused)?
        } else {
            Vec::new()
        };
        self.leave();
        Ok(refused.into_iter().chain(review).collect())
    }

    /// Takes in that the server no longer lets this person see a document, or has none. It goes
    /// once nothing of the incident waits to be sent. One that the server never had stays, until it
    /// turns out that it had it all the same.
    pub fn forget(&mut self, kind: DocKind) {
        if let Some(doc) = self.docs.get_mut(&kind) {
            doc.leaving = true;
            doc.distrusted = false;
        }
        self.outbox
            .iter_mut()
            .for_each(|entry| entry.wait_no_more(kind));
        self.leave();
    }

    /// Gives up a copy that cannot be read: the server's next snapshot replaces it, and the acts
    /// that wait are written anew on top of that.
    pub fn distrust(&mut self) {
        self.loaded = None;
        for doc in self.docs.values_mut() {
            doc.distrusted = true;
        }
        for entry in &mut self.outbox {
            entry.phase = Phase::NewBase;
        }
    }

    /// Writes everything that waits anew, after an act before it was lost. What can no longer be
    /// written is returned for review.
    pub fn revive(&mut self, writer: &mut Writer<'_>) -> Vec<ReviewEntry> {
        if self.is_to_be_declared() {
            if !self.is_whole() {
                self.loaded = None;
                self.docs.clear();
            }
        } else if self.is_gone() {
            self.distrust();
            return Vec::new();
        }
        let Ok(review) = self.rebase(writer, &[]) else {
            self.distrust();
            return Vec::new();
        };
        review
    }

    /// Whether the act that declares it waits, so that no other copy exists.
    pub fn is_to_be_declared(&self) -> bool {
        let first = self.outbox.first();
        first.is_some_and(|entry| matches!(entry.drafted.intent, Intent::Declare(_)))
    }

    /// Whether the documents that the first act wrote are here and can be put together.
    fn is_whole(&mut self) -> bool {
        let wrote = self.outbox.first().map(|entry| &entry.changes);
        let mut wrote = wrote.into_iter().flatten();
        wrote.all(|change| self.docs.contains_key(&change.doc.kind)) && self.load().is_ok()
    }

    fn load(&mut self) -> Result<&mut Loaded, BadDocument> {
        if self.loaded.is_none() {
            let load = |kind| self.docs.get(&kind).map(LocalDoc::load).transpose();
            let book = |kind| self.docs.get(&kind).map(LocalDoc::book).unwrap_or_default();
            let incident = load(DocKind::Incident)?;
            let docs = IncidentDocs {
                incident: incident.unwrap_or_else(|| Document::new(DocKey::incident(self.id))),
                work: load(DocKind::Work)?,
            };
            let receipts = IncidentReceipts {
                incident: book(DocKind::Incident),
                work: book(DocKind::Work),
            };
            self.loaded = Some(Loaded { docs, receipts });
        }
        self.loaded.as_mut().ok_or(BadDocument)
    }

    fn write(
        &mut self,
        drafted: &mut Drafted,
        writer: &mut Writer<'_>,
    ) -> Result<Vec<Unsent>, NotWritten> {
        let actors = both(self.id, |key| {
            let held = self.docs.get(&key.kind);
            let actor = held.and_then(|doc| doc.actors.get(&writer.slot).copied());
            Some(actor.unwrap_or_else(|| (writer.fresh)()))
        });
        let loaded = self.load().map_err(|_| NotWritten::Unreadable)?;
        let actor_of = |key: DocKey| actors[&key.kind];
        let written = write(drafted, &mut loaded.docs, &actor_of).map_err(NotWritten::Refused)?;
        let changes = written.iter().map(|written| self.append(written));
        let changes = changes.collect();
        for written in &written {
            if let Some(doc) = self.docs.get_mut(&written.doc.kind) {
                doc.actors.insert(writer.slot, actors[&written.doc.kind]);
            }
        }
        Ok(changes)
    }

    fn append(&mut self, written: &Written) -> Unsent {
        let bytes = ChangeBytes(written.bytes.clone());
        let loaded = self.loaded.as_ref();
        let whole = loaded.and_then(|loaded| loaded.docs.get(written.doc.kind));
        let mut generation = 0;
        if let Some(doc) = self.docs.get_mut(&written.doc.kind) {
            generation = doc.generation;
            doc.tail.push(bytes.clone());
            if let Some(whole) = whole {
                doc.fold(whole);
            }
        }
        Unsent {
            doc: written.doc,
            generation,
            hash: written.hash,
            bytes,
        }
    }

    /// Takes in one document; whether what waits must be written anew.
    fn merge_one(&mut self, pulled: PulledDoc) -> bool {
        let kind = pulled.doc.kind;
        let is_whole = matches!(pulled.body, PulledBody::Snapshot(_));
        let held = self.docs.remove(&kind);
        let mine = held.as_ref().filter(|_| !self.outbox.is_empty()).cloned();
        let mut doc = LocalDoc::absorb(held, pulled);
        let is_based_anew = match mine {
            None => !self.outbox.is_empty() && !doc.snapshot.is_empty(),
            Some(_) if !is_whole => false,
            Some(mine) => {
                self.see_past_losses(&mine, &doc);
                mine.distrusted
                    || mine.generation != doc.generation
                    || keep(&mine, &mut doc).is_err()
            }
        };
        self.docs.insert(kind, doc);
        is_based_anew
    }

    /// What waits may have seen facts that the server accepted and then lost with its log. It sees
    /// through them from here on, so that it knows of what they had seen whether they come back or
    /// not.
    fn see_past_losses(&mut self, mine: &LocalDoc, theirs: &LocalDoc) {
        let (Ok(ours), Ok(theirs)) = (mine.load(), theirs.load()) else {
            return;
        };
        let book = mine.book();
        let there: BTreeSet<_> = theirs.facts().0.iter().map(|held| held.fact.id).collect();
        let is_lost = |held: &&Held| {
            !there.contains(&held.fact.id) && book.of(held.actor, held.actor_seq).is_some()
        };
        let lost = ours.facts().0.iter().filter(is_lost);
        let lost: BTreeMap<_, _> = lost.map(|held| (held.fact.id, &held.fact.saw)).collect();
        for entry in &mut self.outbox {
            entry.see_through(mine.key.kind, &lost);
        }
    }

    /// Drops entries that the log knows under other changes, once those are here. Of a document
    /// that leaves none comes.
    fn drop_known(&mut self) -> Result<bool, BadDocument> {
        if !self.outbox.iter().any(OutboxEntry::is_known) {
            return Ok(false);
        }
        let docs = self.load()?.docs.clone();
        let has = |key: DocKey, hash| docs.get(key.kind).is_some_and(|doc| doc.has(hash));
        let held = &self.docs;
        let comes = |key: DocKey| held.get(&key.kind).is_some_and(|doc| !doc.has_left());
        let before = self.outbox.len();
        self.outbox.retain(|entry| {
            let mut known = entry.known().iter();
            !entry.is_known() || !known.all(|(key, hash)| has(*key, *hash) || !comes(*key))
        });
        Ok(self.outbox.len() < before)
    }

    /// Has acts offered again that the log once had under other changes and has no more, since it
    /// was restored from an older copy: all of a document came, and not those.
    fn offer_unknown(&mut self, whole: &[DocKey]) -> Result<(), BadDocument> {
        if whole.is_empty() || !self.outbox.iter().any(OutboxEntry::is_known) {
            return Ok(());
        }
        let docs = self.load()?.docs.clone();
        let lacks = |key: DocKey, hash| docs.get(key.kind).is_none_or(|doc| !doc.has(hash));
        for entry in &mut self.outbox {
            if let Phase::Known(hashes) = &entry.phase
                && (hashes.iter()).any(|(key, hash)| whole.contains(key) && lacks(*key, *hash))
            {
                entry.phase = Phase::Ready;
            }
        }
        Ok(())
    }

    /// Hands an act back to its author; one that they have taken back meanwhile goes, and its
    /// withdrawals with it, since all of them have become nothing.
    fn review(&mut self, place: usize, why: &Refused, refused: &mut Vec<ReviewEntry>) {
        let entry = self.leave_out(place);
        // Two tabs may have taken it back.
        let before = self.outbox.len();
        while let Some(withdrawal) = self.withdrawal_of(&entry) {
            self.leave_out(withdrawal);
        }
        if self.outbox.len() < before {
            return;
        }
        refused.push(ReviewEntry {
            incident: self.id,
            drafted: entry.drafted,
            why: why.clone(),
        });
    }

    /// Takes an act out, and out of what later ones saw.
    fn leave_out(&mut self, place: usize) -> OutboxEntry {
        let entry = self.outbox.remove(place);
        for later in &mut self.outbox[place..] {
            later.unsee(&entry.drafted);
        }
        entry
    }

    fn withdrawal_of(&self, entry: &OutboxEntry) -> Option<usize> {
        let is_of = |later: &OutboxEntry| entry.drafted.is_withdrawn_by(&later.drafted.intent);
        self.outbox.iter().position(is_of)
    }

    /// Rebuilds the documents from what the server accepted and writes what waits on top, under new
    /// actors. Entries that cannot stand there are returned.
    fn rebase(
        &mut self,
        writer: &mut Writer<'_>,
        refused: &[ReviewEntry],
    ) -> Result<Vec<ReviewEntry>, BadDocument> {
        debug_assert!(refused.iter().all(|entry| entry.incident == self.id));
        for doc in self.docs.values_mut() {
            accepted_only(doc)?;
        }
        self.loaded = None;
        if let Some(first) = self.outbox.first().filter(|_| self.docs.is_empty()) {
            let docs = first.changes.iter().map(|change| LocalDoc::new(change.doc));
            self.docs = docs.map(|doc| (doc.key.kind, doc)).collect();
        }
        let mut review = Vec::new();
        let mut place = 0;
        while place < self.outbox.len() {
            let mut drafted = self.outbox[place].drafted.clone();
            if self.is_in_log(&drafted)? {
                self.outbox.remove(place);
                continue;
            }
            if self.is_unborn() && !matches!(drafted.intent, Intent::Declare(_)) {
                self.review(place, &Refused::FollowsRefused, &mut review);
                continue;
            }
            match self.write(&mut drafted, writer) {
                Ok(changes) => {
                    let entry = &mut self.outbox[place];
                    (entry.drafted, entry.changes) = (drafted, changes);
                    if entry.phase == Phase::NewBase && !self.is_distrusted() {
                        self.outbox[place].phase = Phase::Ready;
                    }
                    place += 1;
                }
                Err(why) => {
                    self.loaded = None;
                    let why = refusal(why)?;
                    self.review(place, &why, &mut review);
                }
            }
        }
        self.docs.retain(|_, doc| !is_unborn(doc));
        self.leave();
        Ok(review)
    }

    /// Whether the documents, rebuilt from what the server accepted, hold the act's facts: its
    /// answer was lost, or it was accepted as another change.
    fn is_in_log(&mut self, drafted: &Drafted) -> Result<bool, BadDocument> {
        let docs = &self.load()?.docs;
        let wrote = drafted.intent.docs().iter();
        let mut held = wrote.filter_map(|kind| docs.get(*kind)).map(|doc| {
            let fact = drafted.facts[usize::from(doc.key.kind == DocKind::Work)];
            doc.facts().0.iter().any(|held| held.fact.id == fact)
        });
        Ok(held
            .next()
            .is_some_and(|first| first && held.all(|held| held)))
    }

    /// Whether the act that was to declare the incident did not come to stand.
    fn is_unborn(&self) -> bool {
        self.docs.get(&DocKind::Incident).is_none_or(is_unborn)
    }

    fn is_distrusted(&self) -> bool {
        self.docs.values().any(|doc| doc.distrusted)
    }

    fn leave(&mut self) {
        if self.outbox.is_empty() {
            self.docs.retain(|_, doc| !doc.has_left());
        }
    }
}

fn refusal(why: NotWritten) -> Result<Refused, BadDocument> {
    match why {
        NotWritten::Refused(refused) => Ok(refused),
        NotWritten::Unreadable => Err(BadDocument),
    }
}

fn is_unborn(doc: &LocalDoc) -> bool {
    doc.snapshot.is_empty() && doc.tail.is_empty()
}

/// Puts what was never accepted on top of the server's snapshot in `doc`. What has a receipt and is
/// not in there was lost with the log that accepted it.
fn keep(mine: &LocalDoc, doc: &mut LocalDoc) -> Result<(), BadDocument> {
    let (ours, mut theirs, book) = (mine.load()?, doc.load()?, mine.book());
    let is_unsent = |change: &ChangeMeta| {
        !theirs.has(change.hash) && book.of(change.actor, change.seq).is_none()
    };
    let only_here = ours.changes().filter(is_unsent);
    let only_here: Vec<_> = only_here
        .filter_map(|change| ours.change_bytes(change.hash))
        .collect();
    theirs.apply(&only_here)?;
    doc.tail = only_here.into_iter().map(ChangeBytes).collect();
    Ok(())
}

/// Strips a document down to the changes that have a receipt.
fn accepted_only(doc: &mut LocalDoc) -> Result<(), BadDocument> {
    let (whole, book) = (doc.load()?, doc.book());
    let accepted = whole
        .changes()
        .filter(|change| book.of(change.actor, change.seq).is_some());
    let accepted: Vec<_> = accepted
        .filter_map(|change| whole.change_bytes(change.hash))
        .collect();
    let mut base = Document::new(doc.key);
    base.apply(&accepted)?;
    doc.snapshot = if base.is_empty() {
        Vec::new()
    } else {
        base.save()
    };
    doc.tail.clear();
    doc.actors.clear();
    Ok(())
}

fn both<T>(id: IncidentId, mut make: impl FnMut(DocKey) -> Option<T>) -> BTreeMap<DocKind, T> {
    let keys = [DocKey::incident(id), DocKey::work(id)];
    keys.into_iter()
        .filter_map(|key| Some((key.kind, make(key)?)))
        .collect()
}
