//! What a push tells people, as it lies in the outbox.

use shared::incidents::Intent;
use shared::notify::Notice;
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
    let events: Vec<_> = told
        .iter()
        .map(|notice| {
            (
                notice.key().split('/').nth(1).map(str::len),
                notice.to.clone(),
            )
        })
        .collect();
    assert_eq!(
        told.len(),
        3,
        "declared and replied to Carol, assigned to Bob: {events:?}"
    );

    // The answer was lost: pushed again, nothing is told again.
    let bob = Device::console(&server, BOB).await;
    assert_eq!(bob.outbox.len(), 0);
    alice.act(id, Intent::Start);
    expect_accepted(&alice.push(&server).await);
    assert_eq!(notices(&server, NOON.plus(12_000)).await, []);
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
    dave.push(&server).await;
    let again = notices(&server, NOON.plus(120_000)).await.len();
    assert_eq!(again, before, "only what was told before, its lease over");
}
