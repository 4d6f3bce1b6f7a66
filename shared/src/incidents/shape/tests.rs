use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};

use super::*;
use crate::document::{Document, Draft, TextName};
use crate::ids::{Actor, DocKind};
use crate::incidents::attachments::{Attachment, MediaType};
use crate::incidents::{
    Channel, Declare, Escalation, HoldReason, Holder, IncidentDocs, Level, Log, LogKind, NewTask,
    Outcome, Override, Priority, Requester, ResolutionCode, Ruled, SetField, TaskChange, TaskState,
    write,
};
use crate::testing::{BOB, Copy, START, attachment, declare};

fn revise() -> Intent {
    Intent::Revise {
        doc: DocKind::Work,
        entry: FactId::from_bytes([7; 16]),
        text: "Since yesterday.".to_owned(),
    }
}

fn ruled() -> Intent {
    Intent::Rule(Ruled {
        rule: "Paper jams".to_owned(),
        version: 7,
        gave: vec![Outcome::Group, Outcome::Priority],
    })
}

fn watch() -> Intent {
    Intent::Watch {
        doc: DocKind::Work,
        person: BOB,
    }
}

fn diagnose(text: &str) -> Intent {
    let (before, text) = (String::new(), text.to_owned());
    Intent::Diagnose { before, text }
}

fn to_nobody() -> Intent {
    Intent::Assign {
        group: None,
        person: None,
        escalation: None,
    }
}

fn every_intent() -> Vec<Intent> {
    let text = || "Größe 👍".to_owned();
    let stub = Requester::Unknown {
        name: text(),
        contact: String::new(),
    };
    vec![
        Intent::Set(SetField::Subject(text())),
        Intent::Set(SetField::Category(None)),
        Intent::Set(SetField::Category(Some("network/vpn".into()))),
        Intent::Set(SetField::Impact(Level::High)),
        Intent::Set(SetField::Urgency(Level::Low)),
        priority(None),
        priority(Some(Priority::P1)),
        Intent::Set(SetField::Site(Some("ams".into()))),
        Intent::Set(SetField::Requester(stub)),
        Intent::Set(SetField::Requester(Requester::Person(BOB))),
        Intent::Assign {
            group: Some("network".into()),
            person: Some(BOB),
            escalation: Some(Escalation::Skill),
        },
        to_nobody(),
        Intent::Claim { group: None },
        Intent::Start,
        Intent::Hold {
            reason: HoldReason::Part,
            text: text(),
            until: Some(crate::time::UnixMillis(1_800_000_000_000)),
        },
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
        Intent::Reopen { text: text() },
        Intent::Close,
        Intent::Cancel {
            text: String::new(),
        },
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        diagnose(&text()),
        Intent::Acknowledge,
        Intent::Log(Log {
            began: START,
            minutes: 25,
            kind: LogKind::Travel,
            is_billable: true,
            text: text(),
        }),
        Intent::AddTask(NewTask {
            title: text(),
            ..NewTask::default()
        }),
        Intent::AddTask(NewTask {
            title: text(),
            holder: holder(),
            due: Some(START),
            steps: vec![text(), "Then this".to_owned()],
            after: vec![FactId::from_bytes([7; 16]), FactId::from_bytes([8; 16])],
        }),
        Intent::Attach {
            doc: DocKind::Incident,
            file: attachment(7),
        },
        Intent::Attach {
            doc: DocKind::Work,
            file: Attachment {
                media: MediaType::Docx,
                thumbnail: None,
                taken_at: None,
                ..attachment(7)
            },
        },
        Intent::Withdraw {
            doc: DocKind::Incident,
            fact: FactId::from_bytes([7; 16]),
        },
        Intent::Withdraw {
            doc: DocKind::Work,
            fact: FactId::from_bytes([7; 16]),
        },
        Intent::Mention {
            doc: DocKind::Incident,
            text: text(),
            people: vec![BOB],
        },
        Intent::Mention {
            doc: DocKind::Work,
            text: text(),
            people: vec![BOB, PersonId(70_000)],
        },
        revise(),
        watch(),
        Intent::Unwatch {
            doc: DocKind::Incident,
            person: BOB,
            added: vec![FactId::from_bytes([7; 16]), FactId::from_bytes([8; 16])],
        },
        ruled(),
    ]
}

