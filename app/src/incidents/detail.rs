//! The open incident: head, conversation, properties, and the box to write in.

mod asking;
mod clash;
mod compose;
mod head;
mod history;
mod levels;
mod mentions;
mod past;
mod person;
mod presence;
mod properties;
mod provenance;
mod subject;
mod timeline;
mod watchers;

use std::sync::Arc;

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;
use shared::incidents::Incident;

use super::Desk;
use super::acts::failure_text;
use super::address::Place;
use super::drafts::{Draft, Drafts};
use super::older;
use super::work::{self, LogDraft, WorkRoom, Working};
use crate::attachments::{Attachments, Viewing};
use crate::engine::protocol::DraftKind;
use crate::link::SavedDrafts;
use crate::revising::Rewording;
use crate::text::t;
use crate::ui::browser;
use crate::ui::icon::{Icon, icon};
use crate::ui::keys::Keys;
use crate::ui::live::{When, live};
use crate::ui::room::{Entering, room};

use asking::{Asking, AskingSheet};
use clash::Clashes;
use compose::Compose;
use head::Head;
use history::History;
use presence::Doings;
use properties::Properties;
use timeline::Timeline;

/// What is looked at where there is no room for all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tab {
    Talk,
    /// Its diagnosis, its tasks, and the time spent on it.
    Work,
    History,
    /// Always in sight on a wide screen, beside either of the others.
    Properties,
}

impl Tab {
    const ALL: [Self; 4] = [Self::Talk, Self::Work, Self::History, Self::Properties];

    fn word(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Work => "work",
            Self::History => "history",
            Self::Properties => "properties",
        }
    }

    fn label(self) -> String {
        match self {
            Self::Talk => t!("timeline.label"),
            Self::Work => t!("work.label"),
            Self::History => t!("history.label"),
            Self::Properties => t!("props.label"),
        }
    }
}

/// The open incident as its parts see it.
type Open = RwSignal<Arc<Incident>>;

/// What was being written on the incident when it was last open.
#[derive(Clone, Copy)]
struct Begun {
    entry: RwSignal<Option<Draft>>,
    /// Empty when the subject was not being edited.
    subject: RwSignal<String>,
    log: RwSignal<LogDraft>,
    task: RwSignal<Draft>,
    diagnosis: RwSignal<Draft>,
    rewording: Rewording,
}

impl Begun {
    fn none() -> Self {
        Self {
            entry: RwSignal::new(None),
            subject: RwSignal::new(String::new()),
            log: RwSignal::new(LogDraft::default()),
            task: RwSignal::new(Draft::default()),
            diagnosis: RwSignal::new(Draft::default()),
            rewording: Rewording::none(),
        }
    }

    /// Takes up what was saved; the pane may show another incident by now.
    fn take_up(self, drafts: Drafts, id: IncidentId, saved: &SavedDrafts) {
        let subject = drafts.begun(id, DraftKind::Subject, saved).text;
        self.subject.try_set(subject);
        let log = drafts.begun(id, DraftKind::Log, saved);
        self.log.try_set(LogDraft::read(&log));
        self.task.try_set(drafts.begun(id, DraftKind::Task, saved));
        let diagnosis = drafts.begun(id, DraftKind::Diagnosis, saved);
        self.diagnosis.try_set(diagnosis);
        self.rewording.take_up(drafts, id, saved);
        let entry = drafts.begun(id, DraftKind::Entry, saved);
        self.entry.try_set(Some(entry));
    }
}

/// How the pane comes to show an incident, whose view lies in a file of its own.
#[derive(Clone, Copy)]
pub(crate) struct IncidentRoom(pub(crate) fn(IncidentId) -> Entering);

/// The pane beside the queue.
#[component]
pub(crate) fn DetailPane() -> impl IntoView {
    let desk = expect_context::<Desk>();
    let (enter, keys) = (expect_context::<IncidentRoom>(), expect_context::<Keys>());
    let open = Memo::new(move |_| desk.address.incident());
    move || match open.get() {
        Some(id) => room(move || enter.0(id)).into_any(),
        None => view! {
            <main class="empty">
                {icon(Icon::Inbox)}
                <p>{t!("detail.choose")}</p>
                <When is=Signal::derive(move || keys.are_on())>
                    <p class="wide"><kbd>"J"</kbd>" "<kbd>"K"</kbd>" "<kbd>"Enter"</kbd></p>
                </When>
            </main>
        }
        .into_any(),
    }
}

