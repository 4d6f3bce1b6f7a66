//! Copies of the database, and what becomes of a log that begins anew from one.

use std::path::Path;

use shared::time::UnixMillis;
use sqlx::Row as _;

use super::Sqlite;
use crate::clock::Random;
use crate::store::Result;

/// How many numbers a restored log leaves out: those that were given since the copy was made.
const NUMBERS_GAP: i64 = 1_000;

impl Sqlite {
    /// Writes one consistent state to a file.
    pub async fn copy_to(&self, file: &Path) -> Result<()> {
        let query = sqlx::query("VACUUM INTO ?").bind(file.to_string_lossy());
        query.execute(&self.readers).await?;
        Ok(())
    }

    /// Whether the file is what SQLite wrote.
    pub async fn is_sound(&self) -> Result<bool> {
        let query = sqlx::query("PRAGMA integrity_check(1)");
        let row = query.fetch_one(&self.readers).await?;
        let word: String = row.try_get(0)?;
        Ok(word == "ok")
    }

    /// Begins a log of its own on top of a copy. What was to be told by now is not: it may have
    /// been since the copy was made. Nobody is signed in: a session of the copy may be one that was
    /// ended since, on a device that was lost. Only what is being wiped still hands over.
    pub async fn begin_epoch(&self, random: &Random, now: UnixMillis) -> Result<()> {
        let mut writing = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT OR IGNORE INTO epochs SELECT epoch FROM log")
            .execute(&mut *writing)
            .await?;
        sqlx::query("UPDATE log SET epoch = ?")
            .bind(random.bytes::<16>().as_slice())
            .execute(&mut *writing)
            .await?;
        // No incident has this id; the next number follows on it.
        sqlx::query(
            "INSERT INTO numbers SELECT max(number) + ?, ? FROM numbers HAVING count(*) > 0",
        )
        .bind(NUMBERS_GAP)
        .bind(random.bytes::<16>().as_slice())
        .execute(&mut *writing)
        .await?;
        sqlx::query(
            "UPDATE effects SET state = 'given_up', reason = 'in_doubt'
             WHERE state IN ('waiting', 'claimed', 'begun')",
        )
        .execute(&mut *writing)
        .await?;
        sqlx::query(
            "INSERT OR IGNORE INTO told SELECT incident, measure, notice, version, priority, at, ?1,
                 'silent', 0 FROM due WHERE at <= ?1",
        )
        .bind(now.0)
        .execute(&mut *writing)
        .await?;
        sqlx::query("DELETE FROM due WHERE at <= ?")
            .bind(now.0)
            .execute(&mut *writing)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE is_wiping = 0")
            .execute(&mut *writing)
            .await?;
        Ok(writing.commit().await?)
    }
}
