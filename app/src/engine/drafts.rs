//! What somebody is writing: kept on the disk as it is typed, and told to the other tabs.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use shared::ids::IncidentId;

use super::called;
use super::desk::Desk;
use super::protocol::{Answer, DraftKind, KeptDraft, WrittenDraft};
use super::storage::{Broken, Purpose, Shelf};
use super::tabs::Word;

/// The name under which a draft is stored: that of the incident, for an entry.
fn name(incident: IncidentId, kind: DraftKind) -> String {
    match kind {
        DraftKind::Entry => incident.to_string(),
        DraftKind::Hold
        | DraftKind::Resolve
        | DraftKind::Reopen
        | DraftKind::Cancel
        | DraftKind::Subject
        | DraftKind::New
        | DraftKind::Log
        | DraftKind::Priority
        | DraftKind::Task
        | DraftKind::Escalate
        | DraftKind::Diagnosis
        | DraftKind::Revision => [incident.to_string().as_str(), kind.word()].join("/"),
    }
}

/// What a draft is on.
pub(crate) fn named(name: &str) -> Option<(IncidentId, DraftKind)> {
    let (id, word) = name
        .split_once('/')
        .unwrap_or((name, DraftKind::Entry.word()));
    let kind = DraftKind::ALL.into_iter().find(|kind| kind.word() == word);
    Some((id.parse().ok()?, kind?))
}

/// Saves a draft; an empty one is removed. What its incident is called is noted behind it, so that
/// the text is not kept waiting.
pub(crate) async fn save(desk: &Rc<Desk>, written: WrittenDraft) -> Result<Answer, Broken> {
    let (id, is_empty) = (written.incident, written.text.is_empty());
    let tx = desk.storage.begin(&[Shelf::Drafts], Purpose::Strict)?;
    let name = name(id, written.kind);
    if is_empty {
        tx.delete(Shelf::Drafts, name)?;
    } else {
        tx.put(Shelf::Drafts, name, written.text.as_bytes())?;
    }
    tx.commit().await?;
    desk.tabs.tell(&Word::Drafted(written));
    let desk = Rc::clone(desk);
    spawn_local(async move {
        // Without its name it is called by its code, until it is written on.
        if is_empty {
            tidy(&desk).await.ok();
        } else {
            note(&desk, id).await.ok();
        }
    });
    Ok(Answer::Done)
}

async fn note(desk: &Rc<Desk>, id: IncidentId) -> Result<(), Broken> {
    let Ok(incident) = desk.read(id).await else {
        return Ok(());
    };
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Relaxed)?;
    called::note(&tx, id, called::name(&incident)).await?;
    tx.commit().await
}

/// Drops the names of what nobody keeps anything on any more.
pub(crate) async fn tidy(desk: &Desk) -> Result<(), Broken> {
    let shelves = [Shelf::Review, Shelf::Drafts, Shelf::Meta];
    let tx = desk.storage.begin(&shelves, Purpose::Relaxed)?;
    called::tidy(&tx).await?;
    tx.commit().await
}

/// The drafts on an incident.
pub(crate) async fn of(desk: &Desk, id: IncidentId) -> Result<Vec<(DraftKind, String)>, Broken> {
    let tx = desk.storage.begin(&[Shelf::Drafts], Purpose::Read)?;
    let asked = DraftKind::ALL.map(|kind| (kind, tx.get(Shelf::Drafts, name(id, kind))));
    let mut drafts = Vec::new();
    for (kind, record) in asked {
        let text = record?.await?.map(String::from_utf8);
        // One that cannot be read is none.
        if let Some(Ok(text)) = text {
            drafts.push((kind, text));
        }
    }
    Ok(drafts)
}

/// All drafts, with what their incidents are called.
pub(crate) async fn all(desk: &Desk) -> Result<Vec<KeptDraft>, Broken> {
    let tx = desk.storage.begin(&[Shelf::Drafts], Purpose::Read)?;
    let names = tx.names(Shelf::Drafts).await?;
    let records = tx.all(Shelf::Drafts).await?;
    let mut drafts = Vec::new();
    for (name, record) in names.iter().zip(records) {
        let (Some((incident, kind)), Ok(text)) = (named(name), String::from_utf8(record)) else {
            continue;
        };
        let (subject, is_here) = desk.called(incident).await?;
        drafts.push(KeptDraft {
            incident,
            kind,
            subject,
            text,
            is_here,
        });
    }
    Ok(drafts)
}
