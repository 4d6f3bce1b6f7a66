//! One row of the log.

use chrono::NaiveDateTime;
use shared::incidents::{Channel, HoldReason};
use shared::priority::Level;
use shared::time::UnixMillis;

use super::{Columns, Interned, Name};

/// Nothing in this log is longer.
const FIELD_BYTES_MAX: usize = 4 * 1024;

/// How much of a wrong value is shown.
const SHOWN_CHARS: usize = 40;

/// An incident as it was after one update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub number: Name,
    pub stage: Stage,
    /// How many updates there were before.
    pub updates: u32,
    pub opened_at: UnixMillis,
    pub updated_at: UnixMillis,
    pub opened_by: Option<Name>,
    pub updated_by: Option<Name>,
    pub caller: Option<Name>,
    pub channel: Channel,
    pub location: Option<Name>,
    pub category: Option<Name>,
    pub subcategory: Option<Name>,
    pub symptom: Option<Name>,
    pub item: Option<Name>,
    pub impact: Level,
    pub urgency: Level,
    pub group: Option<Name>,
    pub assignee: Option<Name>,
    pub closed_code: Option<Name>,
}

/// ServiceNow's states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    New,
    Active,
    Awaiting(HoldReason),
    Resolved,
    Closed,
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadRow {
    pub line: u64,
    pub why: Unreadable,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("a quote is opened and not closed")]
    Unclosed,
    #[error("{expected} columns expected, got {got}")]
    Columns { expected: usize, got: usize },
    #[error("{column}: UTF-8 expected")]
    Encoding { column: &'static str },
    #[error("{column}: {FIELD_BYTES_MAX} bytes at most expected, got {bytes}")]
    TooLong { column: &'static str, bytes: usize },
    #[error("{column}: {allowed} expected, got {got:?}")]
    Value {
        column: &'static str,
        allowed: &'static str,
        got: String,
    },
}

impl Row {
    pub(super) fn read(
        columns: &Columns,
        record: &csv::ByteRecord,
        line: u64,
        names: &mut Interned,
    ) -> Result<Self, Unreadable> {
        if record.len() != columns.count {
            return Err(Unreadable::Columns {
                expected: columns.count,
                got: record.len(),
            });
        }
        let fields = Fields { columns, record };
        let mut name = |column| -> Result<Option<Name>, Unreadable> {
            Ok(known(fields.text(column)?).map(|text| names.keep(&text)))
        };
        let number = name("number")?;
        Ok(Self {
            line,
            opened_by: name("opened_by")?,
            updated_by: name("sys_updated_by")?,
            caller: name("caller_id")?,
            location: name("location")?,
            category: name("category")?,
            subcategory: name("subcategory")?,
            symptom: name("u_symptom")?,
            item: name("cmdb_ci")?,
            group: name("assignment_group")?,
            assignee: name("assigned_to")?,
            closed_code: name("closed_code")?,
            number: number.ok_or_else(|| fields.wrong("number", "a number"))?,
            stage: fields.read("incident_state", STAGES, stage)?,
            updates: fields.read("sys_mod_count", "a count", |text| text.parse().ok())?,
            opened_at: fields.read("opened_at", DATE, date)?,
            updated_at: fields.read("sys_updated_at", DATE, date)?,
            channel: channel(fields.text("contact_type")?),
            impact: fields.read("impact", LEVELS, level)?,
            urgency: fields.read("urgency", LEVELS, level)?,
        })
    }
}

#[derive(Clone, Copy)]
struct Fields<'a> {
    columns: &'a Columns,
    record: &'a csv::ByteRecord,
}

impl<'a> Fields<'a> {
    fn text(&self, column: &'static str) -> Result<&'a str, Unreadable> {
        let bytes = self
            .record
            .get(self.columns.place(column))
            .unwrap_or_default();
        if bytes.len() > FIELD_BYTES_MAX {
            return Err(Unreadable::TooLong {
                column,
                bytes: bytes.len(),
            });
        }
        str::from_utf8(bytes).map_err(|_| Unreadable::Encoding { column })
    }

    fn read<T>(
        &self,
        column: &'static str,
        allowed: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        parse(self.text(column)?.trim()).ok_or_else(|| self.wrong(column, allowed))
    }

    fn wrong(&self, column: &'static str, allowed: &'static str) -> Unreadable {
        let got = self
            .text(column)
            .unwrap_or_default()
            .chars()
            .take(SHOWN_CHARS)
            .collect();
        Unreadable::Value {
            column,
            allowed,
            got,
        }
    }
}

/// The text with single spaces; none where the log says that it does not know.
fn known(text: &str) -> Option<String> {
    let words: Vec<_> = text.split_whitespace().collect();
    if words.is_empty() || words == ["?"] {
        None
    } else {
        Some(words.join(" "))
    }
}

const DATE: &str = "day-month-year hour:minute";

/// The log has no time zone; UTC is assumed.
fn date(text: &str) -> Option<UnixMillis> {
    let date = NaiveDateTime::parse_from_str(text, "%d-%m-%Y %H:%M").ok()?;
    let millis = date.and_utc().timestamp_millis();
    // An id cannot tell times before 1970.
    (millis >= 0).then_some(UnixMillis(millis))
}

const STAGES: &str = "New, Active, Awaiting User Info, Awaiting Problem, Awaiting Vendor, \
    Awaiting Evidence, Resolved or Closed";

fn stage(text: &str) -> Option<Stage> {
    Some(match text {
        "New" => Stage::New,
        "Active" => Stage::Active,
        "Awaiting User Info" => Stage::Awaiting(HoldReason::Caller),
        "Awaiting Problem" => Stage::Awaiting(HoldReason::Problem),
        "Awaiting Vendor" => Stage::Awaiting(HoldReason::Vendor),
        "Awaiting Evidence" => Stage::Awaiting(HoldReason::Evidence),
        "Resolved" => Stage::Resolved,
        "Closed" => Stage::Closed,
        _ => return None,
    })
}

const LEVELS: &str = "1 - High, 2 - Medium or 3 - Low";

fn level(text: &str) -> Option<Level> {
    match text {
        "1 - High" => Some(Level::High),
        "2 - Medium" => Some(Level::Medium),
        "3 - Low" => Some(Level::Low),
        _ => None,
    }
}

fn channel(text: &str) -> Channel {
    match text.trim() {
        "Phone" | "IVR" => Channel::Phone,
        "Email" => Channel::Mail,
        "Self service" => Channel::Portal,
        _ => Channel::Import,
    }
}
