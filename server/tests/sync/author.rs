//! Acts that come from elsewhere: a demo, an import.

use std::time::Instant;

use shared::ids::{ActId, DocKey, FactId, IncidentId};
use shared::incidents::{Channel, Declare, Drafted, Intent, Requester, ResolutionCode};
use shared::priority::Level;
use shared::sync::message::PAGE_DOCS_MAX;
use shared::sync::server::{Authored, Numbering};
use shared::targets::Rules;
use shared::time::Boot;

use super::device::Device;
use super::server::{ALICE, BOB, CAROL, NOON, TestServer};

/// What happens to the `nth` printer.
fn intents(nth: u64) -> [Intent; 12] {
    let declare = Declare {
        subject: format!("Printer {nth} does not print"),
        description: "It says that paper is missing, but the tray is full.".repeat(3),
        requester: Requester::Person(CAROL),
        channel: Channel::Import,
        category: None,
        impact: Level::Medium,
        urgency: Level::Low,
        site: Some("ams".into()),
        group: Some("network".into()),
        assignee: None,
        asset: None,
        contact: None,
    };
    let text = || "We have looked at it and ordered a new sensor for the tray.".to_owned();
    [
        Intent::Declare(declare),
        Intent::Claim {
            group: Some("network".into()),
        },
        Intent::Start,
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        Intent::Assign {
            group: Some("desk".into()),
            person: Some(ALICE),
            escalation: None,
        },
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        Intent::Assign {
            group: Some("network".into()),
            person: Some(BOB),
            escalation: None,
        },
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
    ]
}

/// An incident with a dozen acts, the `nth` of its source.
pub(crate) fn history(nth: u64, acts: usize) -> Authored {
    let name = |place: usize| {
        let mut name = [0; 10];
        name[..8].copy_from_slice(&nth.to_be_bytes());
        name[8] = u8::try_from(place).unwrap_or(u8::MAX);
        name
    };
    let drafted = |(place, intent): (usize, Intent)| {
        let at = NOON.plus(-1_000_000 + i64::try_from(place).unwrap_or(0) * 1_000);
        let (mut internal, name) = (name(place), name(place));
        internal[9] = 1;
        let facts = [name, internal].map(|name| FactId::new(at, name));
        let act = ActId::new(at, name);
        Drafted {
            act,
            intent,
            facts,
            by: BOB,
            at,
            boot: Boot::default(),
            mono: 0,
            saw: None,
        }
    };
    Authored {
        incident: IncidentId::new(NOON, name(99)),
        acts: intents(nth)
            .into_iter()
            .take(acts)
            .enumerate()
            .map(drafted)
            .collect(),
        numbering: Numbering::Next,
        received_at: None,
    }
}

pub(crate) async fn accept(server: &TestServer, histories: Vec<Authored>) -> server::sync::Report {
    let (store, rules) = (&*server.app.store, Rules::default());
    let report = server
        .app
        .keeper
        .accept_as_server(store, histories, &rules, server.app.clock.now())
        .await;
    report.expect("it is written")
}

#[tokio::test]
async fn a_history_keeps_its_authors_and_times() {
    let server = TestServer::start().await;
    let history = history(1, 12);
    let id = history.incident;
    assert_eq!(accept(&server, vec![history.clone()]).await.written, 1);
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    let incident = alice.read(id);
    assert_eq!(incident.declared_by, BOB);
    assert_eq!(incident.created.corrected, history.acts[0].at);
    assert_eq!(
        incident.created.arrival.map(|arrived| arrived.at),
        Some(history.acts[0].at)
    );
    assert_eq!(incident.number.as_deref(), Some("INC-1001"));
    alice.reply_to(id, "Devices go on from there.");
    super::device::expect_accepted(&alice.push(&server).await);
}

