//! What a rule would have done to incidents of the past.

use leptos::prelude::*;
use shared::rules::{Example, RuleTried};
use web_sys::MouseEvent;

use super::form::Written;
use super::words::gives_text;
use crate::incidents::{Address, Desk, Place, priority_word};
use crate::link::Organisation;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};

#[component]
pub(super) fn Tried(written: Written) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let tried = Memo::new(move |_| written.tried());
    let is_off = move || written.read(|rule| !rule.is_on) == Some(true);
    let told = move || {
        let off = is_off().then(|| t!("rules.tried_off"));
        let counts = || tried.with(|tried| tried.as_ref().map(counts));
        off.or_else(counts).unwrap_or_default()
    };
    let examples = move || {
        let examples = tried.get().map(|tried| tried.examples).unwrap_or_default();
        let lines = examples.into_iter().map(|one| example(desk, one));
        lines.collect_view().into_any()
    };
    let has_examples =
        move || tried.with(|tried| tried.as_ref().is_some_and(|one| !one.examples.is_empty()));
    view! {
        <When is=Signal::derive(move || tried.with(Option::is_some))>
            <div class="tried">
                <p>{live(told)}</p>
                <When is=Signal::derive(has_examples)>
                    <details>
                        <summary>{t!("rules.examples")}</summary>
                        <ul>{live(examples)}</ul>
                    </details>
                </When>
            </div>
        </When>
    }
}

/// How many, in sentences.
fn counts(tried: &RuleTried) -> String {
    let RuleTried {
        answers,
        decides,
        resolved,
        agrees,
        ..
    } = *tried;
    let mut lines = vec![t!("rules.answers", count = answers)];
    if answers > 0 {
        lines.push(t!("rules.decides", count = decides));
    }
    if let Some(percent) = (agrees * 100).checked_div(resolved) {
        lines.push(t!(
            "rules.agrees",
            count = resolved,
            agrees = agrees,
            percent = percent
        ));
    }
    lines.join(" ")
}

fn example(desk: Desk, example: Example) -> impl IntoView {
    let place = Place::Incident(example.incident);
    let open = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            desk.address.go(place);
        }
    };
    let organisation = desk.organisation();
    let (had, gives) = (
        had(&example, &organisation),
        gives_text(&example.gives, &organisation),
    );
    view! {
        <li>
            <a href=Address::of(place) on:click=open>
                <span class="number">{example.name}</span>
                " "
                <span dir="auto">{example.subject}</span>
            </a>
            <small>{t!("rules.example", had = had, gives = gives)}</small>
        </li>
    }
}

/// What it has today of what the rule gives.
fn had(example: &Example, organisation: &Organisation) -> String {
    let gives = &example.gives;
    let none = || t!("value.none");
    let category = || {
        let id = example.category.as_ref();
        id.map_or_else(none, |id| organisation.category_name(id))
    };
    let group = || {
        let id = example.group.as_ref();
        id.map_or_else(none, |id| organisation.group_name(id))
    };
    let parts = [
        gives.category.as_ref().map(|_| category()),
        gives.group.as_ref().map(|_| group()),
        gives
            .priority
            .map(|_| priority_word(example.priority).to_owned()),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        none()
    } else {
        parts.join(", ")
    }
}
