//! Taking in what the server said of an act that was offered.

use crate::ids::Hash;
use crate::incidents::Refused;
use crate::sync::message::{Accepted, Verdict};

use super::super::outbox::{Offer, OutboxEntry, Phase, ReviewEntry, TRIES_MAX};
use super::super::replica::LocalDoc;
use super::LocalIncident;

impl LocalIncident {
    /// Takes in one verdict; whether what waits must be written anew.
    pub(super) fn settle_one(
        &mut self,
        offer: &Offer,
        verdict: &Verdict,
        refused: &mut Vec<ReviewEntry>,
    ) -> bool {
        let place = self
            .outbox
            .iter()
            .position(|entry| entry.act() == offer.act);
        match verdict {
            Verdict::Accepted(list) | Verdict::Duplicate(list) => {
                // It may have come back to this person's devices since they were told to forget it.
                self.is_there = true;
                // What it has as another change comes with the next page, or is given up there.
                let is_other = |place: usize| !is_as_offered(&self.outbox[place], list);
                let comes = matches!(verdict, Verdict::Accepted(_)) || place.is_some_and(is_other);
                for accepted in list {
                    self.take_receipt(accepted, comes);
                }
                place.is_some_and(|place| self.accept(place, list))
            }
            Verdict::Refused(why) => {
                let place = place.filter(|place| self.outbox[*place].offer() == *offer);
                place.is_some_and(|place| self.refuse(place, why, refused))
            }
            // The server could not look now; the act is offered again later.
            Verdict::Missing { hashes, .. } if hashes.is_empty() => false,
            Verdict::Missing { .. } => {
                let place = place.filter(|place| self.outbox[*place].offer() == *offer);
                let Some(place) = place else { return false };
                if self.outbox[..place].iter().any(OutboxEntry::is_known) {
                    // It rests on an act that the log has as another change, and is written anew
                    // once that is here.
                    return false;
                }
                if self.is_without_base(place) && !self.is_there {
                    self.review(place, &Refused::FollowsRefused, refused);
                    return true;
                }
                let is_given_up = self.try_again(place, &Refused::FollowsRefused, refused);
                if !is_given_up {
                    self.distrust();
                }
                is_given_up
            }
        }
    }

    /// Whether the server has said that it has none of what an act rests on.
    fn is_without_base(&self, place: usize) -> bool {
        let mut kinds = self.outbox[place].changes.iter().map(|it| it.doc.kind);
        kinds.any(|kind| self.docs.get(&kind).is_some_and(LocalDoc::has_left))
    }

    fn take_receipt(&mut self, accepted: &Accepted, comes: bool) {
        if let Some(doc) = self.docs.get_mut(&accepted.doc.kind) {
            // The server had none of it so far, and sends it from now on. What it accepted before
            // it could say so may have changed hands since.
            doc.leaving &= doc.signed.is_some() || !comes;
            doc.add_receipts(&[accepted.receipt]);
            doc.signed = Some(accepted.signed.clone());
        }
    }

    fn accept(&mut self, place: usize, list: &[Accepted]) -> bool {
        let entry = &mut self.outbox[place];
        // Of a document that its person may see no more nothing comes.
        let comes = |accepted: &Accepted| {
            let doc = self.docs.get(&accepted.doc.kind);
            doc.is_some_and(|doc| !doc.has_left())
        };
        if is_as_offered(entry, list) || !list.iter().any(comes) {
            self.outbox.remove(place);
            return false;
        }
        let hashes = list.iter().map(|accepted| (accepted.doc, accepted.hash));
        entry.phase = Phase::Known(hashes.collect());
        false
    }

    fn refuse(&mut self, place: usize, why: &Refused, refused: &mut Vec<ReviewEntry>) -> bool {
        match why {
            Refused::Generation { .. } => {
                let is_given_up = self.try_again(place, why, refused);
                if !is_given_up {
                    self.outbox[place].phase = Phase::NewBase;
                }
                is_given_up
            }
            // It followed an act that has just left; without that it is another change.
            Refused::FollowsRefused if !refused.is_empty() => true,
            Refused::FollowsRefused | Refused::Sequence { .. } | Refused::Actor => {
                let is_again = self.outbox[place].tries > 0;
                let is_given_up = self.try_again(place, why, refused);
                let is_lost = *why == Refused::FollowsRefused && is_again && !is_given_up;
                if is_lost && !self.is_without_base(place) {
                    // What it follows is on this device as accepted: by a log that was lost.
                    self.distrust();
                }
                true
            }
            // A log that was restored does not have it: nothing is left to decide.
            Refused::NothingToWithdraw => {
                self.leave_out(place);
                true
            }
            Refused::Role { .. }
            | Refused::Scope
            | Refused::State { .. }
            | Refused::Empty { .. }
            | Refused::TooLong { .. }
            | Refused::Author
            | Refused::Shape { .. }
            | Refused::Encoding
            | Refused::NotOwn
            | Refused::TooLate { .. }
            | Refused::OutOfRange { .. }
            | Refused::NoSuchTask
            | Refused::CannotWatch
            | Refused::NoSuchWatcher
            | Refused::CannotRead
            | Refused::NoSuchEntry
            | Refused::Size { .. } => {
                self.review(place, why, refused);
                true
            }
        }
    }

    /// Counts a try; whether it was the last and the entry went to review.
    fn try_again(&mut self, place: usize, why: &Refused, refused: &mut Vec<ReviewEntry>) -> bool {
        let entry = &mut self.outbox[place];
        entry.tries = entry.tries.saturating_add(1);
        let is_given_up = entry.tries > TRIES_MAX;
        if is_given_up {
            self.review(place, why, refused);
        }
        is_given_up
    }
}

/// Whether the log has an act as the very changes that were offered.
fn is_as_offered(entry: &OutboxEntry, list: &[Accepted]) -> bool {
    let has = |hash: Hash| list.iter().any(|accepted| accepted.hash == hash);
    entry.changes.iter().all(|change| has(change.hash))
}
