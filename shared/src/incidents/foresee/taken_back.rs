//! What taking an act back will make of an incident.
//!
//! A page has no `saw`, so what counts is read off the history as if everybody had known all that
//! came before. What was concurrent shows once the documents are read.

use std::mem::discriminant;

use crate::ids::{DocKind, FactId};
use crate::incidents::fold::Phase;
use crate::incidents::{
    Declare, Event, EventKind, Incident, Override, Provenance, SetField, State, Withdrawn,
};

impl Incident {
    pub(super) fn take_back(&mut self, (doc, fact): (DocKind, FactId), withdrawn: Withdrawn) {
        let mut events = self.timeline.iter_mut();
        let found = events.find(|event| (event.doc, event.fact) == (doc, fact) && event.counts());
        let Some(event) = found else { return };
        event.withdrawn = Some(withdrawn);
        match event.kind.clone() {
            EventKind::Declared => {
                let text = String::new();
                self.step(
                    &EventKind::Cancelled { text },
                    withdrawn.fact,
                    withdrawn.from,
                );
            }
            EventKind::Set(value) => self.set_back(&value, fact),
            EventKind::Assigned { .. } | EventKind::Claimed { .. } => self.assign_back(fact),
            EventKind::Resolved { .. } => {
                self.step_back();
                self.resolution_notes = self.last_notes();
            }
            EventKind::Started
            | EventKind::Held { .. }
            | EventKind::Reopened { .. }
            | EventKind::Closed
            | EventKind::Cancelled { .. } => self.step_back(),
            EventKind::Replied { .. } | EventKind::Attached(_)
                if self.requester_person() == Some(withdrawn.from.by) =>
            {
                self.step_back();
            }
            EventKind::Replied { .. }
            | EventKind::Attached(_)
            | EventKind::Noted { .. }
            | EventKind::Numbered { .. }
            | EventKind::Reminded { .. }
            | EventKind::Logged(_)
            | EventKind::TaskAdded(_)
            | EventKind::TaskChanged { .. }
            | EventKind::Watched { .. }
            | EventKind::Unwatched { .. }
            | EventKind::Diagnosed { .. }
            | EventKind::Revised { .. }
            | EventKind::Ruled(_) => {}
        }
    }

    /// The last event that counts, of those wanted.
    fn last(&self, wanted: impl Fn(&EventKind) -> bool) -> Option<Event> {
        let mut events = self.timeline.iter().rev();
        let found = events.find(|event| event.counts() && wanted(&event.kind));
        found.cloned()
    }

    fn last_notes(&self) -> String {
        let last = self.last(|kind| matches!(kind, EventKind::Resolved { .. }));
        match last.map(|event| event.kind) {
            Some(EventKind::Resolved { notes, .. }) => notes,
            Some(_) | None => String::new(),
        }
    }

    /// What the incident was declared with, and by which fact.
    fn birth(&self) -> Option<(Declare, FactId, Provenance)> {
        let first = self.first.as_deref()?.clone();
        let mut events = self.timeline.iter();
        let birth = events.find(|event| event.kind == EventKind::Declared)?;
        Some((first, birth.fact, birth.from))
    }

    fn set_back(&mut self, taken: &SetField, fact: FactId) {
        self.past.impact.retain(|period| period.fact != fact);
        self.past.urgency.retain(|period| period.fact != fact);
        self.past.priority.retain(|period| period.fact != fact);
        if self.holds(taken) != fact {
            return;
        }
        let same = |value: &SetField| discriminant(value) == discriminant(taken);
        let before = self.last(|kind| matches!(kind, EventKind::Set(value) if same(value)));
        if let Some(before) = before
            && let EventKind::Set(value) = &before.kind
        {
            self.put(value, before.fact, before.from);
        } else if let Some((first, fact, from)) = self.birth() {
            self.put(&first_value(taken, &first), fact, from);
        }
    }

    /// The fact whose value a field has.
    fn holds(&self, field: &SetField) -> FactId {
        match field {
            SetField::Subject(_) => self.subject.holds.fact,
            SetField::Category(_) => self.category.holds.fact,
            SetField::Impact(_) => self.impact.holds.fact,
            SetField::Urgency(_) => self.urgency.holds.fact,
            SetField::Site(_) => self.site.holds.fact,
            SetField::Requester(_) => self.requester.holds.fact,
            SetField::Priority(_) => self.priority.holds.fact,
        }
    }

    fn assign_back(&mut self, fact: FactId) {
        if self.assignment.fact != fact {
            return;
        }
        let is_assignment = |kind: &EventKind| {
            matches!(kind, EventKind::Assigned { .. } | EventKind::Claimed { .. })
        };
        let before = self.last(is_assignment);
        if let Some(Event {
            fact, from, kind, ..
        }) = before
        {
            if let EventKind::Assigned { group, person, .. } = kind {
                self.assign(group, person, fact, from);
            } else if let EventKind::Claimed { group } = kind {
                self.assign(group, Some(from.by), fact, from);
            }
        } else if let Some((first, fact, from)) = self.birth() {
            self.assign(first.group, first.assignee, fact, from);
        }
        self.be_ready_since();
    }

    fn step_back(&mut self) {
        self.state = Phase::Ready.state(self.assignment.person);
        (self.state_from, self.hold) = (self.created, None);
        (self.resolution, self.resolved_at) = (None, None);
        // The first is how it began.
        self.past.stages.truncate(1);
        let events = self.timeline.clone();
        let counts = |event: &&Event| event.counts() && event.doc == DocKind::Incident;
        for event in events.iter().filter(counts) {
            self.step(&event.kind, event.fact, event.from);
        }
        self.be_ready_since();
    }

    /// An incident that waits for work came into its state by its last step or the assignment.
    fn be_ready_since(&mut self) {
        if !matches!(self.state, State::New | State::Assigned) {
            return;
        }
        let stepped = self.last(|kind| matches!(kind, EventKind::Reopened { .. }));
        let stepped = stepped.map_or(self.created, |event| event.from);
        let assigned = self.assignment.from;
        let is_later = assigned.corrected > stepped.corrected;
        self.state_from = if is_later { assigned } else { stepped };
    }
}

/// The value that a field began with.
pub(in crate::incidents) fn first_value(field: &SetField, first: &Declare) -> SetField {
    match field {
        SetField::Subject(_) => SetField::Subject(first.subject.clone()),
        SetField::Category(_) => SetField::Category(first.category.clone()),
        SetField::Impact(_) => SetField::Impact(first.impact),
        SetField::Urgency(_) => SetField::Urgency(first.urgency),
        SetField::Site(_) => SetField::Site(first.site.clone()),
        SetField::Requester(_) => SetField::Requester(first.requester.clone()),
        SetField::Priority(_) => SetField::Priority(Override::default()),
    }
}
