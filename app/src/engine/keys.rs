//! The keys under which a device's records lie.
//!
//! One of 32 random bytes encrypts the records. It is stored only as the browser's own key wraps
//! it, which `WebCrypto` makes and uses and never hands out.
//!
//! # Design
//! Question: against whom? Answer: against who reads the disk or a copy of the database, and above
//! all against what a disk still holds after a sign-out or a wipe: those destroy the keys first, so
//! that whatever blocks stay behind say nothing. Not against who can run code in this very browser
//! as this user, or takes the browser's whole profile. For them there is a PIN, from which another
//! key is derived that wraps the first one: without it nothing here opens. Against somebody with
//! the whole profile a PIN is worth what its length is worth against guessing.

use indexed_db_futures::prelude::*;
use indexed_db_futures::typed_array::{Uint8Array, Uint8ArraySlice};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};

use shared::ids::DeviceId;
use shared::time::UnixMillis;

use super::cipher::KEY_BYTES;
use super::clock;
use super::storage::{Broken, KEYS, Tx};

/// The browser's own key.
const DEVICE: &str = "device";
/// The key of the records, as the browser's own wraps it.
const DATA: &str = "data";
/// What the key of a PIN is derived with: four bytes of rounds, then a salt.
const PIN: &str = "pin";
/// How often a PIN was wrong in a row, and when last: four bytes and eight.
const TRIES: &str = "tries";
/// How the device is called, so that a wipe can tell it without the PIN.
const NAME: &str = "name";
/// That the keys were destroyed, and all records with them.
const DESTROYED: &str = "destroyed";

/// As OWASP advises for PBKDF2 with SHA-256 (Password Storage Cheat Sheet, 2023).
const ROUNDS: u32 = 600_000;
const SALT_BYTES: usize = 16;
/// So many tries are free; each further one must wait, twice as long as the one before.
const FREE_TRIES: u32 = 5;
const WAIT_MILLIS: i64 = 30_000;
const WAIT_MILLIS_MAX: i64 = 3_600_000;

const ALGORITHM: &str = "AES-GCM";
const BITS: u32 = 256;
const IV_BYTES: usize = 12;

/// The browser's means, unless the page came over an unsafe line.
pub(crate) fn subtle() -> Option<SubtleCrypto> {
    let subtle = clock::scope().crypto().ok()?.subtle();
    (!subtle.is_undefined()).then_some(subtle)
}

/// What lies in the store of keys.
#[derive(Clone, PartialEq)]
pub(crate) enum Kept {
    /// Nothing: whatever records there are are plain.
    None,
    Wrapped(Wrapped),
    /// Keys that lack a part.
    Damaged,
    Destroyed,
}

/// A key and what wraps it.
#[derive(Clone)]
pub(crate) struct Wrapped {
    device: CryptoKey,
    data: Vec<u8>,
    pin: Option<Derivation>,
}

/// Read twice, one key of the browser is two objects; no key is wrapped twice to the same bytes.
impl PartialEq for Wrapped {
    fn eq(&self, other: &Self) -> bool {
        (&self.data, &self.pin) == (&other.data, &other.pin)
    }
}

/// How the key of a PIN is derived.
#[derive(Clone, PartialEq)]
struct Derivation {
    rounds: u32,
    salt: [u8; SALT_BYTES],
}

/// What unwrapping came to.
pub(crate) enum Unwrapped {
    Key([u8; KEY_BYTES]),
    /// A PIN is wanted, and none or a wrong one was given.
    WantsPin,
    /// These are not the keys that wrapped it.
    Nothing,
}

/// Wrong PINs in a row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tries {
    count: u32,
    last: UnixMillis,
}

impl Tries {
    /// How long the next try has to wait, in milliseconds.
    pub(crate) fn wait(self, now: UnixMillis) -> i64 {
        let Some(doubled) = self.count.checked_sub(FREE_TRIES) else {
            return 0;
        };
        let wait = WAIT_MILLIS
            .saturating_mul(1 << doubled.min(16))
            .min(WAIT_MILLIS_MAX);
        // A clock that was set back must not lock anybody out for longer.
        (wait - now.since(self.last)).clamp(0, wait)
    }

    /// With one more.
    pub(crate) fn and_one(self, now: UnixMillis) -> Self {
        Self {
            count: self.count.saturating_add(1),
            last: now,
        }
    }

