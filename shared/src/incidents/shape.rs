//! From the operations of a change back to the intent: the server's check of what a device sends.
//!
//! Every intent has one fixed shape: which facts in which documents, which texts made or spliced.
//! What is not exactly one of these shapes is refused, as is any touch of what exists already.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ObjId, ObjType, ScalarValue};

use crate::document::{Body, Document, Fact, Scalar, TextName, fact_from, scalar, split_key};
use crate::ids::{ActId, DocKey, FactId, PersonId};
use crate::time::Claim;

use super::content::{Content, Step};
use super::{Intent, Refused};

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
}

/// What a change does to texts.
#[derive(Default)]
struct Texts {
    /// Texts made, with their content.
    made: BTreeMap<TextName, String>,
    /// Existing texts spliced, with their content afterwards.
    spliced: BTreeMap<TextName, String>,
}

impl Texts {
    /// Whether exactly these texts are made, with content only where it is allowed, and no other
    /// is spliced.
    fn only(&self, wanted: &[(TextName, bool)]) -> Result<(), Refused> {
        let made = |(name, content): &(TextName, bool)| {
            self.made
                .get(name)
                .is_some_and(|text| *content || text.is_empty())
        };
        let fits = self.made.len() == wanted.len() && wanted.iter().all(made);
        if fits && self.spliced.is_empty() {
            Ok(())
        } else {
            Err(shape("text"))
        }
    }
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
        Ok(Self {
            doc: part.doc.key,
            fact,
            content,
            texts: raw.texts,
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
        let notes = texts.spliced.remove(&TextName::Resolution);
        texts.only(&[])?;
        let spliced = notes.is_some();
        let intent = match self.content {
            Content::Moved(Step::Resolved { code }) => {
                return Ok(Intent::Resolve {
                    code,
                    notes: notes.unwrap_or_default(),
                });
            }
            Content::Moved(Step::Started) => Intent::Start,
            Content::Moved(Step::Held { reason, text }) => Intent::Hold { reason, text },
            Content::Moved(Step::Reopened { text }) => Intent::Reopen { text },
            Content::Moved(Step::Closed) => Intent::Close,
            Content::Moved(Step::Cancelled { text }) => Intent::Cancel { text },
            Content::Set(set) => Intent::Set(set),
            Content::Assigned { group, person } => Intent::Assign { group, person },
            Content::Claimed { group } => Intent::Claim { group },
            Content::Entry { text } => Intent::Reply { text },
            Content::Note { text } => Intent::Note { text },
            Content::Created { .. } | Content::WorkCreated { .. } | Content::Number { .. } => {
                return Err(shape(self.fact.group.as_str()));
            }
        };
        if spliced {
            Err(shape(TextName::Resolution.key()))
        } else {
            Ok(intent)
        }
    }
}

/// A change's operations sorted by what they write to.
struct Raw {
    key: String,
    body: Body,
    texts: Texts,
}

impl Raw {
    fn of(part: &Part<'_>) -> Result<Self, Refused> {
        let decoded = part.change.decode();
        let start = part.change.start_op().get();
        let mut reader = Reader {
            doc: part.doc,
            fact: None,
            body: Body::new(),
            made: BTreeMap::new(),
            spliced: BTreeSet::new(),
        };
        for (counter, op) in (start..).zip(&decoded.operations) {
            reader.take(OpId(counter, decoded.actor_id.clone()), op)?;
        }
        reader.finish(part.change)
    }
}

struct Reader<'a> {
    doc: &'a Document,
    fact: Option<(String, OpId)>,
    body: Body,
    made: BTreeMap<TextName, OpId>,
    spliced: BTreeSet<TextName>,
}

