//! Passwords: argon2id, away from the threads that answer requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use argon2::password_hash::phc::{Output, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher as _, Version};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::error::ApiError;

/// Hashing costs grow with the input; nobody types more than this.
const BYTES_MAX: usize = 1024;

/// How long a sign-in waits for its turn before the server says that it is busy.
const WAIT: Duration = Duration::from_secs(10);

/// Of the settings that OWASP's Password Storage Cheat Sheet calls equally strong for argon2id, the
/// one that takes the least memory: 7 MiB, five passes.
fn costs() -> anyhow::Result<Params> {
    Params::new(7 * 1024, 5, 1, None).context("argon2 does not take these costs")
}

/// A password on its way to be hashed; it is never printed.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Hashes it with a salt of its own, as a PHC string.
    pub fn hash(&self, salt: [u8; 16]) -> anyhow::Result<String> {
        anyhow::ensure!(
            (1..=BYTES_MAX).contains(&self.0.len()),
            "1–{BYTES_MAX} bytes expected"
        );
        let hash = Argon2::new(Algorithm::Argon2id, Version::V0x13, costs()?)
            .hash_password_with_salt(self.0.as_bytes(), &salt);
        Ok(hash.context("argon2 failed")?.to_string())
    }

    fn is_that_of(&self, stored: &str, memory: &mut Vec<Block>) -> anyhow::Result<bool> {
        let stored = PasswordHash::new(stored).context("a stored password hash is unreadable")?;
        let is_argon2id = stored.algorithm.as_str() == Algorithm::Argon2id.as_str();
        let (true, Some(salt), Some(expected)) = (is_argon2id, &stored.salt, &stored.hash) else {
            bail!("a stored password hash is not argon2id with salt and hash");
        };
        let params = Params::try_from(&stored).context("a stored password hash has odd costs")?;
        memory.resize(params.block_count(), Block::default());
        let mut found = vec![0; expected.len()];
        let text = &self.0.as_bytes()[..self.0.len().min(BYTES_MAX)];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(text, salt, &mut found, memory)
            .context("argon2 failed")?;
        // Comparing outputs takes the same time wherever they differ.
        Ok(Output::new(&found) == Ok(*expected) && text.len() == self.0.len())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Verifies passwords one after the other in the same 7 MiB: a new piece for each would be kept by
/// the allocator on every thread that ever verified one.
#[derive(Debug)]
pub struct Passwords {
    memory: Arc<Mutex<Vec<Block>>>,
    /// What an unknown login is compared with, so that it costs the same.
    decoy: String,
}

impl Passwords {
    pub fn new(salt: [u8; 16]) -> anyhow::Result<Self> {
        let decoy = decoy(salt).context("no decoy can be made")?;
        Ok(Self {
            memory: Arc::default(),
            decoy,
        })
    }

    /// Whether the password is the stored one; never so when nothing is stored.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<bool, ApiError> {
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.memory).lock_owned());
        let mut memory = turn.await.map_err(|_| ApiError::Busy)?;
        let is_known = stored.is_some();
        let against = stored.unwrap_or_else(|| self.decoy.clone());
        let verify = move || password.is_that_of(&against, &mut memory);
        let verified = tokio::task::spawn_blocking(verify)
            .await
            .map_err(ApiError::internal)?;
        Ok(verified? && is_known)
    }
}

/// A hash that no password has, with the costs of those that are stored.
fn decoy(salt: [u8; 16]) -> anyhow::Result<String> {
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: costs()?.try_into()?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&[0; Params::DEFAULT_OUTPUT_LEN])?),
    };
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_its_own_and_no_other() {
        let passwords = Passwords::new([1; 16]).expect("a decoy");
        let stored = Password::new("correct horse")
            .hash([2; 16])
            .expect("argon2 works");
        assert!(
            stored.starts_with("$argon2id$v=19$m=7168,t=5,p=1$"),
            "{stored}"
        );
        for (typed, stored, is_right) in [
            ("correct horse", Some(&stored), true),
            ("correct horse ", Some(&stored), false),
            ("", Some(&stored), false),
            ("correct horse", None, false),
            ("correct horse", Some(&stored), true),
        ] {
            let verified = passwords
                .verify(Password::new(typed), stored.cloned())
                .await;
            assert_eq!(verified.ok(), Some(is_right), "{typed:?}");
        }
    }

    #[tokio::test]
    async fn a_stored_hash_of_another_kind_is_a_failure_and_no_match() {
        let passwords = Passwords::new([1; 16]).expect("a decoy");
        for stored in [
            "",
            "plain",
            "$argon2i$v=19$m=19456,t=2,p=1$AQEBAQEBAQE$AQEBAQEBAQEBAQEB",
        ] {
            let verified = passwords
                .verify(Password::new("x"), Some(stored.to_owned()))
                .await;
            assert!(matches!(verified, Err(ApiError::Internal(_))), "{stored}");
        }
    }
}
