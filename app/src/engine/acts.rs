//! Acts: painted at once, kept in one strict transaction, told when that is true.
//!
//! Acts of this engine are taken one after the other, so that each sees the one before. What
//! another tab wrote in between is noticed inside the transaction, where the act is then written
//! again on what is stored, with the same facts.

use std::rc::Rc;

use futures_channel::mpsc::UnboundedReceiver;

use shared::ids::{ActId, DocKey, IncidentId};
use shared::incidents::{Drafted, Incident, Intent};
use shared::policy;
use shared::rows::{Row, pack_one, row};
use shared::sync::client::{LocalIncident, NotWritten, OutboxEntry, Writer};

use super::attachments::{self, Prepared};
use super::desk::{self, Desk};
use super::keep;
use super::library::{Copy, Records};
use super::protocol::{ActNames, Answer, Failure, News, Sealed};
use super::storage::{Purpose, Shelf};
use super::tabs::Word;
use super::{board, clock, sync};

/// An act that the page asked for.
pub(crate) struct Wish {
    number: u32,
    incident: Option<IncidentId>,
    intent: Intent,
    names: ActNames,
}

/// Puts an act behind those already asked for.
pub(crate) fn enqueue(
    desk: &Desk,
    number: u32,
    incident: Option<IncidentId>,
    intent: Intent,
    names: ActNames,
) {
    let wish = Wish {
        number,
        incident,
        intent,
        names,
    };
    if desk.wishes.unbounded_send(wish).is_err() {
        board::answer(number, Err(Failure::NotStarted));
    }
}

/// Does acts as they are asked for.
pub(crate) async fn work(desk: Rc<Desk>, mut wishes: UnboundedReceiver<Wish>) {
    while let Ok(wish) = wishes.recv().await {
        let number = wish.number;
        if desk.is_over.get() {
            board::answer(number, Err(Failure::NotStarted));
            continue;
        }
        match paint(&desk, wish).await {
            Ok(painted) => {
                desk.state.borrow_mut().in_hand = Some(painted.local.id);
                Box::pin(keep(&desk, painted)).await;
                desk.state.borrow_mut().in_hand = None;
            }
            Err(why) => board::answer(number, Err(why)),
        }
    }
}

/// An act that is on the screen but not yet on the disk.
struct Painted {
    act: ActId,
    /// Whether the page knows what came of it.
    is_told: bool,
    records: Records,
    local: LocalIncident,
    incident: Incident,
    row: Row,
    entry: OutboxEntry,
}

async fn paint(desk: &Rc<Desk>, wish: Wish) -> Result<Painted, Failure> {
    let (number, is_declared) = (wish.number, wish.incident.is_none());
    let (records, mut local, drafted) = prepare(desk, wish).await?;
    let act = drafted.act;
    write(desk, &mut local, drafted)?;
    let entry = local.outbox().last().cloned().ok_or(Failure::Unknown)?;
    let (incident, _) = local.read().map_err(|_| Failure::Unknown)?;
    let row = row(&incident, &desk.rules());
    // The page foresees what is done to the incident that it shows: of that it hears once it is
    // kept, and nothing before, since what it does with it would keep the tick off the screen.
    let is_foreseen = desk.state.borrow().followed.contains(&local.id);
    if !is_foreseen {
        desk::tell_rows(vec![row.clone()], Vec::new());
    }
    let told = is_declared.then(|| Sealed::of(&incident));
    let painted = Answer::Painted {
        act,
        incident: told,
    };
    board::answer(number, Ok(painted));
    Ok(Painted {
        act,
        is_told: !is_foreseen,
        records,
        local,
        incident,
        row,
        entry,
    })
}

/// Finds what the act is on and whether it may be done.
async fn prepare(
    desk: &Rc<Desk>,
    wish: Wish,
) -> Result<(Records, LocalIncident, Drafted), Failure> {
    let is_declare = matches!(wish.intent, Intent::Declare(_));
    if is_declare == wish.incident.is_some() {
        return Err(Failure::Unknown);
    }
    let (copy, before) = match wish.incident {
        Some(id) => {
            let mut copy = take(desk, id).await?;
            let before = copy.incident.take();
            (copy, before)
        }
        None => (unborn(desk), None),
    };
    if let Some(me) = desk.me() {
        policy::may(&me, &wish.intent, before.as_ref()).map_err(Failure::Refused)?;
    }
    if let Some(directory) = &desk.state.borrow().directory {
        policy::names_who_may(&wish.intent, before.as_ref(), directory)
            .map_err(Failure::Refused)?;
    }
    Ok((
        copy.records,
        copy.local,
        draft(desk, wish.intent, wish.names),
    ))
}

/// An incident with what it reads as, from memory if this engine has it ready: if it was written
/// elsewhere meanwhile, the commit notices.
async fn take(desk: &Rc<Desk>, id: IncidentId) -> Result<Copy, Failure> {
    let ready = desk.state.borrow_mut().library.take_unchecked(id);
    if let Some(copy) = ready.filter(|copy| copy.incident.is_some()) {
        return Ok(copy);
    }
    let incident = desk.read(id).await?;
    let mut copy = desk.fetch(id).await?;
    copy.incident = Some(incident);
    Ok(copy)
}

fn unborn(desk: &Desk) -> Copy {
    let id = IncidentId::new(clock::wall(), clock::random());
    Copy {
        records: Records::default(),
        local: LocalIncident::unborn(id, desk.surface),
        incident: None,
    }
}

