//! `GET /sync/live`: tells a device that the log has grown. Losing a frame does no harm.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use shared::sync::Seq;
use shared::sync::message::{Live, encode};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::App;
use crate::auth::{SessionId, SignedIn};

/// How often either side says that it is there.
const BEAT: Duration = Duration::from_secs(15);

/// A device that says nothing for so many beats is gone.
const SILENT_BEATS_MAX: u32 = 3;

const FRAME_BYTES_MAX: usize = 4 * 1024;

/// The session has ended; closing codes from 4000 are the application's (RFC 6455, 7.4.2).
const SESSION_ENDED: u16 = 4401;

const GOING_AWAY: u16 = 1001;

pub(super) async fn live(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade
        .max_message_size(FRAME_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX);
    upgrade.on_upgrade(move |socket| serve(app, signed_in.session_id, socket))
}

async fn serve(app: Arc<App>, session: SessionId, mut socket: WebSocket) {
    let mut head = app.keeper.watch();
    let first = *head.borrow_and_update();
    let mut beat = interval_at(Instant::now() + BEAT, BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut silent = 0;
    let mut sent = send(&mut socket, &told(&app, first)).await;
    while sent {
        sent = tokio::select! {
            () = app.stopped() => return close(socket, GOING_AWAY).await,
            changed = head.changed() => {
                let seq = *head.borrow_and_update();
                changed.is_ok() && send(&mut socket, &told(&app, seq)).await
            }
            frame = socket.recv() => {
                silent = 0;
                matches!(frame, Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_))))
            }
            _ = beat.tick() => {
                silent += 1;
                if !is_signed_in(&app, session).await {
                    return close(socket, SESSION_ENDED).await;
                }
                silent <= SILENT_BEATS_MAX && send(&mut socket, &Live::Beat).await
            }
        };
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
    socket.send(frame).await.is_ok()
}

async fn close(mut socket: WebSocket, code: u16) {
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    };
    // A socket that is gone already cannot be told.
    let _ = socket.send(Message::Close(Some(frame))).await;
}
