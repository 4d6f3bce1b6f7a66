//! The page's end of the engine: starts its worker, asks, and passes on what it tells.
//!
//! A panic leaves an engine that never answers. So on the worker's `error` event it is replaced by
//! a new one, what was being asked is settled as failed, and the page's place is taken up again.
//! The link never touches automerge, `IndexedDB` or the network.

mod acts;
mod beside;
mod board;
mod files;
mod kept;
mod open;
mod organisation;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Reflect, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use shared::ids::{ActId, DeviceId, IncidentId, PersonId};
use shared::sync::message::Surface;

use crate::engine::protocol::{Answer, Ask, Call, DraftKind, Failure, News, Tell, Unsent};
use crate::session::{Locked, Session};
use crate::ui::browser;

pub(crate) use acts::Painted;
pub(crate) use beside::{beside, forget_beside};
pub use board::Board;
pub(crate) use board::{Entry, Touched, Versions};
pub(crate) use kept::ask_to_persist_once_more;
pub(crate) use organisation::Organisation;

/// An engine that falls over this often within a minute is left alone.
const CRASHES_MAX: usize = 4;
const CRASHES_WITHIN_MILLIS: i64 = 60_000;

/// What was being written on an incident when it was last open.
pub type SavedDrafts = Vec<(DraftKind, String)>;

/// A handle to the engine, cheap to copy; the board shows what it told.
#[derive(Clone, Copy)]
pub struct Link {
    state: StoredValue<Rc<RefCell<State>>, LocalStorage>,
    pub board: Board,
    pub surface: Surface,
}

#[derive(Default)]
struct State {
    session: Option<Session>,
    engine: Option<Engine>,
    person: Option<PersonId>,
    followed: Option<IncidentId>,
    number: u32,
    pending: HashMap<u32, oneshot::Sender<Result<Answer, Failure>>>,
    keeping: HashMap<ActId, oneshot::Sender<Result<(), Failure>>>,
    crashes: Vec<i64>,
}

struct Engine {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Link {
    /// A link whose engine runs for whoever is signed in.
    pub fn following(session: Session) -> Self {
        let state = State {
            session: Some(session),
            ..State::default()
        };
        let link = Self {
            state: StoredValue::new_local(Rc::new(RefCell::new(state))),
            board: Board::new(session.ended),
            surface: session.surface,
        };
        let person = session.id();
        Effect::new(move |_| {
            if let Some(person) = person.get() {
                link.serve(person);
            }
        });
        link
    }

    /// Runs the engine for a person, unless it does already. A page calls it before it is built, so
    /// that the engine is asked nothing before it knows for whom.
    pub fn serve(self, person: PersonId) {
        if self.person() != Some(person) {
            self.with(|state| state.person = Some(person));
            spawn_local(async move {
                self.begin(person).await;
            });
        }
    }

    /// Starts the engine for a person and shows what is stored, without the network.
    async fn start(self, person: PersonId, pin: Option<String>) -> Result<(), Failure> {
        self.with(|state| state.person = Some(person));
        let call = Call::Start {
            person,
            surface: self.surface,
            pin,
        };
        if let Answer::Started {
            directory,
            status,
            rows,
            is_new,
        } = self.ask(call).await?
        {
            self.lock(None);
            self.board.start(directory.map(|it| *it), *status, rows);
            kept::look(self, person, is_new);
        }
        Ok(())
    }

    /// Opens a database that is locked.
    pub async fn unlock(self, pin: String) -> Result<(), Failure> {
        let person = self.person().ok_or(Failure::NotStarted)?;
        self.start(person, Some(pin)).await
    }

    /// Like [`Self::start`]; what goes wrong is said on the page.
    async fn begin(self, person: PersonId) -> bool {
        match self.start(person, None).await {
            Ok(()) => return true,
            // Where it stopped it is started again, or given up.
            Err(Failure::Stopped) => {}
            Err(Failure::Wiping) => self.begin_wipe(),
            Err(Failure::Locked { only_here }) => self.lock(Some(Locked { only_here })),
            Err(Failure::Later) => self.board.versions.set(Versions::Earlier),
            Err(_) => self.board.engine_failed.set(true),
        }
        false
    }

