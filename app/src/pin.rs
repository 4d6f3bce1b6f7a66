//! The PIN of a device: the page that asks for it, the sheet that sets it, and locking again.
//!
//! The engine reads nothing without it; the page only decides when to forget what it has read.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use crate::engine::protocol::{Call, Failure, PinChange};
use crate::incidents::{Drafts, failure_text};
use crate::link::Link;
use crate::session::Session;
use crate::text::t;
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
use crate::ui::overlay::{Sheet, SheetForm};

/// The shortest PIN, in characters.
const PIN_MIN: usize = 6;
/// How many of them differ.
const DIFFERENT_MIN: usize = 4;

/// A page that nobody touches for so long is locked.
const IDLE_MILLIS: i64 = 10 * 60_000;
const LOOK: Duration = Duration::from_secs(15);

/// Locks the page once nobody has touched it for a while, also one that was asleep meanwhile.
pub(crate) fn lock_when_idle(link: Link, drafts: Drafts) {
    let touched = StoredValue::new(browser::now());
    let look = move || {
        let has_pin = link.board.status.with_untracked(|status| status.pin);
        if has_pin && browser::now().since(touched.get_value()) >= IDLE_MILLIS {
            lock(link, drafts);
        }
    };
    let touch = move || {
        // After a sleep this may come before the timer.
        look();
        touched.set_value(browser::now());
    };
    let keys = window_event_listener(leptos::ev::keydown, move |_| touch());
    let hands = window_event_listener(leptos::ev::pointerdown, move |_| touch());
    let seen = window_event_listener(leptos::ev::visibilitychange, move |_| look());
    on_cleanup(move || {
        keys.remove();
        hands.remove();
        seen.remove();
    });
    if let Ok(timer) = set_interval_with_handle(look, LOOK) {
        on_cleanup(move || timer.clear());
    }
}

/// Forgets on all pages of this browser what was read; what is being written is saved first.
pub(crate) fn lock(link: Link, drafts: Drafts) {
    spawn_local(async move {
        drafts.flush().await;
        link.tell(Call::Lock);
        link.stop().await;
        // A page that may not go on is one that is already leaving.
        window().location().reload().ok();
    });
}

/// What went wrong with a PIN, in a sentence.
fn told(why: &Failure) -> String {
    match why {
        Failure::WrongPin { wait_seconds: 0 } => t!("pin.wrong"),
        Failure::WrongPin { wait_seconds } => t!("pin.wait", count = *wait_seconds),
        Failure::Refused(_)
        | Failure::Quota
        | Failure::Storage { .. }
        | Failure::Unknown
        | Failure::NotStarted
        | Failure::Stopped
        | Failure::Later
        | Failure::StillWaiting { .. }
        | Failure::Wiping
        | Failure::Locked { .. }
        | Failure::Parcel(_) => failure_text(why),
    }
}

/// The whole page, while nothing on this device can be read.
#[component]
pub(crate) fn LockedPage() -> impl IntoView {
    let (link, session) = (expect_context::<Link>(), expect_context::<Session>());
    let pin = RwSignal::new(String::new());
    let (failure, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let unlock = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        failure.set(String::new());
        spawn_local(async move {
            if let Err(why) = link.unlock(pin.get_untracked()).await {
                failure.try_set(told(&why));
                pin.try_set(String::new());
                request_animation_frame(|| browser::focus("#pin"));
            }
            busy.try_set(false);
        });
    };
    let name = move || {
        let person = session.person.get();
        person.map(|person| person.name.clone()).unwrap_or_default()
    };
    view! {
        <main class="signin">
            <p class="mark">{icon(Icon::Mark)} "Holdfast"</p>
            <form on:submit=unlock>
                <h1>{t!("pin.locked")}</h1>
                <p>{live(move || t!("pin.locked_about", name = name()))}</p>
                <label class="field">
                    <span>{t!("pin.pin")}</span>
                    <input
                        id="pin"
                        type="password"
                        autocomplete="off"
                        autofocus
                        required
                        bind:value=pin
                    />
                </label>
                <p class="error" role="alert">{failure}</p>
                <button type="submit" class="button primary" disabled=busy>
                    {live(move || if busy.get() { t!("pin.opening") } else { t!("pin.open") })}
                </button>
            </form>
            <Forgotten />
        </main>
    }
}

