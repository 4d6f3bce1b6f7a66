//! A device's disk in memory: records as bytes, whole transactions, crashes.
//!
//! It keeps what a browser's database promises and no more: a transaction is there whole or not at
//! all; one that is *strict* survives a crash together with all before it; later *relaxed* ones may
//! be lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;

use shared::ids::{ActId, DocKey, DocKind, Epoch, IncidentId};
use shared::people::Directory;
use shared::rows::Row;
use shared::sync::client::{LocalDoc, LocalIncident, OutboxEntry, ReviewEntry};
use shared::sync::message::{self, Cursors};

/// Under which a record lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Doc(DocKey),
    Row(IncidentId),
    /// Acts that wait, in order.
    Outbox(u64),
    Review(ActId),
    Cursors,
    Directory,
    /// Documents that another log has not brought yet.
    Unsent,
    /// The logs that the device has known.
    Logs,
    /// That the device is to be wiped.
    Wipe,
}

/// Whether a transaction must survive a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    Strict,
    Relaxed,
}

/// Records to write together; none deletes.
#[derive(Debug, Default)]
pub struct Transaction(BTreeMap<Key, Option<Vec<u8>>>);

/// What is on the disk.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    records: BTreeMap<Key, Vec<u8>>,
    /// What the records were before each that was written since the last strict transaction.
    before: Vec<(Key, Option<Vec<u8>>)>,
    next: u64,
    /// How many transactions were kept.
    pub commits: u32,
    pub room: Room,
    /// A file to which every transaction is written, for whoever measures a real disk.
    journal: Option<Arc<File>>,
}

/// Whether there is room for another transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Room {
    #[default]
    Free,
    Full,
}

/// The disk was full: nothing of the transaction is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Transaction {
    pub fn put(&mut self, key: Key, record: Vec<u8>) {
        self.0.insert(key, Some(record));
    }

    pub fn delete(&mut self, key: Key) {
        self.0.insert(key, None);
    }
}

impl Disk {
    /// Keeps a transaction, unless there is no room for it.
    pub fn commit(&mut self, tx: Transaction, durability: Durability) -> Result<(), Full> {
        if self.room == Room::Full {
            return Err(Full);
        }
        self.commits += 1;
        if let Some(journal) = &self.journal {
            write(journal, &tx, durability);
        }
        for (key, record) in tx.0 {
            let before = match record {
                Some(record) => self.records.insert(key, record),
                None => self.records.remove(&key),
            };
            self.before.push((key, before));
        }
        if durability == Durability::Strict {
            self.before.clear();
        }
        Ok(())
    }

    /// Writes every transaction to a file from here on, strict ones through to the disk.
    pub fn write_to(&mut self, journal: File) {
        self.journal = Some(Arc::new(journal));
    }

    /// Waits until everything is on the disk.
    pub fn force(&self) {
        if let Some(journal) = &self.journal {
            journal.sync_data().expect("the journal can be forced");
        }
    }

    /// Comes up again, with or without what was not forced to disk.
    pub fn recover(&mut self, lost: Lost) {
        let before = std::mem::take(&mut self.before);
        if lost == Lost::Relaxed {
            for (key, record) in before.into_iter().rev() {
                match record {
                    Some(record) => self.records.insert(key, record),
                    None => self.records.remove(&key),
                };
            }
        }
    }

    /// Removes everything, as a browser deletes a database.
    pub fn erase(&mut self) {
        self.records.clear();
        self.before.clear();
        self.commits += 1;
    }

