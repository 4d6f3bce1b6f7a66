//! Files on the disk: their bytes, and a note for each part that waits to be sent.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use shared::ids::{ActId, DocKey, FactId, IncidentId};
use shared::incidents::attachments::{Blob, Part};
use shared::incidents::{Drafted, Event, Intent};
use shared::sync::client::ReviewEntry;

use super::super::desk::Desk;
use super::super::keep;
use super::super::protocol::{Failure, Files, Sealed, WaitingFile, Wanted};
use super::super::storage::{Broken, Purpose, Shelf, Tx};
use super::Prepared;

/// How many files that the server has too are kept; beyond it the oldest go.
const FETCHED_MAX: usize = 200;
const THUMBNAILS_MAX: usize = 4_000;

/// A part of a file that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) act: ActId,
    pub(super) doc: DocKey,
    pub(super) fact: FactId,
    pub(super) part: Part,
    pub(super) blob: Blob,
    name: String,
    /// The server would not take it.
    pub(super) is_refused: bool,
}

impl Upload {
    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            doc: self.doc,
            fact: self.fact,
            part: self.part,
            blob: self.blob,
        }
    }

    /// What waits is sent in the order of its names: thumbnails first, then what was attached
    /// first.
    pub(super) fn name(&self) -> String {
        format!("{}/{}", rank(self.part), self.fact)
    }

    fn encode(&self) -> Result<Vec<u8>, Broken> {
        postcard::to_allocvec(self).map_err(|why| Broken::Other(why.to_string()))
    }
}

fn rank(part: Part) -> u8 {
    match part {
        Part::Thumbnail => 0,
        Part::File => 1,
    }
}

fn blob_name(doc: DocKey, fact: FactId, part: Part) -> String {
    format!("{doc}/{fact}/{}", rank(part))
}

/// The document of a file's bytes.
fn doc_of(name: &str) -> Option<DocKey> {
    let (fact, _) = name.rsplit_once('/')?;
    fact.rsplit_once('/')?.0.parse().ok()
}

/// Keeps the bytes of a file in the transaction of the act that names it.
pub(crate) fn keep(
    tx: &Tx<'_>,
    (incident, drafted): (IncidentId, &Drafted),
    prepared: &Prepared,
) -> Result<(), Failure> {
    let Intent::Attach { doc: kind, file } = &drafted.intent else {
        return Ok(());
    };
    if *file != prepared.file {
        return Err(Failure::Unknown);
    }
    let doc = DocKey {
        kind: *kind,
        id: incident,
    };
    let fact = match doc.kind {
        shared::ids::DocKind::Incident => drafted.facts[0],
        shared::ids::DocKind::Work => drafted.facts[1],
    };
    let parts = [
        (Part::Thumbnail, prepared.thumbnail.as_deref()),
        (Part::File, Some(prepared.bytes.as_slice())),
    ];
    for (part, bytes) in parts {
        let (Some(bytes), Some(blob)) = (bytes, file.blob(part)) else {
            continue;
        };
        let upload = Upload {
            act: drafted.act,
            doc,
            fact,
            part,
            blob,
            name: file.name.clone(),
            is_refused: false,
        };
        tx.put(Shelf::Blobs, blob_name(doc, fact, part), bytes)?;
        tx.put(Shelf::Uploads, upload.name(), &upload.encode()?)?;
    }
    Ok(())
}

/// Drops what waits of a file whose author takes it back, in the transaction of that act.
pub(crate) fn take_back(tx: &Tx<'_>, doc: DocKey, fact: FactId) -> Result<(), Broken> {
    for part in [Part::Thumbnail, Part::File] {
        tx.delete(Shelf::Uploads, format!("{}/{fact}", rank(part)))?;
        tx.delete(Shelf::Blobs, blob_name(doc, fact, part))?;
    }
    Ok(())
}

/// The bytes of a part, if they are here.
pub(super) async fn blob(desk: &Desk, wanted: &Wanted) -> Result<Option<Vec<u8>>, Broken> {
    let tx = desk.storage.begin(&[Shelf::Blobs], Purpose::Read)?;
    let name = blob_name(wanted.doc, wanted.fact, wanted.part);
    let bytes = tx.get(Shelf::Blobs, name)?.await?;
    // What cannot be decrypted is as if it were not here.
    Ok(bytes.filter(|bytes| bytes.len() == wanted.blob.bytes as usize))
}

/// Keeps bytes that the server has too.
pub(super) async fn store(desk: &Desk, wanted: &Wanted, bytes: &[u8]) -> Result<(), Broken> {
    let tx = desk
        .storage
        .begin(&[Shelf::Blobs, Shelf::Docs], Purpose::Relaxed)?;
    // Its reader may have lost the document meanwhile.
    if tx.get(Shelf::Docs, wanted.doc)?.await?.is_none() {
        return Ok(());
    }
    let name = blob_name(wanted.doc, wanted.fact, wanted.part);
    tx.put(Shelf::Blobs, name, bytes)?;
    tx.commit().await
}

