//! How acts lie on a device's disk: by name, so that a later version reads what an earlier one
//! kept.
//!
//! # Design
//! Question: what of an act that waits while the client is updated? Answer: it is nobody's but this
//! device's, so its record names its parts (CBOR), and what a version adds is absent in those of
//! before. Rejected: postcard, as documents have it, which tells parts by their places. Records of
//! the first layout were written so, and are read as acts were then.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::outbox::{OutboxEntry, Phase, ReviewEntry, Unsent};
use super::replica::{self, BadRecord};
use crate::ids::{ActId, CategoryId, DocKind, FactId, GroupId, IncidentId, PersonId, SiteId};
use crate::incidents::{
    Declare, Drafted, HoldReason, Intent, Level, Refused, Requester, ResolutionCode, SetField,
};
use crate::sync::message;
use crate::time::{Boot, UnixMillis};

/// The layout of a record by name; its first byte.
const FORMAT: u8 = 2;

/// Encodes a record: the layout, then CBOR.
pub(super) fn encode<T: Serialize>(record: &T) -> Vec<u8> {
    [vec![FORMAT], message::encode(record)].concat()
}

/// Decodes a record of this layout, or of the one before.
pub(super) fn decode<T: DeserializeOwned, B: DeserializeOwned + Into<T>>(
    bytes: &[u8],
) -> Result<T, BadRecord> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => message::decode(rest).map_err(|_| BadRecord),
        Some(_) | None => Ok(replica::decode::<B>(bytes)?.into()),
    }
}

/// An [`OutboxEntry`] of the first layout.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct OutboxEntryBefore {
    incident: IncidentId,
    drafted: DraftedBefore,
    changes: Vec<Unsent>,
    phase: Phase,
    tries: u8,
}

