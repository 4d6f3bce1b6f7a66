//! Who may do what: the one table that greys a button in the browser and judges on the server.
//!
//! [`allows`] is the hard part (role × intent × subject): what it refuses never enters the log.
//! [`may`] adds what depends on the moment, such as the state; an act that was right when it was
//! done and arrives late is accepted, flagged ([`is_late`]) and answered by the folds.

mod attachments;
mod revisions;
mod watchers;
mod work;

use std::collections::BTreeSet;

use crate::ids::{DocKind, FactId, PersonId};
use crate::incidents::{
    Declare, Incident, Intent, Refused, Requester, SetField, TaskState, Transition,
};
use crate::people::{Person, Rights, Role, Scope, Surface};
use crate::time::UnixMillis;

pub use watchers::{may_be_mentioned, may_watch, names_who_may};

/// How many bytes a subject may have.
pub const SUBJECT_BYTES_MAX: usize = 500;

/// How many bytes a description, message, note or reason may have.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// How many bytes somebody may make of a diagnosis: what changed in it is found letter by letter,
/// which takes the longer the more of it is new.
pub const DIAGNOSIS_BYTES_MAX: usize = 16 * 1024;

/// How many bytes it may have once what several people wrote has come together.
pub const DIAGNOSIS_MERGED_BYTES_MAX: usize = 4 * DIAGNOSIS_BYTES_MAX;

/// How many bytes a name, contact or id may have.
pub const NAME_BYTES_MAX: usize = 200;

/// How long after an act its author may take it back, in milliseconds of corrected time. Pages
/// offer it for ten seconds; a slow line makes minutes of them.
pub const WITHDRAWAL_MILLIS: i64 = 5 * 60 * 1000;

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
    if let Intent::Withdraw { doc, fact } = *intent {
        return withdraws_own(person, (doc, fact), incident);
    }
    if let Intent::Revise { doc, entry, text } = intent {
        return revisions::says_own_anew(person, (*doc, *entry), text, incident);
    }
    let roles = allowed_roles(intent);
    let as_staff = person.roles.iter().any(|role| roles.contains(role));
    if !as_staff && !allows_requester(person, intent, incident) {
        let words: Vec<_> = roles.iter().map(|role| role_word(*role)).collect();
        return Err(Refused::Role {
            allowed: words.join(", "),
        });
    }
    bounded(intent)?;
    attachments::has_room(intent, incident)?;
    watchers::stay_within(intent, incident)?;
    work::changes_what_is_there(intent, incident)
}

/// Whether an act is allowed now, as the person sees the incident.
pub fn may(person: &Person, intent: &Intent, incident: Option<&Incident>) -> Result<(), Refused> {
    allows(person, intent, incident)?;
    if let Intent::Diagnose { text, .. } = intent {
        at_most("diagnosis", text, DIAGNOSIS_BYTES_MAX)?;
    }
    revisions::stands(intent, incident)?;
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
    if matches!(
        intent,
        Intent::Declare(_)
            | Intent::Withdraw { .. }
            | Intent::Acknowledge
            | Intent::Watch { .. }
            | Intent::Unwatch { .. }
            | Intent::Diagnose { .. }
            | Intent::Revise { .. }
    ) {
        return false;
    }
    intent
        .transition()
        .map_or(!incident.state.is_open(), |step| {
            !step.is_allowed_from(incident.state)
        })
}

/// Whatever somebody did they may take back, also what they may not do any more. Twice is once, so
/// what is withdrawn already is no reason to refuse.
fn withdraws_own(
    person: &Person,
    target: (DocKind, FactId),
    incident: Option<&Incident>,
) -> Result<(), Refused> {
    let found = incident.and_then(|incident| incident.done(target));
    let (from, _) = found.ok_or(Refused::NothingToWithdraw)?;
    if from.by == person.id {
        Ok(())
    } else {
        Err(Refused::NotOwn)
    }
}

