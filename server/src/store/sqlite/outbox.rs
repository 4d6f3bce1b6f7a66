//! Effects, claimed by leases.

use async_trait::async_trait;
use shared::time::UnixMillis;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::super::outbox::{Bounds, Claim, Claimed, EffectCount, Outbox, Settled};
use super::super::{Reason, Result};
use super::{Sqlite, unsigned};

#[async_trait]
impl Outbox for Sqlite {
    async fn is_effect_due(&self, now: UnixMillis) -> Result<bool> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM effects
             WHERE state IN ('waiting', 'claimed', 'begun') AND next_at <= ?)";
        let query = sqlx::query(SQL).bind(now.0);
        Ok(query.fetch_one(&self.readers).await?.try_get(0)?)
    }

    async fn claim_effect(&self, now: UnixMillis, until: UnixMillis) -> Result<Option<Claimed>> {
        const SQL: &str = "UPDATE effects SET state = 'claimed', attempts = attempts + 1,
                 doubts = doubts + (state = 'begun'), next_at = ?2
             WHERE key = (SELECT key FROM effects
                 WHERE state IN ('waiting', 'claimed', 'begun') AND next_at <= ?1
                 ORDER BY next_at, rowid LIMIT 1)
             RETURNING key, attempts, kind, payload, doubts, postponed";
        let query = sqlx::query(SQL).bind(now.0).bind(until.0);
        let row = query.fetch_optional(&self.writer).await?;
        let claimed = |row: &SqliteRow| {
            Ok(Claimed {
                claim: Claim {
                    key: row.try_get(0)?,
                    attempt: unsigned(row, 1)?,
                },
                kind: row.try_get(2)?,
                payload: row.try_get(3)?,
                doubts: unsigned(row, 4)?,
                postponed: unsigned(row, 5)?,
            })
        };
        row.as_ref().map(claimed).transpose()
    }

    async fn extend_claim(&self, claim: &Claim, until: UnixMillis) -> Result<()> {
        const SQL: &str = "UPDATE effects SET next_at = ? WHERE key = ? AND attempts = ?
             AND state IN ('claimed', 'begun')";
        let Claim { key, attempt } = claim;
        let query = sqlx::query(SQL).bind(until.0).bind(key).bind(attempt);
        query.execute(&self.writer).await?;
        Ok(())
    }

    async fn begin_effect(&self, claim: &Claim, until: UnixMillis) -> Result<bool> {
        const SQL: &str = "UPDATE effects SET state = 'begun', next_at = ?
             WHERE key = ? AND attempts = ? AND state = 'claimed'";
        let Claim { key, attempt } = claim;
        let query = sqlx::query(SQL).bind(until.0).bind(key).bind(attempt);
        Ok(query.execute(&self.writer).await?.rows_affected() == 1)
    }

    async fn settle_effect(&self, claim: &Claim, settled: Settled) -> Result<()> {
        // What is over needs no payload any more, and it may name an address.
        const SQL: &str = "UPDATE effects SET
                 state = ?1, reason = ?2, next_at = ifnull(?3, next_at),
                 doubts = doubts + ?4, postponed = postponed + ?5,
                 payload = iif(?1 IN ('done', 'void'), x'', payload)
             WHERE key = ?6 AND attempts = ?7 AND state IN ('claimed', 'begun')";
        let (state, reason, next_at) = match settled {
            Settled::Done => ("done", None, None),
            Settled::Void => ("void", None, None),
            Settled::Unreachable(reason) => ("unreachable", Some(reason), None),
            Settled::GivenUp(reason) => ("given_up", Some(reason), None),
            Settled::Later(at, reason) => ("waiting", Some(reason), Some(at)),
        };
        let in_doubt = matches!(settled, Settled::Later(_, Reason::InDoubt));
        let is_postponed = match settled {
            Settled::Later(_, reason) => reason.is_bounded(),
            Settled::Done | Settled::Void | Settled::Unreachable(_) | Settled::GivenUp(_) => false,
        };
        sqlx::query(SQL)
            .bind(state)
            .bind(reason.map(Reason::word))
            .bind(next_at.map(|at| at.0))
            .bind(in_doubt)
            .bind(is_postponed)
            .bind(&claim.key)
            .bind(claim.attempt)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn count_effects(&self) -> Result<Vec<EffectCount>> {
        const SQL: &str = "SELECT state, reason, count(*) FROM effects
             WHERE state IN ('waiting', 'claimed', 'begun', 'given_up', 'unreachable')
             GROUP BY 1, 2 ORDER BY 1, 2";
        let rows = sqlx::query(SQL).fetch_all(&self.readers).await?;
        let count = |row: &SqliteRow| {
            Ok(EffectCount {
                state: row.try_get(0)?,
                reason: row.try_get(1)?,
                count: unsigned(row, 2)?,
            })
        };
        rows.iter().map(count).collect()
    }

    async fn forget_effects(&self, bounds: Bounds) -> Result<u64> {
        // Of what is over, the time is the end of its last lease.
        const OVER: &str = "DELETE FROM effects WHERE rowid IN (
             SELECT rowid FROM effects
             WHERE state IN ('done', 'void') AND next_at < ? AND is_lasting = 0
             LIMIT 1000)";
        const FAILED: &str = "DELETE FROM effects WHERE rowid IN (
             SELECT rowid FROM effects
             WHERE state IN ('unreachable', 'given_up') AND next_at < ? AND is_lasting = 0
             LIMIT 1000)";
        const LASTING: &str = "UPDATE effects SET state = 'void', payload = x'' WHERE rowid IN (
             SELECT rowid FROM effects
             WHERE state IN ('unreachable', 'given_up') AND next_at < ? AND is_lasting = 1
             LIMIT 1000)";
        let Bounds { over, failed } = bounds;
        let mut forgotten = 0;
        for (sql, before) in [(OVER, over), (FAILED, failed), (LASTING, failed)] {
            let query = sqlx::query(sql).bind(before.0);
            forgotten += query.execute(&self.writer).await?.rows_affected();
        }
        Ok(forgotten)
    }

    async fn replay_effects(&self, now: UnixMillis) -> Result<u64> {
        const SQL: &str = "UPDATE effects
             SET state = 'waiting', reason = NULL, doubts = 0, postponed = 0, next_at = ?
             WHERE state IN ('given_up', 'unreachable')";
        let query = sqlx::query(SQL).bind(now.0);
        Ok(query.execute(&self.writer).await?.rows_affected())
    }
}
