//! Priority by impact and urgency.

use leptos::prelude::*;

use shared::priority::{Level, Priority};
use shared::settings::LevelsFault;

use super::form::Form;
use super::words::fault_text;
use crate::incidents::{level_text, priority_word};
use crate::text::t;
use crate::ui::live::live;
use crate::ui::pick::{Choice, Pick};

const LEVELS: [Level; 3] = [Level::High, Level::Medium, Level::Low];

/// The matrix.
#[component]
pub(super) fn MatrixFields(form: Form) -> impl IntoView {
    let heads = LEVELS.map(|urgency| view! { <th scope="col">{level_text(urgency)}</th> });
    let rows = LEVELS.map(|impact| {
        let cells = LEVELS.map(|urgency| view! { <td>{cell(form, impact, urgency)}</td> });
        view! {
            <tr>
                <th scope="row">{level_text(impact)}</th>
                {cells.into_iter().collect_view()}
            </tr>
        }
    });
    view! {
        <section>
            <h2>{t!("settings.matrix")}</h2>
            <p>{t!("settings.matrix_about")}</p>
            <table class="matrix">
                <thead>
                    <tr>
                        <th scope="col">{t!("settings.impact_urgency")}</th>
                        {heads.into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>{rows.into_iter().collect_view()}</tbody>
            </table>
            <Faults form=form of=is_of_matrix />
        </section>
    }
}

fn is_of_matrix(fault: &LevelsFault) -> bool {
    matches!(fault, LevelsFault::Hole { .. } | LevelsFault::Falls { .. })
}

fn cell(form: Form, impact: Level, urgency: Level) -> impl IntoView {
    let held = move || {
        let priority = form.read(|draft| {
            let row = draft.levels.matrix.get(&impact)?;
            row.get(&urgency).copied()
        });
        priority.flatten()
    };
    let pick = move |word: String| {
        let chosen = Priority::ALL
            .into_iter()
            .find(|one| priority_word(*one) == word);
        if let Some(priority) = chosen {
            form.change(|levels| {
                levels
                    .matrix
                    .entry(impact)
                    .or_default()
                    .insert(urgency, priority);
            });
        }
    };
    let choices: Vec<Choice> = Priority::ALL
        .into_iter()
        .map(|one| (priority_word(one).to_owned(), priority_word(one).to_owned()))
        .collect();
    let word = move || {
        held()
            .map(|one| priority_word(one).to_owned())
            .unwrap_or_default()
    };
    view! {
        <span class="cell" data-priority=live(word)>
            <Pick
                label=t!(
                    "settings.cell",
                    impact = level_text(impact),
                    urgency = level_text(urgency)
                )
                choices=Signal::derive(move || choices.clone())
                value=Signal::derive(word)
                on_pick=Callback::new(pick)
            />
        </span>
    }
}

/// What is wrong, in sentences.
#[component]
pub(super) fn Faults(form: Form, of: fn(&LevelsFault) -> bool) -> impl IntoView {
    let told = move || {
        let faults = form.faults.get();
        let faults = faults.iter().filter(|fault| of(fault));
        let lines = faults.map(|fault| view! { <li>{fault_text(fault)}</li> });
        lines.collect_view().into_any()
    };
    view! {
        <div role="status">
            <ul class="faults">{live(told)}</ul>
        </div>
    }
}
