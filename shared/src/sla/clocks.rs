//! The fold from an incident to its clocks.

use crate::calendar::Hours;
use crate::ids::{DocKind, FactId, PersonId};
use crate::incidents::{
    EventKind, Incident, Period, Priority, Provenance, Requester, SetField, Stage, held_at,
};
use crate::targets::{Edition, Rules};
use crate::time::UnixMillis;

use super::{Clock, Clocks, Glance, Measure, Pace, Segment, Standing};

const MINUTE_MILLIS: i64 = 60_000;

/// The end of time: everything that is known counts.
const EVER: UnixMillis = UnixMillis(i64::MAX);

/// Judges an incident at a moment. Equal for equal facts and receipts, in whatever order they came.
pub fn evaluate(incident: &Incident, rules: &Rules, now: UnixMillis) -> Clocks {
    let story = Story::of(incident, rules, EVER);
    Clocks {
        targets_version: story.edition.targets.version,
        response: story.clock(Measure::Response, now),
        resolution: story.clock(Measure::Resolution, now),
    }
}

/// The edition of the matrix and the targets that an incident is judged by.
pub fn edition<'a>(incident: &Incident, rules: &'a Rules) -> &'a Edition {
    let stages = &incident.past.stages;
    let was_open = |at| {
        let began = stages.first().is_some_and(|first| first.since <= at);
        began && held_at(stages, at).is_some_and(Stage::is_open)
    };
    rules.edition(incident.created.corrected, was_open)
}

/// How both clocks stand, whatever the time is.
pub fn glance(incident: &Incident, rules: &Rules) -> Glance {
    let story = Story::of(incident, rules, EVER);
    let standing = |measure| {
        let judged = story.judge(measure);
        judged.map_or(Standing::Untimed, |judged| judged.standing)
    };
    Glance {
        response: standing(Measure::Response),
        resolution: standing(Measure::Resolution),
    }
}

/// Whether, by all that is known today, a clock had used up its target at a moment of the past.
pub fn was_breached_at(
    incident: &Incident,
    measure: Measure,
    rules: &Rules,
    at: UnixMillis,
) -> bool {
    let story = Story::of(incident, rules, at);
    let clock = story.clock(measure, at);
    clock.is_some_and(|clock| match clock.standing {
        Standing::Running { .. } | Standing::Paused { .. } => {
            clock.elapsed_millis > millis(clock.target_minutes)
        }
        Standing::Missed { .. } => true,
        Standing::Untimed | Standing::Met { .. } | Standing::Ended => false,
    })
}

fn millis(minutes: u32) -> i64 {
    i64::from(minutes) * MINUTE_MILLIS
}

/// What clocks need to know of an incident, up to a moment.
struct Story<'a> {
    incident: &'a Incident,
    edition: &'a Edition,
    until: UnixMillis,
    stages: &'a [Period<Stage>],
    responded: Option<(FactId, Provenance)>,
}

/// A stretch of a clock before it is measured.
#[derive(Clone, Copy)]
struct Span {
    since: UnixMillis,
    until: Option<UnixMillis>,
    stage: Stage,
    pace: Pace,
    fact: FactId,
    is_provisional: bool,
}

/// A clock as it stands, before it is told.
struct Judged {
    spans: Vec<Span>,
    priority: Priority,
    hours: Hours,
    target_minutes: u32,
    standing: Standing,
}

impl<'a> Story<'a> {
    fn of(incident: &'a Incident, rules: &'a Rules, until: UnixMillis) -> Self {
        let stages = &incident.past.stages;
        let known = stages.partition_point(|period| period.since <= until);
        Self {
            incident,
            edition: edition(incident, rules),
            until,
            stages: &stages[..known],
            responded: response(incident, until),
        }
    }