    /// Has a database handed over and deleted, also one of the other surface.
    pub async fn wipe(self, surface: Surface, person: PersonId) -> Result<DeviceId, Failure> {
        // Nothing about them is kept beside it any more, nor is the engine started anew for them.
        self.with(|state| state.person = None);
        match self.ask(Call::Wipe { person, surface }).await? {
            Answer::Wiped { device } => Ok(device),
            Answer::Done
            | Answer::Started { .. }
            | Answer::Opened { .. }
            | Answer::Drafts(_)
            | Answer::AsItWas(_)
            | Answer::Question(_)
            | Answer::Painted { .. }
            | Answer::Waiting(_)
            | Answer::Packed { .. }
            | Answer::Unpacked(_)
            | Answer::Files(_) => Err(gone()),
        }
    }

    /// Whether a person had a database on a surface of this browser.
    pub fn was_here(self, surface: Surface, person: PersonId) -> bool {
        kept::is_marked(surface, person)
    }

    /// Whose engine it is.
    pub fn person(self) -> Option<PersonId> {
        self.with(|state| state.person)
    }

    /// Stops following an incident, unless another is followed already.
    pub fn leave(self, incident: IncidentId) {
        if self
            .with(|state| state.followed.take_if(|followed| *followed == incident))
            .is_some()
        {
            self.tell(Call::Leave { incident });
            self.board.close();
        }
    }

    /// Asks the engine and waits for its answer.
    pub async fn ask(self, call: Call) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        self.ensure_running()?;
        let sent = self.with(|state| state.send(call, Some(answer), None));
        sent?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Asks the engine for something whose answer nobody waits for.
    pub fn tell(self, call: Call) {
        if self.ensure_running().is_ok() {
            // Without an engine the next one starts from what is stored anyway.
            self.with(|state| state.send(call, None, None)).ok();
        }
    }

    /// Ends the engine, once it has closed its database.
    pub async fn stop(self) {
        if self.with(|state| state.engine.is_some()) {
            // One that does not answer has nothing open.
            self.ask(Call::Stop).await.ok();
        }
        self.end();
    }

    /// Ends the engine and deletes its database; on failure nothing is forgotten.
    pub async fn forget(self, unsent: Unsent) -> Result<(), Failure> {
        let person = self.person().ok_or(Failure::NotStarted)?;
        let surface = self.surface;
        let call = Call::Forget {
            person,
            surface,
            unsent,
        };
        self.ask(call).await?;
        self.end();
        Ok(())
    }

    fn end(self) {
        self.with(State::end);
        self.board.clear();
    }

    fn with<T>(self, work: impl FnOnce(&mut State) -> T) -> T {
        self.state.with_value(|state| work(&mut state.borrow_mut()))
    }

    fn ensure_running(self) -> Result<(), Failure> {
        if self.with(|state| state.engine.is_some()) {
            return Ok(());
        }
        if self.board.engine_failed.get_untracked() {
            return Err(gone());
        }
        let engine = self.launch().map_err(|_| {
            self.board.engine_failed.set(true);
            gone()
        })?;
        self.with(|state| state.engine = Some(engine));
        Ok(())
    }

