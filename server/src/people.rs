//! The directory as the server uses it: read once, shared, replaced whole when it changes.

use std::sync::{Arc, PoisonError, RwLock};

use shared::ids::PersonId;
use shared::people::{Directory, Person};

use crate::App;
use crate::error::ApiError;

/// The directory of the store, in memory.
#[derive(Debug)]
pub struct People(RwLock<Arc<Directory>>);

impl People {
    pub fn new(directory: Directory) -> Self {
        Self(RwLock::new(Arc::new(directory)))
    }

    pub fn current(&self) -> Arc<Directory> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes a new directory under the next version and shares it.
    pub async fn replace(&self, app: &App, mut directory: Directory) -> anyhow::Result<()> {
        directory.version = self.current().version + 1;
        app.store.put_directory(&directory).await?;
        self.share(directory);
        Ok(())
    }

    /// Takes over what another process, such as `holdfast user add`, has written.
    pub async fn refresh(&self, app: &App) -> anyhow::Result<()> {
        if let Some(directory) = app.store.directory(self.current().version).await? {
            self.share(directory);
        }
        Ok(())
    }

    pub(crate) async fn by_login(
        &self,
        app: &App,
        login: &str,
    ) -> Result<Option<Person>, ApiError> {
        self.find(app, |directory| directory.by_login(login).cloned())
            .await
    }

    pub(crate) async fn by_id(&self, app: &App, id: PersonId) -> Result<Option<Person>, ApiError> {
        self.find(app, |directory| directory.person(id).cloned())
            .await
    }

    async fn find(
        &self,
        app: &App,
        wanted: impl Fn(&Directory) -> Option<Person>,
    ) -> Result<Option<Person>, ApiError> {
        if let Some(person) = wanted(&self.current()) {
            return Ok(Some(person));
        }
        self.refresh(app).await?;
        Ok(wanted(&self.current()))
    }

    fn share(&self, directory: Directory) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }
}
