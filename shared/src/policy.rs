//! Who may do what: the one table that greys a button in the browser and judges on the server.
//!
//! [`allows`] is the hard part (role × intent × subject): what it refuses never enters the log.
//! [`may`] adds what depends on the moment, such as the state; an act that was right when it was
//! done and arrives late is accepted, flagged ([`is_late`]) and answered by the folds.

use std::collections::BTreeSet;

use crate::ids::PersonId;
use crate::incidents::{Declare, Incident, Intent, Refused, Requester, SetField, Transition};
use crate::people::{Person, Role, Scope};
use crate::sync::message::Surface;

/// How many bytes a subject may have.
pub const SUBJECT_BYTES_MAX: usize = 500;

/// How many bytes a description, message, note or reason may have.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// How many bytes a name, contact or id may have.
pub const NAME_BYTES_MAX: usize = 200;

/// What somebody is to an incident besides their roles.
fn is_requester(person: &Person, incident: Option<&Incident>) -> bool {
    incident.is_some_and(|incident| incident.requester_person() == Some(person.id))
}

/// Whether an act is allowed at all: by the person's roles, what they are to the incident, and the
/// bounds of what is written.
pub fn allows(
    person: &Person,
    intent: &Intent,
    incident: Option<&Incident>,
) -> Result<(), Refused> {
    let roles = allowed_roles(intent);
    let as_staff = person.roles.iter().any(|role| roles.contains(role));
    if !as_staff && !allows_requester(person, intent, incident) {
        let words: Vec<_> = roles.iter().map(|role| role_word(*role)).collect();
        return Err(Refused::Role {
            allowed: words.join(", "),
        });
    }
    bounded(intent)
}

/// Whether an act is allowed now, as the person sees the incident.
pub fn may(person: &Person, intent: &Intent, incident: Option<&Incident>) -> Result<(), Refused> {
    allows(person, intent, incident)?;
    let (Some(transition), Some(incident)) = (intent.transition(), incident) else {
        return Ok(());
    };
    if transition.is_allowed_from(incident.state) {
        return Ok(());
    }
    Err(Refused::State {
        from: incident.state,
        allowed: allowed_next(incident),
    })
}

/// Whether an act meets an incident that has moved on meanwhile.
pub fn is_late(intent: &Intent, incident: &Incident) -> bool {
    match intent.transition() {
        Some(transition) => !transition.is_allowed_from(incident.state),
        None => !incident.state.is_open() && !matches!(intent, Intent::Declare(_)),
    }
}

const WORKERS: &[Role] = &[
    Role::Technician,
    Role::Agent,
    Role::IncidentManager,
    Role::Administrator,
];
const STAFF: &[Role] = &[
    Role::Technician,
    Role::Agent,
    Role::IncidentManager,
    Role::Manager,
    Role::Administrator,
];

fn allowed_roles(intent: &Intent) -> &'static [Role] {
    match intent {
        Intent::Declare(_) | Intent::Reply { .. } | Intent::Note { .. } | Intent::Reopen { .. } => {
            STAFF
        }
        Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Resolve { .. }
        | Intent::Close
        | Intent::Cancel { .. } => WORKERS,
    }
}

/// What a requester may do with their own incident.
fn allows_requester(person: &Person, intent: &Intent, incident: Option<&Incident>) -> bool {
    match intent {
        Intent::Declare(declare) => is_plain_report(person.id, declare),
        Intent::Reply { .. } | Intent::Reopen { .. } | Intent::Close | Intent::Cancel { .. } => {
            is_requester(person, incident)
        }
        Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Resolve { .. }
        | Intent::Note { .. } => false,
    }
}

fn is_plain_report(person: PersonId, declare: &Declare) -> bool {
    declare.requester == Requester::Person(person)
        && declare.group.is_none()
        && declare.assignee.is_none()
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Requester => "requester",
        Role::Technician => "technician",
        Role::Agent => "agent",
        Role::IncidentManager => "incident manager",
        Role::Manager => "manager",
        Role::Administrator => "administrator",
    }
}

fn allowed_next(incident: &Incident) -> String {
    let next = Transition::ALL
        .iter()
        .filter(|next| next.is_allowed_from(incident.state));
    let words: Vec<_> = next.map(|next| next.word()).collect();
    if words.is_empty() {
        "nothing else".to_owned()
    } else {
        words.join(", ")
    }
}

