//! The box to write in: a reply that the requester sees, or a note that only staff sees.
//!
//! The text stays in the box until this device has kept it, and is saved as a draft meanwhile.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{MouseEvent, SubmitEvent};

use shared::ids::DocKind;
use shared::incidents::{Incident, Intent};
use shared::policy;
use shared::sync::message::Doing;

use super::Open;
use super::mentions::{Calling, Offers, chosen_line};
use super::presence::Doings;
use crate::attachments::{Attachments, AttachmentsRoom};
use crate::engine::protocol::DraftKind;
use crate::incidents::drafts::Draft;
use crate::incidents::words::requester_text;
use crate::incidents::{Desk, Drafts};
use crate::meanwhile::Meanwhile;
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::overlay::submit_by_keys;
use crate::ui::room::room;

/// What the box holds.
#[derive(Clone, Copy)]
struct Writing {
    desk: Desk,
    drafts: Drafts,
    open: Open,
    draft: RwSignal<Draft>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
    calling: Calling,
}

impl Writing {
    fn change(self, change: impl FnOnce(&mut Draft, &Incident)) {
        let incident = self.open.get_untracked();
        self.draft.update(|draft| change(draft, &incident));
        self.failure.set(String::new());
        self.drafts
            .keep(incident.id, DraftKind::Entry, self.draft.get_untracked());
    }

    fn intent(self) -> Intent {
        let draft = self.draft.get_untracked();
        let text = draft.text.trim().to_owned();
        let people = untrack(|| self.calling.people());
        match (doc_of(&draft), people.is_empty()) {
            (DocKind::Work, true) => Intent::Note { text },
            (DocKind::Incident, true) => Intent::Reply { text },
            (doc, false) => Intent::Mention { doc, text, people },
        }
    }

    fn send(self) {
        let id = self.open.with_untracked(|incident| incident.id);
        let is_empty = self
            .draft
            .with_untracked(|draft| policy::is_blank(&draft.text));
        if is_empty || self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let (intent, sent) = (self.intent(), self.draft.get_untracked().text);
        spawn_local(async move {
            let outcome = self.desk.act(id, intent).await;
            if outcome.is_ok() {
                let place = (id, DraftKind::Entry);
                self.drafts.sent(place, &sent, self.draft).await;
            }
            self.busy.try_set(false);
            self.failure.try_set(outcome.err().unwrap_or_default());
        });
    }
}

fn doc_of(draft: &Draft) -> DocKind {
    if draft.is_internal() {
        DocKind::Work
    } else {
        DocKind::Incident
    }
}

#[component]
pub(super) fn Compose(open: Open, draft: RwSignal<Option<Draft>>) -> impl IntoView {
    let (desk, drafts) = (expect_context(), expect_context::<Drafts>());
    let written = RwSignal::new(Draft::default());
    let failure = RwSignal::new(String::new());
    let type_in = Callback::new(move |text: String| {
        let incident = open.get_untracked();
        written.update(|draft| draft.type_in(text, &incident));
        failure.set(String::new());
        drafts.keep(incident.id, DraftKind::Entry, written.get_untracked());
    });
    let calling = Calling::new(
        open,
        Signal::derive(move || written.with(doc_of)),
        Signal::derive(move || written.with(|draft| draft.text.clone())),
        type_in,
    );
    let writing = Writing {
        desk,
        drafts,
        open,
        draft: written,
        failure,
        busy: RwSignal::new(false),
        calling,
    };
    Effect::new(move |_| {
        let stored = draft.get();
        let is_untouched = writing.draft.with_untracked(|draft| draft.text.is_empty());
        if let Some(stored) = stored.filter(|_| is_untouched) {
            writing.draft.set(stored);
        }
    });
    let id = open.with_untracked(|incident| incident.id);
    writing.drafts.follow(DraftKind::Entry, id, writing.draft);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        writing.send();
    };
    let kind = move || {
        if writing.draft.with(Draft::is_internal) {
            "note"
        } else {
            "reply"
        }
    };
    view! {
        <form
            class="compose"
            data-kind=live(kind)
            aria-label=t!("compose.label")
            on:submit=on_submit
            on:keydown=submit_by_keys(Callback::new(move |()| writing.send()))
        >
            <Audience writing=writing />
            <Entry writing=writing />
            <Meanwhile open=open kind=DraftKind::Entry draft=writing.draft matters=|_| true />
            <Foot writing=writing />
        </form>
    }
}

