//! Refused acts that their author discards, and may put back for a while.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use shared::ids::ActId;

use super::desk::Desk;
use super::drafts;
use super::protocol::{Answer, Failure};
use super::storage::{Broken, Purpose, Shelf};

/// A little longer than the page offers to put an act back.
const KEPT_MILLIS: u32 = 15_000;

/// Drops an act; for a while it can be put back.
pub(crate) async fn discard(desk: &Rc<Desk>, act: ActId) -> Result<Answer, Broken> {
    let tx = desk.storage.begin(&[Shelf::Review], Purpose::Strict)?;
    let record = tx.get(Shelf::Review, act.to_string())?.await?;
    tx.delete(Shelf::Review, act.to_string())?;
    tx.commit().await?;
    if let Some(record) = record {
        keep_for_a_while(desk, act, record);
    }
    desk.refresh_status();
    Ok(Answer::Done)
}

/// Puts an act back as it was.
pub(crate) async fn put_back(desk: &Rc<Desk>, act: ActId) -> Result<Answer, Failure> {
    let record = desk.state.borrow().discarded.get(&act).cloned();
    let record = record.ok_or(Failure::Unknown)?;
    let tx = desk.storage.begin(&[Shelf::Review], Purpose::Strict)?;
    tx.put(Shelf::Review, act.to_string(), &record)?;
    tx.commit().await?;
    desk.state.borrow_mut().discarded.remove(&act);
    desk.refresh_status();
    Ok(Answer::Done)
}

fn keep_for_a_while(desk: &Rc<Desk>, act: ActId, record: Vec<u8>) {
    desk.state.borrow_mut().discarded.insert(act, record);
    let desk = Rc::clone(desk);
    spawn_local(async move {
        TimeoutFuture::new(KEPT_MILLIS).await;
        desk.state.borrow_mut().discarded.remove(&act);
        // A name that stays behind goes with the next draft.
        drafts::tidy(&desk).await.ok();
    });
}
