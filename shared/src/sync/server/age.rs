//! What leaves devices once it has been over for long, and comes back to whoever asks for it.
//!
//! # Design
//! Question: how does a device hold what is current and no more? Answer: what is over loses, after
//! a while without an act, the scopes that bring it to devices. That is a change of audience like
//! any other, so devices forget it as they forget what they may no longer see, their unsent acts
//! first; the next act brings it back to everybody. Who may read or change it follows from its
//! content all the same. Whoever looks it up gets it through a scope of their own. Rejected: a
//! bound that each device keeps by itself, since then nobody could say what a device holds.

use std::collections::BTreeSet;

use crate::document::ReceiptBook;
use crate::ids::DocKind;
use crate::incidents::Incident;
use crate::people::Scope;
use crate::policy;
use crate::rows::Row;
use crate::time::UnixMillis;

use super::kept::reaches;
use super::{Kept, Reached, SERVER_DEVICE};

/// What of an incident's audience ends when it leaves devices.
pub fn leaving(audience: &BTreeSet<Reached>) -> BTreeSet<Reached> {
    let leaves = |(_, scope): &&Reached| !policy::outlives_age(scope);
    audience.iter().filter(leaves).cloned().collect()
}

/// What reaches an incident that comes back to the devices of somebody with these scopes.
pub fn fetched(scopes: &BTreeSet<Scope>) -> BTreeSet<Reached> {
    let own = scopes
        .iter()
        .filter(|scope| matches!(scope, Scope::Fetched(..)));
    let kinds = [DocKind::Incident, DocKind::Work];
    own.flat_map(|scope| kinds.map(|kind| (kind, scope.clone())))
        .collect()
}

impl Kept {
    /// Since when nothing has happened to it, if it is over and nobody has to be told of it any
    /// more: its last act, or the arrival of the last one from a device, which may say nothing or
    /// be late.
    pub fn rests_since(&self, staff: &Row) -> Option<UnixMillis> {
        let books = [&self.receipts.incident, &self.receipts.work];
        let receipts = books.into_iter().flat_map(ReceiptBook::iter);
        let of_devices = receipts.filter(|receipt| *receipt.device.as_bytes() != SERVER_DEVICE);
        let arrived = of_devices.map(|receipt| receipt.received_at).max();
        let is_over = !staff.state.is_open() && staff.cards.is_empty();
        is_over.then(|| arrived.map_or(staff.updated_at, |at| at.max(staff.updated_at)))
    }

    /// Whether its content names one of these scopes for a document, be it on devices or not.
    pub fn may_be_read(&self, kind: DocKind, scopes: &BTreeSet<Scope>) -> bool {
        let reaches = reaches(&self.incident);
        let mut of_kind = reaches.iter().filter(|(reached, _)| *reached == kind);
        of_kind.any(|(_, scope)| scopes.contains(scope))
    }
}

/// Whether these scopes may reach an incident: those that its content names or, while it is over,
/// what is left of them.
pub(super) fn is_audience_of(audience: &BTreeSet<Reached>, incident: &Incident) -> bool {
    let all = reaches(incident);
    let is_fetched = |(_, scope): &Reached| matches!(scope, Scope::Fetched(..));
    let rest = audience.iter().filter(|reached| !is_fetched(reached));
    let rest: BTreeSet<_> = rest.cloned().collect();
    let is_old = !incident.state.is_open() && rest == &all - &leaving(&all);
    *audience == all || is_old
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{Intent, ResolutionCode};
    use crate::people::Rights;
    use crate::testing::{ALICE, CAROL, Copy};

    fn resolved() -> Incident {
        let mut copy = Copy::declared();
        let notes = "Mended.".to_owned();
        let code = ResolutionCode::Fixed;
        copy.act(ALICE, Intent::Resolve { code, notes });
        copy.read()
    }

    #[test]
    fn what_leaves_devices_stays_with_its_requester() {
        let all = reaches(&resolved());
        let left = &all - &leaving(&all);
        let requester = (DocKind::Incident, Scope::Requester(CAROL));
        assert_eq!(left, BTreeSet::from([requester]));
    }

    #[test]
    fn only_what_is_over_may_have_left_devices() {
        let (open, over) = (Copy::declared().read(), resolved());
        for incident in [&open, &over] {
            let all = reaches(incident);
            let mut left = &all - &leaving(&all);
            assert!(is_audience_of(&all, incident));
            assert_eq!(is_audience_of(&left, incident), !incident.state.is_open());
            left.insert((DocKind::Work, Scope::Fetched(ALICE, Rights(7))));
            assert_eq!(is_audience_of(&left, incident), !incident.state.is_open());
            left.insert((DocKind::Work, Scope::Staff));
            assert!(!is_audience_of(&left, incident));
        }
    }
}
