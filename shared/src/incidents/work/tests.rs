//! Logs and tasks as they read, whatever met what.

use crate::document::{Receipt, Written};
use crate::ids::{DocKind, FactId, GroupId, PersonId};
use crate::incidents::write;
use crate::testing::{ALICE, BOB, CAROL, Copy, START, receipt};
use crate::time::{Flags, UnixMillis};

use super::{Holder, Log, LogKind, NewTask, Task, TaskChange, TaskState, Work, spent};
use crate::incidents::{Event, EventKind, Intent};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn log(began: UnixMillis, minutes: u32) -> Log {
    Log {
        began,
        minutes,
        kind: LogKind::OnSite,
        is_billable: true,
        text: String::new(),
    }
}

fn task(title: &str) -> NewTask {
    NewTask {
        title: title.to_owned(),
        steps: vec!["Look".to_owned(), "Mend".to_owned()],
        ..NewTask::default()
    }
}

fn change(task: FactId, change: TaskChange) -> Intent {
    Intent::ChangeTask { task, change }
}

fn state(task: FactId, state: TaskState) -> Intent {
    change(task, TaskChange::State(state))
}

fn given(task: FactId, person: PersonId) -> Intent {
    change(task, TaskChange::Person(Some(person)))
}

fn only(copy: &Copy) -> Task {
    let [task] = <[Task; 1]>::try_from(copy.read().work().tasks).expect("one task");
    task
}

fn overlapping(copy: &Copy) -> Vec<bool> {
    let logs = copy.read().work().logs;
    logs.iter().map(|logged| logged.is_overlapping).collect()
}

#[test]
fn time_is_added_up_per_person_and_kind() {
    let mut copy = Copy::declared();
    copy.now = START.plus(10 * HOUR);
    copy.act(ALICE, Intent::Log(log(START, 25)));
    let remote = Log {
        kind: LogKind::Remote,
        is_billable: false,
        ..log(START.plus(HOUR), 10)
    };
    copy.act(ALICE, Intent::Log(remote.clone()));
    copy.act(ALICE, Intent::Log(log(START.plus(2 * HOUR), 5)));
    copy.act(BOB, Intent::Log(remote));
    let sums: Vec<_> = spent(&copy.read().work().logs)
        .into_iter()
        .map(|sum| (sum.by, sum.kind, sum.minutes, sum.billable))
        .collect();
    let expected = [
        (ALICE, LogKind::Remote, 10, 0),
        (ALICE, LogKind::OnSite, 30, 30),
        (BOB, LogKind::Remote, 10, 0),
    ];
    assert_eq!(sums, expected);
}

#[test]
fn what_one_person_logs_twice_over_is_marked_and_counts() {
    // From an hour before midnight, as a device in another zone says it: the same moments.
    let midnight = UnixMillis(START.0 / (24 * HOUR) * 24 * HOUR);
    let mut copy = Copy::declared();
    copy.now = midnight.plus(30 * HOUR);
    copy.act(ALICE, Intent::Log(log(midnight.plus(-HOUR), 300)));
    copy.act(ALICE, Intent::Log(log(midnight.plus(-HOUR + MINUTE), 5)));
    copy.act(BOB, Intent::Log(log(midnight, 60)));
    copy.act(ALICE, Intent::Log(log(midnight.plus(3 * HOUR), 120)));
    assert_eq!(overlapping(&copy), [true, true, false, true]);
    copy.act(ALICE, Intent::Log(log(midnight.plus(5 * HOUR), 10)));
    assert_eq!(
        overlapping(&copy),
        [true, true, false, true, false],
        "it begins when the other ends"
    );
    let soon = midnight.plus(5 * HOUR + 10 * MINUTE - 30_000);
    copy.act(ALICE, Intent::Log(log(soon, 10)));
    let last = overlapping(&copy).pop();
    assert_eq!(last, Some(false), "minutes are rounded up");
}

