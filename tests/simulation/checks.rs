//! What must hold after every event, whatever goes wrong.
//!
//! Written from the rules: **C1** a cursor is never ahead of its data; **C3** an act leaves the
//! outbox only by a verdict; **S4** nothing leaves the server unless a current scope allows it, and
//! no byte of internal work ever reaches a portal. S1 and S2 are checked where the log is written.

use std::collections::BTreeSet;

use shared::ids::{DocKey, DocKind};
use shared::incidents::{Intent, Refused};
use shared::people::Surface;
use shared::rows::unpack_one;
use shared::sync::message::{PullPage, PushReply, Verdict};

use super::roster::INTERNAL;
use super::world::{Done, World};

impl World {
    /// C3, on one device.
    pub(super) fn check_outbox(&self, seat: usize) {
        let disk = &self.posts[seat].device.disk;
        let waiting: BTreeSet<_> = disk.outbox().iter().map(|(_, entry)| entry.act()).collect();
        let review = disk.review();
        let refused: BTreeSet<_> = review.iter().map(|entry| entry.drafted.act).collect();
        for (act, done) in self.done.iter().filter(|(_, done)| done.seat == seat) {
            let is_accepted = self.acknowledged.contains(act);
            assert!(
                waiting.contains(act)
                    || refused.contains(act)
                    || is_accepted
                    || self.gone.contains(act)
                    || self.became_nothing(done)
                    || self.is_for_review(done, *act)
                    || (self.shows_nothing(seat) && self.carried.contains(act)),
                "C3: {:?} left device {seat} without a verdict",
                done.drafted.intent
            );
            // A log that was restored may have lost it, and judge it otherwise.
            let is_accepted = is_accepted && (self.tally.restores == 0 || self.is_in_log(done));
            // From the other device it may come when the person may do it again.
            let is_elsewhere = is_accepted && self.carried.contains(act);
            assert!(
                !(refused.contains(act) && (is_accepted || waiting.contains(act))) || is_elsewhere,
                "{:?} of device {seat} is under review and yet {}",
                done.drafted.intent,
                if is_accepted { "accepted" } else { "waiting" }
            );
        }
        for entry in review {
            let done = self.done.get(&entry.drafted.act);
            let is_whole = done.is_none_or(|done| done.drafted.intent == entry.drafted.intent);
            assert!(is_whole, "what is under review keeps its text");
            let is_unborn = !self.server.kept.contains_key(&entry.incident);
            let is_withdrawal = matches!(entry.drafted.intent, Intent::Withdraw { .. });
            // A copy of the disk, or of what was unsent, may rest on what is here no more.
            let is_copied =
                self.posts[seat].is_reverted || self.carried.contains(&entry.drafted.act);
            let is_copy = is_copied && self.tally.aged > 0;
            let is_reason = matches!(entry.why, Refused::Role { .. } | Refused::Scope)
                || (is_withdrawal && matches!(entry.why, Refused::TooLate { .. }))
                || ((is_unborn || is_copy) && entry.why == Refused::FollowsRefused);
            assert!(is_reason, "a person cannot mend this: {entry:?}");
        }
        // What an older copy of the disk writes meets what the device once wrote in its place.
        let post = &self.posts[seat];
        assert!(
            post.device.distrusted == 0 || post.is_reverted,
            "device {seat} could not put a document together"
        );
    }

    /// Whether a refused act and its withdrawal left together: nothing is left to decide.
    pub(super) fn became_nothing(&self, done: &Done) -> bool {
        let mut others = self.done.values().filter(|other| other.seat == done.seat);
        others.any(|other| {
            let is_pair = other.drafted.is_withdrawn_by(&done.drafted.intent)
                || done.drafted.is_withdrawn_by(&other.drafted.intent);
            is_pair && !self.server.accepted.contains_key(&other.drafted.act)
        })
    }

