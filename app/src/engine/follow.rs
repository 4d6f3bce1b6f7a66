//! Rows of open incidents follow another edition of the service levels.
//!
//! Nothing remembers how far this has come: a row says by which edition it was worked out, so the
//! tab that leads next finds what is left.

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use shared::ids::IncidentId;
use shared::rows::Row;

use super::desk::Desk;
use super::keep::{self, Outcome};
use super::list::List;
use super::storage::{Broken, Purpose, Shelf};

/// How many incidents share a transaction, so that an act waits for few of them.
const SLICE: usize = 8;

impl Desk {
    /// Works the rows out anew that the latest edition may reach, while this tab leads.
    pub(crate) fn follow_levels(self: &Rc<Self>) {
        let version = self.rules().now().targets.version;
        {
            let mut state = self.state.borrow_mut();
            let leads = state.network.poll_timeout().is_some();
            if !leads || state.levels_followed == Some(version) {
                return;
            }
            state.levels_followed = Some(version);
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            if renew(&desk).await.is_err() {
                desk.state.borrow_mut().levels_followed = None;
            }
        });
    }
}

async fn renew(desk: &Rc<Desk>) -> Result<(), Broken> {
    let tx = desk
        .storage
        .begin(&[Shelf::Chunks, Shelf::Overlays], Purpose::Read)?;
    let (stored, rules) = (List::read(&tx).await?, desk.rules());
    drop(tx);
    let reached = |row: &&Row| row.state.is_open() && rules.may_reach(row.edition, row.created_at);
    let ids: Vec<_> = stored
        .rows
        .iter()
        .filter(reached)
        .map(|row| row.id)
        .collect();
    for ids in ids.chunks(SLICE) {
        if desk.is_over.get() {
            return Ok(());
        }
        let rows = work_out(desk, ids).await?;
        let changed: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
        desk.state.borrow_mut().list.note(changed, []);
        desk.announce(rows, Vec::new());
    }
    desk.tidy();
    Ok(())
}

/// Writes rows anew from the documents as they are stored; without those of an act under way, whose
/// row the page foresees.
async fn work_out(desk: &Rc<Desk>, ids: &[IncidentId]) -> Result<Vec<Row>, Broken> {
    let tx = desk.storage.begin(&Shelf::COPY, Purpose::Relaxed)?;
    let mut entries = keep::by_incident(keep::outbox(&tx).await?);
    let (rules, mut rows) = (desk.rules(), Vec::new());
    for id in ids {
        let entries = entries.remove(id).unwrap_or_default();
        let (_, mut local) = keep::load(&tx, *id, &entries).await?;
        if local.is_gone() {
            continue;
        }
        if let Outcome::Shown(row) = keep::store_row(&tx, &mut local, &rules)? {
            rows.push(*row);
        }
    }
    tx.commit().await?;
    let in_hand = desk.state.borrow().in_hand;
    rows.retain(|row| in_hand != Some(row.id));
    Ok(rows)
}
