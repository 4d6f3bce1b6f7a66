//! The files in the sync centre: which wait, how far they are, and over which lines they go.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::FactId;

use super::status::counted;
use crate::attachments::waiting_text;
use crate::engine::protocol::{FilesCall, Lines, WaitingFile};
use crate::incidents::Desk;
use crate::link::Link;
use crate::text::{self, t};
use crate::ui::live::{When, live};

/// Asks for something of which every page is told what came of it.
fn ask(link: Link, call: FilesCall) {
    spawn_local(async move {
        drop(link.files(call, None).await);
    });
}

#[component]
pub(super) fn FilesList() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let status = desk.board().status;
    let files = move || {
        let list = status.with(|status| status.files.list.open());
        list.unwrap_or_default()
    };
    let has_any = move || status.with(|status| status.files.count() > 0);
    let title = move || status.with(|status| t!("sync.files", what = counted(&status.files)));
    view! {
        <When is=Signal::derive(has_any)>
            <h3>{live(title)}</h3>
            <ul class="waiting files">
                <For each=files key=|file| (file.fact, file.sent, file.is_refused) let:file>
                    {item(desk, &file)}
                </For>
            </ul>
        </When>
        <WifiOnly />
    }
}

fn item(desk: Desk, file: &WaitingFile) -> impl IntoView + use<> {
    let row = untrack(|| desk.board().row(file.doc.id));
    let on = row.map(|row| row.name()).unwrap_or_default();
    let said = [on, text::bytes(u64::from(file.bytes)), waiting_text(file)];
    let fact: FactId = file.fact;
    let again = file.is_refused.then(|| {
        let again = move |_| ask(desk.link, FilesCall::TryAgain { fact });
        view! {
            <button type="button" class="button quiet" on:click=again>{t!("file.again")}</button>
        }
    });
    let progress = (file.sent > 0 && !file.is_refused).then(|| {
        let (sent, bytes) = (file.sent.to_string(), file.bytes.to_string());
        view! { <progress value=sent max=bytes aria-label=file.name.clone()></progress> }
    });
    view! {
        <li>
            <bdi>{file.name.clone()}</bdi>
            <small>{said.join(" · ")}</small>
            {progress}
            {again}
        </li>
    }
}

/// Whether files wait for Wi-Fi; a browser that does not tell says so.
#[component]
fn WifiOnly() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let status = desk.board().status;
    let is_on = move || status.with(|status| status.files.lines == Lines::WifiOnly);
    let is_told = move || status.with(|status| status.files.has_wifi.is_some());
    let choose = move |event| {
        let lines = if event_target_checked(&event) {
            Lines::WifiOnly
        } else {
            Lines::Every
        };
        ask(desk.link, FilesCall::SendOver(lines));
    };
    let explained = move || {
        if is_told() {
            t!("sync.wifi_hint")
        } else {
            t!("sync.wifi_untold")
        }
    };
    view! {
        <label class="wifi">
            <input
                type="checkbox"
                prop:checked=live(is_on)
                disabled=live(move || !is_told() && !is_on())
                on:change=choose
            />
            <span>{t!("sync.wifi")} <small>{live(explained)}</small></span>
        </label>
    }
}
