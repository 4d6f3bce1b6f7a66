//! The engine of one person at work: what it holds in memory, and the asks it answers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use futures_channel::mpsc::UnboundedSender;
use gloo_timers::callback::{Interval, Timeout};
use wasm_bindgen_futures::spawn_local;

use shared::ids::{ActId, DeviceId, Epoch, IncidentId, LocalCode, PersonId};
use shared::incidents::{Incident, Intent};
use shared::people::{Directory, Person};
use shared::rows::Row;
use shared::sync::client::{LocalIncident, Network, OutboxEntry, ReviewEntry};
use shared::sync::message::{Cursors, Surface};
use shared::targets::Rules;

use super::acts::Wish;
use super::attachments::{self, Prepared, Sending};
use super::library::{Copy, Library};
use super::list::List;
use super::live::Socket;
use super::locks::Lead;
use super::presence::Places;
use super::protocol::{
    ActNames, Answer, Call, Failure, News, ReviewAct, Sealed, Status, Waiting, WaitingAct,
};
use super::pull::Ahead;
use super::storage::{Broken, Purpose, Shelf, Storage};
use super::tabs::{Tabs, Word};
use super::{board, called, drafts, keep, parcel, presence, rebuild, review, sync, wipe};

/// How many rows one piece of news holds.
const NEWS_ROWS: usize = 512;

/// The engine of one person on one surface.
pub(crate) struct Desk {
    pub storage: Storage,
    pub tabs: Tabs,
    pub person: PersonId,
    pub surface: Surface,
    pub device: DeviceId,
    pub state: RefCell<State>,
    pub wishes: UnboundedSender<Wish>,
    /// Set once the page has let go; what is under way then ends without effect.
    pub is_over: Cell<bool>,
}

/// What an engine holds in memory; but for what was discarded, nothing here exists nowhere else.
#[derive(Default)]
pub(crate) struct State {
    pub directory: Option<Directory>,
    pub list: List,
    pub library: Library,
    pub followed: BTreeSet<IncidentId>,
    /// The incident of an act that the page is shown and the disk does not have yet.
    pub in_hand: Option<IncidentId>,
    pub cursors: Cursors,
    pub status: Status,
    pub network: Network,
    pub timer: Option<Timeout>,
    pub hints: Option<Interval>,
    pub socket: Option<Socket>,
    pub places: Places,
    pub ahead: Option<Ahead>,
    /// The server's log, if that is another than the one that was read here.
    pub new_log: Option<Epoch>,
    /// How often it waited for others to bring back something.
    pub put_off: u8,
    /// Held while this engine does the network.
    pub lead: Option<Lead>,
    /// Whether everything was already fetched again because a copy could not be read.
    pub has_rebuilt: bool,
    pub is_tidying: bool,
    /// The edition of the service levels that rows were brought to.
    pub levels_followed: Option<u32>,
    /// Whether the device was told to wipe itself, so that nothing is shown any more.
    pub is_wiping: bool,
    /// Refused acts as they were stored, for as long as they can be put back.
    pub discarded: BTreeMap<ActId, Vec<u8>>,
    /// What the page is to be told of damage found at the start.
    pub damage: Option<News>,
    /// A file that an act is about to name.
    pub prepared: VecDeque<Prepared>,
    /// How many files are being fetched.
    pub fetching: usize,
    /// The part of a file that is on its way.
    pub sending: Option<Sending>,
}

