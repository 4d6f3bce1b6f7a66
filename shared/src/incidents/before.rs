//! What something was before somebody changed it.

use std::mem::discriminant;

use super::foresee::first_value;
use super::{Event, EventKind, HoldReason, Incident, SetField, Stage, State, TaskChange};
use crate::ids::{FactId, GroupId, PersonId};

/// What held before a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    Field(SetField),
    Assigned {
        group: Option<GroupId>,
        person: Option<PersonId>,
    },
    State {
        state: State,
        hold: Option<HoldReason>,
    },
    Task(TaskChange),
    /// The words that an edit took out.
    Diagnosis(String),
}

impl Incident {
    /// What held of the same thing right before a fact: another value of the field or of the task,
    /// who had it, its state. None where nothing was said before it, or nothing is changed by it.
    pub fn before(&self, fact: FactId) -> Option<Before> {
        let place = self.timeline.iter().position(|event| event.fact == fact)?;
        let event = &self.timeline[place];
        match &event.kind {
            EventKind::Set(field) => self.field_before(place, field).map(Before::Field),
            EventKind::Assigned { .. } | EventKind::Claimed { .. } => {
                let (group, person) = self.assigned_before(place)?;
                Some(Before::Assigned { group, person })
            }
            EventKind::TaskChanged { task, change } => {
                let change = self.change_before(place, *task, change);
                change.map(Before::Task)
            }
            EventKind::Diagnosed { taken, .. } => {
                (!taken.is_empty()).then(|| Before::Diagnosis(taken.clone()))
            }
            EventKind::Started
            | EventKind::Held { .. }
            | EventKind::Resolved { .. }
            | EventKind::Reopened { .. }
            | EventKind::Closed
            | EventKind::Cancelled { .. } => Some(self.state_before(place)),
            EventKind::Declared
            | EventKind::Replied { .. }
            | EventKind::Noted { .. }
            | EventKind::Attached(_)
            | EventKind::Numbered { .. }
            | EventKind::Reminded { .. }
            | EventKind::Logged(_)
            | EventKind::TaskAdded(_)
            | EventKind::Watched { .. }
            | EventKind::Unwatched { .. }
            | EventKind::Revised { .. }
            | EventKind::Ruled(_) => None,
        }
    }

    fn field_before(&self, place: usize, field: &SetField) -> Option<SetField> {
        let mut earlier = self.held_before(place);
        let said = earlier.find_map(|event| {
            let EventKind::Set(other) = &event.kind else {
                return None;
            };
            (discriminant(other) == discriminant(field)).then(|| other.clone())
        });
        said.or_else(|| Some(first_value(field, self.first.as_deref()?)))
    }

    fn change_before(&self, place: usize, task: FactId, change: &TaskChange) -> Option<TaskChange> {
        let mut earlier = self.held_before(place);
        earlier.find_map(|event| {
            let EventKind::TaskChanged {
                task: of,
                change: other,
            } = &event.kind
            else {
                return None;
            };
            (*of == task && is_same_aspect(change, other)).then(|| other.clone())
        })
    }

    /// What was said before an event of the history, and not taken back by then; the last first.
    fn held_before(&self, place: usize) -> impl Iterator<Item = &Event> {
        let at = self.timeline[place].from.corrected;
        let earlier = self.timeline[..place].iter().rev();
        earlier.filter(move |event| {
            let withdrawn = event.withdrawn.as_ref();
            withdrawn.is_none_or(|withdrawn| withdrawn.from.corrected > at)
        })
    }

    fn assigned_before(&self, place: usize) -> Option<(Option<GroupId>, Option<PersonId>)> {
        let mut earlier = self.held_before(place);
        let said = earlier.find_map(|event| {
            if let EventKind::Assigned { group, person, .. } = &event.kind {
                return Some((group.clone(), *person));
            }
            let EventKind::Claimed { group } = &event.kind else {
                return None;
            };
            Some((group.clone(), Some(event.from.by)))
        });
        let first = || {
            let first = self.first.as_deref()?;
            Some((first.group.clone(), first.assignee))
        };
        said.or_else(first)
    }

    /// The state as the folds give it; an answer ends a hold without being a step.
    fn state_before(&self, place: usize) -> Before {
        let event = &self.timeline[place];
        let stages = &self.past.stages;
        let own = stages.iter().position(|period| period.fact == event.fact);
        let begun = || stages.partition_point(|period| period.since <= event.from.corrected);
        let before = own.unwrap_or_else(begun).checked_sub(1);
        let stage = before.map_or(Stage::Ready, |at| stages[at].value);
        let assignee = || self.assigned_before(place).and_then(|(_, person)| person);
        let (state, hold) = match stage {
            Stage::Ready if assignee().is_some() => (State::Assigned, None),
            Stage::Ready => (State::New, None),
            Stage::InProgress => (State::InProgress, None),
            Stage::OnHold(reason) => (State::OnHold, Some(reason)),
            Stage::Resolved => (State::Resolved, None),
            Stage::Closed => (State::Closed, None),
            Stage::Cancelled => (State::Cancelled, None),
        };
        Before::State { state, hold }
    }
}

