//! Effects, as workers claim them.

use std::sync::Arc;

use shared::sync::Seq;
use shared::time::UnixMillis;

use super::{NOW, Place, writing};
use crate::store::{Bounds, Claim, Claimed, Effect, Keeps, Reason, Settled, Store};

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

async fn forget(store: &Arc<dyn Store>, over: UnixMillis, failed: UnixMillis) -> u64 {
    let forgotten = store.forget_effects(Bounds { over, failed }).await;
    forgotten.expect("it can")
}

async fn settle(store: &Arc<dyn Store>, claimed: &Claimed, settled: Settled) {
    let settled = store.settle_effect(&claimed.claim, settled).await;
    settled.expect("the claim is held");
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
    assert_eq!(forget(&store, over, over.plus(-1)).await, 0);
    let later = over.plus(1);
    assert_eq!(forget(&store, later, over).await, 2);
    assert_eq!(forget(&store, later, over).await, 0);
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
    for key in ["a", "b", "c", "d", "d", "e"] {
        ended.push(turn.void_effect(key).await.expect("it can"));
    }
    turn.commit(Seq(1)).await.expect("a commit");
    let expected = [false, false, false, true, true, false];
    assert_eq!(ended, expected, "what is void already never happened");
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

pub(in crate::store) async fn what_was_void_begins_anew_when_it_is_to_be_told_after_all(
    place: &impl Place,
) {
    let store = place.open().await;
    let keys_of_all = ["done", "doubted", "held", "lasting/1", "void"];
    add(&store, &keys_of_all).await;
    let claimed = claim(&store, NOW.plus(9), 9).await;
    let [done, doubted, held, lasting, void] = &claimed[..] else {
        panic!("all are claimed: {claimed:?}");
    };
    settle(&store, done, Settled::Done).await;
    settle(&store, lasting, Settled::Void).await;
    settle(&store, void, Settled::Void).await;
    settle(&store, doubted, Settled::Later(NOW, Reason::InDoubt)).await;
    let mut turn = writing(&store).await;
    turn.void_effect("doubted").await.expect("it can");
    turn.commit(Seq(1)).await.expect("a commit");

    add(&store, &keys_of_all).await;
    // Its worker has read what held before.
    settle(&store, held, Settled::Void).await;
    assert!(!begin(&store, &held.claim, NOW).await);
    let again = claim(&store, NOW.plus(9), 9).await;
    assert_eq!(keys(&again), ["held", "void"]);
    assert_eq!(again[1].payload, b"void");
    assert!(begin(&store, &again[1].claim, NOW).await);
}

pub(in crate::store) async fn only_what_was_put_off_is_counted_until_it_is_replayed(
    place: &impl Place,
) {
    let store = place.open().await;
    add(&store, &["a"]).await;
    for (reason, before) in [
        (Reason::RelayDown, 0),
        (Reason::SenderRefused, 0),
        (Reason::Postponed, 0),
        (Reason::Unreadable, 1),
        (Reason::RelayDown, 2),
    ] {
        let claimed = claim(&store, NOW, 1).await;
        assert_eq!(claimed[0].postponed, before);
        settle(&store, &claimed[0], Settled::Later(NOW, reason)).await;
    }
    let claimed = claim(&store, NOW, 1).await;
    assert_eq!(claimed[0].postponed, 2);
    settle(&store, &claimed[0], Settled::GivenUp(Reason::Postponed)).await;
    store.replay_effects(NOW).await.expect("a replay");
    assert_eq!(claim(&store, NOW, 1).await[0].postponed, 0);
}

pub(in crate::store) async fn what_reached_nobody_is_forgotten_later_and_not_replayed(
    place: &impl Place,
) {
    let store = place.open().await;
    let keys_of_all = ["a", "a/late-1/2/mail", "b", "c"];
    add(&store, &keys_of_all).await;
    let claimed = claim(&store, NOW.plus(5), 9).await;
    for (one, outcome) in claimed.iter().zip([
        Settled::GivenUp(Reason::Refused),
        Settled::GivenUp(Reason::Refused),
        Settled::Unreachable(Reason::NoRelay),
        Settled::Later(NOW, Reason::RelayDown),
    ]) {
        settle(&store, one, outcome).await;
    }
    let ended = NOW.plus(5 + LEASE_MILLIS);
    assert_eq!(forget(&store, ended.plus(1), ended).await, 0);
    assert_eq!(forget(&store, ended.plus(1), ended.plus(1)).await, 3);
    assert_eq!(forget(&store, ended.plus(1), ended.plus(1)).await, 0);
    assert_eq!(store.replay_effects(NOW).await.expect("a replay"), 0);
    // Its key is not forgotten: the clock says nothing twice.
    add(&store, &keys_of_all).await;
    assert_eq!(keys(&claim(&store, NOW.plus(9), 9).await), ["a", "b", "c"]);
}
