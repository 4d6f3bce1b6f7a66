//! Documents that a device cannot load or complete.

use automerge::Automerge;
use automerge::sync::{Message, State, SyncDoc as _};
use shared::document::Document;
use shared::ids::DocKey;
use shared::sync::message::{PROTOCOL, RepairReply, RepairRequest, Surface};

use super::device::Device;
use super::server::{ALICE, BOB, CAROL, ERIN, TestServer};

fn ask(device: &Device, message: Vec<u8>) -> RepairRequest {
    RepairRequest {
        protocol: PROTOCOL,
        surface: device.surface,
        person: device.person,
        device: device.id,
        message,
    }
}

/// Speaks automerge's protocol until the server has nothing more to say.
async fn repair(
    server: &TestServer,
    device: &Device,
    doc: DocKey,
    held: &mut Automerge,
) -> RepairReply {
    let path = format!("/sync/repair/{doc}");
    let mut state = State::new();
    loop {
        let message = held.generate_sync_message(&mut state);
        let message = message.map(Message::encode).unwrap_or_default();
        let answer = server
            .post(&path, &device.cookie, &ask(device, message))
            .await;
        let reply: RepairReply = answer.message();
        let heads: Vec<_> = held.get_heads().iter().map(|head| head.0).collect();
        if reply.signed.heads.iter().map(|head| head.0).eq(heads) {
            return reply;
        }
        let message = reply.message.expect("there is more to say");
        let message = Message::decode(&message).expect("a sync message");
        held.receive_sync_message(&mut state, message)
            .expect("it fits");
    }
}

#[tokio::test]
async fn a_lost_document_is_rebuilt_with_its_receipts() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    for nth in 0..20 {
        alice.reply_to(id, &format!("Attempt {nth}."));
    }
    alice.push(&server).await;
    let bob = Device::console(&server, BOB).await;
    let doc = DocKey::incident(id);
    let mut held = Automerge::new();
    let reply = repair(&server, &bob, doc, &mut held).await;
    assert_eq!(
        reply.receipts.unpack().len(),
        22,
        "its birth, its number, twenty replies"
    );
    let rebuilt = Document::load(doc, &held.save()).expect("it loads");
    assert_eq!(rebuilt.heads(), reply.signed.heads);

    // One that lacks only the last words gets only these.
    alice.reply_to(id, "One more.");
    alice.push(&server).await;
    let reply = repair(&server, &bob, doc, &mut held).await;
    assert_eq!(reply.receipts.unpack().len(), 23);
}

#[tokio::test]
async fn what_a_repair_offers_is_not_taken_in() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    alice.pull(&server).await;
    let doc = DocKey::incident(id);
    let heads = alice.docs[&doc].heads();
    alice.reply_to(id, "Not pushed.");
    let mut held = Automerge::load(&alice.docs[&doc].save()).expect("it loads");
    let mut state = State::new();
    for _ in 0..4 {
        let Some(message) = held.generate_sync_message(&mut state) else {
            break;
        };
        let path = format!("/sync/repair/{doc}");
        let answer = server
            .post(&path, &alice.cookie, &ask(&alice, message.encode()))
            .await;
        let reply: RepairReply = answer.message();
        assert_eq!(reply.signed.heads, heads);
        let Some(message) = reply.message else { break };
        let message = Message::decode(&message).expect("a sync message");
        held.receive_sync_message(&mut state, message)
            .expect("it fits");
    }
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    assert_eq!(bob.docs[&doc].heads(), heads);
}

#[tokio::test]
async fn what_may_not_be_seen_is_as_if_it_were_not_there() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let carol = Device::new(&server, CAROL, Surface::Portal).await;
    let erin = Device::console(&server, ERIN).await;
    let empty = Automerge::new().generate_sync_message(&mut State::new());
    let empty = empty.expect("a first message").encode();
    for (device, doc) in [
        (&carol, format!("work/{id}")),
        (&erin, format!("incident/{id}")),
        (
            &erin,
            "incident/01890000-0000-7000-8000-000000000001".to_owned(),
        ),
        (
            &erin,
            "secret/01890000-0000-7000-8000-000000000001".to_owned(),
        ),
        (&erin, "incident/x".to_owned()),
    ] {
        let path = format!("/sync/repair/{doc}");
        let answer = server
            .post(&path, &device.cookie, &ask(device, empty.clone()))
            .await;
        answer.expect_problem(404, "not-found");
    }
    let rubbish = ask(&alice, vec![1, 2, 3]);
    let answer = server
        .post(
            &format!("/sync/repair/incident/{id}"),
            &alice.cookie,
            &rubbish,
        )
        .await;
    answer.expect_problem(400, "malformed");
}

#[tokio::test]
async fn a_database_of_another_person_is_not_repaired() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    // The browser signed in anew as Bob, who may read the incident.
    alice.cookie = server.sign_in(BOB, Surface::Console).await;
    let empty = Automerge::new().generate_sync_message(&mut State::new());
    let mut request = ask(&alice, empty.expect("a first message").encode());
    let path = format!("/sync/repair/incident/{id}");
    let answer = server.post(&path, &alice.cookie, &request).await;
    answer.expect_problem(401, "not-signed-in");
    request.person = BOB;
    let answer = server.post(&path, &alice.cookie, &request).await;
    answer.message::<RepairReply>();
}
