use lettre::message::Mailbox;
use proptest::prelude::*;
use shared::ids::PersonId;
use shared::incidents::{HoldReason, Intent, ResolutionCode, SetField, State, read};
use shared::notify::{self, Recipient};
use shared::people::{Group, Role};
use shared::sla::Measure;
use shared::testing::{ALICE, BOB, CAROL, Copy, START, person};

use super::super::Addressee;
use super::super::message::Message;
use super::*;

/// What no letter to a requester may hold.
const INTERNAL: &str = "the-password-was-on-a-sticky-note";

fn directory() -> Directory {
    let mut people = vec![
        person(ALICE, Role::Technician),
        person(BOB, Role::Agent),
        person(CAROL, Role::Requester),
    ];
    for (one, name) in people
        .iter_mut()
        .zip(["Alice Ames", "Bob Böll", "Carol <Cox>"])
    {
        name.clone_into(&mut one.name);
    }
    let network = Group {
        id: "network".into(),
        name: "Network".to_owned(),
    };
    Directory {
        name: "Brennick & Vos".to_owned(),
        people,
        groups: vec![network],
        ..Directory::default()
    }
}

/// The incident as its requester may read it, which is all that a letter is written from.
fn public(copy: &Copy) -> Incident {
    let mut docs = copy.docs.clone();
    docs.work = None;
    read(&docs, &copy.receipts).0
}

/// The letters of an act, in a language: the same from what staff and what the requester may read.
fn letters(copy: &mut Copy, by: PersonId, intent: Intent, language: &str) -> Vec<(Notice, Letter)> {
    let (before, directory) = (copy.read(), directory());
    copy.act(by, intent);
    let (staff, public) = (copy.read(), public(copy));
    let notices = notify::of_acts(Some(&before), &staff, &directory);
    let letter = |notice: Notice| {
        let letter = written(&notice, &staff, language);
        assert_eq!(letter, written(&notice, &public, language));
        (notice, letter)
    };
    notices.into_iter().map(letter).collect()
}

fn written(notice: &Notice, incident: &Incident, language: &str) -> Letter {
    let origin = Origin::localhost(8080);
    Letter::write(notice, incident, &directory(), &origin, language)
}

fn encoded(notice: &Notice, letter: &Letter, name: &str) -> String {
    let to = Addressee {
        name: name.to_owned(),
        address: "carol@example.org".to_owned(),
        language: "en".to_owned(),
    };
    let from = ("Brennick & Vos", "it@example.org");
    let message = Message::new(letter, notice, &to, from, START).expect("a message");
    String::from_utf8(message.bytes).expect("mail travels as ASCII")
}

fn headers(mail: &str) -> Vec<&str> {
    let head = mail.split("\r\n\r\n").next().expect("a head");
    head.split("\r\n")
        .filter(|line| !line.starts_with(' '))
        .collect()
}

fn reply(text: &str) -> Intent {
    let text = text.to_owned();
    Intent::Reply { text }
}

#[test]
fn a_reply_reads_well_as_plain_text_in_both_languages() {
    let mut copy = Copy::declared();
    let (_, letter) = letters(&mut copy, BOB, reply("Does it\r\nwork now?"), "en").remove(0);
    let id = copy.docs.id();
    let code = copy.read().name();
    assert_eq!(
        letter.subject,
        format!("[{code}] VPN asks for credentials again")
    );
    let english = format!(
        "Bob Böll replied\n\nThis is the message:\n\n{RULE}\nDoes it\nwork now?\n{RULE}\n\n\
         Incident: {code}\nState: New\n\n\
         Open in the portal:\nhttp://localhost:8080/incidents/{id}\n\n-- \n\
         Brennick & Vos. Nobody reads answers to this address: reply in the portal.\n"
    );
    assert_eq!(letter.text(), english);
    let (_, letter) = letters(&mut copy, BOB, reply("Geht es jetzt?"), "de-AT").remove(0);
    let german = format!(
        "Bob Böll hat geantwortet\n\nDas ist die Nachricht:\n\n{RULE}\nGeht es jetzt?\n{RULE}\n\n\
         Störung: {code}\nStand: Neu\n\n\
         Im Portal öffnen:\nhttp://localhost:8080/incidents/{id}\n\n-- \n\
         Brennick & Vos. Antworten an diese Adresse liest niemand: Antworten Sie im Portal.\n"
    );
    assert_eq!(letter.text(), german);
}

