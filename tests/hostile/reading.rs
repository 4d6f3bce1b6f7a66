//! What is asked: scopes of others, ids of others.

use std::collections::BTreeMap;

use automerge::Automerge;
use automerge::sync::{State, SyncDoc as _};
use shared::ids::{DocKey, DocKind, IncidentId, PersonId};
use shared::people::Scope;
use shared::sync::Seq;
use shared::sync::message::{
    Cursors, MEDIA_TYPE, PROTOCOL, PullPage, RepairRequest, Surface, encode,
};
use tests::http::Answer;

use super::attacker::{Attacker, sealed};
use super::facts::entry;
use super::scene::{SECRET, Scene};

/// A requester who has nothing to do with it.
const STRANGER: &str = "user@demo";

/// Who reported what the stranger is after.
const OTHER: PersonId = PersonId(7);

/// Every scope there might be, from the end of the log, and from its beginning.
fn claims(highs: [Seq; 2], epoch: Option<shared::ids::Epoch>) -> impl Iterator<Item = Cursors> {
    let people = (0..30).flat_map(|id| [format!("requester:{id}"), format!("worker:{id}")]);
    let groups = ["network", "field", "service-desk"].map(|group| format!("group:{group}"));
    let sites = ["ams", "dui"].map(|site| format!("site:{site}"));
    let others = ["staff", "everyone"].map(str::to_owned);
    let names = people.chain(groups).chain(sites).chain(others);
    let scopes: Vec<Scope> = names.filter_map(|name| name.parse().ok()).collect();
    highs.into_iter().flat_map(move |high| {
        let scopes = scopes.clone();
        [Seq(0), Seq(1), high, Seq(u64::MAX)].map(|low| Cursors {
            epoch,
            high,
            lows: scopes.iter().map(|scope| (scope.clone(), low)).collect(),
        })
    })
}

#[test]
fn a_pull_for_the_scopes_of_others_brings_nothing_of_theirs() {
    let scene = Scene::of("scopes", OTHER);
    let portal = scene.attacker(STRANGER, Surface::Portal);
    let staff = scene.honest.device.disk.incidents();
    let own = own(&portal);
    let mut pages = 0;
    for cursors in claims([Seq(0), Seq(u64::MAX)], portal.epoch) {
        let mut request = portal.pull_request(cursors);
        request.docs_max = u32::MAX;
        let page: PullPage = portal.ask("/sync/pull", &request);
        pages += 1;
        let docs = page.docs.iter().map(|doc| doc.doc);
        for doc in docs.chain(page.forget.iter().copied()) {
            assert_eq!(doc.kind, DocKind::Incident);
            assert!(own.contains(&doc.id), "{doc}");
        }
        assert!(page.rows.iter().all(|row| own.contains(&row.id)));
        assert!(!String::from_utf8_lossy(&encode(&page)).contains(SECRET));
    }
    assert!(pages > 0 && staff.len() > own.len());
    scene.expect_untouched();
    scene.end();
}

/// The incidents that a session sees when it asks as it should.
fn own(attacker: &Attacker) -> Vec<IncidentId> {
    let (mut cursors, mut own) = (Cursors::default(), Vec::new());
    loop {
        let page: PullPage = attacker.ask("/sync/pull", &attacker.pull_request(cursors));
        own.extend(page.docs.iter().map(|doc| doc.doc.id));
        if !page.more {
            return own;
        }
        cursors = page.cursors;
    }
}

#[test]
fn a_database_of_another_person_is_neither_read_nor_repaired() {
    let scene = Scene::of("other-person", OTHER);
    let mut attacker = scene.attacker(STRANGER, Surface::Portal);
    attacker.person = scene.honest.device.profile.person;
    let pull = attacker.pull_request(Cursors::default());
    assert_eq!(attacker.post("/sync/pull", &pull).status, 401);
    let answer = repair(&attacker, scene.key());
    assert_eq!(answer.status, 401);
    scene.end();
}

