//! What is on hold: those for whom it waits are reminded, it is resolved when nobody answers, and
//! work goes on when the day has come. What comes next, and when, follows from a row and the
//! settings (see [`shared::incidents::next_step`]).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{IncidentId, PersonId};
use shared::incidents::{Hold, HoldStep, Incident, Intent, ResolutionCode, next_step};
use shared::people::Directory;
use shared::rows::unpack_one;
use shared::sync::server::Kept;
use shared::targets::Targets;
use shared::time::UnixMillis;
use tokio::time::sleep;

use super::own::{self, Circumstances, Own};
use crate::App;
use crate::notify;
use crate::store;

/// How many rows are looked at in one go, and how many incidents are written to in one transaction.
const LOOK: u32 = 512;
const STEP: usize = 64;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(20);

const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Does what is due, now and then, until the server stops.
pub(crate) async fn now_and_then(app: Arc<App>) {
    loop {
        look(&app).await;
        tokio::select! {
            () = sleep(LOOK_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

/// Does what is due, and says how that went.
pub(crate) async fn look(app: &App) {
    match remind(app).await {
        Ok(0) => {}
        Ok(incidents) => tracing::info!(incidents, "what is on hold was looked after"),
        Err(cause) => {
            let cause = format!("{cause:#}");
            tracing::warn!(cause, "nobody is reminded of what is on hold");
        }
    }
}

/// Does everything that is due. Returns to how many incidents.
pub async fn remind(app: &App) -> store::Result<usize> {
    let due = due(app).await?;
    let mut acted = 0;
    for ids in due.chunks(STEP) {
        let _still = app.people.stay().await;
        let writing = app.store.write().await?;
        acted += own::act_on(app, writing, ids.iter().copied().collect(), step).await?;
        sleep(PAUSE).await;
    }
    Ok(acted)
}

/// The incidents on hold of which something is due.
async fn due(app: &App) -> store::Result<Vec<IncidentId>> {
    let (now, targets) = (app.clock.now(), app.people.current());
    let targets = &targets.targets;
    let mut due = BTreeSet::new();
    let mut after = None;
    loop {
        let rows = app.store.view().await?.held_rows(after, LOOK).await?;
        after = rows.last().map(|(id, _)| *id);
        let is_due = |(id, row): &(IncidentId, Vec<u8>)| {
            let hold = unpack_one(row).ok()?.hold?;
            is_due(&hold, targets, now).then_some(*id)
        };
        due.extend(rows.iter().filter_map(is_due));
        if rows.len() < LOOK as usize {
            return Ok(due.into_iter().collect());
        }
    }
}

fn is_due(hold: &Hold, targets: &Targets, now: UnixMillis) -> bool {
    next_step(hold, targets).is_some_and(|(_, at)| at <= now)
}

fn step(kept: &Kept, circumstances: &Circumstances) -> Option<Own> {
    let Circumstances { directory, now, .. } = circumstances;
    let incident = &kept.incident;
    let hold = incident.hold?;
    let (step, at) = next_step(&hold, &directory.targets).filter(|(_, at)| at <= now)?;
    let (what, intent, at) = match step {
        // The clocks stood still until that day, whenever the server comes to it.
        HoldStep::Resume => ("resuming", Intent::Start, at.max(hold.since)),
        HoldStep::Remind => ("reminding", Intent::Remind { hold: hold.fact }, *now),
        HoldStep::Resolve => ("resolving", resolve(incident, &hold, directory), *now),
    };
    let why = [what, &hold.fact.to_string()];
    Some(Own {
        acts: vec![own::act(incident.id, intent, (&why, hold.told_at), at)],
        is_told: true,
    })
}

/// The notes are for the requester, in their language.
fn resolve(incident: &Incident, hold: &Hold, directory: &Directory) -> Intent {
    let language = |person: PersonId| Some(directory.person(person)?.language.as_str());
    let language = incident.requester_person().and_then(language);
    Intent::Resolve {
        code: ResolutionCode::NoLongerNeeded,
        notes: notify::unanswered(hold.reminders, language.unwrap_or_default()),
    }
}
