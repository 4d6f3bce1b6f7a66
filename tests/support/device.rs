//! A device without a browser: the shell that carries `shared::sync::client` on a [`Disk`].
//!
//! It does what the engine does, in the same order: every step is one transaction, and the machine
//! hears of a step once that is kept. It never touches a network or a clock: it hands out
//! [`Call`]s and is given answers and moments.

use std::collections::{BTreeMap, BTreeSet};

use shared::document::BadDocument;
use shared::ids::{ActId, Actor, DeviceId, DocKey, FactId, IncidentId, PersonId};
use shared::incidents::{Anomaly, Drafted, Incident, Intent, Refused};
use shared::people::Surface;
use shared::policy;
use shared::rows;
use shared::sync::client::{
    self, Accepts, Carried, Effect, Fault, Input, Jitter, LocalDoc, LocalIncident, More, Network,
    NotWritten, Offer, ReviewEntry, Slot, Tick, Waiting, Writer,
};
use shared::sync::message::{
    self, Cursors, PROTOCOL, PullPage, PullRequest, PulledDoc, PushReply, PushRequest, Verdict,
};
use shared::sync::parcel::{BadParcel, Home, Owner, Packed, Parcel};
use shared::time::{Boot, Reading, UnixMillis};

use crate::disk::{Disk, Durability, Key, Transaction};
use crate::draws::Draws;

/// Whose device it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    pub device: DeviceId,
    pub person: PersonId,
    pub surface: Surface,
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
}

/// What the device asks of the network.
#[derive(Debug, Clone)]
pub enum Call {
    Pull(PullRequest),
    Push(PushRequest, Vec<Offer>),
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
    boot: Boot,
    draws: Draws,
}

const DOCS_MAX: u32 = 64;

impl Device {
    /// Starts an engine on what the disk holds.
    pub fn start(profile: Profile, disk: Disk, mut draws: Draws, moment: Moment) -> Self {
        let boot = Boot(draws.number());
        let network = Network::default();
        let mut device = Self {
            profile,
            disk,
            network,
            distrusted: 0,
            boot,
            draws,
        };
        let (epoch, waiting) = (device.disk.cursors().epoch, device.waiting());
        device.tell(Input::Lead { epoch, waiting }, moment);
        device
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
        loop {
            match self.network.poll_effect()? {
                Effect::Pull => return Some(Call::Pull(self.pull())),
                Effect::Push { groups_max } => match self.push(groups_max, moment) {
                    Some((request, offers)) => return Some(Call::Push(request, offers)),
                    None => self.tell(Input::Pushed(Waiting::None), moment),
                },
                Effect::OpenLive => return Some(Call::OpenLive),
                Effect::CloseLive => return Some(Call::CloseLive),
                Effect::SendBeat => return Some(Call::Beat),
                Effect::Show(_) => {}
            }
        }
    }

    /// Somebody acts: on an incident that is here, or on one they declare now.
    pub fn act(
        &mut self,
        incident: Option<IncidentId>,
        intent: Intent,
        moment: Moment,
    ) -> Result<(IncidentId, Drafted), NotDone> {
        let mut local = if let Some(id) = incident {
            self.disk.load(id)
        } else {
            let id = IncidentId::new(moment.wall, self.draws.bytes());
            LocalIncident::unborn(id, self.profile.surface)
        };
        self.is_offered(incident.is_some(), &mut local, &intent)?;
        let drafted = self.drafted(intent, moment);
        let act = drafted.act;
        with_writer(&mut self.draws, |writer| local.act(drafted, writer))?;
        let entry = local.outbox().iter().find(|entry| entry.act() == act);
        let drafted = entry.expect("the act was just written").drafted.clone();
        let mut tx = Transaction::default();
        self.store(&mut tx, &mut local, &[]);
        self.disk.commit(tx, Durability::Strict);
        self.tell(Input::OutboxGrew, moment);
        Ok((local.id, drafted))
    }

    /// What is unsent, as a file.
    pub fn pack(&self, moment: Moment) -> Vec<u8> {
        let acts = self.disk.outbox().into_iter().map(|(_, entry)| Packed {
            incident: entry.incident,
            drafted: entry.drafted,
        });
        let parcel = Parcel {
            owner: self.owner(),
            device: self.profile.device,
            made_at: moment.wall,
            acts: acts.collect(),
        };
        parcel.encode()
    }

    /// Takes over what was unsent on another device of the person, whole or not at all.
    pub fn unpack(&mut self, file: &[u8], moment: Moment) -> Result<(), BadParcel> {
        let parcel = Parcel::open(file, &self.owner())?;
        let mut tx = Transaction::default();
        let mut incidents: BTreeMap<IncidentId, Vec<Drafted>> = BTreeMap::new();
        for Packed { incident, drafted } in parcel.acts {
            incidents.entry(incident).or_default().push(drafted);
        }
        for (id, acts) in incidents {
            let mut local = self.disk.load(id);
            let mut review = Vec::new();
            for drafted in acts {
                let surface = self.profile.surface;
                let carried = with_writer(&mut self.draws, |writer| {
                    local.carry(drafted, surface, writer)
                });
                match carried.expect("what this device stored can be read") {
                    Carried::Review(entry) => review.push(entry),
                    Carried::Written | Carried::Known | Carried::Waits => {}
                }
            }
            self.store(&mut tx, &mut local, &review);
        }
        self.disk.commit(tx, Durability::Strict);
        self.tell(Input::OutboxGrew, moment);
        self.tell(Input::Hint, moment);
        Ok(())
    }

