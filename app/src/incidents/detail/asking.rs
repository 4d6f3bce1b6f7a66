//! Acts that ask for something first: hold, resolve, reopen, cancel.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;
use shared::incidents::{HoldReason, Incident, Intent, ResolutionCode};

use super::Open;
use crate::engine::protocol::DraftKind;
use crate::incidents::choices;
use crate::incidents::drafts::Draft;
use crate::incidents::{Desk, Drafts};
use crate::meanwhile::Meanwhile;
use crate::text::t;
use crate::ui::live::live;
use crate::ui::overlay::{Sheet, SheetForm};
use crate::ui::pick::{Choice, Pick};

/// Which act asks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    Hold,
    Resolve,
    Reopen,
    Cancel,
}

impl Asking {
    /// The button that begins it.
    pub(super) fn label(self) -> String {
        match self {
            Self::Hold => t!("action.hold"),
            Self::Resolve => t!("action.resolve"),
            Self::Reopen => t!("action.reopen"),
            Self::Cancel => t!("action.cancel_incident"),
        }
    }

    /// The act with its texts filled in, to ask whether it is allowed at all.
    pub(super) fn example(self) -> Intent {
        let text = || ".".to_owned();
        match self {
            Self::Hold => Intent::Hold {
                reason: HoldReason::Caller,
                text: text(),
            },
            Self::Resolve => Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
            Self::Reopen => Intent::Reopen { text: text() },
            Self::Cancel => Intent::Cancel { text: text() },
        }
    }

    /// Under what its words are kept while they are written.
    fn kind(self) -> DraftKind {
        match self {
            Self::Hold => DraftKind::Hold,
            Self::Resolve => DraftKind::Resolve,
            Self::Reopen => DraftKind::Reopen,
            Self::Cancel => DraftKind::Cancel,
        }
    }

    fn title(self) -> String {
        match self {
            Self::Hold => t!("asking.hold"),
            Self::Resolve => t!("asking.resolve"),
            Self::Reopen => t!("asking.reopen"),
            Self::Cancel => t!("asking.cancel"),
        }
    }

    fn submit(self) -> String {
        match self {
            Self::Hold => t!("asking.hold_submit"),
            Self::Resolve => t!("asking.resolve_submit"),
            Self::Reopen => t!("asking.reopen_submit"),
            Self::Cancel => t!("asking.cancel_submit"),
        }
    }

    fn words_label(self) -> String {
        match self {
            Self::Hold => t!("asking.hold_words"),
            Self::Resolve => t!("asking.resolve_words"),
            Self::Reopen => t!("asking.reopen_words"),
            Self::Cancel => t!("asking.cancel_words"),
        }
    }

    /// What there is to choose, and what the choice is called.
    fn choices(self) -> Option<(String, Vec<Choice>)> {
        match self {
            Self::Hold => Some((t!("asking.hold_reason"), choices::hold_reasons())),
            Self::Resolve => Some((t!("asking.resolve_code"), choices::resolutions())),
            Self::Reopen | Self::Cancel => None,
        }
    }

    fn intent(self, choice: &str, text: String) -> Intent {
        match self {
            Self::Hold => {
                let reason = choices::hold_reason_of(choice).unwrap_or(HoldReason::Caller);
                Intent::Hold { reason, text }
            }
            Self::Resolve => {
                let code = choices::resolution_of(choice).unwrap_or(ResolutionCode::Fixed);
                Intent::Resolve { code, notes: text }
            }
            Self::Reopen => Intent::Reopen { text },
            Self::Cancel => Intent::Cancel { text },
        }
    }
}

/// Asks, then acts. It closes only once this device has kept the act.
#[component]
pub(super) fn AskingSheet(
    what: Asking,
    open: Open,
    asking: RwSignal<Option<Asking>>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let drafts = expect_context::<Drafts>();
    let id = open.with_untracked(|incident| incident.id);
    let draft = begun(what, id);
    drafts.follow(what.kind(), id, draft);
    let choice = Signal::derive(move || draft.with(|draft| word_of(draft).to_owned()));
    let change = move |change: &dyn Fn(&mut Draft, &Incident)| {
        draft.update(|draft| change(draft, &open.read_untracked()));
        drafts.keep(id, what.kind(), draft.get_untracked());
    };
    let failure = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let submit = Callback::new(move |()| {
        let sent = draft.get_untracked();
        let intent = what.intent(word_of(&sent), sent.text.trim().to_owned());
        busy.set(true);
        spawn_local(async move {
            let outcome = desk.act(id, intent).await;
            if outcome.is_ok() {
                drafts.sent((id, what.kind()), &sent.text, draft).await;
            }
            // The sheet may have been closed meanwhile.
            busy.try_set(false);
            match outcome {
                Ok(()) => drop(asking.try_set(None)),
                Err(why) => drop(failure.try_set(why)),
            }
        });
    });
    view! {
        <Sheet title=what.title() on_close=move |()| asking.set(None)>
            <SheetForm submit=what.submit() failure=failure busy=busy on_submit=submit>
                {what
                    .choices()
                    .map(|(label, choices)| {
                        let pick = move |picked: String| {
                            change(&|draft, _| draft.word.clone_from(&picked));
                        };
                        view! { <AskedChoice label=label choices=choices choice=choice on_pick=pick /> }
                    })}
                <label class="field">
                    <span>{what.words_label()}</span>
                    <textarea
                        rows="4"
                        required
                        autofocus
                        prop:value=live(move || draft.with(|draft| draft.text.clone()))
                        on:input=move |event| {
                            let text = event_target_value(&event);
                            change(&|draft, incident| draft.type_in(text.clone(), incident));
                        }
                    ></textarea>
                </label>
                <Meanwhile open=open kind=what.kind() draft=draft matters=|_| true />
            </SheetForm>
        </Sheet>
    }
}

/// What was begun before and is not done yet.
fn begun(what: Asking, id: IncidentId) -> RwSignal<Draft> {
    let (desk, drafts) = (expect_context::<Desk>(), expect_context::<Drafts>());
    let draft = RwSignal::new(Draft::default());
    spawn_local(async move {
        let Ok(saved) = desk.link.open(id).await else {
            return;
        };
        let begun = drafts.begun(id, what.kind(), &saved);
        // The sheet may have been closed, and its author may already have begun to type.
        draft.try_update(|draft| {
            if draft.text.is_empty() {
                *draft = begun;
            }
        });
    });
    draft
}

/// The choice beside the words; the first, until another one is made.
fn word_of(draft: &Draft) -> &str {
    if draft.word.is_empty() {
        "0"
    } else {
        &draft.word
    }
}

#[component]
fn AskedChoice(
    label: String,
    choices: Vec<Choice>,
    choice: Signal<String>,
    #[prop(into)] on_pick: Callback<String>,
) -> impl IntoView {
    view! {
        <div class="field">
            <span aria-hidden="true">{label.clone()}</span>
            <Pick
                label=label
                choices=Signal::stored(choices)
                value=choice
                on_pick=move |picked| on_pick.run(picked)
            />
        </div>
    }
}
