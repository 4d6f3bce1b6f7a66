//! The store on SQLite: write-ahead log, full synchronisation, one writer.
//!
//! # Design
//! Question: how do many requests share one file? Answer: a pool of one connection for writing,
//! whose queue is the lock, and several for reading, each of which sees the state at its begin.
//! Every commit that is acknowledged has reached the disk (`synchronous = FULL`). Lists of ids and
//! scopes are bound as one JSON text, so that every statement is prepared once.

mod copy;
mod devices;
mod due;
mod migrations;
mod narrow;
mod outbox;
mod people;
mod reading;
mod settings;
mod views;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use shared::document::Receipt;
use shared::ids::{
    ActId, Actor, DeviceId, DocKey, DocKind, Epoch, Hash, IncidentId, PersonId, ViewId,
};
use shared::incidents::Refused;
use shared::people::{Directory, Scope};
use shared::sync::Seq;
use shared::time::{Flags, UnixMillis};
use shared::views::SavedView;
use sqlx::Row as _;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};

use super::{
    Area, Contact, KnownDevice, Order, Result, Setting, Store, StoreError, StoredChange,
    StoredSession, View, Writing,
};
use crate::auth::{Agent, SessionId};
use crate::clock::Random;
use migrations::migrations;

/// How long a request waits for its turn before the server says that it is busy.
const WAIT: Duration = Duration::from_secs(10);

/// Reading is work of the processor: more connections than it has cores only hold memory.
fn readers() -> u32 {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    u32::try_from(cores).unwrap_or(u32::MAX).clamp(2, 8)
}

/// A database in one file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Sqlite {
    /// Opens the database, makes it when there is none, and brings it to this version.
    pub async fn open(file: &Path, random: &Random) -> Result<Self> {
        let options = options().filename(file);
        let making = options.clone().create_if_missing(true);
        let writer = pool().max_connections(1).connect_with(making).await?;
        prepare(&writer, random).await?;
        let readers = pool()
            .max_connections(readers())
            .connect_lazy_with(options.read_only(true));
        Ok(Self { writer, readers })
    }

    /// Opens a database to look at it; one of an earlier version cannot be opened so.
    pub async fn open_to_read(file: &Path) -> Result<Self> {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        // Who only reads cannot remove the log that SQLite makes beside a file at rest.
        let is_at_rest = !Path::new(&log).exists();
        let options = options().filename(file).read_only(true);
        let options = options.immutable(is_at_rest);
        let readers = pool().max_connections(readers());
        let readers = readers.connect_with(options).await?;
        // Fails where there would be something to write.
        migrations().run(&readers).await?;
        let writer = readers.clone();
        Ok(Self { writer, readers })
    }

    /// Opens a database that another process may be writing to, to copy it.
    pub async fn open_beside(file: &Path) -> Result<Self> {
        let options = options().filename(file).read_only(true);
        let readers = pool().max_connections(1).connect_with(options).await?;
        let writer = readers.clone();
        Ok(Self { writer, readers })
    }

    /// An empty database that is gone with its one connection.
    pub async fn in_memory(random: &Random) -> Result<Self> {
        let writer = pool().max_connections(1).max_lifetime(None);
        let writer = writer.connect_with(options().in_memory(true)).await?;
        prepare(&writer, random).await?;
        let readers = writer.clone();
        Ok(Self { writer, readers })
    }
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(WAIT)
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .acquire_timeout(WAIT)
        .idle_timeout(None)
}

/// Brings a database to this version and gives a new one its epoch and key.
async fn prepare(writer: &SqlitePool, random: &Random) -> Result<()> {
    migrations().run(writer).await?;
    sqlx::query(
        "INSERT INTO log (id, epoch, head, signing_key) VALUES (1, ?, 0, ?) ON CONFLICT DO NOTHING",
    )
    .bind(random.bytes::<16>().as_slice())
    .bind(random.bytes::<32>().as_slice())
    .execute(writer)
    .await?;
    Ok(())
}

