//! What device and server say to each other in CBOR (RFC 8949): bodies of `POST /sync/pull` and
//! `POST /sync/push`, and one item in each binary frame of the WebSocket `/sync/live`.
//!
//! Maps with text keys, unknown keys ignored, so that either side can be older. Ids are sixteen
//! bytes, but a person's is an integer; documents are named `incident/0190…`, times are
//! milliseconds since 1970.

use std::collections::{BTreeMap, BTreeSet};

use cbor4ii::core::dec::Read;
use cbor4ii::core::utils::SliceReader;
use cbor4ii::serde::Deserializer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::document::{Receipt, ReceiptColumns};
use crate::ids::{ActId, DeviceId, DocKey, Epoch, Hash, IncidentId, PersonId};
use crate::incidents::Refused;
use crate::people::{Directory, Scope};
use crate::time::{Reading, UnixMillis};

pub use crate::document::CHANGE_BYTES_MAX;
pub use crate::people::Surface;

/// The version of the messages. A server refuses a later one and may pause an earlier one.
pub const PROTOCOL: u32 = 1;

/// The media type of sync bodies.
pub const MEDIA_TYPE: &str = "application/cbor";

/// How many bytes the body of a push may have.
pub const PUSH_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many documents a page has at most, whatever is asked for: both of each incident of a chunk
/// of rows.
pub const PAGE_DOCS_MAX: u32 = 1024;

/// How many groups one push may hold.
pub const PUSH_GROUPS_MAX: usize = 256;

/// A place in the server's log. Zero lies before the first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Seq(pub u64);

/// The server's word that a document has these heads, with these receipts, in this epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHeads {
    pub heads: Vec<Hash>,
    /// SHA-256 over the receipts, sorted by (actor, `actor_seq`).
    pub receipts: Hash,
    /// Ed25519 over [`SignedHeads::message`].
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

impl SignedHeads {
    /// The bytes that the server signs for a document.
    pub fn message(
        doc: DocKey,
        generation: u32,
        heads: &[Hash],
        receipts: Hash,
        epoch: Epoch,
    ) -> Vec<u8> {
        let mut bytes = b"holdfast heads 1\n".to_vec();
        bytes.extend(doc.to_string().bytes());
        bytes.push(b'\n');
        bytes.extend(generation.to_be_bytes());
        bytes.extend(epoch.as_bytes());
        bytes.extend(receipts.0);
        let mut sorted = heads.to_vec();
        sorted.sort_unstable();
        for head in sorted {
            bytes.extend(head.0);
        }
        bytes
    }
}

/// Signs heads; the server's key lies behind it.
pub trait Signer {
    /// Signs the bytes of [`SignedHeads::message`].
    fn sign(&self, message: &[u8]) -> Vec<u8>;

    /// Whether these bytes were signed by the same key.
    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// How far a device has read the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Cursors {
    pub epoch: Option<Epoch>,
    /// Everything up to here is on the device.
    pub high: Seq,
    /// Per scope, the position down to which older documents are on the device; zero when all are.
    pub lows: BTreeMap<Scope, Seq>,
}

/// Asks for what is new, then for what is older.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    pub protocol: u32,
    pub surface: Surface,
    /// Whose database asks: it takes in nothing that another person's session may see.
    pub person: PersonId,
    pub device: DeviceId,
    pub cursors: Cursors,
    /// The version of the directory on the device.
    pub directory: u64,
    /// How many documents a page may have; the server may send fewer.
    pub docs_max: u32,
    /// Whether the device can read [`Scope::Fetched`]; one of an earlier version cannot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fetches: bool,
}

impl PullRequest {
    /// Of the scopes of a session those that the device can read.
    pub fn readable(&self, scopes: BTreeSet<Scope>) -> BTreeSet<Scope> {
        let is_readable = |scope: &Scope| self.fetches || !matches!(scope, Scope::Fetched(..));
        scopes.into_iter().filter(is_readable).collect()
    }
}

/// One page of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullPage {
    pub protocol: u32,
    /// The oldest client the server still works with.
    pub min_client: u32,
    /// The server's clock when it read the page.
    pub now: UnixMillis,
    /// Where the device stands once the page is stored.
    pub cursors: Cursors,
    pub docs: Vec<PulledDoc>,
    /// A row for each incident of which a document is in the page, encoded by [`crate::rows`].
    pub rows: Vec<PulledRow>,
    /// Documents that the session may no longer see.
    pub forget: Vec<DocKey>,
    /// Present when the device's is older.
    pub directory: Option<Directory>,
    /// How much of what is over is on devices; a server of an earlier version holds all of it.
    #[serde(default)]
    pub holds: Option<Holds>,
    /// Whether another pull would bring more at once.
    pub more: bool,
    /// The end of the log when the page was read.
    pub head: Seq,
}

