//! What happened to an incident, in the order it happened.

use serde::{Deserialize, Serialize};

use crate::ids::{DocKind, FactId, GroupId, PersonId};
use crate::time::UnixMillis;

use super::{
    Attachment, Escalation, HoldReason, Log, NewTask, Provenance, ResolutionCode, Ruled, SetField,
    TaskChange,
};

/// One fact, as the history shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub fact: FactId,
    /// The document that holds the fact; what is in `work` is internal.
    pub doc: DocKind,
    pub from: Provenance,
    pub kind: EventKind,
    /// That its author took it back. It stays in the history and counts for nothing; only the
    /// values of a withdrawn beginning remain, and the incident is cancelled.
    pub withdrawn: Option<Withdrawn>,
}

/// Who took something back, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The fact that says so; the earliest, if it was said more than once.
    pub fact: FactId,
    pub from: Provenance,
}

impl Event {
    /// Whether a person did or said something about it, beside who watches and how it is worded.
    pub fn is_word(&self) -> bool {
        let is_beside = matches!(
            self.kind,
            EventKind::Watched { .. } | EventKind::Unwatched { .. } | EventKind::Revised { .. }
        );
        self.from.by != PersonId::SERVER && !is_beside
    }

    /// Whether it counts: nobody took it back.
    pub fn counts(&self) -> bool {
        self.withdrawn.is_none()
    }
}

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    Declared,
    Set(SetField),
    Assigned {
        group: Option<GroupId>,
        person: Option<PersonId>,
        escalation: Option<Escalation>,
    },
    Claimed {
        group: Option<GroupId>,
    },
    Started,
    Held {
        reason: HoldReason,
        text: String,
        until: Option<UnixMillis>,
    },
    /// The server reminded those for whom a hold waits.
    Reminded {
        hold: FactId,
    },
    Resolved {
        code: ResolutionCode,
        notes: String,
    },
    Reopened {
        text: String,
    },
    Closed,
    Cancelled {
        text: String,
    },
    Replied {
        text: String,
        mentions: Vec<PersonId>,
    },
    Noted {
        text: String,
        mentions: Vec<PersonId>,
    },
    Numbered {
        number: String,
    },
    Logged(Log),
    TaskAdded(NewTask),
    TaskChanged {
        task: FactId,
        change: TaskChange,
    },
    Attached(Attachment),
    Watched {
        person: PersonId,
    },
    /// Somebody no longer watches by these additions.
    Unwatched {
        person: PersonId,
        added: Vec<FactId>,
    },
    /// Somebody wrote on in the diagnosis: the words that it took out and those that it added.
    Diagnosed {
        taken: String,
        added: String,
    },
    /// Another wording of what the same person said.
    Revised {
        entry: FactId,
        text: String,
    },
    /// Which rule decided something about what was declared.
    Ruled(Ruled),
}

impl EventKind {
    /// What was said in it: a message to the requester, or a note.
    pub fn message(&self) -> Option<&str> {
        if let Self::Replied { text, .. } | Self::Noted { text, .. } = self {
            return Some(text);
        }
        None
    }

    /// Why it was escalated, if it was.
    pub fn escalation(&self) -> Option<Escalation> {
        if let Self::Assigned { escalation, .. } = self {
            *escalation
        } else {
            None
        }
    }

    /// The words that a person wrote in it, if any.
    pub fn words(&self) -> Option<&str> {
        let text = match self {
            Self::Held { text, .. }
            | Self::Resolved { notes: text, .. }
            | Self::Reopened { text }
            | Self::Cancelled { text }
            | Self::Replied { text, .. }
            | Self::Noted { text, .. }
            | Self::Diagnosed { added: text, .. }
            | Self::Revised { text, .. }
            | Self::Logged(Log { text, .. })
            | Self::TaskAdded(NewTask { title: text, .. })
            | Self::Attached(Attachment { name: text, .. }) => text,
            Self::Declared
            | Self::Set(_)
            | Self::Assigned { .. }
            | Self::Claimed { .. }
            | Self::Started
            | Self::Reminded { .. }
            | Self::Closed
            | Self::Numbered { .. }
            | Self::TaskChanged { .. }
            | Self::Watched { .. }
            | Self::Unwatched { .. }
            | Self::Ruled(_) => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// What was done, without the words that were said.
    #[must_use]
    pub fn bare(&self) -> Self {
        let mut bare = self.clone();
        match &mut bare {
            Self::Held { text, .. }
            | Self::Reopened { text }
            | Self::Cancelled { text }
            | Self::Replied { text, .. }
            | Self::Noted { text, .. }
            | Self::Revised { text, .. }
            | Self::Logged(Log { text, .. })
            | Self::Resolved { notes: text, .. }
            | Self::Attached(Attachment { name: text, .. }) => text.clear(),
            Self::Diagnosed { taken, added } => {
                taken.clear();
                added.clear();
            }
            Self::TaskAdded(new) => {
                new.title.clear();
                new.steps.clear();
            }
            Self::Declared
            | Self::Set(_)
            | Self::Assigned { .. }
            | Self::Claimed { .. }
            | Self::Started
            | Self::Reminded { .. }
            | Self::Closed
            | Self::Numbered { .. }
            | Self::TaskChanged { .. }
            | Self::Watched { .. }
            | Self::Unwatched { .. }
            | Self::Ruled(_) => {}
        }
        bare
    }

    /// Whether it is part of the conversation rather than of the history of fields.
    pub fn is_entry(&self) -> bool {
        matches!(
            self,
            Self::Replied { .. } | Self::Noted { .. } | Self::Attached(_)
        )
    }
}
