//! What the version before this one sends is read, and what it reads of this one's is the same.

use std::fs;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::sync::message::{
    Live, PullPage, PullRequest, PushReply, PushRequest, RepairReply, RepairRequest, ReturnReply,
    ReturnRequest, decode, encode,
};
use tests::simulation::before;

/// A message is read as the version before wrote it, and what that reads of it is written the same.
fn is_as_before<T: Serialize + DeserializeOwned>(name: &str) -> T {
    let file = tests::workspace()
        .join("tests/simulation/before")
        .join(name);
    let recorded = fs::read(file).expect("it is recorded");
    let message: T = decode(&recorded).expect("what the version before wrote is read");
    let written = encode(&message);
    let read = if name == "page.cbor" {
        before::page(&written)
    } else {
        written
    };
    assert_eq!(read, recorded, "{name}");
    message
}

#[test]
fn messages_of_the_version_before_are_read_and_written_as_it_does() {
    assert!(!is_as_before::<PullRequest>("pull.cbor").fetches);
    assert_eq!(is_as_before::<PullPage>("page.cbor").holds, None);
    is_as_before::<PushRequest>("push.cbor");
    is_as_before::<PushReply>("push-reply.cbor");
    is_as_before::<ReturnRequest>("return.cbor");
    is_as_before::<ReturnReply>("return-reply.cbor");
    is_as_before::<RepairRequest>("repair.cbor");
    is_as_before::<RepairReply>("repair-reply.cbor");
    is_as_before::<Live>("live.cbor");
}
