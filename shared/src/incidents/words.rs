//! The words by which facts name the variants of our enumerations.

use super::{Channel, HoldReason, Level, ResolutionCode, Transition};

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every variant, in the order people choose from.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that facts and texts use.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words!(Level { Low = "low", Medium = "medium", High = "high" });
words!(Channel {
    Phone = "phone",
    Portal = "portal",
    Mail = "mail",
    WalkUp = "walk_up",
    Chat = "chat",
    Field = "field",
    Monitoring = "monitoring",
    Import = "import",
});
words!(Transition {
    Started = "started",
    Held = "held",
    Resolved = "resolved",
    Reopened = "reopened",
    Closed = "closed",
    Cancelled = "cancelled",
});
words!(HoldReason {
    Caller = "caller",
    Vendor = "vendor",
    Part = "part",
    Change = "change",
    Problem = "problem",
    Evidence = "evidence",
});
words!(ResolutionCode {
    Fixed = "fixed",
    Workaround = "workaround",
    Explained = "explained",
    Duplicate = "duplicate",
    NotReproducible = "not_reproducible",
    NoLongerNeeded = "no_longer_needed",
});
