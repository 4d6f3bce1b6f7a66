//! The virtual list: ten thousand rows of which some sixty are in the page.
//!
//! A row of the page stands for a place in the list, not for an incident: scrolling moves places
//! in and out, and a place shows whatever incident now lies there. Keys move a cursor; the browser's
//! focus stays on the list, which names the row under the cursor.

use std::ops::Range;
use std::sync::Arc;

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use shared::ids::IncidentId;
use shared::rows::Row;
use shared::search::Query;

use super::Desk;
use super::address::{Place, priority_word};
use super::levels::{Bar, Shown, of_row, risk_word};
use super::words::{hold_text, state_text};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::{When, live};

/// Rows kept in the page above and below what is seen.
const SPARE: usize = 12;
/// Rows that go onto paper; nobody reads more than some thirty pages of them.
const PRINTED_MAX: usize = 1_000;

/// The list's size and place, in rows and pixels.
#[derive(Clone, Copy, PartialEq)]
struct Window {
    first: usize,
    last: usize,
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
    query: Memo<Query>,
    cursor: Cursor,
    now: ReadSignal<shared::time::UnixMillis>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let scrolled = RwSignal::new((0.0_f64, 800.0_f64));
    let measure = move || {
        // The list may have gone before the frame came.
        if let Some(element) = cursor.element.try_get_untracked().flatten() {
            scrolled.set((
                f64::from(element.scroll_top()),
                f64::from(element.client_height()),
            ));
        }
    };
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || resized.remove());
    Effect::new(move |_| {
        cursor.element.track();
        ids.track();
        request_animation_frame(measure);
    });
    let window = window_of(desk, ids, scrolled);
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
                cursor.position().filter(is_in_page).map(|at| format!("row-{at}"))
            })
            on:scroll=move |_| measure()
            on:keydown=on_key
        >
            <div
                class="rows-inner"
                role="presentation"
                style:height=live(move || {
                    format!("{}px", as_pixels(ids.with(|ids| ids.len())) * window.get().row_height)
                })
            >
                <For
                    each=move || { let window = window.get(); window.first..window.last }
                    key=|place| *place
                    let:place
                >
                    <RowAt place=place ids=ids query=query window=window cursor=cursor now=now />
                </For>
            </div>
        </div>
    }
}