/// A [`ReviewEntry`] of the first layout.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
pub(super) struct ReviewEntryBefore {
    incident: IncidentId,
    drafted: DraftedBefore,
    why: Refused,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
struct DraftedBefore {
    act: ActId,
    intent: IntentBefore,
    facts: [FactId; 2],
    by: PersonId,
    at: UnixMillis,
    boot: Boot,
    mono: u64,
    saw: Option<[Vec<FactId>; 2]>,
}

/// Acts as they were, in their order.
#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
enum IntentBefore {
    Declare(Declare),
    Set(SetBefore),
    Assign {
        group: Option<GroupId>,
        person: Option<PersonId>,
    },
    Claim {
        group: Option<GroupId>,
    },
    Start,
    Hold {
        reason: HoldReason,
        text: String,
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
    Reply {
        text: String,
    },
    Note {
        text: String,
    },
    Withdraw {
        doc: DocKind,
        fact: FactId,
    },
    Acknowledge,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(Serialize))]
enum SetBefore {
    Subject(String),
    Category(Option<CategoryId>),
    Impact(Level),
    Urgency(Level),
    Site(Option<SiteId>),
    Requester(Requester),
}

impl From<OutboxEntryBefore> for OutboxEntry {
    fn from(before: OutboxEntryBefore) -> Self {
        Self {
            incident: before.incident,
            drafted: before.drafted.into(),
            changes: before.changes,
            phase: before.phase,
            tries: before.tries,
        }
    }
}

impl From<ReviewEntryBefore> for ReviewEntry {
    fn from(before: ReviewEntryBefore) -> Self {
        Self {
            incident: before.incident,
            drafted: before.drafted.into(),
            why: before.why,
        }
    }
}

impl From<DraftedBefore> for Drafted {
    fn from(before: DraftedBefore) -> Self {
        Self {
            act: before.act,
            intent: before.intent.into(),
            facts: before.facts,
            by: before.by,
            at: before.at,
            boot: before.boot,
            mono: before.mono,
            saw: before.saw,
        }
    }
}

impl From<IntentBefore> for Intent {
    fn from(before: IntentBefore) -> Self {
        match before {
            IntentBefore::Declare(declare) => Self::Declare(declare),
            IntentBefore::Set(set) => Self::Set(set.into()),
            IntentBefore::Assign { group, person } => Self::Assign {
                group,
                person,
                escalation: None,
            },
            IntentBefore::Claim { group } => Self::Claim { group },
            IntentBefore::Start => Self::Start,
            IntentBefore::Hold { reason, text } => Self::Hold {
                reason,
                text,
                until: None,
            },
            IntentBefore::Resolve { code, notes } => Self::Resolve { code, notes },
            IntentBefore::Reopen { text } => Self::Reopen { text },
            IntentBefore::Close => Self::Close,
            IntentBefore::Cancel { text } => Self::Cancel { text },
            IntentBefore::Reply { text } => Self::Reply { text },
            IntentBefore::Note { text } => Self::Note { text },
            IntentBefore::Withdraw { doc, fact } => Self::Withdraw { doc, fact },
            IntentBefore::Acknowledge => Self::Acknowledge,
        }
    }
}

impl From<SetBefore> for SetField {
    fn from(before: SetBefore) -> Self {
        match before {
            SetBefore::Subject(subject) => Self::Subject(subject),
            SetBefore::Category(category) => Self::Category(category),
            SetBefore::Impact(level) => Self::Impact(level),
            SetBefore::Urgency(level) => Self::Urgency(level),
            SetBefore::Site(site) => Self::Site(site),
            SetBefore::Requester(requester) => Self::Requester(requester),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{BOB, START};

    fn before(intent: IntentBefore) -> OutboxEntryBefore {
        OutboxEntryBefore {
            incident: IncidentId::new(START, [1; 10]),
            drafted: DraftedBefore {
                act: ActId::new(START, [2; 10]),
                intent,
                facts: [3, 4].map(|nth| FactId::new(START, [nth; 10])),
                by: BOB,
                at: START,
                boot: Boot(7),
                mono: 8,
                saw: Some([Vec::new(), vec![FactId::new(START, [5; 10])]]),
            },
            changes: Vec::new(),
            phase: Phase::Ready,
            tries: 1,
        }
    }

    #[test]
    fn an_act_that_waits_through_an_update_is_read_as_it_was_meant() {
        let text = || "A new antenna".to_owned();
        let (reason, person) = (HoldReason::Part, Some(BOB));
        let acts = [
            (
                IntentBefore::Hold {
                    reason,
                    text: text(),
                },
                Intent::Hold {
                    reason,
                    text: text(),
                    until: None,
                },
            ),
            (
                IntentBefore::Assign {
                    group: None,
                    person,
                },
                Intent::Assign {
                    group: None,
                    person,
                    escalation: None,
                },
            ),
            (
                IntentBefore::Note { text: text() },
                Intent::Note { text: text() },
            ),
            (IntentBefore::Acknowledge, Intent::Acknowledge),
        ];
        for (was, is) in acts {
            let stored = replica::encode(&before(was));
            let entry = OutboxEntry::decode(&stored).expect("it is read");
            assert_eq!(entry.drafted.intent, is);
            assert_eq!((entry.tries, entry.drafted.mono), (1, 8));
            assert_eq!(OutboxEntry::decode(&entry.encode()), Ok(entry));
        }
    }

    #[test]
    fn what_a_version_adds_is_absent_in_a_record_of_before() {
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Short {
            Hold { reason: HoldReason, text: String },
        }
        let short = message::encode(&Short::Hold {
            reason: HoldReason::Part,
            text: "x".to_owned(),
        });
        let read: Intent = message::decode(&short).expect("it is read");
        assert!(matches!(read, Intent::Hold { until: None, .. }), "{read:?}");
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for bytes in [&b""[..], &[FORMAT], &[FORMAT, 0xff], &[1], &[9, 0]] {
            assert_eq!(OutboxEntry::decode(bytes), Err(BadRecord));
        }
    }
}
