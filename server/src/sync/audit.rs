//! Looks through everything that is stored: whether it is what the server wrote, and holds
//! together.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use shared::ids::{Epoch, IncidentId};
use shared::sync::server::{Flaw, Stored};
use shared::targets::Rules;
use shared::time::UnixMillis;
use tokio::task::spawn_blocking;

use super::batch::load;
use super::keeper::Keeper;
use crate::store::{self, Audience, Store, StoreError, StoredChange, StoredDoc, StoredRow, View};

/// How many incidents are looked at together.
const SLICE: u32 = 128;

/// Of so many incidents is said what does not hold.
const TOLD_MAX: usize = 20;

/// What was found.
#[derive(Debug, Default)]
pub struct Audit {
    pub incidents: usize,
    pub changes: usize,
    /// Incidents with flaws; of the first of them, what does not hold.
    pub flawed: usize,
    pub told: Vec<(IncidentId, Vec<String>)>,
}

impl Audit {
    pub fn is_sound(&self) -> bool {
        self.flawed == 0
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            incidents,
            changes,
            flawed,
            told,
        } = self;
        write!(f, "{incidents} incidents, {changes} changes: ")?;
        if self.is_sound() {
            return writeln!(f, "all of it is sound");
        }
        writeln!(f, "{flawed} incidents are damaged")?;
        for (incident, flaws) in told {
            for flaw in flaws {
                writeln!(f, "{incident}: {flaw}")?;
            }
        }
        Ok(())
    }
}

/// What the store has of some incidents.
struct Slice {
    docs: BTreeMap<IncidentId, Vec<StoredDoc>>,
    changes: BTreeMap<IncidentId, Vec<StoredChange>>,
    rows: BTreeMap<IncidentId, StoredRow>,
    audiences: BTreeMap<IncidentId, Audience>,
}

impl Slice {
    async fn read(view: &mut dyn View, ids: &[IncidentId]) -> store::Result<Self> {
        let mut slice = Self {
            docs: BTreeMap::new(),
            changes: BTreeMap::new(),
            rows: BTreeMap::new(),
            audiences: BTreeMap::new(),
        };
        for doc in view.docs(ids).await? {
            slice.docs.entry(doc.doc.id).or_default().push(doc);
        }
        for change in view.changes(ids, shared::sync::Seq(0)).await? {
            let of = slice.changes.entry(change.doc.id).or_default();
            of.push(change);
        }
        let rows = view.rows(ids).await?.into_iter();
        slice.rows = rows.map(|row| (row.incident, row)).collect();
        for id in ids {
            slice.audiences.insert(*id, view.audience(*id).await?);
        }
        Ok(slice)
    }

    /// What does not hold, of each incident that has flaws.
    fn audit(
        mut self,
        keeper: &Keeper,
        rules: &Rules,
        epochs: &[Epoch],
    ) -> Vec<(IncidentId, Vec<String>)> {
        let desk = keeper.desk(UnixMillis(0), rules);
        let mut found = Vec::new();
        for (id, docs) in std::mem::take(&mut self.docs) {
            let audience = self.audiences.remove(&id).unwrap_or_default();
            let changes = self.changes.remove(&id).unwrap_or_default();
            let row = self.rows.remove(&id);
            let audit = || {
                let Some(kept) = load(id, docs, audience, desk) else {
                    return vec!["its documents cannot be read, or are not those signed".into()];
                };
                let (staff, public) = row.as_ref().map(|row| (&*row.staff, &*row.public)).unzip();
                let stored = Stored {
                    changes: &changes,
                    staff: staff.unwrap_or_default(),
                    public: public.unwrap_or_default(),
                    epochs,
                };
                let flaws = kept.audit(stored, desk);
                flaws.iter().map(Flaw::to_string).collect()
            };
            let flaws = catch_unwind(AssertUnwindSafe(audit));
            let flaws = flaws.unwrap_or_else(|_| vec!["looking at it failed".to_owned()]);
            if !flaws.is_empty() {
                found.push((id, flaws));
            }
        }
        found
    }
}

impl Keeper {
    /// Looks through everything that is stored.
    pub async fn audit(self: &Arc<Self>, store: &dyn Store, rules: &Rules) -> store::Result<Audit> {
        let mut view = store.view().await?;
        let mut epochs = view.epochs().await?;
        epochs.push(self.epoch);
        let mut audit = Audit::default();
        let mut after = None;
        loop {
            let ids = view.incidents(after, SLICE).await?;
            let Some(last) = ids.last().copied() else {
                return Ok(audit);
            };
            let slice = Slice::read(&mut *view, &ids).await?;
            audit.incidents += ids.len();
            audit.changes += slice.changes.values().map(Vec::len).sum::<usize>();
            let (keeper, rules, epochs) = (Arc::clone(self), rules.clone(), epochs.clone());
            let found = spawn_blocking(move || slice.audit(&keeper, &rules, &epochs)).await;
            let found = found.map_err(|_| StoreError::Unreadable { what: "a slice" })?;
            audit.flawed += found.len();
            let room = TOLD_MAX.saturating_sub(audit.told.len());
            audit.told.extend(found.into_iter().take(room));
            after = Some(last);
        }
    }
}
