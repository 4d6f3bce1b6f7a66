//! Incidents: what a person can do to one, and what reading its documents yields.
//!
//! An incident is two documents of facts (see [`crate::document`]). [`Intent`] is an act before it
//! is written; [`write`] turns it into facts; [`read`] folds facts back into an [`Incident`],
//! whatever order they arrived in. Reading never fails: odd states are ordinary input after a
//! merge.

pub mod attachments;
mod before;
mod content;
mod diagnosis;
mod direction;
mod fold;
mod foresee;
mod gates;
mod holds;
mod known;
pub mod lifecycle;
mod past;
mod read;
mod report;
mod revisions;
mod ruled;
pub mod shape;
pub mod timeline;
mod watchers;
mod words;
mod work;
mod write;

use serde::{Deserialize, Serialize};

use crate::ids::{
    CategoryId, DeviceId, DocKind, FactId, GroupId, IncidentId, LocalCode, PersonId, SiteId,
};
use crate::priority::Matrix;
use crate::time::{Flags, UnixMillis};

pub use crate::priority::{Level, Override, Priority};
pub use attachments::Attachment;
pub use before::Before;
pub use direction::{by_itself, within_a_sentence};
pub use holds::{Hold, HoldStep, REMINDERS_MAX, next_step, resolves_at};
pub use lifecycle::{Escalation, HoldReason, ResolutionCode, Stage, State, Transition};
pub use past::{Past, Period, held_at};
pub use read::{Anomaly, IncidentReceipts, read, read_until};
pub use report::PlainReport;
pub use revisions::Wording;
pub use ruled::{Outcome, Ruled};
pub use timeline::{Event, EventKind, Withdrawn};
pub use watchers::{MENTIONS_MAX, WATCHERS_MAX, Watcher};
pub use work::{
    AFTER_MAX, Holder, LOG_MINUTES_MAX, Log, LogKind, Logged, NewTask, STEPS_MAX, Spent, Step,
    Task, TaskChange, TaskState, Work, spent,
};
pub use write::{Drafted, IncidentDocs, write, write_number, write_work};

/// How an incident came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Phone,
    Portal,
    Mail,
    WalkUp,
    Chat,
    Field,
    Monitoring,
    Import,
}

/// Who reported an incident: somebody of the directory, or a caller it does not know (a stub).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    Person(PersonId),
    Unknown { name: String, contact: String },
}

/// The first values of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declare {
    pub subject: String,
    pub description: String,
    pub requester: Requester,
    pub channel: Channel,
    pub category: Option<CategoryId>,
    pub impact: Level,
    pub urgency: Level,
    pub site: Option<SiteId>,
    pub group: Option<GroupId>,
    pub assignee: Option<PersonId>,
    /// What the requester says it is about, such as their laptop or the printer beside them.
    pub asset: Option<String>,
    /// How to reach the requester while this goes on.
    pub contact: Option<String>,
}

/// A new value for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetField {
    Subject(String),
    Category(Option<CategoryId>),
    Impact(Level),
    Urgency(Level),
    Site(Option<SiteId>),
    Requester(Requester),
    Priority(Override),
}

/// One act of a person on one incident, as they meant it. One change is one intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    Declare(Declare),
    Set(SetField),
    /// A dispatcher gives the incident to a group, a person, or back to nobody.
    Assign {
        group: Option<GroupId>,
        person: Option<PersonId>,
        /// Why those who had it cannot do it; none where it is no escalation.
        escalation: Option<Escalation>,
    },
    /// Somebody takes the incident.
    Claim {
        group: Option<GroupId>,
    },
    /// Work starts, or goes on after a hold.
    Start,
    Hold {
        reason: HoldReason,
        text: String,
        /// When work goes on by itself.
        until: Option<UnixMillis>,
    },
    Resolve {
        code: ResolutionCode,
        notes: String,
    },
    Reopen {
        text: String,
    },
    Close,
    Cancel {
        text: String,
    },
    /// A message that the requester sees.
    Reply {
        text: String,
    },
    /// A note that only staff sees.
    Note {
        text: String,
    },
    /// Takes back what the same person did. Nothing goes: what is withdrawn stays in the history
    /// and counts for nothing, and what it alone superseded holds again.
    Withdraw {
        doc: DocKind,
        fact: FactId,
    },
    /// Says that the person knows how it stands, and so ends the cards about acts of theirs that
    /// gave way, on all their devices.
    Acknowledge,
    /// The server reminds those for whom a hold waits.
    Remind {
        hold: FactId,
    },
    /// Says for how long the person worked on it.
    Log(Log),
    AddTask(NewTask),
    ChangeTask {
        task: FactId,
        change: TaskChange,
    },
    /// Puts a file into one of the documents: for the requester too, or for staff alone.
    Attach {
        doc: DocKind,
        file: Attachment,
    },
    /// Lets somebody watch: in the work document one of the staff, who hears of everything; in the
    /// incident document somebody who sees what the requester sees, and hears of that.
    Watch {
        doc: DocKind,
        person: PersonId,
    },
    /// Ends that somebody watches, as far as the additions go that its author saw.
    Unwatch {
        doc: DocKind,
        person: PersonId,
        added: Vec<FactId>,
    },
    /// A message, or a note, that calls on people by name. Staff who are named in a note watch from
    /// then on.
    Mention {
        doc: DocKind,
        text: String,
        people: Vec<PersonId>,
    },
    /// Writes on in the diagnosis, which all staff share: from what its author had before them to
    /// what it is to be. What others wrote meanwhile stays.
    Diagnose {
        before: String,
        text: String,
    },
    /// Says anew what the same person said in a message or note; what they said before is kept.
    Revise {
        doc: DocKind,
        entry: FactId,
        text: String,
    },
    /// The server notes which rule decided something about what was declared.
    Rule(Ruled),
}

