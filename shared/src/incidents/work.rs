//! What happens to an incident beneath the conversation: the time that people spent on it, and the
//! tasks that it is cut into. Only staff sees either.
//!
//! # Design
//! Question: which of several changes to a task holds? Answer: the last in the history, which is
//! in the order of corrected time, then of knowledge, then of ids. Whoever saw a change comes after
//! it there, so this is the rule of the fields: the later of those that nobody superseded. Work
//! follows from the history alone, so that a page that foresees an act reads it as it will be.
//! Rejected: folding by `saw` again, which a page does not have, and which says the same.

mod circles;
mod logs;
mod tasks;

use serde::{Deserialize, Serialize};

use super::{Event, EventKind, Incident};
use crate::ids::FactId;

pub use logs::{Log, LogKind, Logged, Spent, spent};
pub use tasks::{Holder, NewTask, Step, Task, TaskChange, TaskState};

/// How many minutes one log has at most.
pub const LOG_MINUTES_MAX: u32 = 24 * 60;

/// How many steps a task has at most.
pub const STEPS_MAX: usize = 50;

/// How many tasks a task waits for at most.
pub const AFTER_MAX: usize = 50;

/// The time spent on an incident and its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Work {
    /// In the order in which they were added; those taken back are left out.
    pub tasks: Vec<Task>,
    /// In the order in which the work was begun.
    pub logs: Vec<Logged>,
}

impl Work {
    /// Reads the work from the history of an incident.
    pub fn of(timeline: &[Event]) -> Self {
        Self {
            tasks: tasks::of(timeline),
            logs: logs::of(timeline),
        }
    }

    /// How many tasks are in a state.
    pub fn count(&self, state: TaskState) -> usize {
        let tasks = self.tasks.iter();
        tasks.filter(|task| task.state.value == state).count()
    }
}

impl Incident {
    /// The time spent on it and its tasks; none for whoever reads it without its work document.
    pub fn work(&self) -> Work {
        Work::of(&self.timeline)
    }

    /// The task that a fact added. Another fact may have its id: keys are told apart by group.
    pub fn task_added(&self, task: FactId) -> Option<&NewTask> {
        let mut events = self.timeline.iter();
        events.find_map(|event| {
            let EventKind::TaskAdded(new) = &event.kind else {
                return None;
            };
            (event.fact == task).then_some(new)
        })
    }
}

#[cfg(test)]
mod tests;
