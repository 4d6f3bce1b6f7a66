//! From the operations of a change back to the intent: the server's check of what a device sends.
//!
//! Every intent has one fixed shape: which facts in which documents, which texts made or spliced.
//! What is not exactly one of these shapes is refused, as is any touch of what exists already.

mod operations;

use automerge::Change;

use crate::document::{CHANGE_BYTES_MAX, Document, Fact, TextName, fact_from, split_key};
use crate::ids::{ActId, DocKey, DocKind, FactId, PersonId};
use crate::time::Claim;

use super::content::{Content, Step};
use super::{Intent, Refused};
use operations::{Raw, Texts};

/// How many operations one change may have; a character of a text is one.
pub const OPERATIONS_MAX: usize = 70_000;

/// Decodes a change from elsewhere: one uncompressed chunk with a true checksum, bounded in size,
/// that carries nothing beside its operations.
///
/// automerge itself accepts a false checksum and drops the change later, and inflates a compressed
/// chunk without bound.
pub fn decode_change(bytes: &[u8]) -> Result<Change, Refused> {
    const UNCOMPRESSED_CHANGE: u8 = 1;
    if bytes.len() > CHANGE_BYTES_MAX {
        return Err(Refused::Size {
            max: CHANGE_BYTES_MAX,
        });
    }
    if bytes.get(8) != Some(&UNCOMPRESSED_CHANGE) {
        return Err(Refused::Encoding);
    }
    let change = Change::from_bytes(bytes.to_vec()).map_err(|_| Refused::Encoding)?;
    let bare = change.raw_bytes() == bytes
        && bytes.get(4..8) == Some(&change.hash().0[..4])
        && change.extra_bytes().is_empty()
        && change.author().is_none()
        && change.message().is_none_or(str::is_empty)
        && change.timestamp() == 0
        && change.actor_id().to_bytes().len() == 16;
    if !bare {
        return Err(Refused::Encoding);
    }
    if change.len() > OPERATIONS_MAX {
        return Err(Refused::Size {
            max: CHANGE_BYTES_MAX,
        });
    }
    Ok(change)
}

/// One change of an act, with the document as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    pub doc: &'a Document,
    pub change: &'a Change,
}

/// An act as its operations say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    pub intent: Intent,
    pub by: PersonId,
    pub claim: Claim,
    /// Per document: the fact written and what its author had seen.
    pub facts: Vec<(DocKey, FactId, Vec<FactId>)>,
}

