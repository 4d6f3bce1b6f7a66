//! The queue: a view, narrowed by a filter, as a list that does not move under the cursor.

use std::rc::Rc;
use std::sync::Arc;

use leptos::ev;
use leptos::html::{Div, Input};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use shared::ids::{IncidentId, ViewId};
use shared::incidents::Priority;
use shared::search::{DayOf, Filter, Found, Look, Whose};
use shared::sla::Risk;
use shared::time::UnixMillis;
use shared::views::Order;

use super::Desk;
use super::address::{Place, priority_word};
use super::attention::AttentionRoom;
use super::list::{Cursor, IncidentList};
use super::older::OlderRoom;
use super::saved::SavedBar;
use super::search::{Search, SearchRoom, holds};
use super::views::{self, View};
use super::words::state_text;
use crate::link::Entry;
use crate::text::{self, Filling as _, t};
use crate::ui::browser;
use crate::ui::fold::more;
use crate::ui::icon::{Icon, icon};
use crate::ui::keys::Keys;
use crate::ui::live::{When, live};
use crate::ui::room::room;

const MINUTE_MILLIS: i64 = 60_000;

/// Which list it is, and in which order.
type Listed = (View, Option<ViewId>, Order);

/// What the list shows, and what has come that it does not show yet.
#[derive(Clone, Copy)]
struct Shelf {
    /// What is looked for by typing.
    search: Search,
    found: Memo<Found>,
    shown: RwSignal<Arc<Vec<IncidentId>>>,
    /// Whether the pointer is over the list, which must then hold still.
    held: RwSignal<bool>,
    /// Whether the list has been filled: while it still fills, rows may move.
    filled: Memo<bool>,
}

impl Shelf {
    fn new(desk: Desk, now: ReadSignal<UnixMillis>) -> Self {
        let address = desk.address;
        // Once a minute is often enough to look through all rows again.
        let minute = Memo::new(move |_| now.get().0 / MINUTE_MILLIS);
        let search = Search::new(desk, minute, now);
        let found = Memo::new(move |_| {
            // What is looked for by typing is understood anew each minute.
            if search.with(|sought| sought.is_none()) {
                minute.track();
            }
            let (view, filter, me) = (address.view.get(), address.filter.get(), desk.me());
            let organisation = desk.organisation();
            let look = Look {
                me: &me,
                directory: &organisation.directory,
                now: now.get_untracked(),
            };
            let order = address.order.get();
            desk.board().with_rows(|rows| {
                search.with(|sought| views::find(rows, (view, order), sought, &filter, look))
            })
        });
        let shelf = Self {
            search,
            found,
            shown: RwSignal::new(Arc::default()),
            held: RwSignal::new(false),
            filled: Memo::new(move |_| desk.board().status.with(|status| status.complete)),
        };
        Effect::new(move |before: Option<(Listed, Filter, String)>| {
            let (view, saved) = (address.view.get(), address.chosen.get());
            let listed = (view, saved, address.order.get());
            let asked = (listed, address.filter.get(), search.typed());
            let is_same_list = before.as_ref() == Some(&asked);
            let found = shelf.found.get();
            if !(is_same_list && shelf.holds_still() && shelf.would_move(&found.ids)) {
                shelf.show(found.ids);
            }
            asked
        });
        shelf
    }

    fn holds_still(self) -> bool {
        self.held.get() && self.filled.get()
    }

    fn show(self, ids: Vec<IncidentId>) {
        if self.shown.with_untracked(|shown| **shown != ids) {
            self.shown.set(Arc::new(ids));
        }
    }

    /// Whether showing these would move a row that lies under the pointer: growth at the end does
    /// not, and a short list is still filling.
    fn would_move(self, ids: &[IncidentId]) -> bool {
        self.shown
            .with_untracked(|shown| !shown.is_empty() && !ids.starts_with(shown))
    }

    /// How many incidents the list would gain.
    fn arrivals(self) -> usize {
        let (found, shown) = (self.found.get(), self.shown.get());
        if found.ids == *shown {
            return 0;
        }
        let known: std::collections::HashSet<_> = shown.iter().collect();
        found.ids.iter().filter(|id| !known.contains(id)).count()
    }
}

