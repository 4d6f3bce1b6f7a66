//! What a page of the log holds for a device.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{DocKind, IncidentId};
use crate::people::Scope;
use crate::sync::Seq;
use crate::sync::message::{Cursors, PullRequest, Surface};

use super::Log;

/// A place in the log that concerns an incident: a change, or a change of its audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub seq: Seq,
    /// The last place taken in the same commit; a commit concerns one incident.
    pub commit_end: Seq,
    pub incident: IncidentId,
}

/// That a document is, or was, to be read through a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub kind: DocKind,
    pub scope: Scope,
    pub since: Seq,
    /// When it left the scope; none while it is there.
    pub until: Option<Seq>,
    /// The document's place in the scope at the head of the log.
    pub at: Seq,
}

impl Reach {
    fn is_current(&self) -> bool {
        self.until.is_none()
    }

    fn covers(&self, seq: Seq) -> bool {
        self.since <= seq && self.until.is_none_or(|until| seq < until)
    }
}

/// How an incident stands to a device: its audience, as far as the device is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub incident: IncidentId,
    /// The incident's last change up to the device's `high`.
    pub changed: Option<Seq>,
    /// About how many bytes its documents have.
    pub bytes: usize,
    pub reaches: Vec<Reach>,
}

/// The scopes that pages named to a device. With the end of the log when the session was first seen
/// without it; none while the session has it.
pub type Issued = BTreeMap<Scope, Option<Seq>>;

/// In which form a document is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// All of it.
    Snapshot,
    /// Its changes above the device's `high`.
    Changes,
}

/// What a device gets of one incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sends {
    pub docs: Vec<(DocKind, How)>,
    pub forget: Vec<DocKind>,
    /// The documents that the device may read now, sent or not.
    pub visible: BTreeSet<DocKind>,
}

/// How far a page goes forward, and which incidents are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    pub end: Seq,
    pub incidents: Vec<IncidentId>,
}

/// The incidents of one scope below a place, latest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Older {
    pub places: Vec<(IncidentId, Seq)>,
    /// Whether there are no others below.
    pub is_all: bool,
}

/// A page in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    log: Log,
    surface: Surface,
    after: Seq,
    /// What the device says it holds, per scope.
    held: BTreeMap<Scope, Seq>,
    /// Where each scope of the session stands once the page is stored.
    lows: BTreeMap<Scope, Seq>,
    /// The last place at which a page may have sent something through a lost scope.
    ends: BTreeMap<Scope, Seq>,
    is_recorded: bool,
}

impl Pull {
    /// Begins a page for a session with `scopes`, on a device to which earlier pages `issued` some.
    ///
    /// Cursors of another epoch, or ahead of the log, count for nothing. Nor does a scope that the
    /// device cannot hold, or what entered a scope after it was lost: to say what is to be
    /// forgotten of it would name the incidents of others.
    pub fn new(request: &PullRequest, scopes: BTreeSet<Scope>, issued: &Issued, log: Log) -> Self {
        let Cursors { epoch, high, lows } = &request.cursors;
        let may_hold = |scope: &Scope| issued.contains_key(scope) || scopes.contains(scope);
        let mut held = lows.clone();
        held.retain(|scope, _| may_hold(scope));
        let is_known = *epoch == Some(log.epoch) && *high <= log.head && !held.is_empty();
        let after = if is_known { *high } else { log.head };
        if !is_known {
            held.clear();
        }
        let current = issued.iter().filter(|(_, lost_at)| lost_at.is_none());
        let is_recorded = current.map(|(scope, _)| scope).eq(&scopes);
        let end = |(scope, lost_at): (&Scope, &Option<Seq>)| {
            let lost_at = lost_at.filter(|_| !scopes.contains(scope))?;
            Some((scope.clone(), lost_at))
        };
        let ends = issued.iter().filter_map(end).collect();
        let low = |scope: &Scope| held.get(scope).copied().unwrap_or(Seq(after.0 + 1));
        let lows = scopes
            .into_iter()
            .map(|scope| (scope.clone(), low(&scope)))
            .collect();
        Self {
            log,
            surface: request.surface,
            after,
            held,
            lows,
            ends,
            is_recorded,
        }
    }

    /// Everything up to here is on the device.
    pub fn after(&self) -> Seq {
        self.after
    }

    /// The session's scopes.
    pub fn scopes(&self) -> BTreeSet<Scope> {
        self.lows.keys().cloned().collect()
    }

    /// Whether the session's scopes are kept as just those issued to the device. If not, that has
    /// to be done before the page leaves.
    pub fn is_recorded(&self) -> bool {
        self.is_recorded
    }

    /// The session's scopes and those the device still holds something through.
    pub fn watched(&self) -> BTreeSet<Scope> {
        self.lows.keys().chain(self.held.keys()).cloned().collect()
    }

    /// The scopes that the session no longer has: what came through them is to be forgotten.
    pub fn lost(&self) -> BTreeSet<Scope> {
        self.held
            .keys()
            .filter(|scope| !self.lows.contains_key(scope))
            .cloned()
            .collect()
    }

    /// How far the page goes forward: over at most `incidents_max` incidents of the events, which
    /// are sorted and leave nothing out up to the last of them, or up to the head if `is_all`.
    pub fn walk(&self, events: &[Event], is_all: bool, incidents_max: usize) -> Walk {
        let mut walk = Walk {
            end: self.after,
            incidents: Vec::new(),
        };
        let mut known = BTreeSet::new();
        for event in events {
            if known.insert(event.incident) {
                if walk.incidents.len() == incidents_max {
                    return walk;
                }
                walk.incidents.push(event.incident);
            }
            walk.end = walk.end.max(event.commit_end);
        }
        if is_all {
            walk.end = self.log.head;
        }
        walk
    }

