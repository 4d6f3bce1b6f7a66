//! How complete the numbers are: up to when, and how many devices may still bring something.
//!
//! The server knows which devices it has not heard of and tells only how many. The number is kept
//! with its time, so that without a network it is shown as what it is: what was known then.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Deserialize;

use shared::people::Person;
use shared::policy;
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use crate::engine::protocol::{Line, Status};
use crate::incidents::Desk;
use crate::link::beside;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::live;

const STORED: &str = "devices";

#[derive(Deserialize)]
struct Devices {
    not_back: u32,
}

/// What the server last said of the devices, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Known {
    not_back: u32,
    at: UnixMillis,
}

/// The sentence about completeness.
#[component]
pub(super) fn Completeness(now: ReadSignal<UnixMillis>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let known = RwSignal::new(stored(&desk.me()));
    let status = desk.board().status;
    let is_online = Memo::new(move |_| status.with(|status| status.line == Line::Online));
    Effect::new(move |_| {
        now.track();
        let me = desk.me();
        if is_online.get() && policy::oversees(&me) {
            spawn_local(async move {
                if let Some(asked) = ask().await {
                    store(&me, asked);
                    // The page may be another one by now.
                    known.try_set(Some(asked));
                }
            });
        }
    });
    let words = move || status.with(|status| sentence(status, known.get()));
    view! {
        <p class="complete" role="status" data-online=live(move || is_online.get().to_string())>
            {live(words)}
        </p>
    }
}

fn sentence(status: &Status, known: Option<Known>) -> String {
    let is_online = status.line == Line::Online;
    let complete = match status.fresh_at {
        Some(at) if status.complete || !is_online => {
            t!("report.complete_to", at = text::clock_and_day(at))
        }
        Some(_) | None => t!("report.arriving", count = status.incidents),
    };
    let devices = known.map(|Known { not_back, at }| {
        if is_online {
            t!("report.devices", count = not_back)
        } else {
            let at = text::clock_and_day(at);
            t!("report.devices_then", count = not_back, at = at)
        }
    });
    let offline = (!is_online).then(|| t!("report.offline"));
    let parts = [offline, Some(complete), devices];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

async fn ask() -> Option<Known> {
    let response = Request::get("/reports/devices").send().await.ok()?;
    if !response.ok() {
        return None;
    }
    let Devices { not_back } = response.json().await.ok()?;
    let at = browser::now();
    Some(Known { not_back, at })
}

fn store(me: &Person, Known { not_back, at }: Known) {
    let words = [not_back.to_string(), at.0.to_string()];
    // Without storage the number is only not known after a reload.
    browser::store(&slot(me), Some(&words.join(" ")));
}

fn slot(me: &Person) -> String {
    beside(Surface::Console, me.id, STORED)
}

/// What was kept for this person.
fn stored(me: &Person) -> Option<Known> {
    let words = browser::stored(&slot(me))?;
    let mut words = words.split(' ').map(|word| word.parse::<i64>().ok());
    let (not_back, at) = (words.next()??, words.next()??);
    Some(Known {
        not_back: u32::try_from(not_back).ok()?,
        at: UnixMillis(at),
    })
}
