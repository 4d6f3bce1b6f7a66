//! Days on which an organisation is closed, out of an iCalendar file (RFC 5545).
//!
//! Events of whole days count, with their recurrences; those with a time of day close nothing, nor
//! do those that were cancelled. What cannot be understood is an error: a holiday that is passed
//! over would let clocks run on it.

use std::ops::RangeInclusive;

use chrono::{Datelike as _, Days, NaiveDate, TimeZone as _, Utc};
use icalendar::parser::{Component, Property, read_calendar, unfold};
use rrule::{RRuleSet, Tz};

/// More recurrences than this in the years that are compiled are none of whole days.
const RECURRENCES_MAX: u16 = 5_000;

/// More days than these are no holidays.
const ALL_DAYS_MAX: usize = 20_000;

/// Whatever lasts longer is a mistake.
const DAYS_MAX: u64 = 3_660;

/// The days within these years on which a calendar's events lie.
pub(super) fn days(text: &str, years: &RangeInclusive<i32>) -> Result<Vec<NaiveDate>, String> {
    let text = unfold(text);
    let calendar = read_calendar(&text)
        .map_err(|_| "it is no whole calendar from BEGIN:VCALENDAR on".to_owned())?;
    let mut days = Vec::new();
    let events = calendar.components.iter();
    for event in events.filter(|it| it.name.as_str() == "VEVENT") {
        let found = of_event(event, years);
        let found = found.map_err(|why| format!("{}: {why}", named(event)))?;
        days.extend(found.into_iter().filter(|day| years.contains(&day.year())));
        if days.len() > ALL_DAYS_MAX {
            return Err(format!("it has more than {ALL_DAYS_MAX} days"));
        }
    }
    Ok(days)
}

/// How an error names an event.
fn named(event: &Component<'_>) -> String {
    let summary = property(event, "SUMMARY").map(|summary| summary.val.as_str());
    summary.unwrap_or("an event").chars().take(60).collect()
}

fn of_event(event: &Component<'_>, years: &RangeInclusive<i32>) -> Result<Vec<NaiveDate>, String> {
    let is_cancelled = property(event, "STATUS").is_some_and(|it| it.val.as_str() == "CANCELLED");
    let start = property(event, "DTSTART").ok_or("DTSTART is missing")?;
    if is_cancelled || start.val.as_str().contains('T') {
        return Ok(Vec::new());
    }
    let first = date(start)?;
    let long = length(event, first)?;
    let firsts = match property(event, "RRULE") {
        None => vec![first],
        Some(rule) => recurrences(first, rule.val.as_str(), years)?,
    };
    let all = (firsts.len() as u64).saturating_mul(long);
    if all > ALL_DAYS_MAX as u64 {
        return Err(format!("it lies on {all} days"));
    }
    let days = firsts.into_iter().flat_map(|first| {
        let day = move |nth| first.checked_add_days(Days::new(nth));
        (0..long).filter_map(day)
    });
    Ok(days.collect())
}

/// On how many days it lies; its end is the day after the last.
fn length(event: &Component<'_>, first: NaiveDate) -> Result<u64, String> {
    let long = match (property(event, "DTEND"), property(event, "DURATION")) {
        (Some(end), _) => {
            let long = date(end)?.signed_duration_since(first).num_days();
            u64::try_from(long).map_err(|_| "it ends before it begins".to_owned())?
        }
        (None, Some(duration)) => whole_days(duration.val.as_str())?,
        (None, None) => 1,
    };
    if long > DAYS_MAX {
        return Err(format!("{DAYS_MAX} days at most are expected, got {long}"));
    }
    Ok(long.max(1))
}

/// `P3D` or `P1W` in days.
fn whole_days(duration: &str) -> Result<u64, String> {
    let expected = || format!("DURATION: whole days such as P3D are expected, got {duration}");
    let number = duration.strip_prefix('P').ok_or_else(expected)?;
    let (number, each) = match (number.strip_suffix('D'), number.strip_suffix('W')) {
        (Some(days), _) => (days, 1),
        (None, Some(weeks)) => (weeks, 7),
        (None, None) => return Err(expected()),
    };
    let number: u64 = number.parse().map_err(|_| expected())?;
    Ok(number.saturating_mul(each))
}

fn date(property: &Property<'_>) -> Result<NaiveDate, String> {
    let text = property.val.as_str();
    let date = NaiveDate::parse_from_str(text, "%Y%m%d");
    let expected = |_| {
        format!(
            "{}: a date such as 20261225 is expected, got {text}",
            property.name
        )
    };
    date.map_err(expected)
}

fn recurrences(
    first: NaiveDate,
    rule: &str,
    years: &RangeInclusive<i32>,
) -> Result<Vec<NaiveDate>, String> {
    let text = format!(
        "DTSTART:{}T000000Z\nRRULE:{}",
        first.format("%Y%m%d"),
        in_utc(rule)
    );
    let set: RRuleSet = text
        .parse()
        .map_err(|error| format!("RRULE {rule}: {error}"))?;
    let bound = |year: i32| Tz::UTC.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single();
    // The first days of a year may belong to what began in the one before.
    let (from, to) = (bound(years.start() - 1), bound(years.end() + 1));
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(Vec::new());
    };
    if set.clone().all(1).dates.is_empty() {
        return Err(format!("RRULE {rule}: it recurs on no day at all"));
    }
    let found = set.after(from).before(to).all(RECURRENCES_MAX);
    let days = found
        .dates
        .iter()
        .map(|at| at.with_timezone(&Utc).date_naive());
    Ok(days.collect())
}

/// The rule with its last day as the library wants it: where the start is a date, so is `UNTIL`.
fn in_utc(rule: &str) -> String {
    let parts = rule
        .split(';')
        .map(|part| match part.strip_prefix("UNTIL=") {
            Some(until) if !until.contains('T') => format!("UNTIL={until}T000000Z"),
            Some(_) | None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join(";")
}

fn property<'a>(event: &'a Component<'a>, name: &str) -> Option<&'a Property<'a>> {
    event
        .properties
        .iter()
        .find(|property| property.name.as_str() == name)
}
