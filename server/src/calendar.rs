//! Calendars as an organisation writes them, and the hours that they are compiled to.
//!
//! A calendar names a time zone, the frames of each day of the week in which it is open, and the
//! days on which it is closed, by hand or as iCalendar. Devices get only the hours
//! ([`shared::calendar::Hours`]). A frame that ends on the next day belongs to the day on which it
//! begins, and so does what a holiday closes.

mod holidays;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use chrono::offset::LocalResult;
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat};
use chrono::{TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::calendar::{Calendar, Hours};
use shared::ids::CalendarId;
use shared::settings::{CalendarFault, Day, WrittenCalendar, is_slug};
use shared::time::UnixMillis;

pub use written::{compile_written, week_minutes};

/// A calendar as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub id: CalendarId,
    pub name: String,
    /// By the names of the time-zone database, such as `Europe/Amsterdam`.
    pub zone: String,
    /// The frames of each day, such as `08:00-17:30` or `22:00-06:00`.
    pub week: BTreeMap<Day, Vec<Frame>>,
    /// Days on which it is closed.
    #[serde(default)]
    pub closed: Vec<Closed>,
    /// More of them, as the text of an iCalendar file: all-day events, also those that recur.
    #[serde(default)]
    pub holidays: Option<String>,
}

/// A day on which it is closed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closed {
    pub date: NaiveDateText,
    #[serde(default)]
    pub name: String,
}

/// A date as `2026-12-25`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct NaiveDateText(NaiveDate);

/// From one time of day to another, in minutes since midnight; the end may lie on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Frame {
    since: i64,
    until: i64,
}

/// Why a calendar cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadCalendar {
    #[error(
        "zone: a name of the time-zone database is expected, such as Europe/Amsterdam, got {0}"
    )]
    Zone(String),
    #[error("week: {0:?} has {1} and {2}, which overlap; make one of them")]
    Overlap(Day, Frame, Frame),
    #[error(
        "week: a calendar is open at some time; name a frame, such as monday = [\"08:00-17:00\"]"
    )]
    NeverOpen,
    #[error("holidays: an iCalendar file is expected: {0}")]
    Holidays(String),
    #[error("id: 1 to 40 of a-z, 0-9 and - are expected, got {0:?}")]
    Id(String),
}

const DAY_MINUTES: i64 = 24 * 60;

/// The day of the week of a date.
fn day_of(date: NaiveDate) -> Day {
    Day::ALL[date.weekday().num_days_from_monday() as usize]
}

fn day_after(day: Day) -> Day {
    Day::ALL[(day as usize + 1) % Day::ALL.len()]
}

impl TryFrom<String> for NaiveDateText {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected = || format!("a date such as 2026-12-25 is expected, got {text}");
        text.parse().map(Self).map_err(|_| expected())
    }
}

impl TryFrom<String> for Frame {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Frame {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("a frame such as 08:00-17:30 is expected, got {text}");
        let (since, until) = text.split_once('-').ok_or_else(expected)?;
        let since = minutes(since).filter(|since| *since < DAY_MINUTES);
        let (since, until) = since.zip(minutes(until)).ok_or_else(expected)?;
        if since == until {
            return Err(expected());
        }
        let until = if until < since {
            until + DAY_MINUTES
        } else {
            until
        };
        Ok(Self { since, until })
    }
}

/// `08:30` in minutes; `24:00` is the end of the day.
fn minutes(time: &str) -> Option<i64> {
    let (hours, minutes) = time.trim().split_once(':')?;
    let is_digits = |text: &str| text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit());
    if !is_digits(hours) || !is_digits(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let all = hours * 60 + minutes;
    (minutes < 60 && all <= DAY_MINUTES).then_some(all)
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = if self.until == DAY_MINUTES {
            self.until
        } else {
            self.until % DAY_MINUTES
        };
        let [since, until] = [self.since, until].map(|at| (at / 60, at % 60));
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02}",
            since.0, since.1, until.0, until.1
        )
    }
}

/// Compiles a calendar for these years.
pub fn compile(source: &Source, years: RangeInclusive<i32>) -> Result<Calendar, BadCalendar> {
    let zone: Tz = source
        .zone
        .parse()
        .map_err(|_| BadCalendar::Zone(source.zone.clone()))?;
    if !is_slug(&source.id.0) {
        return Err(BadCalendar::Id(source.id.0.clone()));
    }
    let week = frames(source)?;
    let closed = closed(source, &years)?;
    let first = NaiveDate::from_ymd_opt(*years.start(), 1, 1).unwrap_or_default();
    let days = first
        .iter_days()
        .take_while(|day| day.year() <= *years.end());
    let open = days.filter(|day| !closed.contains(day)).flat_map(|day| {
        let frames = week.get(&day_of(day)).into_iter().flatten();
        frames.map(move |frame| (day, *frame))
    });
    let hours = Hours::of(open.map(|(day, frame)| {
        (
            instant(zone, day, frame.since, Edge::Opens),
            instant(zone, day, frame.until, Edge::Closes),
        )
    }));
    if hours.is_around_the_clock() {
        return Err(BadCalendar::NeverOpen);
    }
    Ok(Calendar {
        id: source.id.clone(),
        name: source.name.clone(),
        zone: source.zone.clone(),
        hours,
    })
}

