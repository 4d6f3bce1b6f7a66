//! Who says so: actors, authors, sessions.

use automerge::ActorId;
use shared::document::Document;
use shared::ids::{Actor, DocKey, PersonId};
use shared::incidents::{Intent, Refused};
use shared::sync::message::{Surface, Verdict};

use super::attacker::{group, sealed};
use super::facts::entry;
use super::scene::{SECRET, Scene};

fn reply() -> Intent {
    Intent::Reply {
        text: format!("{SECRET}, too."),
    }
}

/// The change that brought a fact of this group.
fn brought(doc: &Document, prefix: &str) -> (Actor, Vec<u8>) {
    let (facts, _) = doc.facts();
    let held = facts.iter().find(|held| held.fact.group == prefix);
    let held = held.expect("such a fact is there");
    let is_it = |change: &shared::document::ChangeMeta| {
        (change.actor, change.seq) == (held.actor, held.actor_seq)
    };
    let change = doc.changes().find(is_it).expect("a fact has a change");
    let bytes = doc.change_bytes(change.hash).expect("it is held");
    (held.actor, bytes)
}

#[test]
fn an_actor_of_the_server_or_of_another_length_is_refused() {
    let scene = Scene::begin("server-actor");
    let attacker = scene.insider();
    let key = scene.key();
    let (server, _) = brought(&attacker.docs[&key], "number");
    let mut forged = attacker.forged(key, |tx| entry(tx, attacker.person));
    forged.actor_id = ActorId::from(server.0);
    forged.seq = attacker.docs[&key].next_seq(server);
    let refused = scene.refused(&attacker, sealed(key, forged.clone()));
    assert_eq!(refused, Refused::Actor);
    for length in [0, 1, 15, 17, 100] {
        forged.actor_id = ActorId::from(vec![7_u8; length]);
        forged.seq = 1;
        let refused = scene.refused(&attacker, sealed(key, forged.clone()));
        assert_eq!(refused, Refused::Encoding, "{length} bytes");
    }
    scene.end();
}

#[test]
fn the_actor_of_another_person_is_refused_and_still_theirs() {
    let scene = Scene::begin("foreign-actor");
    let attacker = scene.insider();
    let key = scene.key();
    let (theirs, _) = brought(&attacker.docs[&key], "entry");
    let mut forged = attacker.forged(key, |tx| entry(tx, attacker.person));
    forged.actor_id = ActorId::from(theirs.0);
    forged.seq = attacker.docs[&key].next_seq(theirs);
    let refused = scene.refused(&attacker, sealed(key, forged));
    assert_eq!(refused, Refused::Actor);
    scene.end();
}

#[test]
fn a_fact_in_the_name_of_another_is_refused() {
    let scene = Scene::begin("author");
    let attacker = scene.insider();
    let key = scene.key();
    let theirs = scene.honest.device.profile.person;
    for by in [theirs, PersonId::SERVER, PersonId(1_000)] {
        let forged = attacker.forged(key, |tx| entry(tx, by));
        let refused = scene.refused(&attacker, sealed(key, forged));
        assert_eq!(refused, Refused::Author, "{by:?}");
    }
    scene.end();
}

#[test]
fn what_another_session_sent_counts_for_nothing_and_still_arrives_from_there() {
    let mut scene = Scene::begin("replay");
    let attacker = scene.insider();
    let key = scene.key();
    let (_, accepted) = brought(&attacker.docs[&key], "entry");
    let refused = scene.refused(&attacker, group(key, accepted));
    assert_eq!(refused, Refused::Actor);
    // What was listened to before it arrived.
    let (id, moment) = (scene.incident, scene.honest.moment());
    let act = scene.honest.device.act(0, Some(id), reply(), moment);
    act.expect("a technician may reply");
    let waiting = scene.honest.device.disk.outbox();
    let unsent = waiting[0].1.changes[0].bytes.0.clone();
    let refused = scene.refused(&attacker, group(key, unsent.clone()));
    assert_eq!(refused, Refused::Actor);
    // Under the name of the other's device, or of the other person.
    let mut request = attacker.push_request(vec![group(key, unsent)]);
    request.device = scene.honest.device.profile.device;
    let reply: shared::sync::message::PushReply = attacker.ask("/sync/push", &request);
    assert!(matches!(reply.verdicts[..], [Verdict::Refused(_)]));
    request.person = scene.honest.device.profile.person;
    assert_eq!(attacker.post("/sync/push", &request).status, 401);
    scene.expect_untouched();
    scene.end();
}

#[test]
fn without_a_session_or_for_another_surface_nothing_is_read_or_written() {
    let scene = Scene::begin("no-session");
    let mut attacker = scene.attacker("technician@demo", Surface::Portal);
    attacker.surface = Surface::Console;
    let push = attacker.push_request(Vec::new());
    let pull = attacker.pull_request(shared::sync::message::Cursors::default());
    assert_eq!(attacker.post("/sync/push", &push).status, 401);
    assert_eq!(attacker.post("/sync/pull", &pull).status, 401);
    attacker.http = tests::http::Http::new(scene.server.port);
    for path in ["/sync/push", "/sync/return", "/sync/pull"] {
        assert_eq!(attacker.post(path, &push).status, 401, "{path}");
    }
    scene.expect_untouched();
    scene.end();
}

#[test]
fn an_actor_that_uses_a_sequence_number_twice_is_refused() {
    let mut scene = Scene::begin("sequence");
    let mut attacker = scene.insider();
    let key = scene.key();
    let before = attacker.docs.clone();
    let first = attacker.written(scene.incident, reply());
    assert!(matches!(attacker.offer_one(first), Verdict::Accepted(_)));
    scene.note_head();
    // The same number upon the same past, upon what followed, and one that leaves a gap.
    let after = std::mem::replace(&mut attacker.docs, before);
    let fork = attacker.forged(key, |tx| entry(tx, attacker.person));
    attacker.docs = after;
    let mut again = attacker.forged(key, |tx| entry(tx, attacker.person));
    again.seq -= 1;
    let mut gap = attacker.forged(key, |tx| entry(tx, attacker.person));
    gap.seq += 1;
    for forged in [fork, again, gap] {
        let refused = scene.refused(&attacker, sealed(key, forged));
        assert_eq!(refused, Refused::Sequence { expected: 2 });
    }
    scene.end();
}

#[test]
fn an_incident_of_another_cannot_be_declared_again() {
    let scene = Scene::begin("declared-again");
    let mut attacker = scene.insider();
    let keys = [scene.key(), DocKey::work(scene.incident)];
    for key in keys {
        attacker.docs.insert(key, Document::new(key));
    }
    let declare = Intent::Declare(super::scene::declare());
    let group = attacker.written(scene.incident, declare);
    scene.misshapen(&attacker, "a second birth", group);
    scene.end();
}
