//! The server that the device is tested against.

use super::*;

/// A log that accepts what fits and refuses the acts it is told to.
pub(super) struct Log {
    epoch: Epoch,
    pub(super) docs: BTreeMap<DocKey, (Document, ReceiptBook)>,
    pub(super) changes: Vec<(DocKey, Hash, ChangeBytes, Receipt)>,
    pub(super) acts: BTreeMap<ActId, Vec<Accepted>>,
    pub(super) refuses: BTreeSet<ActId>,
    refused: BTreeSet<Hash>,
    drawn: u64,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            epoch: Epoch::new(UnixMillis(1), [9; 10]),
            docs: BTreeMap::new(),
            changes: Vec::new(),
            acts: BTreeMap::new(),
            refuses: BTreeSet::new(),
            refused: BTreeSet::new(),
            drawn: 1 << 40,
        }
    }

    pub(super) fn push(&mut self, groups: &[PushGroup]) -> Vec<Verdict> {
        groups.iter().map(|group| self.judge(group)).collect()
    }

    fn judge(&mut self, group: &PushGroup) -> Verdict {
        if let Some(accepted) = self.acts.get(&group.act) {
            return Verdict::Duplicate(accepted.clone());
        }
        let metas: Vec<_> = group
            .changes
            .iter()
            .map(|change| self.try_apply(change))
            .collect();
        if self.refuses.contains(&group.act) {
            self.refused.extend(metas.iter().map(|(hash, ..)| *hash));
            return Verdict::Refused(Refused::Role {
                allowed: "nobody".to_owned(),
            });
        }
        if let Some((hash, ..)) = metas.iter().find(|(_, doc, _)| doc.is_none()) {
            let follows = metas
                .iter()
                .any(|(.., deps)| deps.iter().any(|d| self.refused.contains(d)));
            if follows {
                self.refused.insert(*hash);
                return Verdict::Refused(Refused::FollowsRefused);
            }
            return Verdict::Missing {
                doc: group.changes[0].doc,
                hashes: metas.iter().flat_map(|(.., deps)| deps.clone()).collect(),
            };
        }
        let accepted: Vec<_> = group
            .changes
            .iter()
            .zip(metas)
            .map(|(change, (hash, doc, _))| {
                self.accept(
                    change.doc,
                    hash,
                    change.bytes.clone(),
                    doc.expect("it applied"),
                    ALICE,
                )
            })
            .collect();
        self.acts.insert(group.act, accepted.clone());
        Verdict::Accepted(accepted)
    }

    fn try_apply(
        &self,
        change: &crate::sync::message::PushChange,
    ) -> (Hash, Option<Document>, Vec<Hash>) {
        let raw = automerge::Change::from_bytes(change.bytes.0.clone()).expect("a raw change");
        let deps = raw.deps().iter().map(|dep| Hash(dep.0)).collect();
        let held = self.docs.get(&change.doc).map(|(doc, _)| doc.clone());
        let mut doc = held.unwrap_or_else(|| Document::new(change.doc));
        let applied = doc.apply(&[&change.bytes.0]).ok().map(|()| doc);
        (Hash(raw.hash().0), applied, deps)
    }

    fn accept(
        &mut self,
        key: DocKey,
        hash: Hash,
        bytes: ChangeBytes,
        doc: Document,
        person: PersonId,
    ) -> Accepted {
        let meta = doc
            .changes()
            .find(|meta| meta.hash == hash)
            .expect("it is applied");
        let seq = Seq(self.changes.len() as u64 + 1);
        let at = UnixMillis(1_800_000_000_000 + i64::try_from(seq.0).unwrap_or(0));
        let receipt = Receipt {
            actor: meta.actor,
            actor_seq: meta.seq,
            person,
            device: DeviceId::from_bytes([1; 16]),
            received_at: at,
            corrected_at: at,
            flags: Flags::default(),
        };
        let (held, book) = self
            .docs
            .entry(key)
            .or_insert_with(|| (Document::new(key), ReceiptBook::default()));
        *held = doc;
        book.add(receipt);
        let signed = signed(held);
        self.changes.push((key, hash, bytes, receipt));
        Accepted {
            doc: key,
            hash,
            seq,
            receipt,
            signed,
        }
    }

    /// Another person writes a note.
    pub(super) fn remote(&mut self, id: IncidentId) {
        let (Some((incident, _)), Some((work, _))) = (
            self.docs.get(&DocKey::incident(id)),
            self.docs.get(&DocKey::work(id)),
        ) else {
            return;
        };
        let mut docs = IncidentDocs {
            incident: incident.clone(),
            work: Some(work.clone()),
        };
        let at = UnixMillis(1_800_000_000_500);
        let mut drafted = Drafted {
            act: ActId::new(at, draw(&mut self.drawn)),
            intent: Intent::Reply {
                text: "from elsewhere".to_owned(),
            },
            facts: [
                FactId::new(at, draw(&mut self.drawn)),
                FactId::new(at, draw(&mut self.drawn)),
            ],
            by: BOB,
            at,
            boot: Boot(2),
            mono: 1,
            saw: None,
        };
        let actor = Actor(draw(&mut self.drawn));
        let written = write(&mut drafted, &mut docs, &|_| actor).expect("staff may reply");
        for change in written {
            let bytes = ChangeBytes(change.bytes);
            self.accept(change.doc, change.hash, bytes, docs.incident.clone(), BOB);
        }
    }

    pub(super) fn pull(&self, cursors: &Cursors) -> PullPage {
        let is_known = cursors.epoch == Some(self.epoch);
        let high = if is_known { cursors.high.0 } else { 0 };
        let new: Vec<_> = self
            .changes
            .iter()
            .skip(usize::try_from(high).unwrap_or(0))
            .collect();
        let keys: BTreeSet<_> = new.iter().map(|change| change.0).collect();
        let doc = |key: &DocKey| {
            let (doc, book) = &self.docs[key];
            let mine: Vec<_> = new.iter().filter(|change| change.0 == *key).collect();
            let (body, receipts) = if is_known {
                let changes = mine.iter().map(|change| change.2.clone()).collect();
                let receipts = ReceiptColumns::pack(mine.iter().map(|change| &change.3));
                (PulledBody::Changes(changes), receipts)
            } else {
                (
                    PulledBody::Snapshot(doc.save()),
                    ReceiptColumns::pack(book.iter()),
                )
            };
            PulledDoc {
                doc: *key,
                generation: 0,
                body,
                receipts,
                signed: signed(doc),
            }
        };
        let head = Seq(self.changes.len() as u64);
        PullPage {
            protocol: PROTOCOL,
            min_client: 1,
            now: UnixMillis(0),
            cursors: Cursors {
                epoch: Some(self.epoch),
                high: head,
                lows: BTreeMap::new(),
            },
            docs: keys.iter().map(doc).collect(),
            rows: Vec::new(),
            forget: Vec::new(),
            directory: None,
            holds: None,
            more: false,
            head,
        }
    }
}

pub(super) fn signed(doc: &Document) -> SignedHeads {
    SignedHeads {
        heads: doc.heads(),
        receipts: Hash([0; 32]),
        signature: Vec::new(),
    }
}
