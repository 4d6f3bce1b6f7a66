//! The one place from which this node writes to the log.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use shared::ids::{Actor, DeviceId, Epoch, IncidentId};
use shared::incidents::Incident;
use shared::sync::Seq;
use shared::sync::server::{Authored, Desk, Kept, author};
use shared::targets::Rules;
use shared::time::UnixMillis;
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::spawn_blocking;

use super::batch::{Batch, load};
use super::contacts::Contacts;
use super::hot::Hot;
use super::live::Sockets;
use super::presence::Hall;
use super::signer::HeadSigner;
use crate::auth::SessionId;
use crate::config::Config;
use crate::error::ApiError;
use crate::store::{self, Audience, Contact, Store, StoreError, StoredDoc, Writing};

/// How many incidents from elsewhere share a transaction.
const AUTHORED_PER_COMMIT: usize = 256;

/// How many pulls and pushes are answered at once: each may hold a few megabytes.
const TURNS_MAX: usize = 64;

/// How many bytes the documents of one transaction may have together; what lies beyond waits for
/// the next. In memory they take a few times as many.
const LOADED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Signs, numbers, remembers hot incidents and tells how far the log goes.
#[derive(Debug)]
pub struct Keeper {
    pub(super) epoch: Epoch,
    actor: Actor,
    signer: HeadSigner,
    prefix: String,
    first_number: u64,
    hot: Mutex<Hot>,
    head: watch::Sender<Seq>,
    turns: Semaphore,
    pub(super) sockets: Sockets,
    pub(super) hall: Hall,
    pub(super) contacts: Contacts,
    /// A signal when sessions were ended by somebody else.
    ended: watch::Sender<()>,
}

/// What became of incidents from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// Incidents that are new or got new acts.
    pub written: usize,
    /// Incidents that had everything already.
    pub unchanged: usize,
    /// Incidents whose acts cannot be written; nothing of them was.
    pub refused: usize,
}

/// What a transaction found stored of the incidents it concerns.
pub(super) struct Found {
    kept: BTreeMap<IncidentId, Arc<Kept>>,
    stored: BTreeMap<IncidentId, (Vec<StoredDoc>, Audience)>,
}

impl Keeper {
    /// Opens the log of a store.
    pub async fn open(store: &dyn Store, config: &Config) -> store::Result<Self> {
        let log = store.view().await?.log().await?;
        // One node writes to a SQLite file, so its number is always zero.
        let node = 0_u32.to_be_bytes();
        let digest = Sha256::new()
            .chain_update("holdfast node")
            .chain_update(log.epoch.as_bytes());
        let digest = digest.chain_update(node).finalize();
        Ok(Self {
            epoch: log.epoch,
            actor: Actor(std::array::from_fn(|place| digest[place])),
            signer: HeadSigner::new(store.signing_key().await?),
            prefix: config.number_prefix.clone(),
            first_number: config.number_start,
            hot: Mutex::default(),
            head: watch::Sender::new(log.head),
            turns: Semaphore::new(TURNS_MAX),
            sockets: Sockets::default(),
            hall: Hall::default(),
            contacts: Contacts::default(),
            ended: watch::Sender::new(()),
        })
    }

    /// Leave to answer a request; when too many are being answered, the device comes back later.
    pub(crate) fn turn(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        self.turns.try_acquire().map_err(|_| ApiError::Busy)
    }

    /// How many devices of these contacts were not heard of lately.
    pub(crate) fn away(&self, contacts: Vec<Contact>, now: UnixMillis) -> usize {
        let is_open = |session| self.sockets.has(session);
        self.contacts.away(contacts, now, is_open)
    }

    /// When a device was last heard of through a session, as far as this process knows.
    pub(crate) fn heard(
        &self,
        session: SessionId,
        device: DeviceId,
        now: UnixMillis,
    ) -> Option<UnixMillis> {
        let heard = self.contacts.heard(session, device)?;
        Some(if self.sockets.has(session) {
            now
        } else {
            heard
        })
    }

    /// Lets go of what was read by rules that no longer hold.
    pub(crate) fn forget_read(&self) {
        *self.hot.lock().unwrap_or_else(PoisonError::into_inner) = Hot::default();
    }

