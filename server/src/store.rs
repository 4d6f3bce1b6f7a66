//! What lasts: the log and everything derived from it, people's credentials and sessions.
//!
//! Documents are bytes here. A [`View`] is one consistent state of the log to read; a [`Writing`]
//! is the only one of its kind at a time, so that places in the log are taken in the order of
//! commits; what it wrote is kept whole or not at all. No decision is taken here.
//!
//! # Design
//! Question: which seam serves SQLite and PostgreSQL alike? Answer: transactions with a few set
//! based operations, since every rule lies in `shared` and only needs rows under a lock. Rejected:
//! one method per use case (the rules would be written twice in SQL) and a query builder over both
//! dialects (`RETURNING`, locks and upserts differ where it matters).

#[cfg(test)]
mod contract;
mod outbox;
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use async_trait::async_trait;
use serde::Serialize;
use shared::document::ReceiptColumns;
use shared::ids::{
    ActId, Actor, DeviceId, DocKey, DocKind, Epoch, Hash, IncidentId, PersonId, ViewId,
};
use shared::incidents::{Priority, Refused, State};
use shared::people::{Directory, Scope};
use shared::search::Condition;
use shared::sla::Due;
use shared::sync::message::Surface;
use shared::sync::server::{Event, Issued, Log, Older, Quarantine, Standing};
use shared::sync::{Seq, SignedHeads};
use shared::time::UnixMillis;
use shared::views::SavedView;

use crate::auth::{Agent, SessionId};
use crate::error::ApiError;

pub use outbox::{Bounds, Claim, Claimed, EffectCount, Outbox, Reason, Settled};
pub use shared::sync::server::Logged as StoredChange;
pub use sqlite::Sqlite;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error("the database could not be brought to this version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("the database holds what this version cannot read: {what}")]
    Unreadable { what: &'static str },
}

impl StoreError {
    /// Whether a database that was opened to look at it waits to be brought to this version.
    pub fn is_of_earlier_version(&self) -> bool {
        use sqlx::migrate::MigrateError::{VersionMismatch, VersionMissing};
        match self {
            Self::Migrate(why) => !matches!(why, VersionMismatch(_) | VersionMissing(_)),
            Self::Database(_) | Self::Unreadable { .. } => false,
        }
    }
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(sqlx::Error::PoolTimedOut) => Self::Busy,
            StoreError::Database(_) | StoreError::Migrate(_) | StoreError::Unreadable { .. } => {
                Self::internal(error)
            }
        }
    }
}

/// A session as the store keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredSession {
    pub person: PersonId,
    pub surface: Surface,
    pub expires_at: UnixMillis,
    /// Whether its devices are to be wiped: then it may only hand over what was never sent.
    pub is_wiping: bool,
}

/// That the device behind a session was heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contact {
    pub session: SessionId,
    pub person: PersonId,
    pub device: DeviceId,
    pub surface: Surface,
    pub at: UnixMillis,
}

/// A device of a person as it was last heard of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    pub person: PersonId,
    pub device: DeviceId,
    pub surface: Surface,
    pub agent: Agent,
    /// Through which it was last heard; it may have ended since.
    pub session: SessionId,
    pub is_signed_in: bool,
    pub first_at: UnixMillis,
    pub heard_at: UnixMillis,
    /// What was last asked to be done to it.
    pub ordered: Option<Ordered>,
}

/// What somebody asks to be done to a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    pub person: PersonId,
    pub device: DeviceId,
    pub kind: OrderKind,
    pub by: PersonId,
    pub at: UnixMillis,
}

/// What can be done to a device from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Ends its session at once.
    SignOut,
    /// Has it hand over what was never sent and remove all the rest, at its next contact.
    Wipe,
}

/// What was asked to be done to a device, and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Ordered {
    pub kind: OrderKind,
    pub by: PersonId,
    pub at: UnixMillis,
    pub done_at: Option<UnixMillis>,
}

/// A document as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDoc {
    pub doc: DocKey,
    pub generation: u32,
    pub last_seq: Seq,
    /// A snapshot, followed by the chunks of the changes after it.
    pub bytes: Vec<u8>,
    pub receipts: ReceiptColumns,
    pub signed: SignedHeads,
}

/// A document to be kept as it is after a commit.
#[derive(Debug, Clone)]
pub struct DocState {
    pub doc: DocKey,
    pub generation: u32,
    pub last_seq: Seq,
    /// None leaves the snapshot as it is; the changes after it are in the log.
    pub snapshot: Option<Vec<u8>>,
    pub receipts: ReceiptColumns,
    pub signed: SignedHeads,
}

