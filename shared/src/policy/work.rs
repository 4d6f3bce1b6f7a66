//! The bounds of logs and tasks: what is merely odd is taken, what is nonsense is not.

use crate::ids::GroupId;
use crate::incidents::{
    AFTER_MAX, Incident, Intent, LOG_MINUTES_MAX, Log, NewTask, Refused, STEPS_MAX, TaskChange,
};
use crate::time::UnixMillis;

use super::{NAME_BYTES_MAX, SUBJECT_BYTES_MAX, TEXT_BYTES_MAX, at_most, required};

/// The last moment that has a date of four digits, in every zone.
const TIME_MAX: i64 = 253_402_200_000_000;

/// What a task changes has to be in the history, be it taken back meanwhile.
pub(super) fn changes_what_is_there(
    intent: &Intent,
    incident: Option<&Incident>,
) -> Result<(), Refused> {
    let Intent::ChangeTask { task, change } = intent else {
        return Ok(());
    };
    let Some(incident) = incident else {
        return Ok(());
    };
    let new = incident.task_added(*task).ok_or(Refused::NoSuchTask)?;
    match change {
        TaskChange::Step { nth, .. } if usize::from(*nth) >= new.steps.len() => {
            Err(Refused::NoSuchTask)
        }
        TaskChange::Step { .. }
        | TaskChange::State(_)
        | TaskChange::Person(_)
        | TaskChange::Group(_)
        | TaskChange::Due(_)
        | TaskChange::After { .. } => Ok(()),
    }
}

pub(super) fn log(log: &Log) -> Result<(), Refused> {
    at_most("text", &log.text, TEXT_BYTES_MAX)?;
    moment("beginning", log.began)?;
    within("minutes", log.minutes, (1, LOG_MINUTES_MAX))
}

pub(super) fn new_task(new: &NewTask) -> Result<(), Refused> {
    required("title", &new.title, SUBJECT_BYTES_MAX)?;
    group(new.holder.group.as_ref())?;
    due(new.due)?;
    after(new.after.len())?;
    within("steps", count(new.steps.len()), (0, count(STEPS_MAX)))?;
    let mut steps = new.steps.iter();
    steps.try_for_each(|step| required("step", step, SUBJECT_BYTES_MAX))
}

pub(super) fn change(change: &TaskChange) -> Result<(), Refused> {
    match change {
        TaskChange::State(_)
        | TaskChange::Person(_)
        | TaskChange::Step { .. }
        | TaskChange::After { .. } => Ok(()),
        TaskChange::Group(id) => group(id.as_ref()),
        TaskChange::Due(at) => due(*at),
    }
}

fn group(id: Option<&GroupId>) -> Result<(), Refused> {
    at_most("group", id.map_or("", |id| &id.0), NAME_BYTES_MAX)
}

fn due(at: Option<UnixMillis>) -> Result<(), Refused> {
    at.map_or(Ok(()), |at| moment("due time", at))
}

fn after(tasks: usize) -> Result<(), Refused> {
    within("awaited tasks", count(tasks), (0, count(AFTER_MAX)))
}

pub(super) fn moment(field: &str, at: UnixMillis) -> Result<(), Refused> {
    within(field, at.0, (0, TIME_MAX))
}

pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn within<T: Into<i64>>(
    field: &str,
    value: T,
    (min, max): (T, T),
) -> Result<(), Refused> {
    let (value, min, max) = (value.into(), min.into(), max.into());
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let field = field.to_owned();
    Err(Refused::OutOfRange { field, min, max })
}

#[cfg(test)]
mod tests {
    use crate::ids::{FactId, PersonId};
    use crate::incidents::{
        AFTER_MAX, Holder, Incident, Intent, LOG_MINUTES_MAX, Log, NewTask, Refused, STEPS_MAX,
        TaskChange, TaskState,
    };
    use crate::people::{Role, Scope};
    use crate::policy::{SUBJECT_BYTES_MAX, TEXT_BYTES_MAX, audience, may};
    use crate::testing::{ALICE, BOB, CAROL, Copy, START, log, person, task};
    use crate::time::UnixMillis;

    fn judge(intent: &Intent, incident: &Incident) -> Result<(), Refused> {
        may(&person(ALICE, Role::Technician), intent, Some(incident))
    }

    #[test]
    fn staff_logs_and_shares_tasks_and_requesters_do_not() {
        let mut copy = Copy::declared();
        let id = copy.act(BOB, Intent::AddTask(task()));
        let done = TaskChange::State(TaskState::Done);
        let acts = [
            Intent::Log(log(25)),
            Intent::AddTask(task()),
            Intent::ChangeTask {
                task: id,
                change: done,
            },
        ];
        for intent in acts {
            assert_eq!(judge(&intent, &copy.read()), Ok(()));
            let refused = may(&person(CAROL, Role::Requester), &intent, Some(&copy.read()));
            assert!(matches!(refused, Err(Refused::Role { .. })), "{intent:?}");
        }
    }