/// How much of what is over stays on devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// For so many days after the last change.
    pub days: u32,
    /// So many incidents at most, those that changed last.
    pub incidents: u32,
}

/// One document of a page, up to its present heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulledDoc {
    pub doc: DocKey,
    pub generation: u32,
    pub body: PulledBody,
    pub receipts: ReceiptColumns,
    pub signed: SignedHeads,
}

/// The bytes of a pulled document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PulledBody {
    /// An automerge document, with the receipts of all its changes.
    Snapshot(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Automerge changes, with their receipts.
    Changes(Vec<ChangeBytes>),
}

/// One raw automerge change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeBytes(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// The row of an incident, as bytes of [`crate::rows::pack_one`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PulledRow {
    pub id: IncidentId,
    #[serde(with = "serde_bytes")]
    pub row: Vec<u8>,
}

/// Offers the acts that wait on a device, in the order they were done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushRequest {
    pub protocol: u32,
    pub surface: Surface,
    /// Whose acts these are: another person's session does not speak for them.
    pub person: PersonId,
    pub device: DeviceId,
    pub epoch: Option<Epoch>,
    /// One reading for every live engine of the device, the sender's first.
    pub clocks: Vec<Reading>,
    pub groups: Vec<PushGroup>,
    /// Whether the device is about to be wiped, so that nothing it offers can come again: what
    /// rests on unknown changes is refused for a lead to see, whatever log it was written upon.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hands_over: bool,
}

/// The changes of one act: accepted or refused whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushGroup {
    pub act: ActId,
    /// One change per document, in the order of their keys.
    pub changes: Vec<PushChange>,
}

/// A change of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushChange {
    pub doc: DocKey,
    pub generation: u32,
    pub bytes: ChangeBytes,
}

/// One verdict for each group pushed, in the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushReply {
    pub protocol: u32,
    pub min_client: u32,
    pub now: UnixMillis,
    pub epoch: Epoch,
    pub verdicts: Vec<Verdict>,
}

/// What became of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Written to the log; one entry per change.
    Accepted(Vec<Accepted>),
    /// The log had it already; one entry per change, as when it was accepted.
    Duplicate(Vec<Accepted>),
    /// Not written, and never will be in this form.
    Refused(Refused),
    /// A change rests on others that the server does not know.
    Missing { doc: DocKey, hashes: Vec<Hash> },
}

/// The place in the log, the receipt and the signature of an accepted change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub doc: DocKey,
    pub hash: Hash,
    pub seq: Seq,
    pub receipt: Receipt,
    pub signed: SignedHeads,
}

/// What a device holds of a log that the server's log is not any more: after a restore, that may
/// lack some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnRequest {
    pub protocol: u32,
    pub surface: Surface,
    /// Whose database this is, as in a pull.
    pub person: PersonId,
    pub device: DeviceId,
    /// The log that the device comes from.
    pub epoch: Epoch,
    /// Those it knew before, the latest last: what did not come again since was signed in them.
    /// More than [`LOGS_MAX`] are not looked at.
    #[serde(default)]
    pub earlier: Vec<Epoch>,
    pub docs: Vec<ReturnedDoc>,
}

/// A document as the server once signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedDoc {
    pub doc: DocKey,
    pub generation: u32,
    pub signed: SignedHeads,
    /// What lies beneath the heads; left out until the server wants it.
    pub body: Option<ReturnedBody>,
}

/// The changes beneath signed heads, each after those it rests on, with their receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedBody {
    pub changes: Vec<ChangeBytes>,
    pub receipts: ReceiptColumns,
}

/// What is wanted of documents that came without a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnReply {
    pub protocol: u32,
    pub epoch: Epoch,
    pub wanted: Vec<DocKey>,
}

/// How many bytes the body of a return may have.
pub const RETURN_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How many logs a device remembers.
pub const LOGS_MAX: usize = 16;

/// How many documents one return may name.
pub const RETURN_DOCS_MAX: usize = 1024;

/// Asks for what a device lacks of one document that it cannot load or complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairRequest {
    pub protocol: u32,
    pub surface: Surface,
    /// Whose database asks, as in a pull.
    pub person: PersonId,
    pub device: DeviceId,
    /// An automerge sync message; an empty document's asks for everything.
    #[serde(with = "serde_bytes")]
    pub message: Vec<u8>,
}

