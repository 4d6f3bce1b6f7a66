//! Short messages at the edge of the page, read out politely and gone after a while.

use std::time::Duration;

use leptos::prelude::*;

use crate::text::t;

const SHOWN_FOR: Duration = Duration::from_secs(10);

#[derive(Clone, PartialEq, Eq)]
struct Toast {
    number: u32,
    text: String,
}

/// The toasts of the page. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
}

impl Toasts {
    pub fn none() -> Self {
        Self {
            shown: RwSignal::new(Vec::new()),
            last: StoredValue::new(0),
        }
    }

    /// Shows a sentence for ten seconds or until it is dismissed.
    pub fn say(self, text: String) {
        self.last.update_value(|last| *last = last.wrapping_add(1));
        let number = self.last.get_value();
        self.shown.update(|shown| {
            shown.retain(|toast| toast.text != text);
            shown.push(Toast { number, text });
        });
        set_timeout(move || self.dismiss(number), SHOWN_FOR);
    }

    fn dismiss(self, number: u32) {
        self.shown
            .update(|shown| shown.retain(|toast| toast.number != number));
    }
}

/// Where toasts appear.
#[component]
pub fn ToastShelf() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="status">
            <For each=move || toasts.shown.get() key=|toast| toast.number let:toast>
                <div class="toast">
                    <span>{toast.text}</span>
                    <button type="button" class="button" on:click=move |_| toasts.dismiss(toast.number)>
                        {t!("action.dismiss")}
                    </button>
                </div>
            </For>
        </div>
    }
}
