//! What befalls a device, case by case.

use super::*;

#[test]
fn a_verdict_taken_in_twice_changes_nothing_more() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Note(0),
        Step::Push(9),
        Step::TakeReply(0),
    ]);
    let once = format!("{:?}", world.device.disk);
    world.take(Step::TakeReply(0));
    assert_eq!(format!("{:?}", world.device.disk), once);
    assert!(world.device.disk.outbox.is_empty());
}

#[test]
fn an_answer_that_was_lost_is_answered_duplicate() {
    let mut world = run(&[Step::Declare(0), Step::Push(9), Step::Crash]);
    assert_eq!(world.device.disk.outbox.len(), 1);
    world.heal();
}

#[test]
fn acts_after_a_refused_one_are_written_anew_without_it() {
    let steps = [
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Crash,
    ];
    let mut world = run(&steps);
    let kept: Vec<_> = [
        Step::Note(0),
        Step::Forbidden(0),
        Step::Reply(0),
        Step::Note(0),
    ]
    .into();
    for step in kept {
        world.take(step);
    }
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    let waiting = world.device.disk.entries();
    let refused: Vec<_> = world.device.disk.review.values().collect();
    let refused = ReviewEntry::decode(refused[0]).expect("it was written by this version");
    assert_eq!(
        waiting.len(),
        1,
        "the reply is to be sent again, in its new form"
    );
    let saw = waiting[0].1.drafted.saw.clone().expect("it was written");
    assert!(!saw[0].contains(&refused.drafted.facts[0]));
    assert_eq!(
        Some(saw[0].clone()),
        refused.drafted.saw.map(|saw| saw[0].clone())
    );
    world.heal();
}

#[test]
fn a_refused_declaration_takes_everything_on_it_to_review() {
    let mut world = World::new();
    let act = world.act(0, Intent::Declare(declare()));
    world.log.refuses.extend(act);
    for step in [
        Step::Reply(0),
        Step::Note(0),
        Step::Push(9),
        Step::TakeReply(0),
    ] {
        world.take(step);
        world.check();
    }
    world.heal();
    assert!(world.device.disk.load(incident(0)).is_gone());
    assert_eq!(world.device.disk.review.len(), 3);
}

#[test]
fn a_refused_act_that_was_taken_back_goes_with_its_withdrawal() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Crash,
    ]);
    let refused = world.act(0, reply()).expect("it was written");
    let entries = world.device.disk.entries();
    let fact = entries[0].1.drafted.facts[0];
    let doc = DocKind::Incident;
    let withdrawal = world.act(0, Intent::Withdraw { doc, fact });
    let after = world.act(0, reply()).expect("it was written");
    world.log.refuses.insert(refused);
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    let disk = &world.device.disk;
    let waiting: Vec<_> = disk
        .entries()
        .iter()
        .map(|(_, entry)| entry.act())
        .collect();
    assert_eq!(waiting, [after], "what is nothing any more bothers nobody");
    assert!(disk.review.is_empty());
    world
        .acts
        .retain(|act| *act != refused && Some(*act) != withdrawal);
    world.log.refuses.clear();
    world.heal();
}

#[test]
fn other_incidents_go_on_beside_a_refused_act() {
    let mut world = run(&[
        Step::Declare(0),
        Step::Declare(1),
        Step::Forbidden(0),
        Step::Reply(1),
    ]);
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    assert!(world.device.disk.entries().is_empty());
    world.heal();
}

#[test]
fn a_page_that_was_overtaken_is_thrown_away() {
    let steps = [
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Pull,
        Step::Remote(0),
        Step::Pull,
        Step::TakePage(1),
    ];
    let mut world = run(&steps);
    let high = world.device.disk.cursors.high;
    world.take(Step::TakePage(0));
    world.check();
    assert_eq!(world.device.disk.cursors.high, high);
}

#[test]
fn a_document_is_forgotten_only_once_nothing_of_it_waits() {
    let mut world = noted();
    let local = world.forgotten();
    assert!(!local.is_gone(), "a note waits");
    world.device.disk.store(&local, Vec::new());
    world.take(Step::Push(9));
    world.take(Step::TakeReply(1));
    assert!(world.device.disk.load(incident(0)).is_gone());
}

#[test]
fn what_waits_stays_on_top_of_a_snapshot() {
    let mut world = noted();
    world.log.remote(incident(0));
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    world.check();
    let local = world
        .device
        .disk
        .doc(DocKey::work(incident(0)))
        .expect("it is held");
    let entry = &world.device.disk.entries()[0].1;
    assert!(local.load().is_ok_and(|doc| doc.has(entry.changes[0].hash)));
    world.heal();
}

#[test]
fn a_copy_that_cannot_be_read_is_replaced_and_what_waits_written_on_the_new_one() {
    let mut world = noted();
    let key = DocKey::work(incident(0));
    let mut local = world.device.disk.load(incident(0));
    local.distrust();
    world.device.disk.store(&local, Vec::new());
    let mut broken = world.device.disk.doc(key).expect("it is held");
    broken.snapshot = vec![1, 2, 3];
    world.device.disk.docs.insert(key, broken.encode());
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    world.heal();
    assert!(world.device.disk.review.is_empty());
}

