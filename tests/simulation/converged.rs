//! What must hold once everything was healed: nothing lost, nothing twice, everybody reads the
//! same.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::{ActId, DocKey, DocKind, FactId, IncidentId};
use shared::incidents::{Incident, IncidentDocs, Intent, read};
use shared::rows::row;
use shared::sync::client::Contact;
use shared::sync::server::Kept;

use super::model::{Model, Plain, View};
use super::pages::book;
use super::wiped::Wipe;
use super::world::{Done, Post, World};

impl World {
    /// Heals everything and checks that all devices come to read the same by themselves.
    pub fn converge(&mut self) {
        const STEP_MILLIS: u64 = 10_000;
        const STEPS_MAX: u32 = 180;
        self.heal();
        let mut steps = 0;
        while !self.is_quiet() {
            steps += 1;
            assert!(
                steps < STEPS_MAX,
                "no rest after half an hour without faults: {}",
                self.unrest()
            );
            self.pass(STEP_MILLIS);
            self.sign_in_when_asked();
        }
        self.check_converged();
    }

    /// Whether every device has sent what it had and read all there is.
    pub fn is_quiet(&self) -> bool {
        self.posts.iter().all(|post| self.has_rest(post))
    }

    fn has_rest(&self, post: &Post) -> bool {
        let cursors = post.device.disk.cursors();
        let is_read = cursors.epoch == Some(self.server.log.epoch)
            && cursors.high == self.server.log.head
            && cursors.lows.values().all(|low| low.0 == 0)
            && !cursors.lows.is_empty();
        // What a person may see can change without a place in the log.
        let is_in_touch = post.device.network.contact() == Contact::Online;
        let is_settled = is_read && is_in_touch && post.device.disk.outbox().is_empty();
        post.pending.is_none() && (is_settled || post.wipe == Wipe::Done)
    }

    /// What keeps the devices busy.
    fn unrest(&self) -> String {
        let busy = self.posts.iter().enumerate();
        let busy = busy.filter(|(_, post)| !self.has_rest(post));
        let told = busy.map(|(seat, post)| {
            let (disk, contact) = (&post.device.disk, post.device.network.contact());
            let acts = disk.outbox().into_iter().map(|(_, entry)| {
                let (act, phase) = (entry.act(), &entry.phase);
                format!("{act} of {} {phase:?} {}", entry.incident, entry.tries)
            });
            let acts: Vec<_> = acts.collect();
            let (cursors, pending) = (disk.cursors(), &post.pending);
            format!("\n  seat {seat}: {contact:?}, {cursors:?}, asks {pending:?}, unsent {acts:#?}")
        });
        format!("{:?}{}", self.server.log.head, told.collect::<String>())
    }

    /// Everything that must hold in a quiet world.
    fn check_converged(&self) {
        self.check_server();
        for act in self.done.keys() {
            self.check_act(*act);
        }
        for seat in self.seats() {
            self.check_outbox(seat);
            if self.is_wiped(seat) {
                let disk = &self.posts[seat].device.disk;
                assert!(disk.is_empty(), "nothing is left on device {seat}");
                continue;
            }
            self.check_cursor(seat);
            self.check_device(seat);
        }
    }

    /// Every incident is numbered once, no number is given twice, and all of them read well.
    fn check_server(&self) {
        let mut numbers = BTreeMap::new();
        for (id, kept) in &self.server.kept {
            let (incident, anomalies) = read(&kept.docs, &kept.receipts);
            assert_eq!(anomalies, [], "of {id}");
            let number = incident
                .number
                .expect("every accepted incident has a number");
            let before = numbers.insert(number, *id);
            assert_eq!(before, None, "a number names one incident");
        }
        for (id, kept) in &self.server.kept {
            if !self.is_refused_and_accepted(*id) {
                self.check_model(*id, kept);
            }
        }
        // What is offered again to a restored server has no name.
        let named = self.server.accepted.iter();
        for (act, count) in named.filter(|(act, _)| self.done.contains_key(act)) {
            assert_eq!(*count, 1, "{act} was accepted more than once");
        }
    }

