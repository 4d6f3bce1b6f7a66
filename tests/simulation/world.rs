//! The world: one clock, a queue of what is to happen, the server and the devices.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use shared::ids::{ActId, DocKind, FactId, IncidentId};
use shared::incidents::{Drafted, Intent};
use shared::sync::client::{Contact, Input, Tick};
use shared::sync::message::Live;
use shared::testing::START;
use shared::time::UnixMillis;

use super::events::Event;
use super::lines::Wire;
use super::plan::{Deed, Dies, Frame, Line, SignedIn, Step};
use super::roster::{self, Seat};
use super::server::Server;
use super::tally::Tally;
use super::traffic::Pending;
use super::wiped::Wipe;
use crate::device::{Device, Moment};
use crate::disk::{Disk, Lost, Room};
use crate::draws::Draws;

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub server: Server,
    pub(super) posts: Vec<Post>,
    /// What was done and kept on a device.
    pub(super) done: BTreeMap<ActId, Done>,
    /// What was taken to another device in a file.
    pub(super) carried: BTreeSet<ActId>,
    /// What was done on a device whose disk was replaced by an older copy.
    pub(super) gone: BTreeSet<ActId>,
    /// What a server ever accepted, also one whose log was replaced by an older copy.
    pub(super) acknowledged: BTreeSet<ActId>,
    /// What no device held any more when that happened.
    pub(super) lost: BTreeSet<ActId>,
    /// What only a replaced log held for a lead to review.
    pub(super) lost_reviews: BTreeSet<ActId>,
    pub(super) backup: Option<Server>,
    /// When the server goes down with a push.
    pub(super) dies: Option<Dies>,
    /// What happened last, for whoever looks at a failure.
    pub(super) trace: VecDeque<String>,
    pub(super) now: u64,
    pub(super) tally: Tally,
    queue: BTreeMap<(u64, u64), Event>,
    serial: u64,
    seed: u64,
    deeds: u32,
}

/// An act that a device kept.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) seat: usize,
    pub(super) incident: IncidentId,
    pub(super) drafted: Drafted,
    /// The facts that were on its author's screen.
    pub(super) knew: BTreeSet<FactId>,
}

/// A device at its place.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) seat: Seat,
    pub(super) device: Device,
    pub(super) wire: Wire,
    pub(super) session: SignedIn,
    /// The request under way.
    pub(super) pending: Option<Pending>,
    started: u64,
    /// How often the engine was started.
    run: u64,
    pub(super) live: Option<u64>,
    crash: Option<(u32, Lost)>,
    /// A copy of the disk.
    image: Option<Disk>,
    pub(super) wipe: Wipe,
    /// Whether the disk was ever replaced by a copy.
    pub(super) is_reverted: bool,
}

const BEAT_MILLIS: u64 = 15_000;

impl World {
    /// A world in which nothing has happened.
    pub fn new(frame: Frame) -> Self {
        let seats = roster::seats().into_iter().take(frame.devices).enumerate();
        let posts = seats
            .map(|(place, seat)| Post::new(seat, place, frame))
            .collect();
        let mut world = Self {
            server: Server::new(roster::directory(), frame.broken),
            posts,
            done: BTreeMap::new(),
            carried: BTreeSet::new(),
            gone: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            lost: BTreeSet::new(),
            lost_reviews: BTreeSet::new(),
            backup: None,
            dies: None,
            trace: VecDeque::new(),
            now: 0,
            tally: Tally::default(),
            queue: BTreeMap::new(),
            serial: 0,
            seed: frame.seed,
            deeds: 0,
        };
        (0..world.posts.len()).for_each(|seat| world.follow_up(seat));
        world
    }

