use super::*;
use crate::incidents::{HoldReason, Level, ResolutionCode, State};
use crate::testing::{ALICE, BOB, CAROL, Copy, declare, person};

fn text() -> String {
    "Words.".to_owned()
}

fn refused_role(result: &Result<(), Refused>) -> bool {
    matches!(result, Err(Refused::Role { .. }))
}

#[test]
fn what_is_taken_from_the_end_of_a_long_text_makes_it_fit() {
    let of_four = ["", "four", "fours"].map(|text| excess(text, 4));
    assert_eq!(of_four, [0, 0, 1]);
    for text in ["ünü", "接続できない", "👩‍🚒 ok"] {
        for max in 0..text.len() {
            let kept = text.chars().count() - excess(text, max);
            let kept: String = text.chars().take(kept).collect();
            let next = text[kept.len()..].chars().next().map_or(0, char::len_utf8);
            assert!(kept.len() <= max, "{text} {max}");
            assert!(
                kept.len() + next > max,
                "no more than is needed: {text} {max}"
            );
        }
    }
}

#[test]
fn a_requester_speaks_and_reopens_on_their_own_incident_only() {
    let mut copy = Copy::declared();
    let own = copy.read();
    let other = person(ALICE, Role::Requester);
    let carol = person(CAROL, Role::Requester);
    let reply = Intent::Reply { text: text() };
    assert_eq!(may(&carol, &reply, Some(&own)), Ok(()));
    assert!(refused_role(&may(&other, &reply, Some(&own))));
    copy.act(
        BOB,
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
    );
    assert_eq!(
        may(&carol, &Intent::Reopen { text: text() }, Some(&copy.read())),
        Ok(())
    );
}

#[test]
fn a_requester_confirms_a_fix_and_withdraws_a_report_of_their_own_only() {
    let (carol, other) = (
        person(CAROL, Role::Requester),
        person(ALICE, Role::Requester),
    );
    let mut copy = Copy::declared();
    let cancel = Intent::Cancel { text: text() };
    assert_eq!(may(&carol, &cancel, Some(&copy.read())), Ok(()));
    let early = may(&carol, &Intent::Close, Some(&copy.read()));
    assert!(matches!(early, Err(Refused::State { .. })));
    copy.act(
        BOB,
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
    );
    let fixed = copy.read();
    assert_eq!(may(&carol, &Intent::Close, Some(&fixed)), Ok(()));
    for intent in [Intent::Close, cancel, Intent::Reopen { text: text() }] {
        assert!(
            refused_role(&may(&other, &intent, Some(&fixed))),
            "{intent:?}"
        );
    }
    copy.act(CAROL, Intent::Close);
    let reopen = Intent::Reopen { text: text() };
    let late = may(&carol, &reopen, Some(&copy.read()));
    assert!(matches!(late, Err(Refused::State { .. })));
}

#[test]
fn a_requester_takes_back_what_they_said_and_nothing_of_others() {
    let (carol, other) = (
        person(CAROL, Role::Requester),
        person(ALICE, Role::Requester),
    );
    let mut copy = Copy::declared();
    let word = copy.act(CAROL, Intent::Reply { text: text() });
    let staffs = copy.act(BOB, Intent::Reply { text: text() });
    let doc = DocKind::Incident;
    let back = |fact| Intent::Withdraw { doc, fact };
    let incident = copy.read();
    assert_eq!(may(&carol, &back(word), Some(&incident)), Ok(()));
    for (who, fact) in [(&carol, staffs), (&other, word)] {
        let refused = may(who, &back(fact), Some(&incident));
        assert_eq!(refused, Err(Refused::NotOwn));
    }
}

#[test]
fn a_requester_does_no_work_of_staff() {
    let own = Copy::declared().read();
    let carol = person(CAROL, Role::Requester);
    for intent in [
        Intent::Note { text: text() },
        Intent::Start,
        Intent::Claim { group: None },
        Intent::Assign {
            group: None,
            person: Some(CAROL),
            escalation: None,
        },
        Intent::Set(SetField::Urgency(Level::High)),
        Intent::Hold {
            reason: HoldReason::Part,
            text: String::new(),
            until: None,
        },
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
    ] {
        assert!(
            refused_role(&may(&carol, &intent, Some(&own))),
            "{intent:?}"
        );
    }
}

#[test]
fn a_requester_reports_for_themselves_without_assigning() {
    let carol = person(CAROL, Role::Requester);
    let report = |declare: Declare| may(&carol, &Intent::Declare(declare), None);
    assert_eq!(report(declare()), Ok(()));
    let for_bob = Declare {
        requester: Requester::Person(BOB),
        ..declare()
    };
    assert!(refused_role(&report(for_bob)));
    assert!(refused_role(&report(Declare {
        assignee: Some(BOB),
        ..declare()
    })));
}

#[test]
fn managers_read_and_speak_but_do_not_work() {
    let incident = Copy::declared().read();
    let manager = person(BOB, Role::Manager);
    assert_eq!(
        may(&manager, &Intent::Note { text: text() }, Some(&incident)),
        Ok(())
    );
    assert!(refused_role(&may(
        &manager,
        &Intent::Start,
        Some(&incident)
    )));
}

