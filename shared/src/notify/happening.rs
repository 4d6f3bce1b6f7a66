//! One event of an incident: whether it is news, whether it still holds, and whom it reaches.

use std::collections::BTreeMap;

use crate::ids::{DocKind, FactId, PersonId};
use crate::incidents::{self, EventKind, HoldReason, Incident, Requester, Stage, State};
use crate::people::{Directory, Person, Role};
use crate::policy;
use crate::sla::{self, Standing};

use super::{Capacity, Channel, Event, Notice, Recipient, Side, Whom, address, events, stands};

/// An event with the fact that says so and its author.
#[derive(Debug, Clone, Copy)]
pub(super) struct Happening {
    pub(super) event: Event,
    pub(super) fact: Option<FactId>,
    pub(super) by: PersonId,
}

impl Happening {
    /// What a fact tells that a commit brought. That an incident is in a state is no news while it
    /// is; to reopen it tells what its author says, unless another reopening holds.
    pub(super) fn news(
        self,
        before: Option<&Incident>,
        after: &Incident,
        directory: &Directory,
    ) -> Vec<Notice> {
        let is_news = match self.event {
            Event::Resolved | Event::Closed | Event::Cancelled | Event::Asked => {
                before.is_none_or(|before| self.saying(before).is_empty())
            }
            Event::Reopened => self.held(after) == self.fact,
            Event::Declared
            | Event::Assigned
            | Event::AskedAgain
            | Event::StillHeld
            | Event::Resumed
            | Event::Replied
            | Event::Noted
            | Event::Mentioned
            | Event::Warned { .. }
            | Event::Breached { .. }
            | Event::BreachCorrected { .. } => true,
        };
        if is_news {
            self.notices(after, directory)
        } else {
            Vec::new()
        }
    }

    /// What a known fact tells anew once another was taken back. Of those that say that an incident
    /// is in its state, the first to arrive was told.
    pub(super) fn again(
        self,
        before: &Incident,
        after: &Incident,
        directory: &Directory,
    ) -> Vec<Notice> {
        let (said, say) = (self.saying(before), self.saying(after));
        let first = say.iter().min_by_key(|told| told.from.known_at());
        if first.is_some_and(|first| Some(first.fact) != self.fact) {
            return Vec::new();
        }
        let says = |fact: FactId| say.iter().any(|told| told.fact == fact);
        let is_one_gone = said.iter().any(|told| !says(told.fact));
        let mut notices = self.notices(after, directory);
        notices.retain(|notice| is_one_gone || !stands(notice, before, directory));
        notices
    }

    pub(super) fn notices(self, incident: &Incident, directory: &Directory) -> Vec<Notice> {
        if !self.holds(incident) {
            return Vec::new();
        }
        let recipients = self.recipients(incident, directory);
        let notice = |(to, capacity)| Notice {
            incident: incident.id,
            event: self.event,
            fact: self.fact,
            by: self.by,
            to,
            capacity,
            channel: Channel::Mail,
            round: 0,
        };
        recipients.into_iter().map(notice).collect()
    }

