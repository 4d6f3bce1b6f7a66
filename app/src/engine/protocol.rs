//! What the page and its engine say to each other, as postcard in transferred buffers.
//!
//! What only one room of a page looks into travels [`Sealed`], so that a first paint need not know
//! how to read it. The page asks with a [`Call`] and gets one [`Answer`] under the same number; the
//! engine tells of what happens by itself with a [`News`]. The page never sees automerge or
//! `IndexedDB`.

mod files;

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use shared::ids::{ActId, DeviceId, DocKind, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, Incident, Intent, Refused};
use shared::people::Directory;
use shared::rows::Row;
use shared::sync::message::{Here, Holds, Surface, There};
use shared::sync::parcel::BadParcel;
use shared::time::UnixMillis;

pub use files::{FileFailure, FilesAnswer, FilesCall, Lines, WaitingFile, Wanted};

/// From the page to the engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// Chosen by the page; the answer carries it back.
    pub number: u32,
    pub call: Call,
}

/// From the engine to the page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Tell {
    Answer {
        number: u32,
        answer: Result<Answer, Failure>,
    },
    News(News),
}

/// What the page asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Call {
    /// Opens the person's database on this surface and begins to sync. First of all calls.
    /// Answered with [`Answer::Started`] from what is stored, without the network.
    Start {
        person: PersonId,
        surface: Surface,
        /// What opens a database that is locked with one.
        pin: Option<String>,
    },
    /// Locks the database with a PIN, or no longer with one; the one before is asked for.
    SetPin(PinChange),
    /// Has all other tabs forget what they have read, too.
    Lock,
    /// Opens an incident and follows it: each change arrives as [`News::Incident`].
    Open { incident: IncidentId },
    /// Reads what is being written on an incident, whether that is on this device or not.
    Drafts { incident: IncidentId },
    /// Reads it as it was at a moment of corrected time.
    AsItWas {
        incident: IncidentId,
        until: UnixMillis,
    },
    /// Reads what staff asks of the requester, without following the incident.
    Question { incident: IncidentId },
    /// Stops following it.
    Leave { incident: IncidentId },
    /// Does one act, whose names the page chose to show it at once. Answered with
    /// [`Answer::Painted`] as soon as it is folded in memory; [`News::Durable`] follows when it is
    /// committed, [`News::NotKept`] if that fails.
    Act {
        incident: IncidentId,
        intent: Intent,
        names: ActNames,
    },
    /// Declares an incident; the engine makes its id.
    Declare { intent: Intent },
    /// Lists what waits and what needs attention, for the sync centre.
    Waiting,
    /// Packs what waits into a file for another device of the same person.
    Pack,
    /// Looks into such a file, or takes it over: all of it or nothing.
    Unpack { file: Vec<u8>, take: Take },
    /// Drops an act under "needs review" once its author has dealt with it.
    Discard { act: ActId },
    /// Puts it back, a few seconds later.
    PutBack { act: ActId },
    /// Tries the network at once.
    Retry,
    /// The person signed in again on this page; a paused sync goes on.
    SignedIn,
    /// Asks the browser anew how much room there is and what it promises.
    Measure,
    /// Saves what somebody is writing on an incident; empty removes it.
    SaveDraft(WrittenDraft),
    /// Stops sync and closes the database.
    Stop,
    /// Hands over what waits in the person's database, then deletes that; begun by the server, and
    /// gone on with until [`Answer::Wiped`].
    Wipe { person: PersonId, surface: Surface },
    /// Stops, and deletes the person's database if nothing waits; also where no engine runs, such
    /// as after it could not be started. One that is locked, whose PIN nobody knows, goes with what
    /// waits.
    Forget {
        person: PersonId,
        surface: Surface,
        unsent: Unsent,
    },
    /// Says where the person is, for others who are there too; nowhere on this page.
    Here(Option<Here>),
    /// Asks for something of files; one may come with it.
    Files(Sealed<FilesCall>),
}

/// A PIN in place of another, or of none, or none any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinChange {
    pub before: Option<String>,
    pub after: Option<String>,
}

/// What becomes of acts that wait in a database that is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unsent {
    /// With them it is not deleted.
    Stays,
    /// They go with it if it is locked, since nobody can read them.
    GoesIfLocked,
}

/// What an ask is answered with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Answer {
    Done,
    Started {
        directory: Option<Box<Directory>>,
        status: Box<Status>,
        rows: Vec<Row>,
        /// Whether there was no database before.
        is_new: bool,
    },
    /// The incident and what was being written on it.
    Opened {
        incident: Sealed<Incident>,
        drafts: Vec<(DraftKind, String)>,
    },
    /// None when it was not there yet.
    AsItWas(Option<Sealed<Incident>>),
    Drafts(Vec<(DraftKind, String)>),
    /// What staff asks; empty when it asks nothing.
    Question(String),
    Painted {
        act: ActId,
        /// Of a declaration, which nobody foresees; what came of other acts follows when it is
        /// kept.
        incident: Option<Sealed<Incident>>,
    },
    Waiting(Sealed<Waiting>),
    Packed {
        file: Vec<u8>,
    },
    /// Nothing is left of what was this device.
    Wiped {
        device: DeviceId,
    },
    Unpacked(Sealed<Unpacked>),
    Files(Sealed<FilesAnswer>),
}