    pub(crate) async fn read(tx: &Tx<'_>) -> Result<Self, Broken> {
        let noted = bytes(tx, TRIES).await?.unwrap_or_default();
        let parts = noted.split_first_chunk::<4>();
        let parts = parts.and_then(|(count, last)| Some((*count, last.try_into().ok()?)));
        Ok(parts.map_or_else(Self::default, |(count, last)| Self {
            count: u32::from_be_bytes(count),
            last: UnixMillis(i64::from_be_bytes(last)),
        }))
    }

    pub(crate) fn put(self, tx: &Tx<'_>) -> Result<(), Broken> {
        let (count, last) = (self.count.to_be_bytes(), self.last.0.to_be_bytes());
        put(tx, TRIES, &[&count[..], &last].concat())
    }
}

/// Notes how the device is called.
pub(crate) fn put_name(tx: &Tx<'_>, device: DeviceId) -> Result<(), Broken> {
    put(tx, NAME, device.as_bytes())
}

/// How the device is called, if that was noted.
pub(crate) async fn name(tx: &Tx<'_>) -> Result<Option<DeviceId>, Broken> {
    let noted = bytes(tx, NAME).await?;
    Ok(noted
        .and_then(|bytes| bytes.try_into().ok())
        .map(DeviceId::from_bytes))
}

async fn bytes(tx: &Tx<'_>, name: &str) -> Result<Option<Vec<u8>>, Broken> {
    let store = tx.store(KEYS)?;
    let request = store
        .get::<Uint8Array, _, _>(JsValue::from_str(name))
        .primitive()?;
    Ok(request.await?.map(Into::into))
}

fn put(tx: &Tx<'_>, name: &str, bytes: &[u8]) -> Result<(), Broken> {
    let store = tx.store(KEYS)?;
    store
        .put(Uint8ArraySlice::new(bytes))
        .with_key(JsValue::from_str(name))
        .without_key_type()
        .primitive()?;
    Ok(())
}

impl Kept {
    /// Reads the store.
    pub(crate) async fn read(tx: &Tx<'_>) -> Result<Self, Broken> {
        let store = tx.store(KEYS)?;
        let get = |name| {
            store
                .get::<JsValue, _, _>(JsValue::from_str(name))
                .primitive()
        };
        let (destroyed, device) = (get(DESTROYED)?, get(DEVICE)?);
        let (destroyed, device) = (destroyed.await?, device.await?);
        let (data, pin) = (bytes(tx, DATA).await?, bytes(tx, PIN).await?);
        let device = device.and_then(|device| device.dyn_into::<CryptoKey>().ok());
        Ok(match (device, data) {
            (Some(device), Some(data)) => Self::Wrapped(Wrapped {
                device,
                data,
                pin: pin.as_deref().and_then(Derivation::read),
            }),
            (None, None) if destroyed.is_some() => Self::Destroyed,
            (None, None) => Self::None,
            _ => Self::Damaged,
        })
    }

    /// Destroys the keys.
    pub(crate) fn destroy(tx: &Tx<'_>) -> Result<(), Broken> {
        let store = tx.store(KEYS)?;
        store.clear()?;
        store
            .put(JsValue::TRUE)
            .with_key(JsValue::from(DESTROYED))
            .without_key_type()
            .primitive()?;
        Ok(())
    }
}

impl Derivation {
    fn fresh() -> Self {
        Self {
            rounds: ROUNDS,
            salt: clock::random(),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (rounds, salt) = bytes.split_first_chunk::<4>()?;
        Some(Self {
            rounds: u32::from_be_bytes(*rounds),
            salt: salt.try_into().ok()?,
        })
    }

    /// The key of a PIN.
    async fn derive(&self, subtle: &SubtleCrypto, pin: &str) -> Result<CryptoKey, Broken> {
        let pin: Object = js_sys::Uint8Array::from(pin.as_bytes()).into();
        let uses = Array::of1(&"deriveKey".into());
        let pin = subtle.import_key_with_str("raw", &pin, "PBKDF2", false, &uses);
        let pin = key_of(pin).await?;
        let how = Object::new();
        set(&how, "name", &"PBKDF2".into());
        set(&how, "hash", &"SHA-256".into());
        set(&how, "salt", &js_sys::Uint8Array::from(&self.salt[..]));
        set(&how, "iterations", &self.rounds.into());
        let algorithm = algorithm();
        key_of(subtle.derive_key_with_object_and_object(&how, &pin, &algorithm, false, &usages()))
            .await
    }
}

impl Wrapped {
    /// A new key for records, wrapped by a new one of the browser.
    pub(crate) async fn make(subtle: &SubtleCrypto) -> Result<(Self, [u8; KEY_BYTES]), Broken> {
        let key = clock::random();
        let device = subtle.generate_key_with_object(&algorithm(), false, &usages());
        let device = key_of(device).await?;
        let data = encrypt(subtle, &device, &key).await?;
        let pin = None;
        Ok((Self { device, data, pin }, key))
    }

