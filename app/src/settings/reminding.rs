//! Of which holds people are reminded, how often, and when that ends.

use leptos::prelude::*;

use shared::settings::LevelsFault;
use shared::targets::HoldReason;

use super::fields::{HoursField, NumberField};
use super::form::{Form, Typed};
use super::matrix::Faults;
use crate::incidents::hold_text;
use crate::text::t;
use crate::ui::live::When;

#[component]
pub(super) fn RemindingPart(form: Form) -> impl IntoView {
    let reasons = HoldReason::ALL.iter().copied();
    let rows = reasons.map(|reason| view! { <OfReason form=form reason=reason /> });
    view! {
        <section>
            <h2>{t!("settings.reminding")}</h2>
            <p>{t!("settings.reminding_about")}</p>
            {rows.collect_view()}
            <Faults form=form of=is_of_reminding />
        </section>
    }
}

#[component]
fn OfReason(form: Form, reason: HoldReason) -> impl IntoView {
    // Only who was asked can fail to answer.
    let asks = reason == HoldReason::Caller;
    let typed = move |part: fn(&Typed) -> &str| {
        Signal::derive(move || {
            let text =
                form.read(|draft| draft.reminding.get(&reason).map(|it| part(it).to_owned()));
            text.flatten().unwrap_or_default()
        })
    };
    let is_set = move || form.read(|draft| draft.levels.reminding.contains_key(&reason));
    let calendar = Signal::derive(move || {
        let named = form.read(|draft| draft.levels.reminding.get(&reason)?.calendar.clone());
        named.flatten()
    });
    let count = move || {
        asks.then(|| {
            view! {
                <NumberField
                    label=t!("settings.reminding_count")
                    empty=t!("settings.closing_never")
                    value=typed(|typed| &typed.count)
                    on_type=move |text| form.type_reminding(reason, |typed| typed.count = text)
                />
            }
        })
    };
    view! {
        <fieldset class="promise">
            <legend>{t!("row.on_hold", reason = hold_text(reason))}</legend>
            <NumberField
                label=t!("settings.reminding_days")
                empty=t!("settings.reminding_never")
                value=typed(|typed| &typed.days)
                on_type=move |text| form.type_reminding(reason, |typed| typed.days = text)
            />
            <When is=Signal::derive(move || is_set() == Some(true))>
                <HoursField
                    form=form
                    label=t!("settings.reminding_hours", reason = hold_text(reason))
                    value=calendar
                    on_pick=move |named| form.type_reminding(reason, |typed| typed.calendar = named)
                />
                {count()}
            </When>
        </fieldset>
    }
}

fn is_of_reminding(fault: &LevelsFault) -> bool {
    matches!(
        fault,
        LevelsFault::RemindingDays { .. }
            | LevelsFault::Reminders { .. }
            | LevelsFault::NoRemindingCalendar { .. }
    )
}