#[test]
fn every_event_has_words_of_its_own_in_every_language() {
    let mut copy = Copy::declared();
    let assign = Intent::Assign {
        group: Some("network".into()),
        person: None,
        escalation: None,
    };
    let mut all = letters(&mut copy, BOB, assign, "en");
    let (incident, directory) = (copy.read(), directory());
    all.extend(
        notify::of_acts(None, &incident, &directory)
            .into_iter()
            .map(|notice| {
                let letter = written(&notice, &incident, "en");
                (notice, letter)
            }),
    );
    let due = START.plus(3_600_000);
    for clock in Measure::ALL {
        for event in [
            Event::Warned { clock, due },
            Event::Breached { clock, due },
            Event::BreachCorrected { clock, due },
        ] {
            let notices = notify::of_clock(event, 0, &incident, &directory);
            all.extend(notices.into_iter().map(|notice| {
                let letter = written(&notice, &incident, "en");
                (notice, letter)
            }));
        }
    }
    let held = Intent::Hold {
        reason: HoldReason::Caller,
        text: "Which door?".to_owned(),
        until: None,
    };
    all.extend(letters(&mut copy, ALICE, held, "en"));
    let (code, notes) = (ResolutionCode::Fixed, "A cable.".to_owned());
    all.extend(letters(
        &mut copy,
        ALICE,
        Intent::Resolve { code, notes },
        "en",
    ));
    all.extend(letters(&mut copy, ALICE, Intent::Close, "en"));
    let incident = public(&copy);
    let mut headings: Vec<_> = all
        .iter()
        .map(|(notice, letter)| {
            let german = written(notice, &incident, "de");
            assert_ne!(german.heading, letter.heading);
            assert!(german.html().contains("<html lang=\"de\">"));
            letter.heading.clone()
        })
        .collect();
    headings.sort_unstable();
    headings.dedup();
    let expected = [
        "Alice Ames needs an answer from you",
        "Network has a new incident",
        "The first response is due soon",
        "The first response is overdue",
        "The first response was in time after all",
        "The resolution is due soon",
        "The resolution is overdue",
        "The resolution was in time after all",
        "We have your report",
        "Your issue is finished",
        "Your issue is fixed",
    ];
    assert_eq!(headings, expected);
}

#[test]
fn what_people_write_is_text_and_nothing_else() {
    let mut copy = Copy::declared();
    let subject = "<img src=x>\r\nBcc: eve@example.org\r\n\r\nخادم 🖨️ \u{202e}evil";
    copy.act(BOB, Intent::Set(SetField::Subject(subject.to_owned())));
    let nasty =
        "<script>alert(1)</script> & \"quotes\" 'single' \u{0}\u{7}\u{202e}drawkcab 漢字 👩‍🔧";
    let (notice, letter) = letters(&mut copy, BOB, reply(nasty), "en").remove(0);
    let html = letter.html();
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot; &#39;"));
    assert!(html.contains("漢字 👩‍🔧"), "{html}");
    assert!(
        !html.contains("<script") && !html.contains("<img"),
        "{html}"
    );
    for text in [&html, &letter.text()] {
        assert!(!text.contains(['\u{0}', '\u{7}', '\u{202e}']));
    }
    assert!(!letter.subject.contains(['\r', '\n']), "{}", letter.subject);
    let mail = encoded(&notice, &letter, "Eve\r\nBcc: eve@example.org");
    let injected = |line: &&str| line.to_ascii_lowercase().starts_with("bcc");
    assert_eq!(headers(&mail).into_iter().find(injected), None, "{mail}");
    assert!(mail.is_ascii());
    assert!(
        mail.split("\r\n").all(|line| line.len() <= 998),
        "RFC 5322, 2.1.1"
    );
}