    /// Whether it opens with a PIN only.
    pub(crate) fn wants_pin(&self) -> bool {
        self.pin.is_some()
    }

    /// The key of the records.
    pub(crate) async fn unwrap(
        &self,
        subtle: &SubtleCrypto,
        pin: Option<&str>,
    ) -> Result<Unwrapped, Broken> {
        let Some(mut key) = decrypt(subtle, &self.device, &self.data).await else {
            return Ok(Unwrapped::Nothing);
        };
        if let Some(derivation) = &self.pin {
            let Some(pin) = pin else {
                return Ok(Unwrapped::WantsPin);
            };
            let by = derivation.derive(subtle, pin).await?;
            let Some(inner) = decrypt(subtle, &by, &key).await else {
                return Ok(Unwrapped::WantsPin);
            };
            key = inner;
        }
        Ok(key.try_into().map_or(Unwrapped::Nothing, Unwrapped::Key))
    }

    /// The same key under another PIN, or under none.
    pub(crate) async fn under(
        &self,
        subtle: &SubtleCrypto,
        key: &[u8; KEY_BYTES],
        pin: Option<&str>,
    ) -> Result<Self, Broken> {
        let device = self.device.clone();
        let (inner, pin) = match pin {
            Some(pin) => {
                let derivation = Derivation::fresh();
                let by = derivation.derive(subtle, pin).await?;
                (encrypt(subtle, &by, key).await?, Some(derivation))
            }
            None => (key.to_vec(), None),
        };
        let data = encrypt(subtle, &device, &inner).await?;
        Ok(Self { device, data, pin })
    }

    /// Writes the keys, in place of whatever is there.
    pub(crate) fn put(&self, tx: &Tx<'_>) -> Result<(), Broken> {
        let store = tx.store(KEYS)?;
        store.clear()?;
        store
            .put(JsValue::from(self.device.clone()))
            .with_key(JsValue::from(DEVICE))
            .without_key_type()
            .primitive()?;
        put(tx, DATA, &self.data)?;
        match &self.pin {
            Some(Derivation { rounds, salt }) => {
                put(tx, PIN, &[&rounds.to_be_bytes()[..], salt].concat())
            }
            None => Ok(()),
        }
    }
}

fn algorithm() -> Object {
    let algorithm = Object::new();
    set(&algorithm, "name", &ALGORITHM.into());
    set(&algorithm, "length", &BITS.into());
    algorithm
}

fn usages() -> JsValue {
    Array::of2(&"encrypt".into(), &"decrypt".into()).into()
}

fn with_iv(iv: &[u8]) -> Object {
    let algorithm = algorithm();
    set(&algorithm, "iv", &js_sys::Uint8Array::from(iv));
    algorithm
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // An object of our own takes what it is given.
    Reflect::set(object, &name.into(), value).ok();
}

async fn key_of(asked: Result<js_sys::Promise, JsValue>) -> Result<CryptoKey, Broken> {
    let key = JsFuture::from(asked.map_err(no_key)?).await;
    key.and_then(JsValue::dyn_into).map_err(no_key)
}

#[expect(clippy::needless_pass_by_value, reason = "it maps errors")]
fn no_key(why: JsValue) -> Broken {
    Broken::Other(format!("the browser makes no key: {why:?}"))
}

/// What was encrypted, behind the number that was used once for it.
async fn encrypt(subtle: &SubtleCrypto, key: &CryptoKey, secret: &[u8]) -> Result<Vec<u8>, Broken> {
    let iv: [u8; IV_BYTES] = clock::random();
    let asked = subtle.encrypt_with_object_and_u8_array(&with_iv(&iv), key, secret);
    let encrypted = JsFuture::from(asked.map_err(no_key)?)
        .await
        .map_err(no_key)?;
    Ok([&iv[..], &js_sys::Uint8Array::new(&encrypted).to_vec()].concat())
}

async fn decrypt(subtle: &SubtleCrypto, key: &CryptoKey, stored: &[u8]) -> Option<Vec<u8>> {
    let (iv, encrypted) = stored.split_first_chunk::<IV_BYTES>()?;
    let asked = subtle.decrypt_with_object_and_u8_array(&with_iv(iv), key, encrypted);
    let secret = JsFuture::from(asked.ok()?).await.ok()?;
    Some(js_sys::Uint8Array::new(&secret).to_vec())
}
