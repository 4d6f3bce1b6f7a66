//! Saved views: beside those that everybody has, with how many incidents each lists.
//!
//! They come with the directory and are there without a network; saving one needs the server. The
//! counts and the sheet lie in a file of their own.

mod counting;
mod sheet;

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use shared::ids::ViewId;
use shared::views::SavedView;
use web_sys::MouseEvent;

use super::views::View;
use super::{Address, Desk, Place};
use crate::link::Board;
use crate::text::{Filling as _, t};
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};

pub use counting::{Tallying, keep_counts};
pub(crate) use sheet::SavedSheet;

/// How many incidents a view lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counted {
    /// Nothing while they are being counted for the first time.
    pub(crate) count: Option<usize>,
    /// Whether part of its question is not understood, such as the name of somebody who is gone.
    pub(crate) has_faults: bool,
}

/// The saved views of whoever is signed in. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Saved {
    /// By their names.
    pub(crate) all: Memo<Arc<Vec<SavedView>>>,
    pub(crate) counts: RwSignal<BTreeMap<ViewId, Counted>>,
    /// Whether the sheet is open that saves one.
    pub(crate) editing: RwSignal<bool>,
    /// What the server has answered and the directory does not say yet; none is deleted.
    answered: RwSignal<BTreeMap<ViewId, Option<SavedView>>>,
}

impl Saved {
    pub(crate) fn new(board: Board) -> Self {
        let answered: RwSignal<BTreeMap<ViewId, Option<SavedView>>> = RwSignal::default();
        let all = Memo::new(move |_| {
            let organisation = board.organisation.get();
            let views = organisation.directory.views.iter();
            let views = views.map(|view| (view.id, Some(view.clone())));
            let mut views: BTreeMap<_, _> = views.collect();
            views.extend(answered.get());
            let mut views: Vec<_> = views.into_values().flatten().collect();
            views.sort_by_cached_key(|view| browser::lower_case(&view.name));
            Arc::new(views)
        });
        Effect::new(move |_| {
            board.organisation.track();
            if answered.with_untracked(|answered| !answered.is_empty()) {
                answered.update(BTreeMap::clear);
            }
        });
        Self {
            all,
            counts: RwSignal::default(),
            editing: RwSignal::new(false),
            answered,
        }
    }

    /// The view of an id; tracked.
    pub(crate) fn view(self, id: ViewId) -> Option<SavedView> {
        self.all
            .with(|all| all.iter().find(|view| view.id == id).cloned())
    }

    fn counted(self, id: ViewId) -> Counted {
        self.counts
            .with(|counts| counts.get(&id).copied().unwrap_or_default())
    }

    /// Shows what the server has answered before the directory comes.
    fn note(self, id: ViewId, view: Option<SavedView>) {
        self.answered.update(|answered| {
            answered.insert(id, view);
        });
    }
}

/// The saved views, among the others.
#[component]
pub(crate) fn SavedNav(
    /// Whether they lie in the menu of a phone.
    in_menu: bool,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let saved = desk.address.saved;
    let has_some = Memo::new(move |_| saved.all.with(|all| !all.is_empty()));
    view! {
        <When is=has_some>
            {if in_menu {
                view! { <span class="heading">{t!("saved.title")}</span> }.into_any()
            } else {
                view! { <h2>{t!("saved.title")}</h2> }.into_any()
            }}
            {live(move || {
                let all = saved.all.get();
                all.iter().map(|view| entry(desk, view.clone(), in_menu)).collect_view()
            })}
        </When>
    }
}

fn entry(desk: Desk, view: SavedView, in_menu: bool) -> AnyView {
    let SavedView {
        id, name, owner, ..
    } = view;
    let address = desk.address;
    let counted = Memo::new(move |_| address.saved.counted(id));
    let current = move || {
        let place = address.place.get();
        let is_of_list = matches!(place, Place::Queue | Place::New | Place::Incident(_));
        (is_of_list && address.chosen.get() == Some(id)).then_some("page")
    };
    let by = move || {
        let is_own = desk.me().id == owner;
        (!is_own).then(|| t!("saved.by", name = desk.organisation().person_name(owner)))
    };
    let inside = view! {
        <bdi>{name}</bdi>
        {live(move || counted.get().has_faults.then(fault))}
        <span class="count">{live(move || counted.get().count.map(|count| count.text()))}</span>
    };
    if in_menu {
        return view! {
            <button
                type="button"
                aria-current=live(current)
                popovertarget="views"
                popovertargetaction="hide"
                title=live(by)
                on:click=move |_| address.look_at_saved(id)
            >
                {inside}
            </button>
        }
        .into_any();
    }
    let look = move |event: MouseEvent| {
        if browser::stays(&event) {
            event.prevent_default();
            address.look_at_saved(id);
        }
    };
    view! {
        <a href=Address::of_saved(id) aria-current=live(current) title=live(by) on:click=look>
            {inside}
        </a>
    }
    .into_any()
}

/// A sign beside the name; what is wrong is said under the box of the list.
fn fault() -> impl IntoView {
    view! {
        <span class="fault" role="img" aria-label=t!("saved.fault") title=t!("saved.fault")>
            "!"
        </span>
    }
}

/// The way to save what the list shows, or to change the view that it is.
#[component]
pub(crate) fn SavedBar() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let address = desk.address;
    let offered = Memo::new(move |_| {
        let is_list = address.view.get() != View::Attention;
        let own = address.own.get().filter(|own| own.may_change(&desk.me()));
        let is_new = is_list && address.is_narrowed();
        match own {
            Some(_) if !address.is_changed() => Some(Offered::Edit),
            _ if is_new => Some(Offered::Save),
            Some(_) => Some(Offered::Edit),
            None => None,
        }
    });
    let open = move |_| address.saved.editing.set(true);
    live(move || {
        let button = match offered.get()? {
            Offered::Save => view! {
                <button
                    type="button"
                    class="button quiet save-view"
                    aria-haspopup="dialog"
                    on:click=open
                >
                    {t!("saved.save")}
                </button>
            }
            .into_any(),
            Offered::Edit => view! {
                <button
                    type="button"
                    class="button quiet icon"
                    aria-haspopup="dialog"
                    aria-label=t!("saved.edit")
                    title=t!("saved.edit")
                    on:click=open
                >
                    {icon(Icon::Edit)}
                </button>
            }
            .into_any(),
        };
        Some(button)
    })
}

/// What the button beside the name of the list does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Offered {
    Save,
    Edit,
}
