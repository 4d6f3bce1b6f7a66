//! What the engine has told this page: rows, directory, status and the open incident.
//!
//! # Design
//! Question: how do ten thousand rows live in a reactive page? Answer: in one vector outside the
//! graph, kept in the order lists show, with a version that views watch; a view takes the rows it
//! draws. Rejected: a signal or store entry per row, which costs more than drawing the list.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use leptos::prelude::*;

use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Incident, Intent, Priority, Provenance};
use shared::people::Directory;
use shared::rows::Row;

use super::Organisation;
use crate::engine::protocol::{ActNames, News, Rescued, Status};
use crate::ui::browser;

/// One row of so many is put in its place; more are sorted in.
const FEW_IN: usize = 64;

/// A row with the text that the filter looks through, written when somebody first filters.
pub struct Entry {
    pub row: Row,
    text: OnceCell<String>,
}

impl Entry {
    fn new(row: Row) -> Self {
        let text = OnceCell::new();
        Self { row, text }
    }

    /// What the filter looks through, in lower case.
    pub fn text(&self, organisation: &Organisation) -> &str {
        self.text.get_or_init(|| text_of(&self.row, organisation))
    }
}

/// That the stored copy was lost, and what became of what waited in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Rebuilding {
    pub lost_acts: u32,
    pub rescued: Rescued,
}

/// An act that is shown before the engine has done it, and until it is kept.
#[derive(Clone)]
struct Foreseen {
    incident: IncidentId,
    act: ActId,
    fact: FactId,
    intent: Intent,
    from: Provenance,
}

