//! What an act will make of an incident, before it is written.
//!
//! A page shows it in the frame of the tap; the reading of the documents follows and counts. Its
//! author sees the incident as it is, so nothing is concurrent here and no fold is needed.

mod taken_back;

pub(super) use taken_back::first_value;

use crate::ids::{DocKind, FactId, GroupId, PersonId};

use super::diagnosis::edited;
use super::fold::Phase;
use super::{
    Acknowledged, Assignment, Event, EventKind, Field, Hold, HoldReason, Incident, Intent, Period,
    Provenance, Said, SetField, Stage, State, Withdrawn,
};

impl Incident {
    /// Takes in an act on the incident as it reads here; `fact` and `from` are what its fact will
    /// have. Whether the act is allowed is not asked, and cards about acts that gave way stay.
    pub fn foresee(&mut self, intent: &Intent, fact: FactId, from: Provenance) {
        self.take_in(intent, fact, from);
        self.hold = self.hold.map(|hold| hold.counted(&self.timeline));
    }

    fn take_in(&mut self, intent: &Intent, fact: FactId, from: Provenance) {
        if let Intent::Withdraw { fact: target, .. } = *intent
            && let Some(said) = self
                .acknowledged
                .iter_mut()
                .find(|said| said.fact == target)
        {
            said.withdrawn.get_or_insert(Withdrawn { fact, from });
            return;
        }
        if let Intent::Withdraw { doc, fact: target } = *intent {
            self.updated_at = from.corrected;
            return self.take_back((doc, target), Withdrawn { fact, from });
        }
        if *intent == Intent::Acknowledge {
            let withdrawn = None;
            self.acknowledged.push(Acknowledged {
                fact,
                from,
                withdrawn,
            });
            return self.gave_way.retain(|card| card.by != from.by);
        }
        let Some(kind) = event(intent) else { return };
        match intent {
            Intent::Set(value) => self.set(value, fact, from),
            Intent::Assign { group, person, .. } => self.assign(group.clone(), *person, fact, from),
            Intent::Claim { group } => self.assign(group.clone(), Some(from.by), fact, from),
            Intent::Resolve { notes, .. } => self.resolution_notes.clone_from(notes),
            // What others wrote meanwhile is there once the documents are read.
            Intent::Diagnose { before, text } if self.diagnosis == *before => {
                self.diagnosis.clone_from(text);
            }
            Intent::Declare(_)
            | Intent::Start
            | Intent::Hold { .. }
            | Intent::Reopen { .. }
            | Intent::Close
            | Intent::Cancel { .. }
            | Intent::Reply { .. }
            | Intent::Note { .. }
            | Intent::Withdraw { .. }
            | Intent::Acknowledge
            | Intent::Remind { .. }
            | Intent::Log(_)
            | Intent::AddTask(_)
            | Intent::ChangeTask { .. }
            | Intent::Attach { .. }
            | Intent::Watch { .. }
            | Intent::Unwatch { .. }
            | Intent::Mention { .. }
            | Intent::Diagnose { .. }
            | Intent::Revise { .. }
            | Intent::Rule(_) => {}
        }
        // Nothing internal moves an incident on.
        if intent.docs() != [DocKind::Work] {
            self.step(&kind, fact, from);
        }
        self.updated_at = from.corrected;
        self.timeline.extend(intent.docs().first().map(|doc| Event {
            fact,
            doc: *doc,
            from,
            kind,
            withdrawn: None,
        }));
    }

    /// Whether it is the message of the requester that the incident waits for.
    fn is_answer(&self, kind: &EventKind, from: Provenance) -> bool {
        matches!(kind, EventKind::Replied { .. } | EventKind::Attached(_))
            && self.waits_for(HoldReason::Caller)
            && self.requester_person() == Some(from.by)
    }

    fn set(&mut self, value: &SetField, fact: FactId, from: Provenance) {
        self.put(value, fact, from);
        match value {
            SetField::Impact(level) => self.past.impact.push(period(*level, fact, from)),
            SetField::Urgency(level) => self.past.urgency.push(period(*level, fact, from)),
            SetField::Priority(set) => self.past.priority.push(period(set.priority, fact, from)),
            SetField::Subject(_)
            | SetField::Category(_)
            | SetField::Site(_)
            | SetField::Requester(_) => {}
        }
    }

