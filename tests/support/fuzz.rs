//! What is tried with bytes that nobody chose: the targets of `tests/fuzz`, and their seeds.
//!
//! A target takes any bytes and panics when something is wrong. Bytes of a change or a document get
//! a true checksum before they are used: an attacker computes it, and no mutation would find it.

mod bytes;
mod documents;
mod edits;
mod intents;
mod messages;

use crate::workspace;

pub use documents::documents;
pub use intents::intents;
pub use messages::messages;

/// A target with its name and the inputs that it starts from.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: Vec<(String, Vec<u8>)>,
}

/// All targets.
pub fn targets() -> [Target; 3] {
    [
        Target {
            name: "messages",
            run: messages,
            seeds: messages::seeds(),
        },
        Target {
            name: "intents",
            run: intents,
            seeds: intents::seeds(),
        },
        Target {
            name: "documents",
            run: documents,
            seeds: documents::seeds(),
        },
    ]
}

/// Where the inputs of a target lie: its seeds, and what once went wrong.
pub fn corpus(target: &str) -> std::path::PathBuf {
    workspace().join("tests/fuzz/corpus").join(target)
}
