//! ServiceNow's audit log of incidents as CSV: one row per update, `?` for what is unknown.
//!
//! [`Log::read`] takes the rows that can be read and says of the others which line and why.
//! [`history`] tells one incident's rows as acts; what changed between two rows is what was done.

mod added;
mod plan;
mod records;
mod row;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use anyhow::{Context as _, ensure};

pub use added::Added;
pub use plan::{Names, history};
pub use row::{BadRow, Row, Stage, Unreadable};

use records::Records;

/// A text that many rows share.
pub type Name = Arc<str>;

/// The rows of a log by incident, in the order of the incidents' first rows.
#[derive(Debug, Default)]
pub struct Log {
    pub incidents: Vec<Vec<Row>>,
    pub bad: Vec<BadRow>,
    pub rows: usize,
}

impl Log {
    /// Reads a whole log; fails only when there is no usable header or the source breaks off.
    pub fn read(mut source: impl Read) -> anyhow::Result<Self> {
        let mut text = Vec::new();
        source.read_to_end(&mut text).context("cannot read on")?;
        let mut records = Records::of(&text);
        let header = records.next().context("the file is empty")?;
        let columns = Columns::find(&header.fields().context("cannot read the header")?)?;
        records.expect_columns(columns.count);
        let mut log = Self::default();
        let mut places: BTreeMap<Name, usize> = BTreeMap::new();
        let mut names = Interned::default();
        for record in records {
            log.rows += 1;
            let line = record.line;
            let fields = record.fields();
            match fields.and_then(|fields| Row::read(&columns, &fields, line, &mut names)) {
                Ok(row) => {
                    let next = log.incidents.len();
                    let place = *places.entry(Arc::clone(&row.number)).or_insert(next);
                    if place == next {
                        log.incidents.push(Vec::new());
                    }
                    log.incidents[place].push(row);
                }
                Err(why) => log.bad.push(BadRow { line, why }),
            }
        }
        for rows in &mut log.incidents {
            rows.sort_by_key(|row| (row.updated_at, row.updates, row.line));
        }
        Ok(log)
    }
}

/// Where the columns that are read lie; others are ignored.
#[derive(Debug)]
pub(crate) struct Columns {
    places: [usize; COLUMNS.len()],
    count: usize,
}

const COLUMNS: [&str; 19] = [
    "number",
    "incident_state",
    "sys_mod_count",
    "caller_id",
    "opened_by",
    "opened_at",
    "sys_updated_by",
    "sys_updated_at",
    "contact_type",
    "location",
    "category",
    "subcategory",
    "u_symptom",
    "cmdb_ci",
    "impact",
    "urgency",
    "assignment_group",
    "assigned_to",
    "closed_code",
];

impl Columns {
    fn find(header: &csv::ByteRecord) -> anyhow::Result<Self> {
        let titles: Vec<&[u8]> = header.iter().collect();
        let place = |column: &str| titles.iter().position(|title| *title == column.as_bytes());
        let missing: Vec<_> = COLUMNS
            .iter()
            .copied()
            .filter(|column| place(column).is_none())
            .collect();
        ensure!(
            missing.is_empty(),
            "the header lacks the columns {}",
            missing.join(", ")
        );
        let places = COLUMNS.map(|column| place(column).unwrap_or_default());
        Ok(Self {
            places,
            count: titles.len(),
        })
    }

    fn place(&self, column: &str) -> usize {
        let known = COLUMNS.iter().position(|known| *known == column);
        self.places[known.expect("only columns of the table are asked for")]
    }
}

/// Keeps one copy of each text.
#[derive(Debug, Default)]
pub(crate) struct Interned(BTreeSet<Name>);

impl Interned {
    fn keep(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return Arc::clone(name);
        }
        let name = Name::from(text);
        self.0.insert(Arc::clone(&name));
        name
    }
}

#[cfg(test)]
mod tests;
