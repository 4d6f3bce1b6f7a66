//! The priority matrix, the service levels and their calendars.
//!
//! # Design
//! Question: where does what was written lie? Answer: as versions in `settings`, with calendars as
//! somebody wrote them; devices get the compiled hours in the directory, under the same version, in
//! one transaction. Rejected: documents of their own that merge, as incidents do: two matrices that
//! were changed at the same time have no sensible merge, and administrators are online.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{DateTime, Datelike as _};
use shared::calendar::Calendar;
use shared::ids::{CalendarId, PersonId};
use shared::people::Directory;
use shared::settings::{
    Levels, LevelsAnswer, LevelsChecked, LevelsFault, LevelsHeld, LevelsSaved, LevelsVersion,
};
use shared::targets::{Edition, HoldReason, Reach, Targets};
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;

use super::follow;
use crate::App;
use crate::calendar::{compile_written, week_minutes};
use crate::error::ApiError;
use crate::store::{Area, Setting};
use crate::sync::{closing, holding};

/// How many versions a page lists, and calendars are looked for in.
const HISTORY_MAX: u32 = 50;

/// How many earlier editions devices know; of incidents before them the oldest holds.
const EARLIER_MAX: usize = 40;

/// Calendars are compiled again before less than this lies ahead.
const AHEAD_MILLIS: i64 = 400 * 24 * 60 * 60 * 1_000;

/// What lies in the body of a setting.
#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    levels: Levels,
    reach: Reach,
}

/// What holds, and who set what before.
pub(super) async fn held(app: &App) -> Result<LevelsHeld, ApiError> {
    let directory = app.people.current();
    let history = app.store.settings(Area::Levels, HISTORY_MAX).await?;
    let last = history.first().map(read).transpose()?;
    let calendars = last.map(|last| last.levels.calendars);
    let listed = |setting: &Setting| {
        Some(LevelsVersion {
            version: setting.version,
            by: setting.person,
            at: setting.at,
            reach: read(setting).ok()?.reach,
        })
    };
    Ok(LevelsHeld {
        version: directory.targets.version,
        levels: Levels::of(&directory, calendars.unwrap_or_default()),
        history: history.iter().filter_map(listed).collect(),
    })
}

/// What a version said.
pub(super) async fn version(app: &App, version: u32) -> Result<Levels, ApiError> {
    let history = app.store.settings(Area::Levels, HISTORY_MAX).await?;
    let mut history = history.iter();
    let found = history.find(|setting| setting.version == version);
    Ok(read(found.ok_or(ApiError::NotFound)?)?.levels)
}

fn read(setting: &Setting) -> Result<Body, ApiError> {
    serde_json::from_str(&setting.body).map_err(ApiError::internal)
}

/// What is wrong with levels, or else what they would do.
pub(super) async fn check(app: &Arc<App>, levels: Levels) -> Result<LevelsChecked, ApiError> {
    let now = app.clock.now();
    let (mut checked, compiled) = compiled(levels.clone(), years(now)).await?;
    if checked.faults.is_empty() {
        let directory = changed(&app.people.current(), &levels, compiled, now, Reach::Open);
        checked.effect = Some(follow::foresee(app, &directory.rules()).await?);
    }
    Ok(checked)
}

/// Makes levels hold, from now on. What has begun ends also when nobody waits for the answer.
pub(super) async fn save(
    app: &Arc<App>,
    by: PersonId,
    saved: LevelsSaved,
) -> Result<LevelsAnswer, ApiError> {
    let app = Arc::clone(app);
    let saving = tokio::spawn(async move { save_whole(&app, by, saved).await });
    saving.await.map_err(ApiError::internal)?
}

async fn save_whole(
    app: &Arc<App>,
    by: PersonId,
    saved: LevelsSaved,
) -> Result<LevelsAnswer, ApiError> {
    let LevelsSaved {
        base,
        levels,
        reach,
    } = saved;
    let years = years(app.clock.now());
    let (checked, compiled) = compiled(levels.clone(), years).await?;
    let _turn = app.people.turn().await;
    app.people.refresh(app).await?;
    let before = held(app).await?;
    if levels == before.levels {
        return Ok(LevelsAnswer::Saved(before));
    }
    if base != before.version {
        return Ok(LevelsAnswer::Changed(before));
    }
    if !checked.faults.is_empty() {
        return Ok(LevelsAnswer::Wrong(checked));
    }
    let now = app.clock.now();
    let directory = changed(&app.people.current(), &levels, compiled, now, reach);
    let body = serde_json::to_string(&Body { levels, reach }).map_err(ApiError::internal)?;
    let setting = Setting {
        area: Area::Levels,
        version: directory.targets.version,
        person: by,
        at: now,
        body,
    };
    app.people.set(app, directory, Some(&setting)).await?;
    app.keeper.forget_read();
    let following = Arc::clone(app);
    tokio::spawn(async move {
        follow::follow(&following).await;
        closing::look(&following).await;
        holding::look(&following).await;
    });
    let head = app.store.view().await?.log().await?.head;
    app.keeper.publish(head);
    Ok(LevelsAnswer::Saved(held(app).await?))
}

