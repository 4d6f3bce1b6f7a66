//! What is on hold: reminders, a resolution when nobody answers, a day on which work goes on.

use std::collections::BTreeMap;

use server::sync::remind;
use shared::ids::IncidentId;
use shared::incidents::{HoldReason, Incident, Intent, State};
use shared::notify::{Event, Notice, Recipient};
use shared::targets::{Reminding, Targets};
use shared::time::UnixMillis;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, NOON, TestServer};

const HOUR: i64 = 60 * 60 * 1_000;
const DAY: i64 = 24 * HOUR;

/// A server that reminds every two days, and resolves what a caller does not answer after two
/// reminders; with an incident of Bob's group.
struct World {
    server: TestServer,
    alice: Device,
    bob: Device,
    carol: Device,
    id: IncidentId,
}

impl World {
    async fn new() -> Self {
        let server = TestServer::start().await;
        let reminding = |resolves_after| Reminding {
            every_days: 2,
            calendar: None,
            resolves_after,
        };
        server
            .target(|targets: &mut Targets| {
                targets.reminding = BTreeMap::from([
                    (HoldReason::Caller, reminding(Some(2))),
                    (HoldReason::Vendor, reminding(None)),
                ]);
            })
            .await;
        let mut alice = Device::console(&server, ALICE).await;
        let id = alice.declare(CAROL, Some("network"));
        expect_accepted(&alice.push(&server).await);
        let mut bob = Device::console(&server, BOB).await;
        bob.pull(&server).await;
        let mut carol = Device::portal(&server, CAROL).await;
        carol.pull(&server).await;
        Self {
            server,
            alice,
            bob,
            carol,
            id,
        }
    }

    async fn hold(&mut self, reason: HoldReason, until: Option<UnixMillis>) {
        let text = "Which dock do you use?".to_owned();
        let hold = Intent::Hold {
            reason,
            text,
            until,
        };
        self.bob.act(self.id, hold);
        expect_accepted(&self.bob.push(&self.server).await);
    }

    /// Time passes, and the server looks. Returns to how many incidents it did something.
    async fn pass(&mut self, millis: i64) -> usize {
        self.server.app.clock.advance(millis);
        let acted = remind(&self.server.app).await.expect("it looks");
        for device in [&mut self.alice, &mut self.bob, &mut self.carol] {
            device.sign_in_again(&self.server).await;
        }
        self.carol.pull(&self.server).await;
        self.alice.pull(&self.server).await;
        acted
    }

    fn read(&self) -> Incident {
        self.alice.read(self.id)
    }

    /// Who is told of what from now on, in the order it was written.
    async fn told(&self) -> Vec<(Event, Recipient)> {
        let now = self.server.app.clock.now().plus(HOUR);
        let mut told = Vec::new();
        let store = &self.server.app.store;
        while let Some(effect) = store
            .claim_effect(now, now.plus(DAY * 365))
            .await
            .expect("a look")
        {
            let notice: Notice = serde_json::from_slice(&effect.payload).expect("a notice");
            let is_of_hold = matches!(
                notice.event,
                Event::AskedAgain | Event::StillHeld | Event::Resumed | Event::Resolved
            );
            told.extend(is_of_hold.then_some((notice.event, notice.to)));
        }
        told
    }
}

#[tokio::test]
async fn a_caller_who_does_not_answer_is_reminded_and_then_it_is_resolved() {
    let mut world = World::new().await;
    world.hold(HoldReason::Caller, None).await;
    let carol = Recipient::Person(CAROL);
    assert_eq!(world.pass(2 * DAY - HOUR).await, 0);
    assert_eq!(world.told().await, []);
    for count in [1, 2] {
        assert_eq!(world.pass(HOUR).await, 1);
        assert_eq!(world.pass(0).await, 0, "once each");
        assert_eq!(world.told().await, [(Event::AskedAgain, carol.clone())]);
        assert_eq!(world.read().hold.expect("it waits").reminders, count);
        assert_eq!(world.pass(2 * DAY - HOUR).await, 0);
    }
    assert_eq!(world.pass(HOUR).await, 1);
    let incident = world.read();
    assert_eq!(incident.state, State::Resolved);
    assert!(incident.resolution_notes.contains("2 reminders"));
    assert_eq!(world.told().await, [(Event::Resolved, carol)]);
    assert_eq!(world.pass(30 * DAY).await, 0);
}