/// Which rows are in the page: those seen, or all there are on paper.
fn window_of(
    desk: Desk,
    ids: Signal<Arc<Vec<IncidentId>>>,
    scrolled: RwSignal<(f64, f64)>,
) -> Memo<Window> {
    let printing = printing();
    Memo::new(move |_| {
        let count = ids.with(|ids| ids.len());
        if printing.get() && desk.address.incident().is_none() {
            whole(count)
        } else {
            see(scrolled.get(), count)
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
fn see((top, height): (f64, f64), count: usize) -> Window {
    let row_height = row_height();
    // In steps, so that a slow scroll does not move rows in and out at every pixel.
    let first = (top.max(0.0) / row_height) as usize / 8 * 8;
    let seen = (height / row_height).ceil() as usize;
    let last = (first + seen + 8 + SPARE).min(count);
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

#[component]
fn RowAt(
    place: usize,
    ids: Signal<Arc<Vec<IncidentId>>>,
    query: Memo<Query>,
    window: Memo<Window>,
    cursor: Cursor,
    now: ReadSignal<shared::time::UnixMillis>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let id = Memo::new(move |_| ids.with(|ids| ids.get(place).copied()));
    let row = Memo::new(move |_| id.get().and_then(|id| desk.board().row(id)));
    let open = move || {
        if let Some(id) = id.get_untracked() {
            cursor.at.set(Some(id));
            desk.address.go(Place::Incident(id));
        }
    };
    view! {
        <div
            class="row"
            role="option"
            id=format!("row-{place}")
            data-testid="row"
            aria-selected=live(move || {
                let is_here = id.get().is_some() && cursor.at.get() == id.get();
                if is_here { "true" } else { "false" }
            })
            aria-posinset=place + 1
            aria-setsize=live(move || ids.with(|ids| ids.len()))
            style:transform=live(move || {
                format!("translateY({}px)", as_pixels(place) * window.get().row_height)
            })
            on:click=move |_| open()
        >
            {move || row.get().map(|row| query.with(|query| row_view(desk, &row, query, now)))}
        </div>
    }
}

fn row_view(
    desk: Desk,
    row: &Row,
    query: &Query,
    now: ReadSignal<shared::time::UnixMillis>,
) -> impl IntoView + use<> {
    let priority = priority_word(row.priority);
    view! {
        <span class="priority" data-priority=priority>{priority}</span>
        <span class="subject">{marked(&row.subject, query.marks(&row.subject, &browser::fold))}</span>
        {age(desk, row, now)}
        <span class="meta">{meta(desk, row, query)}</span>
        <span class="marks">{marks(row)}</span>
    }
}

/// What is left of the service level; of an incident that nothing is awaited of, how old it is.
fn age(desk: Desk, row: &Row, now: ReadSignal<shared::time::UnixMillis>) -> impl IntoView + use<> {
    let created = row.created_at;
    let row = row.clone();
    let shown = Memo::new(move |_| {
        let organisation = desk.organisation();
        of_row(&row, &organisation.directory.targets, now.get())
    });
    let of = move |part: fn(&Shown) -> String| {
        live(move || shown.with(|shown| shown.as_ref().map(part)))
    };
    let is_timed = Memo::new(move |_| shown.with(Option::is_some));
    view! {
        <span
            class="age"
            data-risk=of(|shown| risk_word(shown.risk).to_owned())
            data-paused=of(|shown| shown.is_paused.to_string())
            title=live(move || {
                let words = shown.with(|shown| shown.as_ref().map(|shown| shown.words.clone()));
                words.unwrap_or_else(|| text::full(created))
            })
        >
            {live(move || {
                let short = shown.with(|shown| shown.as_ref().map(|shown| shown.short.clone()));
                short.unwrap_or_else(|| text::short_age(created, now.get()))
            })}
            <When is=Signal::derive(move || is_timed.get())>
                <Bar shown=shown />
            </When>
        </span>
    }
}

/// A text in which the words found are marked.
fn marked(text: &str, marks: Vec<Range<usize>>) -> AnyView {
    let mut parts = Vec::new();
    let mut from = 0;
    for mark in marks {
        let found = text[mark.clone()].to_owned();
        parts.push(view! { {text[from..mark.start].to_owned()}<mark>{found}</mark> });
        from = mark.end;
    }
    view! { {parts}{text[from..].to_owned()} }.into_any()
}

/// What a row says of its incident beside the subject; what the query found comes first.
fn meta(desk: Desk, row: &Row, query: &Query) -> Vec<AnyView> {
    let organisation = desk.organisation();
    let state = match row.hold {
        Some(reason) => t!("row.on_hold", reason = hold_text(reason)),
        None => state_text(row.state),
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
        Some(organisation.requester_name(&row.requester)),
        whom,
        behind,
        category.map(|id| organisation.category_name(id)),
        row.site.as_ref().map(|id| organisation.site_name(id)),
    ];
    let look = |text: String| (query.marks(&text, &browser::fold), text);
    let mut found = vec![look(row.name())];
    let mut rest = vec![(Vec::new(), state)];
    for (place, text) in parts.into_iter().enumerate() {
        match text.map(look) {
            Some(part) if !part.0.is_empty() => found.push(part),
            Some(part) if place == 0 => rest.insert(0, part),
            Some(part) if place == 1 => rest.push(part),
            Some(_) | None => {}
        }
    }
    let part = |(at, (marks, text)): (usize, (Vec<_>, String))| {
        let before = if at == 0 { "" } else { " · " };
        view! { {before}{marked(&text, marks)} }.into_any()
    };
    found
        .into_iter()
        .chain(rest)
        .enumerate()
        .map(part)
        .collect()
}

fn marks(row: &Row) -> impl IntoView + use<> {
    let pending = row.number.is_none();
    let conflicts = usize::from(row.conflicts);
    view! {
        {(conflicts > 0)
            .then(|| view! { <span data-mark="clash">{t!("row.conflicts", count = conflicts)}</span> })}
        {pending.then(|| view! { <span>{t!("row.number_pending")}</span> })}
    }
}
