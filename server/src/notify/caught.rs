//! The demo's mail: caught instead of sent, kept in memory until the demo ends.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::time::UnixMillis;

use super::letter::Letter;
use super::message::Message;

/// So many letters are kept; the oldest go first.
const CAUGHT_MAX: usize = 200;

/// Letters that were caught, oldest first.
#[derive(Debug, Default)]
pub struct Caught(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    letters: VecDeque<Arc<CaughtLetter>>,
    last: u64,
}

/// One letter as a mail program has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CaughtLetter {
    pub(super) id: u64,
    pub(super) at: UnixMillis,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) heading: String,
    pub(super) headers: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Caught {
    pub(super) fn add(&self, letter: &Letter, message: &Message, at: UnixMillis) {
        let mut kept = self.lock();
        kept.last += 1;
        let caught = CaughtLetter {
            id: kept.last,
            at,
            to: message.to.to_string(),
            subject: letter.subject.clone(),
            heading: letter.heading.clone(),
            headers: message.headers(),
            text: letter.text(),
            html: letter.html(),
        };
        kept.letters.push_back(Arc::new(caught));
        if kept.letters.len() > CAUGHT_MAX {
            kept.letters.pop_front();
        }
    }

    /// All letters, newest first.
    pub(super) fn all(&self) -> Vec<Arc<CaughtLetter>> {
        self.lock().letters.iter().rev().cloned().collect()
    }

    pub(super) fn one(&self, id: u64) -> Option<Arc<CaughtLetter>> {
        let kept = self.lock();
        kept.letters.iter().find(|letter| letter.id == id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
