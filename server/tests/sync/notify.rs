//! What a push tells people, as it lies in the outbox.

use std::collections::BTreeSet;

use shared::notify::{Event, Notice, Recipient};
use shared::sync::message::Verdict;
use shared::time::UnixMillis;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, DAVE, NOON, TestServer};

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
