//! What must hold of an incident as it is stored: S1, S3, S4 and the server's own signature.

use std::collections::BTreeSet;

use crate::document::{Document, ReceiptBook};
use crate::ids::{DocKey, DocKind, Epoch, Hash};
use crate::incidents::shape::decode_change;
use crate::rows::{Row, row, unpack_one};
use crate::sync::Seq;
use crate::sync::message::SignedHeads;

use super::age::is_audience_of;
use super::kept::Mark;
use super::{Desk, Kept, Logged};

/// What does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("{doc}: its heads are not those that were signed")]
    Heads { doc: DocKey },
    #[error("{doc}: its receipts are not those that were signed")]
    Receipts { doc: DocKey },
    #[error("{doc}: it is not signed with this server's key")]
    Signature { doc: DocKey },
    #[error("{doc}: the change at place {} of the log is damaged", seq.0)]
    Damaged { doc: DocKey, seq: Seq },
    #[error("{doc}: the change at place {} rests on one that the log has not before it", seq.0)]
    Torn { doc: DocKey, seq: Seq },
    #[error("{doc}: the change at place {} has another receipt in the document", seq.0)]
    Receipt { doc: DocKey, seq: Seq },
    #[error("{doc}: the log and the document hold different changes")]
    Changes { doc: DocKey },
    #[error("{doc}: its last place is noted as {} and is {}", noted.0, is.0)]
    Place { doc: DocKey, noted: Seq, is: Seq },
    #[error("the summary for staff does not say what the documents say")]
    StaffRow,
    #[error("the summary for the requester does not say what the document says")]
    PublicRow,
    #[error("the scopes that reach it are not those that its content names")]
    Audience,
}

/// What the store has of an incident beside its documents.
#[derive(Debug, Clone, Copy)]
pub struct Stored<'a> {
    /// The changes of both documents in the order of the log.
    pub changes: &'a [Logged],
    pub staff: &'a [u8],
    pub public: &'a [u8],
    /// Every epoch in which the server may have signed.
    pub epochs: &'a [Epoch],
}

impl Kept {
    /// Looks for what does not hold of the incident as it is stored.
    pub fn audit(&self, stored: Stored<'_>, desk: Desk<'_>) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for kind in [DocKind::Incident, DocKind::Work] {
            if let (Some(doc), Some(mark)) = (self.docs.get(kind), self.marks.get(&kind)) {
                let one = One {
                    doc,
                    book: self.book(kind),
                    mark,
                };
                one.audit(stored, desk, &mut flaws);
            }
        }
        if !says(stored.staff, &row(&self.incident, desk.rules)) {
            flaws.push(Flaw::StaffRow);
        }
        if !says(stored.public, &self.public) {
            flaws.push(Flaw::PublicRow);
        }
        if !is_audience_of(&self.audience, &self.incident) {
            flaws.push(Flaw::Audience);
        }
        flaws
    }
}

/// A document with what is noted of it.
struct One<'a> {
    doc: &'a Document,
    book: &'a ReceiptBook,
    mark: &'a Mark,
}

impl One<'_> {
    fn audit(&self, stored: Stored<'_>, desk: Desk<'_>, flaws: &mut Vec<Flaw>) {
        let doc = self.doc.key;
        let SignedHeads {
            heads,
            receipts,
            signature,
        } = &self.mark.signed;
        let mut sorted = heads.clone();
        sorted.sort_unstable();
        if self.doc.heads() != sorted {
            flaws.push(Flaw::Heads { doc });
        }
        if self.book.digest() != *receipts {
            flaws.push(Flaw::Receipts { doc });
        }
        let generation = self.mark.generation;
        let is_signed = |epoch: &Epoch| {
            let message = SignedHeads::message(doc, generation, heads, *receipts, *epoch);
            desk.signer.has_signed(&message, signature)
        };
        if !stored.epochs.iter().any(is_signed) {
            flaws.push(Flaw::Signature { doc });
        }
        self.audit_changes(stored.changes, flaws);
    }

    fn audit_changes(&self, changes: &[Logged], flaws: &mut Vec<Flaw>) {
        let doc = self.doc.key;
        let mut known: BTreeSet<Hash> = BTreeSet::new();
        let mut last = Seq(0);
        for change in changes.iter().filter(|change| change.doc == doc) {
            let seq = change.seq;
            match change.bytes.as_deref().map(decode_change) {
                Some(Ok(decoded)) if decoded.hash().0 == change.hash.0 => {
                    let is_known = |dep: &automerge::ChangeHash| known.contains(&Hash(dep.0));
                    if !decoded.deps().iter().all(is_known) {
                        flaws.push(Flaw::Torn { doc, seq });
                    }
                }
                Some(_) => flaws.push(Flaw::Damaged { doc, seq }),
                None => {}
            }
            let receipt = &change.receipt;
            if self.book.of(receipt.actor, receipt.actor_seq) != Some(receipt) {
                flaws.push(Flaw::Receipt { doc, seq });
            }
            known.insert(change.hash);
            last = seq;
        }
        let held: BTreeSet<_> = self.doc.changes().map(|change| change.hash).collect();
        if held != known {
            flaws.push(Flaw::Changes { doc });
        }
        let noted = self.mark.last_seq;
        if noted != last {
            flaws.push(Flaw::Place {
                doc,
                noted,
                is: last,
            });
        }
    }
}

/// Whether a stored row is this one, but for what follows from promises that may have changed
/// since.
fn says(stored: &[u8], now: &Row) -> bool {
    unpack_one(stored).is_ok_and(|stored| {
        let promised = Row {
            priority: now.priority,
            levels: now.levels,
            ..stored
        };
        promised == *now
    })
}
