//! What calendars are compiled to, and what is wrong with those that are not.

use super::*;

fn source(zone: &str, week: &str, rest: &str) -> Source {
    let text = format!(r#"{{"id": "it", "name": "It", "zone": "{zone}", "week": {week}{rest}}}"#);
    serde_json::from_str(&text).expect("the calendar can be read")
}

/// The stretches of a year that begin on some day, as times of UTC.
fn open_on(source: &Source, day: &str) -> Vec<String> {
    let year: i32 = day[..4].parse().expect("a year");
    let calendar = compile(source, year..=year).expect("the calendar can be compiled");
    let all = explained(&calendar);
    let open = all["open"].as_array().expect("stretches").iter();
    let open = open.filter(|open| open[0].as_str().is_some_and(|since| since.starts_with(day)));
    let time = |at: &Value| {
        at.as_str()
            .map_or_else(String::new, |at| at[5..16].to_owned())
    };
    open.map(|open| format!("{} to {}", time(&open[0]), time(&open[1])))
        .collect()
}

#[test]
fn hours_follow_the_clock_on_the_wall_through_daylight_saving() {
    let office = source(
        "Europe/Amsterdam",
        r#"{"monday": ["08:00-17:30"], "sunday": ["01:00-04:00"]}"#,
        "",
    );
    let check = |day: &str, open: &str| assert_eq!(open_on(&office, day), [open], "{day}");
    check("2026-01-05", "01-05T07:00 to 01-05T16:30");
    check("2026-07-06", "07-06T06:00 to 07-06T15:30");
    // The clock skips an hour of the night, and shows one twice.
    check("2026-03-29", "03-29T00:00 to 03-29T02:00");
    check("2026-10-24T23", "10-24T23:00 to 10-25T03:00");
}

#[test]
fn an_edge_that_the_clock_skips_is_as_much_later_and_one_that_it_shows_twice_is_taken_whole() {
    let week = r#"{"sunday": ["02:30-05:00"]}"#;
    let check = |day: &str, open: &str| {
        assert_eq!(
            open_on(&source("Europe/Berlin", week, ""), day),
            [open],
            "{day}"
        );
    };
    check("2026-03-29", "03-29T01:30 to 03-29T03:00");
    check("2026-10-25", "10-25T00:30 to 10-25T04:00");
}

#[test]
fn a_night_belongs_to_the_day_on_which_it_begins() {
    let night = source(
        "UTC",
        r#"{"friday": ["22:00-06:00"], "saturday": ["06:00-24:00"]}"#,
        "",
    );
    assert_eq!(
        open_on(&night, "2026-05-01"),
        ["05-01T22:00 to 05-03T00:00"]
    );
    let rest = r#", "closed": [{"date": "2026-05-01", "name": "Labour Day"}]"#;
    let closed = source(
        "UTC",
        r#"{"friday": ["22:00-06:00"], "saturday": ["06:00-24:00"]}"#,
        rest,
    );
    assert_eq!(open_on(&closed, "2026-05-01"), Vec::<String>::new());
    assert_eq!(
        open_on(&closed, "2026-05-02"),
        ["05-02T06:00 to 05-03T00:00"]
    );
}

#[test]
fn holidays_of_an_icalendar_file_close_whole_days_and_recur() {
    let example: Source = serde_json::from_str(EXAMPLE).expect("the example can be read");
    let open = |day: &str| open_on(&example, day).len();
    for closed in [
        "2026-12-25",
        "2026-12-26",
        "2026-12-28",
        "2029-12-25",
        "2030-12-26",
    ] {
        assert_eq!(open(closed), 0, "{closed}");
    }
    for worked in ["2026-12-24", "2026-12-29", "2029-12-24", "2029-12-27"] {
        assert_eq!(open(worked), 2, "{worked}");
    }
}

#[test]
fn what_has_a_time_of_day_closes_nothing() {
    let event = "BEGIN:VEVENT\\nDTSTART:20260511T090000Z\\nDTEND:20260511T100000Z\\nEND:VEVENT";
    let rest = format!(r#", "holidays": "BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR""#);
    let office = source("UTC", r#"{"monday": ["08:00-17:00"]}"#, &rest);
    assert_eq!(open_on(&office, "2026-05-11").len(), 1);
}

/// An office of Mondays, closed by an event of an iCalendar file.
fn closed_by(event: &[&str]) -> Source {
    let event = event.join("\\n");
    let text = format!("BEGIN:VCALENDAR\\nBEGIN:VEVENT\\n{event}\\nEND:VEVENT\\nEND:VCALENDAR");
    let rest = format!(r#", "holidays": "{text}""#);
    source("UTC", r#"{"monday": ["08:00-17:00"]}"#, &rest)
}

#[test]
fn events_close_as_many_days_as_they_last() {
    let check = |event: &[&str], day: &str, open: usize| {
        assert_eq!(
            open_on(&closed_by(event), day).len(),
            open,
            "{event:?} {day}"
        );
    };
    let start = "DTSTART;VALUE=DATE:20260508";
    check(&[start], "2026-05-11", 1);
    check(&[start, "DURATION:P4D"], "2026-05-11", 0);
    check(&[start, "DURATION:P1W"], "2026-05-18", 1);
    let long = ["DTSTART;VALUE=DATE:20240701", "DTEND;VALUE=DATE:20261001"];
    check(&long, "2026-05-11", 0);
    check(&long, "2026-10-05", 1);
    let weekly = "RRULE:FREQ=WEEKLY;UNTIL=20260518";
    check(&["DTSTART;VALUE=DATE:20260511", weekly], "2026-05-18", 0);
    check(&["DTSTART;VALUE=DATE:20260511", weekly], "2026-05-25", 1);
    check(
        &["DTSTART;VALUE=DATE:20260511", "STATUS:CANCELLED"],
        "2026-05-11",
        1,
    );
}

#[test]
fn an_event_that_cannot_be_understood_is_not_passed_over() {
    let check = |event: &[&str], words: &str| {
        let refused = compile(&closed_by(event), 2026..=2026).expect_err("it is refused");
        assert!(refused.to_string().contains(words), "{refused}");
    };
    let start = "DTSTART;VALUE=DATE:20260511";
    check(&["SUMMARY:Feast"], "Feast: DTSTART is missing");
    check(
        &[start, "DTEND;VALUE=DATE:20260510"],
        "it ends before it begins",
    );
    check(&[start, "DTEND;VALUE=DATE:99991231"], "3660 days at most");
    check(&[start, "DURATION:PT3H"], "whole days such as P3D");
    check(
        &[start, "DURATION:P99999999999999999999D"],
        "whole days such as P3D",
    );
    check(&[start, "RRULE:FREQ=OFTEN"], "RRULE FREQ=OFTEN");
    check(
        &[start, "RRULE:FREQ=YEARLY;INTERVAL=0"],
        "RRULE FREQ=YEARLY;INTERVAL=0",
    );
}

#[test]
fn what_contradicts_itself_is_named() {
    let refused = |source: &Source| {
        compile(source, 2026..=2026)
            .expect_err("it is refused")
            .to_string()
    };
    let check = |source: Source, words: &str| {
        let told = refused(&source);
        assert!(told.contains(words), "{told}");
    };
    let ok = r#"{"monday": ["08:00-17:00"]}"#;
    check(source("Europe/Atlantis", ok, ""), "got Europe/Atlantis");
    check(
        source("UTC", r#"{"monday": ["08:00-12:00", "11:00-17:00"]}"#, ""),
        "08:00-12:00 and 11:00-17:00",
    );
    check(
        source(
            "UTC",
            r#"{"monday": ["22:00-06:00"], "tuesday": ["05:00-09:00"]}"#,
            "",
        ),
        "overlap",
    );
    check(
        source(
            "UTC",
            r#"{"sunday": ["22:00-06:00"], "monday": ["05:00-09:00"]}"#,
            "",
        ),
        "overlap",
    );
    check(source("UTC", "{}", ""), "open at some time");
    check(source("UTC", r#"{"monday": []}"#, ""), "open at some time");
    check(
        source("UTC", ok, r#", "holidays": "no calendar""#),
        "iCalendar file is expected",
    );
    let rest = r#", "holidays": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261325\nEND:VEVENT\nEND:VCALENDAR""#;
    check(source("UTC", ok, rest), "got 20261325");
    let mut named = source("UTC", ok, "");
    named.id = "Office Hours".into();
    check(named, "got \"Office Hours\"");
}

#[test]
fn what_is_no_frame_or_date_is_said_with_what_is() {
    let read = |text: &str| {
        serde_json::from_str::<Source>(text)
            .expect_err("it is refused")
            .to_string()
    };
    let with = |week: &str, rest: &str| {
        read(&format!(
            r#"{{"id": "it", "name": "It", "zone": "UTC", "week": {week}{rest}}}"#
        ))
    };
    for frame in [
        "8-17",
        "08:00",
        "08:00-08:00",
        "25:00-26:00",
        "08:60-09:00",
        "-08:00",
        "24:00-25:00",
        "٠٨:٠٠-٠٩:٠٠",
    ] {
        let told = with(&format!(r#"{{"monday": ["{frame}"]}}"#), "");
        assert!(told.contains("08:00-17:30 is expected"), "{frame}: {told}");
    }
    let told = with("{}", r#", "closed": [{"date": "25.12.2026"}]"#);
    assert!(told.contains("2026-12-25 is expected"), "{told}");
    assert!(with(r#"{"moonday": []}"#, "").contains("moonday"));
    assert!(with("{}", r#", "hours": 8"#).contains("hours"));
}
