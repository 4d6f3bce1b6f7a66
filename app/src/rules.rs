//! The rules for what is declared, as an administrator sets them.
//!
//! What the server says is shown and never kept: rules are changed online. Nothing is saved before
//! the page has said what the rules would have done to incidents of the past.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod condition;
mod form;
mod gives;
mod outcome;
mod rule;
mod tried;
mod versions;
mod words;

use leptos::prelude::*;
use shared::rules::{RULES_MAX, RuleId, RulesFault};

use crate::text::t;
use crate::ui::live::{When, live};
use form::Form;
use outcome::Outcome;
use rule::RuleCard;
use versions::Versions;

/// The page.
#[component]
pub(crate) fn RulesPage() -> impl IntoView {
    let form = Form::new();
    form.ask();
    view! {
        <main class="report settings-page" tabindex="-1">
            <header>
                <h1>{t!("rules.title")}</h1>
                <p>{t!("rules.about")}</p>
            </header>
            <p class="error" role="alert">{form.failure}</p>
            <When is=Signal::derive(move || form.is_known())>
                <AllRules form=form />
                <Outcome form=form />
                <Versions form=form />
            </When>
            <When is=Signal::derive(move || !form.is_known() && form.has_failed())>
                <button type="button" class="button" on:click=move |_| form.ask()>
                    {t!("settings.again")}
                </button>
            </When>
        </main>
    }
}

#[component]
fn AllRules(form: Form) -> impl IntoView {
    let ids = Memo::new(move |_| {
        let ids = form.read(|rules| rules.iter().map(|rule| rule.id).collect::<Vec<_>>());
        ids.unwrap_or_default()
    });
    let is_full = move || ids.with(|ids| ids.len() >= RULES_MAX);
    let too_many = move || {
        let is_over = form.faults.with(|all| all.contains(&RulesFault::TooMany));
        is_over.then(|| t!("rules.fault_too_many", count = RULES_MAX))
    };
    view! {
        <section>
            <h2>{t!("rules.list")}</h2>
            <p>{t!("rules.list_about")}</p>
            <When is=Signal::derive(move || ids.with(Vec::is_empty))>
                <p>{t!("rules.none")}</p>
            </When>
            <p class="error" role="status">{live(too_many)}</p>
            <For each=move || ids.get() key=RuleId::clone let:id>
                <RuleCard form=form id=id />
            </For>
            <div class="actions">
                <button
                    type="button"
                    class="button"
                    disabled=live(is_full)
                    on:click=move |_| form.add()
                >
                    {t!("rules.add")}
                </button>
            </div>
        </section>
    }
}
