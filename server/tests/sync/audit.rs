//! What is stored, looked through: whether it is what the server wrote.

use super::device::{Device, expect_accepted};
use super::server::{ALICE, CAROL, TestServer};

async fn told(server: &TestServer) -> String {
    let rules = server.app.people.current().rules();
    let audit = server.app.keeper.audit(&*server.app.store, &rules).await;
    audit.expect("it can be read").to_string()
}

async fn with_an_incident() -> TestServer {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.reply_to(id, "On my way.");
    alice.note(id, "The switch again.");
    let verdicts = alice.push(&server).await;
    expect_accepted(&verdicts);
    server
}

#[tokio::test]
async fn what_the_server_wrote_is_sound_also_after_a_restore() {
    let server = with_an_incident().await;
    let sound = "1 incidents, 5 changes: all of it is sound\n";
    assert_eq!(told(&server).await, sound);
    let backup = server.backup().await;
    let server = server.restored(&backup).await;
    assert_eq!(told(&server).await, sound);
}

#[tokio::test]
async fn what_is_damaged_is_named() {
    let check = async |sql: &'static str, flaw: &str| {
        let server = with_an_incident().await.spoil(&[sql]).await;
        let told = told(&server).await;
        assert!(told.contains("1 incidents are damaged"), "{sql}: {told}");
        assert!(told.contains(flaw), "{sql}: {told}");
    };
    check(
        "UPDATE docs SET snapshot = x'00'",
        "its documents cannot be read",
    )
    .await;
    check(
        "UPDATE docs SET signature = x'00'",
        "is not signed with this server's key",
    )
    .await;
    check(
        "UPDATE docs SET generation = 7",
        "is not signed with this server's key",
    )
    .await;
    check(
        "UPDATE docs SET receipts_digest = zeroblob(32)",
        "its receipts are not those",
    )
    .await;
    check(
        "UPDATE docs SET last_seq = 99 WHERE kind = 1",
        "its last place is noted as 99",
    )
    .await;
    check(
        "UPDATE changes SET bytes = x'00' WHERE seq = (SELECT max(seq) FROM changes)",
        "is damaged",
    )
    .await;
    check(
        "DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)",
        "hold different changes",
    )
    .await;
    check(
        "DELETE FROM changes WHERE seq = 1",
        "rests on one that the log has not",
    )
    .await;
    check(
        "UPDATE changes SET person = 9 WHERE seq = 1",
        "has another receipt",
    )
    .await;
    check("UPDATE rows SET staff = public", "the summary for staff").await;
    check(
        "UPDATE rows SET public = staff",
        "the summary for the requester",
    )
    .await;
    check(
        "DELETE FROM audience WHERE scope = 'staff'",
        "the scopes that reach it",
    )
    .await;
}
