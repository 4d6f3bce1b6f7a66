//! The server's side of sync as a state machine without I/O.
//!
//! [`Offer::judge`] decides what becomes of a pushed act; [`Pull`] decides what a page of the log
//! holds; [`author`] writes acts that come from elsewhere, such as an import. The shell fetches
//! what they ask for inside one transaction, and writes what they say; clock, randomness, keys and
//! storage are arguments.
//!
//! What holds: **S1** the accepted changes of a document are causally closed, since a change whose
//! dependencies are not held is never accepted. **S4** nothing of a document is sent unless a
//! scope of the session reaches it now or, where its device asks to have it repaired, is named by
//! its content; nothing is accepted onto it unless its content names such a scope.
//!
//! # Design
//! Question: what does a device's cursor promise? Answer: everything up to `high` in every scope,
//! and in each scope everything whose place is `low` or later. The place of a document is that of
//! its *incident*: the later of the incident's last change and the document's entry into the scope,
//! so that an incident always arrives with all its documents. Rejected: places per document, which
//! deliver an incident in one page and its internal notes many pages later.

mod age;
mod audit;
mod author;
mod judge;
mod kept;
mod offer;
mod operations;
mod presence;
mod pull;
mod repair;
mod returned;
mod said;

use std::collections::BTreeSet;

use crate::document::Receipt;
use crate::ids::{Actor, DeviceId, DocKey, Epoch, Hash};
use crate::people::{Person, Scope};
use crate::targets::Rules;
use crate::time::UnixMillis;

use super::Seq;
use super::message::{Signer, Surface};

pub use age::{fetched, leaving};
pub use audit::{Flaw, Stored};
pub use author::{Authored, Numbering, author, renumber};
pub use judge::{Before, Judgement, Place, Quarantine};
pub use kept::{Commit, DOC_BYTES_MAX, DOC_CHANGES_MAX, Kept, Mark, Reach as Reached};
pub use offer::Offer;
pub use presence::{Ended, Line, Presences, Whose};
pub use pull::{Event, How, Issued, Older, Pull, Reach, Sends, Standing, Walk};
pub use repair::answer;
pub use returned::Returned;
pub use said::{Said, said};

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

/// A change of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    pub doc: DocKey,
    pub hash: Hash,
    pub seq: Seq,
    pub receipt: Receipt,
    /// None once compaction has dropped them; a snapshot covers the change then.
    pub bytes: Option<Vec<u8>>,
}

/// What the server brings to every commit of one transaction.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    pub epoch: Epoch,
    pub now: UnixMillis,
    /// The actor under which this node writes.
    pub actor: Actor,
    pub signer: &'a dyn Signer,
    pub rules: &'a Rules,
}

/// The device that the server's own changes come from.
pub const SERVER_DEVICE: [u8; 16] = [0; 16];
