//! Pulling: one page asked for, stored whole, then shown.
//!
//! Documents of which nothing waits to be sent are stored as they came, without putting them
//! together. The others are merged inside the same transaction. Cursors go last into it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_channel::oneshot;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

use shared::ids::{DocKey, DocKind, IncidentId};
use shared::people::Directory;
use shared::rows::{CHUNK_ROWS, Row, pack, pack_one, unpack_one};
use shared::sync::client::{
    Accepts, Fault, Input, LocalDoc, LocalIncident, More, OutboxEntry, Waiting, Writer, accepts,
    begins_log,
};
use shared::sync::message::{
    self, Cursors, PAGE_DOCS_MAX, PROTOCOL, PullPage, PullRequest, PulledBody, PulledDoc,
};
use shared::targets::Rules;

use super::desk::Desk;
use super::keep::{self, Entries, Outcome};
use super::library::Records;
use super::list::{BULK_MIN, next_chunk};
use super::protocol::News;
use super::storage::{Broken, Purpose, Shelf, Tx};
use super::tabs::Word;
use super::{attachments, board, called, clock, http, push, returned, start, sync, walk};

/// The first page of a new device is short, so that there is soon something to see.
const FIRST_PAGE_DOCS: u32 = 256;

/// A page that was asked for before its turn. Once nobody wants it, it leaves the line alone.
pub(crate) struct Ahead {
    asked: Cursors,
    known: Newest,
    answer: oneshot::Receiver<Result<Vec<u8>, Fault>>,
    abort: AbortController,
}

/// The newest act that waited when a page was asked for, by its number in the outbox. A page cannot
/// bring the incidents of later ones.
type Newest = Option<u32>;

