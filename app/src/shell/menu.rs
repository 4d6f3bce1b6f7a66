//! The person's menu: language, look, and leaving.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::appearance::{self, Theme};
use super::rooms::Rooms;
use crate::engine::protocol::{Call, Line};
use crate::incidents::{Desk, Drafts};
use crate::parcel::SaveFile;
use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;
use crate::ui::person::initials;
use crate::ui::room::room;

#[component]
pub(super) fn PersonMenu() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rooms = expect_context::<Rooms>();
    let leaving = RwSignal::new(false);
    let name = move || desk.me().name.clone();
    view! {
        <button
            type="button"
            class="avatar"
            popovertarget="person-menu"
        >
            <span aria-hidden="true">{live(move || initials(&name()))}</span>
            <span class="sr-only">{live(move || t!("menu.of", name = name()))}</span>
        </button>
        <div class="menu" id="person-menu" popover="auto" role="menu" aria-label=t!("menu.label")>
            <div role="group" aria-label=t!("menu.language")>
                <span class="heading" aria-hidden="true">{t!("menu.language")}</span>
                <Languages />
            </div>
            <hr />
            <div role="group" aria-label=t!("menu.appearance")>
                <span class="heading" aria-hidden="true">{t!("menu.appearance")}</span>
                <Looks />
            </div>
            <hr />
            <button
                type="button"
                role="menuitem"
                popovertarget="person-menu"
                popovertargetaction="hide"
                on:click=move |_| leaving.set(true)
            >
                {t!("menu.sign_out")}
            </button>
        </div>
        <When is=Signal::derive(move || leaving.get())>
            {room(move || (rooms.leaving)(leaving))}
        </When>
    }
}

#[component]
fn Languages() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let choose = move |language: &'static str| {
        // The page is built anew in the other language.
        drafts.send_all();
        text::choose(language);
        desk.session.speak(language);
    };
    text::LANGUAGES
        .map(|(code, name)| {
            let is_chosen = move || (desk.session.language.get() == code).to_string();
            view! {
                <button
                    type="button"
                    role="menuitemradio"
                    lang=code
                    aria-checked=live(is_chosen)
                    on:click=move |_| choose(code)
                >
                    {name}
                </button>
            }
        })
        .collect_view()
}

fn theme_text(theme: Theme) -> String {
    match theme {
        Theme::Auto => t!("theme.auto"),
        Theme::Light => t!("theme.light"),
        Theme::Dark => t!("theme.dark"),
        Theme::Sun => t!("theme.sun"),
    }
}

#[component]
fn Looks() -> impl IntoView {
    let theme = RwSignal::new(Theme::current());
    let is_field = RwSignal::new(appearance::is_field());
    let choose = move |chosen: Theme| {
        chosen.choose();
        theme.set(chosen);
    };
    let enlarge = move |_| {
        is_field.update(|is_field| *is_field = !*is_field);
        appearance::set_field(is_field.get_untracked());
    };
    let themes = Theme::ALL.map(|one| {
        let is_chosen = move || (theme.get() == one).to_string();
        view! {
            <button
                type="button"
                role="menuitemradio"
                aria-checked=live(is_chosen)
                on:click=move |_| choose(one)
            >
                {theme_text(one)}
            </button>
        }
    });
    view! {
        {themes.collect_view()}
        <hr />
        <button
            type="button"
            role="menuitemcheckbox"
            aria-checked=live(move || is_field.get().to_string())
            on:click=enlarge
        >
            {t!("menu.large")}
        </button>
    }
}

/// Asks before signing out; says what waits, and discards none of it.
#[component]
pub(super) fn LeavingSheet(leaving: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let forget = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    let waiting = move || {
        desk.board()
            .status
            .with(|status| status.waiting + status.review)
    };
    // What the server refused is not sent from another device either.
    let has_unsent = move || desk.board().status.with(|status| status.waiting > 0);
    let is_offline = move || {
        desk.board()
            .status
            .with(|status| status.line == Line::Offline)
    };
    let leave = move |_| {
        let forgets = forget.get_untracked() && waiting() == 0;
        spawn_local(async move {
            let is_told = drafts.failing.get_untracked();
            if !drafts.flush().await && !is_told {
                failure.try_set(t!("leave.draft"));
                return;
            }
            if forgets {
                drafts.forget();
            }
            if let Err(why) = desk.session.sign_out(desk.link, forgets).await {
                failure.try_set(why);
            }
        });
    };
    view! {
        <Sheet title=t!("leave.title") on_close=move |()| leaving.set(false)>
            <div class="body">
                <WhatStays forget=forget />
                <When is=Signal::derive(is_offline)>
                    <p>{t!("leave.offline")}</p>
                </When>
                <p class="error" role="alert">{failure}</p>
            </div>
            <footer>
                <When is=Signal::derive(has_unsent)>
                    <SaveFile />
                </When>
                <When is=Signal::derive(move || waiting() != 0)>
                    <button type="button" class="button" on:click=move |_| desk.link.tell(Call::Retry)>
                        {t!("leave.send")}
                    </button>
                </When>
                <button type="button" class="button primary" on:click=leave>
                    {live(move || if waiting() == 0 { t!("leave.submit") } else { t!("leave.keep") })}
                </button>
            </footer>
        </Sheet>
    }
}

#[component]
fn WhatStays(forget: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = RwSignal::new(0);
    spawn_local(async move {
        if let Ok(waiting) = desk.link.waiting().await {
            drafts.try_set(waiting.drafts.len());
        }
    });
    let is_lost = Signal::derive(move || forget.get() && drafts.get() > 0);
    let waiting = move || {
        desk.board()
            .status
            .with(|status| status.waiting + status.review)
    };
    move || match waiting() {
        0 => view! {
            <p>{t!("leave.nothing_waits")}</p>
            <label>
                <input type="checkbox" bind:checked=forget />
                " "
                {t!("leave.forget")}
            </label>
            <When is=is_lost>
                <p role="status">{t!("leave.drafts", count = drafts.get_untracked())}</p>
            </When>
        }
        .into_any(),
        count => view! { <p>{t!("leave.waits", count = count)}</p> }.into_any(),
    }
}
