//! The server's pages: what a pull reads of the log in memory, as the real one reads its tables.

use std::collections::BTreeSet;

use shared::document::{ReceiptBook, ReceiptColumns};
use shared::ids::{DocKey, DocKind, IncidentId};
use shared::people::Scope;
use shared::rows::{pack_one, row};
use shared::sync::Seq;
use shared::sync::message::{
    ChangeBytes, PROTOCOL, PullPage, PullRequest, PulledBody, PulledDoc, PulledRow,
};
use shared::sync::server::{Event, How, Older, Pull, Reach, Sends, Standing};
use shared::time::UnixMillis;

use super::server::{Server, SignedOut};
use crate::broken::Broken;
use crate::device::Profile;

/// So few that pages end everywhere.
const INCIDENTS_MAX: usize = 3;
const EVENTS_MAX: usize = 7;

impl Server {
    /// Answers a pull.
    pub fn pull(
        &mut self,
        profile: Profile,
        request: &PullRequest,
        now: UnixMillis,
    ) -> Result<PullPage, SignedOut> {
        let session = self.served(profile)?;
        let owner = (session.person.id, session.device);
        let forgets = self.is(Broken::ScopesUnnamed);
        let issued = self.issued.entry(owner).or_default();
        let pull = Pull::new(request, session.scopes.clone(), issued, self.log);
        if !pull.is_recorded() && !forgets {
            for (scope, lost_at) in &mut *issued {
                let is_lost = !session.scopes.contains(scope);
                *lost_at = is_lost.then(|| lost_at.unwrap_or(self.log.head));
            }
            issued.extend(session.scopes.into_iter().map(|scope| (scope, None)));
        }
        let (events, is_all) = self.events(&pull);
        let walk = pull.walk(&events, is_all, INCIDENTS_MAX);
        let mut page = self.empty(now);
        for incident in self.reached(&pull.lost(), pull.after()) {
            if !walk.incidents.contains(&incident) {
                let standing = self.standing(incident, &pull.watched(), pull.after());
                let sends = pull.forward(&standing);
                if !sends.forget.is_empty() {
                    self.add(&mut page, incident, sends, pull.after());
                }
            }
        }
        for incident in &walk.incidents {
            let standing = self.standing(*incident, &pull.watched(), pull.after());
            self.add(&mut page, *incident, pull.forward(&standing), pull.after());
        }
        let left = INCIDENTS_MAX - walk.incidents.len();
        let mut lows = pull.lows();
        if walk.end == self.log.head && left > 0 {
            let older = pull
                .unfinished()
                .map(|(scope, low)| (scope.clone(), self.older(scope, low)));
            let (incidents, stands) = pull.backfill(&older.collect(), left);
            for incident in incidents
                .into_iter()
                .filter(|id| !walk.incidents.contains(id))
            {
                let standing = self.standing(incident, &pull.scopes(), pull.after());
                self.add(&mut page, incident, pull.backward(&standing), pull.after());
            }
            lows = stands;
        }
        page.cursors = pull.cursors(walk.end, lows);
        page.more = pull.is_more(&page.cursors);
        let is_known = request.directory == self.directory.version;
        page.directory = (!is_known).then(|| self.directory.clone());
        Ok(page)
    }

    fn empty(&self, now: UnixMillis) -> PullPage {
        PullPage {
            protocol: PROTOCOL,
            min_client: PROTOCOL,
            now,
            cursors: shared::sync::message::Cursors::default(),
            docs: Vec::new(),
            rows: Vec::new(),
            forget: Vec::new(),
            directory: None,
            holds: None,
            more: false,
            head: self.log.head,
        }
    }

    fn events(&self, pull: &Pull) -> (Vec<Event>, bool) {
        let (visible, watched) = (pull.scopes(), pull.watched());
        let after = pull.after();
        let is_visible = |incident: IncidentId| {
            let mut reaches = self
                .reaches
                .iter()
                .filter(|reach| reach.incident == incident);
            reaches.any(|reach| reach.until.is_none() && visible.contains(&reach.reached.1))
        };
        let changed = self.changes.iter().map(|written| Event {
            seq: written.change.seq,
            commit_end: written.commit_end,
            incident: written.change.doc.id,
        });
        let changed: Vec<_> = changed.filter(|event| is_visible(event.incident)).collect();
        let moved = |at: Seq, incident| Event {
            seq: at,
            commit_end: at,
            incident,
        };
        let is_current =
            |scope: &Scope, until: Option<Seq>| until.is_none() && visible.contains(scope);
        let joined = self
            .reaches
            .iter()
            .filter(|it| is_current(&it.reached.1, it.until));
        let joined: Vec<_> = joined.map(|it| moved(it.since, it.incident)).collect();
        let left = self
            .reaches
            .iter()
            .filter(|it| watched.contains(&it.reached.1));
        let left: Vec<_> = left
            .filter_map(|it| Some(moved(it.until?, it.incident)))
            .collect();

        let mut events = Vec::new();
        let mut read_to = None;
        for mut found in [changed, joined, left] {
            found.retain(|event: &Event| event.seq > after);
            found.sort_unstable();
            if found.len() >= EVENTS_MAX {
                found.truncate(EVENTS_MAX);
                let last = found[EVENTS_MAX - 1].seq;
                read_to = Some(read_to.map_or(last, |to: Seq| to.min(last)));
            }
            events.extend(found);
        }
        events.retain(|event| read_to.is_none_or(|to| event.seq <= to));
        events.sort_unstable();
        events.dedup();
        (events, read_to.is_none())
    }

