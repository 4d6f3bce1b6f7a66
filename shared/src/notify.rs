//! Who is told of what: one table from an event to the people who hear of it.
//!
//! A [`Notice`] is one event for one recipient, not yet worded. [`of_acts`] draws notices from what
//! an incident read before and after a commit, [`of_clock`] from a service level. What a notice
//! rests on may be withdrawn or overtaken before it leaves: [`stands`] is asked then.
//!
//! Nobody is told of their own act, but that their report has come in; nobody who is inactive is
//! told of anything, and a requester never learns that internal work exists: of its facts only
//! notes make notices, for the staff who watch.
//!
//! # Design
//! Question: which of several acts tells that an incident is resolved? Answer: whichever brought it
//! there as far as the server knew; acts that arrive while it is resolved say nothing new, whether
//! they hold or not. A letter stands for as long as its act is among those since which the incident
//! has been resolved without a break. What a withdrawal makes current again is told again, since
//! its letter may have been dropped meanwhile; one that has left has its key. Rejected: only the
//! act that holds tells, since one that comes late would be told beside the letter that has left.

mod address;
mod happening;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::{DocKind, FactId, IncidentId, PersonId};
use crate::incidents::{self, EventKind, HoldReason, Incident};
use crate::people::Directory;
use crate::sla::Measure;
use crate::time::UnixMillis;

pub use address::address;

use happening::Happening;

/// What a withdrawal makes current again is told again for so long: what is older has long been
/// told.
const AGAIN_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// What people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Declared,
    /// Somebody, or a group, has it now.
    Assigned,
    /// It waits for an answer of its requester.
    Asked,
    /// It still does.
    AskedAgain,
    /// It still waits for something else.
    StillHeld,
    /// The day has come until which it was on hold.
    Resumed,
    /// A message that the requester sees.
    Replied,
    Resolved,
    Closed,
    Reopened,
    Cancelled,
    /// A note that only staff sees.
    Noted,
    /// A message, or a note, calls on somebody by name.
    Mentioned,
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
    /// The staff who watch.
    Watchers,
    /// Those who watch publicly, as the requester is told.
    PublicWatchers,
    /// The staff whom a text calls on by name.
    Mentioned,
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
        use Whom::{
            Holder, HolderOrLeads, Leads, LeadsOfNobodys, Mentioned, PublicWatchers, Requester,
            Watchers,
        };
        match (self, side) {
            (Self::Declared, Side::Requester) => &[Requester, LeadsOfNobodys],
            (Self::Declared, Side::Staff) => &[Requester],
            (Self::Asked | Self::AskedAgain, _)
            | (Self::Replied | Self::Resolved | Self::Closed | Self::Cancelled, Side::Staff) => {
                &[Requester, PublicWatchers, Watchers]
            }
            (Self::Assigned, _) => &[Holder, Watchers],
            // Somebody beside the requester may have done it.
            (Self::Resolved | Self::Closed | Self::Cancelled, Side::Requester) => {
                &[Requester, PublicWatchers, Holder, Watchers]
            }
            (Self::Reopened, Side::Staff) => &[Requester, PublicWatchers, Holder, Watchers],
            (Self::Replied | Self::Reopened, Side::Requester) => {
                &[Requester, PublicWatchers, HolderOrLeads, Watchers]
            }
            (Self::Noted, _) => &[Watchers],
            (Self::Mentioned, _) => &[Mentioned],
            (Self::Warned { .. } | Self::StillHeld | Self::Resumed, _) => &[HolderOrLeads],
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
            | Self::AskedAgain
            | Self::StillHeld
            | Self::Resumed
            | Self::Replied
            | Self::Resolved
            | Self::Closed
            | Self::Reopened
            | Self::Cancelled
            | Self::Noted
            | Self::Mentioned => false,
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
            Self::AskedAgain => "asked-again".to_owned(),
            Self::StillHeld => "still-held".to_owned(),
            Self::Resumed => "resumed".to_owned(),
            Self::Replied => "replied".to_owned(),
            Self::Resolved => "resolved".to_owned(),
            Self::Closed => "closed".to_owned(),
            Self::Reopened => "reopened".to_owned(),
            Self::Cancelled => "cancelled".to_owned(),
            Self::Noted => "noted".to_owned(),
            Self::Mentioned => "mentioned".to_owned(),
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
    /// Beside the requester, as somebody who watches publicly.
    Watcher,
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
    let undone = before.and_then(|before| undone_at(before, after));
    let known = before.iter().flat_map(|before| &before.timeline);
    let known: BTreeSet<FactId> = known.map(|event| event.fact).collect();
    let told = after.timeline.iter();
    let mut notices = Vec::new();
    for told in told {
        let known = before.filter(|_| known.contains(&told.fact));
        let is_recent = |undone: &UnixMillis| undone.since(told.from.known_at()) < AGAIN_MILLIS;
        for event in events(told, after) {
            let happening = Happening {
                event,
                fact: Some(told.fact),
                by: told.from.by,
            };
            notices.extend(match (known, undone.filter(is_recent)) {
                (None, _) => happening.news(before, after, directory),
                (Some(before), Some(_)) => happening.again(before, after, directory),
                (Some(_), None) => Vec::new(),
            });
        }
    }
    notices
}

/// When something was taken back that still counted before.
fn undone_at(before: &Incident, after: &Incident) -> Option<UnixMillis> {
    let counted = |fact| before.event(fact).is_some_and(incidents::Event::counts);
    let withdrawn = after.timeline.iter().filter_map(|event| {
        let withdrawn = event.withdrawn?;
        counted(event.fact).then_some(withdrawn.from.known_at())
    });
    withdrawn.max()
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

fn said_with(event: Event, mentions: &[PersonId]) -> Vec<Event> {
    let mentioned = (!mentions.is_empty()).then_some(Event::Mentioned);
    [event].into_iter().chain(mentioned).collect()
}

/// What a fact tells.
fn events(told: &incidents::Event, after: &Incident) -> Vec<Event> {
    let Incident { assignment, .. } = after;
    let doc = told.doc;
    match &told.kind {
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
        EventKind::Replied { mentions, .. } => said_with(Event::Replied, mentions),
        EventKind::Attached(_) => match doc {
            DocKind::Incident => vec![Event::Replied],
            DocKind::Work => Vec::new(),
        },
        EventKind::Resolved { .. } => vec![Event::Resolved],
        EventKind::Closed => vec![Event::Closed],
        EventKind::Reopened { .. } => vec![Event::Reopened],
        EventKind::Cancelled { .. } => vec![Event::Cancelled],
        EventKind::Reminded { hold } => vec![reminder(*hold, after)],
        EventKind::Started if told.from.by == PersonId::SERVER => vec![Event::Resumed],
        EventKind::Noted { mentions, .. } => said_with(Event::Noted, mentions),
        EventKind::Set(_)
        | EventKind::Started
        | EventKind::Held { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Revised { .. }
        | EventKind::Ruled(_)
        | EventKind::Numbered { .. } => Vec::new(),
    }
}

/// Whom a reminder reminds depends on what is waited for.
fn reminder(hold: FactId, incident: &Incident) -> Event {
    let held = incident.event(hold).map(|event| &event.kind);
    if let Some(EventKind::Held {
        reason: HoldReason::Caller,
        ..
    }) = held
    {
        Event::AskedAgain
    } else {
        Event::StillHeld
    }
}

#[cfg(test)]
mod tests;
