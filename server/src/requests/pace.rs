//! How fast one session may ask, and how much of the server one person may hold at once.
//!
//! # Design
//! Question: how does a device that floods the server leave room for the others? Answer: a session
//! that asks faster than it may is turned away by its cookie alone, before anything is read; what a
//! person has under way is counted before the body is read, so that neither slow bodies nor many
//! sessions take more than their share. Rejected: counting by address, behind which a whole office
//! sits, and one bound for all, which the flood itself would use up.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::ids::PersonId;
use shared::sync::message::RETURN_BYTES_MAX;
use tokio::sync::Semaphore;

use crate::App;
use crate::auth::{HandingOver, SessionId};
use crate::error::ApiError;

/// How many requests a session may make per second in the long run. A device makes one at a time,
/// and asks after every commit that it is told of.
pub(crate) const REQUESTS_PER_SECOND: u32 = 100;

/// How many requests it may make at once, such as for the files of the client.
pub(crate) const REQUESTS_AT_ONCE: u32 = 400;

/// How many sync requests of one person are answered at the same time, whatever the devices.
pub(crate) const UNDER_WAY_PER_PERSON: u32 = 8;

/// How many bytes of bodies are held at the same time, of all people.
pub(crate) const BODY_BYTES_UNDER_WAY: usize = 128 * 1024 * 1024;

/// Bodies are counted in pieces of this size, begun ones whole.
const PIECE: usize = 1024;

/// How long a body may be, in pieces, that comes without a session.
const PIECES_OF_STRANGERS: u32 = 16;

/// Sessions that are looked after; those that have been quiet for seconds are forgotten beyond it.
const SESSIONS_MAX: usize = 10_000;

/// How often a session that is turned away again and again is logged.
const LOGGED_EVERY: Duration = Duration::from_secs(1);

/// What is under way, and how fast it came.
#[derive(Debug)]
pub(crate) struct Pace {
    sessions: Mutex<HashMap<SessionId, Bucket>>,
    people: Mutex<HashMap<PersonId, u32>>,
    body_pieces: Semaphore,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            sessions: Mutex::default(),
            people: Mutex::default(),
            body_pieces: Semaphore::new(BODY_BYTES_UNDER_WAY / PIECE),
        }
    }
}

/// What a session has left, which refills with time.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
    logged_at: Option<Instant>,
}

/// An answer that is counted but not logged: a flood must not flood the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unlogged;

/// Whether a session that asks too fast is to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TooFast {
    Logged,
    Unlogged,
}

impl Bucket {
    fn full(now: Instant) -> Self {
        Self {
            left: f64::from(REQUESTS_AT_ONCE),
            at: now,
            logged_at: None,
        }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        let left = self.left + elapsed * f64::from(REQUESTS_PER_SECOND);
        self.left = left.min(f64::from(REQUESTS_AT_ONCE));
        self.at = now;
    }
}

impl Pace {
    /// Counts a request of a session, unless it comes too fast.
    fn begin(&self, session: SessionId, now: Instant) -> Result<(), TooFast> {
        let mut sessions = lock(&self.sessions);
        if sessions.len() >= SESSIONS_MAX && !sessions.contains_key(&session) {
            sessions.retain(|_, bucket| {
                bucket.refill(now);
                bucket.left < f64::from(REQUESTS_AT_ONCE)
            });
            // Made-up cookies cost a look into the store and no memory.
            if sessions.len() >= SESSIONS_MAX {
                return Ok(());
            }
        }
        let bucket = sessions.entry(session).or_insert(Bucket::full(now));
        bucket.refill(now);
        if bucket.left >= 1.0 {
            bucket.left -= 1.0;
            return Ok(());
        }
        let is_logged = |at: Instant| now.saturating_duration_since(at) < LOGGED_EVERY;
        if bucket.logged_at.is_some_and(is_logged) {
            return Err(TooFast::Unlogged);
        }
        bucket.logged_at = Some(now);
        Err(TooFast::Logged)
    }
}

/// One of the requests that a person may have under way, until it is dropped.
struct Share {
    app: Arc<App>,
    person: PersonId,
}