    /// C1, on one device: what lies between its cursors is there, change by change.
    pub(super) fn check_cursor(&self, seat: usize) {
        let disk = &self.posts[seat].device.disk;
        let cursors = disk.cursors();
        // Cursors in a log that was replaced promise nothing of this one.
        if cursors.epoch != Some(self.server.log.epoch) {
            return;
        }
        // What has left a scope is not sent any more, though a cursor may stand where it was there.
        let covers = |since, until: Option<_>| since <= cursors.high && until.is_none();
        let reaches = self
            .server
            .reaches
            .iter()
            .filter(|it| covers(it.since, it.until));
        let mut checked = BTreeSet::new();
        for reach in reaches {
            let (kind, scope) = &reach.reached;
            let Some(low) = cursors.lows.get(scope) else {
                continue;
            };
            let changed = self.server.last_change(reach.incident, cursors.high);
            let is_held = changed.unwrap_or_default().max(reach.since) >= *low;
            let doc = DocKey {
                kind: *kind,
                id: reach.incident,
            };
            if !is_held || !self.is_told(seat, doc) || !checked.insert(doc) {
                continue;
            }
            let local = disk.doc(doc);
            let book = local.map(|local| local.book()).unwrap_or_default();
            let changes = self.server.changes.iter().map(|written| &written.change);
            for change in changes.filter(|it| it.doc == doc && it.seq <= cursors.high) {
                let has = book
                    .of(change.receipt.actor, change.receipt.actor_seq)
                    .is_some();
                let seq = change.seq.0;
                assert!(
                    has,
                    "C1: device {seat} is at {cursors:?} without {doc:?} at {seq}"
                );
            }
        }
    }

    /// Whether a surface is ever told of a document.
    fn is_told(&self, seat: usize, doc: DocKey) -> bool {
        doc.kind == DocKind::Incident || self.posts[seat].seat.profile.surface == Surface::Console
    }

    /// S4, on a page as it is made.
    pub(super) fn check_page(&self, seat: usize, page: &PullPage) {
        let profile = self.posts[seat].seat.profile;
        let Ok(session) = self.server.session(profile) else {
            panic!("S4: a page for a session that has ended");
        };
        for doc in &page.docs {
            let may = self.server.may_read(&session, doc.doc);
            assert!(may, "S4: {:?} was sent to device {seat}", doc.doc);
        }
        for row in &page.rows {
            let may = |kind| self.server.may_read(&session, DocKey { kind, id: row.id });
            let unpacked = unpack_one(&row.row).expect("a row has this format");
            assert!(
                may(DocKind::Incident),
                "S4: a row of {} was sent to device {seat}",
                row.id
            );
            assert!(
                may(DocKind::Work) || unpacked.notes == 0,
                "S4: a row counts internal notes"
            );
        }
    }

    /// What nobody should ever be told, by what the rules say of verdicts.
    pub(super) fn check_reply(&self, seat: usize, reply: &PushReply) {
        let is_reverted = self.posts[seat].is_reverted;
        let mut is_known = false;
        for verdict in &reply.verdicts {
            let is_possible = match verdict {
                Verdict::Accepted(_) => true,
                Verdict::Duplicate(_) => {
                    is_known = true;
                    true
                }
                // It rests on an act that the log has as another change.
                // It was written upon a log that is not the server's any more.
                Verdict::Missing { hashes, .. } if hashes.is_empty() => self.tally.restores > 0,
                Verdict::Missing { .. } => is_known || is_reverted || self.tally.restores > 0,
                // The act before it is only in a log that is not the server's any more.
                Verdict::Refused(Refused::Sequence { .. } | Refused::NothingToWithdraw) => {
                    is_reverted || self.tally.restores > 0
                }
                Verdict::Refused(why) => matches!(
                    why,
                    Refused::Role { .. }
                        | Refused::Scope
                        | Refused::FollowsRefused
                        // People here take back what is hours old.
                        | Refused::TooLate { .. }
                ),
            };
            assert!(
                is_possible,
                "a device of ours gets no such verdict: {verdict:?}"
            );
        }
    }

    /// No byte of internal work, on the way to a portal.
    pub(super) fn check_answer(&self, seat: usize, answer: &[u8]) {
        if self.posts[seat].seat.profile.surface == Surface::Portal {
            let marker = INTERNAL.as_bytes();
            let leaks = answer.windows(marker.len()).any(|bytes| bytes == marker);
            assert!(!leaks, "an internal note was sent to portal {seat}");
        }
    }
}
