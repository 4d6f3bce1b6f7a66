//! Acts that come from another device of the same person, in a file.

use std::collections::BTreeSet;

use crate::document::BadDocument;
use crate::ids::{DocKey, DocKind};
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

    /// Gives up waiting for what the whole log did not bring: the person may not see it, or it has
    /// left their devices. What the log has of it leaves with it.
    pub fn give_up(&mut self, writer: &mut Writer<'_>) -> Result<Vec<ReviewEntry>, BadDocument> {
        if self.is_distrusted() {
            // The server was asked for all of it and sends none.
            self.forget(DocKind::Incident);
            self.forget(DocKind::Work);
            return Ok(Vec::new());
        }
        let awaited = self.awaited()?;
        // Whoever may not see an incident does not see what is internal to it.
        let is_all = awaited.contains(&DocKind::Incident);
        for (kind, doc) in &mut self.docs {
            doc.leaving |= is_all || awaited.contains(kind);
        }
        // What rests on it is offered as it is: the log may have that, too.
        let is_to_rebase = self.drop_known()? && !is_all;
        if self.is_gone() && !self.is_to_be_declared() {
            let entries = std::mem::take(&mut self.outbox).into_iter();
            let returned = entries.map(|entry| self.returned(entry.drafted, Refused::Scope));
            return Ok(returned.collect());
        }
        if is_to_rebase {
            return self.rebase(writer, &[]);
        }
        self.leave();
        Ok(Vec::new())
    }

    /// The documents of which changes are waited for that the log has.
    fn awaited(&mut self) -> Result<BTreeSet<DocKind>, BadDocument> {
        let docs = self.load()?.docs.clone();
        let lacks = |key: &DocKey, hash| docs.get(key.kind).is_none_or(|doc| !doc.has(hash));
        let known = self.outbox.iter().flat_map(OutboxEntry::known);
        let awaited = known.filter(|(key, hash)| lacks(key, *hash));
        Ok(awaited.map(|(key, _)| key.kind).collect())
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
