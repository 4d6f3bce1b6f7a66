//! Bringing back to a restored server what its log may lack, before anything of that log is stored.
//!
//! Killed anywhere, it begins again: what the server has by then it does not want.

use std::collections::BTreeSet;
use std::rc::Rc;

use shared::ids::{DocKey, Epoch, IncidentId};
use shared::sync::client::{
    Accepts, Fault, Input, LocalDoc, PUT_OFF_MAX, accepts, logs_known, own_again, rests_on_others,
};
use shared::sync::message::{
    self, CHANGE_BYTES_MAX, Cursors, PROTOCOL, PUSH_BYTES_MAX, PUSH_GROUPS_MAX, PullPage,
    PushGroup, PushReply, PushRequest, RETURN_BYTES_MAX, RETURN_DOCS_MAX, ReturnReply,
    ReturnRequest, ReturnedDoc,
};

use super::desk::Desk;
use super::storage::{Broken, Purpose, Shelf, Tx};
use super::{attachments, http, start, sync};

/// The note of the logs that the device has known; the last was brought what it lacked.
const LOGS: &str = "logs";

/// Whether a page is of another log, which was not brought yet what it may lack.
pub(crate) async fn is_unmet(
    desk: &Desk,
    asked: &Cursors,
    page: &PullPage,
) -> Result<bool, Broken> {
    let Some(epoch) = page.cursors.epoch else {
        return Ok(false);
    };
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Read)?;
    let stored = start::cursors(&tx).await?;
    let is_met = logs(&tx).await?.last() == Some(&epoch);
    let is_unmet = accepts(&stored, asked, page) == Accepts::NewLog && !is_met;
    if is_unmet {
        let mut state = desk.state.borrow_mut();
        (state.ahead, state.new_log) = (None, Some(epoch));
    }
    Ok(is_unmet)
}

async fn known(desk: &Desk) -> Result<Vec<Epoch>, Broken> {
    logs(&desk.storage.begin(&[Shelf::Meta], Purpose::Read)?).await
}

async fn logs(tx: &Tx<'_>) -> Result<Vec<Epoch>, Broken> {
    let note = tx.get(Shelf::Meta, LOGS)?.await?;
    let noted = note.and_then(|bytes| message::decode(&bytes).ok());
    Ok(noted.unwrap_or_default())
}

/// Brings everything back and reports what came of it.
pub(crate) async fn bring_back(desk: Rc<Desk>) {
    let input = match try_to(&desk).await {
        Ok(()) => {
            // Without them the incidents are back all the same.
            attachments::send_again(&desk).await.ok();
            Input::Returned
        }
        Err(fault) => Input::Failed(fault),
    };
    sync::feed(&desk, input);
}

async fn try_to(desk: &Desk) -> Result<(), Fault> {
    let (from, to) = {
        let state = desk.state.borrow();
        (state.cursors.epoch, state.new_log)
    };
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(());
    };
    let bringing = Bringing {
        desk,
        from,
        to,
        earlier: known(desk).await.map_err(|_| Fault::Disk)?,
    };
    let incidents = bringing.incidents().await.map_err(|_| Fault::Disk)?;
    for some in incidents.chunks(RETURN_DOCS_MAX / 2) {
        let docs = bringing.docs(some).await.map_err(|_| Fault::Disk)?;
        bringing.bring(&docs).await?;
    }
    bringing.note().await.map_err(|_| Fault::Disk)
}

/// From which log to which.
struct Bringing<'a> {
    desk: &'a Desk,
    from: Epoch,
    to: Epoch,
    /// The logs known before.
    earlier: Vec<Epoch>,
}

