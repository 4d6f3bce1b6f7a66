//! What an incident is cut into: who is to do what until when, in which steps, after what else.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::circles::circles;
use crate::ids::{FactId, GroupId, PersonId};
use crate::incidents::{Event, EventKind, Provenance, Said};
use crate::time::UnixMillis;

/// The first values of a task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewTask {
    pub title: String,
    pub holder: Holder,
    pub due: Option<UnixMillis>,
    /// Each a line of text.
    pub steps: Vec<String>,
    /// The tasks of the same incident that it waits for.
    pub after: Vec<FactId>,
}

/// Who is to do a task: a person, a group, both, or whoever comes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Holder {
    pub person: Option<PersonId>,
    pub group: Option<GroupId>,
}

/// How far a task has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    Open,
    Done,
    /// It is not to be done any more.
    Dropped,
}

/// A new value for one aspect of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskChange {
    State(TaskState),
    Person(Option<PersonId>),
    Group(Option<GroupId>),
    Due(Option<UnixMillis>),
    /// One of its steps, counted from zero, is done or no longer is.
    Step {
        nth: u8,
        is_done: bool,
    },
    /// It waits for another task of the same incident, or no longer does.
    After {
        task: FactId,
        is_awaited: bool,
    },
}

/// A task as it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub fact: FactId,
    /// Who added it.
    pub from: Provenance,
    pub title: String,
    pub state: Said<TaskState>,
    pub holder: Holder,
    pub due: Said<Option<UnixMillis>>,
    pub steps: Vec<Step>,
    /// Each once, in the order in which they were named.
    pub after: Vec<FactId>,
    /// The open ones of those that it waits for. What waits for itself in the end, as two devices
    /// may bring about, waits for nothing of that circle.
    pub waits_for: Vec<FactId>,
    pub is_in_circle: bool,
}

/// A step of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub text: String,
    pub is_done: Said<bool>,
}

impl Task {
    fn new(event: &Event, new: &NewTask) -> Self {
        let from = event.from;
        let steps = new.steps.iter().map(|text| Step {
            text: text.clone(),
            is_done: said(false, event),
        });
        Self {
            fact: event.fact,
            from,
            title: new.title.clone(),
            state: said(TaskState::Open, event),
            holder: new.holder.clone(),
            due: said(new.due, event),
            steps: steps.collect(),
            after: each_once(&new.after),
            waits_for: Vec::new(),
            is_in_circle: false,
        }
    }

    fn take(&mut self, event: &Event, change: &TaskChange) {
        match change {
            TaskChange::State(state) => self.state = said(*state, event),
            TaskChange::Person(person) => self.holder.person = *person,
            TaskChange::Group(group) => self.holder.group.clone_from(group),
            TaskChange::Due(due) => self.due = said(*due, event),
            TaskChange::Step { nth, is_done } => {
                if let Some(step) = self.steps.get_mut(usize::from(*nth)) {
                    step.is_done = said(*is_done, event);
                }
            }
            TaskChange::After { task, is_awaited } => {
                self.after.retain(|awaited| awaited != task);
                self.after.extend(Some(*task).filter(|_| *is_awaited));
            }
        }
    }

    /// Whether it is still to be done.
    pub fn is_open(&self) -> bool {
        self.state.value == TaskState::Open
    }
}

fn each_once(tasks: &[FactId]) -> Vec<FactId> {
    let mut seen = BTreeSet::new();
    let tasks = tasks.iter().copied();
    tasks.filter(|task| seen.insert(*task)).collect()
}

fn said<T>(value: T, event: &Event) -> Said<T> {
    Said {
        value,
        fact: event.fact,
        from: event.from,
    }
}

/// Reads the tasks; a change to what is no task here, or was taken back, says nothing.
pub(super) fn of(timeline: &[Event]) -> Vec<Task> {
    let counting = || timeline.iter().filter(|event| event.counts());
    let mut tasks: Vec<Task> = Vec::new();
    let mut places = BTreeMap::new();
    for event in counting() {
        if let EventKind::TaskAdded(new) = &event.kind {
            places.insert(event.fact, tasks.len());
            tasks.push(Task::new(event, new));
        }
    }
    for event in counting() {
        if let EventKind::TaskChanged { task, change } = &event.kind
            && let Some(&place) = places.get(task)
        {
            tasks[place].take(event, change);
        }
    }
    wait(&mut tasks, &places);
    tasks
}

fn wait(tasks: &mut [Task], places: &BTreeMap<FactId, usize>) {
    let open: Vec<bool> = tasks.iter().map(Task::is_open).collect();
    let awaited: Vec<Vec<usize>> = tasks
        .iter()
        .map(|task| {
            let after = task.after.iter().filter(|_| task.is_open());
            let places = after.filter_map(|fact| places.get(fact).copied());
            places.filter(|&place| open[place]).collect()
        })
        .collect();
    let circle = circles(&awaited);
    let facts: Vec<_> = tasks.iter().map(|task| task.fact).collect();
    for (at, task) in tasks.iter_mut().enumerate() {
        for &place in &awaited[at] {
            if circle[place] == circle[at] {
                task.is_in_circle = true;
            } else {
                task.waits_for.push(facts[place]);
            }
        }
    }
}
