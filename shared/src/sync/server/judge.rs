//! What becomes of a pushed act.
//!
//! The order of the checks is part of the contract: what was accepted once stays accepted, and what
//! was refused once stays refused, whatever the person may see by now; after that scope, causality,
//! identity, shape and policy.

use std::collections::BTreeMap;

use automerge::Change;

use crate::document::{Document, Receipt};
use crate::ids::{Actor, DeviceId, DocKey, DocKind, Hash, PersonId};
use crate::incidents::shape::{Derived, Part, derive};
use crate::incidents::{IncidentDocs, Intent, Refused};
use crate::people::Directory;
use crate::policy;
use crate::sync::Seq;
use crate::sync::message::{Accepted, SignedHeads, Surface};
use crate::time::{Arrival, Flags, UnixMillis, corrected};

use super::author::finish_birth;
use super::kept::{DOC_BYTES_MAX, Draft, reaches};
use super::offer::{Offer, Offered, shape};
use super::{Commit, Desk, Kept, Logged, SERVER_DEVICE, Session};

/// How the key of a fact begins that makes a document.
const BIRTH: &str = "created/";

/// How many unknown dependencies a verdict names.
const MISSING_MAX: usize = 16;

/// What was refused before, by document and change, then by who offered it from where: that
/// somebody else was refused first must not cost the author their act.
pub type Quarantine = BTreeMap<(DocKey, Hash), BTreeMap<(PersonId, DeviceId), Refused>>;

/// What is stored when an offer is judged, under its lock.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    /// The incident; none when nothing of it was accepted yet.
    pub kept: Option<&'a Kept>,
    /// To whom the actors of the offer are bound, as far as they are.
    pub actors: &'a BTreeMap<Actor, (PersonId, DeviceId)>,
    pub quarantine: &'a Quarantine,
    /// Who there is.
    pub directory: &'a Directory,
    /// The next free place of the log.
    pub next: Seq,
    /// The number to give an incident that has none.
    pub number: &'a str,
}

/// What becomes of an offer.
#[derive(Debug, Clone)]
pub enum Judgement {
    Accepted(Box<Commit>, Vec<Accepted>),
    /// The log has the act, and something comes with it: the half of its birth that the log lacked,
    /// or that its incident is on devices again. The places are still to be looked up.
    Completed(Box<Commit>, Vec<Place>),
    /// The log has each of these changes; only their places are still to be looked up.
    Duplicate(Vec<Place>),
    Refused(Refused),
    Missing {
        doc: DocKey,
        hashes: Vec<Hash>,
    },
}

/// Somebody still has an act of an incident that has left devices: it comes back to all of them as
/// with any act, so that it leaves this one, too, when it leaves again.
fn back_on_devices(kept: &Kept, places: Vec<Place>, next: Seq, desk: Desk<'_>) -> Judgement {
    if kept.audience == reaches(&kept.incident) {
        return Judgement::Duplicate(places);
    }
    let draft = Draft::new(kept.docs.id(), Some(kept));
    Judgement::Completed(Box::new(draft.commit(Some(kept), next, desk)), places)
}

/// An accepted change whose place in the log the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub doc: DocKey,
    pub actor: Actor,
    pub actor_seq: u64,
    pub signed: SignedHeads,
}

impl Offer {
    /// Judges the offer of a session that arrived with its device's clocks.
    pub fn judge(
        &self,
        session: &Session,
        arrival: Arrival<'_>,
        before: Before<'_>,
        desk: Desk<'_>,
    ) -> Judgement {
        match (self.known(session, before), before.kept) {
            (Some(Judgement::Duplicate(places)), Some(kept)) => {
                return back_on_devices(kept, places, before.next, desk);
            }
            (Some(known), _) => return known,
            (None, _) => {}
        }
        match self.missing(before) {
            Ok(None) => {}
            Ok(Some((doc, hashes))) => return Judgement::Missing { doc, hashes },
            Err(refused) => return Judgement::Refused(refused),
        }
        if let Some(kept) = before.kept.filter(|kept| self.lacks_work_alone(kept)) {
            return match self.complete(session, arrival, (kept, before), desk) {
                Ok((commit, places)) => Judgement::Completed(Box::new(commit), places),
                Err(refused) => Judgement::Refused(refused),
            };
        }
        match self.accept(session, arrival, before, desk) {
            Ok((commit, accepted)) => Judgement::Accepted(Box::new(commit), accepted),
            Err(refused) => Judgement::Refused(refused),
        }
    }

