//! What is written and not sent, with a way to it, or out of it when its incident is gone.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::protocol::{Call, DraftKind, KeptDraft, WrittenDraft};
use crate::incidents::{Desk, Place, draft_words};
use crate::text::t;

/// The drafts of the person on this device.
#[component]
pub(super) fn DraftList(drafts: RwSignal<Vec<KeptDraft>>, centre: RwSignal<bool>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let item = move |kept: KeptDraft| {
        let text = draft_words(kept.incident, &kept.text);
        let is_new = kept.kind == DraftKind::New;
        let preview: String = if text.is_empty() && kept.kind == DraftKind::Log {
            t!("work.not_logged")
        } else {
            text.chars().take(120).collect()
        };
        let subject = if is_new {
            t!("declare.title")
        } else {
            kept.subject.clone()
        };
        if is_new || kept.is_here {
            let place = if is_new {
                Place::New
            } else {
                Place::Incident(kept.incident)
            };
            let open = move |_| {
                centre.set(false);
                desk.address.go(place);
            };
            view! {
                <li>
                    <button type="button" on:click=open>{subject}</button>
                    <small>{preview}</small>
                </li>
            }
            .into_any()
        } else {
            view! {
                <li>
                    <span>{t!("drafts.gone", subject = subject)}</span>
                    <small>{preview}</small>
                    <Stray kept=kept text=text drafts=drafts />
                </li>
            }
            .into_any()
        }
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

/// The ways out of a draft whose incident is no longer on this device.
#[component]
fn Stray(kept: KeptDraft, text: String, drafts: RwSignal<Vec<KeptDraft>>) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let discard = move |_| discard(desk, drafts, kept.clone());
    view! {
        <div class="actions">
            <button type="button" class="button" on:click=move |_| desk.copy(text.clone())>
                {t!("review.copy")}
            </button>
            <button type="button" class="button quiet" on:click=discard>{t!("review.discard")}</button>
        </div>
    }
}

/// Discards a draft and offers to put it back.
fn discard(desk: Desk, drafts: RwSignal<Vec<KeptDraft>>, kept: KeptDraft) {
    spawn_local(async move {
        if !save(desk, &kept, String::new()).await {
            return;
        }
        // The list may have been closed meanwhile.
        drafts.try_update(|drafts| drafts.retain(|other| !is_same(other, &kept)));
        let put_back = Callback::new(move |()| put_back(desk, drafts, kept.clone()));
        desk.toasts
            .offer_undo(t!("drafts.discarded"), (None, put_back));
    });
}

fn put_back(desk: Desk, drafts: RwSignal<Vec<KeptDraft>>, kept: KeptDraft) {
    spawn_local(async move {
        if save(desk, &kept, kept.text.clone()).await {
            drafts.try_update(|drafts| drafts.push(kept));
        } else {
            desk.toasts.say(t!("review.not_put_back"));
        }
    });
}

fn is_same(one: &KeptDraft, other: &KeptDraft) -> bool {
    (one.incident, one.kind) == (other.incident, other.kind)
}

async fn save(desk: Desk, kept: &KeptDraft, text: String) -> bool {
    let call = Call::SaveDraft(WrittenDraft {
        incident: kept.incident,
        kind: kept.kind,
        base: String::new(),
        text,
    });
    desk.link.ask(call).await.is_ok()
}
