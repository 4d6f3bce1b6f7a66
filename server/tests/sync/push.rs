//! What becomes of acts that are in order.

use shared::ids::DocKey;
use shared::incidents::{Intent, Refused, ResolutionCode, State};
use shared::rows::unpack_one;
use shared::sync::message::Verdict;
use shared::time::Flags;

use super::device::{Device, accepted, expect_accepted};
use super::server::{ALICE, BOB, CAROL, DAVE, ERIN, NOON, TestServer};

#[tokio::test]
async fn an_incident_declared_offline_is_numbered_and_reaches_another_device() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.reply_to(id, "We are on it.");
    alice.note(id, "Looks like the certificate.");
    expect_accepted(&alice.push(&server).await);

    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let incident = bob.read(id);
    assert_eq!(incident.number.as_deref(), Some("INC-1001"));
    assert_eq!(incident.timeline.len(), 4);
    let row = unpack_one(&bob.rows[&id]).expect("a row of this format");
    assert_eq!(
        (row.number.as_deref(), row.entries, row.notes),
        (Some("INC-1001"), 1, 1)
    );

    alice.pull(&server).await;
    assert_eq!(
        alice.read(id),
        incident,
        "both devices read the same, receipts included"
    );
}

#[tokio::test]
async fn a_requester_gets_a_work_document_they_never_see() {
    let server = TestServer::start().await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);

    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    assert!(
        alice.docs.contains_key(&DocKey::work(id)),
        "the server made it"
    );
    alice.note(id, "Internal.");
    expect_accepted(&alice.push(&server).await);
    carol.pull(&server).await;
    assert_eq!(
        carol.docs.keys().collect::<Vec<_>>(),
        [&DocKey::incident(id)]
    );
}

#[tokio::test]
async fn a_push_repeated_after_a_lost_answer_is_a_duplicate_with_the_same_receipts() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    alice.note(id, "Checked the router.");
    let groups = alice.outbox.clone();
    let first = alice.offer(&server, groups.clone()).await;
    expect_accepted(&first);

    let server = server.killed().await;
    let again = alice.offer(&server, groups).await;
    for (first, again) in first.iter().zip(&again) {
        let Verdict::Duplicate(again) = again else {
            panic!("{again:?}")
        };
        let place = |accepted: &shared::sync::message::Accepted| {
            (accepted.doc, accepted.hash, accepted.seq, accepted.receipt)
        };
        let first: Vec<_> = accepted(first)
            .expect("accepted")
            .iter()
            .map(place)
            .collect();
        assert_eq!(first, again.iter().map(place).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_group_twice_in_one_push_is_accepted_once() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.declare(CAROL, None);
    let group = alice.outbox[0].clone();
    let verdicts = alice.offer(&server, vec![group.clone(), group]).await;
    assert!(
        matches!(&verdicts[..], [Verdict::Accepted(_), Verdict::Duplicate(_)]),
        "{verdicts:?}"
    );
}

#[tokio::test]
async fn an_outbox_replayed_on_another_device_of_the_person_is_a_duplicate() {
    let server = TestServer::start().await;
    let mut old = Device::console(&server, ALICE).await;
    let id = old.declare(CAROL, None);
    old.push(&server).await;
    let mut new = Device::console(&server, ALICE).await;
    new.pull(&server).await;

    let mut drafted = old.drafted(Intent::Reply {
        text: "Rebooted it.".to_owned(),
    });
    let original = old.write(id, &mut drafted);
    let first = old.offer(&server, vec![original]).await;
    expect_accepted(&first);

    let replayed = new.write(id, &mut drafted);
    let again = new.offer(&server, vec![replayed]).await;
    let Verdict::Duplicate(again) = &again[0] else {
        panic!("{again:?}")
    };
    assert_eq!(
        again[0].hash,
        accepted(&first[0]).expect("accepted")[0].hash
    );
}

#[tokio::test]
async fn an_act_by_which_its_author_lost_sight_is_a_duplicate_when_written_anew() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let mut crashed = Device::console(&server, BOB).await;
    crashed.pull(&server).await;
    let mut away = bob.drafted(Intent::Assign {
        group: Some("desktop".into()),
        person: None,
        escalation: None,
    });
    let original = bob.write(id, &mut away);
    expect_accepted(&bob.offer(&server, vec![original]).await);

    // Upon what the device holds by then, some of which never reached the server.
    crashed.reply_to(id, "Never sent.");
    away.saw = None;
    let anew = crashed.write(id, &mut away);
    let verdicts = crashed.offer(&server, vec![anew]).await;
    let is_duplicate = matches!(&verdicts[..], [Verdict::Duplicate(places)] if places.len() == 1);
    assert!(is_duplicate, "{verdicts:?}");

    let mut erin = Device::console(&server, ERIN).await;
    erin.pull(&server).await;
    away.saw = None;
    let stolen = erin.write(id, &mut away);
    let verdicts = erin.offer(&server, vec![stolen]).await;
    assert!(matches!(&verdicts[0], Verdict::Refused(_)), "{verdicts:?}");
    let blind = crashed.reply_to(id, "Without sight of it.");
    let verdicts = crashed.offer(&server, vec![blind]).await;
    assert_eq!(verdicts, [Verdict::Refused(Refused::Scope)]);
}

