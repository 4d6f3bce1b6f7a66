//! Short messages at the edge of the page, read out politely and gone after a while.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;

use crate::text::t;
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::keys::Keys;
use crate::ui::live::live;

const SHOWN_FOR: Duration = Duration::from_secs(10);

/// How many offers to take an act back are shown at once; more would hide the page.
const OFFERS_MAX: usize = 3;

#[derive(Clone)]
struct Toast {
    number: u32,
    text: String,
    undo: Option<TakeBack>,
}

/// What takes back what a toast tells of, and the incident that an act was on.
type TakeBack = (Option<IncidentId>, Callback<()>);

/// The toasts of the page. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Toasts {
    all: RwSignal<Vec<Toast>>,
    last: StoredValue<u32>,
    /// The key that takes back the last act that can be.
    key: Option<&'static str>,
}

impl Toasts {
    /// No toasts yet, on a page without keys.
    pub fn none() -> Self {
        Self {
            all: RwSignal::new(Vec::new()),
            last: StoredValue::new(0),
            key: None,
        }
    }

    /// No toasts yet, on a page whose key takes back the last act.
    pub fn with_key(key: &'static str) -> Self {
        Self {
            key: Some(key),
            ..Self::none()
        }
    }

    /// Shows a sentence for ten seconds or until it is dismissed.
    pub fn say(self, text: String) {
        self.all
            .update(|all| all.retain(|toast| toast.text != text || toast.undo.is_some()));
        self.show(text, None);
    }

    /// Copies a text and says whether that worked: somebody may be about to leave the device.
    pub(crate) fn copy(self, text: String) {
        spawn_local(async move {
            self.say(if browser::copy(&text).await {
                t!("copy.done")
            } else {
                t!("copy.failed")
            });
        });
    }

    /// Tells of an act that can be taken back for ten seconds; gives the toast's number.
    pub(crate) fn offer_undo(self, text: String, undo: TakeBack) -> u32 {
        self.show(text, Some(undo))
    }

    /// Ends the offers on incidents that are no longer here, where nothing can be taken back.
    pub(crate) fn give_up_with(self, lost: RwSignal<BTreeSet<IncidentId>>) {
        Effect::new(move |_| {
            lost.with(|lost| {
                let is_on_lost = |on: Option<IncidentId>| on.is_some_and(|on| lost.contains(&on));
                let stands = |toast: &Toast| toast.undo.is_none_or(|(on, _)| !is_on_lost(on));
                if !self.all.with_untracked(|all| all.iter().all(stands)) {
                    self.all.update(|all| all.retain(stands));
                }
            });
        });
    }

    /// What there is room for. Older offers still stand, and show again as later ones are taken.
    fn in_sight(self) -> Vec<Toast> {
        let mut toasts = self.all.get();
        let offers = toasts.iter().filter(|toast| toast.undo.is_some());
        let mut spare = offers.count().saturating_sub(OFFERS_MAX);
        toasts.retain(|toast| {
            let is_spare = spare > 0 && toast.undo.is_some();
            spare -= usize::from(is_spare);
            !is_spare
        });
        toasts
    }

    /// Takes back the last act that can be.
    pub fn undo_last(self) {
        if let Some(last) = untrack(|| self.last_offer()) {
            self.undo(last);
        }
    }

    /// The last act that can be taken back; tracked.
    fn last_offer(self) -> Option<u32> {
        self.all.with(|all| {
            let last = all.iter().rev().find(|toast| toast.undo.is_some());
            last.map(|toast| toast.number)
        })
    }

    fn undo(self, number: u32) {
        let undo = self.all.with_untracked(|all| {
            let toast = all.iter().find(|toast| toast.number == number);
            toast.and_then(|toast| toast.undo)
        });
        // Gone first, so that two presses are one.
        self.dismiss(number);
        if let Some((_, undo)) = undo {
            undo.run(());
        }
    }

    fn show(self, text: String, undo: Option<TakeBack>) -> u32 {
        self.last.update_value(|last| *last = last.wrapping_add(1));
        let number = self.last.get_value();
        self.all
            .update(|all| all.push(Toast { number, text, undo }));
        set_timeout(move || self.dismiss(number), SHOWN_FOR);
        number
    }

    pub fn dismiss(self, number: u32) {
        self.all
            .update(|all| all.retain(|toast| toast.number != number));
    }
}

/// Where toasts appear.
#[component]
pub fn ToastShelf() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toasts" role="status">
            <For each=move || toasts.in_sight() key=|toast| toast.number let:toast>
                <div class="toast">
                    <span>{toast.text}</span>
                    {toast.undo.map(|_| undo_button(toasts, toast.number))}
                    <button
                        type="button"
                        class="button"
                        aria-label=t!("action.dismiss")
                        title=t!("action.dismiss")
                        on:click=move |_| toasts.dismiss(toast.number)
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
            </For>
        </div>
    }
}

fn undo_button(toasts: Toasts, number: u32) -> impl IntoView {
    let keys = use_context::<Keys>();
    let is_last = Memo::new(move |_| toasts.last_offer() == Some(number));
    let are_on = move || keys.is_some_and(Keys::are_on);
    let key = move || toasts.key.filter(|_| is_last.get() && are_on());
    view! {
        <button
            type="button"
            class="button undo"
            aria-keyshortcuts=live(key)
            on:click=move |_| toasts.undo(number)
        >
            {t!("undo.button")}
            {move || key().map(|key| view! { " " <kbd>{key}</kbd> })}
        </button>
    }
}
