//! When somebody is to be told of a clock, and what was told.

use shared::ids::IncidentId;
use shared::incidents::Priority;
use shared::sla::{Due, Measure, Notice, Promise};
use shared::time::UnixMillis;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row as _, query};

use super::super::{Outcome, Result, StoreError, Told};
use super::{incident, unsigned};

/// What is in doubt comes at once.
pub(super) async fn next(at: &mut SqliteConnection) -> Result<Option<UnixMillis>> {
    const SQL: &str = "SELECT min(at) FROM (
             SELECT min(at) AS at FROM due
             UNION ALL SELECT min(told_at) FROM told WHERE is_in_doubt = 1)";
    let row = query(SQL).fetch_one(at).await?;
    Ok(row.try_get::<Option<i64>, _>(0)?.map(UnixMillis))
}

pub(super) async fn put(
    on: &mut SqliteConnection,
    incident: IncidentId,
    due: &[Due],
    passed: &[Due],
) -> Result<()> {
    const CLEAR: &str = "DELETE FROM due WHERE incident = ?";
    const DOUBT: &str = "UPDATE told SET is_in_doubt = 1
         WHERE incident = ? AND notice = 1 AND state = 'told'";
    const PUT: &str = "INSERT INTO due (incident, measure, notice, version, priority, at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (
             SELECT 1 FROM told WHERE incident = ?1 AND measure = ?2 AND notice = ?3
                 AND version = ?4 AND priority = ?5 AND state <> 'corrected')";
    for sql in [CLEAR, DOUBT] {
        let query = query(sql).bind(incident.as_bytes().as_slice());
        query.execute(&mut *on).await?;
    }
    for due in due {
        let query = query(PUT)
            .bind(incident.as_bytes().as_slice())
            .bind(due.measure as i64)
            .bind(due.notice as i64)
            .bind(due.promise.version)
            .bind(due.promise.priority as i64)
            .bind(due.at.0);
        query.execute(&mut *on).await?;
    }
    for due in passed {
        tell(on, incident, due, due.at, Outcome::Silent).await?;
    }
    Ok(())
}

pub(super) async fn due(
    on: &mut SqliteConnection,
    now: UnixMillis,
    limit: u32,
) -> Result<Vec<(IncidentId, Due)>> {
    const SQL: &str = "SELECT incident, measure, notice, version, priority, at FROM due
         WHERE at <= ? ORDER BY at LIMIT ?";
    let rows = query(SQL).bind(now.0).bind(limit).fetch_all(on).await?;
    rows.iter().map(read).collect()
}

pub(super) async fn tell(
    on: &mut SqliteConnection,
    incident: IncidentId,
    due: &Due,
    now: UnixMillis,
    outcome: Outcome,
) -> Result<()> {
    const NOTE: &str = "INSERT INTO told
             (incident, measure, notice, version, priority, at, told_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET at = ?6, told_at = ?7, state = ?8, is_in_doubt = 0
             WHERE state = 'corrected'";
    const TAKE: &str = "DELETE FROM due WHERE incident = ? AND measure = ? AND notice = ?";
    let noted = query(NOTE)
        .bind(incident.as_bytes().as_slice())
        .bind(due.measure as i64)
        .bind(due.notice as i64)
        .bind(due.promise.version)
        .bind(due.promise.priority as i64)
        .bind(due.at.0)
        .bind(now.0)
        .bind(word(outcome));
    noted.execute(&mut *on).await?;
    let taken = query(TAKE)
        .bind(incident.as_bytes().as_slice())
        .bind(due.measure as i64)
        .bind(due.notice as i64);
    taken.execute(on).await?;
    Ok(())
}

pub(super) async fn in_doubt(on: &mut SqliteConnection, limit: u32) -> Result<Vec<Told>> {
    const SQL: &str = "SELECT incident, measure, notice, version, priority, at, told_at FROM told
         WHERE is_in_doubt = 1 LIMIT ?";
    let rows = query(SQL).bind(limit).fetch_all(on).await?;
    let told = |row: &SqliteRow| {
        let (incident, due) = read(row)?;
        let told_at = UnixMillis(row.try_get(6)?);
        Ok(Told {
            incident,
            due,
            told_at,
        })
    };
    rows.iter().map(told).collect()
}

pub(super) async fn settle(on: &mut SqliteConnection, told: &Told, outcome: Outcome) -> Result<()> {
    const SQL: &str = "UPDATE told SET state = ?6, is_in_doubt = 0
         WHERE incident = ?1 AND measure = ?2 AND notice = ?3 AND version = ?4 AND priority = ?5";
    let query = query(SQL)
        .bind(told.incident.as_bytes().as_slice())
        .bind(told.due.measure as i64)
        .bind(told.due.notice as i64)
        .bind(told.due.promise.version)
        .bind(told.due.promise.priority as i64)
        .bind(word(outcome));
    query.execute(on).await?;
    Ok(())
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Told => "told",
        Outcome::Silent => "silent",
        Outcome::Corrected => "corrected",
    }
}

fn read(row: &SqliteRow) -> Result<(IncidentId, Due)> {
    let due = Due {
        measure: one_of(row, 1, &Measure::ALL, "a measure")?,
        notice: one_of(row, 2, &[Notice::Warning, Notice::Breach], "a notice")?,
        promise: Promise {
            version: unsigned(row, 3)?,
            priority: one_of(row, 4, &PRIORITIES, "a priority")?,
        },
        at: UnixMillis(row.try_get(5)?),
    };
    Ok((incident(row, 0)?, due))
}

const PRIORITIES: [Priority; 4] = [Priority::P1, Priority::P2, Priority::P3, Priority::P4];

/// A variant by its place.
fn one_of<T: Copy>(row: &SqliteRow, column: usize, all: &[T], what: &'static str) -> Result<T> {
    let place: usize = unsigned(row, column)?;
    let unreadable = StoreError::Unreadable { what };
    all.get(place).copied().ok_or(unreadable)
}
