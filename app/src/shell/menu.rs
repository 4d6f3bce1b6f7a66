//! The person's menu: language, look, keys, and leaving.

use leptos::prelude::*;
use web_sys::MouseEvent;

use shared::people::Person;
use shared::policy;

use super::Now;
use super::appearance::{self, Theme};
use super::rooms::Rooms;
use crate::incidents::{Address, Desk, Drafts, Place};
use crate::pin::lock;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::keys::Keys;
use crate::ui::live::{When, live};
use crate::ui::person::initials;
use crate::ui::room::room;

#[component]
pub(super) fn PersonMenu(now: Now) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let rooms = expect_context::<Rooms>();
    let drafts = expect_context::<Drafts>();
    let (leaving, devices, pin) = (
        RwSignal::new(false),
        RwSignal::new(false),
        RwSignal::new(false),
    );
    let has_pin = move || desk.board().status.with(|status| status.pin);
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
        <div class="menu" id="person-menu" popover="auto" role="group" aria-label=t!("menu.label")>
            <span class="heading">{live(name)}</span>
            <hr />
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
            <SingleKeys />
            <hr />
            {opening(t!("devices.menu"), devices)}
            {way(desk, Place::Devices, t!("devices.all"), policy::administers)}
            {way(desk, Place::Refused, t!("refused.title"), policy::reviews)}
            {way(desk, Place::Settings, t!("settings.menu"), policy::administers)}
            {way(desk, Place::Rules, t!("rules.title"), policy::administers)}
            {opening(t!("pin.menu"), pin)}
            <When is=Signal::derive(has_pin)>
                <button type="button" on:click=move |_| lock(desk.link, drafts)>
                    {t!("pin.lock")}
                </button>
            </When>
            {opening(t!("menu.sign_out"), leaving)}
        </div>
        <When is=Signal::derive(move || devices.get())>
            {room(move || (rooms.devices)(devices, now))}
        </When>
        <When is=Signal::derive(move || pin.get())>
            {room(move || (rooms.pin)(pin))}
        </When>
        <When is=Signal::derive(move || leaving.get())>
            {room(move || (rooms.leaving)(leaving))}
        </When>
    }
}

/// The way to a page, for those it is made for.
fn way(desk: Desk, place: Place, words: String, is_for: fn(&Person) -> bool) -> impl IntoView {
    let open = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            browser::close_menu(&event);
            desk.address.go(place);
        }
    };
    let is_for_me = Memo::new(move |_| is_for(&desk.me()));
    live(move || {
        let link = || view! { <a href=Address::of(place) on:click=open>{words.clone()}</a> };
        is_for_me.get().then(|| link().into_any())
    })
}

/// Opens a sheet from the menu.
fn opening(words: String, opens: RwSignal<bool>) -> impl IntoView {
    view! {
        <button
            type="button"
            popovertarget="person-menu"
            popovertargetaction="hide"
            on:click=move |_| opens.set(true)
        >
            {words}
        </button>
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
                    lang=code
                    aria-pressed=live(is_chosen)
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
                aria-pressed=live(is_chosen)
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
            aria-pressed=live(move || is_field.get().to_string())
            on:click=enlarge
        >
            {t!("menu.large")}
        </button>
    }
}

/// Which keys act alone, and whether they do.
#[component]
fn SingleKeys() -> impl IntoView {
    let keys = expect_context::<Keys>();
    view! {
        <button
            type="button"
            title=t!("menu.keys_about")
            aria-pressed=live(move || keys.are_on().to_string())
            on:click=move |_| keys.switch()
        >
            {t!("menu.keys")}
        </button>
    }
}
