//! A device with a disk in memory, against a small log: crashes, lost and repeated answers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::document::{Document, Receipt, ReceiptBook, ReceiptColumns};
use crate::ids::{
    ActId, Actor, DeviceId, DocKey, DocKind, Epoch, FactId, Hash, IncidentId, PersonId,
};
use crate::incidents::{Drafted, IncidentDocs, Intent, Refused, write};
use crate::sync::Seq;
use crate::sync::message::{
    Accepted, ChangeBytes, LOGS_MAX, PROTOCOL, PulledBody, PulledDoc, PushGroup, SignedHeads,
    Surface, Verdict,
};
use crate::testing::declare;
use crate::time::{Boot, Flags, UnixMillis};

mod cases;
mod log;

use log::{Log, signed};

const ALICE: PersonId = PersonId(1);
const BOB: PersonId = PersonId(2);

fn incident(place: u8) -> IncidentId {
    IncidentId::new(UnixMillis(1_000), [place; 10])
}

/// What survives a crash. Committing is replacing it whole.
#[derive(Debug, Clone, Default)]
struct Disk {
    docs: BTreeMap<DocKey, Vec<u8>>,
    outbox: BTreeMap<u32, Vec<u8>>,
    review: BTreeMap<ActId, Vec<u8>>,
    cursors: Cursors,
}

impl Disk {
    fn entries(&self) -> Vec<(u32, OutboxEntry)> {
        let entry = |(number, bytes): (&u32, &Vec<u8>)| {
            (
                *number,
                OutboxEntry::decode(bytes).expect("it was written by this version"),
            )
        };
        self.outbox.iter().map(entry).collect()
    }

    fn doc(&self, key: DocKey) -> Option<LocalDoc> {
        let bytes = self.docs.get(&key)?;
        Some(LocalDoc::decode(bytes).expect("it was written by this version"))
    }

    fn load(&self, id: IncidentId) -> LocalIncident {
        let docs = [DocKey::incident(id), DocKey::work(id)];
        let entries = self.entries().into_iter().map(|(_, entry)| entry);
        let entries = entries.filter(|entry| entry.incident == id).collect();
        LocalIncident::new(
            id,
            docs.into_iter().filter_map(|key| self.doc(key)),
            entries,
        )
    }

    fn store(&mut self, local: &LocalIncident, review: Vec<ReviewEntry>) {
        for kind in [DocKind::Incident, DocKind::Work] {
            let key = DocKey { kind, id: local.id };
            match local.doc(kind) {
                Some(doc) => self.docs.insert(key, doc.encode()),
                None => self.docs.remove(&key),
            };
        }
        for (number, entry) in self
            .entries()
            .iter()
            .filter(|(_, entry)| entry.incident == local.id)
        {
            match local.outbox().iter().find(|now| now.act() == entry.act()) {
                Some(now) => self.outbox.insert(*number, now.encode()),
                None => self.outbox.remove(number),
            };
        }
        let held: BTreeSet<_> = self
            .entries()
            .iter()
            .map(|(_, entry)| entry.act())
            .collect();
        for entry in local
            .outbox()
            .iter()
            .filter(|entry| !held.contains(&entry.act()))
        {
            let next = self.outbox.keys().last().map_or(1, |last| last + 1);
            self.outbox.insert(next, entry.encode());
        }
        for entry in review {
            self.review.insert(entry.drafted.act, entry.encode());
        }
    }
}

struct Device {
    disk: Disk,
    /// Everything random is counted up.
    drawn: u64,
}

impl Device {
    fn draw<const N: usize>(&mut self) -> [u8; N] {
        draw(&mut self.drawn)
    }

