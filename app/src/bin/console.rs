//! The console of the people who work on incidents.
//!
//! What a first paint does not need comes in files of its own: the build cuts the module at the
//! functions here. They stand in the binary, since the linker keeps each of them in whatever it
//! links them into.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the file of a room can fail to come, which the macro says in its place"
)]

use std::rc::Rc;

use app::shell::rooms::{self, Asking, Board, Rooms, Search, SearchRoom, Sought};
use leptos::prelude::*;
use shared::ids::IncidentId;
use shared::time::UnixMillis;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

fn main() {
    app::shell::start(Rooms {
        declare: || Box::pin(declare()),
        incident: |id| Box::pin(incident(id)),
        reports: |now| Box::pin(reports(now)),
        leaving: |leaving| Box::pin(leave(leaving)),
        devices: |open, now| Box::pin(devices(open, now)),
        all_devices: |now| Box::pin(all_devices(now)),
        refused: || Box::pin(refused()),
        wiping: || Box::pin(wiping()),
        locked: || Box::pin(locked()),
        pin: |open| Box::pin(pin(open)),
        attention: |centre| Box::pin(attention(centre)),
        older: |open| Box::pin(older(open)),
        sync_centre: |centre, now| Box::pin(sync_centre(centre, now)),
        search: SearchRoom {
            understand: |asking| Box::pin(understand(asking)),
            keep_folded: |board| Box::pin(keep_folded(board)),
            help: |search| Box::pin(search_help(search)),
        },
        fetch: || Box::pin(fetch()),
    });
}

/// Fetches all rooms, so that they open at once.
async fn fetch() {
    // Whoever enters a room that is not here is told then.
    incident_room().await.ok();
    search_room().await.ok();
    sheets().await.ok();
    reports_room().await.ok();
}

#[wasm_split(incident, fallible, preload(incident_room))]
fn incident(id: IncidentId) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::incident(id))
}

#[wasm_split(reports, fallible, preload(reports_room))]
fn reports(now: ReadSignal<UnixMillis>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::reports(now))
}

#[wasm_split(sheets, fallible, preload(sheets))]
fn declare() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::declare())
}

#[wasm_split(sheets, fallible)]
fn leave(leaving: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::leaving(leaving))
}

#[wasm_split(sheets, fallible)]
fn devices(open: RwSignal<bool>, now: ReadSignal<UnixMillis>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::devices(open, now))
}

#[wasm_split(sheets, fallible)]
fn all_devices(now: ReadSignal<UnixMillis>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::all_devices(now))
}

#[wasm_split(sheets, fallible)]
fn refused() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::refused())
}

#[wasm_split(sheets, fallible)]
fn wiping() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::wiping())
}

#[wasm_split(sheets, fallible)]
fn locked() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::locked())
}

#[wasm_split(sheets, fallible)]
fn pin(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::pin(open))
}

#[wasm_split(sheets, fallible)]
fn attention(centre: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::attention(centre))
}

#[wasm_split(sheets, fallible)]
fn older(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::older(open))
}

#[wasm_split(sheets, fallible)]
fn sync_centre(
    centre: RwSignal<bool>,
    now: ReadSignal<UnixMillis>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::sync_centre(centre, now))
}

#[wasm_split(search, fallible, preload(search_room))]
fn understand(asking: Asking) -> Result<Rc<dyn Sought>, SplitLoaderError> {
    Ok(rooms::understand(asking))
}

#[wasm_split(search, fallible)]
fn keep_folded(board: Board) -> Result<(), SplitLoaderError> {
    rooms::keep_folded(board);
    Ok(())
}

#[wasm_split(search, fallible)]
fn search_help(search: Search) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::search_help(search))
}
