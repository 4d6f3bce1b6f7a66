//! What is promised: in which hours, and by which edition.

use super::*;

/// Eight hours on each day of work; the test begins with those of a Friday.
fn office() -> Rules {
    let days = [0, 3, 4, 5, 6, 7, 10, 11].map(|day| START.plus(day * 24 * HOUR));
    let hours = Hours::of(days.map(|day| (day, day.plus(8 * HOUR))));
    let calendar = Calendar {
        id: "office".into(),
        name: "Office".to_owned(),
        zone: "UTC".to_owned(),
        hours,
    };
    let mut edition = Edition::default();
    edition.targets.calendars = [(Priority::P3, "office".into())].into();
    edition.targets.compiled = vec![calendar];
    Rules::of(&[], edition)
}

#[test]
fn clocks_run_in_the_hours_of_their_priority_alone() {
    let rules = office();
    let incident = Copy::declared().read();
    let created = incident.created.corrected;
    let day = |day: i64| created.plus(day * 24 * 60 * MINUTE);
    let running = |due_at| Standing::Running { due_at };
    let seen = glance(&incident, &rules);
    let response_due = created.plus(240 * MINUTE);
    assert_eq!(seen.response, running(response_due));
    assert_eq!(seen.resolution, running(day(10)), "six days of work");
    let (due, _) = due(&incident, &rules);
    let warned = due
        .iter()
        .find(|due| (due.measure, due.notice) == (Measure::Resolution, Notice::Warning));
    let thursday = day(6).plus(4 * HOUR);
    assert_eq!(
        warned.map(|due| due.at),
        Some(thursday),
        "12 of 48 h before"
    );
    let on_saturday = evaluate(&incident, &rules, day(1));
    let used = on_saturday.resolution.map(|clock| clock.elapsed_millis);
    assert_eq!(used, Some(8 * 60 * MINUTE - created.since(START)));
    let urgent = Rules::default();
    let around = glance(&incident, &urgent).resolution;
    assert_eq!(
        around,
        running(created.plus(2_880 * MINUTE)),
        "day and night"
    );
}

#[test]
fn a_later_edition_reaches_what_is_open_and_leaves_what_is_over() {
    let open = Copy::declared().read();
    let mut copy = Copy::declared();
    at(&mut copy, 60, ALICE, resolve());
    let over = copy.read();
    let edition = |version, minutes, reach| {
        let mut edition = Edition {
            since: after(&open, minutes),
            reach,
            ..Edition::default()
        };
        edition.targets.version = version;
        edition
    };
    let begun = edition(1, -1, Reach::New);
    let judged = |incident: &Incident, later| {
        let rules = Rules::of(std::slice::from_ref(&begun), later);
        crate::sla::edition(incident, &rules).targets.version
    };
    let follow = edition(2, 120, Reach::Open);
    assert_eq!(judged(&open, follow.clone()), 2);
    assert_eq!(judged(&over, follow.clone()), 1, "it was resolved by then");
    assert_eq!(judged(&open, edition(2, 120, Reach::New)), 1);
    assert_eq!(
        judged(&over, edition(2, -1, Reach::New)),
        2,
        "begun under it"
    );
    let began = open.created.corrected;
    let rules = Rules::of(std::slice::from_ref(&begun), follow);
    assert!(rules.may_reach(1, began) && !rules.may_reach(2, began));
    let of_others = Rules::of(std::slice::from_ref(&begun), edition(2, 120, Reach::New));
    assert!(!of_others.may_reach(1, began) && of_others.may_reach(1, after(&open, 121)));
}

#[test]
fn without_a_target_nothing_is_measured() {
    let mut edition = Edition::default();
    edition.targets.priorities.clear();
    let rules = Rules::of(&[], edition);
    let incident = Copy::declared().read();
    let untimed = Glance {
        response: Standing::Untimed,
        resolution: Standing::Untimed,
    };
    assert_eq!(glance(&incident, &rules), untimed);
    let clocks = evaluate(&incident, &rules, START);
    assert_eq!((clocks.response, clocks.resolution), (None, None));
}
