//! The frame of the page: the bar on top, the views at the side, the bar for thumbs.

use leptos::prelude::*;
use web_sys::MouseEvent;

use shared::policy;
use shared::search::Filter;

use super::Now;
use super::menu::PersonMenu;
use super::status::StatusChip;
use crate::incidents::{Address, Desk, Place, SavedNav, View, view_counts};
use crate::reports::ReportsLink;
use crate::text::{Filling as _, t};
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;

#[component]
pub(super) fn TopBar(centre: RwSignal<bool>, now: Now) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let home = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            desk.address.go(Place::Queue);
        }
    };
    view! {
        <header class="topbar">
            <a class="mark" href="/console" on:click=home aria-label="Holdfast">
                {icon(Icon::Mark)}
                <span>"Holdfast"</span>
            </a>
            <StatusChip centre=centre />
            <PersonMenu now=now />
        </header>
    }
}

/// How much each view holds. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Counts {
    rows: Memo<Vec<(View, usize)>>,
    /// Acts of this device that were refused.
    review: Memo<usize>,
}

impl Counts {
    pub(super) fn new(desk: Desk) -> Self {
        let rows = Memo::new(move |_| {
            let me = desk.me();
            desk.board().with_rows(|rows| view_counts(rows, &me))
        });
        let review = Memo::new(move |_| desk.board().status.with(|status| status.review as usize));
        Self { rows, review }
    }

    fn of(self, view: View) -> usize {
        let rows = self.rows.with(|counts| {
            let count = counts.iter().find(|(of, _)| *of == view);
            count.map_or(0, |(_, count)| *count)
        });
        let is_attention = view == View::Attention;
        rows + if is_attention { self.review.get() } else { 0 }
    }
}

/// The saved views with their counts.
#[component]
pub(super) fn Nav(counts: Counts) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let links = move |views: &'static [View]| {
        views
            .iter()
            .map(|one| view_link(desk, *one, move || counts.of(*one)))
            .collect_view()
    };
    view! {
        <nav class="nav" aria-label=t!("nav.label")>
            <ReportsLink />
            <h2>{t!("nav.own")}</h2>
            {links(&View::OWN)}
            <h2>{t!("nav.shared")}</h2>
            {links(&View::SHARED)}
            <SavedNav in_menu=false />
        </nav>
    }
}

fn view_link(
    desk: Desk,
    of: View,
    count: impl Fn() -> usize + Send + Sync + 'static,
) -> impl IntoView {
    let look = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            desk.address.look_at(of);
        }
    };
    let current = move || is_shown(desk, of);
    view! {
        <a href=Address::of_list(of, Filter::default()) aria-current=live(current) on:click=look>
            {of.name()}
            <span class="count">{live(move || count().text())}</span>
        </a>
    }
}

/// Whether a view is where the page is, as `aria-current` has it.
fn is_shown(desk: Desk, of: View) -> Option<&'static str> {
    let place = desk.address.place.get();
    let is_of_list = matches!(place, Place::Queue | Place::New | Place::Incident(_));
    let is_it = desk.address.view.get() == of && desk.address.chosen.get().is_none();
    (is_of_list && is_it).then_some("page")
}

/// The bar for thumbs, on a phone.
#[component]
pub(super) fn BottomBar(centre: RwSignal<bool>, counts: Counts) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let attention = move || {
        let count = counts.of(View::Attention);
        (count > 0).then(|| {
            let name = View::Attention.name();
            view! { <span class="badge" aria-label=name>{count.text()}</span> }
        })
    };
    let current = move || (desk.address.place.get() == Place::Queue).then_some("page");
    view! {
        <nav class="bottom" aria-label=t!("bottom.label")>
            <button
                type="button"
                aria-current=live(current)
                on:click=move |_| desk.address.go(Place::Queue)
            >
                {icon(Icon::Queue)}
                {t!("bottom.queue")}
            </button>
            <button type="button" popovertarget="views">
                {icon(Icon::Views)}
                {t!("bottom.views")}
                {live(attention)}
            </button>
            <button type="button" on:click=move |_| desk.address.go(Place::New)>
                {icon(Icon::Plus)}
                {t!("bottom.new")}
            </button>
            <button type="button" on:click=move |_| centre.set(true)>
                {icon(Icon::Sync)}
                {t!("bottom.status")}
            </button>
        </nav>
        <ViewsMenu counts=counts />
    }
}

/// The reports among the views of a phone.
#[component]
fn ReportsChoice() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_for_me = Memo::new(move |_| policy::oversees(&desk.me()));
    let is_here = move || (desk.address.place.get() == Place::Reports).then_some("page");
    live(move || {
        is_for_me.get().then(|| {
            view! {
                <button
                    type="button"
                    aria-current=live(is_here)
                    popovertarget="views"
                    popovertargetaction="hide"
                    on:click=move |_| desk.address.go(Place::Reports)
                >
                    {t!("report.title")}
                </button>
            }
        })
    })
}

/// On a phone the views lie in a menu, since the side has no room.
#[component]
fn ViewsMenu(counts: Counts) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let choices = View::OWN.into_iter().chain(View::SHARED).map(|one| {
        view! {
            <button
                type="button"
                aria-current=live(move || is_shown(desk, one))
                popovertarget="views"
                popovertargetaction="hide"
                on:click=move |_| desk.address.look_at(one)
            >
                {one.name()}
                <span class="count">{live(move || counts.of(one).text())}</span>
            </button>
        }
    });
    view! {
        <div class="menu" id="views" popover="auto" role="group" aria-label=t!("nav.label")>
            <ReportsChoice />
            {choices.collect_view()}
            <SavedNav in_menu=true />
        </div>
    }
}
