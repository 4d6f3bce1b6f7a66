//! Service levels: what is told of clocks, when, and how often.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use server::sla::tick;
use shared::ids::{DocKind, IncidentId};
use shared::incidents::{HoldReason, Intent, ResolutionCode, SetField};
use shared::priority::Level;

use super::author::{accept, history};
use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, NOON, TestServer};

const MINUTE: i64 = 60_000;

/// So long every letter waits for an undo.
const WAIT: i64 = 12_000;

/// A server with an ordinary incident of Bob's group, declared at noon: P3, so that a response is
/// due within 4 hours and a resolution within 48.
struct Desk {
    server: TestServer,
    alice: Device,
    bob: Device,
    id: IncidentId,
}

impl Desk {
    async fn open() -> Self {
        let server = TestServer::start().await;
        let mut alice = Device::console(&server, ALICE).await;
        let id = alice.declare(CAROL, Some("network"));
        expect_accepted(&alice.push(&server).await);
        let mut bob = Device::console(&server, BOB).await;
        bob.pull(&server).await;
        Self {
            server,
            alice,
            bob,
            id,
        }
    }

    /// So many minutes after noon, on the server; what is due then is told.
    async fn at(&self, minutes: i64) {
        let clock = &self.server.app.clock;
        clock.advance(NOON.plus(minutes * MINUTE).since(clock.now()));
        tick(&self.server.app).await.expect("it ticks");
    }

    /// What of clocks a worker would find to deliver, so many milliseconds from now.
    async fn to_leave_in(&self, millis: i64) -> Vec<String> {
        let (store, now) = (&self.server.app.store, self.server.app.clock.now());
        let now = now.plus(millis);
        let mut found = Vec::new();
        while let Some(effect) = store.claim_effect(now, now.plus(1)).await.expect("a look") {
            let event = effect.claim.key.split('/').nth(1).unwrap_or_default();
            let clock = event.rsplit_once('-').map(|(event, _)| event.to_owned());
            let is_clock = |event: &String| event.ends_with("-response");
            found.extend(clock.filter(is_clock));
        }
        found
    }

    async fn told(&self) -> Vec<String> {
        let told = self.server.clocks_told().await;
        assert!(told.iter().all(|(_, to)| to == "2"), "Bob holds it");
        told.into_iter().map(|(event, _)| event).collect()
    }
}

/// Somebody acts so many minutes after noon by their own clock.
fn act(device: &mut Device, id: IncidentId, minutes: i64, intent: Intent) {
    device.now = NOON.plus(minutes * MINUTE);
    device.act(id, intent);
}

/// Sends what waits, so many minutes after noon.
async fn send(device: &mut Device, server: &TestServer, minutes: i64) {
    device.now = NOON.plus(minutes * MINUTE);
    expect_accepted(&device.push(server).await);
}

fn reply() -> Intent {
    let text = "We look into it.".to_owned();
    Intent::Reply { text }
}

fn ask() -> Intent {
    Intent::Hold {
        reason: HoldReason::Caller,
        text: "Which dock?".to_owned(),
        until: None,
    }
}

fn resolve() -> Intent {
    Intent::Resolve {
        code: ResolutionCode::Fixed,
        notes: "Replaced.".to_owned(),
    }
}

#[tokio::test]
async fn a_warning_and_a_breach_are_told_once_each() {
    let desk = Desk::open().await;
    desk.at(179).await;
    assert_eq!(desk.told().await, [] as [&str; 0]);
    for minutes in [180, 181, 240] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, ["warned-response"]);
    }
    for minutes in [241, 242, 500] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, ["warned-response", "breached-response"]);
    }
}

#[tokio::test]
async fn after_a_long_stop_a_breach_is_told_without_its_warning() {
    let desk = Desk::open().await;
    desk.at(300).await;
    assert_eq!(desk.told().await, ["breached-response"]);
}

#[tokio::test]
async fn work_done_in_time_and_synced_before_anybody_was_told_is_met() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 200, reply());
    desk.at(200).await;
    desk.server.app.clock.advance(60 * MINUTE);
    send(&mut desk.bob, &desk.server, 260).await;
    desk.at(261).await;
    assert_eq!(desk.told().await, ["warned-response"]);
}

