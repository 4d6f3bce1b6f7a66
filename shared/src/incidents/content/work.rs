//! How logs and tasks are spelled. A change to a task lies in a group of that task and aspect, such
//! as `task/<uuid>/state`.

use crate::document::Scalar;
use crate::ids::{FactId, GroupId};
use crate::incidents::{Holder, Log, LogKind, NewTask, TaskChange, TaskState};
use crate::time::UnixMillis;

use super::Spelling;

pub(super) fn group(task: FactId, change: &TaskChange) -> String {
    match change {
        TaskChange::State(_) => format!("task/{task}/state"),
        TaskChange::Person(_) => format!("task/{task}/person"),
        TaskChange::Group(_) => format!("task/{task}/group"),
        TaskChange::Due(_) => format!("task/{task}/due"),
        TaskChange::After { task: other, .. } => format!("task/{task}/after/{other}"),
        TaskChange::Step { nth, .. } => format!("task/{task}/step/{nth}"),
    }
}

pub(super) fn task_and_aspect(group: &str) -> Option<(FactId, &str)> {
    let (task, aspect) = group.strip_prefix("task/")?.split_once('/')?;
    Some((named(task)?, aspect))
}

/// A task has one name, so that its changes lie in one group.
fn named(spelled: &str) -> Option<FactId> {
    let task: FactId = spelled.parse().ok()?;
    (task.to_string() == spelled).then_some(task)
}

impl Spelling {
    pub(super) fn log(&mut self, log: &Log) {
        self.int("began", log.began.0);
        self.int("minutes", i64::from(log.minutes));
        self.text("kind", log.kind.word());
        self.truth("billable", log.is_billable);
        self.text("text", &log.text);
    }

    pub(super) fn take_log(&mut self) -> Option<Log> {
        Some(Log {
            began: UnixMillis(self.take_int("began")?),
            minutes: u32::try_from(self.take_int("minutes")?).ok()?,
            kind: LogKind::from_word(&self.take_text("kind")?)?,
            is_billable: self.take_truth("billable")?,
            text: self.take_text("text")?,
        })
    }

    pub(super) fn new_task(&mut self, new: &NewTask) {
        self.text("title", &new.title);
        self.holder(&new.holder);
        if let Some(due) = new.due {
            self.int("due", due.0);
        }
        if !new.steps.is_empty() {
            self.text("steps", &new.steps.join("\n"));
        }
        if !new.after.is_empty() {
            self.facts("after", &new.after);
        }
    }

    pub(super) fn take_new_task(&mut self) -> Option<NewTask> {
        let steps = self.take_text("steps");
        let steps = steps.iter().flat_map(|steps| steps.split('\n'));
        let steps = steps.map(str::to_owned).collect();
        Some(NewTask {
            title: self.take_text("title")?,
            holder: self.take_holder(),
            due: self.take_int("due").map(UnixMillis),
            steps,
            after: self.take_facts("after").unwrap_or_default(),
        })
    }

    pub(super) fn task_change(&mut self, change: &TaskChange) {
        match change {
            TaskChange::State(state) => self.text("to", state.word()),
            TaskChange::Person(person) => self.person("to", *person),
            TaskChange::Group(group) => self.group("to", group.as_ref()),
            TaskChange::Due(Some(at)) => self.int("due", at.0),
            TaskChange::Due(None) => {}
            TaskChange::Step { is_done, .. } => self.truth("done", *is_done),
            TaskChange::After { is_awaited, .. } => self.truth("awaited", *is_awaited),
        }
    }

    pub(super) fn take_task_change(&mut self, aspect: &str) -> Option<TaskChange> {
        Some(match aspect {
            "state" => TaskChange::State(TaskState::from_word(&self.take_text("to")?)?),
            "person" => TaskChange::Person(self.take_person("to")),
            "group" => TaskChange::Group(self.take_text("to").map(GroupId)),
            "due" => TaskChange::Due(self.take_int("due").map(UnixMillis)),
            _ if aspect.starts_with("after/") => {
                let task = named(aspect.strip_prefix("after/")?)?;
                let is_awaited = self.take_truth("awaited")?;
                TaskChange::After { task, is_awaited }
            }
            _ => {
                let spelled = aspect.strip_prefix("step/")?;
                let nth: u8 = spelled.parse().ok()?;
                // A step has one name, so that its changes lie in one group.
                if nth.to_string() != spelled {
                    return None;
                }
                let is_done = self.take_truth("done")?;
                TaskChange::Step { nth, is_done }
            }
        })
    }

    fn holder(&mut self, holder: &Holder) {
        self.person("person", holder.person);
        self.group("group", holder.group.as_ref());
    }

    fn group(&mut self, name: &str, group: Option<&GroupId>) {
        self.optional(name, group.map(|group| group.0.as_str()));
    }

    fn take_holder(&mut self) -> Holder {
        Holder {
            person: self.take_person("person"),
            group: self.take_text("group").map(GroupId),
        }
    }

    pub(super) fn int(&mut self, name: &str, number: i64) {
        self.0.insert(name.to_owned(), Scalar::Int(number));
    }

    /// Takes a number; what is none stays behind, as with texts.
    pub(super) fn take_int(&mut self, name: &str) -> Option<i64> {
        let Some(Scalar::Int(number)) = self.0.get(name) else {
            return None;
        };
        let number = *number;
        self.0.remove(name);
        Some(number)
    }

    fn truth(&mut self, name: &str, truth: bool) {
        self.int(name, i64::from(truth));
    }

    fn take_truth(&mut self, name: &str) -> Option<bool> {
        match self.take_int(name)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn facts(&mut self, name: &str, facts: &[FactId]) {
        let bytes: Vec<u8> = facts.iter().flat_map(|id| *id.as_bytes()).collect();
        self.bytes(name, &bytes);
    }

    /// Takes ids of facts; anything else stays behind.
    pub(super) fn take_facts(&mut self, name: &str) -> Option<Vec<FactId>> {
        let Some(Scalar::Bytes(bytes)) = self.0.get(name) else {
            return None;
        };
        let (facts, []) = bytes.as_chunks::<16>() else {
            return None;
        };
        let facts = facts.iter().map(|bytes| FactId::from_bytes(*bytes));
        let facts = facts.collect();
        self.0.remove(name);
        Some(facts)
    }
}
