//! Every fact: who, what and what it was before, when on the device, when it arrived, from which
//! device. It can be narrowed and printed, and each fact leads to how the incident was then.

use leptos::prelude::*;

use shared::ids::PersonId;
use shared::incidents::{Event, Incident};
use shared::time::UnixMillis;

use super::Open;
use super::past::Past;
use super::provenance::in_full;
use super::timeline::{who, words};
use crate::incidents::words::{before_text, event_text};
use crate::incidents::{Desk, choices};
use crate::link::Organisation;
use crate::text::{self, t};
use crate::tick::Tick;
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::pick::{Choice, Pick};

/// What is asked of the history. Cheap to copy.
#[derive(Clone, Copy)]
struct Narrowed {
    words: RwSignal<String>,
    person: RwSignal<String>,
}

/// A fact in words.
#[derive(Clone, PartialEq)]
struct Line {
    event: Event,
    who: String,
    done: String,
    words: String,
    before: Option<String>,
    /// All of it in lower case, to be looked through.
    said: String,
}

impl Line {
    fn of(desk: Desk, organisation: &Organisation, incident: &Incident, event: &Event) -> Self {
        let words = words(incident, event).unwrap_or_default();
        let who = who(desk, organisation, event);
        let done = event_text(&event.kind, organisation);
        let before = incident.before(event.fact);
        let before = before.map(|before| before_text(&before, organisation));
        let before = before.map(|before| t!("history.before", before = before));
        let said = [
            &*who,
            &*done,
            &*words,
            before.as_deref().unwrap_or_default(),
        ]
        .join(" ");
        Self {
            event: event.clone(),
            who,
            done,
            words,
            before,
            said: browser::lower_case(&said),
        }
    }
}

#[component]
pub(super) fn History(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let narrowed = Narrowed {
        words: RwSignal::default(),
        person: RwSignal::default(),
    };
    let looking = RwSignal::new(None::<UnixMillis>);
    let lines = Memo::new(move |_| {
        let organisation = desk.organisation();
        open.with(|incident| {
            let events = incident.timeline.iter();
            let lines = events.map(|event| Line::of(desk, &organisation, incident, event));
            lines.collect::<Vec<_>>()
        })
    });
    let facts = move || {
        let person = narrowed.person.with(|person| choices::person_of(person));
        let words = browser::lower_case(narrowed.words.read().trim());
        let is_shown = |line: &&Line| {
            person.is_none_or(|person| person == line.event.from.by) && line.said.contains(&words)
        };
        lines.with(|lines| {
            let lines = lines.iter().filter(is_shown);
            let facts: Vec<_> = lines.map(|line| fact(desk, line, looking)).collect();
            if facts.is_empty() {
                return view! { <p class="event">{t!("history.none")}</p> }.into_any();
            }
            view! { <ol>{facts}</ol> }.into_any()
        })
    };
    view! {
        <div class="talk" role="region" aria-label=t!("history.label") tabindex="0">
            <Narrowing open=open narrowed=narrowed />
            {live(facts)}
        </div>
        {live(move || {
            looking.get().map(|until| view! { <Past open=open until=until looking=looking /> })
        })}
    }
}

#[component]
fn Narrowing(open: Open, narrowed: Narrowed) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let people = Signal::derive(move || {
        let organisation = desk.organisation();
        let mut people: Vec<PersonId> = open.with(|incident| {
            incident
                .timeline
                .iter()
                .map(|event| event.from.by)
                .collect()
        });
        people.sort_unstable();
        people.dedup();
        let everybody = (String::new(), t!("history.everybody"));
        let people = people.into_iter();
        let people = people.map(|id| (id.0.to_string(), organisation.person_name(id)));
        [everybody]
            .into_iter()
            .chain(people)
            .collect::<Vec<Choice>>()
    });
    view! {
        <div class="narrowing">
            <input
                type="search"
                aria-label=t!("history.filter")
                placeholder=t!("history.filter")
                prop:value=narrowed.words
                on:input=move |event| narrowed.words.set(event_target_value(&event))
            />
            <Pick
                label=t!("history.by")
                choices=people
                value=narrowed.person
                on_pick=move |word| narrowed.person.set(word)
            />
            <button type="button" class="button quiet" on:click=move |_| browser::print()>
                {t!("history.print")}
            </button>
        </div>
    }
}

fn fact(desk: Desk, line: &Line, looking: RwSignal<Option<UnixMillis>>) -> AnyView {
    let Line {
        event,
        who,
        done,
        words,
        before,
        ..
    } = line.clone();
    let what = view! {
        <b>{who}</b>
        {t!("event.joint")}
        {done}
        " "
        {words}
    };
    let what = if event.counts() {
        what.into_any()
    } else {
        view! { <s>{what}</s> }.into_any()
    };
    let at = event.from.corrected;
    let label = t!("history.as_it_was_at", at = text::full(at));
    let fact = view! {
        <li class="event">
            {what}
            {before.map(|before| view! { " " <small>{before}</small> })}
            <br />
            <small>{in_full(&event.from)}</small>
            " "
            {Tick::of(desk.link, &event).view()}
            " "
            <button
                type="button"
                class="as-it-was"
                aria-label=label
                on:click=move |_| looking.set(Some(at))
            >
                {t!("history.as_it_was")}
            </button>
            {withdrawn(desk, &desk.organisation(), &event)}
        </li>
    };
    fact.into_any()
}

fn withdrawn(
    desk: Desk,
    organisation: &Organisation,
    event: &Event,
) -> Option<impl IntoView + use<>> {
    let from = event.withdrawn?.from;
    let at = text::clock_and_day(from.corrected);
    let told = if from.by == untrack(|| desk.me()).id {
        t!("event.withdrawn_own", at = at)
    } else {
        let who = organisation.person_name(from.by);
        t!("event.withdrawn", who = who, at = at)
    };
    Some(view! {
        <br />
        <span title=in_full(&from)>{told}</span>
    })
}
