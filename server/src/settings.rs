//! What administrators set on `/console/settings`, and what follows from it.
//!
//! `GET /settings/levels` says what holds and who set what before, `GET /settings/levels/{version}`
//! what that was, `POST /settings/levels/check` what a change would do, and `POST /settings/levels`
//! makes it.

mod follow;
mod levels;

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use shared::ids::PersonId;
use shared::people::Surface;
use shared::policy;
use shared::settings::{Levels, LevelsAnswer, LevelsChecked, LevelsHeld, LevelsSaved};

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;

pub use follow::renew;
pub(crate) use follow::run;
pub use levels::extend;

/// Calendars bring their holidays along, as iCalendar files.
const BODY_BYTES_MAX: usize = 2 * 1_024 * 1_024;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/settings/levels", get(levels).post(save_levels))
        .route("/settings/levels/check", post(check_levels))
        .route("/settings/levels/{version}", get(version_of_levels))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn levels(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
) -> Result<Json<LevelsHeld>, ApiError> {
    Ok(Json(levels::held(&app).await?))
}

async fn version_of_levels(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    Path(version): Path<u32>,
) -> Result<Json<Levels>, ApiError> {
    Ok(Json(levels::version(&app, version).await?))
}

async fn check_levels(
    State(app): State<Arc<App>>,
    Administrator(_): Administrator,
    Json(levels): Json<Levels>,
) -> Result<Json<LevelsChecked>, ApiError> {
    let _turn = app.keeper.turn()?;
    Ok(Json(levels::check(&app, levels).await?))
}

async fn save_levels(
    State(app): State<Arc<App>>,
    Administrator(by): Administrator,
    Json(saved): Json<LevelsSaved>,
) -> Result<Json<LevelsAnswer>, ApiError> {
    let _turn = app.keeper.turn()?;
    Ok(Json(levels::save(&app, by, saved).await?))
}

/// An administrator at the console; to anybody else there is nothing here, whatever they send.
pub(crate) struct Administrator(pub(crate) PersonId);

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let signed_in = SignedIn::from_request_parts(parts, app).await?;
        if signed_in.surface != Surface::Console || !policy::administers(&signed_in.person) {
            return Err(ApiError::NotFound);
        }
        Ok(Self(signed_in.person.id))
    }
}
