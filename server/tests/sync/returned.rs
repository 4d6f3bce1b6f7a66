//! A log that was restored from an older copy, and what devices bring back to it.

use shared::document::Document;
use shared::ids::{DocKey, Epoch};
use shared::sync::client::LocalDoc;
use shared::sync::message::{
    ChangeBytes, Cursors, PROTOCOL, PullPage, PullRequest, PulledDoc, ReturnReply, ReturnRequest,
    ReturnedDoc, Verdict,
};

use super::device::Device;
use super::server::{ALICE, BOB, CAROL, TestServer};

/// The first page that a device without cursors gets.
async fn page(server: &TestServer, device: &Device) -> PullPage {
    let request = PullRequest {
        cursors: Cursors::default(),
        ..device.pull_request()
    };
    let answer = server.post("/sync/pull", &device.cookie, &request).await;
    answer.message()
}

/// What a device holds of the documents that a page brought.
async fn held(server: &TestServer, device: &Device) -> Vec<LocalDoc> {
    let page = page(server, device).await;
    let absorb = |pulled: PulledDoc| LocalDoc::absorb(None, pulled);
    page.docs.into_iter().map(absorb).collect()
}

fn whole(docs: &[LocalDoc]) -> Vec<ReturnedDoc> {
    docs.iter().filter_map(LocalDoc::whole).collect()
}

async fn bring(
    server: &TestServer,
    device: &Device,
    logs: &[Epoch],
    docs: Vec<ReturnedDoc>,
) -> ReturnReply {
    let (epoch, earlier) = logs.split_last().expect("the log it comes from");
    let request = ReturnRequest {
        protocol: PROTOCOL,
        surface: device.surface,
        person: device.person,
        device: device.id,
        epoch: *epoch,
        earlier: earlier.to_vec(),
        docs,
    };
    let answer = server.post("/sync/return", &device.cookie, &request).await;
    answer.message()
}

/// A server that lost what Alice declared after the backup, and what Bob holds of it.
async fn restored() -> (TestServer, Device, Epoch, Vec<LocalDoc>, DocKey) {
    restored_since(false).await
}

/// The same; what was lost may be of a log that was a copy itself, and that the backup never knew.
async fn restored_since(is_of_copy: bool) -> (TestServer, Device, Epoch, Vec<LocalDoc>, DocKey) {
    let mut server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let mut bob = Device::console(&server, BOB).await;
    let backup = server.backup().await;
    if is_of_copy {
        server = server.restored(&backup).await;
        alice.sign_in_again(&server).await;
        bob.sign_in_again(&server).await;
    }
    let id = alice.declare(CAROL, Some("network"));
    alice.reply_to(id, "After the backup.");
    alice.push(&server).await;
    let docs = held(&server, &bob).await;
    let epoch = page(&server, &bob).await.cursors.epoch.expect("a log");
    let server = server.restored(&backup).await;
    bob.sign_in_again(&server).await;
    (server, bob, epoch, docs, DocKey::incident(id))
}

#[tokio::test]
async fn what_was_signed_is_wanted_and_taken_back_with_its_receipts_and_told_to_nobody() {
    let (server, bob, epoch, docs, lost) = restored().await;
    let named: Vec<_> = docs.iter().filter_map(LocalDoc::named).collect();
    let reply = bring(&server, &bob, &[epoch], named.clone()).await;
    assert_ne!(reply.epoch, epoch);
    assert_eq!(reply.wanted.len(), 2, "both documents of the incident");
    assert_eq!(
        bring(&server, &bob, &[epoch], whole(&docs)).await.wanted,
        []
    );
    assert_eq!(bring(&server, &bob, &[epoch], named).await.wanted, []);

    let again = held(&server, &bob).await;
    let find = |docs: &[LocalDoc]| docs.iter().find(|doc| doc.key == lost).cloned();
    let (before, after) = (find(&docs).expect("held"), find(&again).expect("sent"));
    assert_eq!(before.book(), after.book(), "receipts stay as they were");
    let heads = |doc: &LocalDoc| doc.load().map(|doc| Document::heads(&doc));
    assert_eq!(heads(&before), heads(&after));
    let effects = server.app.store.count_effects().await.expect("counted");
    assert_eq!(effects, [], "nobody is told again");
    let mut alice = Device::console(&server, ALICE).await;
    alice.declare(CAROL, None);
    alice.push(&server).await;
    let page = page(&server, &alice).await;
    let numbers: std::collections::BTreeSet<_> = page
        .rows
        .iter()
        .map(|row| shared::rows::unpack_one(&row.row).expect("a row").number)
        .collect();
    assert_eq!(numbers.len(), 2, "no number is given twice: {numbers:?}");
}

#[tokio::test]
async fn what_was_signed_before_a_log_that_the_copy_never_knew_is_taken_back() {
    let (server, bob, epoch, docs, _) = restored_since(true).await;
    let between = Epoch::from_bytes([7; 16]);
    bring(&server, &bob, &[between], whole(&docs)).await;
    assert_eq!(
        held(&server, &bob).await,
        [],
        "signed in no log that is named"
    );
    bring(&server, &bob, &[epoch, between], whole(&docs)).await;
    assert_eq!(held(&server, &bob).await.len(), 2);
}

#[tokio::test]
async fn what_was_not_signed_as_it_is_counts_for_nothing() {
    let (server, bob, epoch, docs, _) = restored().await;
    let forgeries: [fn(&mut ReturnedDoc); 5] = [
        |doc| doc.signed.signature[7] ^= 1,
        |doc| doc.generation += 1,
        |doc| drop(doc.body.as_mut().map(|body| body.changes.pop())),
        |doc| {
            let body = doc.body.as_mut().expect("a body");
            let mut receipts = body.receipts.unpack();
            receipts[0].person = BOB;
            body.receipts = shared::document::ReceiptColumns::pack(receipts.iter());
        },
        |doc| {
            let body = doc.body.as_mut().expect("a body");
            body.changes.push(ChangeBytes(vec![0; 300]));
        },
    ];
    for (nth, forge) in forgeries.into_iter().enumerate() {
        let mut forged = whole(&docs);
        forged.iter_mut().for_each(forge);
        bring(&server, &bob, &[epoch], forged).await;
        assert!(held(&server, &bob).await.is_empty(), "forgery {nth}");
    }
    let strange = Epoch::from_bytes([7; 16]);
    let mut of_another_log = whole(&docs);
    for doc in &mut of_another_log {
        doc.signed.signature = vec![0; 64];
    }
    bring(&server, &bob, &[strange], of_another_log).await;
    assert!(held(&server, &bob).await.is_empty());
}

#[tokio::test]
async fn an_act_upon_a_lost_log_waits_and_is_not_refused() {
    let (server, mut bob, epoch, _, _) = restored().await;
    bob.cursors.epoch = Some(epoch);
    bob.declare(CAROL, Some("network"));
    let verdicts = bob.push(&server).await;
    let is_put_off =
        |verdict: &Verdict| matches!(verdict, Verdict::Missing { hashes, .. } if hashes.is_empty());
    assert!(verdicts.iter().all(is_put_off), "{verdicts:?}");
}
