//! Pushing: what waits is offered in order, and the verdicts are stored before anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use shared::ids::IncidentId;
use shared::sync::client::{
    Fault, Input, Offer, OutboxEntry, Waiting, Writer, cursors_after_loss, offer,
};
use shared::sync::message::{self, PROTOCOL, PushGroup, PushReply, PushRequest, Verdict};
use shared::time::Boot;

use super::desk::Desk;
use super::keep::{self, Outcome};
use super::storage::{Broken, Purpose, Shelf, Tx};
use super::{called, clock, http, rebuild, start, sync, walk};

/// Pushes once and reports what came of it.
pub(crate) async fn push(desk: Rc<Desk>, groups_max: usize) {
    let input = match try_push(&desk, groups_max).await {
        Ok(waiting) => Input::Pushed(waiting),
        Err(fault) => Input::Failed(fault),
    };
    let is_pushed = matches!(input, Input::Pushed(_));
    sync::feed(&desk, input);
    if is_pushed {
        // What was accepted may name files.
        sync::feed(&desk, Input::UploadsGrew);
    }
}

/// Whether acts wait that can be sent.
pub(crate) async fn waiting(desk: &Desk) -> Result<Waiting, Broken> {
    waiting_in(&desk.storage.begin(&[Shelf::Outbox], Purpose::Read)?).await
}

/// The same, as a transaction sees it.
pub(crate) async fn waiting_in(tx: &Tx<'_>) -> Result<Waiting, Broken> {
    let (offers, _) = offer(&entries(tx).await?, 1);
    Ok(if offers.is_empty() {
        Waiting::None
    } else {
        Waiting::Some
    })
}

async fn try_push(desk: &Rc<Desk>, groups_max: usize) -> Result<Waiting, Fault> {
    let entries = stored(desk).await.map_err(|_| Fault::Disk)?;
    let (offers, groups) = offer(&entries, groups_max);
    if offers.is_empty() {
        return Ok(Waiting::None);
    }
    let boots = entries.iter().map(|entry| entry.drafted.boot).collect();
    // A page asked for before this push would bring documents without what it brings.
    desk.state.borrow_mut().ahead = None;
    let body = message::encode(&request(desk, groups, &boots));
    let answer = http::post("/sync/push", &body).await?;
    let reply: PushReply = message::decode(&answer).map_err(|_| Fault::Unreachable)?;
    if reply.min_client > PROTOCOL {
        return Err(Fault::Outdated);
    }
    if reply.verdicts.len() != offers.len() {
        return Err(Fault::Malformed);
    }
    let is_put_off = reply.verdicts.iter().any(is_put_off);
    store(desk, offers, reply).await.map_err(|_| Fault::Disk)?;
    if is_put_off {
        return Err(Fault::PutOff);
    }
    waiting(desk).await.map_err(|_| Fault::Disk)
}

/// What a change rests on cannot be looked up now.
fn is_put_off(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Missing { hashes, .. } if hashes.is_empty())
}

pub(crate) async fn stored(desk: &Desk) -> Result<Vec<OutboxEntry>, Broken> {
    entries(&desk.storage.begin(&[Shelf::Outbox], Purpose::Read)?).await
}

pub(crate) async fn entries(tx: &Tx<'_>) -> Result<Vec<OutboxEntry>, Broken> {
    let entries = keep::outbox(tx).await?;
    Ok(entries.into_iter().map(|(_, entry)| entry).collect())
}

pub(crate) fn request(desk: &Desk, groups: Vec<PushGroup>, boots: &BTreeSet<Boot>) -> PushRequest {
    PushRequest {
        protocol: PROTOCOL,
        surface: desk.surface,
        person: desk.person,
        device: desk.device,
        epoch: desk.state.borrow().cursors.epoch,
        clocks: desk.tabs.clocks(boots),
        groups,
        hands_over: false,
    }
}

async fn store(desk: &Rc<Desk>, offers: Vec<Offer>, reply: PushReply) -> Result<(), Broken> {
    let mut verdicts: BTreeMap<IncidentId, Vec<(Offer, Verdict)>> = BTreeMap::new();
    for (offer, verdict) in offers.into_iter().zip(reply.verdicts) {
        verdicts
            .entry(offer.incident)
            .or_default()
            .push((offer, verdict));
    }
    let shelves = [
        Shelf::Docs,
        Shelf::Overlays,
        Shelf::Outbox,
        Shelf::Review,
        Shelf::Meta,
    ];
    let rules = desk.rules();
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    let stored = start::cursors(&tx).await?;
    let mut cursors = stored.clone();
    let mut entries = keep::by_incident(keep::outbox(&tx).await?);
    let (mut rows, mut gone) = (Vec::new(), Vec::new());
    let mut is_damaged = false;
    for (id, verdicts) in verdicts {
        let entries = entries.remove(&id).unwrap_or_default();
        let (before, mut local) = keep::load(&tx, id, &entries).await?;
        let mut writer = Writer {
            slot: desk.tabs.slot,
            fresh: &mut clock::fresh_actor,
        };
        match local.settle(&verdicts, &mut writer) {
            Ok(review) => called::store_review(&tx, (id, &before), &review).await?,
            Err(_) => local.distrust(),
        }
        if keep::is_damaged(&before) {
            // What the server has accepted waits no more, though nothing can be shown of it.
            local.distrust();
            keep::store_without_row(&tx, &before, &entries, &local)?;
            cursors = walk::again(&tx, &cursors).await?;
            is_damaged = true;
            continue;
        }
        if local.docs().any(|doc| doc.distrusted) {
            cursors = cursors_after_loss(&cursors);
        }
        match keep::store(&tx, &before, &entries, &mut local, &rules)? {
            Outcome::Shown(row) => rows.push(*row),
            Outcome::Gone => gone.push(id),
            Outcome::Unreadable => {}
        }
    }
    start::put_cursors(&tx, &cursors)?;
    tx.commit().await?;
    {
        let mut state = desk.state.borrow_mut();
        state.cursors = cursors;
        state
            .list
            .note(rows.iter().map(|row| row.id), gone.iter().copied());
    }
    if is_damaged {
        rebuild::tell_once(desk);
    }
    desk.announce(rows, gone);
    desk.refresh_status();
    Ok(())
}
