//! The frame of the page: the bar on top, the views at the side, the bar for thumbs.

use leptos::prelude::*;
use web_sys::MouseEvent;

use shared::policy;
use shared::search::Filter;

use super::menu::PersonMenu;
use super::status::StatusChip;
use crate::incidents::{Address, Desk, Place, View, view_counts};
use crate::reports::ReportsLink;
use crate::text::t;
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::live;

#[component]
pub(super) fn TopBar(centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let home = move |event: MouseEvent| {
        event.prevent_default();
        desk.address.go(Place::Queue);
    };
    view! {
        <header class="topbar">
            <a class="mark" href="/console" on:click=home aria-label="Holdfast">
                {icon(Icon::Mark)}
                <span>"Holdfast"</span>
            </a>
            <StatusChip centre=centre />
            <PersonMenu />
        </header>
    }
}

/// The saved views with their counts.
#[component]
pub(super) fn Nav() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let counts = Memo::new(move |_| {
        let me = desk.me();
        desk.board().with_rows(|rows| view_counts(rows, &me))
    });
    let review = Memo::new(move |_| desk.board().status.with(|status| status.review as usize));
    let count = move |view: View| {
        counts.with(|counts| {
            counts
                .iter()
                .find(|(of, _)| *of == view)
                .map_or(0, |(_, count)| *count)
        }) + if view == View::Attention {
            review.get()
        } else {
            0
        }
    };
    let links = move |views: &'static [View]| {
        views
            .iter()
            .map(|one| view_link(desk, *one, move || count(*one)))
            .collect_view()
    };
    view! {
        <nav class="nav" aria-label=t!("nav.label")>
            <ReportsLink />
            <h2>{t!("nav.own")}</h2>
            {links(&View::OWN)}
            <h2>{t!("nav.shared")}</h2>
            {links(&View::SHARED)}
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
    let current = move || {
        let is_here = desk.address.view.get() == of && desk.address.place.get() != Place::Reports;
        is_here.then_some("page")
    };
    view! {
        <a href=Address::of_list(of, Filter::default()) aria-current=live(current) on:click=look>
            {of.name()}
            <span class="count">{live(count)}</span>
        </a>
    }
}

/// The bar for thumbs, on a phone.
#[component]
pub(super) fn BottomBar(centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
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
        <ViewsMenu />
    }
}

/// The reports among the views of a phone.
#[component]
fn ReportsChoice() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let is_for_me = Memo::new(move |_| policy::oversees(&desk.me()));
    let is_here = move || (desk.address.place.get() == Place::Reports).to_string();
    live(move || {
        is_for_me.get().then(|| {
            view! {
                <button
                    type="button"
                    role="menuitemradio"
                    aria-checked=live(is_here)
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
fn ViewsMenu() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let choices = View::OWN.into_iter().chain(View::SHARED).map(|one| {
        view! {
            <button
                type="button"
                role="menuitemradio"
                aria-checked=live(move || (desk.address.view.get() == one).to_string())
                popovertarget="views"
                popovertargetaction="hide"
                on:click=move |_| desk.address.look_at(one)
            >
                {one.name()}
            </button>
        }
    });
    view! {
        <div class="menu" id="views" popover="auto" role="menu" aria-label=t!("nav.label")>
            <ReportsChoice />
            {choices.collect_view()}
        </div>
    }
}
