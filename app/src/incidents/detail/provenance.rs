//! Who said something, when on their device, and when it arrived.

use shared::ids::PersonId;
use shared::incidents::Provenance;
use shared::time::Flags;

use crate::devices::short as device_name;
use crate::text::{self, t};

/// A fact that took longer than this to arrive was written offline.
const ON_THE_WAY_MILLIS: i64 = 90_000;

/// Whether it was written without a network.
pub(super) fn is_late(from: &Provenance) -> bool {
    from.arrival.is_some_and(|arrived| {
        let is_device = !arrived.device.0.is_nil();
        is_device && arrived.at.since(from.corrected) > ON_THE_WAY_MILLIS
    })
}

/// When, in as few words as are true: `09:44`, or `written 09:41 offline · arrived 11:05`.
pub(super) fn when(from: &Provenance) -> String {
    match from.arrival {
        Some(arrived) if is_late(from) => t!(
            "when.offline",
            written = text::clock_and_day(from.corrected),
            arrived = text::clock_and_day(arrived.at)
        ),
        Some(_) | None => text::clock_and_day(from.corrected),
    }
}

/// Everything there is to know of where a fact came from.
pub(super) fn in_full(from: &Provenance) -> String {
    if from.by == PersonId::SERVER {
        return t!("when.server", at = text::full(from.at));
    }
    let mut parts = vec![t!("when.device", at = text::full(from.at))];
    match from.arrival {
        None => parts.push(t!("when.not_arrived")),
        Some(arrived) => {
            parts.push(t!("when.arrived", at = text::full(arrived.at)));
            if !arrived.device.0.is_nil() {
                let short = device_name(arrived.device);
                parts.push(t!("when.from_device", device = short));
            }
            parts.extend(flags(arrived.flags));
        }
    }
    parts.join(" · ")
}

fn flags(flags: Flags) -> impl Iterator<Item = String> {
    let known = [
        (Flags::BEYOND_BOUND, t!("when.beyond_bound")),
        (Flags::CLOCK_OFF, t!("when.clock_off")),
        (Flags::LATE, t!("when.late")),
    ];
    known
        .into_iter()
        .filter(move |(flag, _)| flags.contains(*flag))
        .map(|(_, text)| text)
}
