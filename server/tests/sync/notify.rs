//! What a push tells people, as it lies in the outbox.

use std::collections::BTreeSet;

use server::store::Settled;
use shared::ids::{DocKind, IncidentId, PersonId};
use shared::incidents::{Intent, ResolutionCode};
use shared::notify::{self, Event, Notice, Recipient};
use shared::sync::message::Verdict;
use shared::time::UnixMillis;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, DAVE, ERIN, NOON, TestServer};

/// The waiting notices, by when they are due.
async fn notices(server: &TestServer, now: UnixMillis) -> Vec<Notice> {
    let store = &server.app.store;
    let mut notices = Vec::new();
    while let Some(effect) = store
        .claim_effect(now, now.plus(1))
        .await
        .expect("the outbox can be read")
    {
        notices.push(serde_json::from_slice(&effect.payload).expect("a notice"));
    }
    notices
}

#[tokio::test]
async fn what_an_act_tells_is_written_with_it_and_waits_for_an_undo() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.reply_to(id, "We are on it.");
    alice.note(id, "Looks like the certificate.");
    expect_accepted(&alice.push(&server).await);
    // Twelve seconds for an undo.
    assert_eq!(notices(&server, NOON.plus(11_999)).await, []);
    let told = notices(&server, NOON.plus(12_000)).await;
    let told: BTreeSet<_> = told.iter().map(|one| (one.event, &one.to)).collect();
    let (bob, carol) = (Recipient::Person(BOB), Recipient::Person(CAROL));
    let expected = [
        (Event::Declared, &carol),
        (Event::Replied, &carol),
        (Event::Assigned, &bob),
    ];
    assert_eq!(told, expected.into());
}

#[tokio::test]
async fn what_is_pushed_again_since_its_answer_was_lost_is_told_once() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.declare(CAROL, Some("network"));
    let lost = alice.offer(&server, alice.outbox.clone()).await;
    expect_accepted(&lost);
    let again = alice.offer(&server, alice.outbox.clone()).await;
    assert!(matches!(again[..], [Verdict::Duplicate(_)]), "{again:?}");
    let told = notices(&server, NOON.plus(12_000)).await;
    assert_eq!(
        told.len(),
        2,
        "declared to Carol, assigned to Bob: {told:?}"
    );
}

#[tokio::test]
async fn a_refused_act_tells_nobody() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    let before = notices(&server, NOON.plus(60_000)).await.len();
    let mut dave = Device::portal(&server, DAVE).await;
    dave.docs.clone_from(&alice.docs);
    dave.reply_to(id, "I have this, too.");
    let verdicts = dave.push(&server).await;
    assert!(
        matches!(verdicts[..], [Verdict::Refused(_)]),
        "{verdicts:?}"
    );
    let again = notices(&server, NOON.plus(120_000)).await.len();
    assert_eq!(again, before, "only what was told before, its lease over");
}

/// What leaves once the time for an undo is over, by the incident as a device knows it.
async fn leave(server: &TestServer, device: &Device, id: IncidentId) -> Vec<(Event, Recipient)> {
    let (store, now) = (&server.app.store, NOON.plus(60_000));
    let (incident, directory) = (device.read(id), server.app.people.current());
    let mut left = Vec::new();
    while let Some(effect) = store.claim_effect(now, now.plus(1)).await.expect("a look") {
        let notice: Notice = serde_json::from_slice(&effect.payload).expect("a notice");
        let stands = notify::stands(&notice, &incident, &directory);
        let settled = if stands { Settled::Done } else { Settled::Void };
        let noted = store.settle_effect(&effect.claim, settled).await;
        noted.expect("the claim is held");
        if stands {
            left.push((notice.event, notice.to));
        }
    }
    left
}

fn assign(person: PersonId) -> Intent {
    let (group, person) = (None, Some(person));
    Intent::Assign {
        group,
        person,
        escalation: None,
    }
}

fn resolve(notes: &str) -> Intent {
    let (code, notes) = (ResolutionCode::Fixed, notes.to_owned());
    Intent::Resolve { code, notes }
}

#[tokio::test]
async fn whoever_has_an_incident_after_an_undo_is_told_though_their_letter_was_dropped() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    leave(&server, &alice, id).await;

    for person in [BOB, ERIN] {
        alice.act(id, assign(person));
        expect_accepted(&alice.push(&server).await);
    }
    let erin = (Event::Assigned, Recipient::Person(ERIN));
    assert_eq!(leave(&server, &alice, id).await, [erin]);
    let fact = alice.read(id).assignment.fact;
    let doc = DocKind::Incident;
    alice.act(id, Intent::Withdraw { doc, fact });
    expect_accepted(&alice.push(&server).await);
    let bob = (Event::Assigned, Recipient::Person(BOB));
    assert_eq!(leave(&server, &alice, id).await, [bob]);
    assert_eq!(leave(&server, &alice, id).await, []);
}

#[tokio::test]
async fn of_two_resolutions_that_arrive_one_after_the_other_one_is_told() {
    for is_later in [false, true] {
        let server = TestServer::start().await;
        let mut alice = Device::console(&server, ALICE).await;
        let id = alice.declare(CAROL, Some("network"));
        expect_accepted(&alice.push(&server).await);
        let mut bob = Device::console(&server, BOB).await;
        bob.pull(&server).await;
        leave(&server, &alice, id).await;
        alice.now = NOON.plus(if is_later { 2_000 } else { 1_000 });
        alice.act(id, resolve("A cable."));
        bob.now = NOON.plus(1_500);
        bob.act(id, resolve("A switch."));
        server.app.clock.advance(3_000);
        expect_accepted(&bob.push(&server).await);
        expect_accepted(&alice.push(&server).await);
        alice.pull(&server).await;
        let told = (Event::Resolved, Recipient::Person(CAROL));
        assert_eq!(leave(&server, &alice, id).await, [told]);
    }
}
