//! Acts: painted at once, kept in one strict transaction, told when that is true.
//!
//! Acts of this engine are taken one after the other, so that each sees the one before. What another
//! tab wrote in between is noticed inside the transaction, where the act is then written again on
//! what is stored, with the same facts.

use std::rc::Rc;

use futures_channel::mpsc::UnboundedReceiver;

use shared::ids::{ActId, FactId, IncidentId};
use shared::incidents::{Drafted, Intent, Refused};
use shared::policy;
use shared::rows::row;
use shared::sync::client::{LocalIncident, NotWritten, OutboxEntry, Writer};

use super::desk::{self, Desk};
use super::keep::{self, Outcome};
use super::library::{Copy, Records};
use super::protocol::{Answer, Failure, News};
use super::storage::{Purpose, Shelf};
use super::tabs::Word;
use super::{board, clock, sync};

/// An act that the page asked for.
pub(crate) struct Wish {
    number: u32,
    incident: Option<IncidentId>,
    intent: Intent,
}

/// Puts an act behind those already asked for.
pub(crate) fn enqueue(desk: &Desk, number: u32, incident: Option<IncidentId>, intent: Intent) {
    let wish = Wish {
        number,
        incident,
        intent,
    };
    // The other end lives as long as the desk.
    desk.wishes.unbounded_send(wish).ok();
}

/// Does acts as they are asked for.
pub(crate) async fn work(desk: Rc<Desk>, mut wishes: UnboundedReceiver<Wish>) {
    while let Ok(wish) = wishes.recv().await {
        if desk.is_over.get() {
            return;
        }
        let number = wish.number;
        match paint(&desk, wish).await {
            Ok(painted) => keep(&desk, painted).await,
            Err(why) => board::answer(number, Err(why)),
        }
    }
}

/// An act that is on the screen but not yet on the disk.
struct Painted {
    act: ActId,
    records: Records,
    local: LocalIncident,
    entry: OutboxEntry,
}

async fn paint(desk: &Rc<Desk>, wish: Wish) -> Result<Painted, Failure> {
    let is_declare = matches!(wish.intent, Intent::Declare(_));
    let id = match wish.incident {
        Some(id) if !is_declare => id,
        Some(_) | None if is_declare => IncidentId::new(clock::wall(), clock::random()),
        Some(_) | None => return Err(Failure::Unknown),
    };
    let Copy { records, mut local } = desk.fetch(id).await?;
    if local.is_gone() != is_declare {
        return Err(Failure::Unknown);
    }
    let before = if is_declare {
        None
    } else {
        Some(local.read().map_err(|_| Failure::Unknown)?.0)
    };
    if let Some(me) = desk.me() {
        policy::may(&me, &wish.intent, before.as_ref()).map_err(Failure::Refused)?;
    }
    let drafted = draft(desk, wish.intent);
    let act = drafted.act;
    write(desk, &mut local, drafted)?;
    let entry = local.outbox().last().cloned().ok_or(Failure::Unknown)?;
    let (incident, _) = local.read().map_err(|_| Failure::Unknown)?;
    let row = row(&incident, &desk.matrix());
    let incident = Box::new(incident);
    board::answer(wish.number, Ok(Answer::Painted { act, incident }));
    desk::tell_rows(vec![row], Vec::new());
    Ok(Painted {
        act,
        records,
        local,
        entry,
    })
}

fn draft(desk: &Desk, intent: Intent) -> Drafted {
    let reading = clock::reading();
    let fact = || FactId::new(reading.wall, clock::random());
    Drafted {
        act: ActId::new(reading.wall, clock::random()),
        intent,
        facts: [fact(), fact()],
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
    match commit(desk, painted).await {
        Ok((copy, outcome)) => {
            desk.state.borrow_mut().library.put(copy);
            desk::tell_kept(act, Ok(()));
            tell_tabs(desk, outcome);
            sync::wake(desk);
            desk.refresh_status();
        }
        Err(why) => {
            // The copy in memory is dropped with the act; what is stored counts.
            desk::tell_kept(act, Err(why));
            show_stored(desk, id).await;
        }
    }
}

async fn commit(desk: &Rc<Desk>, painted: Painted) -> Result<(Copy, Outcome), Failure> {
    let Painted {
        records,
        mut local,
        mut entry,
        ..
    } = painted;
    let shelves = [Shelf::Docs, Shelf::Overlays, Shelf::Outbox];
    let matrix = desk.matrix();
    let tx = desk.storage.begin(&shelves, Purpose::Strict)?;
    let stored = keep::records(&tx, local.id).await?;
    if stored != records {
        local = LocalIncident::new(local.id, keep::docs(&stored), Vec::new());
        write(desk, &mut local, entry.drafted.clone())?;
        entry = local
            .outbox()
            .last()
            .cloned()
            .ok_or(Failure::Refused(Refused::Scope))?;
    }
    let records = keep::store_docs(&tx, &stored, &local)?;
    let outcome = keep::store_row(&tx, &mut local, &matrix)?;
    tx.append(Shelf::Outbox, &entry.encode())?;
    tx.commit().await?;
    local.set_outbox(Vec::new());
    Ok((Copy { records, local }, outcome))
}

fn tell_tabs(desk: &Rc<Desk>, outcome: Outcome) {
    let Outcome::Shown(row) = outcome else { return };
    let id = row.id;
    desk.state.borrow_mut().list.note([id], []);
    desk.tabs.tell(&Word::Clock(clock::reading()));
    desk.tabs.tell(&Word::Changed {
        rows: vec![*row],
        gone: Vec::new(),
    });
    desk.tabs.tell(&Word::Wake);
}

/// Shows an incident as it is stored, after an act on it could not be kept.
async fn show_stored(desk: &Rc<Desk>, id: IncidentId) {
    match desk.read(id).await {
        Ok(incident) => {
            desk::tell_rows(vec![row(&incident, &desk.matrix())], Vec::new());
            board::tell(News::Incident(Box::new(incident)));
        }
        Err(_) => desk::tell_rows(Vec::new(), vec![id]),
    }
}