    /// Whether an act was refused and is in the log all the same, from another device to which it
    /// was taken, or from a copy of the disk: what rests on it on the first was written anew as if
    /// it had never been.
    fn is_refused_and_accepted(&self, incident: IncidentId) -> bool {
        let mut done = self.done.iter();
        done.any(|(act, done)| {
            let was_refused =
                self.server.quarantined.contains(act) || self.lost_reviews.contains(act);
            let is_copied = self.carried.contains(act) || self.posts[done.seat].is_reverted;
            was_refused && is_copied && done.incident == incident && self.is_in_log(done)
        })
    }

    /// An incident reads as the model of the rules says, and its clocks stand as that says.
    fn check_model(&self, id: IncidentId, kept: &Kept) {
        let done = self.done.values().filter(|done| done.incident == id);
        let by_fact: BTreeMap<_, _> = done.map(|done| (done.drafted.facts[0], done)).collect();
        let held = kept.docs.incident.facts().0.iter();
        let plain = held.filter_map(|held| {
            let Some(done) = by_fact.get(&held.fact.id) else {
                assert_eq!(held.fact.group, "number", "the server states nothing else");
                return None;
            };
            let receipt = kept.receipts.incident.of(held.actor, held.actor_seq);
            let receipt = receipt.expect("what is in the log has a receipt");
            Some(Plain {
                id: held.fact.id,
                by: self.posts[done.seat].seat.profile.person,
                at: receipt.corrected_at,
                intent: done.drafted.intent.clone(),
                knew: known(done, &by_fact),
            })
        });
        let model = Model::new(plain.collect());
        let (incident, _) = read(&kept.docs, &kept.receipts);
        assert_eq!(
            View::of(&incident),
            model.view(),
            "{id} as the rules say:\n{model}"
        );
        let (first, last) = (incident.created.corrected, self.wall());
        let moments = [0, 1, 2, 3].map(|part| first.plus(last.since(first) * part / 3));
        model.check_clocks(&incident, &self.server.directory.rules(), &moments);
    }

    /// An act is in the log or under review, and whole in either place.
    fn check_act(&self, act: ActId) {
        let done = &self.done[&act];
        let review = self.posts[done.seat].device.disk.review();
        let is_refused = review.iter().any(|entry| entry.drafted.act == act)
            || (self.is_for_review(done, act) && !self.acknowledged.contains(&act));
        let is_accepted = self.acknowledged.contains(&act);
        let is_nothing = self.became_nothing(done) || self.gone.contains(&act);
        let kept = self.server.kept.get(&done.incident);
        let has = |key: &(DocKind, FactId)| kept.is_some_and(|kept| facts(kept).contains(key));
        let wrote = wrote(done);
        let found = wrote.iter().filter(|fact| has(fact)).count();
        let is_elsewhere = found > 0 && self.carried.contains(&act);
        // A log that was restored may refuse what the one before had accepted; taken back, it is
        // nothing then.
        let is_unsaid = is_nothing && self.tally.restores > 0;
        let is_lost = self.lost.contains(&act) || self.may_be_torn(done.incident);
        if found == 0 && (is_lost || is_unsaid) {
            return;
        }
        if (is_nothing && !is_accepted) || (is_refused && !is_elsewhere) {
            assert_eq!(found, 0, "a refused act left facts: {done:?}");
        } else {
            assert_eq!(
                found,
                wrote.len(),
                "an accepted act is there whole: {done:?}"
            );
        }
    }

    /// Whether both sides of an incident began anew from copies. Such a device may use a sequence
    /// number again that only the lost log knew to be taken: what others held of its first use has
    /// no place beside the second.
    fn may_be_torn(&self, incident: IncidentId) -> bool {
        let is_by_copy = |done: &Done| self.posts[done.seat].is_reverted;
        let mut there = self.done.values().filter(|done| done.incident == incident);
        self.tally.restores > 0 && there.any(is_by_copy)
    }