    /// What was decided before stays decided; then the doors that need no look at the content.
    fn known(&self, session: &Session, before: Before<'_>) -> Option<Judgement> {
        let places: Option<Vec<_>> = self
            .changes
            .iter()
            .map(|offered| offered.held(before.kept?))
            .collect();
        if let Some(places) = places {
            let own = places
                .iter()
                .all(|(_, receipt)| receipt.person == session.person.id);
            let places = places.into_iter().map(|(place, _)| place).collect();
            return Some(if own {
                Judgement::Duplicate(places)
            } else {
                Judgement::Refused(Refused::Actor)
            });
        }
        // A device that lost the answer may have lost sight of the incident, or of what it saw,
        // too.
        if let Some(places) = self.repeated(session, before.kept) {
            return Some(Judgement::Duplicate(places));
        }
        let refused = |offered: &Offered| {
            let before = before.quarantine.get(&(offered.doc, offered.hash))?;
            before.get(&(session.person.id, session.device)).cloned()
        };
        let refused = self.changes.iter().find_map(refused);
        let refused = refused.or_else(|| self.doors(session, before.kept).err());
        refused.map(Judgement::Refused)
    }

    fn doors(&self, session: &Session, kept: Option<&Kept>) -> Result<(), Refused> {
        for offered in &self.changes {
            let kind = offered.doc.kind;
            let is_staff = session.surface == Surface::Console && session.person.is_staff();
            if kind == DocKind::Work && !is_staff {
                return Err(Refused::Scope);
            }
            if kept.is_some_and(|kept| !kept.may_be_read(kind, &session.scopes)) {
                return Err(Refused::Scope);
            }
            let mark = kept.and_then(|kept| kept.marks.get(&kind));
            let generation = mark.map_or(0, |mark| mark.generation);
            if offered.generation != generation {
                return Err(Refused::Generation { generation });
            }
            kept.map_or(Ok(()), |kept| kept.has_room(kind))?;
        }
        Ok(())
    }

    /// The first dependencies that are not held; an error when one of them was refused.
    fn missing(&self, before: Before<'_>) -> Result<Option<(DocKey, Vec<Hash>)>, Refused> {
        for offered in &self.changes {
            let doc = before.kept.and_then(|kept| kept.docs.get(offered.doc.kind));
            let is_held = |hash: &Hash| doc.is_some_and(|doc| doc.has(*hash));
            let missing: Vec<_> = offered
                .deps
                .iter()
                .copied()
                .filter(|hash| !is_held(hash))
                .collect();
            let was_refused = |hash: &Hash| before.quarantine.contains_key(&(offered.doc, *hash));
            if missing.iter().any(was_refused) {
                return Err(Refused::FollowsRefused);
            }
            if !missing.is_empty() {
                let hashes = missing.into_iter().take(MISSING_MAX).collect();
                return Ok(Some((offered.doc, hashes)));
            }
        }
        Ok(None)
    }

    /// The places of the act's facts, if the same person's same facts were accepted before.
    fn repeated(&self, session: &Session, kept: Option<&Kept>) -> Option<Vec<Place>> {
        let kept = kept?;
        let mut places = Vec::new();
        for offered in &self.changes {
            let mark = kept.marks.get(&offered.doc.kind)?;
            let doc = kept.docs.get(offered.doc.kind)?;
            let (actor, actor_seq) = *offered.repeats(doc)?.first()?;
            let receipt = kept.book(offered.doc.kind).of(actor, actor_seq)?;
            if receipt.person != session.person.id {
                return None;
            }
            let signed = mark.signed.clone();
            places.push(Place {
                doc: offered.doc,
                actor,
                actor_seq,
                signed,
            });
        }
        Some(places)
    }

    /// Whether the change of the incident document is held, that of the work document is not, and
    /// no device has made the work document.
    fn lacks_work_alone(&self, kept: &Kept) -> bool {
        let is_held = |kind| {
            let mut of_kind = self.changes.iter().filter(|it| it.doc.kind == kind);
            of_kind.next().map(|it| it.held(kept).is_some())
        };
        let is_half =
            is_held(DocKind::Incident) == Some(true) && is_held(DocKind::Work) == Some(false);
        is_half && !is_work_by_device(kept)
    }

