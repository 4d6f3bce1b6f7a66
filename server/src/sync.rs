//! The sync endpoints: `/sync/pull`, `/sync/push`, `/sync/live`, `/sync/return`,
//! `/sync/repair/{doc}`.
//!
//! What is decided lies in [`shared::sync::server`]; here bytes come and go, and the [`Keeper`]
//! runs one transaction per request. Nothing here looks into a document.
//!
//! # Design
//! Question: how is a push of many acts quick and yet safe? Answer: one transaction, so one
//! synchronisation with the disk, for all its acts: judging is pure and happens before anything is
//! written, each act by itself and behind a net for panics, so that a poisoned act is refused
//! alone. Rejected: a transaction per act (fifty acts would wait for the disk fifty times).

mod act;
pub(crate) mod age;
mod audit;
mod batch;
pub(crate) mod closing;
pub(crate) mod compact;
mod contacts;
pub(crate) mod holding;
mod hot;
mod keeper;
mod live;
mod own;
mod presence;
mod public;
mod pull;
mod push;
mod repair;
mod returned;
pub mod rows;
pub(crate) mod ruling;
mod signer;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::ids::{DeviceId, PersonId};
use shared::policy;
use shared::sync::message::{
    MEDIA_TYPE, PROTOCOL, PUSH_BYTES_MAX, RETURN_BYTES_MAX, Surface, decode, encode,
};
use shared::sync::server::Session;

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
pub(crate) use batch::row_state;

pub(crate) use act::{Deed, act};
pub use age::all as let_go;
pub(crate) use age::bring;
pub use audit::Audit;
pub use closing::close;
pub use compact::all as compact;
pub use holding::remind;
pub use keeper::{Keeper, Report};
pub(crate) use public::{Public, internal, public, requesters};
pub use ruling::rule;

/// The oldest protocol the server still works with.
pub(crate) const MIN_CLIENT: u32 = 1;

/// A pull names its cursors; a hundred scopes are far below this.
const PULL_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn routes() -> Router<Arc<App>> {
    let small = Router::new()
        .route("/sync/pull", post(pull::pull))
        .route("/sync/repair/{kind}/{id}", post(repair::repair))
        .layer(DefaultBodyLimit::max(PULL_BYTES_MAX));
    let large = Router::new()
        .route("/sync/push", post(push::push))
        .layer(DefaultBodyLimit::max(PUSH_BYTES_MAX));
    let largest = Router::new()
        .route("/sync/return", post(returned::bring_back))
        .layer(DefaultBodyLimit::max(RETURN_BYTES_MAX));
    Router::new()
        .merge(small)
        .merge(large)
        .merge(largest)
        .route("/sync/live", get(live::live))
}

/// Reads a sync message from a request.
fn message<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, ApiError> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .map(header::HeaderValue::as_bytes);
    if kind != Some(MEDIA_TYPE.as_bytes()) {
        return Err(ApiError::MediaType);
    }
    let body = body.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(_) => ApiError::TooLarge,
        _ => ApiError::Malformed,
    })?;
    decode(&body).map_err(|_| ApiError::Malformed)
}

fn reply<T: Serialize>(message: &T) -> Response {
    ([(header::CONTENT_TYPE, MEDIA_TYPE)], encode(message)).into_response()
}

fn check_protocol(protocol: u32) -> Result<(), ApiError> {
    if (MIN_CLIENT..=PROTOCOL).contains(&protocol) {
        Ok(())
    } else {
        Err(ApiError::Protocol)
    }
}

/// Browsers share a session over all their tabs: signed in anew in one, the others may still work
/// on the database of the person before.
fn check_person(signed_in: &SignedIn, asked: PersonId) -> Result<(), ApiError> {
    if signed_in.person.id == asked {
        Ok(())
    } else {
        Err(ApiError::NotSignedIn)
    }
}

/// What a device is told on which nobody is signed in any more: a lost one has to be wiped.
async fn told_to_nobody(app: &App, owner: Option<(PersonId, DeviceId)>) -> ApiError {
    let Some((person, device)) = owner else {
        return ApiError::NotSignedIn;
    };
    match app.store.is_to_be_wiped(person, device).await {
        Ok(true) => ApiError::Wipe,
        Ok(false) => ApiError::NotSignedIn,
        Err(failed) => failed.into(),
    }
}

/// Who asks and what they may read: at the surface asked for, but never more than signed in for.
///
/// A console that were given the portal's scopes would forget everything it holds: after somebody
/// signed in to the portal beside it, it has to ask them to sign in again.
fn session(signed_in: &SignedIn, device: DeviceId, asked: Surface) -> Result<Session, ApiError> {
    let surface = match (signed_in.surface, asked) {
        (Surface::Portal, Surface::Console) => return Err(ApiError::NotSignedIn),
        (Surface::Portal | Surface::Console, surface) => surface,
    };
    let person = signed_in.person.clone();
    let scopes = policy::scopes(&person, surface);
    Ok(Session {
        person,
        device,
        surface,
        scopes,
    })
}
