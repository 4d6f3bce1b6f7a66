//! Reading: whatever a document holds, it reads into an incident and a row, and always the same.

use automerge::transaction::Transactable as _;
use automerge::{Automerge, ObjType, ROOT, ReadDoc as _, ScalarValue};
use shared::document::Document;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::{IncidentDocs, IncidentReceipts, Intent, read};
use shared::rows::{pack_one, row, unpack_one};
use shared::targets::Rules;
use shared::testing::{ALICE, BOB, Copy};

use super::bytes::{Choices, opened, prefixed, sealed};

const FACTS_MAX: usize = 64;

const GROUPS: [&str; 15] = [
    "created",
    "entry",
    "note",
    "state",
    "assignment",
    "number",
    "acknowledgement",
    "withdrawal",
    "field/subject",
    "field/category",
    "field/impact",
    "field/urgency",
    "field/site",
    "field/requester",
    "field/more",
];

const NAMES: [&str; 20] = [
    "act",
    "subject",
    "requester",
    "requester_name",
    "requester_contact",
    "channel",
    "impact",
    "urgency",
    "category",
    "site",
    "group",
    "assignee",
    "asset",
    "contact",
    "value",
    "to",
    "reason",
    "text",
    "code",
    "fact",
];

const WORDS: [&str; 20] = [
    "started",
    "held",
    "resolved",
    "reopened",
    "closed",
    "cancelled",
    "caller",
    "third_party",
    "fixed",
    "workaround",
    "assigned",
    "claimed",
    "phone",
    "portal",
    "mail",
    "low",
    "medium",
    "high",
    "network",
    "",
];

/// Bytes are the chunk of a saved document, or facts of whatever kind on top of an ordinary one.
pub fn documents(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let mode = choices.byte();
    let id = IncidentId::from_bytes([1; 16]);
    let docs = if mode.is_multiple_of(2) {
        let [incident, work] = [DocKey::incident(id), DocKey::work(id)]
            .map(|key| Document::load(key, &sealed(choices.prefixed())).ok());
        let Some(incident) = incident else { return };
        IncidentDocs { incident, work }
    } else {
        strange(&mut choices)
    };
    let receipts = IncidentReceipts::default();
    let (incident, anomalies) = read(&docs, &receipts);
    assert_eq!(read(&docs, &receipts), (incident.clone(), anomalies));
    let summed = row(&incident, &Rules::default());
    let packed = unpack_one(&pack_one(&summed)).expect("a row is read as it was written");
    assert_eq!(packed, summed);
    let again = Document::load(docs.incident.key, &docs.incident.save()).expect("it loads again");
    assert_eq!(again.facts(), docs.incident.facts());
    assert_eq!(again.frontier(), docs.incident.frontier());
}

/// An ordinary incident with facts that nobody would accept.
fn strange(choices: &mut Choices<'_>) -> IncidentDocs {
    let docs = Copy::declared().docs;
    let [incident, work] = [Some(&docs.incident), docs.work.as_ref()].map(|doc| {
        let doc = doc.expect("staff has both");
        let mut automerge = Automerge::load(&doc.save()).expect("a document loads");
        let count = usize::from(choices.byte()) % FACTS_MAX;
        for _ in 0..count {
            // A key that is used twice is as good as any other.
            let _ = add(&mut automerge, choices);
        }
        Document::load(doc.key, &automerge.save()).expect("a document loads")
    });
    IncidentDocs {
        incident,
        work: Some(work),
    }
}

fn add(
    automerge: &mut Automerge,
    choices: &mut Choices<'_>,
) -> Result<(), automerge::AutomergeError> {
    let id = |choices: &mut Choices<'_>| [choices.byte() % 16; 16];
    let hex = |id: [u8; 16]| shared::ids::FactId::from_bytes(id).to_string();
    let mut tx = automerge.transaction();
    let key = format!("{}/{}", choices.pick(&GROUPS), hex(id(choices)));
    let fact = tx.put_object(ROOT, key, ObjType::Map)?;
    tx.put(&fact, "by", i64::from(choices.byte() % 4))?;
    tx.put(&fact, "at", choices.number())?;
    tx.put(&fact, "boot", i64::from(choices.byte() % 2))?;
    tx.put(&fact, "mono", i64::from(choices.byte()))?;
    let saw = (0..choices.byte() % 4).flat_map(|_| id(choices));
    let saw: Vec<u8> = saw.collect();
    tx.put(&fact, "saw", ScalarValue::Bytes(saw))?;
    for _ in 0..choices.byte() % 8 {
        let name = *choices.pick(&NAMES);
        let value: ScalarValue = match choices.byte() % 5 {
            0 => choices.number().into(),
            1 => ScalarValue::Bytes(id(choices).to_vec()),
            2 => choices.text().into(),
            _ => (*choices.pick(&WORDS)).into(),
        };
        tx.put(&fact, name, value)?;
    }
    if choices.byte().is_multiple_of(8)
        && let Some((_, text)) = tx.get(ROOT, "text/resolution")?
    {
        // A text that another fact has taken the place of is none any more.
        let _ = tx.splice_text(text, 0, 0, &choices.text());
    }
    tx.commit();
    Ok(())
}

/// A saved document, and the same with facts.
pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut copy = Copy::declared();
    copy.act(ALICE, Intent::Claim { group: None });
    copy.act(BOB, Intent::Start);
    let docs = [Some(&copy.docs.incident), copy.docs.work.as_ref()];
    let chunks = docs.into_iter().flatten();
    let chunks: Vec<_> = chunks
        .flat_map(|doc| prefixed(opened(&doc.save())))
        .collect();
    let saved = ("saved".to_owned(), [&[0], &*chunks].concat());
    let strange = (0..15_u8).map(|group| {
        let fact = |id: u8| {
            let header = [group, id, 1, 0, 0, 1, 158, 0, 0, 0, id, 0, id, 1, id ^ 1];
            let body = [3, 15, 3, group, 17, 2, 2, b'h', b'i', 6, 4, 16, 1];
            [&header[..], &body].concat()
        };
        let facts = [fact(2), fact(3), fact(4)].concat();
        (format!("facts-{group}"), [&[1, 3], &*facts, &[0]].concat())
    });
    std::iter::once(saved).chain(strange).collect()
}