    /// Takes the half of a birth that the log lacks: after it was restored from an older copy, a
    /// device that may read the incident document only brought back that one, and the server made
    /// an empty work document for it.
    fn complete(
        &self,
        session: &Session,
        arrival: Arrival<'_>,
        (kept, before): (&Kept, Before<'_>),
        desk: Desk<'_>,
    ) -> Result<(Commit, Vec<Place>), Refused> {
        let derived = self.derive(self.draft(None).docs())?;
        if !matches!(derived.intent, Intent::Declare(_)) {
            return Err(shape(&DocKey::incident(self.incident).to_string()));
        }
        if derived.by != session.person.id {
            return Err(Refused::Author);
        }
        policy::allows(&session.person, &derived.intent, None)?;
        let (held, lacking): (Vec<_>, Vec<_>) =
            (self.changes.iter()).partition(|it| it.held(kept).is_some());
        let mut receipts = held.iter().filter_map(|it| it.held(kept));
        if receipts.any(|(_, receipt)| receipt.person != session.person.id) {
            return Err(Refused::Actor);
        }
        let mut draft = self.draft(before.kept);
        let (at, flags) = corrected(derived.claim, UnixMillis(0), arrival);
        for offered in &lacking {
            offered.identify(session, before, draft.docs(), desk.actor)?;
            offered.write(session, &mut draft, (arrival.now, at, flags))?;
        }
        let mut commit = draft.commit(before.kept, before.next, desk);
        commit.bound = self.bound(session, before);
        let places = self.changes.iter().filter_map(|it| it.held(&commit.kept));
        let places = places.map(|(place, _)| place).collect();
        Ok((commit, places))
    }

    /// What is kept, with room for the documents of the offer.
    fn draft(&self, kept: Option<&Kept>) -> Draft {
        let mut draft = Draft::new(self.incident, kept);
        let mut kinds = self.changes.iter().map(|offered| offered.doc.kind);
        if kinds.any(|kind| kind == DocKind::Work) {
            let work = DocKey::work(self.incident);
            let docs = draft.docs_mut();
            docs.work.get_or_insert_with(|| Document::new(work));
        }
        draft
    }

    fn accept(
        &self,
        session: &Session,
        arrival: Arrival<'_>,
        before: Before<'_>,
        desk: Desk<'_>,
    ) -> Result<(Commit, Vec<Accepted>), Refused> {
        let mut draft = self.draft(before.kept);
        for offered in &self.changes {
            offered.identify(session, before, draft.docs(), desk.actor)?;
        }
        let derived = self.derive(draft.docs())?;
        let is_new = matches!(derived.intent, Intent::Declare(_));
        if is_new != before.kept.is_none() {
            return Err(shape(&DocKey::incident(self.incident).to_string()));
        }
        if derived.by != session.person.id {
            return Err(Refused::Author);
        }
        let incident = before.kept.map(|kept| &kept.incident);
        policy::allows(&session.person, &derived.intent, incident)?;
        policy::names_who_may(&derived.intent, incident, before.directory)?;
        let late = incident.is_some_and(|incident| policy::is_late(&derived.intent, incident));

        let floor = before
            .kept
            .map_or(UnixMillis(0), |kept| latest_seen(kept, &derived));
        let (at, flags) = corrected(derived.claim, floor, arrival);
        policy::comes_in_time(&derived.intent, at, incident)?;
        let flags = if late { flags.and(Flags::LATE) } else { flags };
        for offered in &self.changes {
            offered.write(session, &mut draft, (arrival.now, at, flags))?;
        }
        if is_new {
            finish_birth(&mut draft, before.number, at, desk)?;
        }
        let mut commit = draft.commit(before.kept, before.next, desk);
        commit.is_numbered = is_new;
        commit.bound = self.bound(session, before);
        let accepted = self.accepted(&commit);
        Ok((commit, accepted))
    }

    /// The actors that are the session's from now on.
    fn bound(
        &self,
        session: &Session,
        before: Before<'_>,
    ) -> BTreeMap<Actor, (PersonId, DeviceId)> {
        let own = (session.person.id, session.device);
        let actors = self.actors();
        let unbound = actors.filter(|actor| !before.actors.contains_key(actor));
        unbound.map(|actor| (actor, own)).collect()
    }

    fn derive(&self, docs: &IncidentDocs) -> Result<Derived, Refused> {
        let part = |offered| part(offered, docs);
        let parts: Option<Vec<_>> = self.changes.iter().map(part).collect();
        derive(&parts.ok_or(Refused::Scope)?)
    }

    fn accepted(&self, commit: &Commit) -> Vec<Accepted> {
        let accepted = |offered: &Offered| {
            let is = |change: &&Logged| (change.doc, change.hash) == (offered.doc, offered.hash);
            let change = commit.changes.iter().find(is)?;
            let signed = commit.kept.marks.get(&offered.doc.kind)?.signed.clone();
            let Logged {
                doc,
                hash,
                seq,
                receipt,
                ..
            } = *change;
            Some(Accepted {
                doc,
                hash,
                seq,
                receipt,
                signed,
            })
        };
        self.changes.iter().filter_map(accepted).collect()
    }
}

impl Offered {
    /// The change's place and receipt, if the document holds it.
    fn held(&self, kept: &Kept) -> Option<(Place, Receipt)> {
        let kind = self.doc.kind;
        kept.docs.get(kind).filter(|doc| doc.has(self.hash))?;
        let receipt = *kept.book(kind).of(self.actor, self.change.seq())?;
        let Receipt {
            actor, actor_seq, ..
        } = receipt;
        let signed = kept.marks.get(&kind)?.signed.clone();
        Some((
            Place {
                doc: self.doc,
                actor,
                actor_seq,
                signed,
            },
            receipt,
        ))
    }