/// Compiles calendars again that soon end, of every edition, under the versions that they have.
/// What lies behind stays as it is.
pub async fn extend(app: &App) -> Result<(), ApiError> {
    let _turn = app.people.turn().await;
    app.people.refresh(app).await?;
    let (now, mut directory) = (app.clock.now(), Directory::clone(&app.people.current()));
    let history = app.store.settings(Area::Levels, HISTORY_MAX).await?;
    let Directory {
        targets, earlier, ..
    } = &mut directory;
    let earlier = earlier.iter_mut().map(|edition| &mut edition.targets);
    let mut is_longer = false;
    for targets in earlier.chain([targets]) {
        let mut history = history.iter();
        let setting = history.find(|setting| setting.version == targets.version);
        if let Some(setting) = setting {
            is_longer |= extend_edition(targets, setting, now).await?;
        }
    }
    if is_longer {
        app.people.set(app, directory, None).await?;
        tracing::info!("calendars are compiled for another year");
    }
    Ok(())
}

async fn extend_edition(
    targets: &mut Targets,
    setting: &Setting,
    now: UnixMillis,
) -> Result<bool, ApiError> {
    let soon_ends = |calendar: &Calendar| {
        let last = calendar.hours.stretches().last();
        last.is_some_and(|(_, until)| until.since(now) < AHEAD_MILLIS)
    };
    if !targets.compiled.iter().any(soon_ends) {
        return Ok(false);
    }
    let firsts = targets.compiled.iter().filter_map(|calendar| {
        let (since, _) = calendar.hours.stretches().next()?;
        Some(year(since))
    });
    let ahead = years(now);
    let first = firsts.min().unwrap_or(*ahead.start()).min(*ahead.start());
    let (_, compiled) = compiled(read(setting)?.levels, first..=*ahead.end()).await?;
    let mut is_longer = false;
    for calendar in &mut targets.compiled {
        let longer = compiled.iter().find(|longer| longer.id == calendar.id);
        if let Some(longer) = longer.filter(|longer| longer.hours != calendar.hours) {
            calendar.hours = longer.hours.clone();
            is_longer = true;
        }
    }
    Ok(is_longer)
}

/// Compiles the calendars, and says what is wrong with them and the rest.
async fn compiled(
    levels: Levels,
    years: RangeInclusive<i32>,
) -> Result<(LevelsChecked, Vec<Calendar>), ApiError> {
    let compiling = spawn_blocking(move || {
        let mut faults = levels.faults();
        let mut compiled = Vec::new();
        for (place, written) in levels.calendars.iter().enumerate() {
            match compile_written(written, years.clone()) {
                Ok(calendar) => compiled.push(calendar),
                Err(wrong) => {
                    let fault = |wrong| LevelsFault::Calendar { place, wrong };
                    faults.extend(wrong.into_iter().map(fault));
                }
            }
        }
        let checked = LevelsChecked {
            faults,
            week_minutes: levels.calendars.iter().map(week_minutes).collect(),
            effect: None,
        };
        (checked, compiled)
    });
    compiling.await.map_err(ApiError::internal)
}

/// Work that comes late is of the past, and what is due lies ahead.
fn years(now: UnixMillis) -> RangeInclusive<i32> {
    year(now) - 1..=year(now) + 2
}

fn year(at: UnixMillis) -> i32 {
    DateTime::from_timestamp_millis(at.0).map_or(1970, |at| at.year())
}

/// Since when each rule for reminders holds: one that stays as it was counts on.
fn reminding_since(
    before: &Targets,
    levels: &Levels,
    now: UnixMillis,
) -> BTreeMap<HoldReason, UnixMillis> {
    let rules = levels.reminding.iter();
    let since = rules.map(|(reason, rule)| {
        let is_same = before.reminding.get(reason) == Some(rule);
        let since = before.reminding_since.get(reason).filter(|_| is_same);
        (*reason, since.copied().unwrap_or(now))
    });
    since.collect()
}

/// The directory with these levels as its latest edition.
fn changed(
    before: &Directory,
    levels: &Levels,
    compiled: Vec<Calendar>,
    since: UnixMillis,
    reach: Reach,
) -> Directory {
    let mut directory = before.clone();
    directory.earlier.push(Edition {
        since: before.since,
        reach: before.reach,
        matrix: before.matrix.clone(),
        targets: before.targets.clone(),
    });
    let surplus = directory.earlier.len().saturating_sub(EARLIER_MAX);
    directory.earlier.drain(..surplus);
    let version = before.targets.version + 1;
    let promised = levels.promised.iter();
    let calendars: BTreeMap<_, CalendarId> = promised
        .clone()
        .filter_map(|(priority, promised)| Some((*priority, promised.calendar.clone()?)))
        .collect();
    let closes_by = levels.closing.iter().flat_map(|closing| &closing.calendar);
    let reminds_by = levels.reminding.values();
    let reminds_by = reminds_by.filter_map(|reminding| reminding.calendar.as_ref());
    let is_used = |calendar: &Calendar| {
        let used = calendars.values().chain(closes_by.clone());
        let mut used = used.chain(reminds_by.clone());
        used.any(|id| *id == calendar.id)
    };
    directory.targets = Targets {
        version,
        priorities: promised
            .map(|(priority, promised)| (*priority, promised.target))
            .collect(),
        warning_percent: levels.warning_percent,
        pausing: levels.pausing.clone(),
        compiled: compiled.into_iter().filter(is_used).collect(),
        closing: levels.closing.clone(),
        gates: levels.gates.clone(),
        reminding_since: reminding_since(&before.targets, levels, since),
        reminding: levels.reminding.clone(),
        calendars,
    };
    directory.matrix = levels.matrix(version);
    directory.since = since;
    directory.reach = reach;
    directory
}