fn bounded(intent: &Intent) -> Result<(), Refused> {
    match intent {
        Intent::Declare(declare) => declared(declare),
        Intent::Set(set) => set_bounded(set),
        Intent::Assign { group, .. } | Intent::Claim { group } => at_most(
            "group",
            group.as_ref().map_or("", |id| &id.0),
            NAME_BYTES_MAX,
        ),
        Intent::Reply { text } => required("reply", text, TEXT_BYTES_MAX),
        Intent::Note { text } => required("note", text, TEXT_BYTES_MAX),
        Intent::Resolve { notes, .. } => required("notes", notes, TEXT_BYTES_MAX),
        Intent::Hold { text, .. } | Intent::Reopen { text } | Intent::Cancel { text } => {
            at_most("text", text, TEXT_BYTES_MAX)
        }
        Intent::Start | Intent::Close => Ok(()),
    }
}

fn declared(declare: &Declare) -> Result<(), Refused> {
    required("subject", &declare.subject, SUBJECT_BYTES_MAX)?;
    at_most("description", &declare.description, TEXT_BYTES_MAX)?;
    requester(&declare.requester)?;
    at_most(
        "category",
        declare.category.as_ref().map_or("", |id| &id.0),
        NAME_BYTES_MAX,
    )?;
    at_most(
        "site",
        declare.site.as_ref().map_or("", |id| &id.0),
        NAME_BYTES_MAX,
    )?;
    at_most(
        "group",
        declare.group.as_ref().map_or("", |id| &id.0),
        NAME_BYTES_MAX,
    )
}

fn set_bounded(set: &SetField) -> Result<(), Refused> {
    match set {
        SetField::Subject(subject) => required("subject", subject, SUBJECT_BYTES_MAX),
        SetField::Category(id) => at_most(
            "category",
            id.as_ref().map_or("", |id| &id.0),
            NAME_BYTES_MAX,
        ),
        SetField::Site(id) => at_most("site", id.as_ref().map_or("", |id| &id.0), NAME_BYTES_MAX),
        SetField::Requester(who) => requester(who),
        SetField::Impact(_) | SetField::Urgency(_) => Ok(()),
    }
}

fn requester(requester: &Requester) -> Result<(), Refused> {
    match requester {
        Requester::Person(_) => Ok(()),
        Requester::Unknown { name, contact } => {
            required("caller's name", name, NAME_BYTES_MAX)?;
            at_most("contact", contact, NAME_BYTES_MAX)
        }
    }
}

fn required(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    if text.trim().is_empty() {
        return Err(Refused::Empty {
            field: field.to_owned(),
        });
    }
    at_most(field, text, max)
}

fn at_most(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    if text.len() > max {
        return Err(Refused::TooLong {
            field: field.to_owned(),
            max,
        });
    }
    Ok(())
}

/// The parts of the log that a session reads. On the portal everybody is a requester only.
pub fn scopes(person: &Person, surface: Surface) -> BTreeSet<Scope> {
    let mut scopes = BTreeSet::from([Scope::Requester(person.id), Scope::Everyone]);
    if surface == Surface::Portal || !person.is_staff() {
        return scopes;
    }
    scopes.insert(Scope::Worker(person.id));
    scopes.extend(person.groups.iter().cloned().map(Scope::Group));
    scopes.extend(person.site.iter().cloned().map(Scope::Site));
    let sees_all = |role: &Role| !matches!(role, Role::Requester | Role::Technician);
    if person.roles.iter().any(sees_all) {
        scopes.insert(Scope::Staff);
    }
    scopes
}

/// Who may read an incident's documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience {
    pub incident: BTreeSet<Scope>,
    pub work: BTreeSet<Scope>,
}

/// The audience of an incident, computed from its content.
pub fn audience(incident: &Incident) -> Audience {
    let mut work = BTreeSet::from([Scope::Staff, Scope::Worker(incident.declared_by)]);
    work.extend(incident.assignment.person.map(Scope::Worker));
    work.extend(incident.assignment.group.clone().map(Scope::Group));
    work.extend(incident.site.holds.value.clone().map(Scope::Site));
    let mut public = work.clone();
    public.extend(incident.requester_person().map(Scope::Requester));
    Audience {
        incident: public,
        work,
    }
}
