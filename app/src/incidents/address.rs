//! The address bar: which view, which filter, which incident is open.
//!
//! The page's place is read from and written to the address, so that a link, the back button and a
//! reload all lead to the same screen. Typing in the filter replaces the address; going somewhere
//! adds to the history.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use shared::ids::{GroupId, IncidentId, ViewId};
use shared::incidents::{Priority, State};
use shared::search::{DayOf, Filter, RISKS, Whose};
use shared::sla::Risk;
use shared::views::{Order, SavedView};

use super::saved::Saved;
use super::views::View;
use crate::text::t;
use crate::ui::browser;

const ROOT: &str = "/console";

/// What the page shows beside the queue.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Place {
    #[default]
    Queue,
    New,
    Reports,
    Devices,
    Refused,
    /// The service levels, for administrators.
    Settings,
    /// The rules for what is declared, for them too.
    Rules,
    Incident(IncidentId),
}

/// Everything the address says.
#[derive(Clone, PartialEq, Eq, Default)]
struct Location {
    place: Place,
    view: View,
    /// The saved view that is chosen, within all incidents.
    saved: Option<ViewId>,
    /// What is typed; none is what the view itself asks.
    query: Option<String>,
    /// What is chosen beside what is typed.
    filter: Filter,
    /// None is the view's own.
    order: Option<Order>,
}

/// The address as signals. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Address {
    pub place: Memo<Place>,
    pub view: Memo<View>,
    /// The saved view that is chosen, whether it is here or not.
    pub chosen: Memo<Option<ViewId>>,
    /// The same, if it is here.
    pub own: Memo<Option<SavedView>>,
    /// All saved views.
    pub saved: Saved,
    pub query: Memo<String>,
    pub filter: Memo<Filter>,
    pub order: Memo<Order>,
    all: RwSignal<Location>,
}

impl Address {
    /// Reads the address and follows the browser's back and forward.
    pub(crate) fn new(saved: Saved) -> Self {
        let all = RwSignal::new(read());
        let chosen = Memo::new(move |_| all.with(|all| all.saved));
        let own = Memo::new(move |_| saved.view(chosen.get()?));
        window_event_listener(ev::popstate, move |_| all.set(read()));
        Self {
            place: Memo::new(move |_| all.with(|all| all.place)),
            view: Memo::new(move |_| all.with(|all| all.view)),
            chosen,
            own,
            saved,
            query: Memo::new(move |_| {
                let typed = all.with(|all| all.query.clone());
                typed.unwrap_or_else(|| question(own.get()))
            }),
            filter: Memo::new(move |_| all.with(|all| all.filter.clone())),
            order: Memo::new(move |_| {
                let (order, view) = all.with(|all| (all.order, all.view));
                let own = own.with(|own| own.as_ref().map(|own| own.order));
                order.unwrap_or(own.unwrap_or(view.order()))
            }),
            all,
        }
    }

    /// The incident that is open.
    pub(crate) fn incident(self) -> Option<IncidentId> {
        match self.place.get() {
            Place::Incident(id) => Some(id),
            Place::Queue
            | Place::New
            | Place::Reports
            | Place::Devices
            | Place::Refused
            | Place::Settings
            | Place::Rules => None,
        }
    }

    /// What the list is called.
    pub(crate) fn list_name(self) -> String {
        if self.chosen.get().is_none() {
            return self.view.get().name();
        }
        let own = self.own.get();
        own.map_or_else(|| t!("saved.gone"), |own| own.name)
    }

    pub(crate) fn go(self, place: Place) {
        self.change(true, |all| all.place = place);
    }

    /// Goes somewhere in place of where the page is: the back button skips what is done with.
    pub(crate) fn go_instead(self, place: Place) {
        self.change(false, |all| all.place = place);
    }

    /// Goes to a view and keeps the words that are looked for.
    pub(crate) fn look_at(self, view: View) {
        self.change(true, |all| {
            if all.saved.take().is_some() {
                all.query = None;
            }
            (all.view, all.place) = (view, Place::Queue);
            (all.filter, all.order) = (Filter::default(), None);
        });
    }

    /// Goes to a saved view as it is.
    pub(crate) fn look_at_saved(self, id: ViewId) {
        self.change(true, |all| *all = saved_list(id));
    }

    /// The address of a saved view, for links.
    pub(crate) fn of_saved(id: ViewId) -> String {
        write(&saved_list(id))
    }

    /// Whether something narrows the view, or asks something else than the saved one.
    pub(crate) fn is_narrowed(self) -> bool {
        let typed = |all: &Location| all.query.as_ref().is_some_and(|typed| is_some(typed));
        self.all.with(|all| !all.filter.is_empty() || typed(all))
    }

    /// Whether the list is no longer that of the saved view.
    pub(crate) fn is_changed(self) -> bool {
        self.all.with(|all| {
            let is_as_saved = all.query.is_none() && all.filter.is_empty() && all.order.is_none();
            all.saved.is_some() && !is_as_saved
        })
    }

    /// Opens the list that a filter leaves of a view.
    pub(crate) fn open_list(self, view: View, filter: Filter) {
        self.change(true, |all| *all = list(view, filter));
    }

    /// The address of such a list, for links.
    pub(crate) fn of_list(view: View, filter: Filter) -> String {
        write(&list(view, filter))
    }

    /// The address of a page, for links.
    pub(crate) fn of(place: Place) -> String {
        write(&Location {
            place,
            ..Location::default()
        })
    }

