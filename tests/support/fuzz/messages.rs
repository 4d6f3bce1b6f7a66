//! The decoder of every message that travels.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::document::ReceiptColumns;
use shared::ids::{DeviceId, Epoch, PersonId};
use shared::people::Directory;
use shared::sync::Seq;
use shared::sync::message::{
    Cursors, Holds, Live, PROTOCOL, PullPage, PullRequest, PushReply, PushRequest, RepairReply,
    RepairRequest, ReturnReply, ReturnRequest, Surface, decode, encode,
};
use shared::sync::server::Offer;
use shared::time::{Boot, Reading, UnixMillis};

use super::intents::World;

/// The first byte chooses the message. What decodes, decodes again to the same.
pub fn messages(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else {
        return;
    };
    match kind % 9 {
        0 => whole::<PullRequest>(bytes),
        1 => {
            whole::<PushRequest>(bytes);
            offers(bytes);
        }
        2 => whole::<ReturnRequest>(bytes),
        3 => whole::<RepairRequest>(bytes),
        4 => whole::<Live>(bytes),
        5 => whole::<PullPage>(bytes),
        6 => whole::<PushReply>(bytes),
        7 => whole::<ReturnReply>(bytes),
        _ => whole::<RepairReply>(bytes),
    }
}

fn whole<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(message) = decode::<T>(bytes) {
        let again = decode::<T>(&encode(&message));
        assert_eq!(again.as_ref(), Ok(&message));
    }
}

/// Takes a push apart as the server does.
fn offers(bytes: &[u8]) {
    let Ok(request) = decode::<PushRequest>(bytes) else {
        return;
    };
    for group in &request.groups {
        if let Ok(offer) = Offer::read(group) {
            assert!(offer.parts().count() <= 2);
        }
    }
}

/// Each message as a device and the server send it.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let world = World::new();
    let messages = requests(&world).into_iter().chain(replies(&world));
    let seed = |(kind, (name, bytes)): (u8, (&str, Vec<u8>))| {
        (name.to_owned(), [&[kind], &*bytes].concat())
    };
    (0..).zip(messages).map(seed).collect()
}

const EPOCH: [u8; 16] = [2; 16];
const NOON: UnixMillis = UnixMillis(1_800_000_000_000);

fn cursors() -> Cursors {
    let lows = ["staff", "group:network"].map(|scope| scope.parse().expect("a scope"));
    Cursors {
        epoch: Some(Epoch::from_bytes(EPOCH)),
        high: Seq(7),
        lows: lows.into_iter().map(|scope| (scope, Seq(3))).collect(),
    }
}

fn requests(world: &World) -> [(&'static str, Vec<u8>); 5] {
    let (protocol, surface, person) = (PROTOCOL, Surface::Console, PersonId(1));
    let (device, epoch) = (DeviceId::from_bytes([1; 16]), Epoch::from_bytes(EPOCH));
    let pull = PullRequest {
        protocol,
        surface,
        person,
        device,
        cursors: cursors(),
        directory: 1,
        docs_max: 64,
        fetches: true,
    };
    let reading = Reading {
        boot: Boot(1),
        mono: 2,
        wall: NOON,
    };
    let push = PushRequest {
        protocol,
        surface,
        person,
        device,
        epoch: Some(epoch),
        clocks: vec![reading],
        groups: world.proper().into_iter().take(2).collect(),
        hands_over: false,
    };
    let give_back = ReturnRequest {
        protocol,
        surface,
        person,
        device,
        epoch,
        earlier: vec![epoch],
        docs: vec![world.returned()],
    };
    let repair = RepairRequest {
        protocol,
        surface,
        person,
        device,
        message: vec![0x42, 0, 0, 0, 0],
    };
    let live = Live::Head { seq: Seq(7), epoch };
    [
        ("pull", encode(&pull)),
        ("push", encode(&push)),
        ("return", encode(&give_back)),
        ("repair", encode(&repair)),
        ("live", encode(&live)),
    ]
}

fn replies(world: &World) -> [(&'static str, Vec<u8>); 4] {
    let (protocol, epoch) = (PROTOCOL, Epoch::from_bytes(EPOCH));
    let returned = world.returned();
    let page = PullPage {
        protocol,
        min_client: 1,
        now: NOON,
        cursors: cursors(),
        docs: Vec::new(),
        rows: Vec::new(),
        forget: vec![returned.doc],
        directory: Some(Directory::default()),
        holds: Some(Holds {
            days: 90,
            incidents: 10_000,
        }),
        more: true,
        head: Seq(9),
    };
    let reply = PushReply {
        protocol,
        min_client: 1,
        now: NOON,
        epoch,
        verdicts: world.verdicts(),
    };
    let wanted = ReturnReply {
        protocol,
        epoch,
        wanted: vec![returned.doc],
    };
    let repaired = RepairReply {
        protocol,
        generation: 0,
        message: None,
        receipts: ReceiptColumns::default(),
        signed: returned.signed,
    };
    [
        ("page", encode(&page)),
        ("push-reply", encode(&reply)),
        ("return-reply", encode(&wanted)),
        ("repair-reply", encode(&repaired)),
    ]
}