impl Desk {
    /// Answers an ask other than an act.
    pub(crate) async fn handle(self: &Rc<Self>, call: Call) -> Result<Answer, Failure> {
        match call {
            Call::Open { incident } => self.open(incident).await,
            Call::AsItWas { incident, until } => {
                let mut copy = self.fetch(incident).await?;
                let was = copy.local.read_until(until);
                let was = was.map_err(|_| Failure::Unknown)?;
                Ok(Answer::AsItWas(was.as_ref().map(Sealed::of)))
            }
            Call::Question { incident } => Ok(Answer::Question(
                self.read(incident).await?.question().to_owned(),
            )),
            Call::Drafts { incident } => Ok(Answer::Drafts(drafts::of(self, incident).await?)),
            Call::Leave { incident } => {
                self.state.borrow_mut().followed.remove(&incident);
                Ok(Answer::Done)
            }
            Call::Waiting => Ok(self.waiting().await?),
            Call::Pack => parcel::pack(self).await,
            Call::Unpack { file, take } => parcel::unpack(self, &file, take).await,
            Call::Discard { act } => Ok(review::discard(self, act).await?),
            Call::PutBack { act } => review::put_back(self, act).await,
            Call::Retry => Ok(self.retry(false)),
            Call::SignedIn => Ok(self.retry(true)),
            Call::Measure => {
                self.measure_room();
                Ok(Answer::Done)
            }
            Call::SaveDraft(written) => Ok(drafts::save(self, written).await?),
            Call::SetPin(change) => {
                self.storage.set_pin(&change).await?;
                let has_pin = change.after.is_some();
                if has_pin {
                    self.storage.note_device(self.device).await?;
                }
                self.note_pin(has_pin);
                self.tabs.tell(&Word::Pin(has_pin));
                Ok(Answer::Done)
            }
            Call::Here(here) => {
                presence::go(self, here);
                Ok(Answer::Done)
            }
            Call::Lock => {
                self.tabs.tell(&Word::Lock);
                Ok(Answer::Done)
            }
            Call::Start { .. }
            | Call::Act { .. }
            | Call::Declare { .. }
            | Call::Stop
            | Call::Wipe { .. }
            | Call::Forget { .. }
            | Call::Files(_) => Err(Failure::NotStarted),
        }
    }

    /// Begins to sync and to listen to the other tabs.
    pub(crate) fn begin(self: &Rc<Self>) {
        let desk = Rc::clone(self);
        self.tabs.listen(move |word| desk.hear_tab(word));
        if let Some(damage) = self.state.borrow_mut().damage.take() {
            board::tell(damage);
        }
        self.measure_room();
        sync::begin(self);
        let desk = Rc::clone(self);
        spawn_local(async move { attachments::look_again(&desk).await });
    }

    /// Stops everything that is under way.
    pub(crate) fn stop(&self) {
        self.is_over.set(true);
        self.tabs.leave();
        self.wishes.close_channel();
        let mut state = self.state.borrow_mut();
        state.timer = None;
        state.hints = None;
        state.socket = None;
        state.lead = None;
        self.storage.close();
    }

    fn note_pin(self: &Rc<Self>, has_pin: bool) {
        self.state.borrow_mut().status.pin = has_pin;
        self.refresh_status();
    }

    /// The person who is signed in, as the directory on this device knows them.
    pub(crate) fn me(&self) -> Option<Person> {
        let state = self.state.borrow();
        state.directory.as_ref()?.person(self.person).cloned()
    }

    /// What rows are worked out by.
    pub(crate) fn rules(&self) -> Rules {
        let state = self.state.borrow();
        state
            .directory
            .as_ref()
            .map(Directory::rules)
            .unwrap_or_default()
    }

    /// An incident as it is stored, ready in memory if it is unchanged.
    pub(crate) async fn fetch(&self, id: IncidentId) -> Result<Copy, Broken> {
        let tx = self.storage.begin(&[Shelf::Docs], Purpose::Read)?;
        let records = keep::records(&tx, id).await?;
        let ready = self.state.borrow_mut().library.take(id, &records);
        Ok(ready.unwrap_or_else(|| Copy {
            local: LocalIncident::new(id, keep::docs(&records), Vec::new()),
            records,
            incident: None,
        }))
    }

