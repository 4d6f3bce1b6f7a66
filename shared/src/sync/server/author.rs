//! What the server writes under its own actor: numbers, work documents, acts from elsewhere.
//!
//! Facts carry the person and time they are given; the bound on time and the rule that facts are in
//! the name of the session's person are for devices.

use sha2::{Digest, Sha256};

use crate::document::{Document, Receipt, Written};
use crate::ids::{ActId, DocKey, DocKind, FactId, IncidentId};
use crate::incidents::{Drafted, IncidentDocs, Refused, write, write_number, write_work};
use crate::sync::Seq;
use crate::time::UnixMillis;

use super::kept::{Draft, own_receipt};
use super::{Commit, Desk, Kept, Logged};

/// The number that an incident from elsewhere gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbering {
    /// The next of the server's own.
    Next,
    /// The one it had.
    Given(String),
}

/// Acts on one incident that come from elsewhere, oldest first; the first declares it.
#[derive(Debug, Clone)]
pub struct Authored {
    pub incident: IncidentId,
    pub acts: Vec<Drafted>,
    pub numbering: Numbering,
    /// When the acts count as received; their own time when none is given.
    pub received_at: Option<UnixMillis>,
}

/// Writes acts that come from elsewhere. Those whose facts the incident has already are left out;
/// none when nothing is left. `number` is the next of the server's own.
pub fn author(
    authored: &Authored,
    kept: Option<&Kept>,
    next: Seq,
    number: &str,
    desk: Desk<'_>,
) -> Result<Option<Commit>, Refused> {
    let mut draft = Draft::new(authored.incident, kept);
    let known: Vec<FactId> = kept.map(known_facts).unwrap_or_default();
    let fresh = |act: &&Drafted| !act.facts.iter().any(|fact| known.contains(fact));
    // What each act saw is carried along: reading it off the document again would cost more with
    // every act.
    let mut frontier = frontiers(draft.docs());
    let mut wrote = false;
    for act in authored.acts.iter().filter(fresh) {
        let work = DocKey::work(authored.incident);
        let docs = draft.docs_mut();
        docs.work.get_or_insert_with(|| Document::new(work));
        let mut act = act.clone();
        let saw = act.saw.get_or_insert_with(|| frontier.clone()).clone();
        let at = act.at;
        let written = write(&mut act, docs, &|_| desk.actor)?;
        let received_at = authored.received_at.unwrap_or(at);
        for written in written {
            let place = usize::from(written.doc.kind == DocKind::Work);
            frontier[place].retain(|fact| !saw[place].contains(fact));
            frontier[place].push(act.facts[place]);
            note(&mut draft, written, (received_at, at), desk);
        }
        wrote = true;
    }
    if !wrote {
        return Ok(None);
    }
    let mut is_numbered = false;
    if kept.is_none() {
        let number = match &authored.numbering {
            Numbering::Next => number,
            Numbering::Given(number) => number,
        };
        let at = authored.acts.first().map_or(desk.now, |act| act.at);
        finish_birth(&mut draft, number, at, desk)?;
        is_numbered = authored.numbering == Numbering::Next;
    }
    let mut commit = draft.commit(kept, next, desk);
    commit.is_numbered = is_numbered;
    Ok(Some(commit))
}

/// The frontiers of the incident document and of the work document.
fn frontiers(docs: &IncidentDocs) -> [Vec<FactId>; 2] {
    let work = docs.work.as_ref().map(Document::frontier);
    [docs.incident.frontier(), work.unwrap_or_default()]
}

fn known_facts(kept: &Kept) -> Vec<FactId> {
    let docs = [Some(&kept.docs.incident), kept.docs.work.as_ref()];
    let facts = docs.into_iter().flatten().flat_map(|doc| doc.facts().0);
    facts.map(|held| held.fact.id).collect()
}

/// Completes an incident that was just declared: its work document, if its author could not make
/// one, and its number.
pub(super) fn finish_birth(
    draft: &mut Draft,
    number: &str,
    at: UnixMillis,
    desk: Desk<'_>,
) -> Result<(), Refused> {
    give_work(draft, at, desk)?;
    let id = draft.docs().id();
    let fact = FactId::new(desk.now, derived_bytes(id, "number"));
    let written = write_number(draft.docs_mut(), fact, number, at, desk.actor)?;
    note(draft, written, (desk.now, at), desk);
    Ok(())
}

fn note(
    draft: &mut Draft,
    written: Written,
    (received_at, corrected_at): (UnixMillis, UnixMillis),
    desk: Desk<'_>,
) {
    let Written {
        doc,
        hash,
        actor_seq,
        bytes,
    } = written;
    let receipt = Receipt {
        received_at,
        corrected_at,
        ..own_receipt(actor_seq, desk)
    };
    draft.note(Logged {
        doc,
        hash,
        seq: Seq::default(),
        receipt,
        bytes: Some(bytes),
    });
}

/// Gives an incident another number, since an older incident came back that has its own.
pub fn renumber(kept: &Kept, number: &str, next: Seq, desk: Desk<'_>) -> Result<Commit, Refused> {
    let mut draft = Draft::new(kept.docs.id(), Some(kept));
    let fact = FactId::new(desk.now, derived_bytes(kept.docs.id(), number));
    let written = write_number(draft.docs_mut(), fact, number, desk.now, desk.actor)?;
    note(&mut draft, written, (desk.now, desk.now), desk);
    let mut commit = draft.commit(Some(kept), next, desk);
    commit.is_numbered = true;
    Ok(commit)
}

/// Makes the work document of an incident that has none.
pub(super) fn give_work(draft: &mut Draft, at: UnixMillis, desk: Desk<'_>) -> Result<(), Refused> {
    let id = draft.docs().id();
    if draft.docs().work.is_none() {
        let act = ActId::new(at, derived_bytes(id, "act of work"));
        let fact = FactId::new(at, derived_bytes(id, "work"));
        let written = write_work(draft.docs_mut(), fact, act, at, desk.actor)?;
        note(draft, written, (desk.now, at), desk);
    }
    Ok(())
}

/// Ten bytes for an id that needs no randomness, since it is made once per incident.
fn derived_bytes(id: IncidentId, purpose: &str) -> [u8; 10] {
    let digest = Sha256::new()
        .chain_update(purpose)
        .chain_update(id.as_bytes())
        .finalize();
    std::array::from_fn(|place| digest[place])
}
