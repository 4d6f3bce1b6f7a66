//! A server whose log is replaced by an older copy, and what is nowhere any more after that.

use std::collections::BTreeSet;

use shared::ids::{ActId, Epoch};

use super::server::Server;
use super::world::{Post, World};

impl World {
    /// The server begins anew with an older copy of its log.
    pub(super) fn restore(&mut self) {
        let Some(backup) = &self.backup else {
            return;
        };
        self.tally.restores += 1;
        let count = u8::try_from(self.tally.restores).unwrap_or(u8::MAX);
        let epoch = Epoch::from_bytes([1 + count; 16]);
        let mut server = Server::restored(backup, epoch);
        // People do not change back with the log.
        server.directory.clone_from(&self.server.directory);
        server.directory.version += 1;
        let before = std::mem::replace(&mut self.server, server);
        self.note_losses();
        let reviewed = before.quarantined.difference(&self.server.quarantined);
        self.lost_reviews.extend(reviewed.copied());
        self.restart_server();
    }

    /// Acts that were accepted and are neither in the log nor on any device that could prove it. A
    /// verdict signs what others did meanwhile, too: until the next page the device cannot, and
    /// what it offers again may rest on what nobody brings back.
    fn lost_acts(&self) -> BTreeSet<ActId> {
        let is_held = |act: &ActId| {
            let Some(done) = self.done.get(act).filter(|done| !self.is_in_log(done)) else {
                return true;
            };
            let waits = |post: &Post| {
                let outbox = post.device.disk.outbox();
                outbox.iter().any(|(_, entry)| entry.act() == *act)
            };
            let holds = |post: &Post| post.device.holds(done.incident, &done.drafted);
            self.posts.iter().any(|post| waits(post) || holds(post))
        };
        let accepted = self.acknowledged.iter();
        accepted.filter(|act| !is_held(act)).copied().collect()
    }

    /// Notes what is nowhere any more, after a device lost what it had stored or was wiped.
    pub(super) fn note_losses(&mut self) {
        if self.tally.restores > 0 {
            let lost = self.lost_acts();
            self.lost.extend(lost);
        }
    }
}