    fn with<T>(&mut self, step: impl FnOnce(&Disk, &mut Writer<'_>) -> T) -> T {
        let drawn = &mut self.drawn;
        let mut fresh = || Actor(draw(drawn));
        let mut writer = Writer {
            slot: Slot(0),
            fresh: &mut fresh,
        };
        step(&self.disk, &mut writer)
    }

    fn act(&mut self, id: IncidentId, intent: Intent) -> Option<ActId> {
        let at = UnixMillis(1_800_000_000_000);
        let act = ActId::new(at, self.draw());
        let facts = [FactId::new(at, self.draw()), FactId::new(at, self.draw())];
        let (boot, by) = (Boot(1), ALICE);
        let drafted = Drafted {
            act,
            intent,
            facts,
            by,
            at,
            boot,
            mono: 5,
            saw: None,
        };
        let mut local = self.disk.load(id);
        if local.is_gone() {
            local = LocalIncident::unborn(id, Surface::Console);
        }
        self.with(|_, writer| local.act(drafted, writer)).ok()?;
        self.disk.store(&local, Vec::new());
        Some(act)
    }

    fn settle(&mut self, offers: &[Offer], verdicts: &[Verdict]) {
        let pairs: Vec<_> = offers
            .iter()
            .cloned()
            .zip(verdicts.iter().cloned())
            .collect();
        let ids: BTreeSet<_> = offers.iter().map(|offer| offer.incident).collect();
        for id in ids {
            let mine: Vec<_> = pairs
                .iter()
                .filter(|(offer, _)| offer.incident == id)
                .cloned()
                .collect();
            let mut local = self.disk.load(id);
            let review = self.with(|_, writer| local.settle(&mine, writer));
            self.disk
                .store(&local, review.expect("the documents can be read"));
        }
    }

    /// Stores a page, unless it does not continue from here.
    fn page(&mut self, asked: &Cursors, page: PullPage) {
        if accepts(&self.disk.cursors, asked, &page) == Accepts::Stale {
            return;
        }
        let mut next = self.disk.clone();
        let ids: BTreeSet<_> = page.docs.iter().map(|doc| doc.doc.id).collect();
        for id in ids {
            let docs: Vec<_> = page
                .docs
                .iter()
                .filter(|doc| doc.doc.id == id)
                .cloned()
                .collect();
            let mut local = next.load(id);
            let review = self.with(|_, writer| local.merge(docs, writer));
            next.store(&local, review.expect("the documents can be read"));
        }
        next.cursors = page.cursors;
        self.disk = next;
    }
}

fn draw<const N: usize>(drawn: &mut u64) -> [u8; N] {
    *drawn += 1;
    let mut bytes = [0; N];
    bytes[..8].copy_from_slice(&drawn.to_be_bytes());
    bytes
}

/// The device, the log, and what is on the way between them.
struct World {
    device: Device,
    log: Log,
    acts: BTreeSet<ActId>,
    replies: Vec<(Vec<Offer>, Vec<Verdict>)>,
    pages: Vec<(Cursors, PullPage)>,
}

impl World {
    /// The incident as it is once the server has said to forget it.
    fn forgotten(&self) -> LocalIncident {
        let mut local = self.device.disk.load(incident(0));
        local.forget(DocKind::Incident);
        local.forget(DocKind::Work);
        local
    }

    /// The device hears that the log has the first act that waits as another change.
    fn is_known_under_another_change(&mut self, id: IncidentId) {
        let mut local = self.device.disk.load(id);
        let entry = local.outbox()[0].clone();
        let (doc, book) = &self.log.docs[&entry.changes[0].doc];
        let first = doc.changes().next().expect("it was declared");
        let accepted = Accepted {
            doc: entry.changes[0].doc,
            hash: Hash([7; 32]),
            seq: Seq(9),
            receipt: *book.of(first.actor, first.seq).expect("it was accepted"),
            signed: signed(doc),
        };
        let verdicts = [(entry.offer(), Verdict::Duplicate(vec![accepted]))];
        let review = self
            .device
            .with(|_, writer| local.settle(&verdicts, writer));
        self.device
            .disk
            .store(&local, review.expect("it is readable"));
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Declare(u8),
    Reply(u8),
    Note(u8),
    /// An act that the server will refuse.
    Forbidden(u8),
    Remote(u8),
    /// The request arrives; its answer is on the way.
    Push(u8),
    Pull,
    /// An answer arrives, maybe again, maybe late.
    TakeReply(u8),
    TakePage(u8),
    /// Everything in memory and on the way is lost.
    Crash,
}

impl World {
    fn new() -> Self {
        Self {
            device: Device {
                disk: Disk::default(),
                drawn: 0,
            },
            log: Log::new(),
            acts: BTreeSet::new(),
            replies: Vec::new(),
            pages: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Declare(place) if self.device.disk.load(incident(place)).is_gone() => {
                self.act(place, Intent::Declare(declare()));
            }
            Step::Declare(_) | Step::Crash => {
                self.replies.clear();
                self.pages.clear();
            }
            Step::Reply(place) => drop(self.act(place, reply())),
            Step::Note(place) => drop(self.act(
                place,
                Intent::Note {
                    text: "note".to_owned(),
                },
            )),
            Step::Forbidden(place) => {
                let act = self.act(place, reply());
                self.log.refuses.extend(act);
            }
            Step::Remote(place) => self.log.remote(incident(place)),
            Step::Push(groups_max) => self.push(usize::from(groups_max)),
            Step::Pull => {
                let asked = self.device.disk.cursors.clone();
                let page = self.log.pull(&asked);
                self.pages.push((asked, page));
            }
            Step::TakeReply(place) => {
                let reply = self
                    .replies
                    .get(usize::from(place) % self.replies.len().max(1));
                if let Some((offers, verdicts)) = reply.cloned() {
                    self.device.settle(&offers, &verdicts);
                }
            }
            Step::TakePage(place) => {
                let page = self.pages.get(usize::from(place) % self.pages.len().max(1));
                if let Some((asked, page)) = page.cloned() {
                    self.device.page(&asked, page);
                }
            }
        }
    }

