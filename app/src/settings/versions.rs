//! Who set what before, and the way back to it.

use leptos::prelude::*;

use shared::settings::LevelsVersion;
use shared::targets::Reach;

use super::form::Form;
use crate::incidents::Desk;
use crate::text::{self, t};
use crate::ui::live::live;

/// The versions, the latest first.
#[component]
pub(super) fn Versions(form: Form) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let lines = move || {
        let history = form
            .held
            .with(|held| held.as_ref().map(|held| held.history.clone()));
        let history = history.unwrap_or_default();
        if history.is_empty() {
            return view! { <p>{t!("settings.as_installed")}</p> }.into_any();
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

fn line(desk: Desk, form: Form, version: &LevelsVersion) -> impl IntoView + use<> {
    let (by, at) = (version.by, text::clock_and_day(version.at));
    let number = version.version;
    let told = move || {
        let name = desk.organisation().person_name(by);
        t!(
            "settings.version",
            version = number,
            name = name,
            at = at.as_str()
        )
    };
    let reach = match version.reach {
        Reach::New => t!("settings.reached_new"),
        Reach::Open => t!("settings.reached_open"),
    };
    view! {
        <li>
            <span>{live(told)} " · " <small>{reach}</small></span>
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
