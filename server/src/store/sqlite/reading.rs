//! Reading one state of the log.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use shared::ids::{ActId, DeviceId, DocKey, Epoch, Hash, IncidentId, PersonId};
use shared::people::Scope;
use shared::rows::ROW_FORMAT;
use shared::search::Condition;
use shared::sync::message::decode;
use shared::sync::server::{Event, Issued, Log, Older, Reach, Standing};
use shared::sync::{Seq, SignedHeads};
use shared::time::UnixMillis;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite, Transaction};

use super::super::{
    Audience, Left, Opened, Quarantined, Result, StoreError, StoredChange, StoredDoc, StoredRow,
    View,
};
use super::due;
use super::narrow::narrow;
use super::{
    bytes, change, change_columns, doc, epoch, id_list, incident, kind, kind_number, number,
    refusal, scope, scope_list, seq, unsigned,
};

/// A transaction: for reading, or the one that writes.
pub(super) struct Reading(pub(super) Transaction<'static, Sqlite>);

#[async_trait]
impl View for Reading {
    async fn log(&mut self) -> Result<Log> {
        log(&mut self.0).await
    }

    async fn issued(&mut self, person: PersonId, device: DeviceId) -> Result<Issued> {
        const SQL: &str =
            "SELECT scope, lost_at FROM device_scopes WHERE person = ? AND device = ?";
        let query = sqlx::query(SQL)
            .bind(person.0)
            .bind(device.as_bytes().as_slice());
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter()
            .map(|row| Ok((scope(row, 0)?, optional_seq(row, 1)?)))
            .collect()
    }

    async fn events(
        &mut self,
        after: Seq,
        visible: &BTreeSet<Scope>,
        watched: &BTreeSet<Scope>,
        limit: u32,
    ) -> Result<(Vec<Event>, bool)> {
        let (visible, watched) = (scope_list(visible), scope_list(watched));
        let mut events = Vec::new();
        let mut read_to = None;
        for (sql, scopes) in [(CHANGED, &visible), (JOINED, &visible), (LEFT, &watched)] {
            let query = sqlx::query(sql)
                .bind(number(after.0))
                .bind(scopes)
                .bind(limit);
            let rows = query.fetch_all(&mut *self.0).await?;
            let found = rows.iter().map(event).collect::<Result<Vec<_>>>()?;
            if let Some(last) = found.last().filter(|_| found.len() == limit as usize) {
                read_to = Some(read_to.map_or(last.seq, |to: Seq| to.min(last.seq)));
            }
            events.extend(found);
        }
        events.retain(|event| read_to.is_none_or(|to| event.seq <= to));
        events.sort_unstable();
        events.dedup();
        Ok((events, read_to.is_none()))
    }

    async fn older(&mut self, scope: &Scope, below: Seq, limit: u32) -> Result<Older> {
        const SQL: &str = "SELECT incident, at_seq FROM audience
             WHERE scope = ? AND until_seq IS NULL AND at_seq < ?
             ORDER BY at_seq DESC LIMIT ?";
        let query = sqlx::query(SQL)
            .bind(scope.to_string())
            .bind(number(below.0))
            .bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        let place = |row: &SqliteRow| Ok((incident(row, 0)?, seq(row, 1)?));
        let places = rows.iter().map(place).collect::<Result<Vec<_>>>()?;
        Ok(Older {
            is_all: places.len() < limit as usize,
            places,
        })
    }

    async fn reached(&mut self, scopes: &BTreeSet<Scope>, at: Seq) -> Result<Vec<IncidentId>> {
        const SQL: &str = "SELECT DISTINCT incident FROM audience
             WHERE scope IN (SELECT value FROM json_each(?1))
               AND (until_seq IS NULL OR until_seq > ?2)";
        let query = sqlx::query(SQL).bind(scope_list(scopes)).bind(number(at.0));
        query
            .fetch_all(&mut *self.0)
            .await?
            .iter()
            .map(|row| incident(row, 0))
            .collect()
    }

    async fn standings(
        &mut self,
        incidents: &[IncidentId],
        watched: &BTreeSet<Scope>,
        high: Seq,
    ) -> Result<Vec<Standing>> {
        let ids = id_list(incidents);
        let mut changed = changed(&mut self.0, &ids, high).await?;
        let mut sizes = sizes(&mut self.0, &ids).await?;
        let mut reaches = reaches(&mut self.0, &ids, watched).await?;
        let standing = |incident: &IncidentId| Standing {
            incident: *incident,
            changed: changed.remove(incident),
            bytes: sizes.remove(incident).unwrap_or_default(),
            reaches: reaches.remove(incident).unwrap_or_default(),
        };
        Ok(incidents.iter().map(standing).collect())
    }

    async fn docs(&mut self, incidents: &[IncidentId]) -> Result<Vec<StoredDoc>> {
        const SQL: &str = "SELECT incident, kind, generation, last_seq, snapshot, snapshot_seq,
                 receipts, heads, receipts_digest, signature
             FROM docs WHERE incident IN (SELECT unhex(value) FROM json_each(?))
             ORDER BY incident, kind";
        let ids = id_list(incidents);
        let rows = sqlx::query(SQL).bind(&ids).fetch_all(&mut *self.0).await?;
        let mut has_tail = false;
        let mut docs = Vec::with_capacity(rows.len());
        for row in &rows {
            let stored = stored_doc(row)?;
            has_tail |= seq(row, 5)? < stored.last_seq;
            docs.push(stored);
        }
        if has_tail {
            let mut tails = tails(&mut self.0, &ids).await?;
            for doc in &mut docs {
                doc.bytes.extend(tails.remove(&doc.doc).unwrap_or_default());
            }
        }
        Ok(docs)
    }

    async fn changes(&mut self, incidents: &[IncidentId], after: Seq) -> Result<Vec<StoredChange>> {
        const SQL: &str = concat!(
            "SELECT ",
            change_columns!(),
            " FROM changes WHERE incident IN (SELECT unhex(value) FROM json_each(?)) AND seq > ? \
              ORDER BY seq"
        );
        let query = sqlx::query(SQL)
            .bind(id_list(incidents))
            .bind(number(after.0));
        query
            .fetch_all(&mut *self.0)
            .await?
            .iter()
            .map(change)
            .collect()
    }

    async fn rows_of_other_formats(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<IncidentId>> {
        const SQL: &str = "SELECT incident FROM rows
             WHERE incident > ?1 AND (substr(staff, 1, 1) <> ?2 OR substr(public, 1, 1) <> ?2)
             ORDER BY incident LIMIT ?3";
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let query = sqlx::query(SQL).bind(after).bind([ROW_FORMAT].as_slice());
        let rows = query.bind(limit).fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| incident(row, 0)).collect()
    }

    async fn resolved(
        &mut self,
        after: Option<(UnixMillis, IncidentId)>,
        limit: u32,
    ) -> Result<Vec<(UnixMillis, IncidentId)>> {
        const SQL: &str = "SELECT incident, updated_at FROM rows
             WHERE state = 'resolved' AND left_seq IS NULL AND (updated_at, incident) > (?1, ?2)
             ORDER BY updated_at, incident LIMIT ?3";
        let (at, id) = after.map_or((i64::MIN, [0; 16]), |(at, id)| (at.0, *id.as_bytes()));
        let query = sqlx::query(SQL).bind(at).bind(id.as_slice()).bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        let found = rows.iter();
        found
            .map(|row| Ok((UnixMillis(row.try_get(1)?), incident(row, 0)?)))
            .collect()
    }

    async fn opened_rows(
        &mut self,
        before: Option<Opened>,
        limit: u32,
    ) -> Result<Vec<(Opened, Vec<u8>)>> {
        const SQL: &str = "SELECT created_at, incident, staff FROM rows
             WHERE (created_at, incident) < (?1, ?2)
             ORDER BY created_at DESC, incident DESC LIMIT ?3";
        let (at, id) = before.map_or((i64::MAX, [0; 16]), |(at, id)| (at.0, *id.as_bytes()));
        let query = sqlx::query(SQL).bind(at).bind(id.as_slice()).bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        let opened = |row: &SqliteRow| {
            let at = UnixMillis(row.try_get(0)?);
            Ok(((at, incident(row, 1)?), row.try_get(2)?))
        };
        rows.iter().map(opened).collect()
    }

    async fn undecided(&mut self, limit: u32) -> Result<BTreeSet<IncidentId>> {
        const SQL: &str = "SELECT incident FROM undecided ORDER BY incident LIMIT ?";
        let rows = sqlx::query(SQL).bind(limit).fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| incident(row, 0)).collect()
    }

    async fn held_rows(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<(IncidentId, Vec<u8>)>> {
        const SQL: &str = "SELECT incident, staff FROM rows
             WHERE incident > ? AND state = 'on hold' ORDER BY incident LIMIT ?";
        rows(&mut self.0, SQL, after, limit).await
    }

    async fn open_rows(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<(IncidentId, Vec<u8>)>> {
        const SQL: &str = "SELECT incident, staff FROM rows WHERE incident > ?
             AND state IN ('new', 'assigned', 'in progress', 'on hold') ORDER BY incident LIMIT ?";
        rows(&mut self.0, SQL, after, limit).await
    }

    async fn incidents(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<IncidentId>> {
        const SQL: &str = "SELECT DISTINCT incident FROM docs WHERE incident > ?
             ORDER BY incident LIMIT ?";
        let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
        let query = sqlx::query(SQL).bind(after).bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| incident(row, 0)).collect()
    }

    async fn audience(&mut self, incident: IncidentId) -> Result<Audience> {
        const SQL: &str =
            "SELECT kind, scope FROM audience WHERE incident = ? AND until_seq IS NULL";
        let query = sqlx::query(SQL).bind(incident.as_bytes().as_slice());
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter()
            .map(|row| Ok((kind(row, 0)?, scope(row, 1)?)))
            .collect()
    }

    async fn left(
        &mut self,
        scopes: &BTreeSet<Scope>,
        conditions: &[Condition],
        before: Option<(UnixMillis, IncidentId)>,
        limit: u32,
    ) -> Result<Left> {
        // As many rows are looked at as the limit says, whatever they are narrowed by.
        let (at, id) = before.map_or((i64::MAX, [u8::MAX; 16]), |(at, id)| (at.0, *id.as_bytes()));
        let mut query = QueryBuilder::new(
            "SELECT incident, updated_at, iif(EXISTS (
                 SELECT 1 FROM audience WHERE audience.incident = rows.incident AND kind = 1
                   AND until_seq = left_seq AND scope IN (SELECT value FROM json_each(",
        );
        query.push_bind(scope_list(scopes)).push(")))");
        narrow(&mut query, conditions);
        query.push(
            ", staff, NULL)
             FROM rows WHERE left_seq IS NOT NULL AND (updated_at, incident) < (",
        );
        query.push_bind(at).push(", ").push_bind(id.to_vec());
        query.push(") ORDER BY updated_at DESC, incident DESC LIMIT ");
        // What people type has more shapes than the cache of statements has room.
        let query = query.push_bind(limit).build().persistent(false);
        let rows = query.fetch_all(&mut *self.0).await?;
        let mut left = Left::default();
        for row in &rows {
            left.rows.extend(row.try_get::<Option<Vec<u8>>, _>(2)?);
        }
        if let Some(row) = rows.last().filter(|_| rows.len() == limit as usize) {
            left.last = Some((UnixMillis(row.try_get(1)?), incident(row, 0)?));
        }
        Ok(left)
    }

    async fn has_left(&mut self, doc: DocKey, scopes: &BTreeSet<Scope>) -> Result<bool> {
        const SQL: &str = "SELECT 1 FROM rows JOIN audience USING (incident)
             WHERE incident = ?1 AND kind = ?2 AND until_seq = left_seq
               AND scope IN (SELECT value FROM json_each(?3))";
        let query = sqlx::query(SQL).bind(doc.id.as_bytes().as_slice());
        let query = query.bind(kind_number(doc.kind)).bind(scope_list(scopes));
        Ok(query.fetch_optional(&mut *self.0).await?.is_some())
    }

    async fn epochs(&mut self) -> Result<Vec<Epoch>> {
        let rows = sqlx::query("SELECT epoch FROM epochs");
        let rows = rows.fetch_all(&mut *self.0).await?;
        rows.iter().map(|row| epoch(row, 0)).collect()
    }

    async fn rows(&mut self, incidents: &[IncidentId]) -> Result<Vec<StoredRow>> {
        const SQL: &str = "SELECT incident, public, staff FROM rows
             WHERE incident IN (SELECT unhex(value) FROM json_each(?))";
        let rows = sqlx::query(SQL)
            .bind(id_list(incidents))
            .fetch_all(&mut *self.0)
            .await?;
        rows.iter().map(stored_row).collect()
    }

    async fn next_due(&mut self) -> Result<Option<UnixMillis>> {
        due::next(&mut self.0).await
    }

    async fn unseen(&mut self, each: u32, limit: u32) -> Result<Vec<Quarantined>> {
        const SQL: &str = concat!(
            "SELECT ",
            quarantine_columns!(),
            " FROM (SELECT *, rowid AS place, row_number() OVER (
                 PARTITION BY person ORDER BY received_at DESC, rowid DESC) AS nth
                 FROM quarantine WHERE seen_at IS NULL)
             WHERE nth <= ? ORDER BY received_at DESC, place DESC LIMIT ?"
        );
        let query = sqlx::query(SQL).bind(each).bind(limit);
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(quarantined).collect()
    }

    async fn quarantined(&mut self, person: PersonId) -> Result<Vec<Quarantined>> {
        const SQL: &str = concat!(
            "SELECT ",
            quarantine_columns!(),
            " FROM quarantine WHERE person = ? ORDER BY received_at DESC, rowid DESC"
        );
        let query = sqlx::query(SQL).bind(person.0);
        let rows = query.fetch_all(&mut *self.0).await?;
        rows.iter().map(quarantined).collect()
    }
}

fn stored_row(row: &SqliteRow) -> Result<StoredRow> {
    Ok(StoredRow {
        incident: incident(row, 0)?,
        public: row.try_get(1)?,
        staff: row.try_get(2)?,
    })
}

/// The columns of `quarantine`, in the order that [`quarantined`] reads.
macro_rules! quarantine_columns {
    () => {
        "incident, kind, hash, person, device, refused, act, received_at, bytes"
    };
}
use quarantine_columns;

fn quarantined(row: &SqliteRow) -> Result<Quarantined> {
    let ((doc, hash), (person, device), refused) = refusal(row)?;
    Ok(Quarantined {
        doc,
        hash,
        person,
        device,
        act: ActId::from_bytes(bytes(row, 6, "an act")?),
        received_at: UnixMillis(row.try_get(7)?),
        refused,
        bytes: row.try_get(8)?,
    })
}

const CHANGED: &str = "SELECT seq, commit_end, incident FROM changes
     WHERE seq > ?1 AND EXISTS (
         SELECT 1 FROM audience WHERE audience.incident = changes.incident
           AND until_seq IS NULL AND scope IN (SELECT value FROM json_each(?2)))
     ORDER BY seq LIMIT ?3";

/// A change of audience takes the last place of its commit.
const JOINED: &str = "SELECT since_seq, since_seq, incident FROM audience
     WHERE scope IN (SELECT value FROM json_each(?2)) AND until_seq IS NULL AND since_seq > ?1
     ORDER BY since_seq LIMIT ?3";

const LEFT: &str = "SELECT until_seq, until_seq, incident FROM audience
     WHERE scope IN (SELECT value FROM json_each(?2)) AND until_seq IS NOT NULL AND until_seq > ?1
     ORDER BY until_seq LIMIT ?3";

pub(super) async fn log(connection: &mut SqliteConnection) -> Result<Log> {
    let row = sqlx::query("SELECT epoch, head FROM log")
        .fetch_one(connection)
        .await?;
    Ok(Log {
        epoch: epoch(&row, 0)?,
        head: seq(&row, 1)?,
    })
}

fn event(row: &SqliteRow) -> Result<Event> {
    Ok(Event {
        seq: seq(row, 0)?,
        commit_end: seq(row, 1)?,
        incident: incident(row, 2)?,
    })
}

fn stored_doc(row: &SqliteRow) -> Result<StoredDoc> {
    let receipts: Vec<u8> = row.try_get(6)?;
    let heads: Vec<u8> = row.try_get(7)?;
    let unreadable = |_| StoreError::Unreadable { what: "receipts" };
    let (heads, _) = heads.as_chunks::<32>();
    Ok(StoredDoc {
        doc: doc(row, 0)?,
        generation: unsigned(row, 2)?,
        last_seq: seq(row, 3)?,
        bytes: row.try_get(4)?,
        receipts: decode(&receipts).map_err(unreadable)?,
        signed: SignedHeads {
            heads: heads.iter().copied().map(Hash).collect(),
            receipts: Hash(bytes(row, 8, "a digest")?),
            signature: row.try_get(9)?,
        },
    })
}

/// The chunks of the changes that no snapshot covers yet.
async fn tails(connection: &mut SqliteConnection, ids: &str) -> Result<BTreeMap<DocKey, Vec<u8>>> {
    const SQL: &str = "SELECT incident, kind, bytes FROM changes JOIN docs USING (incident, kind)
         WHERE incident IN (SELECT unhex(value) FROM json_each(?)) AND seq > snapshot_seq
         ORDER BY seq";
    let mut tails: BTreeMap<_, Vec<u8>> = BTreeMap::new();
    for row in sqlx::query(SQL).bind(ids).fetch_all(connection).await? {
        let bytes: Vec<u8> = row.try_get(2)?;
        tails.entry(doc(&row, 0)?).or_default().extend(bytes);
    }
    Ok(tails)
}

fn optional_seq(row: &SqliteRow, column: usize) -> Result<Option<Seq>> {
    let value: Option<i64> = row.try_get(column)?;
    Ok(value.map(|value| Seq(value.cast_unsigned())))
}

async fn changed(
    connection: &mut SqliteConnection,
    ids: &str,
    high: Seq,
) -> Result<BTreeMap<IncidentId, Seq>> {
    const SQL: &str = "SELECT incident, max(seq) FROM changes
         WHERE incident IN (SELECT unhex(value) FROM json_each(?)) AND seq <= ? GROUP BY incident";
    let rows = sqlx::query(SQL)
        .bind(ids)
        .bind(number(high.0))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((incident(row, 0)?, seq(row, 1)?)))
        .collect()
}

async fn sizes(
    connection: &mut SqliteConnection,
    ids: &str,
) -> Result<BTreeMap<IncidentId, usize>> {
    const SQL: &str = "SELECT incident, sum(length(snapshot) + length(receipts)) FROM docs
         WHERE incident IN (SELECT unhex(value) FROM json_each(?)) GROUP BY incident";
    let rows = sqlx::query(SQL).bind(ids).fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((incident(row, 0)?, unsigned(row, 1)?)))
        .collect()
}

async fn reaches(
    connection: &mut SqliteConnection,
    ids: &str,
    watched: &BTreeSet<Scope>,
) -> Result<BTreeMap<IncidentId, Vec<Reach>>> {
    const SQL: &str = "SELECT incident, kind, scope, since_seq, until_seq, at_seq FROM audience
         WHERE incident IN (SELECT unhex(value) FROM json_each(?1))
           AND scope IN (SELECT value FROM json_each(?2))";
    let mut reaches: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let query = sqlx::query(SQL).bind(ids).bind(scope_list(watched));
    for row in query.fetch_all(connection).await? {
        let reach = Reach {
            kind: kind(&row, 1)?,
            scope: scope(&row, 2)?,
            since: seq(&row, 3)?,
            until: optional_seq(&row, 4)?,
            at: seq(&row, 5)?,
        };
        reaches.entry(incident(&row, 0)?).or_default().push(reach);
    }
    Ok(reaches)
}

/// Incidents above one with their staff rows, by a statement that selects both.
async fn rows(
    at: &mut SqliteConnection,
    sql: &'static str,
    after: Option<IncidentId>,
    limit: u32,
) -> Result<Vec<(IncidentId, Vec<u8>)>> {
    let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let query = sqlx::query(sql).bind(after).bind(limit);
    let rows = query.fetch_all(at).await?;
    let row = |row: &SqliteRow| Ok((incident(row, 0)?, row.try_get(1)?));
    rows.iter().map(row).collect()
}
