//! Rows that an earlier version wrote.

use shared::rows::unpack_one;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, CAROL, TestServer};

#[tokio::test]
async fn rows_of_another_format_are_written_anew_from_their_documents() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.note(id, "Fifth report.");
    expect_accepted(&alice.push(&server).await);
    server.age_rows().await;
    let mut before = Device::console(&server, ALICE).await;
    before.pull(&server).await;
    assert!(unpack_one(&before.rows[&id]).is_err());

    let renewed = server::sync::rows::renew(&server.app).await;
    assert_eq!(renewed.expect("the store answers"), 1);
    let staff = Device::console(&server, ALICE).await;
    let requester = Device::portal(&server, CAROL).await;
    for (mut device, notes) in [(staff, 1), (requester, 0)] {
        device.pull(&server).await;
        let row = unpack_one(&device.rows[&id]).expect("a row of this version");
        assert_eq!((row.id, row.notes), (id, notes));
    }
    let again = server::sync::rows::renew(&server.app).await;
    assert_eq!(again.expect("the store answers"), 0);
}
