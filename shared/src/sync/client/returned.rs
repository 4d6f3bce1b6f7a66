//! What a device brings back to a server whose log was restored from an older copy.
//!
//! A new epoch tells the device that the log may lack what it once accepted. Before the device
//! takes in anything of the new log it names its documents with the heads that were signed, and
//! sends the changes of those that the log lacks. Receipts and signature vouch for what other
//! people wrote. What its own person did goes first where no signature vouches for it, so that
//! there is an incident for the rest.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::ids::{ActId, DeviceId, Epoch, IncidentId, PersonId};
use crate::sync::message::{
    ChangeBytes, LOGS_MAX, PushChange, PushGroup, PushReply, ReturnedBody, ReturnedDoc, Verdict,
};

use super::replica::LocalDoc;

impl LocalDoc {
    /// The document by its signed heads; none when the server never signed it.
    pub fn named(&self) -> Option<ReturnedDoc> {
        Some(ReturnedDoc {
            doc: self.key,
            generation: self.generation,
            signed: self.signed.clone()?,
            body: None,
        })
    }

    /// The document with all that lies beneath its signed heads. None when it cannot be read, or
    /// when the heads are ahead of it: a verdict signs what others did meanwhile too.
    pub fn whole(&self) -> Option<ReturnedDoc> {
        let named = self.named()?;
        let doc = self.load().ok()?;
        let changes = self.accepted(&doc);
        let mut base = Document::new(self.key);
        base.apply(&changes).ok()?;
        let is_beneath = base.heads() == sorted(&named.signed.heads)
            && self.book().digest() == named.signed.receipts;
        let body = ReturnedBody {
            changes: changes.into_iter().map(ChangeBytes).collect(),
            receipts: self.receipts.clone(),
        };
        is_beneath.then_some(ReturnedDoc {
            body: Some(body),
            ..named
        })
    }

    /// The changes that have a receipt, each after those it rests on.
    fn accepted(&self, doc: &Document) -> Vec<Vec<u8>> {
        let book = self.book();
        let accepted = doc
            .changes()
            .filter(|it| book.of(it.actor, it.seq).is_some());
        accepted
            .filter_map(|change| doc.change_bytes(change.hash))
            .collect()
    }
}

/// The logs that a device knows once it has brought back to one what it had from another, the
/// latest last. It needs their names for as long as a server is restored from still older copies.
#[must_use]
pub fn logs_known(before: &[Epoch], from: Epoch, to: Epoch) -> Vec<Epoch> {
    let others = before.iter().filter(|log| ![from, to].contains(log));
    let known: Vec<_> = others.copied().chain([from, to]).collect();
    known[known.len().saturating_sub(LOGS_MAX)..].to_vec()
}

/// What the device's own person did on it, on incidents of which one of the documents cannot be
/// brought back [whole]: offered again as it was, as new arrivals.
///
/// [whole]: LocalDoc::whole
pub fn own_again(docs: &[LocalDoc], person: PersonId, device: DeviceId) -> Vec<PushGroup> {
    let torn = docs.iter().filter(|doc| doc.whole().is_none());
    let torn: BTreeSet<_> = torn.map(|doc| doc.key.id).collect();
    let mut groups: Vec<PushGroup> = Vec::new();
    let mut births: BTreeMap<IncidentId, Vec<PushChange>> = BTreeMap::new();
    for local in docs.iter().filter(|doc| torn.contains(&doc.key.id)) {
        let Ok(doc) = local.load() else { continue };
        let book = local.book();
        for change in doc.changes() {
            let receipt = book.of(change.actor, change.seq);
            if receipt.is_none_or(|it| (it.person, it.device) != (person, device)) {
                continue;
            }
            let Some(bytes) = doc.change_bytes(change.hash) else {
                continue;
            };
            let pushed = PushChange {
                doc: local.key,
                generation: local.generation,
                bytes: ChangeBytes(bytes),
            };
            // The one act over both documents is their birth.
            if change.deps.is_empty() {
                births.entry(local.key.id).or_default().push(pushed);
            } else {
                groups.push(group(vec![pushed]));
            }
        }
    }
    let births = births.into_values().map(|mut changes| {
        changes.sort_unstable_by_key(|change| change.doc);
        group(changes)
    });
    births.chain(groups).collect()
}

/// How often a device waits for others to bring back what its own acts rest on, before it goes on
/// without: longer each time, two minutes in all.
pub const PUT_OFF_MAX: u8 = 7;

/// Whether something that was offered again rests on what others have still to bring back.
pub fn rests_on_others(reply: &PushReply) -> bool {
    let mut verdicts = reply.verdicts.iter();
    verdicts.any(|verdict| matches!(verdict, Verdict::Missing { .. }))
}

/// Nobody waits for the verdict, so that any name will do.
fn group(changes: Vec<PushChange>) -> PushGroup {
    PushGroup {
        act: ActId::from_bytes([0; 16]),
        changes,
    }
}

fn sorted<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items
}
