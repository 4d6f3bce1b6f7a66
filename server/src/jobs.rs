//! What is to happen outside once a commit is kept: the outbox is written in the transaction that
//! accepts a fact, and a worker makes it happen.
//!
//! # Design
//! Question: what may happen twice? Answer: nothing of ours. A worker claims by a lease (see
//! [`crate::store::Outbox`]) and passes a [`Gate`] right before the step that cannot be taken back.
//! Lost before the gate, the effect happens later; lost after it, nobody can know, so it is tried
//! once more, at most: one duplicate, and only where the other side cannot recognise it. In doubt
//! twice, it is given up and people can see it.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shared::ids::IncidentId;
use shared::incidents::Incident;
use shared::notify::{self, Event, Notice, Said};
use shared::people::Directory;
use shared::sla::Measure;
use shared::time::UnixMillis;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::App;
use crate::store::{self, Bounds, Claim, Claimed, Effect, Keeps, Reason, Settled, Writing};

/// The kind of effects whose payload is a [`Notice`].
pub(crate) const NOTICE: &str = "notice";

/// How often the worker looks for what is due.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a lost worker held is free after this; one that works holds on.
const LEASE_MILLIS: i64 = 15_000;
const HOLD_EVERY: Duration = Duration::from_secs(5);

/// An effect that may have happened is tried so often again.
const DOUBTS_MAX: u32 = 1;

/// The first pause between two attempts, and the longest.
const PAUSE_MILLIS: i64 = 5_000;
const PAUSE_MILLIS_MAX: i64 = 10 * 60 * 1_000;

/// What is put off so often, or as often cannot be read, is given up: after about three days.
const POSTPONED_MAX: u32 = 600;

/// What is over is kept for this long, to be looked at; what did not reach anybody for longer, to
/// be tried again.
const KEPT_MILLIS: i64 = 30 * DAY_MILLIS;
const KEPT_FAILED_MILLIS: i64 = 90 * DAY_MILLIS;
const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
const FORGET_EVERY_MILLIS: i64 = 60 * 60 * 1_000;

/// Tells what a commit did to an incident to those whom it concerns, from `at` on. Acts that come
/// from elsewhere, such as an import, are not told to anybody.
pub(crate) fn of_acts(
    before: Option<&Incident>,
    after: &Incident,
    directory: &Directory,
    at: UnixMillis,
) -> Vec<Effect> {
    let notices = spared(after.id, || notify::of_acts(before, after, directory));
    notices.iter().map(|notice| effect(notice, at)).collect()
}

/// An act is kept though nobody can be told of it: else its device would offer it for ever.
fn spared(id: IncidentId, notices: impl FnOnce() -> Vec<Notice>) -> Vec<Notice> {
    catch_unwind(AssertUnwindSafe(notices)).unwrap_or_else(|_| {
        tracing::error!(incident.id = %id, "nobody can be told of an act");
        Vec::new()
    })
}

/// Tells what a clock of a service level says, in the transaction that notes it, from `at` on. An
/// event that was told before is told again only after it was taken back.
pub(crate) async fn announce(
    writing: &mut dyn Writing,
    event: Event,
    incident: &Incident,
    directory: &Directory,
    at: UnixMillis,
) -> store::Result<()> {
    let mut round = 0;
    if let Event::Breached { clock, due } = event {
        let corrected = Event::BreachCorrected { clock, due };
        let rounds = said(writing, incident.id, corrected).await?;
        round = rounds.iter().map(|said| said.round + 1).max().unwrap_or(0);
    }
    for notice in notify::of_clock(event, round, incident, directory) {
        writing.add_effect(&effect(&notice, at)).await?;
    }
    Ok(())
}

/// Takes back the last breach that was told, to those who were told of it. A letter that has not
/// left does not leave any more, and nothing is taken back of what nobody got.
pub(crate) async fn correct(
    writing: &mut dyn Writing,
    (clock, due): (Measure, UnixMillis),
    incident: IncidentId,
    at: UnixMillis,
) -> store::Result<()> {
    let mut told = said(writing, incident, Event::Breached { clock, due }).await?;
    let last = told.iter().map(|said| said.round).max();
    told.retain(|said| Some(said.round) == last);
    let event = Event::BreachCorrected { clock, due };
    for notice in notify::of_correction(event, &told, incident) {
        let correction = effect(&notice, at);
        writing.add_effect(&correction).await?;
        let event = Event::Breached { clock, due };
        let breach = Notice { event, ..notice };
        if writing.void_effect(&breach.key()).await? {
            writing.void_effect(&correction.key).await?;
        }
    }
    Ok(())
}

