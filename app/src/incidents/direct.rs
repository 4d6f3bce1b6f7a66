//! Acts that are done at once, since they ask for no words: by a button, by a key, in the palette.

use shared::ids::PersonId;
use shared::incidents::{Incident, Intent, State};

use crate::text::t;

/// An act that asks for nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DirectAct {
    Claim,
    Start,
    Close,
}

impl DirectAct {
    pub(super) const ALL: [Self; 3] = [Self::Claim, Self::Start, Self::Close];

    /// The key that does it.
    pub(super) fn key(self) -> Option<&'static str> {
        match self {
            Self::Claim => Some("I"),
            Self::Start => Some("S"),
            Self::Close => None,
        }
    }

    pub(super) fn label(self, state: State) -> String {
        match self {
            Self::Claim => t!("action.claim"),
            Self::Start if state == State::OnHold => t!("action.go_on"),
            Self::Start => t!("action.start"),
            Self::Close => t!("action.close_incident"),
        }
    }

    pub(super) fn intent(self, incident: &Incident) -> Intent {
        match self {
            Self::Claim => Intent::Claim {
                group: incident.assignment.group.clone(),
            },
            Self::Start => Intent::Start,
            Self::Close => Intent::Close,
        }
    }
}

/// Whether an act makes sense as the incident stands, whoever may do it.
pub(super) fn is_possible(intent: &Intent, incident: &Incident, me: PersonId) -> bool {
    match intent.transition() {
        Some(step) => step.is_allowed_from(incident.state),
        None if matches!(intent, Intent::Assign { .. }) => incident.state.is_open(),
        None => incident.state.is_open() && incident.assignment.person != Some(me),
    }
}
