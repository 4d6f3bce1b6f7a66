//! From the bytes of a change to a verdict, against a log of one incident.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use automerge::{Change, ExpandedChange};
use shared::document::{Document, Held, TextName};
use shared::ids::{ActId, Actor, DeviceId, DocKey, DocKind, Epoch, FactId, IncidentId, PersonId};
use shared::incidents::{
    Drafted, Escalation, HoldReason, IncidentDocs, Intent, Level, Refused, ResolutionCode,
    SetField, TaskChange, TaskState, write,
};
use shared::people::{Directory, Person, Role};
use shared::policy;
use shared::sync::Seq;
use shared::sync::message::{
    ChangeBytes, PushChange, PushGroup, ReturnedBody, ReturnedDoc, Signer, Surface, Verdict,
};
use shared::sync::server::{
    Before, Commit, Desk, Judgement, Kept, Offer, Place, Quarantine, Session, said,
};
use shared::targets::Rules;
use shared::testing::{ALICE, BOB, CAROL, START, attachment, declare, log, person, task};
use shared::time::{Arrival, BOUND_MILLIS, Boot, UnixMillis};

use super::bytes::{Choices, opened, prefixed, sealed};
use super::edits::{edited, everything};

/// Bytes are one or two changes, raw or as edits of a proper one, by somebody who may do anything
/// that an agent may. What is accepted adds one fact of theirs to each document, and no more.
pub fn intents(bytes: &[u8]) {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(World::new);
    let mut choices = Choices(bytes);
    let group = world.chosen(&mut choices);
    for change in &group.changes {
        said(&change.bytes.0);
    }
    let Ok(offer) = Offer::read(&group) else {
        return;
    };
    let kept = (offer.incident == world.kept.docs.id()).then_some(&world.kept);
    if let Judgement::Accepted(commit, _) = world.judge(&offer, kept) {
        world.check(&offer, kept, &commit);
    }
}

struct Seal;

impl Signer for Seal {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        message.to_vec()
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        message == signature
    }
}

/// An incident as a server keeps it, and the proper acts of somebody on it.
pub(super) struct World {
    kept: Kept,
    session: Session,
    rules: Rules,
    groups: Vec<PushGroup>,
}

const DEVICE: [u8; 16] = [9; 16];
const UNBORN: [u8; 16] = [0x55; 16];

impl World {
    pub(super) fn new() -> Self {
        let rules = Rules::default();
        let alice = session(person(ALICE, Role::Agent), [8; 16]);
        let id = IncidentId::new(START, [1; 10]);
        let mut docs = IncidentDocs::new(id);
        let mut kept = None;
        let mut nth = 0;
        let text = || "Since this morning.".to_owned();
        let code = ResolutionCode::Fixed;
        let history = [
            Intent::Declare(declare()),
            Intent::Reply { text: text() },
            Intent::Note { text: text() },
            Intent::AddTask(task()),
            attach(DocKind::Incident),
            watch(DocKind::Work),
            Intent::Resolve {
                code,
                notes: text(),
            },
            Intent::Reopen { text: text() },
        ];
        for intent in history {
            nth += 1;
            let group = written(&alice, nth, intent, &mut docs);
            let offer = Offer::read(&group).expect("a proper act");
            let judged = judge(&alice, &offer, kept.as_ref(), &rules);
            let Judgement::Accepted(commit, _) = judged else {
                panic!("{judged:?}");
            };
            docs = commit.kept.docs.clone();
            kept = Some(commit.kept);
        }
        let kept = kept.expect("it was declared");
        let session = session(person(BOB, Role::Agent), DEVICE);
        let groups = acts(&kept).into_iter().enumerate().map(|(place, intent)| {
            let is_new = matches!(intent, Intent::Declare(_));
            let unborn = IncidentDocs::new(IncidentId::from_bytes(UNBORN));
            let mut docs = if is_new { unborn } else { kept.docs.clone() };
            written(&session, 100 + place as u64, intent, &mut docs)
        });
        let groups = groups.collect();
        Self {
            kept,
            session,
            rules,
            groups,
        }
    }

