//! Which page of the portal is open, kept in the address bar.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::MouseEvent;

use shared::ids::IncidentId;

use crate::ui::browser;

/// A page of the portal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Home,
    Report,
    Incident(IncidentId),
}

impl Place {
    /// Its address.
    pub(super) fn url(self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Report => "/report".to_owned(),
            Self::Incident(id) => ["/incidents/", &id.to_string()].concat(),
        }
    }

    fn current() -> Self {
        let path = window().location().pathname().unwrap_or_default();
        let id = path.strip_prefix("/incidents/");
        match id.and_then(|id| id.trim_end_matches('/').parse().ok()) {
            Some(id) => Self::Incident(id),
            None if path.trim_end_matches('/') == "/report" => Self::Report,
            None => Self::Home,
        }
    }
}

/// The address of the page. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Address {
    pub(super) place: RwSignal<Place>,
}

impl Address {
    pub(super) fn new() -> Self {
        let place = RwSignal::new(Place::current());
        let back =
            window_event_listener(leptos::ev::popstate, move |_| place.set(Place::current()));
        on_cleanup(move || back.remove());
        Self { place }
    }

    /// Goes to a page.
    pub(super) fn go(self, to: Place) {
        self.step(to, true);
    }

    /// Goes to a page in place of the one that is done with.
    pub(super) fn go_instead(self, to: Place) {
        self.step(to, false);
    }

    fn step(self, to: Place, is_new: bool) {
        if let Ok(history) = window().history() {
            let url = to.url();
            let stepped = if is_new {
                history.push_state_with_url(&JsValue::NULL, "", Some(&url))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
            };
            // Browsers refuse a flood of changes; the screen is right all the same.
            stepped.ok();
        }
        self.place.set(to);
    }

    /// Follows a link on this page; with a modifier the browser opens another tab.
    pub(super) fn follow(self, event: &MouseEvent, to: Place) {
        if browser::stays(event) {
            event.prevent_default();
            self.go(to);
        }
    }
}
