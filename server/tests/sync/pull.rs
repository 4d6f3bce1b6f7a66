//! What a device gets, keeps and forgets.

use std::collections::BTreeSet;

use shared::ids::{DocKey, DocKind};
use shared::incidents::{Intent, Requester, SetField};
use shared::people::{Role, Scope};
use shared::rows::unpack_one;
use shared::sync::Seq;
use shared::sync::message::{Cursors, PulledBody, Surface};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, DAVE, ERIN, TestServer};

#[tokio::test]
async fn a_new_device_gets_the_latest_first_and_each_incident_whole() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let ids: Vec<_> = (0..20)
        .map(|_| alice.declare(CAROL, Some("network")))
        .collect();
    expect_accepted(&alice.push(&server).await);
    alice.note(ids[3], "The oldest but three is busy again.");
    expect_accepted(&alice.push(&server).await);

    let mut bob = Device::console(&server, BOB).await;
    bob.docs_max = 6;
    let pages = bob.pull(&server).await;
    let order: Vec<_> = pages
        .iter()
        .flat_map(|page| page.rows.iter().map(|row| row.id))
        .collect();
    assert_eq!(pages.len(), 7);
    assert_eq!(order.iter().collect::<BTreeSet<_>>().len(), 20);
    assert!(pages[0].rows.iter().any(|row| row.id == ids[3]));
    assert!(pages[0].rows.iter().any(|row| row.id == ids[19]));
    for page in &pages {
        for row in &page.rows {
            let sent = page.docs.iter().filter(|doc| doc.doc.id == row.id).count();
            assert_eq!(sent, 2, "an incident comes with its work document");
        }
    }
    assert!(bob.cursors.lows.values().all(|low| *low == Seq(0)));
}

#[tokio::test]
async fn a_device_that_was_away_gets_only_changes_of_what_it_holds() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let ids: Vec<_> = (0..5)
        .map(|_| alice.declare(CAROL, Some("network")))
        .collect();
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    alice.reply_to(ids[0], "One.");
    alice.reply_to(ids[0], "Two.");
    let fresh = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;

    let pages = bob.pull(&server).await;
    assert_eq!(pages.len(), 1);
    let bodies: Vec<_> = pages[0]
        .docs
        .iter()
        .map(|doc| (doc.doc, matches!(doc.body, PulledBody::Changes(_))))
        .collect();
    assert_eq!(
        bodies,
        [
            (DocKey::incident(ids[0]), true),
            (DocKey::incident(fresh), false),
            (DocKey::work(fresh), false),
        ]
    );
    assert!(bob.pull(&server).await[0].docs.is_empty(), "nothing twice");
}

#[tokio::test]
async fn an_incident_that_leaves_a_group_is_forgotten_and_comes_back_whole() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let (mut bob, mut erin) = (
        Device::console(&server, BOB).await,
        Device::console(&server, ERIN).await,
    );
    bob.pull(&server).await;
    erin.pull(&server).await;
    assert!(erin.docs.is_empty());

    alice.pull(&server).await;
    alice.assign(id, "desktop");
    alice.push(&server).await;
    let pages = bob.pull(&server).await;
    assert_eq!(pages[0].forget, [DocKey::incident(id), DocKey::work(id)]);
    assert!(bob.docs.is_empty() && bob.rows.is_empty());
    erin.pull(&server).await;
    assert_eq!(erin.docs.len(), 2);

    alice.assign(id, "network");
    alice.push(&server).await;
    bob.pull(&server).await;
    assert_eq!(bob.read(id).assignment.group, Some("network".into()));
}

#[tokio::test]
async fn a_person_who_leaves_a_group_forgets_what_came_through_it() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    let own = alice.declare(BOB, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let late = bob.reply_to(id, "Written offline.");

    server
        .change(BOB, |bob| bob.groups = ["desktop".into()].into())
        .await;
    let verdicts = bob.offer(&server, vec![late]).await;
    assert!(
        format!("{verdicts:?}").contains("Refused(Scope)"),
        "{verdicts:?}"
    );
    let pages = bob.pull(&server).await;
    assert_eq!(pages[0].forget.len(), 3);
    let left: Vec<_> = bob.docs.keys().copied().collect();
    assert_eq!(
        left,
        [DocKey::incident(own)],
        "what he reported himself stays"
    );

    server
        .change(BOB, |bob| bob.groups = ["network".into()].into())
        .await;
    bob.pull(&server).await;
    assert_eq!(bob.docs.len(), 4);
}

