//! The device's side of sync, without I/O: the shell in the browser and the simulation carry it.
//!
//! [`Network`] decides when to pull, push, listen and back off. [`LocalIncident`] is everything
//! kept of one incident and the steps that change it; what a step yields is stored in one
//! transaction. [`accepts`] guards the cursors.
//!
//! What holds: **C1** a cursor is never ahead of its data. **C2** an act is durable when documents,
//! row and outbox entry are committed together. **C3** an entry leaves the outbox only by a
//! verdict, and taking a verdict in twice is taking it in once. Nothing here ever drops an unsent
//! act.

mod acts;
pub mod incident;
pub mod network;
pub mod outbox;
pub mod replica;
pub mod returned;

use crate::sync::Seq;
use crate::sync::message::{Cursors, PullPage};

pub use incident::{Carried, LocalIncident, NotWritten, Writer};
pub use network::{Contact, Effect, Fault, Input, Jitter, More, Network, Tick, Waiting};
pub use outbox::{Offer, OutboxEntry, Phase, ReviewEntry, Unsent, hand_over, is_taken, offer};
pub use replica::{LocalDoc, Slot};
pub use returned::{PUT_OFF_MAX, logs_known, own_again, rests_on_others};

/// Whether a page may be stored: it must continue from where the device stands *now*. A page that
/// was asked for twice, or overtaken by another, is thrown away whole.
pub fn accepts(stored: &Cursors, asked: &Cursors, page: &PullPage) -> Accepts {
    if stored != asked {
        return Accepts::Stale;
    }
    let same_log = asked.epoch.is_none() || asked.epoch == page.cursors.epoch;
    let is_ahead = page.cursors.high >= asked.high;
    match (same_log, is_ahead) {
        (true, true) => Accepts::Yes,
        (true, false) => Accepts::Stale,
        (false, _) => Accepts::NewLog,
    }
}

/// What becomes of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepts {
    Yes,
    /// The server's log is another one: once the device has brought back what that may lack, it
    /// stores the page and walks that log anew.
    NewLog,
    /// It does not continue from here; nothing of it is stored.
    Stale,
}

/// Whether it is the first page of a log, which is stored so that no crash takes it away again.
/// Nothing is offered to a log before that: what is to be forgotten of it is told above the place
/// at which its first page found it.
pub fn begins_log(asked: &Cursors, page: &PullPage) -> bool {
    asked.epoch != page.cursors.epoch
}

/// The cursors of a device that lost some of what was sent: within the same log everything is sent
/// once more, and what happened meanwhile, since the scopes it held things through are still named.
#[must_use]
pub fn cursors_after_loss(stored: &Cursors) -> Cursors {
    let low = Seq(stored.high.0.saturating_add(1));
    let lows = stored.lows.keys().map(|scope| (scope.clone(), low));
    Cursors {
        epoch: stored.epoch,
        high: stored.high,
        lows: lows.collect(),
    }
}

#[cfg(test)]
mod tests;
