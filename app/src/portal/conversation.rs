//! What was said and done, oldest first, each with how safe it is by now.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::incidents::{Event, EventKind, Incident};
use shared::policy;

use super::front::Front;
use super::incident::Open;
use super::words;
use crate::attachments::{Attachments, File, Shown};
use crate::revising::{Revising, said as said_anew};
use crate::text::{self, t};
use crate::tick::Tick;

pub(super) fn conversation(front: Front, open: Open) -> impl IntoView {
    let events = move || {
        open.with(|incident| {
            // What its author took back is gone for the requester; how it began remains.
            let shown = |event: &&Event| event.counts() || event.kind == EventKind::Declared;
            let with_tick = |event: &Event| (Tick::of(front.link, event), event.clone());
            incident
                .timeline
                .iter()
                .filter(shown)
                .map(with_tick)
                .collect::<Vec<_>>()
        })
    };
    view! {
        <div class="talk" role="log" aria-label=t!("timeline.label")>
            <For each=events key=|(tick, event)| (event.fact, *tick) let:entry>
                {one(front, open, entry.0, &entry.1)}
            </For>
        </div>
    }
}

fn one(front: Front, open: Open, tick: Tick, event: &Event) -> AnyView {
    let who = words::who(front, event.from.by);
    if event.kind == EventKind::Declared {
        let description = open.with_untracked(described);
        return message(front, who, description, tick, event);
    }
    if event.kind.message().is_some() {
        let words = worded(front, open, event);
        return said(front, who, words, tick, event);
    }
    let id = open.with_untracked(|incident| incident.id);
    if let Some(file) = File::of(id, event, is_mine(front, event)) {
        let files = expect_context::<Attachments>();
        let shown = view! { <Shown files=files file=file /> }.into_any();
        return said(front, who, shown, tick, event);
    }
    match words::happened(&event.kind, &who) {
        Some((sentence, words)) => line(front, sentence, words, tick, event),
        None => ().into_any(),
    }
}

/// The words of a message, which its author may word anew.
fn worded(front: Front, open: Open, event: &Event) -> AnyView {
    let id = open.with_untracked(|incident| incident.id);
    let revising = Revising {
        open,
        shown: Callback::new(|text: String| view! { <p dir="auto">{text}</p> }.into_any()),
        may: Callback::new(move |intent| {
            let me = front.session.person.get();
            let may = |incident: &Arc<Incident>| {
                me.is_some_and(|me| policy::may(&me, &intent, Some(incident)).is_ok())
            };
            open.with(may)
        }),
        act: Callback::new(move |(intent, answered): (_, Callback<String>)| {
            spawn_local(async move {
                let outcome = front.act(id, intent).await;
                answered.run(outcome.err().unwrap_or_default());
            });
        }),
    };
    said_anew(revising, event, is_mine(front, event))
}

/// What was reported: the description with what was said beside it.
fn described(incident: &Arc<Incident>) -> String {
    let mut parts = vec![incident.description.trim().to_owned()];
    let said = [
        (t!("entry.asset"), &incident.asset),
        (t!("portal.reach"), &incident.contact),
    ];
    for (label, text) in said {
        parts.extend(text.as_ref().map(|text| [&label, " ", text].concat()));
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        parts.push(incident.subject.holds.value.clone());
    }
    parts.join("\n\n")
}

fn is_mine(front: Front, event: &Event) -> bool {
    let me = front.session.person.get_untracked();
    me.is_some_and(|me| me.id == event.from.by)
}

fn message(front: Front, who: String, text: String, tick: Tick, event: &Event) -> AnyView {
    let text = view! { <p dir="auto">{text}</p> }.into_any();
    said(front, who, text, tick, event)
}

fn said(front: Front, who: String, what: AnyView, tick: Tick, event: &Event) -> AnyView {
    let is_mine = is_mine(front, event);
    view! {
        <article class="message" data-mine=is_mine.then_some("true")>
            <header>
                <b>{who}</b>
                <span title=text::full(event.from.at)>{text::clock_and_day(event.from.corrected)}</span>
                {is_mine.then(|| tick.view())}
            </header>
            {what}
        </article>
    }
    .into_any()
}

fn line(front: Front, sentence: String, words: String, tick: Tick, event: &Event) -> AnyView {
    let words = (!words.is_empty()).then(|| view! { <p dir="auto">{words}</p> });
    view! {
        <div class="event">
            <header>
                <b>{sentence}</b>
                <span title=text::full(event.from.at)>{text::clock_and_day(event.from.corrected)}</span>
                {is_mine(front, event).then(|| tick.view())}
            </header>
            {words}
        </div>
    }
    .into_any()
}
