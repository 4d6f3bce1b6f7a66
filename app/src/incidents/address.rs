//! The address bar: which view, which filter, which incident is open.
//!
//! The page's place is read from and written to the address, so that a link, the back button and a
//! reload all lead to the same screen. Typing in the filter replaces the address; going somewhere
//! adds to the history.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use shared::ids::IncidentId;
use shared::incidents::{Priority, State};

use super::View;

const ROOT: &str = "/console";

/// What the page shows beside the queue.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    #[default]
    Queue,
    New,
    Incident(IncidentId),
}

/// Everything the address says.
#[derive(Clone, PartialEq, Eq, Default)]
struct Location {
    place: Place,
    view: View,
    query: String,
    state: Option<State>,
    priority: Option<Priority>,
}

/// The address as signals. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    pub place: Memo<Place>,
    pub view: Memo<View>,
    pub query: Memo<String>,
    pub state: Memo<Option<State>>,
    pub priority: Memo<Option<Priority>>,
    all: RwSignal<Location>,
}

impl Address {
    /// Reads the address and follows the browser's back and forward.
    pub(crate) fn new() -> Self {
        let all = RwSignal::new(read());
        window_event_listener(ev::popstate, move |_| all.set(read()));
        Self {
            place: Memo::new(move |_| all.with(|all| all.place)),
            view: Memo::new(move |_| all.with(|all| all.view)),
            query: Memo::new(move |_| all.with(|all| all.query.clone())),
            state: Memo::new(move |_| all.with(|all| all.state)),
            priority: Memo::new(move |_| all.with(|all| all.priority)),
            all,
        }
    }

    /// The incident that is open.
    pub(crate) fn incident(self) -> Option<IncidentId> {
        match self.place.get() {
            Place::Incident(id) => Some(id),
            Place::Queue | Place::New => None,
        }
    }

    pub(crate) fn go(self, place: Place) {
        self.change(true, |all| all.place = place);
    }

    /// Goes somewhere in place of where the page is: the back button skips what is done with.
    pub(crate) fn go_instead(self, place: Place) {
        self.change(false, |all| all.place = place);
    }

    pub(crate) fn look_at(self, view: View) {
        self.change(true, |all| {
            (all.view, all.place) = (view, Place::Queue);
            (all.state, all.priority) = (None, None);
        });
    }

    /// The address of a view, for links.
    pub(crate) fn of_view(view: View) -> String {
        write(&Location {
            view,
            ..Location::default()
        })
    }

    pub(crate) fn filter(self, query: &str) {
        self.change(false, |all| query.clone_into(&mut all.query));
    }

    pub(crate) fn only_state(self, state: Option<State>) {
        self.change(false, |all| all.state = state);
    }

    pub(crate) fn only_priority(self, priority: Option<Priority>) {
        self.change(false, |all| all.priority = priority);
    }

    fn change(self, is_step: bool, work: impl FnOnce(&mut Location)) {
        let before = self.all.get_untracked();
        let mut after = before.clone();
        work(&mut after);
        if after == before {
            return;
        }
        let url = write(&after);
        if let Ok(history) = window().history() {
            let change = if is_step {
                history.push_state_with_url(&JsValue::NULL, "", Some(&url))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
            };
            // Browsers refuse a flood of changes; the screen is right all the same.
            change.ok();
        }
        self.all.set(after);
    }
}

fn read() -> Location {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    let search = location.search().unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(&search) else {
        return Location {
            place: place(&path),
            ..Location::default()
        };
    };
    let state = parameters.get("state");
    let priority = parameters.get("priority");
    Location {
        place: place(&path),
        view: parameters
            .get("view")
            .as_deref()
            .and_then(View::of_word)
            .unwrap_or_default(),
        query: parameters.get("q").unwrap_or_default(),
        state: state.and_then(|word| {
            State::ALL
                .into_iter()
                .find(|state| state_word(*state) == word)
        }),
        priority: priority.and_then(|word| {
            PRIORITIES
                .into_iter()
                .find(|priority| priority_word(*priority) == word)
        }),
    }
}

fn place(path: &str) -> Place {
    match path
        .strip_prefix(ROOT)
        .unwrap_or_default()
        .trim_matches('/')
    {
        "new" => Place::New,
        rest => {
            let id = rest
                .strip_prefix("incidents/")
                .and_then(|id| id.parse().ok());
            id.map_or(Place::Queue, Place::Incident)
        }
    }
}

fn write(location: &Location) -> String {
    let path = match location.place {
        Place::Queue => ROOT.to_owned(),
        Place::New => format!("{ROOT}/new"),
        Place::Incident(id) => format!("{ROOT}/incidents/{id}"),
    };
    let Ok(parameters) = UrlSearchParams::new() else {
        return path;
    };
    if location.view != View::default() {
        parameters.set("view", location.view.word());
    }
    if !location.query.is_empty() {
        parameters.set("q", &location.query);
    }
    if let Some(state) = location.state {
        parameters.set("state", state_word(state));
    }
    if let Some(priority) = location.priority {
        parameters.set("priority", priority_word(priority));
    }
    let search = String::from(parameters.to_string());
    if search.is_empty() {
        path
    } else {
        format!("{path}?{search}")
    }
}

/// Every priority, the most urgent first.
pub(super) const PRIORITIES: [Priority; 4] =
    [Priority::P1, Priority::P2, Priority::P3, Priority::P4];

/// A priority's short name, the same in every language.
pub(super) fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::P1 => "P1",
        Priority::P2 => "P2",
        Priority::P3 => "P3",
        Priority::P4 => "P4",
    }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Assigned => "assigned",
        State::InProgress => "in_progress",
        State::OnHold => "on_hold",
        State::Resolved => "resolved",
        State::Closed => "closed",
        State::Cancelled => "cancelled",
    }
}
