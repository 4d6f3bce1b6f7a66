//! What is over leaves devices after a while, and comes back to whoever asks for it. What decides
//! lies in [`shared::sync::server::leaving`] and beside it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{DocKey, DocKind, IncidentId};
use shared::people::Scope;
use shared::sync::Seq;
use shared::sync::server::{fetched, leaving};
use tokio::time::sleep;

use crate::App;
use crate::store::{self, Audience, Rest, View};

/// How many incidents leave in one transaction: others wait for it.
const STEP: u32 = 128;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(20);

const LOOK_EVERY: Duration = Duration::from_hours(1);

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// Lets go what has become old, now and then, until the server stops.
pub(crate) async fn now_and_then(app: Arc<App>) {
    loop {
        match all(&app).await {
            Ok(0) => {}
            Ok(incidents) => tracing::info!(incidents, "old incidents left devices"),
            Err(cause) => {
                tracing::warn!(
                    cause = format!("{cause:#}"),
                    "old incidents stay on devices"
                );
            }
        }
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

/// Lets everything go that is old enough, or too much. Returns how many incidents.
pub async fn all(app: &App) -> store::Result<usize> {
    let mut all = 0;
    loop {
        let step = step(app).await?;
        all += step;
        if step < STEP as usize {
            return Ok(all);
        }
        sleep(PAUSE).await;
    }
}

async fn step(app: &App) -> store::Result<usize> {
    let held = i64::from(app.config.device_days) * DAY_MILLIS;
    let before = app.clock.now().plus(-held);
    let mut writing = app.store.write().await?;
    // What will close by itself leaves once it has, which would bring it back.
    let spared = app.people.current().targets.closing.is_some();
    let max = app.config.device_incidents;
    let resting = writing.resting((before, max), spared, STEP);
    let ids = resting.await?;
    let mut head = writing.log().await?.head;
    for id in &ids {
        head = Seq(head.0 + 1);
        let left = leaving(&writing.audience(*id).await?);
        let nobody = Audience::new();
        writing.move_audience(*id, &nobody, &left, head).await?;
        writing.put_rest(*id, Rest::Left(head)).await?;
    }
    writing.commit(head).await?;
    app.keeper.publish(head);
    Ok(ids.len())
}

/// Whether an incident is on the devices of somebody with these scopes, or can come back to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    There,
    Left,
    /// It is none of theirs, or there is none.
    Nowhere,
}

async fn stands(
    view: &mut dyn View,
    id: IncidentId,
    scopes: &BTreeSet<Scope>,
) -> store::Result<Stands> {
    let doc = DocKey {
        id,
        kind: DocKind::Work,
    };
    let audience = view.audience(id).await?;
    let reaches = |(kind, scope): &(DocKind, Scope)| *kind == doc.kind && scopes.contains(scope);
    Ok(if audience.iter().any(reaches) {
        Stands::There
    } else if view.has_left(doc, scopes).await? {
        Stands::Left
    } else {
        Stands::Nowhere
    })
}

/// Brings an incident that has left devices to those of somebody with these scopes. Says whether
/// they may have it.
pub(crate) async fn bring(
    app: &App,
    id: IncidentId,
    scopes: &BTreeSet<Scope>,
) -> store::Result<bool> {
    let mut view = app.store.view().await?;
    let standing = stands(&mut *view, id, scopes).await?;
    drop(view);
    if standing != Stands::Left {
        return Ok(standing == Stands::There);
    }
    let mut writing = app.store.write().await?;
    // Somebody may have acted on it meanwhile.
    if stands(&mut *writing, id, scopes).await? != Stands::Left {
        return Ok(true);
    }
    let head = Seq(writing.log().await?.head.0 + 1);
    let (joined, nobody) = (fetched(scopes), Audience::new());
    writing.move_audience(id, &joined, &nobody, head).await?;
    let at = app.clock.now();
    writing.put_rest(id, Rest::Fetched(at)).await?;
    writing.commit(head).await?;
    app.keeper.publish(head);
    Ok(true)
}
