//! The keys of a database: finding or making them, setting a PIN, destroying them.

use gloo_timers::future::TimeoutFuture;
use indexed_db_futures::object_store::ObjectStore;
use indexed_db_futures::prelude::*;
use indexed_db_futures::typed_array::Uint8Array;
use wasm_bindgen::JsValue;
use web_sys::SubtleCrypto;

use shared::ids::DeviceId;

use super::super::cipher::{Cipher, KEY_BYTES};
use super::super::clock;
use super::super::keys::{self, Kept, Tries, Unwrapped, Wrapped};
use super::super::protocol::PinChange;
use super::{Broken, KEYS, Purpose, Shelf, Storage, Tx, put};

/// How often keys that do not open are tried before they count as lost.
const TRIES: u32 = 4;
const PAUSE_MILLIS: u32 = 500;

impl Storage {
    /// Finds or makes the key of the records. Where it was lost, the records are too; says how many
    /// acts were among them.
    pub(crate) async fn unlock(&self, pin: Option<&str>) -> Result<Option<usize>, Broken> {
        let mut tries = 0;
        loop {
            let kept = Kept::read(&self.keys(Purpose::Read)?).await?;
            let Some(subtle) = keys::subtle() else {
                if kept != Kept::None {
                    return Err(Broken::Other(
                        "the browser has no WebCrypto any more".into(),
                    ));
                }
                self.cipher.set(Cipher::Plain).ok();
                return Ok(None);
            };
            if let Kept::Wrapped(wrapped) = &kept
                && let Some(key) = self.try_pin(&subtle, wrapped, pin).await?
            {
                self.open_with(key);
                return Ok(None);
            }
            // What was encrypted is lost below: not for a browser that failed once.
            tries += 1;
            if tries < TRIES && matches!(kept, Kept::Wrapped(_) | Kept::Damaged) {
                TimeoutFuture::new(PAUSE_MILLIS).await;
                continue;
            }
            let (wrapped, key) = Wrapped::make(&subtle).await?;
            let cipher = Cipher::new(&key);
            // Another tab may have been quicker.
            if let Some(lost) = self.rekey(&cipher, &wrapped, &kept).await? {
                self.open_with(key);
                let is_lost = !matches!(kept, Kept::None | Kept::Destroyed);
                return Ok(is_lost.then_some(lost));
            }
        }
    }

    /// The key of the records, unless these keys never wrapped it. A wrong PIN is noted, and after
    /// some of them the next has to wait.
    async fn try_pin(
        &self,
        subtle: &SubtleCrypto,
        wrapped: &Wrapped,
        pin: Option<&str>,
    ) -> Result<Option<[u8; KEY_BYTES]>, Broken> {
        if pin.is_some() {
            let tries = Tries::read(&self.keys(Purpose::Read)?).await?;
            let wait_millis = tries.wait(clock::wall());
            if wait_millis > 0 {
                return Err(Broken::WrongPin { wait_millis });
            }
        }
        match wrapped.unwrap(subtle, pin).await? {
            Unwrapped::Nothing => Ok(None),
            Unwrapped::WantsPin if pin.is_none() => Err(Broken::Locked),
            Unwrapped::WantsPin => {
                let tx = self.keys(Purpose::Strict)?;
                let tries = Tries::read(&tx).await?.and_one(clock::wall());
                tries.put(&tx)?;
                tx.commit().await?;
                Err(Broken::WrongPin {
                    wait_millis: tries.wait(clock::wall()),
                })
            }
            Unwrapped::Key(key) => {
                if pin.is_some() {
                    let tx = self.keys(Purpose::Relaxed)?;
                    Tries::default().put(&tx)?;
                    tx.commit().await?;
                }
                Ok(Some(key))
            }
        }
    }

    /// Locks the records with a PIN, or no longer with one; the one before is asked for.
    pub(crate) async fn set_pin(&self, change: &PinChange) -> Result<(), Broken> {
        let subtle = keys::subtle().ok_or(Broken::Locked)?;
        let kept = Kept::read(&self.keys(Purpose::Read)?).await?;
        let Kept::Wrapped(wrapped) = &kept else {
            return Err(Broken::Locked);
        };
        let key = self.try_pin(&subtle, wrapped, change.before.as_deref());
        let key = key.await?.ok_or(Broken::Locked)?;
        let under = wrapped.under(&subtle, &key, change.after.as_deref());
        let under = under.await?;
        let tx = self.keys(Purpose::Strict)?;
        // Another tab may have been quicker.
        if Kept::read(&tx).await? != kept {
            return Err(Broken::Locked);
        }
        under.put(&tx)?;
        tx.commit().await
    }

