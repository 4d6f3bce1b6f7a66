//! Acts that come from another device of the same person, in a file.

use crate::document::BadDocument;
use crate::incidents::{Drafted, Intent, Refused};
use crate::sync::message::Surface;

use super::super::outbox::{OutboxEntry, Phase, ReviewEntry};
use super::{LocalIncident, NotWritten, Writer};

/// What became of an act from another device.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Written and to be sent, as if it had been done here.
    Written,
    /// It is here already: it waits here too, or the server has it.
    Known,
    /// Its incident is not on this device; it is written once that arrives.
    Waits,
    /// It cannot be written here; its author has to look at it.
    Review(ReviewEntry),
}

impl LocalIncident {
    /// Takes over an act from another device: with the same facts, under this device's actors.
    pub fn carry(
        &mut self,
        drafted: Drafted,
        surface: Surface,
        writer: &mut Writer<'_>,
    ) -> Result<Carried, BadDocument> {
        if self.outbox.iter().any(|entry| entry.act() == drafted.act) {
            return Ok(Carried::Known);
        }
        if self.is_gone() {
            if !matches!(drafted.intent, Intent::Declare(_)) {
                self.outbox.push(self.absent(drafted));
                return Ok(Carried::Waits);
            }
            let unborn = Self::unborn(self.id, surface);
            (self.docs, self.loaded) = (unborn.docs, None);
        } else if self.is_in_log(&drafted)? {
            return Ok(Carried::Known);
        }
        match self.act(drafted.clone(), writer) {
            Ok(()) => Ok(Carried::Written),
            Err(NotWritten::Refused(why)) => Ok(Carried::Review(self.returned(drafted, why))),
            Err(NotWritten::Unreadable) => Err(BadDocument),
        }
    }

    /// Gives up waiting for an incident that the server does not send: the person may not see it.
    pub fn give_up(&mut self) -> Vec<ReviewEntry> {
        if !self.is_gone() || self.is_to_be_declared() {
            return Vec::new();
        }
        let entries = std::mem::take(&mut self.outbox).into_iter();
        entries
            .map(|entry| self.returned(entry.drafted, Refused::Scope))
            .collect()
    }

    fn absent(&self, drafted: Drafted) -> OutboxEntry {
        OutboxEntry {
            incident: self.id,
            drafted,
            changes: Vec::new(),
            phase: Phase::NewBase,
            tries: 0,
        }
    }

    fn returned(&self, drafted: Drafted, why: Refused) -> ReviewEntry {
        ReviewEntry {
            incident: self.id,
            drafted,
            why,
        }
    }
}
