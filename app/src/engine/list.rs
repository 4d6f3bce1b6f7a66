//! Where the rows lie: packed in chunks, with single rows over them.
//!
//! A chunk is read in one piece at the start, a single row is written with each act. When enough
//! single rows have gathered, the leading tab folds them into their chunks, a few per transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::ids::IncidentId;
use shared::rows::{CHUNK_ROWS, Row, pack, unpack, unpack_one};

use super::storage::{Broken, Purpose, Shelf, Storage, Tx};

/// How many single rows may lie over the chunks before they are folded in.
pub(crate) const OVERLAYS_MAX: usize = 256;

/// How many new rows make a chunk of their own.
pub(crate) const BULK_MIN: usize = 64;

/// Where each incident's row lies.
#[derive(Default)]
pub(crate) struct List {
    chunk_of: HashMap<IncidentId, u32>,
    overlaid: BTreeMap<IncidentId, Over>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Row,
    Gone,
}

/// Where in a list each incident's row is.
type Places = HashMap<IncidentId, usize>;

/// The rows as stored.
#[derive(Default)]
pub(crate) struct Stored {
    pub list: List,
    pub rows: Vec<Row>,
    /// Records that could not be read.
    pub bad_chunks: Vec<u32>,
    pub bad_overlays: Vec<String>,
}

impl Stored {
    /// Whether rows are to be fetched again.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.bad_chunks.is_empty() || !self.bad_overlays.is_empty()
    }

    /// Takes in a chunk. Of two that hold a row of the same incident, the later one counts.
    fn take_chunk(&mut self, number: u32, rows: Vec<Row>, places: &mut Places) {
        for row in rows {
            self.list.chunk_of.insert(row.id, number);
            if self.list.overlaid.contains_key(&row.id) {
                continue;
            }
            if let Some(place) = places.get(&row.id) {
                self.rows[*place] = row;
            } else {
                places.insert(row.id, self.rows.len());
                self.rows.push(row);
            }
        }
    }
}

impl List {
    /// Reads all rows.
    pub(crate) async fn read(tx: &Tx<'_>) -> Result<Stored, Broken> {
        let numbers = tx.numbers(Shelf::Chunks).await?;
        let chunks = tx.all(Shelf::Chunks).await?;
        let names = tx.names(Shelf::Overlays).await?;
        let overlays = tx.all(Shelf::Overlays).await?;
        let mut stored = Stored::default();
        let mut singles = Vec::new();
        for (name, record) in names.into_iter().zip(overlays) {
            match (name.parse(), unpack_one(&record)) {
                (Ok(id), _) if record.is_empty() => {
                    stored.list.overlaid.insert(id, Over::Gone);
                }
                (Ok(id), Ok(row)) if row.id == id => {
                    stored.list.overlaid.insert(id, Over::Row);
                    singles.push(row);
                }
                _ => stored.bad_overlays.push(name),
            }
        }
        let mut places = Places::new();
        for (number, chunk) in numbers.into_iter().zip(chunks) {
            match unpack(&chunk) {
                Ok(rows) => stored.take_chunk(number, rows, &mut places),
                Err(_) => stored.bad_chunks.push(number),
            }
        }
        stored.rows.extend(singles);
        Ok(stored)
    }

    /// Whether the incident has a row.
    pub(crate) fn has(&self, id: IncidentId) -> bool {
        match self.overlaid.get(&id) {
            Some(over) => *over == Over::Row,
            None => self.chunk_of.contains_key(&id),
        }
    }

    /// The incidents that have a row.
    pub(crate) fn ids(&self) -> impl Iterator<Item = IncidentId> {
        let over_nothing = |id: &&IncidentId| !self.chunk_of.contains_key(id);
        let single = self.overlaid.keys().filter(over_nothing);
        let all = self.chunk_of.keys().chain(single).copied();
        all.filter(|id| self.has(*id))
    }

    /// Whether a chunk has a row of the incident, shown or not. Another chunk must not have one
    /// too.
    pub(crate) fn is_in_chunk(&self, id: IncidentId) -> bool {
        self.chunk_of.contains_key(&id)
    }