    /// Proper acts, each of which the server takes.
    pub(super) fn proper(&self) -> Vec<PushGroup> {
        self.groups.clone()
    }

    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        let Some(offer) = self
            .groups
            .first()
            .and_then(|group| Offer::read(group).ok())
        else {
            return Vec::new();
        };
        let Judgement::Accepted(_, accepted) = self.judge(&offer, Some(&self.kept)) else {
            return Vec::new();
        };
        let doc = self.kept.docs.incident.key;
        vec![
            Verdict::Accepted(accepted),
            Verdict::Refused(Refused::Scope),
            Verdict::Missing {
                doc,
                hashes: self.kept.docs.incident.heads(),
            },
        ]
    }

    pub(super) fn returned(&self) -> ReturnedDoc {
        let doc = &self.kept.docs.incident;
        let bytes = doc
            .changes()
            .filter_map(|change| doc.change_bytes(change.hash));
        ReturnedDoc {
            doc: doc.key,
            generation: 0,
            signed: self.kept.marks[&DocKind::Incident].signed.clone(),
            body: Some(ReturnedBody {
                changes: bytes.map(ChangeBytes).collect(),
                receipts: shared::document::ReceiptColumns::pack(
                    self.kept.receipts.incident.iter(),
                ),
            }),
        }
    }

    fn chosen(&self, choices: &mut Choices<'_>) -> PushGroup {
        let mode = choices.byte();
        let proper = choices.pick(&self.groups);
        let changes = proper.changes.iter().map(|change| {
            let doc = change.doc;
            let bytes = if mode.is_multiple_of(2) {
                sealed(choices.prefixed())
            } else {
                let change = Change::from_bytes(change.bytes.0.clone()).expect("a proper change");
                let objects = self.kept.docs.get(doc.kind).map(everything);
                let change = edited(change.decode(), &objects.unwrap_or_default(), choices);
                raw(change)
            };
            let bytes = ChangeBytes(bytes);
            PushChange {
                doc,
                generation: 0,
                bytes,
            }
        });
        PushGroup {
            act: proper.act,
            changes: changes.collect(),
        }
    }

    fn judge(&self, offer: &Offer, kept: Option<&Kept>) -> Judgement {
        judge(&self.session, offer, kept, &self.rules)
    }

    fn check(&self, offer: &Offer, kept: Option<&Kept>, commit: &Commit) {
        let after = &commit.kept;
        for kind in [DocKind::Incident, DocKind::Work] {
            let Some(doc) = after.docs.get(kind) else {
                continue;
            };
            let loaded = Document::load(doc.key, &doc.save()).expect("what is accepted loads");
            assert_eq!(loaded.heads(), doc.heads());
            assert_eq!(loaded.facts(), doc.facts());
            let (facts, strange) = doc.facts();
            assert_eq!(strange, 0, "nothing but facts is accepted");
            let Some(before) = kept.and_then(|kept| kept.docs.get(kind)) else {
                continue;
            };
            let (held, _) = before.facts();
            let is_new = |fact: &&Held| !held.contains(fact);
            let new: Vec<_> = facts.iter().filter(is_new).collect();
            let offered = offer.parts().filter(|(doc, ..)| doc.kind == kind).count();
            assert_eq!(new.len(), offered, "one fact for each change");
            assert_eq!(facts.len(), held.len() + offered, "no fact is changed");
            assert!(
                new.iter()
                    .all(|held| held.fact.by == self.session.person.id)
            );
            let is_same = |name| doc.text(name) == before.text(name);
            let is_edit = new.iter().any(|held| held.fact.group == "diagnosis");
            assert!(is_same(TextName::Description) && (is_edit || is_same(TextName::Diagnosis)));
        }
        assert!(after.incident.number.is_some());
        let number = kept.map(|kept| &kept.incident.number);
        assert!(number.is_none_or(|number| *number == after.incident.number));
        let again = self.judge(offer, Some(after));
        let is_known = |places: &[Place]| places.len() == offer.parts().count();
        assert!(matches!(again, Judgement::Duplicate(places) if is_known(&places)));
    }
}

fn raw(change: ExpandedChange) -> Vec<u8> {
    Change::from(change).raw_bytes().to_vec()
}

fn session(person: Person, device: [u8; 16]) -> Session {
    let surface = Surface::Console;
    Session {
        scopes: policy::scopes(&person, surface),
        person,
        device: DeviceId::from_bytes(device),
        surface,
    }
}

fn judge(session: &Session, offer: &Offer, kept: Option<&Kept>, rules: &Rules) -> Judgement {
    let now = START.plus(60_000);
    let before = Before {
        kept,
        actors: &BTreeMap::new(),
        quarantine: &Quarantine::new(),
        next: Seq(kept.map_or(1, |kept| kept.last_seq().0 + 2)),
        directory: &Directory {
            people: vec![
                person(ALICE, Role::Agent),
                person(BOB, Role::Agent),
                person(CAROL, Role::Requester),
            ],
            ..Directory::default()
        },
        number: "INC-1",
    };
    let arrival = Arrival {
        now,
        clocks: &[],
        bound_millis: BOUND_MILLIS,
    };
    let desk = Desk {
        epoch: Epoch::from_bytes([1; 16]),
        now,
        actor: Actor([1; 16]),
        signer: &Seal,
        rules,
    };
    offer.judge(session, arrival, before, desk)
}

