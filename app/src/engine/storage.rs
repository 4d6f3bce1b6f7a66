//! The device's disk: one `IndexedDB` database per person and surface, records as bytes.
//!
//! Whoever writes opens one transaction, reads in it what is to be changed, and commits whole; a
//! dropped transaction changes nothing. Nothing but requests to this database may be awaited while
//! one is open, or the browser ends it.
//!
//! # Design
//! Question: when is an act kept? Answer: when a transaction of durability *strict* says so, since
//! browsers otherwise report success before the disk has it. What came from the server is written
//! relaxed: it can be fetched again.

mod lock;

use std::cell::{Cell, OnceCell};
use std::pin::Pin;
use std::rc::Rc;

use indexed_db_futures::database::Database;
use indexed_db_futures::error::{DomException, Error, OpenDbError};
use indexed_db_futures::internals::SystemRepr as _;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{
    Transaction, TransactionDurability, TransactionMode, TransactionOptions,
};
use indexed_db_futures::typed_array::{Uint8Array, Uint8ArraySlice};
use js_sys::Reflect;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{IdbDatabase, IdbTransaction, IdbVersionChangeEvent};

use shared::ids::{DocKey, IncidentId, PersonId};
use shared::sync::message::Surface;

use super::cipher::{Cipher, KEY_BYTES};
use super::keys::Kept;
use super::protocol::{Failure, News};
use super::{attachments, board};

/// The name of the error that says that there is no room.
const QUOTA: &str = "QuotaExceededError";

/// The name of the error that says that a later version has written the database.
const VERSION: &str = "VersionError";

/// The layout of the database. The second brought the store of keys; cursors of the third may name
/// scopes that earlier versions cannot read; the fourth brought the stores of files.
const LAYOUT: u32 = 4;

/// The store of the keys under which the records of all others lie.
pub(crate) const KEYS: &str = "keys";

/// An object store of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shelf {
    /// One record per document.
    Docs,
    /// Packed rows, a few hundred per record.
    Chunks,
    /// One row over its chunk; empty when the incident is gone.
    Overlays,
    /// Acts that wait, in order.
    Outbox,
    /// Acts that were refused.
    Review,
    /// What somebody has typed but not sent.
    Drafts,
    /// Cursors, device, directory and the like.
    Meta,
    /// The bytes of files.
    Blobs,
    /// Which of them wait to be sent.
    Uploads,
}

impl Shelf {
    /// The copy of what the server has, and what lies on top of it.
    pub(crate) const COPY: [Self; 6] = [
        Self::Docs,
        Self::Chunks,
        Self::Overlays,
        Self::Outbox,
        Self::Review,
        Self::Meta,
    ];

    const ALL: [Self; 9] = [
        Self::Docs,
        Self::Chunks,
        Self::Overlays,
        Self::Outbox,
        Self::Review,
        Self::Drafts,
        Self::Meta,
        Self::Blobs,
        Self::Uploads,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Docs => "docs",
            Self::Chunks => "chunks",
            Self::Overlays => "overlays",
            Self::Outbox => "outbox",
            Self::Review => "review",
            Self::Drafts => "drafts",
            Self::Meta => "meta",
            Self::Blobs => "blobs",
            Self::Uploads => "uploads",
        }
    }
}

/// Why the disk did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("no room left")]
    Quota,
    #[error("a later version has written the database")]
    Later,
    #[error("the database opens with a PIN only")]
    Locked,
    #[error("the PIN is wrong; the next try waits {wait_millis} ms")]
    WrongPin { wait_millis: i64 },
    #[error("{0}")]
    Other(String),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Quota => Self::Quota,
            Broken::Later => Self::Later,
            Broken::Locked => Self::Locked { only_here: None },
            Broken::WrongPin { wait_millis } => Self::WrongPin {
                wait_seconds: u32::try_from((wait_millis + 999) / 1_000).unwrap_or(0),
            },
            Broken::Other(reason) => Self::Storage { reason },
        }
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        if let Error::DomException(exception) = &error {
            let exception: web_sys::DomException = DomException::clone(exception).into();
            match exception.name().as_str() {
                QUOTA => return Self::Quota,
                VERSION => return Self::Later,
                _ => {}
            }
        }
        Self::Other(error.to_string())
    }
}

