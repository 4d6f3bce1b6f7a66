//! What rules give to what is declared: once, and never over what a person said.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use server::sync::rule;
use shared::ids::{FactId, IncidentId, PersonId};
use shared::incidents::{EventKind, Incident, Intent, Outcome, Priority, SetField};
use shared::notify::{Event, Notice};
use shared::people::{Category, Directory, Group, Role, Surface};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, ERIN, TestServer};

/// A server of which Alice is an administrator, too, with rules.
async fn server(rules: &[Value]) -> TestServer {
    let server = TestServer::start().await;
    let mut directory = Directory::clone(&server.app.people.current());
    let group = |id: &str| Group {
        id: id.into(),
        name: id.to_owned(),
    };
    directory.groups = ["network", "desktop"].map(group).into();
    directory.categories = vec![Category {
        id: "vpn".into(),
        name: [("en".to_owned(), "VPN".to_owned())].into(),
        parent: None,
    }];
    let alice = directory.people.iter_mut().find(|one| one.id == ALICE);
    alice.expect("Alice").roles.insert(Role::Administrator);
    let replaced = server.app.people.replace(&server.app, directory).await;
    replaced.expect("the directory is written");
    save(&server, rules).await;
    server
}

async fn save(server: &TestServer, rules: &[Value]) {
    let cookie = server.sign_in(ALICE, Surface::Console).await;
    let version: u32 = {
        let request = Request::get("/settings/rules").header(header::COOKIE, &cookie);
        let answer = server.send(request.body(Body::empty()).expect("a request"));
        let held: Value = serde_json::from_slice(&answer.await.body).expect("JSON");
        serde_json::from_value(held["version"].clone()).expect("a version")
    };
    let body = json!({"base": version, "rules": rules}).to_string();
    let request = Request::post("/settings/rules")
        .header("x-holdfast", "1")
        .header(header::COOKIE, cookie)
        .header(header::CONTENT_TYPE, "application/json");
    let answer = server.send(request.body(Body::from(body)).expect("a request"));
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::OK);
    let said: Value = serde_json::from_slice(&answer.body).expect("JSON");
    assert!(said["saved"].is_object(), "{said}");
}

fn written(id: u32, name: &str, condition: &str, gives: &Value) -> Value {
    let applies = json!({ "to": condition });
    json!({"id": id, "name": name, "is_on": true, "applies": applies, "gives": gives})
}

/// To the network group, with everything.
fn everything() -> Value {
    let gives = json!({
        "category": "vpn", "group": "network", "priority": "P1", "watchers": [ERIN.0],
    });
    written(1, "Tunnels", "vpn", &gives)
}

fn to_network() -> Value {
    written(1, "Tunnels", "vpn", &json!({"group": "network"}))
}

async fn decides(server: &TestServer) -> usize {
    rule(&server.app).await.expect("it decides")
}

async fn read(server: &TestServer, id: IncidentId) -> Incident {
    let mut alice = Device::console(server, ALICE).await;
    alice.pull(server).await;
    alice.read(id)
}

fn ruled(incident: &Incident) -> Vec<(&str, u32, &[Outcome])> {
    let events = incident.timeline.iter();
    let ruled = events.filter_map(|event| {
        let EventKind::Ruled(ruled) = &event.kind else {
            return None;
        };
        Some((&*ruled.rule, ruled.version, &*ruled.gave))
    });
    ruled.collect()
}

/// The facts of the server itself.
fn own(incident: &Incident) -> BTreeSet<FactId> {
    let events = incident.timeline.iter();
    let own = events.filter(|event| event.from.by == PersonId::SERVER);
    own.map(|event| event.fact).collect()
}

#[tokio::test]
async fn what_is_reported_is_given_what_rules_say_and_history_says_by_which() {
    let server = server(&[everything()]).await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);
    assert_eq!(decides(&server).await, 1);
    let incident = read(&server, id).await;
    assert_eq!(incident.assignment.group, Some("network".into()));
    assert_eq!(incident.category.holds.value, Some("vpn".into()));
    let priority = &incident.priority.holds.value;
    assert_eq!(priority.priority, Some(Priority::P1));
    assert_eq!(priority.reason, "Tunnels");
    assert_eq!(ruled(&incident), [("Tunnels", 1, &Outcome::ALL[..])]);
    let watching = incident.watchers(shared::ids::DocKind::Work);
    assert_eq!(watching[0].person, ERIN);
    assert_eq!(decides(&server).await, 0, "once");
    assert_eq!(read(&server, id).await, incident);
    server.expect_sound().await;
}

#[tokio::test]
async fn whoever_is_in_the_group_is_told_and_a_requester_never_learns_of_the_rule() {
    let server = server(&[to_network()]).await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);
    assert_eq!(decides(&server).await, 1);
    carol.pull(&server).await;
    let named = |name: &[u8]| carol.received.windows(name.len()).any(|part| part == name);
    assert!(named(b"network") && !named(b"Tunnels"));
    let later = server.app.clock.now().plus(60_000);
    let mut told = Vec::new();
    let store = &server.app.store;
    while let Some(effect) = store.claim_effect(later, later).await.expect("a look") {
        let notice: Notice = serde_json::from_slice(&effect.payload).expect("a notice");
        assert_eq!(notice.incident, id);
        told.extend((notice.event == Event::Assigned).then_some(notice.to));
        let settled = server::store::Settled::Done;
        let done = store.settle_effect(&effect.claim, settled).await;
        done.expect("it is noted");
    }
    assert_eq!(told, [shared::notify::Recipient::Person(BOB)]);
}

