//! What holds for every request: a trace id, one line of log, counters, safe headers, and a check
//! that a write was meant by a page of ours.
//!
//! The log names the route, never the path, query or person: those are personal data.

mod pace;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::App;
use crate::error::{ApiError, Failure};
use crate::portal;
use crate::text::hex;

pub(crate) use pace::{Pace, Unlogged, keep_pace, share};

/// Only our own files, and no inline script or style.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; \
    script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; \
    worker-src 'self'; img-src 'self' blob: data:; manifest-src 'self'; font-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const SAFE_HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()",
    ),
];

const HTTPS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// A page for people that says itself what is wrong, so that no problem details replace it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain;

/// Proof that a script of ours sends the request: a form or an image of another site cannot set it.
const OWN_SCRIPT: HeaderName = HeaderName::from_static("x-holdfast");

pub(crate) async fn observe(
    State(app): State<Arc<App>>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let trace_id = hex(&app.random.bytes::<16>());
    let method = request.method().clone();
    let reader = portal::Reader::of(request.headers());
    let response = next.run(request).await;
    let is_logged = response.extensions().get::<Unlogged>().is_none();
    let mut response = explained(&app, response, &trace_id, reader).await;
    add_headers(&app, response.headers_mut(), &trace_id);

    let status = response.status().as_u16();
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    app.metrics.count_request(route, status);
    if !is_logged {
        return response;
    }
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        http.method = %method,
        http.route = route,
        http.status = status,
        duration_ms,
        trace.id = trace_id,
        "answered a request"
    );
    response
}

/// Makes problem details of every failure, also of those the framework words itself, or a page if
/// somebody reads it.
async fn explained(
    app: &Arc<App>,
    response: Response,
    trace_id: &str,
    reader: Option<portal::Reader>,
) -> Response {
    let status = response.status();
    let is_plain = response.extensions().get::<Plain>().is_some();
    let error = match response.extensions().get::<Failure>() {
        Some(Failure(error)) => Arc::clone(error),
        None if !is_plain && (status.is_client_error() || status.is_server_error()) => {
            Arc::new(ApiError::from_status(status))
        }
        None => return response,
    };
    if let ApiError::Internal(cause) = &*error {
        tracing::error!(
            trace.id = trace_id,
            cause = format!("{cause:#}"),
            "a request failed"
        );
    }
    if is_plain {
        return response;
    }
    let mut explained = error.render(trace_id);
    for name in [header::ALLOW, header::CONNECTION, header::SET_COOKIE] {
        if let Some(value) = response.headers().get(&name) {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    match reader {
        Some(reader) => reader.explain(app, &error, explained).await,
        None => explained,
    }
}

fn add_headers(app: &App, headers: &mut HeaderMap, trace_id: &str) {
    for (name, value) in SAFE_HEADERS {
        // A page that needs another policy brings it.
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    }
    if app.config.origin.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let trace_id = HeaderValue::from_str(trace_id).expect("hexadecimal digits");
    headers.insert("x-trace-id", trace_id);
}

/// Refuses writes that a page of another site could have caused.
///
/// A socket cannot carry the header of our scripts, so its `Origin` alone has to be ours. Nor can a
/// form of the plain pages, which carries a token instead.
pub(crate) async fn refuse_cross_site(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let text = |name| headers.get(name).map(HeaderValue::to_str);
    let host = text(header::HOST).and_then(Result::ok);
    let is_write = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_checked = is_write || headers.contains_key(header::UPGRADE);
    let is_own_origin = match text(header::ORIGIN) {
        None => true,
        Some(origin) => origin.is_ok_and(|origin| app.config.origin.allows(origin, host)),
    };
    // A browser may keep the origin to itself and still say that it is another one.
    let is_elsewhere = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    let is_own_origin = is_own_origin && (headers.contains_key(header::ORIGIN) || !is_elsewhere);
    let is_own_script = headers.get(OWN_SCRIPT).is_some_and(|value| value == "1");
    let is_form = *request.method() == Method::POST && portal::takes_forms(request.uri().path());
    if is_checked && (!is_own_origin || (is_write && !is_own_script && !is_form)) {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}
