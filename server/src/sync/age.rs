//! What is over leaves devices after a while, and comes back to whoever looks it up.
//!
//! `GET /older` looks through what has left them, `POST /older/{incident}` brings one to the
//! devices of whoever asks; both are for the console, since what somebody reported stays on their
//! portal.
//! What decides lies in [`shared::sync::server::leaving`] and beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use shared::ids::{CategoryId, IncidentId, PersonId};
use shared::incidents::{Requester, State as IncidentState};
use shared::people::{Directory, Scope, Surface};
use shared::policy;
use shared::rows::{Row, unpack_one};
use shared::search::{self, Searchable, tails};
use shared::sync::Seq;
use shared::sync::server::{fetched, leaving};
use shared::time::UnixMillis;
use tokio::time::sleep;
use unicode_normalization::UnicodeNormalization as _;

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::{self, Audience, Rest};

/// How many incidents leave in one transaction: others wait for it.
const STEP: u32 = 128;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(20);

const LOOK_EVERY: Duration = Duration::from_hours(1);

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// How many incidents an answer names, and how many it looks through for them.
const FOUND_MAX: usize = 50;
const SLICE: u32 = 512;
const LOOKED_AT_MAX: usize = 8 * SLICE as usize;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/older", get(older))
        .route("/older/{incident}", post(fetch))
}

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
    let resting = writing.resting(before, app.config.device_incidents, STEP);
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

/// What is looked for, and behind which one of an answer before.
#[derive(Debug, Default)]
struct Asked {
    words: String,
    behind: Option<(UnixMillis, IncidentId)>,
}

impl Asked {
    /// Reads `words=…&changed_at=…&after=…`; what is not understood asks for nothing.
    fn read(query: &str) -> Self {
        let fields = form_urlencoded::parse(query.as_bytes());
        let fields: BTreeMap<_, _> = fields.collect();
        let at = fields.get("changed_at").and_then(|at| at.parse().ok());
        let words = fields.get("words").map(ToString::to_string);
        let after = fields.get("after").and_then(|id| id.parse().ok());
        Self {
            words: words.unwrap_or_default(),
            behind: at.map(UnixMillis).zip(after),
        }
    }
}

/// What was found, the latest first.
#[derive(Debug, Default, Serialize)]
struct Found {
    incidents: Vec<Old>,
    /// The last one that was looked at, if there are others behind it.
    more: Option<Behind>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Behind {
    after: IncidentId,
    changed_at: UnixMillis,
}

/// An incident as the list of what has left devices shows it.
#[derive(Debug, Serialize)]
struct Old {
    id: IncidentId,
    name: String,
    subject: String,
    state: IncidentState,
    changed_at: UnixMillis,
}

async fn older(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    RawQuery(asked): RawQuery,
) -> Result<Json<Found>, ApiError> {
    let scopes = scopes(&signed_in)?;
    let asked = Asked::read(&asked.unwrap_or_default());
    let _turn = app.keeper.turn()?;
    let directory = app.people.current();
    let query = search::Query::new(&asked.words, &unicode);
    let mut view = app.store.view().await?;
    let (mut found, mut looked_at) = (Found::default(), 0);
    let mut before = asked.behind;
    loop {
        let slice = view.left(&scopes, before, SLICE).await?;
        let is_last = slice.len() < SLICE as usize;
        looked_at += slice.len();
        for stored in slice {
            let Ok(row) = unpack_one(&stored.staff) else {
                continue;
            };
            before = Some((row.updated_at, row.id));
            if query.finds(&texts(&row, &directory)) {
                found.incidents.push(Old::of(row));
            }
            if found.incidents.len() == FOUND_MAX {
                break;
            }
        }
        let is_full = found.incidents.len() == FOUND_MAX || looked_at >= LOOKED_AT_MAX;
        if is_last && found.incidents.len() < FOUND_MAX {
            return Ok(Json(found));
        }
        if is_full {
            found.more = before.map(|(changed_at, after)| Behind { after, changed_at });
            return Ok(Json(found));
        }
    }
}

/// Brings an incident that has left devices to those of whoever asks. What they may not read is
/// answered like what is not there.
async fn fetch(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let scopes = scopes(&signed_in)?;
    let id: IncidentId = id.parse().map_err(|_| ApiError::NotFound)?;
    let _turn = app.keeper.turn()?;
    let (now, rules) = (app.clock.now(), app.people.current().rules());
    let mut writing = app.store.write().await?;
    let ids = [id].into();
    let kept = app.keeper.read(&mut *writing, &ids, &rules, now).await?;
    let joined = kept.get(&id).and_then(|kept| fetched(kept, &scopes));
    let joined = joined.ok_or(ApiError::NotFound)?;
    if !joined.is_empty() {
        let head = Seq(writing.log().await?.head.0 + 1);
        let nobody = Audience::new();
        writing.move_audience(id, &joined, &nobody, head).await?;
        writing.put_rest(id, Rest::Fetched(now)).await?;
        writing.commit(head).await?;
        app.keeper.publish(head);
    }
    Ok(StatusCode::NO_CONTENT)
}

fn scopes(signed_in: &SignedIn) -> Result<BTreeSet<Scope>, ApiError> {
    if signed_in.surface != Surface::Console || !signed_in.person.is_staff() {
        return Err(ApiError::NotFound);
    }
    Ok(policy::scopes(&signed_in.person, Surface::Console))
}

impl Old {
    fn of(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name(),
            subject: row.subject,
            state: row.state,
            changed_at: row.updated_at,
        }
    }
}

/// What a device looks through of a row, with the names of categories in every language.
fn texts(row: &Row, directory: &Directory) -> Searchable {
    let person = |id: PersonId| directory.person(id).map(|person| person.name.clone());
    let requester = match &row.requester {
        Requester::Person(id) => person(*id),
        Requester::Unknown { name, .. } => Some(name.clone()),
    };
    let group = |id| directory.groups.iter().find(|group| group.id == id);
    let group = row.group.clone().and_then(group);
    let site = |id| directory.sites.iter().find(|site| site.id == id);
    let site = row.site.clone().and_then(site);
    let one = |id: &CategoryId| directory.categories.iter().find(|one| one.id == *id);
    let category = row.category.as_ref().and_then(one);
    let above = category.and_then(|category| category.parent.as_ref());
    let categories = [category, above.and_then(one)].into_iter().flatten();
    let named = [
        Some(row.subject.clone()),
        Some(row.name()),
        requester,
        row.assignee.and_then(person),
        group.map(|group| group.name.clone()),
        site.map(|site| site.name.clone()),
    ];
    let named: Vec<_> = named.into_iter().flatten().collect();
    let categories = categories.flat_map(|category| category.name.values());
    let tails = row.number.as_deref().into_iter().flat_map(tails);
    let texts = named.iter().chain(categories).map(String::as_str);
    Searchable::of(texts.chain(tails), &unicode)
}

/// Decomposes by compatibility and writes in upper case, as browsers do.
fn unicode(text: &str) -> String {
    text.nfkd().collect::<String>().to_uppercase()
}
