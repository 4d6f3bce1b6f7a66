//! What was not sent and has no other page: what the server refused, and what was being written on
//! reports that are no longer on this device. Kept with its words until its author has dealt with
//! it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;

use super::front::Front;
use super::words;
use crate::engine::protocol::{Call, DraftKind, KeptDraft, ReviewAct, WrittenDraft};
use crate::incidents::Draft;
use crate::review;
use crate::text::t;

pub(super) fn unsent(front: Front) -> impl IntoView {
    view! {
        {refused(front, None)}
        {drafts(front, None)}
    }
}

/// What the server refused, of all or of one report.
pub(super) fn refused(front: Front, of: Option<IncidentId>) -> impl IntoView {
    let acts = RwSignal::new(Vec::<ReviewAct>::new());
    let count = Memo::new(move |_| front.link.board.status.with(|status| status.review));
    Effect::new(move |_| {
        if count.get() == 0 {
            return acts.update(Vec::clear);
        }
        spawn_local(async move {
            if let Ok(waiting) = front.link.waiting().await {
                let mut review = waiting.review;
                review.retain(|act| of.is_none_or(|of| act.incident == of));
                acts.try_set(review);
            }
        });
    });
    move || {
        let acts = acts.get();
        (!acts.is_empty()).then(|| {
            view! {
                <section class="unsent" aria-labelledby="unsent">
                    <h2 id="unsent">{t!("portal.unsent")}</h2>
                    {acts.into_iter().map(|act| card(front, &act)).collect_view()}
                </section>
            }
        })
    }
}

fn card(front: Front, refused: &ReviewAct) -> AnyView {
    let act = refused.act;
    Kept {
        subject: refused.subject.clone(),
        why: words::refused_act(&refused.why, &refused.intent),
        text: words::of_act(&refused.intent),
    }
    .show(front, move || {
        review::discard(front.link, front.toasts, act);
    })
}

/// What was being written on reports that are no longer here, or on one of them.
pub(super) fn drafts(front: Front, of: Option<IncidentId>) -> impl IntoView {
    let lost = RwSignal::new(Vec::<KeptDraft>::new());
    let reports = Memo::new(move |_| front.link.board.with_rows(<[_]>::len));
    Effect::new(move |_| {
        reports.track();
        spawn_local(async move {
            let Ok(mut waiting) = front.link.waiting().await else {
                return;
            };
            waiting.drafts.retain(|draft| is_lost(draft, of));
            lost.try_set(waiting.drafts);
        });
    });
    move || {
        let drafts = lost.get();
        (!drafts.is_empty()).then(|| {
            let cards = drafts
                .into_iter()
                .map(|draft| lost_draft(front, draft, lost));
            view! {
                <section class="unsent" aria-labelledby="kept">
                    <h2 id="kept">{t!("portal.kept")}</h2>
                    {cards.collect_view()}
                </section>
            }
        })
    }
}

/// Notes that only staff may see are no matter of the portal.
fn is_lost(draft: &KeptDraft, of: Option<IncidentId>) -> bool {
    let is_shown = of.is_none_or(|id| draft.incident == id) && draft.kind != DraftKind::New;
    is_shown && !draft.is_here && !Draft::read(&draft.text).is_internal()
}

fn lost_draft(front: Front, draft: KeptDraft, lost: RwSignal<Vec<KeptDraft>>) -> AnyView {
    let (incident, kind) = (draft.incident, draft.kind);
    let discard = move || {
        spawn_local(async move {
            if front.link.ask(nothing(incident, kind)).await.is_ok() {
                let is_other = |one: &KeptDraft| (one.incident, one.kind) != (incident, kind);
                lost.try_update(|drafts| drafts.retain(is_other));
            }
        });
    };
    Kept {
        subject: draft.subject,
        why: t!("portal.kept_why"),
        text: Draft::read(&draft.text).text,
    }
    .show(front, discard)
}

fn nothing(incident: IncidentId, kind: DraftKind) -> Call {
    Call::SaveDraft(WrittenDraft {
        incident,
        kind,
        base: String::new(),
        text: String::new(),
    })
}

/// Words that were not sent, and why.
struct Kept {
    subject: String,
    why: String,
    text: String,
}

impl Kept {
    fn show(self, front: Front, discard: impl Fn() + 'static) -> AnyView {
        let Self { subject, why, text } = self;
        let copied = text.clone();
        let copy = move |_| front.toasts.copy(copied.clone());
        view! {
            <article>
                <h3>{subject}</h3>
                <p>{why}</p>
                <blockquote dir="auto">{text}</blockquote>
                <div class="next">
                    <button type="button" class="button" on:click=copy>{t!("review.copy")}</button>
                    <button type="button" class="button" on:click=move |_| discard()>
                        {t!("review.discard")}
                    </button>
                </div>
            </article>
        }
        .into_any()
    }
}
