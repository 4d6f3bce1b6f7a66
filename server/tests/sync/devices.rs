//! People's devices: who sees which, who may have one signed out or wiped, and what a device may do
//! that is to be wiped.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};
use shared::ids::{DeviceId, PersonId};
use shared::incidents::Refused;
use shared::people::Role;
use shared::sync::message::{PushReply, ReturnRequest, Surface, Verdict};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, Answer, BOB, CAROL, ERIN, NOON, TestServer};

const MINUTE: i64 = 60_000;

pub(super) async fn send(
    server: &TestServer,
    method: Method,
    path: &str,
    cookie: &str,
    body: Value,
) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-holdfast", "1")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

async fn listed(server: &TestServer, path: &str, cookie: &str) -> Vec<Value> {
    let answer = send(server, Method::GET, path, cookie, Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK);
    let list: Value = serde_json::from_slice(&answer.body).expect("JSON");
    list.as_array().expect("a list").clone()
}

async fn ask(server: &TestServer, what: &str, of: &Device, cookie: &str) -> Answer {
    let path = format!("/devices/{}/{}/{what}", of.person.0, of.id);
    send(server, Method::POST, &path, cookie, Value::Null).await
}

async fn say_wiped(server: &TestServer, device: &Device) -> Answer {
    let body = json!({"person": device.person, "devices": [device.id]});
    send(server, Method::POST, "/session/wiped", &device.cookie, body).await
}

async fn pull(server: &TestServer, device: &Device) -> Answer {
    let request = device.pull_request();
    server.post("/sync/pull", &device.cookie, &request).await
}

async fn hand_over(server: &TestServer, device: &mut Device) -> Vec<Verdict> {
    let groups = std::mem::take(&mut device.outbox);
    let mut offer = device.request(groups);
    offer.hands_over = true;
    let answer = server.post("/sync/push", &device.cookie, &offer).await;
    answer.message::<PushReply>().verdicts
}

/// A server, with a device of Bob's that has pulled.
async fn with_device() -> (TestServer, Device) {
    let server = TestServer::start().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    (server, bob)
}

async fn make_administrator(server: &TestServer, person: PersonId) {
    let make = |person: &mut shared::people::Person| person.roles = [Role::Administrator].into();
    server.change(person, make).await;
}