    fn clock(&self, measure: Measure, now: UnixMillis) -> Option<Clock> {
        let judged = self.judge(measure)?;
        let hours = &judged.hours;
        let segments = judged.spans.iter().map(|span| segment(span, hours, now));
        let segments: Vec<_> = segments.collect();
        let response = self.responded.filter(|_| measure == Measure::Response);
        let is_provisional = segments.iter().any(|segment| segment.is_provisional)
            || response.is_some_and(|(_, from)| from.arrival.is_none());
        Some(Clock {
            measure,
            priority: judged.priority,
            target_minutes: judged.target_minutes,
            standing: judged.standing,
            elapsed_millis: segments.iter().map(|segment| segment.millis).sum(),
            breach_at: reached(&judged.spans, hours, millis(judged.target_minutes)),
            is_provisional,
            segments,
        })
    }

    fn judge(&self, measure: Measure) -> Option<Judged> {
        let spans = self.spans(measure);
        let last = *spans.last()?;
        let stopped = self.stopped(measure);
        let at = stopped.map_or(self.until, |(at, _)| at);
        let priority = self.priority_at(at);
        let hours = self.edition.targets.hours(priority);
        let target_minutes = measure.target_minutes(self.edition.targets.of(priority))?;
        let left = |until| millis(target_minutes) - elapsed(&spans, &hours, until);
        let standing = match (stopped, last.pace) {
            (Some((_, Stop::Needless)), _) => Standing::Ended,
            (Some((at, Stop::Done)), _) if left(at) >= 0 => Standing::Met { at },
            (Some((at, Stop::Done)), _) => Standing::Missed { at },
            (None, Pace::Paused | Pace::Stopped) => Standing::Paused {
                left_millis: left(last.since),
            },
            (None, Pace::Runs) => Standing::Running {
                due_at: hours.moment(last.since, left(last.since)),
            },
        };
        Some(Judged {
            spans,
            priority,
            hours,
            target_minutes,
            standing,
        })
    }

    fn spans(&self, measure: Measure) -> Vec<Span> {
        let ends = self.stages.iter().skip(1).map(|next| Some(next.since));
        let spans = self.stages.iter().zip(ends.chain([None]));
        let mut spans: Vec<_> = spans
            .map(|(period, until)| self.span(period, until))
            .collect();
        if let (Measure::Response, Some((_, from))) = (measure, self.responded) {
            let at = from.corrected;
            // The first stays even if the response comes in the same moment.
            let kept = spans.partition_point(|span| span.since < at).max(1);
            spans.truncate(kept);
            if let Some(last) = spans.last_mut() {
                last.until = Some(at.max(last.since));
            }
        }
        spans
    }

    fn span(&self, period: &Period<Stage>, until: Option<UnixMillis>) -> Span {
        let pausing = &self.edition.targets.pausing;
        let pace = match period.value {
            Stage::OnHold(reason) if pausing.contains(&reason) => Pace::Paused,
            Stage::Ready | Stage::InProgress | Stage::OnHold(_) => Pace::Runs,
            Stage::Resolved | Stage::Closed | Stage::Cancelled => Pace::Stopped,
        };
        Span {
            since: period.since,
            until,
            stage: period.value,
            pace,
            fact: period.fact,
            is_provisional: period.from.arrival.is_none(),
        }
    }

    /// When and how the clock stopped, if it has.
    fn stopped(&self, measure: Measure) -> Option<(UnixMillis, Stop)> {
        if let (Measure::Response, Some((_, from))) = (measure, self.responded) {
            return Some((from.corrected, Stop::Done));
        }
        let is_done =
            |period: &&Period<Stage>| matches!(period.value, Stage::Resolved | Stage::Closed);
        let done = self.stages.iter().rev().take_while(is_done).last();
        let last = self.stages.last()?;
        match (measure, done) {
            (_, None) => (last.value == Stage::Cancelled).then_some((last.since, Stop::Needless)),
            (Measure::Response, Some(done)) => Some((done.since, Stop::Needless)),
            (Measure::Resolution, Some(done)) => Some((done.since, Stop::Done)),
        }
    }

