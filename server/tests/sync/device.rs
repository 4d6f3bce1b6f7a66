//! A device as plainly as possible: documents, cursors and an outbox in memory.

use std::collections::{BTreeMap, BTreeSet};

use shared::document::{Document, ReceiptBook};
use shared::ids::{ActId, Actor, DeviceId, DocKey, DocKind, FactId, IncidentId, PersonId};
use shared::incidents::{
    Channel, Declare, Drafted, Incident, IncidentDocs, IncidentReceipts, Intent, Requester, read,
    write,
};
use shared::priority::Level;
use shared::sync::message::{
    ChangeBytes, Cursors, PROTOCOL, PullPage, PullRequest, PulledBody, PushChange, PushGroup,
    PushReply, PushRequest, Surface, Verdict,
};
use shared::time::{Boot, Reading, UnixMillis};

use super::server::{Answer, NOON, TestServer};

pub(crate) struct Device {
    pub(crate) person: PersonId,
    pub(crate) surface: Surface,
    pub(crate) cookie: String,
    pub(crate) id: DeviceId,
    pub(crate) cursors: Cursors,
    pub(crate) docs: BTreeMap<DocKey, Document>,
    pub(crate) receipts: BTreeMap<DocKey, ReceiptBook>,
    pub(crate) rows: BTreeMap<IncidentId, Vec<u8>>,
    pub(crate) outbox: Vec<PushGroup>,
    /// Every byte that ever came from the server.
    pub(crate) received: Vec<u8>,
    pub(crate) now: UnixMillis,
    pub(crate) docs_max: u32,
    drawn: u32,
}

impl Device {
    pub(crate) async fn new(server: &TestServer, person: PersonId, surface: Surface) -> Self {
        let cookie = server.sign_in(person, surface).await;
        let id = DeviceId::from_bytes(server.app.random.bytes());
        Self {
            person,
            surface,
            cookie,
            id,
            cursors: Cursors::default(),
            docs: BTreeMap::new(),
            receipts: BTreeMap::new(),
            rows: BTreeMap::new(),
            outbox: Vec::new(),
            received: Vec::new(),
            now: NOON,
            docs_max: 100,
            drawn: 0,
        }
    }

    pub(crate) async fn console(server: &TestServer, person: PersonId) -> Self {
        Self::new(server, person, Surface::Console).await
    }

    /// Begins a session of now.
    pub(crate) async fn sign_in_again(&mut self, server: &TestServer) {
        self.cookie = server.sign_in(self.person, self.surface).await;
        self.now = server.app.clock.now();
    }

    pub(crate) async fn portal(server: &TestServer, person: PersonId) -> Self {
        Self::new(server, person, Surface::Portal).await
    }

    /// An actor of this device's own for each document.
    pub(crate) fn actor(&self, doc: DocKey) -> Actor {
        let place = usize::from(doc.kind == DocKind::Work);
        let (mine, its) = (self.id.as_bytes(), doc.id.as_bytes());
        Actor(std::array::from_fn(|at| {
            if at == 0 {
                u8::try_from(place).unwrap_or(0)
            } else {
                mine[at] ^ its[at]
            }
        }))
    }

    /// Ten bytes that no other device draws: begun at the same time, all draw as often.
    fn draw(&mut self) -> [u8; 10] {
        self.drawn += 1;
        let mut random = [0; 10];
        random[..6].copy_from_slice(&self.id.as_bytes()[..6]);
        random[6..].copy_from_slice(&self.drawn.to_be_bytes());
        random
    }

    pub(crate) fn drafted(&mut self, intent: Intent) -> Drafted {
        self.now = self.now.plus(1);
        let facts = [self.draw(), self.draw()].map(|random| FactId::new(self.now, random));
        let act = ActId::new(self.now, self.draw());
        let mono = self.now.since(NOON).cast_unsigned();
        Drafted {
            act,
            intent,
            facts,
            by: self.person,
            at: self.now,
            boot: Boot(1),
            mono,
            saw: None,
        }
    }

