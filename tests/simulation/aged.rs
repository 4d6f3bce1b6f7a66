//! What is over leaves devices, and comes back to whoever asks for it.

use std::collections::BTreeSet;

use shared::ids::{DocKey, DocKind, IncidentId};
use shared::people::Scope;
use shared::policy;
use shared::sync::Seq;
use shared::sync::server::{Reached, Session, fetched, leaving};

use super::server::{Reach, Server};
use super::world::World;
use crate::broken::Broken;

impl Server {
    /// Lets all that is over leave devices. Returns how many incidents.
    fn age(&mut self) -> u64 {
        let remembers = self.is(Broken::AudienceRemembered);
        let mut count = 0;
        for (id, kept) in &mut self.kept {
            let left = leaving(&kept.audience);
            if kept.incident.state.is_open() || left.is_empty() {
                continue;
            }
            self.log.head = Seq(self.log.head.0 + 1);
            let reaches = self.reaches.iter_mut();
            for reach in reaches.filter(|reach| reach.incident == *id) {
                if left.contains(&reach.reached) && reach.until.is_none() {
                    reach.until = Some(self.log.head);
                }
            }
            if !remembers {
                kept.audience = &kept.audience - &left;
            }
            self.left.insert(*id, BTreeSet::new());
            count += 1;
        }
        count
    }

    /// Brings an incident back to whoever asks. Says whether they may read it.
    fn fetch(&mut self, session: &Session, id: IncidentId) -> bool {
        let kept = self.kept.get_mut(&id).expect("it is in the log");
        let joined = fetched(&session.scopes);
        if joined.is_empty() || !kept.may_be_read(DocKind::Work, &session.scopes) {
            return false;
        }
        let is_there =
            |(kind, scope): &Reached| *kind == DocKind::Work && session.scopes.contains(scope);
        if kept.audience.iter().any(is_there) {
            return true;
        }
        self.log.head = Seq(self.log.head.0 + 1);
        let since = self.log.head;
        let brought = self.left.entry(id).or_default();
        brought.extend(joined.iter().map(|(_, scope)| scope.clone()));
        kept.audience.extend(joined.iter().cloned());
        self.reaches.extend(joined.into_iter().map(|reached| Reach {
            incident: id,
            reached,
            since,
            until: None,
        }));
        true
    }

    /// Whether the devices of a session are to hold a document, as policy alone says.
    pub(super) fn is_on_devices(&self, session: &Session, doc: DocKey) -> bool {
        let Some(brought) = self.left.get(&doc.id) else {
            return self.may_read(session, doc);
        };
        let outlives = |scope: &&Scope| policy::outlives_age(scope);
        let audience = self
            .kept
            .get(&doc.id)
            .map(|kept| policy::audience(&kept.incident));
        let audience = audience.unwrap_or_default();
        let named = match doc.kind {
            DocKind::Incident => audience.incident,
            DocKind::Work => audience.work,
        };
        let mut stays = named.iter().filter(outlives).chain(brought);
        self.may_read(session, doc) && stays.any(|scope| session.scopes.contains(scope))
    }
}

impl World {
    pub(super) fn age(&mut self) {
        let head = self.server.log.head;
        self.tally.aged += self.server.age();
        self.tell_of_growth(head);
    }

    /// A person asks for the n-th incident that has left devices.
    pub(super) fn fetch(&mut self, seat: usize, nth: u64) {
        let head = self.server.log.head;
        let Ok(session) = self.server.session(self.posts[seat].seat.profile) else {
            return;
        };
        let all: Vec<_> = self.server.left.keys().copied().collect();
        let nth = usize::try_from(nth).unwrap_or(0);
        if let Some(id) = all.get(nth % all.len().max(1)) {
            self.tally.fetched += u64::from(self.server.fetch(&session, *id));
        }
        self.tell_of_growth(head);
    }
}
