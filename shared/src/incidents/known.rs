//! What one document of an incident knows: its facts with their times and who saw what.
//!
//! A fact A has seen B when B is an ancestor of A by `saw`. Two facts are concurrent when neither
//! has seen the other.
//!
//! # Design
//! Question: how is an act taken back where nothing is ever deleted? Answer: by a fact of the same
//! author that names it. What is withdrawn is no member of any group any more, so that what it
//! alone superseded is current again, while it and the withdrawal still link by `saw`. The values
//! of a withdrawn beginning remain, and its withdrawal is a cancelling. Rejected: the inverse act,
//! which would supersede what others did meanwhile, and removing the fact, which loses history.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Held, ReceiptBook};
use crate::ids::{DocKind, FactId, PersonId};
use crate::time::UnixMillis;

use super::content::{Content, Step};
use super::{Arrived, Provenance, Withdrawn};

/// A fact with what it says and when it counts.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) id: FactId,
    pub(crate) content: Content,
    pub(crate) from: Provenance,
    /// How many facts lie below it on the longest way; orders facts of equal time.
    pub(crate) depth: u32,
    /// That its author took it back.
    pub(crate) withdrawn: Option<Withdrawn>,
    /// Whether it takes another back; then it is no event of its own.
    pub(crate) withdraws: bool,
    /// Whether it tells others nothing: that its author knows, or no longer says so.
    pub(crate) is_silent: bool,
}

impl Known {
    /// Whether the folds regard it.
    pub(crate) fn counts(&self) -> bool {
        self.withdrawn.is_none() || matches!(self.content, Content::Created { .. })
    }

    /// Whether it says something to others; neither what takes another back does nor what only
    /// tells that its author knows.
    pub(crate) fn says(&self) -> bool {
        self.counts() && !self.withdraws && self.content != Content::Acknowledged
    }

    /// Whether somebody has done or said something about it, beside who watches and how it is
    /// worded.
    pub(crate) fn is_word(&self) -> bool {
        let is_beside = matches!(
            self.content,
            Content::Watched { .. } | Content::Unwatched { .. } | Content::Revised { .. }
        );
        self.says() && !is_beside
    }

    /// Whether a person stated it. What the server states by itself, as by a rule, gives way to
    /// what people state without knowing of it.
    pub(crate) fn is_by_hand(&self) -> bool {
        self.from.by != PersonId::SERVER
    }

    fn may_be_withdrawn(&self) -> bool {
        match self.content {
            Content::WorkCreated { .. }
            | Content::Number { .. }
            | Content::Withdrawn { .. }
            | Content::Diagnosed
            | Content::Reminded { .. }
            | Content::Ruled(_) => false,
            Content::Acknowledged
            | Content::Created { .. }
            | Content::Set(_)
            | Content::Assigned { .. }
            | Content::Claimed { .. }
            | Content::Moved(_)
            | Content::Entry { .. }
            | Content::Note { .. }
            | Content::Logged(_)
            | Content::TaskAdded(_)
            | Content::TaskChanged { .. }
            | Content::Attached { .. }
            | Content::Watched { .. }
            | Content::Unwatched { .. }
            | Content::Revised { .. } => true,
        }
    }
}

/// The facts of one document that could be read.
#[derive(Debug, Clone)]
pub(crate) struct Knowledge {
    pub(crate) doc: DocKind,
    pub(crate) facts: Vec<Known>,
    ancestors: Vec<Bits>,
    /// Facts or keys of a shape that this version does not know.
    pub(crate) strange: usize,
}

impl Knowledge {
    /// Reads a document.
    pub(crate) fn of(doc: &Document, receipts: &ReceiptBook) -> Self {
        Self::among(doc, receipts, |_| true)
    }

