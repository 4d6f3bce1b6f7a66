//! The start: from the disk to the first list, without the network.

use std::rc::Rc;

use futures_channel::mpsc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::StorageEstimate;

use shared::ids::{DeviceId, PersonId};
use shared::people::Directory;
use shared::rows::Row;
use shared::sync::message::{self, Cursors, Surface};
use shared::time::UnixMillis;

use super::desk::{self, Desk, State};
use super::keep::{self, Entries};
use super::list::List;
use super::protocol::{Answer, Files, News, Promises, Status};
use super::rebuild::{self, Opened};
use super::storage::{self, Broken, Purpose, Shelf, Storage, Tx};
use super::tabs::Tabs;
use super::{acts, attachments, board, clock, locks, walk, wipe};

const CURSORS: &str = "cursors";
pub(crate) const DEVICE: &str = "device";
const DIRECTORY: &str = "directory";
const FRESH: &str = "fresh";

/// Opens a person's database and reads what the first list needs.
pub(crate) async fn start(
    person: PersonId,
    surface: Surface,
    pin: Option<&str>,
) -> Result<(Rc<Desk>, Answer), Broken> {
    let name = storage::name(surface, person);
    let slot = locks::take_slot(&name).await;
    let Opened {
        storage,
        first,
        damage,
    } = rebuild::open(&name, slot, pin).await?;
    let is_new = first.device.is_none() && damage.is_none();
    let device = match first.device {
        Some(device) => device,
        None => name_device(&storage).await?,
    };
    let has_pin = storage.wants_pin().await?;
    if has_pin {
        // Once it is locked again nobody can read it anywhere else.
        storage.note_device(device).await?;
    }
    let (wishes, wished) = mpsc::unbounded();
    let status = Status {
        promises: Promises {
            persistent: false,
            strict: storage.strict,
            encrypted: storage.is_encrypted(),
        },
        waiting: first.waiting,
        review: first.review,
        fresh_at: first.fresh_at,
        incidents: u32::try_from(first.rows.len()).unwrap_or(u32::MAX),
        complete: is_complete(&first.cursors),
        pin: has_pin,
        ..Status::default()
    };
    let started = Answer::Started {
        directory: first.directory.clone().map(Box::new),
        status: Box::new(status.clone()),
        rows: first.rows,
        is_new,
    };
    let state = State {
        directory: first.directory,
        list: first.list,
        cursors: first.cursors,
        status,
        damage,
        is_wiping: first.is_wiping,
        ..State::default()
    };
    let desk = Rc::new(Desk {
        tabs: Tabs::join(&name, slot),
        storage,
        person,
        surface,
        device,
        state: state.into(),
        wishes,
        is_over: false.into(),
    });
    spawn_local(acts::work(Rc::clone(&desk), wished));
    Ok((desk, started))
}

fn is_complete(cursors: &Cursors) -> bool {
    cursors.epoch.is_some() && cursors.lows.values().all(|low| low.0 == 0)
}

/// What the first list needs.
#[derive(Default)]
pub(crate) struct First {
    device: Option<DeviceId>,
    pub directory: Option<Directory>,
    cursors: Cursors,
    fresh_at: Option<UnixMillis>,
    list: List,
    rows: Vec<Row>,
    pub outbox: Entries,
    waiting: u32,
    review: u32,
    is_wiping: bool,
    pub bad: Bad,
}

/// Records that could not be read.
#[derive(Default)]
pub(crate) struct Bad {
    pub chunks: Vec<u32>,
    pub overlays: Vec<String>,
    pub acts: Vec<u32>,
    pub notes: Vec<&'static str>,
}

impl Bad {
    /// Whether everything could be read.
    pub(crate) fn is_none(&self) -> bool {
        self.chunks.is_empty()
            && self.overlays.is_empty()
            && self.acts.is_empty()
            && self.notes.is_empty()
    }
}

