//! Who is at an incident, as devices are told of it.

use futures_util::SinkExt as _;
use shared::ids::{IncidentId, PersonId};
use shared::sync::message::{Attendance, Doing, Here, Live, There, encode};
use tokio_tungstenite::tungstenite::Message;

use super::device::Device;
use super::live::{Socket, connect, serve, told};
use super::server::{ALICE, BOB, CAROL, ERIN, TestServer};

/// Sockets of a server, and an incident of the network group that Carol has reported.
struct Scene {
    server: TestServer,
    url: String,
    incident: IncidentId,
}

async fn scene() -> Scene {
    let server = TestServer::start().await;
    let url = serve(&server).await;
    let mut alice = Device::console(&server, ALICE).await;
    let incident = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    Scene {
        server,
        url,
        incident,
    }
}

impl Scene {
    async fn console(&self, person: PersonId) -> Socket {
        let device = Device::console(&self.server, person).await;
        self.socket(&device).await
    }

    async fn socket(&self, device: &Device) -> Socket {
        let mut socket = connect(&self.url, &device.cookie).await.expect("a session");
        told(&mut socket).await;
        socket
    }

    async fn say(&self, socket: &mut Socket, doing: Doing) {
        let incident = self.incident;
        say(socket, vec![Here { incident, doing }]).await;
    }

    /// Says something that is known already, so that whatever was to be told first has been.
    async fn expect_nothing(&self, socket: &mut Socket) {
        assert_eq!(told(socket).await, Live::Beat, "a beat comes next");
    }
}

async fn say(socket: &mut Socket, here: Vec<Here>) {
    let frame = Message::Binary(encode(&Live::Here(here)).into());
    socket.send(frame).await.expect("it is open");
}

/// Who else is there, as the next frame says.
async fn people(socket: &mut Socket) -> Vec<(PersonId, Attendance)> {
    let Live::There(there) = told(socket).await else {
        panic!("who is there")
    };
    let people = there.into_iter().flat_map(|There { people, .. }| people);
    people.map(|one| (one.person, one.attendance)).collect()
}

#[tokio::test]
async fn each_is_told_who_else_is_at_an_incident_and_what_they_write() {
    let scene = scene().await;
    let (mut alice, mut bob) = (scene.console(ALICE).await, scene.console(BOB).await);
    scene.say(&mut alice, Doing::Looking).await;
    assert_eq!(people(&mut alice).await, []);
    scene.say(&mut bob, Doing::Looking).await;
    let looks = Attendance::Here(Doing::Looking);
    assert_eq!(people(&mut bob).await, [(ALICE, looks)]);
    assert_eq!(people(&mut alice).await, [(BOB, looks)]);
    scene.say(&mut bob, Doing::Replying).await;
    let replies = Attendance::Here(Doing::Replying);
    assert_eq!(people(&mut alice).await, [(BOB, replies)]);
    say(&mut bob, Vec::new()).await;
    assert_eq!(people(&mut alice).await, []);
    assert_eq!(people(&mut bob).await, []);
}

#[tokio::test]
async fn nobody_is_told_or_named_where_they_may_not_read() {
    let scene = scene().await;
    let mut alice = scene.console(ALICE).await;
    scene.say(&mut alice, Doing::Noting).await;
    assert_eq!(people(&mut alice).await, []);
    // Erin is of another group; Carol has reported it, and sees nothing of those who work on it.
    let mut erin = scene.console(ERIN).await;
    scene.say(&mut erin, Doing::Looking).await;
    let carol = Device::portal(&scene.server, CAROL).await;
    let mut carol = scene.socket(&carol).await;
    scene.say(&mut carol, Doing::Looking).await;
    scene.expect_nothing(&mut erin).await;
    scene.expect_nothing(&mut carol).await;
    scene.expect_nothing(&mut alice).await;
}

#[tokio::test]
async fn whoever_loses_the_right_to_read_is_told_no_more() {
    let scene = scene().await;
    let (mut alice, mut bob) = (scene.console(ALICE).await, scene.console(BOB).await);
    scene.say(&mut bob, Doing::Looking).await;
    assert_eq!(people(&mut bob).await, []);
    let elsewhere = |bob: &mut shared::people::Person| bob.groups.clear();
    scene.server.change(BOB, elsewhere).await;
    scene.say(&mut alice, Doing::Looking).await;
    people(&mut alice).await;
    assert_eq!(people(&mut bob).await, []);
}

#[tokio::test]
async fn whoever_closes_has_left_and_whose_line_breaks_is_possibly_at_work() {
    let scene = scene().await;
    let mut alice = scene.console(ALICE).await;
    scene.say(&mut alice, Doing::Looking).await;
    assert_eq!(people(&mut alice).await, []);
    let bob = Device::console(&scene.server, BOB).await;
    let mut socket = scene.socket(&bob).await;
    scene.say(&mut socket, Doing::Looking).await;
    let looks = Attendance::Here(Doing::Looking);
    assert_eq!(people(&mut alice).await, [(BOB, looks)]);
    drop(socket);
    assert_eq!(people(&mut alice).await, [(BOB, Attendance::Lost)]);
    let mut socket = scene.socket(&bob).await;
    scene.say(&mut socket, Doing::Looking).await;
    assert_eq!(people(&mut alice).await, [(BOB, looks)]);
    socket.close(None).await.expect("it is open");
    assert_eq!(people(&mut alice).await, []);
}
