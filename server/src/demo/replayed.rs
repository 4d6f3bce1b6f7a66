//! A part of a real ServiceNow log, up to a cut that becomes now, under the names of the sample
//! organisation. Who of it takes the part of whom is drawn by a hash, so that it is always the
//! same.

use std::collections::BTreeMap;

use anyhow::Context as _;
use chrono::NaiveDateTime;
use serde::Deserialize;
use shared::ids::{CategoryId, GroupId, PersonId, SiteId};
use shared::people::{Directory, Person, Role};
use shared::time::UnixMillis;

use crate::auth::DEMO_ENDING;
use crate::import::servicenow::{Log, Name, Names, Row, history};
use crate::import::{History, name};

const LOG: &str = include_str!("../../demo/servicenow.csv");
const MAPPING: &str = include_str!("../../demo/servicenow-mapping.json");

#[derive(Debug, Deserialize)]
struct Mapping {
    cut: String,
    groups: BTreeMap<String, GroupId>,
    categories: BTreeMap<String, CategoryId>,
}

impl Mapping {
    fn read() -> anyhow::Result<(Self, UnixMillis)> {
        let mapping: Self =
            serde_json::from_str(MAPPING).context("demo/servicenow-mapping.json")?;
        let cut = NaiveDateTime::parse_from_str(&mapping.cut, "%Y-%m-%dT%H:%M").ok();
        let cut = cut
            .context("demo/servicenow-mapping.json: cut")?
            .and_utc()
            .timestamp_millis();
        Ok((mapping, UnixMillis(cut)))
    }
}

/// The names of the log as those of the sample organisation.
struct Played<'a> {
    directory: &'a Directory,
    mapping: Mapping,
    shift: i64,
}

/// How many incidents of the log there are.
pub(super) fn count() -> anyhow::Result<usize> {
    Ok(Log::read(LOG.as_bytes())?.incidents.len())
}

/// What had happened by the cut, moved so that the cut is `now`.
pub(super) fn histories(directory: &Directory, now: UnixMillis) -> anyhow::Result<Vec<History>> {
    let (mapping, cut) = Mapping::read()?;
    let log = Log::read(LOG.as_bytes()).context("demo/servicenow.csv")?;
    let mut played = Played {
        directory,
        mapping,
        shift: now.since(cut),
    };
    let until = |mut rows: Vec<Row>| {
        rows.retain(|row| row.updated_at <= cut && row.opened_at <= cut);
        rows
    };
    let rows = log.incidents.into_iter().map(until);
    Ok(rows
        .filter_map(|rows| history(&rows, &mut played))
        .collect())
}

impl Played<'_> {
    /// One of the people who fit, always the same for a name.
    fn cast(&self, source: &str, fits: impl Fn(&Person) -> bool) -> PersonId {
        let fits = |person: &&Person| !person.login.ends_with(DEMO_ENDING) && fits(person);
        let cast: Vec<_> = self.directory.people.iter().filter(fits).collect();
        let draw = name(&["cast", source])
            .iter()
            .fold(0, |sum, byte| sum * 31 + usize::from(*byte));
        cast.get(draw % cast.len().max(1))
            .map_or(PersonId::SERVER, |person| person.id)
    }
}

impl Names for Played<'_> {
    fn group(&mut self, row: &Row) -> Option<GroupId> {
        self.mapping.groups.get(&**row.group.as_ref()?).cloned()
    }

    fn category(&mut self, row: &Row) -> Option<CategoryId> {
        self.mapping
            .categories
            .get(&**row.category.as_ref()?)
            .cloned()
    }

    /// Where the caller of the sample organisation is.
    fn site(&mut self, row: &Row) -> Option<SiteId> {
        let caller = self.caller(row.caller.as_ref()?);
        self.directory.person(caller)?.site.clone()
    }

    fn caller(&mut self, name: &Name) -> PersonId {
        self.cast(name, |person| !person.is_staff())
    }

    fn worker(&mut self, name: &Name, row: &Row) -> PersonId {
        let works = |person: &Person| {
            person.roles.contains(&Role::Technician) || person.roles.contains(&Role::Agent)
        };
        match self.group(row) {
            Some(group) => self.cast(name, |person| {
                works(person) && person.groups.contains(&group)
            }),
            None => self.cast(name, works),
        }
    }

    fn time(&self, at: UnixMillis) -> UnixMillis {
        at.plus(self.shift)
    }
}
