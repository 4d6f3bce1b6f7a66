//! What lasts of people's devices, and of what was asked to be done to them.

use std::sync::Arc;

use shared::ids::{DeviceId, PersonId};
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use super::super::{
    Contact, DEVICES_MAX, KnownDevice, Order, OrderKind, Ordered, Store, StoredSession,
};
use super::{NOW, Place};
use crate::auth::{Agent, SessionId};

const BOB: PersonId = PersonId(7);

fn device(nth: u32) -> DeviceId {
    DeviceId::from_bytes(u128::from(nth).to_be_bytes())
}

fn agent() -> Agent {
    Agent {
        browser: "Firefox".to_owned(),
        system: "Linux".to_owned(),
    }
}

/// A device is heard of through a session of its own.
async fn heard(store: &Arc<dyn Store>, nth: u32, at: UnixMillis) -> SessionId {
    let session = SessionId([u8::try_from(nth).expect("small"); 32]);
    let kept = StoredSession {
        person: BOB,
        surface: Surface::Console,
        expires_at: NOW.plus(1_000),
        is_wiping: false,
    };
    if store.session(session).await.expect("a look").is_none() {
        let added = store.add_session(session, kept, &agent(), NOW).await;
        added.expect("kept");
    }
    let contact = Contact {
        session,
        person: BOB,
        device: device(nth),
        surface: Surface::Console,
        at,
    };
    store.put_contact(&contact).await.expect("kept");
    session
}

async fn list(store: &Arc<dyn Store>) -> Vec<KnownDevice> {
    store.devices(Some(BOB), NOW).await.expect("a look")
}

fn wipe(nth: u32) -> Order {
    Order {
        person: BOB,
        device: device(nth),
        kind: OrderKind::Wipe,
        by: PersonId(1),
        at: NOW.plus(2),
    }
}

pub(in crate::store) async fn devices_last_and_the_latest_and_those_to_be_wiped_stay(
    place: &impl Place,
) {
    let store = place.open().await;
    let session = heard(&store, 1, NOW).await;
    heard(&store, 1, NOW.plus(1)).await;
    drop(store);

    let store = place.open().await;
    let known = KnownDevice {
        person: BOB,
        device: device(1),
        surface: Surface::Console,
        agent: agent(),
        session,
        is_signed_in: true,
        first_at: NOW,
        heard_at: NOW.plus(1),
        ordered: None,
    };
    assert_eq!(list(&store).await, [known]);
    let others = store.devices(Some(PersonId(8)), NOW).await;
    assert_eq!(others.expect("a look"), []);
    let is_known = store.order(&wipe(1)).await.expect("kept");
    assert!(is_known);
    for nth in 2..=DEVICES_MAX + 2 {
        heard(&store, nth, NOW.plus(i64::from(nth))).await;
    }
    let left: Vec<_> = list(&store).await.iter().map(|one| one.device).collect();
    let latest = (3..=DEVICES_MAX + 2).rev();
    let expected: Vec<_> = latest.chain([1]).map(device).collect();
    assert_eq!(left, expected);
}

pub(in crate::store) async fn an_order_is_kept_with_who_asked_and_when_it_was_done(
    place: &impl Place,
) {
    let store = place.open().await;
    let session = heard(&store, 1, NOW).await;
    let other = heard(&store, 2, NOW).await;
    let is_known = store.order(&wipe(3)).await.expect("a look");
    assert!(!is_known, "there is no such device");
    for _ in 0..2 {
        assert!(store.order(&wipe(1)).await.expect("asked twice is once"));
    }
    let sign_out = Order {
        kind: OrderKind::SignOut,
        ..wipe(2)
    };
    assert!(store.order(&sign_out).await.expect("kept"));
    drop(store);

    let store = place.open().await;
    let asked = |kind, done_at| Ordered {
        kind,
        by: PersonId(1),
        at: NOW.plus(2),
        done_at,
    };
    let ordered = async |nth: u32| {
        let list = list(&store).await;
        let found = list.into_iter().find(|one| one.device == device(nth));
        found.expect("it is listed").ordered
    };
    assert_eq!(ordered(1).await, Some(asked(OrderKind::Wipe, None)));
    let at_once = asked(OrderKind::SignOut, Some(NOW.plus(2)));
    assert_eq!(ordered(2).await, Some(at_once));
    assert_eq!(store.session(other).await.expect("a look"), None);
    let wiping = store.session(session).await.expect("a look");
    assert!(wiping.expect("it hands over what it has").is_wiping);
    let is_pending = async |nth| store.is_to_be_wiped(BOB, device(nth)).await;
    assert!(is_pending(1).await.expect("a look"));
    assert!(!is_pending(2).await.expect("a look"));

    let wiped = [device(1)];
    let ended = store.end_wipe(session, BOB, &wiped, NOW.plus(3));
    ended.await.expect("kept");
    let done = asked(OrderKind::Wipe, Some(NOW.plus(3)));
    assert_eq!(ordered(1).await, Some(done));
    assert!(!is_pending(1).await.expect("a look"));
    assert_eq!(store.session(session).await.expect("a look"), None);
}