impl Drop for Ahead {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// What a stored page changed.
struct Stored {
    cursors: Cursors,
    rows: Vec<Row>,
    gone: Vec<IncidentId>,
    /// Whether a document is not here any more.
    has_lost: bool,
    /// The chunk that new rows were written as.
    chunks: Vec<(u32, Vec<IncidentId>)>,
    touched: BTreeSet<IncidentId>,
    waiting: Waiting,
}

/// Pulls one page and reports what came of it.
pub(crate) async fn pull(desk: Rc<Desk>) {
    let input = match try_pull(&desk).await {
        Ok(input) => input,
        Err(fault) => Input::Failed(fault),
    };
    sync::feed(&desk, input);
}

async fn try_pull(desk: &Rc<Desk>) -> Result<Input, Fault> {
    let asked = desk.state.borrow().cursors.clone();
    let (answer, known) = answer(desk, &asked).await?;
    let page: PullPage = message::decode(&answer).map_err(|_| Fault::Unreachable)?;
    if page.min_client > PROTOCOL {
        return Err(Fault::Outdated);
    }
    let is_unmet = returned::is_unmet(desk, &asked, &page).await;
    if is_unmet.map_err(|_| Fault::Disk)? {
        return Ok(Input::NewLog);
    }
    let (head, more) = (page.head, if page.more { More::Yes } else { More::No });
    desk.state.borrow_mut().status.holds = page.holds;
    let directory = page.directory.clone();
    if page.more {
        ask_ahead(desk, &page, known);
    }
    let stored = store(desk, (&asked, known), page)
        .await
        .map_err(|_| Fault::Disk)?;
    let Some(stored) = stored else {
        // Another tab led meanwhile; what it stored counts.
        start::reread_cursors(desk).await.map_err(|_| Fault::Disk)?;
        return Ok(pulled(desk, Waiting::None, head, More::Yes));
    };
    let waiting = stored.waiting;
    show(desk, stored, directory, more);
    Ok(pulled(desk, waiting, head, more))
}

/// The answer to a pull: the one that was asked for ahead, if it continues from here. With it what
/// waited before it was asked for.
async fn answer(desk: &Desk, asked: &Cursors) -> Result<(Vec<u8>, Newest), Fault> {
    let ahead = desk.state.borrow_mut().ahead.take();
    if let Some(mut ahead) = ahead.filter(|ahead| ahead.asked == *asked)
        && let Ok(answer) = (&mut ahead.answer).await
    {
        return Ok((answer?, ahead.known));
    }
    let known = newest(desk).await.map_err(|_| Fault::Disk)?;
    let answer = http::post("/sync/pull", &message::encode(&request(desk, asked))).await?;
    Ok((answer, known))
}

async fn newest(desk: &Desk) -> Result<Newest, Broken> {
    let tx = desk.storage.begin(&[Shelf::Outbox], Purpose::Read)?;
    Ok(tx.numbers(Shelf::Outbox).await?.last().copied())
}

/// Asks for the page after this one while this one is being stored, so that the line is not idle.
/// It is stored only if the device then stands where it continues.
fn ask_ahead(desk: &Desk, page: &PullPage, known: Newest) {
    let asked = page.cursors.clone();
    let mut request = request(desk, &asked);
    if let Some(directory) = &page.directory {
        request.directory = directory.version;
    }
    let Ok(abort) = AbortController::new() else {
        return;
    };
    let (send, answer) = oneshot::channel();
    let ahead = Ahead {
        asked,
        known,
        answer,
        abort: abort.clone(),
    };
    spawn_local(async move {
        let body = message::encode(&request);
        // Nobody waits for it any more once something else came in between.
        send.send(http::post_until(abort, "/sync/pull", &body).await)
            .ok();
    });
    desk.state.borrow_mut().ahead = Some(ahead);
}

fn request(desk: &Desk, asked: &Cursors) -> PullRequest {
    let state = desk.state.borrow();
    PullRequest {
        protocol: PROTOCOL,
        surface: desk.surface,
        person: desk.person,
        device: desk.device,
        cursors: asked.clone(),
        directory: state
            .directory
            .as_ref()
            .map_or(0, |directory| directory.version),
        docs_max: if asked.epoch.is_none() {
            FIRST_PAGE_DOCS
        } else {
            PAGE_DOCS_MAX
        },
        fetches: true,
    }
}

fn pulled(desk: &Desk, waiting: Waiting, head: message::Seq, more: More) -> Input {
    let state = desk.state.borrow();
    Input::Pulled {
        high: state.cursors.high,
        epoch: state.cursors.epoch,
        head,
        more,
        waiting,
    }
}

fn show(desk: &Rc<Desk>, stored: Stored, directory: Option<Directory>, more: More) {
    {
        let mut state = desk.state.borrow_mut();
        state.cursors = stored.cursors;
        state.status.complete = more == More::No;
        if more == More::No {
            state.status.fresh_at = Some(clock::wall());
        }
        let in_chunks: BTreeSet<_> = stored
            .chunks
            .iter()
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect();
        let single = stored
            .rows
            .iter()
            .map(|row| row.id)
            .filter(|id| !in_chunks.contains(id));
        state.list.note(single, stored.gone.iter().copied());
        for (number, ids) in stored.chunks {
            state.list.note_chunk(number, ids);
        }
        if let Some(directory) = &directory {
            state.directory = Some(directory.clone());
        }
    }
    if let Some(directory) = directory {
        board::tell(News::Directory(Box::new(directory)));
        desk.tabs.tell(&Word::Directory);
    }
    let shown: BTreeSet<_> = stored.rows.iter().map(|row| row.id).collect();
    let has_lost = stored.has_lost;
    desk.announce(stored.rows, stored.gone);
    if has_lost {
        let desk = Rc::clone(desk);
        // What stays is swept the next time.
        spawn_local(async move { attachments::sweep(&desk).await.unwrap_or_default() });
    }
    desk.show_followed(&stored.touched.difference(&shown).copied().collect());
    sync::tell_line(desk);
    desk.refresh_status();
    desk.tidy();
    if more == More::No {
        desk.follow_levels();
    }
}

/// Stores a page, unless it does not continue from what is stored.
async fn store(
    desk: &Desk,
    (asked, known): (&Cursors, Newest),
    page: PullPage,
) -> Result<Option<Stored>, Broken> {
    let rules = match &page.directory {
        Some(directory) => directory.rules(),
        None => desk.rules(),
    };
    let purpose = if begins_log(asked, &page) {
        Purpose::Strict
    } else {
        Purpose::Relaxed
    };
    let tx = desk.storage.begin(&Shelf::COPY, purpose)?;
    let cursors = start::cursors(&tx).await?;
    let accepted = accepts(&cursors, asked, &page);
    if accepted == Accepts::Stale {
        return Ok(None);
    }
    let entries = keep::by_incident(keep::outbox(&tx).await?);
    let unsent = walk::pass(&tx, &page, accepted).await?;
    let forget: Vec<_> = page.forget.iter().copied().chain(unsent).collect();
    let has_lost = !forget.is_empty();
    let mut store = PageStore {
        desk,
        tx: &tx,
        rules,
        entries,
        rows: Vec::new(),
        gone: Vec::new(),
        is_damaged: false,
    };
    let came = page.docs.iter().map(|doc| doc.doc.id);
    let touched: BTreeSet<_> = came.chain(forget.iter().map(|key| key.id)).collect();
    store.docs(page.docs, &forget).await?;
    if !page.more {
        store.give_up(&touched, known).await?;
    }
    let single = store.rows.len();
    let chunks = store
        .rows(page.rows.iter().map(|row| row.row.as_slice()))
        .await?;
    debug_assert!(single <= store.rows.len());
    let cursors = if store.is_damaged {
        walk::again(&tx, &page.cursors).await?
    } else {
        page.cursors
    };
    let PageStore { rows, gone, .. } = store;
    start::put_cursors(&tx, &cursors)?;
    if let Some(directory) = &page.directory {
        start::put_directory(&tx, directory)?;
    }
    if !page.more {
        start::put_fresh(&tx, clock::wall())?;
    }
    // Also what a tab kept that ended before it could say so.
    let waiting = push::waiting_in(&tx).await?;
    tx.commit().await?;
    Ok(Some(Stored {
        cursors,
        rows,
        gone,
        has_lost,
        chunks,
        touched,
        waiting,
    }))
}

/// A page on its way to the disk.
struct PageStore<'a> {
    desk: &'a Desk,
    tx: &'a Tx<'a>,
    rules: Rules,
    entries: BTreeMap<IncidentId, Entries>,
    rows: Vec<Row>,
    gone: Vec<IncidentId>,
    is_damaged: bool,
}

