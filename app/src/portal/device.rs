//! This device: what waits on it, and how that comes to the server, here or elsewhere; and leaving it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::front::Front;
use super::{frame, words};
use crate::engine::protocol::{Call, Line, WaitingAct};
use crate::link::Organisation;
use crate::parcel::{BringIn, SaveFile, Wording};
use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

const WORDING: Wording = Wording {
    failure: words::failure,
    items,
};

/// What waits on this device, and what was saved on another one.
pub(super) fn device(front: Front, open: RwSignal<bool>) -> impl IntoView {
    let (status, failed) = (front.link.board.status, front.link.board.engine_failed);
    let line = move || status.with(|status| frame::sentence(status, failed.get()));
    let waiting = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        status.track();
        spawn_local(async move {
            if let Ok(found) = front.link.waiting().await {
                // The sheet may have been closed meanwhile.
                waiting.try_set(found.acts);
            }
        });
    });
    let list = move || items(waiting.get(), &front.organisation());
    view! {
        <Sheet title=t!("portal.device") on_close=move |()| open.set(false)>
            <div class="body">
                <p><b>{live(line)}</b></p>
                <When is=Signal::derive(move || waiting.with(|acts| !acts.is_empty()))>
                    <ul class="kept">{live(list)}</ul>
                    <div class="actions">{sending(front)}</div>
                </When>
                <BringIn wording=WORDING />
            </div>
        </Sheet>
    }
}

fn items(acts: Vec<WaitingAct>, _: &Organisation) -> AnyView {
    let item = |act: WaitingAct| {
        let did = words::did(&act.intent);
        let at = text::clock_and_day(act.at);
        view! {
            <li>
                {act.subject}
                <small>{[did, at].join(" · ")}</small>
            </li>
        }
    };
    acts.into_iter().map(item).collect_view().into_any()
}

/// The ways for what waits: to the server now, or to a file.
fn sending(front: Front) -> impl IntoView {
    // What the server refused is not sent from another device either.
    let waits = move || front.link.board.status.with(|status| status.waiting > 0);
    view! {
        <When is=Signal::derive(waits)>
            <SaveFile />
            <button type="button" class="button" on:click=move |_| front.link.tell(Call::Retry)>
                {t!("leave.send")}
            </button>
        </When>
    }
}

/// Asks before signing out; says what waits, and discards none of it.
pub(super) fn leave(front: Front, leaving: RwSignal<bool>) -> impl IntoView {
    let forget = RwSignal::new(false);
    let failure = RwSignal::new(String::new());
    let waiting = move || {
        let status = front.link.board.status;
        status.with(|status| status.waiting + status.review)
    };
    let go = move |_| {
        let forgets = forget.get_untracked() && waiting() == 0;
        spawn_local(async move {
            if !front.drafts.flush().await {
                return drop(failure.try_set(t!("portal.leave.draft")));
            }
            if forgets {
                front.drafts.forget();
            }
            match front.session.sign_out(front.link, forgets).await {
                Ok(()) => drop(leaving.try_set(false)),
                Err(why) => drop(failure.try_set(why)),
            }
        });
    };
    let is_offline = move || {
        let status = front.link.board.status;
        status.with(|status| status.line == Line::Offline)
    };
    let about = move || match waiting() {
        0 => t!("leave.nothing_waits"),
        count => t!("leave.waits", count = count),
    };
    view! {
        <Sheet title=t!("leave.title") on_close=move |()| leaving.set(false)>
            <div class="body">
                <p>{live(about)}</p>
                <When is=Signal::derive(move || waiting() == 0)>
                    <label class="check">
                        <input type="checkbox" bind:checked=forget />
                        {t!("portal.leave.forget")}
                    </label>
                </When>
                <When is=Signal::derive(is_offline)>
                    <p>{t!("leave.offline")}</p>
                </When>
                <p class="error" role="alert">{failure}</p>
            </div>
            <footer>
                {sending(front)}
                <button type="button" class="button primary" on:click=go>
                    {live(move || if waiting() == 0 { t!("leave.submit") } else { t!("leave.keep") })}
                </button>
            </footer>
        </Sheet>
    }
}
