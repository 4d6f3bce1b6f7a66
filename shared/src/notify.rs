//! Who is told of what: one table from an event to the people who hear of it.
//!
//! A [`Notice`] is one event for one recipient, not yet worded. [`of_acts`] draws notices from what an
//! incident read before and after a commit, [`of_clock`] from a service level. What a notice rests on
//! may be withdrawn or overtaken before it leaves: [`stands`] is asked then.
//!
//! Nobody is told of their own act, but that their report has come in; nobody who is inactive is told of anything, and a requester never
//! learns that internal work exists: only facts of the incident document make notices.

mod address;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{DocKind, FactId, IncidentId, PersonId};
use crate::incidents::{self, EventKind, HoldReason, Incident, Requester, State};
use crate::people::{Directory, Person, Role};
use crate::sla::{self, Calendar, Measure, Standing};
use crate::time::UnixMillis;

pub use address::address;

/// What people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Declared,
    /// Somebody, or a group, has it now.
    Assigned,
    /// It waits for an answer of its requester.
    Asked,
    /// A message that the requester sees.
    Replied,
    Resolved,
    Closed,
    Reopened,
    Cancelled,
    /// Most of the time until `due` is gone.
    Warned {
        clock: Measure,
        due: UnixMillis,
    },
    /// `due` has passed.
    Breached {
        clock: Measure,
        due: UnixMillis,
    },
    /// A breach was announced, and what arrived since shows that there was none.
    BreachCorrected {
        clock: Measure,
        due: UnixMillis,
    },
}

/// Who hears of an event, as the table names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whom {
    Requester,
    /// The person who has the incident; without one, the members of its group.
    Holder,
    /// Those who lead the incident process.
    Leads,
    /// The holder; where there is none, the leads.
    HolderOrLeads,
    /// The leads of what nobody has.
    LeadsOfNobodys,
}

/// On whose behalf an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Requester,
    Staff,
}

impl Event {
    /// The table. An act of a requester is told to who works on it, and the other way round.
    fn tells(self, side: Side) -> &'static [Whom] {
        use Whom::{Holder, HolderOrLeads, Leads, LeadsOfNobodys, Requester};
        match (self, side) {
            (Self::Declared, Side::Requester) => &[Requester, LeadsOfNobodys],
            (Self::Declared | Self::Asked, _)
            | (Self::Replied | Self::Resolved | Self::Closed | Self::Cancelled, Side::Staff) => {
                &[Requester]
            }
            (Self::Assigned, _)
            | (
                Self::Replied | Self::Resolved | Self::Closed | Self::Reopened | Self::Cancelled,
                Side::Requester,
            ) => &[Holder],
            (Self::Reopened, Side::Staff) => &[Requester, Holder],
            (Self::Warned { .. }, _) => &[HolderOrLeads],
            (Self::Breached { .. } | Self::BreachCorrected { .. }, _) => &[Holder, Leads],
        }
    }

    /// Whether a clock says it, of which no fact tells that it was said.
    pub fn is_of_clock(self) -> bool {
        match self {
            Self::Warned { .. } | Self::Breached { .. } | Self::BreachCorrected { .. } => true,
            Self::Declared
            | Self::Assigned
            | Self::Asked
            | Self::Replied
            | Self::Resolved
            | Self::Closed
            | Self::Reopened
            | Self::Cancelled => false,
        }
    }

    /// Short and stable, for keys.
    fn word(self) -> String {
        let clocked = |event: &str, clock, due: UnixMillis| {
            let clock = match clock {
                Measure::Response => "response",
                Measure::Resolution => "resolution",
            };
            format!("{event}-{clock}-{}", due.0)
        };
        match self {
            Self::Declared => "declared".to_owned(),
            Self::Assigned => "assigned".to_owned(),
            Self::Asked => "asked".to_owned(),
            Self::Replied => "replied".to_owned(),
            Self::Resolved => "resolved".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Reopened => "reopened".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::Warned { clock, due } => clocked("warned", clock, due),
            Self::Breached { clock, due } => clocked("breached", clock, due),
            Self::BreachCorrected { clock, due } => clocked("corrected", clock, due),
        }
    }
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    Person(PersonId),
    /// A caller whom the directory does not know, at the address that they left.
    Caller(String),
}

