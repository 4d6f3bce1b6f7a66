//! Watchers on the way: whom watching brings an incident, and who cannot watch.

use shared::ids::{DocKey, DocKind, FactId, PersonId};
use shared::incidents::{Intent, Refused};
use shared::rows::unpack_one;
use shared::sync::message::Verdict;

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, DAVE, TestServer};

/// Alice has an incident of a group that nobody else is in, and lets somebody watch it.
async fn watched(server: &TestServer, doc: DocKind, person: PersonId) -> (Device, DocKey, FactId) {
    let mut alice = Device::console(server, ALICE).await;
    let id = alice.declare(CAROL, Some("desk"));
    alice.push(server).await;
    let mut drafted = alice.drafted(Intent::Watch { doc, person });
    let group = alice.write(id, &mut drafted);
    expect_accepted(&alice.offer(server, vec![group]).await);
    let fact = drafted.facts[usize::from(doc == DocKind::Work)];
    (alice, DocKey::incident(id), fact)
}

#[tokio::test]
async fn watching_brings_an_incident_and_takes_it_along_when_it_ends() {
    let server = TestServer::start().await;
    let (mut alice, key, fact) = watched(&server, DocKind::Work, BOB).await;
    let mut bob = Device::console(&server, BOB).await;
    let pages = bob.pull(&server).await;
    assert_eq!(bob.docs.len(), 2);
    let row = unpack_one(&pages[0].rows[0].row).expect("a row");
    assert!(row.is_watched_by(BOB));
    let off = Intent::Unwatch {
        doc: DocKind::Work,
        person: BOB,
        added: vec![fact],
    };
    let group = alice.act(key.id, off);
    expect_accepted(&alice.offer(&server, vec![group]).await);
    bob.pull(&server).await;
    assert!(bob.docs.is_empty());
}

#[tokio::test]
async fn whoever_watches_publicly_has_what_the_requester_has_and_replies() {
    let server = TestServer::start().await;
    let (mut alice, key, fact) = watched(&server, DocKind::Incident, DAVE).await;
    let text = || "It fails here, too.".to_owned();
    let note = alice.act(key.id, Intent::Note { text: text() });
    expect_accepted(&alice.offer(&server, vec![note]).await);
    let mut dave = Device::portal(&server, DAVE).await;
    dave.pull(&server).await;
    assert_eq!(dave.docs.keys().collect::<Vec<_>>(), [&key]);
    let reply = dave.act(key.id, Intent::Reply { text: text() });
    expect_accepted(&dave.offer(&server, vec![reply]).await);
    let close = dave.act(key.id, Intent::Close);
    let verdicts = dave.offer(&server, vec![close]).await;
    assert!(matches!(
        verdicts[..],
        [Verdict::Refused(Refused::Role { .. })]
    ));
    let mut dave = Device::portal(&server, DAVE).await;
    dave.pull(&server).await;
    let off = Intent::Unwatch {
        doc: DocKind::Incident,
        person: DAVE,
        added: vec![fact],
    };
    let group = dave.act(key.id, off);
    expect_accepted(&dave.offer(&server, vec![group]).await);
    dave.pull(&server).await;
    assert!(dave.docs.is_empty());
}

#[tokio::test]
async fn nobody_watches_who_has_no_right_to_what_they_would_see() {
    let server = TestServer::start().await;
    let wrong = [
        (DocKind::Work, DAVE),
        (DocKind::Incident, BOB),
        (DocKind::Work, PersonId(99)),
        (DocKind::Incident, PersonId(99)),
    ];
    for (doc, person) in wrong {
        let mut alice = Device::console(&server, ALICE).await;
        let id = alice.declare(CAROL, Some("desk"));
        alice.push(&server).await;
        let group = alice.act(id, Intent::Watch { doc, person });
        let verdicts = alice.offer(&server, vec![group]).await;
        assert!(
            matches!(verdicts[..], [Verdict::Refused(Refused::CannotWatch)]),
            "{doc:?} {person:?}: {verdicts:?}"
        );
    }
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    carol.push(&server).await;
    let (doc, person) = (DocKind::Incident, DAVE);
    let group = carol.act(id, Intent::Watch { doc, person });
    let verdicts = carol.offer(&server, vec![group]).await;
    assert!(matches!(
        verdicts[..],
        [Verdict::Refused(Refused::Role { .. })]
    ));
}
