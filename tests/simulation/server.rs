//! A server in memory: the log in maps, every decision by `shared::sync::server`.
//!
//! It does what the real one does in one transaction per request, and refuses to write what would
//! break the log: S1 (causally closed) and S2 (places in the order of commits) are checked with
//! every change.

use std::collections::{BTreeMap, BTreeSet};

use shared::document::Receipt;
use shared::ids::{ActId, Actor, DeviceId, DocKey, DocKind, Epoch, Hash, IncidentId, PersonId};
use shared::incidents::Refused;
use shared::incidents::shape::decode_change;
use shared::people::{Directory, Person, Role, Scope};
use shared::policy;
use shared::sync::Seq;
use shared::sync::message::{
    Accepted, PROTOCOL, PushGroup, PushReply, PushRequest, ReturnReply, ReturnRequest, ReturnedDoc,
    Signer, Surface, Verdict,
};
use shared::sync::server::{
    Before, Commit, Desk, Issued, Judgement, Kept, Log, Logged, Offer, Place, Quarantine, Reached,
    Returned, Session, renumber,
};
use shared::targets::Rules;
use shared::time::{Arrival, BOUND_MILLIS, UnixMillis};

use crate::broken::Broken;
use crate::device::{Profile, Version};

/// The server does not know the session, or no longer lets it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedOut;

/// A change with the end of its commit.
#[derive(Debug, Clone)]
pub struct Written {
    pub change: Logged,
    pub commit_end: Seq,
}

/// When a document was in a scope.
#[derive(Debug, Clone)]
pub struct Reach {
    pub incident: IncidentId,
    pub reached: Reached,
    pub since: Seq,
    pub until: Option<Seq>,
}

/// The server.
#[derive(Debug, Clone)]
pub struct Server {
    pub log: Log,
    pub directory: Directory,
    pub kept: BTreeMap<IncidentId, Kept>,
    pub changes: Vec<Written>,
    pub reaches: Vec<Reach>,
    /// Acts that were accepted, with how often.
    pub accepted: BTreeMap<ActId, u32>,
    pub refused: u64,
    /// Acts that were refused and are kept for a lead.
    pub quarantined: BTreeSet<ActId>,
    pub duplicates: u64,
    /// The incidents that have left devices, and the scopes that brought them back to some.
    pub(super) left: BTreeMap<IncidentId, BTreeSet<Scope>>,
    hashes: BTreeSet<(DocKey, Hash)>,
    actors: BTreeMap<Actor, (PersonId, DeviceId)>,
    quarantine: Quarantine,
    /// The scopes that pages named to a device of a person.
    pub(super) issued: BTreeMap<(PersonId, DeviceId), Issued>,
    number: u64,
    broken: Option<Broken>,
    /// The logs before this one.
    epochs: Vec<Epoch>,
    /// The scopes of a device when it was first heard of, which only a broken server looks at.
    first_scopes: BTreeMap<(PersonId, DeviceId), BTreeSet<Scope>>,
    /// A commit that only a broken server makes visible later.
    late: Option<Commit>,
}

struct Seal;

impl Signer for Seal {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        message.to_vec()
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        message == signature
    }
}

/// How many numbers a restored server leaves out.
const NUMBERS_GAP: u64 = 1_000;

impl Server {
    /// A server with an empty log.
    pub fn new(directory: Directory, broken: Option<Broken>) -> Self {
        let epoch = Epoch::from_bytes([1; 16]);
        Self {
            log: Log {
                epoch,
                head: Seq(0),
            },
            directory,
            kept: BTreeMap::new(),
            changes: Vec::new(),
            reaches: Vec::new(),
            accepted: BTreeMap::new(),
            refused: 0,
            quarantined: BTreeSet::new(),
            duplicates: 0,
            left: BTreeMap::new(),
            hashes: BTreeSet::new(),
            actors: BTreeMap::new(),
            quarantine: Quarantine::new(),
            issued: BTreeMap::new(),
            number: 1000,
            broken,
            epochs: Vec::new(),
            first_scopes: BTreeMap::new(),
            late: None,
        }
    }

    pub(super) fn is(&self, broken: Broken) -> bool {
        self.broken == Some(broken)
    }

