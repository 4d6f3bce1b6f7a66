//! Taking back what one did: it counts for nothing any more, and stays in the history.

use crate::ids::{DocKind, FactId, PersonId};
use crate::people::Role;
use crate::policy;
use crate::rows::row;
use crate::targets::Rules;
use crate::testing::{ALICE, BOB, CAROL, Copy, person};

use super::{EventKind, Incident, Intent, Level, Refused, ResolutionCode, SetField, State};

const HERE: DocKind = DocKind::Incident;

fn withdraw(fact: FactId) -> Intent {
    Intent::Withdraw { doc: HERE, fact }
}

fn urgency(level: Level) -> Intent {
    Intent::Set(SetField::Urgency(level))
}

fn resolve(notes: &str) -> Intent {
    let (code, notes) = (ResolutionCode::Fixed, notes.to_owned());
    Intent::Resolve { code, notes }
}

fn reply(text: &str) -> Intent {
    let text = text.to_owned();
    Intent::Reply { text }
}

fn is_withdrawn(incident: &Incident, fact: FactId) -> bool {
    let mut events = incident.timeline.iter();
    events.any(|event| event.fact == fact && event.withdrawn.is_some())
}

fn judged(by: PersonId, intent: &Intent, copy: &Copy) -> Result<(), Refused> {
    let person = person(by, Role::Agent);
    policy::may(&person, intent, Some(&copy.read()))
}

#[test]
fn what_an_act_alone_superseded_holds_again_once_it_is_taken_back() {
    let mut copy = Copy::declared();
    copy.act(BOB, urgency(Level::High));
    let low = copy.act(ALICE, urgency(Level::Low));
    let claim = copy.act(ALICE, Intent::Claim { group: None });
    let start = copy.act(ALICE, Intent::Start);
    for fact in [low, claim, start] {
        copy.act(ALICE, withdraw(fact));
    }
    let incident = copy.read();
    assert_eq!(incident.urgency.holds.value, Level::High);
    assert_eq!(
        (incident.state, incident.assignment.person),
        (State::New, None)
    );
    assert!(
        [low, claim, start]
            .iter()
            .all(|fact| is_withdrawn(&incident, *fact))
    );
}

#[test]
fn what_somebody_did_upon_a_withdrawn_act_stands() {
    let mut one = Copy::declared();
    let low = one.act(ALICE, urgency(Level::Low));
    let mut two = one.on(2);
    one.act(ALICE, withdraw(low));
    two.act(BOB, urgency(Level::High));
    one.merge(&two);
    let incident = one.read();
    assert_eq!(incident.urgency.holds.value, Level::High);
    assert_eq!(incident.conflicts(), 0, "the withdrawn value is no rival");
}

#[test]
fn an_act_taken_back_in_two_places_at_once_is_taken_back_once() {
    let mut one = Copy::declared();
    one.act(ALICE, Intent::Start);
    let first = one.act(ALICE, resolve("First."));
    one.act(
        CAROL,
        Intent::Reopen {
            text: String::new(),
        },
    );
    let second = one.act(ALICE, resolve("Second."));
    let mut two = one.on(2);
    let (said_one, said_two) = (
        one.act(ALICE, withdraw(second)),
        two.act(ALICE, withdraw(second)),
    );
    let (left, right) = (one.clone(), two.clone());
    one.merge(&right);
    two.merge(&left);
    let incident = one.read();
    assert_eq!(incident, two.read());
    assert_eq!(
        (incident.state, incident.resolution_notes.as_str()),
        (State::New, "First.")
    );
    let mut events = incident.timeline.iter();
    let event = events.find(|event| event.fact == second).expect("it stays");
    let said = event.withdrawn.expect("it is marked").fact;
    assert_eq!(said, said_one.min(said_two));
    assert!(!is_withdrawn(&incident, first));
}

#[test]
fn a_resolution_taken_back_takes_its_notes_along_and_keeps_them_in_the_history() {
    let mut copy = Copy::declared();
    copy.act(ALICE, Intent::Start);
    let resolved = copy.act(ALICE, resolve("Restarted the gateway."));
    copy.act(ALICE, withdraw(resolved));
    let incident = copy.read();
    assert_eq!(
        (incident.state, incident.resolution_notes.as_str()),
        (State::InProgress, "")
    );
    assert_eq!((incident.resolution, incident.resolved_at), (None, None));
    let stages = incident.past.stages.iter();
    assert!(
        stages.clone().all(|period| period.fact != resolved),
        "it never held"
    );
    let notes = |wanted: FactId| {
        let mut events = incident.timeline.iter();
        let event = events.find(|event| event.fact == wanted)?;
        if let EventKind::Resolved { notes, .. } = &event.kind {
            Some(notes.clone())
        } else {
            None
        }
    };
    assert_eq!(notes(resolved).as_deref(), Some("Restarted the gateway."));
    copy.act(ALICE, resolve("Renewed the certificate."));
    assert_eq!(copy.read().resolution_notes, "Renewed the certificate.");
}

