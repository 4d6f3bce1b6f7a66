//! The server's side of sync as a state machine without I/O.
//!
//! [`Offer::judge`] decides what becomes of a pushed act; [`Pull`] decides what a page of the log holds.
//! The shell fetches what they ask for inside one transaction, and writes what they say; clock,
//! randomness, keys and storage are arguments.
//!
//! # Design
//! Question: what does a device's cursor promise? Answer: everything up to `high` in every scope,
//! and in each scope everything whose place is `low` or later. The place of a document is that of
//! its *incident*: the later of the incident's last change and the document's entry into the scope,
//! so that an incident always arrives with all its documents. Rejected: places per document, which
//! deliver an incident in one page and its internal notes many pages later.

mod pull;

use std::collections::BTreeSet;

use crate::ids::{DeviceId, Epoch};
use crate::people::{Person, Scope};

use super::Seq;
use super::message::Surface;

pub use pull::{Event, How, Older, Pull, Reach, Sends, Standing, Walk};

/// Who asks, from which device, and what they may read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub person: Person,
    pub device: DeviceId,
    pub surface: Surface,
    pub scopes: BTreeSet<Scope>,
}

/// The log as one reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Log {
    pub epoch: Epoch,
    /// The last place taken.
    pub head: Seq,
}
