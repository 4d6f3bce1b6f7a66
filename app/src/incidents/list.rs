//! The virtual list: ten thousand rows of which some sixty are in the page.
//!
//! A row of the page stands for a place in the list, not for an incident: scrolling moves places
//! in and out, and a place shows whatever incident now lies there. Keys move a cursor; the
//! browser's focus stays on the list, which names the row under the cursor.

mod drawing;

use std::ops::Range;
use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::wasm_bindgen::JsCast as _;
use web_sys::{KeyboardEvent, MouseEvent};

use shared::ids::IncidentId;
use shared::incidents::{by_itself, within_a_sentence};
use shared::rows::Row;
use shared::time::UnixMillis;

use super::Desk;
use super::address::{Place, priority_word};
use super::levels::{of_row, risk_word};
use super::search::{Search, Sought, marked};
use super::words::{on_hold_text, state_text};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::live;

use drawing::{Age, Drawing, Face, Level, Piece};

/// Rows kept in the page above and below what is seen.
const SPARE: usize = 12;
/// Rows kept below what is seen while nobody has scrolled: what comes in then changes them all.
const SPARE_AT_REST: usize = 2;
/// Rows that go onto paper; nobody reads more than some thirty pages of them.
const PRINTED_MAX: usize = 1_000;

/// The list's size and place, in rows and pixels.
#[derive(Clone, Copy, PartialEq)]
struct Window {
    first: usize,
    last: usize,
    row_height: f64,
}

/// What of the list is seen, in pixels.
#[derive(Clone, Copy)]
struct Port {
    top: f64,
    height: f64,
    /// Read when sizes change, not when rows do: asking for it makes the browser lay out the page.
    row_height: f64,
}

/// The cursor of the list. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    pub at: RwSignal<Option<IncidentId>>,
    ids: Signal<Arc<Vec<IncidentId>>>,
    element: NodeRef<Div>,
}

impl Cursor {
    pub(crate) fn new(ids: Signal<Arc<Vec<IncidentId>>>) -> Self {
        Self {
            at: RwSignal::new(None),
            ids,
            element: NodeRef::new(),
        }
    }

    fn position(self) -> Option<usize> {
        let at = self.at.get()?;
        self.ids.with(|ids| ids.iter().position(|id| *id == at))
    }

    /// Moves by some rows and brings the new place into view.
    pub(crate) fn move_by(self, rows: isize) {
        let last = self.ids.with_untracked(|ids| ids.len());
        if last == 0 {
            return;
        }
        let next = match untrack(|| self.position()) {
            Some(at) => at.saturating_add_signed(rows).min(last - 1),
            None => 0,
        };
        self.at
            .set(self.ids.with_untracked(|ids| ids.get(next).copied()));
        self.reveal(next);
    }

    /// Moves to an incident, and brings it into view if it is in the list.
    pub(crate) fn stand_at(self, id: IncidentId) {
        self.at.set(Some(id));
        if let Some(place) = untrack(|| self.position()) {
            self.reveal(place);
        }
    }

    fn reveal(self, place: usize) {
        let Some(element) = self.element.get_untracked() else {
            return;
        };
        let height = row_height();
        let top = as_pixels(place) * height;
        let (from, seen) = (
            f64::from(element.scroll_top()),
            f64::from(element.client_height()),
        );
        if top < from {
            scroll(&element, top);
        } else if top + height > from + seen {
            scroll(&element, top + height - seen);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "browsers bound heights far below"
)]
fn scroll(element: &web_sys::HtmlDivElement, top: f64) {
    element.set_scroll_top(top as i32);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lists are shorter than 2^52 rows"
)]
fn as_pixels(rows: usize) -> f64 {
    rows as f64
}

/// The height the style sheet gives a row on this screen.
fn row_height() -> f64 {
    browser::page_style("--row")
        .and_then(|height| height.trim_end_matches("px").parse::<u16>().ok())
        .filter(|height| *height > 0)
        .map_or(52.0, f64::from)
}

