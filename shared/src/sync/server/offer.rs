//! What a device offers, taken apart as far as its bytes alone allow.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::operations::longest_column;
use crate::document::{Body, CHANGE_BYTES_MAX, Document, Fact, Held, fact_from, scalar, split_key};
use crate::ids::{ActId, Actor, DocKey, Hash, IncidentId};
use crate::incidents::Refused;
use crate::incidents::shape::{OPERATIONS_MAX, decode_change};
use crate::sync::message::{PushChange, PushGroup};

/// A pushed act whose changes are well-formed: one or two documents of one incident, in order.
#[derive(Debug, Clone)]
pub struct Offer {
    pub act: ActId,
    pub incident: IncidentId,
    pub(super) changes: Vec<Offered>,
}

/// A change of an offer.
#[derive(Debug, Clone)]
pub(super) struct Offered {
    pub(super) doc: DocKey,
    pub(super) generation: u32,
    pub(super) change: automerge::Change,
    pub(super) hash: Hash,
    pub(super) actor: Actor,
    pub(super) deps: Vec<Hash>,
}

impl Offer {
    /// Decodes a pushed group.
    pub fn read(group: &PushGroup) -> Result<Self, Refused> {
        let changes: Result<Vec<_>, _> = group.changes.iter().map(Offered::read).collect();
        let changes = changes?;
        let Some(first) = changes.first() else {
            return Err(shape("no change"));
        };
        let incident = first.doc.id;
        let strays = changes.iter().find(|offered| offered.doc.id != incident);
        if let Some(stray) = strays {
            return Err(shape(&stray.doc.to_string()));
        }
        if !changes.is_sorted_by(|before, after| before.doc < after.doc) {
            return Err(shape("documents out of order"));
        }
        Ok(Self {
            act: group.act,
            incident,
            changes,
        })
    }

    /// The actors whose bindings a judgement needs.
    pub fn actors(&self) -> impl Iterator<Item = Actor> {
        self.changes.iter().map(|offered| offered.actor)
    }

    /// The changes whose earlier refusals a judgement needs: those offered and those below them.
    pub fn consults(&self) -> impl Iterator<Item = (DocKey, Hash)> {
        self.changes.iter().flat_map(|offered| {
            let hashes = std::iter::once(&offered.hash).chain(&offered.deps);
            hashes.map(|hash| (offered.doc, *hash))
        })
    }

    /// The changes with their hashes and bytes, as quarantine keeps them.
    pub fn parts(&self) -> impl Iterator<Item = (DocKey, Hash, &[u8])> {
        self.changes
            .iter()
            .map(|offered| (offered.doc, offered.hash, offered.change.raw_bytes()))
    }
}

impl Offered {
    fn read(pushed: &PushChange) -> Result<Self, Refused> {
        bounded(&pushed.bytes.0)?;
        let change = decode_change(&pushed.bytes.0)?;
        if !is_spelt_as_by_automerge(&change) {
            return Err(Refused::Encoding);
        }
        let actor = change
            .actor_id()
            .to_bytes()
            .try_into()
            .map_err(|_| Refused::Encoding)?;
        Ok(Self {
            doc: pushed.doc,
            generation: pushed.generation,
            hash: Hash(change.hash().0),
            actor: Actor(actor),
            deps: change.deps().iter().map(|dep| Hash(dep.0)).collect(),
            change,
        })
    }

    /// The facts that the document holds already, if all of the change's facts are such, with the
    /// same content: the act was accepted before, under another actor. What it saw may differ: a
    /// device that lost the answer writes the act anew upon whatever it holds by then.
    pub(super) fn repeats(&self, doc: &Document) -> Option<Vec<(Actor, u64)>> {
        let facts = self.facts()?;
        if facts.is_empty() || !facts.iter().all(|fact| doc.has_key(&fact.key())) {
            return None;
        }
        let (held, _) = doc.facts();
        let find = |fact: &Fact| {
            let same = |held: &&Held| states_the_same(&held.fact, fact);
            let held = held.iter().find(same)?;
            Some((held.actor, held.actor_seq))
        };
        facts.iter().map(find).collect()
    }

    /// The facts that the change makes; none when it makes anything else in the root.
    fn facts(&self) -> Option<Vec<Fact>> {
        use automerge::ObjType;
        use automerge::legacy::{Key, ObjectId, OpId, OpType};

        let decoded = self.change.decode();
        let mut bodies: BTreeMap<OpId, (String, Body)> = BTreeMap::new();
        for (counter, op) in (self.change.start_op().get()..).zip(&decoded.operations) {
            match (&op.obj, &op.key, &op.action) {
                (ObjectId::Root, Key::Map(key), OpType::Make(ObjType::Map)) => {
                    let id = OpId(counter, decoded.actor_id.clone());
                    bodies.insert(id, (key.to_string(), Body::new()));
                }
                (ObjectId::Id(object), Key::Map(name), OpType::Put(value)) => {
                    let (_, body) = bodies.get_mut(object)?;
                    let value = scalar(&automerge::Value::from(value.clone()))?;
                    body.insert(name.to_string(), value);
                }
                _ => {}
            }
        }
        let fact = |(key, body): (String, Body)| {
            let (group, id) = split_key(&key)?;
            fact_from(group, id, body)
        };
        bodies.into_values().map(fact).collect()
    }
}

/// A change in another spelling than automerge's own can be applied, but a document saved with it
/// cannot be loaded again. automerge panics at an operation by an actor that the change does not
/// list.
fn is_spelt_as_by_automerge(change: &automerge::Change) -> bool {
    let spelt = || automerge::Change::from(change.decode()).raw_bytes() == change.raw_bytes();
    catch_unwind(AssertUnwindSafe(spelt)).unwrap_or(false)
}

fn states_the_same(one: &Fact, other: &Fact) -> bool {
    let saw = other.saw.clone();
    Fact { saw, ..one.clone() } == *other
}

pub(super) fn bounded(bytes: &[u8]) -> Result<(), Refused> {
    let max = CHANGE_BYTES_MAX;
    if bytes.len() > max {
        return Err(Refused::Size { max });
    }
    match longest_column(bytes) {
        Some(count) if count <= OPERATIONS_MAX as u64 => Ok(()),
        Some(_) => Err(Refused::Size { max }),
        None => Err(Refused::Encoding),
    }
}

pub(super) fn shape(path: &str) -> Refused {
    Refused::Shape {
        path: path.to_owned(),
    }
}
