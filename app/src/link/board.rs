//! What the engine has told this page: rows, directory, status and the open incident.
//!
//! # Design
//! Question: how do ten thousand rows live in a reactive page? Answer: in one vector outside the
//! graph, kept in the order lists show, with a version that views watch; a view takes the rows it
//! draws. Rejected: a signal or store entry per row, which costs more than drawing the list.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Incident, Intent, Priority, Provenance};
use shared::people::Directory;
use shared::rows::Row;
use shared::search::Searchable;
use shared::sync::message::There;

use super::Organisation;
use super::open::{Foreseen, Opened};
use crate::engine::protocol::{ActNames, Line, News, Rescued, Sealed, Status, WrittenDraft};
use crate::ui::browser;

/// How many rows are made ready for the search between two frames.
const FOLDED_AT_ONCE: usize = 256;

/// How long lists may lag behind what has come. What comes meanwhile is taken in with it: looking
/// through ten thousand rows for each change would leave no time for what people do.
const LAG: Duration = Duration::from_millis(50);

/// So many rows are put in order, and the lists looked through, in one task.
const TAKEN_WITH_LISTS: usize = 64;

/// A row with its texts as the search looks through them.
pub struct Entry {
    pub row: Row,
    texts: OnceCell<Searchable>,
}

impl Entry {
    fn new(row: Row) -> Rc<Self> {
        let texts = OnceCell::new();
        Rc::new(Self { row, texts })
    }

    /// What the search looks through; made once.
    pub fn texts(&self, make: impl FnOnce(&Row) -> Searchable) -> &Searchable {
        self.texts.get_or_init(|| make(&self.row))
    }
}

/// All rows, in the order lists show them, and by their incident.
#[derive(Default)]
struct Rows {
    sorted: Vec<Rc<Entry>>,
    by_id: HashMap<IncidentId, Rc<Entry>>,
    /// What has come, changed or gone since it was last asked.
    touched: Touched,
    /// Rows whose texts are not ready for the search yet.
    unfolded: Vec<Rc<Entry>>,
    /// What has come and is not in the lists yet; none while nothing is awaited.
    coming: Option<Coming>,
}

/// Rows that whoever counts them has to look at.
pub enum Touched {
    All,
    Some(HashSet<IncidentId>),
}

impl Default for Touched {
    fn default() -> Self {
        Self::Some(HashSet::new())
    }
}

/// What the engine told of rows, in its order.
#[derive(Default)]
struct Coming {
    changed: HashMap<IncidentId, Row>,
    gone: HashSet<IncidentId>,
}

impl Coming {
    fn add(&mut self, changed: Vec<Row>, gone: Vec<IncidentId>) {
        for id in gone {
            self.changed.remove(&id);
            self.gone.insert(id);
        }
        for row in changed {
            self.gone.remove(&row.id);
            self.changed.insert(row.id, row);
        }
    }
}

impl Rows {
    fn take(&mut self, Coming { changed, gone }: Coming) {
        if let Touched::Some(touched) = &mut self.touched {
            touched.extend(changed.keys().chain(&gone));
        }
        let mut is_known = false;
        for id in changed.keys().chain(&gone) {
            is_known |= self.by_id.remove(id).is_some();
        }
        if is_known {
            let by_id = &self.by_id;
            self.sorted
                .retain(|entry| by_id.contains_key(&entry.row.id));
        }
        for entry in changed.into_values().map(Entry::new) {
            self.by_id.insert(entry.row.id, Rc::clone(&entry));
            self.unfolded.push(Rc::clone(&entry));
            self.sorted.push(entry);
        }
        // What was in order already is a run that the sort only merges with.
        self.sorted.sort_by_key(|entry| order(&entry.row));
    }

    /// Holds these rows, each of another incident, and no others.
    fn fill(&mut self, rows: impl Iterator<Item = Row>) {
        self.touched = Touched::All;
        self.sorted = rows.map(Entry::new).collect();
        self.sorted.sort_by_cached_key(|entry| order(&entry.row));
        let entries = self
            .sorted
            .iter()
            .map(|entry| (entry.row.id, Rc::clone(entry)));
        self.by_id = entries.collect();
        self.unfolded.clone_from(&self.sorted);
    }