#[test]
fn what_may_not_be_seen_answers_like_what_is_not_there() {
    let scene = Scene::of("enumeration", OTHER);
    let attacker = scene.attacker(STRANGER, Surface::Portal);
    let foreign = scene.incident;
    let mut bytes = *foreign.as_bytes();
    bytes[15] ^= 1;
    let absent = IncidentId::from_bytes(bytes);
    let same = |one: Answer, other: Answer| {
        assert_eq!(one.status, other.status);
        assert_eq!(without_trace(&one.body), without_trace(&other.body));
        assert!(!String::from_utf8_lossy(&one.body).contains(SECRET));
    };
    for kind in [DocKind::Incident, DocKind::Work] {
        let key = |id| DocKey { kind, id };
        let [one, other] = [foreign, absent].map(|id| repair(&attacker, key(id)));
        assert_eq!(one.status, 404);
        same(one, other);
    }
    let page = |id: &str| attacker.http.get(&format!("/incidents/{id}?plain"));
    let [one, other] = [foreign, absent].map(|id| page(&id.to_string()).expect("an answer"));
    same(one, other);
    // Numbers can be guessed, so they are no addresses.
    let number = scene.read().number.expect("it has a number");
    let [one, other] = [number.as_str(), "INC-999999"].map(|id| page(id).expect("an answer"));
    same(one, other);
    scene.expect_untouched();
    scene.end();
}

/// Takes out what names the request.
fn without_trace(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body).into_owned();
    let Some((before, rest)) = text.split_once("\"traceId\":\"") else {
        return text;
    };
    let after = rest.split_once('"').map_or("", |(_, after)| after);
    format!("{before}{after}")
}

#[test]
fn what_is_pushed_onto_an_incident_of_others_is_refused_without_a_word_of_it() {
    let scene = Scene::of("push-foreign", OTHER);
    let insider = scene.insider();
    let attacker = scene.attacker(STRANGER, Surface::Portal);
    for kind in [DocKind::Incident, DocKind::Work] {
        let key = DocKey {
            kind,
            id: scene.incident,
        };
        let forged = insider.forged(key, |tx| entry(tx, attacker.person));
        let refused = scene.refused(&attacker, sealed(key, forged));
        assert_eq!(refused, shared::incidents::Refused::Scope);
    }
    scene.end();
}

#[test]
fn what_is_said_to_be_of_a_lost_log_brings_nothing_back() {
    let scene = Scene::begin("return");
    let attacker = scene.insider();
    let key = scene.key();
    let mut docs: BTreeMap<_, _> = BTreeMap::new();
    let forged = attacker.forged(key, |tx| entry(tx, attacker.person));
    let bytes = sealed(key, forged).changes.remove(0).bytes;
    let page = attacker.pull_request(Cursors::default());
    let page: PullPage = attacker.ask("/sync/pull", &page);
    for pulled in page.docs.into_iter().filter(|pulled| pulled.doc == key) {
        let changes = attacker.docs[&key].changes();
        let held = changes.filter_map(|change| attacker.docs[&key].change_bytes(change.hash));
        let held = held.map(shared::sync::message::ChangeBytes);
        let body = shared::sync::message::ReturnedBody {
            changes: held.chain([bytes.clone()]).collect(),
            receipts: pulled.receipts,
        };
        docs.insert(
            pulled.doc,
            shared::sync::message::ReturnedDoc {
                doc: pulled.doc,
                generation: pulled.generation,
                signed: pulled.signed,
                body: Some(body),
            },
        );
    }
    let request = shared::sync::message::ReturnRequest {
        protocol: PROTOCOL,
        surface: attacker.surface,
        person: attacker.person,
        device: attacker.device,
        epoch: attacker.epoch.expect("a page was read"),
        earlier: Vec::new(),
        docs: docs.into_values().collect(),
    };
    assert_eq!(request.docs.len(), 1);
    assert_eq!(attacker.post("/sync/return", &request).status, 200);
    scene.expect_untouched();
    scene.end();
}

fn repair(attacker: &Attacker, doc: DocKey) -> Answer {
    let message = Automerge::new().generate_sync_message(&mut State::new());
    let request = RepairRequest {
        protocol: PROTOCOL,
        surface: attacker.surface,
        person: attacker.person,
        device: attacker.device,
        message: message.expect("an empty document asks").encode(),
    };
    let path = format!("/sync/repair/{doc}");
    let answer = attacker.http.post(&path, MEDIA_TYPE, &encode(&request));
    answer.expect("the server answers")
}
