//! Wiping: what is on the disk goes, step by step as the machine decides.

use std::collections::BTreeSet;

use shared::sync::client::{Fault, Input, Offer, Waiting, hand_over, is_taken};
use shared::sync::message::{PushReply, PushRequest};

use super::{Device, Moment};
use crate::broken::Broken;
use crate::disk::{Durability, Key, Transaction};

impl Device {
    /// Removes all but what was never sent.
    pub(super) fn clear(&mut self, moment: Moment) {
        let mut tx = Transaction::default();
        let is_kept =
            |key: &Key| matches!(key, Key::Outbox(_)) && !self.is(Broken::WipedBeforeHandedOver);
        let goes = self.disk.keys().filter(|key| !is_kept(key));
        goes.for_each(|key| tx.delete(key));
        tx.put(Key::Wipe, Vec::new());
        let input = match self.disk.commit(tx, Durability::Strict) {
            Ok(()) => Input::Cleared(self.left()),
            Err(_) => Input::Failed(Fault::Disk),
        };
        self.tell(input, moment);
    }

    /// What is handed over, as much as one request holds.
    pub(super) fn hand_over(
        &self,
        groups_max: usize,
        moment: Moment,
    ) -> Option<(PushRequest, Vec<Offer>)> {
        let entries: Vec<_> = self.disk.outbox().into_iter().map(|(_, it)| it).collect();
        let (offers, groups) = hand_over(&entries, groups_max);
        let request = PushRequest {
            hands_over: true,
            ..self.pushing(groups, moment)
        };
        (!offers.is_empty()).then_some((request, offers))
    }

    /// Takes in the verdicts on what was handed over.
    pub fn take_handed_over(&mut self, offers: &[Offer], reply: &PushReply, moment: Moment) {
        let verdicts = offers.iter().zip(&reply.verdicts);
        let taken = verdicts.filter(|(_, verdict)| is_taken(verdict));
        let taken: BTreeSet<_> = taken.map(|(offer, _)| offer.act).collect();
        let mut tx = Transaction::default();
        for (key, entry) in self.disk.outbox() {
            if taken.contains(&entry.act()) {
                tx.delete(key);
            }
        }
        let input = match self.disk.commit(tx, Durability::Strict) {
            Ok(()) if taken.is_empty() => Input::Failed(Fault::PutOff),
            Ok(()) => Input::Pushed(self.left()),
            Err(_) => Input::Failed(Fault::Disk),
        };
        self.tell(input, moment);
    }

    /// Removes everything.
    pub(super) fn erase(&mut self, moment: Moment) {
        self.disk.erase();
        self.is_erased = true;
        self.tell(Input::Erased, moment);
    }

    /// Whether it has removed everything.
    pub fn is_erased(&self) -> bool {
        self.is_erased
    }

    /// Whether it was told to wipe itself, so that nobody can act on it any more.
    pub fn is_wiping(&self) -> bool {
        self.disk.is_to_be_wiped()
    }

    fn left(&self) -> Waiting {
        let entries: Vec<_> = self.disk.outbox().into_iter().map(|(_, it)| it).collect();
        if hand_over(&entries, 1).0.is_empty() {
            Waiting::None
        } else {
            Waiting::Some
        }
    }
}
