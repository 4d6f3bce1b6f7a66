//! The cases that every store has to pass, whatever database lies below.
//!
//! A case opens the store of a [`Place`] as often as it wants: dropped without being closed, a
//! store must come back with exactly what was committed.

mod age;
mod devices;
mod due;
mod outbox;
mod people;
mod rules;
mod views;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use shared::document::{Receipt, ReceiptColumns};
use shared::ids::{ActId, Actor, DeviceId, DocKey, DocKind, Hash, IncidentId, PersonId};
use shared::incidents::Refused;
use shared::people::Scope;
use shared::sync::{Seq, SignedHeads};
use shared::time::{Flags, UnixMillis};

use super::{
    Audience, DocState, Effect, QUARANTINE_BYTES_MAX, QUARANTINE_ROWS_MAX, Quarantined, Store,
    StoredChange, Writing,
};

pub(super) use age::*;
pub(super) use devices::*;
pub(super) use due::*;
pub(super) use outbox::*;
pub(super) use people::*;
pub(super) use rules::*;
pub(super) use views::*;

/// Where a store lasts.
#[async_trait]
pub(super) trait Place: Sync {
    async fn open(&self) -> Arc<dyn Store>;
}

/// Makes a test of each case.
macro_rules! run_on {
    ($place:expr; $($case:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $case() {
                $crate::store::contract::$case(&$place).await;
            }
        )+
    };
}
pub(super) use run_on;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn id(nth: u8) -> IncidentId {
    IncidentId::from_bytes([nth; 16])
}

fn change(incident: u8, seq: u64) -> StoredChange {
    let nth = u8::try_from(seq).unwrap_or(u8::MAX);
    let receipt = Receipt {
        actor: Actor([incident; 16]),
        actor_seq: seq,
        person: PersonId(7),
        device: DeviceId::from_bytes([7; 16]),
        received_at: NOW,
        corrected_at: NOW.plus(-5),
        flags: Flags::LATE,
    };
    let (doc, hash, bytes) = (
        DocKey::incident(id(incident)),
        Hash([nth; 32]),
        Some(vec![nth; 3]),
    );
    StoredChange {
        doc,
        hash,
        seq: Seq(seq),
        receipt,
        bytes,
    }
}

fn staff() -> Audience {
    [
        (DocKind::Incident, Scope::Staff),
        (DocKind::Work, Scope::Staff),
    ]
    .into()
}

fn group(name: &str) -> Scope {
    Scope::Group(name.into())
}

fn scopes(scopes: &[Scope]) -> BTreeSet<Scope> {
    scopes.iter().cloned().collect()
}

async fn writing(store: &Arc<dyn Store>) -> Box<dyn Writing> {
    store.write().await.expect("a turn")
}

/// Commits changes of one incident at these places; the last one is the commit's.
async fn commit(store: &Arc<dyn Store>, incident: u8, seqs: &[u64]) {
    let mut turn = writing(store).await;
    let end = Seq(*seqs.last().expect("places"));
    let changes: Vec<_> = seqs.iter().map(|seq| change(incident, *seq)).collect();
    turn.append(&changes, end).await.expect("it is new");
    turn.place(id(incident), end).await.expect("it is moved");
    turn.commit(end).await.expect("it is kept");
}

/// Lets scopes join and leave at a place of their own.
async fn moved(store: &Arc<dyn Store>, incident: u8, joined: &Audience, left: &Audience, at: u64) {
    let mut turn = writing(store).await;
    turn.move_audience(id(incident), joined, left, Seq(at))
        .await
        .expect("it is moved");
    turn.commit(Seq(at)).await.expect("it is kept");
}

async fn head(store: &Arc<dyn Store>) -> Seq {
    store
        .view()
        .await
        .expect("a view")
        .log()
        .await
        .expect("the log")
        .head
}