    /// Whoever is told in more than one way is told as staff, else as the requester.
    pub(super) fn recipients(
        self,
        incident: &Incident,
        directory: &Directory,
    ) -> BTreeMap<Recipient, Capacity> {
        let mut recipients = BTreeMap::new();
        for whom in self.event.tells(self.side(incident, directory)) {
            match whom {
                Whom::Requester => recipients.extend(
                    requester(incident, directory)
                        .map(|requester| (requester, Capacity::Requester)),
                ),
                Whom::Holder => recipients.extend(as_staff(holders(incident, directory))),
                Whom::Leads => recipients.extend(as_staff(leads(directory))),
                Whom::LeadsOfNobodys if holders(incident, directory).is_empty() => {
                    let mut leads = leads(directory);
                    // Of their own report they hear as whoever made it.
                    leads.retain(|lead| lead.id != self.by);
                    recipients.extend(as_staff(leads));
                }
                Whom::LeadsOfNobodys => {}
                Whom::Watchers => {
                    recipients.extend(as_staff(watchers(incident, directory, DocKind::Work)));
                }
                Whom::Mentioned => {
                    recipients.extend(as_staff(self.mentioned(incident, directory)));
                }
                Whom::PublicWatchers => {
                    let watchers = watchers(incident, directory, DocKind::Incident);
                    for watcher in watchers {
                        let watcher = Recipient::Person(watcher.id);
                        recipients.entry(watcher).or_insert(Capacity::Watcher);
                    }
                }
                Whom::HolderOrLeads => {
                    let holders = holders(incident, directory);
                    let told = if holders.is_empty() {
                        leads(directory)
                    } else {
                        holders
                    };
                    recipients.extend(as_staff(told));
                }
            }
        }
        if matches!(self.event, Event::Replied | Event::Noted) {
            // They hear that they are called on, and that once.
            for person in self.mentioned(incident, directory) {
                recipients.remove(&Recipient::Person(person.id));
            }
        }
        let author = Recipient::Person(self.by);
        let is_own_report =
            self.event == Event::Declared && recipients.get(&author) == Some(&Capacity::Requester);
        if !is_own_report {
            recipients.remove(&author);
        }
        recipients
    }

    /// The staff whom the text calls on, as far as they may read it.
    fn mentioned<'a>(self, incident: &Incident, directory: &'a Directory) -> Vec<&'a Person> {
        let told = self.fact.and_then(|fact| incident.event(fact));
        let mentions = told.map_or(&[][..], |told| told.kind.mentions());
        let people = mentions.iter().filter_map(|id| directory.person(*id));
        let reads = |person: &&Person| {
            person.active && person.is_staff() && policy::reads(person, incident)
        };
        people.filter(reads).collect()
    }

    fn side(self, incident: &Incident, directory: &Directory) -> Side {
        let is_requester = incident.requester_person() == Some(self.by);
        let is_staff = || directory.person(self.by).is_none_or(Person::is_staff);
        if !is_requester && is_staff() {
            Side::Staff
        } else {
            Side::Requester
        }
    }

    /// A warning is of no use once its clock has come to its end, or has more time than it says.
    pub(super) fn is_awaited(self, incident: &Incident, directory: &Directory) -> bool {
        let Event::Warned { clock, due } = self.event else {
            return true;
        };
        let glance = sla::glance(incident, &directory.rules());
        match glance.of(clock) {
            Standing::Running { due_at } => due_at <= due,
            Standing::Paused { .. } => true,
            Standing::Untimed
            | Standing::Met { .. }
            | Standing::Missed { .. }
            | Standing::Ended => false,
        }
    }

    /// Whether the incident still is as the event tells it.
    pub(super) fn holds(self, incident: &Incident) -> bool {
        let Some(fact) = self.fact else {
            return !matches!(self.event, Event::Warned { .. }) || incident.state.is_open();
        };
        incident.event(fact).is_some_and(incidents::Event::counts)
            && match self.event {
                Event::Declared => incident.state != State::Cancelled,
                Event::Assigned => incident.assignment.fact == fact,
                Event::AskedAgain | Event::StillHeld => is_of_hold(fact, incident),
                Event::Resumed => {
                    let last = incident.past.stages.last();
                    last.is_some_and(|stage| stage.fact == fact)
                }
                Event::Asked
                | Event::Resolved
                | Event::Closed
                | Event::Reopened
                | Event::Cancelled => {
                    let say = self.saying(incident);
                    say.iter().any(|told| told.fact == fact)
                }
                Event::Replied
                | Event::Noted
                | Event::Mentioned
                | Event::Warned { .. }
                | Event::Breached { .. }
                | Event::BreachCorrected { .. } => true,
            }
    }

    /// The facts that say the event, of those since which the incident has been as it tells without
    /// a break, oldest first; none of an event that is not of the state. Of facts of one moment not
    /// every one has held, so they count by their place.
    fn saying(self, incident: &Incident) -> Vec<&incidents::Event> {
        let stages = incident.past.stages.iter().rev();
        let since = stages.take_while(|period| self.is_told_by(period.value));
        let Some(first) = since.last() else {
            return Vec::new();
        };
        let from_first = incident.timeline.iter();
        let from_first = from_first.skip_while(|told| told.fact != first.fact);
        let says = |told: &&incidents::Event| told.counts() && self.is_said_by(told, incident);
        from_first.filter(says).collect()
    }

    /// The fact that held last of those that say the event.
    fn held(self, incident: &Incident) -> Option<FactId> {
        let stages = incident.past.stages.iter().rev();
        let mut held = stages.filter_map(|period| incident.event(period.fact));
        let last = held.find(|told| self.is_said_by(told, incident));
        last.map(|told| told.fact)
    }

    fn is_said_by(self, told: &incidents::Event, incident: &Incident) -> bool {
        events(told, incident).contains(&self.event)
    }

    fn is_told_by(self, stage: Stage) -> bool {
        match self.event {
            Event::Resolved => stage == Stage::Resolved,
            Event::Closed => stage == Stage::Closed,
            Event::Cancelled => stage == Stage::Cancelled,
            Event::Asked => stage == Stage::OnHold(HoldReason::Caller),
            Event::Reopened => match stage {
                Stage::Ready | Stage::InProgress | Stage::OnHold(_) => true,
                Stage::Resolved | Stage::Closed | Stage::Cancelled => false,
            },
            Event::Declared
            | Event::Assigned
            | Event::AskedAgain
            | Event::StillHeld
            | Event::Resumed
            | Event::Replied
            | Event::Noted
            | Event::Mentioned
            | Event::Warned { .. }
            | Event::Breached { .. }
            | Event::BreachCorrected { .. } => false,
        }
    }
}

