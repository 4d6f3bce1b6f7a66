//! What an incident is to have before it is resolved, as the settings want it.
//!
//! # Design
//! Question: what of somebody who resolves without a network while a colleague adds a task? Answer:
//! nothing is refused that was right when it was done; what is missing then is said of the incident
//! wherever it is shown, until it is there. Rejected: refusing on the server, which would take back
//! what the requester was told in person.

use std::collections::BTreeSet;

use super::{Incident, ResolutionCode, TaskState};
use crate::policy;
use crate::targets::Gate;

impl Incident {
    /// What is missing before it can be resolved in a way. Where nothing was mended, such as of a
    /// duplicate, only what is still to be done matters.
    pub fn lacks(&self, gates: &BTreeSet<Gate>, code: ResolutionCode) -> Vec<Gate> {
        let is_mended = matches!(code, ResolutionCode::Fixed | ResolutionCode::Workaround);
        let lacks = |gate: &Gate| match gate {
            Gate::Tasks => self.work().count(TaskState::Open) > 0,
            Gate::Category => is_mended && self.category.holds.value.is_none(),
            Gate::Diagnosis => is_mended && policy::is_blank(&self.diagnosis),
            Gate::Time => is_mended && self.work().logs.is_empty(),
        };
        gates.iter().copied().filter(lacks).collect()
    }

    /// What is missing although it was resolved; nothing to whoever reads no work.
    pub fn incomplete(&self, gates: &BTreeSet<Gate>) -> Vec<Gate> {
        let code = self.resolution.filter(|_| !self.is_public);
        code.map(|code| self.lacks(gates, code)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::incidents::{
        Intent, Log, LogKind, NewTask, ResolutionCode, SetField, TaskChange, TaskState,
    };
    use crate::targets::Gate;
    use crate::testing::{ALICE, BOB, Copy};

    fn all() -> BTreeSet<Gate> {
        Gate::ALL.into()
    }

    fn task() -> Intent {
        Intent::AddTask(NewTask {
            title: "Lay the cable".to_owned(),
            ..NewTask::default()
        })
    }

    fn resolve(code: ResolutionCode) -> Intent {
        let notes = "A new cable.".to_owned();
        Intent::Resolve { code, notes }
    }

    #[test]
    fn each_gate_is_open_once_that_is_there() {
        let mut copy = Copy::declared();
        copy.act(BOB, Intent::Set(SetField::Category(None)));
        let task = copy.act(BOB, task());
        let lacks = |copy: &Copy| copy.read().lacks(&all(), ResolutionCode::Fixed);
        let mut left = Gate::ALL.to_vec();
        assert_eq!(lacks(&copy), left);
        let change = TaskChange::State(TaskState::Done);
        let steps = [
            (
                Gate::Category,
                Intent::Set(SetField::Category(Some("network".into()))),
            ),
            (
                Gate::Diagnosis,
                Intent::Diagnose {
                    before: String::new(),
                    text: "The cable is cut.".to_owned(),
                },
            ),
            (Gate::Tasks, Intent::ChangeTask { task, change }),
            (
                Gate::Time,
                Intent::Log(Log {
                    began: copy.now,
                    minutes: 25,
                    kind: LogKind::OnSite,
                    is_billable: false,
                    text: String::new(),
                }),
            ),
        ];
        for (gate, intent) in steps {
            copy.act(BOB, intent);
            left.retain(|one| *one != gate);
            assert_eq!(lacks(&copy), left);
        }
    }

    #[test]
    fn only_the_gates_that_are_set_are_asked_for() {
        let copy = Copy::declared();
        let gates = BTreeSet::from([Gate::Diagnosis]);
        let incident = copy.read();
        assert_eq!(
            incident.lacks(&gates, ResolutionCode::Fixed),
            [Gate::Diagnosis]
        );
        assert_eq!(incident.lacks(&BTreeSet::new(), ResolutionCode::Fixed), []);
    }

    #[test]
    fn where_nothing_was_mended_only_open_tasks_are_in_the_way() {
        let mut copy = Copy::declared();
        let lacks = |copy: &Copy| copy.read().lacks(&all(), ResolutionCode::Duplicate);
        assert_eq!(lacks(&copy), []);
        copy.act(BOB, task());
        assert_eq!(lacks(&copy), [Gate::Tasks]);
    }

    #[test]
    fn a_task_that_is_added_while_another_device_resolves_leaves_it_resolved_and_incomplete() {
        let gates = BTreeSet::from([Gate::Tasks]);
        let mut one = Copy::declared();
        let mut two = one.on(2);
        one.act(BOB, resolve(ResolutionCode::Fixed));
        assert_eq!(one.read().incomplete(&gates), []);
        let task = two.act(ALICE, task());
        one.merge(&two);
        assert_eq!(one.read().incomplete(&gates), [Gate::Tasks]);
        let change = TaskChange::State(TaskState::Dropped);
        one.act(ALICE, Intent::ChangeTask { task, change });
        assert_eq!(one.read().incomplete(&gates), []);
    }

    #[test]
    fn what_is_open_or_read_by_its_requester_is_not_incomplete() {
        let mut copy = Copy::declared();
        assert_eq!(copy.read().incomplete(&all()), []);
        copy.act(BOB, resolve(ResolutionCode::Fixed));
        assert!(!copy.read().incomplete(&all()).is_empty());
        copy.docs.work = None;
        assert_eq!(copy.read().incomplete(&all()), []);
    }
}
