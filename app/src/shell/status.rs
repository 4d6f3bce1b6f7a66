//! The status chip: whether what is on the screen is safe and current, in a few words.

use leptos::prelude::*;

use crate::engine::protocol::{Files, Line, Lines, Status};
use crate::incidents::Desk;
use crate::text::{self, t};
use crate::ui::live::live;

/// The chip's sign.
fn sign(status: &Status, failed: bool) -> &'static str {
    if failed || status.review > 0 || matches!(status.line, Line::SignedOut | Line::Trouble) {
        return "attention";
    }
    match status.line {
        Line::Offline => "offline",
        Line::Connecting => "saving",
        Line::Online if status.files.refused > 0 => "attention",
        Line::Online if status.waiting > 0 || status.files.count() > 0 || !status.complete => {
            "saving"
        }
        Line::Online | Line::SignedOut | Line::Trouble => "ok",
    }
}

/// The first words of the chip, which a phone shows alone.
fn short(status: &Status, failed: bool) -> String {
    if failed {
        return t!("status.stopped");
    }
    if status.review > 0 {
        let review = t!("status.attention", count = status.review);
        return if status.line == Line::Offline {
            format!("{} · {review}", t!("status.offline"))
        } else {
            review
        };
    }
    match status.line {
        Line::Offline => t!("status.offline"),
        Line::SignedOut => t!("status.signed_out"),
        Line::Trouble => t!("status.trouble"),
        Line::Connecting if status.fresh_at.is_none() => t!("status.connecting"),
        Line::Connecting | Line::Online if status.waiting > 0 => {
            t!("status.saving", count = status.waiting)
        }
        Line::Online if !status.complete => t!("status.loading", count = status.incidents),
        Line::Online if status.files.count() > 0 => files(&status.files),
        Line::Connecting => t!("status.connecting"),
        Line::Online => match status.fresh_at {
            Some(at) => t!("status.fresh", at = text::clock_and_day(at)),
            None => t!("status.online"),
        },
    }
}

/// How many files wait, and how many bytes they have.
pub(super) fn counted(files: &Files) -> String {
    let (count, size) = (files.count(), text::bytes(files.bytes));
    if files.others == 0 {
        t!("status.photos", count = count, size = size)
    } else {
        t!("status.files", count = count, size = size)
    }
}

/// The files that wait, and what for.
pub(super) fn files(files: &Files) -> String {
    let what = counted(files);
    let is_held = files.lines == Lines::WifiOnly && files.has_wifi == Some(false);
    match (files.refused, is_held) {
        (0, true) => t!("status.files_held", what = what),
        (0, false) => t!("status.files_sending", what = what),
        (_, _) => t!("status.files_refused", what = what),
    }
}

/// What a desk adds: how much is kept here while it cannot be sent.
fn rest(status: &Status) -> Option<String> {
    let is_cut = matches!(status.line, Line::Offline | Line::SignedOut | Line::Trouble);
    let acts = (status.waiting > 0).then(|| t!("status.kept", count = status.waiting));
    let held = (status.files.count() > 0 && is_cut).then(|| counted(&status.files));
    let parts: Vec<_> = [acts, held].into_iter().flatten().collect();
    (!parts.is_empty() && (is_cut || status.review > 0)).then(|| parts.join(", "))
}

/// The sentence that the chip stands for.
pub(super) fn sentence(status: &Status, failed: bool) -> String {
    let parts = [Some(short(status, failed)), rest(status)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The chip; it opens the sync centre.
#[component]
pub(super) fn StatusChip(centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let (status, failed) = (desk.board().status, desk.board().engine_failed);
    let with =
        move |work: fn(&Status, bool) -> String| status.with(|status| work(status, failed.get()));
    let kept = move || {
        status.with(|status| {
            let wide =
                rest(status).map(|rest| view! { <span class="wide">{format!(" · {rest}")}</span> });
            let slim = (rest(status).is_some() && status.waiting > 0).then(|| {
                let kept = t!("status.kept_short", count = status.waiting);
                view! { <span class="slim">{format!(" · {kept}")}</span> }
            });
            (wide, slim)
        })
    };
    view! {
        <button
            type="button"
            class="chip"
            data-testid="status-chip"
            data-state=live(move || status.with(|status| sign(status, failed.get())))
            aria-haspopup="dialog"
            title=t!("status.open")
            on:click=move |_| centre.set(true)
        >
            <span>{live(move || with(short))} {kept}</span>
        </button>
        // Read out when it changes, without moving the focus.
        <span class="sr-only" role="status">{live(move || with(sentence))}</span>
    }
}
