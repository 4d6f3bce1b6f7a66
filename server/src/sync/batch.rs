//! The commits of one transaction: gathered without I/O, then written at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use shared::document::{Document, ReceiptBook, ReceiptColumns};
use shared::ids::{Actor, DeviceId, DocKey, DocKind, IncidentId, PersonId};
use shared::incidents::{IncidentDocs, IncidentReceipts};
use shared::rows::{Row, pack_one};
use shared::sla::Due;
use shared::sync::Seq;
use shared::sync::server::{Commit, Desk, Kept, Mark};

use crate::store::{
    self, Audience, DocState, Effect, Quarantined, Rest, RowState, StoredDoc, Writing,
};

/// Documents of up to so many changes are saved whole with every commit; longer ones now and then.
const ALWAYS_SAVED: usize = 64;

const SAVED_EVERY: usize = 16;

/// What a transaction is to write, in order.
#[derive(Debug)]
pub(super) struct Batch {
    /// The next free place of the log.
    pub(super) next: Seq,
    /// The next number to give.
    pub(super) number: u64,
    pub(super) kept: BTreeMap<IncidentId, Arc<Kept>>,
    pub(super) quarantined: Vec<Quarantined>,
    /// What is to happen outside once all this is kept.
    pub(super) effects: Vec<Effect>,
    /// On what rules have to decide once all this is kept.
    pub(super) undecided: Vec<IncidentId>,
    commits: Vec<Entry>,
    touched: BTreeMap<IncidentId, Touched>,
}

/// A commit without the incident afterwards, which only the last one of an incident needs.
#[derive(Debug)]
struct Entry {
    incident: IncidentId,
    commit: Slim,
    number: Option<Number>,
}

/// A number to be kept.
#[derive(Debug, Clone, Copy)]
enum Number {
    /// Given now, for the first time.
    Given(u64),
    /// Given in a log before this one.
    Earlier(u64),
}

#[derive(Debug)]
struct Slim {
    changes: Vec<store::StoredChange>,
    joined: Audience,
    left: Audience,
    end: Seq,
    bound: BTreeMap<Actor, (PersonId, DeviceId)>,
}

/// How an incident is to be kept in the end.
#[derive(Debug, Default)]
struct Touched {
    /// How many changes each document got.
    changes: BTreeMap<DocKind, usize>,
    staff: Option<Row>,
    due: Vec<Due>,
    passed: Vec<Due>,
    place: Seq,
    docs: Vec<DocState>,
}

