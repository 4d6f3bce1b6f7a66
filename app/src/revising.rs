//! What somebody said, as it reads now: its author may word it anew, and what it said before is
//! kept and shown.

use std::sync::Arc;

use leptos::html::Textarea;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, SubmitEvent};

use shared::ids::{DocKind, FactId, IncidentId};
use shared::incidents::{Event, Incident, Intent, Wording};
use shared::policy;

use crate::engine::protocol::DraftKind;
use crate::incidents::{Draft, Drafts};
use crate::link::SavedDrafts;
use crate::text::{self, t};
use crate::ui::live::{When, live};
use crate::ui::overlay::submit_by_keys;

/// How a text is shown, and how an act is done and answered.
#[derive(Clone, Copy)]
pub(crate) struct Revising {
    pub(crate) open: RwSignal<Arc<Incident>>,
    pub(crate) shown: Callback<String, AnyView>,
    /// Whether the reader may do this to the incident; tracked.
    pub(crate) may: Callback<Intent, bool>,
    /// Does an act, and says what was wrong; nothing when nothing was.
    pub(crate) act: Callback<(Intent, Callback<String>)>,
}

/// What is being written anew on the open incident, of one entry at a time. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Rewording(RwSignal<Draft>);

impl Rewording {
    pub(crate) fn none() -> Self {
        Self(RwSignal::new(Draft::default()))
    }

    /// Takes up what was being written; the page may show another incident by now.
    pub(crate) fn take_up(self, drafts: Drafts, id: IncidentId, saved: &SavedDrafts) {
        let begun = drafts.begun(id, DraftKind::Revision, saved);
        self.0.try_update(|draft| {
            if draft.word.is_empty() && !begun.text.is_empty() {
                *draft = begun;
            }
        });
    }
}

/// An entry that is being worded anew. Cheap to copy.
#[derive(Clone, Copy)]
struct Anew {
    revising: Revising,
    doc: DocKind,
    entry: FactId,
    drafts: Drafts,
    draft: RwSignal<Draft>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
    wordings: Memo<Vec<Wording>>,
}

impl Anew {
    fn now(self) -> String {
        let last = |wordings: &Vec<Wording>| wordings.last().map(|last| last.text.clone());
        self.wordings.with(last).unwrap_or_default()
    }

    /// What the draft calls the entry.
    fn word(self) -> String {
        hex::encode(self.entry.as_bytes())
    }

    fn is_written(self) -> bool {
        self.draft.with(|draft| draft.word == self.word())
    }

    fn typed(self) -> String {
        self.draft.with(|draft| draft.text.clone())
    }

    fn begin(self) {
        self.draft.set(Draft {
            word: self.word(),
            since: None,
            text: untrack(|| self.now()),
        });
    }

    fn type_in(self, text: String) {
        self.draft.update(|draft| draft.text = text);
        self.keep(self.draft.get_untracked());
    }

    fn keep(self, draft: Draft) {
        let id = self.revising.open.with_untracked(|incident| incident.id);
        self.drafts.keep(id, DraftKind::Revision, draft);
    }

    fn end(self) {
        self.failure.try_set(String::new());
        if self.draft.try_set(Draft::default()).is_none() {
            self.keep(Draft::default());
            self.drafts.send_all();
        }
    }

    fn save(self) {
        let text = untrack(|| self.typed()).trim().to_owned();
        if self.busy.get_untracked() || policy::is_blank(&text) {
            return;
        }
        if text == untrack(|| self.now()) {
            return self.end();
        }
        self.busy.set(true);
        let (doc, entry) = (self.doc, self.entry);
        let answered = Callback::new(move |why: String| {
            self.busy.try_set(false);
            if why.is_empty() {
                return self.end();
            }
            self.failure.try_set(why);
        });
        let intent = Intent::Revise { doc, entry, text };
        self.revising.act.run((intent, answered));
    }
}

