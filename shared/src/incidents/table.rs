//! The table "When two people act at once", row by row, on two copies of one incident.

use crate::ids::{DocKind, PersonId};
use crate::priority::Matrix;
use crate::testing::{ALICE, BOB, CAROL, Copy};

use super::{
    Escalation, HoldReason, Incident, Intent, Level, Override, Priority, ResolutionCode, SetField,
    State,
};

const DAVE: PersonId = PersonId(4);

/// Alice and Bob have both seen the same; each acts alone; then both know everything.
fn at_once(
    before: impl Fn(&mut Copy),
    left: impl Fn(&mut Copy),
    right: impl Fn(&mut Copy),
) -> (Incident, Copy) {
    let mut one = Copy::declared();
    before(&mut one);
    let mut two = one.on(2);
    left(&mut one);
    right(&mut two);
    let (left_alone, right_alone) = (one.clone(), two.clone());
    one.merge(&right_alone);
    two.merge(&left_alone);
    assert_eq!(one.read(), two.read(), "both copies read the same");
    (one.read(), one)
}

fn nothing(_: &mut Copy) {}

fn start(copy: &mut Copy) {
    copy.act(ALICE, Intent::Start);
}

fn resolve(copy: &mut Copy) {
    let notes = "Restarted the gateway.".to_owned();
    copy.act(
        ALICE,
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes,
        },
    );
}

fn started(copy: &mut Copy) {
    copy.act(ALICE, Intent::Claim { group: None });
    start(copy);
}

fn started_and_resolved(copy: &mut Copy) {
    started(copy);
    resolve(copy);
}

fn urgency(level: Level) -> Intent {
    Intent::Set(SetField::Urgency(level))
}

fn reply(text: &str) -> Intent {
    Intent::Reply {
        text: text.to_owned(),
    }
}

fn reopen() -> Intent {
    Intent::Reopen {
        text: "Still broken.".to_owned(),
    }
}

#[test]
fn entries_and_notes_of_both_stay() {
    let (incident, _) = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, reply("Which gateway?"));
            copy.act(
                ALICE,
                Intent::Note {
                    text: "Certificate?".to_owned(),
                },
            );
        },
        |copy| {
            copy.act(BOB, reply("Have you restarted?"));
        },
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
fn the_later_of_two_values_holds_and_the_other_is_shown() {
    let (incident, _) = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, urgency(Level::Low));
        },
        |copy| {
            copy.now = copy.now.plus(5_000);
            copy.act(BOB, urgency(Level::High));
        },
    );
    assert_eq!(incident.urgency.holds.value, Level::High);
    let rivals: Vec<_> = incident
        .urgency
        .rivals
        .iter()
        .map(|said| said.value)
        .collect();
    assert_eq!(rivals, [Level::Low]);
    assert_eq!(incident.conflicts(), 1);
}

#[test]
fn of_two_values_at_the_same_time_the_more_severe_holds() {
    let (incident, _) = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, urgency(Level::High));
        },
        |copy| {
            copy.act(BOB, urgency(Level::Low));
        },
    );
    assert_eq!(incident.urgency.holds.value, Level::High);
}

#[test]
fn the_same_value_twice_is_no_conflict() {
    let (incident, _) = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, urgency(Level::High));
        },
        |copy| {
            copy.act(BOB, urgency(Level::High));
        },
    );
    assert_eq!(incident.conflicts(), 0);
}

#[test]
fn a_value_set_by_somebody_who_saw_both_settles_the_field() {
    let (_, mut copy) = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, urgency(Level::Low));
        },
        |copy| {
            copy.act(BOB, urgency(Level::High));
        },
    );
    copy.act(ALICE, urgency(Level::Low));
    let incident = copy.read();
    assert_eq!(
        (incident.urgency.holds.value, incident.conflicts()),
        (Level::Low, 0)
    );
}

#[test]
fn resolution_holds_against_a_comment_by_staff_without_a_card() {
    let (incident, _) = at_once(started, resolve, |copy| {
        copy.act(BOB, reply("Looking into it."));
    });
    assert_eq!(
        (incident.state, incident.gave_way.len()),
        (State::Resolved, 0)
    );
}

