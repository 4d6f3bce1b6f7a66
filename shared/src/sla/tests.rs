mod promised;

use proptest::prelude::*;

use crate::calendar::{Calendar, Hours};
use crate::document::{Receipt, ReceiptBook};
use crate::ids::{DeviceId, DocKind, PersonId};
use crate::incidents::{
    HoldReason, Incident, Intent, Level, Override, Requester, ResolutionCode, SetField,
};
use crate::targets::{Edition, Reach, Rules, Targets};
use crate::testing::{ALICE, BOB, CAROL, Copy, START};
use crate::time::Flags;

use super::*;

/// Another requester.
const DORA: PersonId = PersonId(4);

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Somebody acts so many minutes after the incident was declared.
fn at(copy: &mut Copy, minutes: i64, by: PersonId, intent: Intent) {
    let declared = copy.read().created.corrected;
    copy.now = declared.plus(minutes * MINUTE - 1_000);
    copy.act(by, intent);
}

fn hold(reason: HoldReason) -> Intent {
    let text = "Which one?".to_owned();
    Intent::Hold {
        reason,
        text,
        until: None,
    }
}

fn resolve() -> Intent {
    Intent::Resolve {
        code: ResolutionCode::Fixed,
        notes: "Done.".to_owned(),
    }
}

fn reply() -> Intent {
    let text = "On it.".to_owned();
    Intent::Reply { text }
}

fn reopen() -> Intent {
    let text = "It is back.".to_owned();
    Intent::Reopen { text }
}

/// How things stand so many minutes after the incident was declared. An ordinary one is P3: a
/// response within 4 hours, a resolution within 48.
fn clocks(incident: &Incident, minutes: i64) -> (Clock, Clock) {
    let now = incident.created.corrected.plus(minutes * MINUTE);
    let clocks = evaluate(incident, &Rules::default(), now);
    let both = clocks.response.zip(clocks.resolution);
    both.expect("every priority has targets")
}

fn after(incident: &Incident, minutes: i64) -> UnixMillis {
    incident.created.corrected.plus(minutes * MINUTE)
}

fn glanced(incident: &Incident) -> Glance {
    glance(incident, &Rules::default())
}

#[test]
fn both_clocks_run_from_the_creation() {
    let incident = Copy::declared().read();
    let (response, resolution) = clocks(&incident, 60);
    let due = |hours: i64| Standing::Running {
        due_at: after(&incident, hours * 60),
    };
    assert_eq!((response.standing, resolution.standing), (due(4), due(48)));
    assert_eq!(
        (response.elapsed_millis, resolution.elapsed_millis),
        (HOUR, HOUR)
    );
    assert_eq!(response.breach_at, Some(after(&incident, 240)));
}

#[test]
fn the_first_human_response_is_what_the_requester_can_see_or_start_of_work() {
    let note = || Intent::Note {
        text: "Internal.".to_owned(),
    };
    let claim = || Intent::Claim { group: None };
    let cases = [
        ("a reply of staff", ALICE, reply(), true),
        ("the requester's own reply", CAROL, reply(), false),
        ("start of work", ALICE, Intent::Start, true),
        ("a question", ALICE, hold(HoldReason::Caller), true),
        ("a resolution", ALICE, resolve(), true),
        ("an internal note", ALICE, note(), false),
        ("a claim", ALICE, claim(), false),
    ];
    for (what, by, intent, is_response) in cases {
        let mut copy = Copy::declared();
        at(&mut copy, 30, by, intent);
        let incident = copy.read();
        let met = clocks(&incident, 60).0.standing
            == Standing::Met {
                at: after(&incident, 30),
            };
        assert_eq!(met, is_response, "{what}");
    }
}

