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

/// A log that accepts what fits and refuses the acts it is told to.
struct Log {
    epoch: Epoch,
    docs: BTreeMap<DocKey, (Document, ReceiptBook)>,
    changes: Vec<(DocKey, Hash, ChangeBytes, Receipt)>,
    acts: BTreeMap<ActId, Vec<Accepted>>,
    refuses: BTreeSet<ActId>,
    refused: BTreeSet<Hash>,
    drawn: u64,
}

impl Log {
    fn new() -> Self {
        Self {
            epoch: Epoch::new(UnixMillis(1), [9; 10]),
            docs: BTreeMap::new(),
            changes: Vec::new(),
            acts: BTreeMap::new(),
            refuses: BTreeSet::new(),
            refused: BTreeSet::new(),
            drawn: 1 << 40,
        }
    }

    fn push(&mut self, groups: &[PushGroup]) -> Vec<Verdict> {
        groups.iter().map(|group| self.judge(group)).collect()
    }

    fn judge(&mut self, group: &PushGroup) -> Verdict {
        if let Some(accepted) = self.acts.get(&group.act) {
            return Verdict::Duplicate(accepted.clone());
        }
        let metas: Vec<_> = group
            .changes
            .iter()
            .map(|change| self.try_apply(change))
            .collect();
        if self.refuses.contains(&group.act) {
            self.refused.extend(metas.iter().map(|(hash, ..)| *hash));
            return Verdict::Refused(Refused::Role {
                allowed: "nobody".to_owned(),
            });
        }
        if let Some((hash, ..)) = metas.iter().find(|(_, doc, _)| doc.is_none()) {
            let follows = metas
                .iter()
                .any(|(.., deps)| deps.iter().any(|d| self.refused.contains(d)));
            if follows {
                self.refused.insert(*hash);
                return Verdict::Refused(Refused::FollowsRefused);
            }
            return Verdict::Missing {
                doc: group.changes[0].doc,
                hashes: metas.iter().flat_map(|(.., deps)| deps.clone()).collect(),
            };
        }
        let accepted: Vec<_> = group
            .changes
            .iter()
            .zip(metas)
            .map(|(change, (hash, doc, _))| {
                self.accept(
                    change.doc,
                    hash,
                    change.bytes.clone(),
                    doc.expect("it applied"),
                    ALICE,
                )
            })
            .collect();
        self.acts.insert(group.act, accepted.clone());
        Verdict::Accepted(accepted)
    }

    fn try_apply(
        &self,
        change: &crate::sync::message::PushChange,
    ) -> (Hash, Option<Document>, Vec<Hash>) {
        let raw = automerge::Change::from_bytes(change.bytes.0.clone()).expect("a raw change");
        let deps = raw.deps().iter().map(|dep| Hash(dep.0)).collect();
        let held = self.docs.get(&change.doc).map(|(doc, _)| doc.clone());
        let mut doc = held.unwrap_or_else(|| Document::new(change.doc));
        let applied = doc.apply(&[&change.bytes.0]).ok().map(|()| doc);
        (Hash(raw.hash().0), applied, deps)
    }

    fn accept(
        &mut self,
        key: DocKey,
        hash: Hash,
        bytes: ChangeBytes,
        doc: Document,
        person: PersonId,
    ) -> Accepted {
        let meta = doc
            .changes()
            .find(|meta| meta.hash == hash)
            .expect("it is applied");
        let seq = Seq(self.changes.len() as u64 + 1);
        let at = UnixMillis(1_800_000_000_000 + i64::try_from(seq.0).unwrap_or(0));
        let receipt = Receipt {
            actor: meta.actor,
            actor_seq: meta.seq,
            person,
            device: DeviceId::from_bytes([1; 16]),
            received_at: at,
            corrected_at: at,
            flags: Flags::default(),
        };
        let (held, book) = self
            .docs
            .entry(key)
            .or_insert_with(|| (Document::new(key), ReceiptBook::default()));
        *held = doc;
        book.add(receipt);
        let signed = signed(held);
        self.changes.push((key, hash, bytes, receipt));
        Accepted {
            doc: key,
            hash,
            seq,
            receipt,
            signed,
        }
    }

