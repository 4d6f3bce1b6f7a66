//! A device without a browser: the shell that carries `shared::sync::client` on a [`Disk`].
//!
//! It does what the engine does, in the same order: every step is one transaction, and the machine
//! hears of a step once that is kept. Two tabs share the disk; people act in either, and one of
//! them does the network. It never touches a network or a clock: it hands out [`Call`]s and is
//! given answers and moments.

mod parcel;
mod requests;
mod returned;
mod tabs;
mod wipe;

use std::collections::{BTreeMap, BTreeSet};

use shared::document::{BadDocument, ReceiptColumns};
use shared::ids::{Actor, DeviceId, DocKey, DocKind, Epoch, FactId, IncidentId, PersonId};
use shared::incidents::{Anomaly, Drafted, Incident, Intent, Refused};
use shared::people::Surface;
use shared::policy;
use shared::rows;
use shared::sync::client::{
    self, Accepts, Effect, Fault, Input, Jitter, LocalDoc, LocalIncident, More, Network,
    NotWritten, Offer, ReviewEntry, Slot, Tick, Waiting, Writer, cursors_after_loss,
};
use shared::sync::message::{
    self, Cursors, PullPage, PullRequest, PulledDoc, PushReply, PushRequest, ReturnRequest, Verdict,
};
use shared::time::UnixMillis;

use crate::broken::Broken;
use crate::disk::{Disk, Durability, Full, Key, Transaction};
use crate::draws::Draws;

use returned::Returning;
pub use tabs::TABS;
use tabs::Tab;

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    pub device: DeviceId,
    pub person: PersonId,
    pub surface: Surface,
    pub version: Version,
}

/// Which version of Holdfast a device runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Current,
    /// The one before, whose messages lie recorded in `tests/simulation/before`.
    Before,
}

/// What the device's clocks say.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// Milliseconds since the engine started.
    pub tick: Tick,
    pub wall: UnixMillis,
}

/// Why an act was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    #[error("the button is grey: {0}")]
    Grey(Refused),
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
    #[error("the disk is full")]
    Full,
}

impl From<Full> for NotDone {
    fn from(Full: Full) -> Self {
        Self::Full
    }
}

/// What the device asks of the network.
#[derive(Debug, Clone)]
pub enum Call {
    Pull(PullRequest),
    Push(PushRequest, Vec<Offer>),
    /// What was never sent, before the device is wiped.
    HandOver(PushRequest, Vec<Offer>),
    Return(ReturnRequest),
    /// Acts that were accepted by another log.
    OfferAgain(PushRequest),
    OpenLive,
    CloseLive,
    Beat,
}

/// A running engine on its disk.
#[derive(Debug)]
pub struct Device {
    pub profile: Profile,
    pub disk: Disk,
    pub network: Network,
    /// Copies that had to be given up; none in a world without bugs.
    pub distrusted: u32,
    pub broken: Option<Broken>,
    tabs: [Tab; TABS],
    /// The tab that does the network.
    lead: usize,
    returning: Option<Returning>,
    /// How often it waited for others to bring back something.
    put_off: u8,
    is_erased: bool,
    /// What is to be asked right after the answer that is being taken in.
    next: Option<Call>,
    draws: Draws,
}

const DOCS_MAX: u32 = 64;

impl Device {
    /// Starts an engine on what the disk holds.
    pub fn start(profile: Profile, disk: Disk, mut draws: Draws, moment: Moment) -> Self {
        let tabs = std::array::from_fn(|_| Tab::open(&mut draws, moment));
        let mut device = Self {
            profile,
            disk,
            network: Network::default(),
            distrusted: 0,
            broken: None,
            tabs,
            lead: 0,
            returning: None,
            put_off: 0,
            is_erased: false,
            next: None,
            draws,
        };
        device.take_the_lead(moment);
        device
    }

    /// The tab that does the network is closed and opened again; another one does it from here on.
    pub fn close_lead(&mut self, moment: Moment) {
        self.tabs[self.lead] = Tab::open(&mut self.draws, moment);
        self.lead = (self.lead + 1) % TABS;
        (self.network, self.returning, self.next) = (Network::default(), None, None);
        self.take_the_lead(moment);
    }