async fn events(store: &Arc<dyn Store>, after: u64, scope: &Scope, limit: u32) -> (Vec<u64>, bool) {
    let scopes = scopes(std::slice::from_ref(scope));
    let mut view = store.view().await.expect("a view");
    let (events, is_all) = view
        .events(Seq(after), &scopes, &scopes, limit)
        .await
        .expect("events");
    (events.iter().map(|event| event.seq.0).collect(), is_all)
}

pub(super) async fn what_is_committed_survives_a_crash(place: &impl Place) {
    let store = place.open().await;
    let log = store
        .view()
        .await
        .expect("a view")
        .log()
        .await
        .expect("the log");
    let key = store.signing_key().await.expect("a key");
    commit(&store, 1, &[1, 2]).await;
    let mut lost = writing(&store).await;
    lost.append(&[change(1, 3)], Seq(3))
        .await
        .expect("it is new");
    drop(lost);
    drop(store);

    let store = place.open().await;
    let mut view = store.view().await.expect("a view");
    let again = view.log().await.expect("the log");
    assert_eq!((again.epoch, again.head), (log.epoch, Seq(2)));
    assert_eq!(store.signing_key().await.expect("a key"), key);
    let changes = view.changes(&[id(1)], Seq(0)).await.expect("changes");
    assert_eq!(changes, [change(1, 1), change(1, 2)]);
}

pub(super) async fn places_are_taken_in_the_order_of_commits(place: &impl Place) {
    let store = place.open().await;
    let write = |nth: u8| {
        let store = Arc::clone(&store);
        async move {
            let mut turn = writing(&store).await;
            let head = turn.log().await.expect("the log").head;
            // Whoever comes second must wait here, or both would take the same place.
            tokio::task::yield_now().await;
            let seq = head.0 + 1;
            turn.append(&[change(nth, seq)], Seq(seq))
                .await
                .expect("it is new");
            turn.commit(Seq(seq)).await.expect("it is kept");
        }
    };
    let tasks: Vec<_> = (1..=20).map(|nth| tokio::spawn(write(nth))).collect();
    for task in tasks {
        task.await.expect("no writer fails");
    }
    assert_eq!(head(&store).await, Seq(20));
}

pub(super) async fn a_view_sees_one_state(place: &impl Place) {
    let store = place.open().await;
    commit(&store, 1, &[1]).await;
    let mut view = store.view().await.expect("a view");
    commit(&store, 1, &[2]).await;
    assert_eq!(view.log().await.expect("the log").head, Seq(1));
    assert_eq!(
        view.changes(&[id(1)], Seq(0)).await.expect("changes").len(),
        1
    );
    drop(view);
    assert_eq!(head(&store).await, Seq(2));
}

pub(super) async fn a_change_is_logged_once(place: &impl Place) {
    let store = place.open().await;
    commit(&store, 1, &[1]).await;
    let mut turn = writing(&store).await;
    let again = StoredChange {
        seq: Seq(2),
        ..change(1, 1)
    };
    assert!(turn.append(&[again], Seq(2)).await.is_err());
    drop(turn);
    let mut turn = writing(&store).await;
    let doc = DocKey::incident(id(1));
    let found = turn.change(doc, Actor([1; 16]), 1).await.expect("a look");
    assert_eq!(found, Some(change(1, 1)));
    assert_eq!(
        turn.change(doc, Actor([1; 16]), 2).await.expect("a look"),
        None
    );
}