    fn priority_at(&self, at: UnixMillis) -> Priority {
        let Incident {
            past,
            impact,
            urgency,
            ..
        } = self.incident;
        let said = past.priority.iter().rev();
        let mut said = said.skip_while(|period| period.since > at);
        if let Some(priority) = said.next().and_then(|period| period.value) {
            return priority;
        }
        let impact = held_at(&past.impact, at).unwrap_or(impact.holds.value);
        let urgency = held_at(&past.urgency, at).unwrap_or(urgency.holds.value);
        self.edition.matrix.priority(impact, urgency)
    }
}

fn elapsed(spans: &[Span], hours: &Hours, until: UnixMillis) -> i64 {
    spans.iter().map(|span| used(span, hours, until)).sum()
}

fn used(span: &Span, hours: &Hours, until: UnixMillis) -> i64 {
    if span.pace != Pace::Runs {
        return 0;
    }
    let until = span.until.map_or(until, |end| end.min(until));
    hours.elapsed(span.since, until)
}

/// The moment at which so much of the target is used up.
fn reached(spans: &[Span], hours: &Hours, millis: i64) -> Option<UnixMillis> {
    let mut left = millis;
    for span in spans.iter().filter(|span| span.pace == Pace::Runs) {
        let used = span.until.map(|_| used(span, hours, EVER));
        if used.is_none_or(|used| used > left) {
            return Some(hours.moment(span.since, left));
        }
        left -= used.unwrap_or(0);
    }
    None
}

fn segment(span: &Span, hours: &Hours, now: UnixMillis) -> Segment {
    Segment {
        since: span.since,
        until: span.until,
        stage: span.stage,
        pace: span.pace,
        millis: used(span, hours, now),
        fact: span.fact,
        is_provisional: span.is_provisional,
    }
}

/// How a clock stops.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Done,
    Needless,
}

/// Everybody who ever was the requester or watched beside them: what they wrote then is no
/// response, whoever is now.
fn requesters(incident: &Incident) -> Vec<PersonId> {
    let person = |requester: &Requester| match requester {
        Requester::Person(person) => Some(*person),
        Requester::Unknown { .. } => None,
    };
    let first = incident.first.as_ref();
    let first = first.and_then(|first| person(&first.requester));
    let events = incident.timeline.iter().filter(|event| event.counts());
    let set = events.filter_map(|event| match &event.kind {
        EventKind::Set(SetField::Requester(requester)) => person(requester),
        EventKind::Watched { person } if event.doc == DocKind::Incident => Some(*person),
        EventKind::Set(_)
        | EventKind::Declared
        | EventKind::Assigned { .. }
        | EventKind::Claimed { .. }
        | EventKind::Started
        | EventKind::Held { .. }
        | EventKind::Resolved { .. }
        | EventKind::Reopened { .. }
        | EventKind::Closed
        | EventKind::Reminded { .. }
        | EventKind::Cancelled { .. }
        | EventKind::Replied { .. }
        | EventKind::Noted { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::Attached(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Revised { .. }
        | EventKind::Ruled(_)
        | EventKind::Numbered { .. } => None,
    });
    first.into_iter().chain(set).collect()
}

/// The first human response; see the design of the module.
fn response(incident: &Incident, until: UnixMillis) -> Option<(FactId, Provenance)> {
    let requesters = requesters(incident);
    let responds = |by: PersonId, kind: &EventKind| match kind {
        EventKind::Replied { .. } => !requesters.contains(&by),
        EventKind::Started | EventKind::Held { .. } | EventKind::Resolved { .. } => true,
        EventKind::Declared
        | EventKind::Set(_)
        | EventKind::Assigned { .. }
        | EventKind::Claimed { .. }
        | EventKind::Reopened { .. }
        | EventKind::Closed
        | EventKind::Reminded { .. }
        | EventKind::Cancelled { .. }
        | EventKind::Noted { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::Attached(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Revised { .. }
        | EventKind::Ruled(_)
        | EventKind::Numbered { .. } => false,
    };
    let mut events = incident.timeline.iter().filter(|event| event.counts());
    let first = events
        .find(|event| event.from.by != PersonId::SERVER && responds(event.from.by, &event.kind))?;
    (first.from.corrected <= until).then_some((first.fact, first.from))
}