    /// Reads a document as if nothing had happened after a moment of corrected time. What a fact
    /// has seen is never later than the fact, so nothing is left that rests on what is left out.
    pub(crate) fn until(doc: &Document, receipts: &ReceiptBook, until: UnixMillis) -> Self {
        let all = Self::of(doc, receipts);
        let early = all.facts.iter();
        let early = early.filter(|fact| fact.from.corrected <= until);
        let early: BTreeSet<_> = early.map(|fact| fact.id).collect();
        Self::among(doc, receipts, |fact| early.contains(&fact))
    }

    fn among(doc: &Document, receipts: &ReceiptBook, wanted: impl Fn(FactId) -> bool) -> Self {
        let kind = doc.key.kind;
        let (held, mut strange) = doc.facts();
        let mut readable = Vec::with_capacity(held.len());
        for held in held.iter().filter(|held| wanted(held.fact.id)) {
            match Content::read(kind, &held.fact) {
                Some((content, _)) => readable.push((held, content)),
                None => strange += 1,
            }
        }
        let ancestors = ancestors(&readable);
        let mut knowledge = Self {
            doc: kind,
            facts: Vec::new(),
            ancestors,
            strange,
        };
        knowledge.facts = knowledge.timed(readable, receipts);
        knowledge.withdraw();
        knowledge
    }

    /// Marks what its author took back; said twice, the earlier counts.
    fn withdraw(&mut self) {
        let withdrawals = self.facts.iter().enumerate();
        let mut withdrawals: Vec<_> = withdrawals
            .filter_map(|(at, fact)| Some((at, fact.content.withdraws()?)))
            .collect();
        withdrawals.sort_by_key(|&(at, _)| (self.facts[at].from.corrected, self.facts[at].id));
        let mut cancelling = Vec::new();
        for &(at, target) in &withdrawals {
            let Known { id: fact, from, .. } = self.facts[at];
            self.facts[at].withdraws = true;
            let own = |known: &&mut Known| known.id == target && known.from.by == from.by;
            let mut is_silent = false;
            for known in self.facts.iter_mut().filter(own) {
                is_silent |= known.content == Content::Acknowledged;
                if known.may_be_withdrawn() {
                    known.withdrawn.get_or_insert(Withdrawn { fact, from });
                }
                if matches!(known.content, Content::Created { .. }) {
                    cancelling.push(at);
                }
            }
            self.facts[at].is_silent = is_silent;
        }
        for at in cancelling {
            let text = String::new();
            self.facts[at].content = Content::Moved(Step::Cancelled { text });
        }
    }

    /// Whether fact `a` has seen fact `b`.
    pub(crate) fn saw(&self, a: usize, b: usize) -> bool {
        self.ancestors[a].has(b)
    }

    /// Whether neither fact has seen the other.
    pub(crate) fn concurrent(&self, a: usize, b: usize) -> bool {
        a != b && !self.saw(a, b) && !self.saw(b, a)
    }

    /// Whether a person has stated something having seen both. A value of a field and who watches
    /// say nothing of what else happened; what was taken back, or takes back, says nothing at all.
    pub(crate) fn knows(&self, person: PersonId, a: usize, b: usize) -> bool {
        let says = |fact: &Known| {
            let is_value = matches!(
                fact.content,
                Content::Set(_) | Content::Watched { .. } | Content::Unwatched { .. }
            );
            fact.counts() && !fact.withdraws && !is_value
        };
        let stated = self.facts.iter().zip(&self.ancestors);
        let mut own = stated.filter(|(fact, _)| fact.from.by == person && says(fact));
        own.any(|(_, seen)| seen.has(a) && seen.has(b))
    }

    /// The facts of a group that no other fact of the group supersedes; withdrawn ones are in none.
    pub(crate) fn current(&self, member: impl Fn(&Content) -> bool) -> Vec<usize> {
        let members: Vec<_> = (0..self.facts.len())
            .filter(|&at| self.facts[at].counts() && member(&self.facts[at].content))
            .collect();
        let superseded = |at: usize| members.iter().any(|&other| self.saw(other, at));
        members
            .iter()
            .copied()
            .filter(|&at| !superseded(at))
            .collect()
    }