/// As what somebody is told: it decides how a letter is worded and where its link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    Requester,
    Staff,
}

/// Over which channel somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Mail,
}

/// One event for one recipient over one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    pub incident: IncidentId,
    pub event: Event,
    /// The fact that says so; none when a clock does.
    pub fact: Option<FactId>,
    pub by: PersonId,
    pub to: Recipient,
    pub capacity: Capacity,
    pub channel: Channel,
    /// How often the same was said of a clock before and taken back since.
    #[serde(default)]
    pub round: u32,
}

/// Whom a notice of a clock was for, by its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub round: u32,
    pub to: PersonId,
}

/// What the keys of all notices of a clock's event begin with, whoever they are for.
pub fn clock_key(incident: IncidentId, event: Event) -> String {
    format!("{incident}/{}", event.word())
}

/// Reads a key that begins like that.
pub fn said(key: &str) -> Option<Said> {
    let mut parts = key.split('/').skip(1);
    let (event, to) = (parts.next()?, parts.next()?);
    let round = match event.split_once('.') {
        Some((_, round)) => round.parse().ok()?,
        None => 0,
    };
    let to = PersonId(to.parse().ok()?);
    Some(Said { round, to })
}

impl Notice {
    /// Names the notice: whoever is told of one event over one channel is told once. Carries no
    /// address.
    pub fn key(&self) -> String {
        let Self {
            incident, event, ..
        } = self;
        let event = event.word();
        let again = (self.round > 0).then(|| format!(".{}", self.round));
        let fact = self.fact.map(|fact| format!(".{fact}"));
        let fact = fact.or(again).unwrap_or_default();
        let to = match &self.to {
            Recipient::Person(person) => person.0.to_string(),
            Recipient::Caller(_) => "caller".to_owned(),
        };
        let channel = match self.channel {
            Channel::Mail => "mail",
        };
        format!("{incident}/{event}{fact}/{to}/{channel}")
    }
}

/// The notices of what a commit did to an incident; none before it was declared.
pub fn of_acts(before: Option<&Incident>, after: &Incident, directory: &Directory) -> Vec<Notice> {
    let known: BTreeSet<FactId> = before
        .iter()
        .flat_map(|before| before.timeline.iter().map(|event| event.fact))
        .collect();
    let is_new = |event: &&incidents::Event| !known.contains(&event.fact);
    let fresh = after.timeline.iter().filter(is_new);
    let mut notices = Vec::new();
    for told in fresh.filter(|told| told.doc == DocKind::Incident) {
        for event in events(&told.kind, after) {
            let happening = Happening {
                event,
                fact: Some(told.fact),
                by: told.from.by,
            };
            notices.extend(happening.notices(after, directory));
        }
    }
    notices
}

/// The notices of what a clock of a service level says, for the first time or anew after it was
/// taken back so often.
pub fn of_clock(
    event: Event,
    round: u32,
    incident: &Incident,
    directory: &Directory,
) -> Vec<Notice> {
    let (fact, by) = (None, PersonId::SERVER);
    let mut notices = Happening { event, fact, by }.notices(incident, directory);
    for notice in &mut notices {
        notice.round = round;
    }
    notices
}

/// The notices that take back what a clock said, for those who were told of it.
pub fn of_correction(event: Event, told: &[Said], incident: IncidentId) -> Vec<Notice> {
    let notice = |said: &Said| Notice {
        incident,
        event,
        fact: None,
        by: PersonId::SERVER,
        to: Recipient::Person(said.to),
        capacity: Capacity::Staff,
        channel: Channel::Mail,
        round: said.round,
    };
    told.iter().map(notice).collect()
}