#[test]
fn long_texts_are_cut_and_say_so() {
    let mut copy = Copy::declared();
    let long = "ä🖨️ word ".repeat(5_000);
    copy.act(BOB, Intent::Set(SetField::Subject("long ".repeat(100))));
    let (notice, letter) = letters(&mut copy, BOB, reply(&long), "en").remove(0);
    assert!(letter.subject.chars().count() < 200);
    let text = letter.text();
    assert!(text.chars().count() < QUOTE_CHARS_MAX + 600);
    assert!(text.contains("…\nIt goes on: follow the link below.\n"));
    assert!(letter.html().contains("It goes on"));
    assert!(encoded(&notice, &letter, "Carol").len() < 60_000);
}

#[test]
fn headers_say_what_a_letter_is_and_where_it_belongs() {
    let mut copy = Copy::declared();
    let id = copy.docs.id();
    let mut ids = Vec::new();
    for text in ["One", "Two"] {
        let (notice, letter) = letters(&mut copy, BOB, reply(text), "en").remove(0);
        let mail = encoded(&notice, &letter, "Carol Cox");
        let again = encoded(&notice, &letter, "Carol Cox");
        let find = |mail: &str, name: &str| {
            let lines = headers(mail);
            let line = lines
                .iter()
                .find(|line| line.starts_with(&format!("{name}: ")));
            line.map(|line| line[name.len() + 2..].to_owned())
        };
        let root = format!("<incident.{id}@example.org>");
        for (name, value) in [
            ("From", "=?utf-8?b?QnJlbm5pY2sgJiBWb3M=?= <it@example.org>"),
            ("To", "\"Carol Cox\" <carol@example.org>"),
            ("In-Reply-To", &root),
            ("References", &root),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("Precedence", "bulk"),
            ("List-Id", "<incidents.example.org>"),
            ("Content-Language", "en"),
        ] {
            assert_eq!(find(&mail, name).as_deref(), Some(value), "{name}: {mail}");
        }
        let own = find(&mail, "Message-ID").expect("an id");
        assert_eq!(
            find(&again, "Message-ID").as_ref(),
            Some(&own),
            "the same letter again"
        );
        ids.push(own);
        assert!(mail.contains("multipart/alternative"));
        assert!(mail.contains("text/plain; charset=utf-8"));
        assert!(mail.contains("text/html; charset=utf-8"));
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_caller_without_an_account_is_asked_for_nothing_that_needs_one() {
    let mut copy = Copy::declared();
    let caller = Requester::Unknown {
        name: "Driver\r\nof Vos".to_owned(),
        contact: "driver@example.org".to_owned(),
    };
    copy.act(BOB, Intent::Set(SetField::Requester(caller)));
    let code = copy.read().name();
    let held = Intent::Hold {
        reason: HoldReason::Caller,
        text: "Which door?".to_owned(),
        until: None,
    };
    let (resolved, notes) = (ResolutionCode::Fixed, "A cable.".to_owned());
    let resolved = Intent::Resolve {
        code: resolved,
        notes,
    };
    for (language, how) in [
        ("en", "call or write to the service desk as you did before"),
        ("de", "Rufen Sie den Service Desk wieder an"),
    ] {
        for intent in [reply("Try again"), held.clone(), resolved.clone()] {
            let mut copy = copy.clone();
            let (notice, letter) = letters(&mut copy, BOB, intent, language).remove(0);
            assert!(matches!(notice.to, Recipient::Caller(_)));
            for text in [letter.text(), letter.html()] {
                let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                assert!(text.contains(how) && text.contains(&code), "{text}");
                let asks = ["ortal", "http://", "<a "];
                assert!(!asks.iter().any(|word| text.contains(word)), "{text}");
            }
        }
    }
    copy.act(BOB, reply("Try again"));
    let name = requester_name(&public(&copy), &directory());
    assert_eq!(one_line(&name, 100), "Driver of Vos");
    assert!("driver@example.org".parse::<Mailbox>().is_ok());
}

/// What a catalog of the client calls something.
fn called(language: &str, key: &str) -> String {
    let catalog = match language {
        "de" => include_str!("../../../../public/text/de.json"),
        _ => include_str!("../../../../public/text/en.json"),
    };
    let texts: serde_json::Value = serde_json::from_str(catalog).expect("a catalog");
    texts[key].as_str().expect("a text").to_owned()
}

#[test]
fn letters_name_states_as_the_pages_of_their_readers_do() {
    let staff = [
        (State::New, "state.new"),
        (State::Assigned, "state.assigned"),
        (State::InProgress, "state.in_progress"),
        (State::OnHold, "state.on_hold"),
        (State::Resolved, "state.resolved"),
        (State::Closed, "state.closed"),
        (State::Cancelled, "state.cancelled"),
    ];
    let portal = [
        (State::OnHold, "portal.did.held"),
        (State::Resolved, "portal.did.fixed"),
        (State::Closed, "portal.did.closed"),
        (State::Cancelled, "portal.did.cancelled"),
    ];
    for language in ["en", "de"] {
        let words = words::of(language);
        for (state, key) in staff {
            let word = words.state(state, Reader::Staff);
            assert_eq!(word, called(language, key));
        }
        for (state, key) in portal {
            for reader in [Reader::Requester, Reader::Caller] {
                let word = words.state(state, reader);
                assert_eq!(format!("{word} ({{name}})"), called(language, key));
            }
        }
    }
}

fn act() -> impl Strategy<Value = (PersonId, Intent)> {
    let note = Intent::Note {
        text: INTERNAL.to_owned(),
    };
    let held = Intent::Hold {
        reason: HoldReason::Caller,
        text: "Which door?".to_owned(),
        until: None,
    };
    let resolved = Intent::Resolve {
        code: ResolutionCode::Fixed,
        notes: "A cable.".to_owned(),
    };
    let assigned = Intent::Assign {
        group: Some("network".into()),
        person: Some(ALICE),
        escalation: None,
    };
    let reopened = Intent::Reopen {
        text: "Again".to_owned(),
    };
    let intents = vec![
        note,
        held,
        resolved,
        assigned,
        reopened,
        reply("Hello"),
        Intent::Close,
    ];
    (
        prop::sample::select(vec![ALICE, BOB]),
        prop::sample::select(intents),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Not even its existence: without the notes the letters are the same, byte by byte.
    #[test]
    fn no_byte_of_internal_notes_is_in_any_letter(acts in prop::collection::vec(act(), 1..12)) {
        let (mut with, mut without) = (Copy::declared(), Copy::declared());
        for (by, intent) in acts {
            if matches!(intent, Intent::Note { .. }) {
                let told = letters(&mut with, by, intent, "en");
                prop_assert!(told.is_empty(), "nobody hears of a note");
                without.drafted(by, reply("the same clock and ids"));
                continue;
            }
            let told = letters(&mut with, by, intent.clone(), "en");
            let expected = letters(&mut without, by, intent, "en");
            prop_assert_eq!(told.len(), expected.len());
            for ((notice, letter), (same, plain)) in told.iter().zip(&expected) {
                prop_assert_eq!(notice, same);
                let mail = encoded(notice, letter, "Carol");
                for text in [&mail, &letter.text(), &letter.html()] {
                    prop_assert!(!text.contains(INTERNAL));
                }
                prop_assert_eq!(mail, encoded(same, plain, "Carol"));
            }
        }
    }
}
