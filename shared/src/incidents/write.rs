//! From an intent to the one change per document that says it.

use serde::{Deserialize, Serialize};

use crate::document::{Document, Draft, Fact, TextName, Written, merged};
use crate::ids::{ActId, Actor, DocKey, DocKind, FactId, IncidentId, PersonId};
use crate::time::{Boot, UnixMillis};

use super::content::{Content, Step};
use super::{Intent, Refused};

/// An act with everything that makes its facts the same wherever they are written again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    pub act: ActId,
    pub intent: Intent,
    /// The ids of the facts: in the incident document, and in the work document.
    pub facts: [FactId; 2],
    pub by: PersonId,
    pub at: UnixMillis,
    pub boot: Boot,
    pub mono: u64,
    /// What the author had on screen, per document; filled in when first written. A replay keeps
    /// it.
    pub saw: Option<[Vec<FactId>; 2]>,
}

impl Drafted {
    /// Whether an intent takes this act back.
    pub fn is_withdrawn_by(&self, intent: &Intent) -> bool {
        let Intent::Withdraw { doc, fact } = intent else {
            return false;
        };
        let wrote = self.intent.docs().contains(doc);
        wrote && self.facts[usize::from(*doc == DocKind::Work)] == *fact
    }
}

/// The documents of one incident. A portal has no `work`.
#[derive(Debug, Clone)]
pub struct IncidentDocs {
    pub incident: Document,
    pub work: Option<Document>,
}

impl IncidentDocs {
    /// The documents of an incident about to be declared by staff.
    pub fn new(id: IncidentId) -> Self {
        let work = Some(Document::new(DocKey::work(id)));
        Self {
            incident: Document::new(DocKey::incident(id)),
            work,
        }
    }

    /// The incident that the documents are of.
    pub fn id(&self) -> IncidentId {
        self.incident.key.id
    }

    /// The document of a kind.
    pub fn get(&self, kind: DocKind) -> Option<&Document> {
        match kind {
            DocKind::Incident => Some(&self.incident),
            DocKind::Work => self.work.as_ref(),
        }
    }

    fn get_mut(&mut self, kind: DocKind) -> Option<&mut Document> {
        match kind {
            DocKind::Incident => Some(&mut self.incident),
            DocKind::Work => self.work.as_mut(),
        }
    }
}

/// Writes an act: one change per document, in lock order. `Declare` writes to the work document
/// when there is one. Fills in what the author saw, unless the act is a replay that says so.
pub fn write(
    drafted: &mut Drafted,
    docs: &mut IncidentDocs,
    actor_of: &impl Fn(DocKey) -> Actor,
) -> Result<Vec<Written>, Refused> {
    let saw = drafted.saw.get_or_insert_with(|| {
        let frontier = |doc: Option<&Document>| doc.map(Document::frontier).unwrap_or_default();
        [frontier(Some(&docs.incident)), frontier(docs.work.as_ref())]
    });
    let saw = saw.clone();
    let mut written = Vec::new();
    for (kind, content) in contents(drafted) {
        let place = usize::from(kind == DocKind::Work);
        let draft = draft(drafted, &content, place, saw[place].clone());
        match docs.get_mut(kind) {
            Some(doc) => {
                let edits = edit(&drafted.intent, doc).into_iter().collect();
                let draft = Draft { edits, ..draft };
                written.push(append(doc, actor_of, &draft)?);
            }
            None if matches!(drafted.intent, Intent::Declare(_)) => {}
            None => return Err(Refused::Scope),
        }
    }
    Ok(written)
}

/// Writes the number that the server gives an incident.
pub fn write_number(
    docs: &mut IncidentDocs,
    fact: FactId,
    number: &str,
    at: UnixMillis,
    actor: Actor,
) -> Result<Written, Refused> {
    let content = Content::Number {
        number: number.to_owned(),
    };
    let saw = docs.incident.frontier();
    let draft = Draft {
        facts: vec![server_fact(&content, fact, at, saw)],
        ..Draft::default()
    };
    append(&mut docs.incident, &|_| actor, &draft)
}

/// Writes the birth of the work document of an incident that a requester declared.
pub fn write_work(
    docs: &mut IncidentDocs,
    fact: FactId,
    act: ActId,
    at: UnixMillis,
    actor: Actor,
) -> Result<Written, Refused> {
    let id = docs.id();
    let work = docs
        .work
        .get_or_insert_with(|| Document::new(DocKey::work(id)));
    let content = Content::WorkCreated { act };
    let facts = vec![server_fact(&content, fact, at, Vec::new())];
    let draft = Draft {
        facts,
        texts: vec![(TextName::Diagnosis, String::new())],
        edits: vec![],
    };
    append(work, &|_| actor, &draft)
}

fn server_fact(content: &Content, id: FactId, at: UnixMillis, saw: Vec<FactId>) -> Fact {
    let (_, group, body) = content.spell();
    let boot = Boot::default();
    Fact {
        group,
        id,
        by: PersonId::SERVER,
        at,
        boot,
        mono: 0,
        saw,
        body,
    }
}

