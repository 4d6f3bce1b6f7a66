//! What lasts of saved views.

use std::collections::BTreeSet;

use shared::ids::{PersonId, ViewId};
use shared::views::{Order, SavedView, Sharing};

use super::{Place, head};

pub(in crate::store) async fn a_view_is_kept_in_place_of_the_one_before_and_moves_the_log_on(
    place: &impl Place,
) {
    let store = place.open().await;
    let view = |nth: u8, name: &str| SavedView {
        id: ViewId::from_bytes([nth; 16]),
        name: name.to_owned(),
        question: "state:open".to_owned(),
        order: Order::Priority,
        owner: PersonId(7),
        shared: Sharing::Groups(BTreeSet::from(["network".into()])),
    };
    let before = head(&store).await;
    for one in [view(2, "Two"), view(1, "One"), view(2, "Second")] {
        store.put_view(&one).await.expect("kept");
    }
    assert_eq!(head(&store).await.0, before.0 + 3);
    drop(store);

    let store = place.open().await;
    let all = store.views().await.expect("a look");
    assert_eq!(all, [view(1, "One"), view(2, "Second")]);
    let id = view(1, "").id;
    store.delete_view(id).await.expect("deleted");
    assert_eq!(head(&store).await.0, before.0 + 4);
    let all = store.views().await.expect("a look");
    assert_eq!(all, [view(2, "Second")]);
}