    fn take_the_lead(&mut self, moment: Moment) {
        if self.disk.is_to_be_wiped() {
            return self.tell(Input::LeadWipe, moment);
        }
        let (epoch, waiting) = (self.disk.cursors().epoch, self.waiting());
        self.tell(Input::Lead { epoch, waiting }, moment);
    }

    /// Tells the machine what happened.
    pub fn tell(&mut self, input: Input, moment: Moment) {
        let jitter = self.jitter();
        self.network.handle_input(input, moment.tick, jitter);
    }

    /// Tells the machine that time has passed.
    pub fn pass(&mut self, moment: Moment) {
        let jitter = self.jitter();
        self.network.handle_timeout(moment.tick, jitter);
    }

    /// The next thing that the device wants of the network.
    pub fn poll_call(&mut self, moment: Moment) -> Option<Call> {
        if let Some(call) = self.next.take() {
            return Some(call);
        }
        loop {
            match self.network.poll_effect()? {
                Effect::Pull => return Some(Call::Pull(self.pull())),
                Effect::Return => {
                    if let Some(call) = self.name_all(moment) {
                        return Some(call);
                    }
                }
                Effect::Push { groups_max } => match self.push(groups_max, moment) {
                    Some((request, offers)) => return Some(Call::Push(request, offers)),
                    None => self.tell(Input::Pushed(Waiting::None), moment),
                },
                Effect::Clear => self.clear(moment),
                Effect::HandOver { groups_max } => match self.hand_over(groups_max, moment) {
                    Some((request, offers)) => return Some(Call::HandOver(request, offers)),
                    None => self.tell(Input::Pushed(Waiting::None), moment),
                },
                Effect::Erase => self.erase(moment),
                Effect::OpenLive => return Some(Call::OpenLive),
                Effect::CloseLive { .. } => return Some(Call::CloseLive),
                Effect::SendBeat => return Some(Call::Beat),
                // Files are not simulated.
                Effect::Upload => self.tell(Input::NoUpload, moment),
                Effect::Show(_) => {}
            }
        }
    }

    /// Somebody acts in a tab: on an incident that is here, or on one they declare now.
    pub fn act(
        &mut self,
        tab: usize,
        incident: Option<IncidentId>,
        intent: Intent,
        moment: Moment,
    ) -> Result<(IncidentId, Drafted), NotDone> {
        let mut local = if let Some(id) = incident {
            self.opened(tab, id)
        } else {
            let id = IncidentId::new(moment.wall, self.draws.bytes());
            LocalIncident::unborn(id, self.profile.surface)
        };
        self.is_offered(incident.is_some(), &mut local, &intent)?;
        let drafted = self.drafted(tab, intent, moment);
        let act = drafted.act;
        let slot = self.slot(tab);
        with_writer(&mut self.draws, slot, |writer| local.act(drafted, writer))?;
        let entry = local.outbox().iter().find(|entry| entry.act() == act);
        let drafted = entry.expect("the act was just written").drafted.clone();
        if self.is(Broken::KnowledgeRecomputed) {
            let mut outbox = local.outbox().to_vec();
            for entry in &mut outbox {
                entry.drafted.saw = None;
            }
            local.set_outbox(outbox);
        }
        let mut tx = Transaction::default();
        self.store(&mut tx, &mut local, &[]);
        let durability = if self.is(Broken::ActsNotForced) {
            Durability::Relaxed
        } else {
            Durability::Strict
        };
        let kept = self.disk.commit(tx, durability);
        if !self.is(Broken::FullDiskIgnored) {
            kept?;
        }
        if self.is(Broken::ActorShared) {
            self.tabs[tab].held.insert(local.id, local.clone());
        }
        self.tell(Input::OutboxGrew, moment);
        Ok((local.id, drafted))
    }

    /// An incident as a tab finds it.
    fn opened(&self, tab: usize, id: IncidentId) -> LocalIncident {
        let mut stored = self.disk.load(id);
        if let Some(held) = self.tabs[tab].held.get(&id) {
            let outbox = stored.outbox().to_vec();
            stored = held.clone();
            stored.set_outbox(outbox);
        }
        stored
    }