#[tokio::test]
async fn an_answer_ends_the_reminders_also_one_that_comes_too_late() {
    let mut world = World::new().await;
    world.hold(HoldReason::Caller, None).await;
    assert_eq!(world.pass(2 * DAY).await, 1);
    // Said offline by now, and sent when it is resolved.
    let answered = world.carol.reply_to(world.id, "The small one.");
    world.carol.outbox.clear();
    assert_eq!(world.pass(2 * DAY).await, 1);
    assert_eq!(world.pass(2 * DAY).await, 1);
    assert_eq!(world.read().state, State::Resolved);
    let verdicts = world.carol.offer(&world.server, vec![answered]).await;
    expect_accepted(&verdicts);
    world.alice.pull(&world.server).await;
    let incident = world.read();
    assert_eq!((incident.state, incident.hold), (State::InProgress, None));
    assert_eq!(world.pass(30 * DAY).await, 0);
}

#[tokio::test]
async fn a_word_of_staff_that_comes_too_late_is_not_followed_by_another_resolution() {
    let mut world = World::new().await;
    world.hold(HoldReason::Caller, None).await;
    assert_eq!(world.pass(2 * DAY).await, 1);
    let said = world.bob.reply_to(world.id, "I will call you tomorrow.");
    world.bob.outbox.clear();
    assert_eq!(world.pass(2 * DAY).await, 1);
    assert_eq!(world.pass(2 * DAY).await, 1);
    let verdicts = world.bob.offer(&world.server, vec![said]).await;
    expect_accepted(&verdicts);
    assert_eq!(world.pass(0).await, 0);
    assert!(world.read().waits_for(HoldReason::Caller));
    // It begins anew, and its acts are others than those of before.
    for state in [State::OnHold, State::OnHold, State::Resolved] {
        assert_eq!(world.pass(2 * DAY).await, 1);
        assert_eq!(world.read().state, state);
    }
}

#[tokio::test]
async fn a_rule_reminds_nobody_of_what_was_before_it() {
    let mut world = World::new().await;
    world.hold(HoldReason::Caller, None).await;
    let now = world.server.app.clock.now();
    let set_at = now.plus(30 * DAY);
    let since = BTreeMap::from([(HoldReason::Caller, set_at)]);
    world
        .server
        .target(|targets| targets.reminding_since = since)
        .await;
    assert_eq!(world.pass(30 * DAY).await, 0);
    assert_eq!(world.pass(2 * DAY).await, 1);
}

#[tokio::test]
async fn who_has_it_is_reminded_of_what_others_are_waited_for() {
    let mut world = World::new().await;
    world.hold(HoldReason::Vendor, None).await;
    // A server that stood still sends one reminder, and not four.
    assert_eq!(world.pass(8 * DAY).await, 1);
    assert_eq!(world.pass(DAY).await, 0);
    assert_eq!(world.pass(DAY).await, 1);
    let bob = Recipient::Person(BOB);
    let told = world.told().await;
    assert_eq!(
        told,
        [(Event::StillHeld, bob.clone()), (Event::StillHeld, bob)]
    );
    assert!(world.read().waits_for(HoldReason::Vendor));
}

#[tokio::test]
async fn nobody_is_reminded_where_no_rule_says_so() {
    let mut world = World::new().await;
    world.hold(HoldReason::Part, None).await;
    assert_eq!(world.pass(90 * DAY).await, 0);
}

#[tokio::test]
async fn work_goes_on_on_the_day_that_was_named_whenever_the_server_comes_to_it() {
    let mut world = World::new().await;
    let until = NOON.plus(3 * DAY);
    world.hold(HoldReason::Vendor, Some(until)).await;
    assert_eq!(
        world.pass(3 * DAY - HOUR).await,
        0,
        "nobody is reminded before"
    );
    assert_eq!(world.pass(5 * HOUR).await, 1);
    let incident = world.read();
    assert_eq!((incident.state, incident.hold), (State::InProgress, None));
    assert_eq!(incident.state_from.corrected, until);
    assert_eq!(
        world.told().await,
        [(Event::Resumed, Recipient::Person(BOB))]
    );
    assert_eq!(world.pass(30 * DAY).await, 0);
}

#[tokio::test]
async fn nobody_but_the_server_reminds() {
    let mut world = World::new().await;
    world.hold(HoldReason::Caller, None).await;
    world.alice.pull(&world.server).await;
    let hold = world.read().hold.expect("it waits").fact;
    for device in [&mut world.alice, &mut world.carol] {
        device.pull(&world.server).await;
        device.act(world.id, Intent::Remind { hold });
        let verdicts = device.push(&world.server).await;
        let refused = |verdict: &_| matches!(verdict, shared::sync::message::Verdict::Refused(_));
        assert!(verdicts.iter().all(refused), "{verdicts:?}");
    }
    world.alice.pull(&world.server).await;
}
