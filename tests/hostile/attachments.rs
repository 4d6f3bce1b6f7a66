//! What is said of files: names that lead elsewhere, types and sizes that are not taken, rewrites.

use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ObjType, ROOT, ReadDoc as _, ScalarValue};
use shared::ids::{DocKey, DocKind, PersonId};
use shared::incidents::attachments::{FILE_BYTES_MAX, THUMBNAIL_BYTES_MAX, Thumbnail};
use shared::incidents::{Attachment, Intent, Refused};
use shared::sync::message::Surface;
use shared::testing::attachment;

use super::attacker::sealed;
use super::scene::Scene;

fn attach(doc: DocKind, file: Attachment) -> Intent {
    Intent::Attach { doc, file }
}

#[test]
fn files_without_bytes_and_beyond_bounds_are_refused() {
    let scene = Scene::begin("files-nonsense");
    let thumbnail = |bytes| {
        attachment(7)
            .thumbnail
            .map(|small| Thumbnail { bytes, ..small })
    };
    let taken_at = Some(shared::time::UnixMillis(i64::MAX));
    let files = [
        Attachment {
            bytes: 0,
            ..attachment(7)
        },
        Attachment {
            bytes: FILE_BYTES_MAX + 1,
            ..attachment(7)
        },
        Attachment {
            thumbnail: thumbnail(THUMBNAIL_BYTES_MAX + 1),
            ..attachment(7)
        },
        Attachment {
            taken_at,
            ..attachment(7)
        },
    ];
    for file in files {
        let mut attacker = scene.insider();
        let group = attacker.written(scene.incident, attach(DocKind::Work, file));
        let refused = scene.refused(&attacker, group);
        assert!(matches!(refused, Refused::OutOfRange { .. }), "{refused:?}");
    }
    scene.end();
}

#[test]
fn nobody_attaches_to_what_they_may_not_read() {
    let scene = Scene::begin("files-foreign");
    let mut requester = scene.attacker("user@demo", Surface::Portal);
    let key = DocKey::work(scene.incident);
    let unseen = shared::document::Document::new(key);
    requester.docs.insert(key, unseen);
    let group = requester.written(scene.incident, attach(DocKind::Work, attachment(7)));
    scene.refused(&requester, group);
    scene.end();
}

type Forgery = fn(&mut Transaction<'_>, PersonId);

fn written(tx: &mut Transaction<'_>, by: PersonId, (name, media): (&str, &str), hash: usize) {
    let key = "attachment/01890000-0000-7000-8000-000000000001";
    let fact = tx.put_object(ROOT, key, ObjType::Map).expect("a map");
    for (name, value) in [("by", i64::from(by.0)), ("at", 1), ("boot", 1), ("mono", 1)] {
        tx.put(&fact, name, value).expect("a number");
    }
    for (name, bytes) in [("saw", 0), ("hash", hash)] {
        let bytes = ScalarValue::Bytes(vec![7; bytes]);
        tx.put(&fact, name, bytes).expect("bytes");
    }
    tx.put(&fact, "name", name).expect("a text");
    tx.put(&fact, "type", media).expect("a text");
    tx.put(&fact, "size", 10).expect("a number");
}

#[test]
fn a_file_is_neither_rewritten_nor_named_as_what_it_is_not() {
    let mut scene = Scene::begin("files-forged");
    scene.work(attach(DocKind::Incident, attachment(7)));
    let attacker = scene.insider();
    let key = scene.key();
    let forgeries: [(&str, Forgery); 7] = [
        ("a name that leads elsewhere", |tx, by| {
            written(tx, by, ("../../etc/passwd", "text/plain"), 32);
        }),
        ("a name that reads backwards", |tx, by| {
            written(tx, by, ("\u{202e}gpj.exe", "image/jpeg"), 32);
        }),
        ("a name of two lines", |tx, by| {
            written(tx, by, ("a\r\nset-cookie: b", "text/plain"), 32);
        }),
        ("a page", |tx, by| {
            written(tx, by, ("page.html", "text/html"), 32);
        }),
        ("a drawing with a script", |tx, by| {
            written(tx, by, ("drawing.svg", "image/svg+xml"), 32);
        }),
        ("half a hash", |tx, by| {
            written(tx, by, ("a.txt", "text/plain"), 16);
        }),
        ("a hash put over another's", |tx, _| {
            let mut keys = tx.keys(ROOT);
            let file = keys.find(|key| key.starts_with("attachment/"));
            let file = file.expect("it is there");
            drop(keys);
            let found = tx.get(ROOT, file.as_str()).expect("readable");
            let (_, map) = found.expect("it is there");
            let hash = ScalarValue::Bytes(vec![9; 32]);
            tx.put(map, "hash", hash).expect("put");
        }),
    ];
    for (what, write) in forgeries {
        let forged = attacker.forged(key, |tx| write(tx, attacker.person));
        scene.misshapen(&attacker, what, sealed(key, forged));
    }
    scene.end();
}
