//! What an incident is to have before it is resolved.

use leptos::prelude::*;

use shared::targets::Gate;

use super::form::Form;
use crate::text::t;
use crate::ui::live::live;

#[component]
pub(super) fn GatesPart(form: Form) -> impl IntoView {
    let boxes = Gate::ALL.map(|gate| {
        let is_chosen = move || form.read(|draft| draft.levels.gates.contains(&gate));
        let choose = move |event| {
            let is_chosen = event_target_checked(&event);
            form.change(|levels| {
                if is_chosen {
                    levels.gates.insert(gate);
                } else {
                    levels.gates.remove(&gate);
                }
            });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=live(move || is_chosen() == Some(true))
                    on:change=choose
                />
                <span>{name(gate)}</span>
            </label>
        }
    });
    view! {
        <section>
            <h2>{t!("settings.gates")}</h2>
            <p>{t!("settings.gates_about")}</p>
            <fieldset class="field pausing">
                <legend>{t!("settings.gates_legend")}</legend>
                {boxes.into_iter().collect_view()}
            </fieldset>
        </section>
    }
}

fn name(gate: Gate) -> String {
    match gate {
        Gate::Category => t!("settings.gate_category"),
        Gate::Diagnosis => t!("settings.gate_diagnosis"),
        Gate::Tasks => t!("settings.gate_tasks"),
        Gate::Time => t!("settings.gate_time"),
    }
}
