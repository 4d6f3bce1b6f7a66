//! Tells of clocks: warnings, breaches, and breaches that were none after all.
//!
//! When a clock is due lies in an indexed table, written in the transaction that commits the
//! incident; here is the tick that notices what is due, and nothing else. What it tells and that it
//! was told are kept in one transaction, so whenever the process dies, everything is told once.
//!
//! # Design
//! Question: how is a breach taken back that was told before the work done offline arrived? Answer:
//! a commit puts the told breaches of its incident in doubt, and the tick judges them by all that
//! is known now, as of the moment they were told: what would not be told again is corrected, once.
//! A priority that was lowered later does not make it wrong. Rejected: judging inside the push,
//! which would make a device wait for it.
//!
//! Question: who hears of a breach that a slip made, such as a wrong priority? Answer: nobody, if
//! it was undone. Letters of clocks wait as long as those of acts, whatever made them due, and
//! until they leave a breach is judged as of now. Rejected: waiting only after acts, for which
//! every clock would have to know what moved it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use shared::ids::IncidentId;
use shared::notify::Event;
use shared::people::Directory;
use shared::sla::{self, Due, Notice};
use shared::sync::server::Kept;
use shared::targets::Rules;
use shared::time::UnixMillis;

use crate::App;
use crate::jobs;
use crate::store::{self, Outcome, Told, Writing};

/// How many notices share a transaction.
const STEP: u32 = 64;

/// How long the tick rests at least, however fast the log grows.
const REST: Duration = Duration::from_secs(1);

/// How long it rests at most: the machine's clock may have been set.
const REST_MAX: Duration = Duration::from_mins(1);

/// When an incident that cannot be read is looked at again.
const LOOK_AGAIN_MILLIS: i64 = 60 * 60 * 1_000;

/// Ticks until the server stops, beginning with what has become due while it did not run.
pub(crate) async fn run(app: Arc<App>) {
    let mut head = app.keeper.watch();
    loop {
        let rest = match tick(&app).await {
            Ok(next) => next.map_or(REST_MAX, |next| until(next, app.clock.now())),
            Err(error) => {
                tracing::error!(cause = %error, "cannot tell of service levels");
                REST_MAX
            }
        };
        tokio::time::sleep(REST).await;
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = head.changed() => {}
            () = app.stopped() => return,
        }
    }
}

fn until(next: UnixMillis, now: UnixMillis) -> Duration {
    let millis = u64::try_from(next.since(now)).unwrap_or(0);
    Duration::from_millis(millis).min(REST_MAX)
}

/// Tells everything that is due. Returns when something will be.
pub async fn tick(app: &App) -> store::Result<Option<UnixMillis>> {
    loop {
        let next = app.store.view().await?.next_due().await?;
        if next.is_none_or(|next| next > app.clock.now()) {
            return Ok(next);
        }
        step(app).await?;
    }
}

/// Tells a few notices in one transaction.
async fn step(app: &App) -> store::Result<()> {
    let _still = app.people.stay().await;
    let (now, directory) = (app.clock.now(), app.people.current());
    let mut writing = app.store.write().await?;
    let due = writing.due(now, STEP).await?;
    let doubts = writing.in_doubt(STEP).await?;
    let ids = due.iter().map(|(id, _)| *id);
    let ids: BTreeSet<_> = ids.chain(doubts.iter().map(|told| told.incident)).collect();
    let rules = directory.rules();
    let kept = app.keeper.read(&mut *writing, &ids, &rules, now).await?;
    let mut teller = Teller {
        writing: &mut *writing,
        kept,
        rules,
        directory: &directory,
        now,
        wait_millis: i64::from(app.config.notify_wait_seconds) * 1_000,
    };
    for told in &doubts {
        teller.judge_again(told).await?;
    }
    for (id, due) in &due {
        teller.tell(*id, due).await?;
    }
    let head = writing.log().await?.head;
    writing.commit(head).await
}