impl Share {
    fn take(app: &Arc<App>, person: PersonId) -> Result<Self, ApiError> {
        let mut people = lock(&app.pace.people);
        let under_way = people.entry(person).or_default();
        if *under_way == UNDER_WAY_PER_PERSON {
            return Err(TOO_MANY);
        }
        *under_way += 1;
        let app = Arc::clone(app);
        Ok(Self { app, person })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut people = lock(&self.app.pace.people);
        if let Some(under_way) = people.get_mut(&self.person) {
            *under_way -= 1;
            if *under_way == 0 {
                people.remove(&self.person);
            }
        }
    }
}

const TOO_MANY: ApiError = ApiError::TooManyAttempts {
    retry_after_seconds: 1,
};

fn lock<K: Hash + Eq, V>(map: &Mutex<HashMap<K, V>>) -> MutexGuard<'_, HashMap<K, V>> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns away what a session sends faster than it may.
pub(crate) async fn keep_pace(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let session = SessionId::of(request.headers());
    let begun = session.map(|session| app.pace.begin(session, Instant::now()));
    let Some(Err(too_fast)) = begun else {
        return next.run(request).await;
    };
    let mut response = TOO_MANY.into_response();
    // Whoever goes on has to connect anew for every request.
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(header::CONNECTION, close);
    if too_fast == TooFast::Unlogged {
        response.extensions_mut().insert(Unlogged);
    }
    response
}

/// Lets a sync request in once there is room for it and its body.
pub(crate) async fn share(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let asking = HandingOver::of(&app, request.headers()).await;
    let pieces = pieces(&request)?;
    let _share = match asking {
        Ok(asking) => {
            let share = Share::take(&app, asking.session.person.id)?;
            request.extensions_mut().insert(asking);
            Some(share)
        }
        // A lost device on which nobody is signed in any more is told to wipe itself.
        Err(ApiError::NotSignedIn) if pieces <= PIECES_OF_STRANGERS => None,
        Err(error) => return Err(error),
    };
    let _pieces = app
        .pace
        .body_pieces
        .try_acquire_many(pieces)
        .map_err(|_| ApiError::Busy)?;
    Ok(next.run(request).await)
}

/// How much room the body takes: as long as it says, or as it may be.
fn pieces(request: &Request) -> Result<u32, ApiError> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH);
    let length = length.map(|length| length.to_str().ok()?.parse().ok());
    let is_streamed = headers.contains_key(header::TRANSFER_ENCODING);
    let bytes = match length {
        Some(length) => length.ok_or(ApiError::Malformed)?,
        None if is_streamed => RETURN_BYTES_MAX,
        None => 0,
    };
    if bytes > RETURN_BYTES_MAX {
        return Err(ApiError::TooLarge);
    }
    u32::try_from(bytes.div_ceil(PIECE)).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(nth: usize) -> SessionId {
        let mut id = [0; 32];
        id[..8].copy_from_slice(&nth.to_be_bytes());
        SessionId(id)
    }

    #[test]
    fn a_session_may_ask_often_at_once_and_then_so_often_a_second() {
        let (pace, start) = (Pace::default(), Instant::now());
        for _ in 0..REQUESTS_AT_ONCE {
            assert_eq!(pace.begin(session(1), start), Ok(()));
        }
        assert_eq!(pace.begin(session(1), start), Err(TooFast::Logged));
        assert_eq!(pace.begin(session(1), start), Err(TooFast::Unlogged));
        assert_eq!(
            pace.begin(session(2), start),
            Ok(()),
            "others are not held up"
        );
        let later = start + Duration::from_secs(2);
        for _ in 0..2 * REQUESTS_PER_SECOND {
            assert_eq!(pace.begin(session(1), later), Ok(()));
        }
        assert_eq!(pace.begin(session(1), later), Err(TooFast::Logged));
    }

    #[test]
    fn ever_new_sessions_cost_no_memory_without_bound() {
        let (pace, start) = (Pace::default(), Instant::now());
        for nth in 0..2 * SESSIONS_MAX {
            assert_eq!(pace.begin(session(nth), start), Ok(()));
        }
        assert_eq!(lock(&pace.sessions).len(), SESSIONS_MAX);
        let later = start + Duration::from_secs(1);
        assert_eq!(pace.begin(session(2 * SESSIONS_MAX), later), Ok(()));
        assert_eq!(
            lock(&pace.sessions).len(),
            1,
            "those that are quiet are forgotten"
        );
    }
}