/// Reads what the first list needs, and notes what cannot be read.
pub(crate) async fn read(storage: &Storage) -> Result<First, Broken> {
    let shelves = [
        Shelf::Meta,
        Shelf::Chunks,
        Shelf::Overlays,
        Shelf::Outbox,
        Shelf::Review,
    ];
    let tx = storage.begin(&shelves, Purpose::Read)?;
    let notes = [DEVICE, DIRECTORY, FRESH, CURSORS].map(|name| tx.get(Shelf::Meta, name));
    let [device, directory, fresh, cursors] = notes;
    let mut bad = Bad::default();
    let device = note(DEVICE, device?.await?, &mut bad, |bytes| {
        bytes.try_into().ok()
    });
    let directory = note(DIRECTORY, directory?.await?, &mut bad, |bytes| {
        message::decode(bytes).ok()
    });
    let fresh = note(FRESH, fresh?.await?, &mut bad, |bytes| {
        bytes.try_into().ok()
    });
    let cursors = note(CURSORS, cursors?.await?, &mut bad, |bytes| {
        message::decode(bytes).ok()
    });
    let stored = List::read(&tx).await?;
    let (outbox, bad_acts) = keep::outbox_and_bad(&tx).await?;
    let waiting = outbox.len() + bad_acts.len();
    // A device that forgot its name lost its notes.
    if device.is_none() && bad.is_none() && !(stored.rows.is_empty() && waiting == 0) {
        bad.notes.push(DEVICE);
    }
    (bad.chunks, bad.overlays, bad.acts) = (stored.bad_chunks, stored.bad_overlays, bad_acts);
    Ok(First {
        device: device.map(DeviceId::from_bytes),
        directory,
        cursors: cursors.unwrap_or_default(),
        fresh_at: fresh.map(|bytes| UnixMillis(i64::from_be_bytes(bytes))),
        list: stored.list,
        rows: stored.rows,
        outbox,
        waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        review: tx.count(Shelf::Review).await?,
        is_wiping: wipe::is_ordered(&tx).await?,
        bad,
    })
}

fn note<T>(
    name: &'static str,
    bytes: Option<Vec<u8>>,
    bad: &mut Bad,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Option<T> {
    let value = read(&bytes?);
    if value.is_none() {
        bad.notes.push(name);
    }
    value
}

async fn name_device(storage: &Storage) -> Result<DeviceId, Broken> {
    let device = DeviceId::new(clock::wall(), clock::random());
    let tx = storage.begin(&[Shelf::Meta], Purpose::Strict)?;
    // Another tab may have been quicker.
    if let Some(bytes) = tx
        .get(Shelf::Meta, DEVICE)?
        .await?
        .and_then(|bytes| bytes.try_into().ok())
    {
        return Ok(DeviceId::from_bytes(bytes));
    }
    tx.put(Shelf::Meta, DEVICE, device.as_bytes())?;
    tx.commit().await?;
    Ok(device)
}

/// Reads cursors and rows again, when this tab begins to lead. If another tab moved them on, the
/// page is told all of it: that tab may have ended before it told what it stored last. Says whether
/// it was.
pub(crate) async fn reread(desk: &Rc<Desk>) -> Result<bool, Broken> {
    let shelves = [Shelf::Meta, Shelf::Docs, Shelf::Chunks, Shelf::Overlays];
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    let mut cursors = cursors(&tx).await?;
    let has_moved = desk.state.borrow().cursors != cursors;
    let stored = List::read(&tx).await?;
    if stored.is_damaged() {
        for chunk in &stored.bad_chunks {
            tx.delete(Shelf::Chunks, *chunk)?;
        }
        for overlay in &stored.bad_overlays {
            tx.delete(Shelf::Overlays, overlay.as_str())?;
        }
        cursors = walk::again(&tx, &cursors).await?;
        tx.commit().await?;
    }
    let before = {
        let mut state = desk.state.borrow_mut();
        state.cursors = cursors;
        std::mem::replace(&mut state.list, stored.list)
    };
    if has_moved {
        show_all(desk, stored.rows, &before);
        rebuild::reread_directory(desk);
    }
    Ok(has_moved)
}

/// Tells the page all rows and what it follows, but for what it is shown of an act under way.
fn show_all(desk: &Rc<Desk>, mut rows: Vec<Row>, before: &List) {
    let (gone, followed) = {
        let state = desk.state.borrow();
        rows.retain(|row| state.in_hand != Some(row.id));
        let gone = before.ids().filter(|id| !state.list.has(*id));
        let followed = state.followed.iter().copied();
        let followed = followed.filter(|id| state.in_hand != Some(*id));
        (gone.collect(), followed.collect())
    };
    desk::tell_rows(rows, gone);
    desk.show_followed(&followed);
    desk.refresh_status();
}

/// Reads the cursors again.
pub(crate) async fn reread_cursors(desk: &Desk) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Read)?;
    let cursors = cursors(&tx).await?;
    desk.state.borrow_mut().cursors = cursors;
    Ok(())
}

