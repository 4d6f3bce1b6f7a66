//! What leaves devices by age, and how it is found then.

use std::sync::Arc;

use shared::ids::{DocKind, IncidentId};
use shared::incidents::{Priority, State};
use shared::people::Scope;
use shared::sync::Seq;
use shared::time::UnixMillis;

use super::super::{Audience, Rest, RowState, Store};
use super::{NOW, Place, commit, group, head, id, moved, scopes, staff, writing};

/// A row of an incident that changed some time after noon.
fn row(incident: u8, minutes: i64) -> RowState {
    let at = NOW.plus(minutes);
    RowState {
        incident: id(incident),
        public: vec![incident],
        staff: vec![incident],
        number: None,
        state: State::Closed,
        priority: Priority::P3,
        requester: None,
        group: None,
        assignee: None,
        created_at: at,
        updated_at: at,
    }
}

async fn rest(store: &Arc<dyn Store>, row: &RowState, rest: Rest) {
    let mut turn = writing(store).await;
    turn.put_row(row).await.expect("it is kept");
    turn.put_rest(row.incident, rest).await.expect("it is kept");
    let head = turn.log().await.expect("the log").head;
    turn.commit(head).await.expect("it is kept");
}

async fn resting(store: &Arc<dyn Store>, before: i64, max: u32) -> Vec<IncidentId> {
    let bounds = (NOW.plus(before), max);
    let resting = writing(store).await.resting(bounds, false, 9).await;
    resting.expect("a look")
}

async fn left(
    store: &Arc<dyn Store>,
    scope: &Scope,
    before: Option<(UnixMillis, IncidentId)>,
) -> Vec<IncidentId> {
    let mut view = store.view().await.expect("a view");
    let scopes = scopes(std::slice::from_ref(scope));
    let left = view.left(&scopes, &[], before, 2).await.expect("a look");
    left.rows.iter().map(|row| id(row[0])).collect()
}

pub(in crate::store) async fn what_rests_longest_or_beyond_a_number_is_found(place: &impl Place) {
    let store = place.open().await;
    for (incident, minutes) in [(1, 30), (2, 10), (3, 20)] {
        let row = row(incident, minutes);
        rest(&store, &row, Rest::Held(Some(row.updated_at))).await;
    }
    rest(&store, &row(4, 5), Rest::Held(None)).await;
    assert_eq!(resting(&store, 10, 9).await, []);
    assert_eq!(resting(&store, 25, 9).await, [id(2), id(3)]);
    assert_eq!(resting(&store, 0, 2).await, [id(2)]);
    assert_eq!(resting(&store, 0, 1).await, [id(2), id(3)]);

    let state = State::Resolved;
    let resolved = RowState {
        state,
        ..row(3, 20)
    };
    rest(&store, &resolved, Rest::Held(Some(resolved.updated_at))).await;
    let bounds = (NOW.plus(25), 9);
    let spared = writing(&store).await.resting(bounds, true, 9).await;
    assert_eq!(spared.expect("a look"), [id(2)]);

    rest(&store, &row(2, 10), Rest::Left(Seq(1))).await;
    assert_eq!(resting(&store, 25, 9).await, [id(3)]);
    rest(&store, &row(2, 10), Rest::Fetched(NOW.plus(40))).await;
    assert_eq!(resting(&store, 50, 9).await, [id(3), id(1), id(2)]);
    // What somebody fetched drives nothing else off devices.
    assert_eq!(resting(&store, 0, 2).await, []);
    assert_eq!(resting(&store, 0, 1).await, [id(3)]);
}

pub(in crate::store) async fn what_has_left_is_found_through_the_scopes_it_had(place: &impl Place) {
    let store = place.open().await;
    let network = Audience::from([(DocKind::Work, group("network"))]);
    for (incident, at) in [(1, 1), (2, 3), (3, 5)] {
        commit(&store, incident, &[at]).await;
        let joined = &staff() | &network;
        moved(&store, incident, &joined, &Audience::new(), at + 1).await;
        rest(
            &store,
            &row(incident, i64::from(incident)),
            Rest::Held(None),
        )
        .await;
    }
    assert_eq!(left(&store, &Scope::Staff, None).await, []);
    // The group lost the first one before it left devices.
    moved(&store, 1, &Audience::new(), &network, 7).await;
    for (incident, at) in [(1, 8), (2, 9), (3, 10)] {
        let reaches = if incident == 1 {
            staff()
        } else {
            &staff() | &network
        };
        moved(&store, incident, &Audience::new(), &reaches, at).await;
        let left = Rest::Left(Seq(at));
        rest(&store, &row(incident, i64::from(incident)), left).await;
    }
    assert_eq!(left(&store, &Scope::Staff, None).await, [id(3), id(2)]);
    let behind = Some((NOW.plus(2), id(2)));
    assert_eq!(left(&store, &Scope::Staff, behind).await, [id(1)]);
    assert_eq!(left(&store, &group("network"), None).await, [id(3), id(2)]);
    assert_eq!(left(&store, &group("network"), behind).await, []);
    assert_eq!(left(&store, &group("desk"), None).await, []);

    // Fetched, it is still there for others; changed, it is where its content says.
    let end = head(&store).await;
    rest(&store, &row(3, 3), Rest::Fetched(NOW)).await;
    rest(&store, &row(3, 3), Rest::Left(Seq(end.0 + 1))).await;
    assert_eq!(left(&store, &Scope::Staff, None).await, [id(3), id(2)]);
    rest(&store, &row(3, 3), Rest::Held(None)).await;
    assert_eq!(left(&store, &Scope::Staff, None).await, [id(2), id(1)]);
}