#[test]
fn a_log_taken_back_counts_no_more_and_overlaps_nothing() {
    let mut copy = Copy::declared();
    copy.now = START.plus(10 * HOUR);
    copy.act(ALICE, Intent::Log(log(START, 60)));
    let fact = copy.act(ALICE, Intent::Log(log(START, 30)));
    assert_eq!(overlapping(&copy), [true, true]);
    let doc = DocKind::Work;
    copy.act(ALICE, Intent::Withdraw { doc, fact });
    assert_eq!(overlapping(&copy), [false]);
}

fn received(copy: &mut Copy, intent: Intent, at: UnixMillis, flags: Flags) {
    let mut drafted = copy.drafted(ALICE, intent);
    let actor = copy.actor;
    let written = write(&mut drafted, &mut copy.docs, &|_| actor).expect("it can be written");
    let with = |written: &Written| Receipt {
        flags,
        ..receipt(written, actor, ALICE, at)
    };
    copy.receipts.work.add(with(&written[0]));
}

#[test]
fn a_beginning_is_put_right_with_the_clock_that_told_it_and_never_lies_ahead() {
    let began = |flags: Flags, began: i64| {
        let mut copy = Copy::declared();
        let said = copy.now.plus(1_000);
        let arrived = said.plus(-HOUR);
        received(
            &mut copy,
            Intent::Log(log(said.plus(began), 5)),
            arrived,
            flags,
        );
        copy.read().work().logs[0].began.since(arrived)
    };
    assert_eq!(began(Flags::CLOCK_OFF, -25 * MINUTE), -25 * MINUTE);
    assert_eq!(began(Flags::CLOCK_OFF, 10 * HOUR), 0, "it is not ahead");
    assert_eq!(began(Flags::default(), -2 * HOUR), -HOUR);
    let both = Flags::CLOCK_OFF.and(Flags::BEYOND_BOUND);
    assert_eq!(began(both, -2 * HOUR), -HOUR, "it was dated to its arrival");
}

#[test]
fn a_task_reads_as_its_changes_left_it() {
    let mut copy = Copy::declared();
    let id = copy.act(BOB, Intent::AddTask(task("Replace the card")));
    assert!(only(&copy).is_open());
    copy.act(BOB, given(id, ALICE));
    copy.act(BOB, change(id, TaskChange::Due(Some(START))));
    let ticked = TaskChange::Step {
        nth: 1,
        is_done: true,
    };
    copy.act(ALICE, change(id, ticked));
    let fact = copy.act(ALICE, state(id, TaskState::Done));
    let task = only(&copy);
    assert_eq!(task.holder.person, Some(ALICE));
    assert_eq!((task.due.value, task.state.from.by), (Some(START), ALICE));
    let steps: Vec<_> = task.steps.iter().map(|step| step.is_done.value).collect();
    assert_eq!(
        (steps, task.state.value),
        (vec![false, true], TaskState::Done)
    );
    let doc = DocKind::Work;
    copy.act(ALICE, Intent::Withdraw { doc, fact });
    assert!(only(&copy).is_open(), "what it superseded holds again");
    copy.act(BOB, Intent::Withdraw { doc, fact: id });
    assert_eq!(copy.read().work(), Work::default());
}

#[test]
fn of_two_changes_at_once_the_later_holds_and_aspects_do_not_meet() {
    let mut one = Copy::declared();
    let id = one.act(BOB, Intent::AddTask(task("Replace the card")));
    let mut two = one.on(2);
    two.now = two.now.plus(5_000);
    one.act(ALICE, state(id, TaskState::Done));
    one.act(ALICE, given(id, ALICE));
    two.act(BOB, state(id, TaskState::Dropped));
    let before = one.clone();
    one.merge(&two);
    two.merge(&before);
    assert_eq!(one.read(), two.read());
    let task = only(&one);
    assert_eq!(task.state.value, TaskState::Dropped);
    assert_eq!(task.holder.person, Some(ALICE));
}

fn awaited(task: FactId, is_awaited: bool) -> TaskChange {
    TaskChange::After { task, is_awaited }
}

