//! Who takes part, on which devices, and what their deeds say.

use shared::ids::{DeviceId, DocKind, FactId, PersonId};
use shared::incidents::{
    Channel, Declare, HoldReason, Intent, Level, Requester, ResolutionCode, SetField,
};
use shared::people::{Directory, Person, Role, Surface};
use shared::testing::{ALICE, BOB, CAROL, person};

use super::plan::Deed;
use crate::device::{Profile, Version};

/// A technician of another group at another site.
pub const DAVE: PersonId = PersonId(4);

/// What every internal note says, so that a leak shows in the bytes of a message.
pub const INTERNAL: &str = "for staff alone";

/// A device with what is wrong with its clock.
#[derive(Debug, Clone, Copy)]
pub struct Seat {
    pub profile: Profile,
    pub skew_millis: i64,
}

const YEAR_MILLIS: i64 = 365 * 24 * 3_600_000;

/// The devices, of which a plan takes the first few.
pub fn seats() -> Vec<Seat> {
    let seats = [
        (BOB, Surface::Console, 0),
        // Those of the version before are the second and the fifth.
        (ALICE, Surface::Console, -90_000),
        (DAVE, Surface::Console, -YEAR_MILLIS),
        (CAROL, Surface::Portal, 240_000),
        (ALICE, Surface::Console, 20_000),
        (ALICE, Surface::Portal, 3_600_000),
    ];
    let seat = |(place, (person, surface, skew_millis)): (u8, _)| Seat {
        profile: Profile {
            device: DeviceId::from_bytes([place + 1; 16]),
            person,
            surface,
            version: if place % 3 == 1 {
                Version::Before
            } else {
                Version::Current
            },
        },
        skew_millis,
    };
    (0..).zip(seats).map(seat).collect()
}

/// The organisation.
pub fn directory() -> Directory {
    let dave = Person {
        groups: ["field".into()].into(),
        site: Some("ber".into()),
        ..person(DAVE, Role::Technician)
    };
    let people = vec![
        person(ALICE, Role::Technician),
        person(BOB, Role::Agent),
        Person {
            groups: [].into(),
            site: None,
            ..person(CAROL, Role::Requester)
        },
        dave,
    ];
    Directory {
        version: 1,
        name: "Example".to_owned(),
        people,
        ..Directory::default()
    }
}

/// The act that a deed is, done by somebody as the `count`-th of a run; none when there is nothing
/// to take back.
pub fn intent(
    deed: &Deed,
    by: Profile,
    count: u32,
    last: Option<(DocKind, FactId)>,
) -> Option<Intent> {
    let text = || format!("Text {count}.");
    Some(match deed {
        Deed::Withdraw => {
            let (doc, fact) = last?;
            Intent::Withdraw { doc, fact }
        }
        Deed::Declare { group } => Intent::Declare(declare(by, group.as_deref(), count)),
        Deed::Reply => Intent::Reply { text: text() },
        Deed::Note => Intent::Note {
            text: format!("Note {count}, {INTERNAL}."),
        },
        Deed::Subject => Intent::Set(SetField::Subject(format!("Subject {count}"))),
        Deed::Urgency => {
            let levels = [Level::Low, Level::Medium, Level::High];
            Intent::Set(SetField::Urgency(levels[count as usize % levels.len()]))
        }
        Deed::Site { site } => Intent::Set(SetField::Site(Some(site.as_str().into()))),
        Deed::Requester { person } => Intent::Set(SetField::Requester(Requester::Person(*person))),
        Deed::Assign { group, person } => Intent::Assign {
            group: Some(group.as_str().into()),
            person: *person,
            escalation: None,
        },
        Deed::Claim => Intent::Claim { group: None },
        Deed::Start => Intent::Start,
        Deed::Hold => Intent::Hold {
            reason: if count.is_multiple_of(2) {
                HoldReason::Caller
            } else {
                HoldReason::Part
            },
            text: text(),
            until: None,
        },
        Deed::Resolve => Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
        Deed::Reopen => Intent::Reopen { text: text() },
        Deed::Close => Intent::Close,
        Deed::Cancel => Intent::Cancel { text: text() },
        Deed::Acknowledge => Intent::Acknowledge,
    })
}

fn declare(by: Profile, group: Option<&str>, count: u32) -> Declare {
    let is_portal = by.surface == Surface::Portal;
    let requester = if is_portal { by.person } else { CAROL };
    Declare {
        subject: format!("Subject {count}"),
        requester: Requester::Person(requester),
        channel: if is_portal {
            Channel::Portal
        } else {
            Channel::Phone
        },
        group: group.filter(|_| !is_portal).map(Into::into),
        site: None,
        ..shared::testing::declare()
    }
}