    /// Forgets what was folded with names that no longer hold.
    fn fold_again(&mut self) {
        let rows = std::mem::take(&mut self.sorted);
        self.fill(rows.iter().map(|entry| entry.row.clone()));
    }

    /// Folds some rows; says whether others are left.
    fn fold(&mut self, fold: impl Fn(&Entry)) -> bool {
        let left = self.unfolded.len().saturating_sub(FOLDED_AT_ONCE);
        for entry in self.unfolded.drain(left..) {
            // A row that has changed since is not looked through any more.
            if Rc::strong_count(&entry) > 1 {
                fold(&entry);
            }
        }
        left > 0
    }
}

/// That the stored copy was lost, and what became of what waited in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rebuilding {
    pub lost_acts: u32,
    pub rescued: Option<Sealed<Rescued>>,
}

/// How the engine stands to tabs of other versions on this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    Same,
    /// A tab of an earlier version keeps the database from being opened.
    Blocked,
    /// A later version took over the database; this page has let go of it.
    Superseded,
    /// A later version had changed the database before this page started.
    Earlier,
}

/// The page's picture of the engine's world. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Board {
    rows: StoredValue<Rows, LocalStorage>,
    /// Grows whenever a row comes, changes or goes.
    pub version: RwSignal<u32>,
    /// Whether the engine has said what is stored.
    pub started: RwSignal<bool>,
    pub organisation: RwSignal<Arc<Organisation>>,
    pub status: RwSignal<Status>,
    /// The open incident, with the acts on it that the engine has not done yet.
    pub incident: RwSignal<Option<Arc<Incident>>>,
    /// Incidents that have left this device since the page began: their reader may no longer see
    /// them, or they were never accepted.
    pub lost: RwSignal<BTreeSet<IncidentId>>,
    /// What the open incident is made of.
    pub(super) opened: StoredValue<Opened>,
    /// Facts on the screen that this device has not committed yet, with their acts.
    pub painted: RwSignal<HashMap<FactId, ActId>>,
    /// Whether the session has ended.
    sign_in_needed: RwSignal<bool>,
    pub update_needed: RwSignal<bool>,
    /// What another tab has just written as a draft.
    pub drafted: RwSignal<Option<WrittenDraft>>,
    /// How the engine stands to tabs of other versions.
    pub versions: RwSignal<Versions>,
    /// The browser removed the database, with so many acts that had not been sent.
    pub evicted: RwSignal<Option<u32>>,
    pub rebuilding: RwSignal<Option<Rebuilding>>,
    /// The engine fell over again and again.
    pub engine_failed: RwSignal<bool>,
}

impl Board {
    pub(super) fn new(sign_in_needed: RwSignal<bool>) -> Self {
        Self {
            rows: StoredValue::new_local(Rows::default()),
            version: RwSignal::new(0),
            started: RwSignal::new(false),
            organisation: RwSignal::new(Arc::default()),
            status: RwSignal::new(Status::default()),
            incident: RwSignal::new(None),
            lost: RwSignal::new(BTreeSet::new()),
            opened: StoredValue::new(Opened::default()),
            painted: RwSignal::new(HashMap::new()),
            sign_in_needed,
            update_needed: RwSignal::new(false),
            drafted: RwSignal::new(None),
            versions: RwSignal::new(Versions::Same),
            evicted: RwSignal::new(None),
            rebuilding: RwSignal::new(None),
            engine_failed: RwSignal::new(false),
        }
    }

    /// Works on all rows, in the order lists show them; tracks their version.
    pub fn with_rows<T>(self, work: impl FnOnce(&[Rc<Entry>]) -> T) -> T {
        self.version.track();
        self.rows.with_value(|rows| work(&rows.sorted))
    }

    /// The incidents that have a row in the lists.
    pub fn listed(self) -> Vec<IncidentId> {
        self.rows
            .with_value(|rows| rows.by_id.keys().copied().collect())
    }

    /// Works on the row of an incident, as the lists have it.
    pub fn with_listed<T>(self, id: IncidentId, work: impl FnOnce(&Entry) -> T) -> Option<T> {
        self.rows
            .with_value(|rows| rows.by_id.get(&id).map(|entry| work(entry)))
    }

    /// What has become of rows since it was last asked.
    pub fn take_touched(self) -> Touched {
        let touched = self
            .rows
            .try_update_value(|rows| std::mem::take(&mut rows.touched));
        touched.unwrap_or_default()
    }