    #[test]
    fn odd_logs_are_taken_and_nonsense_is_not() {
        let incident = Copy::declared().read();
        let judge = |log: Log| judge(&Intent::Log(log), &incident);
        let odd = Log {
            began: START.plus(86_400_000),
            text: String::new(),
            ..log(LOG_MINUTES_MAX)
        };
        assert_eq!(judge(odd), Ok(()));
        for minutes in [0, LOG_MINUTES_MAX + 1, u32::MAX] {
            let refused = judge(log(minutes));
            assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
        }
        for began in [i64::MIN, -1, i64::MAX] {
            let began = UnixMillis(began);
            let refused = judge(Log { began, ..log(5) });
            assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
        }
        let text = "x".repeat(TEXT_BYTES_MAX + 1);
        let refused = judge(Log { text, ..log(5) });
        assert!(matches!(refused, Err(Refused::TooLong { .. })));
    }

    #[test]
    fn a_task_has_a_title_and_bounded_parts() {
        let incident = Copy::declared().read();
        let judge = |new: NewTask| judge(&Intent::AddTask(new), &incident);
        let title = String::new();
        let refused = judge(NewTask { title, ..task() });
        assert!(matches!(refused, Err(Refused::Empty { .. })));
        let title = "x".repeat(SUBJECT_BYTES_MAX + 1);
        let refused = judge(NewTask { title, ..task() });
        assert!(matches!(refused, Err(Refused::TooLong { .. })));
        let steps = vec!["Step".to_owned(); STEPS_MAX + 1];
        let refused = judge(NewTask { steps, ..task() });
        assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
        let steps = vec![" ".to_owned()];
        let refused = judge(NewTask { steps, ..task() });
        assert!(matches!(refused, Err(Refused::Empty { .. })));
        let after = vec![FactId::from_bytes([7; 16]); AFTER_MAX + 1];
        let refused = judge(NewTask { after, ..task() });
        assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
        let due = Some(UnixMillis(i64::MAX));
        let refused = judge(NewTask { due, ..task() });
        assert!(matches!(refused, Err(Refused::OutOfRange { .. })));
        let person = Some(PersonId(4_711));
        let holder = Holder {
            person,
            group: Some("nobody-knows-it".into()),
        };
        assert_eq!(judge(NewTask { holder, ..task() }), Ok(()));
    }

    #[test]
    fn nobody_changes_what_is_no_task_here() {
        let mut copy = Copy::declared();
        let id = copy.act(BOB, Intent::AddTask(task()));
        let note = Intent::Note {
            text: "A note.".to_owned(),
        };
        let note = copy.act(BOB, note);
        let incident = copy.read();
        let change = |task, change| judge(&Intent::ChangeTask { task, change }, &incident);
        let step = |nth| TaskChange::Step { nth, is_done: true };
        assert_eq!(change(id, step(1)), Ok(()));
        assert_eq!(change(id, step(2)), Err(Refused::NoSuchTask));
        assert!(incident.task_added(note).is_none());
        for other in [note, FactId::from_bytes([7; 16])] {
            let refused = change(other, TaskChange::Due(None));
            assert_eq!(refused, Err(Refused::NoSuchTask));
        }
    }

    #[test]
    fn a_note_under_the_id_of_a_task_bars_nobody_from_it() {
        let mut copy = Copy::declared();
        let text = "A note.".to_owned();
        let note = copy.act(BOB, Intent::Note { text });
        let task = copy.act(BOB, Intent::AddTask(task()));
        let mut incident = copy.read();
        let mut events = incident.timeline.iter_mut();
        let before = events.find(|event| event.fact == note);
        before.expect("it is in the history").fact = task;
        let change = TaskChange::State(TaskState::Done);
        let intent = Intent::ChangeTask { task, change };
        assert_eq!(judge(&intent, &incident), Ok(()));
    }

    #[test]
    fn whoever_has_a_task_is_in_the_audience_until_it_is_dropped_or_given_away() {
        let mut copy = Copy::declared();
        let reaches = |copy: &Copy, scope: Scope| {
            let audience = audience(&copy.read());
            let is_in = audience.work.contains(&scope);
            assert_eq!(audience.incident.contains(&scope), is_in);
            is_in
        };
        let holder = Holder {
            person: Some(ALICE),
            group: Some("cabling".into()),
        };
        let id = copy.act(BOB, Intent::AddTask(NewTask { holder, ..task() }));
        let scopes = || [Scope::Worker(ALICE), Scope::Group("cabling".into())];
        let change = |change| Intent::ChangeTask { task: id, change };
        assert!(scopes().into_iter().all(|scope| reaches(&copy, scope)));
        copy.act(ALICE, change(TaskChange::State(TaskState::Done)));
        assert!(scopes().into_iter().all(|scope| reaches(&copy, scope)));
        copy.act(BOB, change(TaskChange::State(TaskState::Dropped)));
        assert!(!scopes().into_iter().any(|scope| reaches(&copy, scope)));
        copy.act(BOB, change(TaskChange::State(TaskState::Open)));
        copy.act(BOB, change(TaskChange::Person(None)));
        assert!(!reaches(&copy, Scope::Worker(ALICE)));
        copy.act(BOB, change(TaskChange::Group(None)));
        assert!(!scopes().into_iter().any(|scope| reaches(&copy, scope)));
        copy.docs.work = None;
        assert!(!reaches(&copy, Scope::Worker(ALICE)));
    }
}