impl Bringing<'_> {
    async fn incidents(&self) -> Result<Vec<IncidentId>, Broken> {
        let tx = self.desk.storage.begin(&[Shelf::Docs], Purpose::Read)?;
        let names = tx.names(Shelf::Docs).await?;
        let keys = names.iter().filter_map(|name| name.parse::<DocKey>().ok());
        let incidents: BTreeSet<_> = keys.map(|key| key.id).collect();
        Ok(incidents.into_iter().collect())
    }

    async fn docs(&self, incidents: &[IncidentId]) -> Result<Vec<LocalDoc>, Broken> {
        let tx = self.desk.storage.begin(&[Shelf::Docs], Purpose::Read)?;
        let keys = incidents
            .iter()
            .flat_map(|id| [DocKey::incident(*id), DocKey::work(*id)]);
        let records: Result<Vec<_>, _> = keys.map(|key| tx.get(Shelf::Docs, key)).collect();
        let mut docs = Vec::new();
        for record in records? {
            let record = record.await?;
            docs.extend(record.and_then(|record| LocalDoc::decode(&record).ok()));
        }
        Ok(docs)
    }

    /// Names documents, and brings those that are wanted.
    async fn bring(&self, docs: &[LocalDoc]) -> Result<(), Fault> {
        let named: Vec<_> = docs.iter().filter_map(LocalDoc::named).collect();
        if named.is_empty() {
            return Ok(());
        }
        let wanted: BTreeSet<_> = self.post(named).await?.into_iter().collect();
        let wanted = docs.iter().filter(|doc| wanted.contains(&doc.key));
        let wanted: Vec<_> = wanted.cloned().collect();
        let own = own_again(&wanted, self.desk.person, self.desk.device);
        let room = PUSH_BYTES_MAX - 2 * CHANGE_BYTES_MAX;
        for groups in slices(own, room, PUSH_GROUPS_MAX, group_bytes) {
            self.offer(groups).await?;
        }
        // Half is left for what stands around the changes. A document beyond that, of thousands of
        // long texts, stays out: it must not keep the others from coming back.
        let room = RETURN_BYTES_MAX / 2;
        let whole = wanted.iter().filter_map(LocalDoc::whole);
        let whole: Vec<_> = whole.filter(|doc| doc_bytes(doc) <= room).collect();
        for docs in slices(whole, room, RETURN_DOCS_MAX, doc_bytes) {
            self.post(docs).await?;
        }
        Ok(())
    }

    async fn post(&self, docs: Vec<ReturnedDoc>) -> Result<Vec<DocKey>, Fault> {
        let request = ReturnRequest {
            protocol: PROTOCOL,
            surface: self.desk.surface,
            person: self.desk.person,
            device: self.desk.device,
            epoch: self.from,
            earlier: self.earlier.clone(),
            docs,
        };
        let answer = http::post("/sync/return", &message::encode(&request)).await?;
        let reply: ReturnReply = message::decode(&answer).map_err(|_| Fault::Unreachable)?;
        if reply.epoch == self.to {
            Ok(reply.wanted)
        } else {
            // It was restored once more meanwhile; the next page says to what.
            Err(Fault::Unreachable)
        }
    }

    /// Offers again what was accepted, and waits a while for others if it rests on what they have.
    async fn offer(&self, groups: Vec<PushGroup>) -> Result<(), Fault> {
        let request = PushRequest {
            protocol: PROTOCOL,
            surface: self.desk.surface,
            person: self.desk.person,
            device: self.desk.device,
            epoch: Some(self.to),
            clocks: Vec::new(),
            groups,
            hands_over: false,
        };
        let answer = http::post("/sync/push", &message::encode(&request)).await?;
        let reply: PushReply = message::decode(&answer).map_err(|_| Fault::Unreachable)?;
        let mut state = self.desk.state.borrow_mut();
        if rests_on_others(&reply) && state.put_off < PUT_OFF_MAX {
            state.put_off += 1;
            return Err(Fault::PutOff);
        }
        Ok(())
    }

    async fn note(&self) -> Result<(), Broken> {
        let tx = self.desk.storage.begin(&[Shelf::Meta], Purpose::Relaxed)?;
        let logs = logs_known(&self.earlier, self.from, self.to);
        tx.put(Shelf::Meta, LOGS, &message::encode(&logs))?;
        tx.commit().await?;
        self.desk.state.borrow_mut().put_off = 0;
        Ok(())
    }
}

/// Parts of a list that fit into a request each, in order.
fn slices<T>(
    items: Vec<T>,
    bytes_max: usize,
    count_max: usize,
    bytes: fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut slices: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for item in items {
        let size = bytes(&item);
        let last = slices.last_mut();
        if let Some(slice) = last.filter(|slice| slice.len() < count_max && size <= room) {
            slice.push(item);
            room -= size;
        } else {
            slices.push(vec![item]);
            room = bytes_max.saturating_sub(size);
        }
    }
    slices
}

fn group_bytes(group: &PushGroup) -> usize {
    group
        .changes
        .iter()
        .map(|change| change.bytes.0.len())
        .sum()
}

fn doc_bytes(doc: &ReturnedDoc) -> usize {
    let body = doc.body.iter().flat_map(|body| &body.changes);
    body.map(|change| change.0.len()).sum()
}
