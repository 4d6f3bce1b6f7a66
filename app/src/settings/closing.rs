//! When what is resolved closes by itself.

use leptos::prelude::*;

use shared::ids::CalendarId;
use shared::settings::LevelsFault;

use super::fields::{HoursField, NumberField};
use super::form::Form;
use super::matrix::Faults;
use crate::text::t;
use crate::ui::live::When;

#[component]
pub(super) fn ClosingPart(form: Form) -> impl IntoView {
    let is_set =
        Signal::derive(move || form.read(|draft| draft.levels.closing.is_some()) == Some(true));
    let days = move || form.read(|draft| draft.closing_days.clone());
    let calendar = Signal::derive(move || {
        let named = form.read(|draft| draft.levels.closing.as_ref()?.calendar.clone());
        named.flatten()
    });
    let pick = move |named: Option<CalendarId>| {
        form.change(|levels| {
            if let Some(closing) = &mut levels.closing {
                closing.calendar = named;
            }
        });
    };
    view! {
        <section>
            <h2>{t!("settings.closing")}</h2>
            <p>{t!("settings.closing_about")}</p>
            <div class="closing">
                <NumberField
                    label=t!("settings.closing_days")
                    empty=t!("settings.closing_never")
                    value=Signal::derive(move || days().unwrap_or_default())
                    on_type=move |text| form.type_closing_days(text)
                />
                <When is=is_set>
                    <HoursField
                        form=form
                        label=t!("settings.closing_hours")
                        value=calendar
                        on_pick=pick
                    />
                </When>
            </div>
            <Faults form=form of=is_of_closing />
        </section>
    }
}

fn is_of_closing(fault: &LevelsFault) -> bool {
    matches!(
        fault,
        LevelsFault::ClosingDays | LevelsFault::NoClosingCalendar
    )
}
