//! What is resolved closes by itself, once nobody has said another word for so many business days.
//!
//! # Design
//! Question: where is remembered when an incident closes? Answer: nowhere. It follows from when
//! something happened to it last and from the setting that holds now, and the later that was, the
//! later it closes; so the index of resolved incidents by that moment is looked at from its
//! beginning until the first that is not due. A setting that changes needs nothing written.
//! Rejected: a table of due times, which would have to be written anew with every setting. The
//! index goes by when something happened, which is never later than when it arrived.
//!
//! Question: what of a word that was said offline by then? Answer: a closing of the server's gives
//! way to whatever somebody said without having seen it.

use std::sync::Arc;
use std::time::Duration;

use shared::ids::IncidentId;
use shared::incidents::{Intent, State};
use shared::rows::row;
use shared::sync::server::Kept;
use shared::targets::Targets;
use shared::time::UnixMillis;
use tokio::time::sleep;

use super::own::{self, Circumstances, Own};
use crate::App;
use crate::store;

/// How many incidents close in one transaction: others wait for it.
const STEP: u32 = 64;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(20);

const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Where the last look ended.
type Place = (UnixMillis, IncidentId);

/// Closes what is due, now and then, until the server stops.
pub(crate) async fn now_and_then(app: Arc<App>) {
    loop {
        look(&app).await;
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

/// Closes what is due, and says how that went.
pub(crate) async fn look(app: &App) {
    match close(app).await {
        Ok(0) => {}
        Ok(incidents) => tracing::info!(incidents, "resolved incidents closed by themselves"),
        Err(cause) => {
            let cause = format!("{cause:#}");
            tracing::warn!(cause, "resolved incidents do not close by themselves");
        }
    }
}

/// Closes everything that is due. Returns how many incidents.
pub async fn close(app: &App) -> store::Result<usize> {
    let (mut closed, mut after) = (0, None);
    loop {
        let (step, last) = step(app, after).await?;
        closed += step;
        if last.is_none() {
            return Ok(closed);
        }
        after = last;
        sleep(PAUSE).await;
    }
}

/// Closes a few. Returns how many, and where to go on.
async fn step(app: &App, after: Option<Place>) -> store::Result<(usize, Option<Place>)> {
    let _still = app.people.stay().await;
    let (now, directory) = (app.clock.now(), app.people.current());
    if directory.targets.closing.is_none() {
        return Ok((0, None));
    }
    let is_due = |rests_since| is_due(&directory.targets, rests_since, now);
    let mut writing = app.store.write().await?;
    let resolved = writing.resolved(after, STEP).await?;
    let due = resolved.iter().take_while(|(at, _)| is_due(*at));
    let due: Vec<Place> = due.copied().collect();
    let Some(last) = due.last().copied() else {
        return Ok((0, None));
    };
    let ids = due.into_iter().map(|(_, id)| id).collect();
    let closed = own::act_on(app, writing, ids, closing).await?;
    Ok((closed, Some(last)))
}

fn is_due(targets: &Targets, rests_since: UnixMillis, now: UnixMillis) -> bool {
    let closes_at = targets.closes_at(rests_since);
    closes_at.is_some_and(|closes_at| closes_at <= now)
}

/// What came late counts from when it could be read, and open cards are to be read.
fn closing(kept: &Kept, circumstances: &Circumstances) -> Option<Own> {
    let Circumstances {
        directory,
        rules,
        now,
        ..
    } = circumstances;
    let incident = &kept.incident;
    let rests_since = kept.rests_since(&row(incident, rules))?;
    let closes_at = directory.targets.closes_at(rests_since)?;
    if incident.state != State::Resolved || closes_at > *now {
        return None;
    }
    Some(Own {
        acts: vec![own::act(
            incident.id,
            Intent::Close,
            (&["closing"], rests_since),
            *now,
        )],
        // Nobody gets a letter of each incident that had rested for long when somebody made them
        // close.
        is_told: closes_at >= directory.since,
    })
}