    fn act(&mut self, place: u8, intent: Intent) -> Option<ActId> {
        if self.device.disk.load(incident(place)).is_gone() != matches!(intent, Intent::Declare(_))
        {
            return None;
        }
        let act = self.device.act(incident(place), intent);
        self.acts.extend(act);
        act
    }

    fn push(&mut self, groups_max: usize) {
        // One thing is asked at a time, and a page that was asked for ahead is let go of: it was
        // read before what is sent now, and would stand in its place once that is settled.
        self.pages.clear();
        let entries: Vec<_> = self
            .device
            .disk
            .entries()
            .into_iter()
            .map(|(_, e)| e)
            .collect();
        let (offers, groups) = offer(&entries, groups_max.max(1));
        let verdicts = self.log.push(&groups);
        self.replies.push((offers, verdicts));
    }

    fn check(&self) {
        let disk = &self.device.disk;
        let waiting: BTreeSet<_> = disk
            .entries()
            .iter()
            .map(|(_, entry)| entry.act())
            .collect();
        for act in &self.acts {
            let is_kept = waiting.contains(act)
                || disk.review.contains_key(act)
                || self.log.acts.contains_key(act);
            assert!(is_kept, "C3: {act} is nowhere");
        }
        let high = usize::try_from(disk.cursors.high.0).unwrap_or(0);
        for (key, hash, ..) in &self.log.changes[..high] {
            let doc = disk.doc(*key).and_then(|doc| doc.load().ok());
            assert!(
                doc.is_some_and(|doc| doc.has(*hash)),
                "C1: {key} lacks {hash}"
            );
        }
    }

    /// The faults end: everything is sent and fetched.
    fn heal(&mut self) {
        self.take(Step::Crash);
        for _ in 0..12 {
            self.take(Step::Push(255));
            self.take(Step::TakeReply(0));
            self.take(Step::Pull);
            self.take(Step::TakePage(0));
            self.take(Step::Crash);
            self.check();
        }
        let disk = &self.device.disk;
        assert!(
            disk.entries().is_empty(),
            "everything was settled: {:?}",
            disk.entries()
        );
        for (key, (doc, book)) in &self.log.docs {
            let local = disk.doc(*key).expect("everything was fetched");
            assert_eq!(local.book(), *book);
            let mine = local.load().expect("it can be read");
            assert_eq!(mine.heads(), doc.heads(), "{key} converged");
        }
        let refused: BTreeSet<_> = disk.review.keys().copied().collect();
        assert!(
            self.log.refuses.is_subset(&refused),
            "what was refused is kept for its author"
        );
        assert!(refused.iter().all(|act| !self.log.acts.contains_key(act)));
    }
}

fn reply() -> Intent {
    Intent::Reply {
        text: "have you tried again?".to_owned(),
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let place = 0..2_u8;
    let step = prop_oneof![
        2 => place.clone().prop_map(Step::Declare),
        3 => place.clone().prop_map(Step::Reply),
        2 => place.clone().prop_map(Step::Note),
        1 => place.clone().prop_map(Step::Forbidden),
        2 => place.prop_map(Step::Remote),
        4 => (1..4_u8).prop_map(Step::Push),
        3 => Just(Step::Pull),
        4 => any::<u8>().prop_map(Step::TakeReply),
        3 => any::<u8>().prop_map(Step::TakePage),
        1 => Just(Step::Crash),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_act_is_lost_and_no_cursor_runs_ahead_whatever_is_lost_repeated_or_late(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.check();
        }
        world.heal();
    }
}

/// An incident that was accepted, and a note on it that waits.
fn noted() -> World {
    run(&[
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Note(0),
    ])
}

fn run(steps: &[Step]) -> World {
    let mut world = World::new();
    for step in steps {
        world.take(*step);
        world.check();
    }
    world
}