    /// The session of a device as it is now.
    pub fn session(&self, profile: Profile) -> Result<Session, SignedOut> {
        let Profile {
            device,
            person,
            surface,
            version,
        } = profile;
        let person = self.directory.person(person).ok_or(SignedOut)?.clone();
        if surface == Surface::Console && !person.is_staff() {
            return Err(SignedOut);
        }
        let mut scopes = policy::scopes(&person, surface);
        if version == Version::Before {
            scopes.retain(|scope| !matches!(scope, Scope::Fetched(..)));
        }
        Ok(Session {
            person,
            device,
            surface,
            scopes,
        })
    }

    /// Gives a person one role.
    pub fn set_role(&mut self, person: PersonId, role: Role) {
        self.change_person(person, |person| person.roles = [role].into());
    }

    /// Puts a person into one group.
    pub fn set_group(&mut self, person: PersonId, group: &str) {
        self.change_person(person, |person| person.groups = [group.into()].into());
    }

    fn change_person(&mut self, id: PersonId, change: impl FnOnce(&mut Person)) {
        if let Some(person) = self
            .directory
            .people
            .iter_mut()
            .find(|person| person.id == id)
        {
            change(person);
            self.directory.version += 1;
        }
    }

    /// The session as a request finds it.
    pub(super) fn served(&mut self, profile: Profile) -> Result<Session, SignedOut> {
        let mut session = self.session(profile)?;
        if self.is(Broken::ScopesAtConnect) {
            let owner = (session.person.id, session.device);
            let first = self.first_scopes.entry(owner);
            session
                .scopes
                .clone_from(first.or_insert(session.scopes.clone()));
        }
        Ok(session)
    }

    /// Answers a push.
    pub fn push(
        &mut self,
        profile: Profile,
        request: &PushRequest,
        now: UnixMillis,
    ) -> Result<PushReply, SignedOut> {
        let session = self.served(profile)?;
        let arrival = Arrival {
            now,
            clocks: &request.clocks,
            bound_millis: BOUND_MILLIS,
        };
        let epoch = self.log.epoch;
        let is_of_this_log = request.epoch.is_none_or(|asked| asked == epoch);
        let verdicts = request.groups.iter().map(|group| {
            if request.hands_over {
                self.judge_last(&session, arrival, group)
            } else if is_of_this_log {
                self.judge(&session, arrival, group)
            } else {
                put_off(group)
            }
        });
        let verdicts = verdicts.collect();
        Ok(PushReply {
            protocol: PROTOCOL,
            min_client: PROTOCOL,
            now,
            epoch,
            verdicts,
        })
    }

    /// The server's own actor, which every epoch has anew.
    fn actor(&self) -> Actor {
        let [.., last] = *self.log.epoch.as_bytes();
        Actor([0xff - last; 16])
    }

