//! Which of several facts holds: a maximum over one total order, never pair by pair, so that any
//! number of concurrent facts give one answer in any order of arrival.
//!
//! The rules are the table "When two people act at once" of the README; its rows have a test each.

use std::cmp::Reverse;

use crate::ids::{FactId, PersonId};
use crate::time::UnixMillis;

use super::content::{Content, Step};
use super::known::{Knowledge, Known};
use super::{
    Assignment, Field, GaveWay, Hold, HoldReason, Level, Override, Priority, Requester,
    ResolutionCode, Said, SetField, Stage, State,
};

/// Folds a field: what people said before what the server did by itself; then the later by
/// corrected time; equal, the higher severity, then the id.
pub(super) fn field<T: Clone + PartialEq>(
    known: &Knowledge,
    value: impl Fn(&Content) -> Option<T>,
    severity: impl Fn(&T) -> u8,
) -> Option<Field<T>> {
    let current = known.current(|content| value(content).is_some());
    let rank = |at: usize| {
        let fact = &known.facts[at];
        let severity = severity(&value(&fact.content)?);
        let order = (fact.is_by_hand(), fact.from.corrected, severity, fact.id);
        Some((Reverse(order), at))
    };
    let mut ranked: Vec<_> = current.into_iter().filter_map(rank).collect();
    ranked.sort_unstable();
    // Nobody has to settle anything with the server.
    let is_by_hand = |at: usize| known.facts[at].is_by_hand();
    if ranked.first().is_some_and(|(_, best)| is_by_hand(*best)) {
        ranked.retain(|(_, at)| is_by_hand(*at));
    }
    let said = |(_, at): (_, usize)| {
        let fact = &known.facts[at];
        Some(Said {
            value: value(&fact.content)?,
            fact: fact.id,
            from: fact.from,
        })
    };
    let mut rivals: Vec<Said<T>> = Vec::new();
    let mut best = ranked.into_iter().filter_map(said);
    let holds = best.next()?;
    for rival in best {
        if rival.value != holds.value && rivals.iter().all(|other| other.value != rival.value) {
            rivals.push(rival);
        }
    }
    Some(Field { holds, rivals })
}

/// The value that a fact gives a field; the created fact gives each its first.
pub(super) mod value {
    use super::{Content, Requester, SetField};
    use crate::ids::{CategoryId, SiteId};
    use crate::incidents::Level;
    use crate::priority::Override;

    macro_rules! value {
        ($name:ident, $variant:ident, $type:ty) => {
            pub(in crate::incidents) fn $name(content: &Content) -> Option<$type> {
                if let Some(SetField::$variant(value)) = content.set() {
                    return Some(value.clone());
                }
                content.declared().map(|declare| declare.$name.clone())
            }
        };
    }

    value!(subject, Subject, String);
    value!(category, Category, Option<CategoryId>);
    value!(impact, Impact, Level);
    value!(urgency, Urgency, Level);
    value!(site, Site, Option<SiteId>);
    value!(requester, Requester, Requester);

    pub(in crate::incidents) fn priority(content: &Content) -> Option<Override> {
        let Some(SetField::Priority(value)) = content.set() else {
            return None;
        };
        Some(value.clone())
    }
}

/// How severe a level is, where two were set at the same time.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "fields of every type are folded alike"
)]
pub(super) fn severity(level: &Level) -> u8 {
    match level {
        Level::Low => 0,
        Level::Medium => 1,
        Level::High => 2,
    }
}

/// How severe an override is; one that leaves it to the matrix least.
pub(super) fn urgency_of(set: &Override) -> u8 {
    match set.priority {
        None => 0,
        Some(Priority::P4) => 1,
        Some(Priority::P3) => 2,
        Some(Priority::P2) => 3,
        Some(Priority::P1) => 4,
    }
}

/// Folds the assignment: dispatcher before claim before automatic; among dispatchers the later,
/// among claims the earlier; then the id. What the created fact says comes last.
pub(super) fn assignment(known: &Knowledge, cards: &mut Vec<GaveWay>) -> Option<Assignment> {
    let current = known.current(|content| content.assigned(PersonId::SERVER).is_some());
    let winner = current
        .iter()
        .copied()
        .max_by_key(|&at| assignment_order(&known.facts[at]))?;
    let holds = &known.facts[winner];
    let (group, person) = holds.content.assigned(holds.from.by)?;
    for at in current.into_iter().filter(|&at| at != winner) {
        let lost = &known.facts[at];
        if lost.content.assigned(lost.from.by) != Some((group.clone(), person)) {
            cards.extend(gave_way(known, at, winner));
        }
    }
    Some(Assignment {
        group,
        person,
        fact: holds.id,
        from: holds.from,
    })
}

fn assignment_order(fact: &Known) -> (u8, UnixMillis, Reverse<UnixMillis>, FactId) {
    let none = UnixMillis(0);
    let at = fact.from.corrected;
    if matches!(fact.content, Content::Claimed { .. }) {
        return (2, none, Reverse(at), fact.id);
    }
    let is_given = matches!(fact.content, Content::Assigned { .. });
    let rank = match (is_given, fact.is_by_hand()) {
        (true, true) => 3,
        (true, false) => 1,
        (false, true | false) => 0,
    };
    (rank, at, Reverse(none), fact.id)
}

