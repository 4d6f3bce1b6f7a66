//! The priority matrix, the service levels and their calendars, as an administrator sets them.
//!
//! What the server says is shown and never kept: settings are changed online. Nothing is saved
//! before the page has said what it would do to the incidents that are open.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod calendars;
mod closing;
mod fields;
mod form;
mod gates;
mod matrix;
mod outcome;
mod promises;
mod reminding;
mod versions;
mod words;

use leptos::prelude::*;

use crate::text::t;
use crate::ui::live::When;
use calendars::Calendars;
use closing::ClosingPart;
use form::Form;
use gates::GatesPart;
use matrix::MatrixFields;
use outcome::Outcome;
use promises::Promises;
use reminding::RemindingPart;
use versions::Versions;

pub(crate) use form::post;

/// The page.
#[component]
pub(crate) fn SettingsPage() -> impl IntoView {
    let form = Form::new();
    form.ask();
    view! {
        <main class="report settings-page" tabindex="-1">
            <header>
                <h1>{t!("settings.title")}</h1>
                <p>{t!("settings.about")}</p>
            </header>
            <p class="error" role="alert">{form.failure}</p>
            <When is=Signal::derive(move || form.is_known())>
                <MatrixFields form=form />
                <Promises form=form />
                <RemindingPart form=form />
                <GatesPart form=form />
                <ClosingPart form=form />
                <Calendars form=form />
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
