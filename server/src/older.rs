//! Incidents that have left devices: looked through, and brought back to whoever opens one.
//!
//! `GET /older` lists those that answer to what is typed, the latest first; `POST
//! /older/{incident}` brings one to the devices of whoever asks. Both are for staff on the console:
//! what somebody reported stays on their portal.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::DateTime;
use chrono_tz::Tz;
use shared::ids::{CategoryId, IncidentId, PersonId};
use shared::incidents::Requester;
use shared::people::{Directory, Person, Scope, Surface};
use shared::policy;
use shared::rows::{Row, unpack_one};
use shared::search::{Asker, Conditions, Day, Searchable, Span, read, tails};
use shared::sync::listed::{Behind, OldIncident, OldIncidents};
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;

use crate::App;
use crate::auth::SignedIn;
use crate::calendar;
use crate::error::ApiError;
use crate::store::Left;
use crate::sync::bring;
use crate::text::unicode;

/// How many incidents an answer names, and about how many it looks through for them.
const FOUND_MAX: usize = 50;
const SLICE: u32 = 512;
const SLICES_MAX: usize = 8;

/// A box takes a thousand characters.
const WORDS_BYTES_MAX: usize = 4_000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/older", get(older))
        .route("/older/{incident}", post(open))
}

/// What is looked for, and behind which one of an answer before.
#[derive(Debug, Default)]
struct Asked {
    words: String,
    place: Option<(UnixMillis, IncidentId)>,
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
            place: at.map(UnixMillis).zip(after),
        }
    }
}

async fn older(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    RawQuery(asked): RawQuery,
) -> Result<Json<OldIncidents>, ApiError> {
    let scopes = scopes(&signed_in)?;
    let Asked { words, place } = Asked::read(&asked.unwrap_or_default());
    if words.len() > WORDS_BYTES_MAX {
        return Err(ApiError::TooLarge);
    }
    let _turn = app.keeper.turn()?;
    let (directory, now) = (app.people.current(), app.clock.now());
    let looking = spawn_blocking(move || Look::of(&words, &signed_in.person, &directory, now));
    let look = Arc::new(looking.await.map_err(ApiError::internal)?);
    let mut found = OldIncidents::default();
    let mut before = place;
    for _ in 0..SLICES_MAX {
        let mut view = app.store.view().await?;
        let left = view.left(&scopes, look.conditions.fields(), before, SLICE);
        let Left { rows, last } = left.await?;
        drop(view);
        let (look, taken) = (Arc::clone(&look), std::mem::take(&mut found));
        let taking = spawn_blocking(move || look.through(&rows, taken));
        found = taking.await.map_err(ApiError::internal)?;
        if found.more.is_some() || last.is_none() {
            return Ok(Json(found));
        }
        before = last;
    }
    found.more = before.map(behind);
    Ok(Json(found))
}

/// Brings an incident back. What somebody may not read is answered like what is not there.
async fn open(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let scopes = scopes(&signed_in)?;
    let id: IncidentId = id.parse().map_err(|_| ApiError::NotFound)?;
    let _turn = app.keeper.turn()?;
    let may_have_it = bring(&app, id, &scopes).await?;
    may_have_it
        .then_some(StatusCode::NO_CONTENT)
        .ok_or(ApiError::NotFound)
}

fn scopes(signed_in: &SignedIn) -> Result<BTreeSet<Scope>, ApiError> {
    if signed_in.surface != Surface::Console || !signed_in.person.is_staff() {
        return Err(ApiError::NotFound);
    }
    Ok(policy::scopes(&signed_in.person, Surface::Console))
}

/// What is looked for, and how what rows name is called.
struct Look {
    conditions: Conditions,
    names: Names,
    now: UnixMillis,
}

impl Look {
    /// Days are those of the asker's site.
    fn of(typed: &str, me: &Person, directory: &Arc<Directory>, now: UnixMillis) -> Self {
        let site = directory
            .sites
            .iter()
            .find(|site| Some(&site.id) == me.site.as_ref());
        let zone = site.and_then(|site| site.time_zone.parse().ok());
        let zone = zone.unwrap_or(Tz::UTC);
        let asker = Asker {
            me,
            directory,
            unicode: &unicode,
            now,
            span: &|day| span(day, zone, now),
        };
        let (conditions, _) = Conditions::of(&read(typed), asker);
        Self {
            conditions,
            names: Names::of(directory),
            now,
        }
    }

    /// Takes in what rows answer to, and where to go on if there are more than an answer names.
    fn through(&self, rows: &[Vec<u8>], mut found: OldIncidents) -> OldIncidents {
        for row in rows {
            // One that cannot be read is written anew at the next start.
            let Ok(row) = unpack_one(row) else { continue };
            let risk = || {
                let targets = self.names.directory.targets_of(row.edition);
                row.levels.risk(row.priority, targets, self.now)
            };
            let texts = OnceCell::new();
            let texts = || texts.get_or_init(|| self.names.texts(&row));
            if !self.conditions.hold(&row, risk, texts) {
                continue;
            }
            if found.incidents.len() == FOUND_MAX {
                let last = found.incidents.last();
                found.more = last.map(|last| behind((last.changed_at, last.id)));
                return found;
            }
            found.incidents.push(listed(row));
        }
        found
    }
}

/// When a day begins and ends in a time zone.
fn span(day: Day, zone: Tz, now: UnixMillis) -> Option<Span> {
    let today = DateTime::from_timestamp_millis(now.0)?.with_timezone(&zone);
    let date = match day {
        Day::Today => today.date_naive(),
        Day::Yesterday => today.date_naive().pred_opt()?,
        Day::Date(date) => date,
    };
    Some(Span {
        start: calendar::midnight(zone, date),
        end: calendar::midnight(zone, date.succ_opt()?),
    })
}

fn behind((changed_at, after): (UnixMillis, IncidentId)) -> Behind {
    Behind { after, changed_at }
}

/// The names of a directory, those of categories in every language.
struct Names {
    directory: Arc<Directory>,
    people: HashMap<PersonId, usize>,
}

impl Names {
    fn of(directory: &Arc<Directory>) -> Self {
        let people = directory.people.iter().enumerate();
        Self {
            people: people.map(|(at, person)| (person.id, at)).collect(),
            directory: Arc::clone(directory),
        }
    }

    /// What a device looks through of a row.
    fn texts(&self, row: &Row) -> Searchable {
        let directory = &self.directory;
        let person = |id: PersonId| {
            let at = self.people.get(&id)?;
            Some(directory.people.get(*at)?.name.clone())
        };
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
}

fn listed(row: Row) -> OldIncident {
    OldIncident {
        id: row.id,
        name: row.name(),
        subject: row.subject,
        state: row.state,
        changed_at: row.updated_at,
    }
}
