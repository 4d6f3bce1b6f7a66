//! What is said of tasks and of time: tasks of other documents, rewrites, nonsense.

use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue};
use shared::ids::{DocKey, FactId, PersonId};
use shared::incidents::{
    Intent, LOG_MINUTES_MAX, Log, NewTask, Refused, STEPS_MAX, TaskChange, TaskState,
};
use shared::testing::{log, task};

use super::attacker::{Attacker, sealed};
use super::scene::Scene;

fn change(task: FactId, change: TaskChange) -> Intent {
    Intent::ChangeTask { task, change }
}

fn done(task: FactId) -> Intent {
    change(task, TaskChange::State(TaskState::Done))
}

/// An insider upon an incident with a task, whose fact is told.
fn begin(name: &str) -> (Scene, Attacker, FactId) {
    let mut scene = Scene::begin(name);
    scene.work(Intent::AddTask(task()));
    let fact = scene.read().work().tasks[0].fact;
    let attacker = scene.insider();
    (scene, attacker, fact)
}

#[test]
fn nobody_changes_a_task_of_another_document_nor_a_step_that_is_not_there() {
    let (scene, mut attacker, fact) = begin("task-elsewhere");
    let declared = scene.read().timeline[0].fact;
    let beyond = TaskChange::Step {
        nth: 2,
        is_done: true,
    };
    for intent in [
        done(FactId::from_bytes([7; 16])),
        done(declared),
        change(fact, beyond),
    ] {
        let group = attacker.written(scene.incident, intent);
        assert_eq!(scene.refused(&attacker, group), Refused::NoSuchTask);
        attacker = scene.insider();
    }
    assert!(scene.read().work().tasks[0].is_open());
    scene.end();
}

#[test]
fn a_log_of_no_time_or_of_days_and_a_task_without_bounds_are_refused() {
    let (scene, _, _) = begin("nonsense");
    let began = shared::time::UnixMillis(i64::MAX);
    let steps = vec!["Step".to_owned(); STEPS_MAX + 1];
    let long = || "x".repeat(shared::policy::TEXT_BYTES_MAX + 1);
    let intents = [
        Intent::Log(log(0)),
        Intent::Log(log(LOG_MINUTES_MAX + 1)),
        Intent::Log(Log { began, ..log(5) }),
        Intent::Log(Log {
            text: long(),
            ..log(5)
        }),
        Intent::AddTask(NewTask { steps, ..task() }),
        Intent::AddTask(NewTask {
            title: long(),
            ..task()
        }),
        Intent::AddTask(NewTask {
            title: " ".to_owned(),
            ..task()
        }),
    ];
    for intent in intents {
        let mut attacker = scene.insider();
        let group = attacker.written(scene.incident, intent);
        let refused = scene.refused(&attacker, group);
        let is_of_bounds = matches!(
            refused,
            Refused::OutOfRange { .. } | Refused::TooLong { .. } | Refused::Empty { .. }
        );
        assert!(is_of_bounds, "{refused:?}");
    }
    scene.end();
}

fn fact(tx: &mut Transaction<'_>, key: &str, by: PersonId) -> ObjId {
    let fact = tx.put_object(ROOT, key, ObjType::Map).expect("a map");
    for (name, value) in [("by", i64::from(by.0)), ("at", 1), ("boot", 1), ("mono", 1)] {
        tx.put(&fact, name, value).expect("a number");
    }
    tx.put(&fact, "saw", ScalarValue::Bytes(Vec::new()))
        .expect("bytes");
    fact
}

type Forgery = fn(&mut Transaction<'_>, PersonId, &str);

#[test]
fn a_task_is_neither_rewritten_nor_changed_in_other_words() {
    let (scene, attacker, task) = begin("task-rewritten");
    let key = DocKey::work(scene.incident);
    let forgeries: [(&str, Forgery); 6] = [
        ("a title put over another", |tx, _, task| {
            let (_, map) = tx.get(ROOT, task).expect("readable").expect("it is there");
            tx.put(map, "title", "Mine").expect("put");
        }),
        ("a task deleted", |tx, _, task| {
            tx.delete(ROOT, task).expect("deleted");
        }),
        ("an unknown state", |tx, by, task| {
            let key = format!("{task}/state/01890000-0000-7000-8000-000000000001");
            let fact = fact(tx, &key, by);
            tx.put(fact, "to", "forgotten").expect("put");
        }),
        ("an unknown aspect", |tx, by, task| {
            let key = format!("{task}/title/01890000-0000-7000-8000-000000000001");
            let fact = fact(tx, &key, by);
            tx.put(fact, "to", "done").expect("put");
        }),
        ("a step by another name", |tx, by, task| {
            let key = format!("{task}/step/01/01890000-0000-7000-8000-000000000001");
            let fact = fact(tx, &key, by);
            tx.put(fact, "done", 1).expect("put");
        }),
        ("a step that is done twice over", |tx, by, task| {
            let key = format!("{task}/step/0/01890000-0000-7000-8000-000000000001");
            let fact = fact(tx, &key, by);
            tx.put(fact, "done", 2).expect("put");
        }),
    ];
    let task = format!("task/{task}");
    for (what, write) in forgeries {
        let forged = attacker.forged(key, |tx| write(tx, attacker.person, &task));
        scene.misshapen(&attacker, what, sealed(key, forged));
    }
    scene.end();
}
