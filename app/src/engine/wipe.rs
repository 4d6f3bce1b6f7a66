//! Wiping a device that its owner has lost, step by step as the machine decides.
//!
//! That it was told to is noted strictly in the same transaction that clears it, so that a browser
//! that is killed goes on with it at its next start, before it shows anything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;

use shared::ids::{DeviceId, PersonId};
use shared::sync::client::{Fault, Input, Waiting, hand_over as chosen, is_taken};
use shared::sync::message::{self, PROTOCOL, PushReply, PushRequest, Surface};

use super::desk::Desk;
use super::protocol::{Answer, Failure, News};
use super::storage::{self, Broken, Purpose, Shelf, Storage, Tx};
use super::tabs::Word;
use super::{board, clock, http, keep, locks, push, start, sync, tabs};

/// The note that the device is to be wiped.
const WIPE: &str = "wipe";

/// How long to wait when the browser could not delete the database.
const RETRY_MILLIS: u32 = 2_000;

/// How often a device that is locked asks whether it is to be wiped.
const ASK_MILLIS: u32 = 30_000;

thread_local! {
    /// Asks that are answered once nothing is left.
    static ASKED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

/// Whether the device was told to wipe itself.
pub(crate) async fn is_ordered(tx: &Tx<'_>) -> Result<bool, Broken> {
    Ok(tx.get(Shelf::Meta, WIPE)?.await?.is_some())
}

/// Wipes the database of a person because the page knows that it is to be; the ask is answered once
/// nothing is left.
pub(crate) async fn take(number: u32, desk: Option<Rc<Desk>>, person: PersonId, surface: Surface) {
    ASKED.with_borrow_mut(|asked| asked.push(number));
    let is_own = |desk: &Rc<Desk>| (desk.person, desk.surface) == (person, surface);
    match desk.filter(is_own) {
        Some(desk) if desk.state.borrow().is_wiping => {}
        Some(desk) => sync::feed(&desk, Input::LeadWipe),
        None => match begin(person, surface).await {
            Ok(()) => {}
            // What waits behind a PIN cannot be handed over without it.
            Err(Broken::Locked | Broken::WrongPin { .. }) => {
                let name = storage::name(surface, person);
                settle(&erase_locked(&name).await.map_err(Failure::from));
            }
            Err(why) => settle(&Err(why.into())),
        },
    }
}

/// Hears of a wipe on a device that is locked, which asks the server for nothing else.
pub(crate) async fn ask_while(person: PersonId, surface: Surface, is_locked: impl Fn() -> bool) {
    while is_locked() {
        match name_of_locked(person, surface).await {
            Ok(Some(device)) if is_to_be_wiped(person, surface, device).await => {
                return board::tell(News::Wiping);
            }
            // It is gone: another tab has removed it.
            Ok(None) => return,
            Ok(Some(_)) | Err(_) => TimeoutFuture::new(ASK_MILLIS).await,
        }
    }
}

async fn name_of_locked(person: PersonId, surface: Surface) -> Result<Option<DeviceId>, Broken> {
    let Some(storage) = Storage::find(storage::name(surface, person)).await? else {
        return Ok(None);
    };
    let device = storage.device().await;
    storage.close();
    device
}

async fn is_to_be_wiped(person: PersonId, surface: Surface, device: DeviceId) -> bool {
    let request = PushRequest {
        protocol: PROTOCOL,
        surface,
        person,
        device,
        epoch: None,
        clocks: Vec::new(),
        groups: Vec::new(),
        hands_over: false,
    };
    let answer = http::post("/sync/push", &message::encode(&request)).await;
    matches!(answer, Err(Fault::Wipe))
}

/// Deletes what nobody can open here. A tab that has it open goes on with its own wipe, and hands
/// over what waits: it holds the lead until it has.
async fn erase_locked(name: &str) -> Result<Answer, Broken> {
    let lead = locks::lead(name).await;
    let storage = Storage::open(name.to_owned()).await?;
    let device = storage.device().await?;
    tabs::close_others(name);
    storage.destroy().await?;
    storage.close();
    Storage::delete(name).await?;
    drop(lead);
    Ok(Answer::Wiped {
        device: device.unwrap_or_else(nameless),
    })
}

/// A device of which nothing tells any more how it was called.
fn nameless() -> DeviceId {
    DeviceId::new(clock::wall(), clock::random())
}

async fn begin(person: PersonId, surface: Surface) -> Result<(), Broken> {
    let name = storage::name(surface, person);
    // A tab that deletes it leads until it has: opened before that, it would be made anew, and left
    // behind where the end of that wipe takes this page along.
    let lead = locks::lead(&name).await;
    let Some(storage) = Storage::find(name).await? else {
        tell_wiped(nameless());
        return Ok(());
    };
    storage.close();
    let (desk, _) = start::start(person, surface, None).await?;
    desk.state.borrow_mut().is_wiping = true;
    note(&desk).await?;
    board::serve(&desk);
    desk.begin();
    drop(lead);
    Ok(())
}

async fn note(desk: &Desk) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Strict)?;
    tx.put(Shelf::Meta, WIPE, &[])?;
    tx.commit().await
}