pub(super) async fn a_document_is_its_snapshot_and_what_came_after(place: &impl Place) {
    let store = place.open().await;
    let doc = DocKey::incident(id(1));
    let signed = SignedHeads {
        heads: vec![Hash([9; 32])],
        receipts: Hash([8; 32]),
        signature: vec![7; 64],
    };
    let receipts = ReceiptColumns::pack([&change(1, 1).receipt]);
    let state = |last, snapshot: Option<&[u8]>| DocState {
        doc,
        generation: 2,
        last_seq: Seq(last),
        snapshot: snapshot.map(<[u8]>::to_vec),
        receipts: receipts.clone(),
        signed: signed.clone(),
    };
    let mut turn = writing(&store).await;
    turn.append(&[change(1, 1)], Seq(1))
        .await
        .expect("it is new");
    turn.put_doc(&state(1, None)).await.expect("kept");
    let bytes = |docs: Vec<super::StoredDoc>| docs[0].bytes.clone();
    assert_eq!(bytes(turn.docs(&[id(1)]).await.expect("docs")), [1, 1, 1]);
    turn.put_doc(&state(1, Some(b"saved"))).await.expect("kept");
    turn.append(&[change(1, 2), change(1, 3)], Seq(3))
        .await
        .expect("it is new");
    turn.put_doc(&state(3, None)).await.expect("kept");
    let docs = turn.docs(&[id(1), id(2)]).await.expect("docs");
    assert_eq!(docs[0].bytes, b"saved\x02\x02\x02\x03\x03\x03");
    assert_eq!(
        (docs.len(), docs[0].generation, docs[0].last_seq),
        (1, 2, Seq(3))
    );
    assert_eq!((&docs[0].receipts, &docs[0].signed), (&receipts, &signed));
    let places = turn.places(&[id(1), id(2)]).await.expect("places");
    assert_eq!(places, [(id(1), Seq(3))].into());
}

pub(super) async fn what_a_snapshot_covers_loses_its_bytes_once_it_is_old(place: &impl Place) {
    let store = place.open().await;
    let signed = SignedHeads {
        heads: vec![Hash([9; 32])],
        receipts: Hash([8; 32]),
        signature: vec![7; 64],
    };
    let state = |incident, last, snapshot: Option<&[u8]>| DocState {
        doc: DocKey::incident(id(incident)),
        generation: 0,
        last_seq: Seq(last),
        snapshot: snapshot.map(<[u8]>::to_vec),
        receipts: ReceiptColumns::pack([&change(incident, last).receipt]),
        signed: signed.clone(),
    };
    let mut turn = writing(&store).await;
    let changes = [change(1, 1), change(2, 2), change(1, 3)];
    turn.append(&changes, Seq(3)).await.expect("they are new");
    turn.put_doc(&state(1, 3, Some(b"all")))
        .await
        .expect("kept");
    turn.put_doc(&state(2, 2, None)).await.expect("kept");
    assert_eq!(turn.aged(NOW, 9).await.expect("a look"), []);
    let later = NOW.plus(1);
    let covered = async |turn: &mut dyn Writing| {
        let aged = turn.aged(later, 9).await.expect("a look");
        let told = aged.iter().map(|aged| (aged.seq.0, aged.is_covered));
        told.collect::<Vec<_>>()
    };
    let found = covered(&mut *turn).await;
    assert_eq!(found, [(1, true), (2, false), (3, true)]);
    assert_eq!(turn.aged(later, 2).await.expect("a look").len(), 2);

    let both = [Seq(1), Seq(2)];
    let dropped = turn.drop_bytes(&both, Seq(2)).await.expect("dropped");
    assert_eq!((dropped.changes, dropped.bytes), (1, 3));
    let found = covered(&mut *turn).await;
    assert_eq!(found, [(3, true)], "nothing is looked at twice");
    let kept = turn
        .changes(&[id(1), id(2)], Seq(0))
        .await
        .expect("changes");
    let has_bytes: Vec<_> = kept.iter().map(|change| change.bytes.is_some()).collect();
    assert_eq!(has_bytes, [false, true, true]);
    let only = |mut docs: Vec<super::StoredDoc>| docs.remove(0).bytes;
    assert_eq!(only(turn.docs(&[id(1)]).await.expect("docs")), b"all");
    assert_eq!(only(turn.docs(&[id(2)]).await.expect("docs")), [2, 2, 2]);
    let two = DocKey::incident(id(2));
    turn.put_snapshot(two, b"both").await.expect("kept");
    assert_eq!(only(turn.docs(&[id(2)]).await.expect("docs")), b"both");
    turn.commit(Seq(3)).await.expect("kept");
    store.shrink().await.expect("it shrinks");
}

