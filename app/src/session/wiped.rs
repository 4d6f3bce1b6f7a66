//! What is remembered of a wipe: that it goes on, and what the server is to be told of it.

use std::cell::Cell;

use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use shared::ids::{DeviceId, PersonId};
use shared::sync::message::Surface;

use super::{OWN_PAGE, Session, home, remembered, slot};
use crate::link::forget_beside;
use crate::ui::browser;

/// Present from the order to its end.
const GOES_ON: &str = "holdfast.wiping";

/// Present once nothing is left, until the server has heard of it.
const TO_TELL: &str = "holdfast.wiped";

/// Present until somebody signs in, to say why nothing is here.
const TOLD: &str = "holdfast.was-wiped";

/// How long a page that is being left is left alone.
const LEAVING_MILLIS: u32 = 5_000;

thread_local! {
    /// Whether the page is being left.
    static LEAVES: Cell<bool> = const { Cell::new(false) };
}

/// Notes from now on when the page is being left.
pub(super) fn watch() {
    window_event_listener_untyped("beforeunload", |_| LEAVES.set(true));
}

/// Of whom this browser holds nothing any more.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wiped {
    person: PersonId,
    devices: Vec<DeviceId>,
}

impl Wiped {
    /// What has been done of a wipe that goes on.
    pub(crate) fn begun(person: PersonId) -> Self {
        going_on()
            .filter(|wiped| wiped.person == person)
            .unwrap_or(Self {
                person,
                devices: Vec::new(),
            })
    }

    /// Notes that nothing is left on a surface, beside what other tabs have noted.
    pub(crate) fn note(&mut self, surface: Surface, device: DeviceId) {
        self.devices = Self::begun(self.person).devices;
        self.devices.push(device);
        self.store(GOES_ON);
        forget_beside(surface, self.person);
    }

    fn store(&self, name: &str) {
        if let Ok(json) = serde_json::to_string(self) {
            browser::store(name, Some(&json));
        }
    }
}

fn going_on() -> Option<Wiped> {
    serde_json::from_str(&browser::stored(GOES_ON)?).ok()
}

/// Whose devices are being wiped, unless it is somebody else's turn on this surface.
pub(super) fn whose(surface: Surface) -> Option<PersonId> {
    let person = going_on()?.person;
    let other = remembered(surface).is_some_and(|last| last.id != person);
    (!other).then_some(person)
}

/// Whether nothing is here because it was wiped.
pub(super) fn was_wiped() -> bool {
    browser::stored(TOLD).is_some()
}

/// Somebody signed in: why nothing was here is said no more.
pub(super) fn forget() {
    browser::store(TOLD, None);
}

/// Tells the server what was wiped, if it has not heard of that.
pub(super) async fn tell() {
    let Some(json) = browser::stored(TO_TELL) else {
        return;
    };
    let request = Request::post("/session/wiped")
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .header("content-type", "application/json")
        .body(json);
    let Ok(request) = request else { return };
    // A session that has ended cannot say more.
    let answer = request.send().await;
    if answer.is_ok_and(|response| response.ok() || response.status() == 401) {
        browser::store(TO_TELL, None);
    }
}

impl Session {
    /// Shows nothing but that a person's devices are wiped, from now on.
    pub(crate) fn begin_wipe(self, person: PersonId) {
        Wiped::begun(person).store(GOES_ON);
        self.wiping.set(Some(person));
    }

    /// Nothing of a person is left: the server is told, and the page begins anew.
    pub(crate) async fn end_wipe(self, wiped: Wiped) {
        wiped.store(TO_TELL);
        browser::store(TOLD, Some("1"));
        browser::store(GOES_ON, None);
        // Other tabs begin anew upon this, and have no wipe to go on with any more.
        for surface in [Surface::Console, Surface::Portal] {
            if remembered(surface).is_some_and(|last| last.id == wiped.person) {
                browser::store(slot(surface), None);
            }
        }
        browser::store_by_tab(slot(self.surface), None);
        tell().await;
        // Another tab that came to the end first has this page begin anew already.
        if LEAVES.get() {
            TimeoutFuture::new(LEAVING_MILLIS).await;
        }
        // A page that may not go on is one that is already leaving.
        window().location().replace(home(self.surface)).ok();
    }
}
