//! The engine's side of the page: takes asks in order, sends answers and news.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, MessageEvent};

use shared::ids::PersonId;
use shared::sync::message::Surface;

use super::desk::Desk;
use super::protocol::{ActNames, Answer, Ask, Call, Failure, News, Tell, Unsent};
use super::storage::{self, Broken, Storage};
use super::tabs::Word;
use super::{acts, attachments, clock, start, tabs, wipe};

/// How long the page may take to save its drafts before another tab gets the database.
const GIVE_WAY_MILLIS: u32 = 1_000;

thread_local! {
    static DESK: RefCell<Option<Rc<Desk>>> = const { RefCell::new(None) };
    /// Whose database was to be opened and is locked.
    static LOCKED: Cell<Option<(PersonId, Surface)>> = const { Cell::new(None) };
    /// Whose engine another tab has ended.
    static ENDED: Cell<Option<(PersonId, Surface)>> = const { Cell::new(None) };
    /// Asks that came while a start was under way, which may need what it opens.
    static HELD: RefCell<Option<Vec<Ask>>> = const { RefCell::new(None) };
    /// Files that came with asks, by their numbers.
    static FILES: RefCell<BTreeMap<u32, Blob>> = const { RefCell::new(BTreeMap::new()) };
}

/// Starts to listen. Called once, when the worker starts.
pub fn run() {
    std::panic::set_hook(Box::new(|info| {
        web_sys::console::error_1(&info.to_string().into());
    }));
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| hear(&event));
    clock::scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

/// Tells the page something.
pub(crate) fn tell(news: News) {
    send(&Tell::News(news));
}

/// Drops an engine that another tab has ended. What is asked from then on fails, until somebody
/// signs in again on this page.
pub(crate) fn drop_desk(desk: &Rc<Desk>) {
    let_go(desk);
    ENDED.set(Some((desk.person, desk.surface)));
}

/// Answers from this engine from now on, in place of the one before.
pub(crate) fn serve(desk: &Rc<Desk>) {
    if let Some(before) = DESK.with(|held| held.replace(Some(Rc::clone(desk)))) {
        before.stop();
    }
}

/// Drops an engine that has ended.
pub(crate) fn let_go(desk: &Rc<Desk>) {
    DESK.with_borrow_mut(|held| held.take_if(|held| Rc::ptr_eq(held, desk)));
}

/// Lets go of the database for a tab of a later version: the page hears of it first and may save
/// its drafts meanwhile.
pub(crate) fn give_way(close: impl FnOnce() + 'static) {
    tell(News::Superseded);
    let desk = DESK.with(|desk| desk.borrow().clone());
    spawn_local(async move {
        TimeoutFuture::new(GIVE_WAY_MILLIS).await;
        if let Some(desk) = desk.filter(|desk| !desk.is_over.get()) {
            desk.stop();
            let_go(&desk);
        }
        close();
    });
}

/// Answers an ask.
pub(crate) fn answer(number: u32, answer: Result<Answer, Failure>) {
    send(&Tell::Answer { number, answer });
}

fn send(tell: &Tell) {
    let Ok(bytes) = postcard::to_allocvec(tell) else {
        return;
    };
    let buffer = Uint8Array::from(bytes.as_slice()).buffer();
    // It fails only when the page is gone.
    clock::scope()
        .post_message_with_transfer(&buffer, &Array::of1(&buffer))
        .ok();
}

fn hear(event: &MessageEvent) {
    let (data, file) = match event.data().dyn_into::<Array>() {
        Ok(both) => (both.get(0), both.get(1).dyn_into().ok()),
        Err(data) => (data, None),
    };
    let bytes = Uint8Array::new(&data).to_vec();
    match postcard::from_bytes::<Ask>(&bytes) {
        Ok(ask) => {
            if let Some(file) = file {
                FILES.with_borrow_mut(|files| files.insert(ask.number, file));
            }
            begin(ask);
        }
        Err(_) => web_sys::console::error_1(&"the page speaks another version; reload it".into()),
    }
}

/// Takes an ask, or holds it back until the start under way has ended.
fn begin(ask: Ask) {
    let ask = HELD.with_borrow_mut(|held| {
        if let Some(held) = held {
            held.push(ask);
            return None;
        }
        *held = matches!(ask.call, Call::Start { .. }).then(Vec::new);
        Some(ask)
    });
    if let Some(ask) = ask {
        spawn_local(take(ask));
    }
}

