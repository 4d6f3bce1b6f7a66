//! One request to the server, with a time limit.

use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Headers, RequestCredentials, RequestInit, Response};

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
    let init = request(body, &abort).map_err(|_| Fault::Unreachable)?;
    let _limit = Timeout::new(LIMIT_MILLIS, move || abort.abort());
    let fetched = JsFuture::from(clock::scope().fetch_with_str_and_init(path, &init)).await;
    let response: Response = fetched
        .and_then(JsCast::dyn_into)
        .map_err(|_| Fault::Unreachable)?;
    judge(response.status())?;
    read(&response).await.map_err(|_| Fault::Unreachable)
}

fn request(body: &[u8], abort: &AbortController) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", MEDIA_TYPE)?;
    // A header that no form of another site can send.
    headers.set("x-holdfast", "1")?;
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_headers(&headers);
    init.set_body(&Uint8Array::from(body));
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_signal(Some(&abort.signal()));
    Ok(init)
}

fn judge(status: u16) -> Result<(), Fault> {
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
