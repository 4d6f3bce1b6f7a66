//! Fields that more than one part of the settings has.

use leptos::prelude::*;

use shared::ids::CalendarId;

use super::form::Form;
use crate::text::t;
use crate::ui::live::live;
use crate::ui::pick::{Choice, Pick};

/// A number as it is typed.
#[component]
pub(super) fn NumberField(
    #[prop(into)] label: String,
    /// What an empty field means.
    #[prop(into)]
    empty: String,
    #[prop(into)] value: Signal<String>,
    #[prop(into)] on_type: Callback<String>,
) -> impl IntoView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input
                type="text"
                autocomplete="off"
                inputmode="numeric"
                placeholder=empty
                prop:value=live(move || value.get())
                on:input=move |event| on_type.run(event_target_value(&event))
            />
        </label>
    }
}

/// One of several that may be chosen together.
#[component]
pub(super) fn CheckField(
    #[prop(into)] label: String,
    #[prop(into)] is_chosen: Signal<bool>,
    #[prop(into)] on_choose: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=live(move || is_chosen.get())
                on:change=move |event| on_choose.run(event_target_checked(&event))
            />
            <span>{label}</span>
        </label>
    }
}

/// A calendar, day and night where none is chosen.
#[component]
pub(super) fn HoursField(
    form: Form,
    /// What the choice is called for whoever hears it: there are several.
    #[prop(into)]
    label: String,
    #[prop(into)] value: Signal<Option<CalendarId>>,
    #[prop(into)] on_pick: Callback<Option<CalendarId>>,
) -> impl IntoView {
    let word =
        Signal::derive(move || value.with(|id| id.clone().map(|id| id.0).unwrap_or_default()));
    let pick = move |id: String| on_pick.run((!id.is_empty()).then_some(CalendarId(id)));
    view! {
        <div class="field">
            <span aria-hidden="true">{t!("settings.hours")}</span>
            <Pick
                label=label
                choices=Signal::derive(move || calendar_choices(form))
                value=word
                on_pick=pick
            />
        </div>
    }
}

/// The calendars that are drafted, after day and night.
fn calendar_choices(form: Form) -> Vec<Choice> {
    let around = (String::new(), t!("settings.around_the_clock"));
    let calendars = form.read(|draft| {
        let calendars = draft.levels.calendars.iter();
        calendars
            .map(|one| (one.id.0.clone(), one.name.clone()))
            .collect::<Vec<Choice>>()
    });
    let calendars = calendars.unwrap_or_default();
    [around].into_iter().chain(calendars).collect()
}