/// The rows of an incident, encoded for devices, and the columns that the server filters by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowState {
    pub incident: IncidentId,
    pub public: Vec<u8>,
    pub staff: Vec<u8>,
    pub number: Option<String>,
    pub state: State,
    pub priority: Priority,
    pub requester: Option<PersonId>,
    pub group: Option<String>,
    pub assignee: Option<PersonId>,
    pub created_at: UnixMillis,
    pub updated_at: UnixMillis,
}

/// The encoded rows of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow {
    pub incident: IncidentId,
    pub public: Vec<u8>,
    pub staff: Vec<u8>,
}

/// How many refused changes of one person are kept.
pub const QUARANTINE_ROWS_MAX: u32 = 1_000;

/// How many bytes the refused changes of one person may have.
pub const QUARANTINE_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// How many devices of one person are kept with the scopes that were issued to them.
pub const DEVICES_MAX: u32 = 50;

/// What was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    pub doc: DocKey,
    pub hash: Hash,
    pub person: PersonId,
    pub device: DeviceId,
    pub act: ActId,
    pub received_at: UnixMillis,
    pub refused: Refused,
    pub bytes: Vec<u8>,
}

/// Something to be done outside once the commit is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Whoever writes the same key again writes nothing.
    pub key: String,
    pub keeps: Keeps,
    pub kind: String,
    pub payload: Vec<u8>,
    pub next_at: UnixMillis,
}

/// How long the key of an effect is kept once that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// It cannot come again: the fact behind it is accepted once.
    Awhile,
    /// It is looked up when the same is about to be said again.
    ForEver,
}

/// What became of a notice of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Told,
    /// Nobody needed to hear it.
    Silent,
    /// It was wrong, and may be told again.
    Corrected,
}

/// A breach that was told, and is in doubt since its incident has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub incident: IncidentId,
    pub due: Due,
    pub told_at: UnixMillis,
}

/// A change that is old enough to lose its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aged {
    pub seq: Seq,
    pub doc: DocKey,
    /// Whether a snapshot covers it.
    pub is_covered: bool,
}

/// Where an incident is, as far as its age goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// On every device that its content names; since when nothing has happened to it if it is over.
    Held(Option<UnixMillis>),
    /// Off devices since a place of the log.
    Left(Seq),
    /// Off devices, but on those of some who asked for it; the last of them has it since then.
    Fetched(UnixMillis),
}

/// Some incidents that have left devices.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    /// The staff rows of those that may be read, encoded.
    pub rows: Vec<Vec<u8>>,
    /// When the last one of all that were looked at changed, and which it is; none when there are
    /// no others behind it.
    pub last: Option<(UnixMillis, IncidentId)>,
}

/// What was dropped of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compacted {
    pub changes: u64,
    pub bytes: u64,
}

/// The documents of incidents that a scope reaches, by kind.
pub type Audience = BTreeSet<(DocKind, Scope)>;

/// When an incident was opened, and which it is.
pub type Opened = (UnixMillis, IncidentId);

/// What administrators set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The priority matrix and the service levels.
    Levels,
    /// What incidents are given by themselves when they are declared.
    Rules,
}

/// A version of what was set, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub area: Area,
    pub version: u32,
    pub person: PersonId,
    pub at: UnixMillis,
    pub body: String,
}

/// Where everything lasts. Cheap to share; every method may be called at any time.
#[async_trait]
pub trait Store: Outbox + Debug + Send + Sync {
    /// One consistent state of the log.
    async fn view(&self) -> Result<Box<dyn View>>;
    /// The one place from which the log grows; others wait until it is dropped or committed.
    async fn write(&self) -> Result<Box<dyn Writing>>;
    /// The seed of the key by which heads are signed.
    async fn signing_key(&self) -> Result<[u8; 32]>;

    /// Keeps that pages name just these scopes to a device, known or not. Others that they named
    /// before are lost from the present end of the log on, unless they were lost before. Of each
    /// person the [`DEVICES_MAX`] devices stay that were written last; whatever another claims to
    /// hold of lost scopes counts for nothing.
    async fn issue(
        &self,
        person: PersonId,
        device: DeviceId,
        scopes: &BTreeSet<Scope>,
    ) -> Result<()>;

