//! That a rule decided something about what was declared.

use serde::{Deserialize, Serialize};

/// What a rule gives an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Category,
    Group,
    Priority,
    Watchers,
}

impl Outcome {
    /// Every outcome, in the order in which people read them.
    pub const ALL: [Self; 4] = [Self::Category, Self::Group, Self::Priority, Self::Watchers];

    /// The word that facts use.
    pub fn word(self) -> &'static str {
        match self {
            Self::Category => "category",
            Self::Group => "group",
            Self::Priority => "priority",
            Self::Watchers => "watchers",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Which rule decided, as it was called then, and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    pub rule: String,
    /// The version of all rules that it was one of.
    pub version: u32,
    pub gave: Vec<Outcome>,
}