impl Intent {
    /// The documents that the intent writes to, in lock order.
    pub fn docs(&self) -> &'static [DocKind] {
        match self {
            Self::Declare(_) => &[DocKind::Incident, DocKind::Work],
            Self::Note { .. }
            | Self::Log(_)
            | Self::AddTask(_)
            | Self::ChangeTask { .. }
            | Self::Diagnose { .. }
            | Self::Rule(_) => &[DocKind::Work],
            Self::Withdraw { doc, .. }
            | Self::Attach { doc, .. }
            | Self::Watch { doc, .. }
            | Self::Unwatch { doc, .. }
            | Self::Mention { doc, .. }
            | Self::Revise { doc, .. } => match doc {
                DocKind::Incident => &[DocKind::Incident],
                DocKind::Work => &[DocKind::Work],
            },
            Self::Set(_)
            | Self::Assign { .. }
            | Self::Claim { .. }
            | Self::Start
            | Self::Hold { .. }
            | Self::Resolve { .. }
            | Self::Reopen { .. }
            | Self::Close
            | Self::Cancel { .. }
            | Self::Reply { .. }
            | Self::Acknowledge
            | Self::Remind { .. } => &[DocKind::Incident],
        }
    }

    /// The words that a person writes in it, if any; those of a new incident are its texts.
    pub fn words(&self) -> Option<&str> {
        let text = match self {
            Self::Set(SetField::Subject(text))
            | Self::Hold { text, .. }
            | Self::Resolve { notes: text, .. }
            | Self::Reopen { text }
            | Self::Cancel { text }
            | Self::Reply { text }
            | Self::Note { text }
            | Self::Mention { text, .. }
            | Self::Diagnose { text, .. }
            | Self::Revise { text, .. }
            | Self::Log(Log { text, .. })
            | Self::AddTask(NewTask { title: text, .. })
            | Self::Attach {
                file: Attachment { name: text, .. },
                ..
            } => text,
            Self::Declare(_)
            | Self::Set(_)
            | Self::Assign { .. }
            | Self::Claim { .. }
            | Self::Start
            | Self::Close
            | Self::Withdraw { .. }
            | Self::Acknowledge
            | Self::Remind { .. }
            | Self::ChangeTask { .. }
            | Self::Watch { .. }
            | Self::Unwatch { .. }
            | Self::Rule(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// The step of the lifecycle that the intent takes, if it takes one.
    pub fn transition(&self) -> Option<Transition> {
        match self {
            Self::Start => Some(Transition::Started),
            Self::Hold { .. } => Some(Transition::Held),
            Self::Resolve { .. } => Some(Transition::Resolved),
            Self::Reopen { .. } => Some(Transition::Reopened),
            Self::Close => Some(Transition::Closed),
            Self::Cancel { .. } => Some(Transition::Cancelled),
            Self::Declare(_)
            | Self::Set(_)
            | Self::Assign { .. }
            | Self::Claim { .. }
            | Self::Reply { .. }
            | Self::Note { .. }
            | Self::Withdraw { .. }
            | Self::Acknowledge
            | Self::Remind { .. }
            | Self::Log(_)
            | Self::AddTask(_)
            | Self::ChangeTask { .. }
            | Self::Attach { .. }
            | Self::Watch { .. }
            | Self::Unwatch { .. }
            | Self::Mention { .. }
            | Self::Diagnose { .. }
            | Self::Revise { .. }
            | Self::Rule(_) => None,
        }
    }
}

/// Why an act is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    #[error("this needs one of the roles {allowed}")]
    Role { allowed: String },
    #[error("only incidents within the person's scopes can be changed")]
    Scope,
    #[error("{from} incidents can only become {allowed}")]
    State { from: State, allowed: String },
    #[error("{field} needs text")]
    Empty { field: String },
    #[error("{field} can hold {max} bytes at most")]
    TooLong { field: String, max: usize },
    #[error("facts are written in the name of the person signed in")]
    Author,
    #[error("the change is not one known act: {path}")]
    Shape { path: String },
    #[error("the encoding is not one uncompressed automerge change with a true checksum")]
    Encoding,
    #[error("the actor belongs to another person or device")]
    Actor,
    #[error("the actor's next change has sequence number {expected}")]
    Sequence { expected: u64 },
    #[error("a change can have {max} bytes at most")]
    Size { max: usize },
    #[error("it follows a refused change")]
    FollowsRefused,
    #[error("the document was rewritten; generation {generation} holds")]
    Generation { generation: u32 },
    #[error("only the person who did an act can take it back")]
    NotOwn,
    #[error("only an act in the history of this document can be taken back")]
    NothingToWithdraw,
    #[error("an act can be taken back within {minutes} minutes")]
    TooLate { minutes: i64 },
    #[error("{field} has to be between {min} and {max}")]
    OutOfRange { field: String, min: i64, max: i64 },
    #[error("only a task of this incident, and one of its steps, can be changed")]
    NoSuchTask,
    #[error("staff watch internally, and other people of the directory publicly")]
    CannotWatch,
    #[error("only somebody who watches can be taken off, by the additions that are there")]
    NoSuchWatcher,
    #[error("only people who may read a text can be mentioned in it")]
    CannotRead,
    #[error("only a message or a note that stands can be worded anew")]
    NoSuchEntry,
}

impl Refused {
    /// The rule without what it was broken by, which may hold words of people: for logs.
    pub fn rule(&self) -> &'static str {
        match self {
            Self::Role { .. } => "role",
            Self::Scope => "scope",
            Self::State { .. } => "state",
            Self::Empty { .. } => "empty",
            Self::TooLong { .. } => "too-long",
            Self::Author => "author",
            Self::Shape { .. } => "shape",
            Self::Encoding => "encoding",
            Self::Actor => "actor",
            Self::Sequence { .. } => "sequence",
            Self::Size { .. } => "size",
            Self::FollowsRefused => "follows-refused",
            Self::Generation { .. } => "generation",
            Self::NotOwn => "not-own",
            Self::NothingToWithdraw => "nothing-to-withdraw",
            Self::TooLate { .. } => "too-late",
            Self::OutOfRange { .. } => "out-of-range",
            Self::NoSuchTask => "no-such-task",
            Self::CannotWatch => "cannot-watch",
            Self::NoSuchWatcher => "no-such-watcher",
            Self::CannotRead => "cannot-read",
            Self::NoSuchEntry => "no-such-entry",
        }
    }
}