    /// Who else is where this person is.
    pub fn there(self) -> RwSignal<Vec<There>> {
        self.opened.with_value(|opened| opened.there)
    }

    /// One row, as it is now.
    pub fn row(self, id: IncidentId) -> Option<Row> {
        self.version.track();
        self.rows.with_value(|rows| {
            let coming = rows.coming.as_ref();
            let coming = coming.and_then(|coming| coming.changed.get(&id));
            let known = || rows.by_id.get(&id).map(|entry| &entry.row);
            coming.or_else(known).cloned()
        })
    }

    pub(super) fn start(self, directory: Option<Directory>, status: Status, rows: Vec<Row>) {
        if let Some(directory) = directory {
            self.organisation.set(Arc::new(Organisation::of(directory)));
        }
        self.find(rows.iter().map(|row| row.id));
        self.rows.set_value(Rows::default());
        self.rows.update_value(|own| own.fill(rows.into_iter()));
        self.has_changed();
        self.status.set(status);
        self.painted.update(HashMap::clear);
        self.opened.update_value(|opened| opened.foreseen.clear());
        self.versions.set(Versions::Same);
        self.started.set(true);
    }

    pub(super) fn clear(self) {
        self.start(Some(Directory::default()), Status::default(), Vec::new());
        self.started.set(false);
        self.lost.update(BTreeSet::clear);
        self.close();
        self.sign_in_needed.set(false);
        self.there().update(Vec::clear);
        self.rebuilding.set(None);
        self.evicted.set(None);
    }

    pub(super) fn show(self, told: &Sealed<Incident>) {
        self.compose(Some(told));
    }

    fn compose(self, told: Option<&Sealed<Incident>>) {
        if let Some(compose) = self.opened.with_value(|opened| opened.compose) {
            compose(self, told);
        }
    }

    pub(super) fn close(self) {
        self.opened.update_value(|opened| opened.told = None);
        self.incident.set(None);
    }

    /// Notes an act as not kept yet, and shows what it will make of the incident if that is open,
    /// before the engine has done it.
    pub(super) fn foresee(self, id: IncidentId, intent: &Intent, names: ActNames, by: PersonId) {
        let (act, fact) = (names.act, names.fact(intent));
        self.painted.update(|painted| {
            painted.extend(names.facts.map(|fact| (fact, act)));
        });
        let shown = self.incident.get_untracked();
        let Some(shown) = shown.filter(|shown| shown.id == id) else {
            return;
        };
        let now = browser::now();
        let from = Provenance {
            by,
            at: now,
            corrected: now.max(shown.updated_at),
            arrival: None,
        };
        let one = Foreseen {
            incident: id,
            act,
            fact,
            intent: intent.clone(),
            from,
            is_kept: false,
        };
        self.opened.update_value(|opened| opened.foreseen.push(one));
        self.compose(None);
    }

    /// An act is kept: what the engine tells next of the incident has it.
    pub(super) fn note_kept(self, act: ActId) {
        self.painted
            .update(|painted| painted.retain(|_, of| *of != act));
        self.opened.update_value(|opened| {
            let mut foreseen = opened.foreseen.iter_mut();
            if let Some(one) = foreseen.find(|one| one.act == act) {
                one.is_kept = true;
            }
        });
    }

    /// An act is not to be: what the engine tells of the incident counts.
    pub(super) fn drop_foreseen(self, act: ActId) {
        self.painted
            .update(|painted| painted.retain(|_, of| *of != act));
        let was_foreseen = self.opened.try_update_value(|opened| {
            let before = opened.foreseen.len();
            opened.foreseen.retain(|one| one.act != act);
            opened.foreseen.len() < before
        });
        if was_foreseen == Some(true) {
            self.compose(None);
        }
    }

    pub(super) fn hear(self, news: News) {
        match news {
            News::Rows { changed, gone } => {
                self.lose(&gone);
                self.find(changed.iter().map(|row| row.id));
                self.take_soon(changed, gone);
            }
            // Also one that was not on this device when the page asked for it.
            News::Incident { incident, .. } => self.show(&incident),
            News::Directory(directory) => self.take_directory(*directory),
            News::Status(status) => self.take_status(status),
            News::SignInNeeded => self.sign_in_needed.set(true),
            News::UpdateNeeded => self.update_needed.set(true),
            News::Drafted(written) => self.drafted.set(Some(written)),
            News::There(there) => self.there().set(there),
            News::Superseded => self.versions.set(Versions::Superseded),
            News::Blocked => self.versions.set(Versions::Blocked),
            News::Rebuilding { lost_acts, rescued } => {
                self.rebuilding.set(Some(Rebuilding { lost_acts, rescued }));
            }
            // The link settles acts itself, and a wipe is the session's.
            News::Durable { .. } | News::NotKept { .. } | News::Wiping | News::Lock => {}
        }
    }

