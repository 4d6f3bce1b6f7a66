//! People's devices: which there are, signing one out, having a lost one wiped.
//!
//! `GET /devices` lists one's own, `GET /devices/all` everybody's for an administrator on the
//! console. `POST /devices/{person}/{device}/sign-out` and `…/wipe` are for whoever the device
//! belongs to, and for an administrator; to anybody else there is nothing here. Each order is kept
//! with who asked for it, when, and when it was done.
//!
//! # Design
//! Question: how does a lost device lose what it holds, and its owner nothing? Answer: its session
//! is left nothing but to hand over what was never sent; every other request is answered that it is
//! to be wiped, and the device says when it was. Rejected: ending the session at once, after which
//! nobody could take in what the device alone has.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use shared::ids::{DeviceId, PersonId};
use shared::people::Surface;
use shared::policy;
use shared::time::UnixMillis;

use crate::App;
use crate::auth::{SessionId, SignedIn};
use crate::error::ApiError;
use crate::store::{KnownDevice, Order, OrderKind, Ordered};

/// A device as its list shows it.
#[derive(Debug, Serialize)]
pub struct Device {
    pub person: PersonId,
    pub device: DeviceId,
    pub surface: Surface,
    /// Browser and system; empty when they are not known.
    pub browser: String,
    pub system: String,
    pub first_at: UnixMillis,
    pub heard_at: UnixMillis,
    pub is_signed_in: bool,
    /// Whether the list was asked for from this browser.
    pub is_this: bool,
    /// What was last asked to be done to it.
    pub ordered: Option<Ordered>,
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/devices", get(own))
        .route("/devices/all", get(all))
        .route("/devices/{person}/{device}/sign-out", post(sign_out))
        .route("/devices/{person}/{device}/wipe", post(wipe))
}

/// Devices of one person, or of all, the latest of each first, as asked for through a session.
pub async fn devices(
    app: &App,
    of: Option<PersonId>,
    through: Option<SessionId>,
) -> Result<Vec<Device>, ApiError> {
    let now = app.clock.now();
    let known = app.store.devices(of, now).await?;
    let shown = known.into_iter().map(|known| {
        let heard = app.keeper.heard(known.session, known.device, now);
        let KnownDevice {
            person,
            device,
            surface,
            agent,
            session,
            is_signed_in,
            first_at,
            heard_at,
            ordered,
        } = known;
        Device {
            person,
            device,
            surface,
            browser: agent.browser,
            system: agent.system,
            first_at,
            heard_at: heard.map_or(heard_at, |heard| heard.max(heard_at)),
            is_signed_in,
            is_this: through == Some(session),
            ordered,
        }
    });
    Ok(shown.collect())
}

/// Has something done to a device. Says whether there is such a device.
pub async fn order(
    app: &App,
    (person, device): (PersonId, DeviceId),
    kind: OrderKind,
    by: PersonId,
) -> Result<bool, ApiError> {
    let order = Order {
        person,
        device,
        kind,
        by,
        at: app.clock.now(),
    };
    let is_known = app.store.order(&order).await?;
    if is_known {
        app.keeper.look_at_sessions();
    }
    Ok(is_known)
}

async fn own(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Vec<Device>>, ApiError> {
    let SignedIn {
        person, session_id, ..
    } = signed_in;
    let own = devices(&app, Some(person.id), Some(session_id)).await?;
    Ok(Json(own))
}

async fn all(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
) -> Result<Json<Vec<Device>>, ApiError> {
    if !administers(&signed_in) {
        return Err(ApiError::NotFound);
    }
    let all = devices(&app, None, Some(signed_in.session_id)).await?;
    Ok(Json(all))
}

async fn sign_out(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(device): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    asked(&app, &signed_in, device, OrderKind::SignOut).await
}

async fn wipe(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(device): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    asked(&app, &signed_in, device, OrderKind::Wipe).await
}

async fn asked(
    app: &App,
    signed_in: &SignedIn,
    (person, device): (String, String),
    kind: OrderKind,
) -> Result<StatusCode, ApiError> {
    let person = person.parse().map(PersonId);
    let person = person.map_err(|_| ApiError::NotFound)?;
    let device: DeviceId = device.parse().map_err(|_| ApiError::NotFound)?;
    let by = signed_in.person.id;
    if person != by && !administers(signed_in) {
        return Err(ApiError::NotFound);
    }
    if !order(app, (person, device), kind, by).await? {
        return Err(ApiError::NotFound);
    }
    Ok(StatusCode::NO_CONTENT)
}

fn administers(signed_in: &SignedIn) -> bool {
    signed_in.surface == Surface::Console && policy::administers(&signed_in.person)
}