impl Batch {
    pub(super) fn new(next: Seq, number: u64) -> Self {
        Self {
            next,
            number,
            kept: BTreeMap::new(),
            quarantined: Vec::new(),
            effects: Vec::new(),
            undecided: Vec::new(),
            commits: Vec::new(),
            touched: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commits.is_empty() && self.quarantined.is_empty()
    }

    /// The last place taken so far.
    pub(super) fn head(&self) -> Seq {
        Seq(self.next.0 - 1)
    }

    /// Takes a commit in, with the next number if it was given that.
    pub(super) fn add(&mut self, commit: Commit) {
        let number = commit.is_numbered.then_some(self.number);
        self.number += u64::from(commit.is_numbered);
        self.take(commit, number.map(Number::Given));
    }

    /// Takes a commit in that comes from a log before this one, in which the incident had a number.
    pub(super) fn add_returned(&mut self, commit: Commit, number: Option<u64>) {
        self.number = number.map_or(self.number, |number| self.number.max(number + 1));
        self.take(commit, number.map(Number::Earlier));
    }

    /// The numbers that incidents have from a log before this one.
    pub(super) fn earlier(&self) -> impl Iterator<Item = (u64, IncidentId)> {
        self.commits.iter().filter_map(|entry| match entry.number? {
            Number::Earlier(number) => Some((number, entry.incident)),
            Number::Given(_) => None,
        })
    }

    /// The actors that are to be bound.
    pub(super) fn actors(&self) -> Vec<Actor> {
        let entries = self.commits.iter();
        let actors = entries.flat_map(|entry| entry.commit.bound.keys().copied());
        actors.collect()
    }

    /// Leaves those as they are that are bound already.
    pub(super) fn leave_bound(&mut self, bound: &BTreeMap<Actor, (PersonId, DeviceId)>) {
        let mut seen: BTreeSet<_> = bound.keys().copied().collect();
        for entry in &mut self.commits {
            entry.commit.bound.retain(|actor, _| seen.insert(*actor));
        }
    }

    fn take(&mut self, commit: Commit, number: Option<Number>) {
        let incident = commit.kept.docs.id();
        let Commit {
            kept,
            changes,
            joined,
            left,
            end,
            staff,
            due,
            passed,
            bound,
            is_numbered: _,
        } = commit;
        self.next = Seq(end.0 + 1);
        let touched = self.touched.entry(incident).or_default();
        for change in &changes {
            *touched.changes.entry(change.doc.kind).or_default() += 1;
            touched.place = change.seq;
        }
        touched.staff = Some(staff);
        touched.due = due;
        touched.passed.extend(passed);
        self.kept.insert(incident, Arc::new(kept));
        let commit = Slim {
            changes,
            joined,
            left,
            end,
            bound,
        };
        self.commits.push(Entry {
            incident,
            commit,
            number,
        });
    }

    /// Saves the documents that the commits left behind; costs time, so not while others wait.
    pub(super) fn save(&mut self) {
        for (incident, touched) in &mut self.touched {
            let Some(kept) = self.kept.get(incident) else {
                continue;
            };
            let states = touched.changes.iter();
            let states = states.filter_map(|(kind, added)| state(kept, *kind, *added));
            touched.docs = states.collect();
        }
    }

    /// Writes everything; the transaction is still to be committed.
    pub(super) async fn write(&self, writing: &mut dyn Writing) -> store::Result<()> {
        for entry in &self.commits {
            let Slim {
                changes,
                joined,
                left,
                end,
                bound,
            } = &entry.commit;
            writing.append(changes, *end).await?;
            writing
                .move_audience(entry.incident, joined, left, *end)
                .await?;
            for (actor, (person, device)) in bound {
                writing.bind(*actor, *person, *device).await?;
            }
            match entry.number {
                Some(Number::Given(number)) => {
                    writing.give_number(number, entry.incident).await?;
                }
                Some(Number::Earlier(number)) => {
                    writing.take_number(number, entry.incident).await?;
                }
                None => {}
            }
        }
        for (incident, touched) in &self.touched {
            for state in &touched.docs {
                writing.put_doc(state).await?;
            }
            let row = self.kept.get(incident).zip(touched.staff.as_ref());
            if let Some((kept, staff)) = row {
                writing.put_row(&row_state(staff, &kept.public)).await?;
                let since = kept.rests_since(staff);
                writing.put_rest(*incident, Rest::Held(since)).await?;
            }
            writing.place(*incident, touched.place).await?;
            let (due, passed) = (&touched.due, &touched.passed);
            writing.put_due(*incident, due, passed).await?;
        }
        for incident in &self.undecided {
            writing.put_undecided(*incident).await?;
        }
        for effect in &self.effects {
            writing.add_effect(effect).await?;
        }
        writing.quarantine(&self.quarantined).await
    }
}

fn state(kept: &Kept, kind: DocKind, added: usize) -> Option<DocState> {
    let doc = kept.docs.get(kind)?;
    let mark = kept.marks.get(&kind)?;
    let receipts = match kind {
        DocKind::Incident => &kept.receipts.incident,
        DocKind::Work => &kept.receipts.work,
    };
    let (after, before) = (receipts.len(), receipts.len().saturating_sub(added));
    let is_saved = after <= ALWAYS_SAVED || after / SAVED_EVERY != before / SAVED_EVERY;
    Some(DocState {
        doc: doc.key,
        generation: mark.generation,
        last_seq: mark.last_seq,
        snapshot: is_saved.then(|| doc.save()),
        receipts: ReceiptColumns::pack(receipts.iter()),
        signed: mark.signed.clone(),
    })
}

pub(crate) fn row_state(staff: &Row, public: &Row) -> RowState {
    let requester = match &staff.requester {
        shared::incidents::Requester::Person(person) => Some(*person),
        shared::incidents::Requester::Unknown { .. } => None,
    };
    RowState {
        incident: staff.id,
        public: pack_one(public),
        staff: pack_one(staff),
        number: staff.number.clone(),
        state: staff.state,
        priority: staff.priority,
        requester,
        group: staff.group.as_ref().map(|group| group.0.clone()),
        assignee: staff.assignee,
        created_at: staff.created_at,
        updated_at: staff.updated_at,
    }
}

/// Reads an incident from its stored documents; none when one of them cannot be read.
pub(super) fn load(
    id: IncidentId,
    stored: Vec<StoredDoc>,
    audience: Audience,
    desk: Desk<'_>,
) -> Option<Kept> {
    let mut docs = IncidentDocs {
        incident: Document::new(DocKey::incident(id)),
        work: None,
    };
    let mut receipts = IncidentReceipts::default();
    let mut marks = BTreeMap::new();
    for StoredDoc {
        doc,
        generation,
        last_seq,
        bytes,
        receipts: columns,
        signed,
    } in stored
    {
        let document = Document::load(doc, &bytes).ok()?;
        if document.heads() != signed.heads {
            return None;
        }
        let book: ReceiptBook = columns.unpack().into_iter().collect();
        match doc.kind {
            DocKind::Incident => (docs.incident, receipts.incident) = (document, book),
            DocKind::Work => (docs.work, receipts.work) = (Some(document), book),
        }
        marks.insert(
            doc.kind,
            Mark {
                generation,
                last_seq,
                signed,
            },
        );
    }
    Some(Kept::new(docs, receipts, marks, audience, desk))
}
