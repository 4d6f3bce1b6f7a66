//! What is on every page of the portal: the bar with the state of this device, and banners.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::address::Place;
use super::front::Front;
use crate::banners::Banners;
use crate::engine::protocol::{Failure, Line, Rescued, Sealed, Status};
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;
use crate::ui::room::room;

pub(super) fn header(front: Front) -> impl IntoView {
    view! {
        <header class="topbar">
            <a
                class="mark"
                href="/"
                aria-label="Holdfast"
                on:click=move |event| front.address.follow(&event, Place::Home)
            >
                {icon(Icon::Mark)}
                <span>"Holdfast"</span>
            </a>
            {chip(front)}
            {menu(front)}
        </header>
    }
}

/// The sign of the chip.
fn sign(status: &Status, failed: bool) -> &'static str {
    if failed || status.review > 0 {
        return "attention";
    }
    match status.line {
        Line::SignedOut | Line::Trouble => "attention",
        Line::Offline => "offline",
        Line::Connecting => "saving",
        Line::Online if status.waiting > 0 || !status.complete => "saving",
        Line::Online => "ok",
    }
}

fn sentence(status: &Status, failed: bool) -> String {
    if failed {
        return t!("status.stopped");
    }
    if status.review > 0 {
        return t!("portal.chip.review", count = status.review);
    }
    match status.line {
        Line::SignedOut => t!("status.signed_out"),
        Line::Trouble => t!("status.trouble"),
        Line::Offline if status.waiting > 0 => {
            t!("portal.chip.offline_kept", count = status.waiting)
        }
        Line::Offline => t!("status.offline"),
        Line::Connecting => t!("status.connecting"),
        Line::Online if status.waiting > 0 => t!("portal.chip.sending"),
        Line::Online if !status.complete => t!("portal.chip.loading"),
        Line::Online => t!("status.online"),
    }
}

fn chip(front: Front) -> impl IntoView {
    let (status, failed) = (front.link.board.status, front.link.board.engine_failed);
    let state = move || status.with(|status| sign(status, failed.get()));
    let words = move || status.with(|status| sentence(status, failed.get()));
    view! {
        <span class="chip" role="status" data-testid="status-chip" data-state=live(state)>
            {live(words)}
        </span>
    }
}

fn menu(front: Front) -> impl IntoView {
    let leaving = RwSignal::new(false);
    let name = move || {
        let me = front.session.person.get();
        me.map(|me| me.name.clone()).unwrap_or_default()
    };
    let is_staff = move || {
        let me = front.session.person.get();
        me.is_some_and(|me| me.is_staff())
    };
    view! {
        <button type="button" class="who" popovertarget="menu" aria-label=live(move || t!("menu.of", name = name()))>
            {icon(Icon::Person)}
        </button>
        <div class="menu" id="menu" popover="auto" aria-label=t!("menu.label")>
            <p>{live(name)}</p>
            {text::LANGUAGES.map(|(code, language)| language_button(front, code, language)).collect_view()}
            <hr />
            <When is=Signal::derive(is_staff)>
                <a href="/console" rel="external">{t!("portal.to_console")}</a>
            </When>
            <button
                type="button"
                popovertarget="menu"
                popovertargetaction="hide"
                on:click=move |_| leaving.set(true)
            >
                {t!("menu.sign_out")}
            </button>
        </div>
        <When is=Signal::derive(move || leaving.get())>
            {room(move || (front.rooms.leaving)(leaving))}
        </When>
    }
}

fn language_button(front: Front, code: &'static str, name: &'static str) -> impl IntoView {
    let choose = move |_| {
        // The page is built anew in the other language.
        front.drafts.send_all();
        text::choose(code);
        front.session.speak(code);
    };
    let is_chosen = (front.session.language.get_untracked() == code).to_string();
    view! {
        <button type="button" lang=code aria-pressed=is_chosen on:click=choose>{name}</button>
    }
}

/// Asks before signing out; says what waits, and discards none of it.
pub(super) fn leave(front: Front, leaving: RwSignal<bool>) -> impl IntoView {
    let forget = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    let waiting = move || {
        let status = front.link.board.status;
        status.with(|status| status.waiting + status.review)
    };
    let go = move |_| {
        let forgets = forget.get_untracked() && waiting() == 0;
        spawn_local(async move {
            if !front.drafts.flush().await {
                return drop(failure.try_set(t!("portal.leave.draft")));
            }
            if forgets {
                front.drafts.forget();
            }
            match front.session.sign_out(front.link, forgets).await {
                Ok(()) => drop(leaving.try_set(false)),
                Err(Failure::StillWaiting { count }) => {
                    failure.try_set(t!("failure.still_waiting", count = count));
                }
                Err(why) => drop(failure.try_set(super::words::failure(&why))),
            }
        });
    };
    let about = move || match waiting() {
        0 => t!("leave.nothing_waits"),
        count => t!("leave.waits", count = count),
    };
    view! {
        <Sheet title=t!("leave.title") on_close=move |()| leaving.set(false)>
            <div class="body">
                <p>{live(about)}</p>
                <When is=Signal::derive(move || waiting() == 0)>
                    <label class="check">
                        <input type="checkbox" bind:checked=forget />
                        {t!("portal.leave.forget")}
                    </label>
                </When>
                <p class="error" role="alert">{failure}</p>
            </div>
            <footer>
                <button type="button" class="button primary" on:click=go>
                    {t!("leave.submit")}
                </button>
            </footer>
        </Sheet>
    }
}

pub(super) fn banners() -> impl IntoView {
    view! { <Banners copy=rescued /> }
}

fn rescued(sealed: Sealed<Rescued>) -> AnyView {
    let rooms = expect_context::<Front>().rooms;
    room(move || (rooms.rescued)(sealed.clone())).into_any()
}
