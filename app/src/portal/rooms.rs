//! Rooms of the portal: what its first page, which only signs in, does not need. The page of a
//! person is one file, what opens on it another.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use shared::ids::IncidentId;

use super::front::Front;
use super::{device, incident, inside, report, unsent, words};
use crate::banners::copy_button;
use crate::devices::DevicesSheet;
use crate::engine::protocol::{Rescued, Sealed};
use crate::leaving::LeavingSheet;
use crate::text::t;
use crate::ui::room::Entering;
use crate::wiping::WipingPage;

/// How the page enters its rooms.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub inside: fn() -> Entering,
    pub report: fn() -> Entering,
    pub incident: fn(IncidentId) -> Entering,
    pub unsent: fn() -> Entering,
    pub rescued: fn(Sealed<Rescued>) -> Entering,
    pub device: fn(RwSignal<bool>) -> Entering,
    pub leaving: fn(RwSignal<bool>) -> Entering,
    pub devices: fn(RwSignal<bool>) -> Entering,
    pub wiping: fn() -> Entering,
    /// Fetches the file of a person's page.
    pub fetch_inside: fn() -> Pin<Box<dyn Future<Output = ()>>>,
    /// Fetches the file of the rooms on it.
    pub fetch: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

/// The page of a person who is signed in.
pub fn inside() -> AnyView {
    inside::inside(Front::of_page()).into_any()
}

/// The questions of a new report.
pub fn report() -> AnyView {
    report::report(expect_context::<Front>()).into_any()
}

/// One report.
pub fn incident(id: IncidentId) -> AnyView {
    incident::incident(expect_context::<Front>(), id).into_any()
}

/// What the server refused.
pub fn unsent() -> AnyView {
    unsent::unsent(expect_context::<Front>()).into_any()
}

/// What was saved of a lost copy, to be taken elsewhere.
pub fn rescued(sealed: Sealed<Rescued>) -> AnyView {
    copy_button(move || words::rescued(&sealed.open().unwrap_or_default()))
}

/// What waits on this device.
pub fn device(open: RwSignal<bool>) -> AnyView {
    device::device(expect_context::<Front>(), open).into_any()
}

/// All devices of whoever is signed in.
pub fn devices(open: RwSignal<bool>) -> AnyView {
    let now = expect_context::<Front>().now;
    view! { <DevicesSheet open=open now=Signal::from(now) /> }.into_any()
}

/// A device that is being wiped.
pub fn wiping() -> AnyView {
    view! { <WipingPage link=Front::of_page().link /> }.into_any()
}

/// The question before signing out.
pub fn leaving(leaving: RwSignal<bool>) -> AnyView {
    view! { <LeavingSheet leaving=leaving forgetting=t!("portal.leave.forget") /> }.into_any()
}