    /// Has every socket look whether its session still holds.
    pub(crate) fn look_at_sessions(&self) {
        self.ended.send_replace(());
    }

    pub(super) fn watch_sessions(&self) -> watch::Receiver<()> {
        self.ended.subscribe()
    }

    /// The end of the log, and a signal when it moves.
    pub(crate) fn watch(&self) -> watch::Receiver<Seq> {
        self.head.subscribe()
    }

    /// The end of the log, and how many sockets are told when it moves.
    pub(crate) fn watched(&self) -> (Seq, usize) {
        (*self.head.borrow(), self.sockets.count())
    }

    /// Notes how far the log goes, also when another process wrote to it.
    pub(crate) fn publish(&self, head: Seq) {
        self.head.send_if_modified(|known| {
            let is_later = head > *known;
            *known = head.max(*known);
            is_later
        });
    }

    pub(super) fn desk<'a>(&'a self, now: UnixMillis, rules: &'a Rules) -> Desk<'a> {
        Desk {
            epoch: self.epoch,
            now,
            actor: self.actor,
            signer: &self.signer,
            rules,
        }
    }

    pub(super) fn number(&self, number: u64) -> String {
        format!("{}{number}", self.prefix)
    }

    /// The number of an incident, if it is one of the server's own.
    pub(super) fn number_of(&self, incident: &Incident) -> Option<u64> {
        let number = incident.number.as_ref()?.strip_prefix(&self.prefix)?;
        number.parse().ok()
    }

    /// Begins a batch on top of the log as it is.
    pub(super) async fn begin(&self, writing: &mut dyn Writing) -> store::Result<Batch> {
        let log = writing.log().await?;
        let last = writing.last_number().await?;
        let number = last.map_or(self.first_number, |last| self.first_number.max(last + 1));
        Ok(Batch::new(Seq(log.head.0 + 1), number))
    }

    /// Finds what is kept of incidents: in memory where that is still true, else in the store.
    pub(super) async fn find(
        &self,
        writing: &mut dyn Writing,
        incidents: &BTreeSet<IncidentId>,
    ) -> store::Result<Found> {
        let incidents: Vec<_> = incidents.iter().copied().collect();
        let places = writing.places(&incidents).await?;
        let mut kept = BTreeMap::new();
        {
            let mut hot = self.hot.lock().unwrap_or_else(PoisonError::into_inner);
            for (id, place) in &places {
                // What is over leaves devices and comes back without a place of its own.
                let hot = hot.get(*id, *place);
                let hot = hot.filter(|hot| hot.incident.state.is_open());
                kept.extend(hot.map(|hot| (*id, hot)));
            }
        }
        let cold: Vec<_> = places
            .into_keys()
            .filter(|id| !kept.contains_key(id))
            .collect();
        let mut stored: BTreeMap<_, (Vec<_>, Audience)> = BTreeMap::new();
        for doc in writing.docs(&cold).await? {
            stored.entry(doc.doc.id).or_default().0.push(doc);
        }
        for (id, (_, audience)) in &mut stored {
            *audience = writing.audience(*id).await?;
        }
        Ok(Found { kept, stored })
    }

    /// Reads incidents as they are kept; one that cannot be read is left out.
    pub(crate) async fn read(
        self: &Arc<Self>,
        writing: &mut dyn Writing,
        incidents: &BTreeSet<IncidentId>,
        rules: &Rules,
        now: UnixMillis,
    ) -> store::Result<BTreeMap<IncidentId, Arc<Kept>>> {
        let mut batch = self.begin(writing).await?;
        let found = self.find(writing, incidents).await?;
        let (keeper, rules) = (Arc::clone(self), rules.clone());
        let read = spawn_blocking(move || {
            found.read_into(&mut batch, keeper.desk(now, &rules));
            batch.kept
        });
        read.await.map_err(|_| PANICKED)
    }

    /// Writes the batch, commits, and remembers what it left behind.
    pub(super) async fn keep(
        &self,
        mut writing: Box<dyn Writing>,
        batch: Batch,
    ) -> store::Result<()> {
        batch.write(&mut *writing).await?;
        self.finish(writing, batch).await
    }

