//! The subject of the open incident, and the field to write it anew.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use shared::ids::IncidentId;
use shared::incidents::{Incident, Intent, SetField, by_itself};

use super::Open;
use crate::engine::protocol::DraftKind;
use crate::incidents::Desk;
use crate::incidents::drafts::Draft;
use crate::text::t;
use crate::ui::fold;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};

#[component]
pub(super) fn Subject(
    open: Open,
    /// What it was being changed to when the incident was last open.
    begun: RwSignal<String>,
) -> impl IntoView {
    let editing = RwSignal::new(false);
    Effect::new(move |_| {
        if begun.with(|begun| !begun.is_empty()) {
            editing.set(true);
        }
    });
    let desk = expect_context::<Desk>();
    let subject =
        move || open.with(|incident| by_itself(&incident.subject.holds.value).into_owned());
    let may_edit = Signal::derive(move || {
        let example = Intent::Set(SetField::Subject("A subject".to_owned()));
        open.with(|incident| desk.refusal(&example, incident).is_none())
    });
    view! {
        <h2>
            {move || {
                if editing.get() {
                    view! { <SubjectField open=open editing=editing begun=begun /> }.into_any()
                } else {
                    view! {
                        <span
                            class="subject"
                            title=live(subject)
                        >
                            {live(subject)}
                        </span>
                        " "
                        <When is=may_edit>
                            <button
                                type="button"
                                class="button quiet icon"
                                aria-label=t!("head.edit_subject")
                                aria-keyshortcuts="E"
                                on:click=move |_| editing.set(true)
                            >
                                {icon(Icon::Edit)}
                            </button>
                        </When>
                    }
                        .into_any()
                }
            }}
        </h2>
        {fold::more()}
    }
}

/// A subject that is being written. Cheap to copy.
#[derive(Clone, Copy)]
struct Writing {
    desk: Desk,
    open: Open,
    id: IncidentId,
    /// The subject as its author found it.
    found: StoredValue<String>,
    typed: RwSignal<String>,
    failure: RwSignal<String>,
    editing: RwSignal<bool>,
    begun: RwSignal<String>,
}

impl Writing {
    fn new(open: Open, editing: RwSignal<bool>, begun: RwSignal<String>) -> Self {
        let (id, found) =
            open.with_untracked(|incident| (incident.id, incident.subject.holds.value.clone()));
        let typed = Some(begun.get_untracked()).filter(|begun| !begun.is_empty());
        Self {
            desk: expect_context(),
            open,
            id,
            typed: RwSignal::new(typed.unwrap_or_else(|| found.clone())),
            found: StoredValue::new(found),
            failure: RwSignal::new(String::new()),
            editing,
            begun,
        }
    }

    fn keep(self, text: String) {
        let draft = Draft {
            text,
            ..Draft::default()
        };
        self.desk.drafts.keep(self.id, DraftKind::Subject, draft);
    }

    fn end(self) {
        self.keep(String::new());
        self.desk.drafts.send_all();
        self.begun.try_set(String::new());
        self.editing.try_set(false);
    }

    fn save(self) {
        // Taking the field away blurs it once more, and then nothing of it may be left.
        let still = (
            self.editing.try_get_untracked(),
            self.typed.try_get_untracked(),
        );
        let (Some(true), Some(typed)) = still else {
            return;
        };
        let subject = typed.trim().to_owned();
        let holds = |incident: &std::sync::Arc<Incident>| incident.subject.holds.value == subject;
        // What was only looked at must not undo what a colleague has made of it meanwhile.
        if self.found.get_value() == subject || self.open.with_untracked(holds) {
            return self.end();
        }
        let intent = Intent::Set(SetField::Subject(subject));
        spawn_local(async move {
            match self.desk.act(self.id, intent).await {
                Ok(()) => self.end(),
                Err(why) => drop(self.failure.try_set(why)),
            }
        });
    }
}

#[component]
fn SubjectField(open: Open, editing: RwSignal<bool>, begun: RwSignal<String>) -> impl IntoView {
    let writing = Writing::new(open, editing, begun);
    let input = NodeRef::<Input>::new();
    let was_begun = begun.with_untracked(|begun| !begun.is_empty());
    Effect::new(move |_| {
        // What was begun before takes no focus from whoever only opens the incident.
        if let Some(input) = input.get().filter(|_| !was_begun) {
            input.focus().ok();
        }
    });
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => writing.save(),
        "Escape" => {
            event.stop_propagation();
            writing.end();
        }
        _ => {}
    };
    view! {
        <span class="field">
            <input
                type="text"
                node_ref=input
                aria-label=t!("field.subject")
                aria-describedby="subject-failure"
                bind:value=writing.typed
                on:input=move |event| {
                    writing.keep(event_target_value(&event));
                    writing.failure.set(String::new());
                }
                on:keydown=on_key
                on:blur=move |_| writing.save()
            />
            <span class="error" id="subject-failure" role="alert">{writing.failure}</span>
        </span>
    }
}
