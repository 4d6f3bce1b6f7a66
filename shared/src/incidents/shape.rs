//! From the operations of a change back to the intent: the server's check of what a device sends.
//!
//! Every intent has one fixed shape: which facts in which documents, which texts made or spliced.
//! What is not exactly one of these shapes is refused, as is any touch of what exists already.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ObjId, ObjType, ScalarValue};

use crate::document::{
    Body, CHANGE_BYTES_MAX, Document, Fact, Scalar, TextName, fact_from, scalar, split_key,
};
use crate::ids::{ActId, DocKey, FactId, PersonId};
use crate::time::Claim;

use super::content::{Content, Step};
use super::{Intent, Refused};

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

#[cfg(test)]
mod tests {
    use automerge::transaction::{CommitOptions, Transactable};
    use automerge::{ActorId, Automerge, ROOT, ReadDoc};

    use super::*;
    use crate::document::Document;
    use crate::incidents::{
        Channel, Declare, HoldReason, IncidentDocs, Level, Requester, ResolutionCode, SetField,
        write,
    };
    use crate::testing::{BOB, Copy, declare};

    fn every_intent() -> Vec<Intent> {
        let text = || "Größe 👍".to_owned();
        let stub = Requester::Unknown {
            name: text(),
            contact: String::new(),
        };
        vec![
            Intent::Set(SetField::Subject(text())),
            Intent::Set(SetField::Category(None)),
            Intent::Set(SetField::Category(Some("network/vpn".into()))),
            Intent::Set(SetField::Impact(Level::High)),
            Intent::Set(SetField::Urgency(Level::Low)),
            Intent::Set(SetField::Site(Some("ams".into()))),
            Intent::Set(SetField::Requester(stub)),
            Intent::Set(SetField::Requester(Requester::Person(BOB))),
            Intent::Assign {
                group: Some("network".into()),
                person: Some(BOB),
            },
            Intent::Assign {
                group: None,
                person: None,
            },
            Intent::Claim { group: None },
            Intent::Start,
            Intent::Hold {
                reason: HoldReason::Part,
                text: text(),
            },
            Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
            Intent::Reopen { text: text() },
            Intent::Close,
            Intent::Cancel {
                text: String::new(),
            },
            Intent::Reply { text: text() },
            Intent::Note { text: text() },
        ]
    }

    fn derived(before: &IncidentDocs, changes: &[(DocKey, Vec<u8>)]) -> Result<Intent, Refused> {
        let decoded: Result<Vec<_>, _> = changes
            .iter()
            .map(|(_, bytes)| decode_change(bytes))
            .collect();
        let decoded = decoded?;
        let docs: Vec<_> = changes
            .iter()
            .filter_map(|(doc, _)| before.get(doc.kind))
            .collect();
        let parts = docs
            .into_iter()
            .zip(&decoded)
            .map(|(doc, change)| Part { doc, change });
        derive(&parts.collect::<Vec<_>>()).map(|derived| derived.intent)
    }

    fn through(mut copy: Copy, intent: Intent) -> Result<Intent, Refused> {
        let before = copy.docs.clone();
        let mut drafted = copy.drafted(BOB, intent);
        let actor = copy.actor;
        let written = write(&mut drafted, &mut copy.docs, &|_| actor)?;
        let changes: Vec<_> = written
            .into_iter()
            .map(|change| (change.doc, change.bytes))
            .collect();
        derived(&before, &changes)
    }

    #[test]
    fn every_intent_is_read_back_from_its_operations() {
        for intent in every_intent() {
            assert_eq!(through(Copy::declared(), intent.clone()), Ok(intent));
        }
    }

    #[test]
    fn a_declaration_is_read_back_from_both_documents() {
        let empty = || {
            let mut copy = Copy::declared();
            copy.docs = IncidentDocs::new(copy.docs.id());
            copy
        };
        let stub = Requester::Unknown {
            name: "Reception".to_owned(),
            contact: "4711".to_owned(),
        };
        let other = Declare {
            requester: stub,
            channel: Channel::WalkUp,
            group: Some("network".into()),
            assignee: Some(BOB),
            category: None,
            site: None,
            description: String::new(),
            asset: Some("Grey dock, desk 3.04".to_owned()),
            contact: Some("ext. 2311".to_owned()),
            ..declare()
        };
        for first in [declare(), other] {
            let intent = Intent::Declare(first);
            assert_eq!(through(empty(), intent.clone()), Ok(intent));
        }
    }

