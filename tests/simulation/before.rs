//! The version before this one, as far as its messages differ: a device of it sends what it knows,
//! and reads what it knows of what it gets.
//!
//! Its messages as it wrote them lie in `before/`. When a message changes, they are replaced by
//! those of the last version that was handed out (the seeds in `tests/fuzz/corpus/messages`,
//! without the first byte), and what is written here follows.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use shared::ids::{DocKey, Epoch};
use shared::people::{Category, Group, Person, Site};
use shared::priority::{Matrix, Priority};
use shared::sync::Seq;
use shared::sync::message::{PulledDoc, PulledRow, decode, encode};
use shared::targets::{HoldReason, Target};
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

/// A directory before it said since when its targets hold, and in which hours.
#[derive(Serialize, Deserialize)]
struct Directory {
    #[serde(default)]
    version: u64,
    name: String,
    people: Vec<Person>,
    groups: Vec<Group>,
    sites: Vec<Site>,
    categories: Vec<Category>,
    matrix: Matrix,
    #[serde(default)]
    targets: Targets,
    #[serde(default)]
    notice: Option<String>,
    #[serde(default)]
    notices: BTreeMap<String, String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Targets {
    version: u32,
    priorities: BTreeMap<Priority, Target>,
    warning_percent: u8,
    pausing: BTreeSet<HoldReason>,
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
