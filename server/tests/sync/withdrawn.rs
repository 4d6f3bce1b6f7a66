//! Acts that their authors take back.

use shared::ids::{DocKind, FactId, IncidentId, PersonId};
use shared::incidents::{Intent, Refused};
use shared::sync::message::{PushReply, Verdict};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, TestServer};

/// Alice has declared an incident and written a message.
async fn with_message() -> (TestServer, Device, IncidentId, FactId) {
    let server = TestServer::start().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.reply_to(id, "Wrong window.");
    expect_accepted(&alice.push(&server).await);
    alice.pull(&server).await;
    let incident = alice.read(id);
    let mut events = incident.timeline.iter();
    let message = events.find(|event| event.kind.is_entry());
    let message = message.expect("it was accepted").fact;
    (server, alice, id, message)
}

fn withdraw(fact: FactId) -> Intent {
    let doc = DocKind::Incident;
    Intent::Withdraw { doc, fact }
}

/// Somebody else tries, on a device of their own.
async fn refusal(
    server: &TestServer,
    by: PersonId,
    id: IncidentId,
    intent: Intent,
) -> Option<Refused> {
    let mut device = Device::console(server, by).await;
    device.pull(server).await;
    device.act(id, intent);
    match device.push(server).await.into_iter().next() {
        Some(Verdict::Refused(refused)) => Some(refused),
        _ => None,
    }
}

#[tokio::test]
async fn what_its_author_takes_back_everybody_reads_as_withdrawn() {
    let (server, mut alice, id, message) = with_message().await;
    alice.act(id, withdraw(message));
    expect_accepted(&alice.push(&server).await);
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let incident = bob.read(id);
    let mut events = incident.timeline.iter();
    let event = events.find(|event| event.fact == message);
    let withdrawn = event.expect("it stays in the history").withdrawn;
    let from = withdrawn.expect("it is marked").from;
    assert_eq!((from.by, from.arrival.is_some()), (ALICE, true));
    let row = shared::rows::unpack_one(&bob.rows[&id]).expect("a row");
    assert_eq!(row.entries, 0);
}

#[tokio::test]
async fn nobody_takes_back_the_act_of_another_or_a_number_of_the_server() {
    let (server, alice, id, message) = with_message().await;
    let refused = refusal(&server, BOB, id, withdraw(message)).await;
    assert_eq!(refused, Some(Refused::NotOwn));
    let incident = alice.read(id);
    let mut events = incident.timeline.iter();
    let number = events.find(|event| event.from.by == PersonId::SERVER);
    let number = number.expect("it was numbered").fact;
    let refused = refusal(&server, ALICE, id, withdraw(number)).await;
    assert_eq!(refused, Some(Refused::NotOwn));
}

#[tokio::test]
async fn only_what_the_document_holds_is_taken_back() {
    let (server, _, id, message) = with_message().await;
    let elsewhere = Intent::Withdraw {
        doc: DocKind::Work,
        fact: message,
    };
    let unknown = withdraw(FactId::from_bytes([7; 16]));
    for intent in [elsewhere, unknown] {
        let refused = refusal(&server, ALICE, id, intent).await;
        assert_eq!(refused, Some(Refused::NothingToWithdraw));
    }
}

#[tokio::test]
async fn a_withdrawal_is_not_withdrawn_and_said_twice_it_is_said_once() {
    let (server, mut alice, id, message) = with_message().await;
    let group = alice.act(id, withdraw(message));
    expect_accepted(&alice.push(&server).await);
    let doc = &alice.docs[&group.changes[0].doc];
    let facts = doc.facts().0.iter();
    let mut withdrawals = facts.filter(|held| held.fact.group == "withdrawal");
    let withdrawal = withdrawals.next().expect("it was written").fact.id;
    let refused = refusal(&server, ALICE, id, withdraw(withdrawal)).await;
    assert_eq!(refused, Some(Refused::NothingToWithdraw));
    let again = refusal(&server, ALICE, id, withdraw(message)).await;
    assert_eq!(again, None, "two tabs may take back the same act");
}