#[tokio::test]
async fn what_a_person_said_by_then_stays() {
    let server = server(&[everything()]).await;
    let mut alice = Device::console(&server, ALICE).await;
    let given = alice.declare(CAROL, Some("desktop"));
    let over = alice.declare(CAROL, None);
    let text = "Twice.".to_owned();
    alice.act(over, Intent::Cancel { text });
    let sorted = alice.declare(CAROL, None);
    alice.act(sorted, Intent::Set(SetField::Category(None)));
    expect_accepted(&alice.push(&server).await);
    assert_eq!(decides(&server).await, 2);
    let incident = read(&server, given).await;
    assert_eq!(incident.assignment.group, Some("desktop".into()));
    assert_eq!(incident.category.holds.value, Some("vpn".into()));
    assert_eq!(own(&read(&server, over).await).len(), 1, "its number alone");
    let incident = read(&server, sorted).await;
    assert_eq!(incident.category.holds.value, None);
    let rest = [Outcome::Group, Outcome::Priority, Outcome::Watchers];
    assert_eq!(ruled(&incident), [("Tunnels", 1, &rest[..])]);
}

#[tokio::test]
async fn who_claimed_it_offline_meanwhile_has_it() {
    let server = server(&[to_network()]).await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    // Done before the device hears of what the rule gave, and arriving after.
    server.app.clock.advance(1_000);
    assert_eq!(decides(&server).await, 1);
    let before = read(&server, id).await;
    assert_eq!(before.assignment.group, Some("network".into()));
    alice.act(id, Intent::Claim { group: None });
    expect_accepted(&alice.push(&server).await);
    let incident = read(&server, id).await;
    assert_eq!(incident.assignment.person, Some(ALICE));
    assert_eq!(incident.gave_way, []);
    assert_eq!(decides(&server).await, 0);
}

#[tokio::test]
async fn what_waited_when_the_server_was_killed_is_decided_after_the_next_start() {
    let server = server(&[to_network()]).await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);
    let server = server.killed().await;
    assert_eq!(decides(&server).await, 1);
    let incident = read(&server, id).await;
    assert_eq!(incident.assignment.group, Some("network".into()));
    let server = server.killed().await;
    assert_eq!(decides(&server).await, 0);
    assert_eq!(read(&server, id).await, incident);
}

#[tokio::test]
async fn a_log_that_was_restored_decides_by_the_same_facts() {
    let server = server(&[everything()]).await;
    let mut carol = Device::portal(&server, CAROL).await;
    let id = carol.declare(CAROL, None);
    expect_accepted(&carol.push(&server).await);
    let backup = server.backup().await;
    assert_eq!(decides(&server).await, 1);
    let before = own(&read(&server, id).await);
    let server = server.restored(&backup).await;
    server.app.clock.advance(60_000);
    assert_eq!(decides(&server).await, 1);
    assert_eq!(own(&read(&server, id).await), before);
}

#[tokio::test]
async fn many_at_once_are_decided_once_each_whoever_decides() {
    let server = server(&[to_network()]).await;
    let mut alice = Device::console(&server, ALICE).await;
    let ids: Vec<_> = (0..40).map(|_| alice.declare(CAROL, None)).collect();
    expect_accepted(&alice.push(&server).await);
    let beside = server.beside().await;
    let (one, two, three) = tokio::join!(decides(&server), decides(&server), decides(&beside));
    assert_eq!(one + two + three, ids.len());
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    for id in ids {
        let incident = alice.read(id);
        assert_eq!(ruled(&incident).len(), 1);
        assert_eq!(incident.assignment.group, Some("network".into()));
    }
}

#[tokio::test]
async fn rules_decide_on_what_was_declared_while_they_held() {
    let server = server(&[]).await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    save(&server, &[to_network()]).await;
    assert_eq!(decides(&server).await, 0);
    let mut off = to_network();
    off["is_on"] = json!(false);
    save(&server, &[off]).await;
    alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    assert_eq!(decides(&server).await, 0);
    let other = written(1, "Printers", "printer", &json!({"group": "desktop"}));
    save(&server, &[other]).await;
    alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    assert_eq!(decides(&server).await, 0, "none answers");
    save(&server, &[to_network()]).await;
    assert_eq!(decides(&server).await, 0, "it was decided on");
    assert_eq!(read(&server, id).await.assignment.group, None);
}

#[tokio::test]
async fn no_device_says_that_a_rule_decided() {
    let server = server(&[to_network()]).await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, None);
    expect_accepted(&alice.push(&server).await);
    let ruled = shared::incidents::Ruled {
        rule: "Mine".to_owned(),
        version: 1,
        gave: vec![Outcome::Group],
    };
    alice.act(id, Intent::Rule(ruled));
    let verdicts = alice.push(&server).await;
    let is_refused = |verdict: &_| matches!(verdict, shared::sync::message::Verdict::Refused(_));
    assert!(verdicts.iter().all(is_refused), "{verdicts:?}");
}