/// All that waits, in the order in which it is sent. A note that cannot be read is left out.
pub(super) async fn uploads(tx: &Tx<'_>) -> Result<Vec<Upload>, Broken> {
    let records = tx.all(Shelf::Uploads).await?;
    let read = |record: &Vec<u8>| postcard::from_bytes(record).ok();
    Ok(records.iter().filter_map(read).collect())
}

/// The next part that may go: its act has been accepted, and the server has nothing against it.
pub(super) async fn next(desk: &Desk) -> Result<Option<Upload>, Broken> {
    let shelves = [Shelf::Uploads, Shelf::Outbox, Shelf::Review];
    let tx = desk.storage.begin(&shelves, Purpose::Read)?;
    let uploads = uploads(&tx).await?;
    if uploads.is_empty() {
        return Ok(None);
    }
    let outbox = keep::outbox(&tx).await?;
    let mut unsaid: BTreeSet<_> = outbox.iter().map(|(_, entry)| entry.act()).collect();
    let review = tx.all(Shelf::Review).await?;
    let review = review
        .iter()
        .filter_map(|one| ReviewEntry::decode(one).ok());
    unsaid.extend(review.map(|entry| entry.drafted.act));
    let mut uploads = uploads.into_iter();
    Ok(uploads.find(|upload| !upload.is_refused && !unsaid.contains(&upload.act)))
}

/// Has own files sent again that lie here, since a log that was restored may lack them: of what
/// the server has it says so at once.
pub(crate) async fn send_again(desk: &Rc<Desk>) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Blobs], Purpose::Read)?;
    let names: BTreeSet<_> = tx.names(Shelf::Blobs).await?.into_iter().collect();
    drop(tx);
    let docs = names.iter().filter_map(|name| doc_of(name));
    let incidents: BTreeSet<IncidentId> = docs.map(|doc| doc.id).collect();
    for id in incidents {
        let Ok(incident) = desk.read(id).await else {
            continue;
        };
        let tx = desk.storage.begin(&[Shelf::Uploads], Purpose::Relaxed)?;
        let events = incident.timeline.iter().filter(|event| event.counts());
        for event in events.filter(|event| event.from.by == desk.person) {
            for upload in uploads_of(id, event) {
                let is_here = names.contains(&blob_name(upload.doc, upload.fact, upload.part));
                if is_here && tx.get(Shelf::Uploads, upload.name())?.await?.is_none() {
                    tx.put(Shelf::Uploads, upload.name(), &upload.encode()?)?;
                }
            }
        }
        tx.commit().await?;
    }
    super::look_again(desk).await;
    Ok(())
}

/// The parts of the file that an accepted event attaches.
fn uploads_of(id: IncidentId, event: &Event) -> Vec<Upload> {
    let Some(file) = event.kind.attached() else {
        return Vec::new();
    };
    let parts = [Part::Thumbnail, Part::File].into_iter();
    let parts = parts.filter_map(|part| Some((part, file.blob(part)?)));
    let upload = |(part, blob)| Upload {
        // It waits for no act.
        act: ActId::from_bytes([0; 16]),
        doc: DocKey {
            kind: event.doc,
            id,
        },
        fact: event.fact,
        part,
        blob,
        name: file.name.clone(),
        is_refused: false,
    };
    parts.map(upload).collect()
}

/// Notes that a part has arrived.
pub(super) async fn sent(desk: &Desk, upload: &Upload) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Uploads], Purpose::Relaxed)?;
    tx.delete(Shelf::Uploads, upload.name())?;
    tx.commit().await
}

/// Notes that the server would not take a part.
pub(super) async fn refused(desk: &Desk, upload: &Upload) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Uploads], Purpose::Relaxed)?;
    let upload = Upload {
        is_refused: true,
        ..upload.clone()
    };
    tx.put(Shelf::Uploads, upload.name(), &upload.encode()?)?;
    tx.commit().await
}

/// Has the parts of a file tried again.
pub(super) async fn try_again(desk: &Desk, fact: FactId) -> Result<(), Broken> {
    let tx = desk.storage.begin(&[Shelf::Uploads], Purpose::Relaxed)?;
    for mut upload in uploads(&tx).await? {
        if upload.fact == fact {
            upload.is_refused = false;
            tx.put(Shelf::Uploads, upload.name(), &upload.encode()?)?;
        }
    }
    tx.commit().await
}

