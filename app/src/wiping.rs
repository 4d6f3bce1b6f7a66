//! The page of a device that is being wiped: it says so, and shows nothing else.
//!
//! A mark beside the databases says that it began, so that a browser that was closed in the middle
//! goes on with it before it shows anything. Console and portal of one browser share a session, so
//! both are wiped; then the server is told, and somebody may sign in.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::PersonId;
use shared::sync::message::Surface;

use crate::engine::protocol::{Call, Line};
use crate::link::Link;
use crate::session::{Session, SignInFields, SignInForm, Wiped};
use crate::text::t;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};

/// How long to wait before an engine that stopped is asked again.
const RETRY_MILLIS: u32 = 2_000;

/// The whole page, while this device is being wiped.
#[component]
pub(crate) fn WipingPage(link: Link) -> impl IntoView {
    let session = expect_context::<Session>();
    if let Some(person) = session.wiping.get_untracked() {
        spawn_local(wipe(session, link, person));
    }
    let status = link.board.status;
    let told = move || {
        let (waiting, line) = status.with(|status| (status.waiting, status.line));
        match (session.ended.get(), waiting, line) {
            (_, 0, _) => t!("wiping.going"),
            (true, count, _) => t!("wiping.sign_in", count = count),
            (false, count, Line::Offline) => t!("wiping.offline", count = count),
            (false, count, _) => t!("wiping.sending", count = count),
        }
    };
    view! {
        <main class="signin">
            <p class="mark">{icon(Icon::Mark)} "Holdfast"</p>
            <h1>{t!("wiping.title")}</h1>
            <p>{t!("wiping.why")}</p>
            <p role="status">{live(told)}</p>
            <When is=Signal::derive(move || session.ended.get())>
                <SignInToHandOver link=link />
            </When>
        </main>
    }
}

#[component]
fn SignInToHandOver(link: Link) -> impl IntoView {
    let session = expect_context::<Session>();
    let form = SignInForm::new(String::new());
    let on_submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        form.submit(session, move || link.tell(Call::SignedIn));
    };
    view! {
        <form on:submit=on_submit>
            <SignInFields form=form />
            <button type="submit" class="button primary" disabled=form.busy>
                {t!("signin.submit")}
            </button>
        </form>
    }
}

/// Wipes what this browser holds of a person, on the page's own surface and on the other.
async fn wipe(session: Session, link: Link, person: PersonId) {
    let mut wiped = Wiped::begun(person);
    let other = match session.surface {
        Surface::Console => Surface::Portal,
        Surface::Portal => Surface::Console,
    };
    for surface in [session.surface, other] {
        if surface == other && !link.was_here(other, person) {
            continue;
        }
        let device = loop {
            match link.wipe(surface, person).await {
                Ok(device) => break device,
                Err(_) => TimeoutFuture::new(RETRY_MILLIS).await,
            }
        };
        wiped.note(surface, device);
    }
    session.end_wipe(wiped).await;
}