/// Derives the act from its changes, one per document, in lock order.
pub fn derive(parts: &[Part<'_>]) -> Result<Derived, Refused> {
    let pieces: Result<Vec<_>, _> = parts.iter().map(Piece::of).collect();
    let pieces = pieces?;
    let first = pieces.first().ok_or_else(|| shape("nothing"))?;
    let claim = first.claim();
    let by = first.fact.by;
    if pieces
        .iter()
        .any(|piece| piece.fact.by != by || piece.claim() != claim)
    {
        return Err(Refused::Author);
    }
    let facts = pieces
        .iter()
        .map(|piece| (piece.doc, piece.fact.id, piece.fact.saw.clone()));
    let facts = facts.collect();
    Ok(Derived {
        intent: intent(pieces)?,
        by,
        claim,
        facts,
    })
}

fn intent(pieces: Vec<Piece>) -> Result<Intent, Refused> {
    let mut pieces = pieces.into_iter();
    let Some(first) = pieces.next() else {
        return Err(shape("nothing"));
    };
    let second = pieces.next();
    if pieces.next().is_some() {
        return Err(shape("more than two documents"));
    }
    let Content::Created { act, mut declare } = first.content else {
        let Some(more) = second else {
            return first.single();
        };
        return Err(shape(&more.doc.to_string()));
    };
    first
        .texts
        .only(&[(TextName::Description, true), (TextName::Resolution, false)])?;
    declare.description = first
        .texts
        .made
        .get(&TextName::Description)
        .cloned()
        .unwrap_or_default();
    if let Some(work) = second {
        work.is_born_with(act)?;
    }
    Ok(Intent::Declare(declare))
}

/// One change taken apart.
struct Piece {
    doc: DocKey,
    fact: Fact,
    content: Content,
    texts: Texts,
    /// The diagnosis as it was before.
    before: String,
}

impl Piece {
    fn of(part: &Part<'_>) -> Result<Self, Refused> {
        let raw = Raw::of(part)?;
        let (group, id) = split_key(&raw.key).ok_or_else(|| shape(&raw.key))?;
        let fact = fact_from(group, id, raw.body).ok_or_else(|| shape(&raw.key))?;
        let read = Content::read(part.doc.key.kind, &fact);
        let (content, more) = read.ok_or_else(|| shape(&raw.key))?;
        if more || matches!(content, Content::Number { .. }) {
            return Err(shape(&raw.key));
        }
        let is_diagnosis = content == Content::Diagnosed;
        let before = is_diagnosis.then(|| part.doc.text(TextName::Diagnosis));
        Ok(Self {
            doc: part.doc.key,
            fact,
            content,
            texts: raw.texts,
            before: before.unwrap_or_default(),
        })
    }

    fn claim(&self) -> Claim {
        Claim {
            at: self.fact.at,
            boot: self.fact.boot,
            mono: self.fact.mono,
        }
    }

    fn is_born_with(&self, act: ActId) -> Result<(), Refused> {
        self.texts.only(&[(TextName::Diagnosis, false)])?;
        if self.content == (Content::WorkCreated { act }) {
            Ok(())
        } else {
            Err(shape(&self.fact.key()))
        }
    }

    /// The intent of an act on one document.
    fn single(self) -> Result<Intent, Refused> {
        let mut texts = self.texts;
        let name = self.content.spliced();
        let text = name.and_then(|name| texts.spliced.remove(&name));
        texts.only(&[])?;
        Ok(match self.content {
            Content::Moved(Step::Resolved { code }) => Intent::Resolve {
                code,
                notes: text.unwrap_or_default(),
            },
            Content::Diagnosed => Intent::Diagnose {
                // Others may have written the very same meanwhile.
                text: text.unwrap_or_else(|| self.before.clone()),
                before: self.before,
            },
            Content::Moved(Step::Started) => Intent::Start,
            Content::Moved(Step::Held {
                reason,
                text,
                until,
            }) => Intent::Hold {
                reason,
                text,
                until,
            },
            Content::Reminded { hold } => Intent::Remind { hold },
            Content::Ruled(ruled) => Intent::Rule(ruled),
            Content::Moved(Step::Reopened { text }) => Intent::Reopen { text },
            Content::Moved(Step::Closed) => Intent::Close,
            Content::Moved(Step::Cancelled { text }) => Intent::Cancel { text },
            Content::Set(set) => Intent::Set(set),
            Content::Assigned {
                group,
                person,
                escalation,
            } => Intent::Assign {
                group,
                person,
                escalation,
            },
            Content::Claimed { group } => Intent::Claim { group },
            Content::Entry { text, mentions } if mentions.is_empty() => Intent::Reply { text },
            Content::Note { text, mentions } if mentions.is_empty() => Intent::Note { text },
            Content::Entry { text, mentions } => mention(DocKind::Incident, text, mentions),
            Content::Note { text, mentions } => mention(DocKind::Work, text, mentions),
            Content::Withdrawn { doc, fact } => Intent::Withdraw { doc, fact },
            Content::Acknowledged => Intent::Acknowledge,
            Content::Logged(log) => Intent::Log(log),
            Content::TaskAdded(new) => Intent::AddTask(new),
            Content::TaskChanged { task, change } => Intent::ChangeTask { task, change },
            Content::Attached { doc, file } => Intent::Attach { doc, file },
            Content::Revised { doc, entry, text } => Intent::Revise { doc, entry, text },
            Content::Watched { doc, person } => Intent::Watch { doc, person },
            Content::Unwatched { doc, person, added } => Intent::Unwatch { doc, person, added },
            Content::Created { .. } | Content::WorkCreated { .. } | Content::Number { .. } => {
                return Err(shape(self.fact.group.as_str()));
            }
        })
    }
}

fn mention(doc: DocKind, text: String, people: Vec<PersonId>) -> Intent {
    Intent::Mention { doc, text, people }
}

fn shape(path: &str) -> Refused {
    let path: String = path.chars().take(120).collect();
    Refused::Shape { path }
}

#[cfg(test)]
mod tests;
