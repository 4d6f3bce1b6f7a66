//! What a refused change says, for whoever looks at it: it is in no document that could be read.

use automerge::ObjType;
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::legacy::{Key, ObjectId, OpType};

use super::offer::bounded;
use crate::incidents::shape::decode_change;

/// The scalars that people wrote; others are words of the format, and so is the `value` of every
/// field but the subject.
const WRITTEN: [&str; 9] = [
    "subject",
    "name",
    "text",
    "title",
    "steps",
    "requester_name",
    "requester_contact",
    "asset",
    "contact",
];

/// What a change says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// The group of its fact, such as `entry` or `field/subject`.
    pub group: String,
    /// What its author wrote, in the order of the change.
    pub texts: Vec<String>,
}

/// Reads a change that was well-formed when it was refused.
pub fn said(bytes: &[u8]) -> Option<Said> {
    bounded(bytes).ok()?;
    let change = decode_change(bytes).ok()?;
    let mut said = Said::default();
    let mut spliced: Option<(ObjectId, String)> = None;
    // What is well-formed may still be no operation, at which automerge panics.
    let decode = || change.decode();
    let decoded = catch_unwind(AssertUnwindSafe(decode)).ok()?;
    for operation in decoded.operations {
        let Key::Map(key) = &operation.key else {
            let letter = operation.primitive_value();
            let letter = letter.and_then(|value| value.as_str().map(str::to_owned));
            match (&mut spliced, letter) {
                (Some((object, text)), Some(letter)) if *object == operation.obj => {
                    text.push_str(&letter);
                }
                (_, Some(letter)) => {
                    let before = spliced.replace((operation.obj, letter));
                    said.texts.extend(before.map(|(_, text)| text));
                }
                (_, None) => {}
            }
            continue;
        };
        let is_fact = matches!(operation.action, OpType::Make(ObjType::Map));
        if is_fact && operation.obj == ObjectId::Root {
            let group = key
                .rsplit_once('/')
                .map_or(key.as_str(), |(group, _)| group);
            group.clone_into(&mut said.group);
        } else if WRITTEN.contains(&key.as_str())
            || (key.as_str() == "value" && said.group == "field/subject")
        {
            let text = operation.primitive_value();
            said.texts
                .extend(text.and_then(|text| text.as_str().map(str::to_owned)));
        }
    }
    said.texts.extend(spliced.map(|(_, text)| text));
    said.texts.retain(|text| !text.trim().is_empty());
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DocKind;
    use crate::incidents::{Intent, ResolutionCode, SetField};
    use crate::priority::Level;
    use crate::testing::{ALICE, Copy};

    fn last_said(copy: &Copy, kind: DocKind) -> Said {
        let doc = copy.docs.get(kind).expect("it has one");
        let last = doc.changes().last().expect("it has changes");
        said(&doc.change_bytes(last.hash).expect("it is held")).expect("it can be read")
    }

    #[test]
    fn what_people_wrote_is_read_from_the_change_alone() {
        let mut copy = Copy::declared();
        let born = last_said(&copy, DocKind::Incident);
        assert_eq!(born.group, "created");
        let text = "Hän ei pääse sisään 👩\u{200d}🚒".to_owned();
        let notes = text.clone();
        let code = ResolutionCode::Fixed;
        for (intent, kind, group) in [
            (
                Intent::Reply { text: text.clone() },
                DocKind::Incident,
                "entry",
            ),
            (Intent::Note { text: text.clone() }, DocKind::Work, "note"),
            (
                Intent::Set(SetField::Subject(text.clone())),
                DocKind::Incident,
                "field/subject",
            ),
            (Intent::Resolve { code, notes }, DocKind::Incident, "state"),
            (
                Intent::Set(SetField::Urgency(Level::High)),
                DocKind::Incident,
                "field/urgency",
            ),
        ] {
            copy.act(ALICE, intent);
            let is_written = group != "field/urgency";
            let texts: Vec<_> = is_written.then(|| text.clone()).into_iter().collect();
            let group = group.to_owned();
            assert_eq!(last_said(&copy, kind), Said { group, texts });
        }
    }

    #[test]
    fn what_is_no_change_says_nothing() {
        assert_eq!(said(&[]), None);
        assert_eq!(said(&[7; 40]), None);
    }
}
