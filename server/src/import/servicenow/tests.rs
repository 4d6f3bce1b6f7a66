//! Small logs, told as acts.

use std::collections::BTreeMap;

use shared::ids::{Actor, IncidentId};
use shared::incidents::{
    HoldReason, Incident, IncidentDocs, IncidentReceipts, Intent, Level, State, read, write,
};
use shared::people::Directory;

use super::*;
use crate::import::History;

const HEADER: &str = "number,incident_state,sys_mod_count,caller_id,opened_by,opened_at,\
    sys_updated_by,sys_updated_at,contact_type,location,category,subcategory,u_symptom,cmdb_ci,\
    impact,urgency,assignment_group,assigned_to,closed_code";

/// A row in which everything else is as it mostly is in the real log.
fn row(number: &str, state: &str, updates: u32, updated_at: &str) -> String {
    format!(
        "{number},{state},{updates},Caller 1,Opened by  8,29-02-2016 01:16,Updated by 2,\
         {updated_at},Phone,Location 3,Category 4,Subcategory 5,Symptom 6,?,2 - Medium,\
         2 - Medium,Group 7,?,code 5"
    )
}

fn log(rows: &[String]) -> Log {
    let text = format!("{HEADER}\n{}\n", rows.join("\n"));
    Log::read(text.as_bytes()).expect("a log with a header")
}

fn told(log: &Log) -> Vec<String> {
    log.bad.iter().map(ToString::to_string).collect()
}

fn intents(rows: &[String]) -> Vec<Intent> {
    told_first(rows)
        .acts
        .into_iter()
        .map(|act| act.intent)
        .skip(1)
        .collect()
}

fn told_first(rows: &[String]) -> History {
    let mut names = Added::to(Directory::default());
    history(&log(rows).incidents[0], &mut names).expect("there is a row")
}

fn imported(rows: &[String]) -> Incident {
    let history = told_first(rows);
    let mut docs = IncidentDocs::new(history.id);
    for mut act in history.authored(None).acts {
        write(&mut act, &mut docs, &|_| Actor([9; 16])).expect("an act can be written");
    }
    let (incident, anomalies) = read(&docs, &IncidentReceipts::default());
    assert_eq!(anomalies, []);
    incident
}

#[test]
fn a_life_is_told_as_acts_with_their_times() {
    let rows = [
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 1, "29-02-2016 02:00").replace("Group 7,?", "Group 7,Resolver 9"),
        row("INC1", "Awaiting User Info", 2, "29-02-2016 03:00")
            .replace("2 - Medium,2 - Medium", "1 - High,2 - Medium"),
        row("INC1", "Resolved", 3, "01-03-2016 08:53")
            .replace("2 - Medium,2 - Medium", "1 - High,2 - Medium"),
        row("INC1", "Closed", 4, "06-03-2016 12:00")
            .replace("2 - Medium,2 - Medium", "1 - High,2 - Medium"),
    ];
    let incident = imported(&rows);
    assert_eq!(incident.state, State::Closed);
    assert_eq!(told_first(&rows).number.as_deref(), Some("INC1"));
    assert_eq!(
        incident.subject.holds.value,
        "Category 4 › Subcategory 5: Symptom 6"
    );
    assert_eq!(incident.impact.holds.value, Level::High);
    assert_eq!(incident.created.at.0, 1_456_708_560_000);
    assert_eq!(incident.state_from.at.0, 1_457_265_600_000);
    assert_eq!(incident.resolution_notes, "ServiceNow: code 5");
    assert!(
        incident
            .description
            .ends_with("\nSymptom: Symptom 6\nLocation: Location 3")
    );
}

#[test]
fn each_change_of_a_row_is_one_act() {
    let rows = [
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 1, "29-02-2016 02:00"),
        row("INC1", "Active", 2, "29-02-2016 02:10").replace("Group 7", "Group 8"),
        row("INC1", "Awaiting Vendor", 3, "29-02-2016 02:20").replace("Group 7", "Group 8"),
        row("INC1", "Active", 4, "29-02-2016 02:30").replace("Group 7", "Group 8"),
    ];
    let reason = HoldReason::Vendor;
    assert_eq!(
        intents(&rows),
        [
            Intent::Start,
            Intent::Assign {
                group: Some("group-8".into()),
                person: None,
                escalation: None
            },
            Intent::Hold {
                reason,
                text: String::new(),
                until: None
            },
            Intent::Start,
        ]
    );
}