/// Whether a notice may still leave: nobody withdrew what it tells, nothing overtook it, and its
/// recipient is still one of those who are told.
pub fn stands(notice: &Notice, incident: &Incident, directory: &Directory) -> bool {
    if let (Event::BreachCorrected { .. }, Recipient::Person(id)) = (notice.event, &notice.to) {
        // Whoever was told is told, whoever has the incident by now.
        return directory.person(*id).is_some_and(|person| person.active);
    }
    let happening = Happening {
        event: notice.event,
        fact: notice.fact,
        by: notice.by,
    };
    happening.holds(incident)
        && happening.is_awaited(incident, directory)
        && happening
            .recipients(incident, directory)
            .get(&notice.to)
            .is_some_and(|capacity| *capacity == notice.capacity)
}

/// What a fact of the incident document tells.
fn events(kind: &EventKind, after: &Incident) -> Vec<Event> {
    let Incident { assignment, .. } = after;
    match kind {
        EventKind::Declared => {
            let is_assigned = assignment.person.is_some() || assignment.group.is_some();
            let assigned = is_assigned.then_some(Event::Assigned);
            [Event::Declared].into_iter().chain(assigned).collect()
        }
        EventKind::Assigned { .. } | EventKind::Claimed { .. } => vec![Event::Assigned],
        EventKind::Held {
            reason: HoldReason::Caller,
            ..
        } => vec![Event::Asked],
        EventKind::Replied { .. } => vec![Event::Replied],
        EventKind::Resolved { .. } => vec![Event::Resolved],
        EventKind::Closed => vec![Event::Closed],
        EventKind::Reopened { .. } => vec![Event::Reopened],
        EventKind::Cancelled { .. } => vec![Event::Cancelled],
        EventKind::Set(_)
        | EventKind::Started
        | EventKind::Held { .. }
        | EventKind::Noted { .. }
        | EventKind::Numbered { .. } => Vec::new(),
    }
}

/// An event with the fact that says so and its author.
#[derive(Debug, Clone, Copy)]
struct Happening {
    event: Event,
    fact: Option<FactId>,
    by: PersonId,
}

impl Happening {
    fn notices(self, incident: &Incident, directory: &Directory) -> Vec<Notice> {
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

    /// Whoever is told both as requester and as staff is told as staff.
    fn recipients(
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
                    recipients.extend(as_staff(leads(directory)));
                }
                Whom::LeadsOfNobodys => {}
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
        let author = Recipient::Person(self.by);
        let is_own_report =
            self.event == Event::Declared && recipients.get(&author) == Some(&Capacity::Requester);
        if !is_own_report {
            recipients.remove(&author);
        }
        recipients
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

    /// A warning is of no use once its clock has come to its end.
    fn is_awaited(self, incident: &Incident, directory: &Directory) -> bool {
        let Event::Warned { clock, .. } = self.event else {
            return true;
        };
        let glance = sla::glance(incident, &directory.rules(), &Calendar::AroundTheClock);
        match glance.of(clock) {
            Standing::Running { .. } | Standing::Paused { .. } => true,
            Standing::Untimed
            | Standing::Met { .. }
            | Standing::Missed { .. }
            | Standing::Ended => false,
        }
    }

    /// Whether the incident still is as the event tells it.
    fn holds(self, incident: &Incident) -> bool {
        let Some(fact) = self.fact else {
            return !matches!(self.event, Event::Warned { .. }) || incident.state.is_open();
        };
        let told = incident.timeline.iter().find(|told| told.fact == fact);
        told.is_some_and(incidents::Event::counts)
            && match self.event {
                Event::Declared => incident.state != State::Cancelled,
                Event::Assigned => incident.assignment.fact == fact,
                Event::Asked => incident.hold == Some(HoldReason::Caller),
                Event::Resolved => incident.state == State::Resolved,
                Event::Closed => incident.state == State::Closed,
                Event::Reopened => incident.state.is_open(),
                Event::Cancelled => incident.state == State::Cancelled,
                Event::Replied
                | Event::Warned { .. }
                | Event::Breached { .. }
                | Event::BreachCorrected { .. } => true,
            }
    }
}

fn as_staff(people: Vec<&Person>) -> impl Iterator<Item = (Recipient, Capacity)> + use<'_> {
    let staff = |person: &Person| (Recipient::Person(person.id), Capacity::Staff);
    people.into_iter().map(staff)
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

#[cfg(test)]
mod tests;