#[test]
fn reopening_by_the_requester_beats_a_resolution_and_tells_the_resolver() {
    let (incident, _) = at_once(
        started_and_resolved,
        |copy| {
            copy.act(BOB, reopen());
            resolve(copy);
        },
        |copy| {
            copy.act(CAROL, reopen());
        },
    );
    assert_eq!(incident.state, State::Assigned);
    assert_eq!(
        incident
            .gave_way
            .iter()
            .map(|card| card.by)
            .collect::<Vec<_>>(),
        [ALICE]
    );
}

#[test]
fn resolution_holds_against_a_plain_comment_by_the_requester_and_tells_the_resolver() {
    let (incident, mut copy) = at_once(started, resolve, |copy| {
        copy.act(CAROL, reply("It also happens on cable."));
    });
    assert_eq!(incident.state, State::Resolved);
    assert_eq!(
        incident
            .gave_way
            .iter()
            .map(|card| card.by)
            .collect::<Vec<_>>(),
        [ALICE]
    );
    copy.act(ALICE, reply("Seen, that is the same cause."));
    assert!(
        copy.read().gave_way.is_empty(),
        "whoever saw both has dealt with it"
    );
}

#[test]
fn resolution_holds_against_a_reassignment() {
    let (incident, _) = at_once(started, resolve, |copy| {
        copy.act(
            BOB,
            Intent::Assign {
                group: Some("network".into()),
                person: Some(DAVE),
                escalation: None,
            },
        );
    });
    assert_eq!(
        (incident.state, incident.assignment.person),
        (State::Resolved, Some(DAVE))
    );
}

#[test]
fn closing_gives_way_to_anything_by_the_requester() {
    let (incident, _) = at_once(
        started_and_resolved,
        |copy| {
            copy.act(ALICE, Intent::Close);
        },
        |copy| {
            copy.act(CAROL, reply("Wait."));
        },
    );
    assert_eq!(incident.state, State::Resolved);
    assert_eq!(incident.resolution, Some(ResolutionCode::Fixed));
    assert_eq!(
        incident
            .gave_way
            .iter()
            .map(|card| card.by)
            .collect::<Vec<_>>(),
        [ALICE]
    );
}

#[test]
fn of_other_states_the_first_in_the_order_holds() {
    let hold = |copy: &mut Copy| {
        copy.act(
            BOB,
            Intent::Hold {
                reason: HoldReason::Part,
                text: String::new(),
                until: None,
            },
        );
    };
    let cancel = |copy: &mut Copy| {
        copy.act(
            BOB,
            Intent::Cancel {
                text: String::new(),
            },
        );
    };
    let state = |left: &dyn Fn(&mut Copy), right: &dyn Fn(&mut Copy)| {
        at_once(
            |copy| {
                copy.act(ALICE, Intent::Claim { group: None });
            },
            left,
            right,
        )
        .0
        .state
    };
    assert_eq!(state(&start, &hold), State::OnHold);
    assert_eq!(state(&hold, &resolve), State::Resolved);
    assert_eq!(state(&cancel, &resolve), State::Cancelled);
    assert_eq!(state(&start, &cancel), State::Cancelled);
}

fn wait_for_the_caller(copy: &mut Copy) {
    let reason = HoldReason::Caller;
    let text = "Which dock do you use?".to_owned();
    copy.act(
        BOB,
        Intent::Hold {
            reason,
            text,
            until: None,
        },
    );
}

#[test]
fn waiting_for_the_caller_ends_with_their_answer_alone() {
    let state_after = |by, intent: Intent| {
        let mut copy = Copy::declared();
        started(&mut copy);
        wait_for_the_caller(&mut copy);
        copy.act(by, intent);
        copy.read()
    };
    let answered = state_after(CAROL, reply("The grey one."));
    assert_eq!((answered.state, answered.hold), (State::InProgress, None));
    assert_eq!(answered.state_from.by, CAROL);
    let reminded = state_after(BOB, reply("Could you have a look?"));
    assert!(reminded.waits_for(HoldReason::Caller));
    assert_eq!(state_after(CAROL, urgency(Level::Low)).state, State::OnHold);
}

#[test]
fn what_the_caller_wrote_before_they_were_asked_is_no_answer() {
    let (incident, mut copy) = at_once(started, wait_for_the_caller, |copy| {
        copy.act(CAROL, reply("It happened again."));
    });
    assert!(incident.waits_for(HoldReason::Caller));
    copy.act(CAROL, reply("The grey one."));
    assert_eq!(copy.read().state, State::InProgress);
}

