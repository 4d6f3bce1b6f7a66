//! Who else is at the open incident, and telling them that its reader is.

use std::collections::BTreeSet;
use std::time::Duration;

use leptos::prelude::*;
use shared::ids::{IncidentId, PersonId};
use shared::sync::message::{Attendance, Doing, Here, LOST_MILLIS_MAX, Present};

use super::Open;
use crate::engine::protocol::{Call, Line};
use crate::incidents::Desk;
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::live;

/// Whoever has not typed for so long is reading again.
const WRITES_FOR: Duration = Duration::from_secs(15);

/// So many people are named.
const NAMED_MAX: usize = 3;

/// What the reader does at the open incident. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Doings {
    doing: RwSignal<Doing>,
    /// How often something was typed.
    typed: StoredValue<u32>,
}

impl Doings {
    /// Tells others from now on, for as long as the incident is open.
    pub(super) fn at(desk: Desk, id: IncidentId) -> Self {
        let doing = RwSignal::new(Doing::Looking);
        let now = Memo::new(move |_| doing.get());
        Effect::new(move |_| {
            // An engine that was started anew knows nothing of it.
            desk.board().started.track();
            let doing = now.get();
            let here = Here {
                incident: id,
                doing,
            };
            desk.link.tell(Call::Here(Some(here)));
        });
        on_cleanup(move || desk.link.tell(Call::Here(None)));
        Self {
            doing,
            typed: StoredValue::new(0),
        }
    }

    /// Something was typed into the box.
    pub(super) fn types(self, doing: Doing) {
        self.typed
            .update_value(|typed| *typed = typed.wrapping_add(1));
        let typed = self.typed.get_value();
        self.doing.set(doing);
        set_timeout(
            move || {
                if self.typed.try_get_value() == Some(typed) {
                    self.stops();
                }
            },
            WRITES_FOR,
        );
    }

    /// The box is empty, or was left alone.
    pub(super) fn stops(self) {
        self.doing.try_set(Doing::Looking);
    }
}

/// Others at the incident, those first who are surely there.
fn others(desk: Desk, id: IncidentId) -> Vec<Present> {
    let is_online = desk
        .board()
        .status
        .with(|status| status.line == Line::Online);
    let now = browser::now();
    let mut others = desk.board().there().with(|there| {
        let here = there.iter().find(|there| there.incident == id);
        here.map(|here| here.people.clone()).unwrap_or_default()
    });
    if !is_online {
        // What was last heard may have changed since.
        for other in &mut others {
            other.attendance = Attendance::Lost;
        }
    }
    others.retain(|other| {
        other.attendance != Attendance::Lost || now.since(other.since) < LOST_MILLIS_MAX
    });
    others.sort_by_key(|other| std::cmp::Reverse(other.attendance));
    others
}

/// A line in the head: who else is there.
#[component]
pub(super) fn Presence(open: Open) -> impl IntoView {
    let desk = expect_context::<Desk>();
    let id = open.with_untracked(|incident| incident.id);
    let others = Memo::new(move |_| others(desk, id));
    let come = RwSignal::new(String::new());
    Effect::new(move |before: Option<BTreeSet<PersonId>>| {
        let people: BTreeSet<_> = others.with(|all| all.iter().map(|one| one.person).collect());
        let before = before.unwrap_or_default();
        let new = others.with_untracked(|all| {
            let new = all.iter().filter(|one| !before.contains(&one.person));
            let new: Vec<_> = new.map(|one| in_words(desk, one)).collect();
            new.join(". ")
        });
        come.set(new);
        people
    });
    let line = move |one: &Present| {
        let kind = match one.attendance {
            Attendance::Lost => "lost",
            Attendance::Here(Doing::Looking) => "here",
            Attendance::Here(Doing::Replying | Doing::Noting) => "writes",
        };
        let words = in_words(desk, one);
        let title = words.clone();
        view! { <span data-kind=kind title=title>{words}</span> }
    };
    view! {
        <span class="sr-only" role="status">{come}</span>
        {live(move || {
            let others = others.get();
            let more = others.len().saturating_sub(NAMED_MAX);
            (!others.is_empty()).then(|| {
                view! {
                    <p class="presence" aria-label=t!("presence.label") role="group">
                        {others.iter().take(NAMED_MAX).map(line).collect_view()}
                        {(more > 0).then(|| view! { <span>{t!("presence.more", count = more)}</span> })}
                    </p>
                }
            })
        })}
    }
}

fn in_words(desk: Desk, one: &Present) -> String {
    let organisation = desk.board().organisation.get_untracked();
    let name = organisation.person_name(one.person);
    match one.attendance {
        Attendance::Here(Doing::Looking) => t!("presence.here", name = name),
        Attendance::Here(Doing::Replying) => t!("presence.replies", name = name),
        Attendance::Here(Doing::Noting) => t!("presence.notes", name = name),
        Attendance::Lost => t!(
            "presence.lost",
            name = name,
            at = text::clock_and_day(one.since)
        ),
    }
}
