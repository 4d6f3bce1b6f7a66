//! Who set what before, and the way back to it.

use leptos::prelude::*;
use shared::rules::RulesVersion;

use super::form::Form;
use crate::incidents::Desk;
use crate::text::{self, t};
use crate::ui::live::live;

/// The versions, the latest first.
#[component]
pub(super) fn Versions(form: Form) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let lines = move || {
        let history = form.held.get().map(|held| held.history);
        let history = history.unwrap_or_default();
        if history.is_empty() {
            return view! { <p>{t!("rules.as_installed")}</p> }.into_any();
        }
        let lines = history.iter().map(|version| line(desk, form, version));
        view! { <ol class="versions">{lines.collect_view()}</ol> }.into_any()
    };
    view! {
        <section>
            <h2>{t!("settings.versions")}</h2>
            {live(lines)}
        </section>
    }
}

fn line(desk: Desk, form: Form, version: &RulesVersion) -> impl IntoView + use<> {
    let (by, at) = (version.by, text::clock_and_day(version.at));
    let (number, count) = (version.version, version.count);
    let told = move || {
        let name = desk.organisation().person_name(by);
        t!(
            "settings.version",
            version = number,
            name = name,
            at = at.as_str()
        )
    };
    view! {
        <li>
            <span>{live(told)} " · " <small>{t!("rules.count", count = count)}</small></span>
            <button
                type="button"
                class="button quiet"
                disabled=form.busy
                on:click=move |_| form.fill_with(number)
            >
                {t!("settings.use_version")}
            </button>
        </li>
    }
}
