//! Runs an import: reads the file, adds what the directory lacks, commits incident by incident.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, ensure};
use shared::document::Document;
use shared::ids::{FactId, IncidentId};
use shared::sync::server::Authored;

use crate::App;
use crate::command::Run;

use super::History;
use super::servicenow::{Added, BadRow, Log, history};

/// How many incidents are committed between two signs of life.
const INCIDENTS_PER_STEP: usize = 128;

/// What an import did, or would do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub rows: usize,
    pub bad: Vec<BadRow>,
    /// People, groups, categories and sites that the directory lacked.
    pub added: usize,
    pub written: usize,
    pub unchanged: usize,
    pub refused: usize,
}

impl Outcome {
    /// Whether everything the file holds is in.
    pub fn is_whole(&self) -> bool {
        self.bad.is_empty() && self.refused == 0
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            bad,
            added,
            written,
            unchanged,
            refused,
        } = self;
        write!(
            f,
            "{rows} rows: {written} incidents new or continued, {unchanged} unchanged, "
        )?;
        write!(f, "{added} names added, {} rows unreadable", bad.len())?;
        if *refused > 0 {
            write!(f, ", {refused} incidents refused")
        } else {
            Ok(())
        }
    }
}

/// Imports a ServiceNow log. `progress` is told how many incidents of how many are done.
pub async fn servicenow(
    app: &App,
    file: &Path,
    run: Run,
    mut progress: impl FnMut(usize, usize),
) -> anyhow::Result<Outcome> {
    let source = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    let source: Box<dyn Read> = Box::new(BufReader::new(source));
    let log = Log::read(source).with_context(|| file.display().to_string())?;
    let mut names = Added::to((*app.people.current()).clone());
    let told = log
        .incidents
        .iter()
        .filter_map(|rows| history(rows, &mut names));
    let histories: Vec<_> = told.collect();
    let mut outcome = Outcome {
        rows: log.rows,
        bad: log.bad,
        added: names.count(),
        ..Outcome::default()
    };
    if run == Run::Write && outcome.added > 0 {
        app.people.replace(app, names.into_directory()).await?;
    }
    let mut done = 0;
    for step in histories.chunks(INCIDENTS_PER_STEP) {
        match run {
            Run::Write => write(app, step, &mut outcome).await?,
            Run::Dry => compare(app, step, &mut outcome).await?,
        }
        done += step.len();
        progress(done, histories.len());
    }
    Ok(outcome)
}

async fn write(app: &App, step: &[History], outcome: &mut Outcome) -> anyhow::Result<()> {
    let now = app.clock.now();
    let authored = step
        .iter()
        .map(|history| history.authored(Some(now)))
        .collect();
    let rules = app.people.current().rules();
    let report = app
        .keeper
        .accept_as_server(&*app.store, authored, &rules, now)
        .await?;
    outcome.written += report.written;
    outcome.unchanged += report.unchanged;
    outcome.refused += report.refused;
    Ok(())
}

/// Counts what would be written, by the facts that the store has.
async fn compare(app: &App, step: &[History], outcome: &mut Outcome) -> anyhow::Result<()> {
    let ids: Vec<_> = step.iter().map(|history| history.id).collect();
    let known = known(app, &ids).await?;
    for history in step {
        let Authored { acts, .. } = history.authored(None);
        let is_known = acts
            .iter()
            .all(|act| act.facts.iter().any(|fact| known.contains(fact)));
        if is_known {
            outcome.unchanged += 1;
        } else {
            outcome.written += 1;
        }
    }
    Ok(())
}

async fn known(app: &App, ids: &[IncidentId]) -> anyhow::Result<BTreeSet<FactId>> {
    let mut known = BTreeSet::new();
    for stored in app.store.view().await?.docs(ids).await? {
        let doc = Document::load(stored.doc, &stored.bytes);
        ensure!(doc.is_ok(), "{} cannot be read", stored.doc);
        let facts = doc.iter().flat_map(|doc| doc.facts().0);
        known.extend(facts.map(|held| held.fact.id));
    }
    Ok(known)
}
