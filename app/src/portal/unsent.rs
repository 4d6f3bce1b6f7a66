//! What the server refused: said, and kept with its words until its author has dealt with it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::front::Front;
use super::words;
use crate::engine::protocol::ReviewAct;
use crate::review;
use crate::text::t;

pub(super) fn unsent(front: Front) -> impl IntoView {
    let acts = RwSignal::new(Vec::<ReviewAct>::new());
    let count = Memo::new(move |_| front.link.board.status.with(|status| status.review));
    Effect::new(move |_| {
        if count.get() == 0 {
            return acts.update(Vec::clear);
        }
        spawn_local(async move {
            if let Ok(waiting) = front.link.waiting().await {
                acts.try_set(waiting.review);
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

fn card(front: Front, refused: &ReviewAct) -> impl IntoView + use<> {
    let text = words::of_act(&refused.intent);
    let act = refused.act;
    let copied = text.clone();
    let copy = move |_| front.toasts.copy(copied.clone());
    view! {
        <article>
            <h3>{refused.subject.clone()}</h3>
            <p>{words::refusal(&refused.why)}</p>
            <blockquote dir="auto">{text}</blockquote>
            <div class="next">
                <button type="button" class="button" on:click=copy>{t!("review.copy")}</button>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| review::discard(front.link, front.toasts, act)
                >
                    {t!("review.discard")}
                </button>
            </div>
        </article>
    }
}
