//! What administrators set, version by version.

use shared::ids::PersonId;
use shared::time::UnixMillis;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};
use sqlx::{Row as _, Sqlite};

use super::super::{Area, Result, Setting};
use super::unsigned;

fn word(area: Area) -> &'static str {
    match area {
        Area::Levels => "levels",
        Area::Rules => "rules",
    }
}

pub(super) async fn of(pool: &SqlitePool, area: Area, limit: u32) -> Result<Vec<Setting>> {
    const SQL: &str = "SELECT version, person, at, body FROM settings
         WHERE area = ? ORDER BY version DESC LIMIT ?";
    let query = sqlx::query(SQL).bind(word(area)).bind(limit);
    let setting = |row: &SqliteRow| {
        Ok(Setting {
            area,
            version: unsigned(row, 0)?,
            person: PersonId(unsigned(row, 1)?),
            at: UnixMillis(row.try_get(2)?),
            body: row.try_get(3)?,
        })
    };
    query.fetch_all(pool).await?.iter().map(setting).collect()
}

pub(super) async fn put_alone(pool: &SqlitePool, setting: &Setting) -> Result<()> {
    insert(setting).execute(pool).await?;
    Ok(())
}

pub(super) async fn put(connection: &mut SqliteConnection, setting: &Setting) -> Result<()> {
    insert(setting).execute(&mut *connection).await?;
    // A place without a change: devices that are in touch come for it and find the directory.
    let move_on = sqlx::query("UPDATE log SET head = head + 1");
    move_on.execute(connection).await?;
    Ok(())
}

fn insert(setting: &Setting) -> Query<'_, Sqlite, SqliteArguments> {
    sqlx::query("INSERT INTO settings VALUES (?, ?, ?, ?, ?)")
        .bind(word(setting.area))
        .bind(setting.version)
        .bind(setting.person.0)
        .bind(setting.at.0)
        .bind(&setting.body)
}
