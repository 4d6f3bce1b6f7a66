//! The directory as the server uses it: read once, shared, replaced whole when it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use shared::ids::PersonId;
use shared::people::{Directory, Person, Scope};
use shared::policy;
use shared::sync::message::Surface;
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use crate::App;
use crate::error::ApiError;
use crate::store::Setting;

/// The directory of the store, in memory.
#[derive(Debug)]
pub struct People {
    directory: RwLock<Arc<Directory>>,
    /// Held to write by whoever changes what incidents are judged by, to read by whoever judges.
    changing: tokio::sync::RwLock<()>,
}

impl People {
    pub fn new(directory: Directory) -> Self {
        Self {
            directory: RwLock::new(Arc::new(directory)),
            changing: tokio::sync::RwLock::default(),
        }
    }

    pub fn current(&self) -> Arc<Directory> {
        Arc::clone(
            &self
                .directory
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// The turn of whoever changes what incidents are judged by: nobody judges or changes it
    /// meanwhile.
    pub(crate) async fn turn(&self) -> RwLockWriteGuard<'_, ()> {
        self.changing.write().await
    }

    /// Keeps what incidents are judged by as it is until the guard is dropped.
    pub(crate) async fn stay(&self) -> RwLockReadGuard<'_, ()> {
        self.changing.read().await
    }

    /// Writes a new directory under the next version and shares it.
    pub async fn replace(&self, app: &App, directory: Directory) -> anyhow::Result<()> {
        self.set(app, directory, None).await
    }

    /// The same, with the setting that it follows from.
    pub(crate) async fn set(
        &self,
        app: &App,
        mut directory: Directory,
        setting: Option<&Setting>,
    ) -> anyhow::Result<()> {
        let before = self.current();
        directory.version = before.version + 1;
        let lost = lost_scopes(&before, &directory);
        let put = app.store.put_directory(&directory, &lost, setting);
        put.await?;
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
        let shared = self.directory.write();
        *shared.unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }
}

/// What people may no longer read through, at whatever surface.
fn lost_scopes(before: &Directory, after: &Directory) -> BTreeMap<PersonId, BTreeSet<Scope>> {
    let scopes = |person: &Person| {
        if person.active {
            policy::scopes(person, Surface::Console)
        } else {
            BTreeSet::new()
        }
    };
    let lost = |person: &Person| {
        let left = after.person(person.id).map(scopes).unwrap_or_default();
        let lost: BTreeSet<_> = scopes(person).difference(&left).cloned().collect();
        (!lost.is_empty()).then_some((person.id, lost))
    };
    before.people.iter().filter_map(lost).collect()
}
