//! People's devices, and what is asked to be done to them.

use shared::ids::{DeviceId, PersonId};
use shared::time::UnixMillis;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::super::{Contact, DEVICES_MAX, KnownDevice, Order, OrderKind, Ordered, Result};
use super::people::{surface, surface_word};
use super::{bytes, unsigned};
use crate::auth::{Agent, SessionId};
use crate::store::StoreError;

/// Notes a device as its session names it.
pub(super) async fn note(connection: &mut SqliteConnection, contact: &Contact) -> Result<()> {
    const NOTE: &str = "INSERT INTO devices
         SELECT person, ?1, ?2, browser, system, id, ?3, ?3 FROM sessions WHERE id = ?4 AND true
         ON CONFLICT DO UPDATE SET session = excluded.session, browser = excluded.browser,
             system = excluded.system, heard_at = excluded.heard_at";
    // What is to be wiped stays in the list until it is.
    const TRIM: &str = "DELETE FROM devices WHERE person = ?1 AND device IN (
             SELECT device FROM devices WHERE person = ?1
             ORDER BY heard_at DESC LIMIT -1 OFFSET ?2)
         AND NOT EXISTS (SELECT 1 FROM device_orders AS asked
             WHERE asked.person = ?1 AND asked.device = devices.device AND done_at IS NULL)";
    sqlx::query(NOTE)
        .bind(contact.device.as_bytes().as_slice())
        .bind(surface_word(contact.surface))
        .bind(contact.at.0)
        .bind(contact.session.0.as_slice())
        .execute(&mut *connection)
        .await?;
    sqlx::query(TRIM)
        .bind(contact.person.0)
        .bind(DEVICES_MAX)
        .execute(connection)
        .await?;
    Ok(())
}

/// Devices with what was last asked to be done to each, of one person or of all.
pub(super) async fn devices(
    pool: &SqlitePool,
    of: Option<PersonId>,
    now: UnixMillis,
) -> Result<Vec<KnownDevice>> {
    const SQL: &str = "SELECT devices.person, devices.device, devices.surface, devices.browser,
             devices.system, devices.session, first_at, heard_at, sessions.id IS NOT NULL,
             kind, asked_by, asked_at, done_at
         FROM devices
         LEFT JOIN sessions ON sessions.id = devices.session AND sessions.expires_at > ?1
         LEFT JOIN device_orders ON device_orders.id = (SELECT max(id) FROM device_orders
             WHERE person = devices.person AND device = devices.device)
         WHERE ?2 IS NULL OR devices.person = ?2
         ORDER BY devices.person, heard_at DESC, devices.device";
    let rows = sqlx::query(SQL)
        .bind(now.0)
        .bind(of.map(|person| person.0))
        .fetch_all(pool)
        .await?;
    rows.iter().map(known).collect()
}

fn known(row: &SqliteRow) -> Result<KnownDevice> {
    let ordered = match row.try_get::<Option<&str>, _>(9)? {
        Some(kind) => Some(Ordered {
            kind: kind_of(kind)?,
            by: PersonId(unsigned(row, 10)?),
            at: UnixMillis(row.try_get(11)?),
            done_at: row.try_get::<Option<i64>, _>(12)?.map(UnixMillis),
        }),
        None => None,
    };
    Ok(KnownDevice {
        person: PersonId(unsigned(row, 0)?),
        device: DeviceId::from_bytes(bytes(row, 1, "a device")?),
        surface: surface(row.try_get(2)?)?,
        agent: Agent {
            browser: row.try_get(3)?,
            system: row.try_get(4)?,
        },
        session: SessionId(bytes(row, 5, "a session")?),
        first_at: UnixMillis(row.try_get(6)?),
        heard_at: UnixMillis(row.try_get(7)?),
        is_signed_in: row.try_get(8)?,
        ordered,
    })
}

fn kind_of(word: &str) -> Result<OrderKind> {
    match word {
        "sign_out" => Ok(OrderKind::SignOut),
        "wipe" => Ok(OrderKind::Wipe),
        _ => Err(StoreError::Unreadable { what: "an order" }),
    }
}

/// Keeps an order and does at once what needs no device. Says whether there is such a device.
///
/// Console and portal of one browser share a session, so what is done to one is done to the other.
pub(super) async fn order(pool: &SqlitePool, order: &Order) -> Result<bool> {
    const SESSION: &str = "SELECT session FROM devices WHERE person = ? AND device = ?";
    const KEEP: &str = "INSERT INTO device_orders
             (person, device, kind, asked_by, asked_at, done_at)
         SELECT person, device, ?3, ?4, ?5, ?6 FROM devices
         WHERE person = ?1 AND session = ?2
           AND NOT EXISTS (SELECT 1 FROM device_orders AS asked WHERE asked.person = ?1
             AND asked.device = devices.device AND asked.done_at IS NULL)";
    // A session that is to be wiped stays, to hand over by it what was never sent.
    const END: &str = "DELETE FROM sessions WHERE id = ? AND is_wiping = 0";
    const WIPE: &str = "UPDATE sessions SET is_wiping = 1 WHERE id = ?";
    let mut transaction = pool.begin().await?;
    let known = sqlx::query(SESSION)
        .bind(order.person.0)
        .bind(order.device.as_bytes().as_slice())
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(known) = known else {
        return Ok(false);
    };
    let session: Vec<u8> = known.try_get(0)?;
    let (kind, sql, done_at) = match order.kind {
        OrderKind::SignOut => ("sign_out", END, Some(order.at.0)),
        OrderKind::Wipe => ("wipe", WIPE, None),
    };
    sqlx::query(KEEP)
        .bind(order.person.0)
        .bind(&session)
        .bind(kind)
        .bind(order.by.0)
        .bind(order.at.0)
        .bind(done_at)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(sql)
        .bind(session)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(true)
}

pub(super) async fn is_to_be_wiped(
    pool: &SqlitePool,
    person: PersonId,
    device: DeviceId,
) -> Result<bool> {
    const SQL: &str = "SELECT 1 FROM device_orders
         WHERE person = ? AND device = ? AND kind = 'wipe' AND done_at IS NULL";
    let query = sqlx::query(SQL)
        .bind(person.0)
        .bind(device.as_bytes().as_slice());
    Ok(query.fetch_optional(pool).await?.is_some())
}

pub(super) async fn begin_wipe(pool: &SqlitePool, session: SessionId) -> Result<()> {
    sqlx::query("UPDATE sessions SET is_wiping = 1 WHERE id = ?")
        .bind(session.0.as_slice())
        .execute(pool)
        .await?;
    Ok(())
}

/// Notes that these devices, and all others of the session, were wiped, and ends the session.
pub(super) async fn end_wipe(
    pool: &SqlitePool,
    (session, person): (SessionId, PersonId),
    named: &[DeviceId],
    now: UnixMillis,
) -> Result<()> {
    const DONE: &str = "UPDATE device_orders SET done_at = ?1
         WHERE person = ?2 AND kind = 'wipe' AND done_at IS NULL
           AND (device = ?3 OR device IN (SELECT device FROM devices
             WHERE person = ?2 AND session = ?4))";
    let session = session.0.as_slice();
    let mut transaction = pool.begin().await?;
    for device in named {
        sqlx::query(DONE)
            .bind(now.0)
            .bind(person.0)
            .bind(device.as_bytes().as_slice())
            .bind(session)
            .execute(&mut *transaction)
            .await?;
    }
    sqlx::query("DELETE FROM sessions WHERE id = ?")
        .bind(session)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}