#[tokio::test]
async fn a_history_again_changes_nothing_and_a_longer_one_adds_the_rest() {
    let server = TestServer::start().await;
    accept(&server, vec![history(1, 6)]).await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    let before = alice.cursors.high;
    let report = accept(&server, vec![history(1, 6)]).await;
    assert_eq!((report.written, report.unchanged), (0, 1));
    alice.pull(&server).await;
    assert_eq!(alice.cursors.high, before);
    assert_eq!(accept(&server, vec![history(1, 12)]).await.written, 1);
    alice.pull(&server).await;
    let doc = &alice.docs[&DocKey::incident(history(1, 1).incident)];
    assert_eq!(doc.changes().count(), 10, "nine acts on it, and its number");
}

#[tokio::test]
async fn a_number_of_its_own_is_kept() {
    let server = TestServer::start().await;
    let given = Authored {
        numbering: Numbering::Given("INC0000045".to_owned()),
        ..history(1, 3)
    };
    accept(&server, vec![given, history(2, 3)]).await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    let number = |nth| alice.read(history(nth, 1).incident).number;
    assert_eq!(
        (number(1).as_deref(), number(2).as_deref()),
        (Some("INC0000045"), Some("INC-1001"))
    );
}

#[tokio::test]
async fn many_incidents_are_written_and_pulled_quickly() {
    let count: u64 = std::env::var("HOLDFAST_MANY")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(210);
    let server = TestServer::start().await;
    let started = Instant::now();
    let report = accept(&server, (0..count).map(|nth| history(nth, 12)).collect()).await;
    assert_eq!(u64::try_from(report.written), Ok(count));
    let written = started.elapsed();
    let mut alice = Device::console(&server, ALICE).await;
    alice.docs_max = 512;
    let started = Instant::now();
    let mut docs = 0;
    loop {
        let page = alice.pull_page_only(&server).await;
        docs += page.docs.len();
        if !page.more {
            break;
        }
    }
    assert_eq!(u64::try_from(docs / 2), Ok(count));
    eprintln!(
        "{count} incidents: written in {written:?}, pulled in {:?}, {} bytes",
        started.elapsed(),
        alice.received.len()
    );
}

#[tokio::test]
async fn a_page_has_as_many_documents_as_a_device_may_ask_for() {
    let server = TestServer::start().await;
    let count = u64::from(PAGE_DOCS_MAX / 2) + 10;
    accept(&server, (0..count).map(|nth| history(nth, 1)).collect()).await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.docs_max = u32::MAX;
    let mut pages = Vec::new();
    for _ in 0..2 {
        pages.push(alice.pull_page_only(&server).await.docs.len());
    }
    assert_eq!(pages, [PAGE_DOCS_MAX as usize, 20]);
}

#[tokio::test]
async fn a_history_sees_what_came_before_each_act() {
    let server = TestServer::start().await;
    accept(&server, vec![history(1, 12)]).await;
    let mut alice = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    for doc in alice.docs.values() {
        assert_eq!(doc.frontier().len(), 1, "one line, without a branch");
        let (held, _) = doc.facts();
        let first = held.iter().filter(|held| held.fact.saw.is_empty());
        assert_eq!(first.count(), 1);
        assert!(held.iter().all(|held| held.fact.saw.len() <= 1));
    }
}

#[tokio::test]
async fn fifty_acts_are_pushed_and_pulled_quickly() {
    let server = TestServer::start().await;
    accept(&server, (0..50).map(|nth| history(nth, 6)).collect()).await;
    let mut alice = Device::console(&server, ALICE).await;
    let mut bob = Device::console(&server, ALICE).await;
    alice.pull(&server).await;
    bob.pull(&server).await;
    for nth in 0..50 {
        alice.reply_to(history(nth, 1).incident, "On my way.");
    }
    for round in ["from the store", "from memory"] {
        let started = Instant::now();
        super::device::expect_accepted(&alice.push(&server).await);
        let pushed = started.elapsed();
        let started = Instant::now();
        bob.pull(&server).await;
        eprintln!(
            "50 acts {round}: pushed in {pushed:?}, pulled in {:?}",
            started.elapsed()
        );
        for nth in 0..50 {
            alice.note(history(nth, 1).incident, "It was the sensor.");
        }
    }
}