/// The way out for whoever has forgotten the PIN: without what is here.
#[component]
fn Forgotten() -> impl IntoView {
    let (link, session) = (expect_context::<Link>(), expect_context::<Session>());
    let failure = RwSignal::new(String::new());
    let remove = move |_| {
        spawn_local(async move {
            if let Err(why) = session.sign_out(link, true).await {
                failure.try_set(why);
            }
        });
    };
    let lost = move || {
        let told = match session.locked.get()?.only_here {
            Some(0) => return None,
            Some(count) => t!("pin.lost", count = count),
            None => t!("pin.lost_unknown"),
        };
        Some(view! { <p><strong>{told}</strong></p> })
    };
    view! {
        <details>
            <summary>{t!("pin.forgotten")}</summary>
            <p>{t!("pin.forgotten_about")}</p>
            {lost}
            <p class="error" role="alert">{failure}</p>
            <button type="button" class="button danger" on:click=remove>
                {t!("pin.remove_all")}
            </button>
        </details>
    }
}

/// What the sheet of a PIN holds.
#[derive(Clone, Copy)]
struct Form {
    before: RwSignal<String>,
    pin: RwSignal<String>,
    again: RwSignal<String>,
}

impl Form {
    /// What is wrong with what was typed.
    fn fault(self) -> Option<String> {
        let pin = self.pin.get_untracked();
        if is_weak(&pin) {
            Some(t!("pin.weak", least = PIN_MIN, different = DIFFERENT_MIN))
        } else if pin != self.again.get_untracked() {
            Some(t!("pin.differ"))
        } else {
            None
        }
    }
}

/// Whether a PIN is short, or among the first that anybody would try.
fn is_weak(pin: &str) -> bool {
    let signs: Vec<_> = pin.chars().map(u32::from).collect();
    let goes_on_by = |step: i64| {
        let mut pairs = signs.windows(2);
        pairs.all(|pair| i64::from(pair[1]) - i64::from(pair[0]) == step)
    };
    let different: BTreeSet<_> = signs.iter().collect();
    let is_plain = different.len() < DIFFERENT_MIN || [1, -1].into_iter().any(goes_on_by);
    signs.len() < PIN_MIN || is_plain
}

/// Sets, changes or removes the PIN of this device.
#[component]
pub(crate) fn PinSheet(open: RwSignal<bool>) -> impl IntoView {
    let link = expect_context::<Link>();
    let has_pin = Memo::new(move |_| link.board.status.with(|status| status.pin));
    let form = Form {
        before: RwSignal::new(String::new()),
        pin: RwSignal::new(String::new()),
        again: RwSignal::new(String::new()),
    };
    let (failure, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let set = move |after: Option<String>| {
        busy.set(true);
        failure.set(String::new());
        spawn_local(async move {
            let before = has_pin.get_untracked().then(|| form.before.get_untracked());
            let change = PinChange { before, after };
            match link.ask(Call::SetPin(change)).await {
                Ok(_) => drop(open.try_set(false)),
                Err(why) => drop(failure.try_set(told(&why))),
            }
            busy.try_set(false);
        });
    };
    let submit = Callback::new(move |()| match form.fault() {
        Some(fault) => failure.set(fault),
        None => set(Some(form.pin.get_untracked())),
    });
    view! {
        <Sheet title=t!("pin.title") on_close=move |()| open.set(false)>
            <SheetForm
                explains_itself=true
                submit=t!("pin.set")
                failure=failure
                busy=busy
                on_submit=submit
            >
                <p>{t!("pin.about")}</p>
                <When is=has_pin>
                    {secret(t!("pin.before"), form.before)}
                    <button
                        type="button"
                        class="button"
                        disabled=busy
                        on:click=move |_| set(None)
                    >
                        {t!("pin.remove")}
                    </button>
                </When>
                {secret(t!("pin.new"), form.pin)}
                {secret(t!("pin.again"), form.again)}
            </SheetForm>
        </Sheet>
    }
}

fn secret(label: String, value: RwSignal<String>) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input type="password" autocomplete="off" bind:value=value />
        </label>
    }
}
