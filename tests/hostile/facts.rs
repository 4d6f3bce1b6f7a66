//! What is said: facts of others, shapes, transitions, dependencies, encodings.

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ActorId, ChangeHash, ObjId, ObjType, ROOT, ReadDoc as _, ScalarValue};
use shared::ids::{DocKey, PersonId};
use shared::incidents::{Intent, Refused, ResolutionCode};
use shared::sync::message::{Surface, Verdict};

use super::attacker::{group, sealed};
use super::scene::{SECRET, Scene};

const KEY: &str = "entry/01890000-0000-7000-8000-000000000001";

/// A message as the intent writes it, in the name of anybody.
pub(crate) fn entry(tx: &mut Transaction<'_>, by: PersonId) {
    fact(tx, KEY, by);
}

fn fact(tx: &mut Transaction<'_>, key: &str, by: PersonId) -> ObjId {
    fact_that_saw(tx, key, by, Vec::new())
}

fn fact_that_saw(tx: &mut Transaction<'_>, key: &str, by: PersonId, saw: Vec<u8>) -> ObjId {
    let fact = tx.put_object(ROOT, key, ObjType::Map).expect("a map");
    for (name, value) in [("by", i64::from(by.0)), ("at", 1), ("boot", 1), ("mono", 1)] {
        tx.put(&fact, name, value).expect("a number");
    }
    tx.put(&fact, "saw", ScalarValue::Bytes(saw))
        .expect("bytes");
    tx.put(&fact, "text", SECRET).expect("a text");
    fact
}

/// A fact of somebody else: its key and its map.
fn theirs(tx: &Transaction<'_>, group: &str) -> (String, ObjId) {
    let mut keys = tx.keys(ROOT);
    let key = keys
        .find(|key| key.starts_with(group))
        .expect("it is there");
    let (_, map) = tx.get(ROOT, &key).expect("readable").expect("it is there");
    (key, map)
}

type Forgery<'a> = (&'a str, &'a dyn Fn(&mut Transaction<'_>, PersonId));