/// A part of a message that stays packed until somebody looks into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed<T> {
    #[serde(with = "serde_bytes")]
    bytes: Vec<u8>,
    #[serde(skip)]
    of: PhantomData<T>,
}

impl<T> Default for Sealed<T> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            of: PhantomData,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Sealed<T> {
    /// Packs a part.
    pub fn of(part: &T) -> Self {
        let bytes =
            postcard::to_allocvec(part).expect("what is said between page and engine packs");
        let of = PhantomData;
        Self { bytes, of }
    }

    /// Unpacks it.
    pub fn open(&self) -> Result<T, Failure> {
        postcard::from_bytes(&self.bytes).map_err(|_| Failure::NotStarted)
    }
}

/// What the sync centre lists.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    pub acts: Vec<WaitingAct>,
    pub review: Vec<ReviewAct>,
    pub drafts: Vec<KeptDraft>,
}

/// What is being written on an incident; each kind has a draft of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum DraftKind {
    /// A reply or a note.
    Entry,
    Hold,
    Resolve,
    Reopen,
    Cancel,
    /// The subject, written anew.
    Subject,
    /// A whole new incident, of which no incident has the name yet.
    New,
    /// Time that was worked, with the timer that runs for it.
    Log,
    /// Why the matrix is overridden.
    Priority,
    /// A task: its title, then a line for each step.
    Task,
    /// What was tried before it is escalated.
    Escalate,
    /// The diagnosis, with what it was when it was begun.
    Diagnosis,
    /// What somebody said before, worded anew.
    Revision,
}

impl DraftKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Entry,
        Self::Hold,
        Self::Resolve,
        Self::Reopen,
        Self::Cancel,
        Self::Subject,
        Self::New,
        Self::Log,
        Self::Priority,
        Self::Task,
        Self::Escalate,
        Self::Diagnosis,
        Self::Revision,
    ];

    /// The kind's word where drafts are stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Hold => "hold",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Cancel => "cancel",
            Self::Subject => "subject",
            Self::New => "new",
            Self::Log => "log",
            Self::Priority => "priority",
            Self::Task => "task",
            Self::Escalate => "escalate",
            Self::Diagnosis => "diagnosis",
            Self::Revision => "revision",
        }
    }
}

/// A draft as a tab has written it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenDraft {
    pub incident: IncidentId,
    pub kind: DraftKind,
    /// The text that the tab began with.
    pub base: String,
    /// What is to be stored; nothing when it was sent.
    pub text: String,
}

/// A draft as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptDraft {
    pub incident: IncidentId,
    pub kind: DraftKind,
    pub subject: String,
    pub text: String,
    /// Whether its incident is on this device.
    pub is_here: bool,
}

/// What is to become of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Take {
    /// It is only looked at.
    Look,
    Over,
}

/// What a file of unsent acts brings, or has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Unpacked {
    /// When it was made, by the clock of its device.
    pub made_at: UnixMillis,
    /// Whether it was made on this very device.
    pub is_own_device: bool,
    /// What this device did not have.
    pub acts: Vec<WaitingAct>,
    /// How many acts were here already.
    pub known: u32,
}

/// Why an ask failed. What was typed is still with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Failure {
    #[error("the act is not allowed: {0}")]
    Refused(Refused),
    #[error("the device has no room left")]
    Quota,
    #[error("the device's storage does not answer: {reason}")]
    Storage { reason: String },
    #[error("the incident is not on this device")]
    Unknown,
    #[error("the engine has not been started")]
    NotStarted,
    #[error("the engine stopped")]
    Stopped,
    #[error("a later version has changed the layout of the database")]
    Later,
    #[error("acts wait to be sent: {count}")]
    StillWaiting { count: u32 },
    #[error("the device is being wiped")]
    Wiping,
    #[error("the database opens with a PIN only")]
    Locked {
        /// How much is nowhere else, if that could be counted.
        only_here: Option<u32>,
    },
    #[error("the PIN is wrong, or comes too early; the next try waits {wait_seconds} s")]
    WrongPin { wait_seconds: u32 },
    #[error("the file is not taken over: {0}")]
    Parcel(BadParcel),
}

