//! Files of incidents: `HEAD`, `PUT` and `GET /blobs/{hash}?doc=…&fact=…`.
//!
//! `PUT` takes a file piece by piece from the author of the accepted fact that names it: the header
//! `upload-offset` says where a piece belongs, and the one of the answer where the next does, as
//! does `HEAD`; `upload-complete` says `?1` once all of it is there and has the hash (the terms of
//! the IETF's resumable uploads). `GET` gives a file to whoever may read the document.
//!
//! # Design
//! Question: who may read bytes whose hash they know? Answer: whoever may read the document in
//! whose name they were uploaded. They lie under that document and fact, so whoever names the hash
//! of another's file has named nothing until they upload the very bytes themselves. Rejected: one
//! copy for all who name a hash, which hands secrets to whoever guesses or overhears a hash.

mod audit;
mod folder;
mod named;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use shared::ids::PersonId;
use shared::incidents::attachments::{PIECE_BYTES_MAX, PIECE_BYTES_MIN};
use shared::time::UnixMillis;

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;

pub use audit::{Audit, audit, copy_back, copy_to};
use folder::{Ended, Folder, Place};
use named::Asked;

/// Where a piece belongs, or the next one would.
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");

/// Whether all of a file is there.
const COMPLETE: HeaderName = HeaderName::from_static("upload-complete");

/// Nothing in a file runs, whatever it turns out to be.
const CONTENT_SECURITY_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; sandbox; frame-ancestors 'none'");

/// How many bytes a person uploads a day at most.
const DAY_BYTES_MAX: u64 = 1024 * 1024 * 1024;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// How often half uploads are looked through, and when one is given up.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
const HALF_DAYS_MAX: i64 = 14;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/blobs/{hash}", get(give).head(look).put(take))
        .layer(DefaultBodyLimit::max(PIECE_BYTES_MAX))
}

/// The files of the data folder, and what is on its way there.
#[derive(Debug)]
pub struct Attachments {
    folder: Folder,
    /// What is being written: two pieces of one file at once would lie over each other.
    under_way: Mutex<HashSet<Place>>,
    /// What people have uploaded since when.
    taken: Mutex<HashMap<PersonId, (UnixMillis, u64)>>,
}

impl Attachments {
    /// The files below the data folder, which is made once something is written.
    pub(crate) fn new(data: &std::path::Path) -> Self {
        Self {
            folder: Folder::new(Self::folder_of(data)),
            under_way: Mutex::default(),
            taken: Mutex::default(),
        }
    }

    pub(crate) fn folder_of(data: &std::path::Path) -> PathBuf {
        data.join("blobs")
    }

    fn begin(&self, place: Place) -> Result<Turn<'_>, ApiError> {
        if lock(&self.under_way).insert(place) {
            return Ok(Turn { of: self, place });
        }
        Err(ApiError::Busy)
    }

    /// Counts what a person uploads, unless it is too much for a day.
    fn count(&self, person: PersonId, bytes: usize, now: UnixMillis) -> Result<(), ApiError> {
        let mut taken = lock(&self.taken);
        taken.retain(|_, (since, _)| now.since(*since) < DAY_MILLIS);
        let (_, sum) = taken.entry(person).or_insert((now, 0));
        *sum += bytes as u64;
        if *sum <= DAY_BYTES_MAX {
            return Ok(());
        }
        Err(ApiError::TooManyAttempts {
            retry_after_seconds: 3_600,
        })
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Leave to write one file, until it is dropped.
struct Turn<'a> {
    of: &'a Attachments,
    place: Place,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.of.under_way).remove(&self.place);
    }
}

async fn look(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&hash, query.as_deref())?;
    let blob = asked.for_its_author(&app, &signed_in).await?;
    let place = asked.place();
    let folder = &app.attachments.folder;
    if folder.size(place).await? == Some(u64::from(blob.bytes)) {
        return Ok(told(u64::from(blob.bytes), IsWhole::Yes));
    }
    let there = folder.pieces(signed_in.person.id, place).await?;
    Ok(told(there.end, IsWhole::No))
}