    fn desk<'a>(&self, now: UnixMillis, rules: &'a Rules) -> Desk<'a> {
        Desk {
            epoch: self.log.epoch,
            now,
            actor: self.actor(),
            signer: &Seal,
            rules,
        }
    }

    /// Begins anew with a copy of the log.
    pub fn restored(backup: &Self, epoch: Epoch) -> Self {
        let mut server = backup.clone();
        server.epochs.push(server.log.epoch);
        if !server.is(Broken::EpochKept) {
            server.log.epoch = epoch;
        }
        server.number += NUMBERS_GAP;
        server
    }

    /// Takes back what devices hold of an earlier log.
    pub fn take_back(
        &mut self,
        profile: Profile,
        request: &ReturnRequest,
        now: UnixMillis,
    ) -> Result<ReturnReply, SignedOut> {
        self.served(profile)?;
        let rules = self.directory.rules();
        let desk = self.desk(now, &rules);
        let logs = request.earlier.iter().chain([&request.epoch]);
        let epochs: Vec<_> = self.epochs.iter().chain(logs).copied().collect();
        let lacks = |named: &&ReturnedDoc| {
            let kept = self.kept.get(&named.doc.id);
            let doc = kept.and_then(|kept| kept.docs.get(named.doc.kind));
            let mut heads = named.signed.heads.iter();
            named.body.is_none() && heads.any(|head| doc.is_none_or(|doc| !doc.has(*head)))
        };
        let wanted = request.docs.iter().filter(lacks).map(|named| named.doc);
        let wanted = wanted.collect();
        let brought: BTreeSet<_> = request.docs.iter().map(|named| named.doc.id).collect();
        for incident in brought {
            let returned = Returned::read(incident, &request.docs, &epochs, desk);
            let next = Seq(self.log.head.0 + 1);
            if let Some(commit) = returned.take_back(self.kept.get(&incident), next, desk) {
                self.keep(commit);
                self.renumber_younger(incident, now);
            }
        }
        Ok(ReturnReply {
            protocol: PROTOCOL,
            epoch: self.log.epoch,
            wanted,
        })
    }

    /// Another incident that has the number of one that came back gets another.
    fn renumber_younger(&mut self, older: IncidentId, now: UnixMillis) {
        let number = self.kept[&older].incident.number.clone();
        let given = number
            .as_ref()
            .and_then(|number| number.strip_prefix("INC-"));
        let given = given.and_then(|digits| digits.parse().ok());
        self.number = self.number.max(given.unwrap_or_default());
        let mut others = self.kept.iter().filter(|(id, _)| **id != older);
        let Some((_, younger)) = others.find(|(_, kept)| kept.incident.number == number) else {
            return;
        };
        let rules = self.directory.rules();
        let desk = self.desk(now, &rules);
        let next = Seq(self.log.head.0 + 1);
        let number = format!("INC-{}", self.number + 1);
        let commit = renumber(younger, &number, next, desk).expect("a number can be written");
        self.keep(commit);
    }

    /// Judges what comes from a device that is about to be wiped: nothing of it can come again.
    fn judge_last(
        &mut self,
        session: &Session,
        arrival: Arrival<'_>,
        group: &PushGroup,
    ) -> Verdict {
        match self.judge(session, arrival, group) {
            Verdict::Missing { .. } => {
                self.refused += 1;
                self.quarantined.insert(group.act);
                Verdict::Refused(Refused::FollowsRefused)
            }
            verdict @ (Verdict::Accepted(_) | Verdict::Duplicate(_) | Verdict::Refused(_)) => {
                verdict
            }
        }
    }

    fn judge(&mut self, session: &Session, arrival: Arrival<'_>, group: &PushGroup) -> Verdict {
        let offer = match Offer::read(group) {
            Ok(offer) => offer,
            Err(refused) => return Verdict::Refused(refused),
        };
        let rules = self.directory.rules();
        let desk = self.desk(arrival.now, &rules);
        let number = format!("INC-{}", self.number + 1);
        let refused = |change| Some((change, self.quarantine.get(&change)?.clone()));
        let quarantine: Quarantine = offer.consults().filter_map(refused).collect();
        let before = Before {
            kept: self.kept.get(&offer.incident),
            actors: &self.actors,
            quarantine: &quarantine,
            directory: &self.directory,
            next: Seq(self.log.head.0 + 1),
            number: &number,
        };
        match offer.judge(session, arrival, before, desk) {
            Judgement::Accepted(commit, accepted) => {
                if self.is(Broken::PlacesBeforeCommit) {
                    self.keep_late(*commit);
                } else {
                    self.keep(*commit);
                }
                *self.accepted.entry(offer.act).or_default() += 1;
                Verdict::Accepted(accepted)
            }
            Judgement::Completed(commit, places) => {
                self.keep(*commit);
                Verdict::Duplicate(places.into_iter().map(|place| self.at(place)).collect())
            }
            Judgement::Duplicate(places) => {
                self.duplicates += 1;
                Verdict::Duplicate(places.into_iter().map(|place| self.at(place)).collect())
            }
            Judgement::Missing { doc, hashes } => Verdict::Missing { doc, hashes },
            Judgement::Refused(refused) => {
                self.refused += 1;
                self.quarantined.insert(offer.act);
                let owner = (session.person.id, session.device);
                for (doc, hash, _) in offer.parts() {
                    if self.is(Broken::RefusalsForgotten) {
                        continue;
                    }
                    let by_person = self.quarantine.entry((doc, hash)).or_default();
                    by_person.entry(owner).or_insert_with(|| refused.clone());
                }
                Verdict::Refused(refused)
            }
        }
    }

    fn at(&self, place: Place) -> Accepted {
        let Place {
            doc,
            actor,
            actor_seq,
            signed,
        } = place;
        let is = |receipt: &Receipt| (receipt.actor, receipt.actor_seq) == (actor, actor_seq);
        let found = self.changes.iter().map(|written| &written.change);
        let mut found = found.filter(|change| change.doc == doc && is(&change.receipt));
        let change = found
            .next()
            .expect("a receipt is that of a change in the log");
        let Logged {
            hash, seq, receipt, ..
        } = *change;
        Accepted {
            doc,
            hash,
            seq,
            receipt,
            signed,
        }
    }

    /// Takes the places of every other commit at once and keeps it after the next one.
    fn keep_late(&mut self, commit: Commit) {
        let other = |late: &mut Commit| late.kept.docs.id() != commit.kept.docs.id();
        match self.late.take_if(other) {
            Some(late) => {
                self.keep(commit);
                self.keep(late);
            }
            None if self.late.is_none() && self.kept.contains_key(&commit.kept.docs.id()) => {
                self.log.head = commit.end;
                self.late = Some(commit);
            }
            None => self.keep(commit),
        }
    }

    fn keep(&mut self, mut commit: Commit) {
        if self.is(Broken::AudienceWithoutPlace) {
            commit.end = commit
                .changes
                .last()
                .map_or(commit.end, |change| change.seq);
        }
        let id = commit.kept.docs.id();
        for change in commit.changes {
            self.append(change, commit.end);
        }
        for reach in &mut self.reaches {
            let is_left = reach.incident == id && commit.left.contains(&reach.reached);
            if is_left && reach.until.is_none() && self.broken != Some(Broken::ScopesNeverLeft) {
                reach.until = Some(commit.end);
            }
        }
        let joined = commit.joined.into_iter();
        let since = if self.is(Broken::AudienceWithoutPlace) {
            self.log.head
        } else {
            commit.end
        };
        self.reaches.extend(joined.map(|reached| Reach {
            incident: id,
            reached,
            since,
            until: None,
        }));
        assert!(commit.end > self.log.head, "S2: a commit takes places");
        self.log.head = commit.end;
        self.actors.extend(commit.bound);
        self.number += u64::from(commit.is_numbered);
        self.left.remove(&id);
        self.kept.insert(id, commit.kept);
    }

    /// Drops the bytes of all changes: every document here is a snapshot.
    pub(super) fn compact(&mut self) {
        for written in &mut self.changes {
            written.change.bytes = None;
        }
    }

    fn append(&mut self, change: Logged, commit_end: Seq) {
        let last = self
            .changes
            .last()
            .map_or(Seq(0), |written| written.change.seq);
        assert!(
            change.seq > last.max(self.log.head) && change.seq <= commit_end,
            "S2: places are taken in the order of commits"
        );
        let bytes = change.bytes.as_deref().unwrap_or_default();
        let decoded = decode_change(bytes).expect("an accepted change can be read");
        for dep in decoded.deps() {
            let is_held = self.hashes.contains(&(change.doc, Hash(dep.0)));
            assert!(
                is_held,
                "S1: the accepted changes of {} are causally closed",
                change.doc
            );
        }
        let is_new = self.hashes.insert((change.doc, change.hash));
        assert!(is_new, "a change is in the log once");
        self.changes.push(Written { change, commit_end });
    }

    /// The last place of an incident up to some place, and of one document.
    pub fn last_change(&self, id: IncidentId, up_to: Seq) -> Option<Seq> {
        let changes = self.changes.iter().map(|written| &written.change);
        let of = changes.filter(|change| change.doc.id == id && change.seq <= up_to);
        of.map(|change| change.seq).max()
    }

    /// Whether a scope of the session reaches a document now, as policy alone says.
    pub fn may_read(&self, session: &Session, doc: DocKey) -> bool {
        let Some(kept) = self.kept.get(&doc.id) else {
            return false;
        };
        let audience = policy::audience(&kept.incident);
        let scopes: &BTreeSet<Scope> = match doc.kind {
            DocKind::Incident => &audience.incident,
            DocKind::Work if session.surface == Surface::Portal => return false,
            DocKind::Work => &audience.work,
        };
        !scopes.is_disjoint(&session.scopes)
    }
}

/// What was written upon another log waits until that is brought back.
fn put_off(group: &PushGroup) -> Verdict {
    let doc = group.changes.first().map(|change| change.doc);
    Verdict::Missing {
        doc: doc.expect("a device of ours pushes no empty act"),
        hashes: Vec::new(),
    }
}
