//! Dropping the bytes of old changes that a snapshot covers.
//!
//! Who did what on which device, and when it arrived, stays in the log for ever, with the hash of
//! the change; its operations stay in the document, since a snapshot holds every change. So nothing
//! is lost but the means to send an old change by itself: a device that was away for longer gets
//! the document whole.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use shared::document::Document;
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::App;
use crate::store::{self, Aged, Compacted, Store, StoredDoc};

/// How many changes are looked at in one transaction: others wait for it.
const STEP: u32 = 128;

/// About how much is read in one: a document may be large.
const LOADED_BYTES_MAX: usize = 8_000_000;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(50);

/// How often there is a look for what has become old.
const LOOK_EVERY: Duration = Duration::from_hours(1);

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Drops what has become old, now and then, until the server stops.
pub(crate) async fn now_and_then(app: Arc<App>) {
    loop {
        match all(&app).await {
            Ok(Compacted { changes: 0, .. }) => {}
            Ok(Compacted { changes, bytes }) => {
                tracing::info!(changes, bytes, "dropped what snapshots cover");
            }
            Err(cause) => {
                tracing::warn!(cause = format!("{cause:#}"), "cannot drop old changes");
            }
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

/// Drops everything that is old enough.
pub async fn all(app: &App) -> store::Result<Compacted> {
    let kept = i64::from(app.config.keep_changes_days) * DAY_MILLIS;
    let before = app.clock.now().plus(-kept);
    let mut all = Compacted::default();
    while let Some(step) = step(&*app.store, before).await? {
        all.changes += step.changes;
        all.bytes += step.bytes;
        sleep(PAUSE).await;
    }
    Ok(all)
}

/// Drops a few, in one transaction; none when nothing is left that is old enough. A document that
/// cannot be read, or is not what was signed, keeps the bytes of its changes.
async fn step(store: &dyn Store, before: UnixMillis) -> store::Result<Option<Compacted>> {
    let mut writing = store.write().await?;
    let aged = writing.aged(before, STEP).await?;
    let uncovered = aged.iter().filter(|aged| !aged.is_covered);
    let uncovered: BTreeSet<_> = uncovered.map(|aged| aged.doc).collect();
    let mut looked_at = BTreeMap::new();
    let (mut sound, mut last, mut room) = (Vec::new(), None, LOADED_BYTES_MAX);
    for Aged { seq, doc, .. } in aged {
        if !looked_at.contains_key(&doc) {
            if room == 0 {
                break;
            }
            for stored in writing.docs(&[doc.id]).await? {
                room = room.saturating_sub(stored.bytes.len());
                let doc = stored.doc;
                // One that fails here is not sound either.
                let snapshot = spawn_blocking(move || saved(&stored))
                    .await
                    .unwrap_or_default();
                if snapshot.is_none() {
                    tracing::warn!(incident.id = %doc.id, "old changes of it are not dropped");
                }
                looked_at.insert(doc, snapshot.is_some());
                if let Some(snapshot) = snapshot.filter(|_| uncovered.contains(&doc)) {
                    writing.put_snapshot(doc, &snapshot).await?;
                }
            }
        }
        last = Some(seq);
        if looked_at.get(&doc) == Some(&true) {
            sound.push(seq);
        }
    }
    let Some(last) = last else {
        return Ok(None);
    };
    let dropped = writing.drop_bytes(&sound, last).await?;
    let head = writing.log().await?.head;
    writing.commit(head).await?;
    Ok(Some(dropped))
}

/// The document as a snapshot; none if it is not the one that was signed.
fn saved(stored: &StoredDoc) -> Option<Vec<u8>> {
    let load = || Document::load(stored.doc, &stored.bytes);
    let document = catch_unwind(AssertUnwindSafe(load)).ok()?.ok()?;
    (document.heads() == stored.signed.heads).then(|| document.save())
}
