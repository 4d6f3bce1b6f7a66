//! What is to happen outside, as the workers see it that make it happen.
//!
//! # Design
//! Question: how does an effect happen once although a worker can die at any step? Answer: a claim
//! is a lease, numbered by its attempt, and only the claim with the last number can go on. A worker
//! notes that it begins before the step that cannot be taken back: lost before, the effect is free
//! to be claimed again; lost after, it may have happened, which is counted as a doubt, so that
//! whoever claims it next can bound how often. Rejected: holding a transaction open while mail is
//! sent (the one writer would wait for a relay).

use std::fmt;

use async_trait::async_trait;
use shared::time::UnixMillis;

use super::Result;

/// An effect in the hands of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub claim: Claim,
    pub kind: String,
    pub payload: Vec<u8>,
    /// How often it may have happened already.
    pub doubts: u32,
    /// How often it was put off for a reason that does not last for ever.
    pub postponed: u32,
}

/// The right to go on with an effect until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub key: String,
    /// How often the effect was claimed, with this time.
    pub attempt: u32,
}

/// What became of a claimed effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    Done,
    /// Nothing was left to do.
    Void,
    /// There is no way to the recipient.
    Unreachable(Reason),
    GivenUp(Reason),
    /// It is to be tried again at some time.
    Later(UnixMillis, Reason),
}

/// Why an effect went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No relay is configured.
    NoRelay,
    /// The recipient has no valid address.
    NoAddress,
    /// The relay cannot be reached or does not take mail now.
    RelayDown,
    /// The relay takes nothing from the configured sender.
    SenderRefused,
    /// The relay takes this message later.
    Postponed,
    /// The relay refuses the recipient or the message for good.
    Refused,
    /// The line broke when the relay may have taken the message.
    InDoubt,
    /// This version cannot read it.
    Unreadable,
}

impl Reason {
    pub const ALL: [Self; 8] = [
        Self::NoRelay,
        Self::NoAddress,
        Self::RelayDown,
        Self::SenderRefused,
        Self::Postponed,
        Self::Refused,
        Self::InDoubt,
        Self::Unreadable,
    ];

    /// Whether what is put off for it is given up in the end: it says something about the effect
    /// itself, not about the way there.
    pub fn is_bounded(self) -> bool {
        match self {
            Self::Postponed | Self::Unreadable => true,
            Self::NoRelay
            | Self::NoAddress
            | Self::RelayDown
            | Self::SenderRefused
            | Self::Refused
            | Self::InDoubt => false,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::NoRelay => "no_relay",
            Self::NoAddress => "no_address",
            Self::RelayDown => "relay_down",
            Self::SenderRefused => "sender_refused",
            Self::Postponed => "postponed",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How many effects are in a state for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectCount {
    pub state: String,
    pub reason: Option<String>,
    pub count: u64,
}

/// What ended before these moments is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of what happened, or did not need to.
    pub over: UnixMillis,
    /// Of what was given up or could not reach anybody.
    pub failed: UnixMillis,
}

/// The workers' side of the effects.
#[async_trait]
pub trait Outbox {
    /// Whether a worker would find something to claim.
    async fn is_effect_due(&self, now: UnixMillis) -> Result<bool>;
    /// Takes the effect that is due longest, or whose worker was lost, until the lease ends.
    async fn claim_effect(&self, now: UnixMillis, until: UnixMillis) -> Result<Option<Claimed>>;
    /// Holds a claim for longer; one that was lost stays lost.
    async fn extend_claim(&self, claim: &Claim, until: UnixMillis) -> Result<()>;
    /// Notes that from now on the effect may have happened. False when the claim was lost: then it
    /// must not happen.
    async fn begin_effect(&self, claim: &Claim, until: UnixMillis) -> Result<bool>;
    /// Notes what became of it, unless the claim was lost.
    async fn settle_effect(&self, claim: &Claim, settled: Settled) -> Result<()>;
    /// How many effects are not over, by state and reason.
    async fn count_effects(&self) -> Result<Vec<EffectCount>>;
    /// Forgets some of the effects that ended before the bounds; of those whose keys are kept for
    /// ever, only what they would tell. Returns how many; none when there are no more.
    async fn forget_effects(&self, bounds: Bounds) -> Result<u64>;
    /// Has everything that was given up or could not reach anybody tried again. Returns how many.
    async fn replay_effects(&self, now: UnixMillis) -> Result<u64>;
}