    /// Whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Under what something lies.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.records.keys().copied()
    }

    pub fn is_to_be_wiped(&self) -> bool {
        self.records.contains_key(&Key::Wipe)
    }

    /// A place behind all acts that wait.
    pub fn next_place(&mut self) -> Key {
        self.next += 1;
        Key::Outbox(self.next)
    }

    pub fn cursors(&self) -> Cursors {
        self.decoded(Key::Cursors).unwrap_or_default()
    }

    pub fn directory(&self) -> Directory {
        self.decoded(Key::Directory).unwrap_or_default()
    }

    pub fn unsent(&self) -> BTreeSet<DocKey> {
        self.decoded(Key::Unsent).unwrap_or_default()
    }

    /// The logs that the device has known; the last was brought what it lacked.
    pub fn logs(&self) -> Vec<Epoch> {
        self.decoded(Key::Logs).unwrap_or_default()
    }

    fn decoded<T: serde::de::DeserializeOwned>(&self, key: Key) -> Option<T> {
        let record = self.records.get(&key)?;
        Some(message::decode(record).expect("the device wrote this record itself"))
    }

    /// The incidents of which something is here.
    pub fn incidents(&self) -> Vec<IncidentId> {
        self.docs()
            .filter(|key| key.kind == DocKind::Incident)
            .map(|key| key.id)
            .collect()
    }

    /// The documents that are here.
    pub fn docs(&self) -> impl Iterator<Item = DocKey> {
        self.records.keys().filter_map(|key| match key {
            Key::Doc(doc) => Some(*doc),
            Key::Row(_)
            | Key::Outbox(_)
            | Key::Review(_)
            | Key::Cursors
            | Key::Directory
            | Key::Unsent
            | Key::Logs
            | Key::Wipe => None,
        })
    }

    pub fn doc(&self, key: DocKey) -> Option<LocalDoc> {
        let record = self.records.get(&Key::Doc(key))?;
        Some(LocalDoc::decode(record).expect("the device wrote this record itself"))
    }

    pub fn row(&self, id: IncidentId) -> Option<Row> {
        let record = self.records.get(&Key::Row(id))?;
        Some(shared::rows::unpack_one(record).expect("the row has this format"))
    }

    /// The acts that wait, in order, with where they lie.
    pub fn outbox(&self) -> Vec<(Key, OutboxEntry)> {
        let range = self.records.range(Key::Outbox(0)..=Key::Outbox(u64::MAX));
        let decode = |bytes| OutboxEntry::decode(bytes).expect("the device wrote it itself");
        range.map(|(key, bytes)| (*key, decode(bytes))).collect()
    }

    /// The acts that were refused.
    pub fn review(&self) -> Vec<ReviewEntry> {
        let is_review = |key: &&Key| matches!(key, Key::Review(_));
        let records = self.records.iter().filter(|(key, _)| is_review(key));
        let decode = |bytes| ReviewEntry::decode(bytes).expect("the device wrote it itself");
        records.map(|(_, bytes)| decode(bytes)).collect()
    }

    /// Reads an incident whole.
    pub fn load(&self, id: IncidentId) -> LocalIncident {
        let docs = [DocKey::incident(id), DocKey::work(id)];
        let docs = docs.into_iter().filter_map(|key| self.doc(key));
        let outbox = self.outbox().into_iter().map(|(_, entry)| entry);
        LocalIncident::new(
            id,
            docs,
            outbox.filter(|entry| entry.incident == id).collect(),
        )
    }

    /// Writes an incident whole after a step.
    pub fn store(&mut self, tx: &mut Transaction, local: &LocalIncident, review: &[ReviewEntry]) {
        for key in [DocKey::incident(local.id), DocKey::work(local.id)] {
            match local.doc(key.kind) {
                Some(doc) => tx.put(Key::Doc(key), doc.encode()),
                None => tx.delete(Key::Doc(key)),
            }
        }
        let stored: Vec<_> = self
            .outbox()
            .into_iter()
            .filter(|(_, entry)| entry.incident == local.id)
            .collect();
        for (key, before) in &stored {
            match local.outbox().iter().find(|now| now.act() == before.act()) {
                Some(now) if now == before => {}
                Some(now) => tx.put(*key, now.encode()),
                None => tx.delete(*key),
            }
        }
        for entry in local.outbox() {
            if stored.iter().all(|(_, before)| before.act() != entry.act()) {
                tx.put(self.next_place(), entry.encode());
            }
        }
        for entry in review {
            tx.put(Key::Review(entry.drafted.act), entry.encode());
        }
    }
}

fn write(mut journal: &File, tx: &Transaction, durability: Durability) {
    let mut bytes = Vec::new();
    for (key, record) in &tx.0 {
        bytes.extend(format!("{key:?}").into_bytes());
        bytes.extend(record.as_deref().unwrap_or_default());
    }
    journal
        .write_all(&bytes)
        .expect("the journal can be written");
    if durability == Durability::Strict {
        journal.sync_data().expect("the journal can be forced");
    }
}

/// What a crash takes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    Nothing,
    /// Everything since the last strict transaction.
    Relaxed,
}