#[tokio::test]
async fn a_person_sees_their_own_devices_and_an_administrator_everybodys() {
    let (server, bob) = with_device().await;
    let mut phone = Device::portal(&server, BOB).await;
    server.app.clock.advance(MINUTE);
    phone.pull(&server).await;
    let mut erin = Device::console(&server, ERIN).await;
    erin.pull(&server).await;

    let own = listed(&server, "/devices", &bob.cookie).await;
    let seen = |device: &Value| {
        let of = |name: &str| device[name].clone();
        [
            of("device"),
            of("surface"),
            of("is_this"),
            of("first_at"),
            of("is_signed_in"),
        ]
    };
    let own: Vec<_> = own.iter().map(seen).collect();
    let later = NOON.plus(MINUTE);
    let expected = [
        [
            json!(phone.id),
            json!("portal"),
            json!(false),
            json!(later),
            json!(true),
        ],
        [
            json!(bob.id),
            json!("console"),
            json!(true),
            json!(NOON),
            json!(true),
        ],
    ];
    assert_eq!(own, expected);

    make_administrator(&server, ALICE).await;
    let console = server.sign_in(ALICE, Surface::Console).await;
    assert_eq!(listed(&server, "/devices/all", &console).await.len(), 3);
    let portal = server.sign_in(ALICE, Surface::Portal).await;
    for cookie in [&portal, &bob.cookie] {
        let answer = send(&server, Method::GET, "/devices/all", cookie, Value::Null).await;
        answer.expect_problem(404, "not-found");
    }
    let nobody = send(&server, Method::GET, "/devices", "", Value::Null).await;
    nobody.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn nobody_but_its_owner_and_an_administrator_has_anything_done_to_a_device() {
    let (server, bob) = with_device().await;
    let others = [
        server.sign_in(ERIN, Surface::Console).await,
        server.sign_in(CAROL, Surface::Portal).await,
    ];
    for cookie in &others {
        for what in ["sign-out", "wipe"] {
            let answer = ask(&server, what, &bob, cookie).await;
            answer.expect_problem(404, "not-found");
        }
    }
    ask(&server, "wipe", &bob, "")
        .await
        .expect_problem(401, "not-signed-in");
    assert_eq!(pull(&server, &bob).await.status, StatusCode::OK);

    make_administrator(&server, ALICE).await;
    let portal = server.sign_in(ALICE, Surface::Portal).await;
    ask(&server, "wipe", &bob, &portal)
        .await
        .expect_problem(404, "not-found");
    let console = server.sign_in(ALICE, Surface::Console).await;
    let done = ask(&server, "sign-out", &bob, &console).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    pull(&server, &bob)
        .await
        .expect_problem(401, "not-signed-in");
    let list = listed(&server, "/devices/all", &console).await;
    assert_eq!(list[0]["ordered"]["kind"], "sign_out");
    assert_eq!(list[0]["ordered"]["by"], json!(ALICE));
    assert_eq!(list[0]["is_signed_in"], false);

    let unknown = DeviceId::from_bytes([1; 16]);
    let path = format!("/devices/{}/{unknown}/wipe", BOB.0);
    let answer = send(&server, Method::POST, &path, &console, Value::Null).await;
    answer.expect_problem(404, "not-found");
}

#[tokio::test]
async fn a_device_that_is_to_be_wiped_hands_over_what_it_never_sent_and_nothing_else() {
    let (server, mut bob) = with_device().await;
    let at = bob.declare(CAROL, Some("network"));
    expect_accepted(&bob.push(&server).await);
    bob.reply_to(at, "Written on the lost phone.");
    let own = server.sign_in(BOB, Surface::Console).await;
    let asked = ask(&server, "wipe", &bob, &own).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);

    // Everything else is answered with the order.
    pull(&server, &bob).await.expect_problem(410, "wipe");
    let back = ReturnRequest {
        protocol: 1,
        surface: Surface::Console,
        person: BOB,
        device: bob.id,
        epoch: bob.cursors.epoch.expect("it has pulled"),
        earlier: Vec::new(),
        docs: Vec::new(),
    };
    let answer = server.post("/sync/return", &bob.cookie, &back).await;
    answer.expect_problem(410, "wipe");
    for path in ["/session", "/devices", "/reports/devices"] {
        let answer = send(&server, Method::GET, path, &bob.cookie, Value::Null).await;
        answer.expect_problem(410, "wipe");
    }
    let other = ask(&server, "wipe", &bob, &bob.cookie).await;
    other.expect_problem(410, "wipe");

    let offered = bob.request(bob.outbox.clone());
    let offered = server.post("/sync/push", &bob.cookie, &offered).await;
    offered.expect_problem(410, "wipe");

    expect_accepted(&hand_over(&server, &mut bob).await);
    let list = listed(&server, "/devices", &own).await;
    assert_eq!(list[0]["ordered"]["done_at"], Value::Null);
    server.app.clock.advance(MINUTE);
    assert_eq!(
        say_wiped(&server, &bob).await.status,
        StatusCode::NO_CONTENT
    );
    let list = listed(&server, "/devices", &own).await;
    assert_eq!(list[0]["ordered"]["kind"], "wipe");
    assert_eq!(list[0]["ordered"]["by"], json!(BOB));
    assert_eq!(list[0]["ordered"]["at"], json!(NOON));
    assert_eq!(list[0]["ordered"]["done_at"], json!(NOON.plus(MINUTE)));

    // And then nothing at all.
    bob.reply_to(at, "After the end.");
    let late = bob.request(bob.outbox.clone());
    let late = server.post("/sync/push", &bob.cookie, &late).await;
    late.expect_problem(401, "not-signed-in");
    pull(&server, &bob)
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_restored_server_lets_nobody_in_but_what_is_being_wiped_to_hand_over() {
    let (server, mut lost) = with_device().await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    let own = server.sign_in(BOB, Surface::Console).await;
    ask(&server, "wipe", &lost, &own).await;
    let backup = server.backup().await;
    let server = server.restored(&backup).await;
    pull(&server, &alice)
        .await
        .expect_problem(401, "not-signed-in");
    pull(&server, &lost).await.expect_problem(410, "wipe");
    lost.declare(CAROL, Some("network"));
    expect_accepted(&hand_over(&server, &mut lost).await);
    alice.sign_in_again(&server).await;
    alice.pull(&server).await;
}

#[tokio::test]
async fn what_a_lost_device_hands_over_is_accepted_or_kept_for_review() {
    let (server, mut bob) = with_device().await;
    let mut alice = Device::console(&server, ALICE).await;
    let at = alice.declare(CAROL, Some("network"));
    expect_accepted(&alice.push(&server).await);
    bob.pull(&server).await;
    // It rests on an act that never arrives, on a log that is not the server's any more.
    bob.note(at, "never sent");
    bob.outbox.clear();
    bob.note(at, "rests on it");
    bob.cursors.epoch = Some(shared::ids::Epoch::from_bytes([9; 16]));
    let own = server.sign_in(BOB, Surface::Console).await;
    ask(&server, "wipe", &bob, &own).await;
    let verdicts = hand_over(&server, &mut bob).await;
    let is_refused = |it: &Verdict| matches!(it, Verdict::Refused(Refused::FollowsRefused));
    assert!(verdicts.iter().all(is_refused), "{verdicts:?}");
    let kept = server
        .app
        .store
        .view()
        .await
        .expect("a view")
        .quarantined(BOB)
        .await;
    assert_eq!(kept.expect("a look").len(), 1);
}

#[tokio::test]
async fn a_device_that_signed_in_anew_or_out_before_is_told_all_the_same() {
    let (server, mut bob) = with_device().await;
    let own = server.sign_in(BOB, Surface::Console).await;
    ask(&server, "wipe", &bob, &own).await;
    // Nobody is signed in on it any more: it is told, though it can hand over nothing.
    bob.cookie.clear();
    pull(&server, &bob).await.expect_problem(410, "wipe");
    let mut offer = bob.request(Vec::new());
    let told = server.post("/sync/push", "", &offer).await;
    told.expect_problem(410, "wipe");
    offer.hands_over = true;
    let handed = server.post("/sync/push", "", &offer).await;
    handed.expect_problem(401, "not-signed-in");
    // Another of their devices goes on.
    let mut other = Device::console(&server, BOB).await;
    other.pull(&server).await;
    // Signed in anew, the order reaches the session at its first request.
    bob.cookie = server.sign_in(BOB, Surface::Console).await;
    pull(&server, &bob).await.expect_problem(410, "wipe");
    let looked = send(&server, Method::GET, "/session", &bob.cookie, Value::Null).await;
    looked.expect_problem(410, "wipe");
    assert_eq!(
        say_wiped(&server, &bob).await.status,
        StatusCode::NO_CONTENT
    );
    let list = listed(&server, "/devices", &own).await;
    let of_bob = list.iter().find(|device| device["device"] == json!(bob.id));
    assert_ne!(
        of_bob.expect("it is listed")["ordered"]["done_at"],
        Value::Null
    );
}

#[tokio::test]
async fn console_and_portal_of_one_browser_are_wiped_together() {
    let (server, bob) = with_device().await;
    let mut portal = Device::portal(&server, BOB).await;
    portal.cookie.clone_from(&bob.cookie);
    portal.pull(&server).await;
    let own = server.sign_in(BOB, Surface::Console).await;
    ask(&server, "wipe", &bob, &own).await;
    pull(&server, &portal).await.expect_problem(410, "wipe");
    assert_eq!(
        say_wiped(&server, &portal).await.status,
        StatusCode::NO_CONTENT
    );
    let list = listed(&server, "/devices", &own).await;
    assert_eq!(list.len(), 2);
    let is_done = |device: &Value| device["ordered"]["done_at"] != Value::Null;
    assert!(list.iter().all(is_done), "{list:?}");
}

#[tokio::test]
async fn an_order_from_the_command_line_reaches_a_device_of_a_running_server() {
    let (server, bob) = with_device().await;
    let beside = server.beside().await;
    let wipe = server::command::User::Wipe {
        login: "person-2".to_owned(),
        device: bob.id,
    };
    let done = server::accounts::run(&beside.app, wipe).await;
    done.expect("there is such a device");
    pull(&server, &bob).await.expect_problem(410, "wipe");
    let unknown = server::command::User::Wipe {
        login: "person-2".to_owned(),
        device: DeviceId::from_bytes([1; 16]),
    };
    let failed = server::accounts::run(&beside.app, unknown).await;
    let told = failed.expect_err("there is none").to_string();
    assert!(told.starts_with("person-2 has no device"), "{told}");
}
