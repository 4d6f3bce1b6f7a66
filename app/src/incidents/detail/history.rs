//! Every fact: who, when on the device, when it arrived, from which device.

use leptos::prelude::*;

use shared::incidents::Event;

use super::Open;
use super::provenance::in_full;
use super::timeline::who;
use crate::incidents::Desk;
use crate::incidents::words::event_text;
use crate::text::{self, t};
use crate::tick::Tick;

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
    let words = event
        .kind
        .words()
        .map(|words| t!("event.words", words = words));
    let what = view! {
        <b>{who(desk, &organisation, event)}</b>
        {t!("event.joint")}
        {event_text(&event.kind, &organisation)}
        " "
        {words}
    };
    let what = if event.counts() {
        what.into_any()
    } else {
        view! { <s>{what}</s> }.into_any()
    };
    let withdrawn = event.withdrawn.map(|withdrawn| {
        let from = withdrawn.from;
        let at = text::clock_and_day(from.corrected);
        let told = if from.by == untrack(|| desk.me()).id {
            t!("event.withdrawn_own", at = at)
        } else {
            let who = organisation.person_name(from.by);
            t!("event.withdrawn", who = who, at = at)
        };
        view! {
            <br />
            <span title=in_full(&from)>{told}</span>
        }
    });
    view! {
        <li class="event">
            {what}
            <br />
            <small>{in_full(&event.from)}</small>
            " "
            {Tick::of(desk.link, event).view()}
            {withdrawn}
        </li>
    }
}