    fn slot(&self, tab: usize) -> Slot {
        if self.is(Broken::ActorShared) {
            Slot::default()
        } else {
            Slot(u16::try_from(tab).expect("there are few tabs"))
        }
    }

    fn is(&self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }

    /// Whether the device has an act beneath a signature that vouches for all it has.
    pub fn holds(&self, id: IncidentId, drafted: &Drafted) -> bool {
        let mut kinds = drafted.intent.docs().iter();
        kinds.all(|kind| {
            let fact = drafted.facts[usize::from(*kind == DocKind::Work)];
            let local = self.disk.doc(DocKey { kind: *kind, id });
            let local = local.filter(|local| local.whole().is_some());
            let loaded = local.and_then(|local| Some((local.load().ok()?, local.book())));
            loaded.is_some_and(|(doc, book)| {
                let mut held = doc.facts().0.iter();
                held.any(|held| {
                    held.fact.id == fact && book.of(held.actor, held.actor_seq).is_some()
                })
            })
        })
    }

    /// The facts of an incident that are here, in either document.
    pub fn facts(&self, id: IncidentId) -> BTreeSet<FactId> {
        let keys = [DocKey::incident(id), DocKey::work(id)];
        let docs = keys.into_iter().filter_map(|key| self.disk.doc(key));
        let facts = docs.filter_map(|local| local.load().ok()).flat_map(|doc| {
            let held = doc.facts().0.iter();
            held.map(|held| held.fact.id).collect::<Vec<_>>()
        });
        facts.collect()
    }

    /// Reads an incident that is here.
    pub fn read(&self, id: IncidentId) -> Option<(Incident, Vec<Anomaly>)> {
        let mut local = self.disk.load(id);
        if local.is_gone() {
            None
        } else {
            local.read().ok()
        }
    }

    /// Takes in a page of the log that was asked for from `asked`.
    pub fn take_page(&mut self, asked: &Cursors, page: PullPage, moment: Moment) {
        let (head, more) = (page.head, if page.more { More::Yes } else { More::No });
        let accepted = client::accepts(&self.disk.cursors(), asked, &page);
        let is_unmet = |epoch: &Epoch| {
            accepted == Accepts::NewLog
                && self.disk.logs().last() != Some(epoch)
                && !self.is(Broken::NothingBroughtBack)
        };
        if let Some(epoch) = page.cursors.epoch.filter(is_unmet) {
            return self.meet(epoch, moment);
        }
        if accepted != Accepts::Stale {
            if self.is(Broken::CursorsBeforeData) {
                let mut tx = Transaction::default();
                tx.put(Key::Cursors, message::encode(&page.cursors));
                // A disk that is full tells with the data.
                self.disk.commit(tx, Durability::Strict).ok();
            }
            let durability = if client::begins_log(asked, &page) {
                Durability::Strict
            } else {
                Durability::Relaxed
            };
            let tx = self.page(page, accepted);
            if self.disk.commit(tx, durability).is_err() {
                return self.tell(Input::Failed(Fault::Disk), moment);
            }
        }
        let Cursors { epoch, high, .. } = self.disk.cursors();
        let waiting = self.waiting();
        self.tell(
            Input::Pulled {
                high,
                epoch,
                head,
                more,
                waiting,
            },
            moment,
        );
    }

    /// Takes in the verdicts on what was offered.
    pub fn take_reply(&mut self, offers: &[Offer], reply: PushReply, moment: Moment) {
        if reply.verdicts.len() != offers.len() {
            self.tell(Input::Failed(Fault::Malformed), moment);
            return;
        }
        let is_put_off = reply.verdicts.iter().any(is_put_off);
        let mut cursors = self.disk.cursors();
        let mut by_incident: BTreeMap<IncidentId, Vec<(Offer, Verdict)>> = BTreeMap::new();
        for (offer, verdict) in offers.iter().zip(reply.verdicts) {
            by_incident
                .entry(offer.incident)
                .or_default()
                .push((offer.clone(), self.understood(verdict)));
        }
        let mut tx = Transaction::default();
        for (id, verdicts) in by_incident {
            let mut local = self.disk.load(id);
            let slot = self.slot(self.lead);
            let settled = with_writer(&mut self.draws, slot, |writer| {
                local.settle(&verdicts, writer)
            });
            let review = self.trusted(&mut local, settled);
            if local.docs().any(|doc| doc.distrusted) {
                cursors = cursors_after_loss(&cursors);
            }
            self.store(&mut tx, &mut local, &review);
        }
        tx.put(Key::Cursors, message::encode(&cursors));
        if self.disk.commit(tx, Durability::Relaxed).is_err() {
            return self.tell(Input::Failed(Fault::Disk), moment);
        }
        if is_put_off {
            return self.tell(Input::Failed(Fault::PutOff), moment);
        }
        let waiting = self.waiting();
        self.tell(Input::Pushed(waiting), moment);
    }

