//! What is promised per priority, when it is at risk, and what pauses the clocks.

use leptos::prelude::*;

use shared::ids::CalendarId;
use shared::priority::Priority;
use shared::settings::LevelsFault;
use shared::sla::Measure;
use shared::targets::HoldReason;

use super::fields::CheckField;
use super::fields::HoursField;
use super::form::Form;
use super::matrix::Faults;
use crate::incidents::{hold_text, priority_word};
use crate::text::t;
use crate::ui::live::live;

/// The targets.
#[component]
pub(super) fn Promises(form: Form) -> impl IntoView {
    let rows = Priority::ALL.map(|priority| view! { <Promise form=form priority=priority /> });
    view! {
        <section>
            <h2>{t!("settings.targets")}</h2>
            <p>{t!("settings.targets_about")}</p>
            {rows.into_iter().collect_view()}
            <Faults form=form of=is_of_targets />
            <label class="field percent">
                <span>{t!("settings.percent")}</span>
                <input
                    type="text"
                    autocomplete="off"
                    inputmode="numeric"
                    prop:value=live(move || form.read(|draft| draft.percent.clone()))
                    on:input=move |event| form.type_percent(event_target_value(&event))
                />
            </label>
            <Pausing form=form />
        </section>
    }
}

fn is_of_targets(fault: &LevelsFault) -> bool {
    matches!(
        fault,
        LevelsFault::Target { .. }
            | LevelsFault::Order { .. }
            | LevelsFault::NoCalendar { .. }
            | LevelsFault::Percent
    )
}

#[component]
fn Promise(form: Form, priority: Priority) -> impl IntoView {
    let calendar = Signal::derive(move || {
        let named = form.read(|draft| {
            let promised = draft.levels.promised.get(&priority)?;
            promised.calendar.clone()
        });
        named.flatten()
    });
    let pick = move |named: Option<CalendarId>| {
        form.change(|levels| {
            levels.promised.entry(priority).or_default().calendar = named;
        });
    };
    let word = priority_word(priority);
    view! {
        <fieldset class="promise">
            <legend>
                <span class="priority" data-priority=word>{word}</span>
            </legend>
            <Time form=form priority=priority measure=Measure::Response />
            <Time form=form priority=priority measure=Measure::Resolution />
            <HoursField
                form=form
                label=t!("settings.hours_of", priority = word)
                value=calendar
                on_pick=pick
            />
        </fieldset>
    }
}

#[component]
fn Time(form: Form, priority: Priority, measure: Measure) -> impl IntoView {
    let cell = (priority, measure);
    let label = match measure {
        Measure::Response => t!("settings.respond"),
        Measure::Resolution => t!("settings.resolve"),
    };
    let is_unread = move || form.read(|draft| draft.is_unread(cell)) == Some(true);
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                autocomplete="off"
                placeholder=t!("settings.no_target")
                aria-invalid=live(move || is_unread().then_some("true"))
                prop:value=live(move || form.read(|draft| draft.times.get(&cell).cloned()).flatten())
                on:input=move |event| form.type_time(cell, event_target_value(&event))
            />
            <small class="error">
                {live(move || if is_unread() { t!("settings.time_unread") } else { String::new() })}
            </small>
        </label>
    }
}

#[component]
fn Pausing(form: Form) -> impl IntoView {
    let boxes = HoldReason::ALL.iter().copied().map(|reason| {
        let is_chosen = Signal::derive(move || {
            form.read(|draft| draft.levels.pausing.contains(&reason)) == Some(true)
        });
        let choose = move |is_chosen| {
            form.change(|levels| {
                if is_chosen {
                    levels.pausing.insert(reason);
                } else {
                    levels.pausing.remove(&reason);
                }
            });
        };
        view! { <CheckField label=hold_text(reason) is_chosen=is_chosen on_choose=choose /> }
    });
    view! {
        <fieldset class="field pausing">
            <legend>{t!("settings.pausing")}</legend>
            {boxes.collect_view()}
        </fieldset>
    }
}
