//! What is written and not sent, with a way to it, or out of it when its incident is gone.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{Call, KeptDraft, WrittenDraft};
use crate::incidents::{Desk, Draft, Place};
use crate::text::t;

/// The drafts of the person on this device.
#[component]
pub(super) fn DraftList(drafts: RwSignal<Vec<KeptDraft>>, centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let item = move |kept: KeptDraft| {
        let text = Draft::read(&kept.text).text;
        let preview: String = text.chars().take(120).collect();
        let way = if kept.is_here {
            let open = move |_| {
                centre.set(false);
                desk.address.go(Place::Incident(kept.incident));
            };
            view! { <button type="button" on:click=open>{kept.subject.clone()}</button> }.into_any()
        } else {
            view! { <Stray kept=kept.clone() text=text drafts=drafts /> }.into_any()
        };
        view! { <li>{way} <small>{preview}</small></li> }
    };
    move || {
        let all = drafts.get();
        let heading = t!("drafts.title", count = all.len());
        (!all.is_empty()).then(|| {
            view! {
                <h3>{heading}</h3>
                <ul>{all.into_iter().map(item).collect_view()}</ul>
            }
        })
    }
}

/// A draft whose incident is no longer on this device.
#[component]
fn Stray(kept: KeptDraft, text: String, drafts: RwSignal<Vec<KeptDraft>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let KeptDraft {
        incident,
        kind,
        subject,
        ..
    } = kept;
    let discard = move |_| {
        spawn_local(async move {
            let call = Call::SaveDraft(WrittenDraft {
                incident,
                kind,
                base: String::new(),
                text: String::new(),
            });
            if desk.link.ask(call).await.is_ok() {
                drafts.try_update(|drafts| {
                    drafts.retain(|other| (other.incident, other.kind) != (incident, kind));
                });
            }
        });
    };
    view! {
        <span>{t!("drafts.gone", subject = subject)}</span>
        <div class="actions">
            <button type="button" class="button" on:click=move |_| desk.copy(text.clone())>
                {t!("review.copy")}
            </button>
            <button type="button" class="button quiet" on:click=discard>{t!("review.discard")}</button>
        </div>
    }
}
