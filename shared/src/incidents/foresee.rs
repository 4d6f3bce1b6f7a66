//! What an act will make of an incident, before it is written.
//!
//! A page shows it in the frame of the tap; the reading of the documents follows and counts. Its
//! author sees the incident as it is, so nothing is concurrent here and no fold is needed.

use crate::ids::{FactId, GroupId, PersonId};

use super::fold::Phase;
use super::{
    Assignment, Event, EventKind, Field, HoldReason, Incident, Intent, Period, Provenance, Said,
    SetField, Stage, State,
};

impl Incident {
    /// Takes in an act on the incident as it reads here; `fact` and `from` are what its fact will
    /// have. Whether the act is allowed is not asked, and cards about acts that gave way stay.
    pub fn foresee(&mut self, intent: &Intent, fact: FactId, from: Provenance) {
        let Some(kind) = event(intent) else { return };
        match intent {
            Intent::Set(value) => self.set(value, fact, from),
            Intent::Assign { group, person } => self.assign(group.clone(), *person, fact, from),
            Intent::Claim { group } => self.assign(group.clone(), Some(from.by), fact, from),
            Intent::Resolve { notes, .. } => {
                self.resolution_notes.clone_from(notes);
                self.keep_notes_to_the_last();
            }
            Intent::Declare(_)
            | Intent::Start
            | Intent::Hold { .. }
            | Intent::Reopen { .. }
            | Intent::Close
            | Intent::Cancel { .. }
            | Intent::Reply { .. }
            | Intent::Note { .. } => {}
        }
        if self.is_answer(intent, from) {
            self.step(&Intent::Start, fact, from);
        }
        self.step(intent, fact, from);
        self.updated_at = from.corrected;
        self.timeline.extend(intent.docs().first().map(|doc| Event {
            fact,
            doc: *doc,
            from,
            kind,
        }));
    }

    /// Whether it is the message of the requester that the incident waits for.
    fn is_answer(&self, intent: &Intent, from: Provenance) -> bool {
        matches!(intent, Intent::Reply { .. })
            && self.hold == Some(HoldReason::Caller)
            && self.requester_person() == Some(from.by)
    }

    fn set(&mut self, value: &SetField, fact: FactId, from: Provenance) {
        match value.clone() {
            SetField::Subject(value) => put(&mut self.subject, value, fact, from),
            SetField::Category(value) => put(&mut self.category, value, fact, from),
            SetField::Impact(value) => {
                put(&mut self.impact, value, fact, from);
                self.past.impact.push(period(value, fact, from));
            }
            SetField::Urgency(value) => {
                put(&mut self.urgency, value, fact, from);
                self.past.urgency.push(period(value, fact, from));
            }
            SetField::Site(value) => put(&mut self.site, value, fact, from),
            SetField::Requester(value) => put(&mut self.requester, value, fact, from),
        }
    }

    fn assign(
        &mut self,
        group: Option<GroupId>,
        person: Option<PersonId>,
        fact: FactId,
        from: Provenance,
    ) {
        self.assignment = Assignment {
            group,
            person,
            fact,
            from,
        };
        if matches!(self.state, State::New | State::Assigned) {
            self.state = Phase::Ready.state(person);
            self.state_from = from;
        }
    }

    fn step(&mut self, intent: &Intent, fact: FactId, from: Provenance) {
        let ready = Phase::Ready.state(self.assignment.person);
        let (state, stage) = match intent {
            Intent::Start => (State::InProgress, Stage::InProgress),
            Intent::Hold { reason, .. } => (State::OnHold, Stage::OnHold(*reason)),
            Intent::Resolve { .. } => (State::Resolved, Stage::Resolved),
            Intent::Reopen { .. } => (ready, Stage::Ready),
            Intent::Close => (State::Closed, Stage::Closed),
            Intent::Cancel { .. } => (State::Cancelled, Stage::Cancelled),
            Intent::Declare(_)
            | Intent::Set(_)
            | Intent::Assign { .. }
            | Intent::Claim { .. }
            | Intent::Reply { .. }
            | Intent::Note { .. } => return,
        };
        self.state = state;
        self.past.stages.push(period(stage, fact, from));
        self.state_from = from;
        self.hold = if let Intent::Hold { reason, .. } = intent {
            Some(*reason)
        } else {
            None
        };
        self.resolution = if let Intent::Resolve { code, .. } = intent {
            Some(*code)
        } else {
            self.resolution.filter(|_| *intent == Intent::Close)
        };
        self.resolved_at = if matches!(intent, Intent::Resolve { .. }) {
            Some(from.corrected)
        } else {
            self.resolved_at.filter(|_| *intent == Intent::Close)
        };
    }

