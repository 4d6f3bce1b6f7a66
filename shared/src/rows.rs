//! Rows: compact summaries of incidents, so that lists, filters and counts never load a document.
//!
//! The public row is a function of (incident, receipts), the staff row of (incident, work,
//! receipts); a requester is only ever sent the public one. Devices keep rows in packed chunks.

mod pack;

use serde::{Deserialize, Serialize};

use crate::ids::{CategoryId, GroupId, IncidentId, LocalCode, PersonId, SiteId};
use crate::incidents::{EventKind, HoldReason, Incident, Level, Priority, Requester, State};
use crate::priority::Matrix;
use crate::time::UnixMillis;

pub use pack::{BadRows, pack, pack_one, unpack, unpack_one};

/// The layout of an encoded row. A device or server that meets another rebuilds its rows.
pub const ROW_FORMAT: u8 = 1;

/// How many rows a chunk of the device's storage holds.
pub const CHUNK_ROWS: usize = 512;

/// An incident in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub id: IncidentId,
    pub number: Option<String>,
    pub subject: String,
    pub requester: Requester,
    pub state: State,
    pub hold: Option<HoldReason>,
    pub priority: Priority,
    pub impact: Level,
    pub urgency: Level,
    pub category: Option<CategoryId>,
    pub site: Option<SiteId>,
    pub group: Option<GroupId>,
    pub assignee: Option<PersonId>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
    /// Public entries.
    pub entries: u16,
    /// Internal notes; always zero in a public row.
    pub notes: u16,
    /// Fields with values set at the same time that nobody has settled.
    pub conflicts: u8,
}

impl Row {
    /// What people call the incident: the number, or the local code until there is one.
    pub fn name(&self) -> String {
        self.number
            .clone()
            .unwrap_or_else(|| LocalCode::of(self.id).0)
    }
}

/// Summarises an incident: the staff row when `incident` was read with its `work`, else the public.
pub fn row(incident: &Incident, matrix: &Matrix) -> Row {
    let count = |wanted: fn(&EventKind) -> bool| {
        let found = incident
            .timeline
            .iter()
            .filter(|event| wanted(&event.kind))
            .count();
        u16::try_from(found).unwrap_or(u16::MAX)
    };
    let impact = incident.impact.holds.value;
    let urgency = incident.urgency.holds.value;
    Row {
        id: incident.id,
        number: incident.number.clone(),
        subject: incident.subject.holds.value.clone(),
        requester: incident.requester.holds.value.clone(),
        state: incident.state,
        hold: incident.hold,
        priority: matrix.priority(impact, urgency),
        impact,
        urgency,
        category: incident.category.holds.value.clone(),
        site: incident.site.holds.value.clone(),
        group: incident.assignment.group.clone(),
        assignee: incident.assignment.person,
        created_at: incident.created.corrected,
        updated_at: incident.updated_at,
        entries: count(|kind| matches!(kind, EventKind::Replied { .. })),
        notes: count(|kind| matches!(kind, EventKind::Noted { .. })),
        conflicts: u8::try_from(incident.conflicts()).unwrap_or(u8::MAX),
    }
}
