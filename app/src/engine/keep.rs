//! Reads and writes an incident as a whole within one transaction.

use std::collections::BTreeMap;

use shared::ids::{ActId, DocKey, DocKind, IncidentId};
use shared::rows::{Row, pack_one, row};
use shared::sync::client::{LocalDoc, LocalIncident, OutboxEntry, ReviewEntry};
use shared::targets::Rules;

use super::library::Records;
use super::storage::{Broken, Shelf, Tx};

const KINDS: [DocKind; 2] = [DocKind::Incident, DocKind::Work];

/// Acts that wait, with the numbers under which they are stored.
pub(crate) type Entries = Vec<(u32, OutboxEntry)>;

/// What became of an incident's row.
pub(crate) enum Outcome {
    Shown(Box<Row>),
    Gone,
    /// The documents cannot be read now; the row stays as it was.
    Unreadable,
}

/// Reads the records of an incident's documents.
pub(crate) async fn records(tx: &Tx<'_>, id: IncidentId) -> Result<Records, Broken> {
    let incident = tx.get(Shelf::Docs, DocKey::incident(id))?;
    let work = tx.get(Shelf::Docs, DocKey::work(id))?;
    Ok([incident.await?, work.await?])
}

/// The documents in those records; one that cannot be decoded is as if it were not there.
pub(crate) fn docs(records: &Records) -> Vec<LocalDoc> {
    let decode = |bytes: &Vec<u8>| LocalDoc::decode(bytes).ok();
    records.iter().flatten().filter_map(decode).collect()
}

/// Whether a record is there that cannot be decoded.
pub(crate) fn is_damaged(records: &Records) -> bool {
    docs(records).len() < records.iter().flatten().count()
}

/// Reads the outbox. A record that cannot be decoded is left where it is.
pub(crate) async fn outbox(tx: &Tx<'_>) -> Result<Entries, Broken> {
    Ok(outbox_and_bad(tx).await?.0)
}

/// Reads the outbox, and the numbers of the records that cannot be decoded.
pub(crate) async fn outbox_and_bad(tx: &Tx<'_>) -> Result<(Entries, Vec<u32>), Broken> {
    let (mut entries, mut bad) = (Vec::new(), Vec::new());
    let numbers = tx.numbers(Shelf::Outbox).await?;
    if numbers.is_empty() {
        return Ok((entries, bad));
    }
    for (number, record) in numbers.into_iter().zip(tx.all(Shelf::Outbox).await?) {
        match OutboxEntry::decode(&record) {
            Ok(entry) => entries.push((number, entry)),
            Err(_) => bad.push(number),
        }
    }
    Ok((entries, bad))
}

/// Sorts entries by their incident, keeping their order.
pub(crate) fn by_incident(entries: Entries) -> BTreeMap<IncidentId, Entries> {
    let mut sorted: BTreeMap<_, Entries> = BTreeMap::new();
    for (number, entry) in entries {
        sorted
            .entry(entry.incident)
            .or_default()
            .push((number, entry));
    }
    sorted
}

/// Reads an incident with the acts that wait.
pub(crate) async fn load(
    tx: &Tx<'_>,
    id: IncidentId,
    entries: &Entries,
) -> Result<(Records, LocalIncident), Broken> {
    let records = records(tx, id).await?;
    let outbox = entries.iter().map(|(_, entry)| entry.clone()).collect();
    let local = LocalIncident::new(id, docs(&records), outbox);
    Ok((records, local))
}

/// Writes an incident after a step: documents, the acts that were there before it, and its row.
pub(crate) fn store(
    tx: &Tx<'_>,
    before: &Records,
    entries: &Entries,
    local: &mut LocalIncident,
    rules: &Rules,
) -> Result<Outcome, Broken> {
    store_without_row(tx, before, entries, local)?;
    store_row(tx, local, rules)
}

/// Writes documents and acts after a step; the row stays as it is.
pub(crate) fn store_without_row(
    tx: &Tx<'_>,
    before: &Records,
    entries: &Entries,
    local: &LocalIncident,
) -> Result<(), Broken> {
    store_docs(tx, before, local)?;
    let after: BTreeMap<ActId, &OutboxEntry> = local
        .outbox()
        .iter()
        .map(|entry| (entry.act(), entry))
        .collect();
    for (number, entry) in entries {
        match after.get(&entry.act()) {
            Some(now) if *now == entry => {}
            Some(now) => tx.put(Shelf::Outbox, *number, &now.encode())?,
            None => tx.delete(Shelf::Outbox, *number)?,
        }
    }
    Ok(())
}

/// Writes the documents of an incident. Gives the records as they are stored now.
pub(crate) fn store_docs(
    tx: &Tx<'_>,
    before: &Records,
    local: &LocalIncident,
) -> Result<Records, Broken> {
    let mut after = Records::default();
    for (place, kind) in KINDS.into_iter().enumerate() {
        let key = DocKey { kind, id: local.id };
        match (local.doc(kind), &before[place]) {
            (Some(doc), _) => {
                let record = doc.encode();
                tx.put(Shelf::Docs, key, &record)?;
                after[place] = Some(record);
            }
            (None, Some(_)) => tx.delete(Shelf::Docs, key)?,
            (None, None) => {}
        }
    }
    Ok(after)
}

/// Writes the row of an incident over its chunk, computed from the documents.
pub(crate) fn store_row(
    tx: &Tx<'_>,
    local: &mut LocalIncident,
    rules: &Rules,
) -> Result<Outcome, Broken> {
    if local.is_gone() {
        tx.put(Shelf::Overlays, local.id, &[])?;
        return Ok(Outcome::Gone);
    }
    let Ok((incident, _)) = local.read() else {
        return Ok(Outcome::Unreadable);
    };
    let row = row(&incident, rules);
    tx.put(Shelf::Overlays, local.id, &pack_one(&row))?;
    Ok(Outcome::Shown(Box::new(row)))
}

/// Keeps refused acts for their author.
pub(crate) fn store_review(tx: &Tx<'_>, review: &[ReviewEntry]) -> Result<(), Broken> {
    for entry in review {
        tx.put(
            Shelf::Review,
            entry.drafted.act.to_string(),
            &entry.encode(),
        )?;
    }
    Ok(())
}