    /// Reads an incident as it is stored. A copy that cannot be read is fetched again.
    pub(crate) async fn read(self: &Rc<Self>, id: IncidentId) -> Result<Incident, Failure> {
        let mut copy = self.fetch(id).await?;
        let is_damaged = keep::is_damaged(&copy.records);
        if copy.local.is_gone() && !is_damaged {
            return Err(Failure::Unknown);
        }
        if copy.incident.is_none() {
            copy.incident = copy.local.read().ok().map(|(incident, _)| incident);
        }
        let Some(incident) = copy.incident.clone().filter(|_| !is_damaged) else {
            rebuild::distrust(self, id).await?;
            return Err(Failure::Unknown);
        };
        self.state.borrow_mut().library.put(copy);
        Ok(incident)
    }

    /// Tells page and tabs what was committed.
    pub(crate) fn announce(self: &Rc<Self>, rows: Vec<Row>, gone: Vec<IncidentId>) {
        if rows.is_empty() && gone.is_empty() {
            return;
        }
        let touched = rows
            .iter()
            .map(|row| row.id)
            .chain(gone.iter().copied())
            .collect();
        let word = Word::Changed { rows, gone };
        self.tabs.tell(&word);
        let Word::Changed { rows, gone } = word else {
            return;
        };
        tell_rows(rows, gone);
        self.show_followed(&touched);
    }

    /// Reads those of the touched incidents again that the page follows.
    pub(crate) fn show_followed(self: &Rc<Self>, touched: &BTreeSet<IncidentId>) {
        self.state.borrow_mut().library.forget(touched);
        let followed = self.state.borrow().followed.clone();
        for id in followed.intersection(touched).copied() {
            let desk = Rc::clone(self);
            spawn_local(async move {
                if let Ok(incident) = desk.read(id).await
                    && !desk.is_over.get()
                {
                    board::tell(News::of(&incident));
                }
            });
        }
    }

    async fn open(self: &Rc<Self>, id: IncidentId) -> Result<Answer, Failure> {
        self.state.borrow_mut().followed.insert(id);
        let drafts = drafts::of(self, id).await?;
        let incident = Sealed::of(&self.read(id).await?);
        Ok(Answer::Opened { incident, drafts })
    }

    async fn waiting(&self) -> Result<Answer, Broken> {
        let shelves = [Shelf::Outbox, Shelf::Review];
        let tx = self.storage.begin(&shelves, Purpose::Read)?;
        let outbox = keep::outbox(&tx).await?;
        let review = tx.all(Shelf::Review).await?;
        let mut acts = Vec::new();
        for (_, entry) in outbox {
            acts.push(self.waiting_act(&entry).await?);
        }
        let mut refused = Vec::new();
        for entry in review
            .iter()
            .filter_map(|record| ReviewEntry::decode(record).ok())
        {
            refused.push(self.review_act(entry).await?);
        }
        let waiting = Waiting {
            acts,
            review: refused,
            drafts: drafts::all(self).await?,
        };
        Ok(Answer::Waiting(Sealed::of(&waiting)))
    }

    async fn waiting_act(&self, entry: &OutboxEntry) -> Result<WaitingAct, Broken> {
        let drafted = &entry.drafted;
        Ok(WaitingAct {
            subject: self.subject(entry.incident, &drafted.intent).await?,
            bytes: u32::try_from(entry.bytes()).unwrap_or(u32::MAX),
            lacks_incident: entry.changes.is_empty(),
            ..WaitingAct::of(entry.incident, drafted)
        })
    }

    async fn review_act(&self, entry: ReviewEntry) -> Result<ReviewAct, Broken> {
        let ReviewEntry {
            incident,
            drafted,
            why,
        } = entry;
        let (act, facts) = (drafted.act, drafted.facts);
        Ok(ReviewAct {
            act,
            incident,
            subject: self.subject(incident, &drafted.intent).await?,
            fact: ActNames { act, facts }.fact(&drafted.intent),
            intent: drafted.intent,
            at: drafted.at,
            why,
        })
    }

