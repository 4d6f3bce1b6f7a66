//! What is to happen outside once a commit is kept: the outbox, written in the transaction that
//! accepts a fact.

use shared::incidents::Incident;
use shared::notify::{self, Event, Notice};
use shared::people::Directory;
use shared::time::UnixMillis;

use crate::store::{self, Effect, Writing};

/// The kind of effects whose payload is a [`Notice`].
pub(crate) const NOTICE: &str = "notice";

/// Tells what a commit did to an incident to those whom it concerns, from `at` on. Acts that come
/// from elsewhere, such as an import, are not told to anybody.
pub(crate) fn of_acts(
    before: Option<&Incident>,
    after: &Incident,
    directory: &Directory,
    at: UnixMillis,
) -> Vec<Effect> {
    let notices = notify::of_acts(before, after, directory);
    notices.iter().map(|notice| effect(notice, at)).collect()
}

/// Tells what a clock of a service level says, in the transaction that notes it, from `at` on. An
/// event that was told before is not told again.
pub async fn announce(
    writing: &mut dyn Writing,
    event: Event,
    incident: &Incident,
    directory: &Directory,
    at: UnixMillis,
) -> store::Result<()> {
    for notice in notify::of_clock(event, incident, directory) {
        writing.add_effect(&effect(&notice, at)).await?;
    }
    Ok(())
}

fn effect(notice: &Notice, at: UnixMillis) -> Effect {
    Effect {
        key: notice.key(),
        kind: NOTICE.to_owned(),
        payload: serde_json::to_vec(notice).expect("a notice is plain JSON"),
        next_at: at,
    }
}