#[test]
fn what_somebody_wrote_as_the_requester_is_no_response_once_another_is() {
    let mut copy = Copy::declared();
    at(&mut copy, 30, CAROL, reply());
    let requester = |person| Intent::Set(SetField::Requester(Requester::Person(person)));
    at(&mut copy, 40, ALICE, requester(BOB));
    at(&mut copy, 50, BOB, reply());
    at(&mut copy, 60, ALICE, requester(DORA));
    let due_at = after(&copy.read(), 240);
    assert_eq!(
        clocks(&copy.read(), 70).0.standing,
        Standing::Running { due_at }
    );
    at(&mut copy, 80, ALICE, reply());
    let met = after(&copy.read(), 80);
    assert_eq!(
        clocks(&copy.read(), 90).0.standing,
        Standing::Met { at: met }
    );
}

#[test]
fn what_is_done_in_the_last_moment_is_done_in_time() {
    for (minutes, in_time) in [(240, true), (241, false)] {
        let mut copy = Copy::declared();
        at(&mut copy, minutes, ALICE, reply());
        let incident = copy.read();
        let standing = clocks(&incident, 500).0.standing;
        let at = after(&incident, minutes);
        let expected = if in_time {
            Standing::Met { at }
        } else {
            Standing::Missed { at }
        };
        assert_eq!(standing, expected);
    }
}

#[test]
fn waiting_for_the_caller_pauses_and_waiting_for_a_part_does_not() {
    for (reason, elapsed, pace) in [
        (HoldReason::Caller, 60, Pace::Paused),
        (HoldReason::Part, 180, Pace::Runs),
    ] {
        let mut copy = Copy::declared();
        at(&mut copy, 60, ALICE, hold(reason));
        let (_, resolution) = clocks(&copy.read(), 180);
        assert_eq!(resolution.elapsed_millis, elapsed * MINUTE);
        assert_eq!(resolution.segments[1].pace, pace);
    }
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, hold(HoldReason::Caller));
    assert_eq!(
        clocks(&copy.read(), 180).1.standing,
        Standing::Paused {
            left_millis: 47 * HOUR
        }
    );
    at(&mut copy, 120, ALICE, Intent::Start);
    let incident = copy.read();
    let due_at = after(&incident, 49 * 60);
    assert_eq!(glanced(&incident).resolution, Standing::Running { due_at });
}

#[test]
fn the_caller_s_answer_ends_the_pause() {
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, hold(HoldReason::Caller));
    at(&mut copy, 120, CAROL, reply());
    let incident = copy.read();
    let (_, resolution) = clocks(&incident, 180);
    assert_eq!(resolution.elapsed_millis, 2 * HOUR);
    let paces: Vec<_> = resolution.segments.iter().map(|one| one.pace).collect();
    assert_eq!(paces, [Pace::Runs, Pace::Paused, Pace::Runs]);
}

#[test]
fn reopening_resumes_the_resolution_and_not_the_response() {
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, resolve());
    let incident = copy.read();
    let met = Standing::Met {
        at: after(&incident, 60),
    };
    assert_eq!(glanced(&incident).resolution, met);
    at(&mut copy, 600, CAROL, reopen());
    let incident = copy.read();
    let resumed = Glance {
        response: met,
        resolution: Standing::Running {
            due_at: after(&incident, (48 + 9) * 60),
        },
    };
    assert_eq!(glanced(&incident), resumed);
    assert_eq!(clocks(&incident, 660).1.elapsed_millis, 2 * HOUR);
}

#[test]
fn another_priority_is_another_target_from_the_start_with_the_holds_as_they_were() {
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, hold(HoldReason::Caller));
    at(&mut copy, 120, ALICE, Intent::Start);
    let before = clocks(&copy.read(), 180).1;
    at(
        &mut copy,
        180,
        ALICE,
        Intent::Set(SetField::Urgency(Level::High)),
    );
    let incident = copy.read();
    let after_it = clocks(&incident, 180).1;
    assert_eq!(after_it.segments, before.segments);
    assert_eq!(after_it.elapsed_millis, 2 * HOUR);
    assert_eq!(
        (before.target_minutes, after_it.target_minutes),
        (48 * 60, 8 * 60)
    );
    let due_at = after(&incident, 9 * 60);
    assert_eq!(after_it.standing, Standing::Running { due_at });
}

