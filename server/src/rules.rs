//! The rules for what is declared, as administrators set them on `/console/rules`.
//!
//! `GET /settings/rules` says what holds and who set what before, `GET /settings/rules/{version}`
//! what that was, `POST /settings/rules/check` what rules would have done to incidents of the past,
//! and `POST /settings/rules` makes them hold. What they do to what is declared lies in
//! [`crate::sync::ruling`].

mod past;

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use shared::ids::PersonId;
use shared::rules::{Rule, RulesAnswer, RulesChecked, RulesHeld, RulesSaved, RulesVersion, faults};
use tokio::sync::{Mutex, Notify};
use tokio::task::spawn_blocking;

use crate::App;
use crate::error::ApiError;
use crate::settings::Administrator;
use crate::store::{self, Area, Setting, Store, StoreError};
use crate::text::unicode;

/// A hundred rules with the longest names and conditions.
const BODY_BYTES_MAX: usize = 1_024 * 1_024;

/// How many versions a page lists.
const HISTORY_MAX: u32 = 50;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/settings/rules", get(rules).post(save))
        .route("/settings/rules/check", post(check))
        .route("/settings/rules/{version}", get(version))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The rules that hold, in memory.
#[derive(Debug)]
pub(crate) struct Ruling {
    held: RwLock<Arc<Held>>,
    /// Held by whoever saves.
    changing: Mutex<()>,
    /// Held by whoever looks at the past: one after the other.
    trying: Mutex<()>,
    wake: Notify,
}

/// A version of the rules.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) version: u32,
    pub(crate) rules: Vec<Rule>,
}

impl Ruling {
    pub(crate) async fn new(store: &dyn Store) -> store::Result<Self> {
        let ruling = Self {
            held: RwLock::default(),
            changing: Mutex::default(),
            trying: Mutex::default(),
            wake: Notify::new(),
        };
        ruling.refresh(store).await?;
        Ok(ruling)
    }

    /// Takes over what this process or another has saved.
    pub(crate) async fn refresh(&self, store: &dyn Store) -> store::Result<()> {
        let last = store.settings(Area::Rules, 1).await?;
        if let Some(last) = last.first()
            && last.version != self.current().version
        {
            let held = Arc::new(read(last)?);
            *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
        }
        Ok(())
    }

    pub(crate) fn current(&self) -> Arc<Held> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether any rule is on.
    pub(crate) fn are_there(&self) -> bool {
        self.current().rules.iter().any(|rule| rule.is_on)
    }

    /// Has rules decide at once, if something waits for them.
    pub(crate) fn wake_if(&self, is_waiting: bool) {
        if is_waiting {
            self.wake.notify_one();
        }
    }

    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
    }
}

fn read(setting: &Setting) -> store::Result<Held> {
    let unreadable = |_| StoreError::Unreadable { what: "rules" };
    Ok(Held {
        version: setting.version,
        rules: serde_json::from_str(&setting.body).map_err(unreadable)?,
    })
}

async fn rules(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
) -> Result<Json<RulesHeld>, ApiError> {
    Ok(Json(held(&app).await?))
}

async fn version(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    Path(version): Path<u32>,
) -> Result<Json<Vec<Rule>>, ApiError> {
    let history = app.store.settings(Area::Rules, HISTORY_MAX).await?;
    let mut history = history.iter();
    let found = history.find(|setting| setting.version == version);
    Ok(Json(read(found.ok_or(ApiError::NotFound)?)?.rules))
}

async fn check(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    Json(rules): Json<Vec<Rule>>,
) -> Result<Json<RulesChecked>, ApiError> {
    // Whoever waits here keeps no turn from those who sync.
    let _trying = app.rules.trying.lock().await;
    let _turn = app.keeper.turn()?;
    let (mut checked, rules) = checked(&app, rules).await?;
    if checked.faults.is_empty() {
        checked.tried = Some(past::look(&app, rules).await?);
    }
    Ok(Json(checked))
}

async fn save(
    State(app): State<Arc<App>>,
    Administrator(by): Administrator,
    Json(saved): Json<RulesSaved>,
) -> Result<Json<RulesAnswer>, ApiError> {
    // Whoever waits here keeps no turn from those who sync.
    let _changing = app.rules.changing.lock().await;
    let _turn = app.keeper.turn()?;
    Ok(Json(save_whole(&app, by, saved).await?))
}

async fn save_whole(
    app: &App,
    by: PersonId,
    RulesSaved { base, rules }: RulesSaved,
) -> Result<RulesAnswer, ApiError> {
    let (checked, rules) = checked(app, rules).await?;
    let before = held(app).await?;
    if rules == before.rules {
        return Ok(RulesAnswer::Saved(before));
    }
    if base != before.version {
        return Ok(RulesAnswer::Changed(before));
    }
    if !checked.faults.is_empty() {
        return Ok(RulesAnswer::Wrong(checked));
    }
    let setting = Setting {
        area: Area::Rules,
        version: before.version + 1,
        person: by,
        at: app.clock.now(),
        body: serde_json::to_string(&rules).map_err(ApiError::internal)?,
    };
    app.store.put_setting(&setting).await?;
    app.rules.refresh(&*app.store).await?;
    Ok(RulesAnswer::Saved(held(app).await?))
}

/// What holds, and who set what before.
async fn held(app: &App) -> Result<RulesHeld, ApiError> {
    let history = app.store.settings(Area::Rules, HISTORY_MAX).await?;
    let last = history.first().map(read).transpose()?.unwrap_or_default();
    let listed = |setting: &Setting| {
        Some(RulesVersion {
            version: setting.version,
            by: setting.person,
            at: setting.at,
            count: read(setting).ok()?.rules.len(),
        })
    };
    Ok(RulesHeld {
        version: last.version,
        rules: last.rules,
        history: history.iter().filter_map(listed).collect(),
    })
}

/// Says what is wrong with rules; each name is looked for among everybody.
async fn checked(app: &App, rules: Vec<Rule>) -> Result<(RulesChecked, Vec<Rule>), ApiError> {
    let directory = app.people.current();
    let checking = spawn_blocking(move || {
        let faults = faults(&rules, &directory, &unicode);
        let tried = None;
        (RulesChecked { faults, tried }, rules)
    });
    checking.await.map_err(ApiError::internal)
}
