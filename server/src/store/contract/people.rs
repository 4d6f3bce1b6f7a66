//! What lasts of people, their sessions and what pages named to their devices.

use std::collections::BTreeMap;

use shared::ids::{DeviceId, PersonId};
use shared::people::{Directory, Scope};
use shared::sync::Seq;
use shared::sync::message::Surface;
use shared::sync::server::Issued;

use super::super::{Contact, DEVICES_MAX, StoredSession};
use super::{NOW, Place, commit, group, scopes};
use crate::auth::{Agent, SessionId};

pub(in crate::store) async fn contacts_of_valid_sessions_on_the_console_last(place: &impl Place) {
    let store = place.open().await;
    let contact = |nth: u8, at| Contact {
        session: SessionId([nth; 32]),
        person: PersonId(u32::from(nth)),
        device: DeviceId::from_bytes([nth; 16]),
        surface: Surface::Console,
        at,
    };
    for (nth, surface) in [
        (1, Surface::Console),
        (2, Surface::Portal),
        (3, Surface::Console),
    ] {
        let of = contact(nth, NOW);
        let session = StoredSession {
            person: of.person,
            surface,
            expires_at: NOW.plus(i64::from(nth)),
            is_wiping: false,
        };
        let agent = Agent::default();
        let added = store.add_session(of.session, session, &agent, NOW);
        added.await.expect("kept");
        store.put_contact(&of).await.expect("kept");
    }
    let later = contact(3, NOW.plus(1));
    store.put_contact(&later).await.expect("replaced");
    drop(store);

    let store = place.open().await;
    let all = store.contacts(NOW).await.expect("a look");
    assert_eq!(all, [contact(1, NOW), later]);
    let valid = store.contacts(NOW.plus(1)).await.expect("a look");
    assert_eq!(valid, [later]);
    store.end_session(later.session).await.expect("ended");
    assert_eq!(
        store.contacts(NOW).await.expect("a look"),
        [contact(1, NOW)]
    );
}

pub(in crate::store) async fn people_and_sessions_last(place: &impl Place) {
    let store = place.open().await;
    let directory = Directory {
        version: 3,
        name: "Test".to_owned(),
        ..Directory::default()
    };
    let nobody = BTreeMap::new();
    let put = store.put_directory(&directory, &nobody, None).await;
    put.expect("it is newer");
    let again = store.put_directory(&directory, &nobody, None).await;
    assert!(again.is_err(), "a version is written once");
    store
        .put_credential(PersonId(7), "first")
        .await
        .expect("kept");
    store
        .put_credential(PersonId(7), "second")
        .await
        .expect("replaced");
    let session = |nth: u8| SessionId([nth; 32]);
    for (nth, person) in [(1, 7), (2, 7), (3, 8)] {
        let kept = StoredSession {
            person: PersonId(person),
            surface: Surface::Portal,
            expires_at: NOW.plus(9),
            is_wiping: false,
        };
        let agent = Agent::default();
        let added = store.add_session(session(nth), kept, &agent, NOW);
        added.await.expect("kept");
    }
    drop(store);

    let store = place.open().await;
    assert_eq!(store.directory(2).await.expect("a look"), Some(directory));
    assert_eq!(store.directory(3).await.expect("a look"), None);
    let phc = store.credential(PersonId(7)).await.expect("a look");
    assert_eq!(phc.as_deref(), Some("second"));
    let kept = store
        .session(session(1))
        .await
        .expect("a look")
        .expect("it lasts");
    assert_eq!((kept.person, kept.surface), (PersonId(7), Surface::Portal));
    store.end_session(session(1)).await.expect("ended");
    assert_eq!(store.session(session(1)).await.expect("a look"), None);
    assert_eq!(store.end_sessions_of(PersonId(7)).await.expect("ended"), 1);
    assert!(store.session(session(3)).await.expect("a look").is_some());
}

