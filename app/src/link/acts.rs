//! Acts on their way to the engine, shown before it has done them.

use futures_channel::oneshot;
use leptos::prelude::Update as _;

use shared::ids::{ActId, FactId, IncidentId};
use shared::incidents::{Incident, Intent};

use super::{Link, gone};
use crate::engine::protocol::{ActNames, Answer, Call, Failure, Sealed};
use crate::ui::browser;

/// An act that is on the screen, and the promise of whether this device has kept it.
pub struct Painted {
    pub act: ActId,
    pub incident: IncidentId,
    /// What takes it back.
    pub undo: Option<Intent>,
    pub kept: Kept,
}

type Kept = oneshot::Receiver<Result<(), Failure>>;

impl Painted {
    /// Waits until the act is durable, or says why it could not be kept.
    pub async fn kept(self) -> Result<(), Failure> {
        self.kept.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Link {
    /// Does one act, which the open incident shows in this frame; what the engine reads follows.
    pub async fn act(self, incident: IncidentId, intent: Intent) -> Result<Painted, Failure> {
        let names = ActNames::draw(browser::now(), browser::random);
        if let Some(person) = self.person() {
            self.board.foresee(incident, &intent, names, person);
        }
        let undo = withdrawal(&intent, names.fact(&intent));
        let call = Call::Act {
            incident,
            intent,
            names,
        };
        match self.painted(call).await {
            Ok((act, _, kept)) => Ok(Painted {
                act,
                incident,
                undo,
                kept,
            }),
            Err(why) => {
                self.board.drop_foreseen(names.act);
                Err(why)
            }
        }
    }

    /// Declares an incident.
    pub async fn declare(self, intent: Intent) -> Result<Painted, Failure> {
        let (act, told, kept) = self.painted(Call::Declare { intent }).await?;
        let incident = told.ok_or(Failure::Unknown)?.open()?;
        self.board.painted.update(|painted| {
            painted.extend(incident.timeline.iter().map(|event| (event.fact, act)));
        });
        Ok(Painted {
            act,
            incident: incident.id,
            undo: undeclare(&incident),
            kept,
        })
    }

    /// Asks for an act. What came of it is known at once only of a declaration.
    async fn painted(self, call: Call) -> Result<(ActId, Option<Sealed<Incident>>, Kept), Failure> {
        let (keep, kept) = oneshot::channel();
        match self.ask(call).await? {
            Answer::Painted { act, incident } => {
                self.with(|state| state.keeping.insert(act, keep));
                Ok((act, incident, kept))
            }
            Answer::Done
            | Answer::Started { .. }
            | Answer::Opened { .. }
            | Answer::Drafts(_)
            | Answer::AsItWas(_)
            | Answer::Question(_)
            | Answer::Waiting(_)
            | Answer::Packed { .. }
            | Answer::Unpacked(_)
            | Answer::Files(_)
            | Answer::Wiped { .. } => Err(Failure::NotStarted),
        }
    }
}

/// What takes an act back; none for what takes back itself.
fn withdrawal(intent: &Intent, fact: FactId) -> Option<Intent> {
    if let Some(edit) = intent.undoing_edit() {
        return Some(edit);
    }
    let is_final = matches!(intent, Intent::Withdraw { .. });
    let doc = *intent.docs().first().filter(|_| !is_final)?;
    Some(Intent::Withdraw { doc, fact })
}

/// What takes back the declaration of an incident that nothing else has happened to.
fn undeclare(incident: &Incident) -> Option<Intent> {
    let [declared] = incident.timeline.as_slice() else {
        return None;
    };
    let (doc, fact) = (declared.doc, declared.fact);
    Some(Intent::Withdraw { doc, fact })
}
