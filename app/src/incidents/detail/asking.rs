//! Acts that ask for something first: hold, resolve, reopen, cancel.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::incidents::{HoldReason, Intent, ResolutionCode};

use super::Open;
use crate::incidents::Desk;
use crate::incidents::choices;
use crate::text::t;
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
    let choice = RwSignal::new("0".to_owned());
    let words = RwSignal::new(String::new());
    let failure = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let submit = Callback::new(move |()| {
        let id = open.with_untracked(|incident| incident.id);
        let intent = what.intent(
            &choice.get_untracked(),
            words.get_untracked().trim().to_owned(),
        );
        busy.set(true);
        spawn_local(async move {
            let outcome = desk.act(id, intent).await;
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
                    .map(|(label, choices)| view! { <AskedChoice label=label choices=choices choice=choice /> })}
                <label class="field">
                    <span>{what.words_label()}</span>
                    <textarea rows="4" required autofocus bind:value=words></textarea>
                </label>
            </SheetForm>
        </Sheet>
    }
}

#[component]
fn AskedChoice(label: String, choices: Vec<Choice>, choice: RwSignal<String>) -> impl IntoView {
    view! {
        <div class="field">
            <span aria-hidden="true">{label.clone()}</span>
            <Pick
                label=label
                choices=Signal::stored(choices)
                value=choice
                on_pick=move |picked| choice.set(picked)
            />
        </div>
    }
}
