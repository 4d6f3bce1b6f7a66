//! What held when: the folds of stage, impact and urgency as they read at each moment of corrected
//! time, so that a clock can be judged on what was so then.
//!
//! A moment counts only the facts up to it, but judges them with everything that is known now: what
//! a concurrent fact overruled never held after that fact, and what was withdrawn never held.

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, PersonId};
use crate::time::UnixMillis;

use super::content::Content;
use super::fold::{answer, phase_of, rank, severity, urgency_of, value};
use super::known::Knowledge;
use super::{HoldReason, Level, Override, Priority, Provenance, Stage};

/// A value for as long as it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period<T> {
    pub value: T,
    /// When it began to hold; later than its fact where another fact gave way to it.
    pub since: UnixMillis,
    pub fact: FactId,
    pub from: Provenance,
}

/// What held from when on, oldest first; nothing where the incident's beginning cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Past {
    pub stages: Vec<Period<Stage>>,
    pub impact: Vec<Period<Level>>,
    pub urgency: Vec<Period<Level>>,
    /// What held in place of the matrix; nothing did before the first.
    pub priority: Vec<Period<Option<Priority>>>,
}

impl Past {
    /// Folds the past of an incident document.
    pub(super) fn of(known: &Knowledge, requester: Option<PersonId>) -> Self {
        let moves =
            |content: &Content| matches!(content, Content::Created { .. } | Content::Moved(_));
        let stages = winners(known, moves, |at| {
            let fact = &known.facts[at];
            (rank(known, at, requester), fact.from.corrected, fact.id)
        });
        Self {
            stages: periods(known, requester, &stages),
            impact: values(known, value::impact, severity),
            urgency: values(known, value::urgency, severity),
            priority: values(known, value::priority, urgency_of)
                .into_iter()
                .map(Period::bare)
                .collect(),
        }
    }
}

impl Period<Override> {
    fn bare(self) -> Period<Option<Priority>> {
        Period {
            value: self.value.priority,
            since: self.since,
            fact: self.fact,
            from: self.from,
        }
    }
}

/// What held at a moment; the first value before it began.
pub fn held_at<T: Copy>(periods: &[Period<T>], at: UnixMillis) -> Option<T> {
    let until = periods.partition_point(|period| period.since <= at);
    let period = periods.get(until.saturating_sub(1));
    period.map(|period| period.value)
}

/// The stages of facts that held one after the other. Waiting for the caller lasts until they
/// answer.
fn periods(
    known: &Knowledge,
    requester: Option<PersonId>,
    winners: &[(usize, UnixMillis)],
) -> Vec<Period<Stage>> {
    let mut periods = Vec::with_capacity(winners.len());
    let ends = winners.iter().skip(1).map(|(_, since)| Some(*since));
    for ((at, since), until) in winners.iter().zip(ends.chain([None])) {
        let stage = phase_of(known, *at, requester).stage();
        let Some(answer) = answer(known, *at, requester) else {
            periods.push(period(known, *at, *since, stage));
            continue;
        };
        let waiting = Stage::OnHold(HoldReason::Caller);
        periods.push(period(known, *at, *since, waiting));
        let answered = known.facts[answer].from.corrected.max(*since);
        if until.is_none_or(|until| answered < until) {
            periods.push(period(known, answer, answered, stage));
        }
    }
    periods
}

fn values<T>(
    known: &Knowledge,
    value: fn(&Content) -> Option<T>,
    severity: fn(&T) -> u8,
) -> Vec<Period<T>> {
    let level = |at: usize| value(&known.facts[at].content);
    let member = |content: &Content| value(content).is_some();
    let winners = winners(known, member, |at| {
        let fact = &known.facts[at];
        let severity = level(at).as_ref().map(severity);
        (fact.is_by_hand(), fact.from.corrected, severity, fact.id)
    });
    let period = |(at, since)| Some(period(known, at, since, level(at)?));
    winners.into_iter().filter_map(period).collect()
}

fn period<T>(known: &Knowledge, at: usize, since: UnixMillis, value: T) -> Period<T> {
    let fact = &known.facts[at];
    Period {
        value,
        since,
        fact: fact.id,
        from: fact.from,
    }
}

/// The facts of a group that held one after the other, with when they began to. A fact comes after
/// all that it has seen, so what it supersedes is among the current ones by then.
fn winners<K: Ord>(
    known: &Knowledge,
    member: impl Fn(&Content) -> bool,
    order: impl Fn(usize) -> K,
) -> Vec<(usize, UnixMillis)> {
    let facts = &known.facts;
    let mut members: Vec<_> = (0..facts.len())
        .filter(|&at| facts[at].counts() && member(&facts[at].content))
        .collect();
    members.sort_by_key(|&at| (facts[at].from.corrected, facts[at].depth, facts[at].id));
    let mut current: Vec<usize> = Vec::new();
    let mut winners: Vec<(usize, UnixMillis)> = Vec::new();
    for at in members {
        current.retain(|&other| !known.saw(at, other));
        current.push(at);
        let winner = current.iter().copied().max_by_key(|&at| order(at));
        let before = winners.last().map(|(before, _)| *before);
        let turn = winner.filter(|winner| before != Some(*winner));
        winners.extend(turn.map(|winner| (winner, facts[at].from.corrected)));
    }
    winners
}