    fn put(&mut self, value: &SetField, fact: FactId, from: Provenance) {
        match value.clone() {
            SetField::Subject(value) => put(&mut self.subject, value, fact, from),
            SetField::Category(value) => put(&mut self.category, value, fact, from),
            SetField::Impact(value) => put(&mut self.impact, value, fact, from),
            SetField::Urgency(value) => put(&mut self.urgency, value, fact, from),
            SetField::Site(value) => put(&mut self.site, value, fact, from),
            SetField::Requester(value) => put(&mut self.requester, value, fact, from),
            SetField::Priority(value) => put(&mut self.priority, value, fact, from),
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

    fn step(&mut self, kind: &EventKind, fact: FactId, from: Provenance) {
        let kind = if self.is_answer(kind, from) {
            &EventKind::Started
        } else {
            kind
        };
        let ready = Phase::Ready.state(self.assignment.person);
        let (state, stage) = match kind {
            EventKind::Started => (State::InProgress, Stage::InProgress),
            EventKind::Held { reason, .. } => (State::OnHold, Stage::OnHold(*reason)),
            EventKind::Resolved { .. } => (State::Resolved, Stage::Resolved),
            EventKind::Reopened { .. } => (ready, Stage::Ready),
            EventKind::Closed => (State::Closed, Stage::Closed),
            EventKind::Cancelled { .. } => (State::Cancelled, Stage::Cancelled),
            EventKind::Declared
            | EventKind::Set(_)
            | EventKind::Assigned { .. }
            | EventKind::Claimed { .. }
            | EventKind::Replied { .. }
            | EventKind::Noted { .. }
            | EventKind::Numbered { .. }
            | EventKind::Reminded { .. }
            | EventKind::Logged(_)
            | EventKind::TaskAdded(_)
            | EventKind::Attached(_)
            | EventKind::TaskChanged { .. }
            | EventKind::Watched { .. }
            | EventKind::Unwatched { .. }
            | EventKind::Diagnosed { .. }
            | EventKind::Revised { .. }
            | EventKind::Ruled(_) => return,
        };
        self.state = state;
        self.past.stages.push(period(stage, fact, from));
        self.state_from = from;
        self.hold = if let EventKind::Held { reason, until, .. } = kind {
            Some(Hold::begun(*reason, fact, from, *until))
        } else {
            None
        };
        let is_closed = *kind == EventKind::Closed;
        (self.resolution, self.resolved_at) = if let EventKind::Resolved { code, .. } = kind {
            (Some(*code), Some(from.corrected))
        } else {
            (
                self.resolution.filter(|_| is_closed),
                self.resolved_at.filter(|_| is_closed),
            )
        };
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
        Intent::Declare(_)
        | Intent::Withdraw { .. }
        | Intent::Acknowledge
        | Intent::Remind { .. }
        | Intent::Rule(_) => return None,
        Intent::Set(value) => EventKind::Set(value),
        Intent::Assign {
            group,
            person,
            escalation,
        } => EventKind::Assigned {
            group,
            person,
            escalation,
        },
        Intent::Claim { group } => EventKind::Claimed { group },
        Intent::Start => EventKind::Started,
        Intent::Hold {
            reason,
            text,
            until,
        } => EventKind::Held {
            reason,
            text,
            until,
        },
        Intent::Resolve { code, notes } => EventKind::Resolved { code, notes },
        Intent::Reopen { text } => EventKind::Reopened { text },
        Intent::Close => EventKind::Closed,
        Intent::Cancel { text } => EventKind::Cancelled { text },
        Intent::Reply { text } => EventKind::Replied {
            text,
            mentions: Vec::new(),
        },
        Intent::Note { text } => EventKind::Noted {
            text,
            mentions: Vec::new(),
        },
        Intent::Mention { doc, text, people } => {
            let mentions = people;
            match doc {
                DocKind::Incident => EventKind::Replied { text, mentions },
                DocKind::Work => EventKind::Noted { text, mentions },
            }
        }
        Intent::Log(log) => EventKind::Logged(log),
        Intent::AddTask(new) => EventKind::TaskAdded(new),
        Intent::ChangeTask { task, change } => EventKind::TaskChanged { task, change },
        Intent::Attach { file, .. } => EventKind::Attached(file),
        Intent::Diagnose { before, text } => edited(&before, &text),
        Intent::Revise { entry, text, .. } => EventKind::Revised { entry, text },
        Intent::Watch { person, .. } => EventKind::Watched { person },
        Intent::Unwatch { person, added, .. } => EventKind::Unwatched { person, added },
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
                escalation: None,
            },
            Intent::Assign {
                group: None,
                person: Some(BOB),
                escalation: None,
            },
            Intent::Set(SetField::Subject("Other".to_owned())),
            Intent::Set(SetField::Category(None)),
            Intent::Set(SetField::Impact(Level::High)),
            Intent::Set(SetField::Urgency(Level::Low)),
            Intent::Set(SetField::Site(None)),
            Intent::Set(SetField::Requester(Requester::Person(CAROL))),
            Intent::Reply { text: text() },
            Intent::Note { text: text() },
            Intent::Log(crate::testing::log(25)),
            Intent::AddTask(crate::testing::task()),
            Intent::Start,
            Intent::Hold {
                reason,
                text: text(),
                until: Some(crate::time::UnixMillis(1_800_000_000_000)),
            },
            Intent::Claim { group: None },
            Intent::Start,
            resolve("First."),
            Intent::Reopen { text: text() },
            resolve("Second."),
            Intent::Close,
        ]
    }

