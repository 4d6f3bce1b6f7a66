//! This device: what waits on it, and how that comes to the server, here or elsewhere.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::front::Front;
use super::{frame, words};
use crate::engine::protocol::WaitingAct;
use crate::link::Organisation;
use crate::parcel::{BringIn, Sending, Wording};
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
                    <div class="actions"><Sending /></div>
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
