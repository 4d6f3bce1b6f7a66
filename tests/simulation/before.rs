//! The version before this one, as far as its messages differ: a device of it sends what it knows,
//! and reads what it knows of what it gets.
//!
//! Its messages as it wrote them lie in `before/`. When a message changes, they are replaced by
//! those of the last version that was handed out (the seeds in `tests/fuzz/corpus/messages`,
//! without the first byte), and what is written here follows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::ids::{DocKey, Epoch};
use shared::people::Directory;
use shared::sync::Seq;
use shared::sync::message::{PulledDoc, PulledRow, decode, encode};
use shared::time::UnixMillis;

/// A page as the version before knows it.
#[derive(Serialize, Deserialize)]
struct Page {
    protocol: u32,
    min_client: u32,
    now: UnixMillis,
    cursors: Cursors,
    docs: Vec<PulledDoc>,
    rows: Vec<PulledRow>,
    forget: Vec<DocKey>,
    directory: Option<Directory>,
    more: bool,
    head: Seq,
}

#[derive(Serialize, Deserialize)]
struct Cursors {
    epoch: Option<Epoch>,
    high: Seq,
    lows: BTreeMap<String, Seq>,
}

/// The scopes that it knows; a page with another one would be unreadable to it.
const SCOPES: [&str; 6] = ["requester", "worker", "group", "site", "staff", "everyone"];

/// What a device of the version before makes of a page: what it does not know is nothing to it.
pub fn page(bytes: &[u8]) -> Vec<u8> {
    let page: Page = decode(bytes).expect("the version before can read the page");
    for scope in page.cursors.lows.keys() {
        let kind = scope.split(':').next().unwrap_or_default();
        assert!(
            SCOPES.contains(&kind),
            "the version before knows no {scope}"
        );
    }
    encode(&page)
}