#[tokio::test]
async fn the_facts_of_another_person_are_no_duplicate() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let mut drafted = alice.drafted(Intent::Reply {
        text: "Mine.".to_owned(),
    });
    let original = alice.write(id, &mut drafted);
    expect_accepted(&alice.offer(&server, vec![original]).await);
    let stolen = bob.write(id, &mut drafted);
    let verdicts = bob.offer(&server, vec![stolen]).await;
    assert!(matches!(&verdicts[0], Verdict::Refused(_)), "{verdicts:?}");
}

#[tokio::test]
async fn what_rests_on_unknown_changes_is_asked_for() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    let first = alice.reply_to(id, "One.");
    let second = alice.reply_to(id, "Two.");
    expect_accepted(&alice.offer(&server, vec![alice.outbox[0].clone()]).await);
    let verdicts = alice.offer(&server, vec![second.clone()]).await;
    let Verdict::Missing { doc, hashes } = &verdicts[0] else {
        panic!("{verdicts:?}")
    };
    assert_eq!((*doc, hashes.len()), (DocKey::incident(id), 1));
    expect_accepted(&alice.offer(&server, vec![first, second]).await);
}

#[tokio::test]
async fn a_refused_act_takes_what_follows_it_and_leaves_other_documents_alone() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let mine = alice.declare(CAROL, Some("network"));
    let other = alice.declare(DAVE, Some("network"));
    alice.push(&server).await;
    let mut carol = Device::portal(&server, CAROL).await;
    carol.pull(&server).await;
    // A requester may not assign; the device of this test does not ask first.
    carol.assign(mine, "desktop");
    carol.reply_to(mine, "And it is urgent.");
    let verdicts = carol.push(&server).await;
    assert!(
        matches!(&verdicts[0], Verdict::Refused(Refused::Role { .. })),
        "{verdicts:?}"
    );
    assert_eq!(verdicts[1], Verdict::Refused(Refused::FollowsRefused));

    alice.pull(&server).await;
    alice.reply_to(mine, "Hello.");
    alice.reply_to(other, "Hello.");
    expect_accepted(&alice.push(&server).await);
}

#[tokio::test]
async fn what_follows_an_act_that_an_earlier_push_lost_is_refused() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut carol = Device::portal(&server, CAROL).await;
    carol.pull(&server).await;
    carol.assign(id, "desktop");
    carol.push(&server).await;
    for text in ["And it is urgent.", "Hello?"] {
        carol.reply_to(id, text);
        let verdicts = carol.push(&server).await;
        assert_eq!(verdicts, [Verdict::Refused(Refused::FollowsRefused)]);
    }
}

#[tokio::test]
async fn what_was_refused_once_stays_refused_and_is_kept() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    alice.push(&server).await;
    let mut carol = Device::portal(&server, CAROL).await;
    carol.pull(&server).await;
    let group = carol.assign(id, "desktop");
    let first = carol.push(&server).await;
    server
        .change(CAROL, |person| {
            person.roles = [shared::people::Role::Agent].into();
        })
        .await;
    assert_eq!(carol.offer(&server, vec![group.clone()]).await, first);

    let mut writing = server.app.store.write().await.expect("a turn");
    let kept = writing.quarantined(CAROL).await.expect("it is stored");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].bytes, group.changes[0].bytes.0);
}

#[tokio::test]
async fn an_act_on_an_incident_that_was_closed_meanwhile_is_accepted_and_flagged() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let notes = "New certificate.".to_owned();
    alice.act(
        id,
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes,
        },
    );
    alice.push(&server).await;

    bob.act(id, Intent::Start);
    let verdicts = bob.push(&server).await;
    let flags = accepted(&verdicts[0]).expect("accepted")[0].receipt.flags;
    assert!(flags.contains(Flags::LATE));
    bob.pull(&server).await;
    assert_eq!(bob.read(id).state, State::Resolved);
}

