//! An incident as its requester may read it: internal work is not even loaded.

use shared::document::Document;
use shared::ids::{DocKey, FactId, IncidentId};
use shared::incidents::{Incident, IncidentDocs, IncidentReceipts, read};
use tokio::task::spawn_blocking;

use crate::App;
use crate::error::ApiError;

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
        let incident = Document::load(stored.doc, &stored.bytes).map_err(ApiError::internal)?;
        let frontier = incident.frontier();
        let receipts = IncidentReceipts {
            incident: stored.receipts.unpack().into_iter().collect(),
            ..IncidentReceipts::default()
        };
        let docs = IncidentDocs {
            incident,
            work: None,
        };
        let (incident, _) = read(&docs, &receipts);
        Ok(Some(Public { incident, frontier }))
    });
    reading.await.map_err(ApiError::internal)?
}
