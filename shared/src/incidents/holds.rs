//! What becomes of a hold by itself: reminders, an end when nobody answers, a day on which work
//! goes on.
//!
//! # Design
//! Question: where is remembered that somebody was reminded? Answer: in the incident, by a fact of
//! the server's for each reminder, which everybody sees in the history and counts alike. So what
//! comes next follows from a row and the settings that hold now, on every device, and nothing is
//! stored beside it. Each reminder counts from when the one before was known, so that a server that
//! stood still for a month sends one and not ten; and from the last word of a person, so that what
//! came too late for one resolution is not followed by the next.

use serde::{Deserialize, Serialize};

use crate::ids::{DocKind, FactId};
use crate::targets::{HoldReason, Reminding, Targets};
use crate::time::UnixMillis;

use super::{Event, EventKind, Incident, Provenance};

/// Of one hold nobody is reminded more often.
pub const REMINDERS_MAX: u8 = 20;

/// What an incident that is on hold waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub reason: HoldReason,
    /// The fact that says so.
    pub fact: FactId,
    /// Since when, in corrected time.
    pub since: UnixMillis,
    /// When work goes on by itself; with a day nobody is reminded before.
    pub until: Option<UnixMillis>,
    /// When the server came to know of it, of the last reminder, or of the last word since.
    pub told_at: UnixMillis,
    /// How often people were reminded since the last word.
    pub reminders: u8,
}

impl Hold {
    /// A hold of which nobody was reminded.
    pub(super) fn begun(
        reason: HoldReason,
        fact: FactId,
        from: Provenance,
        until: Option<UnixMillis>,
    ) -> Self {
        Self {
            reason,
            fact,
            since: from.corrected,
            until,
            told_at: from.known_at(),
            reminders: 0,
        }
    }

    /// With the reminders and words that a history tells. Whoever says something is not reminded at
    /// once, and nothing is resolved that somebody has just spoken about.
    #[must_use]
    pub(super) fn counted(self, timeline: &[Event]) -> Self {
        let public = timeline.iter();
        let public = public.filter(|event| event.doc == DocKind::Incident && event.counts());
        let known = |event: &Event| event.from.known_at();
        let begun = public.clone().find(|event| event.fact == self.fact);
        let begun = begun.map_or(self.told_at, known);
        let words = public.clone().filter(|event| event.is_word());
        let spoken = words.map(known).filter(|at| *at > begun).max();
        let spoken = spoken.unwrap_or(begun);
        let reminds = EventKind::Reminded { hold: self.fact };
        let reminders = public.filter(|event| event.kind == reminds);
        let reminders: Vec<_> = reminders.map(known).filter(|at| *at >= spoken).collect();
        Self {
            told_at: reminders.iter().copied().fold(spoken, UnixMillis::max),
            reminders: u8::try_from(reminders.len()).unwrap_or(u8::MAX),
            ..self
        }
    }
}

/// What the server does about a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldStep {
    /// The day has come: work goes on.
    Resume,
    Remind,
    /// Nobody has answered for long enough.
    Resolve,
}

/// What becomes of a hold next if nobody does anything, and when.
pub fn next_step(hold: &Hold, targets: &Targets) -> Option<(HoldStep, UnixMillis)> {
    if let Some(until) = hold.until {
        return Some((HoldStep::Resume, until));
    }
    let reminding = targets.reminding.get(&hold.reason)?;
    let step = match left(hold, reminding) {
        Some(0) => HoldStep::Resolve,
        Some(_) | None if hold.reminders < REMINDERS_MAX => HoldStep::Remind,
        Some(_) | None => return None,
    };
    Some((step, later(hold, targets, reminding, 1)))
}

/// When a hold for the caller is resolved if they do not answer, at the earliest.
pub fn resolves_at(hold: &Hold, targets: &Targets) -> Option<UnixMillis> {
    let reminding = targets.reminding.get(&hold.reason)?;
    let left = left(hold, reminding).filter(|_| hold.until.is_none())?;
    Some(later(hold, targets, reminding, u16::from(left) + 1))
}

/// How many reminders are left before it is resolved, if it ever is.
fn left(hold: &Hold, reminding: &Reminding) -> Option<u8> {
    let asks = hold.reason == HoldReason::Caller;
    let after = reminding.resolves_after.filter(|_| asks)?;
    Some(after.saturating_sub(hold.reminders))
}