    fn keep_notes_to_the_last(&mut self) {
        for event in &mut self.timeline {
            if let EventKind::Resolved { notes, .. } = &mut event.kind {
                notes.clear();
            }
        }
    }
}

fn period<T>(value: T, fact: FactId, from: Provenance) -> Period<T> {
    Period {
        value,
        since: from.corrected,
        fact,
        from,
    }
}

fn put<T>(field: &mut Field<T>, value: T, fact: FactId, from: Provenance) {
    field.holds = Said { value, fact, from };
    field.rivals.clear();
}

fn event(intent: &Intent) -> Option<EventKind> {
    Some(match intent.clone() {
        Intent::Declare(_) => return None,
        Intent::Set(value) => EventKind::Set(value),
        Intent::Assign { group, person } => EventKind::Assigned { group, person },
        Intent::Claim { group } => EventKind::Claimed { group },
        Intent::Start => EventKind::Started,
        Intent::Hold { reason, text } => EventKind::Held { reason, text },
        Intent::Resolve { code, notes } => EventKind::Resolved { code, notes },
        Intent::Reopen { text } => EventKind::Reopened { text },
        Intent::Close => EventKind::Closed,
        Intent::Cancel { text } => EventKind::Cancelled { text },
        Intent::Reply { text } => EventKind::Replied { text },
        Intent::Note { text } => EventKind::Noted { text },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{Level, Requester, ResolutionCode};
    use crate::testing::{ALICE, BOB, CAROL, Copy};

    fn resolve(notes: &str) -> Intent {
        let notes = notes.to_owned();
        let code = ResolutionCode::Workaround;
        Intent::Resolve { code, notes }
    }

    fn whole_life() -> Vec<Intent> {
        let text = || "Words.".to_owned();
        let reason = HoldReason::Vendor;
        vec![
            Intent::Claim { group: None },
            Intent::Assign {
                group: Some(GroupId("network".to_owned())),
                person: None,
            },
            Intent::Assign {
                group: None,
                person: Some(BOB),
            },
            Intent::Set(SetField::Subject("Other".to_owned())),
            Intent::Set(SetField::Category(None)),
            Intent::Set(SetField::Impact(Level::High)),
            Intent::Set(SetField::Urgency(Level::Low)),
            Intent::Set(SetField::Site(None)),
            Intent::Set(SetField::Requester(Requester::Person(CAROL))),
            Intent::Reply { text: text() },
            Intent::Note { text: text() },
            Intent::Start,
            Intent::Hold {
                reason,
                text: text(),
            },
            Intent::Claim { group: None },
            Intent::Start,
            resolve("First."),
            Intent::Reopen { text: text() },
            resolve("Second."),
            Intent::Close,
        ]
    }

    fn foreseen_is_what_is_read(copy: &mut Copy, intent: &Intent) {
        let mut foreseen = copy.read();
        copy.act(ALICE, intent.clone());
        let read = copy.read();
        let event = read.timeline.last().expect("the act");
        foreseen.foresee(intent, event.fact, event.from);
        assert_eq!(foreseen, read, "{intent:?}");
    }

    #[test]
    fn what_is_foreseen_of_an_act_is_what_is_read_after_it() {
        let mut copy = Copy::declared();
        for intent in whole_life() {
            copy.now = copy.now.plus(1_000);
            foreseen_is_what_is_read(&mut copy, &intent);
        }
        let mut copy = Copy::declared();
        let text = || "Words.".to_owned();
        let reason = HoldReason::Caller;
        copy.act(
            BOB,
            Intent::Hold {
                reason,
                text: text(),
            },
        );
        let answer = Intent::Reply { text: text() };
        let mut foreseen = copy.read();
        copy.act(CAROL, answer.clone());
        let read = copy.read();
        let event = read.timeline.last().expect("the act");
        foreseen.foresee(&answer, event.fact, event.from);
        assert_eq!(foreseen, read);
        let mut copy = Copy::declared();
        let text = "Not needed.".to_owned();
        foreseen_is_what_is_read(&mut copy, &Intent::Cancel { text });
    }
}
