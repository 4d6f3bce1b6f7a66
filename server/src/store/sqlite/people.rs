//! The directory, credentials, sessions and what devices were told.

use std::collections::BTreeSet;

use shared::ids::{DeviceId, PersonId};
use shared::people::{Directory, Scope};
use shared::sync::message::Surface;
use shared::time::UnixMillis;
use sqlx::Row as _;
use sqlx::sqlite::SqlitePool;

use super::super::{Result, StoreError, StoredSession};
use super::{number, scope_list, unsigned};
use crate::auth::SessionId;

pub(super) async fn directory(pool: &SqlitePool, newer_than: u64) -> Result<Option<Directory>> {
    const SQL: &str = "SELECT body FROM directory WHERE version > ? ORDER BY version DESC LIMIT 1";
    let row = sqlx::query(SQL)
        .bind(number(newer_than))
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let body: String = row.try_get(0)?;
    let unreadable = |_| StoreError::Unreadable {
        what: "the directory",
    };
    serde_json::from_str(&body).map(Some).map_err(unreadable)
}

pub(super) async fn put_directory(pool: &SqlitePool, directory: &Directory) -> Result<()> {
    let body = serde_json::to_string(directory).expect("a directory is plain JSON");
    let mut transaction = pool.begin().await?;
    sqlx::query("INSERT INTO directory VALUES (?, ?)")
        .bind(number(directory.version))
        .bind(body)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("DELETE FROM directory WHERE version < (SELECT max(version) FROM directory)")
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn credential(pool: &SqlitePool, person: PersonId) -> Result<Option<String>> {
    let query = sqlx::query("SELECT phc FROM credentials WHERE person = ?").bind(person.0);
    let row = query.fetch_optional(pool).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

pub(super) async fn put_credential(pool: &SqlitePool, person: PersonId, phc: &str) -> Result<()> {
    sqlx::query("INSERT OR REPLACE INTO credentials VALUES (?, ?)")
        .bind(person.0)
        .bind(phc)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn session(pool: &SqlitePool, id: SessionId) -> Result<Option<StoredSession>> {
    const SQL: &str = "SELECT person, surface, expires_at FROM sessions WHERE id = ?";
    let row = sqlx::query(SQL)
        .bind(id.0.as_slice())
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let surface = match row.try_get(1)? {
        "console" => Surface::Console,
        "portal" => Surface::Portal,
        _ => return Err(StoreError::Unreadable { what: "a surface" }),
    };
    let person = PersonId(unsigned(&row, 0)?);
    Ok(Some(StoredSession {
        person,
        surface,
        expires_at: UnixMillis(row.try_get(2)?),
    }))
}

pub(super) async fn add_session(
    pool: &SqlitePool,
    id: SessionId,
    session: StoredSession,
    now: UnixMillis,
) -> Result<()> {
    let surface = match session.surface {
        Surface::Console => "console",
        Surface::Portal => "portal",
    };
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM sessions WHERE expires_at <= ?")
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)")
        .bind(id.0.as_slice())
        .bind(session.person.0)
        .bind(surface)
        .bind(now.0)
        .bind(session.expires_at.0)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn end_session(pool: &SqlitePool, id: SessionId) -> Result<()> {
    sqlx::query("DELETE FROM sessions WHERE id = ?")
        .bind(id.0.as_slice())
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn end_sessions_of(pool: &SqlitePool, person: PersonId) -> Result<u64> {
    let query = sqlx::query("DELETE FROM sessions WHERE person = ?").bind(person.0);
    Ok(query.execute(pool).await?.rows_affected())
}

pub(super) async fn issue(
    pool: &SqlitePool,
    person: PersonId,
    device: DeviceId,
    scopes: &BTreeSet<Scope>,
) -> Result<()> {
    const SQL: &str = "INSERT OR IGNORE INTO device_scopes (person, device, scope)
         SELECT ?, ?, value FROM json_each(?)";
    sqlx::query(SQL)
        .bind(person.0)
        .bind(device.as_bytes().as_slice())
        .bind(scope_list(scopes))
        .execute(pool)
        .await?;
    Ok(())
}