async fn start_desk(number: u32, person: PersonId, surface: Surface, pin: Option<String>) {
    ENDED.set(None);
    let stop = DESK.with(RefCell::take);
    if let Some(desk) = stop {
        desk.stop();
    }
    match start::start(person, surface, pin.as_deref()).await {
        Ok((desk, started)) => {
            LOCKED.set(None);
            serve(&desk);
            let is_wiping = desk.state.borrow().is_wiping;
            answer(
                number,
                if is_wiping {
                    Err(Failure::Wiping)
                } else {
                    Ok(started)
                },
            );
            desk.begin();
        }
        Err(Broken::Locked) => {
            answer(number, Err(locked(person, surface).await));
            let whose = Some((person, surface));
            if LOCKED.replace(whose) != whose {
                let is_locked = move || LOCKED.get() == whose;
                spawn_local(wipe::ask_while(person, surface, is_locked));
            }
        }
        Err(why) => answer(number, Err(why.into())),
    }
    let held = HELD.with(RefCell::take).unwrap_or_default();
    held.into_iter().for_each(begin);
}

/// What is only in a database that is locked can be counted, though not read.
async fn locked(person: PersonId, surface: Surface) -> Failure {
    let count = async {
        let storage = Storage::open(storage::name(surface, person)).await?;
        let count = storage.only_here().await;
        storage.close();
        count
    };
    let only_here = count.await.ok();
    Failure::Locked { only_here }
}

/// Ends the engine and deletes its database, unless something waits in it. The other tabs let go of
/// it first; what they kept until then counts. One that another version has changed is left alone:
/// what waits in it is not known here.
async fn forget(desk: Option<Rc<Desk>>, name: &str, unsent: Unsent) -> Result<(), Failure> {
    if let Some(desk) = desk {
        desk.storage.is_spare().await?;
        desk.tabs.tell(&Word::Closing);
        desk.storage.destroy_spare().await?;
        desk.stop();
        DESK.with(RefCell::take);
    } else {
        let storage = Storage::open(name.to_owned()).await?;
        let destroyed = destroy(&storage, unsent).await;
        storage.close();
        destroyed?;
    }
    Ok(Storage::delete(name).await?)
}

async fn destroy(storage: &Storage, unsent: Unsent) -> Result<(), Failure> {
    if unsent == Unsent::GoesIfLocked && storage.wants_pin().await? {
        tabs::close_others(&storage.name);
        return Ok(storage.destroy().await?);
    }
    storage.is_spare().await?;
    tabs::close_others(&storage.name);
    storage.destroy_spare().await
}

async fn take(ask: Ask) {
    let Ask { number, call } = ask;
    let file = FILES.with_borrow_mut(|files| files.remove(&number));
    if let Call::Start {
        person,
        surface,
        pin,
    } = call
    {
        return start_desk(number, person, surface, pin).await;
    }
    let desk = DESK.with(|desk| desk.borrow().clone());
    if let Call::Wipe { person, surface } = call {
        return wipe::take(number, desk, person, surface).await;
    }
    if let Call::Forget {
        person,
        surface,
        unsent,
    } = call
    {
        let forgotten = forget(desk, &storage::name(surface, person), unsent).await;
        return answer(number, forgotten.map(|()| Answer::Done));
    }
    if desk.is_none()
        && matches!(call, Call::SignedIn)
        && let Some((person, surface)) = ENDED.take()
    {
        return start_desk(number, person, surface, None).await;
    }
    let Some(desk) = desk else {
        return answer(number, Err(Failure::NotStarted));
    };
    if let Call::Files(call) = call {
        return answer(number, attachments::handle(&desk, &call, file).await);
    }
    take_up(desk, number, call).await;
}

/// Asks an engine that has been started.
async fn take_up(desk: Rc<Desk>, number: u32, call: Call) {
    match call {
        Call::Act {
            incident,
            intent,
            names,
        } => acts::enqueue(&desk, number, Some(incident), intent, names),
        Call::Declare { intent } => {
            let names = ActNames::draw(clock::wall(), clock::random);
            acts::enqueue(&desk, number, None, intent, names);
        }
        Call::Stop => {
            desk.stop();
            DESK.with(RefCell::take);
            answer(number, Ok(Answer::Done));
        }
        other @ (Call::Start { .. }
        | Call::Open { .. }
        | Call::Drafts { .. }
        | Call::AsItWas { .. }
        | Call::Question { .. }
        | Call::Leave { .. }
        | Call::Waiting
        | Call::Pack
        | Call::Unpack { .. }
        | Call::Measure
        | Call::Discard { .. }
        | Call::PutBack { .. }
        | Call::Retry
        | Call::SignedIn
        | Call::SaveDraft(_)
        | Call::SetPin(_)
        | Call::Lock
        | Call::Wipe { .. }
        | Call::Forget { .. }
        | Call::Here(_)
        | Call::Files(_)) => answer(number, desk.handle(other).await),
    }
}
