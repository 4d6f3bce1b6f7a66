//! The words of letters. A language is one implementation of [`Words`], so that the compiler says
//! what lacks a translation.

mod english;
mod german;

use shared::incidents::State;
use shared::notify::{Capacity, Event};

/// What is told, for words to be chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) event: Event,
    pub(super) capacity: Capacity,
    pub(super) author: &'a str,
    /// The group that has it, where no person does.
    pub(super) group: Option<&'a str>,
}

/// What facts are called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Labels {
    pub(super) number: &'static str,
    pub(super) state: &'static str,
    pub(super) priority: &'static str,
    pub(super) requester: &'static str,
    pub(super) due: &'static str,
}

/// One language.
pub(super) trait Words: Sync {
    fn code(&self) -> &'static str;
    /// What happened, in one line.
    fn heading(&self, told: &Told<'_>) -> String;
    /// What it means for the reader.
    fn lead(&self, told: &Told<'_>) -> String;
    fn labels(&self) -> Labels;
    fn state(&self, state: State) -> &'static str;
    fn action(&self, capacity: Capacity) -> &'static str;
    /// Says that a text goes on behind the link.
    fn more(&self) -> &'static str;
    fn footer(&self, organisation: &str, capacity: Capacity) -> String;
}

/// The words of a language, else English ones.
pub(super) fn of(language: &str) -> &'static dyn Words {
    if language.split('-').next() == Some("de") {
        &german::German
    } else {
        &english::English
    }
}
