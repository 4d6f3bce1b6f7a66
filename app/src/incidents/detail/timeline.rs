//! The conversation with what happened between, oldest first.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Element;

use shared::ids::{DocKind, IncidentId};
use shared::incidents::{Event, EventKind, Incident, TaskChange};
use shared::rows::Card;

use super::Open;
use super::mentions::marked;
use super::provenance::{in_full, is_late, when};
use crate::attachments::{Attachments, AttachmentsRoom, File};
use crate::incidents::Desk;
use crate::incidents::attention::{choices, sentence};
use crate::incidents::words::event_text;
use crate::link::Organisation;
use crate::revising::{Revising, said as said_anew};
use crate::text::t;
use crate::tick::Tick;
use crate::ui::person::avatar;
use crate::ui::room::room;

/// Within so many pixels of the end, what is new moves the text on.
const READING_AT_THE_END: i32 = 300;

#[component]
pub(super) fn Timeline(open: Open, children: Children) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let talk = NodeRef::<Div>::new();
    let events = move || {
        open.with(|incident| {
            let with_tick = |event: &Event| (Tick::of(desk.link, event), event.clone());
            // What was taken back stands in the history; a beginning stays one.
            let stands = |event: &&Event| {
                let is_told = event.counts() || event.kind == EventKind::Declared;
                is_told && !is_detail(&event.kind)
            };
            let events = incident.timeline.iter().filter(stands);
            events.map(with_tick).collect::<Vec<_>>()
        })
    };
    keep_end_in_view(desk, open, talk);
    view! {
        <div class="talk" node_ref=talk role="log" aria-label=t!("timeline.label") tabindex="0">
            <For each=events key=|(tick, event)| (event.fact, *tick) let:entry>
                {event_view(desk, open, entry.0, &entry.1)}
            </For>
            {children()}
            <GaveWayCards open=open />
        </div>
    }
}

/// Keeps the end in view when the reader has written, or was reading there.
fn keep_end_in_view(desk: Desk, open: Open, talk: NodeRef<Div>) {
    let length = Memo::new(move |_| open.with(|incident| incident.timeline.len()));
    let heights = StoredValue::new(None::<Heights>);
    Effect::new(move |before: Option<usize>| {
        let length = length.get();
        let is_own = open.with_untracked(|incident| {
            let me = desk.session.person.get_untracked().map(|me| me.id);
            let last = incident.timeline.last();
            last.is_some_and(|event| Some(event.from.by) == me && event.from.arrival.is_none())
        });
        let moment = if before.is_none() {
            Moment::Opened
        } else if is_own {
            Moment::Wrote
        } else {
            Moment::Heard
        };
        // After the new rows are in the page.
        request_animation_frame(move || {
            if let Some(talk) = talk.try_get_untracked().flatten() {
                let before = heights.get_value();
                heights.set_value(Some(show_end(&talk, moment, before)));
            }
        });
        length
    });
}

/// Why the conversation has grown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Opened,
    Wrote,
    Heard,
}

/// How high the conversation and its pane were when the reader last had all of it.
#[derive(Clone, Copy)]
struct Heights {
    talk: i32,
    pane: i32,
}

fn show_end(talk: &Element, moment: Moment, before: Option<Heights>) -> Heights {
    let pane = talk.parent_element();
    let to_end = |element: &Element, height: Option<i32>| {
        let height = height.unwrap_or_else(|| element.scroll_height());
        let left = height - element.scroll_top() - element.client_height();
        if moment == Moment::Wrote || left < READING_AT_THE_END {
            element.set_scroll_top(element.scroll_height());
        }
    };
    if moment == Moment::Opened {
        talk.set_scroll_top(talk.scroll_height());
    } else {
        to_end(talk, before.map(|before| before.talk));
        // On a phone the pane scrolls as a whole, and opens at its head.
        if let Some(pane) = &pane {
            to_end(pane, before.map(|before| before.pane));
        }
    }
    Heights {
        talk: talk.scroll_height(),
        pane: pane.map_or(0, |pane| pane.scroll_height()),
    }
}

fn event_view(desk: Desk, open: Open, tick: Tick, event: &Event) -> AnyView {
    let organisation = desk.organisation();
    if event.kind == EventKind::Declared {
        let declared = |incident: &std::sync::Arc<Incident>| {
            declared(desk, &organisation, incident, tick, event).into_any()
        };
        return open.with_untracked(declared);
    }
    if event.kind.attached().is_some() {
        let id = open.with_untracked(|incident| incident.id);
        return message(desk, &organisation, attached(desk, id, event), tick, event).into_any();
    }
    match event.kind.message() {
        Some(_) => {
            let said = worded(desk, open, event);
            message(desk, &organisation, said, tick, event).into_any()
        }
        None => line(desk, open, &organisation, tick, event).into_any(),
    }
}

/// The words of a message or note, which its author may word anew.
fn worded(desk: Desk, open: Open, event: &Event) -> AnyView {
    let called = event.kind.mentions().to_vec();
    let id = open.with_untracked(|incident| incident.id);
    let revising = Revising {
        open,
        shown: Callback::new(move |text: String| marked(&text, &called, &desk.organisation())),
        may: Callback::new(move |intent| {
            open.with(|incident| desk.refusal(&intent, incident).is_none())
        }),
        act: Callback::new(move |(intent, answered): (_, Callback<String>)| {
            spawn_local(async move {
                let outcome = desk.act(id, intent).await;
                answered.run(outcome.err().unwrap_or_default());
            });
        }),
    };
    let is_own = untrack(|| desk.me()).id == event.from.by;
    said_anew(revising, event, is_own)
}