    /// Another person writes a note.
    fn remote(&mut self, id: IncidentId) {
        let (Some((incident, _)), Some((work, _))) = (
            self.docs.get(&DocKey::incident(id)),
            self.docs.get(&DocKey::work(id)),
        ) else {
            return;
        };
        let mut docs = IncidentDocs {
            incident: incident.clone(),
            work: Some(work.clone()),
        };
        let at = UnixMillis(1_800_000_000_500);
        let mut drafted = Drafted {
            act: ActId::new(at, draw(&mut self.drawn)),
            intent: Intent::Reply {
                text: "from elsewhere".to_owned(),
            },
            facts: [
                FactId::new(at, draw(&mut self.drawn)),
                FactId::new(at, draw(&mut self.drawn)),
            ],
            by: BOB,
            at,
            boot: Boot(2),
            mono: 1,
            saw: None,
        };
        let actor = Actor(draw(&mut self.drawn));
        let written = write(&mut drafted, &mut docs, &|_| actor).expect("staff may reply");
        for change in written {
            let bytes = ChangeBytes(change.bytes);
            self.accept(change.doc, change.hash, bytes, docs.incident.clone(), BOB);
        }
    }

    fn pull(&self, cursors: &Cursors) -> PullPage {
        let is_known = cursors.epoch == Some(self.epoch);
        let high = if is_known { cursors.high.0 } else { 0 };
        let new: Vec<_> = self
            .changes
            .iter()
            .skip(usize::try_from(high).unwrap_or(0))
            .collect();
        let keys: BTreeSet<_> = new.iter().map(|change| change.0).collect();
        let doc = |key: &DocKey| {
            let (doc, book) = &self.docs[key];
            let mine: Vec<_> = new.iter().filter(|change| change.0 == *key).collect();
            let (body, receipts) = if is_known {
                let changes = mine.iter().map(|change| change.2.clone()).collect();
                let receipts = ReceiptColumns::pack(mine.iter().map(|change| &change.3));
                (PulledBody::Changes(changes), receipts)
            } else {
                (
                    PulledBody::Snapshot(doc.save()),
                    ReceiptColumns::pack(book.iter()),
                )
            };
            PulledDoc {
                doc: *key,
                generation: 0,
                body,
                receipts,
                signed: signed(doc),
            }
        };
        let head = Seq(self.changes.len() as u64);
        PullPage {
            protocol: PROTOCOL,
            min_client: 1,
            now: UnixMillis(0),
            cursors: Cursors {
                epoch: Some(self.epoch),
                high: head,
                lows: BTreeMap::new(),
            },
            docs: keys.iter().map(doc).collect(),
            rows: Vec::new(),
            forget: Vec::new(),
            directory: None,
            holds: None,
            more: false,
            head,
        }
    }
}

fn signed(doc: &Document) -> SignedHeads {
    SignedHeads {
        heads: doc.heads(),
        receipts: Hash([0; 32]),
        signature: Vec::new(),
    }
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

#[test]
fn a_verdict_taken_in_twice_changes_nothing_more() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Note(0),
        Step::Push(9),
        Step::TakeReply(0),
    ]);
    let once = format!("{:?}", world.device.disk);
    world.take(Step::TakeReply(0));
    assert_eq!(format!("{:?}", world.device.disk), once);
    assert!(world.device.disk.outbox.is_empty());
}

#[test]
fn an_answer_that_was_lost_is_answered_duplicate() {
    let mut world = run(&[Step::Declare(0), Step::Push(9), Step::Crash]);
    assert_eq!(world.device.disk.outbox.len(), 1);
    world.heal();
}

#[test]
fn acts_after_a_refused_one_are_written_anew_without_it() {
    let steps = [
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Crash,
    ];
    let mut world = run(&steps);
    let kept: Vec<_> = [
        Step::Note(0),
        Step::Forbidden(0),
        Step::Reply(0),
        Step::Note(0),
    ]
    .into();
    for step in kept {
        world.take(step);
    }
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    let waiting = world.device.disk.entries();
    let refused: Vec<_> = world.device.disk.review.values().collect();
    let refused = ReviewEntry::decode(refused[0]).expect("it was written by this version");
    assert_eq!(
        waiting.len(),
        1,
        "the reply is to be sent again, in its new form"
    );
    let saw = waiting[0].1.drafted.saw.clone().expect("it was written");
    assert!(!saw[0].contains(&refused.drafted.facts[0]));
    assert_eq!(
        Some(saw[0].clone()),
        refused.drafted.saw.map(|saw| saw[0].clone())
    );
    world.heal();
}

