//! What devices bring back after the log was restored from an older copy.
//!
//! A signature of the server vouches for a document as it was: what other people and the server
//! itself wrote is taken back with its old receipts, and tells nobody anything again. Whatever else
//! a device claims counts for nothing.

use crate::document::{CHANGE_BYTES_MAX, Document, Receipt, ReceiptBook};
use crate::ids::{DocKey, DocKind, Epoch, Hash, IncidentId};
use crate::incidents::shape::decode_change;
use crate::sync::Seq;
use crate::sync::message::{ReturnedBody, ReturnedDoc, SignedHeads};

use super::author::give_work;
use super::kept::Draft;
use super::offer::bounded;
use super::{Commit, Desk, Kept, Logged};

/// Documents of one incident that a device brings back.
#[derive(Debug, Clone)]
pub struct Returned {
    pub incident: IncidentId,
    docs: Vec<Beneath>,
}

/// A document as it lay beneath its signed heads.
#[derive(Debug, Clone)]
struct Beneath {
    key: DocKey,
    generation: u32,
    doc: Document,
    receipts: ReceiptBook,
}

impl Returned {
    /// Takes apart what is brought back of an incident. Leaves out what no key of the server has
    /// signed in one of the `epochs`, and what is not all that lay beneath the signature.
    pub fn read(
        incident: IncidentId,
        docs: &[ReturnedDoc],
        epochs: &[Epoch],
        desk: Desk<'_>,
    ) -> Self {
        let is_signed = |returned: &&ReturnedDoc| {
            let mut epochs = epochs.iter();
            epochs.any(|epoch| is_signed(returned, *epoch, desk))
        };
        let docs = docs.iter().filter(|returned| returned.doc.id == incident);
        let docs = docs.filter(is_signed).filter_map(beneath).collect();
        Self { incident, docs }
    }

    /// What the log takes back; none when it has everything, or cannot place it.
    pub fn take_back(&self, kept: Option<&Kept>, next: Seq, desk: Desk<'_>) -> Option<Commit> {
        let mut draft = Draft::new(self.incident, kept);
        let mut is_new = false;
        for returned in &self.docs {
            is_new |= returned.write(kept, &mut draft)?;
        }
        if !is_new || draft.docs().incident.is_empty() {
            return None;
        }
        give_work(&mut draft, desk.now, desk).ok()?;
        let mut commit = draft.commit(kept, next, desk);
        commit.silence(desk.now);
        for change in &commit.changes {
            let Receipt {
                actor,
                person,
                device,
                ..
            } = change.receipt;
            if actor != desk.actor {
                commit.bound.insert(actor, (person, device));
            }
        }
        Some(commit)
    }
}

impl Beneath {
    /// Writes what is not kept; whether there was any. None when it does not fit what is kept.
    fn write(&self, kept: Option<&Kept>, draft: &mut Draft) -> Option<bool> {
        let kind = self.key.kind;
        let mark = kept.and_then(|kept| kept.marks.get(&kind));
        if mark.is_some_and(|mark| mark.generation != self.generation) {
            return Some(false);
        }
        let docs = draft.docs_mut();
        let doc = match kind {
            DocKind::Incident => &mut docs.incident,
            DocKind::Work => docs.work.get_or_insert_with(|| Document::new(self.key)),
        };
        let lacks = self.doc.changes().filter(|change| !doc.has(change.hash));
        let lacks: Vec<_> = lacks.collect();
        let bytes = |hash: Hash| self.doc.change_bytes(hash);
        let changes: Vec<_> = lacks.iter().filter_map(|it| bytes(it.hash)).collect();
        doc.apply(&changes).ok()?;
        for (change, bytes) in lacks.iter().zip(changes) {
            draft.note(Logged {
                doc: self.key,
                hash: change.hash,
                seq: Seq::default(),
                receipt: *self.receipts.of(change.actor, change.seq)?,
                bytes: Some(bytes),
            });
        }
        Some(!lacks.is_empty())
    }
}

fn is_signed(returned: &ReturnedDoc, epoch: Epoch, desk: Desk<'_>) -> bool {
    let SignedHeads {
        heads,
        receipts,
        signature,
    } = &returned.signed;
    let message = SignedHeads::message(returned.doc, returned.generation, heads, *receipts, epoch);
    desk.signer.has_signed(&message, signature)
}

fn beneath(returned: &ReturnedDoc) -> Option<Beneath> {
    let ReturnedBody { changes, receipts } = returned.body.as_ref()?;
    let fits = |bytes: &&[u8]| bytes.len() <= CHANGE_BYTES_MAX;
    let changes: Vec<_> = changes.iter().map(|change| change.0.as_slice()).collect();
    let is_sound = |bytes: &&[u8]| bounded(bytes).is_ok() && decode_change(bytes).is_ok();
    if !changes.iter().all(|bytes| fits(bytes) && is_sound(bytes)) {
        return None;
    }
    let mut doc = Document::new(returned.doc);
    doc.apply(&changes).ok()?;
    let receipts: ReceiptBook = receipts.unpack().into_iter().collect();
    let mut signed = returned.signed.heads.clone();
    signed.sort_unstable();
    let is_all = doc.heads() == signed
        && receipts.digest() == returned.signed.receipts
        && receipts.len() == doc.changes().count();
    is_all.then_some(Beneath {
        key: returned.doc,
        generation: returned.generation,
        doc,
        receipts,
    })
}
