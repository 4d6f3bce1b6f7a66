//! `POST /sync/return`: what devices bring back after the log was restored from an older copy.
//!
//! A device names its documents with the heads that were signed, and is told which of them the log
//! lacks; those it sends whole. What the server's key vouches for is taken back, and tells nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use shared::document::Document;
use shared::ids::{DocKey, Epoch, IncidentId};
use shared::sync::message::{
    LOGS_MAX, PROTOCOL, RETURN_DOCS_MAX, ReturnReply, ReturnRequest, ReturnedDoc,
};
use shared::sync::server::{Returned, renumber};
use shared::targets::Rules;
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::keeper::{Found, Keeper};
use super::{check_person, check_protocol, message, reply, session};
use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::{StoredDoc, Writing};

pub(super) async fn bring_back(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let _turn = app.keeper.turn()?;
    let request: ReturnRequest = message(&headers, body)?;
    check_protocol(request.protocol)?;
    check_person(&signed_in, request.person)?;
    session(&signed_in, request.device, request.surface)?;
    if request.docs.len() > RETURN_DOCS_MAX {
        return Err(ApiError::TooLarge);
    }
    let (named, brought): (Vec<_>, Vec<_>) =
        request.docs.into_iter().partition(|doc| doc.body.is_none());
    let wanted = lacking(&app, named).await?;
    if !brought.is_empty() {
        let latest = request.earlier.into_iter().rev().take(LOGS_MAX);
        let logs: Vec<_> = iter::once(request.epoch).chain(latest).collect();
        take_back(&app, brought, &logs).await?;
    }
    Ok(reply(&ReturnReply {
        protocol: PROTOCOL,
        epoch: app.keeper.epoch,
        wanted,
    }))
}

/// Those of the documents of whose heads the log lacks one.
async fn lacking(app: &App, named: Vec<ReturnedDoc>) -> Result<Vec<DocKey>, ApiError> {
    let incidents: BTreeSet<_> = named.iter().map(|named| named.doc.id).collect();
    let incidents: Vec<_> = incidents.into_iter().collect();
    let stored = app.store.view().await?.docs(&incidents).await?;
    let lacking = spawn_blocking(move || {
        let stored: BTreeMap<_, _> = stored.iter().map(|stored| (stored.doc, stored)).collect();
        let lacks = |named: &&ReturnedDoc| lacks(named, stored.get(&named.doc).copied());
        named.iter().filter(lacks).map(|named| named.doc).collect()
    });
    lacking.await.map_err(ApiError::internal)
}

fn lacks(named: &ReturnedDoc, stored: Option<&StoredDoc>) -> bool {
    let Some(stored) = stored else { return true };
    let is_head = |head| stored.signed.heads.contains(head);
    if named.signed.heads.iter().all(is_head) {
        return false;
    }
    let Ok(document) = Document::load(stored.doc, &stored.bytes) else {
        return false;
    };
    named.signed.heads.iter().any(|head| !document.has(*head))
}

async fn take_back(app: &App, brought: Vec<ReturnedDoc>, logs: &[Epoch]) -> Result<(), ApiError> {
    let keeper = &app.keeper;
    let _still = app.people.stay().await;
    let (now, rules) = (app.clock.now(), app.people.current().rules());
    let mut writing = app.store.write().await?;
    let batch = keeper.begin(&mut *writing).await?;
    let incidents: BTreeSet<_> = brought.iter().map(|brought| brought.doc.id).collect();
    let found = keeper.find(&mut *writing, &incidents).await?;
    let mut epochs = writing.epochs().await?;
    epochs.extend(logs);
    let judge = Bringing {
        keeper: Arc::clone(keeper),
        rules,
        now,
    };
    let taken = spawn_blocking(move || {
        let taken = judge.take(&brought, &epochs, found, batch);
        (judge, taken)
    });
    let (judge, mut batch) = taken.await.map_err(ApiError::internal)?;
    if batch.is_empty() {
        return Ok(());
    }
    let bound = writing.actors(&batch.actors()).await?;
    batch.leave_bound(&bound);
    let batch = judge.renumber_younger(&mut *writing, batch).await?;
    Ok(keeper.keep(writing, batch).await?)
}

/// What all that is brought back in one request is taken back by.
struct Bringing {
    keeper: Arc<Keeper>,
    rules: Rules,
    now: UnixMillis,
}

impl Bringing {
    fn take(
        &self,
        brought: &[ReturnedDoc],
        epochs: &[Epoch],
        found: Found,
        mut batch: Batch,
    ) -> Batch {
        let desk = self.keeper.desk(self.now, &self.rules);
        let unread = found.read_into(&mut batch, desk);
        let incidents: BTreeSet<_> = brought.iter().map(|brought| brought.doc.id).collect();
        for incident in incidents.iter().filter(|id| !unread.has(**id)) {
            let kept = batch.kept.get(incident).cloned();
            let take = || {
                let returned = Returned::read(*incident, brought, epochs, desk);
                returned.take_back(kept.as_deref(), batch.next, desk)
            };
            match catch_unwind(AssertUnwindSafe(take)) {
                Ok(Some(commit)) => {
                    let number = self.keeper.number_of(&commit.kept.incident);
                    batch.add_returned(commit, number);
                }
                Ok(None) => {}
                Err(_) => tracing::error!(incident.id = %incident, "taking it back failed"),
            }
        }
        batch.save();
        batch
    }

    /// Gives other numbers to those that got one in this log which an older incident brought back.
    async fn renumber_younger(
        &self,
        writing: &mut dyn Writing,
        mut batch: Batch,
    ) -> Result<Batch, ApiError> {
        let earlier: Vec<(u64, IncidentId)> = batch.earlier().collect();
        let mut younger = BTreeSet::new();
        for (number, incident) in earlier {
            let holder = writing.holder(number).await?;
            younger.extend(holder.filter(|holder| *holder != incident));
        }
        let found = self.keeper.find(writing, &younger).await?;
        let desk = self.keeper.desk(self.now, &self.rules);
        found.read_into(&mut batch, desk);
        for incident in younger {
            let Some(kept) = batch.kept.get(&incident).cloned() else {
                continue;
            };
            let number = self.keeper.number(batch.number);
            match renumber(&kept, &number, batch.next, desk) {
                Ok(commit) => batch.add(commit),
                Err(why) => tracing::error!(incident.id = %incident, "it keeps its number: {why}"),
            }
        }
        batch.save();
        Ok(batch)
    }
}