fn settle(wiped: &Result<Answer, Failure>) {
    for number in ASKED.with(RefCell::take) {
        board::answer(number, wiped.clone());
    }
}

/// Tells the page that nothing of this device is left.
pub(crate) fn tell_wiped(device: DeviceId) {
    settle(&Ok(Answer::Wiped { device }));
}

/// Removes all but the acts that were never sent. Files that wait go with the rest: they are what a
/// lost device is to lose, and would keep it for hours.
pub(crate) async fn clear(desk: Rc<Desk>) {
    let input = match try_clear(&desk).await {
        Ok(waiting) => Input::Cleared(waiting),
        Err(_) => Input::Failed(Fault::Disk),
    };
    sync::feed(&desk, input);
}

async fn try_clear(desk: &Desk) -> Result<Waiting, Broken> {
    let mut shelves = Shelf::COPY.to_vec();
    shelves.extend([Shelf::Drafts, Shelf::Blobs, Shelf::Uploads]);
    let tx = desk.storage.begin(&shelves, Purpose::Strict)?;
    for shelf in shelves {
        if !matches!(shelf, Shelf::Outbox | Shelf::Meta) {
            tx.clear(shelf)?;
        }
    }
    for name in tx.names(Shelf::Meta).await? {
        if name != start::DEVICE {
            tx.delete(Shelf::Meta, name)?;
        }
    }
    tx.put(Shelf::Meta, WIPE, &[])?;
    let waiting = waiting(&tx).await?;
    tx.commit().await?;
    // What was never sent is to be handed over, also after a page that was loaded anew.
    desk.storage.drop_pin().await?;
    Ok(waiting)
}

async fn waiting(tx: &Tx<'_>) -> Result<Waiting, Broken> {
    let (offers, _) = chosen(&push::entries(tx).await?, 1);
    Ok(if offers.is_empty() {
        Waiting::None
    } else {
        Waiting::Some
    })
}

/// Hands over what was never sent.
pub(crate) async fn hand_over(desk: Rc<Desk>, groups_max: usize) {
    let input = match try_hand_over(&desk, groups_max).await {
        Ok(waiting) => Input::Pushed(waiting),
        Err(fault) => Input::Failed(fault),
    };
    sync::feed(&desk, input);
}

async fn try_hand_over(desk: &Rc<Desk>, groups_max: usize) -> Result<Waiting, Fault> {
    let entries = push::stored(desk).await.map_err(|_| Fault::Disk)?;
    let (offers, groups) = chosen(&entries, groups_max);
    if offers.is_empty() {
        return Ok(Waiting::None);
    }
    let boots = entries.iter().map(|entry| entry.drafted.boot).collect();
    let request = PushRequest {
        hands_over: true,
        ..push::request(desk, groups, &boots)
    };
    let body = message::encode(&request);
    let answer = http::post("/sync/push", &body).await?;
    let reply: PushReply = message::decode(&answer).map_err(|_| Fault::Unreachable)?;
    if reply.verdicts.len() != offers.len() {
        return Err(Fault::Malformed);
    }
    let verdicts = offers.iter().map(|offer| offer.act).zip(&reply.verdicts);
    let taken: BTreeMap<_, _> = verdicts.filter(|(_, verdict)| is_taken(verdict)).collect();
    if taken.is_empty() {
        return Err(Fault::PutOff);
    }
    let tx = desk.storage.begin(&[Shelf::Outbox], Purpose::Strict);
    let tx = tx.map_err(|_| Fault::Disk)?;
    let left = async {
        for (number, entry) in keep::outbox(&tx).await? {
            if taken.contains_key(&entry.act()) {
                tx.delete(Shelf::Outbox, number)?;
            }
        }
        let left = waiting(&tx).await?;
        tx.commit().await?;
        Ok::<_, Broken>(left)
    };
    let left = left.await.map_err(|_| Fault::Disk)?;
    desk.refresh_status();
    Ok(left)
}

/// Removes everything, and ends the engine with it.
pub(crate) async fn erase(desk: Rc<Desk>) {
    desk.tabs.tell(&Word::Closing);
    // Another tab would lead on what is being deleted.
    let lead = desk.state.borrow_mut().lead.take();
    // Whatever is left of a database is then of no use; it is deleted even if this fails.
    desk.storage.destroy().await.ok();
    desk.stop();
    while let Err(broken) = Storage::delete(&desk.storage.name).await {
        web_sys::console::error_1(&broken.to_string().into());
        TimeoutFuture::new(RETRY_MILLIS).await;
    }
    // Not before: a page that asks for the wipe meanwhile would begin another, and be answered by
    // the end of this one.
    board::let_go(&desk);
    drop(lead);
    tell_wiped(desk.device);
}
