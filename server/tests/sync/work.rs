//! Tasks and time on the way: whom a task brings an incident, and who sees none of it.

use shared::ids::{DocKey, DocKind, FactId};
use shared::incidents::{Holder, Intent, NewTask, TaskChange, TaskState};
use shared::rows::unpack_one;
use shared::testing::{log, task};

use super::device::{Device, expect_accepted};
use super::server::{ALICE, BOB, CAROL, TestServer};

/// Alice adds a task to an incident that Bob sees nothing of, and gives it to him or his group.
async fn given(server: &TestServer, holder: Holder) -> (Device, Device, DocKey, FactId) {
    let mut alice = Device::console(server, ALICE).await;
    let id = alice.declare(CAROL, Some("desk"));
    alice.push(server).await;
    let mut bob = Device::console(server, BOB).await;
    bob.pull(server).await;
    assert!(bob.docs.is_empty(), "it is of another group");
    let mut drafted = alice.drafted(Intent::AddTask(NewTask { holder, ..task() }));
    let group = alice.write(id, &mut drafted);
    expect_accepted(&alice.offer(server, vec![group]).await);
    (alice, bob, DocKey::incident(id), drafted.facts[1])
}

#[tokio::test]
async fn a_task_brings_its_incident_to_whoever_has_it_and_takes_it_along() {
    let holders = [
        Holder {
            person: Some(BOB),
            group: None,
        },
        Holder {
            person: None,
            group: Some("network".into()),
        },
    ];
    for holder in holders {
        let server = TestServer::start().await;
        let (mut alice, mut bob, key, task) = given(&server, holder).await;
        let pages = bob.pull(&server).await;
        assert_eq!(bob.docs.len(), 2);
        let row = unpack_one(&pages[0].rows[0].row).expect("a row");
        assert_eq!((row.tasks_open, row.tasks_done), (1, 0));
        let change = TaskChange::State(TaskState::Done);
        let own = bob.act(key.id, Intent::ChangeTask { task, change });
        expect_accepted(&bob.offer(&server, vec![own]).await);
        let time = bob.act(key.id, Intent::Log(log(25)));
        expect_accepted(&bob.offer(&server, vec![time]).await);
        bob.pull(&server).await;
        assert_eq!(bob.docs.len(), 2, "he has yet to say how long it took");
        alice.pull(&server).await;
        for change in [TaskChange::Person(None), TaskChange::Group(None)] {
            let group = alice.act(key.id, Intent::ChangeTask { task, change });
            expect_accepted(&alice.offer(&server, vec![group]).await);
        }
        bob.pull(&server).await;
        assert!(bob.docs.is_empty());
    }
}

#[tokio::test]
async fn a_requester_learns_nothing_of_tasks_and_time() {
    let server = TestServer::start().await;
    let (mut alice, _, key, _) = given(&server, Holder::default()).await;
    let group = alice.act(key.id, Intent::Log(log(25)));
    expect_accepted(&alice.offer(&server, vec![group]).await);
    let mut carol = Device::portal(&server, CAROL).await;
    let pages = carol.pull(&server).await;
    assert!(carol.docs.keys().all(|key| key.kind == DocKind::Incident));
    let row = unpack_one(&pages[0].rows[0].row).expect("a row");
    assert_eq!((row.tasks_open, row.tasks_done), (0, 0));
}
