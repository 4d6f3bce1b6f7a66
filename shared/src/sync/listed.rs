//! What the server lists for the console beside sync, as JSON: shown and never kept.

use serde::{Deserialize, Serialize};

use crate::ids::{ActId, IncidentId, PersonId};
use crate::incidents::{Refused, State};
use crate::time::UnixMillis;

/// An act that was refused, as `GET /refused` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedAct {
    pub person: PersonId,
    #[serde(rename = "act")]
    pub id: ActId,
    pub incident: IncidentId,
    /// What the incident is called, and its subject, if the server has it.
    pub name: Option<String>,
    pub subject: Option<String>,
    pub received_at: UnixMillis,
    pub refused: Refused,
    /// The groups of its facts, such as `entry`.
    pub groups: Vec<String>,
    /// What its author wrote.
    pub texts: Vec<String>,
}

/// An incident that has left devices, as `GET /older` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldIncident {
    pub id: IncidentId,
    pub name: String,
    pub subject: String,
    pub state: State,
    pub changed_at: UnixMillis,
}

/// Some of those that answer to what is looked for, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OldIncidents {
    pub incidents: Vec<OldIncident>,
    /// Where to go on, if there may be others.
    pub more: Option<Behind>,
}

/// A place in the list of what has left devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    pub after: IncidentId,
    pub changed_at: UnixMillis,
}