#[test]
fn a_part_that_is_waited_for_is_not_there_because_the_caller_writes() {
    let mut copy = Copy::declared();
    let (reason, text) = (HoldReason::Part, String::new());
    copy.act(
        BOB,
        Intent::Hold {
            reason,
            text,
            until: None,
        },
    );
    copy.act(CAROL, reply("Any news?"));
    assert!(copy.read().waits_for(HoldReason::Part));
}

#[test]
fn reopening_by_staff_gives_way_to_closing() {
    let (incident, _) = at_once(
        started_and_resolved,
        |copy| {
            copy.act(ALICE, Intent::Close);
        },
        |copy| {
            copy.act(BOB, reopen());
        },
    );
    assert_eq!(incident.state, State::Closed);
    assert_eq!(
        incident
            .gave_way
            .iter()
            .map(|card| card.by)
            .collect::<Vec<_>>(),
        [BOB]
    );
}

#[test]
fn a_dispatcher_comes_before_a_claim_and_the_claimer_is_told() {
    let (incident, _) = at_once(
        nothing,
        |copy| {
            copy.now = copy.now.plus(9_000);
            copy.act(ALICE, Intent::Claim { group: None });
        },
        |copy| {
            copy.act(
                BOB,
                Intent::Assign {
                    group: None,
                    person: Some(DAVE),
                    escalation: None,
                },
            );
        },
    );
    assert_eq!(incident.assignment.person, Some(DAVE));
    assert_eq!(
        incident
            .gave_way
            .iter()
            .map(|card| card.by)
            .collect::<Vec<_>>(),
        [ALICE]
    );
}

#[test]
fn what_a_rule_gives_yields_to_whoever_claims_or_says_so_without_having_seen_it() {
    let automatic = |copy: &mut Copy| {
        copy.now = copy.now.plus(9_000);
        let (group, person) = (Some("printing".into()), None);
        let assign = Intent::Assign {
            group,
            person,
            escalation: None,
        };
        copy.act(PersonId::SERVER, assign);
        let category = SetField::Category(Some("printing".into()));
        copy.act(PersonId::SERVER, Intent::Set(category));
    };
    let by_hand = |copy: &mut Copy| {
        copy.act(ALICE, Intent::Claim { group: None });
        copy.act(ALICE, Intent::Set(SetField::Category(None)));
    };
    let (incident, mut copy) = at_once(nothing, automatic, by_hand);
    assert_eq!(incident.assignment.person, Some(ALICE));
    assert_eq!(incident.category.holds.value, None);
    assert_eq!((incident.conflicts(), incident.gave_way), (0, vec![]));
    automatic(&mut copy);
    let incident = copy.read();
    assert_eq!(incident.assignment.group, Some("printing".into()));
    assert_eq!(incident.category.holds.value, Some("printing".into()));
}

#[test]
fn among_dispatchers_the_later_and_among_claims_the_earlier() {
    let dispatched = at_once(
        nothing,
        |copy| {
            copy.act(
                ALICE,
                Intent::Assign {
                    group: None,
                    person: Some(ALICE),
                    escalation: None,
                },
            );
        },
        |copy| {
            copy.now = copy.now.plus(1_000);
            copy.act(
                BOB,
                Intent::Assign {
                    group: None,
                    person: Some(DAVE),
                    escalation: None,
                },
            );
        },
    );
    assert_eq!(dispatched.0.assignment.person, Some(DAVE));
    let claimed = at_once(
        nothing,
        |copy| {
            copy.act(ALICE, Intent::Claim { group: None });
        },
        |copy| {
            copy.now = copy.now.plus(1_000);
            copy.act(BOB, Intent::Claim { group: None });
        },
    );
    assert_eq!(claimed.0.assignment.person, Some(ALICE));
}

#[test]
fn reopening_leads_to_assigned_or_to_new_if_nobody_has_it() {
    let mut copy = Copy::declared();
    started_and_resolved(&mut copy);
    copy.act(BOB, reopen());
    assert_eq!(copy.read().state, State::Assigned);
    copy.act(
        BOB,
        Intent::Assign {
            group: None,
            person: None,
            escalation: None,
        },
    );
    assert_eq!(copy.read().state, State::New);
}

