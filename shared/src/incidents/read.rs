//! From documents, in whatever state a merge left them, to the incident that people see.

use crate::document::{Document, ReceiptBook, TextName};
use crate::ids::{DocKind, FactId, PersonId};
use crate::time::UnixMillis;

use super::content::{Content, Step};
use super::diagnosis::Diagnosis;
use super::fold::{self, Phase, severity, value};
use super::known::{Knowledge, Known};
use super::{
    Acknowledged, Assignment, Channel, Declare, Event, Field, GaveWay, Hold, Incident,
    IncidentDocs, Level, Override, Past, Provenance, Requester, Said,
};

/// The receipts of an incident's documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IncidentReceipts {
    pub incident: ReceiptBook,
    pub work: ReceiptBook,
}

/// Something odd that reading met and went on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anomaly {
    /// The incident document does not say how it was created.
    NotCreated,
    /// The incident document was created more than once; the earliest counts.
    CreatedTwice,
    /// Facts or keys that this version cannot read.
    Strange { doc: DocKind, count: usize },
}

/// Reads an incident. Without its work document the result is what the requester may see.
pub fn read(docs: &IncidentDocs, receipts: &IncidentReceipts) -> (Incident, Vec<Anomaly>) {
    let known = Knowledge::of(&docs.incident, &receipts.incident);
    let work = docs.work.as_ref();
    let work = work.map(|work| Knowledge::of(work, &receipts.work));
    let notes = Notes::of(&docs.incident, &known);
    read_known(docs, (&known, work.as_ref()), &notes)
}

/// Reads an incident as it was at a moment of corrected time, by all that is known now of what had
/// happened by then: work that came late counts from when it was done. None before it was there.
pub fn read_until(
    docs: &IncidentDocs,
    receipts: &IncidentReceipts,
    until: UnixMillis,
) -> Option<Incident> {
    let known = Knowledge::until(&docs.incident, &receipts.incident, until);
    let work = docs.work.as_ref();
    let work = work.map(|work| Knowledge::until(work, &receipts.work, until));
    let notes = Notes::left(&docs.incident, &known);
    let (incident, _) = read_known(docs, (&known, work.as_ref()), &notes);
    (!known.facts.is_empty()).then_some(incident)
}

fn read_known(
    docs: &IncidentDocs,
    (known, work): (&Knowledge, Option<&Knowledge>),
    notes: &Notes,
) -> (Incident, Vec<Anomaly>) {
    let created = earliest(known, |content| matches!(content, Content::Created { .. }));
    let mut anomalies = strange(known);
    anomalies.extend(work.into_iter().flat_map(strange));
    anomalies.extend(created.1.then_some(Anomaly::CreatedTwice));
    anomalies.extend(created.0.is_none().then_some(Anomaly::NotCreated));

    let diagnosis = Diagnosis::of(docs.work.as_ref(), work);
    let timeline = timeline(known, work, (notes, &diagnosis));
    let last = known
        .facts
        .iter()
        .chain(work.into_iter().flat_map(|work| &work.facts));
    let last = last.filter(|fact| !fact.is_silent);
    let updated_at = last.map(|fact| fact.from.corrected).max();
    let base = Base::of(created.0);
    let course = course(known, &base);
    let incident = Incident {
        id: docs.id(),
        is_public: docs.work.is_none(),
        number: number(known),
        created: base.birth,
        declared_by: base.birth.by,
        channel: created.0.map_or(Channel::Import, channel),
        first: created
            .0
            .and_then(|fact| declared(fact).cloned().map(Box::new)),
        description: docs.incident.text(TextName::Description),
        diagnosis: diagnosis.holds,
        asset: created.0.and_then(|fact| declared(fact)?.asset.clone()),
        contact: created.0.and_then(|fact| declared(fact)?.contact.clone()),
        subject: base.or(fold::field(known, value::subject, none)),
        category: base.or(fold::field(known, value::category, none)),
        impact: base.level(fold::field(known, value::impact, severity)),
        urgency: base.level(fold::field(known, value::urgency, severity)),
        site: base.or(fold::field(known, value::site, none)),
        requester: course.requester,
        priority: fold::field(known, value::priority, fold::urgency_of)
            .unwrap_or_else(|| base.field(Override::default())),
        state: course.phase.state(course.assignment.person),
        state_from: since(course.phase, course.moved, &course.assignment),
        assignment: course.assignment,
        hold: course.hold.map(|hold| hold.counted(&timeline)),
        resolution: course.phase.resolution(),
        resolved_at: course.resolved_at,
        resolution_notes: notes.hold.clone(),
        gave_way: course.gave_way,
        past: course.past,
        updated_at: updated_at.unwrap_or(base.birth.corrected),
        acknowledged: acknowledged(known),
        timeline,
    };
    (incident, anomalies)
}

