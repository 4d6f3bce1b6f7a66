//! The question before signing out: says what waits, and discards none of it.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::Line;
use crate::incidents::Drafts;
use crate::link::Link;
use crate::parcel::Sending;
use crate::session::Session;
use crate::text::t;
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

/// What is on this device alone, not to be deleted: what waits, what was refused, and files.
/// Tracked.
fn held(link: Link) -> [u32; 3] {
    link.board
        .status
        .with(|status| [status.waiting, status.review, status.files.count()])
}

const NOTHING: [u32; 3] = [0; 3];

#[component]
pub(crate) fn LeavingSheet(
    leaving: RwSignal<bool>,
    /// That what is on this device may go, too, as the page calls it.
    #[prop(into)]
    forgetting: String,
) -> impl IntoView {
    let (link, drafts) = (expect_context::<Link>(), expect_context::<Drafts>());
    let session = expect_context::<Session>();
    let forget = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    // A draft that cannot be kept is told once: then its author knows, and may leave without it.
    let is_told = StoredValue::new(false);
    let leave = move |_| {
        let forgets = forget.get_untracked() && untrack(|| held(link)) == NOTHING;
        spawn_local(async move {
            if !drafts.flush().await {
                let knows = is_told.try_update_value(|told| std::mem::replace(told, true));
                if knows != Some(true) {
                    failure.try_set(t!("leave.draft"));
                    return;
                }
            }
            if forgets {
                drafts.forget();
            }
            match session.sign_out(link, forgets).await {
                Ok(()) => drop(leaving.try_set(false)),
                Err(why) => drop(failure.try_set(why)),
            }
        });
    };
    let is_offline = move || {
        let status = link.board.status;
        status.with(|status| status.line == Line::Offline)
    };
    view! {
        <Sheet title=t!("leave.title") on_close=move |()| leaving.set(false)>
            <div class="body">
                <WhatStays link=link forget=forget label=forgetting />
                <When is=Signal::derive(is_offline)>
                    <p>{t!("leave.offline")}</p>
                </When>
                <p class="error" role="alert">{failure}</p>
            </div>
            <footer>
                <Sending />
                <button type="button" class="button primary" on:click=leave>
                    {live(move || if held(link) == NOTHING { t!("leave.submit") } else { t!("leave.keep") })}
                </button>
            </footer>
        </Sheet>
    }
}

#[component]
fn WhatStays(link: Link, forget: RwSignal<bool>, label: String) -> impl IntoView {
    let drafts = RwSignal::new(0);
    let written = expect_context::<Drafts>();
    spawn_local(async move {
        // What was typed a moment ago counts, too; what cannot be kept is said on leaving.
        written.flush().await;
        if let Ok(waiting) = link.waiting().await {
            drafts.try_set(waiting.drafts.len());
        }
    });
    let held = Memo::new(move |_| held(link));
    let is_spare = Memo::new(move |_| held.get() == NOTHING);
    let told = move || {
        let [waiting, refused, files] = held.get();
        let told = [
            is_spare.get().then(|| t!("leave.nothing_waits")),
            (waiting > 0).then(|| t!("leave.waits", count = waiting)),
            (refused > 0).then(|| t!("leave.refused", count = refused)),
            (files > 0).then(|| t!("leave.files", count = files)),
        ];
        let told = told.into_iter().flatten();
        told.map(|one| view! { <p>{one}</p> }).collect_view()
    };
    let drafted = move || {
        let count = Some(drafts.get()).filter(|count| *count > 0)?;
        Some(if is_spare.get() && forget.get() {
            t!("leave.drafts", count = count)
        } else {
            t!("leave.drafts_stay", count = count)
        })
    };
    view! {
        {told}
        <When is=is_spare>
            <label class="check">
                <input type="checkbox" bind:checked=forget />
                " "
                {label.clone()}
            </label>
        </When>
        <p role="status">{live(drafted)}</p>
    }
}
