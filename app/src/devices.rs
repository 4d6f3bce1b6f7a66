//! People's devices, as the server knows them: one's own in a sheet, everybody's for an
//! administrator.
//!
//! A lost one is signed out or wiped from here. What the server says is shown and never kept: a
//! list that is old would be trusted.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

use shared::ids::{DeviceId, PersonId};
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

/// A device that was heard of so lately is in touch.
const IN_TOUCH_MILLIS: i64 = 60_000;

/// A device as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Device {
    pub(crate) person: PersonId,
    #[serde(rename = "device")]
    id: DeviceId,
    surface: Surface,
    browser: String,
    system: String,
    first_at: UnixMillis,
    heard_at: UnixMillis,
    is_signed_in: bool,
    is_this: bool,
    ordered: Option<Ordered>,
}

/// What a device is called where people see it. The tail of the id is random; its head is only the
/// time it was made.
pub(crate) fn short(device: DeviceId) -> String {
    let id = device.to_string();
    let tail = id.get(id.len().saturating_sub(6)..);
    tail.unwrap_or_default().to_owned()
}

/// What was last asked to be done to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Ordered {
    kind: Kind,
    by: PersonId,
    at: UnixMillis,
    done_at: Option<UnixMillis>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    SignOut,
    Wipe,
}

impl Device {
    /// What it is, in the words that people know it by.
    fn name(&self) -> String {
        match (&*self.browser, &*self.system) {
            ("", "") => t!("devices.unknown"),
            (name, "") | ("", name) => name.to_owned(),
            (browser, system) => t!("devices.name", browser = browser, system = system),
        }
    }

    fn contact(&self, now: UnixMillis) -> String {
        let surface = match self.surface {
            Surface::Console => t!("devices.console"),
            Surface::Portal => t!("devices.portal"),
        };
        let is_in_touch = self.is_signed_in && now.since(self.heard_at) < IN_TOUCH_MILLIS;
        let heard = if is_in_touch {
            t!("devices.in_touch")
        } else {
            t!("devices.heard", at = text::clock_and_day(self.heard_at))
        };
        let since = t!("devices.since", at = text::day(self.first_at));
        let device = t!("when.from_device", device = short(self.id));
        [surface, heard, since, device].join(" · ")
    }

    /// What was done to it, or is to be.
    fn fate(&self, name_of: fn(PersonId) -> Option<String>) -> Option<String> {
        let Some(ordered) = &self.ordered else {
            return (!self.is_signed_in).then(|| t!("devices.signed_out"));
        };
        let by = name_of(ordered.by);
        let asked_at = text::clock_and_day(ordered.at);
        let done_at = ordered.done_at.map(text::clock_and_day);
        Some(match (ordered.kind, done_at, by) {
            (Kind::SignOut, ..) if self.is_signed_in => return None,
            (Kind::SignOut, _, None) => t!("devices.was_signed_out", at = asked_at),
            (Kind::SignOut, _, Some(by)) => t!("devices.was_signed_out_by", at = asked_at, by = by),
            (Kind::Wipe, None, None) => t!("devices.to_wipe", at = asked_at),
            (Kind::Wipe, None, Some(by)) => t!("devices.to_wipe_by", at = asked_at, by = by),
            (Kind::Wipe, Some(at), None) => t!("devices.wiped", at = at),
            (Kind::Wipe, Some(at), Some(by)) => {
                t!("devices.wiped_by", at = at, by = by, asked_at = asked_at)
            }
        })
    }

    fn is_to_be_wiped(&self) -> bool {
        let ordered = self.ordered.as_ref();
        ordered.is_some_and(|ordered| ordered.kind == Kind::Wipe && ordered.done_at.is_none())
    }

    fn was_wiped(&self) -> bool {
        let ordered = self.ordered.as_ref();
        ordered.is_some_and(|ordered| ordered.kind == Kind::Wipe && ordered.done_at.is_some())
    }
}

/// A list of devices as the server last told it. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Devices {
    address: &'static str,
    pub(crate) list: RwSignal<Vec<Device>>,
    /// Whether the server has answered.
    is_known: RwSignal<bool>,
    /// Why something was not done, in a sentence.
    failure: RwSignal<String>,
    /// The device that is about to be wiped.
    wiping: RwSignal<Option<Device>>,
    name_of: fn(PersonId) -> Option<String>,
}

impl Devices {
    /// The devices that are listed at an address of the server. Who asked for something to be done
    /// to them is named, where there can be several.
    pub(crate) fn at(address: &'static str, name_of: fn(PersonId) -> Option<String>) -> Self {
        let devices = Self {
            address,
            list: RwSignal::new(Vec::new()),
            is_known: RwSignal::new(false),
            failure: RwSignal::new(String::new()),
            wiping: RwSignal::new(None),
            name_of,
        };
        devices.ask();
        devices
    }

    fn ask(self) {
        spawn_local(async move {
            let list = ask(self.address).await;
            // Whoever asked may have gone on meanwhile.
            if let Some(list) = list {
                self.list.try_set(list);
                self.is_known.try_set(true);
            } else {
                self.failure.try_set(t!("devices.offline"));
            }
        });
    }

