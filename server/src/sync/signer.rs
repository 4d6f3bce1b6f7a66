//! Signing heads with Ed25519 (RFC 8032).

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use shared::sync::message::Signer;

/// The server's key.
pub(super) struct HeadSigner(SigningKey);

impl HeadSigner {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }
}

impl Signer for HeadSigner {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

impl fmt::Debug for HeadSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeadSigner")
    }
}