const MINUTE: i64 = 60_000;

/// As much later, on the server and on a device.
fn later(server: &TestServer, device: &mut Device, minutes: i64) {
    let millis = minutes * MINUTE;
    server.app.clock.advance(millis);
    device.now = device.now.plus(millis);
}

#[tokio::test]
async fn what_others_went_by_for_longer_than_minutes_is_not_taken_back() {
    let (server, mut alice, id, message) = with_message().await;
    alice.reply_to(id, "Wrong window, too.");
    expect_accepted(&alice.push(&server).await);
    alice.pull(&server).await;
    let incident = alice.read(id);
    let last = incident.timeline.last().expect("the reply").fact;
    later(&server, &mut alice, 4);
    alice.act(id, withdraw(last));
    expect_accepted(&alice.push(&server).await);
    later(&server, &mut alice, 2);
    for fact in [message, incident.timeline[0].fact] {
        let refused = Some(Refused::TooLate { minutes: 5 });
        let mut again = Device::console(&server, ALICE).await;
        again.now = alice.now;
        again.pull(&server).await;
        again.act(id, withdraw(fact));
        let verdicts = again.push(&server).await;
        let told = verdicts.iter().find_map(refusal_of);
        assert_eq!(told, refused);
    }
    // Another tab that shows the undone reply still offers to take it back.
    alice.act(id, withdraw(last));
    expect_accepted(&alice.push(&server).await);
}

fn refusal_of(verdict: &Verdict) -> Option<Refused> {
    if let Verdict::Refused(refused) = verdict {
        return Some(refused.clone());
    }
    None
}

#[tokio::test]
async fn what_was_taken_back_in_time_without_a_network_may_arrive_hours_later() {
    let (server, mut alice, id, message) = with_message().await;
    alice.act(id, withdraw(message));
    later(&server, &mut alice, 5 * 60);
    expect_accepted(&alice.push(&server).await);
}

#[tokio::test]
async fn whatever_the_clock_did_in_between_what_never_left_the_device_may_be_taken_back() {
    const HOUR: i64 = 60 * MINUTE;
    for step in [-HOUR, HOUR, 100 * HOUR] {
        let (server, mut alice, id, _) = with_message().await;
        let text = "Wrong incident.".to_owned();
        let mut said = alice.drafted(Intent::Reply { text });
        let message = said.facts[0];
        let first = alice.write(id, &mut said);
        let mut undone = alice.drafted(withdraw(message));
        undone.at = undone.at.plus(step);
        let second = alice.write(id, &mut undone);
        server.app.clock.advance(10_000);
        let mut request = alice.request(vec![first, second]);
        request.clocks[0].mono += 10_000;
        request.clocks[0].wall = request.clocks[0].wall.plus(10_000 + step);
        let answer = server.post("/sync/push", &alice.cookie, &request).await;
        expect_accepted(&answer.message::<PushReply>().verdicts);
    }
}

#[tokio::test]
async fn whoever_lost_sight_of_an_incident_takes_nothing_back_on_it() {
    let (server, alice, id, _) = with_message().await;
    let mut carol = Device::portal(&server, CAROL).await;
    carol.pull(&server).await;
    carol.reply_to(id, "Still broken.");
    expect_accepted(&carol.push(&server).await);
    carol.pull(&server).await;
    let incident = carol.read(id);
    let word = incident.timeline.last().expect("her word").fact;
    drop(alice);
    let mut bob = Device::console(&server, BOB).await;
    bob.pull(&server).await;
    let requester = shared::incidents::Requester::Person(BOB);
    let set = shared::incidents::SetField::Requester(requester);
    bob.act(id, Intent::Set(set));
    expect_accepted(&bob.push(&server).await);
    carol.act(id, withdraw(word));
    let verdicts = carol.push(&server).await;
    assert!(
        matches!(verdicts[..], [Verdict::Refused(Refused::Scope)]),
        "{verdicts:?}"
    );
}
