//! A device in the hands of somebody who knows the format and has a session.

use std::collections::BTreeMap;

use automerge::transaction::{CommitOptions, Transaction};
use automerge::{ActorId, Automerge, Change, ExpandedChange, ReadDoc as _};
use shared::document::Document;
use shared::ids::{ActId, Actor, DeviceId, DocKey, DocKind, Epoch, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, IncidentDocs, Intent, Refused, write};
use shared::sync::message::{
    ChangeBytes, Cursors, MEDIA_TYPE, PROTOCOL, PullPage, PullRequest, PulledBody, PushChange,
    PushGroup, PushReply, PushRequest, Surface, Verdict, decode, encode,
};
use shared::time::{Boot, UnixMillis};
use tests::draws::Draws;
use tests::http::{Answer, Http};

pub(crate) struct Attacker {
    pub(crate) http: Http,
    pub(crate) person: PersonId,
    pub(crate) surface: Surface,
    pub(crate) device: DeviceId,
    pub(crate) docs: BTreeMap<DocKey, Document>,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) draws: Draws,
}

impl Attacker {
    /// Signs in, and reads what was declared last.
    pub(crate) fn sign_in(port: u16, login: &str, surface: Surface) -> Self {
        let mut http = Http::new(port);
        let word = match surface {
            Surface::Console => "console",
            Surface::Portal => "portal",
        };
        let answer = http.sign_in(login, word).expect("the server answers");
        let session: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
        let person = session["person"]["id"]
            .as_u64()
            .and_then(|id| id.try_into().ok());
        let mut draws = Draws::new(u64::from(port), login.len() as u64);
        let mut attacker = Self {
            http,
            person: PersonId(person.expect("a session names its person")),
            surface,
            device: DeviceId::from_bytes(draws.bytes()),
            docs: BTreeMap::new(),
            epoch: None,
            draws,
        };
        attacker.pull();
        attacker
    }

    pub(crate) fn pull_request(&self, cursors: Cursors) -> PullRequest {
        PullRequest {
            protocol: PROTOCOL,
            surface: self.surface,
            person: self.person,
            device: self.device,
            cursors,
            directory: u64::MAX,
            docs_max: 4,
            fetches: true,
        }
    }

    /// Reads the latest incidents whole.
    pub(crate) fn pull(&mut self) -> PullPage {
        let request = self.pull_request(Cursors::default());
        let page: PullPage = self.ask("/sync/pull", &request);
        self.epoch = page.cursors.epoch;
        for pulled in &page.docs {
            let PulledBody::Snapshot(bytes) = &pulled.body else {
                panic!("a new device gets whole documents");
            };
            let document = Document::load(pulled.doc, bytes).expect("a sent document loads");
            self.docs.insert(pulled.doc, document);
        }
        page
    }

    pub(crate) fn ask<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        request: &impl serde::Serialize,
    ) -> T {
        let answer = self.post(path, request);
        assert_eq!(answer.status, 200, "{path}");
        decode(&answer.body).expect("a message")
    }

    pub(crate) fn post(&self, path: &str, request: &impl serde::Serialize) -> Answer {
        let answer = self.http.post(path, MEDIA_TYPE, &encode(request));
        answer.expect("the server answers")
    }

    pub(crate) fn push_request(&self, groups: Vec<PushGroup>) -> PushRequest {
        PushRequest {
            protocol: PROTOCOL,
            surface: self.surface,
            person: self.person,
            device: self.device,
            epoch: self.epoch,
            clocks: Vec::new(),
            hands_over: false,
            groups,
        }
    }

    pub(crate) fn offer(&self, groups: Vec<PushGroup>) -> Vec<Verdict> {
        let reply: PushReply = self.ask("/sync/push", &self.push_request(groups));
        reply.verdicts
    }

    pub(crate) fn offer_one(&self, group: PushGroup) -> Verdict {
        let verdicts = self.offer(vec![group]);
        verdicts.into_iter().next().expect("a verdict for each act")
    }

    /// Offers an act that is to be refused.
    #[track_caller]
    pub(crate) fn refused(&self, group: PushGroup) -> Refused {
        let verdict = self.offer_one(group);
        let Verdict::Refused(refused) = verdict else {
            panic!("to be refused: {verdict:?}");
        };
        refused
    }

    /// An actor of this device's own for each document.
    pub(crate) fn actor(&self, doc: DocKey) -> Actor {
        let (mine, its) = (self.device.as_bytes(), doc.id.as_bytes());
        Actor(std::array::from_fn(|at| {
            let kind = u8::from(at == 0 && doc.kind == DocKind::Work);
            mine[at] ^ its[at] ^ kind
        }))
    }

    pub(crate) fn drafted(&mut self, intent: Intent) -> Drafted {
        let at = UnixMillis(1_700_000_000_000);
        Drafted {
            act: ActId::new(at, self.draws.bytes()),
            intent,
            facts: std::array::from_fn(|_| FactId::new(at, self.draws.bytes())),
            by: self.person,
            at,
            boot: Boot(1),
            mono: 1,
            saw: None,
        }
    }

    /// A proper act of this device, kept as written in its own documents.
    pub(crate) fn written(&mut self, id: IncidentId, intent: Intent) -> PushGroup {
        let mut drafted = self.drafted(intent);
        self.write(id, &mut drafted)
    }

    pub(crate) fn write(&mut self, id: IncidentId, drafted: &mut Drafted) -> PushGroup {
        let new = |key| Document::new(key);
        let incident = DocKey::incident(id);
        let mut docs = IncidentDocs {
            incident: self.docs.remove(&incident).unwrap_or_else(|| new(incident)),
            work: self.docs.remove(&DocKey::work(id)),
        };
        let device = &*self;
        let written = write(drafted, &mut docs, &|doc| device.actor(doc));
        let written = written.expect("a proper act can be written");
        self.docs.insert(incident, docs.incident);
        self.docs.extend(docs.work.map(|work| (work.key, work)));
        PushGroup {
            act: drafted.act,
            changes: written
                .into_iter()
                .map(|change| push_change(change.doc, change.bytes))
                .collect(),
        }
    }

    /// A change written by hand on top of a document, and not kept.
    pub(crate) fn forged(
        &self,
        doc: DocKey,
        write: impl FnOnce(&mut Transaction<'_>),
    ) -> ExpandedChange {
        let mut automerge = Automerge::load(&self.docs[&doc].save()).expect("a saved document");
        automerge.set_actor(ActorId::from(self.actor(doc).0));
        let mut transaction = automerge.transaction();
        write(&mut transaction);
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
        change.expect("something was written").decode()
    }
}

pub(crate) fn push_change(doc: DocKey, bytes: Vec<u8>) -> PushChange {
    PushChange {
        doc,
        generation: 0,
        bytes: ChangeBytes(bytes),
    }
}

/// One change as an act of its own.
pub(crate) fn group(doc: DocKey, bytes: Vec<u8>) -> PushGroup {
    PushGroup {
        act: ActId::from_bytes([7; 16]),
        changes: vec![push_change(doc, bytes)],
    }
}

/// A change that was taken apart, put together again with a true checksum.
pub(crate) fn sealed(doc: DocKey, change: ExpandedChange) -> PushGroup {
    group(doc, Change::from(change).raw_bytes().to_vec())
}