    /// Lets one step of a plan happen.
    pub fn step(&mut self, step: &Step) {
        self.tally.steps += 1;
        if !matches!(step, Step::Wait { .. }) {
            self.note(|| format!("{step:?}"));
        }
        match step {
            Step::Wait { millis } => self.pass(*millis),
            Step::Role { person, role } => self.server.set_role(*person, *role),
            Step::Group { person, group } => self.server.set_group(*person, group),
            Step::Kill { dies } => self.dies = Some(*dies),
            Step::Backup => self.backup = Some(self.server.clone()),
            Step::Restore => self.restore(),
            Step::Compact => self.server.compact(),
            Step::Age => self.age(),
            Step::Carry { from, to } if (*from).max(*to) < self.posts.len() => {
                self.carry(*from, *to);
            }
            Step::Act { device, .. }
            | Step::Crash { device, .. }
            | Step::Close { device }
            | Step::Disk { device, .. }
            | Step::Clock { device, .. }
            | Step::Image { device }
            | Step::Revert { device }
            | Step::Wipe { device }
            | Step::Fetch { device, .. }
            | Step::Line { device, .. }
            | Step::Session { device, .. }
                if *device < self.posts.len() =>
            {
                self.step_of(*device, step);
            }
            // A plan that was shortened by hand may name devices that are not there.
            Step::Carry { .. }
            | Step::Act { .. }
            | Step::Crash { .. }
            | Step::Close { .. }
            | Step::Disk { .. }
            | Step::Clock { .. }
            | Step::Image { .. }
            | Step::Revert { .. }
            | Step::Wipe { .. }
            | Step::Fetch { .. }
            | Step::Line { .. }
            | Step::Session { .. } => {}
        }
    }

