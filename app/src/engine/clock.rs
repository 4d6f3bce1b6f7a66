//! The only place in the engine that reads clocks and draws random numbers.

use std::cell::OnceCell;

use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

use shared::ids::Actor;
use shared::sync::client::{Jitter, Tick};
use shared::time::{Boot, Reading, UnixMillis};

thread_local! {
    static BOOT: OnceCell<Boot> = const { OnceCell::new() };
}

/// The worker that this engine runs in.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Sixteen or so bytes nobody can guess.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let crypto = scope().crypto();
    let drawn = crypto.and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    drawn.expect("every browser that runs WebAssembly has getRandomValues");
    bytes
}

/// A new actor.
pub(crate) fn fresh_actor() -> Actor {
    Actor(random())
}

/// A number that spreads retries.
pub(crate) fn jitter() -> Jitter {
    Jitter(u16::from_be_bytes(random()))
}

/// The device's wall clock.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds since 1970 fit 53 bits"
)]
pub(crate) fn wall() -> UnixMillis {
    UnixMillis(js_sys::Date::now() as i64)
}

/// Milliseconds since this engine started; it may stand still while the machine sleeps.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it counts up from zero and fits 53 bits"
)]
pub(crate) fn mono() -> u64 {
    scope()
        .performance()
        .map_or(0, |performance| performance.now() as u64)
}

/// The same as a moment of the sync machine.
pub(crate) fn tick() -> Tick {
    Tick(mono())
}

/// What all clocks of this engine say now.
pub(crate) fn reading() -> Reading {
    Reading {
        boot: boot(),
        mono: mono(),
        wall: wall(),
    }
}

fn boot() -> Boot {
    BOOT.with(|boot| *boot.get_or_init(|| Boot(u64::from_be_bytes(random()))))
}