fn priority(priority: Option<Priority>) -> Intent {
    let reason = "The board meets in there.".to_owned();
    Intent::Set(SetField::Priority(Override { priority, reason }))
}

fn holder() -> Holder {
    Holder {
        person: Some(BOB),
        group: Some("network".into()),
    }
}

fn every_change_of_a_task() -> Vec<Intent> {
    let task = FactId::from_bytes([7; 16]);
    let step = |nth, is_done| TaskChange::Step { nth, is_done };
    let after = |is_awaited| TaskChange::After { task, is_awaited };
    let changes = [
        TaskChange::State(TaskState::Open),
        TaskChange::State(TaskState::Done),
        TaskChange::State(TaskState::Dropped),
        TaskChange::Person(Some(BOB)),
        TaskChange::Person(None),
        TaskChange::Group(Some("network".into())),
        TaskChange::Group(None),
        TaskChange::Due(Some(START)),
        TaskChange::Due(None),
        step(0, true),
        step(49, false),
        after(true),
        after(false),
    ];
    let intents = changes.map(|change| Intent::ChangeTask { task, change });
    intents.into()
}

fn derived(before: &IncidentDocs, changes: &[(DocKey, Vec<u8>)]) -> Result<Intent, Refused> {
    let decoded: Result<Vec<_>, _> = changes
        .iter()
        .map(|(_, bytes)| decode_change(bytes))
        .collect();
    let decoded = decoded?;
    let docs: Vec<_> = changes
        .iter()
        .filter_map(|(doc, _)| before.get(doc.kind))
        .collect();
    let parts = docs
        .into_iter()
        .zip(&decoded)
        .map(|(doc, change)| Part { doc, change });
    derive(&parts.collect::<Vec<_>>()).map(|derived| derived.intent)
}

fn through(mut copy: Copy, intent: Intent) -> Result<Intent, Refused> {
    let before = copy.docs.clone();
    let mut drafted = copy.drafted(BOB, intent);
    let actor = copy.actor;
    let written = write(&mut drafted, &mut copy.docs, &|_| actor)?;
    let changes: Vec<_> = written
        .into_iter()
        .map(|change| (change.doc, change.bytes))
        .collect();
    derived(&before, &changes)
}

#[test]
fn every_intent_is_read_back_from_its_operations() {
    for intent in every_intent().into_iter().chain(every_change_of_a_task()) {
        assert_eq!(through(Copy::declared(), intent.clone()), Ok(intent));
    }
}

#[test]
fn a_declaration_is_read_back_from_both_documents() {
    let empty = || {
        let mut copy = Copy::declared();
        copy.docs = IncidentDocs::new(copy.docs.id());
        copy
    };
    let stub = Requester::Unknown {
        name: "Reception".to_owned(),
        contact: "4711".to_owned(),
    };
    let other = Declare {
        requester: stub,
        channel: Channel::WalkUp,
        group: Some("network".into()),
        assignee: Some(BOB),
        category: None,
        site: None,
        description: String::new(),
        asset: Some("Grey dock, desk 3.04".to_owned()),
        contact: Some("ext. 2311".to_owned()),
        ..declare()
    };
    for first in [declare(), other] {
        let intent = Intent::Declare(first);
        assert_eq!(through(empty(), intent.clone()), Ok(intent));
    }
}

