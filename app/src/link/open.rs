//! The open incident: as the engine read it last, and on it the acts that it does not know yet.
//!
//! To read an incident and to foresee an act on it takes much code. It is reached only from
//! [`Link::open`], which only the room of the incident calls, so it comes with the file of that
//! room; the board knows it as [`Compose`].

use std::sync::Arc;

use leptos::prelude::*;

use shared::ids::{ActId, FactId, IncidentId};
use shared::incidents::{Incident, Intent, Provenance};
use shared::sync::message::There;
use shared::time::UnixMillis;

use super::{Board, Link, SavedDrafts};
use crate::engine::protocol::{Answer, Call, Failure, Sealed, Waiting};

/// Takes in what the engine told of the open incident, if anything, and shows it anew.
pub(super) type Compose = fn(Board, Option<&Sealed<Incident>>);

/// An act that is shown before the engine has done it, until that tells what came of it.
#[derive(Clone)]
pub(super) struct Foreseen {
    pub(super) incident: IncidentId,
    pub(super) act: ActId,
    pub(super) fact: FactId,
    pub(super) intent: Intent,
    pub(super) from: Provenance,
    /// Whether it is on the disk, and in whatever the engine tells from now on.
    pub(super) is_kept: bool,
}

/// What the open incident is made of.
#[derive(Default)]
pub(super) struct Opened {
    /// As the engine read it last.
    pub(super) told: Option<Arc<Incident>>,
    pub(super) foreseen: Vec<Foreseen>,
    /// How it is read, once a room was entered that shows it.
    pub(super) compose: Option<Compose>,
    /// Who else is at what this person has open.
    pub there: RwSignal<Vec<There>>,
}

impl Opened {
    pub(super) fn is(&self, id: IncidentId) -> bool {
        self.told.as_ref().is_some_and(|told| told.id == id)
    }
}

impl Link {
    /// Opens an incident and follows it; gives what was being written on it.
    pub async fn open(self, incident: IncidentId) -> Result<SavedDrafts, Failure> {
        self.board
            .opened
            .update_value(|opened| opened.compose = Some(compose));
        self.look(incident).await
    }

    /// Follows an incident, which the room shows that once opened it.
    pub(super) async fn look(self, incident: IncidentId) -> Result<SavedDrafts, Failure> {
        let before = self.with(|state| state.followed.replace(incident));
        if let Some(before) = before.filter(|before| *before != incident) {
            self.tell(Call::Leave { incident: before });
        }
        match self.ask(Call::Open { incident }).await? {
            Answer::Opened {
                incident: told,
                drafts,
            } => {
                if self.follows(incident) {
                    self.board.show(&told);
                }
                Ok(drafts)
            }
            Answer::Done
            | Answer::Started { .. }
            | Answer::Drafts(_)
            | Answer::AsItWas(_)
            | Answer::Question(_)
            | Answer::Painted { .. }
            | Answer::Waiting(_)
            | Answer::Packed { .. }
            | Answer::Unpacked(_)
            | Answer::Files(_)
            | Answer::Wiped { .. } => Ok(Vec::new()),
        }
    }

    /// What is being written on an incident, whether it is here or not.
    pub async fn drafts(self, incident: IncidentId) -> SavedDrafts {
        match self.ask(Call::Drafts { incident }).await {
            Ok(Answer::Drafts(drafts)) => drafts,
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// An incident as it was at a moment of corrected time; none before it was there.
    pub(crate) async fn as_it_was(
        self,
        incident: IncidentId,
        until: UnixMillis,
    ) -> Result<Option<Incident>, Failure> {
        match self.ask(Call::AsItWas { incident, until }).await? {
            Answer::AsItWas(was) => was.as_ref().map(Sealed::open).transpose(),
            Answer::Done
            | Answer::Started { .. }
            | Answer::Opened { .. }
            | Answer::Files(_)
            | Answer::Drafts(_)
            | Answer::Question(_)
            | Answer::Painted { .. }
            | Answer::Waiting(_)
            | Answer::Packed { .. }
            | Answer::Unpacked(_)
            | Answer::Wiped { .. } => Err(Failure::NotStarted),
        }
    }

    /// What waits, what was refused, and what is being written.
    pub(crate) async fn waiting(self) -> Result<Waiting, Failure> {
        match self.ask(Call::Waiting).await? {
            Answer::Waiting(waiting) => waiting.open(),
            Answer::Done
            | Answer::Started { .. }
            | Answer::Opened { .. }
            | Answer::Drafts(_)
            | Answer::AsItWas(_)
            | Answer::Question(_)
            | Answer::Painted { .. }
            | Answer::Packed { .. }
            | Answer::Unpacked(_)
            | Answer::Files(_)
            | Answer::Wiped { .. } => Err(Failure::NotStarted),
        }
    }
}

fn compose(board: Board, told: Option<&Sealed<Incident>>) {
    if let Some(told) = told {
        match told.open() {
            Ok(incident) => board.opened.update_value(|opened| {
                let is_in_it = |one: &Foreseen| one.is_kept && one.incident == incident.id;
                opened.foreseen.retain(|one| !is_in_it(one));
                opened.told = Some(Arc::new(incident));
            }),
            Err(why) => leptos::logging::error!("an incident cannot be read: {why}"),
        }
    }
    let shown = board.opened.with_value(|opened| {
        let told = opened.told.as_ref()?;
        let of_it = |one: &&Foreseen| one.incident == told.id && !knows(told, one.fact);
        let mut shown = Arc::clone(told);
        for one in opened.foreseen.iter().filter(of_it) {
            Arc::make_mut(&mut shown).foresee(&one.intent, one.fact, one.from);
        }
        Some(shown)
    });
    board.incident.set(shown);
}

/// Whether the engine has told of a fact.
fn knows(told: &Incident, fact: FactId) -> bool {
    if told.acknowledged.iter().any(|said| said.fact == fact) {
        return true;
    }
    told.timeline.iter().any(|event| {
        let withdrawn = event.withdrawn.map(|withdrawn| withdrawn.fact);
        event.fact == fact || withdrawn == Some(fact)
    })
}