pub(in crate::store) async fn scopes_are_issued_to_one_device_of_one_person(place: &impl Place) {
    let store = place.open().await;
    let device = |nth: u8| DeviceId::from_bytes([nth; 16]);
    let first = scopes(&[Scope::Everyone]);
    let second = scopes(&[Scope::Everyone, Scope::Site("north".into())]);
    for named in [&first, &second] {
        let issued = store.issue(PersonId(7), device(1), named).await;
        issued.expect("a scope may be named again");
    }
    drop(store);

    let store = place.open().await;
    let mut view = store.view().await.expect("a view");
    let all = second.into_iter().map(|scope| (scope, None)).collect();
    for (person, nth, expected) in [(7, 1, all), (7, 2, Issued::new()), (8, 1, Issued::new())] {
        let issued = view.issued(PersonId(person), device(nth)).await;
        assert_eq!(issued.expect("a look"), expected, "person {person}");
    }
}

pub(in crate::store) async fn a_scope_is_lost_once_at_the_end_of_the_log_until_it_is_regained(
    place: &impl Place,
) {
    let store = place.open().await;
    let (person, device) = (PersonId(7), DeviceId::from_bytes([1; 16]));
    let (all, fewer) = (
        scopes(&[Scope::Everyone, group("network")]),
        scopes(&[Scope::Everyone]),
    );
    let steps = [
        (&all, 1, None),
        (&fewer, 2, Some(2)),
        (&fewer, 3, Some(2)),
        (&all, 4, None),
        (&fewer, 5, Some(5)),
    ];
    for (named, head, lost_at) in steps {
        commit(&store, 1, &[head]).await;
        let issued = store.issue(person, device, named).await;
        issued.expect("it is kept");
        let mut view = store.view().await.expect("a view");
        let issued = view.issued(person, device).await.expect("a look");
        let expected = [
            (Scope::Everyone, None),
            (group("network"), lost_at.map(Seq)),
        ];
        assert_eq!(issued, expected.into(), "at {head}");
    }
}

pub(in crate::store) async fn a_directory_says_what_is_lost_to_every_device(place: &impl Place) {
    let store = place.open().await;
    let device = |nth: u8| DeviceId::from_bytes([nth; 16]);
    let named = scopes(&[Scope::Everyone, group("network")]);
    for (person, nth) in [(7, 1), (7, 2), (8, 1)] {
        let issued = store.issue(PersonId(person), device(nth), &named).await;
        issued.expect("it is kept");
    }
    for (version, head) in [(1, 5), (2, 6)] {
        commit(&store, 1, &[head]).await;
        let directory = Directory {
            version,
            ..Directory::default()
        };
        let lost = [(PersonId(7), scopes(&[group("network"), group("other")]))].into();
        let put = store.put_directory(&directory, &lost, None).await;
        put.expect("it is newer");
    }
    let mut view = store.view().await.expect("a view");
    for (person, nth, lost_at) in [(7, 1, Some(Seq(5))), (7, 2, Some(Seq(5))), (8, 1, None)] {
        let issued = view.issued(PersonId(person), device(nth)).await;
        let expected = [(Scope::Everyone, None), (group("network"), lost_at)];
        assert_eq!(issued.expect("a look"), expected.into(), "person {person}");
    }
}

pub(in crate::store) async fn the_latest_devices_of_a_person_are_kept(place: &impl Place) {
    let store = place.open().await;
    let device = |nth: u32| DeviceId::from_bytes(u128::from(nth).to_be_bytes());
    let named = scopes(&[Scope::Everyone, group("network")]);
    let issue = async |person, nth| {
        let issued = store.issue(PersonId(person), device(nth), &named).await;
        issued.expect("it is kept");
    };
    issue(8, 0).await;
    // The latest has the lowest id: what counts is when it was written.
    for nth in (1..=DEVICES_MAX).rev() {
        issue(7, nth).await;
    }
    issue(7, DEVICES_MAX).await;
    issue(7, DEVICES_MAX + 1).await;

    let mut view = store.view().await.expect("a view");
    let mut known = Vec::new();
    for nth in 1..=DEVICES_MAX + 1 {
        let issued = view.issued(PersonId(7), device(nth)).await;
        match issued.expect("a look").len() {
            0 => {}
            all => known.push((nth, all)),
        }
    }
    let kept = (1..=DEVICES_MAX + 1).filter(|nth| *nth != DEVICES_MAX - 1);
    assert_eq!(known, kept.map(|nth| (nth, 2)).collect::<Vec<_>>());
    let others = view.issued(PersonId(8), device(0)).await;
    assert_eq!(others.expect("a look").len(), 2, "each their own");
}
