//! What others did while somebody was writing: said before it is sent, and never in the way.

use leptos::prelude::*;

use shared::ids::{DocKind, PersonId};
use shared::incidents::{Event, EventKind, Incident};

use super::Open;
use super::timeline::who;
use crate::engine::protocol::DraftKind;
use crate::incidents::drafts::{Draft, latest};
use crate::incidents::{Desk, Drafts};
use crate::text::t;

/// What arrived since the draft was begun, until its author has seen it.
#[component]
pub(super) fn Meanwhile(open: Open, kind: DraftKind, draft: RwSignal<Draft>) -> impl IntoView {
    let (desk, drafts) = (expect_context::<Desk>(), expect_context::<Drafts>());
    let told = Memo::new(move |_| {
        let since = draft.with(|draft| draft.since.filter(|_| !draft.text.is_empty()))?;
        open.with(|incident| told(desk, incident, since))
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
                                <span>{what} {quoted.map(|quoted| view! { " " <q>{quoted}</q> })}</span>
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
fn told(desk: Desk, incident: &Incident, since: i64) -> Option<(String, Option<String>)> {
    let me = desk.me().id;
    let is_new = |event: &&Event| {
        let arrived = event
            .from
            .arrival
            .is_some_and(|arrived| arrived.at.0 > since);
        arrived && event.from.by != me && event.from.by != PersonId::SERVER
    };
    let new: Vec<_> = incident.timeline.iter().filter(is_new).collect();
    let last = *new.last()?;
    let name = who(desk, &desk.organisation(), last);
    if new.len() > 1 {
        let what = t!("meanwhile.several", count = new.len(), name = name);
        return Some((what, None));
    }
    Some(match &last.kind {
        EventKind::Replied { text } | EventKind::Noted { text } => {
            let what = match last.doc {
                DocKind::Incident => t!("meanwhile.replied", name = name),
                DocKind::Work => t!("meanwhile.noted", name = name),
            };
            (what, Some(text.clone()))
        }
        EventKind::Declared
        | EventKind::Set(_)
        | EventKind::Assigned { .. }
        | EventKind::Claimed { .. }
        | EventKind::Started
        | EventKind::Held { .. }
        | EventKind::Resolved { .. }
        | EventKind::Reopened { .. }
        | EventKind::Closed
        | EventKind::Cancelled { .. }
        | EventKind::Numbered { .. } => (t!("meanwhile.changed", name = name), None),
    })
}
