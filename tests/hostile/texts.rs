//! What people write: markup and script in every text that there is.

use std::time::{Duration, Instant};

use shared::document::Document;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::{
    Declare, HoldReason, Holder, Intent, Level, Log, NewTask, Requester, ResolutionCode, SetField,
};
use shared::sync::message::{PushGroup, Surface, Verdict};
use shared::testing::log;
use tests::http::Http;

use super::attacker::Attacker;
use super::scene::{REQUESTER, SECRET, Scene, declare};

/// Ends an element, an attribute, a comment and a script, and would run in each.
const MARKUP: &str = "\"'></title></textarea></script><script>alert('Quetzalcoatlus')</script>\
    <img src=x onerror=alert(1)>-->\u{0}\u{7}\u{202e}";

/// What no page may hold of it.
const LIVE: [&str; 3] = ["<script>alert", "<img src=x", "</textarea></script>"];

fn markup() -> String {
    format!("{SECRET} {MARKUP}")
}

/// Every act with a text, each filled with markup.
fn acts() -> Vec<Intent> {
    let text = markup;
    vec![
        Intent::Reply { text: text() },
        Intent::Note { text: text() },
        Intent::Set(SetField::Subject(text())),
        Intent::Set(SetField::Category(Some(text().as_str().into()))),
        Intent::Set(SetField::Site(Some(text().as_str().into()))),
        Intent::Assign {
            group: Some(text().as_str().into()),
            person: None,
            escalation: None,
        },
        Intent::Set(SetField::Urgency(Level::High)),
        Intent::Hold {
            reason: HoldReason::Caller,
            text: text(),
            until: None,
        },
        Intent::Resolve {
            code: ResolutionCode::Fixed,
            notes: text(),
        },
        Intent::Log(Log {
            text: text(),
            ..log(25)
        }),
        Intent::AddTask(NewTask {
            title: text(),
            holder: Holder {
                person: None,
                group: Some(text().as_str().into()),
            },
            steps: vec![text()],
            ..NewTask::default()
        }),
        Intent::Reopen { text: text() },
        Intent::Cancel { text: text() },
    ]
}

#[test]
fn markup_and_script_in_every_text_is_text_on_every_page_and_in_every_letter() {
    let scene = Scene::begin("markup");
    let mut attacker = scene.insider();
    let mut declared = Vec::new();
    let unknown = Requester::Unknown {
        name: markup(),
        contact: format!("{SECRET}@example.com, \"<script>alert(1)</script>\" <x@example.com>"),
    };
    for requester in [Requester::Person(REQUESTER), unknown] {
        let declare = Intent::Declare(Declare {
            subject: markup(),
            description: markup(),
            requester,
            category: Some(markup().as_str().into()),
            site: Some(markup().as_str().into()),
            asset: Some(markup()),
            contact: Some(markup()),
            ..declare()
        });
        let id = IncidentId::from_bytes(attacker.draws.bytes());
        let key = DocKey::work(id);
        attacker.docs.insert(key, Document::new(key));
        let group = attacker.written(id, declare);
        offer(&attacker, group);
        declared.push(id);
        for intent in acts() {
            let group = attacker.written(id, intent);
            offer(&attacker, group);
        }
    }
    let requester = scene.attacker("user@demo", Surface::Portal);
    let pages = ["/?plain", "/report?plain"].map(str::to_owned);
    let incident = format!("/incidents/{}?plain", declared[0]);
    let mut seen = 0;
    for path in pages.into_iter().chain([incident.clone()]) {
        let page = inert(&requester.http, &path);
        seen += usize::from(page.contains("alert("));
    }
    assert!(seen > 0, "the markup was shown, as text");
    assert!(inert(&requester.http, &incident).contains("&lt;script&gt;alert("));
    read_letters(&scene);
    scene.end();
}

#[track_caller]
fn offer(attacker: &Attacker, group: PushGroup) {
    let verdict = attacker.offer_one(group);
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
}

/// Reads a page on which nothing of what was written is live.
#[track_caller]
fn inert(http: &Http, path: &str) -> String {
    let answer = http.get(path).expect("the server answers");
    assert_eq!(answer.status, 200, "{path}");
    let page = String::from_utf8(answer.body).expect("a text");
    for live in LIVE {
        assert!(!page.contains(live), "{path} holds {live}");
    }
    page
}

/// Waits for the letters that the acts caused, and reads each.
fn read_letters(scene: &Scene) {
    const WITHIN: Duration = Duration::from_secs(30);
    let http = Http::new(scene.server.port);
    let deadline = Instant::now() + WITHIN;
    let list = loop {
        let list = inert(&http, "/demo/mail");
        if list.contains("/demo/mail/1\"") && !list.contains("to leave.") {
            break list;
        }
        assert!(Instant::now() < deadline, "letters leave");
        std::thread::sleep(Duration::from_millis(50));
    };
    let links = list.split("href=\"/demo/mail/").skip(1);
    let numbers: Vec<_> = links.filter_map(|link| link.split('"').next()).collect();
    assert!(numbers.len() > 3, "{numbers:?}");
    for number in numbers {
        inert(&http, &format!("/demo/mail/{number}"));
        inert(&http, &format!("/demo/mail/{number}/html"));
    }
}