impl PageStore<'_> {
    async fn docs(&mut self, docs: Vec<PulledDoc>, forget: &[DocKey]) -> Result<(), Broken> {
        let mut busy: BTreeMap<IncidentId, Vec<PulledDoc>> = BTreeMap::new();
        let mut onto = Vec::new();
        for pulled in docs {
            if self.entries.contains_key(&pulled.doc.id) {
                busy.entry(pulled.doc.id).or_default().push(pulled);
            } else if matches!(pulled.body, PulledBody::Snapshot(_)) {
                let doc = LocalDoc::absorb(None, pulled);
                self.tx.put(Shelf::Docs, doc.key, &doc.encode())?;
            } else {
                onto.push((self.tx.get(Shelf::Docs, pulled.doc)?, pulled));
            }
        }
        for (held, pulled) in onto {
            let held = held
                .await?
                .and_then(|record| LocalDoc::decode(&record).ok());
            // Changes to a document that is not here: it must come whole.
            self.is_damaged |= held.is_none() && !self.desk.state.borrow().has_rebuilt;
            if held.is_some() {
                let doc = LocalDoc::absorb(held, pulled);
                self.tx.put(Shelf::Docs, doc.key, &doc.encode())?;
            }
        }
        for key in forget {
            if self.entries.contains_key(&key.id) {
                busy.entry(key.id).or_default();
            } else {
                self.forget(*key)?;
            }
        }
        for (id, docs) in busy {
            let forget = forget.iter().filter(|key| key.id == id).map(|key| key.kind);
            self.merge(id, docs, forget.collect()).await?;
        }
        Ok(())
    }

    fn forget(&mut self, key: DocKey) -> Result<(), Broken> {
        self.tx.delete(Shelf::Docs, key)?;
        if key.kind == DocKind::Incident {
            self.tx.put(Shelf::Overlays, key.id, &[])?;
            self.gone.push(key.id);
        }
        Ok(())
    }

    /// Merges what came for an incident of which acts wait.
    async fn merge(
        &mut self,
        id: IncidentId,
        docs: Vec<PulledDoc>,
        forget: Vec<DocKind>,
    ) -> Result<(), Broken> {
        let entries = self.entries.get(&id).cloned().unwrap_or_default();
        let (before, mut local) = keep::load(self.tx, id, &entries).await?;
        let mut writer = Writer {
            slot: self.desk.tabs.slot,
            fresh: &mut clock::fresh_actor,
        };
        if let Ok(review) = local.merge(docs, &mut writer) {
            called::store_review(self.tx, (id, &before), &review).await?;
        } else {
            local.distrust();
            self.is_damaged |= !self.desk.state.borrow().has_rebuilt;
        }
        for kind in forget {
            local.forget(kind);
        }
        self.keep(&before, &entries, &mut local)
    }

    /// Lets acts wait no more for what the whole log did not bring, as far as they waited when it
    /// was asked for.
    async fn give_up(
        &mut self,
        touched: &BTreeSet<IncidentId>,
        known: Newest,
    ) -> Result<(), Broken> {
        let entries = std::mem::take(&mut self.entries);
        for (id, entries) in &entries {
            let waits = |(number, entry): &(u32, OutboxEntry)| {
                let is_absent = entry.changes.is_empty();
                entry.waits() && (!is_absent || Some(*number) <= known)
            };
            if !entries.iter().any(waits) || touched.contains(id) {
                continue;
            }
            let (before, mut local) = keep::load(self.tx, *id, entries).await?;
            if keep::is_damaged(&before) {
                continue;
            }
            let mut writer = Writer {
                slot: self.desk.tabs.slot,
                fresh: &mut clock::fresh_actor,
            };
            let Ok(review) = local.give_up(&mut writer) else {
                continue;
            };
            called::store_review(self.tx, (*id, &before), &review).await?;
            self.keep(&before, entries, &mut local)?;
        }
        self.entries = entries;
        Ok(())
    }

    /// Writes an incident after a step.
    fn keep(
        &mut self,
        before: &Records,
        entries: &Entries,
        local: &mut LocalIncident,
    ) -> Result<(), Broken> {
        match keep::store(self.tx, before, entries, local, &self.rules)? {
            Outcome::Shown(row) => self.rows.push(*row),
            Outcome::Gone => self.gone.push(local.id),
            Outcome::Unreadable => {}
        }
        Ok(())
    }

    /// Writes the rows that came: many new ones as chunks, others one by one. Rows of incidents of
    /// which acts wait are computed from the documents instead.
    async fn rows<'r>(
        &mut self,
        rows: impl Iterator<Item = &'r [u8]>,
    ) -> Result<Vec<(u32, Vec<IncidentId>)>, Broken> {
        let rows = rows.filter_map(|row| unpack_one(row).ok());
        let rows = rows.filter(|row| !self.entries.contains_key(&row.id));
        let is_known = |row: &Row| {
            let state = self.desk.state.borrow();
            state.list.has(row.id) || state.list.is_in_chunk(row.id)
        };
        let (known, new): (Vec<_>, Vec<_>) = rows.partition(is_known);
        let (single, bulk) = if new.len() < BULK_MIN {
            (known.into_iter().chain(new).collect(), Vec::new())
        } else {
            (known, new)
        };
        for row in &single {
            self.tx.put(Shelf::Overlays, row.id, &pack_one(row))?;
        }
        let mut chunks = Vec::new();
        if !bulk.is_empty() {
            let overlays = self.tx.names(Shelf::Overlays).await?;
            let overlaid: BTreeSet<IncidentId> = overlays
                .iter()
                .filter_map(|name| name.parse().ok())
                .collect();
            let mut number = next_chunk(self.tx).await?;
            for rows in bulk.chunks(CHUNK_ROWS) {
                let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
                for id in ids.iter().filter(|id| overlaid.contains(id)) {
                    self.tx.delete(Shelf::Overlays, *id)?;
                }
                self.tx.put(Shelf::Chunks, number, &pack(rows))?;
                chunks.push((number, ids));
                number += 1;
            }
        }
        self.rows.extend(single);
        self.rows.extend(bulk);
        Ok(chunks)
    }
}