fn acknowledged(known: &Knowledge) -> Vec<Acknowledged> {
    let said = known.facts.iter();
    let said = said.filter(|fact| fact.content == Content::Acknowledged);
    let mut said: Vec<_> = said
        .map(|fact| Acknowledged {
            fact: fact.id,
            from: fact.from,
            withdrawn: fact.withdrawn,
        })
        .collect();
    said.sort_by_key(|said| (said.from.corrected, said.fact));
    said
}

/// Who has the incident and how far it has come.
struct Course {
    requester: Field<Requester>,
    assignment: Assignment,
    phase: Phase,
    hold: Option<Hold>,
    moved: Provenance,
    resolved_at: Option<UnixMillis>,
    gave_way: Vec<GaveWay>,
    past: Past,
}

fn course(known: &Knowledge, base: &Base) -> Course {
    let mut gave_way = Vec::new();
    let assignment = fold::assignment(known, &mut gave_way);
    let requester = fold::field(known, value::requester, none)
        .unwrap_or_else(|| base.field(Requester::Person(PersonId::SERVER)));
    let past = Past::of(known, person(&requester));
    let phase = fold::phase(known, person(&requester), &mut gave_way);
    let resolved_at = phase.and_then(|(phase, at)| fold::resolved_at(known, phase, at));
    let hold = phase.and_then(|(phase, at)| fold::hold(known, phase, at));
    let (phase, moved) = phase.map_or((Phase::Ready, base.birth), |(phase, at)| {
        (phase, known.facts[at].from)
    });
    gave_way.sort_unstable();
    let assignment = assignment.unwrap_or_else(|| base.assignment());
    Course {
        requester,
        assignment,
        phase,
        hold,
        moved,
        resolved_at,
        gave_way,
        past,
    }
}

const NOWHERE: Provenance = Provenance {
    by: PersonId::SERVER,
    at: UnixMillis(0),
    corrected: UnixMillis(0),
    arrival: None,
};

/// What an incident has whose created fact cannot be read.
struct Base {
    birth: Provenance,
    fact: FactId,
}

impl Base {
    fn of(created: Option<&Known>) -> Self {
        let birth = created.map_or(NOWHERE, |fact| fact.from);
        Self {
            birth,
            fact: created.map_or(FactId::from_bytes([0; 16]), |fact| fact.id),
        }
    }

    fn level(&self, field: Option<Field<Level>>) -> Field<Level> {
        field.unwrap_or_else(|| self.field(Level::Medium))
    }

    fn field<T>(&self, value: T) -> Field<T> {
        Field {
            holds: Said {
                value,
                fact: self.fact,
                from: self.birth,
            },
            rivals: Vec::new(),
        }
    }

    fn or<T: Default>(&self, field: Option<Field<T>>) -> Field<T> {
        field.unwrap_or_else(|| self.field(T::default()))
    }

    fn assignment(&self) -> Assignment {
        Assignment {
            group: None,
            person: None,
            fact: self.fact,
            from: self.birth,
        }
    }
}

fn strange(known: &Knowledge) -> Vec<Anomaly> {
    let Knowledge {
        doc,
        strange: count,
        ..
    } = *known;
    if count > 0 {
        vec![Anomaly::Strange { doc, count }]
    } else {
        Vec::new()
    }
}

