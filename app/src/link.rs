//! The page's end of the engine: starts its worker, asks, and passes on what it tells.
//!
//! A panic leaves an engine that never answers. So on the worker's `error` event it is replaced by
//! a new one, what was being asked is settled as failed, and the page's place is taken up again.
//! The link never touches automerge, `IndexedDB` or the network.

mod board;
mod kept;
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

use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Incident, Intent};
use shared::sync::message::Surface;

use crate::engine::protocol::{ActNames, Answer, Ask, Call, DraftKind, Failure, News, Tell};
use crate::ui::browser;

pub(crate) use board::{Board, Entry, Versions};
pub(crate) use kept::{ask_to_persist_once_more, forget_mark};
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

/// An act that is on the screen, and the promise of whether this device has kept it.
pub struct Painted {
    pub act: ActId,
    pub incident: IncidentId,
    /// What takes it back.
    pub undo: Option<Intent>,
    pub kept: oneshot::Receiver<Result<(), Failure>>,
}

impl Painted {
    /// Waits until the act is durable, or says why it could not be kept.
    pub async fn kept(self) -> Result<(), Failure> {
        self.kept.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Link {
    /// A link whose engine is not yet running.
    pub fn idle(surface: Surface) -> Self {
        Self {
            state: StoredValue::new_local(Rc::default()),
            board: Board::new(),
            surface,
        }
    }

    /// Starts the engine for a person and shows what is stored, without the network.
    pub async fn start(self, person: PersonId) -> Result<(), Failure> {
        self.with(|state| state.person = Some(person));
        let call = Call::Start {
            person,
            surface: self.surface,
        };
        if let Answer::Started {
            directory,
            status,
            rows,
            is_new,
        } = self.ask(call).await?
        {
            self.board.start(directory, status, rows);
            kept::look(self, person, is_new);
        }
        Ok(())
    }

    /// Like [`Self::start`]; what goes wrong is said on the page.
    pub async fn begin(self, person: PersonId) -> bool {
        match self.start(person).await {
            Ok(()) => return true,
            // Where it stopped it is started again, or given up.
            Err(Failure::Stopped) => {}
            Err(Failure::Later) => self.board.versions.set(Versions::Earlier),
            Err(_) => self.board.engine_failed.set(true),
        }
        false
    }

    /// Whose engine it is.
    pub fn person(self) -> Option<PersonId> {
        self.with(|state| state.person)
    }

    /// Opens an incident and follows it; gives what was being written on it.
    pub async fn open(self, incident: IncidentId) -> Result<SavedDrafts, Failure> {
        let before = self.with(|state| state.followed.replace(incident));
        if let Some(before) = before.filter(|before| *before != incident) {
            self.tell(Call::Leave { incident: before });
        }
        match self.ask(Call::Open { incident }).await? {
            Answer::Opened { incident, drafts } => {
                if self.with(|state| state.followed == Some(incident.id)) {
                    self.board.show(*incident);
                }
                Ok(drafts)
            }
            Answer::Done
            | Answer::Started { .. }
            | Answer::Painted { .. }
            | Answer::Waiting { .. }
            | Answer::Packed { .. }
            | Answer::Unpacked(_) => Ok(Vec::new()),
        }
    }

    /// Reads an incident as it is on this device, without following it.
    pub async fn peek(self, incident: IncidentId) -> Option<Box<Incident>> {
        match self.ask(Call::Peek { incident }).await {
            Ok(Answer::Opened { incident, .. }) => Some(incident),
            Ok(_) | Err(_) => None,
        }
    }

    /// What is being written on an incident, without following it.
    pub async fn drafts(self, incident: IncidentId) -> SavedDrafts {
        match self.ask(Call::Peek { incident }).await {
            Ok(Answer::Opened { drafts, .. }) => drafts,
            Ok(_) | Err(_) => Vec::new(),
        }
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

    /// Does one act, which the open incident shows in this frame; what the engine reads follows.
    pub async fn act(self, incident: IncidentId, intent: Intent) -> Result<Painted, Failure> {
        let names = ActNames::draw(browser::now(), browser::random);
        if let Some(person) = self.with(|state| state.person) {
            self.board.foresee(incident, &intent, names, person);
        }
        let undo = withdrawal(&intent, names.fact(&intent));
        let call = Call::Act {
            incident,
            intent,
            names,
        };
        let painted = self.painted(call, |_| undo).await;
        if painted.is_err() {
            self.board.settle(names.act);
        }
        painted
    }

    /// Declares an incident.
    pub async fn declare(self, intent: Intent) -> Result<Painted, Failure> {
        self.painted(Call::Declare { intent }, undeclare).await
    }

    async fn painted(
        self,
        call: Call,
        undo: impl FnOnce(&Incident) -> Option<Intent>,
    ) -> Result<Painted, Failure> {
        let (keep, kept) = oneshot::channel();
        match self.ask(call).await? {
            Answer::Painted { act, incident } => {
                let id = incident.id;
                let undo = undo(&incident);
                self.with(|state| state.keeping.insert(act, keep));
                self.board.paint(act, *incident);
                Ok(Painted {
                    act,
                    incident: id,
                    undo,
                    kept,
                })
            }
            Answer::Done
            | Answer::Started { .. }
            | Answer::Opened { .. }
            | Answer::Waiting { .. }
            | Answer::Packed { .. }
            | Answer::Unpacked(_) => Err(Failure::NotStarted),
        }
    }

    /// Asks the engine and waits for its answer.
    pub async fn ask(self, call: Call) -> Result<Answer, Failure> {
        let (answer, answered) = oneshot::channel();
        self.ensure_running()?;
        let sent = self.with(|state| state.send(call, Some(answer)));
        sent?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Asks the engine for something whose answer nobody waits for.
    pub fn tell(self, call: Call) {
        if self.ensure_running().is_ok() {
            // Without an engine the next one starts from what is stored anyway.
            self.with(|state| state.send(call, None)).ok();
        }
    }

    /// Ends the engine, once it has closed its database.
    pub async fn stop(self, forget: bool) -> Result<(), Failure> {
        let running = self.with(|state| state.engine.is_some());
        let stopped = if running {
            self.ask(Call::Stop { forget }).await.map(drop)
        } else {
            Ok(())
        };
        if !matches!(stopped, Err(Failure::StillWaiting { .. })) {
            self.with(State::end);
            self.board.clear();
        }
        stopped
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
            kept::note(person, status.waiting);
        }
        match news {
            News::Durable { act } => self.settle(act, Ok(())),
            News::NotKept { act, why } => self.settle(act, Err(why)),
            News::Incident(incident) if !self.follows(incident.id) => {}
            News::Rows { .. }
            | News::Incident(_)
            | News::Directory(_)
            | News::Status(_)
            | News::SignInNeeded
            | News::UpdateNeeded
            | News::Drafted(_)
            | News::Superseded
            | News::Blocked
            | News::Rebuilding { .. } => self.board.hear(news),
        }
    }

    fn follows(self, incident: IncidentId) -> bool {
        self.with(|state| state.followed == Some(incident))
    }

    fn settle(self, act: ActId, kept: Result<(), Failure>) {
        self.board.settle(act);
        if kept.is_ok() {
            kept::ask_to_persist(self);
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
                self.open(incident).await.ok();
            }
        });
    }
}

impl State {
    fn send(
        &mut self,
        call: Call,
        answer: Option<oneshot::Sender<Result<Answer, Failure>>>,
    ) -> Result<(), Failure> {
        let engine = self.engine.as_ref().ok_or(Failure::NotStarted)?;
        self.number = self.number.wrapping_add(1);
        let ask = Ask {
            number: self.number,
            call,
        };
        let bytes = postcard::to_allocvec(&ask).map_err(|_| gone())?;
        let buffer = Uint8Array::from(bytes.as_slice()).buffer();
        let sent = engine
            .worker
            .post_message_with_transfer(&buffer, &Array::of1(&buffer));
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

/// What takes an act back; none for what only says that one knows, or takes back itself.
fn withdrawal(intent: &Intent, fact: FactId) -> Option<Intent> {
    let is_final = matches!(intent, Intent::Withdraw { .. } | Intent::Acknowledge);
    let doc = *intent.docs().first().filter(|_| !is_final)?;
    Some(Intent::Withdraw { doc, fact })
}

/// What takes back the declaration of an incident that nothing else has happened to.
fn undeclare(incident: &Incident) -> Option<Intent> {
    let [declared] = incident.timeline.as_slice() else {
        return None;
    };
    let (doc, fact) = (declared.doc, declared.fact);
    Some(Intent::Withdraw { doc, fact })
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
