//! An incident as its requester may read it, for which internal work is not even loaded, and as
//! staff does.

use shared::document::{BadDocument, Document};
use shared::ids::{DocKey, DocKind, FactId, IncidentId};
use shared::incidents::{Incident, IncidentDocs, IncidentReceipts, read};
use tokio::task::spawn_blocking;

use crate::App;
use crate::error::ApiError;
use crate::store::StoredDoc;

/// What a requester may read of an incident.
pub(crate) struct Public {
    pub(crate) incident: Incident,
    /// The facts that a page made of it shows the last of.
    pub(crate) frontier: Vec<FactId>,
}

/// Reads an incident, if there is one; whether the reader may is decided before.
pub(crate) async fn public(app: &App, id: IncidentId) -> Result<Option<Public>, ApiError> {
    let docs = app.store.view().await?.docs(&[id]).await?;
    let mut docs = docs.into_iter();
    let Some(stored) = docs.find(|stored| stored.doc == DocKey::incident(id)) else {
        return Ok(None);
    };
    let reading = spawn_blocking(move || {
        let (docs, receipts) = requesters(&stored).map_err(ApiError::internal)?;
        let frontier = docs.incident.frontier();
        let (incident, _) = read(&docs, &receipts);
        Ok(Some(Public { incident, frontier }))
    });
    reading.await.map_err(ApiError::internal)?
}

/// What its requester may read of an incident, by its stored document.
pub(crate) fn requesters(
    stored: &StoredDoc,
) -> Result<(IncidentDocs, IncidentReceipts), BadDocument> {
    let incident = Document::load(stored.doc, &stored.bytes)?;
    let receipts = IncidentReceipts {
        incident: stored.receipts.unpack().into_iter().collect(),
        ..IncidentReceipts::default()
    };
    let docs = IncidentDocs {
        incident,
        work: None,
    };
    Ok((docs, receipts))
}

/// An incident as staff reads it, if there is one: to decide by, not to show.
pub(crate) async fn internal(app: &App, id: IncidentId) -> Result<Option<Incident>, ApiError> {
    let stored = app.store.view().await?.docs(&[id]).await?;
    let reading = spawn_blocking(move || {
        let mut receipts = IncidentReceipts::default();
        let (mut incident, mut work) = (None, None);
        for stored in stored {
            let doc = Document::load(stored.doc, &stored.bytes).map_err(ApiError::internal)?;
            let book = stored.receipts.unpack().into_iter().collect();
            match stored.doc.kind {
                DocKind::Incident => (incident, receipts.incident) = (Some(doc), book),
                DocKind::Work => (work, receipts.work) = (Some(doc), book),
            }
        }
        let docs = incident.map(|incident| IncidentDocs { incident, work });
        Ok(docs.map(|docs| read(&docs, &receipts).0))
    });
    reading.await.map_err(ApiError::internal)?
}
