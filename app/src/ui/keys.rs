//! Single keys that act wherever nobody is typing.
//!
//! Whoever speaks to a device, or strikes keys by mistake, switches them off on it (WCAG 2.1.4).
//! Keys with a name, such as Enter and Escape, are not meant and go on acting.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::browser;

const REMEMBERED: &str = "holdfast-keys";
/// Set by the boot file before the first paint.
const ATTRIBUTE: &str = "data-keys";

/// Whether single keys act on this device. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Keys(RwSignal<bool>);

impl Keys {
    pub(crate) fn of_device() -> Self {
        Self(RwSignal::new(browser::page_attribute(ATTRIBUTE).is_none()))
    }

    /// Tracked.
    pub(crate) fn are_on(self) -> bool {
        self.0.get()
    }

    pub(crate) fn switch(self) {
        let are_on = !self.0.get_untracked();
        let word = (!are_on).then_some("off");
        browser::show_on_page(ATTRIBUTE, word);
        browser::store(REMEMBERED, word);
        self.0.set(are_on);
    }

    /// The key that was pressed alone while nobody is typing, if it acts.
    pub(crate) fn pressed(self, event: &KeyboardEvent) -> Option<String> {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || browser::is_typing() {
            return None;
        }
        let key = event.key();
        let is_named = key.chars().nth(1).is_some();
        (is_named || self.0.get_untracked()).then_some(key)
    }
}