#[tokio::test]
async fn a_breach_that_was_told_is_taken_back_once_when_the_work_done_offline_arrives() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 200, reply());
    desk.at(250).await;
    send(&mut desk.bob, &desk.server, 250).await;
    let told = ["breached-response", "corrected-response"];
    for minutes in [251, 252] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, told);
        desk.alice.pull(&desk.server).await;
        let note = "Good.".to_owned();
        act(
            &mut desk.alice,
            desk.id,
            minutes,
            Intent::Note { text: note },
        );
        send(&mut desk.alice, &desk.server, minutes).await;
    }
}

#[tokio::test]
async fn a_breach_stays_told_when_the_work_came_too_late_or_the_priority_falls_later() {
    let mut desk = Desk::open().await;
    desk.at(250).await;
    act(&mut desk.bob, desk.id, 260, reply());
    act(
        &mut desk.bob,
        desk.id,
        261,
        Intent::Set(SetField::Urgency(Level::Low)),
    );
    desk.at(262).await;
    send(&mut desk.bob, &desk.server, 262).await;
    desk.at(263).await;
    assert_eq!(desk.told().await, ["breached-response"]);
}

#[tokio::test]
async fn waiting_for_the_caller_moves_what_is_due() {
    let mut desk = Desk::open().await;
    let day = 24 * 60;
    act(&mut desk.bob, desk.id, 60, ask());
    desk.at(60).await;
    send(&mut desk.bob, &desk.server, 60).await;
    desk.at(5 * day).await;
    assert_eq!(desk.told().await, [] as [&str; 0]);
    act(&mut desk.bob, desk.id, 5 * day, Intent::Start);
    send(&mut desk.bob, &desk.server, 5 * day).await;
    desk.at(5 * day + 34 * 60).await;
    assert_eq!(desk.told().await, [] as [&str; 0]);
    desk.at(5 * day + 35 * 60).await;
    assert_eq!(desk.told().await, ["warned-resolution"]);
}

#[tokio::test]
async fn a_reopened_incident_goes_on_where_it_stopped() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 60, resolve());
    desk.at(60).await;
    send(&mut desk.bob, &desk.server, 60).await;
    desk.at(100 * 60).await;
    assert_eq!(desk.told().await, [] as [&str; 0]);
    let text = "It is back.".to_owned();
    act(&mut desk.bob, desk.id, 100 * 60, Intent::Reopen { text });
    send(&mut desk.bob, &desk.server, 100 * 60).await;
    desk.at((100 + 47) * 60 + 1).await;
    assert_eq!(desk.told().await, ["breached-resolution"]);
}

#[tokio::test]
async fn another_priority_is_another_promise() {
    let mut desk = Desk::open().await;
    desk.at(190).await;
    act(
        &mut desk.bob,
        desk.id,
        191,
        Intent::Set(SetField::Urgency(Level::High)),
    );
    desk.at(191).await;
    send(&mut desk.bob, &desk.server, 191).await;
    desk.at(192).await;
    assert_eq!(desk.told().await, ["warned-response", "breached-response"]);
}

#[tokio::test]
async fn what_was_late_when_it_was_imported_is_told_to_nobody() {
    let server = TestServer::start().await;
    server.app.clock.advance(365 * 24 * 60 * MINUTE);
    let report = accept(&server, vec![history(1, 1), history(2, 3)]).await;
    assert_eq!(report.written, 2);
    tick(&server.app).await.expect("it ticks");
    let told = server.clocks_told().await;
    assert_eq!(told, []);
}

#[tokio::test]
async fn a_breach_whose_letters_still_wait_is_taken_back_unsaid() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 200, reply());
    let fact = desk.bob.read(desk.id).timeline.last().expect("it").fact;
    desk.at(250).await;
    send(&mut desk.bob, &desk.server, 250).await;
    desk.at(251).await;
    let told = ["breached-response", "corrected-response"];
    assert_eq!(desk.told().await, told);
    assert_eq!(desk.to_leave_in(WAIT).await, [] as [&str; 0]);

    let doc = DocKind::Incident;
    act(&mut desk.bob, desk.id, 203, Intent::Withdraw { doc, fact });
    send(&mut desk.bob, &desk.server, 252).await;
    desk.at(253).await;
    assert_eq!(desk.to_leave_in(WAIT).await, ["breached-response"]);
}