    fn step_of(&mut self, device: usize, step: &Step) {
        let post = &mut self.posts[device];
        match step {
            Step::Act {
                tab,
                incident,
                deed,
                ..
            } => drop(self.act_in(device, *tab, *incident, deed)),
            Step::Crash { after, lost, .. } => {
                post.crash = Some((post.device.disk.commits + after, *lost));
                self.follow_up(device);
            }
            Step::Close { .. } => self.close(device),
            Step::Disk { is, .. } => post.device.disk.room = *is,
            Step::Clock { by_millis, .. } => post.seat.skew_millis += by_millis,
            Step::Image { .. } => post.image = Some(post.device.disk.clone()),
            Step::Revert { .. } => self.revert(device),
            Step::Wipe { .. } => self.order_wipe(device),
            Step::Fetch { incident, .. } => self.fetch(device, *incident),
            Step::Line { is, .. } => post.wire.is = *is,
            Step::Session { is, .. } => self.sign(device, *is),
            Step::Wait { .. }
            | Step::Carry { .. }
            | Step::Role { .. }
            | Step::Group { .. }
            | Step::Backup
            | Step::Restore
            | Step::Compact
            | Step::Age
            | Step::Kill { .. } => {}
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        while let Some(next) = self.queue.first_entry()
            && next.key().0 <= end
        {
            let ((at, _), event) = next.remove_entry();
            self.now = at;
            self.happen(event);
        }
        self.now = end;
    }

    /// Somebody does something to the n-th incident of a device.
    pub fn act(&mut self, seat: usize, nth: u64, deed: &Deed) -> Option<ActId> {
        self.act_in(seat, 0, nth, deed)
    }

    /// Somebody does something in a tab.
    pub fn act_in(&mut self, seat: usize, tab: usize, nth: u64, deed: &Deed) -> Option<ActId> {
        let held = self.posts[seat].device.disk.incidents();
        let is_new = matches!(deed, Deed::Declare { .. });
        if (held.is_empty() && !is_new) || self.shows_nothing(seat) {
            return None;
        }
        let nth = usize::try_from(nth).unwrap_or(0);
        let incident = (!is_new).then(|| held[nth % held.len()]);
        self.deeds += 1;
        let profile = self.posts[seat].seat.profile;
        let last = incident.and_then(|incident| self.last_fact(seat, incident));
        let intent = roster::intent(deed, profile, self.deeds, last)?;
        let moment = self.moment(seat);
        let device = &mut self.posts[seat].device;
        let knew = incident.map(|incident| device.facts(incident));
        let done = device.act(tab, incident, intent, moment);
        let act = done.ok().map(|(incident, drafted)| {
            let act = drafted.act;
            let done = Done {
                seat,
                incident,
                drafted,
                knew: knew.unwrap_or_default(),
            };
            self.done.insert(act, done);
            act
        });
        self.follow_up(seat);
        act
    }

    /// What was done last on an incident from a device, other than taking back.
    fn last_fact(&self, seat: usize, incident: IncidentId) -> Option<(DocKind, FactId)> {
        let done = self.done.values();
        let is_here = |done: &&Done| {
            let is_gone = self.gone.contains(&done.drafted.act);
            (done.seat, done.incident) == (seat, incident) && !is_gone
        };
        let here = done.filter(is_here);
        let can_be_taken_back = |done: &&Done| {
            let intent = &done.drafted.intent;
            !matches!(intent, Intent::Withdraw { .. } | Intent::Acknowledge)
        };
        let acts = here.filter(can_be_taken_back);
        let last = acts.max_by_key(|done| done.drafted.act)?;
        let doc = *last.drafted.intent.docs().first()?;
        Some((doc, last.drafted.facts[usize::from(doc == DocKind::Work)]))
    }

    /// Takes what is unsent on a device to another one, which refuses it unless it is of the same
    /// person on the same surface.
    pub fn carry(&mut self, from: usize, to: usize) {
        let device = &self.posts[from].device;
        let outbox = device.disk.outbox();
        self.carried
            .extend(outbox.iter().map(|(_, entry)| entry.act()));
        let file = device.pack(self.moment(from));
        let moment = self.moment(to);
        let (here, there) = (self.posts[to].seat.profile, self.posts[from].seat.profile);
        let is_own = (here.person, here.surface) == (there.person, there.surface);
        // A device that never reached the server does not know to which installation it belongs.
        let home = |seat: usize| self.posts[seat].device.disk.cursors().epoch;
        let is_known = home(from).is_some() && home(from) == home(to);
        let taken = self.posts[to].device.unpack(&file, moment);
        if is_known || !is_own {
            assert_eq!(taken.is_ok(), is_own, "{taken:?}");
        }
        self.follow_up(to);
    }

    /// The leading tab of a device is closed; what it had asked for is answered to nobody.
    fn close(&mut self, seat: usize) {
        let moment = self.moment(seat);
        let post = &mut self.posts[seat];
        (post.pending, post.live) = (None, None);
        post.device.close_lead(moment);
        self.follow_up(seat);
    }

    /// A device begins anew with an older copy of its disk.
    fn revert(&mut self, seat: usize) {
        let is_ordered = self.posts[seat].wipe != Wipe::None;
        let Some(image) = self.posts[seat].image.clone().filter(|_| !is_ordered) else {
            return;
        };
        let done = self.done.iter();
        let here = done.filter(|(_, done)| done.seat == seat);
        self.gone.extend(here.map(|(act, _)| *act));
        let still = image.outbox().into_iter().map(|(_, entry)| entry.act());
        let still: Vec<_> = still
            .chain(image.review().iter().map(|entry| entry.drafted.act))
            .collect();
        self.gone.retain(|act| !still.contains(act));
        self.posts[seat].device.disk = image;
        self.posts[seat].is_reverted = true;
        self.restart(seat, Lost::Nothing);
        self.note_losses();
        self.follow_up(seat);
    }

    /// The server goes down and comes up again: sockets end, what is on its way to it is lost.
    pub(super) fn restart_server(&mut self) {
        self.note(|| "the server crashed".to_owned());
        self.tally.kills += 1;
        for seat in 0..self.posts.len() {
            if self.posts[seat].live.take().is_some() {
                self.tell(seat, Input::LiveClosed);
            }
        }
    }

    /// Ends everything that goes wrong.
    pub fn heal(&mut self) {
        self.note(|| "healed".to_owned());
        self.dies = None;
        for person in roster::directory().people {
            let now = self.server.directory.person(person.id);
            if person.is_staff() && now.is_some_and(|now| !now.is_staff()) {
                let role = person.roles.first().expect("staff has a role");
                self.server.set_role(person.id, *role);
            }
        }
        for seat in 0..self.posts.len() {
            let wire = &mut self.posts[seat].wire;
            (wire.is, wire.faults) = (Line::Up, 0);
            self.posts[seat].crash = None;
            self.posts[seat].device.disk.room = Room::Free;
            self.sign(seat, SignedIn::Yes);
        }
    }

    /// Whoever is asked to sign in does so.
    pub(super) fn sign_in_when_asked(&mut self) {
        for seat in 0..self.posts.len() {
            if self.posts[seat].device.network.contact() == Contact::SignedOut {
                self.sign(seat, SignedIn::Yes);
            }
        }
    }

    pub(super) fn note(&mut self, what: impl FnOnce() -> String) {
        if self.trace.len() == 120 {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{:>9} {}", self.now, what()));
    }

    /// Whether an event tells something to whoever looks at a failure.
    fn is_news(&self, event: &Event) -> bool {
        match event {
            Event::Tick { .. } | Event::Beat { .. } => false,
            Event::Answered { seat, id, .. } => {
                let pending = self.posts[*seat].pending.as_ref();
                pending.is_some_and(|pending| pending.id == *id)
            }
            Event::Heard { frame, .. } => *frame != Live::Beat,
            Event::Asked { .. } | Event::LiveOpens { .. } => true,
        }
    }

    fn sign(&mut self, seat: usize, is: SignedIn) {
        self.posts[seat].session = is;
        if is == SignedIn::Yes {
            self.tell(seat, Input::SignedIn);
        }
    }

    fn happen(&mut self, event: Event) {
        self.tally.steps += 1;
        if self.is_news(&event) {
            self.note(|| event.short());
        }
        match event {
            Event::Tick { seat, run } if self.posts[seat].run == run => {
                let moment = self.moment(seat);
                self.posts[seat].device.pass(moment);
                self.follow_up(seat);
            }
            Event::Asked { seat, id, request } => self.answer(seat, id, &request),
            Event::Answered { seat, id, answer } => self.deliver(seat, id, answer),
            Event::LiveOpens { seat, live } if self.posts[seat].live == Some(live) => {
                self.tell(seat, Input::LiveOpened);
                self.send_frame(seat, live, &self.head());
                self.later(BEAT_MILLIS, Event::Beat { seat, live });
            }
            Event::Heard { seat, live, frame } if self.posts[seat].live == Some(live) => {
                self.tell(seat, Input::Heard(frame));
            }
            Event::Beat { seat, live } if self.posts[seat].live == Some(live) => {
                self.send_frame(seat, live, &Live::Beat);
                self.later(BEAT_MILLIS, Event::Beat { seat, live });
            }
            Event::Tick { .. }
            | Event::LiveOpens { .. }
            | Event::Heard { .. }
            | Event::Beat { .. } => {}
        }
    }

    pub(super) fn tell(&mut self, seat: usize, input: Input) {
        let moment = self.moment(seat);
        self.posts[seat].device.tell(input, moment);
        self.follow_up(seat);
    }

    /// Lets a device crash if it is to, else does what it asks, and sees to its clock.
    pub(super) fn follow_up(&mut self, seat: usize) {
        self.check_outbox(seat);
        let commits = self.posts[seat].device.disk.commits;
        if let Some((_, lost)) = self.posts[seat].crash.take_if(|(at, _)| *at <= commits) {
            self.restart(seat, lost);
        }
        let moment = self.moment(seat);
        while let Some(call) = self.posts[seat].device.poll_call(moment) {
            self.carry_out(seat, call);
        }
        self.note_wipe(seat);
        if let Some(Tick(due)) = self.posts[seat].device.network.poll_timeout() {
            let post = &self.posts[seat];
            let (at, run) = ((post.started + due).max(self.now + 1), post.run);
            let is_set = |event: &Event| {
                let tick = (seat, run);
                matches!(event, Event::Tick { seat, run } if (*seat, *run) == tick)
            };
            if !self
                .queue
                .range(..=(at, u64::MAX))
                .any(|(_, event)| is_set(event))
            {
                self.at(at, Event::Tick { seat, run });
            }
        }
    }

    fn restart(&mut self, seat: usize, lost: Lost) {
        if self.is_wiped(seat) {
            return;
        }
        self.note(|| format!("device {seat} crashed"));
        self.tally.crashes += 1;
        let (seed, now) = (self.seed, self.now);
        let post = &mut self.posts[seat];
        let mut disk = std::mem::take(&mut post.device.disk);
        disk.recover(lost);
        post.run += 1;
        (post.started, post.pending, post.live) = (now, None, None);
        let draws = Draws::new(seed, 1_000 * (post.run + 1) + seat as u64);
        let moment = self.moment(seat);
        let post = &mut self.posts[seat];
        let (distrusted, broken) = (post.device.distrusted, post.device.broken);
        post.device = Device::start(post.seat.profile, disk, draws, moment);
        (post.device.distrusted, post.device.broken) = (distrusted, broken);
        self.note_losses();
        self.check_outbox(seat);
    }

    pub(super) fn head(&self) -> Live {
        Live::Head {
            seq: self.server.log.head,
            epoch: self.server.log.epoch,
        }
    }

    pub(super) fn wall(&self) -> UnixMillis {
        START.plus(self.now.cast_signed())
    }

    pub(super) fn moment(&self, seat: usize) -> Moment {
        let post = &self.posts[seat];
        let wall = self.wall().plus(post.seat.skew_millis);
        Moment {
            tick: Tick(self.now - post.started),
            wall,
        }
    }

    fn later(&mut self, millis: u64, event: Event) {
        self.at(self.now + millis, event);
    }

    pub(super) fn at(&mut self, at: u64, event: Event) {
        let serial = self.number();
        self.queue.insert((at, serial), event);
    }

    pub(super) fn number(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// How much has happened.
    pub fn tally(&self) -> Tally {
        let posts = || self.posts.iter();
        let count = |number: usize| number as u64;
        Tally {
            runs: 1,
            acts: count(self.done.len()),
            accepted: count(self.server.accepted.len()),
            refused: self.server.refused,
            duplicates: self.server.duplicates,
            reviewed: posts()
                .map(|post| count(post.device.disk.review().len()))
                .sum(),
            faults: posts().map(|post| post.wire.happened).sum(),
            ..self.tally
        }
    }

    /// What runs on a seat.
    pub fn device(&self, seat: usize) -> &Device {
        &self.posts[seat].device
    }

    /// What the wall clock of the world says.
    pub fn now(&self) -> UnixMillis {
        self.wall()
    }

    /// The devices that are there.
    pub fn seats(&self) -> BTreeSet<usize> {
        (0..self.posts.len()).collect()
    }
}

impl Post {
    fn new(seat: Seat, place: usize, frame: Frame) -> Self {
        let moment = Moment {
            tick: Tick(0),
            wall: START.plus(seat.skew_millis),
        };
        let draws = Draws::new(frame.seed, 1_000 + place as u64);
        let run = 0;
        let mut device = Device::start(seat.profile, Disk::default(), draws, moment);
        device.broken = frame.broken;
        Self {
            device,
            seat,
            wire: Wire::new(frame.seed, place, frame.faults),
            session: SignedIn::Yes,
            pending: None,
            started: 0,
            run,
            live: None,
            crash: None,
            image: None,
            wipe: Wipe::None,
            is_reverted: false,
        }
    }
}
