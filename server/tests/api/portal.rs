//! The plain pages of the portal, as a browser without scripts meets them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, HoldReason, Intent, ResolutionCode};
use shared::people::{Directory, Role};
use shared::sync::Seq;
use shared::sync::server::{Authored, DOC_CHANGES_MAX, Numbering};
use shared::time::Boot;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::support::{Answer, Server};

const ALICE: PersonId = PersonId(1);

/// What a browser without scripts accepts.
const PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A form as a browser without scripts sends it.
async fn post(server: &Server, path: &str, fields: &[(&str, &str)]) -> Answer {
    post_from(server, path, fields, Some("http://localhost:8080")).await
}

async fn post_from(
    server: &Server,
    path: &str,
    fields: &[(&str, &str)],
    origin: Option<&str>,
) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(fields).finish();
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, "localhost:8080")
        .header(header::ACCEPT, PAGES)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    if let Some(cookie) = &server.cookie {
        request = request.header(header::COOKIE, cookie);
    }
    server
        .send(request.body(Body::from(body)).expect("a request"))
        .await
}

/// Bob, who has the role of a requester, without scripts.
async fn bob() -> Server {
    let mut server = Server::start().await;
    let fields = [("login", "bob"), ("password", "battery staple")];
    let answer = post(&server, "/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/?plain");
    let cookie = answer.header("set-cookie").split(';').next();
    server.cookie = cookie.map(str::to_owned);
    server
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("UTF-8")
}

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let rest = page.split(&begin).nth(1).expect("the field is there");
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn page(server: &Server, path: &str) -> String {
    let answer = server.get(path).await;
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    text(&answer)
}

