//! What is over leaves devices after a while, and comes back.

use axum::http::{Method, StatusCode};
use serde_json::Value;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::{Intent, ResolutionCode, State};
use shared::people::{Person, Role};
use shared::sync::message::{PROTOCOL, RepairRequest};

use super::device::{Device, expect_accepted};
use super::devices::send;
use super::server::{ALICE, Answer, BOB, CAROL, ERIN, TestServer};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

fn resolve() -> Intent {
    let notes = "A new certificate.".to_owned();
    let code = ResolutionCode::Fixed;
    Intent::Resolve { code, notes }
}

/// An incident of Carol's that the network group resolved, on the devices of Alice, Bob and Carol,
/// and one that is open.
struct World {
    server: TestServer,
    alice: Device,
    bob: Device,
    carol: Device,
    old: IncidentId,
    open: IncidentId,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let mut bob = Device::console(&server, BOB).await;
        let old = bob.declare(CAROL, Some("network"));
        let open = bob.declare(CAROL, Some("network"));
        bob.act(old, resolve());
        expect_accepted(&bob.push(&server).await);
        let alice = Device::console(&server, ALICE).await;
        let carol = Device::portal(&server, CAROL).await;
        let mut world = Self {
            server,
            alice,
            bob,
            carol,
            old,
            open,
        };
        world.pull().await;
        world
    }

    async fn pull(&mut self) {
        for device in [&mut self.alice, &mut self.bob, &mut self.carol] {
            device.pull(&self.server).await;
        }
    }

    /// Days pass in which nobody does anything. Returns how many incidents left devices.
    async fn pass(&mut self, days: i64) -> usize {
        self.server.app.clock.advance(days * DAY_MILLIS);
        let left = server::sync::let_go(&self.server.app).await;
        for device in [&mut self.alice, &mut self.bob, &mut self.carol] {
            device.sign_in_again(&self.server).await;
        }
        left.expect("it works")
    }

    async fn ask(&self, device: &Device, query: &str) -> Value {
        let path = format!("/older?{query}");
        let answer = send(
            &self.server,
            Method::GET,
            &path,
            &device.cookie,
            Value::Null,
        )
        .await;
        assert_eq!(answer.status, StatusCode::OK);
        serde_json::from_slice(&answer.body).expect("JSON")
    }

    async fn find(&self, device: &Device, words: &str) -> Vec<String> {
        let answer = self.ask(device, &format!("words={words}")).await;
        assert_eq!(answer["more"], Value::Null);
        found(&answer)
    }

    async fn fetch(&self, device: &Device, id: IncidentId) -> StatusCode {
        let path = format!("/older/{id}");
        let answer = send(
            &self.server,
            Method::POST,
            &path,
            &device.cookie,
            Value::Null,
        )
        .await;
        answer.status
    }
}

fn found(answer: &Value) -> Vec<String> {
    let incidents = answer["incidents"].as_array().expect("a list").iter();
    let id = |found: &Value| found["id"].as_str().expect("an id").to_owned();
    incidents.map(id).collect()
}

async fn repair(server: &TestServer, device: &Device, doc: DocKey) -> Answer {
    let request = RepairRequest {
        protocol: PROTOCOL,
        surface: device.surface,
        person: device.person,
        device: device.id,
        message: vec![0x42, 0, 0, 0, 0],
    };
    let path = format!("/sync/repair/{doc}");
    server.post(&path, &device.cookie, &request).await
}

fn has(device: &Device, id: IncidentId) -> [bool; 2] {
    [DocKey::incident(id), DocKey::work(id)].map(|doc| device.docs.contains_key(&doc))
}

#[tokio::test]
async fn what_has_been_over_for_long_leaves_devices_until_somebody_acts_on_it() {
    let mut world = World::new().await;
    assert_eq!(world.pass(89).await, 0, "it is too young");
    assert_eq!(world.pass(2).await, 1);
    world.pull().await;
    let World { old, open, .. } = world;
    assert_eq!(has(&world.alice, old), [false, false]);
    assert_eq!(has(&world.bob, old), [false, false]);
    assert_eq!(has(&world.carol, old), [true, false], "it is her own");
    assert_eq!(has(&world.bob, open), [true, true], "what is open stays");
    assert_eq!(world.pass(1).await, 0, "it has left already");
    world.server.expect_sound().await;

    let text = "It is back.".to_owned();
    world.carol.act(old, Intent::Reopen { text });
    expect_accepted(&world.carol.push(&world.server).await);
    world.pull().await;
    assert_eq!(world.bob.read(old).state, State::New);
    assert_eq!(world.alice.read(old), world.bob.read(old));
    assert_eq!(world.find(&world.alice, "").await, [""; 0]);
    world.server.expect_sound().await;
}

