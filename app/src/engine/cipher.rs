//! Records as they lie on the disk: encrypted one by one, each bound to its store.
//!
//! # Design
//! Question: who encrypts, when a transaction ends as soon as anything but the database is awaited,
//! and all of `WebCrypto` must be awaited? Answer: a cipher of our own dependencies, at once, under
//! a key of 32 random bytes that the browser's own key wraps ([`super::keys`]). Nonces are random:
//! of 2^32 records, two would share one with a probability of 2^-33.

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};

use super::clock;

/// How many bytes a key has.
pub(crate) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// What a record that cannot be decrypted reads as: no record is written so, so whoever reads it
/// finds it damaged.
const UNREADABLE: [u8; 1] = [0xff];

/// What makes records unreadable to whoever reads the disk.
pub(crate) enum Cipher {
    /// The browser keeps no keys for this page, since it did not come over a safe line.
    Plain,
    ChaCha(Box<ChaCha20Poly1305>),
}

impl Cipher {
    /// The cipher under a key.
    pub(crate) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self::ChaCha(Box::new(ChaCha20Poly1305::new(key.into())))
    }

    /// Whether the disk holds what it is given unread.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }

    /// A record as it is stored: a nonce, then what was encrypted, which no other store takes.
    pub(crate) fn encrypt(&self, store: &'static str, record: &[u8]) -> Vec<u8> {
        let Self::ChaCha(cipher) = self else {
            return record.to_vec();
        };
        let nonce: [u8; NONCE_BYTES] = clock::random();
        let payload = Payload {
            msg: record,
            aad: store.as_bytes(),
        };
        let encrypted = cipher.encrypt(&Nonce::from(nonce), payload);
        let encrypted = encrypted.expect("a record is far below 256 GB");
        [&nonce[..], &encrypted].concat()
    }

    /// The record that was stored, or bytes that no record has.
    pub(crate) fn decrypt(&self, store: &'static str, stored: Vec<u8>) -> Vec<u8> {
        let Self::ChaCha(cipher) = self else {
            return stored;
        };
        let record = stored.split_first_chunk::<NONCE_BYTES>();
        let record = record.and_then(|(nonce, encrypted)| {
            let payload = Payload {
                msg: encrypted,
                aad: store.as_bytes(),
            };
            cipher.decrypt(&Nonce::from(*nonce), payload).ok()
        });
        record.unwrap_or_else(|| UNREADABLE.to_vec())
    }
}