/// So many times the days between two reminders later; a rule counts from when it was set.
fn later(hold: &Hold, targets: &Targets, reminding: &Reminding, times: u16) -> UnixMillis {
    let set_at = targets.reminding_since.get(&hold.reason);
    let since = set_at.map_or(hold.told_at, |at| hold.told_at.max(*at));
    let days = reminding.every_days.saturating_mul(times);
    targets.days_later(reminding.calendar.as_ref(), since, days)
}

impl Incident {
    /// What staff asks of the requester and waits for; empty when it asks nothing.
    pub fn question(&self) -> &str {
        let asks = |hold: &Hold| hold.reason == HoldReason::Caller;
        let hold = self.hold.filter(asks);
        let asked = hold.and_then(|hold| self.event(hold.fact));
        if let Some(EventKind::Held { text, .. }) = asked.map(|event| &event.kind) {
            text.trim()
        } else {
            ""
        }
    }

    /// Whether it is on hold for this reason.
    pub fn waits_for(&self, reason: HoldReason) -> bool {
        self.hold.is_some_and(|hold| hold.reason == reason)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ids::PersonId;
    use crate::incidents::{Intent, State};
    use crate::targets::Reminding;
    use crate::testing::{ALICE, BOB, CAROL, Copy};

    const DAY_MILLIS: i64 = 86_400_000;

    fn hold(reason: HoldReason, until: Option<UnixMillis>) -> Intent {
        let text = "Which printer?".to_owned();
        Intent::Hold {
            reason,
            text,
            until,
        }
    }

    fn reminding(resolves_after: Option<u8>) -> Targets {
        let reminding = Reminding {
            every_days: 2,
            calendar: None,
            resolves_after,
        };
        Targets {
            reminding: BTreeMap::from([(HoldReason::Caller, reminding)]),
            ..Targets::default()
        }
    }

    fn next(copy: &Copy, targets: &Targets) -> Option<(HoldStep, i64)> {
        let hold = copy.read().hold?;
        let (step, at) = next_step(&hold, targets)?;
        Some((step, at.since(hold.told_at) / DAY_MILLIS))
    }

    #[test]
    fn a_caller_is_reminded_until_it_is_resolved() {
        let targets = reminding(Some(2));
        let mut copy = Copy::declared();
        let fact = copy.act(ALICE, hold(HoldReason::Caller, None));
        assert_eq!(next(&copy, &targets), Some((HoldStep::Remind, 2)));
        for (count, step) in [(1, HoldStep::Remind), (2, HoldStep::Resolve)] {
            copy.now = copy.now.plus(2 * DAY_MILLIS);
            copy.act(PersonId::SERVER, Intent::Remind { hold: fact });
            let hold = copy.read().hold.expect("it is on hold");
            assert_eq!((hold.reminders, hold.told_at), (count, copy.now));
            assert_eq!(next(&copy, &targets), Some((step, 2)));
        }
    }

    #[test]
    fn reminders_of_an_earlier_hold_do_not_count() {
        let targets = reminding(Some(1));
        let mut copy = Copy::declared();
        let fact = copy.act(ALICE, hold(HoldReason::Caller, None));
        copy.act(PersonId::SERVER, Intent::Remind { hold: fact });
        assert_eq!(next(&copy, &targets), Some((HoldStep::Resolve, 2)));
        copy.act(ALICE, hold(HoldReason::Caller, None));
        assert_eq!(next(&copy, &targets), Some((HoldStep::Remind, 2)));
    }

    #[test]
    fn nobody_is_reminded_without_a_rule_or_before_a_day_that_was_named() {
        let mut copy = Copy::declared();
        copy.act(ALICE, hold(HoldReason::Vendor, None));
        assert_eq!(next(&copy, &reminding(None)), None);
        let until = copy.now.plus(9 * DAY_MILLIS + 60_000);
        copy.act(ALICE, hold(HoldReason::Caller, Some(until)));
        assert_eq!(next(&copy, &reminding(None)), Some((HoldStep::Resume, 9)));
    }

    #[test]
    fn reminders_come_to_an_end_without_a_resolution_too() {
        let mut copy = Copy::declared();
        let fact = copy.act(ALICE, hold(HoldReason::Caller, None));
        for _ in 0..REMINDERS_MAX {
            assert_eq!(next(&copy, &reminding(None)), Some((HoldStep::Remind, 2)));
            copy.act(PersonId::SERVER, Intent::Remind { hold: fact });
        }
        assert_eq!(next(&copy, &reminding(None)), None);
    }

    #[test]
    fn a_note_ends_no_hold_and_an_answer_does() {
        let text = || "Words.".to_owned();
        let mut copy = Copy::declared();
        let fact = copy.act(ALICE, hold(HoldReason::Caller, None));
        copy.act(PersonId::SERVER, Intent::Remind { hold: fact });
        copy.act(BOB, Intent::Note { text: text() });
        copy.act(BOB, Intent::Reply { text: text() });
        assert!(copy.read().waits_for(HoldReason::Caller));
        copy.act(CAROL, Intent::Reply { text: text() });
        assert_eq!(copy.read().state, State::InProgress);
    }

    #[test]
    fn whoever_says_something_is_not_reminded_or_resolved_at_once() {
        let targets = reminding(Some(1));
        let mut copy = Copy::declared();
        let fact = copy.act(ALICE, hold(HoldReason::Caller, None));
        copy.act(PersonId::SERVER, Intent::Remind { hold: fact });
        assert_eq!(next(&copy, &targets), Some((HoldStep::Resolve, 2)));
        copy.now = copy.now.plus(5 * DAY_MILLIS);
        let text = "I will call them.".to_owned();
        copy.act(BOB, Intent::Reply { text });
        assert_eq!(next(&copy, &targets), Some((HoldStep::Remind, 2)));
        let hold = copy.read().hold.expect("it is on hold");
        assert_eq!((hold.told_at, hold.reminders), (copy.now, 0));
    }

    #[test]
    fn a_rule_counts_from_when_it_was_set_and_resolves_for_callers_alone() {
        let mut copy = Copy::declared();
        copy.act(ALICE, hold(HoldReason::Caller, None));
        let mut targets = reminding(Some(2));
        let set_at = copy.now.plus(90 * DAY_MILLIS);
        targets.reminding_since.insert(HoldReason::Caller, set_at);
        assert_eq!(next(&copy, &targets), Some((HoldStep::Remind, 92)));
        let hold = copy.read().hold.expect("it is on hold");
        assert_eq!(
            resolves_at(&hold, &targets),
            Some(set_at.plus(6 * DAY_MILLIS))
        );
        let vendor = Hold {
            reason: HoldReason::Vendor,
            reminders: 2,
            ..hold
        };
        let rule = targets.reminding[&HoldReason::Caller].clone();
        targets.reminding.insert(HoldReason::Vendor, rule);
        let step = next_step(&vendor, &targets).map(|(step, _)| step);
        assert_eq!(step, Some(HoldStep::Remind));
        assert_eq!(resolves_at(&vendor, &targets), None);
    }

    #[test]
    fn an_answer_that_comes_late_undoes_a_resolution_by_itself() {
        let answers = [(CAROL, State::InProgress), (BOB, State::OnHold)];
        for (by, state) in answers {
            let mut server = Copy::declared();
            let fact = server.act(ALICE, hold(HoldReason::Caller, None));
            let mut portal = server.on(2);
            let text = "The one in the hall.".to_owned();
            portal.act(by, Intent::Reply { text });
            server.now = server.now.plus(9 * DAY_MILLIS);
            server.act(PersonId::SERVER, Intent::Remind { hold: fact });
            let resolve = Intent::Resolve {
                code: crate::incidents::ResolutionCode::NoLongerNeeded,
                notes: "Nobody answered.".to_owned(),
            };
            server.act(PersonId::SERVER, resolve);
            assert_eq!(server.read().state, State::Resolved);
            let mut closed = server.on(3);
            closed.act(PersonId::SERVER, Intent::Close);
            assert_eq!(closed.read().state, State::Closed);
            closed.merge(&portal);
            assert_eq!(closed.read().state, state, "after it was closed, too");
            server.merge(&portal);
            let incident = server.read();
            assert_eq!(incident.state, state, "a word of {by:?}");
            assert_eq!(incident.resolved_at, None);
        }
    }

    #[test]
    fn what_is_on_hold_can_be_held_for_something_else() {
        let mut copy = Copy::declared();
        copy.act(ALICE, hold(HoldReason::Caller, None));
        copy.act(ALICE, hold(HoldReason::Part, None));
        assert!(copy.read().waits_for(HoldReason::Part));
    }
}