fn append(
    doc: &mut Document,
    actor_of: &impl Fn(DocKey) -> Actor,
    draft: &Draft,
) -> Result<Written, Refused> {
    let key = doc.key;
    doc.append(actor_of(key), draft)
        .map_err(|_| Refused::Shape {
            path: key.to_string(),
        })
}

/// The contents that spell an intent, per document.
pub(super) fn contents(drafted: &Drafted) -> Vec<(DocKind, Content)> {
    let act = drafted.act;
    let content = match drafted.intent.clone() {
        Intent::Declare(declare) => {
            let work = (DocKind::Work, Content::WorkCreated { act });
            return vec![(DocKind::Incident, Content::Created { act, declare }), work];
        }
        Intent::Note { text } => {
            let mentions = Vec::new();
            return vec![(DocKind::Work, Content::Note { text, mentions })];
        }
        Intent::Mention { doc, text, people } => {
            let mentions = people;
            let content = match doc {
                DocKind::Incident => Content::Entry { text, mentions },
                DocKind::Work => Content::Note { text, mentions },
            };
            return vec![(doc, content)];
        }
        Intent::Log(log) => return vec![(DocKind::Work, Content::Logged(log))],
        Intent::AddTask(new) => return vec![(DocKind::Work, Content::TaskAdded(new))],
        Intent::Diagnose { .. } => return vec![(DocKind::Work, Content::Diagnosed)],
        Intent::ChangeTask { task, change } => {
            return vec![(DocKind::Work, Content::TaskChanged { task, change })];
        }
        Intent::Withdraw { doc, fact } => return vec![(doc, Content::Withdrawn { doc, fact })],
        Intent::Attach { doc, file } => return vec![(doc, Content::Attached { doc, file })],
        Intent::Watch { doc, person } => return vec![(doc, Content::Watched { doc, person })],
        Intent::Unwatch { doc, person, added } => {
            return vec![(doc, Content::Unwatched { doc, person, added })];
        }
        Intent::Revise { doc, entry, text } => {
            return vec![(doc, Content::Revised { doc, entry, text })];
        }
        Intent::Rule(ruled) => return vec![(DocKind::Work, Content::Ruled(ruled))],
        Intent::Set(set) => Content::Set(set),
        Intent::Assign {
            group,
            person,
            escalation,
        } => Content::Assigned {
            group,
            person,
            escalation,
        },
        Intent::Claim { group } => Content::Claimed { group },
        Intent::Start => Content::Moved(Step::Started),
        Intent::Hold {
            reason,
            text,
            until,
        } => Content::Moved(Step::Held {
            reason,
            text,
            until,
        }),
        Intent::Remind { hold } => Content::Reminded { hold },
        Intent::Resolve { code, .. } => Content::Moved(Step::Resolved { code }),
        Intent::Reopen { text } => Content::Moved(Step::Reopened { text }),
        Intent::Close => Content::Moved(Step::Closed),
        Intent::Cancel { text } => Content::Moved(Step::Cancelled { text }),
        Intent::Reply { text } => Content::Entry {
            text,
            mentions: Vec::new(),
        },
        Intent::Acknowledge => Content::Acknowledged,
    };
    vec![(DocKind::Incident, content)]
}

fn draft(drafted: &Drafted, content: &Content, place: usize, saw: Vec<FactId>) -> Draft {
    let texts = match content {
        Content::Created { declare, .. } => vec![
            (TextName::Description, declare.description.clone()),
            (TextName::Resolution, String::new()),
        ],
        Content::WorkCreated { .. } => vec![(TextName::Diagnosis, String::new())],
        Content::Set(_)
        | Content::Assigned { .. }
        | Content::Claimed { .. }
        | Content::Moved(_)
        | Content::Entry { .. }
        | Content::Note { .. }
        | Content::Number { .. }
        | Content::Withdrawn { .. }
        | Content::Acknowledged
        | Content::Reminded { .. }
        | Content::Logged(_)
        | Content::TaskAdded(_)
        | Content::TaskChanged { .. }
        | Content::Attached { .. }
        | Content::Watched { .. }
        | Content::Unwatched { .. }
        | Content::Diagnosed
        | Content::Revised { .. }
        | Content::Ruled(_) => Vec::new(),
    };
    let (_, group, body) = content.spell();
    let id = drafted.facts[place];
    let Drafted {
        by, at, boot, mono, ..
    } = *drafted;
    Draft {
        facts: vec![Fact {
            group,
            id,
            by,
            at,
            boot,
            mono,
            saw,
            body,
        }],
        texts,
        edits: Vec::new(),
    }
}

/// The text that an act brings to a new content in a document.
fn edit(intent: &Intent, doc: &Document) -> Option<(TextName, String)> {
    if let Intent::Resolve { notes, .. } = intent {
        return Some((TextName::Resolution, notes.clone()));
    }
    let Intent::Diagnose { before, text } = intent else {
        return None;
    };
    let now = doc.text(TextName::Diagnosis);
    Some((TextName::Diagnosis, merged(before, text, &now)))
}