#[tokio::test]
async fn time_offline_is_corrected_and_never_before_what_was_seen() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    server.app.clock.advance(1_000_000);
    alice.now = NOON.plus(400_000);
    alice.reply_to(id, "Six minutes later.");
    alice.now = NOON.plus(1_000_000);
    let verdicts = alice.push(&server).await;
    let at = |place: usize| {
        accepted(&verdicts[place]).expect("accepted")[0]
            .receipt
            .corrected_at
    };
    assert_eq!((at(0), at(1)), (NOON.plus(1), NOON.plus(400_001)));

    let mut bob = Device::console(&server, ALICE).await;
    bob.pull(&server).await;
    bob.now = NOON.plus(10);
    let group = bob.reply_to(id, "Written by a clock that is behind.");
    bob.now = NOON.plus(1_000_000);
    let verdicts = bob.offer(&server, vec![group]).await;
    let receipt = accepted(&verdicts[0]).expect("accepted")[0].receipt;
    assert_eq!(
        receipt.corrected_at,
        NOON.plus(400_001),
        "not before what its author saw"
    );
}

#[tokio::test]
async fn fifty_acts_of_one_push_are_kept_in_order_when_the_server_dies() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let ids: Vec<_> = (0..10)
        .map(|_| alice.declare(CAROL, Some("network")))
        .collect();
    for id in &ids {
        for text in ["One.", "Two.", "Three.", "Four."] {
            alice.reply_to(*id, text);
        }
    }
    let verdicts = alice.push(&server).await;
    assert_eq!(verdicts.len(), 50);
    expect_accepted(&verdicts);
    let seqs = verdicts
        .iter()
        .filter_map(accepted)
        .flatten()
        .map(|accepted| accepted.seq);
    assert!(seqs.is_sorted_by(|before, after| before < after));

    let server = server.killed().await;
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    for id in ids {
        let entries = bob
            .read(id)
            .timeline
            .iter()
            .filter(|event| event.kind.is_entry())
            .count();
        assert_eq!(entries, 4);
    }
}

#[tokio::test]
async fn heads_are_signed_with_the_receipts_they_stand_on() {
    use ed25519_dalek::{Signature, SigningKey, Verifier as _};
    use shared::sync::SignedHeads;

    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    alice.push(&server).await;
    let page = alice.pull_once(&server).await;
    let pulled = page
        .docs
        .iter()
        .find(|pulled| pulled.doc == DocKey::incident(id));
    let signed = pulled.expect("it was sent").signed.clone();
    let key = SigningKey::from_bytes(&server.app.store.signing_key().await.expect("a key"));
    let epoch = page.cursors.epoch.expect("the log has one");
    let verifies = |generation, receipts| {
        let doc = DocKey::incident(id);
        let message = SignedHeads::message(doc, generation, &signed.heads, receipts, epoch);
        let signature = Signature::from_slice(&signed.signature).expect("64 bytes");
        key.verifying_key().verify(&message, &signature).is_ok()
    };
    assert!(verifies(0, signed.receipts));
    assert!(!verifies(1, signed.receipts));
    assert!(!verifies(0, shared::ids::Hash([0; 32])));
}

#[tokio::test]
async fn what_another_process_wrote_is_looked_at_before_the_next_act_is_judged() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let other = server.beside().await;
    let mut bob = Device::console(&other, BOB).await;
    bob.pull(&other).await;
    bob.reply_to(id, "By way of the other.");
    expect_accepted(&bob.push(&other).await);

    alice.reply_to(id, "Not having seen it.");
    expect_accepted(&alice.push(&server).await);
    bob.note(id, "Nor this.");
    expect_accepted(&bob.push(&other).await);
    alice.pull(&server).await;
    alice.reply_to(id, "Upon all of it.");
    expect_accepted(&alice.push(&server).await);

    let mut fresh = Device::console(&other, ALICE).await;
    let page = fresh.pull(&other).await.remove(0);
    let row = unpack_one(&page.rows[0].row).expect("a row");
    assert_eq!((row.entries, row.notes), (3, 1), "rows are of all acts");
    for doc in page.docs {
        assert_eq!(fresh.docs[&doc.doc].heads(), doc.signed.heads);
    }
}

#[tokio::test]
async fn devices_that_push_at_once_on_one_incident_all_get_in() {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.push(&server).await;
    let mut devices = Vec::new();
    for nth in 0..8 {
        let mut bob = Device::console(&server, BOB).await;
        bob.pull(&server).await;
        bob.reply_to(id, &format!("Device {nth}."));
        devices.push(bob);
    }
    let pushes = devices.iter_mut().map(|device| device.push(&server));
    let verdicts = futures_util::future::join_all(pushes).await;
    let mut seqs = Vec::new();
    for verdicts in &verdicts {
        expect_accepted(verdicts);
        seqs.push(accepted(&verdicts[0]).expect("accepted")[0].seq);
    }
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(seqs.len(), 8, "no place is taken twice");
    alice.pull(&server).await;
    let entries = alice
        .read(id)
        .timeline
        .iter()
        .filter(|event| event.kind.is_entry())
        .count();
    assert_eq!(entries, 8);
}
