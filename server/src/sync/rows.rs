//! Rows of another format: what an earlier version wrote is written anew before anybody is served.

use shared::rows::row;

use super::batch::row_state;
use crate::App;
use crate::store;

/// How many incidents share a transaction.
const SLICE: u32 = 256;

/// Writes every row of another format than this version's anew from its documents. Returns how
/// many.
pub async fn renew(app: &App) -> store::Result<usize> {
    let rules = app.people.current().rules();
    let (mut renewed, mut after) = (0, None);
    loop {
        let mut writing = app.store.write().await?;
        let ids = writing.rows_of_other_formats(after, SLICE).await?;
        let Some(last) = ids.last().copied() else {
            return Ok(renewed);
        };
        let (now, ids) = (app.clock.now(), ids.into_iter().collect());
        let kept = app.keeper.read(&mut *writing, &ids, &rules, now).await?;
        for kept in kept.values() {
            let staff = row(&kept.incident, &rules);
            writing.put_row(&row_state(&staff, &kept.public)).await?;
        }
        let head = writing.log().await?.head;
        writing.commit(head).await?;
        let unread = ids.iter().filter(|id| !kept.contains_key(id));
        for id in unread {
            tracing::warn!(incident = %id, "its documents cannot be read; plain pages lack it");
        }
        (renewed, after) = (renewed + kept.len(), Some(last));
        tracing::info!(renewed, "rows of an earlier version are written anew");
    }
}
