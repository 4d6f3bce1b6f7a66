//! `POST /sync/push`: acts from a device, judged one by one, written together.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use shared::ids::{Actor, DeviceId, DocKey, Epoch, Hash, PersonId};
use shared::incidents::Refused;
use shared::people::Directory;
use shared::sync::message::{
    Accepted, PROTOCOL, PUSH_GROUPS_MAX, PushGroup, PushReply, PushRequest, Verdict,
};
use shared::sync::server::{Before, Commit, Judgement, Kept, Offer, Place, Quarantine, Session};
use shared::targets::Rules;
use shared::time::{Arrival, Reading, UnixMillis};
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::keeper::{Found, Keeper};
use super::{MIN_CLIENT, check_person, check_protocol, message, reply, session, told_to_nobody};
use crate::App;
use crate::auth::HandingOver;
use crate::error::ApiError;
use crate::jobs;
use crate::store::{self, Effect, Quarantined, Writing};

/// A device has an engine per tab; more clocks than this are left aside.
const CLOCKS_MAX: usize = 256;

const HOUR_MILLIS: i64 = 60 * 60 * 1000;

pub(super) async fn push(
    State(app): State<Arc<App>>,
    asking: Result<HandingOver, ApiError>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, ApiError> {
    let _turn = app.keeper.turn()?;
    let HandingOver {
        session: signed_in,
        is_wiping,
    } = match asking {
        Err(ApiError::NotSignedIn) => {
            let asks = message::<PushRequest>(&headers, body);
            let asks = asks.ok().filter(|asks| !asks.hands_over);
            let owner = asks.map(|asks| (asks.person, asks.device));
            return Err(told_to_nobody(&app, owner).await);
        }
        asking => asking?,
    };
    let mut request: PushRequest = message(&headers, body)?;
    check_protocol(request.protocol)?;
    check_person(&signed_in, request.person)?;
    if request.groups.len() > PUSH_GROUPS_MAX {
        return Err(ApiError::TooLarge);
    }
    // The sender's own comes first; an act whose clock is left out is dated by its arrival.
    request.clocks.truncate(CLOCKS_MAX);
    let session = session(&signed_in, request.device, request.surface)?;
    if !request.hands_over {
        let (person, device) = (session.person.id, session.device);
        if is_wiping || app.store.is_to_be_wiped(person, device).await? {
            return Err(ApiError::Wipe);
        }
    }
    let now = app.clock.now();
    let epoch = app.keeper.epoch;
    if !request.hands_over && request.epoch.is_some_and(|asked| asked != epoch) {
        return Ok(reply(&put_off(&request, epoch, now)));
    }
    let _still = app.people.stay().await;
    let directory = app.people.current();
    let bench = Bench {
        keeper: Arc::clone(&app.keeper),
        session,
        clocks: request.clocks,
        bound_millis: i64::from(app.config.bound_hours) * HOUR_MILLIS,
        wait_millis: i64::from(app.config.notify_wait_seconds) * 1_000,
        now,
        rules: directory.rules(),
        has_rules: app.rules.are_there(),
        directory,
        is_last: request.hands_over,
    };
    let offers = spawn_blocking(move || request.groups.iter().map(read).collect())
        .await
        .map_err(ApiError::internal)?;
    let verdicts = judge_and_keep(&app, bench, offers).await?;
    count(&app, &verdicts);
    log_refusals(&verdicts);
    Ok(reply(&PushReply {
        protocol: PROTOCOL,
        min_client: MIN_CLIENT,
        now,
        epoch,
        verdicts,
    }))
}

/// What was written upon a log that is not the server's any more waits until the device has brought
/// back what this one may lack.
fn put_off(request: &PushRequest, epoch: Epoch, now: UnixMillis) -> PushReply {
    let verdict = |group: &PushGroup| match group.changes.first() {
        Some(change) => Verdict::Missing {
            doc: change.doc,
            hashes: Vec::new(),
        },
        None => Verdict::Refused(Refused::Encoding),
    };
    PushReply {
        protocol: PROTOCOL,
        min_client: MIN_CLIENT,
        now,
        epoch,
        verdicts: request.groups.iter().map(verdict).collect(),
    }
}

/// What all acts of a push are judged by.
struct Bench {
    keeper: Arc<Keeper>,
    session: Session,
    clocks: Vec<Reading>,
    bound_millis: i64,
    /// How long an act can be taken back before anybody is told of it.
    wait_millis: i64,
    now: UnixMillis,
    directory: Arc<Directory>,
    rules: Rules,
    /// Whether there are rules that decide on what is declared.
    has_rules: bool,
    /// Whether the device is about to be wiped, so that nothing it offers can come again.
    is_last: bool,
}

type Offers = Vec<Result<Offer, Refused>>;

fn read(group: &PushGroup) -> Result<Offer, Refused> {
    guarded(|| Offer::read(group)).and_then(|read| read)
}

/// The device keeps the act and tries again: that the server cannot read is not the act's fault.
fn cannot_say(offer: &Offer) -> Outcome {
    let doc = DocKey::incident(offer.incident);
    let hashes = Vec::new();
    Outcome::Verdict(Verdict::Missing { doc, hashes })
}

/// A verdict, or what is missing to one.
enum Outcome {
    Verdict(Verdict),
    Places(Vec<Place>),
}

async fn judge_and_keep(app: &App, bench: Bench, offers: Offers) -> Result<Vec<Verdict>, ApiError> {
    let keeper = Arc::clone(&bench.keeper);
    let mut writing = app.store.write().await?;
    let batch = keeper.begin(&mut *writing).await?;
    let read = || offers.iter().filter_map(|offer| offer.as_ref().ok());
    let incidents: BTreeSet<_> = read().map(|offer| offer.incident).collect();
    let actors: BTreeSet<_> = read().flat_map(Offer::actors).collect();
    let changes: BTreeSet<_> = read().flat_map(Offer::consults).collect();
    let known = Known::fetch(&mut *writing, &changes, &actors).await?;
    let found = keeper.find(&mut *writing, &incidents).await?;
    let judged = spawn_blocking(move || bench.judge(offers, found, known, batch)).await;
    let (batch, outcomes) = judged.map_err(ApiError::internal)?;
    if !batch.is_empty() {
        batch.write(&mut *writing).await?;
    }
    let mut verdicts = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        verdicts.push(match outcome {
            Outcome::Verdict(verdict) => verdict,
            Outcome::Places(places) => {
                Verdict::Duplicate(accepted_before(&mut *writing, places).await?)
            }
        });
    }
    if !batch.is_empty() {
        let is_waiting = !batch.undecided.is_empty();
        keeper.finish(writing, batch).await?;
        app.rules.wake_if(is_waiting);
    }
    Ok(verdicts)
}

