//! Times, ages, numbers and sizes as the reader's language writes them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use js_sys::{Array, Function, Intl, Object, Reflect};
use leptos::prelude::set_timeout;
use wasm_bindgen::JsValue;

use shared::policy;
use shared::time::UnixMillis;

use crate::ui::browser;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

thread_local! {
    // Making an `Intl` formatter costs far more than using one, and a list needs sixty at once.
    static FORMATS: RefCell<HashMap<Style, Function>> = RefCell::new(HashMap::new());
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    Number,
    Seconds,
    Minutes,
    Hours,
    Days,
    Kilobytes,
    Megabytes,
    Gigabytes,
    Clock,
    Weekday,
    Day,
    DayOfYear,
    Full,
}

impl Style {
    fn options(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Number => &[],
            Self::Seconds => &[
                ("style", "unit"),
                ("unit", "second"),
                ("unitDisplay", "short"),
            ],
            Self::Minutes => &[
                ("style", "unit"),
                ("unit", "minute"),
                ("unitDisplay", "short"),
            ],
            Self::Hours => &[
                ("style", "unit"),
                ("unit", "hour"),
                ("unitDisplay", "short"),
            ],
            Self::Days => &[("style", "unit"), ("unit", "day"), ("unitDisplay", "short")],
            Self::Kilobytes => &[
                ("style", "unit"),
                ("unit", "kilobyte"),
                ("unitDisplay", "short"),
            ],
            Self::Megabytes => &[
                ("style", "unit"),
                ("unit", "megabyte"),
                ("unitDisplay", "short"),
            ],
            Self::Gigabytes => &[
                ("style", "unit"),
                ("unit", "gigabyte"),
                ("unitDisplay", "short"),
            ],
            Self::Clock => &[("timeStyle", "short")],
            Self::Weekday => &[("weekday", "long")],
            Self::Day => &[("day", "numeric"), ("month", "short")],
            Self::DayOfYear => &[("day", "numeric"), ("month", "short"), ("year", "numeric")],
            Self::Full => &[("dateStyle", "medium"), ("timeStyle", "medium")],
        }
    }

    fn is_time(self) -> bool {
        matches!(
            self,
            Self::Clock | Self::Weekday | Self::Day | Self::DayOfYear | Self::Full
        )
    }

    fn formatter(self) -> Function {
        let options = Object::new();
        for (name, value) in self.options() {
            let set = Reflect::set(
                &options,
                &JsValue::from_str(name),
                &JsValue::from_str(value),
            );
            debug_assert!(set.is_ok(), "a new object takes any property");
        }
        if matches!(self, Self::Kilobytes | Self::Megabytes | Self::Gigabytes) {
            let digits = JsValue::from_f64(1.0);
            let set = Reflect::set(&options, &"maximumFractionDigits".into(), &digits);
            debug_assert!(set.is_ok(), "a new object takes any property");
        }
        let locales = Array::of1(&JsValue::from_str(&super::locale()));
        if self.is_time() {
            Intl::DateTimeFormat::new(&locales, &options).format()
        } else {
            Intl::NumberFormat::new(&locales, &options).format()
        }
    }
}

/// Drops the formatters of the language spoken before.
pub(super) fn forget() {
    FORMATS.with_borrow_mut(HashMap::clear);
}

/// Makes the formatters that a list needs while nothing else is to do; each costs some
/// milliseconds.
pub(crate) fn prepare() {
    for style in [Style::Days, Style::Full] {
        set_timeout(move || drop(write(style, 0.0)), Duration::ZERO);
    }
}

fn write(style: Style, value: f64) -> String {
    let format = FORMATS.with_borrow_mut(|formats| {
        formats
            .entry(style)
            .or_insert_with(|| style.formatter())
            .clone()
    });
    let text = format.call1(&JsValue::UNDEFINED, &JsValue::from_f64(value));
    text.ok()
        .and_then(|text| text.as_string())
        .unwrap_or_default()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript's dates are floats too"
)]
fn moment(style: Style, at: UnixMillis) -> String {
    // A time that breaks before its "PM" reads as two.
    write(style, at.0 as f64).replace(' ', "\u{a0}")
}