impl Reader<'_> {
    fn take(&mut self, id: OpId, op: &Op) -> Result<(), Refused> {
        match (&op.obj, &op.key) {
            (ObjectId::Root, Key::Map(key)) => self.take_root(id, key, op),
            (ObjectId::Root, Key::Seq(_)) => Err(shape("root")),
            (ObjectId::Id(object), Key::Map(name)) => self.take_scalar(object, name, op),
            (ObjectId::Id(object), Key::Seq(_)) => self.take_splice(object, op),
        }
    }

    fn take_root(&mut self, id: OpId, key: &str, op: &Op) -> Result<(), Refused> {
        if !op.pred.is_empty() || op.insert || self.doc.has_key(key) {
            return Err(shape(key));
        }
        match &op.action {
            OpType::Make(ObjType::Map) if self.fact.is_none() => {
                self.fact = Some((key.to_owned(), id));
                Ok(())
            }
            OpType::Make(ObjType::Text) => {
                let name = TextName::ALL.into_iter().find(|name| name.key() == key);
                let fresh = name.filter(|name| !self.made.contains_key(name));
                let name = fresh.ok_or_else(|| shape(key))?;
                self.made.insert(name, id);
                Ok(())
            }
            OpType::Make(_)
            | OpType::Delete
            | OpType::Increment(_)
            | OpType::Put(_)
            | OpType::MarkBegin(..)
            | OpType::MarkEnd(_) => Err(shape(key)),
        }
    }

    fn take_scalar(&mut self, object: &OpId, name: &str, op: &Op) -> Result<(), Refused> {
        let of_fact = self.fact.as_ref().is_some_and(|(_, fact)| fact == object);
        let fresh = op.pred.is_empty() && !op.insert && !self.body.contains_key(name);
        let OpType::Put(value) = &op.action else {
            return Err(shape(name));
        };
        let value = scalar_of(value)
            .filter(|_| of_fact && fresh)
            .ok_or_else(|| shape(name))?;
        self.body.insert(name.to_owned(), value);
        Ok(())
    }

    fn take_splice(&mut self, object: &OpId, op: &Op) -> Result<(), Refused> {
        let made = self
            .made
            .iter()
            .find(|(_, id)| *id == object)
            .map(|(name, _)| *name);
        let Some(name) = made.or_else(|| self.existing(object)) else {
            return Err(shape("text"));
        };
        match &op.action {
            OpType::Put(ScalarValue::Str(_)) if op.insert && op.pred.is_empty() => {}
            OpType::Delete if made.is_none() && !op.insert && op.pred.len() == 1 => {}
            OpType::Put(_)
            | OpType::Delete
            | OpType::Make(_)
            | OpType::Increment(_)
            | OpType::MarkBegin(..)
            | OpType::MarkEnd(_) => return Err(shape(name.key())),
        }
        if made.is_none() {
            self.spliced.insert(name);
        }
        Ok(())
    }

    fn existing(&self, object: &OpId) -> Option<TextName> {
        let is = |name: &TextName| match self.doc.text_object(*name) {
            Some(ObjId::Id(counter, actor, _)) => (counter, &actor) == (object.0, &object.1),
            Some(ObjId::Root) | None => false,
        };
        TextName::ALL.into_iter().find(is)
    }

    /// What the texts hold is read from the document with the change applied.
    fn finish(self, change: &Change) -> Result<Raw, Refused> {
        let (key, _) = self.fact.ok_or_else(|| shape("no fact"))?;
        let mut texts = Texts::default();
        if !self.made.is_empty() || !self.spliced.is_empty() {
            let mut after = self.doc.clone();
            after
                .apply(&[change.raw_bytes()])
                .map_err(|_| shape("text"))?;
            let content = |name: TextName| (name, after.text(name));
            texts.made = self.made.into_keys().map(content).collect();
            texts.spliced = self.spliced.into_iter().map(content).collect();
        }
        Ok(Raw {
            key,
            body: self.body,
            texts,
        })
    }
}

fn scalar_of(value: &ScalarValue) -> Option<Scalar> {
    scalar(&automerge::Value::from(value.clone()))
}

fn shape(path: &str) -> Refused {
    let path: String = path.chars().take(120).collect();
    Refused::Shape { path }
}
