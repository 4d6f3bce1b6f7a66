//! Dropping the bytes of old changes: nothing is lost by it, however long a device was away.

use std::collections::BTreeMap;

use shared::ids::IncidentId;
use shared::sync::message::PulledBody;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, TestServer};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
const PUBLIC_WITH_BYTES: &str = "SELECT count(*) FROM changes WHERE kind = 0 AND bytes IS NOT NULL";
const WITH_BYTES: &str = "SELECT count(*) FROM changes WHERE bytes IS NOT NULL";

async fn with_forty_replies() -> (TestServer, Device, IncidentId) {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    for nth in 0..40 {
        alice.reply_to(id, &format!("Reply {nth}"));
    }
    expect_accepted(&alice.push(&server).await);
    (server, alice, id)
}

#[tokio::test]
async fn what_is_old_loses_its_bytes_and_nothing_else() {
    let (server, mut alice, id) = with_forty_replies().await;
    let before = server.count(WITH_BYTES).await;
    let kept = server::sync::compact(&server.app).await.expect("it works");
    assert_eq!(kept.changes, 0, "all of it is young");

    server.app.clock.advance(31 * DAY_MILLIS);
    let dropped = server::sync::compact(&server.app).await.expect("it works");
    assert_eq!(i64::try_from(dropped.changes), Ok(before));
    assert!(dropped.bytes > 0);
    assert_eq!(server.count(WITH_BYTES).await, 0);
    let again = server::sync::compact(&server.app).await.expect("it works");
    assert_eq!(again.changes, 0);
    server.expect_sound().await;

    let mut late = Device::console(&server, BOB).await;
    late.pull(&server).await;
    alice.sign_in_again(&server).await;
    alice.pull(&server).await;
    assert_eq!(late.read(id), alice.read(id));
    alice.reply_to(id, "Upon what was compacted.");
    expect_accepted(&alice.push(&server).await);
    alice.pull(&server).await;
    late.pull(&server).await;
    assert_eq!(late.read(id), alice.read(id));
    server.expect_sound().await;
}

#[tokio::test]
async fn a_device_away_for_a_year_gets_what_is_old_whole_and_what_is_young_by_its_changes() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let (old, young) = (
        alice.declare(CAROL, Some("network")),
        alice.declare(CAROL, Some("network")),
    );
    expect_accepted(&alice.push(&server).await);
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let waiting = bob.reply_to(old, "Written before a year at sea.");

    alice.reply_to(old, "Long ago.");
    expect_accepted(&alice.push(&server).await);
    server.app.clock.advance(365 * DAY_MILLIS);
    alice.sign_in_again(&server).await;
    alice.reply_to(young, "Yesterday.");
    expect_accepted(&alice.push(&server).await);
    let dropped = server::sync::compact(&server.app).await.expect("it works");
    assert!(dropped.changes > 0);

    bob.sign_in_again(&server).await;
    expect_accepted(&bob.offer(&server, vec![waiting]).await);
    let pages = bob.pull(&server).await;
    let bodies: BTreeMap<_, _> = pages
        .iter()
        .flat_map(|page| &page.docs)
        .map(|doc| (doc.doc.id, matches!(doc.body, PulledBody::Changes(_))))
        .collect();
    assert_eq!(bodies, [(old, false), (young, true)].into());
    alice.pull(&server).await;
    for id in [old, young] {
        assert_eq!(bob.read(id), alice.read(id));
    }
    server.expect_sound().await;
}

#[tokio::test]
async fn a_compacted_log_is_whole_also_after_a_restore() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    expect_accepted(&alice.push(&server).await);
    server.app.clock.advance(40 * DAY_MILLIS);
    server::sync::compact(&server.app).await.expect("it works");
    let backup = server.backup().await;
    let server = server.restored(&backup).await;
    server.expect_sound().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    assert_eq!(
        bob.read(id).subject.holds.value,
        alice.read(id).subject.holds.value
    );
}

#[tokio::test]
async fn a_document_that_cannot_be_read_keeps_what_it_is_made_of() {
    let (server, ..) = with_forty_replies().await;
    let spoilt = ["UPDATE docs SET snapshot = x'00', snapshot_seq = last_seq WHERE kind = 0"];
    let server = server.spoil(&spoilt).await;
    let before = server.count(PUBLIC_WITH_BYTES).await;
    server.app.clock.advance(31 * DAY_MILLIS);
    server::sync::compact(&server.app).await.expect("it works");
    assert_eq!(server.count(PUBLIC_WITH_BYTES).await, before);
    assert_eq!(
        server.count(WITH_BYTES).await,
        before,
        "the other one is sound"
    );
}