/// The pane of the queue.
#[component]
pub(crate) fn QueuePane(now: ReadSignal<UnixMillis>, centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let shelf = Shelf::new(desk, now);
    let ids = Signal::derive(move || shelf.shown.get());
    let cursor = Cursor::new(ids);
    // The open incident is where the cursor stands, also once a new one comes into the list.
    let open = Memo::new(move |_| {
        let open = desk.address.incident()?;
        Some((open, ids.with(|ids| ids.contains(&open))))
    });
    Effect::new(move |_| {
        if let Some((open, _)) = open.get() {
            cursor.stand_at(open);
        }
    });
    let (keys, attention) = (expect_context::<Keys>(), expect_context::<AttentionRoom>());
    let heard = window_event_listener(ev::keydown, move |event| {
        if let Some(key) = keys.pressed(&event) {
            on_key(&key, &event, desk, cursor);
        }
    });
    on_cleanup(move || heard.remove());
    let label = Signal::derive(move || desk.address.list_name());
    let is_attention = Signal::derive(move || desk.address.view.get() == View::Attention);
    let help = expect_context::<SearchRoom>();
    let is_typed = Memo::new(move |_| !desk.address.query.with(String::is_empty));
    view! {
        <section class="queue" aria-label=t!("queue.label")>
            <QueueBar shelf=shelf />
            <When is=Signal::derive(move || !is_attention.get())>
                <Filters shelf=shelf />
                <When is=is_typed>
                    {room(move || {
                        shelf.search.try_again();
                        (help.help)(shelf.search)
                    })}
                </When>
                <Listing shelf=shelf>
                    <IncidentList label=label ids=ids search=shelf.search cursor=cursor now=now />
                </Listing>
            </When>
            <When is=is_attention>
                {room(move || attention.0(centre))}
            </When>
        </section>
    }
}

#[component]
fn QueueBar(shelf: Shelf) -> impl IntoView {
    let (desk, keys) = (expect_context::<Desk>(), expect_context::<Keys>());
    view! {
        <div class="bar">
            <h1>{live(move || desk.address.list_name())}</h1>
            <span class="count" role="status" data-testid="queue-count">
                {live(move || {
                    let is_list = desk.address.view.get() != View::Attention;
                    is_list.then(|| t!("queue.count", count = shelf.shown.with(|shown| shown.len())))
                })}
            </span>
            <SavedBar />
            <button
                type="button"
                class="button wide"
                on:click=move |_| desk.address.go(Place::New)
                title=live(move || keys.are_on().then(|| t!("declare.key")))
            >
                {icon(Icon::Plus)}
                {t!("declare.open")}
            </button>
        </div>
    }
}

#[component]
fn Filters(shelf: Shelf) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let input = NodeRef::<Input>::new();
    let steer = move |event: KeyboardEvent| {
        if event.key() == "ArrowDown" {
            event.prevent_default();
            browser::focus(".offers.open button");
        }
        if event.key() == "Escape" && shelf.search.close_offers() {
            // The browser would clear the box.
            event.prevent_default();
            event.stop_propagation();
        } else if event.key() == "Escape" {
            // Elsewhere the same key closes the open incident.
            event.stop_propagation();
            desk.address.search("");
            if let Some(input) = input.get_untracked() {
                input.blur().ok();
            }
        }
    };
    view! {
        <div class="filters">
            <input
                type="search"
                id="filter"
                maxlength="1000"
                node_ref=input
                aria-label=t!("queue.filter")
                placeholder=t!("queue.filter_hint")
                prop:value=live(move || desk.address.query.get())
                on:input=move |event| desk.address.search(&event_target_value(&event))
                on:keydown=steer
            />
            <span class="tags">
                <Chosen />
                <OrderTag />
                <RiskTags shelf=shelf />
                <WhoseTags shelf=shelf />
                <StateTags shelf=shelf />
                <PriorityTags shelf=shelf />
            </span>
            {more()}
        </div>
    }
}

/// What a link chose that has no choice of its own here: a group, a day.
#[component]
fn Chosen() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let address = desk.address;
    let chosen = move || {
        let Filter { group, day, .. } = address.filter.get();
        let group = group.map(|group| {
            let name = group.map_or_else(
                || t!("tag.no_group"),
                |group| desk.organisation().group_name(&group),
            );
            dismissable(name, move || address.choose(|all| all.group = None))
        });
        let day = day.map(|(of, span)| {
            let day = text::day(span.start);
            let name = match of {
                DayOf::Opened => t!("tag.opened", day = day),
                DayOf::Resolved => t!("tag.resolved", day = day),
            };
            dismissable(name, move || address.choose(|all| all.day = None))
        });
        [group, day].into_iter().flatten().collect_view()
    };
    move || chosen()
}

fn dismissable(name: String, dismiss: impl Fn() + 'static) -> AnyView {
    let label = t!("tag.remove", name = name.clone());
    view! {
        <button type="button" class="tag" aria-pressed="true" aria-label=label on:click=move |_| dismiss()>
            {name}
            {icon(Icon::Close)}
        </button>
    }
    .into_any()
}

