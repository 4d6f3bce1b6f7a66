//! Doing something to an incident: may it be done, is it kept, and what to say if not.

use std::ops::Deref;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{IncidentId, LocalCode};
use shared::incidents::{Incident, Intent};
use shared::people::Person;
use shared::policy;

use super::address::Place;
use super::undo::{Offer, Undo};
use super::words::{intent_text, refusal_text};
use super::{Address, Drafts};
use crate::engine::protocol::Failure;
use crate::link::{Board, Link, Organisation, Painted};
use crate::session::Session;
use crate::text::t;
use crate::ui::toast::Toasts;

/// What every part of the page works with: one set for the whole life of the page.
#[derive(Clone, Copy)]
pub(crate) struct Desk(&'static Parts);

/// The parts that a [`Desk`] leads to.
pub(crate) struct Parts {
    pub link: Link,
    pub address: Address,
    pub session: Session,
    pub toasts: Toasts,
    pub drafts: Drafts,
    me: Memo<Arc<Person>>,
}

/// Where whoever takes an act back is led.
#[derive(Clone, Copy)]
enum Back {
    ToTheIncident,
    Nowhere,
}

impl Deref for Desk {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.0
    }
}

impl Desk {
    /// A desk that stands as long as the page: its parts are never given back.
    pub(crate) fn new(link: Link, address: Address, session: Session, toasts: Toasts) -> Self {
        let me = Memo::new(move |_| {
            let signed_in = session.person.get().unwrap_or_else(|| Arc::new(nobody()));
            // The directory is the later word: what somebody may do can change while they work.
            let known = link.board.organisation.get().person(signed_in.id).cloned();
            known.map_or(signed_in, Arc::new)
        });
        toasts.give_up_with(link.board.lost);
        Self(Box::leak(Box::new(Parts {
            link,
            address,
            session,
            toasts,
            drafts: Drafts::new(link),
            me,
        })))
    }

    pub(crate) fn board(self) -> Board {
        self.link.board
    }

    /// Who is signed in; tracked.
    pub(crate) fn me(self) -> Arc<Person> {
        self.me.get()
    }

    /// The directory; tracked.
    pub(crate) fn organisation(self) -> Arc<Organisation> {
        self.board().organisation.get()
    }

    /// Does an act and waits until this device has kept it; an error is a sentence. Whoever takes
    /// it back is led to the incident.
    pub(crate) async fn act(self, incident: IncidentId, intent: Intent) -> Result<(), String> {
        self.act_from(incident, intent, Back::ToTheIncident).await
    }

    async fn act_from(
        self,
        incident: IncidentId,
        intent: Intent,
        back: Back,
    ) -> Result<(), String> {
        let what = intent.clone();
        let painted = self
            .link
            .act(incident, intent)
            .await
            .map_err(|why| failure_text(&why))?;
        let at_once = Callback::new(move |()| match back {
            Back::ToTheIncident => self.address.go(Place::Incident(incident)),
            Back::Nowhere => {}
        });
        let back = (at_once, Callback::new(|()| {}));
        self.keep(painted, &what, back).await
    }

    /// Offers to take a painted act back, and waits until this device has kept it. Whoever takes it
    /// back is led by the first callback at once and by the second afterwards.
    pub(crate) async fn keep(
        self,
        painted: Painted,
        intent: &Intent,
        (at_once, afterwards): (Callback<()>, Callback<()>),
    ) -> Result<(), String> {
        let incident = painted.incident;
        let row = untrack(|| self.board().row(incident));
        // A new incident has no row yet.
        let name = row.map_or_else(|| LocalCode::of(incident).0, |row| row.name());
        let what = untrack(|| intent_text(intent, &self.organisation()));
        let did = t!("undo.offer", what = what.as_str(), name = name.as_str());
        let undo = Undo {
            link: self.link,
            toasts: self.toasts,
            drafts: self.drafts,
            failure: failure_text,
        };
        let offer = Offer {
            intent: intent.clone(),
            did,
            undid: t!("undo.done", what = what.as_str()),
            at_once,
            afterwards,
        };
        undo.keep(painted, offer).await
    }

    /// Does an act that holds no text of its own; a failure is said at the edge of the page.
    /// Whoever does it from a list and takes it back stays there.
    pub(crate) fn do_now(self, incident: IncidentId, intent: Intent) {
        let is_open = untrack(|| self.address.incident()) == Some(incident);
        let back = if is_open {
            Back::ToTheIncident
        } else {
            Back::Nowhere
        };
        spawn_local(async move {
            if let Err(why) = self.act_from(incident, intent, back).await {
                self.toasts.say(why);
                // Controls that already show the new value go back to what holds.
                self.board().incident.notify();
            }
        });
    }

    /// Copies a text and says whether that worked: somebody may be about to leave the device.
    pub(crate) fn copy(self, text: String) {
        self.toasts.copy(text);
    }

    /// Why this person may not do this now, as a sentence; nothing when they may.
    pub(crate) fn refusal(self, intent: &Intent, incident: &Incident) -> Option<String> {
        let refused = policy::may(&self.me(), intent, Some(incident)).err()?;
        Some(refusal_text(&refused))
    }
}

fn nobody() -> Person {
    Person {
        id: shared::ids::PersonId::SERVER,
        login: String::new(),
        name: String::new(),
        roles: std::collections::BTreeSet::new(),
        groups: std::collections::BTreeSet::new(),
        site: None,
        language: String::new(),
        phone: String::new(),
        department: String::new(),
        mail: None,
        active: false,
    }
}

/// What happened, what was kept, and what to do next.
pub(crate) fn failure_text(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refused) => refusal_text(refused),
        Failure::Quota => t!("failure.quota"),
        Failure::Storage { .. }
        | Failure::Stopped
        | Failure::Wiping
        | Failure::Locked { .. }
        | Failure::WrongPin { .. } => t!("failure.storage"),
        Failure::Unknown => t!("failure.unknown"),
        Failure::NotStarted => t!("failure.not_started"),
        Failure::StillWaiting { count } => t!("failure.still_waiting", count = *count),
        Failure::Parcel(_) => t!("parcel.altered"),
        Failure::Later => t!("banner.earlier"),
    }
}
