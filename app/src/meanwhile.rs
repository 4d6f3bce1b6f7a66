//! What others did while somebody was writing: said before it is sent, and never in the way.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

use std::sync::Arc;

use leptos::prelude::*;

use shared::ids::{DocKind, PersonId};
use shared::incidents::{Event, Incident};

use crate::engine::protocol::DraftKind;
use crate::incidents::{Draft, Drafts, latest};
use crate::link::Link;
use crate::text::t;

/// What arrived since the draft was begun, until its author has seen it.
#[component]
pub(crate) fn Meanwhile(
    open: RwSignal<Arc<Incident>>,
    kind: DraftKind,
    draft: RwSignal<Draft>,
    /// Whether the page shows what happened.
    matters: fn(&Event) -> bool,
) -> impl IntoView {
    let (link, drafts) = (expect_context::<Link>(), expect_context::<Drafts>());
    let told = Memo::new(move |_| {
        let since = draft.with(|draft| draft.since.filter(|_| !draft.text.is_empty()))?;
        open.with(|incident| told(link, incident, since, matters))
    });
    let see = move |_| {
        let (id, now) = open.with_untracked(|incident| (incident.id, latest(incident)));
        draft.update(|draft| draft.since = Some(now));
        drafts.keep(id, kind, draft.get_untracked());
    };
    // The region stands before its text comes, so that it is read out.
    view! {
        <div role="status">
            {move || {
                told.get()
                    .map(|(what, quoted)| {
                        view! {
                            <p class="meanwhile">
                                <span>
                                    {what} {quoted.map(|quoted| view! { " " <q dir="auto">{quoted}</q> })}
                                </span>
                                <button type="button" class="button quiet" on:click=see>
                                    {t!("meanwhile.seen")}
                                </button>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// What others did since then, and what the last of them wrote.
fn told(
    link: Link,
    incident: &Incident,
    since: i64,
    matters: fn(&Event) -> bool,
) -> Option<(String, Option<String>)> {
    let me = link.person();
    let is_new = |event: &&Event| {
        let arrived = event
            .from
            .arrival
            .is_some_and(|arrived| arrived.at.0 > since);
        let is_another = Some(event.from.by) != me && event.from.by != PersonId::SERVER;
        arrived && is_another && event.counts() && matters(event)
    };
    let new: Vec<_> = incident.timeline.iter().filter(is_new).collect();
    let last = *new.last()?;
    let organisation = link.board.organisation.get();
    let name = organisation.person_name(last.from.by);
    if new.len() > 1 {
        let what = t!("meanwhile.several", count = new.len(), name = name);
        return Some((what, None));
    }
    let Some(text) = last.kind.message() else {
        return Some((t!("meanwhile.changed", name = name), None));
    };
    let what = match last.doc {
        DocKind::Incident => t!("meanwhile.replied", name = name),
        DocKind::Work => t!("meanwhile.noted", name = name),
    };
    Some((what, Some(text.to_owned())))
}
