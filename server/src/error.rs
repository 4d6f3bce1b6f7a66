//! Failures as clients see them: problem details (RFC 9457) with a stable `type` and a trace id.
//!
//! Nothing of the cause leaves the server; it is logged once, by [`crate::requests`], which also
//! turns an [`ApiError`] into the body, since only there the request's trace id is known.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("a session is needed")]
    NotSignedIn,
    #[error("the device is to be wiped")]
    Wipe,
    #[error("login and password do not match an account")]
    WrongSignIn,
    #[error("only staff may use the console")]
    NotStaff,
    #[error("the request comes from another site")]
    CrossSite,
    #[error("too many attempts")]
    TooManyAttempts { retry_after_seconds: u64 },
    #[error("nothing is here")]
    NotFound,
    #[error("the method is not known here")]
    MethodNotAllowed,
    #[error("the request cannot be read")]
    Malformed,
    #[error("the media type is not known here")]
    MediaType,
    #[error("the request is too large")]
    TooLarge,
    #[error("the client is too old or too new for this server")]
    Protocol,
    #[error("the request took too long")]
    TimedOut,
    #[error("the client has not been built")]
    ClientNotBuilt,
    #[error("the server is busy")]
    Busy,
    #[error("the server failed")]
    Internal(#[source] anyhow::Error),
}

/// The parts of a problem that never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    pub slug: &'static str,
    pub title: &'static str,
    pub status: StatusCode,
}

/// The body of a problem.
#[derive(Debug, Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    #[serde(rename = "traceId")]
    trace_id: &'a str,
}

impl ApiError {
    /// Keeps a cause for the log.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }

    pub fn problem(&self) -> Problem {
        let (status, slug, title) = match self {
            Self::NotSignedIn => (401, "not-signed-in", "Sign in to go on"),
            Self::Wipe => (410, "wipe", "This device is to be wiped"),
            Self::WrongSignIn => (401, "wrong-sign-in", "Login or password is wrong"),
            Self::NotStaff => (403, "not-staff", "The console is for staff"),
            Self::CrossSite => (403, "cross-site", "The request comes from another site"),
            Self::TooManyAttempts { .. } => (429, "too-many-attempts", "Too many attempts; wait"),
            Self::NotFound => (404, "not-found", "Nothing is here"),
            Self::MethodNotAllowed => (405, "method-not-allowed", "The method is not known here"),
            Self::Malformed => (400, "malformed", "The request cannot be read"),
            Self::MediaType => (415, "media-type", "The media type is not known here"),
            Self::TooLarge => (413, "too-large", "The request is too large"),
            Self::Protocol => (426, "protocol", "Client and server are of different times"),
            Self::TimedOut => (408, "timed-out", "The request took too long"),
            Self::ClientNotBuilt => (503, "client-not-built", "Build it: cargo xtask build"),
            Self::Busy => (503, "busy", "The server is busy; try again"),
            Self::Internal(_) => (500, "internal", "The server failed"),
        };
        let status = StatusCode::from_u16(status).expect("the table holds valid statuses");
        Problem {
            slug,
            title,
            status,
        }
    }

    /// What a failure of the framework amounts to, such as a path without a route.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::MediaType,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::REQUEST_TIMEOUT => Self::TimedOut,
            status if status.is_client_error() => Self::Malformed,
            status => Self::internal(anyhow::anyhow!("the framework answered {status}")),
        }
    }

    /// The whole answer.
    pub(crate) fn render(&self, trace_id: &str) -> Response {
        let Problem {
            slug,
            title,
            status,
        } = self.problem();
        let r#type = format!("/problems/{slug}");
        let body = Body {
            r#type,
            title,
            status: status.as_u16(),
            trace_id,
        };
        let body = serde_json::to_vec(&body).expect("a problem is plain JSON");
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], body).into_response();
        let wait = if let Self::TooManyAttempts {
            retry_after_seconds,
        } = self
        {
            Some(*retry_after_seconds)
        } else {
            matches!(self, Self::Busy).then_some(1)
        };
        if let Some(seconds) = wait {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().status.into_response();
        response
            .extensions_mut()
            .insert(Failure(std::sync::Arc::new(self)));
        response
    }
}

/// The error behind a response, until [`crate::requests`] renders it.
#[derive(Debug, Clone)]
pub(crate) struct Failure(pub(crate) std::sync::Arc<ApiError>);

/// What the store or another part below reports is nobody's fault outside.
impl From<anyhow::Error> for ApiError {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}
