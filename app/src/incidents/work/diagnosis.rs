//! The diagnosis: one text that all staff writes, also at once and without a network.
//!
//! Whoever edits it begins with what it says then and goes on undisturbed; what others write
//! meanwhile is shown beside it, and both are there once it is saved.

use std::sync::Arc;

use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::IncidentId;
use shared::incidents::{Incident, Intent};
use web_sys::{KeyboardEvent, SubmitEvent};

use super::Working;
use crate::engine::protocol::{DraftKind, WrittenDraft};
use crate::incidents::Desk;
use crate::incidents::drafts::Draft;
use crate::text::t;
use crate::ui::live::{When, live};
use crate::ui::overlay::submit_by_keys;

/// Keeps a word from being empty, which would mean another.
const BASE: &str = "b";

/// What it said when somebody began to write, as the word of a draft, which has no other signs.
fn based_on(text: &str) -> String {
    [BASE, &hex::encode(text)].concat()
}

/// The text in a word; none in a word of another kind.
fn base(word: &str) -> Option<String> {
    let bytes = hex::decode(word.strip_prefix(BASE)?).ok()?;
    String::from_utf8(bytes).ok()
}

/// The diagnosis while it may be written. Cheap to copy.
#[derive(Clone, Copy)]
struct Writing {
    desk: Desk,
    id: IncidentId,
    open: RwSignal<Arc<Incident>>,
    draft: RwSignal<Draft>,
    is_written: RwSignal<bool>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Writing {
    fn new(working: Working) -> Self {
        Self {
            desk: expect_context(),
            id: working.open.with_untracked(|incident| incident.id),
            open: working.open,
            draft: working.diagnosis,
            is_written: RwSignal::new(false),
            failure: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
        }
    }

    fn now(self) -> String {
        self.open.with(|incident| incident.diagnosis.clone())
    }

    fn base(self) -> String {
        self.draft
            .with(|draft| base(&draft.word))
            .unwrap_or_default()
    }

    fn begin(self) {
        let now = untrack(|| self.now());
        self.draft.set(Draft {
            word: based_on(&now),
            since: None,
            text: now,
        });
        self.is_written.set(true);
    }

    fn type_in(self, text: String) {
        self.draft.update(|draft| draft.text = text);
        self.keep();
    }

    fn keep(self) {
        let draft = self.draft.get_untracked();
        self.desk.drafts.keep(self.id, DraftKind::Diagnosis, draft);
    }

    fn end(self) {
        self.draft.try_update(|draft| draft.text.clear());
        self.failure.try_set(String::new());
        self.is_written.try_set(false);
        let none = Draft::default();
        self.desk.drafts.keep(self.id, DraftKind::Diagnosis, none);
        self.desk.drafts.send_all();
    }

    /// What was written is offered once more.
    fn discard(self) {
        let written = self.draft.get_untracked();
        let base = untrack(|| self.base());
        self.end();
        if written.text == base {
            return;
        }
        let put_back = move |()| {
            let drafts = self.desk.drafts;
            drafts.keep(self.id, DraftKind::Diagnosis, written.clone());
            // Another incident may be open by now.
            if self.draft.try_set(written.clone()).is_none() {
                self.is_written.try_set(true);
            }
        };
        // The editor, which owns what is made here, is gone before the offer is.
        spawn_local(async move {
            let put_back = (None, Callback::new(put_back));
            let toasts = self.desk.toasts;
            toasts.offer_undo(t!("drafts.discarded"), put_back);
        });
    }

    /// Another tab saved or discarded what was written in both. Another text stays, on the base on
    /// which it was begun.
    fn hear(self, heard: &WrittenDraft) {
        let is_ended = Draft::read(&heard.text).text.is_empty();
        if (heard.incident, heard.kind) != (self.id, DraftKind::Diagnosis) || !is_ended {
            return;
        }
        let own = self.draft.with_untracked(|draft| draft.text.clone());
        if own.is_empty() || own == heard.base {
            self.is_written.set(false);
        }
    }

    fn save(self) {
        let text = self
            .draft
            .with_untracked(|draft| draft.text.trim_end().to_owned());
        let before = untrack(|| self.base());
        if self.busy.get_untracked() {
            return;
        }
        if text == before {
            return self.end();
        }
        self.busy.set(true);
        spawn_local(async move {
            // Long texts take a while to compare, and the page may go meanwhile.
            self.desk.drafts.flush().await;
            let saved = self
                .desk
                .act(self.id, Intent::Diagnose { before, text })
                .await;
            self.busy.try_set(false);
            match saved {
                Ok(()) => self.end(),
                Err(why) => drop(self.failure.try_set(why)),
            }
        });
    }
}

#[component]
pub(super) fn Diagnosis(working: Working) -> impl IntoView {
    let writing = Writing::new(working);
    Effect::new(move |_| {
        // It was begun when the incident was last open, or in another tab.
        if writing.draft.with(|draft| !draft.text.is_empty()) {
            writing.is_written.set(true);
        }
    });
    let drafted = writing.desk.link.board.drafted;
    Effect::new(move |_| {
        if let Some(heard) = drafted.get() {
            writing.hear(&heard);
        }
    });
    let may_write = Signal::derive(move || {
        let example = Intent::Diagnose {
            before: String::new(),
            text: ".".to_owned(),
        };
        let may = |incident: &Arc<Incident>| writing.desk.refusal(&example, incident).is_none();
        !writing.is_written.get() && writing.open.with(may)
    });
    let is_written = Memo::new(move |_| writing.is_written.get());
    view! {
        <section class="diagnosis" aria-label=t!("diagnosis.label")>
            <header>
                <h3>{t!("diagnosis.label")}</h3>
                <When is=may_write>
                    <button
                        type="button"
                        class="button quiet"
                        on:click=move |_| writing.begin()
                    >
                        {t!("diagnosis.edit")}
                    </button>
                </When>
            </header>
            {live(move || {
                if is_written.get() {
                    view! { <Editor writing=writing /> }.into_any()
                } else {
                    live(move || shown(writing.now())).into_any()
                }
            })}
        </section>
    }
}

fn shown(text: String) -> AnyView {
    if text.trim().is_empty() {
        return view! { <p class="none">{t!("diagnosis.none")}</p> }.into_any();
    }
    view! { <p class="found" dir="auto">{text}</p> }.into_any()
}

#[component]
fn Editor(writing: Writing) -> impl IntoView {
    let entry = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(entry) = entry.get() {
            request_animation_frame(move || drop(entry.focus()));
        }
    });
    let save = Callback::new(move |()| writing.save());
    let by_keys = submit_by_keys(save);
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            return writing.discard();
        }
        by_keys(event);
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        save.run(());
    };
    view! {
        <form aria-label=t!("diagnosis.edit_label") on:submit=submit on:keydown=on_key>
            <div class="field">
                <textarea
                    node_ref=entry
                    rows="6"
                    dir="auto"
                    aria-label=t!("diagnosis.label")
                    readonly=live(move || writing.busy.get())
                    prop:value=live(move || writing.draft.with(|draft| draft.text.clone()))
                    on:input=move |event| writing.type_in(event_target_value(&event))
                ></textarea>
            </div>
            {meanwhile(writing)}
            <p class="error" role="alert">{writing.failure}</p>
            <div class="next">
                <button type="submit" class="button primary" disabled=live(move || writing.busy.get())>
                    {t!("diagnosis.save")}
                </button>
                <button type="button" class="button" on:click=move |_| writing.discard()>
                    {t!("diagnosis.discard")}
                </button>
            </div>
        </form>
    }
}

/// What others have made of it since its author began.
fn meanwhile(writing: Writing) -> impl IntoView {
    let changed = Memo::new(move |_| {
        let now = writing.now();
        (!writing.busy.get() && now != writing.base()).then_some(now)
    });
    // The region stands before its text comes, so that it is read out.
    view! {
        <div role="status">
            {live(move || {
                changed
                    .get()
                    .map(|now| {
                        view! {
                            <div class="meanwhile">
                                <p>{t!("diagnosis.meanwhile")}</p>
                                <blockquote dir="auto">{now}</blockquote>
                            </div>
                        }
                    })
            })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::{base, based_on};

    #[test]
    fn what_a_draft_is_based_on_is_read_as_it_was_written() {
        for text in ["", "Rack 4", "Größe 👍\nfuse"] {
            let word = based_on(text);
            assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(base(&word).as_deref(), Some(text));
        }
        for word in ["", "reply", "b0", "bzz", "bff"] {
            assert_eq!(base(word), None);
        }
    }
}
