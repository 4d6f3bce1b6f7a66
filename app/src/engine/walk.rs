//! Having everything sent again, and what becomes of documents that then do not come.
//!
//! Within one epoch the server knows what it sent through which scope, and names what is to be
//! forgotten. Another log knows nothing of this device: the documents held are noted when its walk
//! begins, struck off as they come, and what is left at its end goes, unless acts wait for it.

use std::collections::BTreeSet;

use shared::ids::DocKey;
use shared::sync::client::{Accepts, cursors_after_loss};
use shared::sync::message::{self, Cursors, PullPage};

use super::start;
use super::storage::{Broken, Shelf, Tx};

/// The note of documents that have not come again yet.
const UNSENT: &str = "unsent";

/// Writes cursors that have everything sent again. The transaction is over documents and notes.
pub(crate) async fn again(tx: &Tx<'_>, stored: &Cursors) -> Result<Cursors, Broken> {
    let cursors = cursors_after_loss(stored);
    if cursors.epoch.is_none() || cursors.lows.is_empty() {
        begin(tx).await?;
    }
    start::put_cursors(tx, &cursors)?;
    Ok(cursors)
}

/// Notes what is held, when the walk of another log begins.
pub(crate) async fn begin(tx: &Tx<'_>) -> Result<(), Broken> {
    let held = held(tx).await?;
    put(tx, &held)
}

/// Strikes off what a page brings. Once it is the last one, gives what did not come.
pub(crate) async fn pass(
    tx: &Tx<'_>,
    page: &PullPage,
    accepted: Accepts,
) -> Result<BTreeSet<DocKey>, Broken> {
    let mut unsent = match accepted {
        Accepts::NewLog => held(tx).await?,
        Accepts::Yes | Accepts::Stale => noted(tx).await?,
    };
    if unsent.is_empty() {
        return Ok(unsent);
    }
    for pulled in &page.docs {
        unsent.remove(&pulled.doc);
    }
    if page.more {
        put(tx, &unsent)?;
        return Ok(BTreeSet::new());
    }
    tx.delete(Shelf::Meta, UNSENT)?;
    Ok(unsent)
}

async fn held(tx: &Tx<'_>) -> Result<BTreeSet<DocKey>, Broken> {
    let names = tx.names(Shelf::Docs).await?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

async fn noted(tx: &Tx<'_>) -> Result<BTreeSet<DocKey>, Broken> {
    let stored = tx.get(Shelf::Meta, UNSENT)?.await?;
    Ok(stored
        .and_then(|bytes| message::decode(&bytes).ok())
        .unwrap_or_default())
}

fn put(tx: &Tx<'_>, unsent: &BTreeSet<DocKey>) -> Result<(), Broken> {
    tx.put(Shelf::Meta, UNSENT, &message::encode(unsent))
}