type Write = fn(&mut automerge::transaction::Transaction<'_>, &str);

/// Writes a change that no intent of ours writes, beside a proper one where `and_reply`.
fn forged(write: Write) -> Result<Intent, Refused> {
    let copy = Copy::declared();
    let mut automerge = Automerge::load(&copy.docs.incident.save()).expect("a saved document");
    automerge.set_actor(ActorId::from([9_u8; 16]));
    let mut transaction = automerge.transaction();
    let key = "entry/01890000-0000-7000-8000-000000000001";
    write(&mut transaction, key);
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
    let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
    let bytes = change.expect("the change was made").raw_bytes().to_vec();
    derived(&copy.docs, &[(copy.docs.incident.key, bytes)])
}

fn proper(transaction: &mut automerge::transaction::Transaction<'_>, key: &str) -> ObjId {
    let fact = transaction
        .put_object(ROOT, key, ObjType::Map)
        .expect("a map");
    for name in ["by", "at", "boot", "mono"] {
        transaction.put(&fact, name, 2_i64).expect("a number");
    }
    transaction
        .put(&fact, "saw", ScalarValue::Bytes(vec![1; 16]))
        .expect("bytes");
    transaction.put(&fact, "text", "Hello").expect("a text");
    fact
}

#[test]
fn a_fact_written_by_hand_in_the_right_shape_is_one() {
    let read = forged(|tx, key| {
        proper(tx, key);
    });
    assert_eq!(
        read,
        Ok(Intent::Reply {
            text: "Hello".to_owned()
        })
    );
}

#[test]
fn what_is_not_one_known_shape_is_refused() {
    let forgeries: [(&str, Write); 14] = [
        ("an extra key", |tx, key| {
            let fact = proper(tx, key);
            tx.put(&fact, "more", "x").expect("a text");
        }),
        ("a value of another type", |tx, key| {
            let fact = proper(tx, key);
            tx.put(&fact, "text", 1.5).expect("a float");
        }),
        ("a counter", |tx, key| {
            let fact = proper(tx, key);
            tx.put(&fact, "n", ScalarValue::counter(1))
                .expect("a counter");
        }),
        ("a list", |tx, _| {
            tx.put_object(ROOT, "list", ObjType::List).expect("a list");
        }),
        ("a scalar in the root", |tx, _| {
            tx.put(ROOT, "subject", "x").expect("a text");
        }),
        ("two facts", |tx, key| {
            proper(tx, key);
            proper(tx, "entry/01890000-0000-7000-8000-000000000002");
        }),
        ("a number given by a device", |tx, _| {
            let key = "number/01890000-0000-7000-8000-000000000001";
            let fact = proper(tx, key);
            tx.delete(&fact, "text").expect("deleted");
            tx.put(&fact, "value", "INC-1").expect("a text");
        }),
        ("a withdrawal that names nothing", |tx, _| {
            let fact = proper(tx, "withdrawal/01890000-0000-7000-8000-000000000001");
            tx.delete(&fact, "text").expect("deleted");
        }),
        ("a withdrawal that names half a fact", |tx, _| {
            let fact = proper(tx, "withdrawal/01890000-0000-7000-8000-000000000001");
            tx.delete(&fact, "text").expect("deleted");
            tx.put(&fact, "fact", ScalarValue::Bytes(vec![1; 8]))
                .expect("bytes");
        }),
        ("a note in the incident document", |tx, _| {
            proper(tx, "note/01890000-0000-7000-8000-000000000001");
        }),
        ("a splice of the description", |tx, key| {
            proper(tx, key);
            let (_, text) = tx
                .get(ROOT, "text/description")
                .expect("readable")
                .expect("a text");
            tx.splice_text(&text, 0, 0, "x").expect("spliced");
        }),
        ("a text put in place of the description", |tx, key| {
            proper(tx, key);
            tx.put_object(ROOT, "text/description", ObjType::Text)
                .expect("a text");
        }),
        ("a group path of no capability", |tx, _| {
            proper(tx, "secret/01890000-0000-7000-8000-000000000001");
        }),
        ("a key in other spelling", |tx, _| {
            proper(tx, "entry/01890000-0000-7000-8000-00000000000A");
        }),
    ];
    for (what, write) in forgeries {
        assert!(
            matches!(forged(write), Err(Refused::Shape { .. })),
            "{what}"
        );
    }
}

#[test]
fn an_optional_value_of_another_type_is_not_taken_for_absent() {
    let read = forged(|tx, _| {
        let fact = proper(tx, "assignment/01890000-0000-7000-8000-000000000001");
        tx.delete(&fact, "text").expect("deleted");
        tx.put(&fact, "kind", "assigned").expect("a text");
        tx.put(&fact, "group", ScalarValue::Bytes(vec![7; 1_000]))
            .expect("bytes");
    });
    assert!(matches!(read, Err(Refused::Shape { .. })), "{read:?}");
}

#[test]
fn a_key_that_exists_cannot_be_written_again() {
    let copy = Copy::declared();
    let (held, _) = copy.docs.incident.facts();
    let key = held[0].fact.key();
    let mut automerge = Automerge::load(&copy.docs.incident.save()).expect("a saved document");
    automerge.set_actor(ActorId::from([9_u8; 16]));
    let mut transaction = automerge.transaction();
    proper(&mut transaction, &key);
    let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
    let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
    let bytes = change.expect("the change was made").raw_bytes().to_vec();
    let read = derived(&copy.docs, &[(copy.docs.incident.key, bytes)]);
    assert_eq!(read, Err(Refused::Shape { path: key }));
}

#[test]
fn a_change_carries_nothing_beside_its_operations() {
    let change = |options: CommitOptions| {
        let mut automerge = Automerge::new().with_actor(ActorId::from([9_u8; 16]));
        let mut transaction = automerge.transaction();
        proper(
            &mut transaction,
            "entry/01890000-0000-7000-8000-000000000001",
        );
        let (hash, _) = transaction.commit_with(options);
        let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
        change.expect("the change was made")
    };
    let plain = change(CommitOptions::default().with_time(0));
    assert!(decode_change(plain.raw_bytes()).is_ok());
    let message = change(CommitOptions::default().with_time(0).with_message("hello"));
    assert_eq!(
        decode_change(message.raw_bytes()).err(),
        Some(Refused::Encoding)
    );
    let time = change(CommitOptions::default().with_time(7));
    assert_eq!(
        decode_change(time.raw_bytes()).err(),
        Some(Refused::Encoding)
    );
    let mut false_checksum = plain.raw_bytes().to_vec();
    false_checksum[5] ^= 1;
    assert_eq!(
        decode_change(&false_checksum).err(),
        Some(Refused::Encoding)
    );
    let mut trailing = plain.raw_bytes().to_vec();
    trailing.push(0);
    assert_eq!(decode_change(&trailing).err(), Some(Refused::Encoding));
    assert_eq!(decode_change(b"").err(), Some(Refused::Encoding));
    let mut document = Document::new(Copy::declared().docs.incident.key);
    assert!(document.apply(&[plain.raw_bytes()]).is_ok());
}

#[test]
fn a_diagnosis_is_spliced_by_what_says_so_alone() {
    let mut copy = Copy::declared();
    copy.act(BOB, diagnose("Dark."));
    let note = copy.act(BOB, Intent::Note { text: "x".into() });
    let mut before = copy.docs.clone();
    let work = before.work.as_mut().expect("staff declared it");
    let held = work.facts().0.iter().find(|held| held.fact.id == note);
    let mut fact = held.expect("it was noted").fact.clone();
    fact.id = FactId::from_bytes([9; 16]);
    let forged = Draft {
        facts: vec![fact],
        edits: vec![(TextName::Diagnosis, "Light.".to_owned())],
        ..Draft::default()
    };
    let docs = before.clone();
    let work = before.work.as_mut().expect("staff declared it");
    let written = work.append(Actor([9; 16]), &forged).expect("it is written");
    let read = derived(&docs, &[(written.doc, written.bytes)]);
    assert!(matches!(read, Err(Refused::Shape { .. })), "{read:?}");
}