pub(super) async fn a_scope_can_be_left_and_joined_again(place: &impl Place) {
    let store = place.open().await;
    let network: Audience = [(DocKind::Incident, group("network"))].into();
    let nobody = Audience::new();
    moved(&store, 1, &network, &nobody, 10).await;
    moved(&store, 1, &nobody, &network, 20).await;
    moved(&store, 1, &network, &nobody, 30).await;
    let found = events(&store, 0, &group("network"), 9).await;
    assert_eq!(found, (vec![20, 30], true));
    let audience = writing(&store).await.audience(id(1)).await;
    assert_eq!(audience.expect("the audience"), network);

    moved(&store, 1, &nobody, &network, 40).await;
    let watched = scopes(&[group("network")]);
    let mut view = store.view().await.expect("a view");
    for (at, reached) in [(0, 1), (39, 1), (40, 0), (99, 0)] {
        let found = view.reached(&watched, Seq(at)).await.expect("a look");
        assert_eq!(found.len(), reached, "at {at}");
    }
    let standings = view.standings(&[id(1)], &watched, Seq(99)).await;
    let mut reaches = standings.expect("standings").remove(0).reaches;
    reaches.sort_by_key(|reach| reach.since);
    let spans: Vec<_> = reaches
        .iter()
        .map(|reach| (reach.since.0, reach.until))
        .collect();
    let expected = [(10, Some(Seq(20))), (30, Some(Seq(40)))];
    assert_eq!(spans, expected, "no row is ever deleted");
}

pub(super) async fn only_what_concerns_the_scopes_is_an_event(place: &impl Place) {
    let store = place.open().await;
    commit(&store, 1, &[1, 2]).await;
    moved(&store, 1, &staff(), &Audience::new(), 3).await;
    commit(&store, 2, &[4]).await;
    commit(&store, 1, &[5]).await;
    assert_eq!(
        events(&store, 0, &Scope::Staff, 9).await,
        (vec![1, 2, 3, 5], true)
    );
    assert_eq!(
        events(&store, 2, &Scope::Staff, 9).await,
        (vec![3, 5], true)
    );
    assert_eq!(events(&store, 5, &Scope::Staff, 9).await, (vec![], true));
    assert_eq!(
        events(&store, 0, &group("network"), 9).await,
        (vec![], true)
    );
}

pub(super) async fn a_bounded_look_leaves_nothing_out_before_its_end(place: &impl Place) {
    let store = place.open().await;
    for incident in 1..=9_u8 {
        commit(&store, incident, &[u64::from(incident) * 2]).await;
        moved(
            &store,
            incident,
            &staff(),
            &Audience::new(),
            u64::from(incident) * 2 + 1,
        )
        .await;
    }
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let (found, is_all) = events(&store, after, &Scope::Staff, 4).await;
        assert!(found.is_sorted() && found.len() <= 8);
        after = found.last().copied().unwrap_or(after);
        seen.extend(found);
        if is_all {
            break;
        }
    }
    assert_eq!(seen, (2..=19).collect::<Vec<_>>());
}

pub(super) async fn older_incidents_come_latest_first(place: &impl Place) {
    let store = place.open().await;
    for incident in 1..=5_u8 {
        moved(
            &store,
            incident,
            &staff(),
            &Audience::new(),
            u64::from(incident),
        )
        .await;
    }
    commit(&store, 2, &[6]).await;
    let mut view = store.view().await.expect("a view");
    let mut below = Seq(100);
    let mut order = Vec::new();
    loop {
        let older = view.older(&Scope::Staff, below, 4).await.expect("older");
        for (incident, at) in &older.places {
            below = *at;
            order.push((*incident, at.0));
        }
        if older.is_all {
            break;
        }
    }
    order.dedup();
    let expected: Vec<_> = [(2, 6), (5, 5), (4, 4), (3, 3), (1, 1)]
        .map(|(nth, at)| (id(nth), at))
        .into();
    assert_eq!(order, expected);
    let none = view
        .older(&group("network"), Seq(100), 4)
        .await
        .expect("older");
    assert!(none.places.is_empty() && none.is_all);
}

