//! What to do when stored data was lost or cannot be read: say so, save what waits, fetch again.
//!
//! What can still be read stays in use meanwhile, offline too. Acts are written anew on what the
//! server had accepted; those that cannot be read are counted, the others offered as a text.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use shared::ids::IncidentId;
use shared::sync::client::{Input, Slot, Writer};
use shared::sync::message::Cursors;

use super::desk::Desk;
use super::keep::{self, Entries};
use super::protocol::{Failure, News};
use super::start::{self, First};
use super::storage::{Broken, Purpose, Shelf, Storage, Tx};
use super::{board, clock, sync};

/// A database that is open and has been read.
pub(crate) struct Opened {
    pub storage: Storage,
    pub first: First,
    /// What the page is to be told of damage.
    pub damage: Option<News>,
}

/// Opens the database and reads it. What cannot be read is taken out of it; a database that cannot
/// be opened at all is replaced.
pub(crate) async fn open(name: &str, slot: Slot) -> Result<Opened, Broken> {
    let opened = match Storage::open(name.to_owned()).await {
        Ok(storage) => start::read(&storage).await.map(|first| (storage, first)),
        Err(broken) => Err(broken),
    };
    let (storage, first) = match opened {
        Ok(opened) => opened,
        Err(Broken::Quota) => return Err(Broken::Quota),
        Err(Broken::Other(_)) => {
            Storage::delete(name).await?;
            let storage = Storage::open(name.to_owned()).await?;
            let damage = Some(told(0, &Entries::new()));
            let first = First::default();
            return Ok(Opened {
                storage,
                first,
                damage,
            });
        }
    };
    if first.bad.is_none() {
        return Ok(Opened {
            storage,
            first,
            damage: None,
        });
    }
    mend(&storage, &first, slot).await?;
    let damage = Some(told(first.bad.acts.len(), &first.outbox));
    let first = start::read(&storage).await?;
    Ok(Opened {
        storage,
        first,
        damage,
    })
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
    board::tell(told(0, &Entries::new()));
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

fn told(lost: usize, saved: &Entries) -> News {
    let saved: Vec<_> = saved.iter().map(|(_, entry)| &entry.drafted).collect();
    News::Rebuilding {
        lost_acts: u32::try_from(lost).unwrap_or(u32::MAX),
        exported: serde_json::to_string_pretty(&saved)
            .ok()
            .filter(|_| !saved.is_empty()),
    }
}

/// Takes what cannot be read out of the database and has everything fetched again.
async fn mend(storage: &Storage, first: &First, slot: Slot) -> Result<(), Broken> {
    let shelves = [
        Shelf::Docs,
        Shelf::Chunks,
        Shelf::Overlays,
        Shelf::Outbox,
        Shelf::Review,
        Shelf::Meta,
    ];
    let tx = storage.begin(&shelves, Purpose::Strict)?;
    for chunk in &first.bad.chunks {
        tx.delete(Shelf::Chunks, *chunk)?;
    }
    for overlay in &first.bad.overlays {
        tx.delete(Shelf::Overlays, overlay.as_str())?;
    }
    for note in &first.bad.notes {
        tx.delete(Shelf::Meta, *note)?;
    }
    for act in &first.bad.acts {
        tx.delete(Shelf::Outbox, *act)?;
    }
    if !first.bad.acts.is_empty() {
        revive(&tx, first, slot).await?;
    }
    start::put_cursors(&tx, &Cursors::default())?;
    tx.commit().await
}

/// Writes the acts that can be read anew, since they may rest on one that cannot.
async fn revive(tx: &Tx<'_>, first: &First, slot: Slot) -> Result<(), Broken> {
    let directory = first.directory.as_ref();
    let matrix = directory
        .map(|directory| directory.matrix.clone())
        .unwrap_or_default();
    for (id, entries) in keep::by_incident(first.outbox.clone()) {
        let (before, mut local) = keep::load(tx, id, &entries).await?;
        let mut writer = Writer {
            slot,
            fresh: &mut clock::fresh_actor,
        };
        let review = local.revive(&mut writer);
        keep::store_review(tx, &review)?;
        keep::store(tx, &before, &entries, &mut local, &matrix)?;
    }
    Ok(())
}