/// Whether the hold still goes on that a reminder is of.
fn is_of_hold(reminder: FactId, incident: &Incident) -> bool {
    let told = incident.event(reminder).map(|told| &told.kind);
    let Some(EventKind::Reminded { hold: of }) = told else {
        return false;
    };
    incident.hold.is_some_and(|hold| hold.fact == *of)
}

fn as_staff(people: Vec<&Person>) -> impl Iterator<Item = (Recipient, Capacity)> + use<'_> {
    let staff = |person: &Person| (Recipient::Person(person.id), Capacity::Staff);
    people.into_iter().map(staff)
}

/// Whoever is no longer what they would have to be now watches no more.
fn watchers<'a>(incident: &Incident, directory: &'a Directory, doc: DocKind) -> Vec<&'a Person> {
    let watchers = incident.watchers(doc).into_iter();
    let people = watchers.filter_map(|watcher| directory.person(watcher.person));
    let may = |person: &&Person| person.active && policy::may_watch(person, doc);
    people.filter(may).collect()
}

fn requester(incident: &Incident, directory: &Directory) -> Option<Recipient> {
    match &incident.requester.holds.value {
        Requester::Person(id) => {
            let person = directory.person(*id).filter(|person| person.active);
            person.map(|person| Recipient::Person(person.id))
        }
        Requester::Unknown { contact, .. } => {
            address(contact).map(|address| Recipient::Caller(address.to_owned()))
        }
    }
}

/// Somebody who left passes what they had on to their group.
fn holders<'a>(incident: &Incident, directory: &'a Directory) -> Vec<&'a Person> {
    let works = |person: &&Person| person.active && person.is_staff();
    let person = incident.assignment.person;
    if let Some(person) = person.and_then(|id| directory.person(id)).filter(works) {
        return vec![person];
    }
    let Some(group) = &incident.assignment.group else {
        return Vec::new();
    };
    let members = directory.people.iter();
    let members = members.filter(|person| person.groups.contains(group));
    members.filter(works).collect()
}

fn leads(directory: &Directory) -> Vec<&Person> {
    let leads = |person: &&Person| person.active && person.roles.contains(&Role::IncidentManager);
    directory.people.iter().filter(leads).collect()
}
