//! Workers that make effects happen, while the store is busy, broken or taken, and as the demo has
//! its mail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use server::jobs::{self, Courier, Delivery, Gate};
use server::notify::Post;
use server::store::{Claimed, Effect, Keeps, Reason};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::{sleep, timeout};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, CAROL, NOON, TestServer};

async fn add(server: &TestServer, count: u8) {
    let mut turn = server.app.store.write().await.expect("a turn");
    for nth in 0..count {
        let effect = Effect {
            key: format!("effect-{nth}"),
            keeps: Keeps::Awhile,
            kind: "test".to_owned(),
            payload: Vec::new(),
            next_at: NOON,
        };
        turn.add_effect(&effect).await.expect("it is new");
    }
    let head = turn.log().await.expect("the log").head;
    turn.commit(head).await.expect("it is kept");
}

/// Waits until there are so many rows.
async fn until(server: &TestServer, sql: &'static str, count: i64) {
    let reached = async {
        while server.count(sql).await != count {
            sleep(Duration::from_millis(20)).await;
        }
    };
    let reached = timeout(Duration::from_secs(30), reached).await;
    reached.unwrap_or_else(|_| panic!("{sql} is never {count}"));
}

const DONE: &str = "SELECT count(*) FROM effects WHERE state = 'done'";

/// Sends at once.
struct Quick(Arc<AtomicU32>);

#[async_trait]
impl Courier for Quick {
    async fn deliver(&mut self, _: &Claimed, gate: Gate<'_>) -> Delivery {
        assert!(gate.pass().await.expect("the store answers"));
        self.0.fetch_add(1, Ordering::Relaxed);
        Delivery::Done
    }

    async fn rest(&mut self) {}
}

#[tokio::test]
async fn what_was_sent_is_noted_in_the_end_by_a_store_that_fails_and_not_sent_again() {
    // As on a disk that is full for a moment; what failed is kept, so that it fails but once.
    const FAULT: [&str; 2] = [
        "CREATE TABLE faults (at INTEGER)",
        "CREATE TRIGGER faulty BEFORE UPDATE ON effects
         WHEN NEW.state = 'done' AND NOT EXISTS (SELECT 1 FROM faults)
         BEGIN INSERT INTO faults VALUES (1); SELECT RAISE(FAIL, 'full'); END",
    ];
    let server = TestServer::start().await.spoil(&FAULT).await;
    add(&server, 1).await;
    let sent = Arc::new(AtomicU32::new(0));
    let worker = jobs::run(Arc::clone(&server.app), Quick(Arc::clone(&sent)));
    let worker = tokio::spawn(worker);
    until(&server, "SELECT count(*) FROM faults", 1).await;
    server.app.clock.advance(60_000);
    until(&server, DONE, 1).await;
    assert_eq!(sent.load(Ordering::Relaxed), 1);
    server.app.stop();
    worker.await.expect("it ends");
}

/// Comes to its gate when it is told to.
struct Slow {
    come: Sender<()>,
    go: Receiver<()>,
    passed: Sender<bool>,
}

#[async_trait]
impl Courier for Slow {
    async fn deliver(&mut self, _: &Claimed, gate: Gate<'_>) -> Delivery {
        self.come.send(()).await.expect("somebody waits");
        self.go.recv().await.expect("it goes on");
        let passed = gate.pass().await.expect("the store answers");
        self.passed.send(passed).await.expect("somebody waits");
        Delivery::Done
    }

    async fn rest(&mut self) {}
}

#[tokio::test]
async fn holding_on_to_a_delivery_never_keeps_it_from_its_turn_in_the_store() {
    let server = TestServer::start().await;
    add(&server, 1).await;
    let ((come, mut comes), (goes, go)) = (channel(1), channel(1));
    let (passed, mut passes) = channel(1);
    let slow = Slow { come, go, passed };
    let worker = tokio::spawn(jobs::run(Arc::clone(&server.app), slow));
    comes.recv().await.expect("it comes");
    let turn = server.app.store.write().await.expect("a turn");
    goes.send(()).await.expect("it waits");
    // By now the claim is to be extended, which queues behind the gate.
    sleep(Duration::from_millis(5_500)).await;
    drop(turn);
    let passed = timeout(Duration::from_secs(3), passes.recv()).await;
    assert_eq!(passed.expect("it has its turn at once"), Some(true));
    until(&server, DONE, 1).await;
    server.app.stop();
    worker.await.expect("it ends");
}

/// Meets a relay that takes nothing, and tells what it did.
struct Turned(Arc<Mutex<Vec<&'static str>>>, Reason);

impl Turned {
    fn did(&self, what: &'static str) {
        self.0.lock().expect("no panic").push(what);
    }
}

#[async_trait]
impl Courier for Turned {
    async fn deliver(&mut self, _: &Claimed, _: Gate<'_>) -> Delivery {
        self.did("came");
        Delivery::Later(self.1)
    }

    async fn rest(&mut self) {
        self.did("rested");
    }
}

#[tokio::test]
async fn a_relay_that_takes_nothing_from_us_is_not_asked_for_one_letter_after_the_other() {
    const ASKED: &str = "SELECT count(*) FROM effects WHERE attempts > 0";
    for reason in [Reason::RelayDown, Reason::SenderRefused] {
        let server = TestServer::start().await;
        add(&server, 2).await;
        let did = Arc::default();
        let turned = Turned(Arc::clone(&did), reason);
        let worker = tokio::spawn(jobs::run(Arc::clone(&server.app), turned));
        until(&server, ASKED, 2).await;
        server.app.stop();
        worker.await.expect("it ends");
        let did = did.lock().expect("no panic");
        assert_eq!(did[..3], ["came", "rested", "came"], "{reason}");
    }
}

#[tokio::test]
async fn no_caught_letter_holds_an_internal_note() {
    const MARK: &str = "the-password-was-on-a-sticky-note";
    let server = TestServer::demo().await;
    let mut alice = Device::console(&server, ALICE).await;
    let id = alice.declare(CAROL, Some("network"));
    alice.note(id, MARK);
    alice.reply_to(id, "We are on it.");
    alice.note(id, MARK);
    expect_accepted(&alice.push(&server).await);
    server
        .change(CAROL, |carol| {
            carol.mail = Some("carol@example.org".to_owned());
        })
        .await;
    server.app.clock.advance(60_000);
    let post = Post::new(Arc::clone(&server.app));
    let worker = tokio::spawn(jobs::run(Arc::clone(&server.app), post));
    until(&server, DONE, 2).await;
    server.app.stop();
    worker.await.expect("it ends");
    let mut shown = String::new();
    for nth in 1..=2 {
        for path in [
            format!("/demo/mail/{nth}"),
            format!("/demo/mail/{nth}/html"),
        ] {
            let request = Request::get(&path).body(Body::empty());
            let page = server.send(request.expect("a request")).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            shown += &String::from_utf8(page.body).expect("a page");
        }
    }
    assert!(shown.contains("We are on it."), "{shown}");
    assert!(!shown.contains(MARK), "{shown}");
}
