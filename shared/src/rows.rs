//! Rows: compact summaries of incidents, so that lists, filters and counts never load a document.
//!
//! The public row is a function of (incident, receipts), the staff row of (incident, work,
//! receipts); a requester is only ever sent the public one. Devices keep rows in packed chunks.

mod cards;
mod pack;
mod reason;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::{CategoryId, DocKind, GroupId, IncidentId, LocalCode, PersonId, SiteId};
use crate::incidents::{
    EventKind, Hold, HoldReason, Incident, Level, Priority, Requester, State, TaskState,
};
use crate::sla::{Glance, edition, glance};
use crate::targets::{Gate, Rules};
use crate::time::UnixMillis;

pub use cards::{Card, Told, of as cards};
pub use pack::{BadRows, pack, pack_one, unpack, unpack_one};
pub use reason::{Reason, reason};

/// The layout of an encoded row. A device or server that meets another rebuilds its rows.
pub const ROW_FORMAT: u8 = 8;

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
    pub hold: Option<Hold>,
    pub priority: Priority,
    pub impact: Level,
    pub urgency: Level,
    pub category: Option<CategoryId>,
    pub site: Option<SiteId>,
    pub group: Option<GroupId>,
    pub assignee: Option<PersonId>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
    /// When the resolution that holds was made, in corrected time; only while resolved or closed.
    pub resolved_at: Option<UnixMillis>,
    /// What was missing as it was resolved, of what that needs; always empty in a public row.
    pub incomplete: Vec<Gate>,
    /// Public entries.
    pub entries: u16,
    /// Internal notes; always zero in a public row.
    pub notes: u16,
    /// Tasks that are still to be done, and those that are done; always zero in a public row.
    pub tasks_open: u16,
    pub tasks_done: u16,
    /// Who has a task that is still to be done, each once; nobody in a public row.
    pub task_people: Vec<PersonId>,
    /// Who watches, in a public row only those who do so publicly.
    pub watchers: Vec<PersonId>,
    /// Fields with values set at the same time that nobody has settled.
    pub conflicts: u8,
    /// Whom it concerns that acts met, as cards say it.
    pub cards: Vec<Card>,
    /// How the service levels stand.
    pub levels: Glance,
    /// The version of the targets and the matrix that it was worked out by.
    pub edition: u32,
}

impl Row {
    /// What people call the incident: the number, or the local code until there is one.
    pub fn name(&self) -> String {
        self.number
            .clone()
            .unwrap_or_else(|| LocalCode::of(self.id).0)
    }

    /// Whether it is on hold for this reason.
    pub fn waits_for(&self, reason: HoldReason) -> bool {
        self.hold.is_some_and(|hold| hold.reason == reason)
    }

    /// Whether somebody has the incident, or a task of it that is still to be done.
    pub fn is_in_hands_of(&self, person: PersonId) -> bool {
        self.assignee == Some(person) || self.task_people.contains(&person)
    }

    /// Whether somebody watches it.
    pub fn is_watched_by(&self, person: PersonId) -> bool {
        self.watchers.contains(&person)
    }
}