/// The cursors as stored.
pub(crate) async fn cursors(tx: &Tx<'_>) -> Result<Cursors, Broken> {
    let stored = tx.get(Shelf::Meta, CURSORS)?.await?;
    Ok(stored
        .and_then(|bytes| message::decode(&bytes).ok())
        .unwrap_or_default())
}

/// Writes the cursors.
pub(crate) fn put_cursors(tx: &Tx<'_>, cursors: &Cursors) -> Result<(), Broken> {
    tx.put(Shelf::Meta, CURSORS, &message::encode(cursors))
}

/// The directory as stored.
pub(crate) async fn directory(desk: &Desk) -> Result<Option<Directory>, Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Read)?;
    let stored = tx.get(Shelf::Meta, DIRECTORY)?.await?;
    Ok(stored.and_then(|bytes| message::decode(&bytes).ok()))
}

/// Writes the directory.
pub(crate) fn put_directory(tx: &Tx<'_>, directory: &Directory) -> Result<(), Broken> {
    tx.put(Shelf::Meta, DIRECTORY, &message::encode(directory))
}

/// Writes when the device was last known to be up to date.
pub(crate) fn put_fresh(tx: &Tx<'_>, at: UnixMillis) -> Result<(), Broken> {
    tx.put(Shelf::Meta, FRESH, &at.0.to_be_bytes())
}

impl Desk {
    /// Counts what waits, what was refused and what is here, and tells the page.
    pub(crate) fn refresh_status(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        spawn_local(async move {
            // A status that cannot be read now is told with the next change.
            if let Ok(counts) = desk.counts().await
                && !desk.is_over.get()
            {
                desk.tell_status(counts);
            }
        });
    }

    async fn counts(&self) -> Result<(u32, u32, Files), Broken> {
        let shelves = [Shelf::Outbox, Shelf::Review, Shelf::Uploads];
        let tx = self.storage.begin(&shelves, Purpose::Read)?;
        Ok((
            tx.count(Shelf::Outbox).await?,
            tx.count(Shelf::Review).await?,
            attachments::summary(self, &tx).await?,
        ))
    }

    fn tell_status(&self, (waiting, review, files): (u32, u32, Files)) {
        let mut state = self.state.borrow_mut();
        let incidents = u32::try_from(state.list.count()).unwrap_or(u32::MAX);
        let status = &mut state.status;
        (status.waiting, status.review, status.incidents) = (waiting, review, incidents);
        status.files = Files {
            lines: status.files.lines,
            has_wifi: attachments::has_wifi(),
            ..files
        };
        board::tell(News::Status(status.clone()));
    }

    /// Asks the browser how much room there is.
    pub(crate) fn measure_room(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        spawn_local(async move {
            let manager = clock::scope().navigator().storage();
            if let Ok(promise) = manager.estimate()
                && let Ok(estimate) = JsFuture::from(promise).await
            {
                let estimate: StorageEstimate = estimate.unchecked_into();
                let mut state = desk.state.borrow_mut();
                state.status.storage_used = estimate.get_usage().map(whole);
                state.status.storage_quota = estimate.get_quota().map(whole);
            }
            if let Ok(promise) = manager.persisted()
                && let Ok(persistent) = JsFuture::from(promise).await
            {
                desk.state.borrow_mut().status.promises.persistent = persistent.is_truthy();
            }
            desk.refresh_status();
        });
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of bytes below 2^53"
)]
fn whole(bytes: f64) -> u64 {
    bytes as u64
}
