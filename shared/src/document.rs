//! Documents as sets of facts over automerge.
//!
//! A fact is one key of the ROOT map, `<group path>/<uuid>`, whose map of scalars is made whole in
//! one change and never touched again. The exceptions are a few co-edited texts, made when the
//! document is born. automerge decides no winner here; the folds of the capabilities do.
//!
//! # Design
//! Question: how do concurrent edits stay explainable? Answer: immutable facts that name what their
//! author saw (`saw`, the frontier of this document), so that "concurrent" has one meaning on every
//! device. Rejected: registers and shared lists, where the library picks a winner no rule explains.

mod receipts;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, Automerge, Change, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value,
};
use serde::{Deserialize, Serialize};

use crate::ids::{Actor, DocKey, FactId, Hash, PersonId};
use crate::time::{Boot, UnixMillis};

pub use receipts::{Receipt, ReceiptBook, ReceiptColumns};
pub use texts::merged;

/// A value of a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scalar {
    Text(String),
    Int(i64),
    Bytes(Vec<u8>),
}

/// What a fact says beside who, when and what was seen: scalars by name.
pub type Body = BTreeMap<String, Scalar>;

/// Something that somebody stated, once and for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What the fact is about, such as `state` or `field/urgency`.
    pub group: String,
    pub id: FactId,
    pub by: PersonId,
    /// The wall clock of the author's device.
    pub at: UnixMillis,
    pub boot: Boot,
    /// Milliseconds since that engine started.
    pub mono: u64,
    /// The frontier of facts of this document on the author's screen.
    pub saw: Vec<FactId>,
    pub body: Body,
}

impl Fact {
    /// The fact's key in the ROOT map.
    pub fn key(&self) -> String {
        format!("{}/{}", self.group, self.id)
    }
}

/// A fact as a document holds it, with the change that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub fact: Fact,
    pub actor: Actor,
    pub actor_seq: u64,
}

/// A co-edited text of a document, made when the document is born.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextName {
    Description,
    Resolution,
    Diagnosis,
}

impl TextName {
    /// Every text.
    pub const ALL: [Self; 3] = [Self::Description, Self::Resolution, Self::Diagnosis];

    /// The text's key in the ROOT map.
    pub fn key(self) -> &'static str {
        match self {
            Self::Description => "text/description",
            Self::Resolution => "text/resolution",
            Self::Diagnosis => "text/diagnosis",
        }
    }
}

/// What one change writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    pub facts: Vec<Fact>,
    /// Texts to make, with their first content.
    pub texts: Vec<(TextName, String)>,
    /// Texts to bring to a new content, by splices.
    pub edits: Vec<(TextName, String)>,
}

/// A change as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub doc: DocKey,
    pub hash: Hash,
    pub actor_seq: u64,
    /// The raw, uncompressed chunk.
    pub bytes: Vec<u8>,
}

/// Bytes that are not an automerge document or change, or changes that do not fit the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an automerge document or change that fits is expected")]
pub struct BadDocument;

/// One automerge document, known by its key.
#[derive(Debug, Clone)]
pub struct Document {
    pub key: DocKey,
    automerge: Automerge,
    /// Read when first asked for: every act asks several times, and automerge looks long for each.
    facts: OnceLock<Facts>,
    /// Measured when first asked for.
    bytes: OnceLock<usize>,
}

/// The facts in the order of their keys, and how many keys are no fact.
type Facts = (Vec<Held>, usize);

impl Document {
    /// An empty document, before its first change.
    pub fn new(key: DocKey) -> Self {
        Self {
            key,
            automerge: Automerge::new(),
            facts: OnceLock::new(),
            bytes: OnceLock::new(),
        }
    }

    /// Loads a saved document; verifies its heads.
    pub fn load(key: DocKey, bytes: &[u8]) -> Result<Self, BadDocument> {
        let automerge = Automerge::load(bytes).map_err(|_| BadDocument)?;
        Ok(Self {
            key,
            automerge,
            facts: OnceLock::new(),
            bytes: OnceLock::new(),
        })
    }

    /// Saves the document with its whole history.
    pub fn save(&self) -> Vec<u8> {
        self.automerge.save()
    }

    /// How many bytes the document has, uncompressed: in memory it takes a few times as many,
    /// while equal letters compress to next to nothing.
    pub fn bytes(&self) -> usize {
        *self
            .bytes
            .get_or_init(|| self.automerge.save_nocompress().len())
    }

    /// Whether nothing has been written yet.
    pub fn is_empty(&self) -> bool {
        self.automerge.get_heads().is_empty()
    }

