//! The simulation as a test: new plans from fixed seeds, plans that once failed, and courses that
//! must be seen to come out right.

mod hardest;
mod versions;

use std::fs;

use shared::ids::{ActId, DocKind, PersonId};
use shared::incidents::{EventKind, Intent, Refused};
use shared::people::Role;
use shared::sync::Seq;
use shared::sync::client::ReviewEntry;
use shared::testing::ALICE;
use shared::time::Flags;
use tests::broken::Broken;
use tests::simulation::{Deed, Frame, Line, Plan, SignedIn, Step, World, run, shortened};

const STEPS: usize = 40;
const MINUTE: u64 = 60_000;

/// Seats of the roster.
const BOB: usize = 0;
const ALICES: usize = 1;
const DAVES: usize = 2;
/// Another device of the same person.
const ALICES_OTHER: usize = 4;
const CAROLS: usize = 3;

#[test]
fn devices_converge_whatever_lines_and_crashes_do() {
    check_seeds(0..50);
}

#[test]
fn devices_converge_whatever_lines_and_crashes_do_again() {
    check_seeds(50..100);
}

#[test]
fn devices_converge_whatever_lines_and_crashes_do_once_more() {
    check_seeds(100..150);
}

#[test]
fn devices_converge_whatever_lines_and_crashes_do_to_the_end() {
    check_seeds(150..200);
}

/// So many plans are to be enough for the simulation to notice a broken rule.
const PLANS_MAX: u64 = 600;

#[test]
fn every_rule_that_is_broken_is_noticed() {
    let unnoticed: Vec<_> = Broken::ALL
        .into_iter()
        .filter(|broken| noticed(*broken).is_none())
        .collect();
    assert_eq!(unnoticed, []);
}

/// How many plans it takes to notice that a rule is broken, and what is noticed.
fn noticed(broken: Broken) -> Option<(u64, String)> {
    (0..PLANS_MAX).find_map(|seed| {
        let failure = run(&Plan::draw_broken(seed, STEPS, Some(broken))).err()?;
        Some((seed + 1, failure.what))
    })
}

#[test]
fn a_document_sent_ahead_of_the_cursor_is_forgotten_with_its_scope() {
    check(&plan(include_str!("plans/sent_ahead.plan")));
}

#[test]
fn a_long_chain_behind_refused_acts_does_not_run_out_of_tries() {
    check(&plan(include_str!("plans/long_chain.plan")));
}

#[test]
fn what_rests_on_an_act_that_the_log_knows_as_another_change_waits_for_that() {
    check(&plan(include_str!("plans/known_below.plan")));
}

#[test]
fn a_birth_of_which_another_device_brought_back_one_half_is_made_whole() {
    check(&plan(include_str!("plans/half_a_birth.plan")));
}

#[test]
fn what_the_server_had_all_along_leaves_a_device_that_may_not_see_it() {
    check(&plan(include_str!("plans/lost_before_it_was_told.plan")));
}

#[test]
fn a_device_that_offered_something_remembers_from_where_on_it_is_told_what_to_forget() {
    check(&plan(include_str!("plans/first_page_lost.plan")));
}

#[test]
fn an_act_waits_no_more_for_an_incident_that_has_left_the_device_by_age() {
    check(&plan(include_str!("plans/known_and_old.plan")));
}

#[test]
fn a_birth_that_the_log_has_from_another_device_is_waited_for() {
    check(&plan(include_str!("plans/another_birth.plan")));
}

#[test]
fn an_incident_of_which_somebody_still_has_acts_comes_back_to_devices_and_leaves_them_again() {
    check(&plan(include_str!("plans/old_and_reverted.plan")));
    check(&plan(include_str!("plans/carried_and_old.plan")));
}

#[test]
fn what_only_a_wiped_device_held_of_a_lost_log_is_gone_with_it() {
    check(&plan(include_str!("plans/wiped_after_restore.plan")));
}

