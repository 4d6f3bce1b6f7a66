//! Rooms of the console: what a first paint does not need and comes in files of its own.

use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;
use shared::ids::{DocKind, IncidentId};

use super::Now;
use super::devices_page::DevicesPage;
use super::refused_page::RefusedPage;
use super::sync_centre::SyncCentre;
use crate::attachments::{Adding, Shown, Viewer};
use crate::devices::DevicesSheet;
use crate::incidents::{
    AttentionList, DeclareSheet, KeysSheet, OlderSheet, OpenIncident, PaletteSheet, SavedSheet,
    SearchHelp, WorkPane,
};
use crate::leaving::LeavingSheet;
use crate::pin::{LockedPage, PinSheet};
use crate::reports::ReportPage;
use crate::rules::RulesPage;
use crate::settings::SettingsPage;
use crate::text::t;
use crate::ui::room::Entering;
use crate::wiping::WipingPage;

pub use crate::attachments::{Attachments, AttachmentsRoom, File};
pub use crate::incidents::{
    Asking, Palette, Search, SearchRoom, Sought, Tallying, Working, keep_counts, keep_folded,
    understand,
};
pub use crate::link::Board;

/// How the page enters its rooms.
#[derive(Clone, Copy)]
pub struct Rooms {
    pub declare: fn() -> Entering,
    pub incident: fn(IncidentId) -> Entering,
    pub work: fn(Working) -> Entering,
    pub attachments: AttachmentsRoom,
    pub reports: fn(Now) -> Entering,
    pub leaving: fn(RwSignal<bool>) -> Entering,
    pub devices: fn(RwSignal<bool>, Now) -> Entering,
    pub all_devices: fn(Now) -> Entering,
    pub refused: fn() -> Entering,
    pub settings: fn() -> Entering,
    pub rules: fn() -> Entering,
    pub wiping: fn() -> Entering,
    pub locked: fn() -> Entering,
    pub pin: fn(RwSignal<bool>) -> Entering,
    pub attention: fn(RwSignal<bool>) -> Entering,
    pub older: fn(RwSignal<bool>) -> Entering,
    pub saved: fn() -> Entering,
    pub sync_centre: fn(RwSignal<bool>, Now) -> Entering,
    pub palette: fn(Palette) -> Entering,
    pub keys: fn(RwSignal<bool>) -> Entering,
    pub search: SearchRoom,
    /// Fetches the files of all rooms.
    pub fetch: fn() -> Pin<Box<dyn Future<Output = ()>>>,
}

/// The sheet for a new incident.
pub fn declare() -> AnyView {
    view! { <DeclareSheet /> }.into_any()
}

/// The open incident.
pub fn incident(id: IncidentId) -> AnyView {
    view! { <OpenIncident id=id /> }.into_any()
}

/// The tasks of the open incident, and the time spent on it.
pub fn work(working: Working) -> AnyView {
    view! { <WorkPane working=working /> }.into_any()
}

/// What attaches files to the open incident.
pub fn adding(files: Attachments, doc: Signal<DocKind>) -> AnyView {
    view! { <Adding files=files doc=doc /> }.into_any()
}

/// A file in the conversation.
pub fn shown(files: Attachments, file: File) -> AnyView {
    view! { <Shown files=files file=file /> }.into_any()
}

/// A picture over the whole page.
pub fn viewer(files: Attachments) -> AnyView {
    view! { <Viewer files=files /> }.into_any()
}

/// How the work stands.
pub fn reports(now: Now) -> AnyView {
    view! { <ReportPage now=now /> }.into_any()
}

/// Everything that can be done from the keyboard.
pub fn palette(palette: Palette) -> AnyView {
    view! { <PaletteSheet palette=palette /> }.into_any()
}

/// What every key does.
pub fn keys(open: RwSignal<bool>) -> AnyView {
    view! { <KeysSheet open=open /> }.into_any()
}

/// The question before signing out.
pub fn leaving(leaving: RwSignal<bool>) -> AnyView {
    view! { <LeavingSheet leaving=leaving forgetting=t!("leave.forget") /> }.into_any()
}

/// The devices of whoever is signed in.
pub fn devices(open: RwSignal<bool>, now: Now) -> AnyView {
    view! { <DevicesSheet open=open now=Signal::from(now) /> }.into_any()
}

/// Everybody's devices.
pub fn all_devices(now: Now) -> AnyView {
    view! { <DevicesPage now=now /> }.into_any()
}

/// What was refused of people's acts.
pub fn refused() -> AnyView {
    view! { <RefusedPage /> }.into_any()
}

/// The service levels and what they rest on.
pub fn settings() -> AnyView {
    view! { <SettingsPage /> }.into_any()
}

/// The rules for what is declared.
pub fn rules() -> AnyView {
    view! { <RulesPage /> }.into_any()
}

/// A device that is locked.
pub fn locked() -> AnyView {
    view! { <LockedPage /> }.into_any()
}

/// The PIN of this device.
pub fn pin(open: RwSignal<bool>) -> AnyView {
    view! { <PinSheet open=open /> }.into_any()
}

/// A device that is being wiped.
pub fn wiping() -> AnyView {
    view! { <WipingPage link=expect_context() /> }.into_any()
}

/// What needs its reader.
pub fn attention(centre: RwSignal<bool>) -> AnyView {
    view! { <AttentionList centre=centre /> }.into_any()
}

/// What has left this device by age.
pub fn older(open: RwSignal<bool>) -> AnyView {
    view! { <OlderSheet open=open /> }.into_any()
}

/// A view that is saved or changed.
pub fn saved() -> AnyView {
    view! { <SavedSheet /> }.into_any()
}

/// What waits, what was refused, and what this device holds.
pub fn sync_centre(centre: RwSignal<bool>, now: Now) -> AnyView {
    view! { <SyncCentre centre=centre now=now /> }.into_any()
}

/// What a search may go on with, and what of it was not understood.
pub fn search_help(search: Search) -> AnyView {
    view! { <SearchHelp search=search /> }.into_any()
}