    /// Whether the actor is the session's own and goes on where it was.
    fn identify(
        &self,
        session: &Session,
        before: Before<'_>,
        docs: &IncidentDocs,
        server: Actor,
    ) -> Result<(), Refused> {
        let own = (session.person.id, session.device);
        let binding = before.actors.get(&self.actor);
        if self.actor == server || binding.is_some_and(|binding| *binding != own) {
            return Err(Refused::Actor);
        }
        let doc = docs.get(self.doc.kind);
        let expected = doc.map_or(1, |doc| doc.next_seq(self.actor));
        if self.change.seq() != expected {
            return Err(Refused::Sequence { expected });
        }
        let next = doc.and_then(|doc| doc.next_operation(&self.deps));
        if next.is_some_and(|next| next != self.change.start_op().get()) {
            return Err(Refused::Encoding);
        }
        Ok(())
    }

    fn write(
        &self,
        session: &Session,
        draft: &mut Draft,
        (received_at, corrected_at, flags): (UnixMillis, UnixMillis, Flags),
    ) -> Result<(), Refused> {
        let bytes = self.change.raw_bytes();
        let docs = draft.docs_mut();
        let doc = match self.doc.kind {
            DocKind::Incident => &mut docs.incident,
            DocKind::Work => docs.work.as_mut().ok_or(Refused::Scope)?,
        };
        doc.apply(&[bytes]).map_err(|_| Refused::Encoding)?;
        if doc.bytes() > DOC_BYTES_MAX {
            return Err(Refused::Size { max: DOC_BYTES_MAX });
        }
        // The last net: whatever a change does, the document must load again.
        let loaded = Document::load(self.doc, &doc.save()).map_err(|_| Refused::Encoding)?;
        if loaded.heads() != doc.heads() {
            return Err(Refused::Encoding);
        }
        let receipt = Receipt {
            actor: self.actor,
            actor_seq: self.change.seq(),
            person: session.person.id,
            device: session.device,
            received_at,
            corrected_at,
            flags,
        };
        let (doc, hash, bytes) = (self.doc, self.hash, Some(bytes.to_vec()));
        draft.note(Logged {
            doc,
            hash,
            seq: Seq::default(),
            receipt,
            bytes,
        });
        Ok(())
    }
}

/// Whether a device made the work document, and not the server for want of any.
fn is_work_by_device(kept: &Kept) -> bool {
    let facts = kept.docs.work.iter().flat_map(|doc| doc.facts().0);
    let mut births = facts.filter(|held| held.fact.key().starts_with(BIRTH));
    births.any(|held| {
        let receipt = kept.book(DocKind::Work).of(held.actor, held.actor_seq);
        receipt.is_none_or(|receipt| *receipt.device.as_bytes() != SERVER_DEVICE)
    })
}

fn part<'a>(offered: &'a Offered, docs: &'a IncidentDocs) -> Option<Part<'a>> {
    let change: &Change = &offered.change;
    docs.get(offered.doc.kind).map(|doc| Part { doc, change })
}

/// The latest corrected time among the facts that the act's author had seen.
fn latest_seen(kept: &Kept, derived: &Derived) -> UnixMillis {
    let mut latest = UnixMillis(0);
    for (doc, _, saw) in derived.facts.iter().filter(|(_, _, saw)| !saw.is_empty()) {
        let Some(held) = kept.docs.get(doc.kind).map(|doc| doc.facts().0) else {
            continue;
        };
        let seen = held.iter().filter(|held| saw.contains(&held.fact.id));
        let receipts = seen.filter_map(|held| kept.book(doc.kind).of(held.actor, held.actor_seq));
        latest = receipts
            .map(|receipt| receipt.corrected_at)
            .max()
            .unwrap_or_default()
            .max(latest);
    }
    latest
}
