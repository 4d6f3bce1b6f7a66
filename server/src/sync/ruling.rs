//! What rules give to what is declared: soon after it was accepted, and once.
//!
//! # Design
//! Question: how is an incident decided on once, whenever the server dies? Answer: that rules have
//! to decide is written with the declaration, and deleted with what they gave, each in one
//! transaction; and whatever they gave is in the history, in facts of names that follow from the
//! incident. Rejected: deciding within the push (rules would delay it, and could fail it), and
//! looking for incidents that no rule has touched (with every version of the rules old ones would
//! be decided anew).
//!
//! Question: what of acts that were done offline by then? Answer: rules say nothing where the
//! server knows that somebody has; what it hears of later is concurrent, and what a person said
//! holds against what a rule gave.

use std::sync::Arc;
use std::time::Duration;

use shared::incidents::{EventKind, read_until};
use shared::rules::{Declared, Rulebook};
use shared::sync::server::Kept;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::own::{self, Circumstances, Own};
use crate::App;
use crate::store::{self, StoreError};
use crate::text::unicode;

/// How many incidents are decided on in one transaction: others wait for it, and so few can always
/// be read together, however large they are.
const STEP: u32 = 4;

/// What others may do in between.
const PAUSE: Duration = Duration::from_millis(20);

/// What failed is tried again.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// Decides whenever something was declared, until the server stops.
pub(crate) async fn run(app: Arc<App>) {
    loop {
        match rule(&app).await {
            Ok(0) => {}
            Ok(incidents) => tracing::info!(incidents, "rules decided on what was declared"),
            Err(cause) => {
                let cause = format!("{cause:#}");
                tracing::warn!(cause, "rules do not decide on what was declared");
            }
        }
        tokio::select! {
            () = app.rules.woken() => {}
            () = sleep(LOOK_EVERY) => {}
            () = app.stopped() => return,
        }
    }
}

/// Decides on everything that waits. Returns how many incidents were given something.
pub async fn rule(app: &App) -> store::Result<usize> {
    let mut given = 0;
    while !app.store.view().await?.undecided(1).await?.is_empty() {
        given += step(app).await?;
        sleep(PAUSE).await;
    }
    Ok(given)
}

async fn step(app: &App) -> store::Result<usize> {
    let _still = app.people.stay().await;
    let (held, directory) = (app.rules.current(), app.people.current());
    let version = held.version;
    let reading = spawn_blocking(move || Rulebook::new(&held.rules, &directory, &unicode));
    let book = reading.await.map_err(|_| UNREADABLE)?;
    let mut writing = app.store.write().await?;
    let ids = writing.undecided(STEP).await?;
    writing.decided(&ids).await?;
    let decide = move |kept: &Kept, of: &Circumstances| decision(kept, of, (&book, version));
    let given = own::act_on(app, writing, ids.clone(), decide).await?;
    if given == 0 {
        // Without an act nothing was kept.
        let mut writing = app.store.write().await?;
        writing.decided(&ids).await?;
        let head = writing.log().await?.head;
        writing.commit(head).await?;
    }
    Ok(given)
}

const UNREADABLE: StoreError = StoreError::Unreadable {
    what: "rules that stop their reader",
};

fn decision(
    kept: &Kept,
    circumstances: &Circumstances,
    (book, version): (&Rulebook, u32),
) -> Option<Own> {
    let Circumstances {
        directory,
        rules,
        now,
        ..
    } = circumstances;
    let incident = &kept.incident;
    let mut events = incident.timeline.iter();
    let is_decided = events.any(|event| matches!(event.kind, EventKind::Ruled(_)));
    if is_decided || !incident.state.is_open() {
        return None;
    }
    let first = read_until(&kept.docs, &kept.receipts, incident.created.corrected)?;
    let declared = Declared::of(&first, directory, rules, &unicode);
    let decision = book.decide(&declared).beside(incident);
    let acts = decision.acts(book, version).into_iter();
    let acts = acts.map(|(word, intent)| {
        let why = ["ruling", word.as_str()];
        own::act(incident.id, intent, (&why, incident.created.at), *now)
    });
    let acts: Vec<_> = acts.collect();
    (!acts.is_empty()).then_some(Own {
        acts,
        is_told: true,
    })
}