async fn accepted_before(
    writing: &mut dyn Writing,
    places: Vec<Place>,
) -> Result<Vec<Accepted>, ApiError> {
    let mut accepted = Vec::with_capacity(places.len());
    for Place {
        doc,
        actor,
        actor_seq,
        signed,
    } in places
    {
        let change = writing.change(doc, actor, actor_seq).await?;
        let lost = || ApiError::internal(anyhow::anyhow!("a receipt without its change"));
        let change = change.ok_or_else(lost)?;
        let (hash, seq, receipt) = (change.hash, change.seq, change.receipt);
        accepted.push(Accepted {
            doc,
            hash,
            seq,
            receipt,
            signed,
        });
    }
    Ok(accepted)
}

/// What is stored about actors and refusals.
struct Known {
    actors: std::collections::BTreeMap<Actor, (PersonId, DeviceId)>,
    quarantine: Quarantine,
}

impl Known {
    async fn fetch(
        writing: &mut dyn Writing,
        changes: &BTreeSet<(DocKey, Hash)>,
        actors: &BTreeSet<Actor>,
    ) -> store::Result<Self> {
        let actors: Vec<_> = actors.iter().copied().collect();
        Ok(Self {
            actors: writing.actors(&actors).await?,
            quarantine: writing.refusals(changes).await?,
        })
    }

    fn note(&mut self, refused: &Quarantined) {
        let change = (refused.doc, refused.hash);
        let offered_by = (refused.person, refused.device);
        let before = self.quarantine.entry(change).or_default();
        before.insert(offered_by, refused.refused.clone());
    }
}

impl Bench {
    fn judge(
        &self,
        offers: Offers,
        found: Found,
        mut known: Known,
        mut batch: Batch,
    ) -> (Batch, Vec<Outcome>) {
        let desk = self.keeper.desk(self.now, &self.rules);
        let unread = found.read_into(&mut batch, desk);
        let mut outcomes = Vec::with_capacity(offers.len());
        for offer in offers {
            outcomes.push(match offer {
                Ok(offer) if unread.later.contains(&offer.incident) => cannot_say(&offer),
                // A device that is about to be wiped cannot wait until somebody has mended it.
                Ok(offer) if unread.damaged.contains(&offer.incident) && self.is_last => {
                    self.refuse(&offer, Refused::FollowsRefused, &mut known, &mut batch)
                }
                Ok(offer) if unread.damaged.contains(&offer.incident) => cannot_say(&offer),
                Ok(offer) => self.judge_one(&offer, &mut known, &mut batch),
                Err(refused) => Outcome::Verdict(Verdict::Refused(refused)),
            });
        }
        batch.save();
        (batch, outcomes)
    }