impl From<OpenDbError> for Broken {
    fn from(error: OpenDbError) -> Self {
        match error {
            OpenDbError::Base(error) => error.into(),
            OpenDbError::VersionZero
            | OpenDbError::UnsupportedEnvironment
            | OpenDbError::NullFactory => Self::Other(error.to_string()),
        }
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    /// To write what can be fetched again.
    Relaxed,
    /// To write what exists nowhere else.
    Strict,
}

/// The database of one person on one surface.
pub(crate) struct Storage {
    database: Database,
    /// Set once its records can be read.
    cipher: OnceCell<Cipher>,
    /// What it works under, to be wrapped anew.
    key: OnceCell<[u8; KEY_BYTES]>,
    pub name: String,
    /// Whether the browser can force a commit to disk.
    pub strict: bool,
}

/// The name of the database of a person.
pub(crate) fn name(surface: Surface, person: PersonId) -> String {
    let surface = match surface {
        Surface::Console => "console",
        Surface::Portal => "portal",
    };
    format!("holdfast-{surface}-{}", person.0)
}

impl Storage {
    /// Opens the database, making it if need be. Its records can be counted and deleted; they are
    /// read and written once it is unlocked.
    pub(crate) async fn open(name: String) -> Result<Self, Broken> {
        Self::open_by(name, upgrade).await
    }

    /// Opens the database if there is one.
    pub(crate) async fn find(name: String) -> Result<Option<Self>, Broken> {
        let is_missing = Rc::new(Cell::new(false));
        let missing = Rc::clone(&is_missing);
        let opening = Self::open_by(name, move |database, from| {
            if from < 1.0 {
                missing.set(true);
                // Opening one makes it; this leaves none behind.
                let store = database.create_object_store(KEYS).build()?;
                store.as_sys().transaction().abort()?;
                return Ok(());
            }
            upgrade(database, from)
        });
        match opening.await {
            Err(_) if is_missing.get() => Ok(None),
            opened => opened.map(Some),
        }
    }

    async fn open_by(
        name: String,
        upgrade: impl FnOnce(&Database, f64) -> Result<(), Error> + 'static,
    ) -> Result<Self, Broken> {
        let opening = Database::open(name.as_str())
            .with_version(LAYOUT)
            .with_on_blocked(|_| {
                board::tell(News::Blocked);
                Ok(())
            })
            .with_on_upgrade_needed(move |event, database| upgrade(&database, event.old_version()))
            .build()?;
        let database = opening.await?;
        give_way(&database);
        Ok(Self {
            database,
            cipher: OnceCell::new(),
            key: OnceCell::new(),
            name,
            strict: can_be_strict(),
        })
    }

    /// Deletes a database of this name, opened or not.
    pub(crate) async fn delete(name: &str) -> Result<(), Broken> {
        Ok(Database::delete_by_name(name)?.await?)
    }

    /// Closes the database.
    pub(crate) fn close(&self) {
        self.database.clone().close();
    }

    /// Whether all that is here is elsewhere too: no act or file waits, nor is one to be looked at.
    pub(crate) async fn is_spare(&self) -> Result<(), Failure> {
        spare(&self.begin(&UNSENT, Purpose::Read)?).await
    }

    /// Destroys the keys if all that is here is elsewhere too.
    pub(crate) async fn destroy_spare(&self) -> Result<(), Failure> {
        let stores = UNSENT.map(Shelf::name);
        let tx = self.transact(stores.into_iter().chain([KEYS]), Purpose::Strict)?;
        spare(&tx).await?;
        Kept::destroy(&tx)?;
        Ok(tx.commit().await?)
    }

    /// How much is nowhere but here: acts that wait or were refused, files, and drafts.
    pub(crate) async fn only_here(&self) -> Result<u32, Broken> {
        let [outbox, review, uploads] = UNSENT;
        let shelves = [outbox, review, uploads, Shelf::Drafts];
        let tx = self.begin(&shelves, Purpose::Read)?;
        Ok(unsent(&tx).await? + tx.count(Shelf::Drafts).await?)
    }

    /// Begins a transaction over some stores.
    pub(crate) fn begin(&self, shelves: &[Shelf], purpose: Purpose) -> Result<Tx<'_>, Broken> {
        self.transact(shelves.iter().map(|shelf| shelf.name()), purpose)
    }

