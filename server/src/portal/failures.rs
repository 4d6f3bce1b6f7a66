//! What a person reads when their browser cannot be given the page it asked for.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use super::words::{Language, t};
use super::{Desk, html};
use crate::App;
use crate::error::{ApiError, Failure};

/// Whether a page was asked for, and in which language; scripts and programs ask for data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader(Language);

impl Reader {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| {
            headers
                .get(name)
                .and_then(|value: &HeaderValue| value.to_str().ok())
        };
        let reads = text(header::ACCEPT).is_some_and(|kinds| kinds.contains("text/html"));
        let wishes = text(header::ACCEPT_LANGUAGE).unwrap_or_default();
        reads.then(|| Self(Language::of(wishes)))
    }

    /// Makes a page of problem details, under the same status and headers.
    pub(crate) async fn explain(
        self,
        app: &Arc<App>,
        error: &ApiError,
        problem: Response,
    ) -> Response {
        let mut desk = Desk::of(Arc::clone(app), &HeaderMap::new(), None).await;
        desk.language = self.0;
        let page = desk.frame().sentence(None, sentence(error, self.0));
        let (mut head, _) = problem.into_parts();
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        head.headers.insert(header::CONTENT_TYPE, kind);
        Response::from_parts(head, Body::from(page))
    }
}

/// A page that says itself why something was not done; the failure is noted as any other is.
pub(super) fn excuse(error: ApiError, page: String) -> Response {
    let mut response = html(error.problem().status, page);
    response.extensions_mut().insert(Failure(Arc::new(error)));
    response
}

/// What went wrong, and what to do about it.
pub(super) fn sentence(error: &ApiError, language: Language) -> &'static str {
    match error {
        ApiError::Busy | ApiError::TimedOut => t("plain.busy", language),
        ApiError::TooLarge => t("plain.too_large", language),
        ApiError::NotFound | ApiError::MethodNotAllowed => t("plain.not_found", language),
        ApiError::Internal(_) => t("plain.failed", language),
        ApiError::CrossSite | ApiError::Malformed | ApiError::MediaType => {
            t("plain.malformed", language)
        }
        ApiError::TooManyAttempts { .. } => t("plain.too_often", language),
        ApiError::WrongSignIn => t("signin.wrong", language),
        ApiError::NotSignedIn
        | ApiError::Wipe
        | ApiError::NotStaff
        | ApiError::Protocol
        | ApiError::ClientNotBuilt => error.problem().title,
    }
}
