//! Edits of a proper change, each chosen by bytes, so that what is tried is well-formed.

use std::num::NonZeroU64;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{
    ActorId, Automerge, ChangeHash, ExpandedChange, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue,
};
use shared::document::Document;

use super::bytes::Choices;

const EDITS_MAX: usize = 16;

const NAMES: [&str; 16] = [
    "by", "at", "boot", "mono", "saw", "text", "to", "value", "kind", "group", "person", "fact",
    "reason", "code", "act", "more",
];

const KEYS: [&str; 10] = [
    "entry/01890000-0000-7000-8000-000000000001",
    "state/01890000-0000-7000-8000-000000000001",
    "number/01890000-0000-7000-8000-000000000001",
    "created/01890000-0000-7000-8000-000000000001",
    "field/urgency/01890000-0000-7000-8000-000000000001",
    "withdrawal/01890000-0000-7000-8000-000000000001",
    "text/description",
    "text/resolution",
    "text/diagnosis",
    "text/more",
];

/// What a document holds that an operation can name.
#[derive(Debug, Default)]
pub(super) struct Objects {
    keys: Vec<String>,
    ids: Vec<OpId>,
}

/// The keys and objects of a document's root.
pub(super) fn everything(doc: &Document) -> Objects {
    let automerge = Automerge::load(&doc.save()).expect("a document loads");
    let mut objects = Objects::default();
    for key in automerge.keys(ROOT) {
        if let Ok(Some((_, ObjId::Id(counter, actor, _)))) = automerge.get(ROOT, &key) {
            objects.ids.push(OpId(counter, actor));
        }
        objects.keys.push(key);
    }
    objects
}

/// Edits a change a few times.
pub(super) fn edited(
    mut change: ExpandedChange,
    objects: &Objects,
    choices: &mut Choices<'_>,
) -> ExpandedChange {
    for _ in 0..EDITS_MAX {
        if choices.is_over() {
            break;
        }
        edit(&mut change, objects, choices);
    }
    change.hash = None;
    change
}

fn edit(change: &mut ExpandedChange, objects: &Objects, choices: &mut Choices<'_>) {
    let length = change.operations.len();
    let place = usize::from(choices.byte()) % (length + 1);
    match choices.byte() % 12 {
        0 | 1 => {
            let op = operation(change, objects, choices);
            change.operations.insert(place, op);
        }
        2 if place < length => change.operations[place] = operation(change, objects, choices),
        3 if place < length => {
            change.operations.remove(place);
        }
        4 if place < length => {
            let op = change.operations[place].clone();
            change.operations.push(op);
        }
        5 if place < length => change.operations[place].action = action(choices),
        6 if place < length => {
            let op = &mut change.operations[place];
            if let Key::Map(_) = op.key {
                op.key = Key::Map((*choices.pick(&NAMES)).into());
            }
        }
        7 => change.seq = choices.byte().into(),
        8 => {
            let start = NonZeroU64::new(choices.number().unsigned_abs());
            change.start_op = start.unwrap_or(change.start_op);
        }
        9 => {
            change.deps.push(ChangeHash([choices.byte(); 32]));
        }
        10 => {
            change.deps.pop();
        }
        11 => change.time = choices.number(),
        _ => {}
    }
}

fn operation(change: &ExpandedChange, objects: &Objects, choices: &mut Choices<'_>) -> Op {
    let id = |choices: &mut Choices<'_>| match choices.byte() % 4 {
        0 if !objects.ids.is_empty() => choices.pick(&objects.ids).clone(),
        1 => OpId(choices.byte().into(), ActorId::from([7_u8; 16])),
        _ => {
            let counter = change.start_op.get().saturating_add(choices.byte().into());
            OpId(counter, change.actor_id.clone())
        }
    };
    let obj = match choices.byte() % 3 {
        0 => ObjectId::Root,
        _ => ObjectId::Id(id(choices)),
    };
    let key = match choices.byte() % 6 {
        0 => Key::head(),
        1 => Key::from(id(choices)),
        2 if !objects.keys.is_empty() => Key::Map(choices.pick(&objects.keys).as_str().into()),
        3 => Key::Map((*choices.pick(&KEYS)).into()),
        4 => Key::Map(choices.text().into()),
        _ => Key::Map((*choices.pick(&NAMES)).into()),
    };
    let preds = (0..choices.byte() % 3).map(|_| id(choices));
    let pred: Vec<_> = preds.collect();
    let action = action(choices);
    let insert = matches!(key, Key::Seq(_)) && !matches!(action, OpType::Delete);
    Op {
        action,
        obj,
        key,
        pred: pred.into(),
        insert,
    }
}

fn action(choices: &mut Choices<'_>) -> OpType {
    match choices.byte() % 12 {
        0 => OpType::Make(ObjType::Map),
        1 => OpType::Make(ObjType::Text),
        2 => OpType::Make(ObjType::List),
        3 => OpType::Make(ObjType::Table),
        4 => OpType::Delete,
        5 => OpType::Increment(choices.number()),
        6 => OpType::Put(ScalarValue::counter(choices.number())),
        7 => OpType::Put(ScalarValue::Bytes(choices.prefixed().to_vec())),
        8 => OpType::Put(ScalarValue::Null),
        9 => OpType::Put(ScalarValue::Uint(choices.number().unsigned_abs())),
        10 => OpType::Put(choices.text().into()),
        _ => OpType::Put(choices.number().into()),
    }
}
