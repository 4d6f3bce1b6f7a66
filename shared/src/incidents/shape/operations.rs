//! The operations of a change, sorted by what they write to: one fact, texts made, texts spliced.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ObjId, ObjType, ScalarValue};

use crate::document::{Body, Document, Scalar, TextName, scalar};
use crate::incidents::Refused;

use super::{Part, shape};

/// A change's operations sorted by what they write to.
pub(super) struct Raw {
    pub(super) key: String,
    pub(super) body: Body,
    pub(super) texts: Texts,
}

impl Raw {
    pub(super) fn of(part: &Part<'_>) -> Result<Self, Refused> {
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

/// What a change does to texts.
#[derive(Default)]
pub(super) struct Texts {
    /// Texts made, with their content.
    pub(super) made: BTreeMap<TextName, String>,
    /// Existing texts spliced, with their content afterwards.
    pub(super) spliced: BTreeMap<TextName, String>,
}

impl Texts {
    /// Whether exactly these texts are made, with content only where it is allowed, and no other
    /// is spliced.
    pub(super) fn only(&self, wanted: &[(TextName, bool)]) -> Result<(), Refused> {
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
