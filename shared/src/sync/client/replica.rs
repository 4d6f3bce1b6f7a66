//! One document as a device keeps it.
//!
//! What the server sends is stored as it came: bytes, receipts and signature, without loading
//! automerge, so that a first sync of ten thousand documents costs no more than writing them. The
//! document is put together when somebody opens it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::document::{BadDocument, Document, Receipt, ReceiptBook, ReceiptColumns};
use crate::ids::{Actor, DocKey};
use crate::sync::message::{ChangeBytes, PulledBody, PulledDoc, SignedHeads};

/// The layout of a stored record; its first byte.
pub const RECORD_FORMAT: u8 = 1;

/// How many changes may follow a snapshot before they are folded into it.
pub const TAIL_MAX: usize = 16;

/// Which of a device's live engines writes. Each has its own actor in each document.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Slot(pub u16);

/// Bytes that are not a record of this layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored record of format {RECORD_FORMAT} is expected")]
pub struct BadRecord;

/// A document as a device keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalDoc {
    pub key: DocKey,
    pub generation: u32,
    #[serde(with = "serde_bytes")]
    pub snapshot: Vec<u8>,
    /// Changes since the snapshot; some may be in it already.
    pub tail: Vec<ChangeBytes>,
    /// What the server said of the changes it accepted. A change without one is only here.
    pub receipts: ReceiptColumns,
    pub signed: Option<SignedHeads>,
    /// The actors under which this device writes the document.
    pub actors: BTreeMap<Slot, Actor>,
    /// The server said to forget it; it goes once nothing of it waits to be sent.
    pub leaving: bool,
    /// The server lacks something that this copy holds; only a snapshot from it is trusted again.
    pub distrusted: bool,
}

impl LocalDoc {
    /// Whether it is the server's to take away: one that it never had stays.
    pub(super) fn has_left(&self) -> bool {
        self.leaving && self.signed.is_some()
    }

    /// A document that does not exist yet.
    pub fn new(key: DocKey) -> Self {
        Self {
            key,
            generation: 0,
            snapshot: Vec::new(),
            tail: Vec::new(),
            receipts: ReceiptColumns::default(),
            signed: None,
            actors: BTreeMap::new(),
            leaving: false,
            distrusted: false,
        }
    }

    /// Takes in what the server sent, when nothing of this incident waits to be sent: a snapshot
    /// stands for itself, changes go on top of what is held. An older generation is ignored.
    #[must_use]
    pub fn absorb(held: Option<Self>, pulled: PulledDoc) -> Self {
        let mut doc = held.unwrap_or_else(|| Self::new(pulled.doc));
        if pulled.generation < doc.generation {
            return doc;
        }
        let is_rewritten = pulled.generation > doc.generation;
        match pulled.body {
            PulledBody::Snapshot(bytes) => {
                if is_rewritten {
                    doc.actors.clear();
                }
                doc.snapshot = bytes;
                doc.tail.clear();
                doc.receipts = pulled.receipts;
                doc.distrusted = false;
            }
            PulledBody::Changes(changes) => {
                let new = |change: &ChangeBytes| !doc.tail.contains(change);
                let changes: Vec<_> = changes.into_iter().filter(new).collect();
                doc.tail.extend(changes);
                doc.add_receipts(&pulled.receipts.unpack());
            }
        }
        doc.generation = pulled.generation;
        doc.signed = Some(pulled.signed);
        doc.leaving = false;
        doc
    }

    /// Puts the document together.
    pub fn load(&self) -> Result<Document, BadDocument> {
        let mut doc = if self.snapshot.is_empty() {
            Document::new(self.key)
        } else {
            Document::load(self.key, &self.snapshot)?
        };
        let tail: Vec<_> = self.tail.iter().map(|change| &change.0).collect();
        if !tail.is_empty() {
            doc.apply(&tail)?;
        }
        Ok(doc)
    }

    /// The receipts, for looking up.
    pub fn book(&self) -> ReceiptBook {
        self.receipts.unpack().into_iter().collect()
    }

    /// Adds receipts; the first one of a change stays.
    pub fn add_receipts(&mut self, receipts: &[Receipt]) {
        let mut book = self.book();
        for receipt in receipts {
            book.add(*receipt);
        }
        self.receipts = ReceiptColumns::pack(book.iter());
    }

    /// Folds a long tail into the snapshot. `doc` is what [`Self::load`] gives.
    pub fn fold(&mut self, doc: &Document) {
        if self.tail.len() > TAIL_MAX {
            self.snapshot = doc.save();
            self.tail.clear();
        }
    }

    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a stored record.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        decode(bytes)
    }
}

/// Encodes a record: the format, then postcard.
pub fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    postcard::to_extend(record, vec![RECORD_FORMAT])
        .expect("a record has no type that postcard cannot encode")
}

/// Decodes a record.
pub fn decode<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, BadRecord> {
    match bytes.split_first() {
        Some((&RECORD_FORMAT, rest)) => postcard::from_bytes(rest).map_err(|_| BadRecord),
        Some(_) | None => Err(BadRecord),
    }
}