/// The document's state, and the automerge sync message that answers the device's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairReply {
    pub protocol: u32,
    pub generation: u32,
    /// None when the device has everything.
    pub message: Option<serde_bytes::ByteBuf>,
    /// The receipts of all changes.
    pub receipts: ReceiptColumns,
    pub signed: SignedHeads,
}

/// A frame of `/sync/live`. Losing one does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Live {
    /// The log has grown to `seq`; sent on connection too.
    Head { seq: Seq, epoch: Epoch },
    /// A heartbeat; the other side answers with the same.
    Beat,
    /// From a device, when it changes: where its person is. Whoever is nowhere has left.
    Here(Vec<Here>),
    /// To a device, when it changes: who else is where its person is.
    There(Vec<There>),
}

/// With this code a device closes a socket because nothing comes through it any more; codes from
/// 4000 are the application's (RFC 6455, 7.4.2).
pub const LINE_LOST: u16 = 4408;

/// At how many incidents a device is at most.
pub const PLACES_MAX: usize = 16;

/// For how long somebody whose line was lost may still be at work.
pub const LOST_MILLIS_MAX: i64 = 8 * 60 * 60 * 1_000;

/// What somebody does at an incident. What they write is never told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Looking,
    Replying,
    /// Writes an internal note.
    Noting,
}

/// That somebody has an incident open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub incident: IncidentId,
    pub doing: Doing,
}

/// Who else is at an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct There {
    pub incident: IncidentId,
    pub people: Vec<Present>,
}

/// Somebody at an incident, or who was when their line was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    pub person: PersonId,
    /// Since when, by the server's clock.
    pub since: UnixMillis,
    pub attendance: Attendance,
}

/// Whether somebody is there, the surer the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// Their device lost its line and has not come back.
    Lost,
    Here(Doing),
}

/// Bytes that are not such a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a sync message: CBOR of the documented shape is expected")]
pub struct BadMessage;

/// Encodes a message as CBOR.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    cbor4ii::serde::to_vec(Vec::new(), message).expect("writing to memory cannot fail")
}

/// Decodes a message from CBOR; nesting is bounded and nothing may follow it.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BadMessage> {
    let mut deserializer = Deserializer::new(SliceReader::new(bytes));
    let message = T::deserialize(&mut deserializer).map_err(|_| BadMessage)?;
    let mut rest = deserializer.into_inner();
    let is_end = rest.fill(1).is_ok_and(|rest| rest.as_ref().is_empty());
    if is_end { Ok(message) } else { Err(BadMessage) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Newer<'a> {
        high: u64,
        lows: BTreeMap<String, u64>,
        epoch: Option<Epoch>,
        weather: (u32, &'a str, Vec<u8>),
        nested: BTreeMap<&'a str, u64>,
    }

    #[test]
    fn a_message_is_read_by_those_who_know_fewer_of_its_fields() {
        let now = (PROTOCOL, "more", vec![1, 2, 3]);
        let later = BTreeMap::from([("high", 7_u64)]);
        let bytes = encode(&BTreeMap::from([("lows", BTreeMap::<String, u64>::new())]));
        assert_eq!(
            decode::<Cursors>(&bytes),
            Err(BadMessage),
            "what is needed must be there"
        );
        let newer = Newer {
            high: 3,
            lows: BTreeMap::new(),
            epoch: None,
            weather: now,
            nested: later,
        };
        let read = decode::<Cursors>(&encode(&newer)).map(|cursors| cursors.high);
        assert_eq!(read, Ok(Seq(3)));
    }

    #[test]
    fn what_is_cut_short_goes_on_or_nests_without_end_is_no_message() {
        let mut bytes = encode(&Cursors::default());
        assert_eq!(decode(&bytes), Ok(Cursors::default()));
        assert_eq!(
            decode::<Cursors>(&bytes[..bytes.len() - 1]),
            Err(BadMessage)
        );
        bytes.push(0);
        assert_eq!(decode::<Cursors>(&bytes), Err(BadMessage));
        let deep = vec![0x81; 100_000];
        assert_eq!(decode::<Cursors>(&deep), Err(BadMessage));
        let unknown_and_deep: Vec<u8> = [b"\xa1\x61x".as_slice(), &deep].concat();
        assert_eq!(decode::<Cursors>(&unknown_and_deep), Err(BadMessage));
    }
}