/// `You` for the reader, else the name.
pub(super) fn who(desk: Desk, organisation: &Organisation, event: &Event) -> String {
    let me = untrack(|| desk.me());
    if event.from.by == me.id {
        t!("person.you")
    } else {
        organisation.person_name(event.from.by)
    }
}

/// The tick of what the reader wrote, and of anything that is not on the server yet.
fn tick_view(desk: Desk, tick: Tick, event: &Event) -> impl IntoView + use<> {
    let me = untrack(|| desk.me());
    (tick != Tick::Server || event.from.by == me.id).then(|| tick.view())
}

fn message(
    desk: Desk,
    organisation: &Organisation,
    said: AnyView,
    tick: Tick,
    event: &Event,
) -> impl IntoView + use<> {
    let is_internal = event.doc == DocKind::Work;
    let name = organisation.person_name(event.from.by);
    let label = is_internal.then(|| view! { <span class="label">{t!("entry.internal")}</span> });
    view! {
        <article class="message" data-kind=if is_internal { "note" } else { "reply" }>
            {avatar(&name)}
            <header>
                <b>{who(desk, organisation, event)}</b>
                {label}
                <span title=in_full(&event.from)>{when(&event.from)}</span>
                {tick_view(desk, tick, event)}
            </header>
            {said}
        </article>
    }
}

/// The file that an event attaches, whose view lies in a file of its own.
fn attached(desk: Desk, id: IncidentId, event: &Event) -> AnyView {
    let (files, enter) = (
        expect_context::<Attachments>(),
        expect_context::<AttachmentsRoom>(),
    );
    let is_own = untrack(|| desk.me()).id == event.from.by;
    let file = File::of(id, event, is_own);
    let shown = file.map(|file| room(move || (enter.shown)(files, file.clone())));
    view! { {shown} }.into_any()
}

fn declared(
    desk: Desk,
    organisation: &Organisation,
    incident: &Incident,
    tick: Tick,
    event: &Event,
) -> impl IntoView + use<> {
    let requester = organisation.requester_name(&incident.requester.holds.value);
    let me = untrack(|| desk.me());
    let taken = (Some(event.from.by) != incident.requester_person()).then(|| {
        if event.from.by == me.id {
            return t!("entry.taken_by_you");
        }
        t!(
            "entry.taken_by",
            name = organisation.person_name(event.from.by)
        )
    });
    let description = match incident.description.as_str() {
        "" => view! { <p><small>{t!("entry.no_description")}</small></p> }.into_any(),
        text => view! { <p>{text.to_owned()}</p> }.into_any(),
    };
    view! {
        <article class="message" data-kind="description">
            <span class="avatar" data-kind="requester" aria-hidden="true">
                {crate::ui::person::initials(&requester)}
            </span>
            <header>
                <b dir="auto">{requester}</b>
                <span title=in_full(&event.from)>{when(&event.from)}</span>
                {taken.map(|taken| view! { <span>{taken}</span> })}
                {tick_view(desk, tick, event)}
            </header>
            {description}
            {said(t!("entry.asset"), incident.asset.as_ref())}
            {said(t!("entry.contact"), incident.contact.as_ref())}
        </article>
    }
}

/// What the requester said beside the description.
fn said(label: String, text: Option<&String>) -> Option<impl IntoView + use<>> {
    let text = text?.clone();
    Some(view! { <p class="said"><small>{label}</small> " " <bdi>{text}</bdi></p> })
}

/// Whether it is a small step of a task, or another wording, which the history tells and the
/// conversation does not.
fn is_detail(kind: &EventKind) -> bool {
    if matches!(kind, EventKind::Revised { .. }) {
        return true;
    }
    let EventKind::TaskChanged { change, .. } = kind else {
        return false;
    };
    match change {
        TaskChange::State(_) | TaskChange::Person(_) | TaskChange::Group(_) => false,
        TaskChange::Due(_) | TaskChange::Step { .. } | TaskChange::After { .. } => true,
    }
}

/// The words that were said in something; of a change to a task, what that is called.
pub(super) fn words(incident: &Incident, event: &Event) -> Option<String> {
    let said = if let EventKind::TaskChanged { task, .. } = &event.kind {
        incident.task_added(*task).map(|new| new.title.as_str())
    } else {
        event.kind.words()
    };
    said.map(|words| t!("event.words", words = words))
}

fn line(
    desk: Desk,
    open: Open,
    organisation: &Organisation,
    tick: Tick,
    event: &Event,
) -> impl IntoView + use<> {
    let words = open.with_untracked(|incident| words(incident, event));
    let words = words.map(|words| [" ", &words].concat());
    let late = is_late(&event.from).then_some("true");
    view! {
        <p class="event" data-late=late>
            <b>{who(desk, organisation, event)}</b>
            {t!("event.joint")}
            {event_text(&event.kind, organisation)}
            {words}
            " · "
            <small title=in_full(&event.from)>{when(&event.from)}</small>
            " "
            {tick_view(desk, tick, event)}
        </p>
    }
}

/// Tells people whose act gave way to a concurrent one; only they can say that they know.
#[component]
fn GaveWayCards(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let cards = Memo::new(move |_| {
        let cards = open.with(|incident| shared::rows::cards(incident));
        let is_act = |card: &Card| card.values().is_none();
        cards.into_iter().filter(is_act).collect::<Vec<_>>()
    });
    let card = move |card: Card| {
        let is_mine = card.to == desk.me().id;
        let id = open.with_untracked(|incident| incident.id);
        let sentence = sentence(desk, &card);
        if is_mine {
            view! { <section class="clash"><p>{sentence}</p>{choices(desk, id, &card)}</section> }
                .into_any()
        } else {
            view! { <p class="event" data-kind="gave-way">{sentence}</p> }.into_any()
        }
    };
    move || cards.get().into_iter().map(card).collect_view()
}
