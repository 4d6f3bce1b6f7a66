//! Signing heads with Ed25519 (RFC 8032).

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey};
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

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let signature = Signature::from_slice(signature);
        signature.is_ok_and(|signature| self.0.verify(message, &signature).is_ok())
    }
}

impl fmt::Debug for HeadSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeadSigner")
    }
}