/// The rows of the queue.
#[component]
pub(crate) fn IncidentList(
    #[prop(into)] label: Signal<String>,
    ids: Signal<Arc<Vec<IncidentId>>>,
    search: Search,
    cursor: Cursor,
    now: ReadSignal<UnixMillis>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let port = RwSignal::new(Port {
        top: 0.0,
        height: 800.0,
        row_height: row_height(),
    });
    let measure = move || {
        // The list may have gone before the frame came, or an incident lies over it.
        let element = cursor.element.try_get_untracked().flatten();
        if let Some(element) = element.filter(|element| element.client_height() > 0) {
            port.set(Port {
                top: f64::from(element.scroll_top()),
                height: f64::from(element.client_height()),
                row_height: row_height(),
            });
        }
    };
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        cursor.element.track();
        ids.track();
        // On a phone the list is in the page again once the incident is left.
        desk.address.incident();
        request_animation_frame(measure);
    });
    let window = window_of(desk, ids, port);
    let inner = NodeRef::<Div>::new();
    draw(desk, inner, window, search, cursor, now);
    let on_key = move |event: KeyboardEvent| steer(&event, desk, cursor);
    view! {
        <div
            class="rows"
            role="listbox"
            tabindex="0"
            node_ref=cursor.element
            aria-label=label
            aria-activedescendant=live(move || {
                // Only a row that is in the page can be named.
                let is_in_page = |at: &usize| {
                    let window = window.get();
                    (window.first..window.last).contains(at)
                };
                cursor.position().filter(is_in_page).map(row_name)
            })
            on:scroll=move |_| measure()
            on:keydown=on_key
        >
            <div
                class="rows-inner"
                role="presentation"
                node_ref=inner
                style:height=live(move || {
                    format!("{}px", as_pixels(ids.with(|ids| ids.len())) * window.get().row_height)
                })
                on:click=move |event| open_row(&event, desk, cursor)
            ></div>
        </div>
    }
}

/// Which rows are in the page: those seen, or all there are on paper.
fn window_of(desk: Desk, ids: Signal<Arc<Vec<IncidentId>>>, port: RwSignal<Port>) -> Memo<Window> {
    let printing = printing();
    Memo::new(move |_| {
        let count = ids.with(|ids| ids.len());
        if printing.get() && desk.address.incident().is_none() {
            whole(count)
        } else {
            see(port.get(), count)
        }
    })
}

/// Whether the page is being printed.
fn printing() -> RwSignal<bool> {
    let printing = RwSignal::new(false);
    let prints = window_event_listener_untyped("beforeprint", move |_| printing.set(true));
    let printed = window_event_listener_untyped("afterprint", move |_| printing.set(false));
    on_cleanup(move || {
        prints.remove();
        printed.remove();
    });
    printing
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "scroll offsets are bounded and not negative"
)]
fn see(port: Port, count: usize) -> Window {
    let Port {
        top,
        height,
        row_height,
    } = port;
    // In steps, so that a slow scroll does not move rows in and out at every pixel.
    let first = (top.max(0.0) / row_height) as usize / 8 * 8;
    let seen = (height / row_height).ceil() as usize;
    let spare = if top > 0.0 { 8 + SPARE } else { SPARE_AT_REST };
    let last = (first + seen + spare).min(count);
    Window {
        first: first.saturating_sub(SPARE).min(last),
        last,
        row_height,
    }
}

/// Paper does not scroll.
fn whole(count: usize) -> Window {
    Window {
        first: 0,
        last: count.min(PRINTED_MAX),
        row_height: row_height(),
    }
}

fn steer(event: &KeyboardEvent, desk: Desk, cursor: Cursor) {
    match event.key().as_str() {
        "ArrowDown" => cursor.move_by(1),
        "ArrowUp" => cursor.move_by(-1),
        "PageDown" => cursor.move_by(10),
        "PageUp" => cursor.move_by(-10),
        "Home" => cursor.move_by(isize::MIN / 2),
        "End" => cursor.move_by(isize::MAX / 2),
        "Enter" | " " => {
            if let Some(id) = cursor.at.get_untracked() {
                desk.address.go(Place::Incident(id));
            }
        }
        _ => return,
    }
    event.prevent_default();
    event.stop_propagation();
}

/// The name by which the list points at the row of a place.
fn row_name(place: usize) -> String {
    ["row-", &place.to_string()].concat()
}

/// Opens the incident whose row was pressed.
fn open_row(event: &MouseEvent, desk: Desk, cursor: Cursor) {
    let pressed = event.target().and_then(|target| {
        let target = target.dyn_into::<web_sys::Element>().ok()?;
        let row = target.closest("[role=option]").ok()??;
        row.id().strip_prefix("row-")?.parse::<usize>().ok()
    });
    let id = pressed.and_then(|place| cursor.ids.with_untracked(|ids| ids.get(place).copied()));
    if let Some(id) = id {
        cursor.at.set(Some(id));
        desk.address.go(Place::Incident(id));
    }
}