#[async_trait]
impl Store for Sqlite {
    async fn view(&self) -> Result<Box<dyn View>> {
        let mut transaction = self.readers.begin().await?;
        // SQLite takes its state at the first read, not at BEGIN.
        reading::log(&mut transaction).await?;
        Ok(Box::new(reading::Reading(transaction)))
    }

    async fn write(&self) -> Result<Box<dyn Writing>> {
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        Ok(Box::new(reading::Reading(transaction)))
    }

    async fn signing_key(&self) -> Result<[u8; 32]> {
        let row = sqlx::query("SELECT signing_key FROM log")
            .fetch_one(&self.readers)
            .await?;
        bytes(&row, 0, "a signing key")
    }

    async fn issue(
        &self,
        person: PersonId,
        device: DeviceId,
        scopes: &BTreeSet<Scope>,
    ) -> Result<()> {
        people::issue(&self.writer, person, device, scopes).await
    }

    async fn shrink(&self) -> Result<()> {
        sqlx::query("VACUUM").execute(&self.writer).await?;
        Ok(())
    }

    async fn is_ready(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn directory(&self, newer_than: u64) -> Result<Option<Directory>> {
        people::directory(&self.readers, newer_than).await
    }

    async fn put_directory(
        &self,
        directory: &Directory,
        lost: &BTreeMap<PersonId, BTreeSet<Scope>>,
        setting: Option<&Setting>,
    ) -> Result<()> {
        people::put_directory(&self.writer, directory, lost, setting).await
    }

    async fn settings(&self, area: Area, limit: u32) -> Result<Vec<Setting>> {
        settings::of(&self.readers, area, limit).await
    }

    async fn put_setting(&self, setting: &Setting) -> Result<()> {
        settings::put_alone(&self.writer, setting).await
    }

    async fn views(&self) -> Result<Vec<SavedView>> {
        views::all(&self.readers).await
    }

    async fn put_view(&self, view: &SavedView) -> Result<()> {
        views::put(&self.writer, view).await
    }

    async fn delete_view(&self, id: ViewId) -> Result<()> {
        views::delete(&self.writer, id).await
    }

    async fn credential(&self, person: PersonId) -> Result<Option<String>> {
        people::credential(&self.readers, person).await
    }

    async fn put_credential(&self, person: PersonId, phc: &str) -> Result<()> {
        people::put_credential(&self.writer, person, phc).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<StoredSession>> {
        people::session(&self.readers, id).await
    }

    async fn add_session(
        &self,
        id: SessionId,
        session: StoredSession,
        agent: &Agent,
        now: UnixMillis,
    ) -> Result<()> {
        people::add_session(&self.writer, id, session, agent, now).await
    }

    async fn end_session(&self, id: SessionId) -> Result<()> {
        people::end_session(&self.writer, id).await
    }

    async fn put_contact(&self, contact: &Contact) -> Result<()> {
        people::put_contact(&self.writer, contact).await
    }

    async fn contacts(&self, now: UnixMillis) -> Result<Vec<Contact>> {
        people::contacts(&self.readers, now).await
    }

    async fn end_sessions_of(&self, person: PersonId) -> Result<u64> {
        people::end_sessions_of(&self.writer, person).await
    }

    async fn devices(&self, of: Option<PersonId>, now: UnixMillis) -> Result<Vec<KnownDevice>> {
        devices::devices(&self.readers, of, now).await
    }

    async fn order(&self, order: &Order) -> Result<bool> {
        devices::order(&self.writer, order).await
    }

    async fn is_to_be_wiped(&self, person: PersonId, device: DeviceId) -> Result<bool> {
        devices::is_to_be_wiped(&self.readers, person, device).await
    }

    async fn begin_wipe(&self, session: SessionId) -> Result<()> {
        devices::begin_wipe(&self.writer, session).await
    }

    async fn see_refused(
        &self,
        (person, act): (PersonId, ActId),
        by: PersonId,
        now: UnixMillis,
    ) -> Result<bool> {
        const SQL: &str = "UPDATE quarantine SET seen_by = ?, seen_at = ?
             WHERE person = ? AND act = ? AND seen_at IS NULL";
        let query = sqlx::query(SQL).bind(by.0).bind(now.0).bind(person.0);
        let query = query.bind(act.as_bytes().as_slice());
        Ok(query.execute(&self.writer).await?.rows_affected() > 0)
    }

    async fn end_wipe(
        &self,
        session: SessionId,
        person: PersonId,
        devices: &[DeviceId],
        now: UnixMillis,
    ) -> Result<()> {
        devices::end_wipe(&self.writer, (session, person), devices, now).await
    }
}

/// Ids as the JSON text that `json_each` and `unhex` take apart.
fn id_list(ids: &[IncidentId]) -> String {
    let hex = |id: &IncidentId| format!("\"{}\"", id.0.simple());
    format!("[{}]", ids.iter().map(hex).collect::<Vec<_>>().join(","))
}

fn scope_list<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    let texts: Vec<_> = scopes.into_iter().map(Scope::to_string).collect();
    serde_json::to_string(&texts).expect("texts are JSON")
}

fn kind_number(kind: DocKind) -> i64 {
    match kind {
        DocKind::Incident => 0,
        DocKind::Work => 1,
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn bytes<const N: usize>(row: &SqliteRow, column: usize, what: &'static str) -> Result<[u8; N]> {
    let bytes: Vec<u8> = row.try_get(column)?;
    bytes
        .try_into()
        .map_err(|_| StoreError::Unreadable { what })
}

fn incident(row: &SqliteRow, column: usize) -> Result<IncidentId> {
    Ok(IncidentId::from_bytes(bytes(
        row,
        column,
        "an incident's id",
    )?))
}

fn kind(row: &SqliteRow, column: usize) -> Result<DocKind> {
    match row.try_get::<i64, _>(column)? {
        0 => Ok(DocKind::Incident),
        1 => Ok(DocKind::Work),
        _ => Err(StoreError::Unreadable {
            what: "a kind of document",
        }),
    }
}

/// A document's key in two columns.
fn doc(row: &SqliteRow, column: usize) -> Result<DocKey> {
    Ok(DocKey {
        id: incident(row, column)?,
        kind: kind(row, column + 1)?,
    })
}

fn seq(row: &SqliteRow, column: usize) -> Result<Seq> {
    Ok(Seq(unsigned(row, column)?))
}

fn unsigned<T: TryFrom<i64>>(row: &SqliteRow, column: usize) -> Result<T> {
    let value: i64 = row.try_get(column)?;
    T::try_from(value).map_err(|_| StoreError::Unreadable { what: "a number" })
}

fn scope(row: &SqliteRow, column: usize) -> Result<Scope> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map_err(|_| StoreError::Unreadable { what: "a scope" })
}

fn epoch(row: &SqliteRow, column: usize) -> Result<Epoch> {
    Ok(Epoch::from_bytes(bytes(row, column, "an epoch")?))
}

/// A refused change, who offered it from where, and why it was refused, in six columns.
type Refusal = ((DocKey, Hash), (PersonId, DeviceId), Refused);

fn refusal(row: &SqliteRow) -> Result<Refusal> {
    let refused: String = row.try_get(5)?;
    let unreadable = |_| StoreError::Unreadable { what: "a refusal" };
    let change = (doc(row, 0)?, Hash(bytes(row, 2, "a hash")?));
    let device = DeviceId::from_bytes(bytes(row, 4, "a device")?);
    let offered_by = (PersonId(unsigned(row, 3)?), device);
    let refused = serde_json::from_str(&refused).map_err(unreadable)?;
    Ok((change, offered_by, refused))
}

/// The columns of `changes`, in the order that [`change`] reads.
macro_rules! change_columns {
    () => {
        "incident, kind, hash, seq, actor, actor_seq, person, device, received_at, corrected_at, \
         flags, bytes"
    };
}
use change_columns;

fn change(row: &SqliteRow) -> Result<StoredChange> {
    Ok(StoredChange {
        doc: doc(row, 0)?,
        hash: Hash(bytes(row, 2, "a hash")?),
        seq: seq(row, 3)?,
        receipt: Receipt {
            actor: Actor(bytes(row, 4, "an actor")?),
            actor_seq: unsigned(row, 5)?,
            person: PersonId(unsigned(row, 6)?),
            device: DeviceId::from_bytes(bytes(row, 7, "a device")?),
            received_at: UnixMillis(row.try_get(8)?),
            corrected_at: UnixMillis(row.try_get(9)?),
            flags: Flags(unsigned(row, 10)?),
        },
        bytes: row.try_get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::store::contract::{Place, run_on};

    /// A file of the test's own, removed with it.
    struct File(PathBuf);

    impl File {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("holdfast-store-{}-{count}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).expect("a folder for the test");
            Self(folder)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[async_trait]
    impl Place for File {
        async fn open(&self) -> Arc<dyn Store> {
            static SEED: AtomicU32 = AtomicU32::new(0);
            let random = Random::seeded(SEED.fetch_add(1, Ordering::Relaxed).into());
            let store = Sqlite::open(&self.0.join("store.sqlite"), &random).await;
            Arc::new(store.expect("it opens"))
        }
    }

    run_on! {
        File::new();
        what_is_committed_survives_a_crash,
        places_are_taken_in_the_order_of_commits,
        a_view_sees_one_state,
        a_change_is_logged_once,
        a_document_is_its_snapshot_and_what_came_after,
        what_a_snapshot_covers_loses_its_bytes_once_it_is_old,
        a_scope_can_be_left_and_joined_again,
        only_what_concerns_the_scopes_is_an_event,
        a_bounded_look_leaves_nothing_out_before_its_end,
        older_incidents_come_latest_first,
        an_actor_is_bound_once,
        scopes_are_issued_to_one_device_of_one_person,
        a_scope_is_lost_once_at_the_end_of_the_log_until_it_is_regained,
        a_directory_says_what_is_lost_to_every_device,
        the_latest_devices_of_a_person_are_kept,
        what_was_refused_is_kept_once_per_device,
        the_oldest_refused_changes_of_a_person_go_first,
        refused_changes_of_a_person_have_so_many_bytes,
        numbers_and_effects_are_given_once,
        contacts_of_valid_sessions_on_the_console_last,
        devices_last_and_the_latest_and_those_to_be_wiped_stay,
        an_order_is_kept_with_who_asked_and_when_it_was_done,
        an_effect_is_claimed_by_one_worker_at_a_time,
        a_lost_worker_loses_its_claims_and_leaves_a_doubt_once_it_began,
        what_became_of_an_effect_is_kept_and_counted,
        the_keys_of_one_event_are_found,
        what_is_over_is_forgotten_but_keys_that_are_looked_up,
        what_no_worker_has_in_hand_is_ended_at_once,
        what_was_void_begins_anew_when_it_is_to_be_told_after_all,
        only_what_was_put_off_is_counted_until_it_is_replayed,
        what_reached_nobody_is_forgotten_later_and_not_replayed,
        people_and_sessions_last,
        what_is_due_is_told_once,
        a_commit_replaces_what_is_due_and_puts_breaches_in_doubt,
        what_rests_longest_or_beyond_a_number_is_found,
        what_has_left_is_found_through_the_scopes_it_had,
        what_was_refused_is_listed_until_somebody_had_a_look,
        a_view_is_kept_in_place_of_the_one_before_and_moves_the_log_on,
        what_rules_are_to_decide_waits_until_it_is_decided,
        what_was_set_is_kept_version_by_version,
    }
}
