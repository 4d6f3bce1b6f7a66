//! Time as devices tell it and as the server judges it.
//!
//! # Design
//! Question: when did a fact made offline happen? Answer: its corrected time, computed once when
//! the server accepts it, stored in the receipt and never recomputed. While the same engine still
//! runs, what elapsed on it is trusted; otherwise its wall clock plus the measured offset. The
//! larger of elapsed monotonic and elapsed wall time counts, since a browser's monotonic clock can
//! stand still in sleep. Rejected: trusting the device's wall clock, and using arrival for
//! everything.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The moment `millis` later, saturating at the ends of time.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; negative when it lies before.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Names one run of one engine: a random number drawn at its start.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct Boot(pub u64);

/// What a device's clocks said at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub boot: Boot,
    /// Milliseconds since that engine started.
    pub mono: u64,
    /// The device's wall clock.
    pub wall: UnixMillis,
}

/// What the server noticed about a fact's time or circumstances when it accepted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Flags(pub u8);

impl Flags {
    /// The fact claims to be older than the bound: it counts from its arrival.
    pub const BEYOND_BOUND: Self = Self(1);
    /// The device's clock was off by more than a minute.
    pub const CLOCK_OFF: Self = Self(2);
    /// The act met something that had changed meanwhile, such as a closed ticket.
    pub const LATE: Self = Self(4);

    /// Whether every flag of `other` is set.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of flags.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a fact says of its own time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    pub at: UnixMillis,
    pub boot: Boot,
    pub mono: u64,
}

/// When, by the server's clock, a push arrived and from which device clocks it came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    pub now: UnixMillis,
    /// One reading for every live engine on the device; the first is the sender's own.
    pub clocks: &'a [Reading],
    /// How far back a claim is believed, in milliseconds.
    pub bound_millis: i64,
}

/// How far back a device's claim is believed unless configured otherwise: 72 hours.
pub const BOUND_MILLIS: i64 = 72 * 60 * 60 * 1000;

/// A clock that is off by more than this is told so.
const CLOCK_OFF_MILLIS: i64 = 60_000;

/// Computes a fact's corrected time: never later than arrival, never before `floor` (what its
/// author had seen), and arrival itself, flagged, when the claim lies beyond the bound.
pub fn corrected(claim: Claim, floor: UnixMillis, arrival: Arrival<'_>) -> (UnixMillis, Flags) {
    let offset = arrival
        .clocks
        .first()
        .map_or(0, |clock| arrival.now.since(clock.wall));
    let off = if offset.abs() > CLOCK_OFF_MILLIS {
        Flags::CLOCK_OFF
    } else {
        Flags::default()
    };
    let same_boot = arrival.clocks.iter().find(|clock| clock.boot == claim.boot);
    let believed = match same_boot {
        Some(clock) => arrival.now.plus(-elapsed(claim, *clock)),
        None => claim.at.plus(offset),
    };
    if arrival.now.since(believed) > arrival.bound_millis {
        return (arrival.now, off.and(Flags::BEYOND_BOUND));
    }
    (believed.max(floor).min(arrival.now), off)
}

fn elapsed(claim: Claim, clock: Reading) -> i64 {
    let mono = i64::try_from(clock.mono.saturating_sub(claim.mono)).unwrap_or(i64::MAX);
    mono.max(clock.wall.since(claim.at)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_800_000_000_000);
    const HOUR: i64 = 3_600_000;

    fn reading(boot: u64, mono: i64, wall: UnixMillis) -> Reading {
        Reading {
            boot: Boot(boot),
            mono: mono.cast_unsigned(),
            wall,
        }
    }

    fn judge(claim: Claim, clocks: &[Reading]) -> (UnixMillis, Flags) {
        let arrival = Arrival {
            now: NOON,
            clocks,
            bound_millis: BOUND_MILLIS,
        };
        corrected(claim, UnixMillis(0), arrival)
    }

    #[test]
    fn a_clock_wrong_by_a_year_is_corrected_within_the_same_boot() {
        let wrong = NOON.plus(-365 * 24 * HOUR);
        let claim = Claim {
            at: wrong.plus(-HOUR),
            boot: Boot(1),
            mono: 0,
        };
        let (at, flags) = judge(claim, &[reading(1, HOUR, wrong)]);
        assert_eq!((at, flags), (NOON.plus(-HOUR), Flags::CLOCK_OFF));
    }

    #[test]
    fn a_monotonic_clock_that_slept_gives_way_to_the_wall_clock() {
        let claim = Claim {
            at: NOON.plus(-2 * HOUR),
            boot: Boot(1),
            mono: 0,
        };
        assert_eq!(
            judge(claim, &[reading(1, HOUR, NOON)]).0,
            NOON.plus(-2 * HOUR)
        );
    }

    #[test]
    fn another_boot_counts_by_the_measured_offset() {
        let claim = Claim {
            at: NOON.plus(-3 * HOUR),
            boot: Boot(1),
            mono: 5,
        };
        let clocks = [reading(2, 10, NOON.plus(-HOUR))];
        assert_eq!(judge(claim, &clocks).0, NOON.plus(-2 * HOUR));
    }

    #[test]
    fn a_claim_beyond_the_bound_counts_from_arrival_and_says_so() {
        let claim = Claim {
            at: NOON.plus(-100 * HOUR),
            boot: Boot(1),
            mono: 0,
        };
        let (at, flags) = judge(claim, &[reading(2, 1, NOON)]);
        assert_eq!((at, flags), (NOON, Flags::BEYOND_BOUND));
    }

    #[test]
    fn a_claim_from_the_future_counts_from_arrival() {
        let claim = Claim {
            at: NOON.plus(HOUR),
            boot: Boot(1),
            mono: 0,
        };
        assert_eq!(judge(claim, &[reading(2, 1, NOON)]).0, NOON);
    }

    #[test]
    fn never_earlier_than_what_the_author_had_seen() {
        let claim = Claim {
            at: NOON.plus(-2 * HOUR),
            boot: Boot(1),
            mono: 0,
        };
        let clocks = [reading(2, 1, NOON)];
        let arrival = Arrival {
            now: NOON,
            clocks: &clocks,
            bound_millis: BOUND_MILLIS,
        };
        assert_eq!(
            corrected(claim, NOON.plus(-HOUR), arrival).0,
            NOON.plus(-HOUR)
        );
    }
}