/// What is needed to tell.
struct Teller<'a> {
    writing: &'a mut dyn Writing,
    kept: BTreeMap<IncidentId, Arc<Kept>>,
    rules: Rules,
    directory: &'a Directory,
    now: UnixMillis,
    wait_millis: i64,
}

impl Teller<'_> {
    async fn tell(&mut self, id: IncidentId, due: &Due) -> store::Result<()> {
        let Some(kept) = self.kept.get(&id).cloned() else {
            return self.look_again(id, due).await;
        };
        let all = readable(id, || sla::due(&kept.incident, &self.rules));
        let Some((all, passed)) = all else {
            return self.look_again(id, due).await;
        };
        if !all.contains(due) {
            // The targets have changed since the incident was committed.
            return self.writing.put_due(id, &all, &passed).await;
        }
        let is_late = |other: &&Due| (other.measure, other.notice) == (due.measure, Notice::Breach);
        let breach = all.iter().find(is_late);
        let is_overtaken = breach.is_some_and(|breach| breach.at <= self.now);
        if due.notice == Notice::Warning && is_overtaken {
            return self.writing.tell(id, due, self.now, Outcome::Silent).await;
        }
        let clock = due.measure;
        let due_at = breach.map_or(due.at, |breach| breach.at.plus(-1));
        let event = match due.notice {
            Notice::Warning => Event::Warned { clock, due: due_at },
            Notice::Breach => Event::Breached { clock, due: due_at },
        };
        self.announce(event, &kept).await?;
        self.writing.tell(id, due, self.now, Outcome::Told).await
    }

    /// What cannot be read now may be readable after an update: nothing of it counts as told. Read
    /// again, the incident is due when it was.
    async fn look_again(&mut self, id: IncidentId, due: &Due) -> store::Result<()> {
        let at = self.now.plus(LOOK_AGAIN_MILLIS);
        self.writing.put_due(id, &[Due { at, ..*due }], &[]).await
    }

    async fn judge_again(&mut self, told: &Told) -> store::Result<()> {
        let Told {
            incident,
            due,
            told_at,
        } = told;
        let kept = self.kept.get(incident).cloned();
        // It was told of the edition that held then. Of one that is forgotten nobody can say.
        let rules = self.rules.only(due.promise.version);
        let has_left = self.now.since(*told_at) >= self.wait_millis;
        let at = if has_left { *told_at } else { self.now };
        let is_wrong = |kept: &Arc<Kept>| {
            let Some(rules) = &rules else {
                return false;
            };
            let was_breached = readable(*incident, || {
                sla::was_breached_at(&kept.incident, due.measure, rules, at)
            });
            was_breached == Some(false)
        };
        let Some(kept) = kept.filter(is_wrong) else {
            return self.writing.settle(told, Outcome::Told).await;
        };
        let breach = (due.measure, due.at.plus(-1));
        let at = self.leaves_at();
        jobs::correct(self.writing, breach, kept.incident.id, at).await?;
        self.writing.settle(told, Outcome::Corrected).await
    }

    async fn announce(&mut self, event: Event, kept: &Kept) -> store::Result<()> {
        let at = self.leaves_at();
        jobs::announce(self.writing, event, &kept.incident, self.directory, at).await
    }

    fn leaves_at(&self) -> UnixMillis {
        self.now.plus(self.wait_millis)
    }
}

/// Whatever stops the reading of one incident must not stop the clocks of all others.
fn readable<T>(id: IncidentId, read: impl FnOnce() -> T) -> Option<T> {
    let read = catch_unwind(AssertUnwindSafe(read));
    if read.is_err() {
        tracing::error!(incident.id = %id, "the clocks of an incident cannot be read");
    }
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_that_cannot_be_read_stops_no_others() {
        let id = IncidentId::from_bytes([1; 16]);
        assert_eq!(readable(id, || 1), Some(1));
        assert_eq!(readable(id, || -> i32 { panic!("poisoned") }), None);
    }
}