    /// Takes away at once what its reader may no longer see, also from the open incident.
    fn lose(self, gone: &[IncidentId]) {
        if gone.is_empty() {
            return;
        }
        self.lost.update(|lost| lost.extend(gone));
        if self
            .opened
            .with_value(|opened| gone.iter().any(|id| opened.is(*id)))
        {
            self.close();
        }
    }

    /// What was lost is here again.
    fn find(self, here: impl Iterator<Item = IncidentId> + Clone) {
        let is_back = self
            .lost
            .with_untracked(|lost| !lost.is_empty() && here.clone().any(|id| lost.contains(&id)));
        if is_back {
            let here: HashSet<_> = here.collect();
            self.lost
                .update(|lost| lost.retain(|id| !here.contains(id)));
        }
    }

    fn take_status(self, status: Status) {
        // Somebody signed in again, on this page or on another.
        if status.line == Line::Online && self.sign_in_needed.get_untracked() {
            self.sign_in_needed.set(false);
        }
        if self.status.with_untracked(|before| *before != status) {
            self.status.set(status);
        }
    }

    /// Takes rows in, with all that comes until then. What is first to be seen is not kept waiting.
    fn take_soon(self, changed: Vec<Row>, gone: Vec<IncidentId>) {
        let wait = self.rows.try_update_value(|rows| {
            let is_awaited = rows.coming.is_some();
            rows.coming.get_or_insert_default().add(changed, gone);
            let wait = if rows.sorted.is_empty() {
                Duration::ZERO
            } else {
                LAG
            };
            (!is_awaited).then_some(wait)
        });
        if let Some(wait) = wait.flatten() {
            set_timeout(move || self.take_what_came(), wait);
        }
    }

    fn take_what_came(self) {
        let coming = self.rows.try_update_value(|rows| rows.coming.take());
        let Some(coming) = coming.flatten() else {
            return;
        };
        let are_many = coming.changed.len() > TAKEN_WITH_LISTS;
        self.rows.update_value(|rows| rows.take(coming));
        if are_many {
            // In a task of its own: what somebody does meanwhile goes in between.
            set_timeout(move || self.has_changed(), Duration::ZERO);
        } else {
            self.has_changed();
        }
    }

    fn has_changed(self) {
        self.version
            .update(|version| *version = version.wrapping_add(1));
    }

    /// Makes some rows ready for the search, which only the search can; says whether others are
    /// left.
    pub fn fold_some(self, fold: impl Fn(&Entry)) -> bool {
        let is_more = self.rows.try_update_value(|rows| rows.fold(fold));
        is_more == Some(true)
    }

    /// Looks all names up again, after the language has changed.
    pub fn name_again(self) {
        let directory = self
            .organisation
            .with_untracked(|all| all.directory.clone());
        self.name(directory);
    }

    /// No name has changed where only saved views have.
    fn take_directory(self, directory: Directory) {
        let have_names_changed = self.organisation.with_untracked(|before| {
            let before = &before.directory;
            let as_before = Directory {
                version: before.version,
                views: before.views.clone(),
                ..directory.clone()
            };
            as_before != *before
        });
        if have_names_changed {
            self.name(directory);
        } else {
            self.organisation.set(Arc::new(Organisation::of(directory)));
        }
    }

    fn name(self, directory: Directory) {
        self.organisation.set(Arc::new(Organisation::of(directory)));
        self.rows.update_value(Rows::fold_again);
        self.has_changed();
    }
}

/// Open work by priority, the oldest first; then the rest, the latest first.
fn order(row: &Row) -> (bool, Priority, i64, IncidentId) {
    if row.state.is_open() {
        (false, row.priority, row.created_at.0, row.id)
    } else {
        (true, Priority::P4, -row.updated_at.0, row.id)
    }
}