/// The state as the transitions alone give it, before the assignment tells New from Assigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Waiting for work to start: New or Assigned.
    Ready,
    InProgress,
    OnHold(HoldReason),
    Resolved(Option<ResolutionCode>),
    Closed(Option<ResolutionCode>),
    Cancelled,
}

impl Phase {
    pub(super) fn state(self, assignee: Option<PersonId>) -> State {
        match self {
            Self::Ready if assignee.is_some() => State::Assigned,
            Self::Ready => State::New,
            Self::InProgress => State::InProgress,
            Self::OnHold(_) => State::OnHold,
            Self::Resolved(_) => State::Resolved,
            Self::Closed(_) => State::Closed,
            Self::Cancelled => State::Cancelled,
        }
    }

    pub(super) fn stage(self) -> Stage {
        match self {
            Self::Ready => Stage::Ready,
            Self::InProgress => Stage::InProgress,
            Self::OnHold(reason) => Stage::OnHold(reason),
            Self::Resolved(_) => Stage::Resolved,
            Self::Closed(_) => Stage::Closed,
            Self::Cancelled => Stage::Cancelled,
        }
    }

    pub(super) fn resolution(self) -> Option<ResolutionCode> {
        match self {
            Self::Resolved(code) | Self::Closed(code) => code,
            Self::Ready | Self::InProgress | Self::OnHold(_) | Self::Cancelled => None,
        }
    }
}

/// Folds the state: the first in of requester's reopening, cancelled, closed, resolved, staff
/// reopening, on hold, in progress; equal, the later. Closing counts as resolving when it is
/// concurrent with anything by the requester. Waiting for the caller ends with the requester's
/// answer: their first message that has seen the hold. Gives the fact since which the phase holds.
pub(super) fn phase(
    known: &Knowledge,
    requester: Option<PersonId>,
    cards: &mut Vec<GaveWay>,
) -> Option<(Phase, usize)> {
    let current =
        known.current(|content| matches!(content, Content::Created { .. } | Content::Moved(_)));
    let order = |at: usize| {
        let fact = &known.facts[at];
        (rank(known, at, requester), fact.from.corrected, fact.id)
    };
    let winner = current.iter().copied().max_by_key(|&at| order(at))?;
    let winner = resumed(known, winner).unwrap_or(winner);
    let phase = phase_of(known, winner, requester);
    for lost in current.into_iter().filter(|&at| at != winner) {
        if phase_of(known, lost, requester) != phase {
            cards.extend(gave_way(known, lost, winner));
        }
    }
    cards.extend(met(known, winner, requester));
    let since = answer(known, winner, requester).unwrap_or(winner);
    Some((phase, since))
}

/// The requester's first message or file that has seen a hold for their answer.
pub(super) fn answer(known: &Knowledge, hold: usize, requester: Option<PersonId>) -> Option<usize> {
    let Content::Moved(Step::Held { reason, .. }) = &known.facts[hold].content else {
        return None;
    };
    let is_answer = |&at: &usize| {
        let content = &known.facts[at].content;
        matches!(content, Content::Entry { .. } | Content::Attached { .. }) && known.saw(at, hold)
    };
    let answers = by_requester(known, requester).filter(is_answer);
    let first = answers.min_by_key(|&at| (known.facts[at].from.corrected, known.facts[at].id));
    first.filter(|_| *reason == HoldReason::Caller)
}

/// The card for the author of an act that met another, until they have said something knowing both.
/// The server needs none.
fn gave_way(known: &Knowledge, lost: usize, held: usize) -> Option<GaveWay> {
    let (fact, to) = (&known.facts[lost], known.facts[held].id);
    let by = fact.from.by;
    let is_told = by == PersonId::SERVER || known.knows(by, lost, held);
    (!is_told).then_some(GaveWay {
        by,
        fact: fact.id,
        to,
    })
}

/// The requester's words that a resolution or closing did not know of.
fn met(known: &Knowledge, at: usize, requester: Option<PersonId>) -> Vec<GaveWay> {
    let fact = &known.facts[at];
    let Content::Moved(Step::Resolved { .. } | Step::Closed) = fact.content else {
        return Vec::new();
    };
    let words = by_requester(known, requester).filter(|&other| known.concurrent(at, other));
    words
        .filter_map(|other| gave_way(known, at, other))
        .collect()
}

fn by_requester(
    known: &Knowledge,
    requester: Option<PersonId>,
) -> impl Iterator<Item = usize> + '_ {
    (0..known.facts.len()).filter(move |&at| {
        let fact = &known.facts[at];
        Some(fact.from.by) == requester && fact.says()
    })
}

fn closing_stands(known: &Knowledge, at: usize, requester: Option<PersonId>) -> bool {
    by_requester(known, requester).all(|other| !known.concurrent(at, other))
}

