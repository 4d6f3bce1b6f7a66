//! What the server refused of people's acts, for whoever leads the process to look at.
//!
//! `GET /refused` lists it, `POST /refused/{person}/{act}/seen` notes that somebody had a look. It
//! is for incident managers and administrators on the console; to anybody else there is nothing
//! here. The author has the words, too, under "needs review", unless their device was lost.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use shared::ids::{ActId, PersonId};
use shared::people::Surface;
use shared::policy;
use shared::rows::unpack_one;
use shared::sync::listed::RefusedAct;
use shared::sync::server::{Said, said};
use tokio::task::spawn_blocking;

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::Quarantined;

/// How many refused changes a list is made of: of each person, so that nobody crowds out the
/// others, and in all.
const LISTED_EACH: u32 = 40;
const LISTED_MAX: u32 = 400;

/// How many characters of an act a list shows.
const SHOWN_CHARS: usize = 4_000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/refused", get(list))
        .route("/refused/{person}/{act}/seen", post(see))
}

async fn list(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Vec<RefusedAct>>, ApiError> {
    check(&signed_in)?;
    let _turn = app.keeper.turn()?;
    let mut view = app.store.view().await?;
    let unseen = view.unseen(LISTED_EACH, LISTED_MAX).await?;
    let incidents: BTreeSet<_> = unseen.iter().map(|one| one.doc.id).collect();
    let incidents: Vec<_> = incidents.into_iter().collect();
    let rows = view.rows(&incidents).await?;
    drop(view);
    let read = spawn_blocking(move || {
        let mut acts = acts(&unseen);
        let rows = rows.iter().filter_map(|row| unpack_one(&row.staff).ok());
        let rows: BTreeMap<_, _> = rows.map(|row| (row.id, row)).collect();
        for act in &mut acts {
            if let Some(row) = rows.get(&act.incident) {
                (act.name, act.subject) = (Some(row.name()), Some(row.subject.clone()));
            }
        }
        acts
    });
    Ok(Json(read.await.map_err(ApiError::internal)?))
}

/// The acts of refused changes, in the order of these.
fn acts(changes: &[Quarantined]) -> Vec<RefusedAct> {
    let mut acts: Vec<RefusedAct> = Vec::new();
    for change in changes {
        let Said { group, texts } = said(&change.bytes).unwrap_or_default();
        let texts = texts.into_iter();
        let texts: Vec<_> = texts
            .map(|text| text.chars().take(SHOWN_CHARS).collect::<String>())
            .collect();
        let of_it = |act: &&mut RefusedAct| (act.person, act.id) == (change.person, change.act);
        if let Some(act) = acts.iter_mut().find(of_it) {
            // The same change may come from several devices.
            let new: Vec<_> = texts
                .into_iter()
                .filter(|text| !act.texts.contains(text))
                .collect();
            act.texts.extend(new);
            act.groups
                .extend(Some(group).filter(|group| !act.groups.contains(group)));
            continue;
        }
        acts.push(RefusedAct {
            person: change.person,
            id: change.act,
            incident: change.doc.id,
            name: None,
            subject: None,
            received_at: change.received_at,
            refused: change.refused.clone(),
            groups: vec![group],
            texts,
        });
    }
    acts
}

async fn see(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((person, act)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    check(&signed_in)?;
    let person = person.parse().map(PersonId);
    let person = person.map_err(|_| ApiError::NotFound)?;
    let act: ActId = act.parse().map_err(|_| ApiError::NotFound)?;
    let (by, now) = (signed_in.person.id, app.clock.now());
    // Twice is once.
    app.store.see_refused((person, act), by, now).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn check(signed_in: &SignedIn) -> Result<(), ApiError> {
    let may = signed_in.surface == Surface::Console && policy::reviews(&signed_in.person);
    may.then_some(()).ok_or(ApiError::NotFound)
}
