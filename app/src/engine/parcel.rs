//! What is unsent as a file, and such a file of another device of the same person taken over.
//!
//! A file is taken over whole, in one strict transaction, or not at all. It works without a network
//! and for incidents that are not on this device yet.

use std::collections::BTreeMap;
use std::rc::Rc;

use shared::document::BadDocument;
use shared::ids::IncidentId;
use shared::incidents::Drafted;
use shared::rows::Row;
use shared::sync::client::{Carried, Input, Writer};
use shared::sync::parcel::{Home, Owner, Packed, Parcel};

use super::desk::{self, Desk};
use super::keep::{self, Outcome};
use super::protocol::{Answer, Failure, Sealed, Take, Unpacked, WaitingAct};
use super::storage::{Broken, Purpose, Shelf, Tx};
use super::tabs::Word;
use super::{clock, sync};

/// Packs everything that waits.
pub(crate) async fn pack(desk: &Desk) -> Result<Answer, Failure> {
    let tx = desk.storage.begin(&[Shelf::Outbox], Purpose::Read)?;
    let acts = keep::outbox(&tx).await?.into_iter();
    let acts = acts.map(|(_, entry)| Packed {
        incident: entry.incident,
        drafted: entry.drafted,
    });
    let parcel = Parcel {
        owner: owner(desk),
        device: desk.device,
        made_at: clock::wall(),
        acts: acts.collect(),
    };
    let file = parcel.encode();
    Ok(Answer::Packed { file })
}

/// Looks into a file, or takes it over.
pub(crate) async fn unpack(desk: &Rc<Desk>, file: &[u8], take: Take) -> Result<Answer, Failure> {
    let parcel = Parcel::open(file, &owner(desk)).map_err(Failure::Parcel)?;
    let mut unpacked = Unpacked {
        made_at: parcel.made_at,
        is_own_device: parcel.device == desk.device,
        ..Unpacked::default()
    };
    let (rows, gone) = carry(desk, parcel.acts, take, &mut unpacked).await?;
    if take == Take::Over {
        let mut state = desk.state.borrow_mut();
        state
            .list
            .note(rows.iter().map(|row| row.id), gone.iter().copied());
        drop(state);
        desk.announce(rows, gone);
        desk.tabs.tell(&Word::Wake);
        sync::wake(desk);
        // What waits for its incident is settled by the next page.
        sync::feed(desk, Input::Hint);
        desk.refresh_status();
    }
    Ok(Answer::Unpacked(Sealed::of(&unpacked)))
}

fn owner(desk: &Desk) -> Owner {
    let state = desk.state.borrow();
    let directory = state.directory.as_ref();
    Owner {
        home: Home {
            origin: clock::scope().location().origin(),
            organisation: directory
                .map(|directory| directory.name.clone())
                .unwrap_or_default(),
            epoch: state.cursors.epoch,
        },
        person: desk.person,
        surface: desk.surface,
    }
}

async fn carry(
    desk: &Desk,
    acts: Vec<Packed>,
    take: Take,
    unpacked: &mut Unpacked,
) -> Result<(Vec<Row>, Vec<IncidentId>), Failure> {
    let purpose = match take {
        Take::Look => Purpose::Read,
        Take::Over => Purpose::Strict,
    };
    let shelves = [Shelf::Docs, Shelf::Overlays, Shelf::Outbox, Shelf::Review];
    let tx = desk.storage.begin(&shelves, purpose)?;
    let mut waiting = keep::by_incident(keep::outbox(&tx).await?);
    let (mut rows, mut gone) = (Vec::new(), Vec::new());
    for (id, drafts) in by_incident(acts) {
        let entries = waiting.remove(&id).unwrap_or_default();
        match carry_one(desk, &tx, (id, drafts), &entries, (take, &mut *unpacked)).await? {
            Some(Outcome::Shown(row)) => rows.push(*row),
            Some(Outcome::Gone) => gone.push(id),
            Some(Outcome::Unreadable) | None => {}
        }
    }
    if take == Take::Over {
        tx.commit().await?;
    }
    Ok((rows, gone))
}

/// The acts under their incidents, each in the order they were done.
fn by_incident(acts: Vec<Packed>) -> BTreeMap<IncidentId, Vec<Drafted>> {
    let mut sorted: BTreeMap<_, Vec<Drafted>> = BTreeMap::new();
    for act in acts {
        sorted.entry(act.incident).or_default().push(act.drafted);
    }
    sorted
}

async fn carry_one(
    desk: &Desk,
    tx: &Tx<'_>,
    (id, drafts): (IncidentId, Vec<Drafted>),
    entries: &keep::Entries,
    (take, unpacked): (Take, &mut Unpacked),
) -> Result<Option<Outcome>, Failure> {
    let (before, mut local) = keep::load(tx, id, entries).await?;
    if keep::is_damaged(&before) {
        return Err(unreadable(BadDocument));
    }
    let mut writer = Writer {
        slot: desk.tabs.slot,
        fresh: &mut clock::fresh_actor,
    };
    let mut review = Vec::new();
    for drafted in drafts {
        let mut act = WaitingAct::of(id, &drafted);
        let carried = local.carry(drafted, desk.surface, &mut writer);
        match carried.map_err(unreadable)? {
            Carried::Known => {
                unpacked.known += 1;
                continue;
            }
            Carried::Written => {}
            Carried::Waits => act.lacks_incident = true,
            Carried::Review(entry) => review.push(entry),
        }
        act.subject = desk::subject_of(&mut local, &act.intent);
        unpacked.acts.push(act);
    }
    if take == Take::Look {
        return Ok(None);
    }
    keep::store_review(tx, &review)?;
    for entry in &local.outbox()[entries.len()..] {
        tx.append(Shelf::Outbox, &entry.encode())?;
    }
    if local.is_gone() {
        return Ok(None);
    }
    Ok(Some(keep::store(
        tx,
        &before,
        entries,
        &mut local,
        &desk.rules(),
    )?))
}

fn unreadable(why: BadDocument) -> Failure {
    Broken::Other(why.to_string()).into()
}