#[test]
fn of_two_resolutions_at_once_the_notes_of_the_one_that_is_left_stay() {
    let mut one = Copy::declared();
    one.act(ALICE, Intent::Start);
    let mut two = one.on(2);
    let alices = one.act(ALICE, resolve("Restarted."));
    two.act(BOB, resolve("Renewed."));
    one.merge(&two);
    one.act(ALICE, withdraw(alices));
    let incident = one.read();
    assert_eq!(
        (incident.state, incident.resolution_notes.as_str()),
        (State::Resolved, "Renewed.")
    );
}

#[test]
fn a_declaration_taken_back_reads_as_cancelled_and_keeps_its_values() {
    let mut copy = Copy::declared();
    let before = copy.read();
    copy.act(BOB, withdraw(before.timeline[0].fact));
    let after = copy.read();
    assert_eq!(after.state, State::Cancelled);
    assert_eq!(after.subject, before.subject);
    assert!(after.timeline[0].withdrawn.is_some());
}

#[test]
fn nobody_takes_back_what_somebody_else_or_the_server_stated() {
    let mut copy = Copy::declared();
    let bobs = copy.act(BOB, urgency(Level::High));
    let before = copy.read();
    copy.act(ALICE, withdraw(bobs));
    assert_eq!(copy.read().urgency, before.urgency);
    assert_eq!(judged(ALICE, &withdraw(bobs), &copy), Err(Refused::NotOwn));
    assert_eq!(judged(BOB, &withdraw(bobs), &copy), Ok(()));
    let number = FactId::new(copy.now, [9; 10]);
    let actor = copy.actor;
    super::write_number(&mut copy.docs, number, "INC-1", copy.now, actor).expect("written");
    copy.act(PersonId::SERVER, withdraw(number));
    assert_eq!(
        copy.read().number.as_deref(),
        Some("INC-1"),
        "a number stays for ever"
    );
    assert_eq!(
        judged(ALICE, &withdraw(number), &copy),
        Err(Refused::NotOwn)
    );
}

#[test]
fn a_withdrawal_is_not_taken_back_and_doing_it_again_is_a_new_fact() {
    let mut copy = Copy::declared();
    let high = copy.act(ALICE, urgency(Level::High));
    let withdrawal = copy.act(ALICE, withdraw(high));
    let refused = judged(ALICE, &withdraw(withdrawal), &copy);
    assert_eq!(refused, Err(Refused::NothingToWithdraw));
    copy.act(ALICE, withdraw(withdrawal));
    assert_eq!(
        copy.read().urgency.holds.value,
        Level::Medium,
        "it is inert"
    );
    copy.act(ALICE, urgency(Level::High));
    assert_eq!(copy.read().urgency.holds.value, Level::High);
}

#[test]
fn what_the_document_does_not_hold_cannot_be_taken_back_in_it() {
    let mut copy = Copy::declared();
    let note = copy.act(
        ALICE,
        Intent::Note {
            text: "Internal.".to_owned(),
        },
    );
    for fact in [note, FactId::from_bytes([7; 16])] {
        let refused = judged(ALICE, &withdraw(fact), &copy);
        assert_eq!(refused, Err(Refused::NothingToWithdraw));
        copy.act(ALICE, withdraw(fact));
        assert!(!is_withdrawn(&copy.read(), note), "it is inert");
    }
    let proper = Intent::Withdraw {
        doc: DocKind::Work,
        fact: note,
    };
    assert_eq!(judged(ALICE, &proper, &copy), Ok(()));
    copy.act(ALICE, proper);
    assert!(is_withdrawn(&copy.read(), note));
}

#[test]
fn a_word_of_the_requester_that_was_taken_back_keeps_no_incident_open() {
    let mut one = Copy::declared();
    one.act(ALICE, resolve("Done."));
    let mut two = one.on(2);
    one.act(ALICE, Intent::Close);
    let word = two.act(CAROL, reply("Wait."));
    one.merge(&two);
    assert_eq!(one.read().state, State::Resolved);
    two.act(CAROL, withdraw(word));
    one.merge(&two);
    let incident = one.read();
    assert_eq!(
        (incident.state, incident.gave_way.len()),
        (State::Closed, 0)
    );
}

#[test]
fn rows_count_no_withdrawn_entries() {
    let mut copy = Copy::declared();
    let word = copy.act(ALICE, reply("On it."));
    copy.act(ALICE, withdraw(word));
    assert_eq!(row(&copy.read(), &Rules::default()).entries, 0);
}