    /// Gives room that nothing fills back to the disk; everything waits meanwhile.
    async fn shrink(&self) -> Result<()>;
    /// Whether the store answers.
    async fn is_ready(&self) -> Result<()>;
    /// Ends all connections; what was committed stays.
    async fn close(&self);

    /// The directory, if it is newer than the given version.
    async fn directory(&self, newer_than: u64) -> Result<Option<Directory>>;
    /// Keeps a directory; its version must be above the last. What people lose by it is lost to
    /// their devices from the present end of the log on, as if they had asked for a page. The
    /// setting that it follows from is kept with it, and moves the end of the log on, so that
    /// devices ask at once.
    async fn put_directory(
        &self,
        directory: &Directory,
        lost: &BTreeMap<PersonId, BTreeSet<Scope>>,
        setting: Option<&Setting>,
    ) -> Result<()>;
    /// The versions of what was set in an area, the latest first.
    async fn settings(&self, area: Area, limit: u32) -> Result<Vec<Setting>>;
    /// Keeps a version of what concerns the server alone; it must not be there yet.
    async fn put_setting(&self, setting: &Setting) -> Result<()>;
    /// All saved views.
    async fn views(&self) -> Result<Vec<SavedView>>;
    /// Keeps a view in place of the one of its id, and moves the end of the log on, so that devices
    /// ask at once.
    async fn put_view(&self, view: &SavedView) -> Result<()>;
    /// The same without the view.
    async fn delete_view(&self, id: ViewId) -> Result<()>;
    async fn credential(&self, person: PersonId) -> Result<Option<String>>;
    async fn put_credential(&self, person: PersonId, phc: &str) -> Result<()>;
    async fn session(&self, id: SessionId) -> Result<Option<StoredSession>>;
    async fn add_session(
        &self,
        id: SessionId,
        session: StoredSession,
        agent: &Agent,
        now: UnixMillis,
    ) -> Result<()>;
    async fn end_session(&self, id: SessionId) -> Result<()>;
    /// Notes a contact in place of the one before of the same session, and its device: of each
    /// person the [`DEVICES_MAX`] devices stay that were heard of last, and those that are to be
    /// wiped.
    async fn put_contact(&self, contact: &Contact) -> Result<()>;
    /// The contacts noted of sessions on the console that are valid now.
    async fn contacts(&self, now: UnixMillis) -> Result<Vec<Contact>>;
    /// Ends every session of a person and tells how many there were.
    async fn end_sessions_of(&self, person: PersonId) -> Result<u64>;

    /// Devices that were heard of, of one person or of all, the latest of each first.
    async fn devices(&self, of: Option<PersonId>, now: UnixMillis) -> Result<Vec<KnownDevice>>;
    /// Keeps an order and does at once what needs no device; one that is to be wiped keeps the
    /// session by which it can say that it was. Says whether there is such a device.
    async fn order(&self, order: &Order) -> Result<bool>;
    async fn is_to_be_wiped(&self, person: PersonId, device: DeviceId) -> Result<bool>;
    /// Leaves a session nothing but to hand over what was never sent.
    async fn begin_wipe(&self, session: SessionId) -> Result<()>;
    /// Notes who had a look at what was refused of a person's act. Says whether nobody had before.
    async fn see_refused(
        &self,
        refused: (PersonId, ActId),
        by: PersonId,
        now: UnixMillis,
    ) -> Result<bool>;
    /// Notes that devices of a person were wiped, and ends the session that said so.
    async fn end_wipe(
        &self,
        session: SessionId,
        person: PersonId,
        devices: &[DeviceId],
        now: UnixMillis,
    ) -> Result<()>;
}