#[test]
fn two_devices_name_what_a_task_waits_for_and_who_has_it_and_lose_neither() {
    let mut one = Copy::declared();
    let ids = ["One", "Two", "Three"].map(|title| one.act(BOB, Intent::AddTask(task(title))));
    one.act(BOB, change(ids[0], awaited(ids[1], true)));
    let mut two = one.on(2);
    one.act(ALICE, change(ids[0], awaited(ids[2], true)));
    one.act(ALICE, given(ids[0], ALICE));
    two.act(BOB, change(ids[0], awaited(ids[1], false)));
    let group = Some(GroupId::from("cabling"));
    two.act(BOB, change(ids[0], TaskChange::Group(group.clone())));
    one.merge(&two);
    let task = one.read().work().tasks.remove(0);
    assert_eq!(task.after, [ids[2]]);
    let person = Some(ALICE);
    assert_eq!(task.holder, Holder { person, group });
}

fn waiting(copy: &Copy) -> Vec<(usize, bool)> {
    let tasks = copy.read().work().tasks;
    let waits = tasks
        .iter()
        .map(|task| (task.waits_for.len(), task.is_in_circle));
    waits.collect()
}

#[test]
fn what_waits_for_itself_in_the_end_waits_for_nothing_and_says_so() {
    let mut one = Copy::declared();
    let ids = ["One", "Two", "Three"].map(|title| one.act(BOB, Intent::AddTask(task(title))));
    let mut two = one.on(2);
    let after = |of: usize, what: usize| change(ids[of], awaited(ids[what], true));
    one.act(ALICE, after(0, 1));
    one.act(ALICE, after(0, 2));
    two.act(BOB, after(1, 0));
    assert_eq!(waiting(&one), [(2, false), (0, false), (0, false)]);
    one.merge(&two);
    assert_eq!(waiting(&one), [(1, true), (0, true), (0, false)]);
    one.act(ALICE, state(ids[1], TaskState::Done));
    assert_eq!(waiting(&one), [(1, false), (0, false), (0, false)]);
    one.act(ALICE, after(2, 2));
    assert_eq!(waiting(&one)[2], (0, true));
}

#[test]
fn what_names_no_task_of_this_document_says_nothing() {
    let mut copy = Copy::declared();
    let id = copy.act(BOB, Intent::AddTask(task("Replace the card")));
    let before = copy.read().work();
    let elsewhere = FactId::from_bytes([7; 16]);
    copy.act(BOB, state(elsewhere, TaskState::Done));
    let beyond = TaskChange::Step {
        nth: 9,
        is_done: true,
    };
    copy.act(BOB, change(id, beyond));
    let note = Intent::Note {
        text: "A note.".to_owned(),
    };
    let note = copy.act(BOB, note);
    copy.act(BOB, state(note, TaskState::Done));
    assert_eq!(copy.read().work(), before);
    for other in [elsewhere, note] {
        copy.act(BOB, change(id, awaited(other, true)));
    }
    assert!(
        only(&copy).waits_for.is_empty(),
        "what is not there is not awaited"
    );
}

#[test]
fn only_staff_reads_what_work_there_is() {
    let mut copy = Copy::declared();
    copy.act(BOB, Intent::AddTask(task("Replace the card")));
    copy.act(CAROL, Intent::Log(log(START, 5)));
    copy.docs.work = None;
    assert_eq!(copy.read().work(), Work::default());
}

#[test]
fn a_thousand_tasks_in_a_row_are_read() {
    let event = |nth: u32, after: Vec<FactId>| Event {
        fact: name(nth),
        doc: DocKind::Work,
        from: Copy::declared().read().created,
        kind: EventKind::TaskAdded(NewTask {
            after,
            ..task("One of many")
        }),
        withdrawn: None,
    };
    let timeline: Vec<_> = (0..1_000)
        .map(|nth| event(nth, vec![name((nth + 1) % 1_000)]))
        .collect();
    let tasks = Work::of(&timeline).tasks;
    assert!(tasks.iter().all(|task| task.is_in_circle));
    let tasks = Work::of(&timeline[..999]).tasks;
    assert!(tasks.iter().all(|task| !task.is_in_circle));
}

fn name(nth: u32) -> FactId {
    let mut bytes = [1; 16];
    bytes[..4].copy_from_slice(&nth.to_be_bytes());
    FactId::from_bytes(bytes)
}