fn draft(desk: &Desk, intent: Intent, names: ActNames) -> Drafted {
    let reading = clock::reading();
    Drafted {
        act: names.act,
        intent,
        facts: names.facts,
        by: desk.person,
        at: reading.wall,
        boot: reading.boot,
        mono: reading.mono,
        saw: None,
    }
}

fn write(desk: &Desk, local: &mut LocalIncident, drafted: Drafted) -> Result<(), Failure> {
    let mut writer = Writer {
        slot: desk.tabs.slot,
        fresh: &mut clock::fresh_actor,
    };
    local.act(drafted, &mut writer).map_err(|why| match why {
        NotWritten::Refused(refused) => Failure::Refused(refused),
        NotWritten::Unreadable => Failure::Unknown,
    })
}

async fn keep(desk: &Rc<Desk>, painted: Painted) {
    let (act, id) = (painted.act, painted.local.id);
    match Box::pin(commit(desk, painted)).await {
        Ok(kept) => {
            desk::tell_kept(act, Ok(()));
            if !kept.is_told {
                desk::tell_rows(vec![kept.row.clone()], Vec::new());
                if let Some(incident) = &kept.copy.incident {
                    board::tell(News::of(incident));
                }
            }
            desk.state.borrow_mut().library.put(kept.copy);
            tell_tabs(desk, kept.row);
            if kept.has_files {
                desk.tabs.tell(&Word::Files);
            }
            sync::wake(desk);
            desk.refresh_status();
        }
        Err(why) => {
            // The copy in memory is dropped with the act; what is stored counts. Shown first: an
            // act that is settled and still on the screen would look kept.
            show_stored(desk, id).await;
            desk::tell_kept(act, Err(why));
        }
    }
}

/// An act that is on the disk.
struct Kept {
    copy: Copy,
    row: Row,
    /// Whether the page knows what came of it.
    is_told: bool,
    /// Whether files came or went with it.
    has_files: bool,
}

async fn commit(desk: &Rc<Desk>, mut painted: Painted) -> Result<Kept, Failure> {
    let prepared = prepared(desk, &painted.entry.drafted.intent)?;
    let mut shelves = vec![Shelf::Docs, Shelf::Overlays, Shelf::Outbox];
    if concerns_files(&painted.entry.drafted.intent) {
        shelves.extend([Shelf::Blobs, Shelf::Uploads]);
    }
    let tx = desk.storage.begin(&shelves, Purpose::Strict)?;
    let stored = keep::records(&tx, painted.local.id).await?;
    let is_written_anew = stored != painted.records;
    if is_written_anew {
        write_anew(desk, &stored, &mut painted)?;
    }
    let Painted {
        is_told,
        mut local,
        incident,
        row,
        entry,
        ..
    } = painted;
    let records = keep::store_docs(&tx, &stored, &local)?;
    tx.put(Shelf::Overlays, local.id, &pack_one(&row))?;
    tx.append(Shelf::Outbox, &entry.encode())?;
    if let Some(prepared) = &prepared {
        attachments::keep(&tx, (local.id, &entry.drafted), prepared)?;
    }
    if let Intent::Withdraw { doc: kind, fact } = entry.drafted.intent {
        attachments::take_back(&tx, DocKey { kind, id: local.id }, fact)?;
    }
    tx.commit().await?;
    local.set_outbox(Vec::new());
    let copy = Copy {
        records,
        local,
        incident: Some(incident),
    };
    Ok(Kept {
        copy,
        row,
        is_told: is_told && !is_written_anew,
        has_files: concerns_files(&entry.drafted.intent),
    })
}

fn concerns_files(intent: &Intent) -> bool {
    matches!(intent, Intent::Attach { .. } | Intent::Withdraw { .. })
}

/// The file that an act names, which was made ready before it.
fn prepared(desk: &Desk, intent: &Intent) -> Result<Option<Prepared>, Failure> {
    let Intent::Attach { file, .. } = intent else {
        return Ok(None);
    };
    let ready = &mut desk.state.borrow_mut().prepared;
    let place = ready.iter().position(|prepared| prepared.is(file));
    let prepared = place.and_then(|place| ready.remove(place));
    prepared.map(Some).ok_or(Failure::Unknown)
}

/// Writes the same act on what is stored now, with the same facts and what its author had seen.
fn write_anew(desk: &Desk, stored: &Records, painted: &mut Painted) -> Result<(), Failure> {
    let mut local = LocalIncident::new(painted.local.id, keep::docs(stored), Vec::new());
    if local.is_gone() {
        return Err(Failure::Unknown);
    }
    write(desk, &mut local, painted.entry.drafted.clone())?;
    painted.entry = local.outbox().last().cloned().ok_or(Failure::Unknown)?;
    painted.incident = local.read().map_err(|_| Failure::Unknown)?.0;
    painted.row = row(&painted.incident, &desk.rules());
    painted.local = local;
    Ok(())
}

fn tell_tabs(desk: &Rc<Desk>, row: Row) {
    desk.state.borrow_mut().list.note([row.id], []);
    desk.tabs.tell(&Word::Clock(clock::reading()));
    desk.tabs.tell(&Word::Changed {
        rows: vec![row],
        gone: Vec::new(),
    });
    desk.tabs.tell(&Word::Wake);
}

/// Shows an incident as it is stored, after an act on it could not be kept.
async fn show_stored(desk: &Rc<Desk>, id: IncidentId) {
    match desk.read(id).await {
        Ok(incident) => {
            desk::tell_rows(vec![row(&incident, &desk.rules())], Vec::new());
            board::tell(News::of(&incident));
        }
        Err(_) => desk::tell_rows(Vec::new(), vec![id]),
    }
}