/// Who made a fact, when by which clock, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    pub by: PersonId,
    /// The wall clock of the author's device.
    pub at: UnixMillis,
    /// The time that counts; provisional (the device's own) until the server has received it.
    pub corrected: UnixMillis,
    /// What the server's receipt says; none while the fact is only on its author's device.
    pub arrival: Option<Arrived>,
}

impl Provenance {
    /// When the server came to know of it, and with it everybody; until then, when it was done.
    pub fn known_at(&self) -> UnixMillis {
        self.arrival.map_or(self.corrected, |arrival| arrival.at)
    }
}

/// The part of a receipt that people see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    pub at: UnixMillis,
    pub device: DeviceId,
    pub flags: Flags,
}

/// A value with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said<T> {
    pub value: T,
    pub fact: FactId,
    pub from: Provenance,
}

/// A field: the value that holds, and others set at the same time that nobody has settled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field<T> {
    pub holds: Said<T>,
    /// Concurrent values, best first; setting the field again, having seen them, settles them.
    pub rivals: Vec<Said<T>>,
}

/// Who has the incident, and how that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    pub group: Option<GroupId>,
    pub person: Option<PersonId>,
    pub fact: FactId,
    pub from: Provenance,
}

/// An act that met a concurrent one; its author is told by a card until they have said something
/// knowing both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GaveWay {
    /// Whose act it was.
    pub by: PersonId,
    pub fact: FactId,
    /// The fact that holds instead, or, after a resolution, the requester's word that met it.
    pub to: FactId,
}

