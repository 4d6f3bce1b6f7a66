//! One rule: folded to a line that says what it does, or open to be changed.

use leptos::prelude::*;
use shared::rules::{NAME_CHARS_MAX, RuleFault, RuleId};

use super::condition::{ConditionField, is_of_condition};
use super::form::{Form, Written};
use super::gives::GivesFields;
use super::tried::Tried;
use super::words::{does_text, fault_text};
use crate::incidents::Desk;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};

#[component]
pub(super) fn RuleCard(form: Form, id: RuleId) -> impl IntoView {
    let written = Written { form, id };
    // What is new is open; what is there is read first.
    let is_new = untrack(|| written.read(|rule| rule.name.is_empty())) == Some(true);
    view! {
        <details class="rule" open=is_new>
            <summary>
                <Line written=written />
            </summary>
            <div class="inside">
                <Head written=written />
                <ConditionField written=written />
                <GivesFields written=written />
                <Faults written=written of=is_of_rule />
                <Moves written=written />
            </div>
        </details>
        <Tried written=written />
    }
}

fn is_of_rule(fault: &RuleFault) -> bool {
    !is_of_condition(fault) && !is_of_name(fault)
}

fn is_of_name(fault: &RuleFault) -> bool {
    matches!(fault, RuleFault::Name | RuleFault::NameTaken)
}

/// What it does, at a glance.
#[component]
fn Line(written: Written) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let name = move || {
        let name = written.read(|rule| rule.name.clone()).unwrap_or_default();
        let name = Some(name).filter(|name| !name.trim().is_empty());
        name.unwrap_or_else(|| t!("rules.new"))
    };
    let number = move || written.place().map(|place| (place + 1).to_string());
    let does = move || written.read(|rule| does_text(rule, &desk.organisation()));
    let is_off = move || written.read(|rule| !rule.is_on) == Some(true);
    let is_wrong = move || !written.faults().is_empty();
    view! {
        <span class="place">{live(number)}</span>
        <b dir="auto">{live(name)}</b>
        <When is=Signal::derive(is_off)>
            <span class="tag">{t!("rules.off")}</span>
        </When>
        <When is=Signal::derive(is_wrong)>
            <span class="error">{t!("rules.wrong")}</span>
        </When>
        <small>{live(does)}</small>
    }
}

#[component]
fn Head(written: Written) -> impl IntoView {
    let name = move || written.read(|rule| rule.name.clone()).unwrap_or_default();
    view! {
        <div class="pair">
            <label class="field">
                <span>{t!("rules.name")}</span>
                <input
                    id=format!("rule-{}-name", written.id.0)
                    type="text"
                    dir="auto"
                    autocomplete="off"
                    maxlength=NAME_CHARS_MAX
                    prop:value=live(name)
                    on:input=move |event| {
                        written.change(|rule| rule.name = event_target_value(&event));
                    }
                />
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=live(move || written.read(|rule| rule.is_on))
                    on:change=move |event| {
                        written.change(|rule| rule.is_on = event_target_checked(&event));
                    }
                />
                <span>{t!("rules.on")}</span>
            </label>
        </div>
        <Faults written=written of=is_of_name />
    }
}

/// What is wrong, in sentences.
#[component]
fn Faults(written: Written, of: fn(&RuleFault) -> bool) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let told = move || {
        let (faults, organisation) = (written.faults(), desk.organisation());
        let faults = faults.iter().filter(|fault| of(fault));
        let lines = faults.map(|fault| view! { <li>{fault_text(fault, &organisation)}</li> });
        lines.collect_view().into_any()
    };
    view! {
        <div role="status">
            <ul class="faults">{live(told)}</ul>
        </div>
    }
}

/// Its place among the others, and the end of it.
#[component]
fn Moves(written: Written) -> impl IntoView {
    let name = move || written.read(|rule| rule.name.clone()).unwrap_or_default();
    let move_to = move |way: &'static str, with: fn(usize) -> Option<usize>| {
        written.swap(with);
        let place = written.place().map_or(0, |place| place + 1);
        written
            .form
            .told
            .set(t!("rules.moved", name = untrack(name), place = place));
        // What moves on the page loses the focus.
        let button = format!("#rule-{}-{way}", written.id.0);
        request_animation_frame(move || browser::focus(&button));
    };
    view! {
        <div class="actions">
            <button
                type="button"
                class="button"
                id=format!("rule-{}-up", written.id.0)
                disabled=live(move || written.place() == Some(0))
                on:click=move |_| move_to("up", |place| place.checked_sub(1))
            >
                {t!("rules.earlier")}
            </button>
            <button
                type="button"
                class="button"
                id=format!("rule-{}-down", written.id.0)
                disabled=live(move || written.is_last())
                on:click=move |_| move_to("down", |place| place.checked_add(1))
            >
                {t!("rules.later")}
            </button>
            <button type="button" class="button quiet" on:click=move |_| written.remove()>
                {t!("rules.remove")}
            </button>
        </div>
    }
}
