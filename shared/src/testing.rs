//! A desk of devices in memory, for the tests of every crate: people act on copies of one incident,
//! copies meet, and a server's receipts say when things arrived.

use crate::document::{Receipt, Written};
use crate::ids::{ActId, Actor, DeviceId, DocKey, FactId, Hash, IncidentId, PersonId};
use crate::incidents::attachments::{Attachment, MediaType, Thumbnail};
use crate::incidents::{
    Channel, Declare, Drafted, Incident, IncidentDocs, IncidentReceipts, Intent, Level, Log,
    LogKind, NewTask, Requester, read, write,
};
use crate::people::{Person, Role};
use crate::search::{Day, Span};
use crate::time::{Boot, Flags, UnixMillis};

/// When every test begins.
pub const START: UnixMillis = UnixMillis(1_800_000_000_000);

/// The person who reports.
pub const CAROL: PersonId = PersonId(3);
/// A technician.
pub const ALICE: PersonId = PersonId(1);
/// An agent.
pub const BOB: PersonId = PersonId(2);

/// A person with one role.
pub fn person(id: PersonId, role: Role) -> Person {
    Person {
        id,
        login: format!("person-{}@example", id.0),
        name: format!("Person {}", id.0),
        roles: [role].into(),
        groups: ["network".into()].into(),
        site: Some("ams".into()),
        language: "en".to_owned(),
        phone: String::new(),
        department: String::new(),
        mail: None,
        active: true,
    }
}

/// Today, which begins at a moment, and yesterday, each of 24 hours; no date is known.
pub fn days(today: UnixMillis) -> impl Fn(Day) -> Option<Span> {
    const DAY_MILLIS: i64 = 24 * 3_600_000;
    move |day| {
        let start = match day {
            Day::Today => today,
            Day::Yesterday => today.plus(-DAY_MILLIS),
            Day::Date(_) => return None,
        };
        let end = start.plus(DAY_MILLIS);
        Some(Span { start, end })
    }
}

/// The first values of an ordinary incident that Carol reports.
pub fn declare() -> Declare {
    Declare {
        subject: "VPN asks for credentials again".to_owned(),
        description: "Since this morning, on Wi-Fi and on cable.".to_owned(),
        requester: Requester::Person(CAROL),
        channel: Channel::Phone,
        category: Some("network/vpn".into()),
        impact: Level::Medium,
        urgency: Level::Medium,
        site: Some("ams".into()),
        group: None,
        assignee: None,
        asset: None,
        contact: None,
    }
}

/// Time that somebody spent on site since the beginning of the test.
pub fn log(minutes: u32) -> Log {
    Log {
        began: START,
        minutes,
        kind: LogKind::OnSite,
        is_billable: true,
        text: "Replaced the card.".to_owned(),
    }
}

/// A task of two steps that nobody has yet.
pub fn task() -> NewTask {
    NewTask {
        title: "Replace the card".to_owned(),
        steps: vec!["Order it".to_owned(), "Put it in".to_owned()],
        ..NewTask::default()
    }
}

/// A photo whose bytes are so many sevens, or whatever `byte` is.
pub fn attachment(byte: u8) -> Attachment {
    Attachment {
        name: "photo.jpg".to_owned(),
        media: MediaType::Jpeg,
        bytes: 1_000,
        hash: Hash([byte; 32]),
        thumbnail: Some(Thumbnail {
            hash: Hash([byte.wrapping_add(1); 32]),
            bytes: 100,
        }),
        taken_at: Some(START),
    }
}

/// One device's copy of an incident, with its author's clock.
#[derive(Debug, Clone)]
pub struct Copy {
    pub docs: IncidentDocs,
    pub receipts: IncidentReceipts,
    pub actor: Actor,
    pub now: UnixMillis,
    drawn: u64,
}

impl Copy {
    /// An incident that Bob has just declared.
    pub fn declared() -> Self {
        let id = IncidentId::new(START, [1; 10]);
        let receipts = IncidentReceipts::default();
        let actor = Actor([0; 16]);
        let mut copy = Self {
            docs: IncidentDocs::new(id),
            receipts,
            actor,
            now: START,
            drawn: 0,
        };
        copy.act(BOB, Intent::Declare(declare()));
        copy
    }

    /// The same incident on another device.
    #[must_use]
    pub fn on(&self, device: u8) -> Self {
        Self {
            actor: Actor([device; 16]),
            ..self.clone()
        }
    }

    /// Somebody acts on this copy, a second after the last act here. Returns the fact's id.
    pub fn act(&mut self, by: PersonId, intent: Intent) -> FactId {
        let place = usize::from(intent.docs() == [crate::ids::DocKind::Work]);
        let mut drafted = self.drafted(by, intent);
        let actor = self.actor;
        let written = write(&mut drafted, &mut self.docs, &|_| actor);
        assert!(written.is_ok(), "a test's act can be written: {written:?}");
        drafted.facts[place]
    }

    /// An act with ids of this copy's own.
    pub fn drafted(&mut self, by: PersonId, intent: Intent) -> Drafted {
        self.now = self.now.plus(1_000);
        let facts = [self.draw(), self.draw()].map(|random| FactId::new(self.now, random));
        let act = ActId::new(self.now, self.draw());
        let mono = self.now.since(START).cast_unsigned();
        let boot = Boot(u64::from(self.actor.0[0]));
        Drafted {
            act,
            intent,
            facts,
            by,
            at: self.now,
            boot,
            mono,
            saw: None,
        }
    }

    fn draw(&mut self) -> [u8; 10] {
        self.drawn += 1;
        let mut random = [self.actor.0[0]; 10];
        random[2..].copy_from_slice(&self.drawn.to_be_bytes());
        random
    }

    /// Takes over everything another copy knows.
    pub fn merge(&mut self, other: &Self) {
        for kind in [crate::ids::DocKind::Incident, crate::ids::DocKind::Work] {
            let Some(from) = other.docs.get(kind) else {
                continue;
            };
            let bytes: Vec<_> = from
                .changes()
                .filter_map(|change| from.change_bytes(change.hash))
                .collect();
            let into = match kind {
                crate::ids::DocKind::Incident => Some(&mut self.docs.incident),
                crate::ids::DocKind::Work => self.docs.work.as_mut(),
            };
            let applied = into.map(|doc| doc.apply(&bytes));
            assert_eq!(
                applied,
                Some(Ok(())),
                "copies of one incident fit each other"
            );
        }
        other
            .receipts
            .incident
            .iter()
            .for_each(|receipt| self.receipts.incident.add(*receipt));
        other
            .receipts
            .work
            .iter()
            .for_each(|receipt| self.receipts.work.add(*receipt));
        self.now = self.now.max(other.now);
    }

    /// The incident as this copy reads it.
    pub fn read(&self) -> Incident {
        read(&self.docs, &self.receipts).0
    }
}

/// A receipt for a written change.
pub fn receipt(written: &Written, actor: Actor, person: PersonId, at: UnixMillis) -> Receipt {
    Receipt {
        actor,
        actor_seq: written.actor_seq,
        person,
        device: DeviceId::from_bytes(actor.0),
        received_at: at,
        corrected_at: at,
        flags: Flags::default(),
    }
}

/// The key of the incident document of a copy.
pub fn key(copy: &Copy) -> DocKey {
    copy.docs.incident.key
}
