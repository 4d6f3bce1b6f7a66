//! What lasts of rules and of what they have still to decide.

use std::collections::BTreeSet;

use shared::ids::PersonId;

use super::super::{Area, Setting};
use super::{NOW, Place, head, id};

pub(in crate::store) async fn what_rules_are_to_decide_waits_until_it_is_decided(
    place: &impl Place,
) {
    let store = place.open().await;
    let before = head(&store).await;
    let mut writing = store.write().await.expect("a transaction");
    for nth in [3, 1, 2, 1] {
        writing.put_undecided(id(nth)).await.expect("noted");
    }
    writing.commit(before).await.expect("kept");
    let lost = [id(1), id(2)].into();
    let mut writing = store.write().await.expect("a transaction");
    writing.decided(&lost).await.expect("decided");
    drop(writing);
    drop(store);

    let store = place.open().await;
    let mut view = store.view().await.expect("a view");
    assert_eq!(view.undecided(2).await.expect("a look"), lost);
    drop(view);
    let mut writing = store.write().await.expect("a transaction");
    writing.decided(&lost).await.expect("decided");
    writing.commit(before).await.expect("kept");
    let mut view = store.view().await.expect("a view");
    let rest = view.undecided(9).await.expect("a look");
    assert_eq!(rest, BTreeSet::from([id(3)]));
}

pub(in crate::store) async fn what_was_set_is_kept_version_by_version(place: &impl Place) {
    let store = place.open().await;
    let before = head(&store).await;
    let setting = |version: u32| Setting {
        area: Area::Rules,
        version,
        person: PersonId(7),
        at: NOW,
        body: format!("version {version}"),
    };
    for version in [1, 2, 3] {
        store.put_setting(&setting(version)).await.expect("kept");
    }
    assert!(store.put_setting(&setting(2)).await.is_err(), "it is there");
    assert_eq!(head(&store).await, before, "devices need none of it");
    drop(store);

    let store = place.open().await;
    let last = store.settings(Area::Rules, 2).await.expect("a look");
    assert_eq!(last, [setting(3), setting(2)]);
    let others = store.settings(Area::Levels, 2).await.expect("a look");
    assert_eq!(others, []);
}
