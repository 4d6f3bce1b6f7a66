//! Stands in for the store until it lands.
use std::collections::HashMap;
use std::sync::Mutex;

use shared::ids::PersonId;
use shared::people::Directory;
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use crate::auth::SessionId;

#[derive(Debug, Clone, Copy)]
pub struct StoredSession {
    pub person: PersonId,
    pub surface: Surface,
    pub expires_at: UnixMillis,
}

#[derive(Debug, Default)]
pub struct Store {
    directory: Mutex<Option<Directory>>,
    credentials: Mutex<HashMap<PersonId, String>>,
    sessions: Mutex<HashMap<[u8; 32], StoredSession>>,
}

impl Store {
    pub async fn close(&self) {}
    pub async fn is_ready(&self) -> anyhow::Result<()> {
        Ok(())
    }
    pub async fn directory(&self, newer_than: u64) -> anyhow::Result<Option<Directory>> {
        Ok(self
            .directory
            .lock()
            .expect("x")
            .clone()
            .filter(|d| d.version > newer_than))
    }
    pub async fn put_directory(&self, d: &Directory) -> anyhow::Result<()> {
        *self.directory.lock().expect("x") = Some(d.clone());
        Ok(())
    }
    pub async fn credential(&self, p: PersonId) -> anyhow::Result<Option<String>> {
        Ok(self.credentials.lock().expect("x").get(&p).cloned())
    }
    pub async fn put_credential(&self, p: PersonId, phc: &str) -> anyhow::Result<()> {
        self.credentials
            .lock()
            .expect("x")
            .insert(p, phc.to_owned());
        Ok(())
    }
    pub async fn session(&self, id: SessionId) -> anyhow::Result<Option<StoredSession>> {
        Ok(self.sessions.lock().expect("x").get(&id.0).copied())
    }
    pub async fn add_session(
        &self,
        id: SessionId,
        person: PersonId,
        surface: Surface,
        _now: UnixMillis,
        expires_at: UnixMillis,
    ) -> anyhow::Result<()> {
        self.sessions.lock().expect("x").insert(
            id.0,
            StoredSession {
                person,
                surface,
                expires_at,
            },
        );
        Ok(())
    }
    pub async fn end_session(&self, id: SessionId) -> anyhow::Result<()> {
        self.sessions.lock().expect("x").remove(&id.0);
        Ok(())
    }
    pub async fn end_sessions_of(&self, person: PersonId) -> anyhow::Result<u64> {
        let mut s = self.sessions.lock().expect("x");
        let before = s.len();
        s.retain(|_, x| x.person != person);
        Ok((before - s.len()) as u64)
    }
}