    fn launch(self) -> Result<Engine, JsValue> {
        let worker = match begun() {
            Some(worker) => worker,
            None => begin()?,
        };
        let on_message = Closure::new(move |event: MessageEvent| self.receive(&event));
        let on_error = Closure::new(move |event: Event| {
            event.prevent_default();
            // A script that could not be loaded is told by an event that has no message.
            let reason = Reflect::get(&event, &"message".into());
            let reason = reason.ok().and_then(|reason| reason.as_string());
            let reason = reason.unwrap_or_default();
            // Not here: the listener must not be dropped while it runs.
            spawn_local(async move { self.restart(&reason) });
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Engine {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    fn receive(self, event: &MessageEvent) {
        let bytes = Uint8Array::new(&event.data()).to_vec();
        match postcard::from_bytes(&bytes) {
            Ok(Tell::Answer { number, answer }) => {
                if let Some(waiting) = self.with(|state| state.pending.remove(&number)) {
                    // Whoever asked may have left the page meanwhile.
                    waiting.send(answer).ok();
                }
            }
            Ok(Tell::News(news)) => self.hear(news),
            Err(_) => leptos::logging::error!("the engine speaks another version; reload the page"),
        }
    }

    fn hear(self, news: News) {
        if let (News::Status(status), Some(person)) = (&news, self.person()) {
            kept::note(self, person, status.waiting);
        }
        match news {
            News::Wiping => self.begin_wipe(),
            // A page that may not go on is one that is already leaving.
            News::Lock => drop(window().location().reload()),
            News::Durable { act } => self.settle(act, Ok(())),
            News::NotKept { act, why } => self.settle(act, Err(why)),
            News::Incident { id, .. } if !self.follows(id) => {}
            News::Rows { .. }
            | News::Incident { .. }
            | News::Directory(_)
            | News::Status(_)
            | News::SignInNeeded
            | News::UpdateNeeded
            | News::Drafted(_)
            | News::There(_)
            | News::Superseded
            | News::Blocked
            | News::Rebuilding { .. } => self.board.hear(news),
        }
    }

    /// Says on the page whether the database opens with a PIN only.
    fn lock(self, locked: Option<Locked>) {
        if let Some(session) = self.with(|state| state.session) {
            session.locked.set(locked);
        }
    }

    fn begin_wipe(self) {
        if let (Some(session), Some(person)) = self.with(|state| (state.session, state.person)) {
            session.begin_wipe(person);
        }
    }

    fn follows(self, incident: IncidentId) -> bool {
        self.with(|state| state.followed == Some(incident))
    }

    fn settle(self, act: ActId, kept: Result<(), Failure>) {
        if kept.is_ok() {
            self.board.note_kept(act);
            kept::ask_to_persist(self);
        } else {
            self.board.drop_foreseen(act);
        }
        if let Some(waiting) = self.with(|state| state.keeping.remove(&act)) {
            waiting.send(kept).ok();
        }
    }

    /// Replaces an engine that fell over and takes up the page's place again.
    fn restart(self, reason: &str) {
        leptos::logging::error!("the engine stopped and is started again: {reason}");
        let now = browser::now().0;
        let (person, followed, crashes) = self.with(|state| {
            state.crashes.retain(|at| now - at < CRASHES_WITHIN_MILLIS);
            state.crashes.push(now);
            let place = (state.person, state.followed, state.crashes.len());
            state.end();
            (state.person, state.followed) = (place.0, place.1);
            place
        });
        if crashes >= CRASHES_MAX {
            self.board.engine_failed.set(true);
            return;
        }
        let Some(person) = person else { return };
        spawn_local(async move {
            if self.begin(person).await
                && let Some(incident) = followed
            {
                self.look(incident).await.ok();
            }
        });
    }
}

impl State {
    fn send(
        &mut self,
        call: Call,
        answer: Option<oneshot::Sender<Result<Answer, Failure>>>,
        file: Option<&web_sys::File>,
    ) -> Result<(), Failure> {
        let engine = self.engine.as_ref().ok_or(Failure::NotStarted)?;
        self.number = self.number.wrapping_add(1);
        let ask = Ask {
            number: self.number,
            call,
        };
        let bytes = postcard::to_allocvec(&ask).map_err(|_| gone())?;
        let buffer = Uint8Array::from(bytes.as_slice()).buffer();
        let message = match file {
            Some(file) => Array::of2(&buffer, file).into(),
            None => JsValue::from(buffer.clone()),
        };
        let sent = engine
            .worker
            .post_message_with_transfer(&message, &Array::of1(&buffer));
        sent.map_err(|_| gone())?;
        if let Some(answer) = answer {
            self.pending.insert(self.number, answer);
        }
        Ok(())
    }

    /// Ends the worker and settles what was asked of it as failed.
    fn end(&mut self) {
        if let Some(engine) = self.engine.take() {
            engine.worker.terminate();
        }
        (self.person, self.followed) = (None, None);
        // Dropping a sender tells its receiver.
        self.pending.clear();
        self.keeping.clear();
    }
}

/// The worker that the boot file began before the console could, once.
fn begun() -> Option<Worker> {
    let (window, name) = (window(), JsValue::from_str("holdfastEngine"));
    let worker = Reflect::get(&window, &name).ok()?.dyn_into().ok()?;
    Reflect::delete_property(&window, &name).ok()?;
    Some(worker)
}

fn begin() -> Result<Worker, JsValue> {
    let url = browser::meta("holdfast-engine").unwrap_or_default();
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    Worker::new_with_options(&url, &options)
}

fn gone() -> Failure {
    Failure::Stopped
}
