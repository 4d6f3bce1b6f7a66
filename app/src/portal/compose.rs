//! The box to write in. The text stays in it until this device has kept it, and is saved as a draft
//! meanwhile.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::ids::DocKind;
use shared::incidents::Intent;
use shared::policy;

use super::front::Front;
use super::incident::Open;
use super::words::{self, Standing};
use crate::attachments::{Adding, Attachments};
use crate::engine::protocol::DraftKind;
use crate::incidents::Draft;
use crate::meanwhile::Meanwhile;
use crate::text::t;
use crate::ui::live::live;
use crate::ui::overlay::submit_by_keys;

/// What the box holds.
#[derive(Clone, Copy)]
struct Writing {
    front: Front,
    open: Open,
    draft: RwSignal<Draft>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Writing {
    fn change(self, text: String) {
        self.failure.set(String::new());
        self.open.with_untracked(|incident| {
            self.draft.update(|draft| draft.type_in(text, incident));
            let draft = self.draft.get_untracked();
            self.front.drafts.keep(incident.id, DraftKind::Entry, draft);
        });
    }

    /// What became of what was typed.
    fn hint(self) -> String {
        let failure = self.failure.get();
        if !failure.is_empty() {
            failure
        } else if self.front.drafts.failing.get() {
            t!("compose.not_kept")
        } else {
            t!("compose.kept")
        }
    }

    fn has_failed(self) -> bool {
        self.front.drafts.failing.get() || self.failure.with(|failure| !failure.is_empty())
    }

    fn send(self) {
        let id = self.open.with_untracked(|incident| incident.id);
        let sent = self.draft.get_untracked().text;
        let text = sent.trim().to_owned();
        if text.is_empty() || self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let outcome = self.front.act(id, Intent::Reply { text }).await;
            if outcome.is_ok() {
                let place = (id, DraftKind::Entry);
                self.front.drafts.sent(place, &sent, self.draft).await;
            }
            self.busy.try_set(false);
            self.failure.try_set(outcome.err().unwrap_or_default());
        });
    }
}

pub(super) fn compose(
    front: Front,
    open: Open,
    standing: Memo<Standing>,
    draft: RwSignal<Draft>,
) -> impl IntoView {
    let writing = Writing {
        front,
        open,
        draft,
        failure: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        writing.send();
    };
    let label = move || {
        if standing.with(Standing::waits_for_me) {
            t!("portal.your_answer")
        } else {
            t!("portal.add")
        }
    };
    let files = expect_context::<Attachments>();
    let public = Signal::stored(DocKind::Incident);
    let is_empty = move || draft.with(|draft| policy::is_blank(&draft.text));
    view! {
        <form
            class="compose"
            aria-label=t!("compose.label")
            on:submit=submit
            on:keydown=submit_by_keys(Callback::new(move |()| writing.send()))
        >
            <label for="entry">{live(label)}</label>
            <textarea
                id="entry"
                rows="3"
                dir="auto"
                prop:value=live(move || draft.with(|draft| draft.text.clone()))
                on:input=move |event| writing.change(event_target_value(&event))
            ></textarea>
            <Meanwhile open=open kind=DraftKind::Entry draft=draft matters=words::is_shown />
            <div class="foot">
                <Adding files=files doc=public />
                <span class:error=move || writing.has_failed() role="status">{live(move || writing.hint())}</span>
                <button
                    type="submit"
                    class="button primary"
                    disabled=live(move || is_empty() || writing.busy.get())
                >
                    {t!("compose.send")}
                </button>
            </div>
        </form>
    }
}