#[test]
fn a_late_comment_does_not_reopen_a_closed_incident() {
    let mut copy = Copy::declared();
    started_and_resolved(&mut copy);
    copy.act(ALICE, Intent::Close);
    copy.act(BOB, reply("Thank you."));
    assert_eq!(copy.read().state, State::Closed);
}

#[test]
fn both_write_resolution_notes_and_no_word_is_lost() {
    let (incident, _) = at_once(started, resolve, |copy| {
        let notes = "Renewed the certificate.".to_owned();
        copy.act(
            BOB,
            Intent::Resolve {
                code: ResolutionCode::Workaround,
                notes,
            },
        );
    });
    assert!(incident.resolution_notes.contains("Restarted the gateway."));
    assert!(
        incident
            .resolution_notes
            .contains("Renewed the certificate.")
    );
}

fn override_to(priority: Option<Priority>) -> Intent {
    let reason = "The board meets in there.".to_owned();
    Intent::Set(SetField::Priority(Override { priority, reason }))
}

#[test]
fn a_priority_that_somebody_sets_holds_over_the_matrix_until_it_is_left_to_it_again() {
    let matrix = Matrix::default();
    let mut copy = Copy::declared();
    let by_matrix = copy.read().priority(&matrix);
    copy.act(ALICE, override_to(Some(Priority::P1)));
    copy.act(BOB, urgency(Level::Low));
    let read = copy.read();
    assert_eq!(read.priority(&matrix), Priority::P1);
    assert_eq!(read.priority.holds.from.by, ALICE);
    copy.act(BOB, urgency(Level::Medium));
    let left = copy.act(BOB, override_to(None));
    assert_eq!(copy.read().priority(&matrix), by_matrix);
    let doc = DocKind::Incident;
    copy.act(BOB, Intent::Withdraw { doc, fact: left });
    assert_eq!(copy.read().priority(&matrix), Priority::P1);
}

#[test]
fn of_two_priorities_set_at_once_the_later_holds_and_both_are_told() {
    let mut one = Copy::declared();
    let mut two = one.on(2);
    two.now = two.now.plus(5_000);
    one.act(ALICE, override_to(Some(Priority::P1)));
    two.act(BOB, override_to(Some(Priority::P2)));
    one.merge(&two);
    let read = one.read();
    assert_eq!(read.priority(&Matrix::default()), Priority::P2);
    assert_eq!(read.conflicts(), 1);
}

#[test]
fn what_closes_by_itself_gives_way_to_whatever_somebody_did_meanwhile() {
    let meanwhile = [
        Intent::Reopen {
            text: "It fails again.".to_owned(),
        },
        Intent::Reply {
            text: "How is it now?".to_owned(),
        },
        urgency(Level::High),
    ];
    for (intent, state) in meanwhile
        .into_iter()
        .zip([State::New, State::Resolved, State::Resolved])
    {
        let mut server = Copy::declared();
        let resolve = Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: "Replaced.".to_owned(),
        };
        server.act(ALICE, resolve);
        let mut technician = server.on(2);
        technician.act(BOB, intent.clone());
        server.now = server.now.plus(86_400_000);
        server.act(PersonId::SERVER, Intent::Close);
        assert_eq!(server.read().state, State::Closed);
        server.merge(&technician);
        assert_eq!(server.read().state, state, "{intent:?}");
    }
}

#[test]
fn an_escalation_is_an_assignment_that_counts_until_it_is_taken_back() {
    let mut copy = Copy::declared();
    let escalate = |group: &str, why| Intent::Assign {
        group: Some(group.into()),
        person: None,
        escalation: Some(why),
    };
    copy.act(BOB, Intent::Claim { group: None });
    let fact = copy.act(BOB, escalate("network", Escalation::Skill));
    let incident = copy.read();
    assert_eq!(incident.assignment.group, Some("network".into()));
    assert_eq!(
        (incident.assignment.person, incident.escalations()),
        (None, 1)
    );
    copy.act(ALICE, escalate("desk", Escalation::Back));
    assert_eq!(copy.read().escalations(), 1, "handing it back is none");
    let doc = DocKind::Incident;
    copy.act(BOB, Intent::Withdraw { doc, fact });
    assert_eq!(copy.read().escalations(), 0);
}