    /// Whether the address names nothing in particular.
    pub(crate) fn is_bare(self) -> bool {
        self.all.with_untracked(|all| *all == Location::default())
    }

    /// Looks for words.
    pub(crate) fn search(self, query: &str) {
        let own = question(self.own.get_untracked());
        self.change(false, |all| {
            all.query = (query != own).then(|| query.to_owned());
        });
    }

    /// Chooses among what narrows the view.
    pub(crate) fn choose(self, choose: impl FnOnce(&mut Filter)) {
        self.change(false, |all| choose(&mut all.filter));
    }

    pub(crate) fn sort(self, order: Order) {
        let own = self.own.get_untracked().map(|own| own.order);
        self.change(false, |all| {
            all.order = (order != own.unwrap_or(all.view.order())).then_some(order);
        });
    }

    /// Shows the whole view again.
    pub(crate) fn clear(self) {
        self.change(false, |all| {
            all.query = None;
            all.filter = Filter::default();
        });
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

fn list(view: View, filter: Filter) -> Location {
    Location {
        view,
        filter,
        ..Location::default()
    }
}

/// A saved view asks within all incidents.
fn saved_list(id: ViewId) -> Location {
    Location {
        view: View::All,
        saved: Some(id),
        ..Location::default()
    }
}

fn question(own: Option<SavedView>) -> String {
    own.map(|own| own.question).unwrap_or_default()
}

fn is_some(typed: &str) -> bool {
    !typed.trim().is_empty()
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
    let word = |name: &str| parameters.get(name);
    let view = word("view").unwrap_or_default();
    let saved = view.parse().ok();
    let view = saved.map_or_else(|| View::of_word(&view), |_: ViewId| Some(View::All));
    Location {
        place: place(&path),
        view: view.unwrap_or_default(),
        saved,
        query: word("q").filter(|typed| saved.is_some() || !typed.is_empty()),
        filter: Filter {
            state: choice(&State::ALL, state_word, word("state")),
            priority: choice(&Priority::ALL, priority_word, word("priority")),
            whose: choice(&Whose::ALL, whose_word, word("whose")),
            risk: choice(&RISKS, risk_word, word("risk")),
            group: word("group")
                .map(|group| Some(GroupId(group)).filter(|group| !group.0.is_empty())),
            day: DAYS.into_iter().find_map(|of| {
                let day = browser::day_of_word(&word(day_of_word(of))?)?;
                Some((of, day))
            }),
        },
        order: choice(&Order::ALL, order_word, word("order")),
    }
}

fn choice<T: Copy>(all: &[T], name: fn(T) -> &'static str, word: Option<String>) -> Option<T> {
    let word = word?;
    all.iter().copied().find(|one| name(*one) == word)
}

fn place(path: &str) -> Place {
    match path
        .strip_prefix(ROOT)
        .unwrap_or_default()
        .trim_matches('/')
    {
        "new" => Place::New,
        "reports" => Place::Reports,
        "devices" => Place::Devices,
        "refused" => Place::Refused,
        "settings" => Place::Settings,
        "rules" => Place::Rules,
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
        Place::Reports => format!("{ROOT}/reports"),
        Place::Devices => format!("{ROOT}/devices"),
        Place::Refused => format!("{ROOT}/refused"),
        Place::Settings => format!("{ROOT}/settings"),
        Place::Rules => format!("{ROOT}/rules"),
        Place::Incident(id) => format!("{ROOT}/incidents/{id}"),
    };
    let Ok(parameters) = UrlSearchParams::new() else {
        return path;
    };
    if let Some(saved) = location.saved {
        parameters.set("view", &saved.to_string());
    } else if location.view != View::default() {
        parameters.set("view", location.view.word());
    }
    if let Some(query) = &location.query {
        parameters.set("q", query);
    }
    let Filter {
        state,
        priority,
        whose,
        risk,
        group,
        day,
    } = &location.filter;
    let choices = [
        ("state", state.map(state_word)),
        ("priority", priority.map(priority_word)),
        ("whose", whose.map(whose_word)),
        ("risk", risk.map(risk_word)),
        ("order", location.order.map(order_word)),
        (
            "group",
            group
                .as_ref()
                .map(|group| group.as_ref().map_or("", |group| &group.0)),
        ),
    ];
    for (name, word) in choices {
        if let Some(word) = word {
            parameters.set(name, word);
        }
    }
    if let Some((of, day)) = day {
        parameters.set(day_of_word(*of), &browser::day_word(*day));
    }
    let search = String::from(parameters.to_string());
    if search.is_empty() {
        path
    } else {
        format!("{path}?{search}")
    }
}

const DAYS: [DayOf; 2] = [DayOf::Opened, DayOf::Resolved];

fn day_of_word(of: DayOf) -> &'static str {
    match of {
        DayOf::Opened => "opened",
        DayOf::Resolved => "resolved",
    }
}

fn order_word(order: Order) -> &'static str {
    match order {
        Order::Risk => "risk",
        Order::Priority => "priority",
    }
}

fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "safe",
        Risk::AtRisk => "at_risk",
        Risk::Breached => "breached",
    }
}

fn whose_word(whose: Whose) -> &'static str {
    match whose {
        Whose::Mine => "mine",
        Whose::MyGroups => "groups",
        Whose::Nobodys => "nobody",
    }
}

/// A priority's short name, the same in every language.
pub(crate) fn priority_word(priority: Priority) -> &'static str {
    priority.word()
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