    type Write = fn(&mut automerge::transaction::Transaction<'_>, &str);

    /// Writes a change that no intent of ours writes, beside a proper one where `and_reply`.
    fn forged(write: Write) -> Result<Intent, Refused> {
        let copy = Copy::declared();
        let mut automerge = Automerge::load(&copy.docs.incident.save()).expect("a saved document");
        automerge.set_actor(ActorId::from([9_u8; 16]));
        let mut transaction = automerge.transaction();
        let key = "entry/01890000-0000-7000-8000-000000000001";
        write(&mut transaction, key);
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
        let bytes = change.expect("the change was made").raw_bytes().to_vec();
        derived(&copy.docs, &[(copy.docs.incident.key, bytes)])
    }

    fn proper(transaction: &mut automerge::transaction::Transaction<'_>, key: &str) -> ObjId {
        let fact = transaction
            .put_object(ROOT, key, ObjType::Map)
            .expect("a map");
        for name in ["by", "at", "boot", "mono"] {
            transaction.put(&fact, name, 2_i64).expect("a number");
        }
        transaction
            .put(&fact, "saw", ScalarValue::Bytes(vec![1; 16]))
            .expect("bytes");
        transaction.put(&fact, "text", "Hello").expect("a text");
        fact
    }

    #[test]
    fn a_fact_written_by_hand_in_the_right_shape_is_one() {
        let read = forged(|tx, key| {
            proper(tx, key);
        });
        assert_eq!(
            read,
            Ok(Intent::Reply {
                text: "Hello".to_owned()
            })
        );
    }

    #[test]
    fn what_is_not_one_known_shape_is_refused() {
        let forgeries: [(&str, Write); 12] = [
            ("an extra key", |tx, key| {
                let fact = proper(tx, key);
                tx.put(&fact, "more", "x").expect("a text");
            }),
            ("a value of another type", |tx, key| {
                let fact = proper(tx, key);
                tx.put(&fact, "text", 1.5).expect("a float");
            }),
            ("a counter", |tx, key| {
                let fact = proper(tx, key);
                tx.put(&fact, "n", ScalarValue::counter(1))
                    .expect("a counter");
            }),
            ("a list", |tx, _| {
                tx.put_object(ROOT, "list", ObjType::List).expect("a list");
            }),
            ("a scalar in the root", |tx, _| {
                tx.put(ROOT, "subject", "x").expect("a text");
            }),
            ("two facts", |tx, key| {
                proper(tx, key);
                proper(tx, "entry/01890000-0000-7000-8000-000000000002");
            }),
            ("a number given by a device", |tx, _| {
                let key = "number/01890000-0000-7000-8000-000000000001";
                let fact = proper(tx, key);
                tx.delete(&fact, "text").expect("deleted");
                tx.put(&fact, "value", "INC-1").expect("a text");
            }),
            ("a note in the incident document", |tx, _| {
                proper(tx, "note/01890000-0000-7000-8000-000000000001");
            }),
            ("a splice of the description", |tx, key| {
                proper(tx, key);
                let (_, text) = tx
                    .get(ROOT, "text/description")
                    .expect("readable")
                    .expect("a text");
                tx.splice_text(&text, 0, 0, "x").expect("spliced");
            }),
            ("a text put in place of the description", |tx, key| {
                proper(tx, key);
                tx.put_object(ROOT, "text/description", ObjType::Text)
                    .expect("a text");
            }),
            ("a group path of no capability", |tx, _| {
                proper(tx, "secret/01890000-0000-7000-8000-000000000001");
            }),
            ("a key in other spelling", |tx, _| {
                proper(tx, "entry/01890000-0000-7000-8000-00000000000A");
            }),
        ];
        for (what, write) in forgeries {
            assert!(
                matches!(forged(write), Err(Refused::Shape { .. })),
                "{what}"
            );
        }
    }

    #[test]
    fn an_optional_value_of_another_type_is_not_taken_for_absent() {
        let read = forged(|tx, _| {
            let fact = proper(tx, "assignment/01890000-0000-7000-8000-000000000001");
            tx.delete(&fact, "text").expect("deleted");
            tx.put(&fact, "kind", "assigned").expect("a text");
            tx.put(&fact, "group", ScalarValue::Bytes(vec![7; 1_000]))
                .expect("bytes");
        });
        assert!(matches!(read, Err(Refused::Shape { .. })), "{read:?}");
    }

    #[test]
    fn a_key_that_exists_cannot_be_written_again() {
        let copy = Copy::declared();
        let (held, _) = copy.docs.incident.facts();
        let key = held[0].fact.key();
        let mut automerge = Automerge::load(&copy.docs.incident.save()).expect("a saved document");
        automerge.set_actor(ActorId::from([9_u8; 16]));
        let mut transaction = automerge.transaction();
        proper(&mut transaction, &key);
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
        let bytes = change.expect("the change was made").raw_bytes().to_vec();
        let read = derived(&copy.docs, &[(copy.docs.incident.key, bytes)]);
        assert_eq!(read, Err(Refused::Shape { path: key }));
    }

    #[test]
    fn a_change_carries_nothing_beside_its_operations() {
        let change = |options: CommitOptions| {
            let mut automerge = Automerge::new().with_actor(ActorId::from([9_u8; 16]));
            let mut transaction = automerge.transaction();
            proper(
                &mut transaction,
                "entry/01890000-0000-7000-8000-000000000001",
            );
            let (hash, _) = transaction.commit_with(options);
            let change = hash.and_then(|hash| automerge.get_change_by_hash(&hash));
            change.expect("the change was made")
        };
        let plain = change(CommitOptions::default().with_time(0));
        assert!(decode_change(plain.raw_bytes()).is_ok());
        let message = change(CommitOptions::default().with_time(0).with_message("hello"));
        assert_eq!(
            decode_change(message.raw_bytes()).err(),
            Some(Refused::Encoding)
        );
        let time = change(CommitOptions::default().with_time(7));
        assert_eq!(
            decode_change(time.raw_bytes()).err(),
            Some(Refused::Encoding)
        );
        let mut false_checksum = plain.raw_bytes().to_vec();
        false_checksum[5] ^= 1;
        assert_eq!(
            decode_change(&false_checksum).err(),
            Some(Refused::Encoding)
        );
        let mut trailing = plain.raw_bytes().to_vec();
        trailing.push(0);
        assert_eq!(decode_change(&trailing).err(), Some(Refused::Encoding));
        assert_eq!(decode_change(b"").err(), Some(Refused::Encoding));
        let mut document = Document::new(Copy::declared().docs.incident.key);
        assert!(document.apply(&[plain.raw_bytes()]).is_ok());
    }
}