    fn owner(&self) -> Owner {
        Owner {
            home: Home {
                origin: "https://incidents.example".to_owned(),
                organisation: self.disk.directory().name,
                epoch: self.disk.cursors().epoch,
            },
            person: self.profile.person,
            surface: self.profile.surface,
        }
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
        if client::accepts(&self.disk.cursors(), asked, &page) != Accepts::Stale {
            let tx = self.page(page);
            self.disk.commit(tx, Durability::Relaxed);
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
        let mut cursors = client::cursors_after_push(&self.disk.cursors(), reply.epoch);
        let mut by_incident: BTreeMap<IncidentId, Vec<(Offer, Verdict)>> = BTreeMap::new();
        for (offer, verdict) in offers.iter().zip(reply.verdicts) {
            by_incident
                .entry(offer.incident)
                .or_default()
                .push((offer.clone(), verdict));
        }
        let mut tx = Transaction::default();
        for (id, verdicts) in by_incident {
            let mut local = self.disk.load(id);
            let settled = with_writer(&mut self.draws, |writer| local.settle(&verdicts, writer));
            let review = self.trusted(&mut local, settled);
            if local.docs().any(|doc| doc.distrusted) {
                cursors = Cursors::default();
            }
            self.store(&mut tx, &mut local, &review);
        }
        tx.put(Key::Cursors, message::encode(&cursors));
        self.disk.commit(tx, Durability::Relaxed);
        let waiting = self.waiting();
        self.tell(Input::Pushed(waiting), moment);
    }

    fn page(&mut self, page: PullPage) -> Transaction {
        let mut tx = Transaction::default();
        let waiting: BTreeSet<_> = self
            .disk
            .outbox()
            .into_iter()
            .map(|(_, entry)| entry.incident)
            .collect();
        let mut docs: BTreeMap<IncidentId, Vec<PulledDoc>> = BTreeMap::new();
        for doc in page.docs {
            docs.entry(doc.doc.id).or_default().push(doc);
        }
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
                rows.remove(&id)
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

    /// Returns acts from another device to their author whose incident the whole log did not bring.
    fn give_up(&mut self, tx: &mut Transaction, came: &BTreeMap<IncidentId, Vec<PulledDoc>>) {
        let outbox = self.disk.outbox().into_iter();
        let absent = outbox.filter(|(_, entry)| entry.changes.is_empty());
        let absent: BTreeSet<_> = absent.map(|(_, entry)| entry.incident).collect();
        for id in absent.into_iter().filter(|id| !came.contains_key(id)) {
            let mut local = self.disk.load(id);
            let review = local.give_up();
            self.store(tx, &mut local, &review);
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
        let merged = with_writer(&mut self.draws, |writer| local.merge(pulled, writer));
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
        self.disk.store(tx, local, review);
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
        policy::may(person, intent, incident.as_ref()).map_err(NotDone::Grey)
    }

    fn drafted(&mut self, intent: Intent, moment: Moment) -> Drafted {
        let facts = [self.draws.bytes(), self.draws.bytes()];
        Drafted {
            act: ActId::new(moment.wall, self.draws.bytes()),
            intent,
            facts: facts.map(|random| FactId::new(moment.wall, random)),
            by: self.profile.person,
            at: moment.wall,
            boot: self.boot,
            mono: moment.tick.0,
            saw: None,
        }
    }

    fn pull(&self) -> PullRequest {
        PullRequest {
            protocol: PROTOCOL,
            surface: self.profile.surface,
            person: self.profile.person,
            device: self.profile.device,
            cursors: self.disk.cursors(),
            directory: self.disk.directory().version,
            docs_max: DOCS_MAX,
        }
    }

    fn push(&self, groups_max: usize, moment: Moment) -> Option<(PushRequest, Vec<Offer>)> {
        let outbox: Vec<_> = self
            .disk
            .outbox()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect();
        let (offers, groups) = client::offer(&outbox, groups_max);
        let clock = Reading {
            boot: self.boot,
            mono: moment.tick.0,
            wall: moment.wall,
        };
        let request = PushRequest {
            protocol: PROTOCOL,
            surface: self.profile.surface,
            person: self.profile.person,
            device: self.profile.device,
            epoch: self.disk.cursors().epoch,
            clocks: vec![clock],
            groups,
        };
        if offers.is_empty() {
            None
        } else {
            Some((request, offers))
        }
    }

    fn waiting(&self) -> Waiting {
        let outbox: Vec<_> = self
            .disk
            .outbox()
            .into_iter()
            .map(|(_, entry)| entry)
            .collect();
        if client::offer(&outbox, 1).0.is_empty() {
            Waiting::None
        } else {
            Waiting::Some
        }
    }

    fn jitter(&mut self) -> Jitter {
        let [high, low] = self.draws.bytes();
        Jitter(u16::from_be_bytes([high, low]))
    }
}

fn with_writer<T>(draws: &mut Draws, step: impl FnOnce(&mut Writer<'_>) -> T) -> T {
    let mut fresh = || Actor(draws.bytes());
    step(&mut Writer {
        slot: Slot::default(),
        fresh: &mut fresh,
    })
}