#[test]
fn a_refused_declaration_takes_everything_on_it_to_review() {
    let mut world = World::new();
    let act = world.act(0, Intent::Declare(declare()));
    world.log.refuses.extend(act);
    for step in [
        Step::Reply(0),
        Step::Note(0),
        Step::Push(9),
        Step::TakeReply(0),
    ] {
        world.take(step);
        world.check();
    }
    world.heal();
    assert!(world.device.disk.load(incident(0)).is_gone());
    assert_eq!(world.device.disk.review.len(), 3);
}

#[test]
fn a_refused_act_that_was_taken_back_goes_with_its_withdrawal() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Crash,
    ]);
    let refused = world.act(0, reply()).expect("it was written");
    let entries = world.device.disk.entries();
    let fact = entries[0].1.drafted.facts[0];
    let doc = DocKind::Incident;
    let withdrawal = world.act(0, Intent::Withdraw { doc, fact });
    let after = world.act(0, reply()).expect("it was written");
    world.log.refuses.insert(refused);
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    let disk = &world.device.disk;
    let waiting: Vec<_> = disk
        .entries()
        .iter()
        .map(|(_, entry)| entry.act())
        .collect();
    assert_eq!(waiting, [after], "what is nothing any more bothers nobody");
    assert!(disk.review.is_empty());
    world
        .acts
        .retain(|act| *act != refused && Some(*act) != withdrawal);
    world.log.refuses.clear();
    world.heal();
}

#[test]
fn other_incidents_go_on_beside_a_refused_act() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Declare(1),
        Step::Forbidden(0),
        Step::Reply(1),
    ]);
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    assert!(world.device.disk.entries().is_empty());
    world.heal();
}

#[test]
fn a_page_that_was_overtaken_is_thrown_away() {
    let steps = [
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Pull,
        Step::Remote(0),
        Step::Pull,
        Step::TakePage(1),
    ];
    let mut world = run(&steps);
    let high = world.device.disk.cursors.high;
    world.take(Step::TakePage(0));
    world.check();
    assert_eq!(world.device.disk.cursors.high, high);
}

#[test]
fn a_document_is_forgotten_only_once_nothing_of_it_waits() {
    let mut world = noted();
    let local = world.forgotten();
    assert!(!local.is_gone(), "a note waits");
    world.device.disk.store(&local, Vec::new());
    world.take(Step::Push(9));
    world.take(Step::TakeReply(1));
    assert!(world.device.disk.load(incident(0)).is_gone());
}

#[test]
fn what_waits_stays_on_top_of_a_snapshot() {
    let mut world = noted();
    world.log.remote(incident(0));
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    world.check();
    let local = world
        .device
        .disk
        .doc(DocKey::work(incident(0)))
        .expect("it is held");
    let entry = &world.device.disk.entries()[0].1;
    assert!(local.load().is_ok_and(|doc| doc.has(entry.changes[0].hash)));
    world.heal();
}

#[test]
fn a_copy_that_cannot_be_read_is_replaced_and_what_waits_written_on_the_new_one() {
    let mut world = noted();
    let key = DocKey::work(incident(0));
    let mut local = world.device.disk.load(incident(0));
    local.distrust();
    world.device.disk.store(&local, Vec::new());
    let mut broken = world.device.disk.doc(key).expect("it is held");
    broken.snapshot = vec![1, 2, 3];
    world.device.disk.docs.insert(key, broken.encode());
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    world.heal();
    assert!(world.device.disk.review.is_empty());
}

