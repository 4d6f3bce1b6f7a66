//! Who is asking: sign-in, the session cookie, sign-out.
//!
//! # Design
//! Question: what does a browser hold? Answer: 32 random bytes in an `HttpOnly`, `SameSite=Strict`
//! cookie, of which the store keeps the SHA-256, so that neither a copied database nor a script on
//! the page yields a session. Rejected: signed tokens (a revoked person would stay signed in until
//! they expire). Sessions end at a fixed time; a device's outbox does not depend on them.

mod agent;
mod attempts;
mod cookie;
mod password;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Json, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Extension, Router};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use shared::ids::{DeviceId, PersonId};
use shared::people::Person;
use shared::sync::message::Surface;
use shared::time::UnixMillis;

pub use agent::Agent;
pub use attempts::Attempts;
pub use password::{Password, Passwords};

use crate::App;
use crate::config::Mode;
use crate::error::ApiError;
use crate::store::StoredSession;

/// A sign-in is a login, a password and a word.
const BODY_BYTES_MAX: usize = 4 * 1024;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The ending of the logins that everybody knows the password of.
pub const DEMO_ENDING: &str = "@demo";

/// Names a session: the SHA-256 of the bytes in the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub [u8; 32]);

impl SessionId {
    /// The session that a request names, whether or not there is one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let token = cookie::token(headers)?;
        Some(Self(Sha256::digest(token).into()))
    }
}

/// The person and surface behind a request; a request without them is answered 401.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub person: Person,
    pub surface: Surface,
    pub session_id: SessionId,
    pub expires_at: UnixMillis,
    is_wiping: bool,
}

/// The session of a device that may be about to be wiped: then it hands over what was never sent,
/// says that it was wiped, and does nothing else.
#[derive(Debug, Clone)]
pub struct HandingOver {
    pub session: SignedIn,
    pub is_wiping: bool,
}

#[derive(Debug, Deserialize)]
struct SignIn {
    login: String,
    password: Password,
    surface: Surface,
}

#[derive(Debug, Serialize)]
struct Session {
    person: Person,
    surface: Surface,
    expires_at: UnixMillis,
}

impl From<SignedIn> for Session {
    fn from(of: SignedIn) -> Self {
        Self {
            person: of.person,
            surface: of.surface,
            expires_at: of.expires_at,
        }
    }
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/session", post(sign_in).get(session).delete(sign_out))
        .route("/session/wiped", post(wiped))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn sign_in(
    State(app): State<Arc<App>>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(SignIn {
        login,
        password,
        surface,
    }) = body.map_err(|error| unreadable(&error))?;
    let address = address.map(|Extension(ConnectInfo(address))| address.ip());
    let visitor = Visitor {
        address: client_address(&app, &headers, address),
        agent: Agent::of(&headers),
    };
    let (session, cookie) = enter(&app, (&login, password), surface, visitor).await?;
    end(&app, &headers).await?;
    let session = Session::from(session);
    Ok(([(header::SET_COOKIE, cookie)], Json(session)).into_response())
}

/// Where a sign-in comes from.
struct Visitor {
    address: Option<IpAddr>,
    agent: Agent,
}

/// Signs in, and gives the session with the cookie that names it.
async fn enter(
    app: &App,
    (login, password): (&str, Password),
    surface: Surface,
    Visitor { address, agent }: Visitor,
) -> Result<(SignedIn, HeaderValue), ApiError> {
    let now = app.clock.now();
    let attempt = app.attempts.begin(login, address, now)?;
    let person = verified(app, login, password)
        .await?
        .ok_or(ApiError::WrongSignIn)?;
    attempt.succeed();
    if surface == Surface::Console && !person.is_staff() {
        return Err(ApiError::NotStaff);
    }

    let token = app.random.bytes::<32>();
    let expires_at = now.plus(i64::from(app.config.session_days) * DAY_MILLIS);
    let id = SessionId(Sha256::digest(token).into());
    let kept = StoredSession {
        person: person.id,
        surface,
        expires_at,
        is_wiping: false,
    };
    app.store.add_session(id, kept, &agent, now).await?;
    let cookie = cookie::set(&token, app.config.session_days, &app.config.origin);
    let session = SignedIn {
        person,
        surface,
        session_id: id,
        expires_at,
        is_wiping: false,
    };
    Ok((session, cookie))
}

/// Signs in to the portal from a form.
pub(crate) async fn enter_portal(
    app: &App,
    headers: &HeaderMap,
    peer: Option<IpAddr>,
    login: &str,
    password: String,
) -> Result<(SignedIn, HeaderValue), ApiError> {
    let visitor = Visitor {
        address: client_address(app, headers, peer),
        agent: Agent::of(headers),
    };
    let password = Password::new(password);
    let entered = enter(app, (login, password), Surface::Portal, visitor).await?;
    end(app, headers).await?;
    Ok(entered)
}

/// Ends the session of a request, and gives the cookie that forgets it.
pub(crate) async fn leave(app: &App, headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    end(app, headers).await?;
    Ok(cookie::clear(&app.config.origin))
}

/// Ends the session that a request names, also one that another takes the place of.
async fn end(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    if let Some(id) = SessionId::of(headers) {
        app.store.end_session(id).await?;
    }
    Ok(())
}

/// The person, if the password is theirs; an unknown login takes as long as a wrong password.
async fn verified(app: &App, login: &str, password: Password) -> Result<Option<Person>, ApiError> {
    let person = app.people.by_login(app, login).await?;
    let person = person.filter(|person| may_sign_in(app, person));
    let stored = match &person {
        Some(person) => app.store.credential(person.id).await?,
        None => None,
    };
    let is_right = app.passwords.verify(password, stored).await?;
    Ok(person.filter(|_| is_right))
}

fn may_sign_in(app: &App, person: &Person) -> bool {
    person.active && (app.config.mode == Mode::Demo || !person.login.ends_with(DEMO_ENDING))
}

/// Who is signed in. A browser that brings no cookie is told so without an error: it only looks.
async fn session(
    headers: HeaderMap,
    signed_in: Result<SignedIn, ApiError>,
) -> Result<Response, ApiError> {
    if signed_in.is_err() && cookie::token(&headers).is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(Session::from(signed_in?)).into_response())
}