pub(super) async fn an_actor_is_bound_once(place: &impl Place) {
    let store = place.open().await;
    let (actor, device) = (Actor([1; 16]), DeviceId::from_bytes([2; 16]));
    let mut turn = writing(&store).await;
    turn.bind(actor, PersonId(7), device)
        .await
        .expect("it is free");
    assert!(turn.bind(actor, PersonId(8), device).await.is_err());
    let bound = turn
        .actors(&[actor, Actor([9; 16])])
        .await
        .expect("bindings");
    assert_eq!(bound, [(actor, (PersonId(7), device))].into());
}

/// The `nth` change that a person's device offered, refused then.
fn refused(nth: u32, person: u32, device: u8) -> Quarantined {
    let mut hash = Hash([3; 32]);
    hash.0[..4].copy_from_slice(&nth.to_be_bytes());
    Quarantined {
        doc: DocKey::work(id(1)),
        hash,
        person: PersonId(person),
        device: DeviceId::from_bytes([device; 16]),
        act: ActId::from_bytes([4; 16]),
        received_at: NOW.plus(i64::from(nth)),
        refused: Refused::Scope,
        bytes: vec![5],
    }
}

async fn quarantined(turn: &mut Box<dyn Writing>, person: u32) -> Vec<Quarantined> {
    let kept = turn.quarantined(PersonId(person)).await;
    kept.expect("they are there")
}

pub(super) async fn what_was_refused_is_kept_once_per_device(place: &impl Place) {
    let store = place.open().await;
    let role = Refused::Role {
        allowed: "agent".to_owned(),
    };
    let first = Quarantined {
        refused: role.clone(),
        ..refused(1, 7, 1)
    };
    let second = refused(1, 7, 2);
    let all = [
        first.clone(),
        refused(1, 7, 1),
        second.clone(),
        refused(2, 8, 1),
    ];
    let mut turn = writing(&store).await;
    turn.quarantine(&all).await.expect("it is kept");
    assert_eq!(quarantined(&mut turn, 7).await, [second.clone(), first]);
    assert_eq!(quarantined(&mut turn, 8).await, [refused(2, 8, 1)]);

    let asked = |doc, hash| BTreeSet::from([(doc, hash), (doc, Hash([9; 32]))]);
    let (doc, hash) = (second.doc, second.hash);
    let known = turn.refusals(&asked(doc, hash)).await.expect("a look");
    let by = |device: u8| (PersonId(7), DeviceId::from_bytes([device; 16]));
    let expected = [(by(1), role), (by(2), Refused::Scope)].into();
    assert_eq!(known, [((doc, hash), expected)].into(), "what was asked");
    for doc in [DocKey::incident(id(1)), DocKey::work(id(2))] {
        let none = turn.refusals(&asked(doc, hash)).await.expect("a look");
        assert!(none.is_empty(), "{doc}");
    }
}