    fn older(&self, scope: &Scope, below: Seq) -> Older {
        let limit = INCIDENTS_MAX * 2 + 2;
        let current = self
            .reaches
            .iter()
            .filter(|it| it.until.is_none() && it.reached.1 == *scope);
        let mut places: Vec<_> = current
            .map(|it| (it.incident, self.place(it.incident, it.since)))
            .collect();
        places.retain(|(_, at)| *at < below);
        places.sort_unstable_by_key(|(_, at)| std::cmp::Reverse(*at));
        let is_all = places.len() < limit;
        places.truncate(limit);
        Older { places, is_all }
    }

    fn place(&self, incident: IncidentId, since: Seq) -> Seq {
        self.last_change(incident, self.log.head)
            .unwrap_or_default()
            .max(since)
    }

    fn reached(&self, scopes: &BTreeSet<Scope>, at: Seq) -> BTreeSet<IncidentId> {
        let in_scope = self
            .reaches
            .iter()
            .filter(|it| scopes.contains(&it.reached.1));
        let there = in_scope.filter(|it| it.until.is_none_or(|until| until > at));
        there.map(|it| it.incident).collect()
    }

    fn standing(&self, incident: IncidentId, watched: &BTreeSet<Scope>, high: Seq) -> Standing {
        let reaches = self.reaches.iter().filter(|it| it.incident == incident);
        let reaches = reaches
            .filter(|it| watched.contains(&it.reached.1))
            .map(|it| Reach {
                kind: it.reached.0,
                scope: it.reached.1.clone(),
                since: it.since,
                until: it.until,
                at: self.place(incident, it.since),
            });
        let changed = self.last_change(incident, high);
        Standing {
            incident,
            changed,
            bytes: 1000,
            reaches: reaches.collect(),
        }
    }

    fn add(&self, page: &mut PullPage, id: IncidentId, sends: Sends, after: Seq) {
        let before = page.docs.len();
        for (kind, how) in sends.docs {
            page.docs
                .extend(self.pulled(DocKey { kind, id }, how, after));
        }
        let is_told = page.docs.len() > before || !sends.forget.is_empty();
        page.forget.extend(keys(id, sends.forget));
        let Some(kept) = self.kept.get(&id) else {
            return;
        };
        if is_told && sends.visible.contains(&DocKind::Incident) {
            let is_staff = sends.visible.contains(&DocKind::Work);
            let row = if is_staff || self.is(Broken::RowsOfStaff) {
                row(&kept.incident, &self.directory.rules())
            } else {
                kept.public.clone()
            };
            page.rows.push(PulledRow {
                id,
                row: pack_one(&row),
            });
        }
    }

    fn pulled(&self, doc: DocKey, how: How, after: Seq) -> Option<PulledDoc> {
        let mut pulled = self.whole(doc, how, after)?;
        if self.is(Broken::TimesCorrectedAnew) {
            let mut receipts = pulled.receipts.unpack();
            for receipt in &mut receipts {
                receipt.corrected_at = receipt.received_at;
            }
            pulled.receipts = ReceiptColumns::pack(receipts.iter());
        }
        Some(pulled)
    }

    fn whole(&self, doc: DocKey, how: How, after: Seq) -> Option<PulledDoc> {
        let kept = self.kept.get(&doc.id)?;
        let mark = kept.marks.get(&doc.kind)?;
        let changes = self.changes.iter().map(|written| &written.change);
        let changes: Vec<_> = changes
            .filter(|it| it.doc == doc && it.seq > after)
            .collect();
        let has_bytes = changes.iter().all(|change| change.bytes.is_some());
        let (body, receipts) = match how {
            How::Changes if changes.is_empty() => return None,
            How::Changes if has_bytes || self.is(Broken::CompactedLeftOut) => {
                let receipts = ReceiptColumns::pack(changes.iter().map(|it| &it.receipt));
                let bytes = changes.into_iter().filter_map(|it| it.bytes.clone());
                (
                    PulledBody::Changes(bytes.map(ChangeBytes).collect()),
                    receipts,
                )
            }
            How::Changes | How::Snapshot => {
                let bytes = kept.docs.get(doc.kind)?.save();
                (
                    PulledBody::Snapshot(bytes),
                    ReceiptColumns::pack(book(kept, doc.kind).iter()),
                )
            }
        };
        let signed = mark.signed.clone();
        Some(PulledDoc {
            doc,
            generation: mark.generation,
            body,
            receipts,
            signed,
        })
    }
}

/// The receipts of a document.
pub(super) fn book(kept: &shared::sync::server::Kept, kind: DocKind) -> &ReceiptBook {
    match kind {
        DocKind::Incident => &kept.receipts.incident,
        DocKind::Work => &kept.receipts.work,
    }
}

fn keys(id: IncidentId, kinds: Vec<DocKind>) -> impl Iterator<Item = DocKey> {
    kinds.into_iter().map(move |kind| DocKey { kind, id })
}