    /// How many incidents have a row.
    pub(crate) fn count(&self) -> usize {
        let over_nothing = |id: &IncidentId| !self.chunk_of.contains_key(id);
        let added = self
            .overlaid
            .iter()
            .filter(|(id, over)| **over == Over::Row && over_nothing(id));
        let gone = self
            .overlaid
            .iter()
            .filter(|(id, over)| **over == Over::Gone && !over_nothing(id));
        self.chunk_of.len() + added.count() - gone.count()
    }

    /// Notes rows that were written over the chunks, and rows that went.
    pub(crate) fn note(
        &mut self,
        changed: impl IntoIterator<Item = IncidentId>,
        gone: impl IntoIterator<Item = IncidentId>,
    ) {
        self.overlaid
            .extend(changed.into_iter().map(|id| (id, Over::Row)));
        self.overlaid
            .extend(gone.into_iter().map(|id| (id, Over::Gone)));
    }

    /// Notes rows that were written as a chunk.
    pub(crate) fn note_chunk(&mut self, number: u32, ids: impl IntoIterator<Item = IncidentId>) {
        for id in ids {
            self.overlaid.remove(&id);
            self.chunk_of.insert(id, number);
        }
    }

    /// Whether enough single rows have gathered to fold them in.
    pub(crate) fn is_untidy(&self) -> bool {
        self.overlaid.len() > OVERLAYS_MAX
    }

    /// The next slice to fold: rows that belong to one chunk, or to none yet.
    pub(crate) fn slice(&self) -> Option<Slice> {
        let first = self.overlaid.keys().next()?;
        let chunk = self.chunk_of.get(first).copied();
        let alike = self
            .overlaid
            .keys()
            .filter(|id| self.chunk_of.get(id).copied() == chunk);
        let ids = alike.take(CHUNK_ROWS).copied().collect();
        Some(Slice { chunk, ids })
    }

    /// Notes what was folded.
    pub(crate) fn note_folded(&mut self, folded: &Folded) {
        for id in &folded.ids {
            self.overlaid.remove(id);
            if folded.gone.contains(id) {
                self.chunk_of.remove(id);
            } else {
                self.chunk_of.insert(*id, folded.number);
            }
        }
    }
}

/// Single rows to be folded into a chunk.
pub(crate) struct Slice {
    chunk: Option<u32>,
    ids: Vec<IncidentId>,
}

/// What one step of folding did.
pub(crate) struct Folded {
    number: u32,
    ids: Vec<IncidentId>,
    gone: BTreeSet<IncidentId>,
}

/// Folds a slice, reading and writing its chunk in one transaction.
pub(crate) async fn fold(storage: &Storage, slice: Slice) -> Result<Folded, Broken> {
    let Slice { chunk, ids } = slice;
    let tx = storage.begin(&[Shelf::Chunks, Shelf::Overlays], Purpose::Relaxed)?;
    let number = match chunk {
        Some(number) => number,
        None => next_chunk(&tx).await?,
    };
    let stored = tx.get(Shelf::Chunks, number)?.await?.unwrap_or_default();
    let held = unpack(&stored).unwrap_or_default();
    let mut rows: BTreeMap<_, _> = held.into_iter().map(|row| (row.id, row)).collect();
    let mut gone = BTreeSet::new();
    let records: Result<Vec<_>, _> = ids.iter().map(|id| tx.get(Shelf::Overlays, *id)).collect();
    for (id, record) in ids.iter().zip(records?) {
        match record.await?.as_deref().map(unpack_one) {
            Some(Ok(row)) => drop(rows.insert(*id, row)),
            Some(Err(_)) => {
                rows.remove(id);
                gone.insert(*id);
            }
            None => {}
        }
        tx.delete(Shelf::Overlays, *id)?;
    }
    let rows: Vec<_> = rows.into_values().collect();
    tx.put(Shelf::Chunks, number, &pack(&rows))?;
    tx.commit().await?;
    Ok(Folded { number, ids, gone })
}

/// The number of the next chunk to write.
pub(crate) async fn next_chunk(tx: &Tx<'_>) -> Result<u32, Broken> {
    let numbers = tx.numbers(Shelf::Chunks).await?;
    Ok(numbers.last().map_or(0, |last| last + 1))
}
