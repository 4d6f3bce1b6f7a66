//! Rooms of the portal: what its first page does not need, in one file that comes after it.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use shared::ids::IncidentId;

use super::{Front, frame, incident, report, unsent, words};
use crate::banners::copy_button;
use crate::engine::protocol::{Rescued, Sealed};
use crate::ui::room::Entering;

/// How the page enters its rooms.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub report: fn() -> Entering,
    pub incident: fn(IncidentId) -> Entering,
    pub unsent: fn() -> Entering,
    pub rescued: fn(Sealed<Rescued>) -> Entering,
    pub leaving: fn(RwSignal<bool>) -> Entering,
    /// Fetches the file of the rooms.
    pub fetch: fn() -> Pin<Box<dyn Future<Output = ()>>>,
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

/// The question before signing out.
pub fn leaving(leaving: RwSignal<bool>) -> AnyView {
    frame::leave(expect_context::<Front>(), leaving).into_any()
}
