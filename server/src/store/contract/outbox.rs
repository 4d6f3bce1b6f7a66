//! Effects, as workers claim them.

use std::sync::Arc;

use shared::sync::Seq;
use shared::time::UnixMillis;

use super::{NOW, Place, writing};
use crate::store::{Claim, Claimed, Effect, Keeps, Reason, Settled, Store};

const LEASE_MILLIS: i64 = 1_000;

async fn add(store: &Arc<dyn Store>, keys: &[&str]) {
    let mut turn = writing(store).await;
    for (place, key) in (0..).zip(keys) {
        let effect = Effect {
            key: (*key).to_owned(),
            keeps: if key.contains('/') {
                Keeps::ForEver
            } else {
                Keeps::Awhile
            },
            kind: "notice".to_owned(),
            payload: key.as_bytes().to_vec(),
            next_at: NOW.plus(place),
        };
        turn.add_effect(&effect).await.expect("it is new");
    }
    turn.commit(Seq(1)).await.expect("a commit");
}

/// Claims up to so many, sorted by key.
async fn claim(store: &Arc<dyn Store>, now: UnixMillis, limit: usize) -> Vec<Claimed> {
    let mut claimed = Vec::new();
    while claimed.len() < limit {
        let next = store.claim_effect(now, now.plus(LEASE_MILLIS)).await;
        match next.expect("a claim") {
            Some(one) => claimed.push(one),
            None => break,
        }
    }
    claimed.sort_by(|one, other| one.claim.key.cmp(&other.claim.key));
    claimed
}

fn keys(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|one| one.claim.key.as_str()).collect()
}

async fn begin(store: &Arc<dyn Store>, claim: &Claim, now: UnixMillis) -> bool {
    let begun = store.begin_effect(claim, now.plus(LEASE_MILLIS)).await;
    begun.expect("the store answers")
}

pub(in crate::store) async fn an_effect_is_claimed_by_one_worker_at_a_time(place: &impl Place) {
    let store = place.open().await;
    add(&store, &["a", "b", "c"]).await;
    assert!(!store.is_effect_due(NOW.plus(-1)).await.expect("a look"));
    assert_eq!(claim(&store, NOW.plus(-1), 9).await, []);
    assert!(store.is_effect_due(NOW).await.expect("a look"));
    let first = claim(&store, NOW.plus(5), 2).await;
    assert_eq!(keys(&first), ["a", "b"]);
    assert_eq!(first[0].payload, b"a");
    // Another process on the same data finds what is left.
    let beside = place.open().await;
    assert_eq!(keys(&claim(&beside, NOW.plus(5), 9).await), ["c"]);
    assert_eq!(claim(&beside, NOW.plus(6), 9).await, []);
}

pub(in crate::store) async fn a_lost_worker_loses_its_claims_and_leaves_a_doubt_once_it_began(
    place: &impl Place,
) {
    let store = place.open().await;
    add(&store, &["a", "b", "c"]).await;
    let lost = claim(&store, NOW.plus(5), 9).await;
    assert!(begin(&store, &lost[1].claim, NOW.plus(5)).await);
    let held = &lost[2].claim;
    let longer = NOW.plus(5 + 2 * LEASE_MILLIS);
    store.extend_claim(held, longer).await.expect("it is held");
    drop(store);

    let store = place.open().await;
    let found = claim(&store, NOW.plus(5 + LEASE_MILLIS), 9).await;
    let doubts: Vec<_> = found.iter().map(|one| one.doubts).collect();
    assert_eq!((keys(&found), doubts), (vec!["a", "b"], vec![0, 1]));
    // The first worker was only slow: it comes too late.
    assert!(!begin(&store, &lost[0].claim, NOW).await);
    let settled = store.settle_effect(&lost[0].claim, Settled::Done).await;
    settled.expect("a settlement of a lost claim is none");
    assert!(begin(&store, &found[0].claim, NOW).await);
    let left = claim(&store, longer, 9).await;
    assert_eq!(keys(&left), ["a", "b", "c"]);
}

