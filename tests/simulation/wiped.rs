//! Devices that are wiped: what was never sent on them is accepted or kept for review, and nothing
//! is left.

use shared::ids::ActId;

use super::world::{Done, World};

/// How far the wipe of a device has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wipe {
    /// Nobody asked for it.
    None,
    /// The device has to hear of it yet, or is at it.
    Ordered,
    /// Nothing is left, and nothing happens on it any more.
    Done,
}

impl World {
    /// Somebody asks for a device to be wiped.
    pub(super) fn order_wipe(&mut self, seat: usize) {
        if self.posts[seat].wipe == Wipe::None {
            self.posts[seat].wipe = Wipe::Ordered;
        }
    }

    /// Whether people see nothing on a device any more.
    pub(super) fn shows_nothing(&self, seat: usize) -> bool {
        self.is_wiped(seat) || self.posts[seat].device.is_wiping()
    }

    /// Whether nothing is left on a device.
    pub fn is_wiped(&self, seat: usize) -> bool {
        self.posts[seat].wipe == Wipe::Done
    }

    /// Notes what goes with a wipe: what was refused before is with the server since then, and what
    /// came in a file is where it came from.
    pub(super) fn note_wipe(&mut self, seat: usize) {
        let post = &mut self.posts[seat];
        if post.wipe == Wipe::Ordered && post.device.disk.is_empty() && post.device.is_erased() {
            post.wipe = Wipe::Done;
            self.note_losses();
            self.check_outbox(seat);
        }
    }

    /// Whether a lead finds an act among what was refused, though its device has it no more, or
    /// did before the server was restored from an older copy.
    pub(super) fn is_for_review(&self, done: &Done, act: ActId) -> bool {
        let is_or_was = self.server.quarantined.contains(&act) || self.lost_reviews.contains(&act);
        self.shows_nothing(done.seat) && is_or_was
    }
}