#[component]
fn Audience(writing: Writing) -> impl IntoView {
    let is_internal = move || writing.draft.with(Draft::is_internal);
    let pressed = move |internal: bool| move || (is_internal() == internal).to_string();
    let choose = move |internal: bool| {
        move |_| {
            writing.change(|draft, _| draft.address(internal));
            browser::focus("#entry");
        }
    };
    // Moving the focus at once would resize the box on a phone, and the tap would miss.
    let stay = |event: MouseEvent| event.prevent_default();
    let whom = move || {
        let organisation = writing.desk.organisation();
        let called = writing.calling.people().into_iter();
        let called: Vec<_> = called.map(|one| organisation.person_name(one)).collect();
        if is_internal() && called.is_empty() {
            return t!("compose.to_staff");
        }
        if is_internal() {
            return t!("compose.to_staff_and", names = called.join(", "));
        }
        let names = writing.open.with(|incident: &std::sync::Arc<Incident>| {
            let requester = requester_text(&incident.requester.holds.value, &organisation);
            let watchers = incident.watchers(DocKind::Incident).into_iter();
            let watchers = watchers.map(|watcher| organisation.person_name(watcher.person));
            let readers = [requester].into_iter().chain(watchers);
            let mut names: Vec<_> = readers.chain(called).collect();
            let mut once = BTreeSet::new();
            names.retain(|name| once.insert(name.clone()));
            names.join(", ")
        });
        t!("compose.to", name = names)
    };
    view! {
        <header>
            <span class="seg" role="group" aria-label=t!("compose.kind")>
                <button
                    type="button"
                    aria-pressed=live(pressed(false))
                    on:mousedown=stay
                    on:click=choose(false)
                >
                    {t!("compose.reply")}
                </button>
                <button
                    type="button"
                    aria-pressed=live(pressed(true))
                    aria-keyshortcuts="C"
                    on:mousedown=stay
                    on:click=choose(true)
                >
                    {t!("compose.note")}
                </button>
            </span>
            <span>{live(whom)}</span>
        </header>
    }
}

#[component]
fn Entry(writing: Writing) -> impl IntoView {
    let calling = writing.calling;
    let doings = expect_context::<Doings>();
    Effect::new(move |_| {
        if writing.draft.with(|draft| draft.text.is_empty()) {
            doings.stops();
        }
    });
    let is_internal = move || writing.draft.with(Draft::is_internal);
    view! {
        <Offers calling=calling />
        <textarea
            id="entry"
            node_ref=calling.entry()
            rows="2"
            aria-autocomplete="list"
            aria-controls="called"
            aria-activedescendant=live(move || chosen_line(calling))
            aria-label=live(move || if is_internal() { t!("compose.note") } else { t!("compose.reply") })
            placeholder=live(move || {
                if is_internal() { t!("compose.note_hint") } else { t!("compose.reply_hint") }
            })
            prop:value=live(move || writing.draft.with(|draft| draft.text.clone()))
            on:input=move |event| {
                let text = event_target_value(&event);
                let is_blank = policy::is_blank(&text);
                writing.change(|draft, incident| draft.type_in(text, incident));
                calling.look();
                doings.types(match (is_blank, untrack(is_internal)) {
                    (true, _) => Doing::Looking,
                    (false, false) => Doing::Replying,
                    (false, true) => Doing::Noting,
                });
            }
            on:click=move |_| calling.look()
            on:keydown=move |event| calling.steer(&event)
            on:blur=move |_| calling.close()
        ></textarea>
    }
}

#[component]
fn Foot(writing: Writing) -> impl IntoView {
    let is_internal = move || writing.draft.with(Draft::is_internal);
    let refusal = move || {
        let text = ".".to_owned();
        let intent = if is_internal() {
            Intent::Note { text }
        } else {
            Intent::Reply { text }
        };
        writing
            .open
            .with(|incident| writing.desk.refusal(&intent, incident))
    };
    let is_unkept = move || writing.drafts.failing.get();
    let hint = move || {
        let failure = writing.failure.get();
        if !failure.is_empty() {
            failure
        } else if is_unkept() {
            t!("compose.not_kept")
        } else {
            refusal().unwrap_or_else(|| t!("compose.kept"))
        }
    };
    let has_failed = move || writing.failure.with(|failure| !failure.is_empty()) || is_unkept();
    let is_empty = move || writing.draft.with(|draft| policy::is_blank(&draft.text));
    let (files, room_of_files) = (
        expect_context::<Attachments>(),
        expect_context::<AttachmentsRoom>(),
    );
    let doc = Signal::derive(move || {
        if is_internal() {
            DocKind::Work
        } else {
            DocKind::Incident
        }
    });
    view! {
        <div class="foot">
            {room(move || (room_of_files.adding)(files, doc))}
            <span class:error=has_failed role="status">{live(hint)}</span>
            <button
                type="submit"
                class="button primary"
                // The focus stays where it is: moved, it would make room and the button give way
                // under the finger.
                on:mousedown=|event| event.prevent_default()
                disabled=live(move || is_empty() || writing.busy.get() || refusal().is_some())
            >
                {live(move || if is_internal() { t!("compose.add_note") } else { t!("compose.send") })}
            </button>
        </div>
    }
}
