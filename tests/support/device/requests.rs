//! What a device asks of the server, and what its acts say of their author.

use shared::ids::{ActId, FactId};
use shared::incidents::{Drafted, Intent};
use shared::sync::client::{self, Offer, Waiting};
use shared::sync::message::{PROTOCOL, PullRequest, PushGroup, PushRequest};
use shared::time::Reading;

use super::{DOCS_MAX, Device, Moment, Version};
use crate::broken::Broken;
use crate::disk::{Durability, Transaction};

impl Device {
    pub(super) fn drafted(&mut self, tab: usize, intent: Intent, moment: Moment) -> Drafted {
        let facts = [self.draws.bytes(), self.draws.bytes()];
        let Reading { boot, mono, .. } = self.tabs[tab].reading(moment);
        Drafted {
            act: ActId::new(moment.wall, self.draws.bytes()),
            intent,
            facts: facts.map(|random| FactId::new(moment.wall, random)),
            by: self.profile.person,
            at: moment.wall,
            boot,
            mono,
            saw: None,
        }
    }

    pub(super) fn pull(&self) -> PullRequest {
        PullRequest {
            protocol: PROTOCOL,
            surface: self.profile.surface,
            person: self.profile.person,
            device: self.profile.device,
            cursors: self.disk.cursors(),
            directory: self.disk.directory().version,
            docs_max: DOCS_MAX,
            fetches: self.profile.version == Version::Current,
        }
    }

    pub(super) fn push(
        &mut self,
        groups_max: usize,
        moment: Moment,
    ) -> Option<(PushRequest, Vec<Offer>)> {
        let (offers, groups) = self.offer(groups_max);
        let request = self.pushing(groups, moment);
        if offers.is_empty() {
            return None;
        }
        if self.is(Broken::OutboxClearedBeforeVerdict) {
            let mut tx = Transaction::default();
            self.disk
                .outbox()
                .iter()
                .for_each(|(key, _)| tx.delete(*key));
            self.disk.commit(tx, Durability::Strict).ok();
        }
        Some((request, offers))
    }

    pub(super) fn pushing(&self, groups: Vec<PushGroup>, moment: Moment) -> PushRequest {
        let (before, after) = self.tabs.split_at(self.lead);
        let clocks = after.iter().chain(before).map(|tab| tab.reading(moment));
        PushRequest {
            protocol: PROTOCOL,
            surface: self.profile.surface,
            person: self.profile.person,
            device: self.profile.device,
            epoch: self.disk.cursors().epoch,
            clocks: clocks.collect(),
            groups,
            hands_over: false,
        }
    }

    pub(super) fn waiting(&self) -> Waiting {
        if self.offer(1).0.is_empty() {
            Waiting::None
        } else {
            Waiting::Some
        }
    }
    /// What waits and can be sent.
    fn offer(&self, groups_max: usize) -> (Vec<Offer>, Vec<PushGroup>) {
        let entries = self.disk.outbox().into_iter().map(|(_, entry)| entry);
        client::offer(&entries.collect::<Vec<_>>(), groups_max)
    }
}
