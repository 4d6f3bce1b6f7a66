//! What follows for open incidents from another edition of the levels: their rows, and when their
//! clocks are due.
//!
//! Nothing remembers how far this has come. A row says by which edition it was worked out, so what
//! was interrupted is begun anew and finds the rest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::IncidentId;
use shared::incidents::ResolutionCode;
use shared::priority::Priority;
use shared::rows::{Row, row, unpack_one};
use shared::settings::LevelsEffect;
use shared::sla::{self, Risk};
use shared::sync::server::Kept;
use shared::targets::{Rules, Targets};
use shared::time::UnixMillis;

use super::levels;
use crate::App;
use crate::store::{self, Writing};
use crate::sync::row_state;

/// How many incidents share a transaction.
const SLICE: u32 = 128;

/// How often calendars are looked at.
const REST: Duration = Duration::from_hours(6);

/// Keeps calendars long enough and rows by the edition that holds, until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = levels::extend(&app).await {
            tracing::error!(cause = %error, "cannot compile calendars for another year");
        }
        follow(&app).await;
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            () = app.stopped() => return,
        }
    }
}

/// Works out anew what an edition reaches, and says how that went.
pub(super) async fn follow(app: &App) {
    match renew(app).await {
        Ok(0) => {}
        Ok(renewed) => tracing::info!(renewed, "open incidents follow the service levels"),
        Err(error) => tracing::error!(cause = %error, "incidents do not follow the service levels"),
    }
}

/// Writes the rows of open incidents anew that another edition reaches, and when their clocks are
/// due. Returns how many.
pub async fn renew(app: &App) -> store::Result<usize> {
    let (mut renewed, mut after) = (0, None);
    loop {
        let _still = app.people.stay().await;
        let (now, rules) = (app.clock.now(), app.people.current().rules());
        let mut writing = app.store.write().await?;
        let rows = writing.open_rows(after, SLICE).await?;
        let Some((last, _)) = rows.last() else {
            return Ok(renewed);
        };
        after = Some(*last);
        let ids = reached(&rows, &rules);
        let wanted = ids.keys().copied().collect();
        let kept = app.keeper.read(&mut *writing, &wanted, &rules, now).await?;
        for (id, edition) in ids {
            if let Some(kept) = kept.get(&id)
                && sla::edition(&kept.incident, &rules).targets.version != edition
            {
                put(&mut *writing, kept, &rules).await?;
                renewed += 1;
            }
        }
        let head = writing.log().await?.head;
        writing.commit(head).await?;
    }
}

/// Those that may have a newer edition than the one that their row was worked out by.
fn reached(rows: &[(IncidentId, Vec<u8>)], rules: &Rules) -> BTreeMap<IncidentId, u32> {
    let rows = rows.iter().filter_map(|(_, row)| unpack_one(row).ok());
    rows.filter(|row| rules.may_reach(row.edition, row.created_at))
        .map(|row| (row.id, row.edition))
        .collect()
}

async fn put(writing: &mut dyn Writing, kept: &Kept, rules: &Rules) -> store::Result<()> {
    let staff = row(&kept.incident, rules);
    let (due, passed) = sla::due(&kept.incident, rules);
    writing.put_row(&row_state(&staff, &kept.public)).await?;
    writing.put_due(staff.id, &due, &passed).await
}

/// What rules would do to the incidents that are open.
pub(super) async fn foresee(app: &App, rules: &Rules) -> store::Result<LevelsEffect> {
    let (now, current) = (app.clock.now(), app.people.current());
    let (mut effect, mut after) = (LevelsEffect::default(), None);
    let mut moved: BTreeMap<(Priority, Priority), usize> = BTreeMap::new();
    loop {
        let mut writing = app.store.write().await?;
        let rows = writing.open_rows(after, SLICE).await?;
        let Some((last, _)) = rows.last() else {
            break;
        };
        after = Some(*last);
        let ids = rows.iter().map(|(id, _)| *id).collect();
        let kept = app.keeper.read(&mut *writing, &ids, rules, now).await?;
        drop(writing);
        let before: BTreeMap<_, _> = rows
            .iter()
            .filter_map(|(id, row)| Some((*id, unpack_one(row).ok()?)))
            .collect();
        for kept in kept.values() {
            let Some(before) = before.get(&kept.incident.id) else {
                continue;
            };
            effect.open += 1;
            let later = row(&kept.incident, rules);
            if later.priority != before.priority {
                *moved.entry((before.priority, later.priority)).or_default() += 1;
            }
            let was_late = is_late(before, current.targets_of(before.edition), now);
            let is_late = is_late(&later, &rules.now().targets, now);
            effect.late += usize::from(is_late && !was_late);
            effect.in_time += usize::from(was_late && !is_late);
            let lacked = lacks(kept, current.targets_of(before.edition));
            let lacks = lacks(kept, &sla::edition(&kept.incident, rules).targets);
            effect.lacking += usize::from(lacks && !lacked);
            let is_reminded = is_reminded(&later, &current.targets, &rules.now().targets);
            effect.reminded += usize::from(is_reminded);
        }
    }
    effect.closes = closing(app, &rules.now().targets).await?;
    effect.moved = moved
        .into_iter()
        .map(|((from, to), count)| (from, to, count))
        .collect();
    Ok(effect)
}

/// How many resolved incidents would close at once.
async fn closing(app: &App, targets: &Targets) -> store::Result<usize> {
    let (now, mut view) = (app.clock.now(), app.store.view().await?);
    let (mut count, mut after) = (0, None);
    loop {
        let resolved = view.resolved(after, SLICE).await?;
        let closes_at = |(at, _): &&(UnixMillis, IncidentId)| targets.closes_at(*at);
        let due = resolved.iter();
        let due = due.take_while(|one| closes_at(one).is_some_and(|at| at <= now));
        let due = due.count();
        count += due;
        if due < SLICE as usize {
            return Ok(count);
        }
        after = resolved.last().copied();
    }
}

/// Whether something is missing before it can be resolved.
fn lacks(kept: &Kept, targets: &Targets) -> bool {
    let missing = kept.incident.lacks(&targets.gates, ResolutionCode::Fixed);
    !missing.is_empty()
}

/// Whether it is on hold for a reason of which people are reminded in another way than before.
fn is_reminded(row: &Row, before: &Targets, now: &Targets) -> bool {
    row.hold.is_some_and(|hold| {
        let of = |targets: &Targets| targets.reminding.get(&hold.reason).cloned();
        of(now).is_some() && of(now) != of(before)
    })
}

fn is_late(row: &Row, targets: &Targets, now: UnixMillis) -> bool {
    row.levels.risk(row.priority, targets, now) == Risk::Breached
}
