//! When somebody is to be told of a clock, and what was told.

use std::sync::Arc;

use shared::incidents::Priority;
use shared::sla::{Due, Measure, Notice, Promise};
use shared::time::UnixMillis;

use super::super::{Outcome, Store, Told};
use super::{NOW, Place, commit, head, id, writing};

fn due(notice: Notice, at: i64, priority: Priority) -> Due {
    let version = 1;
    Due {
        measure: Measure::Response,
        notice,
        at: NOW.plus(at),
        promise: Promise { version, priority },
    }
}

fn both(warning: i64, breach: i64) -> [Due; 2] {
    [
        due(Notice::Warning, warning, Priority::P3),
        due(Notice::Breach, breach, Priority::P3),
    ]
}

async fn put(store: &Arc<dyn Store>, incident: u8, due: &[Due], passed: &[Due]) {
    let mut turn = writing(store).await;
    let put = turn.put_due(id(incident), due, passed).await;
    put.expect("it is kept");
    let head = turn.log().await.expect("the log").head;
    turn.commit(head).await.expect("it is kept");
}

async fn tell(store: &Arc<dyn Store>, incident: u8, due: &Due, outcome: Outcome) {
    let mut turn = writing(store).await;
    let told = turn.tell(id(incident), due, due.at, outcome).await;
    told.expect("it is kept");
    let head = turn.log().await.expect("the log").head;
    turn.commit(head).await.expect("it is kept");
}

async fn next(store: &Arc<dyn Store>) -> Option<UnixMillis> {
    let mut view = store.view().await.expect("a view");
    view.next_due().await.expect("a look")
}

async fn found(store: &Arc<dyn Store>, at: i64) -> Vec<Due> {
    let found = writing(store).await.due(NOW.plus(at), 9).await;
    let found = found.expect("a look").into_iter();
    found.map(|(_, due)| due).collect()
}

pub(in crate::store) async fn what_is_due_is_told_once(place: &impl Place) {
    let store = place.open().await;
    commit(&store, 1, &[1]).await;
    assert_eq!(next(&store).await, None);
    let [warning, breach] = both(10, 20);
    put(&store, 1, &[warning, breach], &[]).await;
    put(&store, 2, &both(5, 30), &both(5, 30)).await;
    assert_eq!(
        next(&store).await,
        Some(warning.at),
        "what passed is silent"
    );
    assert_eq!(found(&store, 9).await, []);
    assert_eq!(found(&store, 20).await, [warning, breach]);
    tell(&store, 1, &warning, Outcome::Told).await;
    drop(store);

    let store = place.open().await;
    put(&store, 1, &[warning, breach], &[]).await;
    assert_eq!(found(&store, 99).await, [breach], "it was told");
    let urgent = due(Notice::Warning, 3, Priority::P1);
    put(&store, 1, &[urgent], &[]).await;
    assert_eq!(found(&store, 99).await, [urgent], "another target");
    assert_eq!(head(&store).await.0, 1, "nothing joins the log");
}

pub(in crate::store) async fn a_commit_replaces_what_is_due_and_puts_breaches_in_doubt(
    place: &impl Place,
) {
    let store = place.open().await;
    let [warning, breach] = both(10, 20);
    put(&store, 1, &[warning, breach], &[]).await;
    tell(&store, 1, &warning, Outcome::Told).await;
    tell(&store, 1, &breach, Outcome::Told).await;
    assert_eq!(next(&store).await, None);
    put(&store, 2, &both(40, 50), &[]).await;
    assert_eq!(next(&store).await, Some(NOW.plus(40)));

    put(&store, 1, &[], &[]).await;
    assert_eq!(next(&store).await, Some(breach.at));
    let mut turn = writing(&store).await;
    let doubts = turn.in_doubt(9).await.expect("a look");
    let told = Told {
        incident: id(1),
        due: breach,
        told_at: breach.at,
    };
    assert_eq!(doubts, [told], "a warning is never in doubt");
    turn.settle(&told, Outcome::Corrected).await.expect("kept");
    assert_eq!(turn.in_doubt(9).await.expect("a look"), []);
    let later = due(Notice::Breach, 60, Priority::P3);
    let put = turn.put_due(id(1), &[later], &[]).await;
    put.expect("it is kept");
    let found = turn.due(later.at, 9).await.expect("a look");
    assert!(
        found.contains(&(id(1), later)),
        "what was corrected may come"
    );
    assert_eq!(turn.in_doubt(9).await.expect("a look"), []);
}