/// The frames of each day in their order; an error where two of them overlap.
fn frames(source: &Source) -> Result<BTreeMap<Day, Vec<Frame>>, BadCalendar> {
    let mut week = source.week.clone();
    for frames in week.values_mut() {
        frames.sort_unstable();
    }
    for (day, frames) in &week {
        if let Some(pair) = frames.windows(2).find(|pair| pair[1].since < pair[0].until) {
            return Err(BadCalendar::Overlap(*day, pair[0], pair[1]));
        }
        let next = week.get(&day_after(*day)).and_then(|frames| frames.first());
        let over = frames.last().zip(next);
        if let Some((last, first)) = over
            && first.since + DAY_MINUTES < last.until
        {
            return Err(BadCalendar::Overlap(*day, *last, *first));
        }
    }
    if week.values().all(Vec::is_empty) {
        return Err(BadCalendar::NeverOpen);
    }
    Ok(week)
}

fn closed(
    source: &Source,
    years: &RangeInclusive<i32>,
) -> Result<BTreeSet<NaiveDate>, BadCalendar> {
    let by_hand = source.closed.iter().map(|closed| closed.date.0);
    let mut all: BTreeSet<_> = by_hand.collect();
    if let Some(text) = &source.holidays {
        all.extend(holidays::days(text, years).map_err(BadCalendar::Holidays)?);
    }
    Ok(all)
}

/// Which end of a frame a time of day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Opens,
    Closes,
}

/// When it is so many minutes after midnight of a day. A time that the clock skips is as much
/// later; of one that it shows twice a frame takes both.
fn instant(zone: Tz, day: NaiveDate, minutes: i64, edge: Edge) -> UnixMillis {
    let day = day.checked_add_days(Days::new(u64::from(minutes >= DAY_MINUTES)));
    let midnight = day.unwrap_or_default().and_time(NaiveTime::MIN);
    let local = midnight + TimeDelta::minutes(minutes % DAY_MINUTES);
    UnixMillis(at(zone, local, edge).timestamp_millis())
}

/// When a day begins.
pub(crate) fn midnight(zone: Tz, day: NaiveDate) -> UnixMillis {
    instant(zone, day, 0, Edge::Opens)
}

fn at(zone: Tz, local: NaiveDateTime, edge: Edge) -> DateTime<Tz> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => at,
        LocalResult::Ambiguous(first, _) if edge == Edge::Opens => first,
        LocalResult::Ambiguous(_, second) => second,
        // As far after the last time that was there as the clock would have shown.
        LocalResult::None => {
            let before = local - TimeDelta::hours(3);
            let there = zone.from_local_datetime(&before).latest();
            there.map_or_else(
                || zone.from_utc_datetime(&local),
                |at| at + TimeDelta::hours(3),
            )
        }
    }
}

/// What `holdfast calendar compile` prints.
pub fn explained(calendar: &Calendar) -> Value {
    let moment = |at: UnixMillis| {
        let at = DateTime::<Utc>::from_timestamp_millis(at.0).unwrap_or_default();
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    };
    let stretches = || calendar.hours.stretches();
    let minutes: i64 = stretches()
        .map(|(since, until)| until.since(since) / 60_000)
        .sum();
    let listed: Vec<_> = stretches()
        .map(|(since, until)| [moment(since), moment(until)])
        .collect();
    json!({
        "id": calendar.id, "name": calendar.name, "zone": calendar.zone,
        "from": listed.first().map(|open| &open[0]), "until": listed.last().map(|open| &open[1]),
        "open_hours": minutes / 60, "open": listed,
    })
}

/// A calendar to begin with.
pub const EXAMPLE: &str = r#"{
  "id": "office",
  "name": "Office Amsterdam",
  "zone": "Europe/Amsterdam",
  "week": {
    "monday": ["08:00-12:30", "13:00-17:30"],
    "tuesday": ["08:00-12:30", "13:00-17:30"],
    "wednesday": ["08:00-12:30", "13:00-17:30"],
    "thursday": ["08:00-12:30", "13:00-17:30"],
    "friday": ["08:00-12:30", "13:00-16:00"]
  },
  "closed": [{"date": "2026-12-28", "name": "Stocktaking"}],
  "holidays": "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nSUMMARY:Christmas\nDTSTART;VALUE=DATE:20251225\nDTEND;VALUE=DATE:20251227\nRRULE:FREQ=YEARLY\nEND:VEVENT\nEND:VCALENDAR\n"
}
"#;

#[cfg(test)]
mod tests;
