//! Acts of people who have no device of their own here, such as from a page without scripts.
//!
//! They meet the rules that a push meets: `policy` judges them upon the incident as it is stored,
//! under the lock, and what they cause outside is written in the same transaction. The server
//! writes them under its own actor, in the name of the person who is signed in.

use std::collections::BTreeSet;
use std::sync::Arc;

use shared::document::CHANGE_BYTES_MAX;
use shared::ids::{DocKind, FactId, IncidentId};
use shared::incidents::{Drafted, Intent, Refused};
use shared::people::{Directory, Person};
use shared::policy;
use shared::sync::server::{Authored, Commit, Kept, Logged, Numbering, author};
use shared::targets::Rules;
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::keeper::{Found, Keeper};
use crate::App;
use crate::error::ApiError;
use crate::jobs;

/// One act of a requester on an incident of their own.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) person: Person,
    pub(crate) incident: IncidentId,
    pub(crate) drafted: Drafted,
    /// What was on the page it was done from.
    pub(crate) seen: Vec<FactId>,
}

/// Does an act. Done twice, it is there once.
pub(crate) async fn act(app: &App, deed: Deed) -> Result<Result<(), Refused>, ApiError> {
    let _turn = app.keeper.turn()?;
    let _still = app.people.stay().await;
    let mut writing = app.store.write().await?;
    let batch = app.keeper.begin(&mut *writing).await?;
    let incidents = BTreeSet::from([deed.incident]);
    let found = app.keeper.find(&mut *writing, &incidents).await?;
    let directory = app.people.current();
    let bench = Bench {
        keeper: Arc::clone(&app.keeper),
        rules: directory.rules(),
        directory,
        now: app.clock.now(),
        wait_millis: i64::from(app.config.notify_wait_seconds) * 1_000,
        has_rules: app.rules.are_there(),
    };
    let judged = spawn_blocking(move || bench.judge(deed, found, batch)).await;
    let (batch, judged) = judged.map_err(ApiError::internal)?;
    if judged.is_ok() && !batch.is_empty() {
        let is_waiting = !batch.undecided.is_empty();
        app.keeper.keep(writing, batch).await?;
        app.rules.wake_if(is_waiting);
    }
    Ok(judged)
}

struct Bench {
    keeper: Arc<Keeper>,
    directory: Arc<Directory>,
    rules: Rules,
    now: UnixMillis,
    wait_millis: i64,
    has_rules: bool,
}

impl Bench {
    fn judge(&self, deed: Deed, found: Found, mut batch: Batch) -> (Batch, Result<(), Refused>) {
        let desk = self.keeper.desk(self.now, &self.rules);
        let unread = found.read_into(&mut batch, desk);
        let kept = batch.kept.get(&deed.incident).cloned();
        let is_known = kept.as_deref().is_some_and(|kept| knows(kept, &deed));
        if is_known {
            return (batch, Ok(()));
        }
        if unread.has(deed.incident) {
            return (batch, Err(Refused::Scope));
        }
        if let Err(refused) = may(&deed, kept.as_deref()) {
            return (batch, Err(refused));
        }
        let Deed {
            incident,
            mut drafted,
            seen,
            ..
        } = deed;
        drafted.saw = kept.as_deref().and_then(|kept| saw(kept, seen));
        let authored = Authored {
            incident,
            acts: vec![drafted],
            numbering: Numbering::Next,
            received_at: Some(self.now),
        };
        let number = self.keeper.number(batch.number);
        match author(&authored, kept.as_deref(), batch.next, &number, desk) {
            Ok(Some(commit)) => {
                if let Err(refused) = bounded(&commit) {
                    return (batch, Err(refused));
                }
                let before = kept.as_deref().map(|kept| &kept.incident);
                let at = self.now.plus(self.wait_millis);
                let after = &commit.kept.incident;
                batch
                    .effects
                    .extend(jobs::of_acts(before, after, &self.directory, at));
                let is_new = commit.is_numbered && self.has_rules;
                batch.undecided.extend(is_new.then_some(incident));
                batch.add(commit);
                batch.save();
                (batch, Ok(()))
            }
            Ok(None) => (batch, Ok(())),
            Err(refused) => (batch, Err(refused)),
        }
    }
}

/// Whether the incident holds the act already: a page that was sent twice. The names of its facts
/// are drawn from what it says, so other words from the same page are another act.
fn knows(kept: &Kept, deed: &Deed) -> bool {
    let (facts, _) = kept.docs.incident.facts();
    let is_it = |fact: &shared::document::Fact| {
        fact.id == deed.drafted.facts[0] && fact.by == deed.person.id
    };
    facts.iter().any(|held| is_it(&held.fact))
}

fn may(deed: &Deed, kept: Option<&Kept>) -> Result<(), Refused> {
    let intent = &deed.drafted.intent;
    let incident = kept.map(|kept| &kept.incident);
    let is_own = incident.is_none_or(|of| of.requester_person() == Some(deed.person.id));
    if matches!(intent, Intent::Declare(_)) == kept.is_some() || !is_own {
        return Err(Refused::Scope);
    }
    policy::may(&deed.person, intent, incident)?;
    kept.map_or(Ok(()), |kept| kept.has_room(DocKind::Incident))
}

/// No page writes what no device could push.
fn bounded(commit: &Commit) -> Result<(), Refused> {
    let max = CHANGE_BYTES_MAX;
    let bytes = |change: &Logged| change.bytes.as_ref().map_or(0, Vec::len);
    if commit.changes.iter().all(|change| bytes(change) <= max) {
        Ok(())
    } else {
        Err(Refused::Size { max })
    }
}

/// What the author had on screen; none when the page names what is not there.
fn saw(kept: &Kept, mut seen: Vec<FactId>) -> Option<[Vec<FactId>; 2]> {
    // A page may name a fact as often as it likes.
    seen.sort();
    seen.dedup();
    let (facts, _) = kept.docs.incident.facts();
    let is_there = |id: &FactId| facts.iter().any(|held| held.fact.id == *id);
    (!seen.is_empty() && seen.iter().all(is_there)).then(|| [seen, Vec::new()])
}