#[test]
fn a_repeated_row_says_nothing_new() {
    let first = row("INC1", "New", 0, "29-02-2016 01:23");
    let second = row("INC1", "Active", 1, "29-02-2016 02:00");
    let rows = [first.clone(), second.clone(), second, first];
    assert_eq!(intents(&rows), [Intent::Start]);
}

#[test]
fn rows_out_of_order_are_told_in_order() {
    let mut rows = vec![
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC2", "New", 0, "29-02-2016 01:30"),
        row("INC1", "Active", 1, "29-02-2016 02:00"),
        row("INC1", "Resolved", 2, "29-02-2016 03:00"),
    ];
    let in_order = imported(&rows);
    rows.reverse();
    rows.swap(0, 1);
    let out_of_order = imported(&rows);
    assert_eq!(in_order, out_of_order);
}

#[test]
fn what_skips_a_state_takes_the_steps_between() {
    let rows = [
        row("INC1", "Closed", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 1, "29-02-2016 02:00"),
        row("INC1", "New", 2, "29-02-2016 03:00"),
    ];
    let steps = intents(&rows);
    assert!(matches!(
        steps[..],
        [
            Intent::Resolve { .. },
            Intent::Close,
            Intent::Reopen { .. },
            Intent::Start
        ]
    ));
    let incident = imported(&rows);
    assert_eq!(incident.state, State::InProgress);
}

#[test]
fn an_update_from_before_the_opening_counts_from_the_opening() {
    let rows = [row("INC1", "Resolved", 0, "28-02-2016 01:00")];
    let history = told_first(&rows);
    assert_eq!(history.acts[1].at.0, 1_456_621_200_000);
    let acts = history.authored(None).acts;
    assert_eq!(acts[1].at, acts[0].at);
}

#[test]
fn a_later_log_tells_the_same_and_goes_on() {
    let mut rows = vec![
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 1, "29-02-2016 02:00"),
    ];
    let before = told_first(&rows);
    rows.push(row("INC1", "Resolved", 2, "29-02-2016 03:00"));
    let after = told_first(&rows);
    assert_eq!((after.id, &after.acts[..2]), (before.id, &before.acts[..]));
    assert_eq!(after.acts.len(), 3);
}

#[test]
fn rows_that_cannot_be_read_are_named_and_the_rest_is_taken() {
    let long = "x".repeat(5_000);
    let rows = [
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 1, "30-02-2016 02:00"),
        row("INC1", "-100", 2, "29-02-2016 02:00"),
        "INC1,Active".to_owned(),
        row("INC1", "Active", 3, "29-02-2016 02:00").replace("1,Opened", &format!("{long},Opened")),
        row("?", "New", 0, "29-02-2016 01:23"),
        row("INC1", "Active", 4, "29-02-2016 02:00").replace("2 - Medium", "4 - None"),
        row("INC1", "Active", 5, "31-12-1969 02:00"),
        row("INC1", "Resolved", 6, "29-02-2016 05:00"),
    ];
    let log = log(&rows);
    assert_eq!(
        told(&log),
        [
            "line 3: sys_updated_at: day-month-year hour:minute expected, got \"30-02-2016 02:00\"",
            "line 4: incident_state: New, Active, Awaiting User Info, Awaiting Problem, \
             Awaiting Vendor, Awaiting Evidence, Resolved or Closed expected, got \"-100\"",
            "line 5: 19 columns expected, got 2",
            "line 6: caller_id: 4096 bytes at most expected, got 5007",
            "line 7: number: a number expected, got \"?\"",
            "line 8: impact: 1 - High, 2 - Medium or 3 - Low expected, got \"4 - None\"",
            "line 9: sys_updated_at: day-month-year hour:minute expected, got \"31-12-1969 02:00\"",
        ]
    );
    assert_eq!(
        (log.rows, log.incidents.len(), log.incidents[0].len()),
        (9, 1, 2)
    );
}