/// A line of choices with how many incidents each would show.
fn tags<T: Copy + PartialEq + Send + Sync + 'static>(
    counts: Memo<Vec<(T, usize)>>,
    chosen: impl Fn(&Filter) -> Option<T> + Copy + Send + 'static,
    name: fn(T) -> String,
    choose: fn(&mut Filter, Option<T>),
) -> impl IntoView {
    let address = expect_context::<Desk>().address;
    move || {
        let chosen = address.filter.with(chosen);
        let tags = counts.get().into_iter().map(|(one, count)| {
            let is_chosen = chosen == Some(one);
            let then = (!is_chosen).then_some(one);
            tag(name(one), count, is_chosen, move |_| {
                address.choose(|filter| choose(filter, then));
            })
        });
        tags.collect_view()
    }
}

/// Whose work it is, where the view does not say so already.
#[component]
fn WhoseTags(shelf: Shelf) -> impl IntoView {
    let address = expect_context::<Desk>().address;
    let counts = Memo::new(move |_| {
        let chosen = address.filter.with(|filter| filter.whose);
        shelf.found.with(|found| {
            let all = found.ids.len();
            let is_choice = |(whose, count): &(Whose, usize)| {
                Some(*whose) == chosen || chosen.is_some() || *count < all
            };
            found.whose.iter().copied().filter(is_choice).collect()
        })
    });
    tags(
        counts,
        |filter| filter.whose,
        whose_text,
        |filter, one| filter.whose = one,
    )
}

fn whose_text(whose: Whose) -> String {
    match whose {
        Whose::Mine => t!("tag.mine"),
        Whose::MyGroups => t!("view.groups"),
        Whose::Nobodys => t!("view.unassigned"),
    }
}

/// Switches between what is pressing and what is important.
#[component]
fn OrderTag() -> impl IntoView {
    let address = expect_context::<Desk>().address;
    let switch = move |_| {
        address.sort(match address.order.get_untracked() {
            Order::Risk => Order::Priority,
            Order::Priority => Order::Risk,
        });
    };
    view! {
        <button
            type="button"
            class="tag order"
            aria-pressed=live(move || (address.order.get() == Order::Risk).to_string())
            on:click=switch
        >
            {t!("queue.by_risk")}
        </button>
    }
}

#[component]
fn RiskTags(shelf: Shelf) -> impl IntoView {
    let counts = Memo::new(move |_| shelf.found.with(|found| found.risks.clone()));
    tags(
        counts,
        |filter| filter.risk,
        risk_text,
        |filter, one| filter.risk = one,
    )
}

/// How far an incident is from breaking a promise.
pub(crate) fn risk_text(risk: Risk) -> String {
    match risk {
        Risk::Safe => t!("risk.safe"),
        Risk::AtRisk => t!("risk.at_risk"),
        Risk::Breached => t!("risk.breached"),
    }
}

#[component]
fn StateTags(shelf: Shelf) -> impl IntoView {
    let address = expect_context::<Desk>().address;
    let counts = Memo::new(move |_| {
        let is_chosen = address.filter.with(|filter| filter.state.is_some());
        // One state is no choice.
        shelf.found.with(|found| {
            let worth = found.states.len() > 1 || is_chosen;
            if worth {
                found.states.clone()
            } else {
                Vec::new()
            }
        })
    });
    tags(
        counts,
        |filter| filter.state,
        state_text,
        |filter, one| filter.state = one,
    )
}

#[component]
fn PriorityTags(shelf: Shelf) -> impl IntoView {
    let counts = Memo::new(move |_| shelf.found.with(|found| found.priorities.clone()));
    let name = |priority: Priority| priority_word(priority).to_owned();
    tags(
        counts,
        |filter| filter.priority,
        name,
        |filter, one| filter.priority = one,
    )
}

fn tag(
    name: String,
    count: usize,
    is_chosen: bool,
    choose: impl Fn(ev::MouseEvent) + 'static,
) -> impl IntoView {
    let pressed = if is_chosen { "true" } else { "false" };
    view! {
        <button type="button" class="tag" aria-pressed=pressed on:click=choose>
            {name}
            <span class="count">{count.text()}</span>
        </button>
    }
}