    fn judge_one(&self, offer: &Offer, known: &mut Known, batch: &mut Batch) -> Outcome {
        let desk = self.keeper.desk(self.now, &self.rules);
        let number = self.keeper.number(batch.number);
        let kept = batch.kept.get(&offer.incident).cloned();
        let before = Before {
            kept: kept.as_deref(),
            actors: &known.actors,
            quarantine: &known.quarantine,
            directory: &self.directory,
            next: batch.next,
            number: &number,
        };
        let arrival = Arrival {
            now: self.now,
            clocks: &self.clocks,
            bound_millis: self.bound_millis,
        };
        let judgement = guarded(|| offer.judge(&self.session, arrival, before, desk));
        match judgement.unwrap_or_else(Judgement::Refused) {
            Judgement::Accepted(commit, accepted) => {
                known.actors.extend(&commit.bound);
                batch.effects.extend(self.effects(kept.as_deref(), &commit));
                let is_new = commit.is_numbered && self.has_rules;
                batch.undecided.extend(is_new.then_some(offer.incident));
                batch.add(*commit);
                Outcome::Verdict(Verdict::Accepted(accepted))
            }
            // The act itself is none that anybody has still to hear of.
            Judgement::Completed(commit, places) => {
                known.actors.extend(&commit.bound);
                batch.add(*commit);
                Outcome::Places(places)
            }
            Judgement::Duplicate(places) => Outcome::Places(places),
            // What it rests on comes no more: a lead sees to it.
            Judgement::Missing { .. } if self.is_last => {
                self.refuse(offer, Refused::FollowsRefused, known, batch)
            }
            Judgement::Missing { doc, hashes } => {
                Outcome::Verdict(Verdict::Missing { doc, hashes })
            }
            Judgement::Refused(refused) => self.refuse(offer, refused, known, batch),
        }
    }

    fn refuse(
        &self,
        offer: &Offer,
        refused: Refused,
        known: &mut Known,
        batch: &mut Batch,
    ) -> Outcome {
        self.quarantine(offer, &refused, known, batch);
        Outcome::Verdict(Verdict::Refused(refused))
    }

    fn effects(&self, before: Option<&Kept>, commit: &Commit) -> Vec<Effect> {
        let before = before.map(|kept| &kept.incident);
        let at = self.now.plus(self.wait_millis);
        jobs::of_acts(before, &commit.kept.incident, &self.directory, at)
    }

    fn quarantine(&self, offer: &Offer, refused: &Refused, known: &mut Known, batch: &mut Batch) {
        let offered_by = (self.session.person.id, self.session.device);
        for (doc, hash, bytes) in offer.parts() {
            let before = known.quarantine.get(&(doc, hash));
            if before.is_some_and(|before| before.contains_key(&offered_by)) {
                continue;
            }
            let refused = Quarantined {
                doc,
                hash,
                person: self.session.person.id,
                device: self.session.device,
                act: offer.act,
                received_at: self.now,
                refused: refused.clone(),
                bytes: bytes.to_vec(),
            };
            known.note(&refused);
            batch.quarantined.push(refused);
        }
    }
}

/// Runs what looks into foreign bytes; a panic there is a refusal of these bytes alone.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Refused> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| {
        tracing::error!("judging a pushed act failed");
        Refused::Encoding
    })
}

fn count(app: &App, verdicts: &[Verdict]) {
    let add = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
    for verdict in verdicts {
        match verdict {
            Verdict::Accepted(_) => add(&app.metrics.sync_accepted),
            Verdict::Duplicate(_) => add(&app.metrics.sync_duplicate),
            Verdict::Refused(_) => add(&app.metrics.sync_refused),
            Verdict::Missing { .. } => continue,
        };
    }
}

/// One line for a push, whatever it holds. Who sent it stands in quarantine.
fn log_refusals(verdicts: &[Verdict]) {
    let rules: BTreeSet<_> = verdicts
        .iter()
        .filter_map(|verdict| match verdict {
            Verdict::Refused(refused) => Some(refused.rule()),
            Verdict::Accepted(_) | Verdict::Duplicate(_) | Verdict::Missing { .. } => None,
        })
        .collect();
    if !rules.is_empty() {
        let rules: Vec<_> = rules.into_iter().collect();
        tracing::info!(rules = rules.join(" "), "refused pushed acts");
    }
}