async fn said(
    writing: &mut dyn Writing,
    incident: IncidentId,
    event: Event,
) -> store::Result<Vec<Said>> {
    let keys = writing.effects(&notify::clock_key(incident, event)).await?;
    Ok(keys.iter().filter_map(|key| notify::said(key)).collect())
}

fn effect(notice: &Notice, at: UnixMillis) -> Effect {
    Effect {
        key: notice.key(),
        keeps: if notice.event.is_of_clock() {
            Keeps::ForEver
        } else {
            Keeps::Awhile
        },
        kind: NOTICE.to_owned(),
        payload: serde_json::to_vec(notice).expect("a notice is plain JSON"),
        next_at: at,
    }
}

/// Makes effects happen.
#[async_trait]
pub trait Courier: Send {
    /// Delivers one effect; passes the gate right before what cannot be taken back.
    async fn deliver(&mut self, effect: &Claimed, gate: Gate<'_>) -> Delivery;
    /// There is nothing to deliver for now.
    async fn rest(&mut self);
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    Done,
    /// Nothing was left to do.
    Void,
    /// There is no way to the recipient.
    Unreachable(Reason),
    /// It will never work.
    Refused(Reason),
    /// It may work later.
    Later(Reason),
    /// Another worker has it now.
    Lost,
}

/// Stands before the step that cannot be taken back.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    app: &'a App,
    claim: &'a Claim,
}

impl Gate<'_> {
    /// Notes that from now on the effect may have happened. False when it must not: another worker
    /// has it.
    pub async fn pass(self) -> store::Result<bool> {
        let until = self.app.clock.now().plus(LEASE_MILLIS);
        self.app.store.begin_effect(self.claim, until).await
    }
}