/// What the engine tells by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum News {
    /// Rows that are new or changed, and incidents gone from this device.
    Rows {
        changed: Vec<Row>,
        gone: Vec<IncidentId>,
    },
    /// The incident that the page follows has changed.
    Incident {
        id: IncidentId,
        incident: Sealed<Incident>,
    },
    /// An act is committed on this device.
    Durable {
        act: ActId,
    },
    /// An act could not be committed and is undone; the draft stays with the page.
    NotKept {
        act: ActId,
        why: Failure,
    },
    Directory(Box<Directory>),
    Status(Status),
    /// The server asks for a new sign-in; nothing is lost meanwhile.
    SignInNeeded,
    /// The server had this device wiped: nothing is shown any more.
    Wiping,
    /// Another tab locked the device: nothing is shown before the PIN.
    Lock,
    /// The server needs a newer client before sync goes on.
    UpdateNeeded,
    /// Another tab writes the same draft.
    Drafted(WrittenDraft),
    /// Who else is where this person is.
    There(Vec<There>),
    /// Another tab brings a new layout of the database; this engine lets go of it at once.
    Superseded,
    /// Tabs of an older version keep the database from being opened.
    Blocked,
    /// The stored copy was lost or could not be read and is being fetched again.
    Rebuilding {
        lost_acts: u32,
        /// Nothing when nothing could be read.
        rescued: Option<Sealed<Rescued>>,
    },
}

impl News {
    /// That an incident the page follows has changed.
    pub fn of(incident: &Incident) -> Self {
        Self::Incident {
            id: incident.id,
            incident: Sealed::of(incident),
        }
    }
}

/// What could be read of a lost copy, for its author to take elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Rescued {
    /// Acts that had not reached the server, with the author's time.
    pub acts: Vec<(IncidentId, Intent, UnixMillis)>,
    pub drafts: Vec<(IncidentId, String)>,
}

/// The facts under the status chip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Status {
    pub line: Line,
    /// Acts on this device that the server does not have.
    pub waiting: u32,
    /// Acts that were refused and wait for their author.
    pub review: u32,
    /// When the device last heard that it is up to date, by its own clock.
    pub fresh_at: Option<UnixMillis>,
    /// Incidents kept on this device.
    pub incidents: u32,
    /// Whether everything the person may see is on this device.
    pub complete: bool,
    /// Whether the database opens with a PIN only.
    pub pin: bool,
    /// Bytes used and allowed, as the browser estimates them.
    pub storage_used: Option<u64>,
    pub storage_quota: Option<u64>,
    pub promises: Promises,
    /// How much of what is over is on devices, once the server has said so.
    pub holds: Option<Holds>,
    pub files: Files,
}

/// Files that wait to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Files {
    pub pictures: u32,
    pub others: u32,
    /// How many bytes they have together.
    pub bytes: u64,
    /// So many of them the server would not take.
    pub refused: u32,
    pub lines: Lines,
    /// Whether the device is on Wi-Fi or a cable, where the browser says so.
    pub has_wifi: Option<bool>,
    /// One by one.
    pub list: Sealed<Vec<WaitingFile>>,
}

impl Files {
    /// How many there are.
    pub fn count(&self) -> u32 {
        self.pictures + self.others
    }
}

/// What the browser promises of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Promises {
    /// To keep it under pressure.
    pub persistent: bool,
    /// To force a commit to disk.
    pub strict: bool,
    /// That nobody but this browser can read it.
    pub encrypted: bool,
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Line {
    /// Not yet known.
    #[default]
    Connecting,
    Online,
    /// No answer; the next try comes by itself.
    Offline,
    /// The server wants a sign-in first.
    SignedOut,
    /// The server refuses this client's messages; it backs off.
    Trouble,
}

/// How an act and its facts are called.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ActNames {
    pub act: ActId,
    /// In the incident document, and in the work document.
    pub facts: [FactId; 2],
}

impl ActNames {
    /// Names drawn at a moment.
    pub fn draw(now: UnixMillis, mut random: impl FnMut() -> [u8; 10]) -> Self {
        Self {
            act: ActId::new(now, random()),
            facts: [FactId::new(now, random()), FactId::new(now, random())],
        }
    }

    /// The fact that the intent writes into the first document it concerns.
    pub fn fact(&self, intent: &Intent) -> FactId {
        match intent.docs().first() {
            Some(DocKind::Work) => self.facts[1],
            Some(DocKind::Incident) | None => self.facts[0],
        }
    }
}

/// An act in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingAct {
    pub act: ActId,
    pub incident: IncidentId,
    pub subject: String,
    pub intent: Intent,
    pub at: UnixMillis,
    pub bytes: u32,
    /// It came from another device, and its incident is not on this one yet.
    pub lacks_incident: bool,
}

impl WaitingAct {
    /// An act whose subject and size are not known yet.
    pub fn of(incident: IncidentId, drafted: &Drafted) -> Self {
        Self {
            act: drafted.act,
            incident,
            subject: String::new(),
            intent: drafted.intent.clone(),
            at: drafted.at,
            bytes: 0,
            lacks_incident: false,
        }
    }
}

/// A refused act, kept with its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReviewAct {
    pub act: ActId,
    pub incident: IncidentId,
    pub subject: String,
    pub intent: Intent,
    pub fact: FactId,
    pub at: UnixMillis,
    pub why: Refused,
}