    /// What the device gets of an incident that something happened to above `high`, or that it
    /// held through a lost scope.
    pub fn forward(&self, standing: &Standing) -> Sends {
        let mut sends = Sends::default();
        for kind in [DocKind::Incident, DocKind::Work] {
            let reaches = standing.reaches.iter().filter(|reach| reach.kind == kind);
            let mut reaches = reaches.filter(|reach| self.may_have_sent(reach));
            // A page that was made after the document had left a scope went past its entry without
            // it, so that only a scope it never left vouches for what the device has.
            let is_held = reaches
                .clone()
                .any(|reach| reach.is_current() && self.holds(reach, standing.changed));
            // Documents come with all they have, so one may be there before its entry is passed.
            let may_be_there = reaches
                .clone()
                .any(|reach| reach.until.is_none_or(|until| until > self.after));
            if reaches.any(|reach| self.is_visible(reach)) {
                sends.visible.insert(kind);
                sends
                    .docs
                    .push((kind, if is_held { How::Changes } else { How::Snapshot }));
            } else if may_be_there {
                sends.forget.push(kind);
            }
        }
        sends
    }

    /// Whether a page may have sent the document through this reach, or this page may.
    fn may_have_sent(&self, reach: &Reach) -> bool {
        let end = self.ends.get(&reach.scope);
        end.is_none_or(|end| reach.since <= *end)
    }

    fn holds(&self, reach: &Reach, changed: Option<Seq>) -> bool {
        let place = reach.since.max(changed.unwrap_or_default());
        let low = self.held.get(&reach.scope);
        reach.covers(self.after) && low.is_some_and(|low| place >= *low)
    }

    fn is_visible(&self, reach: &Reach) -> bool {
        let may_be = self.surface == Surface::Console || reach.kind == DocKind::Incident;
        may_be && reach.is_current() && self.lows.contains_key(&reach.scope)
    }

    /// Which scopes still have older documents to send, and below which place.
    pub fn unfinished(&self) -> impl Iterator<Item = (&Scope, Seq)> {
        self.lows
            .iter()
            .filter(|(_, low)| **low > Seq(0))
            .map(|(scope, low)| (scope, *low))
    }

    /// Which older incidents the page brings, at most `incidents_max`, latest first; once the
    /// page has reached the head. Returns where the scopes then stand.
    pub fn backfill(
        &self,
        older: &BTreeMap<Scope, Older>,
        incidents_max: usize,
    ) -> (Vec<IncidentId>, BTreeMap<Scope, Seq>) {
        let next = |older: &Older| older.places.last().map_or(Seq(0), |(_, at)| Seq(at.0 + 1));
        let unread = older.values().filter(|older| !older.is_all).map(next).max();
        let mut cut = unread.unwrap_or_default();
        let mut places: Vec<_> = older.values().flat_map(|older| &older.places).collect();
        places.sort_unstable_by_key(|(incident, at)| (std::cmp::Reverse(*at), *incident));
        let mut incidents = Vec::new();
        let mut known = BTreeSet::new();
        for (incident, at) in places {
            if *at < cut {
                break;
            }
            if known.insert(*incident) {
                if incidents.len() == incidents_max {
                    cut = Seq(at.0 + 1);
                    break;
                }
                incidents.push(*incident);
            }
        }
        let stands = |scope: &Scope, low: Seq| match older.get(scope) {
            Some(older) if older.is_all && older.places.iter().all(|(_, at)| *at >= cut) => Seq(0),
            Some(_) => low.min(cut),
            None => low,
        };
        let lows = self.lows.iter();
        let lows = lows
            .map(|(scope, low)| (scope.clone(), stands(scope, *low)))
            .collect();
        (incidents, lows)
    }

    /// What the device gets of an older incident: what it does not hold yet.
    pub fn backward(&self, standing: &Standing) -> Sends {
        let mut sends = Sends::default();
        for kind in [DocKind::Incident, DocKind::Work] {
            let mut reaches = standing.reaches.iter();
            let mut visible = reaches
                .clone()
                .filter(|reach| reach.kind == kind && self.is_visible(reach));
            let is_there = |reach: &Reach| {
                self.lows
                    .get(&reach.scope)
                    .is_some_and(|low| reach.at >= *low)
            };
            let is_held = reaches
                .any(|reach| reach.kind == kind && self.is_visible(reach) && is_there(reach));
            if visible.next().is_some() {
                sends.visible.insert(kind);
                if !is_held {
                    sends.docs.push((kind, How::Snapshot));
                }
            }
        }
        sends
    }

    /// Where the device stands once the page is stored.
    pub fn cursors(&self, end: Seq, lows: BTreeMap<Scope, Seq>) -> Cursors {
        Cursors {
            epoch: Some(self.log.epoch),
            high: end,
            lows,
        }
    }

    /// Where the scopes stand when the page brings nothing older.
    pub fn lows(&self) -> BTreeMap<Scope, Seq> {
        self.lows.clone()
    }

    /// Whether a page that ends so leaves something to pull at once.
    pub fn is_more(&self, cursors: &Cursors) -> bool {
        cursors.high < self.log.head || cursors.lows.values().any(|low| *low > Seq(0))
    }
}

#[cfg(test)]
mod tests;
