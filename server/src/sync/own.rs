//! Acts of the server's own: what the settings have it do when nobody else does.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, Intent};
use shared::people::Directory;
use shared::sync::server::{Authored, Kept, Numbering, author};
use shared::targets::Rules;
use shared::time::{Boot, UnixMillis};
use tokio::task::spawn_blocking;

use super::batch::Batch;
use super::keeper::{Found, Keeper};
use crate::App;
use crate::import;
use crate::jobs;
use crate::store::{self, StoreError, Writing};

/// What is done to an incident.
pub(super) struct Own {
    pub(super) acts: Vec<Drafted>,
    /// Whether those are told whom it concerns.
    pub(super) is_told: bool,
}

/// The act that does something to an incident. Its names follow from why it is done, and from the
/// moment that made it due: done again by a server that was restored, it is there once.
pub(super) fn act(
    id: IncidentId,
    intent: Intent,
    (why, because): (&[&str], UnixMillis),
    at: UnixMillis,
) -> Drafted {
    let (id, moment) = (id.to_string(), because.0.to_string());
    let name = |what: &str| {
        let mut names = vec![what, &id, &moment];
        names.extend(why);
        import::name(&names)
    };
    Drafted {
        act: ActId::new(because, name("act")),
        intent,
        facts: [
            FactId::new(because, name("fact")),
            FactId::new(because, name("fact beneath")),
        ],
        by: PersonId::SERVER,
        at,
        boot: Boot::default(),
        mono: 0,
        saw: None,
    }
}

/// What a decision goes by.
pub(super) struct Circumstances {
    keeper: Arc<Keeper>,
    pub(super) directory: Arc<Directory>,
    pub(super) rules: Rules,
    pub(super) now: UnixMillis,
    wait_millis: i64,
}

/// Does to each incident what is decided of it as it is kept. Returns to how many anything was
/// done.
pub(super) async fn act_on(
    app: &App,
    mut writing: Box<dyn Writing>,
    ids: BTreeSet<IncidentId>,
    decide: impl Fn(&Kept, &Circumstances) -> Option<Own> + Send + 'static,
) -> store::Result<usize> {
    let directory = app.people.current();
    let batch = app.keeper.begin(&mut *writing).await?;
    let found = app.keeper.find(&mut *writing, &ids).await?;
    let circumstances = Circumstances {
        keeper: Arc::clone(&app.keeper),
        rules: directory.rules(),
        directory,
        now: app.clock.now(),
        wait_millis: i64::from(app.config.notify_wait_seconds) * 1_000,
    };
    let acting = spawn_blocking(move || circumstances.act_on(&ids, found, batch, decide));
    let (batch, acted) = acting.await.map_err(|_| STOPPED)?;
    if !batch.is_empty() {
        app.keeper.keep(writing, batch).await?;
    }
    Ok(acted)
}

const STOPPED: StoreError = StoreError::Unreadable {
    what: "an incident that the server is to act on",
};

impl Circumstances {
    fn act_on(
        &self,
        ids: &BTreeSet<IncidentId>,
        found: Found,
        mut batch: Batch,
        decide: impl Fn(&Kept, &Self) -> Option<Own>,
    ) -> (Batch, usize) {
        let desk = self.keeper.desk(self.now, &self.rules);
        let unread = found.read_into(&mut batch, desk);
        let mut acted = 0;
        for id in ids.iter().filter(|id| !unread.has(**id)) {
            let Some(kept) = batch.kept.get(id).cloned() else {
                continue;
            };
            let decided = catch_unwind(AssertUnwindSafe(|| decide(&kept, self)));
            let decided = decided.unwrap_or_else(|_| {
                tracing::error!(incident.id = %id, "nothing can be decided of an incident");
                None
            });
            let Some(Own { acts, is_told }) = decided else {
                continue;
            };
            let authored = Authored {
                incident: *id,
                acts,
                numbering: Numbering::Next,
                received_at: Some(self.now),
            };
            let write = || author(&authored, Some(&kept), batch.next, "", desk);
            let written = catch_unwind(AssertUnwindSafe(write));
            if !matches!(written, Ok(Ok(_))) {
                tracing::error!(incident.id = %id, "an act of the server's own cannot be written");
            }
            if let Ok(Ok(Some(commit))) = written {
                if is_told {
                    let at = self.now.plus(self.wait_millis);
                    let (before, after) = (&kept.incident, &commit.kept.incident);
                    let told = jobs::of_acts(Some(before), after, &self.directory, at);
                    batch.effects.extend(told);
                }
                batch.add(commit);
                acted += 1;
            }
        }
        batch.save();
        (batch, acted)
    }
}