    /// Commits a batch that was written.
    pub(super) async fn finish(
        &self,
        writing: Box<dyn Writing>,
        batch: Batch,
    ) -> store::Result<()> {
        let head = batch.head();
        writing.commit(head).await?;
        let mut hot = self.hot.lock().unwrap_or_else(PoisonError::into_inner);
        for (id, kept) in batch.kept {
            hot.put(id, kept);
        }
        drop(hot);
        self.publish(head);
        Ok(())
    }

    /// Writes incidents from elsewhere, such as a demo or an import, under the server's own actor.
    pub async fn accept_as_server(
        self: &Arc<Self>,
        store: &dyn Store,
        incidents: Vec<Authored>,
        rules: &Rules,
        now: UnixMillis,
    ) -> store::Result<Report> {
        let mut report = Report::default();
        let mut rest = incidents.into_iter();
        loop {
            let chunk: Vec<_> = rest.by_ref().take(AUTHORED_PER_COMMIT).collect();
            if chunk.is_empty() {
                return Ok(report);
            }
            let mut writing = store.write().await?;
            let batch = self.begin(&mut *writing).await?;
            let ids = chunk.iter().map(|authored| authored.incident).collect();
            let found = self.find(&mut *writing, &ids).await?;
            let (keeper, rules) = (Arc::clone(self), rules.clone());
            let written = spawn_blocking(move || keeper.author(chunk, found, batch, &rules, now));
            let (batch, part) = written.await.map_err(|_| PANICKED)?;
            report.add(part);
            self.keep(writing, batch).await?;
        }
    }

    fn author(
        &self,
        chunk: Vec<Authored>,
        found: Found,
        mut batch: Batch,
        rules: &Rules,
        now: UnixMillis,
    ) -> (Batch, Report) {
        let desk = self.desk(now, rules);
        let unread = found.read_into(&mut batch, desk);
        let mut report = Report::default();
        for authored in chunk {
            let kept = batch.kept.get(&authored.incident).map(|kept| &**kept);
            let number = self.number(batch.number);
            let write = || author(&authored, kept, batch.next, &number, desk);
            let is_readable = !unread.has(authored.incident);
            match is_readable.then(|| catch_unwind(AssertUnwindSafe(write))) {
                Some(Ok(Ok(Some(mut commit)))) => {
                    commit.silence(now);
                    batch.add(commit);
                    report.written += 1;
                }
                Some(Ok(Ok(None))) => report.unchanged += 1,
                Some(Ok(Err(_)) | Err(_)) | None => report.refused += 1,
            }
        }
        batch.save();
        (batch, report)
    }
}

const PANICKED: StoreError = StoreError::Unreadable {
    what: "an act that stops its judge",
};

impl Report {
    fn add(&mut self, other: Self) {
        self.written += other.written;
        self.unchanged += other.unchanged;
        self.refused += other.refused;
    }
}

impl Found {
    /// Reads what was stored.
    pub(super) fn read_into(self, batch: &mut Batch, desk: Desk<'_>) -> Unread {
        let mut unread = Unread::default();
        batch.kept.extend(self.kept);
        let mut bytes: usize = batch.kept.values().map(|kept| kept.bytes()).sum();
        for (id, (docs, audience)) in self.stored {
            if bytes > LOADED_BYTES_MAX {
                unread.later.insert(id);
                continue;
            }
            let read = || load(id, docs, audience, desk);
            if let Ok(Some(kept)) = catch_unwind(AssertUnwindSafe(read)) {
                bytes += kept.bytes();
                batch.kept.insert(id, Arc::new(kept));
            } else {
                tracing::error!(incident.id = %id, "a stored incident cannot be read");
                unread.damaged.insert(id);
            }
        }
        unread
    }
}

/// Incidents that were not read.
#[derive(Debug, Default)]
pub(super) struct Unread {
    pub(super) damaged: BTreeSet<IncidentId>,
    /// Too large together with the others.
    pub(super) later: BTreeSet<IncidentId>,
}

impl Unread {
    pub(super) fn has(&self, id: IncidentId) -> bool {
        self.damaged.contains(&id) || self.later.contains(&id)
    }
}
