//! Impact, urgency and the priority that a matrix makes of them (ITIL's impact × urgency).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How much, for impact and for urgency alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Low,
    Medium,
    High,
}

impl Level {
    /// The next lower level.
    pub fn less(self) -> Option<Self> {
        match self {
            Self::High => Some(Self::Medium),
            Self::Medium => Some(Self::Low),
            Self::Low => None,
        }
    }
}

/// How soon an incident is to be worked on; `P1` first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    P1,
    P2,
    P3,
    P4,
}

impl Priority {
    /// Every priority, the most urgent first.
    pub const ALL: [Self; 4] = [Self::P1, Self::P2, Self::P3, Self::P4];

    /// The word that facts and people use.
    pub fn word(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// A priority that somebody gives an incident in place of the matrix, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Override {
    /// None for what the matrix says.
    pub priority: Option<Priority>,
    /// Everybody who sees the incident may read it.
    pub reason: String,
}

/// Priority by impact, then urgency (ITIL's matrix), with a version that incidents can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    pub version: u32,
    pub priorities: BTreeMap<Level, BTreeMap<Level, Priority>>,
}

impl Matrix {
    /// The priority of an incident; [`Priority::P3`] where the matrix has a hole.
    pub fn priority(&self, impact: Level, urgency: Level) -> Priority {
        let row = self.priorities.get(&impact);
        row.and_then(|row| row.get(&urgency))
            .copied()
            .unwrap_or(Priority::P3)
    }
}

impl Default for Matrix {
    fn default() -> Self {
        use Level::{High, Low, Medium};
        use Priority::{P1, P2, P3, P4};
        let row = |high, medium, low| BTreeMap::from([(High, high), (Medium, medium), (Low, low)]);
        let priorities = BTreeMap::from([
            (High, row(P1, P2, P3)),
            (Medium, row(P2, P3, P4)),
            (Low, row(P3, P4, P4)),
        ]);
        Self {
            version: 1,
            priorities,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_in_the_matrix_is_an_ordinary_priority() {
        let matrix = Matrix {
            version: 2,
            priorities: BTreeMap::new(),
        };
        assert_eq!(matrix.priority(Level::High, Level::High), Priority::P3);
        assert_eq!(
            Matrix::default().priority(Level::High, Level::High),
            Priority::P1
        );
    }
}