#[tokio::test]
async fn a_device_that_claims_foreign_scopes_gets_no_key_of_what_they_reach() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    let moved = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    alice.pull(&server).await;
    alice.assign(moved, "desk");
    expect_accepted(&alice.push(&server).await);
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;

    let foreign = [
        Scope::Staff,
        Scope::Group("network".into()),
        Scope::Group("desk".into()),
        Scope::Worker(ALICE),
        Scope::Worker(BOB),
        Scope::Requester(CAROL),
    ];
    for (person, surface) in [(DAVE, Surface::Portal), (ERIN, Surface::Console)] {
        for has_pulled in [false, true] {
            let mut liar = Device::new(&server, person, surface).await;
            // Another's device: what was issued there was issued to another person.
            liar.id = bob.id;
            if has_pulled {
                liar.pull(&server).await;
            }
            let honest = liar.cursors.lows.clone();
            for high in [Seq(0), Seq(1), bob.cursors.high] {
                let claims = foreign.iter().map(|scope| (scope.clone(), Seq(0)));
                liar.cursors = Cursors {
                    epoch: bob.cursors.epoch,
                    high,
                    lows: honest.clone().into_iter().chain(claims).collect(),
                };
                let pages = liar.pull(&server).await;
                assert!(pages.iter().all(|page| page.forget.is_empty()));
            }
            assert!(liar.docs.is_empty());
            for told in [id, moved] {
                let key = DocKey::incident(told).to_string();
                assert!(!has_received(&liar, key.as_bytes()));
                assert!(!has_received(&liar, told.as_bytes()));
            }
        }
    }
    let key = DocKey::incident(id).to_string();
    assert!(has_received(&bob, key.as_bytes()), "a key can be found");
}

#[tokio::test]
async fn a_lost_scope_is_forgotten_by_the_device_it_was_issued_to_and_no_other() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    // What was issued is kept as soon as the device knows of it.
    let server = server.killed().await;
    server
        .change(BOB, |bob| bob.groups = ["desktop".into()].into())
        .await;

    let mut other = Device::console(&server, BOB).await;
    other.cursors = bob.cursors.clone();
    assert!(other.pull(&server).await[0].forget.is_empty());
    let pages = bob.pull(&server).await;
    assert_eq!(pages[0].forget, [DocKey::incident(id), DocKey::work(id)]);
    assert!(bob.docs.is_empty());
}

