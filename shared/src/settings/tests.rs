use super::*;

fn installed() -> Levels {
    Levels::of(&Directory::default(), Vec::new())
}

fn calendar(id: &str) -> WrittenCalendar {
    WrittenCalendar {
        id: id.into(),
        name: "Office".to_owned(),
        zone: "Europe/Amsterdam".to_owned(),
        week: BTreeMap::from([(Day::Monday, "08:00-17:00".to_owned())]),
        closed: String::new(),
        holidays: String::new(),
    }
}

#[test]
fn what_an_installation_begins_with_has_no_faults() {
    assert_eq!(installed().faults(), []);
}

#[test]
fn a_matrix_that_contradicts_itself_is_said_where() {
    let mut levels = installed();
    let row = levels.matrix.get_mut(&Level::High).expect("three rows");
    row.insert(Level::Medium, Priority::P4);
    let falls = |impact, urgency| LevelsFault::Falls { impact, urgency };
    assert_eq!(levels.faults(), [falls(Level::High, Level::Medium)]);
    let row = levels.matrix.get_mut(&Level::High).expect("three rows");
    row.remove(&Level::Medium);
    let (impact, urgency) = (Level::High, Level::Medium);
    assert_eq!(levels.faults(), [LevelsFault::Hole { impact, urgency }]);
}

#[test]
fn a_target_that_cannot_be_kept_is_said() {
    let fault = |response_minutes, resolution_minutes| {
        let mut levels = installed();
        let target = Target {
            response_minutes,
            resolution_minutes,
        };
        levels.promised.entry(Priority::P2).or_default().target = target;
        levels.faults()
    };
    let priority = Priority::P2;
    assert_eq!(fault(Some(60), Some(60)), []);
    assert_eq!(fault(None, None), []);
    assert_eq!(fault(Some(60), None), []);
    assert_eq!(fault(Some(61), Some(60)), [LevelsFault::Order { priority }]);
    assert_eq!(fault(Some(0), None), [LevelsFault::Target { priority }]);
    let long = Some(TARGET_MINUTES_MAX + 1);
    assert_eq!(fault(None, long), [LevelsFault::Target { priority }]);
}

#[test]
fn calendars_are_told_apart_and_named_ones_are_there() {
    let mut levels = installed();
    levels.promised.entry(Priority::P3).or_default().calendar = Some("office".into());
    let priority = Priority::P3;
    assert_eq!(levels.faults(), [LevelsFault::NoCalendar { priority }]);
    levels.calendars = vec![calendar("office")];
    assert_eq!(levels.faults(), []);
    levels.calendars.push(calendar("office"));
    let wrong = CalendarFault::Id;
    assert_eq!(levels.faults(), [LevelsFault::Calendar { place: 1, wrong }]);
    levels.calendars = (0..=CALENDARS_MAX)
        .map(|nth| calendar(&format!("{nth}")))
        .collect();
    assert!(levels.faults().contains(&LevelsFault::TooManyCalendars));
}

#[test]
fn reminders_that_cannot_be_kept_are_said() {
    let faults_of = |reason, every_days, resolves_after, calendar: Option<&str>| {
        let mut levels = installed();
        let reminding = Reminding {
            every_days,
            calendar: calendar.map(CalendarId::from),
            resolves_after,
        };
        levels.reminding.insert(reason, reminding);
        levels.faults()
    };
    let reason = HoldReason::Caller;
    let faults = |days, after, calendar| faults_of(reason, days, after, calendar);
    assert_eq!(faults(1, None, None), []);
    assert_eq!(faults(90, Some(REMINDERS_MAX), None), []);
    let days = || LevelsFault::RemindingDays { reason };
    for odd in [0, 91] {
        assert_eq!(faults(odd, None, None), [days()]);
    }
    let reminders = || LevelsFault::Reminders { reason };
    for odd in [0, REMINDERS_MAX + 1] {
        assert_eq!(faults(1, Some(odd), None), [reminders()]);
    }
    let calendar = LevelsFault::NoRemindingCalendar { reason };
    assert_eq!(faults(1, None, Some("plant")), [calendar]);
    let reason = HoldReason::Vendor;
    let reminders = LevelsFault::Reminders { reason };
    assert_eq!(faults_of(reason, 1, None, None), []);
    assert_eq!(
        faults_of(reason, 1, Some(2), None),
        [reminders],
        "nobody was asked"
    );
}

#[test]
fn what_two_people_change_at_once_is_kept_of_both() {
    let base = Levels {
        calendars: vec![calendar("office"), calendar("plant")],
        ..installed()
    };
    let mut own = base.clone();
    own.promised.entry(Priority::P2).or_default().calendar = Some("office".into());
    own.calendars[0].zone = "Asia/Tokyo".to_owned();
    let mut now = base.clone();
    now.warning_percent = 50;
    let row = now.matrix.get_mut(&Level::High).expect("three rows");
    row.insert(Level::High, Priority::P2);
    now.calendars[1].name = "Plant two".to_owned();
    now.calendars.push(calendar("night"));
    let both = own.clone().on_top_of(&base, &now);
    assert_eq!(both.warning_percent, 50);
    assert_eq!(both.matrix, now.matrix);
    assert_eq!(both.promised, own.promised);
    let zones: Vec<_> = both.calendars.iter().map(|it| &*it.zone).collect();
    assert_eq!(
        zones,
        ["Asia/Tokyo", "Europe/Amsterdam", "Europe/Amsterdam"]
    );
    assert_eq!(both.calendars[1].name, "Plant two");
    assert_eq!(own.clone().on_top_of(&base, &base), own);
}

#[test]
fn minutes_are_read_as_people_write_them() {
    let check = |text, minutes| assert_eq!(read_minutes(text), minutes, "{text:?}");
    check("45", Some(45));
    check("45m", Some(45));
    check(" 45 min ", Some(45));
    check("4h", Some(240));
    check("1h 30m", Some(90));
    check("1H30", Some(90));
    check("2:15", Some(135));
    for text in [
        "",
        "h",
        "1h 75m",
        "2:75",
        "soon",
        "-5",
        "4.5h",
        "99999999999",
        "99999999h",
    ] {
        check(text, None);
    }
}

#[test]
fn what_is_written_of_minutes_is_read_as_them() {
    for minutes in [1, 59, 60, 61, 90, 480, 2_880, TARGET_MINUTES_MAX] {
        assert_eq!(read_minutes(&write_minutes(minutes)), Some(minutes));
    }
}