/// One consistent state of the log.
#[async_trait]
pub trait View: Send {
    async fn log(&mut self) -> Result<Log>;
    /// The scopes that pages named to a device of a person.
    async fn issued(&mut self, person: PersonId, device: DeviceId) -> Result<Issued>;
    /// Places above `after` that concern incidents of `visible` scopes, or that a `watched` scope
    /// lost; sorted. Also whether these are all up to the head: at most about `limit` come.
    async fn events(
        &mut self,
        after: Seq,
        visible: &BTreeSet<Scope>,
        watched: &BTreeSet<Scope>,
        limit: u32,
    ) -> Result<(Vec<Event>, bool)>;
    /// Incidents of which a document has a place below `below` in a scope, latest first.
    async fn older(&mut self, scope: &Scope, below: Seq, limit: u32) -> Result<Older>;
    /// Incidents of which a document was in one of the scopes at a place of the log or later.
    async fn reached(&mut self, scopes: &BTreeSet<Scope>, at: Seq) -> Result<Vec<IncidentId>>;
    /// How incidents stand to somebody who watches these scopes and has read up to `high`.
    async fn standings(
        &mut self,
        incidents: &[IncidentId],
        watched: &BTreeSet<Scope>,
        high: Seq,
    ) -> Result<Vec<Standing>>;
    /// All documents of the incidents.
    async fn docs(&mut self, incidents: &[IncidentId]) -> Result<Vec<StoredDoc>>;
    /// The changes above `after` of all documents of the incidents, in the order of the log.
    async fn changes(&mut self, incidents: &[IncidentId], after: Seq) -> Result<Vec<StoredChange>>;
    async fn rows(&mut self, incidents: &[IncidentId]) -> Result<Vec<StoredRow>>;
    /// Incidents above `after`, in order.
    async fn incidents(&mut self, after: Option<IncidentId>, limit: u32)
    -> Result<Vec<IncidentId>>;
    /// The scopes that reach an incident now.
    async fn audience(&mut self, incident: IncidentId) -> Result<Audience>;
    /// Of some incidents that have left devices those whose content names one of these scopes. They
    /// changed before a moment, or then and have a lower id; the latest first. Conditions narrow
    /// them as far as the store can tell without reading the rows.
    async fn left(
        &mut self,
        scopes: &BTreeSet<Scope>,
        conditions: &[Condition],
        before: Option<(UnixMillis, IncidentId)>,
        limit: u32,
    ) -> Result<Left>;
    /// Whether a document has left devices and its content names one of these scopes.
    async fn has_left(&mut self, doc: DocKey, scopes: &BTreeSet<Scope>) -> Result<bool>;
    /// The epochs that the log had before this one.
    async fn epochs(&mut self) -> Result<Vec<Epoch>>;
    /// Incidents above `after`, in order, whose rows are not of this version's format.
    async fn rows_of_other_formats(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<IncidentId>>;
    /// Open incidents above `after`, in order, with their staff rows.
    async fn open_rows(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<(IncidentId, Vec<u8>)>>;
    /// Incidents on hold above `after`, in order, with their staff rows.
    async fn held_rows(
        &mut self,
        after: Option<IncidentId>,
        limit: u32,
    ) -> Result<Vec<(IncidentId, Vec<u8>)>>;
    /// The incidents that were opened last, with their staff rows; those before one in that order.
    async fn opened_rows(
        &mut self,
        before: Option<Opened>,
        limit: u32,
    ) -> Result<Vec<(Opened, Vec<u8>)>>;
    /// Some incidents that rules have still to decide on.
    async fn undecided(&mut self, limit: u32) -> Result<BTreeSet<IncidentId>>;
    /// Resolved incidents on devices, with when something happened to them last; behind one, in
    /// that order.
    async fn resolved(
        &mut self,
        after: Option<(UnixMillis, IncidentId)>,
        limit: u32,
    ) -> Result<Vec<(UnixMillis, IncidentId)>>;
    /// When there is something to tell of a clock, at the earliest.
    async fn next_due(&mut self) -> Result<Option<UnixMillis>>;
    /// Refused changes that nobody had a look at, latest first: so many of each person, and so many
    /// in all.
    async fn unseen(&mut self, each: u32, limit: u32) -> Result<Vec<Quarantined>>;
    /// What is kept of a person's refused changes, latest first.
    async fn quarantined(&mut self, person: PersonId) -> Result<Vec<Quarantined>>;
}

/// The one open transaction that may add to the log. Dropped without a commit it leaves no trace.
#[async_trait]
pub trait Writing: View {
    /// The last place of each incident that has one.
    async fn places(&mut self, incidents: &[IncidentId]) -> Result<BTreeMap<IncidentId, Seq>>;
    /// To whom actors are bound.
    async fn actors(&mut self, actors: &[Actor]) -> Result<BTreeMap<Actor, (PersonId, DeviceId)>>;
    /// How these changes were refused before, by whomever they were offered.
    async fn refusals(&mut self, changes: &BTreeSet<(DocKey, Hash)>) -> Result<Quarantine>;
    /// The change of a document by its actor and sequence number, without its bytes.
    async fn change(
        &mut self,
        doc: DocKey,
        actor: Actor,
        actor_seq: u64,
    ) -> Result<Option<StoredChange>>;
    /// The highest number that was given.
    async fn last_number(&mut self) -> Result<Option<u64>>;
    /// Which incident has a number.
    async fn holder(&mut self, number: u64) -> Result<Option<IncidentId>>;

    /// Adds the changes of one commit, whose last place is `commit_end`.
    async fn append(&mut self, changes: &[StoredChange], commit_end: Seq) -> Result<()>;
    async fn put_doc(&mut self, state: &DocState) -> Result<()>;
    /// Changes above the place up to which bytes were dropped, received before a moment; the oldest
    /// first, and none behind one that is younger.
    async fn aged(&mut self, before: UnixMillis, limit: u32) -> Result<Vec<Aged>>;
    /// Keeps a document as a snapshot that covers all its changes.
    async fn put_snapshot(&mut self, doc: DocKey, snapshot: &[u8]) -> Result<()>;
    /// Drops the bytes of these changes, where a snapshot covers them; up to a place none is looked
    /// at any more.
    async fn drop_bytes(&mut self, changes: &[Seq], up_to: Seq) -> Result<Compacted>;
    async fn put_row(&mut self, row: &RowState) -> Result<()>;
    /// Notes that rules have to decide on an incident, or that they have.
    async fn put_undecided(&mut self, incident: IncidentId) -> Result<()>;
    async fn decided(&mut self, incidents: &BTreeSet<IncidentId>) -> Result<()>;
    /// Incidents on devices that are over and to which nothing has happened since a moment, or that
    /// lie behind as many others as `max`; the longest first. What is resolved may be spared.
    async fn resting(
        &mut self,
        (before, max): (UnixMillis, u32),
        spares_resolved: bool,
        limit: u32,
    ) -> Result<Vec<IncidentId>>;
    /// Notes where an incident is that has a row.
    async fn put_rest(&mut self, incident: IncidentId, rest: Rest) -> Result<()>;
    /// Scopes that begin and end to reach an incident at a place of the log.
    async fn move_audience(
        &mut self,
        incident: IncidentId,
        joined: &Audience,
        left: &Audience,
        at: Seq,
    ) -> Result<()>;
    /// The incident's documents are at this place now in every scope that reaches them.
    async fn place(&mut self, incident: IncidentId, at: Seq) -> Result<()>;
    async fn bind(&mut self, actor: Actor, person: PersonId, device: DeviceId) -> Result<()>;
    async fn give_number(&mut self, number: u64, incident: IncidentId) -> Result<()>;
    /// Keeps that an incident has a number that it was given earlier, whoever has it now; of an
    /// incident with several numbers one is kept.
    async fn take_number(&mut self, number: u64, incident: IncidentId) -> Result<()>;
    /// Keeps what was refused, once per person and device. Of each person the oldest go beyond
    /// [`QUARANTINE_ROWS_MAX`] and [`QUARANTINE_BYTES_MAX`]; whoever offers them again is judged
    /// anew.
    async fn quarantine(&mut self, refused: &[Quarantined]) -> Result<()>;
    /// Replaces the moments at which somebody is to be told of an incident's clocks; what was told
    /// already is not told again. Those that `passed` before the incident came here are never told.
    /// Breaches of the incident that were told are in doubt now.
    async fn put_due(&mut self, incident: IncidentId, due: &[Due], passed: &[Due]) -> Result<()>;
    /// What is due by now, the earliest first.
    async fn due(&mut self, now: UnixMillis, limit: u32) -> Result<Vec<(IncidentId, Due)>>;
    /// Notes what became of a notice, which is not due any more.
    async fn tell(
        &mut self,
        incident: IncidentId,
        due: &Due,
        now: UnixMillis,
        outcome: Outcome,
    ) -> Result<()>;
    /// Breaches that were told and are in doubt.
    async fn in_doubt(&mut self, limit: u32) -> Result<Vec<Told>>;
    /// Ends the doubt about a breach.
    async fn settle(&mut self, told: &Told, outcome: Outcome) -> Result<()>;
    /// Writes an effect, unless it is there: then it begins anew if it certainly never happened,
    /// for there was nothing to tell, and its key is not kept for ever.
    async fn add_effect(&mut self, effect: &Effect) -> Result<()>;
    /// Ends an effect that no worker has in hand. Whether it certainly never happened.
    async fn void_effect(&mut self, key: &str) -> Result<bool>;
    /// The keys that begin so and go on with a `.` or a `/`, whatever became of their effects.
    async fn effects(&mut self, begin: &str) -> Result<Vec<String>>;
    /// Keeps everything written, with the log ending at `head`.
    async fn commit(self: Box<Self>, head: Seq) -> Result<()>;
}