/// The earliest of the wanted facts, and whether there are others.
fn earliest(known: &Knowledge, wanted: fn(&Content) -> bool) -> (Option<&Known>, bool) {
    let found = known.facts.iter().filter(|fact| wanted(&fact.content));
    let first = found
        .clone()
        .min_by_key(|fact| (fact.from.corrected, fact.id));
    (first, found.count() > 1)
}

/// The number that no later one replaced. A server that was restored from an older copy may have
/// given another before it knew: of two that know nothing of each other the earlier counts.
fn number(known: &Knowledge) -> Option<String> {
    let current = known.current(|content| matches!(content, Content::Number { .. }));
    let facts = current.into_iter().map(|at| &known.facts[at]);
    let first = facts.min_by_key(|fact| (fact.from.corrected, fact.id))?;
    if let Content::Number { number } = &first.content {
        Some(number.clone())
    } else {
        None
    }
}

fn channel(fact: &Known) -> Channel {
    declared(fact).map_or(Channel::Import, |declare| declare.channel)
}

fn declared(fact: &Known) -> Option<&Declare> {
    if let Content::Created { declare, .. } = &fact.content {
        Some(declare)
    } else {
        None
    }
}

fn person(requester: &Field<Requester>) -> Option<PersonId> {
    match requester.holds.value {
        Requester::Person(person) => Some(person),
        Requester::Unknown { .. } => None,
    }
}

fn none<T>(_: &T) -> u8 {
    0
}

/// Ready incidents came into their state by the later of transition and assignment.
fn since(phase: Phase, moved: Provenance, assignment: &Assignment) -> Provenance {
    let assigned_later = assignment.from.corrected > moved.corrected;
    if phase == Phase::Ready && assigned_later {
        assignment.from
    } else {
        moved
    }
}

/// The notes of the resolutions, which lie in one text that all of them splice.
struct Notes {
    /// The notes that hold.
    hold: String,
    /// What each resolution made of them, unless there is only one.
    each: Vec<(FactId, String)>,
}

impl Notes {
    /// A withdrawn resolution leaves its splices in the text; so where there is one, the text is
    /// read as those that count left it. To take splices back by others would say twice what two
    /// devices take back at once.
    fn of(doc: &Document, known: &Knowledge) -> Self {
        let all = resolutions(known);
        if all.iter().any(|fact| !fact.counts()) {
            return Self::left(doc, known);
        }
        let whole = || doc.text(TextName::Resolution);
        let each = match all.as_slice() {
            [only] => vec![(only.id, whole())],
            _ => Self::each(doc, &all),
        };
        let hold = whole();
        Self { hold, each }
    }

    /// As the resolutions that are known, and count, left it; not those that came after them.
    fn left(doc: &Document, known: &Knowledge) -> Self {
        let counting = known.current(is_resolution).into_iter();
        let counting: Vec<_> = counting.map(|at| known.facts[at].id).collect();
        let hold = doc.text_after(TextName::Resolution, &counting);
        let each = Self::each(doc, &resolutions(known));
        Self { hold, each }
    }

    fn each(doc: &Document, all: &[&Known]) -> Vec<(FactId, String)> {
        let left = |fact: &&Known| (fact.id, doc.text_after(TextName::Resolution, &[fact.id]));
        all.iter().map(left).collect()
    }

    fn by(&self, fact: FactId) -> &str {
        let found = self.each.iter().find(|(id, _)| *id == fact);
        found.map_or("", |(_, notes)| notes)
    }
}

fn is_resolution(content: &Content) -> bool {
    matches!(content, Content::Moved(Step::Resolved { .. }))
}

fn resolutions(known: &Knowledge) -> Vec<&Known> {
    let facts = known.facts.iter();
    facts.filter(|fact| is_resolution(&fact.content)).collect()
}