/// The words of an entry, with what its author can do about them.
pub(crate) fn said(revising: Revising, event: &Event, is_own: bool) -> AnyView {
    let (doc, entry) = (event.doc, event.fact);
    let wordings = Memo::new(move |_| {
        revising.open.with(|incident| {
            let event = incident.entry(doc, entry);
            event
                .map(|event| incident.wordings(event))
                .unwrap_or_default()
        })
    });
    let Rewording(draft) = expect_context();
    let anew = Anew {
        revising,
        doc,
        entry,
        drafts: expect_context(),
        draft,
        failure: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
        wordings,
    };
    let is_written = Memo::new(move |_| anew.is_written());
    view! {
        {live(move || {
            if is_written.get() {
                return writing(&anew);
            }
            view! {
                {live(move || revising.shown.run(anew.now()))}
                {below(&anew, is_own)}
            }
            .into_any()
        })}
    }
    .into_any()
}

/// That it said something else before, and the way to word it anew.
fn below(anew: &Anew, is_own: bool) -> AnyView {
    let anew = *anew;
    let is_edited = Signal::derive(move || anew.wordings.with(|wordings| wordings.len() > 1));
    let example = Intent::Revise {
        doc: anew.doc,
        entry: anew.entry,
        text: ".".to_owned(),
    };
    let may = Memo::new(move |_| {
        let writes_no_other = anew.draft.with(|draft| draft.word.is_empty());
        is_own && writes_no_other && anew.revising.may.run(example.clone())
    });
    let may_edit = Signal::derive(move || may.get());
    view! {
        <When is=Signal::derive(move || is_edited.get() || may_edit.get())>
            <div class="wordings">
                <When is=is_edited>{earlier(&anew)}</When>
                <When is=may_edit>
                    <button
                        type="button"
                        on:click=move |_| anew.begin()
                    >
                        {t!("revise.edit")}
                    </button>
                </When>
            </div>
        </When>
    }
    .into_any()
}

fn earlier(anew: &Anew) -> impl IntoView + use<> {
    let anew = *anew;
    let at = move || {
        let last = |wordings: &Vec<Wording>| wordings.last().map(|last| last.from.corrected);
        let at = anew.wordings.with(last);
        at.map(|at| t!("revise.edited", at = text::clock_and_day(at)))
    };
    let before = move || {
        anew.wordings.with(|wordings| {
            let before = wordings.iter().rev().skip(1);
            let line = |one: &Wording| {
                let at = text::clock_and_day(one.from.corrected);
                let text = one.text.clone();
                view! {
                    <li>
                        <small>{at}</small>
                        <p dir="auto">{text}</p>
                    </li>
                }
            };
            before.map(line).collect_view()
        })
    };
    view! {
        <details>
            <summary>{live(at)}</summary>
            <ol aria-label=t!("revise.earlier")>{live(before)}</ol>
        </details>
    }
}

fn writing(anew: &Anew) -> AnyView {
    let anew = *anew;
    let entry = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(entry) = entry.get() {
            request_animation_frame(move || drop(entry.focus()));
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        anew.save();
    };
    let send = submit_by_keys(Callback::new(move |()| anew.save()));
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            return anew.end();
        }
        send(event);
    };
    let is_empty = move || policy::is_blank(&anew.typed()) || anew.busy.get();
    view! {
        <form class="revising" aria-label=t!("revise.label") on:submit=submit on:keydown=on_key>
            <textarea
                node_ref=entry
                rows="3"
                dir="auto"
                aria-label=t!("revise.label")
                prop:value=live(move || anew.typed())
                on:input=move |event| anew.type_in(event_target_value(&event))
            ></textarea>
            <p class="error" role="alert">{anew.failure}</p>
            <p class="hint">{t!("revise.about")}</p>
            <div class="next">
                <button type="submit" class="button primary" disabled=live(is_empty)>
                    {t!("revise.save")}
                </button>
                <button type="button" class="button" on:click=move |_| anew.end()>
                    {t!("revise.cancel")}
                </button>
            </div>
        </form>
    }
    .into_any()
}
