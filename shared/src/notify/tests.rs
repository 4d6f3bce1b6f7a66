mod watchers;

use super::*;
use crate::incidents::{Intent, Requester, ResolutionCode, SetField};
use crate::people::Role;
use crate::priority::Level;
use crate::sla;
use crate::testing::{ALICE, BOB, CAROL, Copy, person};

/// Leads incidents.
const DORA: PersonId = PersonId(4);
/// Another technician of the network group.
const ERIN: PersonId = PersonId(5);
/// A technician of no group.
const FRED: PersonId = PersonId(6);

const DUE: UnixMillis = UnixMillis(1_800_000_360_000);

fn directory() -> Directory {
    let mut people = vec![
        person(ALICE, Role::Technician),
        person(BOB, Role::Agent),
        person(CAROL, Role::Requester),
        person(DORA, Role::IncidentManager),
        person(ERIN, Role::Technician),
        person(FRED, Role::Technician),
    ];
    for one in &mut people {
        if ![ALICE, ERIN, CAROL].contains(&one.id) {
            one.groups.clear();
        }
    }
    Directory {
        people,
        ..Directory::default()
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn assign(group: Option<&str>, person: Option<PersonId>) -> Intent {
    let group = group.map(Into::into);
    Intent::Assign {
        group,
        person,
        escalation: None,
    }
}

fn reply() -> Intent {
    let text = text("Does it work now?");
    Intent::Reply { text }
}

fn resolve() -> Intent {
    let (code, notes) = (ResolutionCode::Fixed, text("A cable."));
    Intent::Resolve { code, notes }
}

/// An incident that Bob declared for Carol and gave to Alice, who is of the network group.
fn at_work() -> Copy {
    let mut copy = Copy::declared();
    copy.act(BOB, assign(Some("network"), Some(ALICE)));
    copy
}

/// What an act makes people hear.
fn noticed(copy: &mut Copy, by: PersonId, intent: Intent, directory: &Directory) -> Vec<Notice> {
    let before = copy.read();
    copy.act(by, intent);
    of_acts(Some(&before), &copy.read(), directory)
}

#[track_caller]
fn check(notices: &[Notice], expected: &[(Event, PersonId, Capacity)]) {
    let told = notices.iter().map(|notice| match notice.to {
        Recipient::Person(person) => (notice.event, person, notice.capacity),
        Recipient::Caller(_) => panic!("no caller is expected: {notice:?}"),
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_declaration_is_told_to_whom_it_is_for() {
    let copy = Copy::declared();
    let notices = of_acts(None, &copy.read(), &directory());
    check(&notices, &[(Event::Declared, CAROL, Capacity::Requester)]);
}

/// Whom an event reaches, and as what.
type Told<'a> = &'a [(Event, PersonId, Capacity)];

#[test]
fn the_table_says_who_hears_of_an_act() {
    use Capacity::{Requester, Staff};
    use Event::{Asked, Assigned, Cancelled, Closed, Reopened, Replied, Resolved};
    let held = || Intent::Hold {
        reason: HoldReason::Caller,
        text: text("Which building?"),
        until: None,
    };
    let waiting = || Intent::Hold {
        reason: HoldReason::Vendor,
        text: text("A part"),
        until: None,
    };
    let reopened = || Intent::Reopen {
        text: text("Again"),
    };
    let subject = || Intent::Set(SetField::Subject(text("Other")));
    let note = || Intent::Note {
        text: text("internal"),
    };
    let cancelled = || Intent::Cancel {
        text: text("Twice"),
    };
    let table: [(PersonId, Vec<Intent>, Told<'_>); 17] = [
        (
            BOB,
            vec![assign(None, Some(FRED))],
            &[(Assigned, FRED, Staff)],
        ),
        (BOB, vec![assign(None, Some(BOB))], &[]),
        (
            BOB,
            vec![assign(Some("network"), None)],
            &[(Assigned, ALICE, Staff), (Assigned, ERIN, Staff)],
        ),
        (ERIN, vec![Intent::Claim { group: None }], &[]),
        (ALICE, vec![reply()], &[(Replied, CAROL, Requester)]),
        (BOB, vec![reply()], &[(Replied, CAROL, Requester)]),
        (CAROL, vec![reply()], &[(Replied, ALICE, Staff)]),
        (ALICE, vec![held()], &[(Asked, CAROL, Requester)]),
        (ALICE, vec![waiting()], &[]),
        (ALICE, vec![resolve()], &[(Resolved, CAROL, Requester)]),
        (
            CAROL,
            vec![resolve(), reopened()],
            &[(Reopened, ALICE, Staff)],
        ),
        (
            BOB,
            vec![resolve(), reopened()],
            &[(Reopened, ALICE, Staff), (Reopened, CAROL, Requester)],
        ),
        (
            BOB,
            vec![resolve(), Intent::Close],
            &[(Closed, CAROL, Requester)],
        ),
        (
            CAROL,
            vec![resolve(), Intent::Close],
            &[(Closed, ALICE, Staff)],
        ),
        (BOB, vec![cancelled()], &[(Cancelled, CAROL, Requester)]),
        (ALICE, vec![note()], &[]),
        (BOB, vec![subject()], &[]),
    ];
    for (by, mut intents, expected) in table {
        let mut copy = at_work();
        let last = intents.pop().expect("an act");
        for before in intents {
            copy.act(ALICE, before);
        }
        let told = format!("{last:?}");
        let notices = noticed(&mut copy, by, last, &directory());
        assert_eq!(notices.len(), expected.len(), "{told}: {notices:?}");
        check(&notices, expected);
    }
}

#[test]
fn a_report_is_acknowledged_and_what_nobody_has_is_told_to_the_leads() {
    let reported = |group: Option<&str>| {
        let mut copy = at_work();
        let id = IncidentId::new(copy.now, [2; 10]);
        copy.docs = crate::incidents::IncidentDocs::new(id);
        let declare = crate::incidents::Declare {
            group: group.map(Into::into),
            ..crate::testing::declare()
        };
        copy.act(CAROL, Intent::Declare(declare));
        of_acts(None, &copy.read(), &directory())
    };
    let acknowledged = (Event::Declared, CAROL, Capacity::Requester);
    let lead = (Event::Declared, DORA, Capacity::Staff);
    check(&reported(None), &[acknowledged, lead]);
    let assigned = |person| (Event::Assigned, person, Capacity::Staff);
    check(
        &reported(Some("network")),
        &[acknowledged, assigned(ALICE), assigned(ERIN)],
    );
}

#[test]
fn a_declaration_with_an_assignee_tells_both_sides() {
    let mut copy = at_work();
    let declare = crate::incidents::Declare {
        assignee: Some(ALICE),
        ..crate::testing::declare()
    };
    let id = IncidentId::new(copy.now, [2; 10]);
    copy.docs = crate::incidents::IncidentDocs::new(id);
    copy.act(BOB, Intent::Declare(declare));
    let notices = of_acts(None, &copy.read(), &directory());
    check(
        &notices,
        &[
            (Event::Declared, CAROL, Capacity::Requester),
            (Event::Assigned, ALICE, Capacity::Staff),
        ],
    );
}

#[test]
fn service_levels_are_told_to_staff_alone() {
    let clock = Measure::Resolution;
    let (warned, breached) = (
        Event::Warned { clock, due: DUE },
        Event::Breached { clock, due: DUE },
    );
    let copy = at_work();
    let staff = Capacity::Staff;
    check(
        &of_clock(warned, 0, &copy.read(), &directory()),
        &[(warned, ALICE, staff)],
    );
    check(
        &of_clock(breached, 0, &copy.read(), &directory()),
        &[(breached, ALICE, staff), (breached, DORA, staff)],
    );
    // Nobody has it: the leads are to find somebody.
    check(
        &of_clock(warned, 0, &Copy::declared().read(), &directory()),
        &[(warned, DORA, staff)],
    );
}

#[test]
fn whoever_left_is_told_of_nothing_and_their_group_takes_over() {
    let mut directory = directory();
    for one in &mut directory.people {
        one.active = ![ALICE, CAROL].contains(&one.id);
    }
    let mut copy = at_work();
    check(&noticed(&mut copy, BOB, reply(), &directory), &[]);
    check(
        &noticed(&mut copy, CAROL, reply(), &directory),
        &[(Event::Replied, ERIN, Capacity::Staff)],
    );
}

#[test]
fn a_caller_is_told_at_a_valid_address_and_at_no_other() {
    for (contact, told) in [
        ("carol@example.org", 1),
        (" carol@example.org ", 1),
        ("+49 30 1234", 0),
        ("carol@example.org\r\nBcc: eve@example.org", 0),
    ] {
        let mut copy = at_work();
        let caller = Requester::Unknown {
            name: text("Carol"),
            contact: text(contact),
        };
        copy.act(BOB, Intent::Set(SetField::Requester(caller)));
        let notices = noticed(&mut copy, ALICE, reply(), &directory());
        assert_eq!(notices.len(), told, "{contact:?}");
        for notice in notices {
            assert_eq!(notice.to, Recipient::Caller(text("carol@example.org")));
            assert!(!notice.key().contains('@'), "{}", notice.key());
        }
    }
}

#[test]
fn a_notice_no_longer_stands_once_it_is_overtaken() {
    let mut copy = at_work();
    let directory = directory();
    let resolved = noticed(&mut copy, ALICE, resolve(), &directory).remove(0);
    let replied = noticed(&mut copy, ALICE, reply(), &directory).remove(0);
    assert!(stands(&resolved, &copy.read(), &directory));
    copy.act(
        CAROL,
        Intent::Reopen {
            text: text("Again"),
        },
    );
    assert!(!stands(&resolved, &copy.read(), &directory));
    assert!(stands(&replied, &copy.read(), &directory));
    // Somebody else is the requester now: what was meant for Carol is not sent to her.
    copy.act(
        BOB,
        Intent::Set(SetField::Requester(Requester::Person(FRED))),
    );
    assert!(!stands(&replied, &copy.read(), &directory));
}

#[test]
fn what_its_author_takes_back_is_not_told() {
    let mut copy = at_work();
    let directory = directory();
    for intent in [reply(), resolve()] {
        let told = noticed(&mut copy, ALICE, intent, &directory).remove(0);
        let fact = told.fact.expect("an act is a fact");
        let doc = DocKind::Incident;
        assert!(stands(&told, &copy.read(), &directory));
        let withdraw = Intent::Withdraw { doc, fact };
        let undone = noticed(&mut copy, ALICE, withdraw, &directory);
        assert_eq!(undone, [], "taking back is told to nobody");
        assert!(!stands(&told, &copy.read(), &directory));
    }
}

fn ask() -> Intent {
    let (reason, text) = (HoldReason::Caller, text("Which building?"));
    Intent::Hold {
        reason,
        text,
        until: None,
    }
}

fn reopen() -> Intent {
    let text = text("Again");
    Intent::Reopen { text }
}

fn withdraw(fact: FactId) -> Intent {
    let doc = DocKind::Incident;
    Intent::Withdraw { doc, fact }
}

/// Which of the notices would leave now.
fn standing(notices: &[Notice], copy: &Copy) -> Vec<Notice> {
    let (incident, directory) = (copy.read(), directory());
    let stands = |notice: &&Notice| stands(notice, &incident, &directory);
    notices.iter().filter(stands).cloned().collect()
}

#[test]
fn of_acts_that_say_the_same_before_a_letter_left_the_last_is_told() {
    for (acts, event, told) in [
        ([resolve(), reopen(), resolve()], Event::Resolved, 2),
        ([ask(), Intent::Start, ask()], Event::Asked, 2),
    ] {
        let mut copy = at_work();
        let mut notices = Vec::new();
        for act in acts {
            notices.extend(noticed(&mut copy, ALICE, act, &directory()));
        }
        let said = notices.iter().filter(|notice| notice.event == event);
        assert_eq!(said.count(), told);
        let standing = standing(&notices, &copy);
        check(&standing, &[(event, CAROL, Capacity::Requester)]);
        assert_eq!(standing.first(), notices.last());
    }
}

#[test]
fn what_says_the_same_beside_another_is_not_told_whichever_holds() {
    for act in [resolve(), ask(), Intent::Cancel { text: text("") }] {
        for is_later in [false, true] {
            let mut here = at_work();
            let mut away = here.on(2);
            here.act(ALICE, reply());
            if is_later {
                away.now = here.now.plus(60_000);
            }
            away.act(ALICE, act.clone());
            let told = noticed(&mut here, BOB, act.clone(), &directory());
            assert_eq!(told.len(), 1, "{act:?}");
            let before = here.read();
            here.merge(&away);
            let news = of_acts(Some(&before), &here.read(), &directory());
            assert_eq!(news, [], "{act:?}");
            assert_eq!(
                standing(&told, &here),
                told,
                "its letter may be the only one"
            );
        }
    }
}

#[test]
fn a_reopening_that_gives_way_to_another_is_not_told() {
    for is_later in [false, true] {
        let mut here = at_work();
        here.act(ALICE, resolve());
        let mut away = here.on(2);
        here.act(BOB, reply());
        if is_later {
            away.now = here.now.plus(60_000);
        }
        away.act(BOB, reopen());
        let told = noticed(&mut here, CAROL, reopen(), &directory());
        check(&told, &[(Event::Reopened, ALICE, Capacity::Staff)]);
        let before = here.read();
        here.merge(&away);
        assert_eq!(of_acts(Some(&before), &here.read(), &directory()), []);
        assert_eq!(standing(&told, &here), told);
    }
}

#[test]
fn what_a_withdrawal_makes_current_again_is_told_again() {
    let (mut copy, directory) = (at_work(), directory());
    let freds = noticed(&mut copy, BOB, assign(None, Some(FRED)), &directory);
    let erins = copy.act(BOB, assign(None, Some(ERIN)));
    assert_eq!(standing(&freds, &copy), []);
    assert_eq!(noticed(&mut copy, BOB, withdraw(erins), &directory), freds);

    let resolved = noticed(&mut copy, FRED, resolve(), &directory);
    let reopened = copy.act(BOB, reopen());
    let told = noticed(&mut copy, BOB, withdraw(reopened), &directory);
    assert_eq!(told, resolved);

    let replied = copy.act(BOB, reply());
    let told = noticed(&mut copy, BOB, withdraw(replied), &directory);
    assert_eq!(told, [], "nothing else has changed by it");
}

#[test]
fn a_message_is_told_again_to_whoever_has_the_incident_after_all() {
    let (mut copy, directory) = (at_work(), directory());
    let replied = noticed(&mut copy, CAROL, reply(), &directory);
    check(&replied, &[(Event::Replied, ALICE, Capacity::Staff)]);
    let erins = copy.act(BOB, assign(None, Some(ERIN)));
    assert_eq!(standing(&replied, &copy), []);
    let told = noticed(&mut copy, BOB, withdraw(erins), &directory);
    assert!(told.contains(&replied[0]), "{told:?}");
}

#[test]
fn of_two_resolutions_the_one_that_is_left_is_told() {
    let (mut here, directory) = (at_work(), directory());
    let mut away = here.on(2);
    let fact = here.act(ALICE, resolve());
    away.act(BOB, resolve());
    here.merge(&away);
    let told = noticed(&mut here, ALICE, withdraw(fact), &directory);
    check(&told, &[(Event::Resolved, CAROL, Capacity::Requester)]);
    assert_eq!(told[0].by, BOB);
}

#[test]
fn what_was_told_long_before_it_was_overtaken_by_mistake_is_not_told_again() {
    let (mut copy, directory) = (at_work(), directory());
    let resolved = noticed(&mut copy, ALICE, resolve(), &directory);
    copy.now = copy.now.plus(AGAIN_MILLIS);
    let reopened = copy.act(BOB, reopen());
    assert_eq!(standing(&resolved, &copy), []);
    assert_eq!(noticed(&mut copy, BOB, withdraw(reopened), &directory), []);
}

#[test]
fn what_nobody_has_is_told_to_the_leads_when_its_requester_says_something() {
    let mut copy = Copy::declared();
    for (act, event) in [(reply(), Event::Replied), (reopen(), Event::Reopened)] {
        let notices = noticed(&mut copy, CAROL, act, &directory());
        check(&notices, &[(event, DORA, Capacity::Staff)]);
        copy.act(BOB, resolve());
    }
}

#[test]
fn the_report_of_a_lead_is_acknowledged_and_told_to_the_other_leads() {
    let mut directory = directory();
    let fred = directory.people.iter_mut().find(|one| one.id == FRED);
    fred.expect("Fred").roles.insert(Role::IncidentManager);
    let mut copy = at_work();
    copy.docs = crate::incidents::IncidentDocs::new(IncidentId::new(copy.now, [2; 10]));
    let declare = crate::incidents::Declare {
        requester: Requester::Person(DORA),
        ..crate::testing::declare()
    };
    copy.act(DORA, Intent::Declare(declare));
    check(
        &of_acts(None, &copy.read(), &directory),
        &[
            (Event::Declared, DORA, Capacity::Requester),
            (Event::Declared, FRED, Capacity::Staff),
        ],
    );
}

#[test]
fn an_assignment_that_did_not_hold_tells_nobody() {
    let mut here = Copy::declared();
    let mut there = here.on(2);
    here.act(BOB, assign(None, Some(FRED)));
    there.act(ERIN, Intent::Claim { group: None });
    let before = here.read();
    here.merge(&there);
    assert_eq!(of_acts(Some(&before), &here.read(), &directory()), []);
}

#[test]
fn every_notice_of_an_event_has_a_key_of_its_own() {
    let mut copy = at_work();
    let directory = directory();
    let mut notices = noticed(&mut copy, ALICE, reply(), &directory);
    notices.extend(noticed(&mut copy, ALICE, reply(), &directory));
    notices.extend(noticed(
        &mut copy,
        BOB,
        assign(Some("network"), None),
        &directory,
    ));
    for clock in [Measure::Response, Measure::Resolution] {
        for due in [DUE, DUE.plus(1)] {
            for event in [
                Event::Warned { clock, due },
                Event::Breached { clock, due },
                Event::BreachCorrected { clock, due },
            ] {
                notices.extend(of_clock(event, 0, &copy.read(), &directory));
            }
        }
    }
    let keys: BTreeSet<_> = notices.iter().map(Notice::key).collect();
    assert_eq!(keys.len(), notices.len());
}

#[test]
fn a_warning_no_longer_stands_once_the_response_is_there_or_has_more_time() {
    let directory = directory();
    for end in [reply(), Intent::Set(SetField::Urgency(Level::Low))] {
        let mut copy = at_work();
        let glance = sla::glance(&copy.read(), &directory.rules());
        let sla::Standing::Running { due_at } = glance.response else {
            panic!("nobody has responded");
        };
        let warned = Event::Warned {
            clock: Measure::Response,
            due: due_at,
        };
        let notice = of_clock(warned, 0, &copy.read(), &directory).remove(0);
        assert!(stands(&notice, &copy.read(), &directory));
        copy.act(ALICE, end);
        assert!(!stands(&notice, &copy.read(), &directory));
    }
}

#[test]
fn a_correction_is_for_those_who_were_told_of_the_breach() {
    let (mut copy, directory) = (at_work(), directory());
    let (clock, due) = (Measure::Response, DUE);
    let breached = Event::Breached { clock, due };
    for round in [0, 1] {
        let told = of_clock(breached, round, &copy.read(), &directory);
        let begin = clock_key(copy.read().id, breached);
        assert!(told.iter().all(|told| told.key().starts_with(&begin)));
        let told: Vec<_> = told.iter().filter_map(|told| said(&told.key())).collect();
        let expected = [ALICE, DORA].map(|to| Said { round, to });
        assert_eq!(told, expected);

        copy.act(BOB, assign(Some("network"), Some(ERIN)));
        let corrected = Event::BreachCorrected { clock, due };
        let notices = of_correction(corrected, &told, copy.read().id);
        assert_eq!(notices.len(), 2);
        for notice in &notices {
            assert!(stands(notice, &copy.read(), &directory));
            assert_eq!(said(&notice.key()).map(|said| said.round), Some(round));
        }
        copy.act(BOB, assign(Some("network"), Some(ALICE)));
    }
}
