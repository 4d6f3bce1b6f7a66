//! The cases that sync engines are known to fail at, as courses of their own. Crashes between any
//! two steps, two tabs on one disk, full disks and herds are in the plans that are drawn, hostile
//! bytes in `tests/hostile`, and a browser that loses its database in `tests/e2e`.

use shared::ids::ActId;
use shared::incidents::{EventKind, State};
use shared::testing::ALICE;
use tests::simulation::{Deed, Dies, Step, World};

use super::{
    ALICES, ALICES_OTHER, BOB, CAROLS, DAVES, MINUTE, calm, come_back_as_a_manager, cut, declare,
    did, mend,
};

const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

fn moved_to(group: &str) -> Step {
    Step::Group {
        person: ALICE,
        group: group.to_owned(),
    }
}

fn is_accepted(world: &World, act: ActId) -> bool {
    world.server.accepted.contains_key(&act)
}

#[test]
fn an_answer_that_was_lost_is_given_again_also_by_a_server_that_went_down_after_it() {
    let mut world = calm(2);
    world.step(&Step::Kill {
        dies: Dies::AfterCommit,
    });
    let first = did(&mut world, ALICES, 0, &declare("network"));
    let second = did(&mut world, ALICES, 0, &Deed::Note);
    world.pass(5 * MINUTE);
    world.converge();
    for act in [first, second] {
        assert_eq!(world.server.accepted.get(&act), Some(&1), "it counts once");
    }
    assert!(world.tally().duplicates > 0, "it was offered again");
}

#[test]
fn a_device_that_begins_anew_from_a_copy_of_its_disk_loses_nothing_done_on_either() {
    let mut world = calm(3);
    did(&mut world, ALICES, 0, &declare("network"));
    world.pass(MINUTE);
    world.step(&Step::Image { device: ALICES });
    let before = did(&mut world, ALICES, 0, &Deed::Reply);
    world.pass(MINUTE);
    world.step(&Step::Revert { device: ALICES });
    let after = did(&mut world, ALICES, 0, &Deed::Note);
    world.converge();
    assert!(is_accepted(&world, before) && is_accepted(&world, after));
}

#[test]
fn a_server_restored_from_a_copy_two_hours_old_gets_everything_back() {
    let mut world = calm(4);
    did(&mut world, ALICES, 0, &declare("network"));
    did(&mut world, DAVES, 0, &declare("field"));
    world.pass(MINUTE);
    world.step(&Step::Backup);
    for (seat, deed) in [
        (ALICES, Deed::Note),
        (DAVES, Deed::Reply),
        (BOB, declare("desk")),
        (CAROLS, declare("desk")),
    ] {
        world.pass(HOUR / 2);
        did(&mut world, seat, 0, &deed);
    }
    world.pass(MINUTE);
    let count = world.server.kept.len();
    cut(&mut world, DAVES);
    let unsent = did(&mut world, DAVES, 0, &Deed::Note);
    world.step(&Step::Restore);
    mend(&mut world, DAVES);
    world.converge();
    assert_eq!(world.server.kept.len(), count);
    assert!(is_accepted(&world, unsent));
}

#[test]
fn forty_acts_over_six_incidents_go_through_around_one_that_is_refused() {
    let mut world = calm(3);
    for _ in 0..6 {
        did(&mut world, ALICES, 0, &declare("network"));
    }
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let reply = |world: &mut World, nth: u64| did(world, ALICES, nth % 6, &Deed::Reply);
    let mut acts: Vec<_> = (0..20).map(|nth| reply(&mut world, nth)).collect();
    let refused = did(&mut world, ALICES, 3, &Deed::Subject);
    acts.extend((20..40).map(|nth| reply(&mut world, nth)));
    come_back_as_a_manager(&mut world);
    world.converge();
    assert!(acts.iter().all(|act| is_accepted(&world, *act)));
    let review = world.device(ALICES).disk.review();
    let review: Vec<_> = review.iter().map(|entry| entry.drafted.act).collect();
    assert_eq!(review, [refused]);
}

#[test]
fn who_is_moved_to_another_group_and_back_while_offline_loses_nothing() {
    let mut world = calm(5);
    did(&mut world, BOB, 0, &declare("network"));
    did(&mut world, BOB, 0, &declare("field"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let unsent = did(&mut world, ALICES, 0, &Deed::Note);
    let held = world.device(ALICES).disk.incidents();
    for group in ["field", "network"] {
        world.step(&moved_to(group));
        // Her other device hears of each move.
        world.pass(5 * MINUTE);
        assert_ne!(world.device(ALICES_OTHER).disk.incidents(), []);
    }
    mend(&mut world, ALICES);
    world.converge();
    assert!(is_accepted(&world, unsent));
    assert_eq!(world.device(ALICES).disk.incidents(), held);
}

#[test]
fn who_is_moved_to_another_group_while_offline_keeps_the_words_and_nothing_else() {
    let mut world = calm(3);
    did(&mut world, BOB, 0, &declare("network"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let unsent = did(&mut world, ALICES, 0, &Deed::Note);
    world.step(&moved_to("field"));
    mend(&mut world, ALICES);
    world.converge();
    assert!(!is_accepted(&world, unsent));
    let review = world.device(ALICES).disk.review();
    assert_eq!(review.len(), 1);
    assert_eq!(world.device(ALICES).disk.docs().count(), 0);
}

#[test]
fn four_people_at_once_with_clocks_days_apart_read_the_same_and_no_state_is_illegal() {
    let mut world = calm(4);
    did(&mut world, CAROLS, 0, &declare("network"));
    world.pass(MINUTE);
    did(
        &mut world,
        BOB,
        0,
        &Deed::Assign {
            group: "network".to_owned(),
            person: Some(ALICE),
        },
    );
    world.pass(MINUTE);
    for (seat, days) in [(BOB, -2), (ALICES, 2), (CAROLS, 1)] {
        cut(&mut world, seat);
        world.step(&Step::Clock {
            device: seat,
            by_millis: days * i64::try_from(DAY).unwrap_or(0),
        });
    }
    did(&mut world, ALICES, 0, &Deed::Resolve);
    did(&mut world, CAROLS, 0, &Deed::Reply);
    did(
        &mut world,
        BOB,
        0,
        &Deed::Assign {
            group: "network".to_owned(),
            person: None,
        },
    );
    did(&mut world, BOB, 0, &Deed::Urgency);
    for seat in [CAROLS, BOB, ALICES] {
        mend(&mut world, seat);
    }
    world.converge();
    let id = world.device(BOB).disk.incidents()[0];
    let (incident, anomalies) = world.device(BOB).read(id).expect("Bob has it");
    assert_eq!(anomalies, []);
    assert!(matches!(incident.state, State::Resolved | State::Assigned));
    let entries = incident.timeline.iter();
    assert_eq!(entries.filter(|event| event.kind.is_entry()).count(), 1);
    let is_late = |event: &shared::incidents::Event| matches!(event.kind, EventKind::Set(_));
    assert!(
        incident.timeline.iter().any(is_late),
        "the urgency stands in the history"
    );
}