/// Keeps the rows that are in the page as they are to be.
fn draw(
    desk: Desk,
    inner: NodeRef<Div>,
    window: Memo<Window>,
    search: Search,
    cursor: Cursor,
    now: ReadSignal<UnixMillis>,
) {
    let mut drawing = Drawing::default();
    Effect::new(move |_| {
        let Some(list) = inner.get() else {
            return;
        };
        let (window, at, now) = (window.get(), cursor.at.get(), now.get());
        let look = |place: usize| {
            let id = cursor.ids.with(|ids| ids.get(place).copied())?;
            let row = desk.board().row(id)?;
            let face = search.with(|sought| face(desk, &row, sought, now));
            Some((face, at == Some(id)))
        };
        let count = cursor.ids.with(|ids| ids.len());
        let places = window.first..window.last;
        // It fails only where the page is being taken down.
        drawing
            .show(&list, places, window.row_height, count, look)
            .ok();
    });
}

fn face(desk: Desk, row: &Row, sought: Option<&dyn Sought>, now: UnixMillis) -> Face {
    let subject = by_itself(&row.subject);
    Face {
        priority: priority_word(row.priority),
        subject: pieces(&subject, marked(sought, &subject)),
        age: age(desk, row, now),
        meta: meta(desk, row, sought),
        marks: marks(row),
    }
}

/// What is left of the service level; of an incident that nothing is awaited of, how old it is.
fn age(desk: Desk, row: &Row, now: UnixMillis) -> Age {
    let organisation = desk.organisation();
    let Some(shown) = of_row(row, organisation.directory.targets_of(row.edition), now) else {
        return Age {
            short: text::short_age(row.created_at, now),
            title: text::full(row.created_at),
            level: None,
        };
    };
    Age {
        short: shown.short,
        title: shown.words,
        level: Some(Level {
            risk: risk_word(shown.risk),
            is_paused: shown.is_paused,
            used: shown.used.unwrap_or_default(),
        }),
    }
}

/// A text cut at the words found.
fn pieces(text: &str, marks: Vec<Range<usize>>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut add = |part: &str, is_found| {
        if !part.is_empty() {
            let text = part.to_owned();
            pieces.push(Piece { text, is_found });
        }
    };
    let mut from = 0;
    for mark in marks {
        add(&text[from..mark.start], false);
        add(&text[mark.clone()], true);
        from = mark.end;
    }
    add(&text[from..], false);
    pieces
}

/// What a row says of its incident beside the subject; what the query found comes first.
fn meta(desk: Desk, row: &Row, sought: Option<&dyn Sought>) -> Vec<Piece> {
    let organisation = desk.organisation();
    let state = match row.hold {
        Some(hold) => on_hold_text(&hold),
        None if row.incomplete.is_empty() => state_text(row.state),
        None => t!("row.incomplete", state = state_text(row.state)),
    };
    let assignee = row.assignee.map(|person| organisation.person_name(person));
    let group = row.group.as_ref().map(|id| organisation.group_name(id));
    let (whom, behind) = match assignee {
        Some(assignee) => (Some(assignee), group),
        None => (group, None),
    };
    let category = row.category.as_ref();
    // The last three are shown only where they are why the row was found.
    let parts = [
        Some(within_a_sentence(&organisation.requester_name(&row.requester)).into_owned()),
        whom,
        behind,
        category.map(|id| organisation.category_name(id)),
        row.site.as_ref().map(|id| organisation.site_name(id)),
    ];
    let look = |text: String| (marked(sought, &text), text);
    let name = row.name();
    let marks = sought.map(|sought| sought.marks_of_number(&name));
    let mut found = vec![(marks.unwrap_or_default(), name)];
    let mut rest = vec![(Vec::new(), state)];
    for (place, text) in parts.into_iter().enumerate() {
        match text.map(look) {
            Some(part) if !part.0.is_empty() => found.push(part),
            Some(part) if place == 0 => rest.insert(0, part),
            Some(part) if place == 1 => rest.push(part),
            Some(_) | None => {}
        }
    }
    let mut all = Vec::new();
    for (at, (marks, text)) in found.into_iter().chain(rest).enumerate() {
        if at > 0 {
            all.extend(pieces(" · ", Vec::new()));
        }
        all.extend(pieces(&text, marks));
    }
    all
}

/// Signs of what is not settled, or still to be done.
fn marks(row: &Row) -> Vec<(Option<&'static str>, String)> {
    let conflicts = usize::from(row.conflicts);
    let clash = (conflicts > 0).then(|| (Some("clash"), t!("row.conflicts", count = conflicts)));
    let pending = row.number.is_none();
    let pending = pending.then(|| (None, t!("row.number_pending")));
    let tasks = usize::from(row.tasks_open);
    let tasks = (tasks > 0 && row.state.is_open()).then(|| (None, t!("row.tasks", count = tasks)));
    clash.into_iter().chain(tasks).chain(pending).collect()
}