/// Drops a part that no document names any more.
pub(super) async fn drop_part(desk: &Desk, upload: &Upload) -> Result<(), Broken> {
    let shelves = [Shelf::Uploads, Shelf::Blobs];
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    tx.delete(Shelf::Uploads, upload.name())?;
    let name = blob_name(upload.doc, upload.fact, upload.part);
    tx.delete(Shelf::Blobs, name)?;
    tx.commit().await
}

/// How many files wait, which can be told of a database that is locked, too.
pub(crate) async fn count(tx: &Tx<'_>) -> Result<u32, Broken> {
    let files = format!("{}/", rank(Part::File));
    let names = tx.names(Shelf::Uploads).await?;
    let files = names.iter().filter(|name| name.starts_with(&files));
    Ok(u32::try_from(files.count()).unwrap_or(u32::MAX))
}

/// The files that wait, counted and one by one.
pub(crate) async fn summary(desk: &Desk, tx: &Tx<'_>) -> Result<Files, Broken> {
    let (mut summary, mut list) = (Files::default(), Vec::new());
    let uploads = uploads(tx).await?;
    for upload in uploads.iter().filter(|upload| upload.part == Part::File) {
        let is_picture = upload.blob.media.is_picture();
        let refused = uploads.iter().filter(|other| other.is_refused);
        let is_refused = refused.into_iter().any(|other| other.fact == upload.fact);
        let count = if is_picture {
            &mut summary.pictures
        } else {
            &mut summary.others
        };
        *count += 1;
        summary.bytes += u64::from(upload.blob.bytes);
        summary.refused += u32::from(is_refused);
        list.push(WaitingFile {
            doc: upload.doc,
            fact: upload.fact,
            name: upload.name.clone(),
            bytes: upload.blob.bytes,
            sent: sent_of(desk, &upload.wanted()),
            is_refused,
        });
    }
    let list = Sealed::of(&list);
    Ok(Files { list, ..summary })
}

/// How much of a part has arrived, as far as this tab knows.
fn sent_of(desk: &Desk, wanted: &Wanted) -> u32 {
    let state = desk.state.borrow();
    let sending = state.sending.as_ref();
    let sending = sending.filter(|sending| sending.wanted == *wanted);
    sending.map_or(0, |sending| {
        u32::try_from(sending.offset).unwrap_or(u32::MAX)
    })
}

/// Drops bytes of documents that are not here any more, and the oldest of those that the server
/// has too.
pub(crate) async fn sweep(desk: &Rc<Desk>) -> Result<(), Broken> {
    let shelves = [Shelf::Blobs, Shelf::Uploads, Shelf::Docs];
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    let names = tx.names(Shelf::Blobs).await?;
    if names.is_empty() {
        return Ok(());
    }
    let docs: BTreeSet<_> = tx.names(Shelf::Docs).await?.into_iter().collect();
    let waiting = uploads(&tx).await?.into_iter();
    let waiting = waiting.map(|upload| blob_name(upload.doc, upload.fact, upload.part));
    let waiting: BTreeSet<_> = waiting.collect();
    let mut fetched: [Vec<(String, String)>; 2] = Default::default();
    for name in names {
        if waiting.contains(&name) {
            continue;
        }
        let doc = doc_of(&name).map(|doc| doc.to_string());
        if !doc.is_some_and(|doc| docs.contains(&doc)) {
            tx.delete(Shelf::Blobs, name)?;
            continue;
        }
        let is_file = usize::from(name.ends_with("/1"));
        // Ids of facts begin with their time.
        let age = name.rsplit('/').nth(1).unwrap_or_default().to_owned();
        fetched[is_file].push((age, name));
    }
    for (mut names, max) in fetched.into_iter().zip([THUMBNAILS_MAX, FETCHED_MAX]) {
        names.sort_unstable();
        let beyond = names.len().saturating_sub(max);
        for (_, name) in names.into_iter().take(beyond) {
            tx.delete(Shelf::Blobs, name)?;
        }
    }
    tx.commit().await
}

/// A record that exists nowhere else, to be put into another database.
type Rescued = (Shelf, String, Vec<u8>);

/// Reads what waits to be sent out of a database that is to be replaced.
pub(crate) async fn rescue(tx: &Tx<'_>) -> Result<Vec<Rescued>, Broken> {
    let mut rescued = Vec::new();
    for upload in uploads(tx).await? {
        let name = blob_name(upload.doc, upload.fact, upload.part);
        // One that cannot be read takes no other along.
        if let Ok(Some(bytes)) = tx.get(Shelf::Blobs, name.as_str())?.await {
            rescued.push((Shelf::Blobs, name, bytes));
            rescued.push((Shelf::Uploads, upload.name(), upload.encode()?));
        }
    }
    Ok(rescued)
}
