//! The sheet that finds a person for an act on the open incident.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::PersonId;
use shared::incidents::Intent;

use super::Open;
use crate::incidents::Desk;
use crate::text::t;
use crate::ui::overlay::{Sheet, SheetForm};
use crate::ui::person::{Fits, PersonFinder};

/// What the sheet says, and what it does with whoever is found.
pub(super) struct Finding {
    pub(super) title: String,
    pub(super) label: String,
    pub(super) about: Option<String>,
    pub(super) submit: String,
    pub(super) fits: Fits,
    pub(super) intent: Box<dyn Fn(PersonId) -> Intent + Send + Sync>,
}

/// Finds somebody, then acts. It closes only once this device has kept the act.
#[component]
pub(super) fn PersonSheet(
    open: Open,
    finding: Finding,
    #[prop(into)] on_close: Callback<()>,
) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(None::<PersonId>);
    let failure = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let Finding {
        title,
        label,
        about,
        submit,
        fits,
        intent,
    } = finding;
    let find = Callback::new(move |()| {
        let Some(person) = chosen.get_untracked() else {
            return failure.set(t!("props.choose_person"));
        };
        let id = open.with_untracked(|incident| incident.id);
        let intent = intent(person);
        busy.set(true);
        spawn_local(async move {
            let outcome = desk.act(id, intent).await;
            // The sheet may have been closed meanwhile.
            if busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(()) => on_close.run(()),
                Err(why) => failure.set(why),
            }
        });
    });
    view! {
        <Sheet title=title on_close=move |()| on_close.run(())>
            <SheetForm submit=submit failure=failure busy=busy on_submit=find>
                <div class="field">
                    <PersonFinder
                        label=label
                        organisation=desk.board().organisation
                        typed=typed
                        fits=fits
                        on_pick=move |person| chosen.set(Some(person))
                    />
                    {about.map(|about| view! { <p class="hint">{about}</p> })}
                </div>
            </SheetForm>
        </Sheet>
    }
}
