//! Who may do what: the one table that greys a button in the browser and judges on the server.
//!
//! [`allows`] is the hard part (role × intent × subject): what it refuses never enters the log.
//! [`may`] adds what depends on the moment, such as the state; an act that was right when it was
//! done and arrives late is accepted, flagged ([`is_late`]) and answered by the folds.

use std::collections::BTreeSet;

use crate::ids::{DocKind, FactId, PersonId};
use crate::incidents::{Declare, Incident, Intent, Refused, Requester, SetField, Transition};
use crate::people::{Person, Rights, Role, Scope, Surface};
use crate::time::UnixMillis;

/// How many bytes a subject may have.
pub const SUBJECT_BYTES_MAX: usize = 500;

/// How many bytes a description, message, note or reason may have.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

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
    if matches!(
        intent,
        Intent::Declare(_) | Intent::Withdraw { .. } | Intent::Acknowledge
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
        | Intent::Acknowledge => STAFF,
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
        Intent::Reply { .. }
        | Intent::Reopen { .. }
        | Intent::Close
        | Intent::Cancel { .. }
        | Intent::Acknowledge => is_requester(person, incident),
        Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Hold { .. }
        | Intent::Resolve { .. }
        | Intent::Note { .. }
        | Intent::Withdraw { .. } => false,
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
        Intent::Start | Intent::Close | Intent::Withdraw { .. } | Intent::Acknowledge => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{HoldReason, Level, ResolutionCode, State};
    use crate::testing::{ALICE, BOB, CAROL, Copy, declare, person};

    fn text() -> String {
        "Words.".to_owned()
    }

    fn refused_role(result: &Result<(), Refused>) -> bool {
        matches!(result, Err(Refused::Role { .. }))
    }

    #[test]
    fn what_is_taken_from_the_end_of_a_long_text_makes_it_fit() {
        let of_four = ["", "four", "fours"].map(|text| excess(text, 4));
        assert_eq!(of_four, [0, 0, 1]);
        for text in ["ünü", "接続できない", "👩‍🚒 ok"] {
            for max in 0..text.len() {
                let kept = text.chars().count() - excess(text, max);
                let kept: String = text.chars().take(kept).collect();
                let next = text[kept.len()..].chars().next().map_or(0, char::len_utf8);
                assert!(kept.len() <= max, "{text} {max}");
                assert!(
                    kept.len() + next > max,
                    "no more than is needed: {text} {max}"
                );
            }
        }
    }

    #[test]
    fn a_requester_speaks_and_reopens_on_their_own_incident_only() {
        let mut copy = Copy::declared();
        let own = copy.read();
        let other = person(ALICE, Role::Requester);
        let carol = person(CAROL, Role::Requester);
        let reply = Intent::Reply { text: text() };
        assert_eq!(may(&carol, &reply, Some(&own)), Ok(()));
        assert!(refused_role(&may(&other, &reply, Some(&own))));
        copy.act(
            BOB,
            Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
        );
        assert_eq!(
            may(&carol, &Intent::Reopen { text: text() }, Some(&copy.read())),
            Ok(())
        );
    }

    #[test]
    fn a_requester_confirms_a_fix_and_withdraws_a_report_of_their_own_only() {
        let (carol, other) = (
            person(CAROL, Role::Requester),
            person(ALICE, Role::Requester),
        );
        let mut copy = Copy::declared();
        let cancel = Intent::Cancel { text: text() };
        assert_eq!(may(&carol, &cancel, Some(&copy.read())), Ok(()));
        let early = may(&carol, &Intent::Close, Some(&copy.read()));
        assert!(matches!(early, Err(Refused::State { .. })));
        copy.act(
            BOB,
            Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
        );
        let fixed = copy.read();
        assert_eq!(may(&carol, &Intent::Close, Some(&fixed)), Ok(()));
        for intent in [Intent::Close, cancel, Intent::Reopen { text: text() }] {
            assert!(
                refused_role(&may(&other, &intent, Some(&fixed))),
                "{intent:?}"
            );
        }
        copy.act(CAROL, Intent::Close);
        let reopen = Intent::Reopen { text: text() };
        let late = may(&carol, &reopen, Some(&copy.read()));
        assert!(matches!(late, Err(Refused::State { .. })));
    }

    #[test]
    fn a_requester_takes_back_what_they_said_and_nothing_of_others() {
        let (carol, other) = (
            person(CAROL, Role::Requester),
            person(ALICE, Role::Requester),
        );
        let mut copy = Copy::declared();
        let word = copy.act(CAROL, Intent::Reply { text: text() });
        let staffs = copy.act(BOB, Intent::Reply { text: text() });
        let doc = DocKind::Incident;
        let back = |fact| Intent::Withdraw { doc, fact };
        let incident = copy.read();
        assert_eq!(may(&carol, &back(word), Some(&incident)), Ok(()));
        for (who, fact) in [(&carol, staffs), (&other, word)] {
            let refused = may(who, &back(fact), Some(&incident));
            assert_eq!(refused, Err(Refused::NotOwn));
        }
    }

    #[test]
    fn a_requester_does_no_work_of_staff() {
        let own = Copy::declared().read();
        let carol = person(CAROL, Role::Requester);
        for intent in [
            Intent::Note { text: text() },
            Intent::Start,
            Intent::Claim { group: None },
            Intent::Assign {
                group: None,
                person: Some(CAROL),
            },
            Intent::Set(SetField::Urgency(Level::High)),
            Intent::Hold {
                reason: HoldReason::Part,
                text: String::new(),
            },
            Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text(),
            },
        ] {
            assert!(
                refused_role(&may(&carol, &intent, Some(&own))),
                "{intent:?}"
            );
        }
    }

    #[test]
    fn a_requester_reports_for_themselves_without_assigning() {
        let carol = person(CAROL, Role::Requester);
        let report = |declare: Declare| may(&carol, &Intent::Declare(declare), None);
        assert_eq!(report(declare()), Ok(()));
        let for_bob = Declare {
            requester: Requester::Person(BOB),
            ..declare()
        };
        assert!(refused_role(&report(for_bob)));
        assert!(refused_role(&report(Declare {
            assignee: Some(BOB),
            ..declare()
        })));
    }

    #[test]
    fn managers_read_and_speak_but_do_not_work() {
        let incident = Copy::declared().read();
        let manager = person(BOB, Role::Manager);
        assert_eq!(
            may(&manager, &Intent::Note { text: text() }, Some(&incident)),
            Ok(())
        );
        assert!(refused_role(&may(
            &manager,
            &Intent::Start,
            Some(&incident)
        )));
    }

    #[test]
    fn every_transition_is_allowed_exactly_where_the_lifecycle_says() {
        use State::{Assigned, Cancelled, Closed, InProgress, New, OnHold, Resolved};
        let check = |transition: Transition, from: &[State]| {
            let allowed: Vec<_> = State::ALL
                .into_iter()
                .filter(|state| transition.is_allowed_from(*state))
                .collect();
            assert_eq!(allowed, from, "{transition:?}");
        };
        check(Transition::Started, &[New, Assigned, OnHold]);
        check(Transition::Held, &[New, Assigned, InProgress]);
        check(Transition::Resolved, &[New, Assigned, InProgress, OnHold]);
        check(Transition::Cancelled, &[New, Assigned, InProgress, OnHold]);
        check(Transition::Reopened, &[Resolved]);
        check(Transition::Closed, &[Resolved]);
        assert!(![Closed, Cancelled].into_iter().any(State::is_open));
    }

    #[test]
    fn what_is_empty_or_too_long_is_refused() {
        let incident = Copy::declared().read();
        let bob = person(BOB, Role::Agent);
        let judge = |intent: Intent| may(&bob, &intent, Some(&incident));
        let blank = Intent::Reply {
            text: " \n".to_owned(),
        };
        assert_eq!(
            judge(blank),
            Err(Refused::Empty {
                field: "reply".to_owned()
            })
        );
        for unseen in [" \u{200b} ", "\u{202e}\u{7}", "\u{3164}"] {
            let subject = SetField::Subject(unseen.to_owned());
            let refused = judge(Intent::Set(subject));
            assert!(matches!(refused, Err(Refused::Empty { .. })), "{unseen:?}");
        }
        assert_eq!(
            judge(Intent::Set(SetField::Subject("❤\u{fe0f}".to_owned()))),
            Ok(())
        );
        let long = "x".repeat(SUBJECT_BYTES_MAX + 1);
        let refused = judge(Intent::Set(SetField::Subject(long)));
        assert!(matches!(
            refused,
            Err(Refused::TooLong {
                max: SUBJECT_BYTES_MAX,
                ..
            })
        ));
        for field in ["asset", "contact"] {
            let mut long = declare();
            let place = if field == "asset" {
                &mut long.asset
            } else {
                &mut long.contact
            };
            *place = Some("x".repeat(NAME_BYTES_MAX + 1));
            let judged = judge(Intent::Declare(long));
            assert!(matches!(judged, Err(Refused::TooLong { field: of, .. }) if of == field));
        }
        let nameless = Requester::Unknown {
            name: String::new(),
            contact: text(),
        };
        assert!(matches!(
            judge(Intent::Set(SetField::Requester(nameless))),
            Err(Refused::Empty { .. })
        ));
    }

    #[test]
    fn a_bound_is_told_in_round_numbers_that_it_does_not_exceed() {
        assert_eq!(characters_about(SUBJECT_BYTES_MAX), 500);
        assert_eq!(characters_about(TEXT_BYTES_MAX), 65_000);
    }

    #[test]
    fn a_portal_session_reads_only_what_is_its_own() {
        let technician = person(ALICE, Role::Technician);
        let portal = scopes(&technician, Surface::Portal);
        assert_eq!(
            portal,
            BTreeSet::from([Scope::Requester(ALICE), Scope::Everyone])
        );
        let console = scopes(&technician, Surface::Console);
        assert!(console.contains(&Scope::Group("network".into())));
        assert!(!console.contains(&Scope::Staff));
        assert!(scopes(&person(BOB, Role::Agent), Surface::Console).contains(&Scope::Staff));
        let requester = person(CAROL, Role::Requester);
        assert_eq!(
            scopes(&requester, Surface::Console),
            scopes(&requester, Surface::Portal)
        );
    }

    #[test]
    fn what_somebody_fetched_is_theirs_with_the_same_rights_alone() {
        let fetched = |person: &Person| {
            let scopes = scopes(person, Surface::Console).into_iter();
            let mut fetched = scopes.filter(|scope| matches!(scope, Scope::Fetched(..)));
            let scope = fetched.next().expect("staff fetches");
            assert_eq!(scope.to_string().parse(), Ok(scope.clone()));
            scope
        };
        let technician = person(ALICE, Role::Technician);
        let mut moved = technician.clone();
        assert_eq!(fetched(&technician), fetched(&moved));
        moved.groups = ["desk".into()].into();
        assert_ne!(fetched(&technician), fetched(&moved));
        assert_ne!(fetched(&technician), fetched(&person(ALICE, Role::Agent)));
        assert_ne!(
            fetched(&technician),
            fetched(&person(BOB, Role::Technician))
        );
    }

    #[test]
    fn no_requester_is_in_the_audience_of_internal_work() {
        let audience = audience(&Copy::declared().read());
        assert!(audience.incident.contains(&Scope::Requester(CAROL)));
        let is_requester = |scope: &Scope| matches!(scope, Scope::Requester(_));
        assert!(!audience.work.iter().any(is_requester));
    }
}