    fn withdraw(event: &Event) -> Intent {
        let Event { doc, fact, .. } = *event;
        Intent::Withdraw { doc, fact }
    }

    fn taken_back_as_foreseen(copy: &mut Copy, event: &Event) {
        let mut foreseen = copy.read();
        let intent = withdraw(event);
        copy.act(event.from.by, intent.clone());
        let read = copy.read();
        let events = read.timeline.iter();
        let said = events.filter_map(|event| event.withdrawn);
        let said = said.max_by_key(|said| said.from.corrected);
        let said = said.expect("something was taken back");
        foreseen.foresee(&intent, said.fact, said.from);
        assert_eq!(foreseen, read, "{event:?}");
    }

    #[test]
    fn what_is_foreseen_of_taking_an_act_back_is_what_is_read_after_it() {
        let lives = [
            whole_life(),
            vec![Intent::Cancel {
                text: String::new(),
            }],
        ];
        for (life, at_once) in lives
            .into_iter()
            .flat_map(|life| [(life.clone(), true), (life, false)])
        {
            let mut copy = Copy::declared();
            for intent in life {
                copy.now = copy.now.plus(1_000);
                copy.act(ALICE, intent);
                let read = copy.read();
                let last = read.timeline.last().expect("the act");
                if at_once {
                    let mut copy = copy.clone();
                    taken_back_as_foreseen(&mut copy, last);
                }
            }
            let whole = copy.read();
            for event in whole.timeline.iter().rev() {
                taken_back_as_foreseen(&mut copy, event);
            }
        }
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
                until: None,
            },
        );
        let answer = Intent::Reply { text: text() };
        let mut foreseen = copy.read();
        copy.act(CAROL, answer.clone());
        let read = copy.read();
        let event = read.timeline.last().expect("the act");
        foreseen.foresee(&answer, event.fact, event.from);
        assert_eq!(foreseen, read);
        taken_back_as_foreseen(&mut copy, event);
        let mut copy = Copy::declared();
        for doc in [DocKind::Incident, DocKind::Work] {
            let (text, people) = ("@Alice".to_owned(), vec![ALICE]);
            foreseen_is_what_is_read(&mut copy, &Intent::Mention { doc, text, people });
            let person = ALICE;
            foreseen_is_what_is_read(&mut copy, &Intent::Watch { doc, person });
            let added = copy.read().watcher(doc, person).expect("they watch").added;
            foreseen_is_what_is_read(&mut copy, &Intent::Unwatch { doc, person, added });
        }
        let text = "Not needed.".to_owned();
        foreseen_is_what_is_read(&mut copy, &Intent::Cancel { text });
    }
}