/// Whether it was resolved or closed by itself though somebody had said another word by then, which
/// came later.
fn is_overtaken(known: &Knowledge, at: usize) -> bool {
    let fact = &known.facts[at];
    let ends = matches!(
        fact.content,
        Content::Moved(Step::Resolved { .. } | Step::Closed)
    );
    let is_own = ends && fact.from.by == PersonId::SERVER;
    let says = |&other: &usize| {
        let other = &known.facts[other];
        other.from.by != PersonId::SERVER && other.is_word()
    };
    let mut others = (0..known.facts.len()).filter(says);
    is_own && others.any(|other| known.concurrent(at, other))
}

pub(super) fn rank(known: &Knowledge, at: usize, requester: Option<PersonId>) -> u8 {
    let fact = &known.facts[at];
    let Content::Moved(step) = &fact.content else {
        return 0;
    };
    match step {
        Step::Resolved { .. } | Step::Closed if is_overtaken(known, at) => 0,
        Step::Started => 1,
        Step::Held { .. } => 2,
        Step::Reopened { .. } if Some(fact.from.by) != requester => 3,
        Step::Closed if closing_stands(known, at, requester) => 5,
        Step::Closed | Step::Resolved { .. } => 4,
        Step::Cancelled { .. } => 6,
        Step::Reopened { .. } => 7,
    }
}

pub(super) fn phase_of(known: &Knowledge, at: usize, requester: Option<PersonId>) -> Phase {
    let Content::Moved(step) = &known.facts[at].content else {
        return Phase::Ready;
    };
    match step {
        Step::Started => Phase::InProgress,
        Step::Held { .. } if answer(known, at, requester).is_some() => Phase::InProgress,
        Step::Held { reason, .. } => Phase::OnHold(*reason),
        Step::Resolved { code } => match resumed(known, at) {
            Some(hold) => phase_of(known, hold, requester),
            None => Phase::Resolved(Some(*code)),
        },
        Step::Reopened { .. } => Phase::Ready,
        Step::Closed if is_overtaken(known, at) => match resumed(known, at) {
            Some(hold) => phase_of(known, hold, requester),
            None => Phase::Resolved(code_before(known, at)),
        },
        Step::Closed if closing_stands(known, at, requester) => {
            Phase::Closed(code_before(known, at))
        }
        Step::Closed => Phase::Resolved(code_before(known, at)),
        Step::Cancelled { .. } => Phase::Cancelled,
    }
}

/// The hold that goes on where a resolution of the server's was overtaken, and with it whatever the
/// server closed since.
fn resumed(known: &Knowledge, at: usize) -> Option<usize> {
    if !is_overtaken(known, at) {
        return None;
    }
    let is_closed = known.facts[at].content == Content::Moved(Step::Closed);
    let at = if is_closed {
        let (_, _, resolved) = resolution_before(known, at)?;
        is_overtaken(known, resolved).then_some(resolved)?
    } else {
        at
    };
    let is_hold = |&other: &usize| {
        let fact = &known.facts[other];
        let is_hold = matches!(fact.content, Content::Moved(Step::Held { .. }));
        is_hold && fact.counts() && known.saw(at, other)
    };
    let holds = (0..known.facts.len()).filter(is_hold);
    holds.max_by_key(|&at| (known.facts[at].from.corrected, known.facts[at].id))
}

/// What the incident waits for, if it is on hold, by the fact that says so.
pub(super) fn hold(known: &Knowledge, phase: Phase, at: usize) -> Option<Hold> {
    let Phase::OnHold(reason) = phase else {
        return None;
    };
    let fact = &known.facts[at];
    let Some(Step::Held { until, .. }) = fact.content.step() else {
        return None;
    };
    Some(Hold::begun(reason, fact.id, fact.from, *until))
}

/// When the incident was resolved by the resolution that holds; none unless it is resolved or
/// closed. A closing without a resolution before it counts as one.
pub(super) fn resolved_at(known: &Knowledge, phase: Phase, moved: usize) -> Option<UnixMillis> {
    let fact = &known.facts[moved];
    match phase {
        Phase::Resolved(_) | Phase::Closed(_) => {
            let closed = matches!(fact.content, Content::Moved(Step::Closed));
            let before = closed.then(|| resolution_before(known, moved)).flatten();
            Some(before.map_or(fact.from.corrected, |(at, ..)| at))
        }
        Phase::Ready | Phase::InProgress | Phase::OnHold(_) | Phase::Cancelled => None,
    }
}

fn code_before(known: &Knowledge, at: usize) -> Option<ResolutionCode> {
    resolution_before(known, at).map(|(_, code, _)| code)
}

/// The last resolution that a closing has seen.
fn resolution_before(known: &Knowledge, at: usize) -> Option<(UnixMillis, ResolutionCode, usize)> {
    let resolved = (0..known.facts.len())
        .filter(|&other| known.saw(at, other) && known.facts[other].counts())
        .filter_map(|other| {
            let fact = &known.facts[other];
            let Some(Step::Resolved { code }) = fact.content.step() else {
                return None;
            };
            Some((fact.from.corrected, fact.id, *code, other))
        });
    resolved
        .max_by_key(|(at, id, ..)| (*at, *id))
        .map(|(at, _, code, other)| (at, code, other))
}