    /// Declares an incident that `requester` reported, for a group.
    pub(crate) fn declare(&mut self, requester: PersonId, group: Option<&str>) -> IncidentId {
        let id = IncidentId::new(self.now, self.draw());
        let declare = self.first_values(requester, group);
        self.docs
            .insert(DocKey::incident(id), Document::new(DocKey::incident(id)));
        if self.surface == Surface::Console {
            self.docs
                .insert(DocKey::work(id), Document::new(DocKey::work(id)));
        }
        self.act(id, Intent::Declare(declare));
        id
    }

    pub(crate) fn first_values(&self, requester: PersonId, group: Option<&str>) -> Declare {
        Declare {
            subject: "VPN asks for credentials again".to_owned(),
            description: "Since this morning.".to_owned(),
            requester: Requester::Person(requester),
            channel: if self.surface == Surface::Portal {
                Channel::Portal
            } else {
                Channel::Phone
            },
            category: None,
            impact: Level::Medium,
            urgency: Level::Medium,
            site: None,
            group: group.map(Into::into),
            assignee: None,
            asset: None,
            contact: None,
        }
    }

    /// Acts on an incident and puts the act into the outbox.
    pub(crate) fn act(&mut self, id: IncidentId, intent: Intent) -> PushGroup {
        let mut drafted = self.drafted(intent);
        let group = self.write(id, &mut drafted);
        self.outbox.push(group.clone());
        group
    }

    /// Writes an act, without offering it.
    pub(crate) fn write(&mut self, id: IncidentId, drafted: &mut Drafted) -> PushGroup {
        let mut docs = self.take(id);
        let (device, act) = (&*self, drafted.act);
        let written = write(drafted, &mut docs, &|doc| device.actor(doc));
        let written = written.expect("a test's act can be written");
        self.docs.insert(docs.incident.key, docs.incident);
        self.docs.extend(docs.work.map(|work| (work.key, work)));
        let changes = written.into_iter().map(|change| PushChange {
            doc: change.doc,
            generation: 0,
            bytes: ChangeBytes(change.bytes),
        });
        PushGroup {
            act,
            changes: changes.collect(),
        }
    }

    fn take(&mut self, id: IncidentId) -> IncidentDocs {
        let incident = self
            .docs
            .remove(&DocKey::incident(id))
            .expect("the device has the incident");
        IncidentDocs {
            incident,
            work: self.docs.remove(&DocKey::work(id)),
        }
    }

    pub(crate) fn reply_to(&mut self, id: IncidentId, text: &str) -> PushGroup {
        self.act(
            id,
            Intent::Reply {
                text: text.to_owned(),
            },
        )
    }

    pub(crate) fn note(&mut self, id: IncidentId, text: &str) -> PushGroup {
        self.act(
            id,
            Intent::Note {
                text: text.to_owned(),
            },
        )
    }

    pub(crate) fn assign(&mut self, id: IncidentId, group: &str) -> PushGroup {
        self.act(
            id,
            Intent::Assign {
                group: Some(group.into()),
                person: None,
                escalation: None,
            },
        )
    }

    pub(crate) fn request(&self, groups: Vec<PushGroup>) -> PushRequest {
        let mono = self.now.since(NOON).cast_unsigned();
        PushRequest {
            protocol: PROTOCOL,
            surface: self.surface,
            person: self.person,
            device: self.id,
            epoch: self.cursors.epoch,
            clocks: vec![Reading {
                boot: Boot(1),
                mono,
                wall: self.now,
            }],
            groups,
            hands_over: false,
        }
    }

    /// Offers groups; the outbox stays as it is.
    pub(crate) async fn offer(&self, server: &TestServer, groups: Vec<PushGroup>) -> Vec<Verdict> {
        let answer = server
            .post("/sync/push", &self.cookie, &self.request(groups))
            .await;
        answer.message::<PushReply>().verdicts
    }

    /// Offers everything that waits, after the first page; entries leave by any verdict.
    pub(crate) async fn push(&mut self, server: &TestServer) -> Vec<Verdict> {
        if self.cursors.epoch.is_none() {
            self.pull_once(server).await;
        }
        let groups = std::mem::take(&mut self.outbox);
        let verdicts = self.offer(server, groups).await;
        for accepted in verdicts.iter().filter_map(accepted).flatten() {
            self.receipts
                .entry(accepted.doc)
                .or_default()
                .add(accepted.receipt);
        }
        verdicts
    }

