//! Which file a request means, and whether whoever asks may have it.

use std::collections::BTreeMap;

use shared::document::Document;
use shared::ids::{DocKey, DocKind, FactId, Hash, PersonId};
use shared::incidents::attachments::{Blob, Part};
use shared::incidents::{Event, IncidentDocs, IncidentReceipts, read};
use shared::people::Surface;
use shared::policy;
use tokio::task::spawn_blocking;

use super::folder::Place;
use crate::App;
use crate::auth::SignedIn;
use crate::error::ApiError;
use crate::store::StoredDoc;

/// A file as a request names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    doc: DocKey,
    fact: FactId,
    hash: Hash,
    /// Whose database asks, and on which surface: browsers share a session over all tabs.
    person: Option<PersonId>,
    surface: Option<Surface>,
}

impl Asked {
    /// Reads the last part of the path and `doc=…&fact=…&person=…&surface=…`.
    pub(super) fn read(hash: &str, query: Option<&str>) -> Result<Self, ApiError> {
        let fields = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let fields: BTreeMap<_, _> = fields.collect();
        let field = |name| fields.get(name).ok_or(ApiError::NotFound);
        let surface = match fields.get("surface").map(AsRef::as_ref) {
            Some("portal") => Some(Surface::Portal),
            Some("console") => Some(Surface::Console),
            Some(_) | None => None,
        };
        Ok(Self {
            doc: field("doc")?.parse().map_err(|_| ApiError::NotFound)?,
            fact: field("fact")?.parse().map_err(|_| ApiError::NotFound)?,
            hash: hash.parse().map_err(|_| ApiError::NotFound)?,
            person: fields
                .get("person")
                .and_then(|id| id.parse().ok())
                .map(PersonId),
            surface,
        })
    }

    pub(super) fn place(&self) -> Place {
        Place {
            doc: self.doc,
            fact: self.fact,
            hash: self.hash,
        }
    }

    /// The file, if its author asks. Whether they may still read the document is no matter: what
    /// they said of it was accepted.
    pub(super) async fn for_its_author(
        &self,
        app: &App,
        signed_in: &SignedIn,
    ) -> Result<Blob, ApiError> {
        self.check_session(signed_in)?;
        let (event, blob) = self.named(app).await?;
        if event.from.by != signed_in.person.id {
            return Err(ApiError::NotFound);
        }
        Ok(blob)
    }

    /// The file and its name, if whoever asks may read the document that it is on.
    pub(super) async fn for_a_reader(
        &self,
        app: &App,
        signed_in: &SignedIn,
    ) -> Result<(String, Blob), ApiError> {
        let surface = self.check_session(signed_in)?;
        let scopes = policy::scopes(&signed_in.person, surface);
        let audience = app.store.view().await?.audience(self.doc.id).await?;
        let mut audience = audience.iter();
        if !audience.any(|(kind, scope)| *kind == self.doc.kind && scopes.contains(scope)) {
            return Err(ApiError::NotFound);
        }
        let (event, blob) = self.named(app).await?;
        let name = event.kind.attached().map(|file| file.name.clone());
        Ok((name.unwrap_or_default(), blob))
    }

    fn check_session(&self, signed_in: &SignedIn) -> Result<Surface, ApiError> {
        let is_other = self.person.is_some_and(|id| id != signed_in.person.id);
        match (signed_in.surface, self.surface) {
            (Surface::Portal, Some(Surface::Console)) => Err(ApiError::NotSignedIn),
            _ if is_other => Err(ApiError::NotSignedIn),
            (own, asked) => Ok(asked.unwrap_or(own)),
        }
    }

    /// The event that counts and names the file. Nothing is told of what was taken back.
    async fn named(&self, app: &App) -> Result<(Event, Blob), ApiError> {
        let docs = app.store.view().await?.docs(&[self.doc.id]).await?;
        let asked = *self;
        let reading = spawn_blocking(move || asked.found_in(docs));
        let found = reading.await.map_err(ApiError::internal)??;
        found.ok_or(ApiError::NotFound)
    }

    fn found_in(&self, docs: Vec<StoredDoc>) -> Result<Option<(Event, Blob)>, ApiError> {
        let Some(event) = event(docs, self.doc, self.fact)? else {
            return Ok(None);
        };
        let Some(file) = event.kind.attached() else {
            return Ok(None);
        };
        let blobs = [Part::File, Part::Thumbnail].map(|part| file.blob(part));
        let blob = blobs.into_iter().flatten().find(|it| it.hash == self.hash);
        Ok(blob.map(|blob| (event, blob)))
    }
}

/// Reads an incident of the store.
pub(super) fn incident(
    docs: Vec<StoredDoc>,
) -> Result<Option<shared::incidents::Incident>, ApiError> {
    let (mut public, mut work) = (None, None);
    let mut receipts = IncidentReceipts::default();
    for stored in docs {
        let doc = Document::load(stored.doc, &stored.bytes).map_err(ApiError::internal)?;
        let unpacked = stored.receipts.unpack().into_iter().collect();
        match stored.doc.kind {
            DocKind::Incident => (public, receipts.incident) = (Some(doc), unpacked),
            DocKind::Work => (work, receipts.work) = (Some(doc), unpacked),
        }
    }
    let docs = public.map(|incident| IncidentDocs { incident, work });
    Ok(docs.map(|docs| read(&docs, &receipts).0))
}

fn event(docs: Vec<StoredDoc>, doc: DocKey, fact: FactId) -> Result<Option<Event>, ApiError> {
    let incident = incident(docs)?;
    let events = incident.map(|incident| incident.timeline);
    let mut events = events.into_iter().flatten();
    let found = events.find(|event| (event.doc, event.fact) == (doc.kind, fact));
    Ok(found.filter(Event::counts))
}