    /// Strikes off what a page brings of another log. Once it is the last one, gives what did not
    /// come.
    fn walk(&self, tx: &mut Transaction, page: &PullPage, accepted: Accepts) -> BTreeSet<DocKey> {
        let mut unsent = match accepted {
            Accepts::NewLog => self.disk.docs().collect(),
            Accepts::Yes | Accepts::Stale => self.disk.unsent(),
        };
        for pulled in &page.docs {
            unsent.remove(&pulled.doc);
        }
        let left = if page.more {
            BTreeSet::new()
        } else {
            std::mem::take(&mut unsent)
        };
        tx.put(Key::Unsent, message::encode(&unsent));
        left
    }

    fn understood(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Duplicate(_) if self.is(Broken::DuplicateRefused) => {
                Verdict::Refused(Refused::Scope)
            }
            Verdict::Accepted(_)
            | Verdict::Duplicate(_)
            | Verdict::Refused(_)
            | Verdict::Missing { .. } => verdict,
        }
    }

    fn page(&mut self, mut page: PullPage, accepted: Accepts) -> Transaction {
        let mut tx = Transaction::default();
        let unsent = self.walk(&mut tx, &page, accepted);
        let waiting: BTreeSet<_> = self
            .disk
            .outbox()
            .into_iter()
            .map(|(_, entry)| entry.incident)
            .filter(|_| !self.is(Broken::UnsentWorkOverwritten))
            .collect();
        if self.is(Broken::ReceiptsDropped) {
            page.docs
                .iter_mut()
                .for_each(|doc| doc.receipts = ReceiptColumns::default());
        }
        let mut docs: BTreeMap<IncidentId, Vec<PulledDoc>> = BTreeMap::new();
        for doc in page.docs {
            docs.entry(doc.doc.id).or_default().push(doc);
        }
        page.forget.extend(unsent);
        for key in &page.forget {
            docs.entry(key.id).or_default();
        }
        let mut is_trusted = true;
        let mut rows: BTreeMap<_, _> = page.rows.into_iter().map(|row| (row.id, row.row)).collect();
        if !page.more {
            self.give_up(&mut tx, &docs);
        }
        for (id, pulled) in docs {
            let forgotten = page.forget.iter().filter(|key| key.id == id).copied();
            if waiting.contains(&id) {
                is_trusted &= self.merge(&mut tx, id, pulled, forgotten);
            } else {
                self.absorb(&mut tx, pulled, forgotten);
                if self.is(Broken::UnsentWorkOverwritten) {
                    let unsent = self.disk.outbox().into_iter();
                    let lost = unsent.filter(|(_, entry)| entry.incident == id);
                    lost.for_each(|(place, _)| tx.delete(place));
                }
                let is_left = self.is(Broken::RowLeftBehind) && self.disk.row(id).is_some();
                rows.remove(&id)
                    .filter(|_| !is_left)
                    .into_iter()
                    .for_each(|row| tx.put(Key::Row(id), row));
            }
        }
        if let Some(directory) = page.directory {
            tx.put(Key::Directory, message::encode(&directory));
        }
        let cursors = if is_trusted {
            page.cursors
        } else {
            Cursors::default()
        };
        tx.put(Key::Cursors, message::encode(&cursors));
        tx
    }

    /// Lets acts wait no more for what the whole log did not bring.
    fn give_up(&mut self, tx: &mut Transaction, came: &BTreeMap<IncidentId, Vec<PulledDoc>>) {
        let outbox = self.disk.outbox().into_iter();
        let waiting = outbox.filter(|(_, entry)| entry.waits());
        let waiting: BTreeSet<_> = waiting.map(|(_, entry)| entry.incident).collect();
        for id in waiting.into_iter().filter(|id| !came.contains_key(id)) {
            let mut local = self.disk.load(id);
            let slot = self.slot(self.lead);
            let given_up = with_writer(&mut self.draws, slot, |writer| local.give_up(writer));
            if let Ok(review) = given_up {
                self.store(tx, &mut local, &review);
            }
        }
    }

    /// Takes in documents as they came, without putting them together.
    fn absorb(
        &self,
        tx: &mut Transaction,
        pulled: Vec<PulledDoc>,
        forgotten: impl Iterator<Item = DocKey>,
    ) {
        for pulled in pulled {
            let key = pulled.doc;
            let doc = LocalDoc::absorb(self.disk.doc(key), pulled);
            tx.put(Key::Doc(key), doc.encode());
        }
        for key in forgotten {
            tx.delete(Key::Doc(key));
            if key == DocKey::incident(key.id) {
                tx.delete(Key::Row(key.id));
            }
        }
    }

    /// Takes in documents of an incident that acts wait on; whether the copy is still trusted.
    fn merge(
        &mut self,
        tx: &mut Transaction,
        id: IncidentId,
        pulled: Vec<PulledDoc>,
        forgotten: impl Iterator<Item = DocKey>,
    ) -> bool {
        let mut local = self.disk.load(id);
        let slot = self.slot(self.lead);
        let merged = with_writer(&mut self.draws, slot, |writer| local.merge(pulled, writer));
        let is_trusted = merged.is_ok();
        let review = self.trusted(&mut local, merged);
        forgotten.for_each(|key| local.forget(key.kind));
        self.store(tx, &mut local, &review);
        is_trusted
    }

    fn trusted(
        &mut self,
        local: &mut LocalIncident,
        stepped: Result<Vec<ReviewEntry>, BadDocument>,
    ) -> Vec<ReviewEntry> {
        stepped.unwrap_or_else(|_| {
            self.distrusted += 1;
            local.distrust();
            Vec::new()
        })
    }

    fn store(&mut self, tx: &mut Transaction, local: &mut LocalIncident, review: &[ReviewEntry]) {
        let is_kept = !self.is(Broken::RefusedNotKept);
        self.disk
            .store(tx, local, if is_kept { review } else { &[] });
        self.store_row(tx, local);
    }

    fn store_row(&self, tx: &mut Transaction, local: &mut LocalIncident) {
        if local.is_gone() {
            tx.delete(Key::Row(local.id));
        } else if let Ok((incident, _)) = local.read() {
            let row = rows::row(&incident, &self.disk.directory().rules());
            tx.put(Key::Row(local.id), rows::pack_one(&row));
        }
    }

    /// Whether the button is there: by the directory and the incident as the device knows them.
    fn is_offered(
        &self,
        is_declared: bool,
        local: &mut LocalIncident,
        intent: &Intent,
    ) -> Result<(), NotDone> {
        let directory = self.disk.directory();
        let Some(person) = directory.person(self.profile.person) else {
            return Ok(());
        };
        let incident = is_declared.then(|| local.read().map(|(incident, _)| incident));
        let incident = incident.transpose().map_err(|_| NotWritten::Unreadable)?;
        policy::may(person, intent, incident.as_ref()).map_err(NotDone::Grey)?;
        policy::names_who_may(intent, incident.as_ref(), &directory).map_err(NotDone::Grey)
    }

    fn jitter(&mut self) -> Jitter {
        let [high, low] = self.draws.bytes();
        Jitter(u16::from_be_bytes([high, low]))
    }
}

/// The server cannot judge it now.
fn is_put_off(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Missing { hashes, .. } if hashes.is_empty())
}

fn with_writer<T>(draws: &mut Draws, slot: Slot, step: impl FnOnce(&mut Writer<'_>) -> T) -> T {
    let mut fresh = || Actor(draws.bytes());
    step(&mut Writer {
        slot,
        fresh: &mut fresh,
    })
}
