//! What is on every page of the portal: the bar with the state of this device, and banners.

use leptos::prelude::*;

use super::address::Place;
use super::front::Front;
use crate::banners::Banners;
use crate::engine::protocol::{Line, Rescued, Sealed, Status};
use crate::text::{self, t};
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
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
        Line::Online if is_sending(status) || !status.complete => "saving",
        Line::Online => "ok",
    }
}

pub(super) fn sentence(status: &Status, failed: bool) -> String {
    if failed {
        return t!("status.stopped");
    }
    let line = line(status);
    if status.review == 0 {
        return line;
    }
    let review = t!("portal.chip.review", count = status.review);
    if status.line == Line::Offline {
        format!("{line} · {review}")
    } else {
        review
    }
}

fn is_sending(status: &Status) -> bool {
    status.waiting > 0 || status.files.count() > status.files.refused
}

fn line(status: &Status) -> String {
    match status.line {
        Line::SignedOut => t!("status.signed_out"),
        Line::Trouble => t!("status.trouble"),
        Line::Offline if status.waiting > 0 => {
            t!("portal.chip.offline_kept", count = status.waiting)
        }
        Line::Offline => t!("status.offline"),
        Line::Connecting => t!("status.connecting"),
        Line::Online if is_sending(status) => t!("portal.chip.sending"),
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
    let [leaving, device, devices] = [(); 3].map(|()| RwSignal::new(false));
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
            {item(t!("portal.device"), device)}
            {item(t!("devices.menu"), devices)}
            <When is=Signal::derive(is_staff)>
                <a href="/console" rel="external">{t!("portal.to_console")}</a>
            </When>
            {item(t!("menu.sign_out"), leaving)}
        </div>
        <When is=Signal::derive(move || device.get())>
            {room(move || (front.rooms.device)(device))}
        </When>
        <When is=Signal::derive(move || devices.get())>
            {room(move || (front.rooms.devices)(devices))}
        </When>
        <When is=Signal::derive(move || leaving.get())>
            {room(move || (front.rooms.leaving)(leaving))}
        </When>
    }
}

/// Opens a sheet from the menu.
fn item(words: String, opens: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            popovertarget="menu"
            popovertargetaction="hide"
            on:click=move |_| opens.set(true)
        >
            {words}
        </button>
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

pub(super) fn banners() -> impl IntoView {
    view! { <Banners copy=rescued /> }
}

fn rescued(sealed: Sealed<Rescued>) -> AnyView {
    let rooms = expect_context::<Front>().rooms;
    room(move || (rooms.rescued)(sealed.clone())).into_any()
}