    /// A device holds what its person may read and has not left devices, all of it and nothing
    /// else, as the server reads it.
    fn check_device(&self, seat: usize) {
        let post = &self.posts[seat];
        let session = self
            .server
            .session(post.seat.profile)
            .expect("everybody is signed in");
        let all = self.server.kept.iter().flat_map(|(id, kept)| {
            let kinds = kept.marks.keys();
            kinds.map(|kind| DocKey {
                kind: *kind,
                id: *id,
            })
        });
        let readable: BTreeSet<_> = all
            .filter(|doc| self.server.is_on_devices(&session, *doc))
            .collect();
        let held: BTreeSet<_> = post.device.disk.docs().collect();
        assert_eq!(
            held, readable,
            "S4: what device {seat} holds is what it may read and is not old"
        );
        for id in post.device.disk.incidents() {
            let kept = &self.server.kept[&id];
            let has_work = held.contains(&DocKey::work(id));
            let (mine, anomalies) = post.device.read(id).expect("what is held can be read");
            assert_eq!(anomalies, [], "device {seat}, {id}");
            assert_eq!(mine, reading(kept, has_work), "device {seat}, {id}");
            let expected = row(&mine, &self.server.directory.rules());
            assert_eq!(
                post.device.disk.row(id),
                Some(expected),
                "S3: device {seat}, {id}"
            );
            self.check_signature(seat, id);
        }
    }

    fn check_signature(&self, seat: usize, id: IncidentId) {
        let disk = &self.posts[seat].device.disk;
        for key in [DocKey::incident(id), DocKey::work(id)] {
            let Some(local) = disk.doc(key) else { continue };
            let kept = &self.server.kept[&id];
            let signed = local
                .signed
                .as_ref()
                .expect("an accepted document is signed");
            assert_eq!(
                Some(signed),
                kept.marks.get(&key.kind).map(|mark| &mark.signed)
            );
            let doc = local.load().expect("what is held can be put together");
            assert_eq!(
                doc.heads(),
                signed.heads,
                "device {seat} has the heads that were signed"
            );
            assert_eq!(
                local.book(),
                *book(kept, key.kind),
                "device {seat} has every receipt"
            );
            assert_eq!(local.book().digest(), signed.receipts);
        }
    }
}

impl World {
    /// Whether the log has all that an act wrote.
    pub(super) fn is_in_log(&self, done: &Done) -> bool {
        let Some(kept) = self.server.kept.get(&done.incident) else {
            return false;
        };
        let facts = facts(kept);
        wrote(done).iter().all(|fact| facts.contains(fact))
    }
}

/// What somebody knew when they acted: what was there, and what the authors of that knew.
fn known(done: &Done, by_fact: &BTreeMap<FactId, &Done>) -> BTreeSet<FactId> {
    let mut known = BTreeSet::new();
    let mut open: Vec<_> = done.knew.iter().copied().collect();
    while let Some(fact) = open.pop() {
        if known.insert(fact) {
            let of = by_fact.get(&fact).into_iter();
            open.extend(of.flat_map(|done| done.knew.iter().copied()));
        }
    }
    known
}

/// The incident as somebody reads it, with or without its internal work.
fn reading(kept: &Kept, has_work: bool) -> Incident {
    let work = kept.docs.work.clone().filter(|_| has_work);
    let docs = IncidentDocs {
        incident: kept.docs.incident.clone(),
        work,
    };
    read(&docs, &kept.receipts).0
}

fn facts(kept: &Kept) -> BTreeSet<(DocKind, FactId)> {
    let docs = [Some(&kept.docs.incident), kept.docs.work.as_ref()];
    let facts = docs.into_iter().flatten().flat_map(|doc| {
        let held = doc.facts().0.iter();
        held.map(|held| (doc.key.kind, held.fact.id))
    });
    facts.collect()
}

/// The facts that an act made: a portal writes no internal ones.
fn wrote(done: &Done) -> Vec<(DocKind, FactId)> {
    let [incident, work] = done.drafted.facts;
    match done.drafted.intent {
        Intent::Note { .. }
        | Intent::Log(_)
        | Intent::AddTask(_)
        | Intent::Diagnose { .. }
        | Intent::ChangeTask { .. }
        | Intent::Rule(_) => vec![(DocKind::Work, work)],
        Intent::Declare(_)
        | Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Remind { .. }
        | Intent::Resolve { .. }
        | Intent::Reopen { .. }
        | Intent::Close
        | Intent::Cancel { .. }
        | Intent::Reply { .. }
        | Intent::Acknowledge => vec![(DocKind::Incident, incident)],
        Intent::Withdraw { doc, .. }
        | Intent::Attach { doc, .. }
        | Intent::Watch { doc, .. }
        | Intent::Unwatch { doc, .. }
        | Intent::Mention { doc, .. }
        | Intent::Revise { doc, .. } => match doc {
            DocKind::Incident => vec![(DocKind::Incident, incident)],
            DocKind::Work => vec![(DocKind::Work, work)],
        },
    }
}
