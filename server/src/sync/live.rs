//! `GET /sync/live`: tells a device that the log has grown, and who is where its person is. Losing
//! a frame does no harm.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use shared::sync::Seq;
use shared::sync::message::{LINE_LOST, Live, decode, encode};
use shared::sync::server::Ended;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::keeper::Keeper;
use super::presence::Attending;
use crate::App;
use crate::auth::{SessionId, SignedIn};
use crate::error::ApiError;

/// How often either side says that it is there.
const BEAT: Duration = Duration::from_secs(15);

/// A device that says nothing for so many beats is gone.
const SILENT_BEATS_MAX: u32 = 3;

/// A browser shares a session over its tabs, of which one has a socket.
const SOCKETS_MAX: u32 = 32;

const FRAME_BYTES_MAX: usize = 4 * 1024;

/// How many frames a device may send between two beats; it has one to say, and where its person is.
const FRAMES_PER_BEAT_MAX: u32 = 64;

/// The session has ended; closing codes from 4000 are the application's (RFC 6455, 7.4.2).
const SESSION_ENDED: u16 = 4401;

const GOING_AWAY: u16 = 1001;

/// The device does what the protocol does not allow (RFC 6455, 7.4.1).
const POLICY_VIOLATED: u16 = 1008;

/// How many sockets each session has open.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<HashMap<SessionId, u32>>);

/// One of the sockets that a session may have open, until it is dropped.
struct Seat {
    keeper: Arc<Keeper>,
    session: SessionId,
}

impl Seat {
    fn take(keeper: &Arc<Keeper>, session: SessionId) -> Result<Self, ApiError> {
        let mut open = keeper.sockets.lock();
        let count = open.entry(session).or_default();
        if *count == SOCKETS_MAX {
            let retry_after_seconds = BEAT.as_secs() * u64::from(SILENT_BEATS_MAX + 1);
            return Err(ApiError::TooManyAttempts {
                retry_after_seconds,
            });
        }
        *count += 1;
        let keeper = Arc::clone(keeper);
        Ok(Self { keeper, session })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.keeper.sockets.lock();
        if let Entry::Occupied(mut count) = open.entry(self.session) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

impl Sockets {
    /// Whether the session has a socket open.
    pub(super) fn has(&self, session: SessionId) -> bool {
        self.lock().contains_key(&session)
    }

    pub(super) fn count(&self) -> usize {
        let counts = self.lock();
        counts.values().map(|count| *count as usize).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) async fn live(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    upgrade: WebSocketUpgrade,
) -> Result<Response, ApiError> {
    let seat = Seat::take(&app.keeper, signed_in.session_id)?;
    // Each of thousands of sockets would hold 128 kB to read frames of a few bytes.
    let upgrade = upgrade
        .read_buffer_size(FRAME_BYTES_MAX)
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX);
    Ok(upgrade.on_upgrade(async move |socket| {
        serve(&app, &seat, socket).await;
        app.keeper.contacts.touch(seat.session, app.clock.now());
    }))
}

async fn serve(app: &App, seat: &Seat, mut socket: WebSocket) {
    let mut head = app.keeper.watch();
    let first = *head.borrow_and_update();
    let mut sessions = app.keeper.watch_sessions();
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut silent, mut frames) = (0, 0);
    let mut attending = Attending::new(app, seat.session);
    let mut sent = send(&mut socket, &told(app, first)).await;
    while sent {
        sent = tokio::select! {
            () = app.stopped() => {
                attending.ends = Ended::Closed;
                return close(socket, GOING_AWAY).await;
            }
            () = attending.woken() => match attending.news().await {
                Some(there) => send(&mut socket, &Live::There(there)).await,
                None => true,
            },
            changed = head.changed() => {
                let seq = *head.borrow_and_update();
                changed.is_ok() && send(&mut socket, &told(app, seq)).await
            }
            _ = sessions.changed() => {
                if !is_signed_in(app, seat.session).await {
                    attending.ends = Ended::Closed;
                    return close(socket, SESSION_ENDED).await;
                }
                true
            }
            frame = socket.recv() => {
                silent = 0;
                frames += 1;
                if frames > FRAMES_PER_BEAT_MAX {
                    tracing::info!("a socket that sent too many frames is closed");
                    attending.ends = Ended::Closed;
                    return close(socket, POLICY_VIOLATED).await;
                }
                hear(&mut attending, frame).await
            }
            _ = beat.tick() => {
                silent += 1;
                frames = 0;
                if !is_signed_in(app, seat.session).await {
                    attending.ends = Ended::Closed;
                    return close(socket, SESSION_ENDED).await;
                }
                silent <= SILENT_BEATS_MAX && send(&mut socket, &Live::Beat).await
            }
        };
    }
}

/// Takes in a frame; says whether others may follow.
async fn hear(attending: &mut Attending<'_>, frame: Option<Result<Message, axum::Error>>) -> bool {
    match frame {
        Some(Ok(Message::Binary(frame))) => {
            if let Ok(Live::Here(here)) = decode(&frame) {
                attending.say(here).await;
            }
            true
        }
        Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
        Some(Ok(Message::Close(frame))) => {
            if frame.is_none_or(|frame| frame.code != LINE_LOST) {
                attending.ends = Ended::Closed;
            }
            false
        }
        Some(Ok(Message::Text(_)) | Err(_)) | None => false,
    }
}

/// Whether the session still holds; also notices what another process added to the log.
async fn is_signed_in(app: &App, session: SessionId) -> bool {
    if let Ok(mut view) = app.store.view().await
        && let Ok(log) = view.log().await
    {
        app.keeper.publish(log.head);
    }
    !matches!(SignedIn::of(app, session).await, Ok(None))
}

fn told(app: &App, seq: Seq) -> Live {
    Live::Head {
        seq,
        epoch: app.keeper.epoch,
    }
}

async fn send(socket: &mut WebSocket, frame: &Live) -> bool {
    let frame = Message::Binary(encode(frame).into());
    // Whoever reads nothing is gone.
    let sent = tokio::time::timeout(BEAT, socket.send(frame)).await;
    matches!(sent, Ok(Ok(())))
}

async fn close(mut socket: WebSocket, code: u16) {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    };
    // A socket that is gone already, or does not read, cannot be told.
    let _ = tokio::time::timeout(BEAT, socket.send(Message::Close(Some(frame)))).await;
}