    /// Has something done to a device, and lists them anew.
    fn order(self, device: &Device, what: &'static str) {
        let address = [
            "/devices/",
            &device.person.0.to_string(),
            "/",
            &device.id.to_string(),
            "/",
            what,
        ];
        let address = address.concat();
        self.failure.set(String::new());
        spawn_local(async move {
            let request = Request::post(&address).header("X-Holdfast", "1").send();
            match request.await {
                Ok(answer) if answer.ok() => self.ask(),
                Ok(_) | Err(_) => drop(self.failure.try_set(t!("devices.not_done"))),
            }
        });
    }

    /// What is said instead of a list.
    pub(crate) fn note(self) -> impl IntoView {
        let loading = move || !self.is_known.get() && self.failure.with(String::is_empty);
        view! {
            <When is=Signal::derive(loading)>
                <p role="status">{t!("devices.loading")}</p>
            </When>
            <p class="error" role="alert">{self.failure}</p>
        }
    }
}

async fn ask(address: &str) -> Option<Vec<Device>> {
    let answer = Request::get(address).send().await.ok()?;
    if !answer.ok() {
        return None;
    }
    answer.json().await.ok()
}

/// The devices of whoever is signed in.
#[component]
pub(crate) fn DevicesSheet(open: RwSignal<bool>, now: Signal<UnixMillis>) -> impl IntoView {
    let devices = Devices::at("/devices", |_| None);
    let cards = move || {
        let list = devices.list.get();
        cards(devices, list, now)
    };
    view! {
        <Sheet title=t!("devices.own") on_close=move |()| open.set(false)>
            <div class="body">
                <p>{t!("devices.about")}</p>
                {devices.note()}
                <ul class="devices">{live(cards)}</ul>
            </div>
        </Sheet>
        <Confirming devices=devices />
    }
}

/// A card for each device.
pub(crate) fn cards(devices: Devices, list: Vec<Device>, now: Signal<UnixMillis>) -> AnyView {
    let card = |device: Device| card(devices, device, now);
    list.into_iter().map(card).collect_view().into_any()
}

fn card(devices: Devices, device: Device, now: Signal<UnixMillis>) -> impl IntoView {
    let this = device
        .is_this
        .then(|| view! { <span class="here">{t!("devices.this")}</span> });
    let is_pending = device.is_to_be_wiped();
    let fate = device
        .fate(devices.name_of)
        .map(|fate| view! { <small class:pending=is_pending>{fate}</small> });
    let may_end = device.is_signed_in && !is_pending;
    let may_wipe = !is_pending && !device.was_wiped();
    let (name, told) = (device.name(), device.clone());
    let (ends, wipes) = (device.clone(), device);
    view! {
        <li>
            <p>
                <b>{name}</b> {this}
                <small>{live(move || told.contact(now.get()))}</small>
                {fate}
            </p>
            <div class="actions">
                {may_end.then(|| view! {
                    <button
                        type="button"
                        class="button"
                        on:click=move |_| devices.order(&ends, "sign-out")
                    >
                        {t!("devices.sign_out")}
                    </button>
                })}
                {may_wipe.then(|| view! {
                    <button
                        type="button"
                        class="button danger"
                        on:click=move |_| devices.wiping.set(Some(wipes.clone()))
                    >
                        {t!("devices.wipe")}
                    </button>
                })}
            </div>
        </li>
    }
}

/// The question before a device is wiped, while it is asked.
#[component]
pub(crate) fn Confirming(devices: Devices) -> impl IntoView {
    let wiping = devices.wiping;
    live(move || {
        wiping
            .get()
            .map(|device| view! { <WipeSheet devices=devices device=device /> }.into_any())
    })
}

#[component]
fn WipeSheet(devices: Devices, device: Device) -> impl IntoView {
    let title = t!("devices.wipe_title", name = device.name());
    let lost = (!device.is_signed_in).then(|| view! { <li>{t!("devices.wipe_lost")}</li> });
    let this = device
        .is_this
        .then(|| view! { <li>{t!("devices.wipe_this")}</li> });
    let wipe = move |_| {
        devices.order(&device, "wipe");
        devices.wiping.set(None);
    };
    view! {
        <Sheet title=title on_close=move |()| devices.wiping.set(None)>
            <div class="body">
                <p>{t!("devices.wipe_what")}</p>
                <ul class="told">
                    <li>{t!("devices.wipe_unsent")}</li>
                    <li>{t!("devices.wipe_gone")}</li>
                    <li>{t!("devices.wipe_until")}</li>
                    {lost}
                    {this}
                </ul>
            </div>
            <footer>
                <button
                    type="button"
                    class="button quiet"
                    on:click=move |_| devices.wiping.set(None)
                >
                    {t!("devices.wipe_not")}
                </button>
                <button type="button" class="button danger" on:click=wipe>
                    {t!("devices.wipe_now")}
                </button>
            </footer>
        </Sheet>
    }
}