    /// The hashes of the changes that no other change follows, sorted.
    pub fn heads(&self) -> Vec<Hash> {
        let mut heads: Vec<_> = self.automerge.get_heads().iter().map(hash).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether the document holds the change.
    pub fn has(&self, change: Hash) -> bool {
        self.automerge
            .get_change_meta_by_hash(&ChangeHash(change.0))
            .is_some()
    }

    /// The number that the first operation of a change has which rests on these; none when one of
    /// them is not held. automerge does not check it, and numbers far ahead would be used up.
    pub fn next_operation(&self, deps: &[Hash]) -> Option<u64> {
        let last = deps.iter().map(|dep| {
            let meta = self.automerge.get_change_meta_by_hash(&ChangeHash(dep.0))?;
            Some(meta.max_op)
        });
        let last: Option<Vec<_>> = last.collect();
        Some(last?.into_iter().max().unwrap_or(0) + 1)
    }

    /// Adds changes, each a raw chunk. Those already held are skipped; those that rest on unknown
    /// ones are an error and leave the document as it was.
    pub fn apply<B: AsRef<[u8]>>(&mut self, changes: &[B]) -> Result<(), BadDocument> {
        let decoded: Result<Vec<_>, _> = changes
            .iter()
            .map(|bytes| Change::from_bytes(bytes.as_ref().to_vec()))
            .collect();
        let decoded = decoded.map_err(|_| BadDocument)?;
        let hashes: Vec<_> = decoded.iter().map(Change::hash).collect();
        let mut next = self.automerge.clone();
        // automerge asserts what it takes for granted, such as that a text has the letter beside
        // which a splice stands. What it panics at does not fit; the copy is dropped.
        let applied = catch_unwind(AssertUnwindSafe(|| next.apply_changes(decoded)));
        if !matches!(applied, Ok(Ok(()))) {
            return Err(BadDocument);
        }
        if hashes
            .iter()
            .any(|hash| next.get_change_meta_by_hash(hash).is_none())
        {
            return Err(BadDocument);
        }
        self.automerge = next;
        self.facts = OnceLock::new();
        self.bytes = OnceLock::new();
        Ok(())
    }

    /// The sequence number that the actor's next change must have.
    pub fn next_seq(&self, actor: Actor) -> u64 {
        let seqs = self
            .changes()
            .filter(|change| change.actor == actor)
            .map(|change| change.seq);
        seqs.max().unwrap_or(0) + 1
    }

    /// Every change that the document holds, as metadata.
    pub fn changes(&self) -> impl Iterator<Item = ChangeMeta> {
        self.automerge
            .get_changes_meta(&[])
            .into_iter()
            .filter_map(|meta| {
                Some(ChangeMeta {
                    hash: hash(&meta.hash),
                    actor: actor(&meta.actor)?,
                    seq: meta.seq,
                    deps: meta.deps.iter().map(hash).collect(),
                })
            })
    }

    /// The raw chunk of a change that the document holds.
    pub fn change_bytes(&self, change: Hash) -> Option<Vec<u8>> {
        let change = self.automerge.get_change_by_hash(&ChangeHash(change.0))?;
        Some(change.raw_bytes().to_vec())
    }

    /// The facts, in the order of their keys. What is not a fact's shape is left out and counted.
    pub fn facts(&self) -> (&[Held], usize) {
        let (held, strange) = self.facts.get_or_init(|| self.read_facts());
        (held, *strange)
    }

    fn read_facts(&self) -> Facts {
        let mut held = Vec::new();
        let mut strange = 0;
        for item in self.automerge.map_range(ROOT, ..) {
            if TextName::ALL.iter().any(|name| name.key() == item.key) {
                continue;
            }
            match self.fact(&item.key, &item.id()) {
                Some(fact) => held.push(fact),
                None => strange += 1,
            }
        }
        (held, strange)
    }

    fn fact(&self, key: &str, object: &ObjId) -> Option<Held> {
        let (group, id) = split_key(key)?;
        let mut body = Body::new();
        for item in self.automerge.map_range(object, ..) {
            body.insert(item.key.into_owned(), scalar(&item.value.into())?);
        }
        let fact = fact_from(group, id, body)?;
        let change = self.automerge.hash_for_opid(object)?;
        let meta = self.automerge.get_change_meta_by_hash(&change)?;
        Some(Held {
            fact,
            actor: actor(&meta.actor)?,
            actor_seq: meta.seq,
        })
    }

    /// Whether a key of the ROOT map exists.
    pub fn has_key(&self, key: &str) -> bool {
        self.automerge
            .get(ROOT, key)
            .is_ok_and(|found| found.is_some())
    }

    /// The facts that no other fact has seen.
    pub fn frontier(&self) -> Vec<FactId> {
        let (held, _) = self.facts();
        let seen: BTreeSet<_> = held.iter().flat_map(|held| &held.fact.saw).collect();
        held.iter()
            .map(|held| held.fact.id)
            .filter(|id| !seen.contains(id))
            .collect()
    }

    /// The content of a text; empty when the document has none of this name.
    pub fn text(&self, name: TextName) -> String {
        self.text_object(name)
            .and_then(|text| self.automerge.text(text).ok())
            .unwrap_or_default()
    }

    /// The content of a text as the changes that brought these facts left it, together with all
    /// that they rest on; empty without any.
    pub fn text_after(&self, name: TextName, facts: &[FactId]) -> String {
        let (held, _) = self.facts();
        let brought = held.iter().filter(|held| facts.contains(&held.fact.id));
        let heads: Vec<_> = brought.filter_map(|held| self.bringer(held)).collect();
        self.text_at(name, &heads)
    }

    /// The content of a text as the change that brought a fact found it.
    pub fn text_before(&self, name: TextName, fact: FactId) -> String {
        let (held, _) = self.facts();
        let held = held.iter().find(|held| held.fact.id == fact);
        let change = held.and_then(|held| self.bringer(held));
        let meta = change.and_then(|change| self.automerge.get_change_meta_by_hash(&change));
        meta.map_or_else(String::new, |meta| self.text_at(name, &meta.deps))
    }

    /// The change that brought a fact.
    fn bringer(&self, held: &Held) -> Option<ChangeHash> {
        let (_, object) = self.automerge.get(ROOT, held.fact.key()).ok()??;
        self.automerge.hash_for_opid(&object)
    }

    fn text_at(&self, name: TextName, heads: &[ChangeHash]) -> String {
        let text = self.text_object(name).filter(|_| !heads.is_empty());
        text.and_then(|text| self.automerge.text_at(text, heads).ok())
            .unwrap_or_default()
    }

    /// The object of a text, by which operations name it.
    pub fn text_object(&self, name: TextName) -> Option<ObjId> {
        match self.automerge.get(ROOT, name.key()) {
            Ok(Some((Value::Object(ObjType::Text), id))) => Some(id),
            Ok(_) | Err(_) => None,
        }
    }

    /// Writes a draft as one change of the actor.
    pub fn append(&mut self, actor: Actor, draft: &Draft) -> Result<Written, BadDocument> {
        self.automerge.set_actor(ActorId::from(actor.0));
        let mut transaction = self.automerge.transaction();
        let written = write_draft(&mut transaction, draft);
        if written.is_err() {
            transaction.rollback();
            return Err(BadDocument);
        }
        let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
        let change = hash.and_then(|hash| self.automerge.get_change_by_hash(&hash));
        let change = change.ok_or(BadDocument)?;
        self.bytes = OnceLock::new();
        let actor_seq = change.seq();
        if let Some((held, _)) = self.facts.get_mut() {
            for fact in draft.facts.iter().cloned() {
                let key = fact.key();
                let place = held.partition_point(|held| held.fact.key() < key);
                let new = Held {
                    fact,
                    actor,
                    actor_seq,
                };
                held.insert(place, new);
            }
        }
        Ok(Written {
            doc: self.key,
            hash: Hash(change.hash().0),
            actor_seq,
            bytes: change.raw_bytes().to_vec(),
        })
    }
}

/// How many bytes one change may have.
pub const CHANGE_BYTES_MAX: usize = 256 * 1024;

/// A change without its operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeMeta {
    pub hash: Hash,
    pub actor: Actor,
    pub seq: u64,
    pub deps: Vec<Hash>,
}