#[test]
fn every_transition_is_allowed_exactly_where_the_lifecycle_says() {
    use State::{Assigned, Cancelled, Closed, InProgress, New, OnHold, Resolved};
    let check = |transition: Transition, from: &[State]| {
        let allowed: Vec<_> = State::ALL
            .into_iter()
            .filter(|state| transition.is_allowed_from(*state))
            .collect();
        assert_eq!(allowed, from, "{transition:?}");
    };
    check(Transition::Started, &[New, Assigned, OnHold]);
    check(Transition::Held, &[New, Assigned, InProgress, OnHold]);
    check(Transition::Resolved, &[New, Assigned, InProgress, OnHold]);
    check(Transition::Cancelled, &[New, Assigned, InProgress, OnHold]);
    check(Transition::Reopened, &[Resolved]);
    check(Transition::Closed, &[Resolved]);
    assert!(![Closed, Cancelled].into_iter().any(State::is_open));
}

#[test]
fn what_is_empty_or_too_long_is_refused() {
    let incident = Copy::declared().read();
    let bob = person(BOB, Role::Agent);
    let judge = |intent: Intent| may(&bob, &intent, Some(&incident));
    let blank = Intent::Reply {
        text: " \n".to_owned(),
    };
    assert_eq!(
        judge(blank),
        Err(Refused::Empty {
            field: "reply".to_owned()
        })
    );
    for unseen in [" \u{200b} ", "\u{202e}\u{7}", "\u{3164}"] {
        let subject = SetField::Subject(unseen.to_owned());
        let refused = judge(Intent::Set(subject));
        assert!(matches!(refused, Err(Refused::Empty { .. })), "{unseen:?}");
    }
    assert_eq!(
        judge(Intent::Set(SetField::Subject("❤\u{fe0f}".to_owned()))),
        Ok(())
    );
    let long = "x".repeat(SUBJECT_BYTES_MAX + 1);
    let refused = judge(Intent::Set(SetField::Subject(long)));
    assert!(matches!(
        refused,
        Err(Refused::TooLong {
            max: SUBJECT_BYTES_MAX,
            ..
        })
    ));
    for field in ["asset", "contact"] {
        let mut long = declare();
        let place = if field == "asset" {
            &mut long.asset
        } else {
            &mut long.contact
        };
        *place = Some("x".repeat(NAME_BYTES_MAX + 1));
        let judged = judge(Intent::Declare(long));
        assert!(matches!(judged, Err(Refused::TooLong { field: of, .. }) if of == field));
    }
    let nameless = Requester::Unknown {
        name: String::new(),
        contact: text(),
    };
    assert!(matches!(
        judge(Intent::Set(SetField::Requester(nameless))),
        Err(Refused::Empty { .. })
    ));
}

#[test]
fn a_bound_is_told_in_round_numbers_that_it_does_not_exceed() {
    assert_eq!(characters_about(SUBJECT_BYTES_MAX), 500);
    assert_eq!(characters_about(TEXT_BYTES_MAX), 65_000);
}

#[test]
fn a_portal_session_reads_only_what_is_its_own() {
    let technician = person(ALICE, Role::Technician);
    let portal = scopes(&technician, Surface::Portal);
    assert_eq!(
        portal,
        BTreeSet::from([Scope::Requester(ALICE), Scope::Everyone])
    );
    let console = scopes(&technician, Surface::Console);
    assert!(console.contains(&Scope::Group("network".into())));
    assert!(!console.contains(&Scope::Staff));
    assert!(scopes(&person(BOB, Role::Agent), Surface::Console).contains(&Scope::Staff));
    let requester = person(CAROL, Role::Requester);
    assert_eq!(
        scopes(&requester, Surface::Console),
        scopes(&requester, Surface::Portal)
    );
}

#[test]
fn what_somebody_fetched_is_theirs_with_the_same_rights_alone() {
    let fetched = |person: &Person| {
        let scopes = scopes(person, Surface::Console).into_iter();
        let mut fetched = scopes.filter(|scope| matches!(scope, Scope::Fetched(..)));
        let scope = fetched.next().expect("staff fetches");
        assert_eq!(scope.to_string().parse(), Ok(scope.clone()));
        scope
    };
    let technician = person(ALICE, Role::Technician);
    let mut moved = technician.clone();
    assert_eq!(fetched(&technician), fetched(&moved));
    moved.groups = ["desk".into()].into();
    assert_ne!(fetched(&technician), fetched(&moved));
    assert_ne!(fetched(&technician), fetched(&person(ALICE, Role::Agent)));
    assert_ne!(
        fetched(&technician),
        fetched(&person(BOB, Role::Technician))
    );
}

#[test]
fn no_requester_is_in_the_audience_of_internal_work() {
    let audience = audience(&Copy::declared().read());
    assert!(audience.incident.contains(&Scope::Requester(CAROL)));
    let is_requester = |scope: &Scope| matches!(scope, Scope::Requester(_));
    assert!(!audience.work.iter().any(is_requester));
}
