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

use app::shell::rooms::{
    self, Asking, Attachments, AttachmentsRoom, Board, File, Palette, Rooms, Search, SearchRoom,
    Sought, Tallying, Working,
};
use leptos::prelude::*;
use shared::ids::{DocKind, IncidentId};
use shared::time::UnixMillis;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

fn main() {
    app::shell::start(Rooms {
        declare: || Box::pin(declare()),
        incident: |id| Box::pin(incident(id)),
        work: |working| Box::pin(work(working)),
        attachments: AttachmentsRoom {
            adding: |files, doc| Box::pin(adding(files, doc)),
            shown: |files, file| Box::pin(shown(files, file)),
            viewer: |files| Box::pin(viewer(files)),
        },
        reports: |now| Box::pin(reports(now)),
        leaving: |leaving| Box::pin(leave(leaving)),
        devices: |open, now| Box::pin(devices(open, now)),
        all_devices: |now| Box::pin(all_devices(now)),
        refused: || Box::pin(refused()),
        settings: || Box::pin(settings()),
        rules: || Box::pin(rules()),
        wiping: || Box::pin(wiping()),
        locked: || Box::pin(locked()),
        pin: |open| Box::pin(pin(open)),
        attention: |centre| Box::pin(attention(centre)),
        older: |open| Box::pin(older(open)),
        saved: || Box::pin(saved()),
        sync_centre: |centre, now| Box::pin(sync_centre(centre, now)),
        palette: |opened| Box::pin(palette(opened)),
        keys: |open| Box::pin(keys(open)),
        search: SearchRoom {
            understand: |asking| Box::pin(understand(asking)),
            keep_folded: |board| Box::pin(keep_folded(board)),
            keep_counts: |of| Box::pin(keep_counts(of)),
            help: |search| Box::pin(search_help(search)),
        },
        fetch: || Box::pin(fetch()),
    });
}

/// Fetches all rooms, so that they open at once.
async fn fetch() {
    // Whoever enters a room that is not here is told then.
    incident_room().await.ok();
    attachments_room().await.ok();
    work_room().await.ok();
    search_room().await.ok();
    sheets().await.ok();
    reports_room().await.ok();
}

#[wasm_split(incident, fallible, preload(incident_room))]
fn incident(id: IncidentId) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::incident(id))
}

#[wasm_split(work, fallible, preload(work_room))]
fn work(working: Working) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::work(working))
}

#[wasm_split(attachments, fallible, preload(attachments_room))]
fn adding(files: Attachments, doc: Signal<DocKind>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::adding(files, doc))
}

#[wasm_split(attachments, fallible)]
fn shown(files: Attachments, file: File) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::shown(files, file))
}

#[wasm_split(attachments, fallible)]
fn viewer(files: Attachments) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::viewer(files))
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

#[wasm_split(settings, fallible, preload(settings_room))]
fn settings() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::settings())
}

#[wasm_split(settings, fallible)]
fn rules() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::rules())
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

#[wasm_split(search, fallible)]
fn saved() -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::saved())
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
fn keep_counts(of: Tallying) -> Result<(), SplitLoaderError> {
    rooms::keep_counts(of);
    Ok(())
}

#[wasm_split(search, fallible)]
fn palette(palette: Palette) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::palette(palette))
}

#[wasm_split(search, fallible)]
fn keys(open: RwSignal<bool>) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::keys(open))
}

#[wasm_split(search, fallible)]
fn search_help(search: Search) -> Result<AnyView, SplitLoaderError> {
    Ok(rooms::search_help(search))
}
