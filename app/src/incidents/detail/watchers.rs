//! Who watches the open incident: staff internally, others publicly.

use leptos::prelude::*;

use shared::ids::{DocKind, PersonId};
use shared::incidents::{Intent, Watcher};
use shared::people::Person;
use shared::policy;

use super::Open;
use super::person::{Finding, PersonSheet};
use crate::incidents::Desk;
use crate::text::t;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
use crate::ui::person::Fits;

/// Whom somebody is about to let watch.
type Adding = RwSignal<Option<DocKind>>;

fn label(doc: DocKind) -> String {
    match doc {
        DocKind::Incident => t!("watch.public"),
        DocKind::Work => t!("watch.internal"),
    }
}

/// Both lists, with what can be done about them.
#[component]
pub(super) fn WatcherLines(open: Open, adding: Adding) -> impl IntoView {
    let line = move |doc: DocKind| {
        let (own, more) = match doc {
            DocKind::Incident => (None, t!("watch.add_public")),
            DocKind::Work => (
                Some(view! { <OwnWatch open=open /> }),
                t!("watch.add_internal"),
            ),
        };
        view! {
            <dt>{label(doc)}</dt>
            <dd class="watching">
                <People open=open doc=doc />
                {own}
                <button
                    type="button"
                    aria-label=more
                    disabled=refused(open, doc)
                    on:click=move |_| adding.set(Some(doc))
                >
                    {icon(Icon::Plus)}
                    {t!("watch.add")}
                </button>
            </dd>
        }
    };
    view! {
        {line(DocKind::Work)}
        {line(DocKind::Incident)}
    }
}

/// Whether the reader may change who watches.
fn refused(open: Open, doc: DocKind) -> Memo<bool> {
    let desk = expect_context::<Desk>();
    let person = PersonId::SERVER;
    let example = Intent::Watch { doc, person };
    Memo::new(move |_| {
        open.with(|incident| desk.refusal(&example, incident))
            .is_some()
    })
}

#[component]
fn People(open: Open, doc: DocKind) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let watchers = Memo::new(move |_| open.with(|incident| incident.watchers(doc)));
    let is_refused = refused(open, doc);
    let one = move |watcher: Watcher| {
        let name = desk.organisation().person_name(watcher.person);
        let off = t!("watch.remove", name = name.as_str());
        let remove = move |_| end(desk, open, doc, watcher.clone());
        view! {
            <li>
                <span>{name}</span>
                <button
                    type="button"
                    class="button quiet icon"
                    aria-label=off.clone()
                    title=off
                    disabled=is_refused
                    on:click=remove
                >
                    {icon(Icon::Close)}
                </button>
            </li>
        }
    };
    view! {
        <When is=Signal::derive(move || watchers.with(|watchers| !watchers.is_empty()))>
            <ul aria-label=label(doc)>
                {live(move || watchers.get().into_iter().map(one).collect_view())}
            </ul>
        </When>
    }
}

fn end(desk: Desk, open: Open, doc: DocKind, Watcher { person, added }: Watcher) {
    let id = open.with_untracked(|incident| incident.id);
    desk.do_now(id, Intent::Unwatch { doc, person, added });
}

/// To watch oneself, or no longer.
#[component]
fn OwnWatch(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let doc = DocKind::Work;
    let own = Memo::new(move |_| open.with(|incident| incident.watcher(doc, desk.me().id)));
    let is_refused = refused(open, doc);
    let turn = move |_| {
        if let Some(watcher) = own.get_untracked() {
            return end(desk, open, doc, watcher);
        }
        let id = open.with_untracked(|incident| incident.id);
        let person = untrack(|| desk.me()).id;
        desk.do_now(id, Intent::Watch { doc, person });
    };
    let words = move || match own.get() {
        Some(_) => t!("watch.stop"),
        None => t!("watch.start"),
    };
    view! {
        <button type="button" aria-keyshortcuts="W" disabled=is_refused on:click=turn>
            {live(words)}
        </button>
    }
}

/// Finds somebody who is to watch.
#[component]
pub(super) fn WatcherSheet(open: Open, doc: DocKind, adding: Adding) -> impl IntoView {
    let (title, about, fits): (_, _, Fits) = match doc {
        DocKind::Incident => (
            t!("watch.add_public"),
            t!("watch.about_public"),
            |person: &Person| policy::may_watch(person, DocKind::Incident),
        ),
        DocKind::Work => (
            t!("watch.add_internal"),
            t!("watch.about_internal"),
            |person: &Person| policy::may_watch(person, DocKind::Work),
        ),
    };
    let finding = Finding {
        title,
        label: t!("watch.person"),
        about: Some(about),
        submit: t!("watch.submit"),
        fits,
        intent: Box::new(move |person| Intent::Watch { doc, person }),
    };
    view! { <PersonSheet open=open finding=finding on_close=move |()| adding.set(None) /> }
}
