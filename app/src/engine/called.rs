//! What incidents were called on which somebody keeps a draft or a refused act: those outlast the
//! incident on this device, and nobody knows it by its code.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::IncidentId;
use shared::incidents::Incident;
use shared::sync::client::{LocalIncident, ReviewEntry};

use super::library::Records;
use super::storage::{Broken, Shelf, Tx};
use super::{drafts, keep};

/// The note of the names.
const CALLED: &str = "called";

type Names = BTreeMap<IncidentId, String>;

/// The names that are kept. One that cannot be read is none.
pub(crate) async fn names(tx: &Tx<'_>) -> Result<Names, Broken> {
    let stored = tx.get(Shelf::Meta, CALLED)?.await?;
    let names = stored.and_then(|stored| postcard::from_bytes(&stored).ok());
    Ok(names.unwrap_or_default())
}

/// Number and subject, as people call an incident.
pub(crate) fn name(incident: &Incident) -> String {
    [&incident.name(), " · ", &incident.subject.holds.value].concat()
}

/// Notes what an incident is called.
pub(crate) async fn note(tx: &Tx<'_>, id: IncidentId, name: String) -> Result<(), Broken> {
    let mut names = names(tx).await?;
    if names.get(&id) != Some(&name) {
        names.insert(id, name);
        put(tx, &names)?;
    }
    Ok(())
}

/// Keeps refused acts for their author, with what their incident was called before them.
pub(crate) async fn store_review(
    tx: &Tx<'_>,
    (id, before): (IncidentId, &Records),
    review: &[ReviewEntry],
) -> Result<(), Broken> {
    keep::store_review(tx, review)?;
    if review.is_empty() {
        return Ok(());
    }
    let mut local = LocalIncident::new(id, keep::docs(before), Vec::new());
    if !local.is_gone()
        && let Ok((incident, _)) = local.read()
    {
        note(tx, id, name(&incident)).await?;
    }
    Ok(())
}

/// Drops the names of what nobody keeps anything on any more.
pub(crate) async fn tidy(tx: &Tx<'_>) -> Result<(), Broken> {
    let mut names = names(tx).await?;
    let before = names.len();
    if before == 0 {
        return Ok(());
    }
    let drafts = tx.names(Shelf::Drafts).await?;
    let drafted = drafts.iter().filter_map(|name| drafts::named(name));
    let mut kept: BTreeSet<_> = drafted.map(|(id, _)| id).collect();
    let review = tx.all(Shelf::Review).await?;
    let refused = review
        .iter()
        .filter_map(|one| ReviewEntry::decode(one).ok());
    kept.extend(refused.map(|entry| entry.incident));
    names.retain(|id, _| kept.contains(id));
    if names.len() < before {
        put(tx, &names)?;
    }
    Ok(())
}

fn put(tx: &Tx<'_>, names: &Names) -> Result<(), Broken> {
    let record = postcard::to_allocvec(names).map_err(|why| Broken::Other(why.to_string()))?;
    tx.put(Shelf::Meta, CALLED, &record)
}