#[test]
fn what_was_met_stays_met_when_the_priority_rises_later() {
    let mut copy = Copy::declared();
    at(&mut copy, 120, ALICE, reply());
    at(
        &mut copy,
        180,
        ALICE,
        Intent::Set(SetField::Urgency(Level::High)),
    );
    at(
        &mut copy,
        181,
        ALICE,
        Intent::Set(SetField::Impact(Level::High)),
    );
    let incident = copy.read();
    let (response, resolution) = clocks(&incident, 200);
    let met = Standing::Met {
        at: after(&incident, 120),
    };
    assert_eq!((response.standing, response.priority), (met, Priority::P3));
    assert_eq!(resolution.priority, Priority::P1);
}

#[test]
fn a_priority_that_somebody_sets_is_measured_from_then_on_and_not_before() {
    let mut copy = Copy::declared();
    at(&mut copy, 120, ALICE, reply());
    let reason = "The board meets in there.".to_owned();
    let priority = Some(Priority::P1);
    let set = SetField::Priority(Override { priority, reason });
    at(&mut copy, 180, ALICE, Intent::Set(set));
    let incident = copy.read();
    let (response, resolution) = clocks(&incident, 200);
    assert_eq!(response.priority, Priority::P3, "it was met before");
    assert_eq!(
        (resolution.priority, resolution.target_minutes),
        (Priority::P1, 4 * 60)
    );
}

#[test]
fn what_is_cancelled_need_not_be_done() {
    let mut copy = Copy::declared();
    let text = "Not needed.".to_owned();
    at(&mut copy, 600, CAROL, Intent::Cancel { text });
    let ended = Glance {
        response: Standing::Ended,
        resolution: Standing::Ended,
    };
    assert_eq!(glanced(&copy.read()), ended);
}

#[test]
fn work_begun_beside_a_resolution_does_not_start_the_clock_again() {
    let mut one = Copy::declared();
    let mut two = one.on(2);
    at(&mut one, 60, ALICE, resolve());
    at(&mut two, 90, BOB, Intent::Start);
    one.merge(&two);
    let incident = one.read();
    let met = Standing::Met {
        at: after(&incident, 60),
    };
    assert_eq!(glanced(&incident).resolution, met);
}

/// The server receives everything a copy has, at the times the devices say.
fn received(copy: &mut Copy) {
    let (held, _) = copy.docs.incident.facts();
    let receipts = held.iter().map(|held| Receipt {
        actor: held.actor,
        actor_seq: held.actor_seq,
        person: held.fact.by,
        device: DeviceId::from_bytes([1; 16]),
        received_at: held.fact.at,
        corrected_at: held.fact.at,
        flags: Flags::default(),
    });
    copy.receipts.incident = receipts.collect::<ReceiptBook>();
}

#[test]
fn a_time_without_a_receipt_is_provisional_and_says_so() {
    let mut copy = Copy::declared();
    received(&mut copy);
    assert!(!clocks(&copy.read(), 10).0.is_provisional);
    at(&mut copy, 5, ALICE, reply());
    let (response, resolution) = clocks(&copy.read(), 10);
    assert!(response.is_provisional && !resolution.is_provisional);
    received(&mut copy);
    assert!(!clocks(&copy.read(), 10).0.is_provisional);
}

#[test]
fn a_response_that_comes_late_but_was_given_in_time_undoes_the_breach() {
    let mut copy = Copy::declared();
    let rules = Rules::default();
    let breached = |copy: &Copy, minutes| {
        let incident = copy.read();
        let at = after(&incident, minutes);
        was_breached_at(&incident, Measure::Response, &rules, at)
    };
    assert_eq!(
        [240, 241].map(|minutes| breached(&copy, minutes)),
        [false, true]
    );
    let mut late = copy.on(2);
    at(&mut late, 300, BOB, reply());
    late.merge(&copy);
    assert!(breached(&late, 250), "it was late all the same");
    at(&mut copy, 200, ALICE, reply());
    late.merge(&copy);
    assert!(!breached(&late, 250));
}

