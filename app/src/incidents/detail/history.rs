//! Every fact: who, when on the device, when it arrived, from which device.

use leptos::prelude::*;

use shared::incidents::Event;

use super::Open;
use super::provenance::{Tick, in_full};
use super::timeline::who;
use crate::incidents::Desk;
use crate::incidents::words::{event_text, event_words};
use crate::text::t;

#[component]
pub(super) fn History(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let facts = move || {
        open.with(|incident| {
            incident
                .timeline
                .iter()
                .map(|event| fact(desk, event))
                .collect_view()
        })
    };
    view! {
        <div class="talk" role="region" aria-label=t!("history.label") tabindex="0">
            <ol>{facts}</ol>
        </div>
    }
}

fn fact(desk: Desk, event: &Event) -> impl IntoView + use<> {
    let organisation = desk.organisation();
    let words = event_words(&event.kind).map(|words| t!("event.words", words = words));
    view! {
        <li class="event">
            <b>{who(desk, &organisation, event)}</b>
            {t!("event.joint")}
            {event_text(&event.kind, &organisation)}
            " "
            {words}
            <br />
            <small>{in_full(&event.from)}</small>
            " "
            {Tick::of(desk, event).view()}
        </li>
    }
}
