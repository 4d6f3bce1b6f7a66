//! What to do when stored data was lost or cannot be read: say so, save what waits, fetch again.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use shared::ids::IncidentId;
use shared::sync::client::{Input, OutboxEntry};
use shared::sync::message::Cursors;

use super::desk::Desk;
use super::keep;
use super::protocol::{Failure, News};
use super::storage::{Broken, Purpose, Shelf, Storage};
use super::{board, start, sync};

/// Opens the database; one that cannot be opened or read is replaced, with what still waits in it.
pub(crate) async fn open(name: &str) -> Result<Storage, Broken> {
    let opened = Storage::open(name.to_owned()).await;
    let damaged = match opened {
        Ok(storage) => match probe(&storage).await {
            Ok(()) => return Ok(storage),
            Err(_) => Some(storage),
        },
        Err(Broken::Quota) => return Err(Broken::Quota),
        Err(Broken::Other(_)) => None,
    };
    let saved = match &damaged {
        Some(storage) => save(storage).await,
        None => Vec::new(),
    };
    if let Some(storage) = damaged {
        storage.close();
    }
    Storage::delete(name).await?;
    let storage = Storage::open(name.to_owned()).await?;
    restore(&storage, &saved).await?;
    board::tell(News::Rebuilding {
        lost_acts: 0,
        exported: export(&saved),
    });
    Ok(storage)
}

/// Puts a database in order of which some records cannot be read: lists are fetched again, acts that
/// wait stay, those that cannot be read are counted as lost.
pub(crate) async fn repair(storage: &Storage) -> Result<(), Broken> {
    let shelves = [
        Shelf::Docs,
        Shelf::Chunks,
        Shelf::Overlays,
        Shelf::Outbox,
        Shelf::Meta,
    ];
    let tx = storage.begin(&shelves, Purpose::Strict)?;
    let (entries, unreadable) = keep::sift_outbox(&tx).await?;
    for number in &unreadable {
        tx.delete(Shelf::Outbox, *number)?;
    }
    let matrix = start::mend_records(&tx).await?;
    tx.clear(Shelf::Chunks)?;
    tx.clear(Shelf::Overlays)?;
    let waiting: Vec<_> = entries.iter().map(|(_, entry)| entry.clone()).collect();
    for (id, entries) in keep::by_incident(entries) {
        let (_, mut local) = keep::load(&tx, id, &entries).await?;
        if !local.is_gone() {
            keep::store_row(&tx, &mut local, &matrix)?;
        }
    }
    tx.commit().await?;
    board::tell(News::Rebuilding {
        lost_acts: u32::try_from(unreadable.len()).unwrap_or(u32::MAX),
        exported: export(&waiting),
    });
    Ok(())
}

/// What waits, as a text that a person can keep elsewhere.
fn export(waiting: &[OutboxEntry]) -> Option<String> {
    serde_json::to_string(waiting)
        .ok()
        .filter(|_| !waiting.is_empty())
}

/// Has one incident fetched again whose documents cannot be read.
pub(crate) async fn distrust(desk: &Rc<Desk>, id: IncidentId) -> Result<(), Failure> {
    if std::mem::replace(&mut desk.state.borrow_mut().has_rebuilt, true) {
        return Ok(());
    }
    let shelves = [Shelf::Docs, Shelf::Outbox, Shelf::Overlays, Shelf::Meta];
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    let mut entries = keep::by_incident(keep::outbox(&tx).await?);
    let entries = entries.remove(&id).unwrap_or_default();
    let (before, mut local) = keep::load(&tx, id, &entries).await?;
    local.distrust();
    keep::store_docs(&tx, &before, &local)?;
    for (number, entry) in &entries {
        let now = local
            .outbox()
            .iter()
            .find(|other| other.act() == entry.act());
        tx.put(Shelf::Outbox, *number, &now.unwrap_or(entry).encode())?;
    }
    start::put_cursors(&tx, &Cursors::default())?;
    tx.commit().await?;
    desk.state.borrow_mut().cursors = Cursors::default();
    board::tell(News::Rebuilding {
        lost_acts: 0,
        exported: None,
    });
    sync::feed(desk, Input::Hint);
    Ok(())
}

/// Takes over the directory that the leading tab stored.
pub(crate) fn reread_directory(desk: &Rc<Desk>) {
    let desk = Rc::clone(desk);
    spawn_local(async move {
        if let Ok(Some(directory)) = start::directory(&desk).await {
            desk.state.borrow_mut().directory = Some(directory.clone());
            board::tell(News::Directory(Box::new(directory)));
        }
    });
}

/// Reads a little of every store.
async fn probe(storage: &Storage) -> Result<(), Broken> {
    let shelves = [Shelf::Docs, Shelf::Outbox, Shelf::Drafts, Shelf::Review];
    let tx = storage.begin(&shelves, Purpose::Read)?;
    tx.count(Shelf::Docs).await?;
    tx.count(Shelf::Drafts).await?;
    tx.count(Shelf::Review).await?;
    tx.count(Shelf::Outbox).await?;
    Ok(())
}

async fn save(storage: &Storage) -> Vec<OutboxEntry> {
    let Ok(tx) = storage.begin(&[Shelf::Outbox], Purpose::Read) else {
        return Vec::new();
    };
    let entries = keep::outbox(&tx).await.unwrap_or_default();
    entries.into_iter().map(|(_, entry)| entry).collect()
}

async fn restore(storage: &Storage, saved: &[OutboxEntry]) -> Result<(), Broken> {
    let tx = storage.begin(&[Shelf::Outbox], Purpose::Strict)?;
    for entry in saved {
        tx.append(Shelf::Outbox, &entry.encode())?;
    }
    tx.commit().await
}
