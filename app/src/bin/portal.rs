//! The portal of the people who report problems and wait for them to be solved.
//!
//! What its first page does not need comes in files of its own, as in the console.

#![expect(
    clippy::unnecessary_wraps,
    reason = "the file of a room can fail to come, which the macro says in its place"
)]

use app::engine::protocol::{Rescued, Sealed};
use app::portal::rooms::{self, Rooms};
use leptos::prelude::*;
use shared::ids::IncidentId;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

fn main() {
    app::portal::start(Rooms {
        inside: || Box::pin(inside()),
        report: || Box::pin(report()),
        incident: |id| Box::pin(incident(id)),
        unsent: || Box::pin(unsent()),
        rescued: |sealed| Box::pin(rescued(sealed)),
        device: |open| Box::pin(device(open)),
        leaving: |leaving| Box::pin(leave(leaving)),
        devices: |open| Box::pin(devices(open)),
        wiping: || Box::pin(wiping()),
        fetch_inside: || Box::pin(fetch_inside()),
        fetch: || Box::pin(fetch()),
    });
}

async fn fetch_inside() {
    // Whoever enters a room that is not here is told then.
    inside_room().await.ok();
}

/// Fetches all rooms, so that they open at once.
async fn fetch() {
    all_rooms().await.ok();
}

#[wasm_split(inside, fallible, preload(inside_room))]
fn inside() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::inside())
}

#[wasm_split(rooms, fallible, preload(all_rooms))]
fn report() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::report())
}

#[wasm_split(rooms, fallible)]
fn incident(id: IncidentId) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::incident(id))
}

#[wasm_split(rooms, fallible)]
fn unsent() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::unsent())
}

#[wasm_split(rooms, fallible)]
fn rescued(sealed: Sealed<Rescued>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::rescued(sealed))
}

#[wasm_split(rooms, fallible)]
fn device(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::device(open))
}

#[wasm_split(rooms, fallible)]
fn leave(leaving: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::leaving(leaving))
}

#[wasm_split(rooms, fallible)]
fn devices(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::devices(open))
}

#[wasm_split(rooms, fallible)]
fn wiping() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::wiping())
}