/// Whether an act done `at`, in corrected time, comes in time: what the server has is taken back
/// within minutes, since people and clocks go by it from then on. What had not reached the server
/// when it was taken back may go whenever, and so may what is withdrawn already.
pub fn comes_in_time(
    intent: &Intent,
    at: UnixMillis,
    incident: Option<&Incident>,
) -> Result<(), Refused> {
    let Intent::Withdraw { doc, fact } = *intent else {
        return Ok(());
    };
    let found = incident.and_then(|incident| incident.done((doc, fact)));
    let (from, withdrawn) = found.ok_or(Refused::NothingToWithdraw)?;
    let is_unseen = from.arrival.is_none_or(|arrived| at <= arrived.at);
    let minutes = WITHDRAWAL_MILLIS / 60_000;
    if withdrawn.is_some() || is_unseen || at.since(from.corrected) <= WITHDRAWAL_MILLIS {
        Ok(())
    } else {
        Err(Refused::TooLate { minutes })
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

/// Whether the person works on incidents, and so can be given one.
pub fn works(person: &Person) -> bool {
    person.roles.iter().any(|role| WORKERS.contains(role))
}

/// Whether a person looks after the installation: accounts, devices, settings.
pub fn administers(person: &Person) -> bool {
    person.active && person.roles.contains(&Role::Administrator)
}

/// Whether the person looks at what the server refused of others: who leads the process, and who
/// keeps the installation.
pub fn reviews(person: &Person) -> bool {
    const REVIEWERS: [Role; 2] = [Role::IncidentManager, Role::Administrator];
    person.active && person.roles.iter().any(|role| REVIEWERS.contains(role))
}

/// Whether the person answers for the work as a whole, and so is told how complete the picture is.
pub fn oversees(person: &Person) -> bool {
    const OVERSEERS: [Role; 3] = [Role::IncidentManager, Role::Manager, Role::Administrator];
    person.active && person.roles.iter().any(|role| OVERSEERS.contains(role))
}

fn allowed_roles(intent: &Intent) -> &'static [Role] {
    match intent {
        Intent::Declare(_)
        | Intent::Reply { .. }
        | Intent::Note { .. }
        | Intent::Reopen { .. }
        | Intent::Withdraw { .. }
        | Intent::Acknowledge
        | Intent::Log(_)
        | Intent::AddTask(_)
        | Intent::ChangeTask { .. }
        | Intent::Attach { .. }
        | Intent::Watch { .. }
        | Intent::Unwatch { .. }
        | Intent::Mention { .. }
        | Intent::Revise { .. } => STAFF,
        Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Resolve { .. }
        | Intent::Diagnose { .. }
        | Intent::Close
        | Intent::Cancel { .. } => WORKERS,
        Intent::Remind { .. } | Intent::Rule(_) => &[],
    }
}

/// What a requester may do with their own incident.
fn allows_requester(person: &Person, intent: &Intent, incident: Option<&Incident>) -> bool {
    match intent {
        Intent::Declare(declare) => is_plain_report(person.id, declare),
        Intent::Reply { .. } => {
            is_requester(person, incident) || watchers::watches_publicly(person.id, incident)
        }
        Intent::Unwatch {
            doc: DocKind::Incident,
            person: whom,
            ..
        } => *whom == person.id && watchers::watches_publicly(person.id, incident),
        Intent::Reopen { .. }
        | Intent::Close
        | Intent::Cancel { .. }
        | Intent::Acknowledge
        | Intent::Attach {
            doc: DocKind::Incident,
            ..
        } => is_requester(person, incident),
        Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Resolve { .. }
        | Intent::Note { .. }
        | Intent::Withdraw { .. }
        | Intent::Remind { .. }
        | Intent::Rule(_)
        | Intent::Log(_)
        | Intent::AddTask(_)
        | Intent::ChangeTask { .. }
        | Intent::Attach {
            doc: DocKind::Work, ..
        }
        | Intent::Watch { .. }
        | Intent::Unwatch {
            doc: DocKind::Work, ..
        }
        | Intent::Mention { .. }
        | Intent::Diagnose { .. }
        | Intent::Revise { .. } => false,
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
        Intent::Mention { text, people, .. } => {
            required("text", text, TEXT_BYTES_MAX)?;
            watchers::mentioned(people)
        }
        Intent::Resolve { notes, .. } => required("notes", notes, TEXT_BYTES_MAX),
        Intent::Hold { text, until, .. } => {
            at_most("text", text, TEXT_BYTES_MAX)?;
            until.map_or(Ok(()), |until| work::moment("until", until))
        }
        Intent::Reopen { text } | Intent::Cancel { text } => at_most("text", text, TEXT_BYTES_MAX),
        Intent::Log(log) => work::log(log),
        Intent::AddTask(new) => work::new_task(new),
        Intent::ChangeTask { change, .. } => work::change(change),
        Intent::Attach { file, .. } => attachments::attachment(file),
        Intent::Unwatch { added, .. } => watchers::unwatched(added),
        Intent::Diagnose { text, .. } => at_most("diagnosis", text, DIAGNOSIS_MERGED_BYTES_MAX),
        Intent::Revise { text, .. } => revisions::text(text),
        Intent::Start
        | Intent::Close
        | Intent::Withdraw { .. }
        | Intent::Acknowledge
        | Intent::Remind { .. }
        | Intent::Rule(_)
        | Intent::Watch { .. } => Ok(()),
    }
}

fn declared(declare: &Declare) -> Result<(), Refused> {
    required("subject", &declare.subject, SUBJECT_BYTES_MAX)?;
    at_most("description", &declare.description, TEXT_BYTES_MAX)?;
    requester(&declare.requester)?;
    at_most(
        "asset",
        declare.asset.as_deref().unwrap_or_default(),
        NAME_BYTES_MAX,
    )?;
    at_most(
        "contact",
        declare.contact.as_deref().unwrap_or_default(),
        NAME_BYTES_MAX,
    )?;
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
        SetField::Priority(set) => required("reason", &set.reason, SUBJECT_BYTES_MAX),
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

/// Whether nobody could see anything of a text: spaces, controls, and signs without a width.
pub fn is_blank(text: &str) -> bool {
    let is_unseen = |one: char| {
        one.is_whitespace()
            || one.is_control()
            || matches!(one, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
                | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
    };
    text.chars().all(is_unseen)
}

fn required(field: &str, text: &str, max: usize) -> Result<(), Refused> {
    if is_blank(text) {
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

/// A bound in bytes as people are told it: so many characters, in round thousands.
pub fn characters_about(bytes_max: usize) -> usize {
    match bytes_max {
        0..1_000 => bytes_max,
        _ => bytes_max / 1_000 * 1_000,
    }
}

/// How many characters at the end of a text keep it from fitting into so many bytes.
pub fn excess(text: &str, bytes_max: usize) -> usize {
    let is_beyond = |(at, character): &(usize, char)| at + character.len_utf8() > bytes_max;
    text.char_indices().filter(is_beyond).count()
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
    if sees_all(person) {
        scopes.insert(Scope::Staff);
    }
    let rights = Rights::of(&scopes);
    scopes.insert(Scope::Fetched(person.id, rights));
    scopes
}

/// Whether a role of somebody's sees the work of everybody.
pub fn sees_all(person: &Person) -> bool {
    let sees_all = |role: &Role| !matches!(role, Role::Requester | Role::Technician);
    person.roles.iter().any(sees_all)
}

/// Whether a scope goes on reaching what has left devices by age: requesters have few incidents,
/// and no other way to their own.
pub fn outlives_age(scope: &Scope) -> bool {
    matches!(scope, Scope::Requester(_))
}

/// Who may read an incident's documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Audience {
    pub incident: BTreeSet<Scope>,
    pub work: BTreeSet<Scope>,
}

/// Whether somebody reads an incident on the console.
pub fn reads(person: &Person, incident: &Incident) -> bool {
    let audience = audience(incident).work;
    let scopes = scopes(person, Surface::Console);
    scopes.iter().any(|scope| audience.contains(scope))
}

/// The audience of an incident, computed from its content. Whoever has a task in it keeps it once
/// the task is done: they may take that back, and have yet to say how long it took them. Whoever
/// watches publicly reads it as the requester does.
pub fn audience(incident: &Incident) -> Audience {
    let mut work = BTreeSet::from([Scope::Staff, Scope::Worker(incident.declared_by)]);
    work.extend(incident.assignment.person.map(Scope::Worker));
    work.extend(incident.assignment.group.clone().map(Scope::Group));
    work.extend(incident.site.holds.value.clone().map(Scope::Site));
    for task in incident.work().tasks {
        let holder = task.holder;
        if task.state.value != TaskState::Dropped {
            work.extend(holder.person.map(Scope::Worker));
            work.extend(holder.group.map(Scope::Group));
        }
    }
    let watchers = |doc| {
        let watchers = incident.watchers(doc).into_iter();
        watchers.map(|watcher| watcher.person)
    };
    work.extend(watchers(DocKind::Work).map(Scope::Worker));
    let mut public = work.clone();
    public.extend(incident.requester_person().map(Scope::Requester));
    public.extend(watchers(DocKind::Incident).map(Scope::Requester));
    Audience {
        incident: public,
        work,
    }
}

#[cfg(test)]
mod tests;
