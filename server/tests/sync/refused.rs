//! Bad input, and what a refusal means for the device and the acts around it. What a device sends
//! that means harm is in `tests/hostile`.

use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use shared::document::Document;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::{Intent, Refused, SetField};
use shared::people::{Person, Role};
use shared::sync::message::{
    ChangeBytes, PROTOCOL, PUSH_BYTES_MAX, PullRequest, PushChange, PushGroup, Surface, Verdict,
    encode,
};

use super::device::{Device, expect_accepted};
use super::devices::send;
use super::server::{ALICE, BOB, CAROL, ERIN, TestServer};

async fn with_incident() -> (TestServer, Device, IncidentId) {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    expect_accepted(&alice.push(&server).await);
    alice.pull(&server).await;
    (server, alice, id)
}

/// Offers one act and expects a refusal; what follows must still be accepted.
async fn refused(server: &TestServer, device: &Device, group: PushGroup) -> Refused {
    let verdicts = device.offer(server, vec![group]).await;
    match verdicts.into_iter().next() {
        Some(Verdict::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}

async fn listed(server: &TestServer, device: &Device) -> Vec<Value> {
    let answer = send(server, Method::GET, "/refused", &device.cookie, Value::Null).await;
    serde_json::from_slice(&answer.body).expect("JSON")
}

#[tokio::test]
async fn who_leads_the_process_sees_what_was_refused_until_somebody_had_a_look() {
    let (server, alice, id) = with_incident().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let note = bob.note(id, "Fetched the spare from the cellar.");
    let demote = |bob: &mut Person| bob.roles = [Role::Manager].into();
    server.change(BOB, demote).await;
    let subject = "Not mine to word".to_owned();
    let renamed = bob.act(id, Intent::Set(SetField::Subject(subject.clone())));
    expect_accepted(&bob.offer(&server, vec![note]).await);
    let verdict = refused(&server, &bob, renamed.clone()).await;

    let lead = |alice: &mut Person| alice.roles = [Role::IncidentManager].into();
    server.change(ALICE, lead).await;
    let [act]: [Value; 1] = listed(&server, &alice).await.try_into().expect("one act");
    let expected = json!({
        "person": BOB,
        "act": renamed.act,
        "incident": id,
        "name": "INC-1001",
        "subject": "VPN asks for credentials again",
        "received_at": act["received_at"],
        "refused": verdict,
        "groups": ["field/subject"],
        "texts": [subject],
    });
    assert_eq!(act, expected);

    let path = format!("/refused/{}/{}/seen", BOB.0, renamed.act);
    for device in [&bob, &Device::portal(&server, CAROL).await] {
        for (method, path) in [(Method::GET, "/refused"), (Method::POST, &*path)] {
            let answer = send(&server, method, path, &device.cookie, Value::Null).await;
            answer.expect_problem(404, "not-found");
        }
    }
    for _ in 0..2 {
        let seen = send(&server, Method::POST, &path, &alice.cookie, Value::Null).await;
        assert_eq!(seen.status, StatusCode::NO_CONTENT);
        assert_eq!(listed(&server, &alice).await, [Value::Null; 0]);
    }
    assert_eq!(
        refused(&server, &bob, renamed).await,
        verdict,
        "it stays refused"
    );
}

fn group(doc: DocKey, bytes: Vec<u8>) -> PushGroup {
    let act = shared::ids::ActId::from_bytes([7; 16]);
    PushGroup {
        act,
        changes: vec![PushChange {
            doc,
            generation: 0,
            bytes: ChangeBytes(bytes),
        }],
    }
}

/// A change written by hand on top of the device's incident document.
fn forged_with(
    device: &Device,
    id: IncidentId,
    options: CommitOptions,
    write: impl FnOnce(&mut Transaction<'_>),
) -> PushGroup {
    let doc = DocKey::incident(id);
    let mut automerge = Automerge::load(&device.docs[&doc].save()).expect("a saved document");
    automerge.set_actor(ActorId::from([9_u8; 16]));
    let mut transaction = automerge.transaction();
    write(&mut transaction);
    let (hash, _) = transaction.commit_with(options);
    let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
    group(
        doc,
        change.expect("the change was made").raw_bytes().to_vec(),
    )
}

/// A message as the intent writes it, with the name of any person.
fn entry(transaction: &mut Transaction<'_>, by: i64) -> automerge::ObjId {
    let key = "entry/01890000-0000-7000-8000-000000000001";
    let fact = transaction
        .put_object(ROOT, key, ObjType::Map)
        .expect("a map");
    let numbers = [("by", by), ("at", 1), ("boot", 1), ("mono", 1)];
    for (name, value) in numbers {
        transaction.put(&fact, name, value).expect("a number");
    }
    transaction
        .put(&fact, "saw", ScalarValue::Bytes(Vec::new()))
        .expect("bytes");
    transaction.put(&fact, "text", "Hello").expect("a text");
    fact
}

#[tokio::test]
async fn bodies_that_are_no_message_are_problems() {
    let (server, mut alice, id) = with_incident().await;
    for path in ["/sync/push", "/sync/pull"] {
        for body in [
            vec![],
            b"not CBOR".to_vec(),
            vec![0x9f; 10_000],
            encode(&"text"),
        ] {
            server
                .post_bytes(path, &alice.cookie, body)
                .await
                .expect_problem(400, "malformed");
        }
    }
    let mut more = encode(&alice.request(Vec::new()));
    more.push(0);
    server
        .post_bytes("/sync/push", &alice.cookie, more)
        .await
        .expect_problem(400, "malformed");
    let request = Request::post("/sync/push")
        .header("x-holdfast", "1")
        .header(header::COOKIE, &alice.cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from("{}"));
    server
        .send(request.expect("a request"))
        .await
        .expect_problem(415, "media-type");
    alice.reply_to(id, "Nothing broke.");
    expect_accepted(&alice.push(&server).await);
}

#[tokio::test]
async fn a_declared_length_beyond_the_body_costs_nothing() {
    let (server, alice, _) = with_incident().await;
    // A text of 2^63 bytes, an array of 2^32 items, and maps nested a thousand deep.
    let text = vec![0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let array = vec![0x9a, 0xff, 0xff, 0xff, 0xff];
    for body in [text, array, vec![0xa1; 1_000]] {
        let answer = server.post_bytes("/sync/push", &alice.cookie, body).await;
        answer.expect_problem(400, "malformed");
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_are_problems() {
    let (server, alice, _) = with_incident().await;
    let push = server
        .post_bytes("/sync/push", &alice.cookie, vec![0; PUSH_BYTES_MAX + 1])
        .await;
    push.expect_problem(413, "too-large");
    let pull = server
        .post_bytes("/sync/pull", &alice.cookie, vec![0; 100_000])
        .await;
    pull.expect_problem(413, "too-large");
    let many = alice.request(vec![
        group(
            DocKey::incident(IncidentId::from_bytes([1; 16])),
            vec![]
        );
        300
    ]);
    server
        .post("/sync/push", &alice.cookie, &many)
        .await
        .expect_problem(413, "too-large");
}

#[tokio::test]
async fn the_session_of_another_person_neither_reads_nor_writes_for_a_database() {
    let (server, alice, _) = with_incident().await;
    let bob = Device::console(&server, BOB).await;
    let push = alice.request(Vec::new());
    let pull = PullRequest {
        protocol: PROTOCOL,
        surface: Surface::Console,
        person: ALICE,
        device: alice.id,
        cursors: alice.cursors.clone(),
        directory: 0,
        docs_max: 1,
        fetches: true,
    };
    for (cookie, status) in [(&alice.cookie, 200), (&bob.cookie, 401)] {
        for answer in [
            server.post("/sync/push", cookie, &push).await,
            server.post("/sync/pull", cookie, &pull).await,
        ] {
            assert_eq!(answer.status, status);
        }
    }
    let answer = server.post("/sync/pull", &bob.cookie, &pull).await;
    answer.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_client_of_another_time_is_told_so() {
    let (server, alice, _) = with_incident().await;
    for protocol in [0, 2, u32::MAX] {
        let mut request = alice.request(Vec::new());
        request.protocol = protocol;
        let answer = server.post("/sync/push", &alice.cookie, &request).await;
        answer.expect_problem(426, "protocol");
    }
}

#[tokio::test]
async fn rubbish_is_refused() {
    let (server, alice, id) = with_incident().await;
    let doc = DocKey::incident(id);
    let document = alice.docs[&doc].save();
    for bytes in [vec![], vec![0; 100], b"\x85\x6f\x4a\x83".to_vec(), document] {
        assert_eq!(
            refused(&server, &alice, group(doc, bytes)).await,
            Refused::Encoding
        );
    }
    let large = refused(&server, &alice, group(doc, vec![0; 300_000])).await;
    assert!(matches!(large, Refused::Size { .. }), "{large:?}");
}

#[tokio::test]
async fn a_change_with_a_byte_flipped_anywhere_never_harms() {
    let (server, mut alice, id) = with_incident().await;
    let good = alice.reply_to(id, "Hello.");
    let bytes = good.changes[0].bytes.0.clone();
    let mut groups = Vec::new();
    for place in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[place] ^= 0x41;
        // A true checksum over the false content, as an attacker would make it.
        if place >= 9 {
            use sha2::Digest as _;
            let digest = sha2::Sha256::digest(&bytes[8..]);
            bytes[4..8].copy_from_slice(&digest[..4]);
        }
        groups.push(group(DocKey::incident(id), bytes));
    }
    for groups in groups.chunks(200) {
        let verdicts = alice.offer(&server, groups.to_vec()).await;
        // A flipped letter of the text, or of a clock, is another act in proper shape.
        let taken = verdicts
            .iter()
            .filter(|verdict| matches!(verdict, Verdict::Accepted(_)));
        assert!(taken.count() <= 1, "{verdicts:?}");
    }
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    bob.reply_to(id, "Still readable and writable.");
    expect_accepted(&bob.push(&server).await);
}

#[tokio::test]
async fn a_change_carries_nothing_beside_its_operations() {
    let (server, alice, id) = with_incident().await;
    for options in [
        CommitOptions::default().with_time(0).with_message("hello"),
        CommitOptions::default().with_time(7),
    ] {
        let group = forged_with(&alice, id, options, |tx| {
            entry(tx, 1);
        });
        assert_eq!(refused(&server, &alice, group).await, Refused::Encoding);
    }
}

#[tokio::test]
async fn the_actor_of_another_device_is_refused() {
    let (server, mut alice, id) = with_incident().await;
    let mut thief = Device::console(&server, ALICE).await;
    thief.pull(&server).await;
    let group = alice.reply_to(id, "From the first device.");
    assert_eq!(
        refused(&server, &thief, group.clone()).await,
        Refused::Actor
    );
    expect_accepted(&alice.offer(&server, vec![group]).await);
}

#[tokio::test]
async fn what_a_session_may_not_see_it_may_not_write() {
    let (server, mut alice, id) = with_incident().await;
    let mut erin = Device::console(&server, ERIN).await;
    erin.docs = alice.docs.clone();
    let group = erin.reply_to(id, "Let me in.");
    assert_eq!(refused(&server, &erin, group).await, Refused::Scope);
    alice.assign(id, "desktop");
    alice.push(&server).await;
    erin.pull(&server).await;
    erin.docs.retain(|doc, _| doc.id != id);
    erin.cursors = shared::sync::message::Cursors::default();
    erin.pull(&server).await;
    erin.reply_to(id, "Now I am.");
    assert_eq!(erin.outbox.len(), 2);
    erin.outbox.remove(0);
    // Her actor's first change was refused, so it begins anew under another one in a real device.
    let verdicts = erin.push(&server).await;
    expect_accepted(&verdicts);
}

#[tokio::test]
async fn a_requester_writes_no_notes_and_no_work_document() {
    let (server, alice, id) = with_incident().await;
    let mut carol = Device::portal(&server, CAROL).await;
    carol.pull(&server).await;
    carol
        .docs
        .insert(DocKey::work(id), alice.docs[&DocKey::work(id)].clone());
    let note = carol.note(id, "For staff only.");
    assert_eq!(refused(&server, &carol, note).await, Refused::Scope);
    carol.surface = shared::sync::message::Surface::Console;
    let own = carol.declare(CAROL, None);
    let declared = carol.outbox.pop().expect("it waits");
    assert_eq!(declared.changes.len(), 2);
    carol.surface = shared::sync::message::Surface::Portal;
    assert_eq!(
        refused(&server, &carol, declared).await,
        Refused::Scope,
        "{own}"
    );
}

#[tokio::test]
async fn changes_of_two_incidents_are_not_one_act() {
    let (server, mut alice, id) = with_incident().await;
    let other = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    let (mut one, two) = (alice.reply_to(id, "Here."), alice.reply_to(other, "There."));
    one.changes.extend(two.changes);
    let refusal = refused(&server, &alice, one).await;
    assert!(matches!(refusal, Refused::Shape { .. }), "{refusal:?}");
    let nothing = PushGroup {
        act: shared::ids::ActId::from_bytes([1; 16]),
        changes: Vec::new(),
    };
    let refusal = refused(&server, &alice, nothing).await;
    assert!(matches!(refusal, Refused::Shape { .. }), "{refusal:?}");
}

#[tokio::test]
async fn another_generation_is_refused_with_the_one_that_holds() {
    let (server, mut alice, id) = with_incident().await;
    let mut group = alice.reply_to(id, "Hello.");
    group.changes[0].generation = 3;
    assert_eq!(
        refused(&server, &alice, group).await,
        Refused::Generation { generation: 0 }
    );
}

#[tokio::test]
async fn a_poisoned_act_never_blocks_the_others() {
    let (server, mut alice, id) = with_incident().await;
    let other = alice.declare(CAROL, Some("network"));
    let mut groups = vec![group(DocKey::incident(id), vec![1; 50])];
    groups.append(&mut alice.outbox);
    groups.push(group(DocKey::work(id), b"\x85\x6f\x4a\x83rubbish".to_vec()));
    groups.push(alice.reply_to(other, "Still here."));
    let verdicts = alice.offer(&server, groups).await;
    let accepted = |verdict: &Verdict| matches!(verdict, Verdict::Accepted(_));
    assert_eq!(
        verdicts.iter().map(accepted).collect::<Vec<_>>(),
        [false, true, false, true]
    );
}

#[tokio::test]
async fn nobody_writes_half_of_a_birth_anew_that_a_device_has_made_whole() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    let born = alice.outbox[0].clone();
    expect_accepted(&alice.push(&server).await);
    let mut forger = Device::console(&server, ALICE).await;
    for doc in [DocKey::incident(id), DocKey::work(id)] {
        forger.docs.insert(doc, Document::new(doc));
    }
    let values = forger.first_values(CAROL, Some("desktop"));
    let mut drafted = forger.drafted(Intent::Declare(values));
    let forged = forger.write(id, &mut drafted);
    for (incident, work) in [(&forged, &born), (&born, &forged)] {
        let changes = vec![incident.changes[0].clone(), work.changes[1].clone()];
        let act = born.act;
        let verdicts = alice.offer(&server, vec![PushGroup { act, changes }]).await;
        let is_refused = matches!(verdicts[..], [Verdict::Refused(_)]);
        assert!(is_refused, "{verdicts:?}");
    }
    alice.pull(&server).await;
    assert_eq!(alice.read(id).assignment.group, Some("network".into()));
}