/// Offers changes of an insider, each of which is no known act.
fn expect_misshapen(name: &str, forgeries: &[Forgery<'_>]) {
    let scene = Scene::begin(name);
    let attacker = scene.insider();
    let key = scene.key();
    let before = scene.read();
    for (what, write) in forgeries {
        let forged = attacker.forged(key, |tx| write(tx, attacker.person));
        scene.misshapen(&attacker, what, sealed(key, forged));
    }
    assert_eq!(scene.read(), before);
    scene.end();
}

#[test]
fn a_fact_of_another_can_neither_be_rewritten_nor_deleted() {
    expect_misshapen(
        "rewritten",
        &[
            ("a value put over another", &|tx, _| {
                let (_, map) = theirs(tx, "entry/");
                tx.put(map, "text", SECRET).expect("put");
            }),
            ("a value added", &|tx, by| {
                let (_, map) = theirs(tx, "entry/");
                tx.put(map, "more", SECRET).expect("put");
                entry(tx, by);
            }),
            ("a value deleted", &|tx, _| {
                let (_, map) = theirs(tx, "created/");
                tx.delete(map, "subject").expect("deleted");
            }),
            ("a value deleted beside a proper fact", &|tx, by| {
                let (_, map) = theirs(tx, "entry/");
                tx.delete(map, "text").expect("deleted");
                entry(tx, by);
            }),
            ("a fact deleted", &|tx, _| {
                let (key, _) = theirs(tx, "entry/");
                tx.delete(ROOT, key).expect("deleted");
            }),
            ("a fact made over another", &|tx, by| {
                let (key, _) = theirs(tx, "entry/");
                fact(tx, &key, by);
            }),
            ("a number put over a fact", &|tx, _| {
                let (key, _) = theirs(tx, "entry/");
                tx.put(ROOT, key, 1).expect("put");
            }),
        ],
    );
}

#[test]
fn two_intents_in_one_change_are_refused() {
    expect_misshapen(
        "two-intents",
        &[
            ("two messages", &|tx, by| {
                entry(tx, by);
                fact(tx, "entry/01890000-0000-7000-8000-000000000002", by);
            }),
            ("a message and a step", &|tx, by| {
                entry(tx, by);
                let key = "state/01890000-0000-7000-8000-000000000002";
                let state = fact(tx, key, by);
                tx.put(state, "to", "closed").expect("put");
            }),
            ("a message and a splice of the notes", &|tx, by| {
                entry(tx, by);
                let (_, notes) = theirs(tx, "text/resolution");
                tx.splice_text(notes, 0, 0, SECRET).expect("spliced");
            }),
        ],
    );
}

#[test]
fn an_unknown_key_or_value_is_refused() {
    expect_misshapen(
        "unknown-key",
        &[
            ("a key more in a fact", &|tx, by| {
                let fact = fact(tx, KEY, by);
                tx.put(fact, "more", 1).expect("put");
            }),
            ("an unknown group", &|tx, by| {
                fact(tx, "gossip/01890000-0000-7000-8000-000000000001", by);
            }),
            ("a key without an id", &|tx, by| {
                fact(tx, "entry", by);
            }),
            ("a key that is a path of markup", &|tx, by| {
                fact(tx, "<script>alert('Quetzalcoatlus')</script>", by);
            }),
            ("a scalar in the root", &|tx, _| {
                tx.put(ROOT, KEY, SECRET).expect("put");
            }),
            ("a list", &|tx, _| {
                tx.put_object(ROOT, KEY, ObjType::List).expect("a list");
            }),
            ("an unknown text", &|tx, by| {
                entry(tx, by);
                tx.put_object(ROOT, "text/more", ObjType::Text)
                    .expect("a text");
            }),
            ("a map within a fact", &|tx, by| {
                let fact = fact(tx, KEY, by);
                tx.put_object(fact, "more", ObjType::Map).expect("a map");
            }),
            ("a counter", &|tx, by| {
                let fact = fact(tx, KEY, by);
                tx.put(fact, "at", ScalarValue::counter(1)).expect("put");
            }),
            ("what was seen, in part", &|tx, by| {
                fact_that_saw(tx, KEY, by, vec![1; 17]);
            }),
        ],
    );
}

#[test]
fn a_map_made_over_a_text_is_refused() {
    expect_misshapen(
        "map-over-text",
        &[
            ("a map over the description", &|tx, by| {
                entry(tx, by);
                let over = tx.put_object(ROOT, "text/description", ObjType::Map);
                over.expect("a map");
            }),
            ("a text over the description", &|tx, by| {
                entry(tx, by);
                let over = tx.put_object(ROOT, "text/description", ObjType::Text);
                over.expect("a text");
            }),
            ("a deleted description", &|tx, by| {
                entry(tx, by);
                tx.delete(ROOT, "text/description").expect("deleted");
            }),
            ("an edited description", &|tx, by| {
                entry(tx, by);
                let (_, text) = theirs(tx, "text/description");
                tx.splice_text(text, 0, 3, SECRET).expect("spliced");
            }),
            ("a mark in the description", &|tx, by| {
                entry(tx, by);
                let (_, text) = theirs(tx, "text/description");
                let mark = automerge::marks::Mark::new("bold".to_owned(), true, 0, 3);
                let expand = automerge::marks::ExpandMark::None;
                tx.mark(text, mark, expand).expect("marked");
            }),
        ],
    );
}

#[test]
fn operations_on_an_object_that_is_not_there_are_refused() {
    let scene = Scene::begin("foreign-object");
    let attacker = scene.insider();
    let key = scene.key();
    let proper = attacker.forged(key, |tx| entry(tx, attacker.person));
    let foreign = OpId(1, ActorId::from([9_u8; 16]));
    let own = OpId(proper.start_op.get() + 1_000, proper.actor_id.clone());
    let put = |object: OpId, key: Key| Op {
        action: OpType::Put(SECRET.into()),
        obj: ObjectId::Id(object),
        insert: matches!(key, Key::Seq(_)),
        key,
        pred: Vec::new().into(),
    };
    for object in [foreign, own] {
        for key_of in [Key::Map("text".into()), Key::head()] {
            let mut forged = proper.clone();
            forged.operations.push(put(object.clone(), key_of));
            scene.misshapen(&attacker, "a stray operation", sealed(key, forged));
        }
    }
    // Objects of the other document of the same incident.
    let work = DocKey::work(scene.incident);
    let forged = attacker.forged(work, |tx| {
        let (_, map) = theirs(tx, "created/");
        tx.put(map, "text", SECRET).expect("put");
    });
    let mut stray = proper;
    stray.operations.extend(forged.operations);
    scene.misshapen(&attacker, "an object of the work", sealed(key, stray));
    scene.end();
}

#[test]
fn a_step_that_the_role_does_not_allow_is_refused() {
    let scene = Scene::begin("role");
    let mut attacker = scene.attacker("user@demo", Surface::Portal);
    let text = || SECRET.to_owned();
    let notes = || Intent::Resolve {
        code: ResolutionCode::Fixed,
        notes: text(),
    };
    let claim = Intent::Claim { group: None };
    let urgency = Intent::Set(shared::incidents::SetField::Urgency(
        shared::priority::Level::High,
    ));
    let before = attacker.docs.clone();
    for intent in [notes(), Intent::Start, claim, urgency] {
        let group = attacker.written(scene.incident, intent.clone());
        let refused = scene.refused(&attacker, group);
        assert!(
            matches!(refused, Refused::Role { .. }),
            "{intent:?}: {refused:?}"
        );
        attacker.docs.clone_from(&before);
    }
    let note = attacker.forged(scene.key(), |tx| entry(tx, attacker.person));
    let refused = scene.refused(&attacker, sealed(DocKey::work(scene.incident), note));
    assert_eq!(refused, Refused::Scope);
    let mut manager = scene.attacker("manager@demo", Surface::Console);
    let start = manager.written(scene.incident, Intent::Start);
    let refused = scene.refused(&manager, start);
    assert!(matches!(refused, Refused::Role { .. }), "{refused:?}");
    scene.end();
}

#[test]
fn a_number_written_by_a_device_is_refused() {
    expect_misshapen(
        "number",
        &[("a number", &|tx, by| {
            let key = "number/01890000-0000-7000-8000-000000000001";
            let fact = tx.put_object(ROOT, key, ObjType::Map).expect("a map");
            for (name, value) in [("by", i64::from(by.0)), ("at", 1), ("boot", 1), ("mono", 1)] {
                tx.put(&fact, name, value).expect("put");
            }
            let saw = ScalarValue::Bytes(Vec::new());
            tx.put(&fact, "saw", saw).expect("put");
            tx.put(&fact, "value", "INC-1").expect("put");
        })],
    );
}

#[test]
fn unknown_dependencies_are_asked_for_within_a_bound() {
    let scene = Scene::begin("unknown-deps");
    let attacker = scene.insider();
    let key = scene.key();
    let mut forged = attacker.forged(key, |tx| entry(tx, attacker.person));
    for count in [1_u16, 7_000] {
        let unknown = (0..count).map(|nth| {
            let mut hash = [9; 32];
            hash[..2].copy_from_slice(&nth.to_be_bytes());
            ChangeHash(hash)
        });
        forged.deps = unknown.collect();
        let verdict = attacker.offer_one(sealed(key, forged.clone()));
        let Verdict::Missing { doc, hashes } = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!((doc, hashes.len()), (key, usize::from(count.min(16))));
    }
    scene.expect_untouched();
    scene.end();
}

/// The hash of a change covers what it rests on, so that changes cannot rest on each other. What a
/// fact says it saw can be any id.
#[test]
fn facts_that_saw_each_other_or_themselves_supersede_nothing_of_others() {
    let mut scene = Scene::begin("cycles");
    let mut attacker = scene.insider();
    let key = scene.key();
    let urgency = |scene: &Scene| scene.read().urgency.holds.value;
    let before = urgency(&scene);
    let set = Intent::Set(shared::incidents::SetField::Urgency(
        shared::priority::Level::High,
    ));
    let mut one = attacker.drafted(set.clone());
    let mut two = attacker.drafted(set);
    let (first, second) = (one.facts[0], two.facts[0]);
    one.saw = Some([vec![second], Vec::new()]);
    two.saw = Some([vec![first, second], Vec::new()]);
    for drafted in [&mut one, &mut two] {
        let group = attacker.write(scene.incident, drafted);
        let verdict = attacker.offer_one(group);
        assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }
    scene.note_head();
    scene.work(Intent::Reply {
        text: SECRET.to_owned(),
    });
    assert_eq!(urgency(&scene), before, "{key}");
    scene.end();
}

#[test]
fn a_false_checksum_is_refused() {
    let scene = Scene::begin("checksum");
    let mut attacker = scene.insider();
    let reply = Intent::Reply {
        text: SECRET.to_owned(),
    };
    let proper = attacker.written(scene.incident, reply);
    let bytes = proper.changes[0].bytes.0.clone();
    for place in (0..8).chain([bytes.len() / 2, bytes.len() - 1]) {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let refused = scene.refused(&attacker, group(scene.key(), forged));
        assert_eq!(refused, Refused::Encoding, "byte {place}");
    }
    scene.end();
}

#[test]
fn compressed_chunks_that_inflate_are_refused_unread() {
    const INFLATED: usize = 80 * 1024 * 1024;
    let scene = Scene::begin("inflating");
    let attacker = scene.insider();
    let key = scene.key();
    let forged = attacker.forged(key, |tx| {
        let fact = fact(tx, KEY, attacker.person);
        let zeros = ScalarValue::Bytes(vec![0; INFLATED]);
        tx.put(fact, "more", zeros).expect("put");
    });
    let bomb = automerge::Change::from(forged).bytes().into_owned();
    assert!(bomb.len() < INFLATED / 500, "{} bytes", bomb.len());
    let before = scene.server.peak_bytes();
    let started = std::time::Instant::now();
    let refused = scene.refused(&attacker, group(key, bomb));
    assert_eq!(refused, Refused::Encoding);
    assert!(started.elapsed().as_secs() < 5);
    let grown = scene.server.peak_bytes().saturating_sub(before);
    assert!(grown < INFLATED as u64 / 4, "{grown} bytes more");
    scene.end();
}

#[test]
fn a_change_of_countless_equal_operations_is_refused_unread() {
    let scene = Scene::begin("countless");
    let attacker = scene.insider();
    // One operation, said to be repeated 2^41 times: text keys, insert flags, actions.
    let run = [0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00];
    let flags = [0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    let (keys, actions) = ([&run[..], b"\x01a"].concat(), [&run[..], &[1]].concat());
    let mut data = [&[0, 16][..], &[7; 16], &[1, 1, 0, 0, 0, 3]].concat();
    let columns = [(0x15, keys), (0x34, flags.to_vec()), (0x42, actions)];
    for (kind, column) in &columns {
        data.extend([*kind, u8::try_from(column.len()).expect("short")]);
    }
    for (_, column) in &columns {
        data.extend(column);
    }
    let body = [&[1, u8::try_from(data.len()).expect("short")][..], &data].concat();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&body);
    let bomb = [b"\x85\x6f\x4a\x83", &digest[..4], &body].concat();
    let started = std::time::Instant::now();
    let refused = scene.refused(&attacker, group(scene.key(), bomb));
    assert!(matches!(refused, Refused::Size { .. }), "{refused:?}");
    assert!(started.elapsed().as_secs() < 5, "nothing is expanded");
    scene.end();
}
