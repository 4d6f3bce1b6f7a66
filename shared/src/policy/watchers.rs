//! Who can watch an incident, and by what they are taken off.

use crate::ids::{DocKind, FactId, PersonId};
use crate::incidents::{Incident, Intent, MENTIONS_MAX, Refused, WATCHERS_MAX};
use crate::people::{Directory, Person};

use super::is_requester;
use super::work::{count, within};

/// Whether somebody can watch that way: staff see the work, and so watch internally; to others it
/// stays closed.
pub fn may_watch(person: &Person, doc: DocKind) -> bool {
    person.is_staff() == (doc == DocKind::Work)
}

/// Whether somebody can be called on in a text: staff in a note, by which they come to read it; in
/// a message also the requester and those who watch publicly.
pub fn may_be_mentioned(person: &Person, doc: DocKind, incident: Option<&Incident>) -> bool {
    let is_public = doc == DocKind::Incident;
    let reads_publicly = || is_requester(person, incident) || watches_publicly(person.id, incident);
    person.is_staff() || (is_public && reads_publicly())
}

/// Whether the people whom an act names can be what it makes them. One who has left since is let
/// be: they see nothing any more, and are told nothing.
pub fn names_who_may(
    intent: &Intent,
    incident: Option<&Incident>,
    directory: &Directory,
) -> Result<(), Refused> {
    if let Intent::Mention { doc, people, .. } = intent {
        let may = |id: &PersonId| {
            let person = directory.person(*id);
            person.is_some_and(|person| may_be_mentioned(person, *doc, incident))
        };
        return people
            .iter()
            .all(may)
            .then_some(())
            .ok_or(Refused::CannotRead);
    }
    let Intent::Watch { doc, person } = intent else {
        return Ok(());
    };
    let found = directory.person(*person);
    found
        .filter(|person| may_watch(person, *doc))
        .map(|_| ())
        .ok_or(Refused::CannotWatch)
}

pub(super) fn watches_publicly(person: PersonId, incident: Option<&Incident>) -> bool {
    let found = incident.and_then(|incident| incident.watcher(DocKind::Incident, person));
    found.is_some()
}

pub(super) fn mentioned(people: &[PersonId]) -> Result<(), Refused> {
    within("people", count(people.len()), (1, count(MENTIONS_MAX)))
}

pub(super) fn unwatched(added: &[FactId]) -> Result<(), Refused> {
    within("additions", count(added.len()), (1, count(WATCHERS_MAX)))
}

/// Whether there is room for one more, and whoever is taken off was added by what is named.
pub(super) fn stay_within(intent: &Intent, incident: Option<&Incident>) -> Result<(), Refused> {
    let Some(incident) = incident else {
        return Ok(());
    };
    if let Intent::Unwatch { doc, person, added } = intent {
        let mut added = added.iter();
        let is_there = added.all(|fact| incident.has_added(*doc, *person, *fact));
        return is_there.then_some(()).ok_or(Refused::NoSuchWatcher);
    }
    let Some((doc, more)) = lets_watch(intent) else {
        return Ok(());
    };
    // A note is not refused with its words for whom it calls on: there is more room for that.
    let is_call = matches!(intent, Intent::Mention { .. });
    let most = count(WATCHERS_MAX) * if is_call { 4 } else { 1 };
    let watchers = incident.watchers(doc);
    let others = watchers
        .iter()
        .filter(|watcher| !more.contains(&watcher.person));
    within("watchers", count(others.count() + more.len()), (0, most))?;
    // Whoever is called on watches anew with each note.
    if is_call {
        return Ok(());
    }
    let own = watchers
        .iter()
        .filter(|watcher| more.contains(&watcher.person));
    let added = own.map(|watcher| watcher.added.len()).max().unwrap_or(0);
    within("additions", count(added + 1), (0, most))
}

