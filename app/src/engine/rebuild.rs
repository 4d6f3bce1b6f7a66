//! What to do when stored data was lost or cannot be read: say so, save what waits, fetch again.
//!
//! What can still be read stays in use meanwhile, offline too. Acts are written anew on what the
//! server had accepted; those that cannot be read are counted, the others offered as a text.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use shared::ids::IncidentId;
use shared::incidents::{Drafted, Intent};
use shared::sync::client::{Input, ReviewEntry, Slot, Writer};
use shared::time::UnixMillis;

use super::desk::Desk;
use super::keep::{self, Entries, Outcome};
use super::protocol::{Failure, News, PinChange, Rescued, Sealed};
use super::start::{self, First};
use super::storage::{Broken, Purpose, Shelf, Storage, Tx};
use super::{attachments, board, clock, drafts, sync, tabs, walk};

/// How long to wait before each further try to open a database.
const RETRY_MILLIS: [u32; 3] = [200, 1_000, 3_000];

/// A database that is open and has been read.
pub(crate) struct Opened {
    pub storage: Storage,
    pub first: First,
    /// What the page is to be told of damage.
    pub damage: Option<News>,
}

/// Opens the database and reads it. What cannot be read is taken out of it. A database that opens
/// but does not let itself be read is replaced, once what exists nowhere else is saved; one that
/// does not open is left alone.
pub(crate) async fn open(name: &str, slot: Slot, pin: Option<&str>) -> Result<Opened, Broken> {
    let (storage, tried) = open_patiently(name, pin).await?;
    let Some((first, lost)) = tried else {
        return replace(storage, slot, pin).await;
    };
    if first.bad.is_none() {
        let damage = lost.map(|lost| told(lost, &Entries::new()));
        return Ok(Opened {
            storage,
            first,
            damage,
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

/// What was read of a database, and how many acts were lost with its keys if those were.
type Read = (First, Option<usize>);

/// Opens and reads the database, again after a while if that fails: the reason may pass.
async fn open_patiently(name: &str, pin: Option<&str>) -> Result<(Storage, Option<Read>), Broken> {
    let mut waits = RETRY_MILLIS.into_iter();
    loop {
        let tried = match Storage::open(name.to_owned()).await {
            Ok(storage) => match unlock_and_read(&storage, pin).await {
                Ok(read) => return Ok((storage, Some(read))),
                Err(broken @ (Broken::Locked | Broken::WrongPin { .. })) => {
                    storage.close();
                    return Err(broken);
                }
                // What is not unlocked is not known to be damaged.
                Err(broken) if broken == Broken::Quota || !storage.is_unlocked() => {
                    storage.close();
                    Err(broken)
                }
                Err(_) => Ok((storage, None)),
            },
            Err(broken) => Err(broken),
        };
        if matches!(tried, Err(Broken::Later)) {
            return tried;
        }
        let Some(wait) = waits.next() else {
            return tried;
        };
        if let Ok((storage, _)) = &tried {
            storage.close();
        }
        TimeoutFuture::new(wait).await;
    }
}

async fn unlock_and_read(storage: &Storage, pin: Option<&str>) -> Result<Read, Broken> {
    let lost = storage.unlock(pin).await?;
    Ok((start::read(storage).await?, lost))
}

/// What exists nowhere but on this device.
struct Saved {
    acts: Entries,
    /// How many acts cannot be read.
    lost: usize,
    named: Vec<(Shelf, String, Vec<u8>)>,
    /// Files that wait, with their notes.
    files: Vec<(Shelf, String, Vec<u8>)>,
}

/// Replaces a database that does not let itself be read as a whole. Unless everything that exists
/// nowhere else can be read store by store, it stays as it is.
async fn replace(storage: Storage, slot: Slot, pin: Option<&str>) -> Result<Opened, Broken> {
    tabs::close_others(&storage.name);
    let saved = save(&storage).await;
    storage.close();
    let saved = saved?;
    Storage::delete(&storage.name).await?;
    let storage = Storage::open(storage.name.clone()).await?;
    let put_back = async {
        storage.unlock(None).await?;
        if pin.is_some() {
            let change = PinChange {
                before: None,
                after: pin.map(str::to_owned),
            };
            storage.set_pin(&change).await?;
        }
        put_back(&storage, &saved, slot).await
    };
    let put_back = put_back.await;
    let damage = Some(match put_back {
        Ok(()) => told(saved.lost, &saved.acts),
        // Nothing but the page has it now.
        Err(_) => told_all(&saved),
    });
    let first = start::read(&storage).await?;
    Ok(Opened {
        storage,
        first,
        damage,
    })
}

async fn save(storage: &Storage) -> Result<Saved, Broken> {
    let tx = storage.begin(&[Shelf::Outbox], Purpose::Read)?;
    let (acts, bad) = keep::outbox_and_bad(&tx).await?;
    let mut named = Vec::new();
    for shelf in [Shelf::Review, Shelf::Drafts] {
        let tx = storage.begin(&[shelf], Purpose::Read)?;
        let names = tx.names(shelf).await?;
        let records = tx.all(shelf).await?;
        let both = names.into_iter().zip(records);
        named.extend(both.map(|(name, record)| (shelf, name, record)));
    }
    // Files are less than what people wrote: without them the rest is saved all the same.
    let files = match storage.begin(&[Shelf::Uploads, Shelf::Blobs], Purpose::Read) {
        Ok(tx) => attachments::rescue(&tx).await.unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    Ok(Saved {
        acts,
        lost: bad.len(),
        named,
        files,
    })
}

/// Writes what was saved into the new database; the acts wait for the documents they are on.
async fn put_back(storage: &Storage, saved: &Saved, slot: Slot) -> Result<(), Broken> {
    let shelves = [Shelf::Outbox, Shelf::Review, Shelf::Drafts];
    let tx = storage.begin(&shelves, Purpose::Strict)?;
    for (_, entry) in &saved.acts {
        tx.append(Shelf::Outbox, &entry.encode())?;
    }
    for (shelf, name, record) in &saved.named {
        tx.put(*shelf, name.as_str(), record)?;
    }
    tx.commit().await?;
    let first = start::read(storage).await?;
    let shelves = [Shelf::Docs, Shelf::Overlays, Shelf::Outbox, Shelf::Review];
    let tx = storage.begin(&shelves, Purpose::Strict)?;
    revive(&tx, &first, slot).await?;
    tx.commit().await?;
    // A file that finds no room takes nothing along that people wrote.
    for (shelf, name, record) in &saved.files {
        put_file(storage, (*shelf, name, record)).await.ok();
    }
    Ok(())
}

async fn put_file(
    storage: &Storage,
    (shelf, name, record): (Shelf, &str, &[u8]),
) -> Result<(), Broken> {
    let tx = storage.begin(&[shelf], Purpose::Strict)?;
    tx.put(shelf, name, record)?;
    tx.commit().await
}

/// Has one incident fetched again whose documents cannot be read.
pub(crate) async fn distrust(desk: &Rc<Desk>, id: IncidentId) -> Result<(), Failure> {
    let shelves = [
        Shelf::Docs,
        Shelf::Outbox,
        Shelf::Overlays,
        Shelf::Review,
        Shelf::Meta,
    ];
    let tx = desk.storage.begin(&shelves, Purpose::Strict)?;
    let mut entries = keep::by_incident(keep::outbox(&tx).await?);
    let entries = entries.remove(&id).unwrap_or_default();
    let (before, mut local) = keep::load(&tx, id, &entries).await?;
    if local.is_to_be_declared() {
        // Only this device has it: nothing the server sends could replace it.
        let mut writer = Writer {
            slot: desk.tabs.slot,
            fresh: &mut clock::fresh_actor,
        };
        let review = local.revive(&mut writer);
        keep::store_review(&tx, &review)?;
        let outcome = keep::store(&tx, &before, &entries, &mut local, &desk.rules())?;
        tx.commit().await?;
        show(desk, id, outcome);
        return Ok(());
    }
    if desk.state.borrow().has_rebuilt {
        return Ok(());
    }
    local.distrust();
    keep::store_without_row(&tx, &before, &entries, &local)?;
    let cursors = walk::again(&tx, &start::cursors(&tx).await?).await?;
    tx.commit().await?;
    desk.state.borrow_mut().cursors = cursors;
    tell_once(desk);
    sync::feed(desk, Input::Hint);
    Ok(())
}

/// Tells the page that a copy could not be read and is being fetched again.
pub(crate) fn tell_once(desk: &Desk) {
    if !std::mem::replace(&mut desk.state.borrow_mut().has_rebuilt, true) {
        board::tell(told(0, &Entries::new()));
    }
}

fn show(desk: &Rc<Desk>, id: IncidentId, outcome: Outcome) {
    let (rows, gone) = match outcome {
        Outcome::Shown(row) => (vec![*row], Vec::new()),
        Outcome::Gone => (Vec::new(), vec![id]),
        Outcome::Unreadable => return,
    };
    let changed: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut state = desk.state.borrow_mut();
    state.list.note(changed, gone.iter().copied());
    drop(state);
    desk.announce(rows, gone);
    desk.refresh_status();
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
    let acts = saved
        .iter()
        .map(|(_, entry)| rescued(entry.incident, &entry.drafted));
    let rescued = Rescued {
        acts: acts.collect(),
        drafts: Vec::new(),
    };
    rebuilding(lost, &rescued)
}

/// Like [`told`], with everything that was saved in the text.
fn told_all(saved: &Saved) -> News {
    let of = |shelf| saved.named.iter().filter(move |(on, ..)| *on == shelf);
    let waiting = saved.acts.iter();
    let waiting = waiting.map(|(_, entry)| rescued(entry.incident, &entry.drafted));
    let review = of(Shelf::Review)
        .filter_map(|(_, _, record)| ReviewEntry::decode(record).ok())
        .map(|entry| rescued(entry.incident, &entry.drafted));
    let drafts = of(Shelf::Drafts).filter_map(|(_, name, text)| {
        let text = String::from_utf8(text.clone()).ok()?;
        Some((drafts::named(name)?.0, text))
    });
    let rescued = Rescued {
        acts: waiting.chain(review).collect(),
        drafts: drafts.collect(),
    };
    rebuilding(saved.lost + saved.acts.len(), &rescued)
}

fn rebuilding(lost: usize, rescued: &Rescued) -> News {
    News::Rebuilding {
        lost_acts: u32::try_from(lost).unwrap_or(u32::MAX),
        rescued: (*rescued != Rescued::default()).then(|| Sealed::of(rescued)),
    }
}

fn rescued(incident: IncidentId, drafted: &Drafted) -> (IncidentId, Intent, UnixMillis) {
    (incident, drafted.intent.clone(), drafted.at)
}

/// Takes what cannot be read out of the database and has everything fetched again.
async fn mend(storage: &Storage, first: &First, slot: Slot) -> Result<(), Broken> {
    let tx = storage.begin(&Shelf::COPY, Purpose::Strict)?;
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
    walk::again(&tx, &start::cursors(&tx).await?).await?;
    tx.commit().await
}

/// Writes the acts that can be read anew, since they may rest on one that cannot.
async fn revive(tx: &Tx<'_>, first: &First, slot: Slot) -> Result<(), Broken> {
    let directory = first.directory.as_ref();
    let rules = directory
        .map(shared::people::Directory::rules)
        .unwrap_or_default();
    for (id, entries) in keep::by_incident(first.outbox.clone()) {
        let (before, mut local) = keep::load(tx, id, &entries).await?;
        let mut writer = Writer {
            slot,
            fresh: &mut clock::fresh_actor,
        };
        let review = local.revive(&mut writer);
        keep::store_review(tx, &review)?;
        keep::store(tx, &before, &entries, &mut local, &rules)?;
    }
    Ok(())
}