    fn timed(&self, readable: Vec<(&Held, Content)>, receipts: &ReceiptBook) -> Vec<Known> {
        let mut order: Vec<_> = (0..readable.len()).collect();
        order.sort_by_key(|&at| self.ancestors[at].count());
        let mut times: Vec<Option<(UnixMillis, u32)>> = vec![None; readable.len()];
        for at in order {
            let seen = times
                .iter()
                .enumerate()
                .filter(|(other, _)| self.saw(at, *other));
            let (floor, depth) = seen
                .filter_map(|(_, time)| *time)
                .fold((UnixMillis(i64::MIN), 0), |(t, d), (time, depth)| {
                    (t.max(time), d.max(depth + 1))
                });
            let (held, _) = &readable[at];
            let receipt = receipts.of(held.actor, held.actor_seq);
            let corrected = receipt.map_or(held.fact.at.max(floor), |receipt| receipt.corrected_at);
            times[at] = Some((corrected, depth));
        }
        let timed = readable.into_iter().zip(times);
        timed
            .map(|((held, content), time)| known(held, content, time, receipts))
            .collect()
    }
}

fn known(
    held: &Held,
    content: Content,
    time: Option<(UnixMillis, u32)>,
    receipts: &ReceiptBook,
) -> Known {
    let (corrected, depth) = time.unwrap_or((held.fact.at, 0));
    let arrival = receipts
        .of(held.actor, held.actor_seq)
        .map(|receipt| Arrived {
            at: receipt.received_at,
            device: receipt.device,
            flags: receipt.flags,
        });
    let from = Provenance {
        by: held.fact.by,
        at: held.fact.at,
        corrected,
        arrival,
    };
    Known {
        id: held.fact.id,
        is_silent: content == Content::Acknowledged,
        content,
        from,
        depth,
        withdrawn: None,
        withdraws: false,
    }
}

/// What each fact has seen, in whatever order the facts lie. A fact that would see itself, which no
/// honest device writes, sees only what comes before the circle closes.
fn ancestors(readable: &[(&Held, Content)]) -> Vec<Bits> {
    let places: BTreeMap<_, _> = readable
        .iter()
        .enumerate()
        .map(|(at, (held, _))| (held.fact.id, at))
        .collect();
    let parents: Vec<Vec<usize>> = readable
        .iter()
        .map(|(held, _)| {
            held.fact
                .saw
                .iter()
                .filter_map(|id| places.get(id).copied())
                .collect()
        })
        .collect();
    let mut found: Vec<Option<Bits>> = vec![None; readable.len()];
    let mut entered = vec![false; readable.len()];
    let mut stack: Vec<usize> = (0..readable.len()).collect();
    while let Some(&at) = stack.last() {
        let fresh = |parent: &&usize| found[**parent].is_none() && !entered[**parent];
        let open: Vec<_> = parents[at].iter().filter(fresh).copied().collect();
        if found[at].is_none() && !open.is_empty() {
            entered[at] = true;
            stack.extend(open);
            continue;
        }
        stack.pop();
        if found[at].is_none() {
            let mut bits = Bits::new(readable.len());
            for &parent in parents[at].iter().filter(|&&parent| parent != at) {
                bits.insert(parent);
                found[parent].iter().for_each(|seen| bits.join(seen));
            }
            bits.remove(at);
            found[at] = Some(bits);
        }
    }
    found
        .into_iter()
        .map(|bits| bits.unwrap_or_else(|| Bits::new(readable.len())))
        .collect()
}

/// A set of places.
#[derive(Debug, Clone)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(places: usize) -> Self {
        Self(vec![0; places.div_ceil(64)])
    }

    fn has(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    fn remove(&mut self, at: usize) {
        self.0[at / 64] &= !(1 << (at % 64));
    }

    fn join(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, more)| *word |= more);
    }

    fn count(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}
