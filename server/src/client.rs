//! Serves the built client: from the binary with the feature `embedded-client`, else from disk.
//!
//! Addresses under `/assets/` and `/icons/` carry the hash of their content and are kept for ever;
//! everything else is asked for again each time and answered by its `ETag`.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::App;
use crate::error::ApiError;
use crate::text::hex;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const REVALIDATE: &str = "no-cache";

/// Where the files of the client are.
#[derive(Debug, Clone)]
pub enum Client {
    Embedded(&'static [(&'static str, &'static [u8])]),
    Folder(PathBuf),
}

impl Client {
    /// The client that was built into this binary, or the one in cargo's target folder.
    pub fn of_this_build() -> Self {
        #[cfg(feature = "embedded-client")]
        return Self::Embedded(include!(concat!(env!("OUT_DIR"), "/client.rs")));
        #[cfg(not(feature = "embedded-client"))]
        {
            let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
            Self::Folder(PathBuf::from(target).join("client"))
        }
    }

    async fn file(&self, url: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Embedded(files) => {
                let place = files.binary_search_by_key(&url, |(name, _)| name);
                place.ok().map(|place| Cow::Borrowed(files[place].1))
            }
            Self::Folder(folder) => {
                let path = folder.join(url.trim_start_matches('/'));
                tokio::fs::read(path).await.ok().map(Cow::Owned)
            }
        }
    }
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/console", get(console))
        .route("/console/{*path}", get(console))
        .route("/assets/{*path}", get(asset))
        .route("/icons/{*path}", get(asset))
        .route("/sw.js", get(asset))
        .route("/portal-sw.js", get(asset))
        .route("/manifest.webmanifest", get(asset))
        .route("/portal.webmanifest", get(asset))
        .route("/favicon.ico", get(asset))
        .route("/dev-stamp", get(asset))
}

async fn console(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let page = serve(&app.client, "/console.html", &headers).await;
    page.ok_or(ApiError::ClientNotBuilt)
}

/// The page of the portal, if the client is built.
pub(crate) async fn portal(app: &App, headers: &HeaderMap) -> Option<Response> {
    serve(&app.client, "/portal.html", headers).await
}

/// The address of the portal's style sheet, which its page names.
pub(crate) async fn portal_style(app: &App) -> Option<String> {
    const BEGIN: &str = "/assets/portal-";
    const END: &str = ".css";
    let page = app.client.file("/portal.html").await?;
    let page = std::str::from_utf8(&page).ok()?;
    let mut named = page.split('"').filter(|part| part.starts_with(BEGIN));
    named
        .find(|part| part.ends_with(END))
        .map(ToOwned::to_owned)
}

async fn asset(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    serve(&app.client, uri.path(), &headers)
        .await
        .ok_or(ApiError::NotFound)
}

async fn serve(client: &Client, url: &str, headers: &HeaderMap) -> Option<Response> {
    if !is_plain(url) {
        return None;
    }
    let (encoding, bytes) = best_sibling(client, url, headers).await?;
    let is_hashed = ["/assets/", "/icons/"]
        .iter()
        .any(|folder| url.starts_with(folder));
    let mut kept = HeaderMap::new();
    kept.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let lifetime = if is_hashed { IMMUTABLE } else { REVALIDATE };
    kept.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    if !is_hashed {
        let tag = format!("\"{}\"", &hex(&Sha256::digest(&bytes))[..32]);
        let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits in quotes");
        let is_known = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .any(|known| known == tag);
        kept.insert(header::ETAG, tag);
        if is_known {
            return Some((StatusCode::NOT_MODIFIED, kept).into_response());
        }
    }
    kept.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(url)),
    );
    if let Some(encoding) = encoding {
        kept.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some((kept, bytes).into_response())
}

/// The file or the compressed sibling that the browser can read.
async fn best_sibling(
    client: &Client,
    url: &str,
    headers: &HeaderMap,
) -> Option<(Option<&'static str>, Cow<'static, [u8]>)> {
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        if accepts(headers, encoding)
            && let Some(bytes) = client.file(&format!("{url}.{extension}")).await
        {
            return Some((Some(encoding), bytes));
        }
    }
    Some((None, client.file(url).await?))
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map(str::parse::<f32>);
        is_named && weight.is_none_or(|weight| weight.is_ok_and(|weight| weight > 0.0))
    })
}

/// Whether an address names a file below the client's folder and nothing hidden.
fn is_plain(url: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    url.bytes().all(fits) && !url.contains("/.") && !url.contains("//")
}

fn media_type(url: &str) -> &'static str {
    match url.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_with_weight_zero_is_not_accepted() {
        let headers = |text| HeaderMap::from_iter([(header::ACCEPT_ENCODING, text)]);
        let accepts_br = |text| accepts(&headers(HeaderValue::from_static(text)), "br");
        assert!(accepts_br("gzip, deflate, BR"));
        assert!(accepts_br("br;q=0.5"));
        assert!(!accepts_br("gzip, br; q=0"));
        assert!(!accepts_br("brotli"));
        assert!(!accepts(&HeaderMap::new(), "br"));
    }

    #[test]
    fn an_address_cannot_leave_the_folder() {
        assert!(is_plain("/assets/console-1a2b.wasm"));
        for bad in [
            "/assets/../Cargo.toml",
            "/assets/%2e%2e/x",
            "/assets//x",
            "/assets/.git",
            "/a\\b",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
