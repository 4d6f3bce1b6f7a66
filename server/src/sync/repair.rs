//! `POST /sync/repair/{kind}/{id}`: automerge's own sync protocol for one document, to read.
//!
//! A device whose document cannot be loaded, or rests on what it lacks, sends automerge sync
//! messages and gets the changes it asks for. What it might offer is left aside: acts come by push.

use std::panic::catch_unwind;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use shared::ids::DocKey;
use shared::sync::message::{Cursors, PROTOCOL, PullRequest, RepairReply, RepairRequest};
use shared::sync::server::{Issued, Log, Pull, Session, Standing, answer};
use tokio::task::spawn_blocking;

use super::{check_person, check_protocol, message, reply, session};
use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::{StoredDoc, View};

pub(super) async fn repair(
    State(app): State<Arc<App>>,
    signed_in: SignedIn,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let doc: DocKey = format!("{kind}/{id}")
        .parse()
        .map_err(|_| ApiError::NotFound)?;
    let _turn = app.keeper.turn()?;
    let request: RepairRequest = message(&headers, body)?;
    check_protocol(request.protocol)?;
    check_person(&signed_in, request.person)?;
    let session = session(&signed_in, request.device, request.surface)?;
    let mut view = app.store.view().await?;
    // What a session may not see is answered like what is not there.
    let is_visible = is_visible(&mut *view, &session, doc).await?;
    // What has left devices may have something unsent upon it on one of them.
    if !is_visible && !view.has_left(doc, &session.scopes).await? {
        return Err(ApiError::NotFound);
    }
    let docs = view.docs(&[doc.id]).await?;
    let stored = docs
        .into_iter()
        .find(|stored| stored.doc == doc)
        .ok_or(ApiError::NotFound)?;
    drop(view);
    let answer = move || catch_unwind(|| repaired(stored, &request.message));
    let answered = spawn_blocking(answer).await.map_err(ApiError::internal)?;
    let repaired = answered.unwrap_or(Err(ApiError::Malformed))?;
    Ok(reply(&repaired))
}

async fn is_visible(view: &mut dyn View, session: &Session, doc: DocKey) -> Result<bool, ApiError> {
    let log: Log = view.log().await?;
    let request = PullRequest {
        protocol: PROTOCOL,
        surface: session.surface,
        person: session.person.id,
        device: session.device,
        cursors: Cursors::default(),
        directory: 0,
        docs_max: 1,
        fetches: true,
    };
    let pull = Pull::new(&request, session.scopes.clone(), &Issued::new(), log);
    let standings = view.standings(&[doc.id], &session.scopes, log.head).await?;
    let sees = |standing: &Standing| pull.forward(standing).visible.contains(&doc.kind);
    Ok(standings.iter().any(sees))
}

fn repaired(stored: StoredDoc, message: &[u8]) -> Result<RepairReply, ApiError> {
    let message = answer(&stored.bytes, message).map_err(|_| ApiError::Malformed)?;
    Ok(RepairReply {
        protocol: PROTOCOL,
        generation: stored.generation,
        message: message.map(Into::into),
        receipts: stored.receipts,
        signed: stored.signed,
    })
}