#[test]
fn an_act_on_what_no_log_brings_any_more_comes_to_its_author() {
    let mut world = noted();
    let mut local = world.device.disk.load(incident(0));
    local.distrust();
    local.forget(DocKind::Incident);
    local.forget(DocKind::Work);
    let entry = local.outbox()[0].clone();
    assert_eq!(entry.phase, Phase::Ready, "no newer state comes");
    let (doc, hashes) = (entry.changes[0].doc, vec![entry.changes[0].hash]);
    let verdicts = [(entry.offer(), Verdict::Missing { doc, hashes })];
    let review = world
        .device
        .with(|_, writer| local.settle(&verdicts, writer));
    let review = review.expect("it is readable");
    let acts: Vec<_> = review.iter().map(|entry| entry.drafted.act).collect();
    assert_eq!(acts, [entry.act()]);
    assert!(local.is_gone());
}

#[test]
fn what_the_log_had_under_another_change_and_has_no_more_is_offered_again() {
    let mut world = noted();
    world.is_known_under_another_change(incident(0));
    assert!(matches!(
        world.device.disk.entries()[0].1.phase,
        Phase::Known(_)
    ));
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    assert_eq!(world.device.disk.entries()[0].1.phase, Phase::Ready);
    world.heal();
    assert!(world.device.disk.review.is_empty());
}

#[test]
fn what_the_log_has_under_another_change_waits_for_nothing_once_the_incident_leaves() {
    let mut world = noted();
    let local = world.forgotten();
    world.device.disk.store(&local, Vec::new());
    world.is_known_under_another_change(incident(0));
    assert!(world.device.disk.load(incident(0)).is_gone());
}

#[test]
fn as_many_logs_are_remembered_as_a_server_looks_at() {
    let log = |byte| Epoch::from_bytes([byte; 16]);
    let mut known = Vec::new();
    for place in 1..40 {
        known = logs_known(&known, log(place), log(place + 1));
    }
    assert_eq!(known.len(), LOGS_MAX);
    assert_eq!(known.last(), Some(&log(40)));
    assert_eq!(
        logs_known(&known, log(40), log(39))[14..],
        [log(40), log(39)]
    );
}

#[test]
fn an_act_that_the_server_could_not_judge_stays_as_it_is() {
    let mut world = run(&[Step::Declare(0)]);
    let mut local = world.device.disk.load(incident(0));
    let before = local.outbox().to_vec();
    let verdict = Verdict::Missing {
        doc: DocKey::work(incident(0)),
        hashes: Vec::new(),
    };
    let verdicts = [(before[0].offer(), verdict)];
    let review = world
        .device
        .with(|_, writer| local.settle(&verdicts, writer));
    assert_eq!(review, Ok(Vec::new()));
    assert_eq!(local.outbox(), before);
    assert!(local.docs().all(|doc| !doc.distrusted));
}

#[test]
fn an_incident_that_only_this_device_has_outlives_the_loss_of_its_documents() {
    let mut world = run(&[Step::Declare(0), Step::Note(0)]);
    let outbox = world.device.disk.load(incident(0)).outbox().to_vec();
    for lost in [DocKind::Incident, DocKind::Work] {
        let held = world.device.disk.load(incident(0));
        let left: Vec<_> = held
            .docs()
            .filter(|doc| doc.key.kind != lost)
            .cloned()
            .collect();
        let mut local = LocalIncident::new(incident(0), left, outbox.clone());
        let review = world.device.with(|_, writer| local.revive(writer));
        assert_eq!(review, Vec::new());
        assert_eq!(local.outbox().len(), 2);
        let (read, anomalies) = local.read().expect("it was written anew");
        assert_eq!((read.id, anomalies), (incident(0), Vec::new()));
    }
}

#[test]
fn a_device_that_lost_something_still_names_what_it_held_it_through() {
    let scope = crate::people::Scope::Staff;
    let stored = Cursors {
        epoch: Some(crate::ids::Epoch::new(UnixMillis(1), [1; 10])),
        high: Seq(7),
        lows: [(scope.clone(), Seq(0))].into(),
    };
    let after = cursors_after_loss(&stored);
    assert_eq!((after.epoch, after.high), (stored.epoch, Seq(7)));
    assert_eq!(after.lows, [(scope, Seq(8))].into());
    assert_eq!(cursors_after_loss(&Cursors::default()).epoch, None);
}
