//! Saved views, as people change them at the console.
//!
//! `PUT /views/{id}` saves one and `DELETE /views/{id}` deletes one; the answer is the view, or why
//! not. Devices get those of their person with the directory, and ask for it at once, since each
//! change moves the end of the log on.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{DefaultBodyLimit, Path, State};
use axum::routing::put;
use axum::{Json, Router};
use shared::ids::ViewId;
use shared::people::{Directory, Person, Surface};
use shared::views::{Refused, SavedView, ViewAnswer, WantedView, edition, saved};

use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;

/// A name, a question and the groups of a large organisation.
const BODY_BYTES_MAX: usize = 32 * 1_024;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/views/{id}", put(save).delete(delete))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

/// The views of the store, in memory.
#[derive(Debug, Default)]
pub(crate) struct Views {
    all: RwLock<Arc<Vec<SavedView>>>,
    /// Held by whoever changes one: how many a person has is counted before.
    changing: tokio::sync::Mutex<()>,
}

impl Views {
    pub(crate) fn new(all: Vec<SavedView>) -> Self {
        Self {
            all: RwLock::new(Arc::new(all)),
            changing: tokio::sync::Mutex::default(),
        }
    }

    fn current(&self) -> Arc<Vec<SavedView>> {
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes over what this process or another has written.
    pub(crate) async fn refresh(&self, app: &App) -> anyhow::Result<()> {
        let all = Arc::new(app.store.views().await?);
        *self.all.write().unwrap_or_else(PoisonError::into_inner) = all;
        Ok(())
    }

    /// Those of a person, and the version of the directory that they make.
    pub(crate) fn of(
        &self,
        person: &Person,
        surface: Surface,
        directory: &Directory,
    ) -> (Vec<SavedView>, u64) {
        let all = match surface {
            Surface::Console => self.current(),
            Surface::Portal => Arc::default(),
        };
        let views = all.iter().filter(|view| view.is_for(person, directory));
        let views: Vec<_> = views.cloned().collect();
        let version = edition(directory.version, &views);
        (views, version)
    }
}

async fn save(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(wanted): Json<WantedView>,
) -> Result<Json<ViewAnswer>, ApiError> {
    let id = named(&signed_in, &id)?;
    // Whoever waits here keeps no turn from those who sync.
    let _changing = app.views.changing.lock().await;
    let _turn = app.keeper.turn()?;
    app.views.refresh(&app).await?;
    let (all, directory) = (app.views.current(), app.people.current());
    let view = match saved(id, wanted, &signed_in.person, &all, &directory) {
        Ok(view) => view,
        Err(refused) => return Ok(Json(ViewAnswer::Refused(refused))),
    };
    app.store.put_view(&view).await?;
    tell(&app).await?;
    Ok(Json(ViewAnswer::Saved(view)))
}

/// Deletes a view. What somebody does not have is answered like what is not there.
async fn delete(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Json<ViewAnswer>, ApiError> {
    let id = named(&signed_in, &id)?;
    // Whoever waits here keeps no turn from those who sync.
    let _changing = app.views.changing.lock().await;
    let _turn = app.keeper.turn()?;
    app.views.refresh(&app).await?;
    let (all, directory) = (app.views.current(), app.people.current());
    let person = &signed_in.person;
    let mut all = all.iter();
    let view = all.find(|view| view.id == id && view.is_for(person, &directory));
    let view = view.ok_or(ApiError::NotFound)?;
    if !view.may_change(person) {
        return Ok(Json(ViewAnswer::Refused(Refused::NotYours)));
    }
    app.store.delete_view(id).await?;
    tell(&app).await?;
    Ok(Json(ViewAnswer::Deleted))
}

/// Views are for staff on the console; to anybody else there is nothing here.
fn named(signed_in: &SignedIn, id: &str) -> Result<ViewId, ApiError> {
    if signed_in.surface != Surface::Console || !signed_in.person.is_staff() {
        return Err(ApiError::NotFound);
    }
    id.parse().map_err(|_| ApiError::NotFound)
}

async fn tell(app: &App) -> Result<(), ApiError> {
    app.views.refresh(app).await?;
    let head = app.store.view().await?.log().await?.head;
    app.keeper.publish(head);
    Ok(())
}
