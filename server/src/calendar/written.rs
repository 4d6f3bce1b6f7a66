//! Calendars as somebody writes them in a form, with what is wrong and where.

use std::collections::BTreeMap;

use super::{BadCalendar, CalendarFault, Closed, Day, Frame, NaiveDateText, Source};
use super::{RangeInclusive, WrittenCalendar, compile};
use shared::calendar::Calendar;

/// What a name has room for.
const NAME_CHARS_MAX: usize = 80;

/// A day with more frames than these is a mistake.
const FRAMES_MAX: usize = 8;

/// Longer texts than these are no list of holidays.
const TEXT_BYTES_MAX: usize = 256 * 1_024;

/// Compiles a calendar of a form for these years, or says everything that is wrong with it.
pub fn compile_written(
    written: &WrittenCalendar,
    years: RangeInclusive<i32>,
) -> Result<Calendar, Vec<CalendarFault>> {
    let source = source(written)?;
    compile(&source, years).map_err(|bad| vec![fault(bad)])
}

/// How many minutes of a week a calendar of a form is open, holidays aside; none if it cannot be
/// read.
pub fn week_minutes(written: &WrittenCalendar) -> Option<u32> {
    let week = source(written).ok()?.week;
    let open = week
        .values()
        .flatten()
        .map(|frame| frame.until - frame.since);
    u32::try_from(open.sum::<i64>()).ok()
}

fn source(written: &WrittenCalendar) -> Result<Source, Vec<CalendarFault>> {
    let mut faults = Vec::new();
    let mut week = BTreeMap::new();
    for (day, text) in &written.week {
        match frames(*day, text) {
            Ok(frames) => drop(week.insert(*day, frames)),
            Err(fault) => faults.push(fault),
        }
    }
    if written.name.chars().count() > NAME_CHARS_MAX {
        faults.push(CalendarFault::Name);
    }
    let closed = match closed(&written.closed) {
        Ok(closed) => closed,
        Err(fault) => {
            faults.push(fault);
            Vec::new()
        }
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    let holidays = written.holidays.trim();
    if holidays.len() > TEXT_BYTES_MAX {
        let why = "it is longer than 256 KB".to_owned();
        return Err(vec![CalendarFault::Holidays { why }]);
    }
    Ok(Source {
        id: written.id.clone(),
        name: written.name.trim().to_owned(),
        zone: written.zone.trim().to_owned(),
        week,
        closed,
        holidays: (!holidays.is_empty()).then(|| holidays.to_owned()),
    })
}

/// `08:00-12:00, 13:00-17:00`; a dash may be a long one.
fn frames(day: Day, text: &str) -> Result<Vec<Frame>, CalendarFault> {
    let plain = text.replace(['–', '—'], "-").replace(' ', "");
    let each = plain.split([',', ';']).filter(|frame| !frame.is_empty());
    let read = |frame: &str| {
        let text = frame.chars().take(40).collect();
        frame
            .parse()
            .map_err(|_| CalendarFault::Frame { day, text })
    };
    let frames: Vec<_> = each.map(read).collect::<Result<_, _>>()?;
    if frames.len() > FRAMES_MAX {
        let text = text.chars().take(40).collect();
        return Err(CalendarFault::Frame { day, text });
    }
    Ok(frames)
}

/// One date in a line, with a name behind it.
fn closed(text: &str) -> Result<Vec<Closed>, CalendarFault> {
    if text.len() > TEXT_BYTES_MAX {
        let text = String::new();
        return Err(CalendarFault::Closed { text });
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let read = |line: &str| {
        let (date, name) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let date = NaiveDateText::try_from(date.to_owned());
        let date = date.map_err(|_| CalendarFault::Closed {
            text: line.chars().take(40).collect(),
        })?;
        let name = name.trim().to_owned();
        Ok(Closed { date, name })
    };
    lines.map(read).collect()
}

fn fault(bad: BadCalendar) -> CalendarFault {
    match bad {
        BadCalendar::Zone(_) => CalendarFault::Zone,
        BadCalendar::Overlap(day, _, _) => CalendarFault::Overlap { day },
        BadCalendar::NeverOpen => CalendarFault::NeverOpen,
        BadCalendar::Holidays(why) => CalendarFault::Holidays { why },
        BadCalendar::Id(_) => CalendarFault::Id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn office() -> WrittenCalendar {
        WrittenCalendar {
            id: "office".into(),
            name: "Office".to_owned(),
            zone: "Europe/Amsterdam".to_owned(),
            week: BTreeMap::from([
                (Day::Monday, "08:00–12:00, 13:00-17:00".to_owned()),
                (Day::Tuesday, String::new()),
            ]),
            closed: "2026-12-28 Stocktaking\n\n2026-12-29".to_owned(),
            holidays: String::new(),
        }
    }

    fn faults(change: impl FnOnce(&mut WrittenCalendar)) -> Vec<CalendarFault> {
        let mut written = office();
        change(&mut written);
        compile_written(&written, 2026..=2026).expect_err("something is wrong")
    }

    #[test]
    fn a_calendar_of_a_form_is_open_when_it_says() {
        let compiled = compile_written(&office(), 2026..=2026).expect("nothing is wrong");
        let mondays = compiled.hours.stretches().count() / 2;
        assert_eq!(mondays, 51, "52 Mondays in 2026, of which one is closed");
        assert_eq!(week_minutes(&office()), Some(8 * 60));
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let frame = faults(|it| drop(it.week.insert(Day::Friday, "8-17".to_owned())));
        let text = "8-17".to_owned();
        let day = Day::Friday;
        assert_eq!(frame, [CalendarFault::Frame { day, text }]);
        let overlap = "08:00-12:00,11:00-13:00".to_owned();
        let overlap = faults(|it| drop(it.week.insert(Day::Friday, overlap)));
        assert_eq!(overlap, [CalendarFault::Overlap { day }]);
        assert_eq!(faults(|it| it.week.clear()), [CalendarFault::NeverOpen]);
        assert_eq!(
            faults(|it| it.zone = "Middle/Earth".to_owned()),
            [CalendarFault::Zone]
        );
        let text = "Christmas".to_owned();
        let closed = faults(|it| it.closed.clone_from(&text));
        assert_eq!(closed, [CalendarFault::Closed { text }]);
        let holidays = faults(|it| it.holidays = "no calendar".to_owned());
        assert!(matches!(holidays[..], [CalendarFault::Holidays { .. }]));
        let two = faults(|it| {
            it.week.insert(Day::Friday, "soon".to_owned());
            it.closed = "2026-02-30".to_owned();
        });
        assert_eq!(two.len(), 2);
    }
}