#[component]
fn Listing(shelf: Shelf, children: Children) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let listing = NodeRef::<Div>::new();
    let is_empty = Memo::new(move |_| shelf.shown.with(|shown| shown.is_empty()));
    let arrivals = Memo::new(move |_| shelf.arrivals());
    let (enter, older) = (expect_context::<OlderRoom>(), RwSignal::new(false));
    let address = desk.address;
    let is_searched = Memo::new(move |_| address.query.with(|query| !query.trim().is_empty()));
    view! {
        <div
            class="listing"
            tabindex="-1"
            node_ref=listing
            // A pointer that only happens to lie where the list appears holds nothing.
            on:pointermove=move |event| {
                if event.pointer_type() == "mouse" && !shelf.held.get_untracked() {
                    shelf.held.set(true);
                }
            }
            on:pointerleave=move |_| shelf.held.set(false)
        >
            <When is=Signal::derive(move || is_empty.get() && desk.board().started.get())>
                <Emptiness older=older search=shelf.search />
            </When>
            {children()}
            <When is=Signal::derive(move || is_searched.get() && !is_empty.get())>
                <OlderButton older=older />
            </When>
            <When is=older>{room(move || enter.0(older))}</When>
            <When is=Signal::derive(move || arrivals.get() != 0)>
                <button
                    type="button"
                    class="arrivals"
                    on:click=move |_| shelf.show(shelf.found.get_untracked().ids)
                >
                    {live(move || t!("queue.arrivals", count = arrivals.get()))}
                </button>
            </When>
        </div>
    }
}

/// The way to what has left this device.
#[component]
fn OlderButton(older: RwSignal<bool>) -> impl IntoView {
    view! {
        <button type="button" class="older-button" on:click=move |_| older.set(true)>
            {t!("older.open")}
        </button>
    }
}

#[component]
fn Emptiness(older: RwSignal<bool>, search: Search) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let address = desk.address;
    let is_filtered = move || address.is_narrowed();
    let clear = move |_| address.clear();
    // What is looked for by its words may lie in another view.
    let in_all = Memo::new(move |_| {
        let is_all = address.view.get() == View::All;
        let count = (!is_all).then(|| count_in_all(desk, search)).flatten()?;
        (count > 0).then_some(count)
    });
    let elsewhere = move |count: usize| {
        let show = move |_| address.look_at(View::All);
        view! {
            <button type="button" class="button" on:click=show>
                {t!("empty.elsewhere", count = count)}
            </button>
        }
        .into_any()
    };
    let show_open = move |_| address.look_at(View::Open);
    view! {
        <div class="empty">
            {icon(Icon::Inbox)}
            {move || {
                if is_filtered() {
                    let button = t!("empty.clear");
                    view! {
                        <p>{t!("empty.filtered")}</p>
                        {live(move || in_all.get().map(elsewhere))}
                        <button type="button" class="button" on:click=clear>{button}</button>
                        <OlderButton older=older />
                    }
                        .into_any()
                } else {
                    view! { <EmptyView view_shown=address.view.get() on_open=show_open /> }.into_any()
                }
            }}
        </div>
    }
}

/// How many incidents of this device answer to what is typed, whatever else is chosen.
fn count_in_all(desk: Desk, search: Search) -> Option<usize> {
    search.with(|sought| {
        sought?;
        let answers = |rows: &[Rc<Entry>]| rows.iter().filter(|one| holds(sought, one)).count();
        Some(desk.board().with_rows(answers))
    })
}

#[component]
fn EmptyView(view_shown: View, #[prop(into)] on_open: Callback<ev::MouseEvent>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_complete = move || desk.board().status.with(|status| status.complete);
    view! {
        <p>
            {live(move || {
                if !is_complete() {
                    t!("empty.arriving")
                } else if desk.address.chosen.get().is_some() {
                    t!("empty.saved")
                } else {
                    view_shown.emptiness()
                }
            })}
        </p>
        {(view_shown != View::Open)
            .then(|| {
                view! {
                    <button type="button" class="button" on:click=move |event| on_open.run(event)>
                        {t!("empty.show_open")}
                    </button>
                }
            })}
    }
}

/// Moves with the focus in the list, so that a screen reader says which row it is.
fn move_in_list(cursor: Cursor, by: isize) {
    browser::focus(".rows");
    cursor.move_by(by);
}

fn on_key(key: &str, event: &KeyboardEvent, desk: Desk, cursor: Cursor) {
    match key {
        "j" => move_in_list(cursor, 1),
        "k" => move_in_list(cursor, -1),
        "Enter" if browser::is_on_page() => {
            if let Some(id) = cursor.at.get_untracked() {
                desk.address.go(Place::Incident(id));
            }
        }
        "/" => browser::focus("#filter"),
        "n" => desk.address.go(Place::New),
        "r" => browser::focus("#entry"),
        "Escape" => desk.address.go(Place::Queue),
        _ => return,
    }
    event.prevent_default();
}