pub(in crate::store) async fn what_became_of_an_effect_is_kept_and_counted(place: &impl Place) {
    let store = place.open().await;
    add(&store, &["a", "b", "c", "d", "e"]).await;
    let later = NOW.plus(60_000);
    let outcomes = [
        Settled::Done,
        Settled::Void,
        Settled::Unreachable(Reason::NoRelay),
        Settled::GivenUp(Reason::Refused),
        Settled::Later(later, Reason::InDoubt),
    ];
    let claimed = claim(&store, NOW.plus(5), 9).await;
    for (one, outcome) in claimed.iter().zip(outcomes) {
        let settled = store.settle_effect(&one.claim, outcome).await;
        settled.expect("the claim is held");
    }
    let counts = store.count_effects().await.expect("counts");
    let counts: Vec<_> = counts
        .iter()
        .map(|one| (one.state.as_str(), one.reason.as_deref(), one.count))
        .collect();
    let expected = [
        ("given_up", Some("refused"), 1),
        ("unreachable", Some("no_relay"), 1),
        ("waiting", Some("in_doubt"), 1),
    ];
    assert_eq!(counts, expected);
    assert_eq!(claim(&store, later.plus(-1), 9).await, []);
    let again = claim(&store, later, 9).await;
    assert_eq!((keys(&again), again[0].doubts), (vec!["e"], 1));

    assert_eq!(store.replay_effects(later).await.expect("a replay"), 2);
    let replayed = claim(&store, later, 9).await;
    assert_eq!(keys(&replayed), ["c", "d"]);
    // What is over is never written again.
    add(&store, &["a"]).await;
    assert_eq!(claim(&store, later, 9).await, []);
}

pub(in crate::store) async fn what_is_over_is_forgotten_but_keys_that_are_looked_up(
    place: &impl Place,
) {
    let store = place.open().await;
    add(&store, &["a", "a/late-1/2/mail", "b", "c"]).await;
    let outcomes = [
        Settled::Done,
        Settled::Done,
        Settled::Void,
        Settled::GivenUp(Reason::Refused),
    ];
    let claimed = claim(&store, NOW.plus(5), 9).await;
    for (one, outcome) in claimed.iter().zip(outcomes) {
        let settled = store.settle_effect(&one.claim, outcome).await;
        settled.expect("the claim is held");
    }
    let over = NOW.plus(5 + LEASE_MILLIS);
    assert_eq!(store.forget_effects(over).await.expect("it can"), 0);
    let later = over.plus(1);
    assert_eq!(store.forget_effects(later).await.expect("it can"), 2);
    assert_eq!(store.forget_effects(later).await.expect("it can"), 0);
    add(&store, &["a", "a/late-1/2/mail", "b", "c"]).await;
    assert_eq!(keys(&claim(&store, later, 9).await), ["a", "b"]);
    assert_eq!(store.replay_effects(later).await.expect("a replay"), 1);
}

pub(in crate::store) async fn what_no_worker_has_in_hand_is_ended_at_once(place: &impl Place) {
    let store = place.open().await;
    add(&store, &["a", "b", "c", "d"]).await;
    let claimed = claim(&store, NOW.plus(2), 3).await;
    let in_doubt = Settled::Later(NOW, Reason::InDoubt);
    for (one, outcome) in claimed.iter().zip([in_doubt, Settled::Done]) {
        let settled = store.settle_effect(&one.claim, outcome).await;
        settled.expect("the claim is held");
    }
    let mut turn = writing(&store).await;
    let mut ended = Vec::new();
    for key in ["a", "b", "c", "d", "e"] {
        ended.push(turn.void_effect(key).await.expect("it can"));
    }
    turn.commit(Seq(1)).await.expect("a commit");
    assert_eq!(ended, [false, false, false, true, false]);
    // Only the one in hand is left, once its worker is lost.
    let left = claim(&store, NOW.plus(2 + LEASE_MILLIS), 9).await;
    assert_eq!(keys(&left), ["c"]);
}

pub(in crate::store) async fn the_keys_of_one_event_are_found(place: &impl Place) {
    let store = place.open().await;
    let keys = [
        "a/late-1/2/mail",
        "a/late-1.1/2/mail",
        "a/late-12/2/mail",
        "b/late-1/2/mail",
    ];
    add(&store, &keys).await;
    let mut turn = writing(&store).await;
    let found = turn.effects("a/late-1").await.expect("a look");
    assert_eq!(found, ["a/late-1.1/2/mail", "a/late-1/2/mail"]);
    assert!(turn.effects("a/late").await.expect("a look").is_empty());
}