    /// What an act is on, as people call it, or as they did while it was here.
    async fn subject(&self, id: IncidentId, intent: &Intent) -> Result<String, Broken> {
        let mut copy = self.fetch(id).await?;
        let subject = subject_of(&mut copy.local, intent);
        if !copy.local.is_gone() {
            self.state.borrow_mut().library.put(copy);
        } else if !matches!(intent, Intent::Declare(_)) {
            let tx = self.storage.begin(&[Shelf::Meta], Purpose::Read)?;
            return Ok(called::names(&tx).await?.remove(&id).unwrap_or(subject));
        }
        Ok(subject)
    }

    /// What an incident is called, and whether it is on this device.
    pub(crate) async fn called(&self, id: IncidentId) -> Result<(String, bool), Broken> {
        let subject = self.subject(id, &Intent::Start).await?;
        let is_here = self.state.borrow().library.has(id);
        Ok((subject, is_here))
    }

    fn retry(self: &Rc<Self>, signed_in: bool) -> Answer {
        self.tabs.tell(&Word::Retry { signed_in });
        sync::retry(self, signed_in);
        Answer::Done
    }

    fn hear_tab(self: &Rc<Self>, word: Word) {
        match word {
            Word::Changed { rows, gone } => {
                let touched = rows
                    .iter()
                    .map(|row| row.id)
                    .chain(gone.iter().copied())
                    .collect();
                let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
                self.state.borrow_mut().list.note(ids, gone.iter().copied());
                tell_rows(rows, gone);
                self.show_followed(&touched);
                self.refresh_status();
            }
            Word::Wake => {
                sync::wake(self);
                self.refresh_status();
            }
            Word::Arrived => sync::tell_line(self),
            Word::Line { contact, complete } => sync::follow_line(self, contact, complete),
            Word::Directory => rebuild::reread_directory(self),
            Word::Moved => sync::follow_move(self),
            Word::Retry { signed_in } => sync::retry(self, signed_in),
            Word::Clock(reading) => self.tabs.note_clock(reading),
            Word::Drafted(written) => board::tell(News::Drafted(written)),
            Word::Pin(has_pin) => self.note_pin(has_pin),
            Word::Lock => board::tell(News::Lock),
            Word::Files => {
                let desk = Rc::clone(self);
                spawn_local(async move { attachments::look_again(&desk).await });
            }
            Word::Here { boot, here } => presence::hear_tab(self, boot, here),
            Word::There(there) => presence::show(self, there),
            Word::Closing => {
                self.stop();
                board::drop_desk(self);
                if self.state.borrow().is_wiping {
                    wipe::tell_wiped(self.device);
                } else {
                    board::tell(News::SignInNeeded);
                }
            }
        }
    }
}

/// What an act is on, as people call it.
pub(crate) fn subject_of(local: &mut LocalIncident, intent: &Intent) -> String {
    if let Intent::Declare(declare) = intent {
        return declare.subject.clone();
    }
    if local.is_gone() {
        return LocalCode::of(local.id).0;
    }
    let read = local.read();
    read.map(|(incident, _)| incident.subject.holds.value)
        .unwrap_or_default()
}

/// Tells the page of rows, in pieces that it can take in between two frames.
pub(crate) fn tell_rows(rows: Vec<Row>, gone: Vec<IncidentId>) {
    let mut gone = Some(gone);
    let mut rows = rows.into_iter().peekable();
    while gone.is_some() || rows.peek().is_some() {
        let changed = rows.by_ref().take(NEWS_ROWS).collect();
        let gone = gone.take().unwrap_or_default();
        board::tell(News::Rows { changed, gone });
    }
}

/// Tells what became of an act.
pub(crate) fn tell_kept(act: ActId, kept: Result<(), Failure>) {
    board::tell(match kept {
        Ok(()) => News::Durable { act },
        Err(why) => News::NotKept { act, why },
    });
}
