//! `GET /reports/devices`: how many devices may still bring something that no report counts yet.
//!
//! Only a number, and only for whoever oversees the work: which device of whom is nobody's
//! business.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::policy;
use shared::sync::message::Surface;

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;

#[derive(Debug, Serialize)]
struct Devices {
    not_back: usize,
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/reports/devices", get(devices))
}

/// Devices of staff with a session on the console that were not heard of for a minute, but within
/// the last 72 hours.
async fn devices(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Devices>, ApiError> {
    if signed_in.surface != Surface::Console || !policy::oversees(&signed_in.person) {
        return Err(ApiError::NotFound);
    }
    let now = app.clock.now();
    let mut contacts = app.store.contacts(now).await?;
    let directory = app.people.current();
    contacts.retain(|contact| {
        let person = directory.person(contact.person);
        person.is_some_and(|person| person.active && person.is_staff())
    });
    let not_back = app.keeper.away(contacts, now);
    Ok(Json(Devices { not_back }))
}
