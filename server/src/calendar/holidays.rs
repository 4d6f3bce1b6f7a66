//! Days on which an organisation is closed, out of an iCalendar file (RFC 5545).
//!
//! Events of whole days count, with their recurrences; those with a time of day close nothing.

use std::ops::RangeInclusive;

use chrono::{Days, NaiveDate, TimeZone as _, Utc};
use icalendar::parser::{Component, Property, read_calendar, unfold};
use rrule::{RRuleSet, Tz};

/// More recurrences than this in the years that are compiled are none of whole days.
const RECURRENCES_MAX: u16 = 5_000;

/// An event that lasts longer is no holiday.
const DAYS_MAX: u64 = 366;

/// The days within these years on which a calendar's events lie.
pub(super) fn days(text: &str, years: &RangeInclusive<i32>) -> Result<Vec<NaiveDate>, String> {
    let text = unfold(text);
    let calendar = read_calendar(&text)?;
    let mut days = Vec::new();
    for event in calendar
        .components
        .iter()
        .filter(|it| it.name.as_str() == "VEVENT")
    {
        days.extend(of_event(event, years)?);
    }
    Ok(days)
}

fn of_event(event: &Component<'_>, years: &RangeInclusive<i32>) -> Result<Vec<NaiveDate>, String> {
    let Some(first) = date(event, "DTSTART")? else {
        return Ok(Vec::new());
    };
    let end = date(event, "DTEND")?;
    let long = end.map_or(1, |end| {
        end.signed_duration_since(first).num_days().unsigned_abs()
    });
    let long = long.clamp(1, DAYS_MAX);
    let firsts = match property(event, "RRULE") {
        None => vec![first],
        Some(rule) => recurrences(first, rule.val.as_str(), years)?,
    };
    let days = firsts.into_iter().flat_map(|first| {
        let day = move |nth| first.checked_add_days(Days::new(nth));
        (0..long).filter_map(day)
    });
    Ok(days.collect())
}

/// The date of a property; none where it names a time of day.
fn date(event: &Component<'_>, name: &str) -> Result<Option<NaiveDate>, String> {
    let Some(property) = property(event, name) else {
        return Ok(None);
    };
    let text = property.val.as_str();
    if text.contains('T') {
        return Ok(None);
    }
    let date = NaiveDate::parse_from_str(text, "%Y%m%d");
    let expected = |_| format!("{name}: a date such as 20261225 is expected, got {text}");
    date.map(Some).map_err(expected)
}

fn recurrences(
    first: NaiveDate,
    rule: &str,
    years: &RangeInclusive<i32>,
) -> Result<Vec<NaiveDate>, String> {
    let text = format!("DTSTART:{}T000000Z\nRRULE:{rule}", first.format("%Y%m%d"));
    let set: RRuleSet = text
        .parse()
        .map_err(|error| format!("RRULE {rule}: {error}"))?;
    let bound = |year: i32| Tz::UTC.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
    // The first days of a year may belong to what began in the one before.
    let (from, to) = (bound(years.start() - 1), bound(years.end() + 1));
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(Vec::new());
    };
    let found = set.after(from).before(to).all(RECURRENCES_MAX);
    let days = found
        .dates
        .iter()
        .map(|at| at.with_timezone(&Utc).date_naive());
    Ok(days.collect())
}

fn property<'a>(event: &'a Component<'a>, name: &str) -> Option<&'a Property<'a>> {
    event
        .properties
        .iter()
        .find(|property| property.name.as_str() == name)
}