fn lets_watch(intent: &Intent) -> Option<(DocKind, &[PersonId])> {
    if let Intent::Watch { doc, person } = intent {
        return Some((*doc, std::slice::from_ref(person)));
    }
    let Intent::Mention {
        doc: DocKind::Work,
        people,
        ..
    } = intent
    else {
        return None;
    };
    Some((DocKind::Work, people))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{Role, Scope, Surface};
    use crate::policy::{audience, may, scopes};
    use crate::testing::{ALICE, BOB, CAROL, Copy, person};

    const DORA: PersonId = PersonId(4);

    fn watch(doc: DocKind, person: PersonId) -> Intent {
        Intent::Watch { doc, person }
    }

    #[test]
    fn staff_watch_internally_others_publicly_and_nobody_who_is_unknown() {
        let directory = Directory {
            people: vec![
                person(ALICE, Role::Technician),
                person(DORA, Role::Requester),
            ],
            ..Directory::default()
        };
        let judge = |doc, person| names_who_may(&watch(doc, person), None, &directory);
        assert_eq!(judge(DocKind::Work, ALICE), Ok(()));
        assert_eq!(judge(DocKind::Incident, DORA), Ok(()));
        let refused = [
            (DocKind::Work, DORA),
            (DocKind::Incident, ALICE),
            (DocKind::Work, PersonId(99)),
            (DocKind::Incident, PersonId(99)),
        ];
        for (doc, person) in refused {
            assert_eq!(judge(doc, person), Err(Refused::CannotWatch));
        }
    }

    #[test]
    fn only_who_may_read_a_text_is_mentioned_in_it() {
        let gina = PersonId(7);
        let directory = Directory {
            people: vec![
                person(ALICE, Role::Technician),
                person(CAROL, Role::Requester),
                person(DORA, Role::Requester),
                person(gina, Role::Requester),
            ],
            ..Directory::default()
        };
        let mut copy = Copy::declared();
        copy.act(BOB, watch(DocKind::Incident, DORA));
        let incident = copy.read();
        let judge = |doc, person| {
            let (text, people) = ("@you".to_owned(), vec![ALICE, person]);
            let intent = Intent::Mention { doc, text, people };
            names_who_may(&intent, Some(&incident), &directory)
        };
        for person in [ALICE, CAROL, DORA] {
            assert_eq!(judge(DocKind::Incident, person), Ok(()));
        }
        for (doc, person) in [
            (DocKind::Work, CAROL),
            (DocKind::Work, DORA),
            (DocKind::Incident, gina),
            (DocKind::Incident, PersonId(99)),
        ] {
            assert_eq!(judge(doc, person), Err(Refused::CannotRead));
        }
    }

    #[test]
    fn requesters_let_nobody_watch_and_whoever_watches_publicly_replies_and_leaves() {
        let (carol, dora) = (
            person(CAROL, Role::Requester),
            person(DORA, Role::Requester),
        );
        let mut copy = Copy::declared();
        let added = copy.act(BOB, watch(DocKind::Incident, DORA));
        let incident = copy.read();
        let text = || "It fails here, too.".to_owned();
        let off = |person| Intent::Unwatch {
            doc: DocKind::Incident,
            person,
            added: vec![added],
        };
        let judge = |who: &Person, intent| may(who, &intent, Some(&incident));
        assert_eq!(judge(&dora, Intent::Reply { text: text() }), Ok(()));
        assert_eq!(judge(&dora, off(DORA)), Ok(()));
        for doc in [DocKind::Incident, DocKind::Work] {
            assert!(judge(&carol, watch(doc, DORA)).is_err());
        }
        assert!(judge(&carol, off(DORA)).is_err());
        for intent in [
            Intent::Note { text: text() },
            Intent::Close,
            Intent::Reopen { text: text() },
            Intent::Cancel { text: text() },
        ] {
            assert!(matches!(judge(&dora, intent), Err(Refused::Role { .. })));
        }
        copy.act(DORA, off(DORA));
        let reply = may(&dora, &Intent::Reply { text: text() }, Some(&copy.read()));
        assert!(matches!(reply, Err(Refused::Role { .. })));
    }

    #[test]
    fn whoever_watches_has_the_incident_and_loses_it_with_that() {
        let mut copy = Copy::declared();
        let within = |copy: &Copy| {
            let audience = audience(&copy.read());
            [
                audience.work.contains(&Scope::Worker(ALICE)),
                audience.incident.contains(&Scope::Worker(ALICE)),
                audience.incident.contains(&Scope::Requester(DORA)),
                audience.work.contains(&Scope::Requester(DORA)),
            ]
        };
        assert_eq!(within(&copy), [false; 4]);
        let facts = [
            copy.act(BOB, watch(DocKind::Work, ALICE)),
            copy.act(BOB, watch(DocKind::Incident, DORA)),
        ];
        assert_eq!(within(&copy), [true, true, true, false]);
        let dora = person(DORA, Role::Requester);
        assert!(scopes(&dora, Surface::Portal).contains(&Scope::Requester(DORA)));
        for (doc, person, fact) in [
            (DocKind::Work, ALICE, facts[0]),
            (DocKind::Incident, DORA, facts[1]),
        ] {
            let added = vec![fact];
            copy.act(BOB, Intent::Unwatch { doc, person, added });
        }
        assert_eq!(within(&copy), [false; 4]);
    }

    #[test]
    fn nobody_is_taken_off_by_what_is_no_addition_of_theirs() {
        let mut copy = Copy::declared();
        let doc = DocKind::Work;
        let added = copy.act(BOB, watch(doc, ALICE));
        let other = copy.act(BOB, watch(doc, BOB));
        let bob = person(BOB, Role::Agent);
        let incident = copy.read();
        let judge = |doc, person, added| {
            let intent = Intent::Unwatch { doc, person, added };
            may(&bob, &intent, Some(&incident))
        };
        assert_eq!(judge(doc, ALICE, vec![added]), Ok(()));
        for (doc, added) in [
            (doc, vec![other]),
            (doc, vec![added, other]),
            (DocKind::Incident, vec![added]),
        ] {
            assert_eq!(judge(doc, ALICE, added), Err(Refused::NoSuchWatcher));
        }
        let none = judge(doc, ALICE, vec![]);
        assert!(matches!(none, Err(Refused::OutOfRange { .. })));
    }

    #[test]
    fn so_many_watch_and_no_more() {
        let mut copy = Copy::declared();
        let doc = DocKind::Work;
        for id in 0..u32::try_from(WATCHERS_MAX).unwrap_or(0) {
            copy.act(BOB, watch(doc, PersonId(100 + id)));
        }
        let bob = person(BOB, Role::Agent);
        let judge = |doc| may(&bob, &watch(doc, ALICE), Some(&copy.read()));
        assert!(matches!(judge(doc), Err(Refused::OutOfRange { .. })));
        assert_eq!(judge(DocKind::Incident), Ok(()));
    }
}
