//! Which incidents a rule is for: what is typed, and what of it was not understood, with what was
//! perhaps meant.

use leptos::prelude::*;
use shared::rules::{Applies, CONDITION_CHARS_MAX, RuleFault};
use shared::search::Fault;

use super::form::Written;
use super::words::condition_fault_text;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;

pub(super) fn is_of_condition(fault: &RuleFault) -> bool {
    match fault {
        RuleFault::NoCondition
        | RuleFault::LongCondition
        | RuleFault::Unread(_)
        | RuleFault::TooEarly { .. }
        | RuleFault::Nobodys { .. } => true,
        RuleFault::Id
        | RuleFault::Name
        | RuleFault::NameTaken
        | RuleFault::NoOutcome
        | RuleFault::NoCategory
        | RuleFault::NoGroup
        | RuleFault::TooManyWatchers
        | RuleFault::NoWatcher(_)
        | RuleFault::CannotSee(_)
        | RuleFault::Never { .. } => false,
    }
}

#[component]
pub(super) fn ConditionField(written: Written) -> impl IntoView {
    // Comes back when somebody thinks better of it.
    let typed = StoredValue::new(String::new());
    let condition = move || {
        written
            .read(|rule| asked(&rule.applies))
            .unwrap_or_default()
    };
    let is_for_all = move || written.read(|rule| rule.applies == Applies::ToAll) == Some(true);
    let choose = move |for_all: bool| {
        typed.update_value(|typed| {
            let before = untrack(condition);
            if !before.is_empty() {
                *typed = before;
            }
        });
        let asks = || Applies::To(typed.get_value());
        let applies = if for_all { Applies::ToAll } else { asks() };
        written.change(|rule| rule.applies = applies);
    };
    let field = format!("rule-{}-condition", written.id.0);
    view! {
        <div class="field">
            <label for=field.clone()>{t!("rules.condition")}</label>
            <input
                id=field.clone()
                type="text"
                dir="auto"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength=CONDITION_CHARS_MAX
                placeholder=t!("rules.condition_example")
                aria-describedby=format!("{field}-faults")
                disabled=live(is_for_all)
                prop:value=live(condition)
                on:input=move |event| {
                    let typed = event_target_value(&event);
                    written.change(|rule| rule.applies = Applies::To(typed));
                }
            />
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=live(is_for_all)
                    on:change=move |event| choose(event_target_checked(&event))
                />
                <span>{t!("rules.for_all")}</span>
            </label>
            <div role="status" id=format!("{field}-faults")>
                <ul class="faults">{live(move || faults(written))}</ul>
            </div>
        </div>
    }
}

fn asked(applies: &Applies) -> String {
    match applies {
        Applies::ToAll => String::new(),
        Applies::To(typed) => typed.clone(),
    }
}

fn faults(written: Written) -> impl IntoView + use<> {
    let typed = written
        .read(|rule| asked(&rule.applies))
        .unwrap_or_default();
    let faults = written.faults().into_iter().filter(is_of_condition);
    let lines = faults.map(|fault| {
        let told = condition_fault_text(&typed, &fault);
        let button = instead(&fault).map(|(place, instead)| {
            let label = t!("search.instead", word = instead.as_str());
            let mended = mended(&typed, place, &instead);
            let field = format!("#rule-{}-condition", written.id.0);
            let mend = move |_| {
                let condition = Applies::To(mended.clone());
                written.change(|rule| rule.applies = condition);
                browser::focus(&field);
            };
            view! { <button type="button" class="tag" on:click=mend>{label}</button> }
        });
        view! { <li>{told} " " {button}</li> }
    });
    lines.collect_view().into_any()
}

/// What was perhaps meant, and in the place of what.
fn instead(fault: &RuleFault) -> Option<(std::ops::Range<usize>, String)> {
    let RuleFault::Unread(Fault { place, instead, .. }) = fault else {
        return None;
    };
    Some((place.clone(), instead.clone()?))
}

fn mended(typed: &str, place: std::ops::Range<usize>, instead: &str) -> String {
    let before = typed.get(..place.start).unwrap_or_default();
    let after = typed.get(place.end..).unwrap_or_default();
    [before, instead, after].concat()
}