async fn take(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&hash, query.as_deref())?;
    let offset = headers.get(OFFSET).and_then(|offset| offset.to_str().ok());
    let offset: u64 = offset
        .and_then(|offset| offset.parse().ok())
        .ok_or(ApiError::Malformed)?;
    let blob = asked.for_its_author(&app, &signed_in).await?;
    let piece = body.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(_) => ApiError::TooLarge,
        _ => ApiError::Malformed,
    })?;
    let (place, person) = (asked.place(), signed_in.person.id);
    let size = u64::from(blob.bytes);
    let _turn = app.attachments.begin(place)?;
    let folder = &app.attachments.folder;
    if folder.size(place).await? == Some(size) {
        return Ok(told(size, IsWhole::Yes));
    }
    let there = folder.pieces(person, place).await?;
    if offset != there.end && there.end < size {
        return Ok(told(there.end, IsWhole::No));
    }
    let end = there.end + piece.len() as u64;
    if end > size {
        return Err(ApiError::TooLarge);
    }
    // Many tiny pieces would cost more than their bytes.
    if piece.len() < PIECE_BYTES_MIN && end < size {
        return Err(ApiError::Malformed);
    }
    if !piece.is_empty() {
        app.attachments
            .count(person, piece.len(), app.clock.now())?;
        folder.put_piece(person, place, there.end, piece).await?;
    }
    if end < size {
        return Ok(told(end, IsWhole::No));
    }
    match folder.end(person, place, blob).await? {
        Ended::Whole => Ok(told(size, IsWhole::Yes)),
        Ended::OtherBytes => Err(ApiError::Malformed),
        Ended::OtherType => Err(ApiError::MediaType),
    }
}

/// Whether a file has been put together; every piece of it may be there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum IsWhole {
    Yes,
    No,
}

fn told(offset: u64, is_whole: IsWhole) -> Response {
    let complete = match is_whole {
        IsWhole::Yes => HeaderValue::from_static("?1"),
        IsWhole::No => HeaderValue::from_static("?0"),
    };
    [(OFFSET, HeaderValue::from(offset)), (COMPLETE, complete)].into_response()
}

async fn give(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let asked = Asked::read(&hash, query.as_deref())?;
    let (name, blob) = asked.for_a_reader(&app, &signed_in).await?;
    let Some((bytes, stream)) = app.attachments.folder.read(asked.place()).await? else {
        return Err(ApiError::NotFound);
    };
    let media = blob.media;
    let disposition = if media.is_picture() {
        "inline"
    } else {
        "attachment"
    };
    let name: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    // A form writes spaces as it does; a header's parameter does not (RFC 8187).
    let name = name.replace('+', "%20").replace('*', "%2A");
    let disposition = format!("{disposition}; filename*=UTF-8''{name}");
    let disposition = HeaderValue::try_from(disposition).map_err(ApiError::internal)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media.word())),
        (header::CONTENT_LENGTH, HeaderValue::from(bytes)),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        // A browser's own store is plain, and asks nobody whether it may still give it.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(stream)).into_response())
}

/// Gives up what was begun and never ended, now and then, until the server stops.
pub(crate) async fn now_and_then(app: Arc<App>) {
    loop {
        let before = app.clock.now().plus(-HALF_DAYS_MAX * DAY_MILLIS);
        match app.attachments.folder.sweep(before).await {
            Ok(0) => {}
            Ok(pieces) => tracing::info!(pieces, "half uploads were given up"),
            Err(cause) => {
                tracing::warn!(cause = format!("{cause:?}"), "half uploads stay");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_uploads_without_end_in_a_day() {
        let files = Attachments::new(std::path::Path::new("nowhere"));
        let (alice, bob, now) = (PersonId(1), PersonId(2), UnixMillis(1_800_000_000_000));
        let pieces = DAY_BYTES_MAX / PIECE_BYTES_MAX as u64;
        for _ in 0..pieces {
            assert!(files.count(alice, PIECE_BYTES_MAX, now).is_ok());
        }
        let beyond = files.count(alice, 1, now.plus(1));
        assert!(matches!(beyond, Err(ApiError::TooManyAttempts { .. })));
        assert!(files.count(bob, 1, now).is_ok(), "others are not held up");
        let later = now.plus(DAY_MILLIS);
        assert!(files.count(alice, 1, later).is_ok());
    }
}
