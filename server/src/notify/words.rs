//! The words of letters. A language is one implementation of [`Words`], so that the compiler says
//! what lacks a translation.

mod english;
mod german;

use shared::incidents::State;
use shared::notify::{Capacity, Event, Notice, Recipient};

/// As what somebody reads a letter, and so what they can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Staff,
    /// Has an account, and with it the portal.
    Requester,
    /// Watches in the portal what somebody else reported.
    Watcher,
    /// Has called or written, and can only do so again.
    Caller,
}

impl Reader {
    pub(super) fn of(notice: &Notice) -> Self {
        match (notice.capacity, &notice.to) {
            (Capacity::Staff, _) => Self::Staff,
            (Capacity::Watcher, _) => Self::Watcher,
            (Capacity::Requester, Recipient::Person(_)) => Self::Requester,
            (Capacity::Requester, Recipient::Caller(_)) => Self::Caller,
        }
    }
}

/// What is told, for words to be chosen by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) event: Event,
    pub(super) reader: Reader,
    /// What the incident is called.
    pub(super) number: &'a str,
    pub(super) author: &'a str,
    /// The group that has it, where no person does.
    pub(super) group: Option<&'a str>,
    /// The person who has it, where the reader is another.
    pub(super) holder: Option<&'a str>,
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
    /// As the pages name it that the reader sees.
    fn state(&self, state: State, reader: Reader) -> &'static str;
    /// What the link is called, where the reader may follow it.
    fn action(&self, reader: Reader) -> Option<&'static str>;
    /// Says that a text goes on elsewhere.
    fn more(&self, reader: Reader) -> &'static str;
    /// What the notes say of an incident that was resolved since nobody answered.
    fn unanswered(&self, reminders: u8) -> String;
    fn footer(&self, organisation: &str, told: &Told<'_>) -> String;
}

/// The words of a language, else English ones.
pub(super) fn of(language: &str) -> &'static dyn Words {
    if language.split('-').next() == Some("de") {
        &german::German
    } else {
        &english::English
    }
}
