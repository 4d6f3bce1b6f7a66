//! Lines between devices and server: what becomes of a message.

use super::plan::Line;
use crate::draws::Draws;

/// The line of one device.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) is: Line,
    /// In how many of a hundred cases something goes wrong.
    pub(super) faults: u64,
    /// How often it did.
    pub(super) happened: u64,
    draws: Draws,
}

/// How long a device waits for an answer.
pub(super) const PATIENCE_MILLIS: u64 = 30_000;

impl Wire {
    pub(super) fn new(seed: u64, seat: usize, faults: u64) -> Self {
        let draws = Draws::new(seed, 100 + seat as u64);
        Self {
            is: Line::Up,
            faults,
            happened: 0,
            draws,
        }
    }

    /// When copies of a message arrive: none of a lost one, two of a doubled one.
    pub(super) fn arrivals(&mut self, now: u64) -> Vec<u64> {
        let is_lost = self.draws.percent(self.faults / 2);
        let is_doubled = self.draws.percent(self.faults / 2);
        if self.is == Line::Down || is_lost {
            self.happened += 1;
            return Vec::new();
        }
        self.happened += u64::from(is_doubled);
        let copies = 1 + usize::from(is_doubled);
        (0..copies).map(|_| now + self.delay()).collect()
    }

    /// When a sender without a line learns of it: at once, or never.
    pub(super) fn refusal(&mut self, now: u64) -> Option<u64> {
        (self.is == Line::Down && self.draws.percent(50)).then(|| now + 5)
    }

    fn delay(&mut self) -> u64 {
        if self.draws.percent(self.faults) {
            self.happened += 1;
            self.draws.below(2 * PATIENCE_MILLIS)
        } else {
            10 + self.draws.below(150)
        }
    }
}