/// Delivers what is due until the server ends.
pub async fn run(app: Arc<App>, mut courier: impl Courier) {
    let mut forgotten_at = None;
    while !app.is_stopping() {
        match turn(&app, &mut courier).await {
            Ok(true) => continue,
            Ok(false) => {
                courier.rest().await;
                forget_now_and_then(&app, &mut forgotten_at).await;
            }
            Err(cause) => tracing::warn!(cause = format!("{cause:#}"), "cannot read the outbox"),
        }
        tokio::select! {
            () = app.stopped() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
    courier.rest().await;
}

/// Forgets what was over long ago, a little at a time: nobody waits for it.
async fn forget_now_and_then(app: &App, last: &mut Option<UnixMillis>) {
    let now = app.clock.now();
    if last.is_some_and(|last| now.since(last).abs() < FORGET_EVERY_MILLIS) {
        return;
    }
    let bounds = Bounds {
        over: now.plus(-KEPT_MILLIS),
        failed: now.plus(-KEPT_FAILED_MILLIS),
    };
    match app.store.forget_effects(bounds).await {
        Ok(0) => *last = Some(now),
        Ok(_) => {}
        Err(cause) => {
            tracing::warn!(
                cause = format!("{cause:#}"),
                "cannot forget what was delivered"
            );
            *last = Some(now);
        }
    }
}

/// Claims the effect that is due longest and delivers it. One at a time: a worker that dies keeps
/// no other waiting. False when there is none, or no use in going on at once.
async fn turn(app: &App, courier: &mut impl Courier) -> store::Result<bool> {
    let now = app.clock.now();
    if !app.store.is_effect_due(now).await? {
        return Ok(false);
    }
    let until = now.plus(LEASE_MILLIS);
    let Some(effect) = app.store.claim_effect(now, until).await? else {
        return Ok(false);
    };
    let delivery = if effect.doubts > DOUBTS_MAX {
        Delivery::Refused(Reason::InDoubt)
    } else {
        deliver(app, courier, &effect).await
    };
    if let Some(settled) = settled(app, &effect, delivery) {
        settle(app, &effect.claim, settled).await?;
        tell(&effect, settled);
    }
    let is_of_relay = |reason| matches!(reason, Reason::RelayDown | Reason::SenderRefused);
    Ok(!matches!(delivery, Delivery::Later(reason) if is_of_relay(reason)))
}

/// Notes what became of an effect, however long the store does not take it: whatever is done and
/// not noted is done again.
async fn settle(app: &App, claim: &Claim, settled: Settled) -> store::Result<()> {
    loop {
        let Err(cause) = app.store.settle_effect(claim, settled).await else {
            return Ok(());
        };
        if app.is_stopping() {
            return Err(cause);
        }
        tracing::warn!(cause = format!("{cause:#}"), "cannot note a delivery yet");
        tokio::select! {
            () = app.stopped() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
}

/// Delivers one effect and holds on to it meanwhile. Both go on at once: a delivery that is left
/// alone while it has a turn in the store would keep the turn from everybody.
async fn deliver(app: &App, courier: &mut impl Courier, effect: &Claimed) -> Delivery {
    let claim = &effect.claim;
    tokio::select! {
        delivery = courier.deliver(effect, Gate { app, claim }) => delivery,
        never = hold(app, claim) => match never {},
    }
}

/// Holds on to a claim. A store that cannot for now ends nothing: whether the claim was lost is
/// decided at the gate.
async fn hold(app: &App, claim: &Claim) -> Infallible {
    let mut hold = interval(HOLD_EVERY);
    hold.set_missed_tick_behavior(MissedTickBehavior::Delay);
    hold.tick().await;
    loop {
        hold.tick().await;
        let until = app.clock.now().plus(LEASE_MILLIS);
        if let Err(cause) = app.store.extend_claim(claim, until).await {
            tracing::warn!(cause = format!("{cause:#}"), "cannot hold on to a delivery");
        }
    }
}

fn settled(app: &App, effect: &Claimed, delivery: Delivery) -> Option<Settled> {
    Some(match delivery {
        Delivery::Done => Settled::Done,
        Delivery::Void => Settled::Void,
        Delivery::Unreachable(reason) => Settled::Unreachable(reason),
        Delivery::Refused(reason) => Settled::GivenUp(reason),
        Delivery::Later(reason) if is_over(effect, reason) => Settled::GivenUp(reason),
        Delivery::Later(reason) => Settled::Later(next_at(app, effect), reason),
        Delivery::Lost => return None,
    })
}

/// Whether nothing is left to be tried. A relay that takes nothing says nothing about the message.
fn is_over(effect: &Claimed, reason: Reason) -> bool {
    match reason {
        Reason::InDoubt => effect.doubts >= DOUBTS_MAX,
        Reason::Postponed | Reason::Unreadable => effect.postponed + 1 >= POSTPONED_MAX,
        Reason::NoRelay
        | Reason::NoAddress
        | Reason::RelayDown
        | Reason::SenderRefused
        | Reason::Refused => false,
    }
}

/// Twice as long each time, and never all at once.
fn next_at(app: &App, effect: &Claimed) -> UnixMillis {
    let doublings = (effect.claim.attempt - 1).min(20);
    let pause = (PAUSE_MILLIS << doublings).min(PAUSE_MILLIS_MAX);
    let drawn = i64::from(u16::from_be_bytes(app.random.bytes()));
    let shorter = pause / 2 * drawn / i64::from(u16::MAX);
    app.clock.now().plus(pause - shorter)
}

/// People look at what was given up; the rest shows in the counters.
fn tell(effect: &Claimed, settled: Settled) {
    if let Settled::GivenUp(reason) = settled {
        // The key goes on to name the recipient.
        let incident = effect.claim.key.split('/').next().unwrap_or_default();
        tracing::warn!(
            incident.id = incident,
            reason = %reason,
            "a notification was given up; `holdfast notify replay` tries it again"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_works_is_given_up_and_a_relay_that_is_down_is_waited_for() {
        let effect = |postponed, doubts| Claimed {
            claim: Claim {
                key: "an incident/replied/3/mail".to_owned(),
                attempt: 10 * POSTPONED_MAX,
            },
            kind: NOTICE.to_owned(),
            payload: Vec::new(),
            doubts,
            postponed,
        };
        for (reason, postponed, doubts, expected) in [
            (Reason::Unreadable, POSTPONED_MAX - 2, 0, false),
            (Reason::Unreadable, POSTPONED_MAX - 1, 0, true),
            (Reason::Postponed, 0, 0, false),
            (Reason::Postponed, POSTPONED_MAX - 1, 0, true),
            (Reason::RelayDown, POSTPONED_MAX, 0, false),
            (Reason::InDoubt, 0, 0, false),
            (Reason::InDoubt, 0, DOUBTS_MAX, true),
            (Reason::InDoubt, 0, DOUBTS_MAX + 1, true),
        ] {
            let is_over = is_over(&effect(postponed, doubts), reason);
            assert_eq!(is_over, expected, "{reason} after {postponed}, {doubts}");
        }
    }

    #[test]
    fn an_act_of_which_nobody_can_be_told_is_kept() {
        let id = IncidentId::from_bytes([1; 16]);
        assert_eq!(spared(id, || panic!("a poisoned incident")), []);
    }
}