#[test]
fn an_act_on_what_no_log_brings_any_more_comes_to_its_author() {
    let mut world = noted();
    let mut local = world.device.disk.load(incident(0));
    local.distrust();
    local.forget(DocKind::Incident);
    local.forget(DocKind::Work);
    let entry = local.outbox()[0].clone();
    assert_eq!(entry.phase, Phase::Ready, "no newer state comes");
    let (doc, hashes) = (entry.changes[0].doc, vec![entry.changes[0].hash]);
    let verdicts = [(entry.offer(), Verdict::Missing { doc, hashes })];
    let review = world
        .device
        .with(|_, writer| local.settle(&verdicts, writer));
    let review = review.expect("it is readable");
    let acts: Vec<_> = review.iter().map(|entry| entry.drafted.act).collect();
    assert_eq!(acts, [entry.act()]);
    assert!(local.is_gone());
}

#[test]
fn what_the_log_had_under_another_change_and_has_no_more_is_offered_again() {
    let mut world = noted();
    world.is_known_under_another_change(incident(0));
    assert!(matches!(
        world.device.disk.entries()[0].1.phase,
        Phase::Known(_)
    ));
    world.device.disk.cursors = Cursors::default();
    world.take(Step::Pull);
    world.take(Step::TakePage(0));
    assert_eq!(world.device.disk.entries()[0].1.phase, Phase::Ready);
    world.heal();
    assert!(world.device.disk.review.is_empty());
}

#[test]
fn what_the_log_has_under_another_change_waits_for_nothing_once_the_incident_leaves() {
    let mut world = noted();
    let local = world.forgotten();
    world.device.disk.store(&local, Vec::new());
    world.is_known_under_another_change(incident(0));
    assert!(world.device.disk.load(incident(0)).is_gone());
}

#[test]
fn as_many_logs_are_remembered_as_a_server_looks_at() {
    let log = |byte| Epoch::from_bytes([byte; 16]);
    let mut known = Vec::new();
    for place in 1..40 {
        known = logs_known(&known, log(place), log(place + 1));
    }
    assert_eq!(known.len(), LOGS_MAX);
    assert_eq!(known.last(), Some(&log(40)));
    assert_eq!(
        logs_known(&known, log(40), log(39))[14..],
        [log(40), log(39)]
    );
}

#[test]
fn an_act_that_the_server_could_not_judge_stays_as_it_is() {
    let mut world = run(&[Step::Declare(0)]);
    let mut local = world.device.disk.load(incident(0));
    let before = local.outbox().to_vec();
    let verdict = Verdict::Missing {
        doc: DocKey::work(incident(0)),
        hashes: Vec::new(),
    };
    let verdicts = [(before[0].offer(), verdict)];
    let review = world
        .device
        .with(|_, writer| local.settle(&verdicts, writer));
    assert_eq!(review, Ok(Vec::new()));
    assert_eq!(local.outbox(), before);
    assert!(local.docs().all(|doc| !doc.distrusted));
}

#[test]
fn an_incident_that_only_this_device_has_outlives_the_loss_of_its_documents() {
    let mut world = run(&[Step::Declare(0), Step::Note(0)]);
    let outbox = world.device.disk.load(incident(0)).outbox().to_vec();
    for lost in [DocKind::Incident, DocKind::Work] {
        let held = world.device.disk.load(incident(0));
        let left: Vec<_> = held
            .docs()
            .filter(|doc| doc.key.kind != lost)
            .cloned()
            .collect();
        let mut local = LocalIncident::new(incident(0), left, outbox.clone());
        let review = world.device.with(|_, writer| local.revive(writer));
        assert_eq!(review, Vec::new());
        assert_eq!(local.outbox().len(), 2);
        let (read, anomalies) = local.read().expect("it was written anew");
        assert_eq!((read.id, anomalies), (incident(0), Vec::new()));
    }
}

#[test]
fn a_device_that_lost_something_still_names_what_it_held_it_through() {
    let scope = crate::people::Scope::Staff;
    let stored = Cursors {
        epoch: Some(crate::ids::Epoch::new(UnixMillis(1), [1; 10])),
        high: Seq(7),
        lows: [(scope.clone(), Seq(0))].into(),
    };
    let after = cursors_after_loss(&stored);
    assert_eq!((after.epoch, after.high), (stored.epoch, Seq(7)));
    assert_eq!(after.lows, [(scope, Seq(8))].into());
    assert_eq!(cursors_after_loss(&Cursors::default()).epoch, None);
}

#[test]
fn what_waits_sees_through_what_was_lost_with_a_log() {
    let steps = [
        Step::Declare(0),
        Step::Push(9),
        Step::TakeReply(0),
        Step::Crash,
    ];
    let mut world = run(&steps);
    let born = world.log.pull(&Cursors::default()).docs;
    world.take(Step::Reply(0));
    world.take(Step::Push(9));
    world.take(Step::TakeReply(0));
    world.take(Step::Note(0));
    world.take(Step::Reply(0));
    let saw = |local: &LocalIncident| {
        let last = local.outbox().last().expect("a reply waits");
        last.drafted.saw.clone().expect("it was written")[0].clone()
    };
    let mut local = world.device.disk.load(incident(0));
    let [lost] = saw(&local)[..] else {
        panic!("it saw the reply before it");
    };
    let review = world.device.with(|_, writer| local.merge(born, writer));
    assert_eq!(review.expect("the documents can be read"), []);
    let (incident, _) = local.read().expect("the documents can be read");
    let declared = incident.timeline[0].fact;
    assert_eq!(saw(&local), [lost, declared]);
}
