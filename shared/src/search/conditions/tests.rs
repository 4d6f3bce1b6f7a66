use std::collections::BTreeMap;

use super::*;
use crate::ids::IncidentId;
use crate::people::{Category, Group, Role, Site};
use crate::rows::row;
use crate::search::read;
use crate::targets::{Gate, Rules};
use crate::testing::{ALICE, BOB, CAROL, Copy, days, person};

const DAY: i64 = 24 * 3_600_000;
const NOW: UnixMillis = UnixMillis(100 * DAY);

fn upper(text: &str) -> String {
    text.to_uppercase()
}

fn directory() -> Directory {
    let named = |id, name: &str| Person {
        name: name.to_owned(),
        login: format!(
            "{}@demo",
            name.split(' ').next().unwrap_or(name).to_lowercase()
        ),
        ..person(id, Role::Agent)
    };
    let category = |id: &str, name: &str, parent: Option<&str>| Category {
        id: id.into(),
        name: BTreeMap::from([("en".to_owned(), name.to_owned())]),
        parent: parent.map(Into::into),
    };
    Directory {
        people: vec![
            named(ALICE, "Alice Ahorn"),
            named(BOB, "Bob Böhm"),
            named(CAROL, "Carol Ahorn"),
        ],
        groups: vec![Group {
            id: "network".into(),
            name: "Network operations".to_owned(),
        }],
        sites: vec![Site {
            id: "ams".into(),
            name: "Amsterdam".to_owned(),
            time_zone: "Europe/Amsterdam".to_owned(),
        }],
        categories: vec![
            category("hardware", "Hardware", None),
            category("printer", "Printer", Some("hardware")),
        ],
        ..Directory::default()
    }
}

fn understood(typed: &str) -> (Conditions, Vec<Fault>) {
    let directory = directory();
    let me = &directory.people[0];
    let asker = Asker {
        me,
        directory: &directory,
        unicode: &upper,
        now: NOW,
        span: &days(UnixMillis(100 * DAY)),
    };
    Conditions::of(&read(typed), asker)
}

fn printer() -> Row {
    Row {
        id: IncidentId::new(UnixMillis(1), [1; 10]),
        subject: "Paper jam in the printer".to_owned(),
        state: State::Assigned,
        priority: Priority::P2,
        requester: Requester::Person(BOB),
        assignee: Some(ALICE),
        group: None,
        site: Some("ams".into()),
        category: Some("printer".into()),
        created_at: UnixMillis(90 * DAY),
        updated_at: NOW,
        resolved_at: None,
        ..row(&Copy::declared().read(), &Rules::default())
    }
}

fn finds(typed: &str) -> bool {
    let (conditions, faults) = understood(typed);
    assert_eq!(faults, [], "{typed}");
    let row = printer();
    let texts = Searchable::of([row.subject.as_str()], &upper);
    conditions.hold(&row, || Risk::AtRisk, || &texts)
}

#[test]
fn what_was_resolved_without_all_that_it_needs_is_asked_for_as_a_state() {
    let finds = |typed: &str, incomplete: &[Gate]| {
        let (conditions, faults) = understood(typed);
        assert_eq!(faults, [], "{typed}");
        let row = Row {
            state: State::Resolved,
            incomplete: incomplete.to_vec(),
            ..printer()
        };
        let texts = Searchable::of([row.subject.as_str()], &upper);
        conditions.hold(&row, || Risk::Safe, || &texts)
    };
    assert!(finds("state:incomplete", &[Gate::Diagnosis]));
    assert!(!finds("state:incomplete", &[]));
    assert!(finds("-state:incomplete", &[]));
    assert!(finds("state:incomplete,resolved", &[]));
    assert!(!finds("state:incomplete,new", &[]));
}

#[test]
fn every_term_has_to_hold() {
    for typed in [
        "",
        "state:open assignee:me site:ams printer \"paper jam\" -vpn opened:>7d",
        "state:new,assigned",
        "-state:resolved,closed",
        "priority:P1,p2 risk:at-risk",
        "assignee:\"Alice Ahorn\"",
        "assignee:ahorn",
        "requester:bob@demo",
        "requester:böhm -requester:me",
        "group:none -group:network",
        "site:amsterdam",
        "category:printer",
        "category:hardware",
        "updated:today -opened:today -resolved:>1h",
        "opened:<2w -opened:<7d",
        "-hold:caller",
        "jam -\"jam paper\"",
        "-pap-er",
    ] {
        assert!(finds(typed), "{typed}");
    }
    for typed in [
        "state:resolved",
        "-state:open",
        "priority:p3",
        "risk:breached",
        "-assignee:me",
        "assignee:none",
        "assignee:bob",
        "group:me",
        "category:none",
        "\"jam paper\"",
        "-jam",
        "opened:<7d",
        "resolved:<7d",
        "hold:caller",
        "state:open -printer",
    ] {
        assert!(!finds(typed), "{typed}");
    }
}

#[test]
fn a_name_that_nobody_has_is_said_and_found_nowhere() {
    let (conditions, faults) = understood("printer assignee:alcie");
    assert_eq!(
        faults,
        [Fault {
            place: 8..22,
            what: Wrong::Name(Naming::Assignee),
            instead: Some("assignee:alice".to_owned()),
        }]
    );
    let texts = Searchable::of(["printer"], &upper);
    assert!(!conditions.hold(&printer(), || Risk::Safe, || &texts));
    // Whoever reports need not be in the directory.
    let (conditions, faults) = understood("requester:\"Visitor at\"");
    assert_eq!(faults, []);
    let visitor = Row {
        requester: Requester::Unknown {
            name: "A visitor at the gate".to_owned(),
            contact: String::new(),
        },
        ..printer()
    };
    assert!(conditions.hold(&visitor, || Risk::Safe, || &texts));
    assert!(!conditions.hold(&printer(), || Risk::Safe, || &texts));
}

#[test]
fn names_beyond_what_a_question_takes_are_left_out_and_said() {
    let many = "assignee:me ".repeat(70);
    let (conditions, faults) = understood(&many);
    assert_eq!(conditions.fields().len(), 64);
    assert_eq!(faults.len(), 6);
    assert!(faults.iter().all(|fault| fault.what == Wrong::TooMany));
    // Words cost next to nothing, and all of them count.
    let (conditions, _) = understood(&format!("{} jam nowhere", "paper ".repeat(100)));
    let texts = Searchable::of(["Paper jam"], &upper);
    assert!(!conditions.hold(&printer(), || Risk::Safe, || &texts));
}

#[test]
fn words_and_phrases_are_marked_and_what_must_not_be_there_is_not() {
    let (conditions, _) = understood("printer \"paper jam\" -vpn state:open");
    let marks = conditions.marks("Paper jam in the printer", &upper);
    assert_eq!(marks, [0..9, 17..24]);
    let (conditions, _) = understood("1042");
    let marks = conditions.marks_of_number("INC1042", &upper);
    assert_eq!(marks.first(), Some(&(3..7)));
}