/// Splits a key of the ROOT map into group path and fact.
pub fn split_key(key: &str) -> Option<(&str, FactId)> {
    let (group, id) = key.rsplit_once('/')?;
    let known = !group.is_empty() && !group.starts_with('/') && !group.ends_with('/');
    if known {
        Some((group, id.parse().ok()?))
    } else {
        None
    }
}

/// Reads a scalar; `None` for what no fact carries.
pub fn scalar(value: &Value<'_>) -> Option<Scalar> {
    match value.as_scalar()? {
        ScalarValue::Str(text) => Some(Scalar::Text(text.to_string())),
        ScalarValue::Int(number) => Some(Scalar::Int(*number)),
        ScalarValue::Bytes(bytes) => Some(Scalar::Bytes(bytes.clone())),
        ScalarValue::Uint(_)
        | ScalarValue::F64(_)
        | ScalarValue::Counter(_)
        | ScalarValue::Timestamp(_)
        | ScalarValue::Boolean(_)
        | ScalarValue::Unknown { .. }
        | ScalarValue::Null => None,
    }
}

/// Reads a fact from the map under its key: the header, and the rest as its body.
pub fn fact_from(group: &str, id: FactId, mut body: Body) -> Option<Fact> {
    let by = u32::try_from(take_int(&mut body, "by")?).ok()?;
    let at = UnixMillis(take_int(&mut body, "at")?);
    let boot = Boot(take_int(&mut body, "boot")?.cast_unsigned());
    let mono = u64::try_from(take_int(&mut body, "mono")?).ok()?;
    let Some(Scalar::Bytes(saw)) = body.remove("saw") else {
        return None;
    };
    let (chunks, []) = saw.as_chunks::<16>() else {
        return None;
    };
    let saw = chunks
        .iter()
        .map(|bytes| FactId::from_bytes(*bytes))
        .collect();
    Some(Fact {
        group: group.to_owned(),
        id,
        by: PersonId(by),
        at,
        boot,
        mono,
        saw,
        body,
    })
}