#[tokio::test]
async fn a_slip_that_is_undone_while_its_letters_wait_is_told_to_nobody() {
    let urgency = |level| Intent::Set(SetField::Urgency(level));
    for is_set_back in [false, true] {
        let mut desk = Desk::open().await;
        act(&mut desk.bob, desk.id, 100, urgency(Level::High));
        let fact = desk.bob.read(desk.id).timeline.last().expect("it").fact;
        desk.at(100).await;
        send(&mut desk.bob, &desk.server, 100).await;
        desk.at(100).await;
        assert_eq!(desk.told().await, ["breached-response"]);
        assert_eq!(desk.to_leave_in(WAIT - 1).await, [] as [&str; 0]);

        let doc = DocKind::Incident;
        let undo = if is_set_back {
            urgency(Level::Medium)
        } else {
            Intent::Withdraw { doc, fact }
        };
        desk.server.app.clock.advance(3_000);
        desk.bob.now = NOON.plus(100 * MINUTE + 3_000);
        desk.bob.act(desk.id, undo);
        expect_accepted(&desk.bob.push(&desk.server).await);
        tick(&desk.server.app).await.expect("it ticks");
        assert_eq!(desk.to_leave_in(2 * WAIT).await, [] as [&str; 0]);
    }
}

#[tokio::test]
async fn a_second_true_breach_of_a_target_is_told() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 200, reply());
    let fact = desk
        .bob
        .read(desk.id)
        .timeline
        .last()
        .expect("the reply")
        .fact;
    desk.at(250).await;
    send(&mut desk.bob, &desk.server, 250).await;
    desk.at(251).await;
    let doc = DocKind::Incident;
    act(&mut desk.bob, desk.id, 203, Intent::Withdraw { doc, fact });
    send(&mut desk.bob, &desk.server, 252).await;
    let told = [
        "breached-response",
        "corrected-response",
        "breached-response",
    ];
    for minutes in [253, 254] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, told);
    }
}

#[tokio::test]
async fn a_breach_of_an_incident_that_cannot_be_read_is_told_once_it_can() {
    const SPOIL: [&str; 2] = [
        "CREATE TABLE spare AS SELECT incident, kind, snapshot FROM docs",
        "UPDATE docs SET snapshot = x'00'",
    ];
    const MEND: [&str; 1] = ["UPDATE docs SET snapshot = (SELECT snapshot FROM spare
             WHERE spare.incident = docs.incident AND spare.kind = docs.kind)"];
    let mut desk = Desk::open().await;
    desk.server = desk.server.spoil(&SPOIL).await;
    for minutes in [241, 242, 250] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, [] as [&str; 0]);
    }
    desk.server = desk.server.spoil(&MEND).await;
    for minutes in [320, 400] {
        desk.at(minutes).await;
        assert_eq!(desk.told().await, ["breached-response"]);
    }
}

/// Lets a task come so far and no further.
async fn come_so_far(task: impl Future, polls: usize) -> bool {
    let mut task = pin!(task);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        task.as_mut().poll(context).map(|_| true)
    })
    .await
}

#[tokio::test]
async fn killed_at_any_step_the_server_tells_a_breach_once() {
    let mut desk = Desk::open().await;
    act(&mut desk.bob, desk.id, 200, reply());
    let clock = desk.server.app.clock.clone();
    clock.advance(250 * MINUTE);
    let mut polls = 0;
    while !come_so_far(tick(&desk.server.app), polls).await {
        desk.server = desk.server.killed().await;
        polls += 1;
    }
    assert!(polls > 3, "it was killed on the way");
    assert_eq!(desk.told().await, ["breached-response"]);
    send(&mut desk.bob, &desk.server, 250).await;
    polls = 0;
    while !come_so_far(tick(&desk.server.app), polls).await {
        desk.server = desk.server.killed().await;
        polls += 1;
    }
    desk.server = desk.server.killed().await;
    tick(&desk.server.app).await.expect("it ticks");
    let told = ["breached-response", "corrected-response"];
    assert_eq!(desk.told().await, told);
}
