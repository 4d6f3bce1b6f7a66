//! One request to the server, with a time limit.

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCache, RequestCredentials, RequestInit, Response};

use shared::sync::client::Fault;
use shared::sync::message::MEDIA_TYPE;

use super::clock;

/// How long a request may take; a page on a thin line takes its time.
const LIMIT_MILLIS: u32 = 60_000;

/// Posts a sync message and gives the answer's body.
pub(crate) async fn post(path: &str, body: &[u8]) -> Result<Vec<u8>, Fault> {
    let abort = AbortController::new().map_err(|_| Fault::Unreachable)?;
    post_until(abort, path, body).await
}

/// The same, unless it is aborted.
pub(crate) async fn post_until(
    abort: AbortController,
    path: &str,
    body: &[u8],
) -> Result<Vec<u8>, Fault> {
    let headers = [("content-type", MEDIA_TYPE)];
    let init = request("POST", &headers, Some(body), &abort);
    let init = init.map_err(|_| Fault::Unreachable)?;
    let _limit = limit(abort, LIMIT_MILLIS);
    let response = fetch(path, &init).await?;
    judge(response.status())?;
    read(&response).await.map_err(|_| Fault::Unreachable)
}

/// Asks for something else; every answer of the server counts as one.
pub(crate) async fn ask(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Result<Response, Fault> {
    let abort = AbortController::new().map_err(|_| Fault::Unreachable)?;
    let init = request(method, headers, body, &abort).map_err(|_| Fault::Unreachable)?;
    let _limit = limit(abort, LIMIT_MILLIS);
    fetch(path, &init).await
}

/// Fetches a body that may take longer; none if there is none.
pub(crate) async fn get(path: &str, limit_millis: u32) -> Result<Option<Vec<u8>>, Fault> {
    let abort = AbortController::new().map_err(|_| Fault::Unreachable)?;
    let init = request("GET", &[], None, &abort).map_err(|_| Fault::Unreachable)?;
    // Nothing that people wrote may lie plain in the browser's cache.
    init.set_cache(RequestCache::NoStore);
    let _limit = limit(abort, limit_millis);
    let response = fetch(path, &init).await?;
    if response.status() == 404 {
        return Ok(None);
    }
    judge(response.status())?;
    let bytes = read(&response).await.map_err(|_| Fault::Unreachable)?;
    Ok(Some(bytes))
}

fn limit(abort: AbortController, millis: u32) -> Timeout {
    Timeout::new(millis, move || abort.abort())
}

async fn fetch(path: &str, init: &RequestInit) -> Result<Response, Fault> {
    let fetched = JsFuture::from(clock::scope().fetch_with_str_and_init(path, init)).await;
    fetched
        .and_then(JsCast::dyn_into)
        .map_err(|_| Fault::Unreachable)
}

fn request(
    method: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
    abort: &AbortController,
) -> Result<RequestInit, JsValue> {
    let own = Headers::new()?;
    for (name, value) in headers {
        own.set(name, value)?;
    }
    // A header that no form of another site can send.
    own.set("x-holdfast", "1")?;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_headers(&own);
    if let Some(body) = body {
        init.set_body(&Uint8Array::from(body));
    }
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_signal(Some(&abort.signal()));
    Ok(init)
}

/// What an answer other than the wanted one means.
pub(crate) fn judge(status: u16) -> Result<(), Fault> {
    match status {
        200 => Ok(()),
        401 => Err(Fault::SignedOut),
        410 => Err(Fault::Wipe),
        413 => Err(Fault::TooLarge),
        426 => Err(Fault::Outdated),
        429 => Err(Fault::Busy),
        408 => Err(Fault::Unreachable),
        400..=499 => Err(Fault::Malformed),
        _ => Err(Fault::Unreachable),
    }
}

async fn read(response: &Response) -> Result<Vec<u8>, JsValue> {
    let buffer: ArrayBuffer = JsFuture::from(response.array_buffer()?).await?.dyn_into()?;
    Ok(Uint8Array::new(&buffer).to_vec())
}