fn take_int(body: &mut Body, name: &str) -> Option<i64> {
    match body.remove(name)? {
        Scalar::Int(number) => Some(number),
        Scalar::Text(_) | Scalar::Bytes(_) => None,
    }
}

fn write_draft(
    transaction: &mut impl Transactable,
    draft: &Draft,
) -> Result<(), automerge::AutomergeError> {
    for fact in &draft.facts {
        let object = transaction.put_object(ROOT, fact.key(), ObjType::Map)?;
        for (name, value) in header(fact).into_iter().chain(fact.body.clone()) {
            transaction.put(&object, name, automerge_scalar(value))?;
        }
    }
    for (name, content) in &draft.texts {
        let object = transaction.put_object(ROOT, name.key(), ObjType::Text)?;
        transaction.splice_text(&object, 0, 0, content)?;
    }
    for (name, content) in &draft.edits {
        if let Some((Value::Object(ObjType::Text), object)) = transaction.get(ROOT, name.key())? {
            texts::update(transaction, &object, content)?;
        }
    }
    Ok(())
}

fn header(fact: &Fact) -> [(String, Scalar); 5] {
    let saw = fact.saw.iter().flat_map(|id| *id.as_bytes()).collect();
    let mono = i64::try_from(fact.mono).unwrap_or(i64::MAX);
    [
        ("by".to_owned(), Scalar::Int(i64::from(fact.by.0))),
        ("at".to_owned(), Scalar::Int(fact.at.0)),
        ("boot".to_owned(), Scalar::Int(fact.boot.0.cast_signed())),
        ("mono".to_owned(), Scalar::Int(mono)),
        ("saw".to_owned(), Scalar::Bytes(saw)),
    ]
}

fn automerge_scalar(value: Scalar) -> ScalarValue {
    match value {
        Scalar::Text(text) => text.into(),
        Scalar::Int(number) => number.into(),
        Scalar::Bytes(bytes) => bytes.into(),
    }
}

fn hash(hash: &ChangeHash) -> Hash {
    Hash(hash.0)
}

fn actor(id: &ActorId) -> Option<Actor> {
    id.to_bytes().try_into().ok().map(Actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{Intent, ResolutionCode};
    use crate::testing::{ALICE, BOB, Copy};

    #[test]
    fn facts_read_the_same_as_they_are_written_and_once_they_are_loaded() {
        let mut copy = Copy::declared();
        let note = |text: &str| Intent::Note { text: text.into() };
        let notes = "Done.".to_owned();
        let code = ResolutionCode::Fixed;
        let acts = [
            (ALICE, note("one")),
            (BOB, Intent::Claim { group: None }),
            (ALICE, note("two")),
            (BOB, Intent::Resolve { code, notes }),
        ];
        for (person, intent) in acts {
            copy.act(person, intent);
            for doc in [Some(&copy.docs.incident), copy.docs.work.as_ref()] {
                let doc = doc.expect("staff has both");
                let loaded = Document::load(doc.key, &doc.save()).expect("a saved document");
                assert_eq!(doc.facts(), loaded.facts());
            }
        }
    }
}
