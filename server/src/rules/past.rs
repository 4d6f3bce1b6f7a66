//! What rules would have done to the incidents that were opened last.
//!
//! Each is read from its document as it was when it was declared. That takes time: whoever asks
//! waits a few seconds at most, and is told how many were looked at.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{DocKind, IncidentId};
use shared::incidents::read_until;
use shared::people::Directory;
use shared::rows::unpack_one;
use shared::rules::{Declared, Rule, Rulebook, RulesTried, Trial};
use shared::targets::Rules;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use crate::App;
use crate::error::ApiError;
use crate::store::{Opened, StoredDoc};
use crate::sync::requesters;
use crate::text::unicode;

/// How many incidents are looked at, and how many in one go.
const PAST_MAX: usize = 2_000;
const SLICE: u32 = 64;

/// After this no more are looked at.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// Some incidents as they are stored, in the order in which they were opened, the last first.
struct Slice {
    rows: Vec<(Opened, Vec<u8>)>,
    docs: Vec<StoredDoc>,
}

/// Looks at the past with rules that nothing is wrong with.
pub(super) async fn look(app: &App, rules: Vec<Rule>) -> Result<RulesTried, ApiError> {
    let (directory, began) = (app.people.current(), Instant::now());
    let editions = Arc::new(directory.rules());
    let beginning = spawn_blocking({
        let directory = Arc::clone(&directory);
        move || {
            let book = Rulebook::new(&rules, &directory, &unicode);
            Trial::new(rules.into(), book.into())
        }
    });
    let mut trial = beginning.await.map_err(ApiError::internal)?;
    let (mut looked, mut before) = (0, None);
    while looked < PAST_MAX && began.elapsed() < LOOK_MAX {
        let slice = slice(app, before).await?;
        let Some((last, _)) = slice.rows.last() else {
            break;
        };
        before = Some(*last);
        looked += slice.rows.len();
        let (directory, editions) = (Arc::clone(&directory), Arc::clone(&editions));
        let looking = spawn_blocking(move || look_at(trial, &slice, &directory, &editions));
        trial = looking.await.map_err(ApiError::internal)?;
    }
    Ok(trial.end())
}

async fn slice(app: &App, before: Option<Opened>) -> Result<Slice, ApiError> {
    let mut view = app.store.view().await?;
    let rows = view.opened_rows(before, SLICE).await?;
    let ids: Vec<_> = rows.iter().map(|((_, id), _)| *id).collect();
    let docs = view.docs(&ids).await?;
    Ok(Slice { rows, docs })
}

/// Leaves out what cannot be read.
fn look_at(mut trial: Trial, slice: &Slice, directory: &Directory, editions: &Rules) -> Trial {
    let docs = slice.docs.iter();
    let docs = docs.filter(|stored| stored.doc.kind == DocKind::Incident);
    let docs: HashMap<IncidentId, _> = docs.map(|stored| (stored.doc.id, stored)).collect();
    for ((_, id), row) in &slice.rows {
        let (Some(stored), Ok(today)) = (docs.get(id), unpack_one(row)) else {
            continue;
        };
        let Ok((docs, receipts)) = requesters(stored) else {
            continue;
        };
        if let Some(first) = read_until(&docs, &receipts, today.created_at) {
            let declared = Declared::of(&first, directory, editions, &unicode);
            trial.look(&declared, &first, &today);
        }
    }
    trial
}