    fn transact(
        &self,
        stores: impl Iterator<Item = &'static str>,
        purpose: Purpose,
    ) -> Result<Tx<'_>, Broken> {
        let names: Vec<_> = stores.collect();
        let (mode, durability) = match purpose {
            Purpose::Read => (TransactionMode::Readonly, TransactionDurability::Default),
            Purpose::Relaxed => (TransactionMode::Readwrite, TransactionDurability::Relaxed),
            Purpose::Strict => (TransactionMode::Readwrite, TransactionDurability::Strict),
        };
        let options = TransactionOptions::new().with_durability(durability);
        let building = self.database.transaction(names).with_mode(mode);
        let transaction = building.with_options(options).build()?;
        Ok(Tx {
            transaction,
            cipher: &self.cipher,
        })
    }
}

/// What may hold something that is nowhere else.
const UNSENT: [Shelf; 3] = [Shelf::Outbox, Shelf::Review, Shelf::Uploads];

async fn unsent(tx: &Tx<'_>) -> Result<u32, Broken> {
    let acts = tx.count(Shelf::Outbox).await? + tx.count(Shelf::Review).await?;
    Ok(acts + attachments::count(tx).await?)
}

async fn spare(tx: &Tx<'_>) -> Result<(), Failure> {
    let count = unsent(tx).await?;
    if count > 0 {
        return Err(Failure::StillWaiting { count });
    }
    Ok(())
}

fn put(store: &ObjectStore<'_>, key: JsValue, record: &[u8]) -> Result<(), Broken> {
    store
        .put(Uint8ArraySlice::new(record))
        .with_key(key)
        .without_key_type()
        .primitive()?;
    Ok(())
}

/// Brings a database from a layout to this one, step by step; zero is none at all.
fn upgrade(database: &Database, from: f64) -> Result<(), Error> {
    if from < 1.0 {
        make(database)?;
    }
    if from < 2.0 {
        database.create_object_store(KEYS).build()?;
    }
    if (1.0..4.0).contains(&from) {
        for shelf in [Shelf::Blobs, Shelf::Uploads] {
            database.create_object_store(shelf.name()).build()?;
        }
    }
    Ok(())
}

/// Lets another tab that brings a later layout, or deletes the database, have it for itself.
/// Without this it would wait until this tab is closed.
fn give_way(database: &Database) {
    let own: &IdbDatabase = database.as_sys().unchecked_ref();
    let closing = own.clone();
    let asked =
        Closure::<dyn FnMut(IdbVersionChangeEvent)>::new(move |event: IdbVersionChangeEvent| {
            let closing = closing.clone();
            match event.new_version() {
                Some(_) => board::give_way(move || closing.close()),
                None => closing.close(),
            }
        });
    own.set_onversionchange(Some(asked.as_ref().unchecked_ref()));
    // It lives as long as the engine: databases are opened a few times at most.
    asked.forget();
}

fn make(database: &Database) -> Result<(), Error> {
    for shelf in Shelf::ALL {
        let store = database.create_object_store(shelf.name());
        // The browser hands out the order of acts, so that tabs cannot disagree about it.
        store.with_auto_increment(shelf == Shelf::Outbox).build()?;
    }
    Ok(())
}

fn can_be_strict() -> bool {
    let kind = Reflect::get(&js_sys::global(), &"IDBTransaction".into());
    let prototype = kind.and_then(|kind| Reflect::get(&kind, &"prototype".into()));
    prototype
        .and_then(|prototype| Reflect::has(&prototype, &"durability".into()))
        .unwrap_or(false)
}

/// A key of a record.
#[derive(Debug, Clone)]
pub(crate) struct Key(JsValue);

impl From<DocKey> for Key {
    fn from(key: DocKey) -> Self {
        Self(key.to_string().into())
    }
}

impl From<IncidentId> for Key {
    fn from(id: IncidentId) -> Self {
        Self(id.to_string().into())
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        Self(key.into())
    }
}

impl From<String> for Key {
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

impl From<u32> for Key {
    fn from(key: u32) -> Self {
        Self(key.into())
    }
}

/// A record that was asked for.
pub(crate) type Pending<'a> = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, Broken>> + 'a>>;

/// A transaction; dropped without a commit, it changes nothing.
pub(crate) struct Tx<'a> {
    transaction: Transaction<'a>,
    cipher: &'a OnceCell<Cipher>,
}