fn written(session: &Session, nth: u64, intent: Intent, docs: &mut IncidentDocs) -> PushGroup {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&nth.to_be_bytes());
    let at = UnixMillis(START.0 + i64::try_from(nth).expect("few acts"));
    let fact = |place: u8| {
        random[9] = place;
        FactId::new(at, random)
    };
    let mut fact = fact;
    let mut drafted = Drafted {
        act: ActId::new(at, [3; 10]),
        intent,
        facts: [fact(0), fact(1)],
        by: session.person.id,
        at,
        boot: Boot(1),
        mono: nth,
        saw: None,
    };
    let actor = |doc: DocKey| {
        let mut actor = *session.device.as_bytes();
        actor[0] = u8::from(doc.kind == DocKind::Work);
        Actor(actor)
    };
    let written = write(&mut drafted, docs, &actor).expect("a proper act can be written");
    let changes = written.into_iter().map(|change| PushChange {
        doc: change.doc,
        generation: 0,
        bytes: ChangeBytes(change.bytes),
    });
    PushGroup {
        act: drafted.act,
        changes: changes.collect(),
    }
}

/// One act of each shape.
fn acts(kept: &Kept) -> Vec<Intent> {
    let text = || "On the way.".to_owned();
    let (facts, _) = kept.docs.incident.facts();
    let theirs = facts.last().map(|held| held.fact.id);
    let theirs = theirs.expect("it was declared");
    let work = kept.docs.work.as_ref().expect("staff declared it");
    let facts = work.facts().0.iter().map(|held| &held.fact);
    let of_group = |group: &str| {
        let mut of_group = facts.clone().filter(|fact| fact.group == group);
        of_group.next().expect("the history has one").id
    };
    let (added, watches, noted) = (of_group("task"), of_group("watcher"), of_group("note"));
    let change = |change| Intent::ChangeTask {
        task: added,
        change,
    };
    let mut acts = vec![
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        Intent::Declare(declare()),
        Intent::Set(SetField::Subject(text())),
        Intent::Set(SetField::Urgency(Level::High)),
        Intent::Assign {
            group: Some("network".into()),
            person: Some(PersonId(2)),
            escalation: Some(Escalation::Time),
        },
        Intent::Claim { group: None },
        Intent::Start,
        Intent::Hold {
            reason: HoldReason::Caller,
            text: text(),
            until: Some(UnixMillis(1_800_000_000_000)),
        },
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: "Since yesterday.".to_owned(),
        },
        Intent::Close,
        Intent::Cancel { text: text() },
        Intent::Withdraw {
            doc: DocKind::Incident,
            fact: theirs,
        },
        Intent::Acknowledge,
        Intent::Log(log(25)),
        Intent::AddTask(task()),
        change(TaskChange::State(TaskState::Done)),
        change(TaskChange::Step {
            nth: 1,
            is_done: true,
        }),
        change(TaskChange::Person(Some(ALICE))),
        change(TaskChange::Group(None)),
        change(TaskChange::Due(Some(START))),
        change(TaskChange::After {
            task: added,
            is_awaited: true,
        }),
        attach(DocKind::Incident),
        attach(DocKind::Work),
    ];
    acts.extend(said_and_watched(noted, watches));
    acts
}

/// What a note is worded anew as, who is called on, and who watches.
fn said_and_watched(noted: FactId, watches: FactId) -> [Intent; 7] {
    [
        Intent::Diagnose {
            before: String::new(),
            text: "The switch is dark.".to_owned(),
        },
        Intent::Revise {
            doc: DocKind::Work,
            entry: noted,
            text: "On the way.".to_owned(),
        },
        mention(DocKind::Incident),
        mention(DocKind::Work),
        watch(DocKind::Incident),
        watch(DocKind::Work),
        Intent::Unwatch {
            doc: DocKind::Work,
            person: BOB,
            added: vec![watches],
        },
    ]
}

fn mention(doc: DocKind) -> Intent {
    let (text, people) = ("@Bob and @Alice".to_owned(), vec![BOB, ALICE]);
    Intent::Mention { doc, text, people }
}

fn watch(doc: DocKind) -> Intent {
    let person = match doc {
        DocKind::Incident => CAROL,
        DocKind::Work => BOB,
    };
    Intent::Watch { doc, person }
}

fn attach(doc: DocKind) -> Intent {
    let file = attachment(7);
    Intent::Attach { doc, file }
}

/// Each proper act raw, and with an edit or two.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let world = World::new();
    let mut seeds = Vec::new();
    for (place, group) in (0..).zip(&world.groups) {
        let changes = group.changes.iter();
        let changes: Vec<_> = changes
            .flat_map(|change| prefixed(opened(&change.bytes.0)))
            .collect();
        seeds.push((format!("raw-{place}"), [&[0, place], &*changes].concat()));
        let edit = [1, place, place % 8, 3, place, 2, place, 1, place, 4, 0, 5];
        seeds.push((format!("edited-{place}"), edit.to_vec()));
    }
    seeds
}
