//! Looking at the past with the draft, and saving it.

use leptos::prelude::*;

use super::form::Form;
use crate::text::{self, t};
use crate::ui::live::live;

/// What was looked at, and the ways on.
#[component]
pub(super) fn Outcome(form: Form) -> impl IntoView {
    let tried = Memo::new(move |_| form.checked.get().and_then(|checked| checked.tried));
    let is_empty = move || form.read(<[_]>::is_empty) == Some(true);
    let is_idle = move || is_empty() && form.is_unchanged() && form.told.with(String::is_empty);
    let is_to_save = move || tried.with(Option::is_some) && !form.is_unchanged();
    let cannot = move || form.busy.get() || form.is_wrong();
    // One button, so that the focus stays on it.
    let go = move |_| {
        if is_to_save() {
            form.save();
        } else {
            form.check();
        }
    };
    let words = move || {
        if is_to_save() {
            t!("settings.save")
        } else {
            t!("rules.try")
        }
    };
    let news = move || {
        let looked = tried.with(|tried| {
            let tried = tried.as_ref()?;
            let since = tried.since.map(text::clock_and_day).unwrap_or_default();
            let count = tried.looked;
            if count == 0 {
                return Some(t!("rules.looked_at_none"));
            }
            Some(t!("rules.looked", count = count, since = since))
        });
        let wrong = form.is_wrong().then(|| t!("settings.wrong_above"));
        looked.or(wrong).unwrap_or_else(|| form.told.get())
    };
    view! {
        <section class="outcome" aria-label=t!("settings.outcome") hidden=live(is_idle)>
            <p role="status">{live(news)}</p>
            <div class="actions">
                <button type="button" class="button primary" disabled=live(cannot) on:click=go>
                    {live(words)}
                </button>
                <button
                    type="button"
                    class="button quiet"
                    disabled=live(move || form.is_unchanged())
                    on:click=move |_| {
                        if let Some(held) = form.held.get_untracked() {
                            form.fill(held.rules);
                        }
                    }
                >
                    {t!("settings.discard")}
                </button>
            </div>
        </section>
    }
}