#[test]
fn an_act_that_was_accepted_is_known_again_when_what_it_saw_is_judged_otherwise() {
    check(&plan(include_str!("plans/judged_otherwise.plan")));
}

#[test]
fn a_row_is_told_anew_when_the_internal_work_it_counts_is_forgotten() {
    check(&plan(include_str!("plans/row_told_anew.plan")));
}

#[test]
fn a_document_that_left_a_scope_and_came_back_is_sent_whole() {
    let to = |group: &str| Deed::Assign {
        group: group.to_owned(),
        person: None,
    };
    let mut world = calm(3);
    cut(&mut world, DAVES);
    let moved = did(&mut world, BOB, 0, &declare("desk"));
    did(&mut world, BOB, 0, &to("field"));
    for _ in 0..4 {
        did(&mut world, BOB, 0, &declare("field"));
    }
    world.pass(MINUTE);
    // Ids begin with the time, so the first is the one declared first.
    did(&mut world, BOB, 0, &to("desk"));
    world.pass(MINUTE);
    world.step(&Step::Line {
        device: DAVES,
        is: Line::Up,
    });
    while world.device(DAVES).disk.cursors().high == Seq(0) {
        world.pass(1);
    }
    cut(&mut world, DAVES);
    let cursors = world.device(DAVES).disk.cursors();
    assert!(
        cursors.high < world.server.log.head,
        "the page ends before the document left"
    );
    did(&mut world, BOB, 0, &to("field"));
    world.pass(MINUTE);
    mend(&mut world, DAVES);
    world.converge();
    let incidents = world.device(DAVES).disk.incidents();
    assert_eq!(incidents.len(), 5);
    assert!(world.server.accepted.contains_key(&moved));
}