impl<'a> Tx<'a> {
    /// A store that the transaction is over.
    pub(crate) fn store(&self, name: &str) -> Result<ObjectStore<'_>, Broken> {
        Ok(self.transaction.object_store(name)?)
    }

    fn cipher(&self) -> Result<&'a Cipher, Broken> {
        let locked = || Broken::Other("the database is not unlocked".into());
        self.cipher.get().ok_or_else(locked)
    }

    /// Asks for a record at once; the answer can be awaited later.
    pub(crate) fn get(&self, shelf: Shelf, key: impl Into<Key>) -> Result<Pending<'a>, Broken> {
        let (store, cipher) = (self.store(shelf.name())?, self.cipher()?);
        let request = store
            .get::<Uint8Array, JsValue, _>(key.into().0)
            .primitive()?;
        Ok(Box::pin(async move {
            let stored = request.await?;
            Ok(stored.map(|stored| cipher.decrypt(shelf.name(), stored.into())))
        }))
    }

    /// All records of a store, in the order of their keys.
    pub(crate) async fn all(&self, shelf: Shelf) -> Result<Vec<Vec<u8>>, Broken> {
        let (store, cipher) = (self.store(shelf.name())?, self.cipher()?);
        let request = store.get_all::<Uint8Array>().primitive()?;
        let records: Result<Vec<_>, _> = request.await?.collect();
        let records = records?.into_iter();
        Ok(records
            .map(|stored| cipher.decrypt(shelf.name(), stored.into()))
            .collect())
    }

    /// All keys of a store that are texts, in order.
    pub(crate) async fn names(&self, shelf: Shelf) -> Result<Vec<String>, Broken> {
        let store = self.store(shelf.name())?;
        let request = store.get_all_keys::<String>().primitive()?;
        let keys: Result<Vec<_>, _> = request.await?.collect();
        Ok(keys?)
    }

    /// All keys of a store that are numbers, in order.
    pub(crate) async fn numbers(&self, shelf: Shelf) -> Result<Vec<u32>, Broken> {
        let store = self.store(shelf.name())?;
        let request = store.get_all_keys::<u32>().primitive()?;
        let keys: Result<Vec<_>, _> = request.await?.collect();
        Ok(keys?)
    }

    /// How many records a store has.
    pub(crate) async fn count(&self, shelf: Shelf) -> Result<u32, Broken> {
        let store = self.store(shelf.name())?;
        Ok(store.count().primitive()?.await?)
    }

    /// Writes a record.
    pub(crate) fn put(
        &self,
        shelf: Shelf,
        key: impl Into<Key>,
        record: &[u8],
    ) -> Result<(), Broken> {
        let (store, cipher) = (self.store(shelf.name())?, self.cipher()?);
        put(&store, key.into().0, &cipher.encrypt(shelf.name(), record))
    }

    /// Writes a record behind all others of a store that numbers its records.
    pub(crate) fn append(&self, shelf: Shelf, record: &[u8]) -> Result<(), Broken> {
        let (store, cipher) = (self.store(shelf.name())?, self.cipher()?);
        let record = cipher.encrypt(shelf.name(), record);
        store
            .add(Uint8ArraySlice::new(&record))
            .without_key_type()
            .primitive()?;
        Ok(())
    }

    /// Deletes a record, if there is one.
    pub(crate) fn delete(&self, shelf: Shelf, key: impl Into<Key>) -> Result<(), Broken> {
        let store = self.store(shelf.name())?;
        store.delete::<JsValue, _>(key.into().0).primitive()?;
        Ok(())
    }

    /// Deletes all records of a store.
    pub(crate) fn clear(&self, shelf: Shelf) -> Result<(), Broken> {
        let store = self.store(shelf.name())?;
        store.clear()?;
        Ok(())
    }

    /// Commits everything written.
    pub(crate) async fn commit(self) -> Result<(), Broken> {
        let own: IdbTransaction = self.transaction.as_sys().clone().unchecked_into();
        let committed = self.transaction.commit().await;
        // When the browser itself gives up a transaction, only that transaction knows why.
        let why = own.error();
        committed.map_err(|error| match why {
            Some(why) if why.name() == QUOTA => Broken::Quota,
            Some(_) | None => error.into(),
        })
    }
}