#[tokio::test]
async fn an_act_that_waited_on_what_has_left_devices_is_taken_and_brings_it_back() {
    let mut world = World::new().await;
    let late = world
        .bob
        .note(world.old, "Written before three months at sea.");
    world.bob.outbox.clear();
    assert_eq!(world.pass(100).await, 1);
    expect_accepted(&world.bob.offer(&world.server, vec![late]).await);
    world.pull().await;
    assert_eq!(world.alice.read(world.old), world.bob.read(world.old));
    world.server.expect_sound().await;
}

#[tokio::test]
async fn whoever_looks_up_what_has_left_gets_it_on_their_devices_alone() {
    let mut world = World::new().await;
    world.pass(100).await;
    world.pull().await;
    let old = world.old;
    for words in ["vpn", "CREDENT%20again", ""] {
        assert_eq!(
            world.find(&world.bob, words).await,
            [old.to_string()],
            "{words}"
        );
    }
    assert_eq!(world.find(&world.bob, "printer").await, [""; 0]);
    assert_eq!(world.fetch(&world.bob, old).await, StatusCode::NO_CONTENT);
    assert_eq!(
        world.fetch(&world.bob, old).await,
        StatusCode::NO_CONTENT,
        "twice is once"
    );
    world.pull().await;
    assert_eq!(has(&world.bob, old), [true, true]);
    assert_eq!(has(&world.alice, old), [false, false]);
    assert_eq!(world.find(&world.alice, "vpn").await, [old.to_string()]);
    world.server.expect_sound().await;

    assert_eq!(world.pass(89).await, 0, "he asked for it lately");
    assert_eq!(world.pass(2).await, 1);
    world.pull().await;
    assert_eq!(has(&world.bob, old), [false, false]);
    assert_eq!(world.find(&world.bob, "vpn").await, [old.to_string()]);
    world.server.expect_sound().await;
}