#[test]
fn a_quote_that_is_not_closed_costs_its_own_line_wherever_it_stands() {
    let good = |number: &str| row(number, "New", 0, "29-02-2016 01:23");
    let middle = good("INC2");
    let starts = middle.match_indices(',').map(|(comma, _)| comma + 1);
    for start in std::iter::once(0).chain(starts) {
        let mut slipped = middle.clone();
        slipped.insert(start, '"');
        // The second slip would close the quote of the first.
        let rows = [good("INC1"), slipped.clone(), slipped, good("INC3")];
        let log = log(&rows);
        let told = told(&log);
        let unclosed = [
            "line 3: a quote is opened and not closed",
            "line 4: a quote is opened and not closed",
        ];
        assert_eq!(told, unclosed, "at {start}");
        assert_eq!((log.rows, log.incidents.len()), (4, 2), "at {start}");
    }
}

#[test]
fn a_quote_that_is_not_closed_ends_with_the_file_at_the_latest() {
    let log = log(&[
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC2", "New", 0, "29-02-2016 01:23").replace("Phone", "\"Phone"),
    ]);
    assert_eq!(told(&log), ["line 3: a quote is opened and not closed"]);
    assert_eq!((log.rows, log.incidents.len()), (2, 1));
}

#[test]
fn quoted_values_hold_commas_quotes_and_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let quoted = format!("\"Caller \"\"1\"\", of{end}{end}the \"\"third\"\" floor,\"\"\"");
        let rows = [
            row("INC1", "New", 0, "29-02-2016 01:23").replace("Caller 1", &quoted),
            row("INC2", "Neu", 0, "29-02-2016 01:23"),
            row("INC3", "New", 0, "29-02-2016 01:23").replace("code 5", "\"code 5\""),
        ];
        let text = format!("{HEADER}{end}{end}{}", rows.join(end));
        let log = Log::read(text.as_bytes()).expect("a log with a header");
        let [first, last] = &log.incidents[..] else {
            panic!("two rows can be read: {:?}", log.bad)
        };
        let caller = first[0].caller.as_deref();
        assert_eq!(caller, Some("Caller \"1\", of the \"third\" floor,\""));
        assert_eq!(last[0].closed_code.as_deref(), Some("code 5"));
        assert_eq!((first[0].line, log.bad[0].line, last[0].line), (3, 6, 7));
    }
}

#[test]
fn bytes_that_are_no_text_spoil_their_row_alone() {
    let good = row("INC1", "New", 0, "29-02-2016 01:23");
    let bad = row("INC2", "New", 0, "29-02-2016 01:23").replace("Caller 1", "Caller !");
    let mut bytes = format!("\u{feff}{HEADER}\r\n{bad}\r\n{good}\r\n").into_bytes();
    for byte in &mut bytes {
        *byte = if *byte == b'!' { 0xff } else { *byte };
    }
    let log = Log::read(&*bytes).expect("a log with a header");
    assert_eq!(told(&log), ["line 2: caller_id: UTF-8 expected"]);
    assert_eq!(log.incidents.len(), 1);
}

#[test]
fn a_file_of_another_shape_says_what_it_lacks() {
    let error = Log::read("number,state\nINC1,New\n".as_bytes()).expect_err("another shape");
    assert!(
        error
            .to_string()
            .starts_with("the header lacks the columns incident_state, sys_mod")
    );
    assert!(Log::read("".as_bytes()).is_err());
}

#[test]
fn what_the_directory_lacks_is_added_once_and_cannot_sign_in() {
    let log = log(&[
        row("INC1", "New", 0, "29-02-2016 01:23"),
        row("INC2", "Active", 1, "29-02-2016 02:00"),
    ]);
    let mut names = Added::to(Directory::default());
    let tell = |names: &mut Added| {
        log.incidents
            .iter()
            .filter_map(|rows| history(rows, names))
            .collect::<Vec<_>>()
    };
    let first = tell(&mut names);
    let directory = names.into_directory();
    let logins: BTreeMap<_, _> = directory
        .people
        .iter()
        .map(|person| (person.login.as_str(), person.active))
        .collect();
    assert_eq!(
        logins,
        [
            ("caller-1@servicenow", false),
            ("opened-by-8@servicenow", false),
            ("updated-by-2@servicenow", false)
        ]
        .into()
    );
    assert_eq!(
        directory.categories[1].parent,
        Some(directory.categories[0].id.clone())
    );

    let mut names = Added::to(directory);
    assert_eq!(tell(&mut names), first);
    assert_eq!(names.count(), 0);
    assert_ne!(first[0].id, IncidentId::from_bytes([0; 16]));
}