/// Reports something and gives the address of its page.
pub(crate) async fn report(server: &Server, subject: &str, description: &str) -> String {
    let form = page(server, "/report?plain").await;
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    let answer = post(
        server,
        "/report",
        &[
            ("key", &key),
            ("token", &token),
            ("subject", subject),
            ("description", description),
            ("asset", "Grey dock"),
            ("contact", "ext. 2311"),
        ],
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", text(&answer));
    answer.header("location").to_owned()
}

/// Sends the form of an incident's page.
async fn send(server: &Server, path: &str, act: &str, words: &str) -> Answer {
    let form = page(server, path).await;
    let fields = ["key", "token", "seen"].map(|name| (name, hidden(&form, name)));
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    fields.extend([("act", act), ("text", words)]);
    post(server, path.trim_end_matches("?plain"), &fields).await
}

/// Staff does something, as an import would bring it in.
async fn staff(server: &Server, path: &str, nth: u64, intent: Intent) {
    let act = drafted(server, nth, intent);
    write(server, incident(path), vec![act]).await;
}

fn drafted(server: &Server, nth: u64, intent: Intent) -> Drafted {
    let now = server.app.clock.now();
    let now = now.plus(1_000 * i64::try_from(nth).unwrap_or_default());
    let name = |part: u8| {
        let mut name = [part; 10];
        name[..8].copy_from_slice(&nth.to_be_bytes());
        name
    };
    Drafted {
        act: ActId::new(now, name(0)),
        intent,
        facts: [FactId::new(now, name(1)), FactId::new(now, name(2))],
        by: ALICE,
        at: now,
        boot: Boot::default(),
        mono: 0,
        saw: None,
    }
}

async fn write(server: &Server, incident: IncidentId, acts: Vec<Drafted>) {
    let authored = Authored {
        incident,
        acts,
        numbering: Numbering::Next,
        received_at: None,
    };
    let app = &server.app;
    let (now, rules) = (app.clock.now(), app.people.current().rules());
    let written = app
        .keeper
        .accept_as_server(&*app.store, vec![authored], &rules, now)
        .await;
    assert_eq!(written.expect("the store answers").written, 1);
}

fn incident(path: &str) -> IncidentId {
    let id = path.trim_start_matches("/incidents/");
    id.trim_end_matches("?plain")
        .parse()
        .expect("an address of an incident")
}

/// What was told of clocks, in any order.
async fn clocks(server: &Server) -> Vec<String> {
    let (store, now) = (&server.app.store, server.app.clock.now());
    let mut told = Vec::new();
    while let Some(effect) = store.claim_effect(now, now.plus(60_000)).await.expect("it") {
        let event = effect.claim.key.split('/').nth(1).unwrap_or_default();
        let clock = event.rsplit_once('-').map(|(event, _)| event.to_owned());
        told.extend(clock);
    }
    told
}

fn held() -> Intent {
    Intent::Hold {
        reason: HoldReason::Caller,
        text: "Which dock do you use?".to_owned(),
        until: None,
    }
}

fn resolved() -> Intent {
    Intent::Resolve {
        code: ResolutionCode::Fixed,
        notes: "New cable.".to_owned(),
    }
}

#[tokio::test]
async fn reports_that_do_not_fit_on_the_first_page_are_a_link_away() {
    let server = bob().await;
    let first = report(&server, "The very first", "").await;
    for nth in 0..100 {
        report(&server, &format!("Another, {nth}"), "").await;
    }
    let home = page(&server, "/?plain").await;
    assert!(home.contains("Another, 0<") && !home.contains("The very first"));
    let (before, _) = home.split_once("\">Older reports").expect("a link");
    let link = before.rsplit("href=\"").next().expect("an address");
    let older = page(&server, &link.replace("&amp;", "&")).await;
    assert!(older.contains(&first) && !older.contains("Another, 0<"));
    assert!(!older.contains("Older reports"));
    for odd in [
        "/?plain&before=",
        "/?plain&before=-1",
        "/?plain&before=99999999999999999999",
    ] {
        assert!(page(&server, odd).await.contains("Another, 99"), "{odd}");
    }
}

#[tokio::test]
async fn without_scripts_a_report_goes_its_whole_way() {
    let server = bob().await;
    let path = report(&server, "Dock has no network", "Since Monday.").await;
    let open = page(&server, &path).await;
    for shown in [
        "Dock has no network",
        "INC-1",
        "Since Monday.",
        "Grey dock",
        "ext. 2311",
    ] {
        assert!(open.contains(shown), "{shown}: {open}");
    }
    assert!(
        page(&server, "/?plain")
            .await
            .contains("Dock has no network")
    );

    staff(&server, &path, 1, held()).await;
    assert!(
        page(&server, &path)
            .await
            .contains("Which dock do you use?")
    );
    report(&server, "Nothing to answer here", "").await;
    let home = page(&server, "/?plain").await;
    let place = |words: &str| home.find(words).expect("it is there");
    assert!(place("We are waiting for your answer.") < place("Nothing to answer here"));
    server.app.clock.advance(10_000);
    let sent = send(&server, &path, "reply", "The grey one.").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let open = page(&server, &path).await;
    assert!(open.contains("The grey one.") && open.contains("We are working on it."));

    staff(&server, &path, 20, resolved()).await;
    server.app.clock.advance(30_000);
    let sent = send(&server, &path, "broken", "It is back.").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    assert!(page(&server, &path).await.contains("It is back."));
    staff(&server, &path, 40, resolved()).await;
    server.app.clock.advance(30_000);
    let sent = send(&server, &path, "confirm", "").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let closed = page(&server, &path).await;
    assert!(closed.contains("Finished.") && !closed.contains("name=\"act\""));
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_act() {
    let server = bob().await;
    let form = page(&server, "/report?plain").await;
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    let fields = [("key", &*key), ("token", &token), ("subject", "Twice")];
    let first = post(&server, "/report", &fields).await;
    server.app.clock.advance(5_000);
    let second = post(&server, "/report", &fields).await;
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(page(&server, "/?plain").await.matches("Twice").count(), 1);

    let path = first.header("location").to_owned();
    let form = page(&server, &path).await;
    let fields = ["key", "token", "seen"].map(|name| (name, hidden(&form, name)));
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    fields.extend([("act", "reply"), ("text", "Only once.")]);
    for _ in 0..2 {
        let sent = post(&server, path.trim_end_matches("?plain"), &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(page(&server, &path).await.matches("Only once.").count(), 1);
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_other_words_is_another_act() {
    let server = bob().await;
    let form = page(&server, "/report?plain").await;
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    let mut paths = Vec::new();
    for subject in ["No network", "No network at all", "No network"] {
        let fields = [("key", &*key), ("token", &token), ("subject", subject)];
        let sent = post(&server, "/report", &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        paths.push(sent.header("location").to_owned());
    }
    assert_ne!(paths[0], paths[1]);
    assert_eq!(paths[0], paths[2]);
    let home = page(&server, "/?plain").await;
    assert_eq!(home.matches("No network</").count(), 1, "{home}");
    assert_eq!(home.matches("No network at all</").count(), 1, "{home}");

    let path = &paths[0];
    let form = page(&server, path).await;
    let fields = ["key", "token", "seen"].map(|name| (name, hidden(&form, name)));
    for words in ["It is urgent.", "It is not urgent."] {
        let mut fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, &**value))
            .collect();
        fields.extend([("act", "reply"), ("text", words)]);
        let sent = post(&server, path.trim_end_matches("?plain"), &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        assert!(page(&server, path).await.contains(words));
    }
}

#[tokio::test]
async fn a_form_writes_no_more_than_a_device_may() {
    let server = bob().await;
    let path = report(&server, "Dock has no network", "").await;
    let form = page(&server, &path).await;
    let fields = ["key", "token", "seen"].map(|name| (name, hidden(&form, name)));
    let [key, token, seen] = fields.each_ref().map(|(_, value)| value.as_str());
    let often = vec![seen; 3_000].join(" ");
    let fields = [
        ("key", key),
        ("token", token),
        ("seen", &often),
        ("act", "reply"),
        ("text", "Hello?"),
    ];
    let sent = post(&server, path.trim_end_matches("?plain"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let id = incident(&path);
    let mut view = server.app.store.view().await.expect("a view");
    let changes = view.changes(&[id], Seq::default()).await.expect("changes");
    let longest = changes.iter().filter_map(|change| change.bytes.as_ref());
    let longest = longest.map(Vec::len).max();
    assert!(longest < Some(2_000), "{longest:?}");
    drop(view);

    let replies = (0..DOC_CHANGES_MAX).map(|nth| {
        let (nth, text) = (u64::try_from(nth).unwrap_or(0), "Again.".to_owned());
        drafted(&server, nth, Intent::Reply { text })
    });
    write(&server, id, replies.collect()).await;
    let sent = send(&server, &path, "reply", "One too many.").await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&sent).contains("One too many."));
}

#[tokio::test]
async fn a_breach_that_was_due_before_a_form_was_sent_is_told() {
    let server = bob().await;
    let mut directory = Directory::clone(&server.app.people.current());
    let alice = directory
        .people
        .iter_mut()
        .find(|person| person.id == ALICE);
    let roles = &mut alice.expect("Alice is there").roles;
    roles.insert(Role::IncidentManager);
    let replaced = server.app.people.replace(&server.app, directory).await;
    replaced.expect("the directory is written");
    let path = report(&server, "Dock has no network", "").await;
    server.app.clock.advance(5 * 60 * 60 * 1_000);
    let sent = send(&server, &path, "reply", "Anybody there?").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    server::sla::tick(&server.app).await.expect("it ticks");
    let mut view = server.app.store.view().await.expect("a view");
    let next = view.next_due().await.expect("a look");
    assert!(next > Some(server.app.clock.now()), "{next:?}");
    server.app.clock.advance(12_000);
    let mut told = clocks(&server).await;
    told.retain(|event| !event.starts_with("declared.") && !event.starts_with("replied."));
    assert_eq!(told, ["breached-response"]);
}

#[tokio::test]
async fn a_form_of_another_site_or_session_is_refused() {
    let server = bob().await;
    let form = page(&server, "/report?plain").await;
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    let fields = [("key", &*key), ("token", &*token), ("subject", "Forged")];
    for origin in ["https://evil.example", "null"] {
        let answer = post_from(&server, "/report", &fields, Some(origin)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(text(&answer).contains("This form cannot be read."));
    }
    let other = [("key", &*key), ("token", "0000"), ("subject", "Forged")];
    for origin in [None, Some("http://localhost:8080")] {
        let answer = post_from(&server, "/report", &other, origin).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    let answer = post(&server, "/sign-out", &[("act", "reply")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(!page(&server, "/?plain").await.contains("Forged"));
    let elsewhere = Request::post("/sign-in").header("sec-fetch-site", "cross-site");
    let request = elsewhere.body(Body::from("login=bob&password=battery+staple"));
    let answer = server.send(request.expect("a request")).await;
    answer.expect_problem(403, "cross-site");
    // A browser that names no origin is believed by the token alone.
    let answer = post_from(&server, "/report", &fields, None).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_form_from_before_signing_in_again_is_shown_anew_with_its_text() {
    let server = bob().await;
    let path = report(&server, "Dock has no network", "").await;
    let reply = path.trim_end_matches("?plain");
    let before = [("key", "x"), ("token", "0000"), ("act", "reply")];
    for (to, typed) in [
        (
            "/report",
            [("subject", "A subject"), ("description", "Long.")],
        ),
        (reply, [("text", "A reply"), ("text", "A reply")]),
    ] {
        let fields: Vec<_> = before.into_iter().chain(typed).collect();
        let answer = post(&server, to, &fields).await;
        assert!(answer.status.is_client_error(), "{to}");
        let shown = text(&answer);
        assert!(shown.contains("You have signed in again"), "{shown}");
        assert!(typed.iter().all(|(_, typed)| shown.contains(typed)));
        // What is shown can be sent.
        let (key, token) = (hidden(&shown, "key"), hidden(&shown, "token"));
        let seen = if to == reply {
            hidden(&shown, "seen")
        } else {
            String::new()
        };
        let proof = [
            ("key", &*key),
            ("token", &*token),
            ("seen", &seen),
            ("act", "reply"),
        ];
        let fields: Vec<_> = proof.into_iter().chain(typed).collect();
        let sent = post(&server, to, &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{to}");
    }
    staff(&server, &path, 1, resolved()).await;
    server.app.clock.advance(5_000);
    assert_eq!(
        send(&server, &path, "confirm", "").await.status,
        StatusCode::SEE_OTHER
    );
    let fields: Vec<_> = before.into_iter().chain([("text", "Too late")]).collect();
    let shown = text(&post(&server, reply, &fields).await);
    assert!(shown.contains("Too late"), "{shown}");
}

#[tokio::test]
async fn what_people_type_is_shown_as_they_typed_it() {
    let server = bob().await;
    let subject = "\"><script>alert(1)</script> שלום 🙂";
    let path = report(&server, subject, "<b>bold</b> &amp; </textarea>").await;
    let open = page(&server, &path).await;
    assert!(!open.contains("<script") && !open.contains("<b>bold"));
    assert!(open.contains("&lt;script&gt;alert(1)&lt;/script&gt; שלום 🙂"));
    assert!(open.contains("&lt;b&gt;bold&lt;/b&gt; &amp;amp; &lt;/textarea&gt;"));
    let home = page(&server, "/?plain").await;
    assert!(!home.contains("<script") && home.contains("שלום 🙂"));
    let path = report(&server, "\u{202e}txt.exe", "").await;
    let open = page(&server, &path).await;
    assert!(open.contains("<title>\u{2068}txt.exe\u{2069} · Holdfast</title>"));
}

#[tokio::test]
async fn what_cannot_be_taken_is_said_and_stays_in_the_form() {
    let server = bob().await;
    let form = page(&server, "/report?plain").await;
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    let fields = [
        ("key", &*key),
        ("token", &*token),
        ("subject", " "),
        ("asset", "My laptop"),
    ];
    let answer = post(&server, "/report", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = text(&answer);
    assert!(again.contains("Say in a few words") && again.contains("My laptop"));
    let long = "x".repeat(70_000);
    let path = report(&server, "Fine", "").await;
    let answer = send(&server, &path, "reply", &long).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(text(&answer).contains(&long) && text(&answer).contains("too long"));
    assert!(text(&answer).contains("This is 4464 characters too long."));
    // Confirming what is not fixed is refused in words.
    let answer = send(&server, &path, "confirm", "").await;
    assert!(text(&answer).contains("has moved on"));
}

#[tokio::test]
async fn nobody_reads_or_writes_the_report_of_somebody_else() {
    let mut server = bob().await;
    let path = report(&server, "Only for Bob", "A secret.").await;
    let mark = Intent::Note {
        text: "MARKED-77ab".to_owned(),
    };
    staff(&server, &path, 1, mark).await;
    assert!(!page(&server, &path).await.contains("MARKED-77ab"));

    let fields = [("login", "alice"), ("password", "correct horse")];
    server.cookie = None;
    let answer = post(&server, "/sign-in", &fields).await;
    let cookie = answer.header("set-cookie").split(';').next();
    server.cookie = cookie.map(str::to_owned);
    // An agent, who sees it on the console, is a requester like any other here.
    let answer = server.get(&path).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!text(&answer).contains("secret") && !text(&answer).contains("MARKED-77ab"));
    let form = page(&server, "/report?plain").await;
    let token = hidden(&form, "token");
    let key = hidden(&form, "key");
    let fields = [
        ("key", &*key),
        ("token", &*token),
        ("act", "reply"),
        ("text", "Mine?"),
    ];
    let answer = post(&server, path.trim_end_matches("?plain"), &fields).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(text(&answer).contains("Mine?"), "the text is not lost");
    // A form that names it makes a report of its own.
    let id = incident(&path).to_string();
    let fields = [("key", &*id), ("token", &*token), ("subject", "Mine")];
    let answer = post(&server, "/report", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_ne!(answer.header("location"), path);
}

#[tokio::test]
async fn without_a_session_the_page_asks_for_one_and_keeps_the_text() {
    let server = Server::start().await;
    for path in ["/?plain", "/report?plain", "/incidents/x?plain"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(text(&answer).contains("action=\"/sign-in\""));
        assert!(text(&answer).contains("/assets/portal-0a1b.css"));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let fields = [("subject", "Typed long"), ("description", "And more.")];
    let answer = post(&server, "/report", &fields).await;
    assert!(text(&answer).contains("Typed long") && text(&answer).contains("And more."));
    let fields = [("login", "bob"), ("password", "wrong")];
    let answer = post(&server, "/sign-in", &fields).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(text(&answer).contains("do not match"));
    let german = Request::get("/?plain").header(header::ACCEPT_LANGUAGE, "de-AT,de;q=0.9,en;q=0.8");
    let answer = server
        .send(german.body(Body::empty()).expect("a request"))
        .await;
    assert!(text(&answer).contains("lang=\"de\"") && text(&answer).contains("Anmelden"));
}

#[tokio::test]
async fn signing_in_leads_on_with_what_was_typed() {
    let mut server = bob().await;
    let path = report(&server, "Dock has no network", "").await;
    let plain = path.trim_end_matches("?plain");
    server.cookie = None;
    let enter = async |page: &str| {
        let fields = ["to", "subject", "description", "category", "asset", "text"];
        let begins = |name: &str| format!("name=\"{name}\" value=\"");
        let carried = fields
            .into_iter()
            .filter(|name| page.contains(&begins(name)));
        let carried: Vec<_> = carried.map(|name| (name, hidden(page, name))).collect();
        let mut fields = vec![("login", "bob"), ("password", "battery staple")];
        fields.extend(carried.iter().map(|(name, value)| (*name, &**value)));
        post(&server, "/sign-in", &fields).await
    };
    let asked = server.get(&path).await;
    let entered = enter(&text(&asked)).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    assert_eq!(entered.header("location"), path);

    let asked = post(
        &server,
        plain,
        &[("act", "reply"), ("text", "Still\ndead שלום")],
    )
    .await;
    assert_eq!(asked.status, StatusCode::UNAUTHORIZED);
    let shown = text(&enter(&text(&asked)).await);
    assert!(shown.contains("Dock has no network") && shown.contains("Still\ndead שלום</textarea>"));

    let typed = [
        ("subject", "Typed long"),
        ("description", "And more."),
        ("asset", "L-17"),
    ];
    let asked = text(&post(&server, "/report", &typed).await);
    let wrong = [
        ("login", "bob"),
        ("password", "wrong"),
        ("subject", "Typed long"),
    ];
    let again = text(&post(&server, "/sign-in", &wrong).await);
    assert_eq!(hidden(&again, "subject"), "Typed long");
    let entered = enter(&asked).await;
    assert_eq!(entered.status, StatusCode::OK);
    let form = text(&entered);
    for (_, typed) in typed {
        assert!(form.contains(typed), "{form}");
    }
    // It can be sent as it stands there.
    let cookie = entered.header("set-cookie").split(';').next();
    let cookie = cookie.map(str::to_owned);
    let (key, token) = (hidden(&form, "key"), hidden(&form, "token"));
    server.cookie = cookie;
    let fields = [
        ("key", &*key),
        ("token", &*token),
        ("subject", "Typed long"),
    ];
    let sent = post(&server, "/report", &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_person_reads_what_went_wrong_and_a_program_gets_its_problem() {
    let server = bob().await;
    let asked = |path: &str, kinds: &str| {
        let request = Request::get(path).header(header::ACCEPT, kinds);
        let request = request.header(header::ACCEPT_LANGUAGE, "de");
        request.body(Body::empty()).expect("a request")
    };
    let answer = server.send(asked("/nowhere", PAGES)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let page = text(&answer);
    assert!(page.contains("Diese Seite gibt es nicht.") && page.contains("href=\"/?plain\""));
    assert!(!answer.header("content-security-policy").is_empty());
    let answer = server.send(asked("/nowhere", "*/*")).await;
    answer.expect_problem(404, "not-found");

    let huge = "x".repeat(300_000);
    let answer = post(&server, "/report", &[("subject", &huge)]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(text(&answer).contains("your text is still in the form"));
    let answer = post(&server, "/incidents/x", &[("act", "dance")]).await;
    assert!(answer.status.is_client_error());
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
}

#[tokio::test]
async fn what_a_failing_server_did_not_take_is_shown_to_be_sent_again() {
    let server = bob().await;
    let path = report(&server, "Dock has no network", "").await;
    let blank = page(&server, "/report?plain").await;
    let file = server.app.config.data.join("holdfast.sqlite");
    let options = SqliteConnectOptions::new().filename(file);
    let mut database = options.connect().await.expect("the database");
    // As on a full or broken disk.
    let fault =
        "CREATE TRIGGER broken BEFORE INSERT ON changes BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::query(fault)
        .execute(&mut database)
        .await
        .expect("a trigger");

    let fields = ["key", "token"].map(|name| (name, hidden(&blank, name)));
    let mut fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, &**value))
        .collect();
    fields.extend([("subject", "Not lost"), ("description", "Nor this.")]);
    let failed = post(&server, "/report", &fields).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    let shown = text(&failed);
    assert!(shown.contains("The server failed.") && shown.contains("Nor this."));
    assert_eq!(hidden(&shown, "key"), hidden(&blank, "key"));
    let failed = send(&server, &path, "reply", "Not lost either").await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(text(&failed).contains("Not lost either"));

    sqlx::query("DROP TRIGGER broken")
        .execute(&mut database)
        .await
        .expect("no trigger");
    assert_eq!(
        post(&server, "/report", &fields).await.status,
        StatusCode::SEE_OTHER
    );
}