    /// Has the records open without a PIN again: what is to be wiped must go on without its owner.
    pub(crate) async fn drop_pin(&self) -> Result<(), Broken> {
        let (Some(subtle), Some(key)) = (keys::subtle(), self.key.get()) else {
            return Ok(());
        };
        let kept = Kept::read(&self.keys(Purpose::Read)?).await?;
        let Kept::Wrapped(wrapped) = kept else {
            return Ok(());
        };
        let under = wrapped.under(&subtle, key, None).await?;
        let tx = self.keys(Purpose::Strict)?;
        under.put(&tx)?;
        tx.commit().await
    }

    /// Whether the key of the records is at hand.
    pub(crate) fn is_unlocked(&self) -> bool {
        self.cipher.get().is_some()
    }

    fn open_with(&self, key: [u8; KEY_BYTES]) {
        self.cipher.set(Cipher::new(&key)).ok();
        self.key.set(key).ok();
    }

    /// Whether the records open with a PIN only.
    pub(crate) async fn wants_pin(&self) -> Result<bool, Broken> {
        let kept = Kept::read(&self.keys(Purpose::Read)?).await?;
        Ok(matches!(kept, Kept::Wrapped(wrapped) if wrapped.wants_pin()))
    }

    /// Notes beside the PIN how the device is called.
    pub(crate) async fn note_device(&self, device: DeviceId) -> Result<(), Broken> {
        let tx = self.keys(Purpose::Relaxed)?;
        keys::put_name(&tx, device)?;
        tx.commit().await
    }

    /// How the device is called, as far as that was noted beside the PIN.
    pub(crate) async fn device(&self) -> Result<Option<DeviceId>, Broken> {
        keys::name(&self.keys(Purpose::Read)?).await
    }

    /// Puts everything under new keys, unless others were put there meanwhile: what was plain, or
    /// nothing, since nobody can read the rest any more. Says how many acts are lost by that.
    async fn rekey(
        &self,
        cipher: &Cipher,
        wrapped: &Wrapped,
        before: &Kept,
    ) -> Result<Option<usize>, Broken> {
        let names = Shelf::ALL.map(Shelf::name);
        let tx = self.transact(names.into_iter().chain([KEYS]), Purpose::Strict)?;
        if Kept::read(&tx).await? != *before {
            return Ok(None);
        }
        let mut lost = 0;
        for shelf in Shelf::ALL {
            let store = tx.store(shelf.name())?;
            if *before == Kept::None {
                encrypt_all(&store, shelf, cipher).await?;
                continue;
            }
            if shelf == Shelf::Outbox {
                lost = tx.count(shelf).await? as usize;
            }
            store.clear()?;
        }
        wrapped.put(&tx)?;
        tx.commit().await?;
        Ok(Some(lost))
    }

    /// Destroys the keys, and all records with them.
    pub(crate) async fn destroy(&self) -> Result<(), Broken> {
        let tx = self.keys(Purpose::Strict)?;
        Kept::destroy(&tx)?;
        tx.commit().await
    }

    fn keys(&self, purpose: Purpose) -> Result<Tx<'_>, Broken> {
        self.transact([KEYS].into_iter(), purpose)
    }

    /// Whether the disk holds records that only this browser reads.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.cipher.get().is_some_and(|cipher| !cipher.is_plain())
    }
}

/// Encrypts what a store holds plain.
async fn encrypt_all(store: &ObjectStore<'_>, shelf: Shelf, cipher: &Cipher) -> Result<(), Broken> {
    let (keys, records) = (
        store.get_all_keys::<JsValue>().primitive()?,
        store.get_all::<Uint8Array>().primitive()?,
    );
    let keys: Result<Vec<_>, _> = keys.await?.collect();
    let records: Result<Vec<_>, _> = records.await?.collect();
    for (key, record) in keys?.into_iter().zip(records?) {
        let record: Vec<u8> = record.into();
        put(store, key, &cipher.encrypt(shelf.name(), &record))?;
    }
    Ok(())
}