#[tokio::test]
async fn what_somebody_looked_up_goes_with_the_rights_by_which_they_did() {
    let mut world = World::new().await;
    world.pass(100).await;
    assert_eq!(
        world.fetch(&world.alice, world.old).await,
        StatusCode::NO_CONTENT
    );
    world.pull().await;
    assert_eq!(has(&world.alice, world.old), [true, true]);
    let demote = |alice: &mut Person| alice.roles = [Role::Technician].into();
    world.server.change(ALICE, demote).await;
    world.pull().await;
    assert_eq!(has(&world.alice, world.old), [false, false]);
    assert_eq!(world.find(&world.alice, "").await, [""; 0]);
    assert_eq!(
        world.fetch(&world.alice, world.old).await,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn what_somebody_acts_on_is_there_again_for_as_long() {
    let mut world = World::new().await;
    world.pass(100).await;
    let fetched = world.fetch(&world.bob, world.old).await;
    assert_eq!(fetched, StatusCode::NO_CONTENT);
    world.pull().await;
    // It says nothing to anybody, and moves no time that people see.
    world.bob.act(world.old, Intent::Acknowledge);
    expect_accepted(&world.bob.push(&world.server).await);
    assert_eq!(world.pass(89).await, 0);
    world.pull().await;
    assert_eq!(has(&world.alice, world.old), [true, true]);
    assert_eq!(world.pass(2).await, 1);
    world.server.expect_sound().await;
}

#[tokio::test]
async fn what_has_left_is_repaired_for_whom_its_content_names() {
    let mut world = World::new().await;
    world.pass(100).await;
    let erin = Device::console(&world.server, ERIN).await;
    let work = DocKey::work(world.old);
    for (device, status) in [(&world.bob, 200), (&erin, 404), (&world.carol, 404)] {
        let answer = repair(&world.server, device, work).await;
        assert_eq!(answer.status.as_u16(), status, "{}", device.person.0);
    }
    let own = repair(&world.server, &world.carol, DocKey::incident(world.old)).await;
    assert_eq!(own.status, StatusCode::OK);
    world.server.expect_sound().await;
}

#[tokio::test]
async fn what_has_left_is_so_under_another_format_of_rows_and_after_a_restore() {
    let mut world = World::new().await;
    world.pass(100).await;
    world.server.age_rows().await;
    let renewed = server::sync::rows::renew(&world.server.app).await;
    assert_eq!(renewed.expect("they are written"), 2);
    let left = server::sync::let_go(&world.server.app).await;
    assert_eq!(left.expect("it works"), 0);
    assert_eq!(world.find(&world.bob, "vpn").await, [world.old.to_string()]);

    let backup = world.server.backup().await;
    world.server = world.server.restored(&backup).await;
    world.server.expect_sound().await;
    let mut bob = Device::console(&world.server, BOB).await;
    bob.pull(&world.server).await;
    assert_eq!(has(&bob, world.old), [false, false]);
    assert_eq!(has(&bob, world.open), [true, true]);
    let fetched = world.fetch(&bob, world.old).await;
    assert_eq!(fetched, StatusCode::NO_CONTENT);
    bob.pull(&world.server).await;
    assert_eq!(has(&bob, world.old), [true, true]);
    world.server.expect_sound().await;
}

#[tokio::test]
async fn a_long_list_of_what_has_left_goes_on_where_it_ended() {
    let mut world = World::new().await;
    let mut ids: Vec<_> = (0..60)
        .map(|_| {
            let id = world.bob.declare(CAROL, Some("network"));
            world.bob.act(id, resolve());
            id.to_string()
        })
        .collect();
    expect_accepted(&world.bob.push(&world.server).await);
    assert_eq!(world.pass(100).await, 61);
    ids.push(world.old.to_string());
    let first = world.ask(&world.bob, "words=vpn").await;
    let (changed_at, after) = (&first["more"]["changed_at"], &first["more"]["after"]);
    let after = after.as_str().expect("there are more");
    let query = format!("words=vpn&changed_at={changed_at}&after={after}");
    let second = world.ask(&world.bob, &query).await;
    assert_eq!(second["more"], Value::Null);
    let mut listed = [found(&first), found(&second)].concat();
    listed.sort();
    ids.sort();
    assert_eq!(listed, ids);
    let long = format!("/older?words={}", "x".repeat(5_000));
    let asked = send(
        &world.server,
        Method::GET,
        &long,
        &world.bob.cookie,
        Value::Null,
    )
    .await;
    asked.expect_problem(413, "too-large");
}

#[tokio::test]
async fn what_has_left_is_looked_for_by_fields_too() {
    let mut world = World::new().await;
    world.pass(100).await;
    let old = world.old.to_string();
    for words in [
        "state:resolved+vpn",
        "resolved:%3E90d",
        "-state:open+-printer",
    ] {
        assert_eq!(
            world.find(&world.bob, words).await,
            std::slice::from_ref(&old),
            "{words}"
        );
    }
    for words in ["state:open", "-vpn", "opened:today", "-state:resolved"] {
        assert_eq!(world.find(&world.bob, words).await, [""; 0], "{words}");
    }
}

#[tokio::test]
async fn nobody_looks_up_what_they_may_not_read_nor_from_the_portal() {
    let mut world = World::new().await;
    world.pass(100).await;
    let erin = Device::console(&world.server, ERIN).await;
    assert_eq!(world.find(&erin, "").await, [""; 0]);
    assert_eq!(world.fetch(&erin, world.old).await, StatusCode::NOT_FOUND);
    let carol = &world.carol;
    let path = "/older?words=vpn";
    let asked = send(&world.server, Method::GET, path, &carol.cookie, Value::Null).await;
    asked.expect_problem(404, "not-found");
    assert_eq!(world.fetch(carol, world.old).await, StatusCode::NOT_FOUND);
    let nothing = IncidentId::from_bytes([9; 16]);
    assert_eq!(
        world.fetch(&world.bob, nothing).await,
        StatusCode::NOT_FOUND
    );
}
