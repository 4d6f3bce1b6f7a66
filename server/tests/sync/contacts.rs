//! How many devices are away, as those are told who oversee the work.

use axum::body::Body;
use axum::http::{Request, header};
use shared::ids::PersonId;
use shared::people::Role;
use shared::sync::message::Surface;

use super::device::Device;
use super::server::{ALICE, BOB, CAROL, ERIN, TestServer};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

async fn asked(server: &TestServer, cookie: &str) -> super::server::Answer {
    let request = Request::get("/reports/devices")
        .header(header::COOKIE, cookie)
        .body(Body::empty());
    server.send(request.expect("a request")).await
}

async fn away(server: &TestServer, person: PersonId) -> u64 {
    let cookie = server.sign_in(person, Surface::Console).await;
    let answer = asked(server, &cookie).await;
    let body: serde_json::Value = serde_json::from_slice(&answer.body).expect("JSON");
    body["not_back"].as_u64().expect("a number")
}

#[tokio::test]
async fn devices_of_staff_that_were_not_heard_of_are_counted_until_the_bound() {
    let server = TestServer::start().await;
    let make = |person: &mut shared::people::Person| person.roles = [Role::Manager].into();
    server.change(ALICE, make).await;
    let mut bob = Device::console(&server, BOB).await;
    let mut erin = Device::console(&server, ERIN).await;
    let mut carol = Device::portal(&server, CAROL).await;
    for device in [&mut bob, &mut erin, &mut carol] {
        device.pull(&server).await;
    }
    assert_eq!(away(&server, ALICE).await, 0, "all are in touch");
    server.app.clock.advance(2 * MINUTE);
    assert_eq!(away(&server, ALICE).await, 2, "a portal does not count");
    bob.pull(&server).await;
    assert_eq!(away(&server, ALICE).await, 1, "one is back");

    let server = server.killed().await;
    server.app.clock.advance(HOUR);
    assert_eq!(away(&server, ALICE).await, 2, "a restart forgets none");
    server.change(ERIN, |erin| erin.active = false).await;
    assert_eq!(away(&server, ALICE).await, 1, "who is gone brings nothing");
    server.app.clock.advance(73 * HOUR);
    assert_eq!(
        away(&server, ALICE).await,
        0,
        "nothing they bring is believed"
    );
}

#[tokio::test]
async fn a_device_gets_its_page_though_nobody_can_note_that_it_came() {
    let server = TestServer::start().await;
    let broken =
        "CREATE TRIGGER broken BEFORE INSERT ON contacts BEGIN SELECT RAISE(ABORT, 'full'); END";
    let server = server.spoil(&[broken]).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let server = server.spoil(&["DROP TRIGGER broken"]).await;
    server
        .change(ALICE, |alice| alice.roles = [Role::Manager].into())
        .await;
    bob.pull(&server).await;
    server.app.clock.advance(2 * MINUTE);
    assert_eq!(
        away(&server, ALICE).await,
        1,
        "it is noted when that works again"
    );
}

#[tokio::test]
async fn only_those_who_oversee_the_work_are_told_how_many_devices_are_away() {
    let server = TestServer::start().await;
    for (person, surface) in [
        (ALICE, Surface::Console),
        (BOB, Surface::Console),
        (CAROL, Surface::Portal),
    ] {
        let cookie = server.sign_in(person, surface).await;
        asked(&server, &cookie)
            .await
            .expect_problem(404, "not-found");
    }
    server
        .change(BOB, |bob| bob.roles = [Role::IncidentManager].into())
        .await;
    let portal = server.sign_in(BOB, Surface::Portal).await;
    asked(&server, &portal)
        .await
        .expect_problem(404, "not-found");
    assert_eq!(away(&server, BOB).await, 0);
    asked(&server, "")
        .await
        .expect_problem(401, "not-signed-in");
}