#[test]
fn lowering_the_priority_later_does_not_unsay_a_breach() {
    let mut copy = Copy::declared();
    at(
        &mut copy,
        250,
        ALICE,
        Intent::Set(SetField::Urgency(Level::Low)),
    );
    let incident = copy.read();
    let breached = |minutes| {
        let at = after(&incident, minutes);
        was_breached_at(&incident, Measure::Response, &Rules::default(), at)
    };
    assert_eq!((breached(245), breached(260)), (true, false));
}

#[test]
fn a_warning_comes_at_three_quarters_and_a_breach_after_the_last_moment() {
    let incident = Copy::declared().read();
    let targets = Targets::default();
    let (found, _) = due(&incident, &Rules::default());
    let found: Vec<_> = found
        .iter()
        .map(|due| {
            (
                due.measure,
                due.notice,
                due.at.since(incident.created.corrected),
            )
        })
        .collect();
    let expected = [
        (Measure::Response, Notice::Warning, 3 * HOUR),
        (Measure::Response, Notice::Breach, 4 * HOUR + 1),
        (Measure::Resolution, Notice::Warning, 36 * HOUR),
        (Measure::Resolution, Notice::Breach, 48 * HOUR + 1),
    ];
    assert_eq!(found, expected);
    let glance = glanced(&incident);
    let risk = |millis| {
        glance.risk(
            Priority::P3,
            &targets,
            incident.created.corrected.plus(millis),
        )
    };
    let told = [3 * HOUR - 1, 3 * HOUR, 4 * HOUR, 4 * HOUR + 1].map(risk);
    assert_eq!(
        told,
        [Risk::Safe, Risk::AtRisk, Risk::AtRisk, Risk::Breached]
    );
}

#[test]
fn what_waits_for_the_caller_is_not_due() {
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, hold(HoldReason::Caller));
    assert_eq!(due(&copy.read(), &Rules::default()), (vec![], vec![]));
}

#[expect(clippy::large_enum_variant, reason = "a test has few steps")]
#[derive(Debug, Clone)]
enum Step {
    Act(usize, PersonId, Intent, i64),
    Meet(usize, usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let level = || prop_oneof![Just(Level::Low), Just(Level::Medium), Just(Level::High)];
    let reason = prop_oneof![Just(HoldReason::Caller), Just(HoldReason::Part)];
    let intent = prop_oneof![
        level().prop_map(|level| Intent::Set(SetField::Urgency(level))),
        level().prop_map(|level| Intent::Set(SetField::Impact(level))),
        reason.prop_map(hold),
        Just(Intent::Start),
        Just(resolve()),
        Just(reopen()),
        Just(Intent::Close),
        Just(reply()),
    ];
    let by = prop_oneof![Just(ALICE), Just(BOB), Just(CAROL)];
    let step = prop_oneof![
        4 => (0..3_usize, by, intent, 0..600_i64)
            .prop_map(|(device, by, intent, wait)| Step::Act(device, by, intent, wait * MINUTE)),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Meet(from, to)),
    ];
    prop::collection::vec(step, 0..16)
}