async fn sign_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let cookie = leave(&app, &headers).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// Whose devices in this browser were wiped.
#[derive(Debug, Deserialize)]
struct Wiped {
    person: PersonId,
    devices: Vec<DeviceId>,
}

/// A browser says that nothing of a person is left in it. With that its session ends.
async fn wiped(
    State(app): State<Arc<App>>,
    HandingOver { session, .. }: HandingOver,
    body: Result<Json<Wiped>, JsonRejection>,
) -> Result<Response, ApiError> {
    let Json(Wiped { person, devices }) = body.map_err(|error| unreadable(&error))?;
    // Somebody else may have signed in meanwhile.
    if person != session.person.id || devices.is_empty() {
        return Err(ApiError::NotSignedIn);
    }
    let now = app.clock.now();
    app.store
        .end_wipe(session.session_id, person, &devices, now)
        .await?;
    tracing::info!("a device was wiped");
    let cookie = cookie::clear(&app.config.origin);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let HandingOver { session, is_wiping } =
            HandingOver::from_request_parts(parts, app).await?;
        if is_wiping {
            return Err(ApiError::Wipe);
        }
        Ok(session)
    }
}

impl FromRequestParts<Arc<App>> for HandingOver {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        match parts.extensions.get::<Self>() {
            Some(known) => Ok(known.clone()),
            None => Self::of(app, &parts.headers).await,
        }
    }
}

impl HandingOver {
    /// The session of a request as it is now.
    pub(crate) async fn of(app: &App, headers: &HeaderMap) -> Result<Self, ApiError> {
        let session_id = SessionId::of(headers).ok_or(ApiError::NotSignedIn)?;
        let session = SignedIn::look(app, session_id).await?;
        let session = session.ok_or(ApiError::NotSignedIn)?;
        let is_wiping = session.is_wiping;
        Ok(Self { session, is_wiping })
    }
}

impl SignedIn {
    /// The session as it is now; none once it has expired or was ended, its devices are to be
    /// wiped, or the person may no longer sign in. A long-lived socket asks again from time to
    /// time.
    pub async fn of(app: &App, session_id: SessionId) -> Result<Option<Self>, ApiError> {
        let session = Self::look(app, session_id).await?;
        Ok(session.filter(|session| !session.is_wiping))
    }

    async fn look(app: &App, session_id: SessionId) -> Result<Option<Self>, ApiError> {
        let Some(session) = app.store.session(session_id).await? else {
            return Ok(None);
        };
        if session.expires_at <= app.clock.now() {
            return Ok(None);
        }
        // Another process may have written the directory; what a person may see follows at once.
        app.people.refresh(app).await?;
        let person = app.people.by_id(app, session.person).await?;
        let person = person.filter(|person| may_sign_in(app, person));
        let is_allowed = |person: &Person| session.surface == Surface::Portal || person.is_staff();
        Ok(person.filter(is_allowed).map(|person| Self {
            person,
            surface: session.surface,
            session_id,
            expires_at: session.expires_at,
            is_wiping: session.is_wiping,
        }))
    }
}

fn unreadable(rejection: &JsonRejection) -> ApiError {
    if let JsonRejection::BytesRejection(_) = rejection {
        return ApiError::TooLarge;
    }
    ApiError::from_status(rejection.status())
}

/// The address to count attempts by; a proxy that is trusted appends the one it saw.
fn client_address(app: &App, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
    const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    if !app.config.behind_proxy {
        return peer;
    }
    let last = headers.get_all(FORWARDED_FOR).iter().next_back();
    let last = last.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.or(peer)
}