#[tokio::test]
async fn what_was_declared_after_a_scope_was_lost_is_never_named() {
    let server = TestServer::start().await;
    let mut erin = Device::console(&server, ERIN).await;
    let before = erin.declare(CAROL, Some("desktop"));
    expect_accepted(&erin.push(&server).await);
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    let claims = alice.cursors.clone();

    server
        .change(ALICE, |alice| alice.roles = [Role::Technician].into())
        .await;
    let unread = erin.declare(CAROL, Some("desktop"));
    expect_accepted(&erin.push(&server).await);
    for nth in 0..3 {
        let after = erin.declare(CAROL, Some("desktop"));
        expect_accepted(&erin.push(&server).await);
        for high in [Seq(0), claims.high, alice.pull_once(&server).await.head] {
            alice.cursors = Cursors {
                high,
                ..claims.clone()
            };
            let pages = alice.pull(&server).await;
            let forget: Vec<_> = pages.into_iter().flat_map(|page| page.forget).collect();
            let told = [DocKey::incident(before), DocKey::work(before)];
            assert_eq!(forget, told, "at {high:?}, {nth}");
        }
        for id in [unread, after] {
            let key = DocKey::incident(id).to_string();
            assert!(!has_received(&alice, key.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_page_that_names_no_new_scope_writes_nothing() {
    let server = TestServer::start().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let only_writer = server.app.store.write().await.expect("a turn");
    bob.pull(&server).await;
    drop(only_writer);
}

#[tokio::test]
async fn an_act_that_was_accepted_stays_accepted_when_its_author_lost_sight_by_it() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let away = bob.assign(id, "desktop");
    expect_accepted(&bob.offer(&server, vec![away.clone()]).await);
    let again = bob.offer(&server, vec![away]).await;
    assert!(format!("{again:?}").starts_with("[Duplicate"), "{again:?}");
    let blind = bob.reply_to(id, "Written before he knew.");
    let verdicts = bob.offer(&server, vec![blind]).await;
    assert!(
        format!("{verdicts:?}").contains("Refused(Scope)"),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn a_portal_never_receives_a_byte_of_work() {
    const MARK: &str = "MARKED-5f2c";
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let mut carol = Device::portal(&server, CAROL).await;
    // A technician who reported it sees no more through the portal than any requester.
    let mut bob = Device::portal(&server, BOB).await;
    let mut ids = Vec::new();
    for requester in [CAROL, BOB] {
        let id = alice.declare(requester, Some("network"));
        alice.note(id, MARK);
        ids.push(id);
        alice.push(&server).await;
        carol.pull(&server).await;
        bob.pull(&server).await;
        alice.note(id, MARK);
        alice.reply_to(id, "Public.");
        alice.push(&server).await;
        carol.pull(&server).await;
        bob.pull(&server).await;
    }
    // Asking for it by name, at the other surface, or as if it were held, brings nothing either.
    carol.cursors.lows.insert(Scope::Staff, Seq(0));
    carol.pull(&server).await;
    carol.surface = Surface::Console;
    let request = carol.pull_request();
    let answer = server.post("/sync/pull", &carol.cookie, &request).await;
    answer.expect_problem(401, "not-signed-in");
    carol.received.extend(&answer.body);
    let work = DocKey::work(ids[0]);
    let mut writer = Device::console(&server, ALICE).await;
    writer.pull(&server).await;
    let note = writer.note(ids[0], "Not hers to write.");
    for surface in [Surface::Console, Surface::Portal] {
        carol.surface = surface;
        let refused = carol.request(vec![note.clone()]);
        let answer = server.post("/sync/push", &carol.cookie, &refused).await;
        carol.received.extend(&answer.body);
    }
    let repair = shared::sync::message::RepairRequest {
        protocol: 1,
        surface: Surface::Portal,
        person: CAROL,
        device: carol.id,
        message: Vec::new(),
    };
    let answer = server
        .post(&format!("/sync/repair/{work}"), &carol.cookie, &repair)
        .await;
    answer.expect_problem(404, "not-found");
    carol.received.extend(&answer.body);

    for portal in [&carol, &bob] {
        let is_marked = has_received(portal, MARK.as_bytes());
        assert!(!is_marked, "the text of a note has left the server");
        assert!(portal.docs.keys().all(|doc| doc.kind == DocKind::Incident));
    }
    assert_eq!(carol.docs.len(), 1);
    let row = unpack_one(&carol.rows[&ids[0]]).expect("a row");
    assert_eq!((row.entries, row.notes), (1, 0), "rows are the public ones");
    let seen = alice.received.len();
    alice.pull(&server).await;
    let told = alice.received[seen..]
        .windows(MARK.len())
        .any(|seen| seen == MARK.as_bytes());
    assert!(told, "the mark is findable where it may be seen");
}

#[tokio::test]
async fn a_portal_knows_names_and_nothing_else_of_people() {
    let server = TestServer::start().await;
    let mut carol = Device::portal(&server, CAROL).await;
    let directory = carol
        .pull(&server)
        .await
        .remove(0)
        .directory
        .expect("hers is older");
    let alice = directory.person(ALICE).expect("she is in it");
    assert_eq!(
        (alice.name.as_str(), alice.phone.as_str()),
        ("Person 1", "")
    );
    let herself = directory.person(CAROL).expect("she is in it");
    assert_eq!(
        (herself.phone.as_str(), &herself.roles),
        ("4711", &[Role::Requester].into())
    );
}

#[tokio::test]
async fn a_new_requester_sees_it_and_the_old_one_forgets() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    alice.push(&server).await;
    let (mut carol, mut dave) = (
        Device::portal(&server, CAROL).await,
        Device::portal(&server, DAVE).await,
    );
    carol.pull(&server).await;
    dave.pull(&server).await;
    assert_eq!((carol.docs.len(), dave.docs.len()), (1, 0));
    alice.act(
        id,
        Intent::Set(SetField::Requester(Requester::Person(DAVE))),
    );
    expect_accepted(&alice.push(&server).await);
    carol.pull(&server).await;
    dave.pull(&server).await;
    assert_eq!((carol.docs.len(), dave.docs.len()), (0, 1));
}

#[tokio::test]
async fn what_a_new_device_declared_is_forgotten_once_it_is_anothers() {
    let server = TestServer::start().await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    alice.act(
        id,
        Intent::Set(SetField::Requester(Requester::Person(DAVE))),
    );
    expect_accepted(&alice.push(&server).await);
    carol.pull(&server).await;
    assert!(carol.docs.is_empty(), "{:?}", carol.docs.keys());
}

#[tokio::test]
async fn cursors_of_another_log_count_for_nothing() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    bob.cursors.epoch = Some(shared::ids::Epoch::from_bytes([9; 16]));
    let pages = bob.pull(&server).await;
    assert_eq!(pages[0].docs.len(), 2);
    bob.cursors.high = Seq(1_000);
    assert_eq!(
        bob.pull_once(&server).await.docs.len(),
        2,
        "nor do those ahead of it"
    );
}

#[tokio::test]
async fn a_page_never_splits_an_act() {
    let server = TestServer::start().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.docs_max = 1;
    bob.pull(&server).await;
    let mut alice = Device::console(&server, ALICE).await;
    for _ in 0..6 {
        alice.declare(CAROL, Some("network"));
    }
    alice.push(&server).await;
    let pages = bob.pull(&server).await;
    assert_eq!(pages.len(), 6);
    for page in pages {
        assert_eq!(page.docs.len(), 2);
        assert!(
            page.docs
                .iter()
                .all(|doc| matches!(doc.body, PulledBody::Snapshot(_)))
        );
    }
}

fn has_received(device: &Device, bytes: &[u8]) -> bool {
    let mut seen = device.received.windows(bytes.len());
    seen.any(|seen| seen == bytes)
}