#[test]
fn a_lost_device_hands_over_what_it_never_sent_and_holds_nothing() {
    let mut world = calm(3);
    let known = did(&mut world, ALICES, 0, &declare("network"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let unsent = did(&mut world, ALICES, 0, &Deed::Reply);
    world.step(&Step::Wipe { device: ALICES });
    world.pass(MINUTE);
    let still = did(&mut world, ALICES, 0, &Deed::Note);
    assert!(
        !world.is_wiped(ALICES),
        "it works until it hears of the order"
    );
    mend(&mut world, ALICES);
    world.converge();
    assert!(world.is_wiped(ALICES));
    assert!(world.device(ALICES).disk.is_empty());
    for act in [known, unsent, still] {
        assert!(world.server.accepted.contains_key(&act));
    }
}

#[test]
fn acts_around_a_refused_one_go_through_and_its_text_is_kept() {
    let mut world = calm(3);
    did(&mut world, ALICES, 0, &declare("network"));
    did(&mut world, ALICES, 0, &declare("network"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let before = did(&mut world, ALICES, 0, &Deed::Reply);
    let refused = did(&mut world, ALICES, 0, &Deed::Subject);
    let after = [
        did(&mut world, ALICES, 0, &Deed::Reply),
        did(&mut world, ALICES, 0, &Deed::Note),
        did(&mut world, ALICES, 1, &Deed::Note),
    ];
    come_back_as_a_manager(&mut world);

    let review = world.device(ALICES).disk.review();
    let [entry] = review.as_slice() else {
        panic!("one act is under review: {review:?}")
    };
    assert_eq!(entry.drafted.act, refused);
    assert!(
        matches!(entry.why, Refused::Role { .. }) && matches!(entry.drafted.intent, Intent::Set(_))
    );
    for act in after.into_iter().chain([before]) {
        assert!(world.server.accepted.contains_key(&act));
    }
    world.converge();
    let id = entry.incident;
    let (incident, _) = world.device(BOB).read(id).expect("Bob has it");
    assert!(
        incident
            .timeline
            .iter()
            .all(|event| !matches!(event.kind, EventKind::Set(_)))
    );
    assert_eq!(
        incident
            .timeline
            .iter()
            .filter(|event| event.kind.is_entry())
            .count(),
        3
    );
}

#[test]
fn unsent_work_on_an_incident_that_was_taken_away_is_refused_kept_and_then_forgotten() {
    let mut world = calm(3);
    did(&mut world, BOB, 0, &declare("field"));
    world.pass(MINUTE);
    cut(&mut world, DAVES);
    let unsent = [
        did(&mut world, DAVES, 0, &Deed::Reply),
        did(&mut world, DAVES, 0, &Deed::Note),
    ];
    did(
        &mut world,
        BOB,
        0,
        &Deed::Assign {
            group: "network".to_owned(),
            person: None,
        },
    );
    world.pass(MINUTE);
    assert_eq!(
        world.device(DAVES).disk.incidents().len(),
        1,
        "unsent work is not forgotten"
    );
    mend(&mut world, DAVES);

    let disk = &world.device(DAVES).disk;
    let review = disk.review();
    let acts: Vec<ActId> = review.iter().map(|entry| entry.drafted.act).collect();
    assert!(unsent.iter().all(|act| acts.contains(act)) && acts.len() == 2);
    let is_out_of_scope = |entry: &ReviewEntry| entry.why == Refused::Scope;
    assert!(review.iter().all(is_out_of_scope), "{review:?}");
    assert!(disk.outbox().is_empty() && disk.docs().next().is_none());
    world.converge();
}

#[test]
fn a_portal_declares_and_replies_and_never_holds_internal_work() {
    let mut world = calm(4);
    did(&mut world, CAROLS, 0, &Deed::Declare { group: None });
    world.pass(MINUTE);
    did(&mut world, BOB, 0, &Deed::Note);
    did(&mut world, CAROLS, 0, &Deed::Reply);
    world.converge();
    let disk = &world.device(CAROLS).disk;
    assert!(disk.docs().all(|doc| doc.kind == DocKind::Incident) && disk.docs().count() == 1);
    assert_eq!(
        world.device(BOB).disk.docs().count(),
        2,
        "the server made the work document"
    );
}

#[test]
fn a_session_that_ended_offline_asks_again_and_loses_nothing() {
    let mut world = calm(2);
    did(&mut world, ALICES, 0, &declare("network"));
    world.pass(MINUTE);
    world.step(&Step::Session {
        device: ALICES,
        is: SignedIn::No,
    });
    let unsent = did(&mut world, ALICES, 0, &Deed::Reply);
    world.pass(10 * MINUTE);
    assert_eq!(world.device(ALICES).disk.outbox().len(), 1);
    world.step(&Step::Session {
        device: ALICES,
        is: SignedIn::Yes,
    });
    world.pass(MINUTE);
    assert!(world.server.accepted.contains_key(&unsent));
    world.converge();
}

#[test]
fn an_act_by_a_clock_wrong_by_a_year_counts_from_when_it_was_done() {
    let mut world = calm(3);
    did(&mut world, BOB, 0, &declare("field"));
    world.pass(MINUTE);
    cut(&mut world, DAVES);
    let done_at = world.now();
    did(&mut world, DAVES, 0, &Deed::Claim);
    world.pass(90 * MINUTE);
    mend(&mut world, DAVES);
    world.converge();
    let id = world.device(BOB).disk.incidents()[0];
    let (incident, _) = world.device(BOB).read(id).expect("Bob has it");
    let claim = incident.assignment.from;
    assert_eq!(
        (incident.assignment.person, claim.by),
        (Some(PersonId(4)), PersonId(4))
    );
    assert!(claim.corrected.since(done_at).abs() < 1_000, "{claim:?}");
    assert!(
        claim
            .arrival
            .is_some_and(|arrived| arrived.flags.contains(Flags::CLOCK_OFF))
    );
}

#[test]
fn what_is_carried_to_another_device_counts_once_when_the_first_returns() {
    let mut world = calm(5);
    did(&mut world, BOB, 0, &declare("network"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    cut(&mut world, ALICES_OTHER);
    let acts = [
        did(&mut world, ALICES, 0, &Deed::Note),
        did(&mut world, ALICES, 0, &Deed::Urgency),
        did(&mut world, ALICES, 0, &declare("network")),
    ];
    world.step(&Step::Carry {
        from: ALICES,
        to: ALICES_OTHER,
    });
    // Somebody else's file is refused, which the world checks.
    world.step(&Step::Carry {
        from: ALICES,
        to: BOB,
    });
    let outbox = world.device(ALICES_OTHER).disk.outbox();
    assert_eq!(outbox.len(), 3);
    mend(&mut world, ALICES_OTHER);
    assert!(
        acts.iter()
            .all(|act| world.server.accepted.contains_key(act))
    );
    let before = world.server.duplicates;
    mend(&mut world, ALICES);
    assert!(world.server.duplicates > before);
    world.converge();
}

#[test]
fn acts_carried_ahead_of_their_incident_wait_for_it_or_return_to_their_author() {
    let mut world = calm(5);
    cut(&mut world, ALICES_OTHER);
    did(&mut world, BOB, 0, &declare("network"));
    did(&mut world, BOB, 1, &declare("network"));
    world.pass(MINUTE);
    cut(&mut world, ALICES);
    let note = did(&mut world, ALICES, 0, &Deed::Note);
    let other = did(&mut world, ALICES, 1, &Deed::Note);
    world.step(&Step::Carry {
        from: ALICES,
        to: ALICES_OTHER,
    });
    assert_eq!(world.device(ALICES_OTHER).disk.outbox().len(), 2);
    let away = Deed::Assign {
        group: "field".to_owned(),
        person: None,
    };
    let gone = world.device(ALICES).disk.outbox()[1].1.incident;
    let held = world.device(BOB).disk.incidents();
    let nth = held.iter().position(|id| *id == gone).unwrap_or(0);
    did(&mut world, BOB, nth as u64, &away);
    world.pass(MINUTE);
    mend(&mut world, ALICES_OTHER);
    assert!(world.server.accepted.contains_key(&note));
    let review = world.device(ALICES_OTHER).disk.review();
    assert_eq!(review.len(), 1);
    assert_eq!(review[0].drafted.act, other);
    world.converge();
}

/// A world without faults.
fn calm(devices: usize) -> World {
    let mut world = World::new(Frame {
        seed: 1,
        devices,
        faults: 0,
        broken: None,
    });
    world.pass(MINUTE);
    world
}

fn declare(group: &str) -> Deed {
    Deed::Declare {
        group: Some(group.to_owned()),
    }
}

fn did(world: &mut World, seat: usize, nth: u64, deed: &Deed) -> ActId {
    world.act(seat, nth, deed).expect("the act can be done")
}

fn cut(world: &mut World, device: usize) {
    world.step(&Step::Line {
        device,
        is: Line::Down,
    });
}

fn mend(world: &mut World, device: usize) {
    world.step(&Step::Line {
        device,
        is: Line::Up,
    });
    world.pass(5 * MINUTE);
}

/// Alice, who was cut off, may no longer change fields when she is back.
fn come_back_as_a_manager(world: &mut World) {
    world.step(&Step::Role {
        person: ALICE,
        role: Role::Manager,
    });
    mend(world, ALICES);
}

fn plan(text: &str) -> Plan {
    text.parse().expect("a found plan can be read")
}

/// Runs seeds, or the plan in the file that `PLAN` names, or the one seed in `SEED`.
fn check_seeds(seeds: std::ops::Range<u64>) {
    if let Ok(file) = std::env::var("PLAN") {
        let text = fs::read_to_string(&file).expect("PLAN names a readable file");
        return check(&plan(&text));
    }
    let only: Option<u64> = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(seeds, |seed| seed..seed + 1);
    seeds.for_each(|seed| check(&Plan::draw(seed, STEPS)));
}

fn check(plan: &Plan) {
    let Err(failure) = run(plan) else { return };
    let plan = shortened(plan, &failure);
    let failure = run(&plan).err().unwrap_or(failure);
    panic!("{failure}\n\nthe plan, for PLAN=file:\n{plan}");
}
