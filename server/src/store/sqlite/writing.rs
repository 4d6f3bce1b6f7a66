//! Adding to the log.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use shared::ids::{Actor, DeviceId, DocKey, Hash, IncidentId, PersonId};
use shared::sla::Due;
use shared::sync::Seq;
use shared::sync::message::encode;
use shared::sync::server::Quarantine;
use shared::time::UnixMillis;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::super::{
    Aged, Audience, Compacted, DocState, Effect, Keeps, Outcome, QUARANTINE_BYTES_MAX,
    QUARANTINE_ROWS_MAX, Quarantined, Rest, Result, RowState, StoredChange, Told, Writing,
};
use super::due;
use super::reading::Reading;
use super::{
    bytes, change, change_columns, doc, id_list, incident, kind_number, number, refusal, seq,
    unsigned,
};

#[async_trait]
impl Writing for Reading {
    async fn places(&mut self, incidents: &[IncidentId]) -> Result<BTreeMap<IncidentId, Seq>> {
        const SQL: &str = "SELECT incident, max(last_seq) FROM docs
             WHERE incident IN (SELECT unhex(value) FROM json_each(?)) GROUP BY incident";
        let rows = sqlx::query(SQL)
            .bind(id_list(incidents))
            .fetch_all(&mut *self.0)
            .await?;
        rows.iter()
            .map(|row| Ok((incident(row, 0)?, seq(row, 1)?)))
            .collect()
    }

    async fn actors(&mut self, actors: &[Actor]) -> Result<BTreeMap<Actor, (PersonId, DeviceId)>> {
        const SQL: &str = "SELECT actor, person, device FROM actors
             WHERE actor IN (SELECT unhex(value) FROM json_each(?))";
        let texts: Vec<_> = actors.iter().map(Actor::to_string).collect();
        let texts = serde_json::to_string(&texts).expect("texts are JSON");
        let rows = sqlx::query(SQL).bind(texts).fetch_all(&mut *self.0).await?;
        let binding = |row: &SqliteRow| {
            let device = DeviceId::from_bytes(bytes(row, 2, "a device")?);
            Ok((
                Actor(bytes(row, 0, "an actor")?),
                (PersonId(unsigned(row, 1)?), device),
            ))
        };
        rows.iter().map(binding).collect()
    }

    async fn refusals(&mut self, changes: &BTreeSet<(DocKey, Hash)>) -> Result<Quarantine> {
        const SQL: &str = "SELECT incident, kind, hash, person, device, refused
             FROM json_each(?) CROSS JOIN quarantine ON incident = unhex(value ->> 0)
               AND kind = value ->> 1 AND hash = unhex(value ->> 2)";
        let key = |(doc, hash): &(DocKey, Hash)| {
            let incident = doc.id.0.simple().to_string();
            (incident, kind_number(doc.kind), hash.to_string())
        };
        let keys: Vec<_> = changes.iter().map(key).collect();
        let keys = serde_json::to_string(&keys).expect("texts and numbers are JSON");
        let rows = sqlx::query(SQL).bind(keys).fetch_all(&mut *self.0).await?;
        let mut refusals = Quarantine::new();
        for row in &rows {
            let (change, offered_by, refused) = refusal(row)?;
            let before = refusals.entry(change).or_default();
            before.insert(offered_by, refused);
        }
        Ok(refusals)
    }

    async fn change(
        &mut self,
        doc: DocKey,
        actor: Actor,
        actor_seq: u64,
    ) -> Result<Option<StoredChange>> {
        const SQL: &str = concat!(
            "SELECT ",
            change_columns!(),
            " FROM changes WHERE incident = ? AND kind = ? AND actor = ? AND actor_seq = ?"
        );
        let query = sqlx::query(SQL)
            .bind(doc.id.as_bytes().as_slice())
            .bind(kind_number(doc.kind))
            .bind(actor.0.as_slice())
            .bind(number(actor_seq));
        query
            .fetch_optional(&mut *self.0)
            .await?
            .as_ref()
            .map(change)
            .transpose()
    }