fn is_same_aspect(one: &TaskChange, other: &TaskChange) -> bool {
    match (one, other) {
        (TaskChange::Step { nth, .. }, TaskChange::Step { nth: other, .. }) => nth == other,
        (TaskChange::After { task, .. }, TaskChange::After { task: other, .. }) => task == other,
        (one, other) => discriminant(one) == discriminant(other),
    }
}

#[cfg(test)]
mod tests {
    use super::Before;
    use crate::ids::DocKind;
    use crate::incidents::{
        HoldReason, Intent, Level, ResolutionCode, SetField, State, read_until,
    };
    use crate::testing::{ALICE, BOB, CAROL, Copy};

    fn urgency(level: Level) -> Intent {
        Intent::Set(SetField::Urgency(level))
    }

    fn resolve(notes: &str) -> Intent {
        let code = ResolutionCode::Fixed;
        let notes = notes.to_owned();
        Intent::Resolve { code, notes }
    }

    #[test]
    fn each_fact_says_what_held_before_it() {
        let mut copy = Copy::declared();
        let first = copy.read().urgency.holds.value;
        let one = copy.act(ALICE, urgency(Level::High));
        let two = copy.act(BOB, urgency(Level::Low));
        let claimed = copy.act(ALICE, Intent::Claim { group: None });
        let group = Some("cabling".into());
        let person = None;
        let given = copy.act(
            BOB,
            Intent::Assign {
                group,
                person,
                escalation: None,
            },
        );
        let incident = copy.read();
        let set = |level| Some(Before::Field(SetField::Urgency(level)));
        assert_eq!(incident.before(one), set(first));
        assert_eq!(incident.before(two), set(Level::High));
        let person = |of| match incident.before(of) {
            Some(Before::Assigned { person, .. }) => person,
            other => panic!("{other:?}"),
        };
        assert_eq!((person(claimed), person(given)), (None, Some(ALICE)));
        let text = "A note.".to_owned();
        let note = copy.act(BOB, Intent::Note { text });
        assert_eq!(copy.read().before(note), None);
    }

    #[test]
    fn each_step_says_the_state_that_it_ended() {
        let mut copy = Copy::declared();
        copy.act(ALICE, Intent::Claim { group: None });
        let text = || "Which gate?".to_owned();
        let reason = HoldReason::Caller;
        let hold = Intent::Hold {
            reason,
            text: text(),
            until: None,
        };
        let steps = [
            copy.act(ALICE, Intent::Start),
            copy.act(ALICE, hold),
            {
                copy.act(CAROL, Intent::Reply { text: text() });
                copy.act(ALICE, resolve("Replaced."))
            },
            copy.act(CAROL, Intent::Reopen { text: text() }),
            copy.act(ALICE, Intent::Start),
        ];
        let incident = copy.read();
        let states = steps.map(|step| match incident.before(step) {
            Some(Before::State { state, .. }) => state,
            other => panic!("{other:?}"),
        });
        let expected = [
            State::Assigned,
            State::InProgress,
            State::InProgress,
            State::Resolved,
            State::Assigned,
        ];
        assert_eq!(states, expected);
    }

    #[test]
    fn an_incident_reads_as_it_was_at_each_moment_also_what_was_taken_back_later() {
        let mut copy = Copy::declared();
        let mut moments = Vec::new();
        let mut note = |copy: &Copy| {
            let incident = copy.read();
            moments.push((incident.updated_at, incident));
        };
        note(&copy);
        let fact = copy.act(ALICE, urgency(Level::High));
        note(&copy);
        copy.act(ALICE, resolve("Restarted it."));
        note(&copy);
        let text = "It fails again.".to_owned();
        copy.act(CAROL, Intent::Reopen { text });
        note(&copy);
        copy.act(BOB, resolve("Replaced it."));
        note(&copy);
        let doc = DocKind::Incident;
        copy.act(ALICE, Intent::Withdraw { doc, fact });
        assert_ne!(copy.read().urgency.holds.value, Level::High);
        for (moment, was) in moments {
            let read = read_until(&copy.docs, &copy.receipts, moment);
            assert_eq!(read, Some(was));
        }
        let before = copy.read().created.corrected.plus(-1);
        assert_eq!(read_until(&copy.docs, &copy.receipts, before), None);
    }
}