/// The page's picture of the engine's world. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Board {
    rows: StoredValue<Vec<Entry>, LocalStorage>,
    /// Grows whenever a row comes, changes or goes.
    pub version: RwSignal<u32>,
    /// Whether the engine has said what is stored.
    pub started: RwSignal<bool>,
    pub organisation: RwSignal<Arc<Organisation>>,
    pub status: RwSignal<Status>,
    /// The open incident, with the acts on it that the engine has not done yet.
    pub incident: RwSignal<Option<Arc<Incident>>>,
    /// The open incident as the engine read it last.
    told: StoredValue<Option<Arc<Incident>>>,
    foreseen: StoredValue<Vec<Foreseen>>,
    /// Facts on the screen that this device has not committed yet, with their acts.
    pub painted: RwSignal<HashMap<FactId, ActId>>,
    pub sign_in_needed: RwSignal<bool>,
    pub update_needed: RwSignal<bool>,
    pub rebuilding: RwSignal<Option<Rebuilding>>,
    /// The engine fell over again and again.
    pub engine_failed: RwSignal<bool>,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            rows: StoredValue::new_local(Vec::new()),
            version: RwSignal::new(0),
            started: RwSignal::new(false),
            organisation: RwSignal::new(Arc::default()),
            status: RwSignal::new(Status::default()),
            incident: RwSignal::new(None),
            told: StoredValue::new(None),
            foreseen: StoredValue::new(Vec::new()),
            painted: RwSignal::new(HashMap::new()),
            sign_in_needed: RwSignal::new(false),
            update_needed: RwSignal::new(false),
            rebuilding: RwSignal::new(None),
            engine_failed: RwSignal::new(false),
        }
    }

    /// Works on all rows, in the order lists show them; tracks their version.
    pub fn with_rows<T>(self, work: impl FnOnce(&[Entry]) -> T) -> T {
        self.version.track();
        self.rows.with_value(|rows| work(rows))
    }

    /// One row, as it is now.
    pub fn row(self, id: IncidentId) -> Option<Row> {
        self.with_rows(|rows| {
            rows.iter()
                .find(|entry| entry.row.id == id)
                .map(|entry| entry.row.clone())
        })
    }

    pub(super) fn start(self, directory: Option<Directory>, status: Status, rows: Vec<Row>) {
        if let Some(directory) = directory {
            self.organisation.set(Arc::new(Organisation::of(directory)));
        }
        self.rows.update_value(Vec::clear);
        self.take(rows, &[]);
        self.status.set(status);
        self.painted.update(HashMap::clear);
        self.foreseen.update_value(Vec::clear);
        self.started.set(true);
    }

    pub(super) fn clear(self) {
        self.start(Some(Directory::default()), Status::default(), Vec::new());
        self.started.set(false);
        self.close();
        self.sign_in_needed.set(false);
        self.rebuilding.set(None);
    }

    pub(super) fn show(self, incident: Incident) {
        self.told.set_value(Some(Arc::new(incident)));
        self.compose();
    }

    pub(super) fn close(self) {
        self.told.set_value(None);
        self.incident.set(None);
    }

    /// Shows the open incident as the engine read it last, and on it the acts it did not know yet.
    fn compose(self) {
        let told = self.told.get_value();
        let shown = told.map(|told| {
            self.foreseen.with_value(|foreseen| {
                let knows = |fact| told.timeline.iter().any(|event| event.fact == fact);
                let of_it = |one: &&Foreseen| one.incident == told.id && !knows(one.fact);
                let mut shown = Arc::clone(&told);
                for one in foreseen.iter().filter(of_it) {
                    Arc::make_mut(&mut shown).foresee(&one.intent, one.fact, one.from);
                }
                shown
            })
        });
        self.incident.set(shown);
    }

    /// Shows what an act on the open incident will make of it, before the engine has done it.
    pub(super) fn foresee(self, id: IncidentId, intent: &Intent, names: ActNames, by: PersonId) {
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
        let (act, fact) = (names.act, names.fact(intent));
        let one = Foreseen {
            incident: id,
            act,
            fact,
            intent: intent.clone(),
            from,
        };
        self.foreseen.update_value(|foreseen| foreseen.push(one));
        self.painted.update(|painted| {
            painted.insert(fact, act);
        });
        self.compose();
    }

    /// Shows an act: the facts that are new belong to it until it is settled.
    pub(super) fn paint(self, act: ActId, incident: Incident) {
        let before = self.told.get_value();
        let before = before.filter(|before| before.id == incident.id);
        let known: HashSet<FactId> = before
            .iter()
            .flat_map(|before| before.timeline.iter().map(|event| event.fact))
            .collect();
        let events = incident.timeline.iter();
        let fresh =
            events.filter(|event| event.from.arrival.is_none() && !known.contains(&event.fact));
        self.painted.update(|painted| {
            for event in fresh {
                painted.entry(event.fact).or_insert(act);
            }
        });
        if before.is_some() {
            self.show(incident);
        }
    }

    /// An act is kept, or is not to be: what the engine tells of the incident counts.
    pub(super) fn settle(self, act: ActId) {
        self.painted
            .update(|painted| painted.retain(|_, of| *of != act));
        let was_foreseen = self
            .foreseen
            .with_value(|foreseen| foreseen.iter().any(|one| one.act == act));
        if was_foreseen {
            self.foreseen
                .update_value(|foreseen| foreseen.retain(|one| one.act != act));
            self.compose();
        }
    }

    pub(super) fn hear(self, news: News) {
        match news {
            News::Rows { changed, gone } => self.take(changed, &gone),
            // Also one that was not on this device when the page asked for it.
            News::Incident(incident) => self.show(*incident),
            News::Directory(directory) => self.name(*directory),
            News::Status(status) => self.status.set(status),
            News::SignInNeeded => self.sign_in_needed.set(true),
            News::UpdateNeeded => self.update_needed.set(true),
            News::Rebuilding { lost_acts, rescued } => {
                self.rebuilding.set(Some(Rebuilding { lost_acts, rescued }));
            }
            // The link settles acts itself.
            News::Durable { .. } | News::NotKept { .. } => {}
        }
    }

    fn take(self, changed: Vec<Row>, gone: &[IncidentId]) {
        let ids = changed.iter().map(|row| row.id).chain(gone.iter().copied());
        let ids: HashSet<IncidentId> = ids.collect();
        self.rows.update_value(|rows| {
            rows.retain(|entry| !ids.contains(&entry.row.id));
            let is_few = changed.len() < rows.len() / FEW_IN;
            for entry in changed.into_iter().map(Entry::new) {
                let place = if is_few {
                    let key = order(&entry.row);
                    rows.partition_point(|other| order(&other.row) < key)
                } else {
                    rows.len()
                };
                rows.insert(place, entry);
            }
            if !is_few {
                rows.sort_by_cached_key(|entry| order(&entry.row));
            }
        });
        self.version
            .update(|version| *version = version.wrapping_add(1));
    }

    /// Looks all names up again, after the language has changed.
    pub fn name_again(self) {
        let directory = self
            .organisation
            .with_untracked(|all| all.directory.clone());
        self.name(directory);
    }

    fn name(self, directory: Directory) {
        self.organisation.set(Arc::new(Organisation::of(directory)));
        self.rows.update_value(|rows| {
            for entry in rows {
                entry.text.take();
            }
        });
        self.version
            .update(|version| *version = version.wrapping_add(1));
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

fn text_of(row: &Row, organisation: &Organisation) -> String {
    let category = row
        .category
        .as_ref()
        .map(|id| organisation.category_name(id));
    let requester = organisation.requester_name(&row.requester);
    let text = [
        row.name(),
        row.subject.clone(),
        requester,
        category.unwrap_or_default(),
    ];
    browser::lower_case(&text.join("\n"))
}