#[component]
pub(crate) fn OpenIncident(id: IncidentId) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let begun = Begun::none();
    let failure = RwSignal::new(None::<String>);
    let drafts = expect_context::<Drafts>();
    work::follow(desk, id, begun.log);
    drafts.follow(DraftKind::Task, id, begun.task);
    drafts.follow(DraftKind::Diagnosis, id, begun.diagnosis);
    spawn_local(async move {
        match desk.link.open(id).await {
            Ok(saved) => begun.take_up(drafts, id, &saved),
            Err(why) => drop(failure.try_set(Some(failure_text(&why)))),
        }
    });
    on_cleanup(move || desk.link.leave(id));
    let current = move || {
        desk.board()
            .incident
            .get()
            .filter(|incident| incident.id == id)
    };
    let is_here = Memo::new(move |_| current().is_some());
    let is_lost = Memo::new(move |_| desk.board().lost.with(|lost| lost.contains(&id)));
    Effect::new(move |_| {
        if is_lost.get() {
            failure.set(Some(t!("lost.incident")));
        }
    });
    Effect::new(move |_| {
        // It came only later, such as to a device that is being filled anew; a draft may wait for
        // it.
        if is_here.get() && failure.with(Option::is_some) {
            failure.set(None);
            spawn_local(async move {
                begun.take_up(drafts, id, &desk.link.drafts(id).await);
            });
        }
    });
    move || {
        if let Some(incident) = is_here.get().then(|| untrack(current)).flatten() {
            let open = RwSignal::new(incident);
            Effect::new(move |_| {
                if let Some(incident) = current() {
                    open.set(incident);
                }
            });
            return view! { <Incidents open=open begun=begun /> }.into_any();
        }
        view! { <Absent id=id failure=failure /> }.into_any()
    }
}

/// A key does what the control says that names it; into a list it leads.
fn act_by_key() {
    let keys = expect_context::<Keys>();
    let heard = window_event_listener(ev::keydown, move |event| {
        let Some(key) = keys.pressed(&event).filter(|key| key.len() == 1) else {
            return;
        };
        let key = key.to_ascii_uppercase();
        let is_letter = key.bytes().all(|letter| letter.is_ascii_uppercase());
        let control = [".detail [aria-keyshortcuts=", &key, "]:enabled"].concat();
        if is_letter && browser::use_control(&control) {
            event.prevent_default();
        }
    });
    on_cleanup(move || heard.remove());
}

#[component]
fn Incidents(open: Open, begun: Begun) -> impl IntoView {
    let asking = RwSignal::new(None::<Asking>);
    let tab = RwSignal::new(Tab::Talk);
    let shown = Memo::new(move |_| tab.get());
    let work = expect_context::<WorkRoom>();
    let working = Working::new(open, begun.log, begun.task, begun.diagnosis);
    let name = move || open.with(|incident| incident.name());
    act_by_key();
    let desk = expect_context::<Desk>();
    let id = open.with_untracked(|incident| incident.id);
    let act = move |id, intent| async move { desk.act(id, intent).await };
    let files = Attachments::new(desk.link, id, act);
    provide_context(files);
    provide_context(begun.rewording);
    provide_context(Doings::at(desk, id));
    view! {
        <main class="detail" aria-label=live(name) tabindex="-1" data-tab=live(move || tab.get().word())>
            <Head open=open asking=asking tab=tab subject=begun.subject log=begun.log />
            <Properties open=open tab=tab asking=asking />
            {live(move || {
                match shown.get() {
                    Tab::History => return view! { <History open=open /> }.into_any(),
                    Tab::Work => return room(move || work.0(working)).into_any(),
                    Tab::Talk | Tab::Properties => {}
                }
                view! {
                    <Timeline open=open>
                        <Clashes open=open />
                    </Timeline>
                }
                    .into_any()
            })}
            <Compose open=open draft=begun.entry />
        </main>
        {move || {
            asking.get().map(|what| view! { <AskingSheet what=what open=open asking=asking /> })
        }}
        <Viewing files=files />
    }
}

/// While the engine reads, and when it has nothing to show.
#[component]
fn Absent(id: IncidentId, failure: RwSignal<Option<String>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let back = move |_| desk.address.go(Place::Queue);
    let label = t!("back.to_queue");
    let returned = move || {
        let count = desk.board().status.with(|status| status.review);
        (count > 0).then(|| t!("attention.review", count = count))
    };
    // It then arrives like any other.
    let look = move |_| {
        spawn_local(async move {
            if let Err(why) = older::fetch(id).await {
                failure.try_set(Some(why));
            }
        });
    };
    view! {
        <main class="empty" aria-busy=live(move || failure.with(Option::is_none).to_string())>
            {move || {
                let label = label.clone();
                failure
                    .get()
                    .map(|why| {
                        view! {
                            <p role="alert">{why}</p>
                            <p>{live(returned)}</p>
                            <Kept id=id />
                            <button type="button" class="button" on:click=look>{t!("older.fetch")}</button>
                            <button type="button" class="button" on:click=back>{label}</button>
                        }
                    })
            }}
        </main>
    }
}

/// What the reader was writing on an incident that is not here.
#[component]
fn Kept(id: IncidentId) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let texts = RwSignal::new(Vec::<String>::new());
    spawn_local(async move {
        desk.drafts.flush().await;
        let drafts = desk.link.drafts(id).await.into_iter();
        let kept = drafts.map(|(_, text)| Draft::read(&text).text);
        texts.try_set(kept.collect());
    });
    let item = move |text: String| {
        let quoted = text.clone();
        view! {
            <blockquote dir="auto">{quoted}</blockquote>
            <button type="button" class="button" on:click=move |_| desk.copy(text.clone())>
                {t!("review.copy")}
            </button>
        }
    };
    move || {
        let texts = texts.get();
        (!texts.is_empty()).then(|| {
            view! {
                <section class="review">
                    <p>{t!("lost.kept")}</p>
                    {texts.into_iter().map(item).collect_view()}
                </section>
            }
        })
    }
}