/// Summarises an incident: the staff row when `incident` was read with its `work`, else the public.
pub fn row(incident: &Incident, rules: &Rules) -> Row {
    let count = |wanted: fn(&EventKind) -> bool| {
        let found = incident
            .timeline
            .iter()
            .filter(|event| event.counts() && wanted(&event.kind))
            .count();
        u16::try_from(found).unwrap_or(u16::MAX)
    };
    let work = incident.work();
    let tasks = |state| u16::try_from(work.count(state)).unwrap_or(u16::MAX);
    let open = work.tasks.iter().filter(|task| task.is_open());
    let task_people: BTreeSet<_> = open.filter_map(|task| task.holder.person).collect();
    let docs = [DocKind::Incident, DocKind::Work].into_iter();
    let watchers = docs.flat_map(|doc| incident.watchers(doc));
    let impact = incident.impact.holds.value;
    let urgency = incident.urgency.holds.value;
    let edition = edition(incident, rules);
    Row {
        id: incident.id,
        number: incident.number.clone(),
        subject: incident.subject.holds.value.clone(),
        requester: incident.requester.holds.value.clone(),
        state: incident.state,
        hold: incident.hold,
        priority: incident.priority(&edition.matrix),
        impact,
        urgency,
        category: incident.category.holds.value.clone(),
        site: incident.site.holds.value.clone(),
        group: incident.assignment.group.clone(),
        assignee: incident.assignment.person,
        created_at: incident.created.corrected,
        updated_at: incident.updated_at,
        resolved_at: incident.resolved_at,
        incomplete: incident.incomplete(&edition.targets.gates),
        entries: count(|kind| matches!(kind, EventKind::Replied { .. })),
        notes: count(|kind| matches!(kind, EventKind::Noted { .. })),
        tasks_open: tasks(TaskState::Open),
        tasks_done: tasks(TaskState::Done),
        task_people: task_people.into_iter().collect(),
        watchers: watchers.map(|watcher| watcher.person).collect(),
        conflicts: u8::try_from(incident.conflicts()).unwrap_or(u8::MAX),
        cards: cards::of(incident),
        levels: glance(incident, rules),
        edition: edition.targets.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{Intent, ResolutionCode, SetField, TaskChange};
    use crate::testing::{ALICE, BOB, CAROL, Copy, task};

    #[test]
    fn a_row_says_what_a_list_needs() {
        let mut copy = Copy::declared();
        copy.act(
            ALICE,
            Intent::Claim {
                group: Some("network".into()),
            },
        );
        copy.act(
            ALICE,
            Intent::Reply {
                text: "On it.".to_owned(),
            },
        );
        copy.act(
            BOB,
            Intent::Note {
                text: "Fifth report.".to_owned(),
            },
        );
        let row = row(&copy.read(), &Rules::default());
        assert_eq!((row.state, row.priority), (State::Assigned, Priority::P3));
        assert_eq!((row.entries, row.notes, row.assignee), (1, 1, Some(ALICE)));
        assert!(row.name().starts_with("L-"));
    }

    #[test]
    fn a_row_says_since_when_the_resolution_holds() {
        let mut copy = Copy::declared();
        let at = |copy: &Copy| row(&copy.read(), &Rules::default()).resolved_at;
        let resolve = Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: "Replaced.".to_owned(),
        };
        assert_eq!(at(&copy), None);
        copy.act(ALICE, resolve.clone());
        assert_eq!(at(&copy), Some(copy.now));
        let text = "Still broken.".to_owned();
        copy.act(ALICE, Intent::Reopen { text });
        assert_eq!(at(&copy), None);
        copy.act(ALICE, resolve);
        let resolved = copy.now;
        copy.act(ALICE, Intent::Close);
        assert_eq!(at(&copy), Some(resolved));
        assert!(copy.now > resolved);
    }

    #[test]
    fn a_public_row_counts_no_internal_notes() {
        let mut copy = Copy::declared();
        copy.act(
            BOB,
            Intent::Note {
                text: "internal".to_owned(),
            },
        );
        copy.docs.work = None;
        assert_eq!(row(&copy.read(), &Rules::default()).notes, 0);
    }

    #[test]
    fn a_row_counts_tasks_for_staff_alone() {
        let mut copy = Copy::declared();
        let id = copy.act(BOB, Intent::AddTask(task()));
        copy.act(BOB, Intent::AddTask(task()));
        let dropped = copy.act(BOB, Intent::AddTask(task()));
        for (task, state) in [(id, TaskState::Done), (dropped, TaskState::Dropped)] {
            let change = TaskChange::State(state);
            copy.act(ALICE, Intent::ChangeTask { task, change });
        }
        let counts = |copy: &Copy| {
            let row = row(&copy.read(), &Rules::default());
            (row.tasks_open, row.tasks_done)
        };
        assert_eq!(counts(&copy), (1, 1));
        copy.docs.work = None;
        assert_eq!(counts(&copy), (0, 0));
    }

    #[test]
    fn whoever_has_an_open_task_has_the_incident_in_hand() {
        let mut copy = Copy::declared();
        let task = copy.act(BOB, Intent::AddTask(task()));
        let is_in_hand = |copy: &Copy| row(&copy.read(), &Rules::default()).is_in_hands_of(ALICE);
        assert!(!is_in_hand(&copy));
        let give = TaskChange::Person(Some(ALICE));
        copy.act(BOB, Intent::ChangeTask { task, change: give });
        assert!(is_in_hand(&copy));
        let mut public = copy.clone();
        public.docs.work = None;
        assert!(!is_in_hand(&public));
        let done = TaskChange::State(TaskState::Done);
        copy.act(ALICE, Intent::ChangeTask { task, change: done });
        assert!(!is_in_hand(&copy));
    }

    #[test]
    fn a_row_says_who_watches_and_a_public_one_nothing_of_staff() {
        let mut copy = Copy::declared();
        for (doc, person) in [(DocKind::Work, ALICE), (DocKind::Incident, CAROL)] {
            copy.act(BOB, Intent::Watch { doc, person });
        }
        let watches = |copy: &Copy| {
            let row = row(&copy.read(), &Rules::default());
            [ALICE, BOB, CAROL].map(|person| row.is_watched_by(person))
        };
        assert_eq!(watches(&copy), [true, false, true]);
        copy.docs.work = None;
        assert_eq!(watches(&copy), [false, false, true]);
    }

    #[test]
    fn a_row_says_that_a_field_is_not_settled() {
        let mut one = Copy::declared();
        let mut two = one.on(2);
        one.act(ALICE, Intent::Set(SetField::Urgency(Level::Low)));
        two.act(BOB, Intent::Set(SetField::Urgency(Level::High)));
        one.merge(&two);
        assert_eq!(row(&one.read(), &Rules::default()).conflicts, 1);
    }

    #[test]
    fn rows_travel_whole_and_other_formats_are_told_apart() {
        let rows = vec![row(&Copy::declared().read(), &Rules::default()); 3];
        let bytes = pack(&rows);
        assert_eq!(unpack(&bytes), Ok(rows.clone()));
        assert_eq!(unpack_one(&pack_one(&rows[0])), Ok(rows[0].clone()));
        let mut other = bytes.clone();
        other[0] = ROW_FORMAT + 1;
        assert_eq!(unpack(&other), Err(BadRows));
        assert_eq!(unpack(&bytes[..bytes.len() - 1]), Err(BadRows));
        assert_eq!(unpack(&[]), Err(BadRows));
    }
}