/// An incident as its facts read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub id: IncidentId,
    /// Whether it was read as its requester reads it, without the work on it.
    pub is_public: bool,
    /// `INC-1042`, once the server has given it.
    pub number: Option<String>,
    pub created: Provenance,
    pub declared_by: PersonId,
    pub channel: Channel,
    /// The values it was declared with, which hold again once what superseded them is withdrawn;
    /// none when its beginning cannot be read.
    pub first: Option<Box<Declare>>,
    pub description: String,
    /// What staff has found out, in one text that all of them write; empty for requesters.
    pub diagnosis: String,
    /// What the requester says it is about, in their own words.
    pub asset: Option<String>,
    /// How the requester said to be reached.
    pub contact: Option<String>,
    pub subject: Field<String>,
    pub category: Field<Option<CategoryId>>,
    pub impact: Field<Level>,
    pub urgency: Field<Level>,
    pub site: Field<Option<SiteId>>,
    pub requester: Field<Requester>,
    /// What holds in place of the matrix.
    pub priority: Field<Override>,
    pub assignment: Assignment,
    pub state: State,
    /// When the incident came into its state, and by whom.
    pub state_from: Provenance,
    /// What it waits for; only while on hold.
    pub hold: Option<Hold>,
    /// How it was resolved; only while resolved or closed.
    pub resolution: Option<ResolutionCode>,
    /// When the resolution that holds was made, in corrected time; only while resolved or closed.
    pub resolved_at: Option<UnixMillis>,
    pub resolution_notes: String,
    pub gave_way: Vec<GaveWay>,
    /// What held when, for clocks.
    pub past: Past,
    /// Everything that happened, oldest first.
    pub timeline: Vec<Event>,
    /// Who said that they know, which is no event: it tells nobody anything.
    pub acknowledged: Vec<Acknowledged>,
    pub updated_at: UnixMillis,
}

/// That somebody said that they know how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    pub fact: FactId,
    pub from: Provenance,
    pub withdrawn: Option<Withdrawn>,
}

impl Incident {
    /// Who did an act that can be taken back by naming it, when, and whether it was.
    pub fn done(&self, target: (DocKind, FactId)) -> Option<(&Provenance, Option<&Withdrawn>)> {
        let mut events = self.timeline.iter();
        if let Some(event) = events.find(|event| (event.doc, event.fact) == target) {
            let is_edit = matches!(event.kind, EventKind::Diagnosed { .. });
            return (!is_edit).then_some((&event.from, event.withdrawn.as_ref()));
        }
        let mut said = self.acknowledged.iter();
        let said = said.find(|said| (DocKind::Incident, said.fact) == target)?;
        Some((&said.from, said.withdrawn.as_ref()))
    }

    /// What people call it: the number, or the local code until there is one.
    pub fn name(&self) -> String {
        self.number
            .clone()
            .unwrap_or_else(|| LocalCode::of(self.id).0)
    }

    /// What a fact says of it.
    pub fn event(&self, fact: FactId) -> Option<&Event> {
        self.timeline.iter().find(|event| event.fact == fact)
    }

    /// The person who reported it, if the directory knows them.
    pub fn requester_person(&self) -> Option<PersonId> {
        match self.requester.holds.value {
            Requester::Person(person) => Some(person),
            Requester::Unknown { .. } => None,
        }
    }

    /// How soon it is to be worked on: as somebody said and why, or else as the matrix says.
    pub fn priority(&self, matrix: &Matrix) -> Priority {
        let by_matrix = || matrix.priority(self.impact.holds.value, self.urgency.holds.value);
        self.priority.holds.value.priority.unwrap_or_else(by_matrix)
    }

    /// Since when nobody has said another word, as far as this copy knows: the last act, or the
    /// arrival of one that came late.
    pub fn rests_since(&self) -> UnixMillis {
        let events = self.timeline.iter();
        let arrivals = events.filter_map(|event| Some(event.from.arrival?.at));
        arrivals.fold(self.updated_at, UnixMillis::max)
    }

    /// How often it was escalated; handing it back is none.
    pub fn escalations(&self) -> usize {
        let events = self.timeline.iter().filter(|event| event.counts());
        let escalations = events.filter_map(|event| event.kind.escalation());
        escalations.filter(|why| *why != Escalation::Back).count()
    }

    /// How many fields hold rivals that nobody has settled.
    pub fn conflicts(&self) -> usize {
        self.subject.rivals.len().min(1)
            + self.category.rivals.len().min(1)
            + self.impact.rivals.len().min(1)
            + self.urgency.rivals.len().min(1)
            + self.site.rivals.len().min(1)
            + self.requester.rivals.len().min(1)
            + self.priority.rivals.len().min(1)
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod table;
#[cfg(test)]
mod withdrawals;