/// Three devices after all of it, each with what it knows.
fn live(steps: &[Step]) -> Vec<Copy> {
    let first = Copy::declared();
    let mut devices = vec![first.on(1), first.on(2), first.on(3)];
    for step in steps {
        match step.clone() {
            Step::Act(device, by, intent, wait) => {
                devices[device].now = devices[device].now.plus(wait);
                devices[device].act(by, intent);
            }
            Step::Meet(from, to) => {
                let from = devices[from].clone();
                devices[to].merge(&from);
            }
        }
    }
    devices
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn elapsed_never_shrinks_as_time_goes_by(
        steps in steps(),
        times in prop::collection::vec(0..9_000_i64, 2..8),
    ) {
        let copy = live(&steps).remove(0);
        let incident = copy.read();
        let mut times = times;
        times.sort_unstable();
        let mut before = (0, 0);
        for minutes in times {
            let (response, resolution) = clocks(&incident, minutes);
            let now = (response.elapsed_millis, resolution.elapsed_millis);
            prop_assert!(now.0 >= before.0 && now.1 >= before.1);
            before = now;
        }
    }

    #[test]
    fn whatever_order_facts_come_in_the_clocks_are_the_same(steps in steps()) {
        let devices = live(&steps);
        let (one, two, three) = (&devices[0], &devices[1], &devices[2]);
        let met = |order: [&Copy; 3]| {
            let mut copy = order[0].clone();
            copy.merge(order[1]);
            copy.merge(order[2]);
            copy.docs.work = None;
            let incident = copy.read();
            (clocks(&incident, 3_000), glanced(&incident), incident.past)
        };
        let expected = met([one, two, three]);
        prop_assert_eq!(&met([three, one, two]), &expected);
        prop_assert_eq!(&met([two, three, one]), &expected);
    }

    #[test]
    fn the_past_ends_in_the_present(steps in steps()) {
        for copy in live(&steps) {
            let incident = copy.read();
            let state = incident.past.stages.last().map(|period| match period.value {
                Stage::Ready => incident.state.is_open() && incident.hold.is_none(),
                Stage::InProgress => incident.state == crate::incidents::State::InProgress,
                Stage::OnHold(reason) => incident.waits_for(reason),
                Stage::Resolved => incident.state == crate::incidents::State::Resolved,
                Stage::Closed => incident.state == crate::incidents::State::Closed,
                Stage::Cancelled => incident.state == crate::incidents::State::Cancelled,
            });
            prop_assert_eq!(state, Some(true));
            let last = |periods: &[crate::incidents::Period<Level>]| {
                periods.last().map(|period| period.fact)
            };
            prop_assert_eq!(last(&incident.past.impact), Some(incident.impact.holds.fact));
            prop_assert_eq!(last(&incident.past.urgency), Some(incident.urgency.holds.fact));
            let since: Vec<_> = incident.past.stages.iter().map(|period| period.since).collect();
            prop_assert!(since.is_sorted());
        }
    }

    #[test]
    fn hold_segments_survive_every_change_of_priority(steps in steps()) {
        let copy = live(&steps).remove(0);
        let before = clocks(&copy.read(), 9_000).1;
        for (impact, urgency) in [(Level::High, Level::High), (Level::Low, Level::Low)] {
            let mut changed = copy.clone();
            changed.act(BOB, Intent::Set(SetField::Impact(impact)));
            changed.act(BOB, Intent::Set(SetField::Urgency(urgency)));
            prop_assert_eq!(&clocks(&changed.read(), 9_000).1.segments, &before.segments);
        }
    }

    #[test]
    fn a_row_and_the_whole_story_say_the_same(steps in steps(), minutes in 0..9_000_i64) {
        let copy = live(&steps).remove(0);
        let incident = copy.read();
        let (response, resolution) = clocks(&incident, minutes);
        let glance = glanced(&incident);
        let standing = (response.standing, resolution.standing);
        prop_assert_eq!(standing, (glance.response, glance.resolution));
        for clock in [response, resolution] {
            let now = after(&incident, minutes);
            if let Some(left) = clock.standing.left_millis(&Hours::default(), now)
                && incident.past.stages.last().is_some_and(|last| last.since <= now)
            {
                let target = i64::from(clock.target_minutes) * MINUTE;
                prop_assert_eq!(left, target - clock.elapsed_millis);
            }
        }
    }
}

#[test]
fn internal_work_does_not_move_the_clocks() {
    let mut copy = Copy::declared();
    copy.act(
        ALICE,
        Intent::Note {
            text: "Internal.".to_owned(),
        },
    );
    let staff = glanced(&copy.read());
    copy.docs.work = None;
    assert!(copy.docs.get(DocKind::Work).is_none());
    assert_eq!(glanced(&copy.read()), staff);
}