/// A number with the reader's separators.
pub(crate) fn number(value: f64) -> String {
    write(Style::Number, value)
}

/// A bound in bytes, in about so many characters.
#[expect(clippy::cast_precision_loss, reason = "no bound has that many digits")]
pub(crate) fn characters(bytes_max: usize) -> String {
    number(policy::characters_about(bytes_max) as f64)
}

/// A size in the unit that suits it.
#[expect(clippy::cast_precision_loss, reason = "sizes are shown to one digit")]
pub(crate) fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        ..1e6 => write(Style::Kilobytes, bytes / 1e3),
        1e6..1e9 => write(Style::Megabytes, bytes / 1e6),
        _ => write(Style::Gigabytes, bytes / 1e9),
    }
}

/// The time of day.
fn clock(at: UnixMillis) -> String {
    moment(Style::Clock, at)
}

/// The time of day, with the date when it was another day than today.
pub(crate) fn clock_and_day(at: UnixMillis) -> String {
    if browser::same_day(at, browser::now()) {
        clock(at)
    } else {
        format!("{}, {}", day(at), clock(at))
    }
}

/// The day and its month, with the year when it is another than the present one.
pub(crate) fn day(at: UnixMillis) -> String {
    let is_this_year = browser::same_year(at, browser::now());
    moment(
        if is_this_year {
            Style::Day
        } else {
            Style::DayOfYear
        },
        at,
    )
}

/// The day as people speak of it: its time when it is today, `Tuesday` within a week, else the
/// date.
pub(crate) fn spoken_day(at: UnixMillis, now: UnixMillis) -> String {
    if browser::same_day(at, now) {
        clock(at)
    } else if now.since(at) < 6 * DAY {
        moment(Style::Weekday, at)
    } else {
        moment(Style::DayOfYear, at)
    }
}

/// The date and the time to the second.
pub(crate) fn full(at: UnixMillis) -> String {
    moment(Style::Full, at)
}

/// How long something takes: hours and minutes, `0:42`, or days. What has begun counts.
#[expect(clippy::cast_precision_loss, reason = "spans in days are small")]
pub(crate) fn span(millis: i64) -> String {
    const DAYS_FROM: i64 = 48 * 60;
    let minutes = (millis.max(0) + MINUTE - 1) / MINUTE;
    if minutes > DAYS_FROM {
        return write(Style::Days, (minutes / (24 * 60)) as f64);
    }
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let zero = if minutes < 10 { "0" } else { "" };
    format!("{hours}:{zero}{minutes}")
}

/// The same, in seconds below one minute.
#[expect(clippy::cast_precision_loss, reason = "a minute has few seconds")]
pub(crate) fn exact_span(millis: i64) -> String {
    match millis {
        0..MINUTE => write(Style::Seconds, (millis / 1_000) as f64),
        _ => span(millis),
    }
}

/// How old something is, in one unit: `now`, `8 min`, `3 hr`, `2 days`, then the date.
#[expect(clippy::cast_precision_loss, reason = "ages in days are small")]
pub(crate) fn short_age(at: UnixMillis, now: UnixMillis) -> String {
    let age = now.since(at).max(0);
    match age {
        ..MINUTE => super::t!("when.now"),
        MINUTE..HOUR => write(Style::Minutes, (age / MINUTE) as f64),
        HOUR..DAY => write(Style::Hours, (age / HOUR) as f64),
        _ if age < 14 * DAY => write(Style::Days, (age / DAY) as f64),
        _ if age < 300 * DAY => moment(Style::Day, at),
        _ => moment(Style::DayOfYear, at),
    }
}
