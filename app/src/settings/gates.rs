//! What an incident is to have before it is resolved.

use leptos::prelude::*;

use shared::targets::Gate;

use super::fields::CheckField;
use super::form::Form;
use crate::text::t;

#[component]
pub(super) fn GatesPart(form: Form) -> impl IntoView {
    let boxes = Gate::ALL.map(|gate| {
        let is_chosen = Signal::derive(move || {
            form.read(|draft| draft.levels.gates.contains(&gate)) == Some(true)
        });
        let choose = move |is_chosen| {
            form.change(|levels| {
                if is_chosen {
                    levels.gates.insert(gate);
                } else {
                    levels.gates.remove(&gate);
                }
            });
        };
        view! { <CheckField label=name(gate) is_chosen=is_chosen on_choose=choose /> }
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
