//! Who reads a report beside the person who made it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{DocKind, PersonId};
use shared::incidents::{Incident, Intent, Watcher};

use super::front::Front;
use super::incident::Open;
use crate::text::t;
use crate::ui::live::live;

const PUBLIC: DocKind = DocKind::Incident;

/// Whether the reader watches; tracked.
pub(super) fn watches(front: Front, open: Open) -> bool {
    open.with(|incident| incident.watcher(PUBLIC, front.me()).is_some())
}

/// Names those who watch, so that whoever writes knows who reads it.
pub(super) fn watching(front: Front, open: Open) -> impl IntoView {
    let own = Memo::new(move |_| open.with(|incident| incident.watcher(PUBLIC, front.me())));
    view! {
        {live(move || {
            let names = open.with(|incident| names(front, incident));
            (!names.is_empty()).then(|| {
                view! { <p class="quiet" data-testid="watching">{names}</p> }
            })
        })}
        {live(move || own.get().map(|watcher| leave(front, open, watcher)))}
    }
}

fn names(front: Front, incident: &Incident) -> String {
    let organisation = front.organisation();
    let me = front.me();
    let is_other = |person: &PersonId| *person != me;
    let watchers = incident.watchers(PUBLIC).into_iter();
    let others = watchers.map(|watcher| watcher.person).filter(is_other);
    let others: Vec<_> = others.map(|one| organisation.person_name(one)).collect();
    let mut said = Vec::new();
    if incident.requester_person() != Some(me) {
        let name = organisation.requester_name(&incident.requester.holds.value);
        said.push(t!("portal.watched", name = name));
    }
    if !others.is_empty() {
        said.push(t!("portal.watchers", names = others.join(", ")));
    }
    said.join(" ")
}

/// Whoever watches may stop it; the report then leaves this page.
fn leave(front: Front, open: Open, Watcher { person, added }: Watcher) -> impl IntoView {
    let stop = move |_| {
        let id = open.with_untracked(|incident| incident.id);
        let (doc, added) = (PUBLIC, added.clone());
        spawn_local(async move {
            let intent = Intent::Unwatch { doc, person, added };
            if let Err(why) = front.act(id, intent).await {
                front.toasts.say(why);
            }
        });
    };
    view! { <p><button type="button" class="button" on:click=stop>{t!("watch.stop")}</button></p> }
}