pub(super) async fn what_was_refused_is_listed_until_somebody_had_a_look(place: &impl Place) {
    let store = place.open().await;
    let (first, second, others) = (refused(1, 7, 1), refused(2, 7, 1), refused(3, 8, 1));
    let other_act = Quarantined {
        act: ActId::from_bytes([5; 16]),
        ..refused(4, 7, 1)
    };
    let all = [&first, &second, &others, &other_act].map(Clone::clone);
    let mut turn = writing(&store).await;
    turn.quarantine(&all).await.expect("it is kept");
    turn.commit(Seq(0)).await.expect("it is kept");
    let unseen = async |limit| {
        let mut view = store.view().await.expect("a view");
        view.unseen(2, limit).await.expect("a look")
    };
    assert_eq!(unseen(2).await, [other_act.clone(), others.clone()]);
    let act = (PersonId(7), first.act);
    for (by, is_first) in [(1, true), (2, false)] {
        let seen = store.see_refused(act, PersonId(by), NOW).await;
        assert_eq!(seen.expect("it is kept"), is_first);
    }
    assert_eq!(unseen(9).await, [other_act.clone(), others.clone()]);
    // Whoever offers it again is still known, and from another device it is seen as well.
    let mut turn = writing(&store).await;
    let elsewhere = turn.quarantine(&[refused(1, 7, 2)]).await;
    elsewhere.expect("it is kept");
    assert_eq!(quarantined(&mut turn, 7).await.len(), 4);
    turn.commit(Seq(0)).await.expect("it is kept");
    assert_eq!(unseen(9).await, [other_act, others]);
}

pub(super) async fn the_oldest_refused_changes_of_a_person_go_first(place: &impl Place) {
    let store = place.open().await;
    let max = QUARANTINE_ROWS_MAX;
    let mut turn = writing(&store).await;
    let others = turn.quarantine(&[refused(0, 8, 1)]).await;
    others.expect("it is kept");
    // The latest comes first: what counts is when it was refused.
    let all: Vec<_> = (0..max).rev().map(|nth| refused(nth, 7, 1)).collect();
    turn.quarantine(&all).await.expect("they are kept");
    assert_eq!(quarantined(&mut turn, 7).await, all);
    let later = [refused(max, 7, 1), refused(max + 1, 7, 2)];
    turn.quarantine(&later).await.expect("they are kept");

    let kept = quarantined(&mut turn, 7).await;
    assert_eq!(kept.len(), max as usize);
    assert_eq!(kept[..2], [later[1].clone(), later[0].clone()]);
    assert_eq!(kept.last(), Some(&refused(2, 7, 1)));
    assert_eq!(quarantined(&mut turn, 8).await.len(), 1, "each their own");
}

pub(super) async fn refused_changes_of_a_person_have_so_many_bytes(place: &impl Place) {
    let store = place.open().await;
    let sized = |nth, size: u32| Quarantined {
        bytes: vec![5; size as usize],
        ..refused(nth, 7, 1)
    };
    let half = QUARANTINE_BYTES_MAX / 2;
    let mut turn = writing(&store).await;
    let both = [sized(1, half), sized(2, half)];
    turn.quarantine(&both).await.expect("they are kept");
    assert_eq!(quarantined(&mut turn, 7).await.len(), 2, "exactly so many");
    turn.quarantine(&[sized(3, 1)]).await.expect("it is kept");
    let kept = quarantined(&mut turn, 7).await;
    let left: Vec<_> = kept.iter().map(|refused| refused.bytes.len()).collect();
    assert_eq!(left, [1, half as usize]);
}

pub(super) async fn numbers_and_effects_are_given_once(place: &impl Place) {
    let store = place.open().await;
    let mut turn = writing(&store).await;
    assert_eq!(turn.last_number().await.expect("a look"), None);
    turn.give_number(1_001, id(1)).await.expect("it is free");
    turn.give_number(1_007, id(2)).await.expect("it is free");
    assert_eq!(turn.last_number().await.expect("a look"), Some(1_007));
    let effect = Effect {
        key: "incident/created/7/mail".to_owned(),
        keeps: super::Keeps::Awhile,
        kind: "mail".to_owned(),
        payload: vec![1],
        next_at: NOW,
    };
    for _ in 0..2 {
        turn.add_effect(&effect)
            .await
            .expect("written, or there already");
    }
    assert!(turn.give_number(1_001, id(3)).await.is_err());
}
