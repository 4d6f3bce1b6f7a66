//! Passwords: argon2id, away from the threads that answer requests.

use std::fmt;
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::error::ApiError;

/// Hashing costs grow with the input; nobody types more than this.
const BYTES_MAX: usize = 1024;

/// How long a sign-in waits for its turn before the server says that it is busy.
const WAIT: Duration = Duration::from_secs(10);

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
        let hash = Argon2::default().hash_password_with_salt(self.0.as_bytes(), &salt);
        Ok(hash.context("argon2 failed")?.to_string())
    }

    fn is_that_of(&self, stored: &str) -> anyhow::Result<bool> {
        let stored = PasswordHash::new(stored).context("a stored password hash is unreadable")?;
        let verified = Argon2::default().verify_password(self.0.as_bytes(), &stored);
        Ok(verified.is_ok() && self.0.len() <= BYTES_MAX)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Verifies passwords, as many at once as there are cores: each takes 19 MiB for its time.
#[derive(Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// What an unknown login is compared with, so that it costs the same.
    decoy: String,
}

impl Passwords {
    pub fn new(salt: [u8; 16]) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let decoy = Password::new("nobody has this password").hash(salt)?;
        Ok(Self {
            turns: Arc::new(Semaphore::new(cores)),
            decoy,
        })
    }

    /// Whether the password is the stored one; never so when nothing is stored.
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<String>,
    ) -> Result<bool, ApiError> {
        let turn = tokio::time::timeout(WAIT, Arc::clone(&self.turns).acquire_owned());
        let turn = turn
            .await
            .map_err(|_| ApiError::Busy)?
            .map_err(ApiError::internal)?;
        let is_known = stored.is_some();
        let against = stored.unwrap_or_else(|| self.decoy.clone());
        let verify = move || {
            let is_right = password.is_that_of(&against);
            drop(turn);
            is_right
        };
        let verified = tokio::task::spawn_blocking(verify)
            .await
            .map_err(ApiError::internal)?;
        Ok(verified.map_err(ApiError::internal)? && is_known)
    }
}