    async fn last_number(&mut self) -> Result<Option<u64>> {
        let row = sqlx::query("SELECT max(number) FROM numbers")
            .fetch_one(&mut *self.0)
            .await?;
        let last: Option<i64> = row.try_get(0)?;
        Ok(last.map(i64::cast_unsigned))
    }

    async fn holder(&mut self, held: u64) -> Result<Option<IncidentId>> {
        let query = sqlx::query("SELECT incident FROM numbers WHERE number = ?");
        let row = query
            .bind(number(held))
            .fetch_optional(&mut *self.0)
            .await?;
        row.map(|row| incident(&row, 0)).transpose()
    }

    async fn append(&mut self, changes: &[StoredChange], commit_end: Seq) -> Result<()> {
        const SQL: &str = concat!(
            "INSERT INTO changes (",
            change_columns!(),
            ", commit_end) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        );
        for StoredChange {
            doc,
            hash,
            seq,
            receipt,
            bytes,
        } in changes
        {
            sqlx::query(SQL)
                .bind(doc.id.as_bytes().as_slice())
                .bind(kind_number(doc.kind))
                .bind(hash.0.as_slice())
                .bind(number(seq.0))
                .bind(receipt.actor.0.as_slice())
                .bind(number(receipt.actor_seq))
                .bind(receipt.person.0)
                .bind(receipt.device.as_bytes().as_slice())
                .bind(receipt.received_at.0)
                .bind(receipt.corrected_at.0)
                .bind(i64::from(receipt.flags.0))
                .bind(bytes)
                .bind(number(commit_end.0))
                .execute(&mut *self.0)
                .await?;
        }
        Ok(())
    }

    async fn put_doc(&mut self, state: &DocState) -> Result<()> {
        // Without a new snapshot the stored one stays, and with it its place.
        const SQL: &str = "INSERT INTO docs (incident, kind, generation, last_seq, snapshot,
                 snapshot_seq, receipts, heads, receipts_digest, signature)
             VALUES (?1, ?2, ?3, ?4, ifnull(?5, x''), iif(?5 IS NULL, 0, ?4), ?6, ?7, ?8, ?9)
             ON CONFLICT (incident, kind) DO UPDATE SET
                 generation = ?3, last_seq = ?4,
                 snapshot = ifnull(?5, snapshot), snapshot_seq = iif(?5 IS NULL, snapshot_seq, ?4),
                 receipts = ?6, heads = ?7, receipts_digest = ?8, signature = ?9";
        let heads: Vec<u8> = state.signed.heads.iter().flat_map(|head| head.0).collect();
        sqlx::query(SQL)
            .bind(state.doc.id.as_bytes().as_slice())
            .bind(kind_number(state.doc.kind))
            .bind(state.generation)
            .bind(number(state.last_seq.0))
            .bind(&state.snapshot)
            .bind(encode(&state.receipts))
            .bind(heads)
            .bind(state.signed.receipts.0.as_slice())
            .bind(&state.signed.signature)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn aged(&mut self, before: UnixMillis, limit: u32) -> Result<Vec<Aged>> {
        const SQL: &str = "SELECT seq, incident, kind, received_at, snapshot_seq >= seq
             FROM changes JOIN docs USING (incident, kind)
             WHERE seq > (SELECT compacted FROM log) ORDER BY seq LIMIT ?";
        let rows = sqlx::query(SQL).bind(limit).fetch_all(&mut *self.0).await?;
        let mut aged = Vec::with_capacity(rows.len());
        for row in &rows {
            let received_at: i64 = row.try_get(3)?;
            if received_at >= before.0 {
                break;
            }
            aged.push(Aged {
                seq: seq(row, 0)?,
                doc: doc(row, 1)?,
                is_covered: row.try_get(4)?,
            });
        }
        Ok(aged)
    }

    async fn put_snapshot(&mut self, doc: DocKey, snapshot: &[u8]) -> Result<()> {
        const SQL: &str = "UPDATE docs SET snapshot = ?, snapshot_seq = last_seq
             WHERE incident = ? AND kind = ?";
        let query = sqlx::query(SQL)
            .bind(snapshot)
            .bind(doc.id.as_bytes().as_slice())
            .bind(kind_number(doc.kind));
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn drop_bytes(&mut self, changes: &[Seq], up_to: Seq) -> Result<Compacted> {
        const COVERED: &str = "FROM changes JOIN docs USING (incident, kind)
             WHERE seq IN (SELECT value FROM json_each(?1))
               AND bytes IS NOT NULL AND snapshot_seq >= seq";
        let places: Vec<_> = changes.iter().map(|seq| seq.0.to_string()).collect();
        let places = ["[", &places.join(","), "]"].concat();
        let sql = ["SELECT count(*), ifnull(sum(length(bytes)), 0) ", COVERED].concat();
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(&places);
        let row = query.fetch_one(&mut *self.0).await?;
        let dropped = Compacted {
            changes: unsigned(&row, 0)?,
            bytes: unsigned(&row, 1)?,
        };
        let sql = [
            "UPDATE changes SET bytes = NULL WHERE seq IN (SELECT seq ",
            COVERED,
            ")",
        ];
        let query = sqlx::query(sqlx::AssertSqlSafe(sql.concat())).bind(&places);
        query.execute(&mut *self.0).await?;
        let query = sqlx::query("UPDATE log SET compacted = ?").bind(number(up_to.0));
        query.execute(&mut *self.0).await?;
        Ok(dropped)
    }

    async fn put_row(&mut self, row: &RowState) -> Result<()> {
        const SQL: &str = "INSERT INTO rows (incident, public, staff, number, state, priority,
                 requester, \"group\", assignee, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT (incident) DO UPDATE SET
                 public = ?2, staff = ?3, number = ?4, state = ?5, priority = ?6, requester = ?7,
                 \"group\" = ?8, assignee = ?9, created_at = ?10, updated_at = ?11";
        sqlx::query(SQL)
            .bind(row.incident.as_bytes().as_slice())
            .bind(&row.public)
            .bind(&row.staff)
            .bind(&row.number)
            .bind(row.state.to_string())
            .bind(row.priority as i64)
            .bind(row.requester.map(|person| person.0))
            .bind(&row.group)
            .bind(row.assignee.map(|person| person.0))
            .bind(row.created_at.0)
            .bind(row.updated_at.0)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn resting(
        &mut self,
        (before, max): (UnixMillis, u32),
        spares_resolved: bool,
        limit: u32,
    ) -> Result<Vec<IncidentId>> {
        const SQL: &str = "SELECT incident FROM rows
             WHERE (rests_since < ?1 OR (left_seq IS NULL AND rests_since < (
                 SELECT rests_since FROM rows WHERE rests_since IS NOT NULL AND left_seq IS NULL
                 ORDER BY rests_since DESC LIMIT 1 OFFSET ?2)))
             AND (NOT ?4 OR state != 'resolved' OR left_seq IS NOT NULL)
             ORDER BY rests_since LIMIT ?3";
        let query = sqlx::query(SQL).bind(before.0).bind(max.saturating_sub(1));
        let query = query.bind(limit).bind(spares_resolved);
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| incident(row, 0)).collect()
    }

    async fn put_undecided(&mut self, incident: IncidentId) -> Result<()> {
        const SQL: &str = "INSERT OR IGNORE INTO undecided VALUES (?)";
        let query = sqlx::query(SQL).bind(incident.as_bytes().as_slice());
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn decided(&mut self, incidents: &BTreeSet<IncidentId>) -> Result<()> {
        const SQL: &str = "DELETE FROM undecided
             WHERE incident IN (SELECT unhex(value) FROM json_each(?))";
        let ids: Vec<_> = incidents.iter().copied().collect();
        let query = sqlx::query(SQL).bind(id_list(&ids));
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn put_rest(&mut self, incident: IncidentId, rest: Rest) -> Result<()> {
        const HELD: &str = "UPDATE rows SET rests_since = ?1, left_seq = NULL WHERE incident = ?2";
        const LEFT: &str = "UPDATE rows SET rests_since = NULL, left_seq = ifnull(left_seq, ?1)
             WHERE incident = ?2";
        const FETCHED: &str = "UPDATE rows SET rests_since = ?1 WHERE incident = ?2";
        let (sql, value) = match rest {
            Rest::Held(since) => (HELD, since.map(|since| since.0)),
            Rest::Left(at) => (LEFT, Some(number(at.0))),
            Rest::Fetched(at) => (FETCHED, Some(at.0)),
        };
        let query = sqlx::query(sql).bind(value);
        let query = query.bind(incident.as_bytes().as_slice());
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn move_audience(
        &mut self,
        incident: IncidentId,
        joined: &Audience,
        left: &Audience,
        at: Seq,
    ) -> Result<()> {
        const LEAVE: &str = "UPDATE audience SET until_seq = ?
             WHERE incident = ? AND kind = ? AND scope = ? AND until_seq IS NULL";
        const JOIN: &str = "INSERT INTO audience (at_seq, incident, kind, scope, since_seq)
             VALUES (?1, ?2, ?3, ?4, ?1)";
        let left = left.iter().map(|reach| (LEAVE, reach));
        for (sql, (kind, scope)) in left.chain(joined.iter().map(|reach| (JOIN, reach))) {
            sqlx::query(sql)
                .bind(number(at.0))
                .bind(incident.as_bytes().as_slice())
                .bind(kind_number(*kind))
                .bind(scope.to_string())
                .execute(&mut *self.0)
                .await?;
        }
        Ok(())
    }

    async fn place(&mut self, incident: IncidentId, at: Seq) -> Result<()> {
        const SQL: &str = "UPDATE audience SET at_seq = ?2
             WHERE incident = ?1 AND until_seq IS NULL AND at_seq < ?2";
        let query = sqlx::query(SQL)
            .bind(incident.as_bytes().as_slice())
            .bind(number(at.0));
        query.execute(&mut *self.0).await?;
        Ok(())
    }

    async fn bind(&mut self, actor: Actor, person: PersonId, device: DeviceId) -> Result<()> {
        sqlx::query("INSERT INTO actors VALUES (?, ?, ?)")
            .bind(actor.0.as_slice())
            .bind(person.0)
            .bind(device.as_bytes().as_slice())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn give_number(&mut self, given: u64, incident: IncidentId) -> Result<()> {
        sqlx::query("INSERT INTO numbers VALUES (?, ?)")
            .bind(number(given))
            .bind(incident.as_bytes().as_slice())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn take_number(&mut self, taken: u64, incident: IncidentId) -> Result<()> {
        const SQL: &str = "INSERT INTO numbers VALUES (?1, ?2) ON CONFLICT (incident) DO NOTHING
             ON CONFLICT (number) DO UPDATE SET incident = ?2";
        sqlx::query(SQL)
            .bind(number(taken))
            .bind(incident.as_bytes().as_slice())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn quarantine(&mut self, refused: &[Quarantined]) -> Result<()> {
        // What somebody had a look at comes from another device, too.
        const SQL: &str = "INSERT INTO quarantine (incident, kind, hash, person, device, act,
                 received_at, refused, bytes, seen_by, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                 (SELECT max(seen_by) FROM quarantine WHERE person = ?4 AND act = ?6),
                 (SELECT max(seen_at) FROM quarantine WHERE person = ?4 AND act = ?6))
             ON CONFLICT DO NOTHING";
        for refused in refused {
            let rule = serde_json::to_string(&refused.refused).expect("a refusal is plain JSON");
            sqlx::query(SQL)
                .bind(refused.doc.id.as_bytes().as_slice())
                .bind(kind_number(refused.doc.kind))
                .bind(refused.hash.0.as_slice())
                .bind(refused.person.0)
                .bind(refused.device.as_bytes().as_slice())
                .bind(refused.act.as_bytes().as_slice())
                .bind(refused.received_at.0)
                .bind(rule)
                .bind(&refused.bytes)
                .execute(&mut *self.0)
                .await?;
        }
        let people: BTreeSet<_> = refused.iter().map(|refused| refused.person).collect();
        for person in people {
            sqlx::query(TRIM)
                .bind(person.0)
                .bind(QUARANTINE_ROWS_MAX)
                .bind(QUARANTINE_BYTES_MAX)
                .execute(&mut *self.0)
                .await?;
        }
        Ok(())
    }

    async fn put_due(&mut self, incident: IncidentId, due: &[Due], passed: &[Due]) -> Result<()> {
        due::put(&mut self.0, incident, due, passed).await
    }

    async fn due(&mut self, now: UnixMillis, limit: u32) -> Result<Vec<(IncidentId, Due)>> {
        due::due(&mut self.0, now, limit).await
    }

    async fn tell(
        &mut self,
        incident: IncidentId,
        due: &Due,
        now: UnixMillis,
        outcome: Outcome,
    ) -> Result<()> {
        due::tell(&mut self.0, incident, due, now, outcome).await
    }

    async fn in_doubt(&mut self, limit: u32) -> Result<Vec<Told>> {
        due::in_doubt(&mut self.0, limit).await
    }

    async fn settle(&mut self, told: &Told, outcome: Outcome) -> Result<()> {
        due::settle(&mut self.0, told, outcome).await
    }

    async fn add_effect(&mut self, effect: &Effect) -> Result<()> {
        // Its worker finds a claim lost that is taken from it before it begins.
        const SQL: &str = "INSERT INTO effects (key, is_lasting, kind, payload, next_at)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE SET
                 state = 'waiting', reason = NULL, postponed = 0, payload = ?4, next_at = ?5
             WHERE state IN ('void', 'claimed') AND doubts = 0 AND is_lasting = 0";
        sqlx::query(SQL)
            .bind(&effect.key)
            .bind(effect.keeps == Keeps::ForEver)
            .bind(&effect.kind)
            .bind(&effect.payload)
            .bind(effect.next_at.0)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    async fn void_effect(&mut self, key: &str) -> Result<bool> {
        const SQL: &str = "UPDATE effects SET state = 'void', payload = x''
             WHERE key = ? AND state IN ('waiting', 'given_up', 'unreachable', 'void')
             RETURNING doubts = 0";
        let query = sqlx::query(SQL).bind(key);
        let ended = query.fetch_optional(&mut *self.0).await?;
        Ok(ended
            .map(|row| row.try_get(0))
            .transpose()?
            .unwrap_or(false))
    }

    async fn effects(&mut self, begin: &str) -> Result<Vec<String>> {
        // `.` and `/` lie between `-` and the digits.
        const SQL: &str = "SELECT key FROM effects WHERE key > ?1 || '.' AND key < ?1 || '0'
             ORDER BY key";
        let rows = sqlx::query(SQL).bind(begin);
        let rows = rows.fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    async fn commit(mut self: Box<Self>, head: Seq) -> Result<()> {
        let query = sqlx::query("UPDATE log SET head = ?").bind(number(head.0));
        query.execute(&mut *self.0).await?;
        Ok(self.0.commit().await?)
    }
}

const TRIM: &str = "DELETE FROM quarantine WHERE rowid IN (
         SELECT row FROM (
             SELECT rowid AS row, row_number() OVER latest AS nth,
                 sum(length(bytes)) OVER latest AS total
             FROM quarantine WHERE person = ?1
             WINDOW latest AS (ORDER BY received_at DESC, rowid DESC ROWS UNBOUNDED PRECEDING))
         WHERE nth > ?2 OR total > ?3)";
