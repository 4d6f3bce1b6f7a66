//! The directory, credentials, sessions and what devices were told.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::{DeviceId, PersonId};
use shared::people::{Directory, Scope};
use shared::sync::message::Surface;
use shared::time::UnixMillis;
use sqlx::Row as _;
use sqlx::sqlite::{SqlitePool, SqliteRow};

use super::super::{Contact, DEVICES_MAX, Result, Setting, StoreError, StoredSession};
use super::{bytes, devices, number, scope_list, settings, unsigned};
use crate::auth::{Agent, SessionId};

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

pub(super) async fn put_directory(
    pool: &SqlitePool,
    directory: &Directory,
    lost: &BTreeMap<PersonId, BTreeSet<Scope>>,
    setting: Option<&Setting>,
) -> Result<()> {
    const LOSE: &str = "UPDATE device_scopes SET lost_at = (SELECT head FROM log)
         WHERE person = ? AND lost_at IS NULL AND scope IN (SELECT value FROM json_each(?))";
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
    for (person, scopes) in lost {
        sqlx::query(LOSE)
            .bind(person.0)
            .bind(scope_list(scopes))
            .execute(&mut *transaction)
            .await?;
    }
    if let Some(setting) = setting {
        settings::put(&mut transaction, setting).await?;
    }
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
    const SQL: &str = "SELECT person, surface, expires_at, is_wiping FROM sessions WHERE id = ?";
    let row = sqlx::query(SQL)
        .bind(id.0.as_slice())
        .fetch_optional(pool)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredSession {
        person: PersonId(unsigned(&row, 0)?),
        surface: surface(row.try_get(1)?)?,
        expires_at: UnixMillis(row.try_get(2)?),
        is_wiping: row.try_get(3)?,
    }))
}

pub(super) fn surface(word: &str) -> Result<Surface> {
    match word {
        "console" => Ok(Surface::Console),
        "portal" => Ok(Surface::Portal),
        _ => Err(StoreError::Unreadable { what: "a surface" }),
    }
}

pub(super) fn surface_word(surface: Surface) -> &'static str {
    match surface {
        Surface::Console => "console",
        Surface::Portal => "portal",
    }
}

pub(super) async fn add_session(
    pool: &SqlitePool,
    id: SessionId,
    session: StoredSession,
    agent: &Agent,
    now: UnixMillis,
) -> Result<()> {
    let mut transaction = pool.begin().await?;
    sqlx::query("DELETE FROM sessions WHERE expires_at <= ?")
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(id.0.as_slice())
        .bind(session.person.0)
        .bind(surface_word(session.surface))
        .bind(now.0)
        .bind(session.expires_at.0)
        .bind(&agent.browser)
        .bind(&agent.system)
        .bind(session.is_wiping)
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

pub(super) async fn put_contact(pool: &SqlitePool, contact: &Contact) -> Result<()> {
    const TRIM: &str = "DELETE FROM contacts WHERE session NOT IN (SELECT id FROM sessions)";
    let mut transaction = pool.begin().await?;
    sqlx::query(TRIM).execute(&mut *transaction).await?;
    sqlx::query("INSERT OR REPLACE INTO contacts VALUES (?, ?, ?, ?)")
        .bind(contact.session.0.as_slice())
        .bind(contact.person.0)
        .bind(contact.device.as_bytes().as_slice())
        .bind(contact.at.0)
        .execute(&mut *transaction)
        .await?;
    devices::note(&mut transaction, contact).await?;
    Ok(transaction.commit().await?)
}

pub(super) async fn contacts(pool: &SqlitePool, now: UnixMillis) -> Result<Vec<Contact>> {
    const SQL: &str = "SELECT session, contacts.person, device, heard_at
         FROM contacts JOIN sessions ON sessions.id = contacts.session
         WHERE sessions.surface = 'console' AND sessions.expires_at > ?";
    let rows = sqlx::query(SQL).bind(now.0).fetch_all(pool).await?;
    let contact = |row: &SqliteRow| {
        Ok(Contact {
            session: SessionId(bytes(row, 0, "a session")?),
            person: PersonId(unsigned(row, 1)?),
            device: DeviceId::from_bytes(bytes(row, 2, "a device")?),
            surface: Surface::Console,
            at: UnixMillis(row.try_get(3)?),
        })
    };
    rows.iter().map(contact).collect()
}

pub(super) async fn issue(
    pool: &SqlitePool,
    person: PersonId,
    device: DeviceId,
    scopes: &BTreeSet<Scope>,
) -> Result<()> {
    let (device, scopes) = (device.as_bytes().as_slice(), scope_list(scopes));
    let mut transaction = pool.begin().await?;
    for sql in [ISSUE, LOSE] {
        sqlx::query(sql)
            .bind(person.0)
            .bind(device)
            .bind(&scopes)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query(USE)
        .bind(person.0)
        .bind(device)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(TRIM)
        .bind(person.0)
        .bind(DEVICES_MAX)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

const ISSUE: &str = "INSERT INTO device_scopes (person, device, scope, used)
     SELECT ?1, ?2, value, 0 FROM json_each(?3) WHERE true
     ON CONFLICT DO UPDATE SET lost_at = NULL";

/// The log may have grown since the page was read: a page of that time may have sent what is new.
const LOSE: &str = "UPDATE device_scopes SET lost_at = (SELECT head FROM log)
     WHERE person = ?1 AND device = ?2 AND lost_at IS NULL
       AND scope NOT IN (SELECT value FROM json_each(?3))";

const USE: &str = "UPDATE device_scopes
     SET used = (SELECT max(used) + 1 FROM device_scopes WHERE person = ?1)
     WHERE person = ?1 AND device = ?2";

const TRIM: &str = "DELETE FROM device_scopes WHERE person = ?1 AND device IN (
         SELECT device FROM device_scopes WHERE person = ?1
         GROUP BY device ORDER BY max(used) DESC LIMIT -1 OFFSET ?2)";