fn timeline(
    known: &Knowledge,
    work: Option<&Knowledge>,
    (notes, diagnosis): (&Notes, &Diagnosis),
) -> Vec<Event> {
    let mut facts: Vec<(DocKind, &Known)> = Vec::new();
    for of in std::iter::once(known).chain(work) {
        let events = of.facts.iter().filter(|fact| !fact.withdraws);
        facts.extend(events.map(|fact| (of.doc, fact)));
    }
    facts.sort_by_key(|(doc, fact)| ((fact.from.corrected, fact.depth, fact.id), *doc));
    let event = |(doc, fact): (DocKind, &Known)| {
        let kind = fact.content.event(notes.by(fact.id))?;
        Some(Event {
            fact: fact.id,
            doc,
            from: fact.from,
            kind: diagnosis.by(fact.id).unwrap_or(kind),
            withdrawn: fact.withdrawn,
        })
    };
    facts.into_iter().filter_map(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Draft, Fact};
    use crate::ids::{Actor, DocKey, IncidentId};
    use crate::incidents::{Intent, SetField, State};
    use crate::testing::{ALICE, Copy, START};
    use crate::time::Boot;

    fn strange_fact(group: &str, saw: Vec<FactId>, random: u8) -> Fact {
        let id = FactId::new(START, [random; 10]);
        let (boot, body) = (Boot(0), [].into());
        Fact {
            group: group.to_owned(),
            id,
            by: ALICE,
            at: START,
            boot,
            mono: 0,
            saw,
            body,
        }
    }

    fn append(doc: &mut Document, facts: Vec<Fact>) {
        let draft = Draft {
            facts,
            ..Draft::default()
        };
        doc.append(Actor([8; 16]), &draft)
            .expect("a draft of facts can be written");
    }

    #[test]
    fn an_incident_without_a_beginning_reads_with_an_anomaly() {
        let id = IncidentId::new(START, [1; 10]);
        let docs = IncidentDocs {
            incident: Document::new(DocKey::incident(id)),
            work: None,
        };
        let (incident, anomalies) = read(&docs, &IncidentReceipts::default());
        assert_eq!(anomalies, [Anomaly::NotCreated]);
        assert_eq!((incident.state, incident.id), (State::New, id));
    }

    #[test]
    fn what_a_later_version_writes_is_left_out_and_counted() {
        let mut copy = Copy::declared();
        append(
            &mut copy.docs.incident,
            vec![strange_fact("rating", Vec::new(), 2)],
        );
        let (incident, anomalies) = read(&copy.docs, &copy.receipts);
        assert_eq!(
            anomalies,
            [Anomaly::Strange {
                doc: DocKind::Incident,
                count: 1
            }]
        );
        assert_eq!(incident.timeline.len(), 1);
    }

    #[test]
    fn facts_that_claim_to_have_seen_each_other_in_a_circle_are_read() {
        let mut copy = Copy::declared();
        let ids = [2, 3].map(|random| FactId::new(START, [random; 10]));
        let mut one = strange_fact("entry", vec![ids[1]], 2);
        let mut two = strange_fact("entry", vec![ids[0], ids[1]], 3);
        for fact in [&mut one, &mut two] {
            fact.body.insert(
                "text".to_owned(),
                crate::document::Scalar::Text("x".to_owned()),
            );
        }
        append(&mut copy.docs.incident, vec![one, two]);
        let (incident, anomalies) = read(&copy.docs, &copy.receipts);
        assert_eq!((incident.timeline.len(), anomalies.len()), (3, 0));
    }

    #[test]
    fn a_requester_reads_the_incident_without_its_notes() {
        let mut copy = Copy::declared();
        copy.act(
            ALICE,
            Intent::Note {
                text: "internal".to_owned(),
            },
        );
        copy.docs.work = None;
        let public = copy.read();
        assert!(
            public
                .timeline
                .iter()
                .all(|event| event.doc == DocKind::Incident)
        );
    }

    #[test]
    fn history_keeps_the_order_of_knowledge_when_clocks_disagree() {
        let mut copy = Copy::declared();
        copy.now = START.plus(-86_400_000);
        let first = copy.act(ALICE, Intent::Set(SetField::Subject("One".to_owned())));
        copy.now = START.plus(-2 * 86_400_000);
        let second = copy.act(ALICE, Intent::Set(SetField::Subject("Two".to_owned())));
        let incident = copy.read();
        let facts: Vec<_> = incident.timeline.iter().map(|event| event.fact).collect();
        assert_eq!(facts[1..], [first, second]);
        assert_eq!(incident.subject.holds.value, "Two");
    }
}
