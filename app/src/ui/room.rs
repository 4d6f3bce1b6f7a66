//! Rooms: parts of a page that a first paint does not need and that come in files of their own.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;
use wasm_split_helpers::SplitLoaderError;

use crate::text::t;
use crate::ui::live::live;

/// Something from a file that may still be under way.
pub type Coming<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// A room whose file may still be under way.
pub type Entering = Coming<AnyView>;

/// Shows a room: at once when its file is here, as most often, else when it has come.
pub(crate) fn room(enter: impl Fn() -> Entering + Send + 'static) -> impl IntoView {
    let tries = RwSignal::new(0);
    live(move || {
        tries.track();
        let mut entering = Box::pin(ScopedFuture::new_untracked(enter()));
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(room) = entering.as_mut().poll(&mut context) {
            return room.unwrap_or_else(|_| absent(tries));
        }
        let room = RwSignal::new_local(None);
        spawn_local(async move {
            // Whoever asked may have gone on meanwhile, and with them what the room stands upon.
            let entered = poll_fn(|context| {
                if room.is_disposed() {
                    return Poll::Ready(None);
                }
                entering.as_mut().poll(context).map(Some)
            });
            if let Some(entered) = entered.await {
                room.try_set(Some(entered.unwrap_or_else(|_| absent(tries))));
            }
        });
        live(move || {
            room.track();
            room.try_update_untracked(Option::take).flatten()
        })
        .into_any()
    })
}

/// Does something with what comes from a file: at once when it is here, else when it has come.
pub(crate) fn once_here<T: 'static>(
    mut coming: Coming<T>,
    then: impl FnOnce(Result<T, SplitLoaderError>) + 'static,
) {
    let mut context = Context::from_waker(Waker::noop());
    if let Poll::Ready(here) = coming.as_mut().poll(&mut context) {
        return then(here);
    }
    spawn_local(async move { then(coming.await) });
}

/// A room whose file did not come, as on a first visit that was cut off.
fn absent(tries: RwSignal<u32>) -> AnyView {
    view! {
        <div class="toast" role="alert">
            <span>{t!("room.absent")}</span>
            <button type="button" class="button" on:click=move |_| tries.update(|tries| *tries += 1)>
                {t!("room.again")}
            </button>
        </div>
    }
    .into_any()
}
