//! Choosing one of several: a native list that acts at once.

use leptos::html::Select;
use leptos::prelude::*;
use web_sys::{HtmlSelectElement, KeyboardEvent};

use super::live::live;

/// A value to choose, with what people read.
pub type Choice = (String, String);

/// A native list. What is chosen is told at once; the list then shows what `value` says, so a
/// choice that is refused falls back by itself.
#[component]
pub fn Pick(
    #[prop(into)] label: String,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(into)] value: Signal<String>,
    #[prop(into, optional)] disabled: Signal<bool>,
    /// The key that leads to it.
    #[prop(optional)]
    key: &'static str,
    /// Tells the choice, and is told of a refusal by the value returned to later.
    #[prop(into)]
    on_pick: Callback<String>,
) -> impl IntoView {
    let select = NodeRef::<Select>::new();
    let show = move |select: &HtmlSelectElement, value: &str| select.set_value(value);
    Effect::new(move |_| {
        choices.track();
        let value = value.get();
        if let Some(select) = select.get() {
            // After the options are in the page: a list cannot hold a value it does not offer.
            request_animation_frame(move || show(&select, &value));
        }
    });
    // Whoever was led here by a key and leaves again goes on with keys: a list that keeps the focus
    // would choose by the next letter.
    let on_key = move |event: KeyboardEvent| {
        if !key.is_empty() && event.key() == "Escape" {
            // One Escape leaves one thing.
            event.stop_propagation();
            select.with_untracked(|select| select.as_ref().map(|select| select.blur()));
        }
    };
    // The list may be narrower than what it shows.
    let in_full = move || {
        let value = value.get();
        choices.with(|choices| {
            let chosen = choices.iter().find(|(word, _)| *word == value);
            chosen.map(|(_, name)| name.clone())
        })
    };
    view! {
        <select
            node_ref=select
            aria-label=label
            title=live(in_full)
            disabled=disabled
            aria-keyshortcuts=(!key.is_empty()).then_some(key)
            on:change=move |event| on_pick.run(event_target_value(&event))
            on:keydown=on_key
        >
            {move || {
                let chosen = value.get_untracked();
                choices
                    .get()
                    .into_iter()
                    .map(|(value, name)| {
                        let selected = value == chosen;
                        view! { <option value=value selected=selected>{name}</option> }
                    })
                    .collect_view()
            }}
        </select>
    }
}