    pub(crate) fn pull_request(&self) -> PullRequest {
        PullRequest {
            protocol: PROTOCOL,
            surface: self.surface,
            person: self.person,
            device: self.id,
            cursors: self.cursors.clone(),
            directory: 0,
            docs_max: self.docs_max,
            fetches: true,
        }
    }

    /// Asks for the next page and moves the cursors, without storing what came.
    pub(crate) async fn pull_page_only(&mut self, server: &TestServer) -> PullPage {
        let request = self.pull_request();
        let answer: Answer = server.post("/sync/pull", &self.cookie, &request).await;
        self.received.extend(&answer.body);
        let page: PullPage = answer.message();
        self.cursors = page.cursors.clone();
        page
    }

    pub(crate) async fn pull_once(&mut self, server: &TestServer) -> PullPage {
        let page = self.pull_page_only(server).await;
        self.store(&page);
        page
    }

    /// Pulls until there is nothing more.
    pub(crate) async fn pull(&mut self, server: &TestServer) -> Vec<PullPage> {
        let mut pages = Vec::new();
        loop {
            let page = self.pull_once(server).await;
            let is_more = page.more;
            pages.push(page);
            assert!(pages.len() < 1_000, "pulling does not end");
            if !is_more {
                return pages;
            }
        }
    }

    fn store(&mut self, page: &PullPage) {
        for doc in &page.forget {
            self.docs.remove(doc);
            self.receipts.remove(doc);
        }
        for pulled in &page.docs {
            let held = self
                .docs
                .entry(pulled.doc)
                .or_insert_with(|| Document::new(pulled.doc));
            match &pulled.body {
                PulledBody::Snapshot(bytes) => {
                    let theirs = Document::load(pulled.doc, bytes).expect("a sent document loads");
                    let chunks = theirs
                        .changes()
                        .filter_map(|change| theirs.change_bytes(change.hash));
                    held.apply(&chunks.collect::<Vec<_>>())
                        .expect("snapshots fit");
                }
                PulledBody::Changes(changes) => {
                    let bytes: Vec<_> = changes.iter().map(|change| &change.0).collect();
                    held.apply(&bytes).expect("changes rest on what is held");
                }
            }
            let book = self.receipts.entry(pulled.doc).or_default();
            pulled
                .receipts
                .unpack()
                .into_iter()
                .for_each(|receipt| book.add(receipt));
            if held.heads() == pulled.signed.heads {
                assert_eq!(
                    book.digest(),
                    pulled.signed.receipts,
                    "receipts are as signed"
                );
            }
        }
        for row in &page.rows {
            self.rows.insert(row.id, row.row.clone());
        }
        let held: BTreeSet<_> = self.docs.keys().map(|doc| doc.id).collect();
        self.rows.retain(|id, _| held.contains(id));
        self.cursors = page.cursors.clone();
    }

    pub(crate) fn read(&self, id: IncidentId) -> Incident {
        let (incident, work) = (DocKey::incident(id), DocKey::work(id));
        let docs = IncidentDocs {
            incident: self.docs[&incident].clone(),
            work: self.docs.get(&work).cloned(),
        };
        let book = |doc| self.receipts.get(&doc).cloned().unwrap_or_default();
        read(
            &docs,
            &IncidentReceipts {
                incident: book(incident),
                work: book(work),
            },
        )
        .0
    }
}

pub(crate) fn accepted(verdict: &Verdict) -> Option<&Vec<shared::sync::message::Accepted>> {
    match verdict {
        Verdict::Accepted(accepted) => Some(accepted),
        Verdict::Duplicate(_) | Verdict::Refused(_) | Verdict::Missing { .. } => None,
    }
}

#[track_caller]
pub(crate) fn expect_accepted(verdicts: &[Verdict]) {
    assert!(
        verdicts.iter().all(|verdict| accepted(verdict).is_some()),
        "{verdicts:?}"
    );
}
