//! Sign-in, the session, sign-out.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::json;
use server::config::{Mode, Sources};
use shared::ids::PersonId;

use crate::support::{Answer, HOUR, NOON, Server};

#[tokio::test]
async fn a_person_signs_in_and_is_known() {
    let mut server = Server::start().await;
    let answer = server.sign_in("alice", "correct horse").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["person"]["login"], "alice");
    assert_eq!(
        answer.json()["expires_at"],
        json!(NOON.plus(30 * 24 * HOUR))
    );

    let session = server.get("/session").await;
    assert_eq!(session.json(), answer.json());
    assert_eq!(session.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_other_sites_and_plain_connections() {
    let mut server = Server::start().await;
    let local = server.sign_in("alice", "correct horse").await;
    assert!(
        local
            .header("set-cookie")
            .ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict")
    );

    let sources = Sources::default().with_flag("origin", "https://desk.example.org");
    let mut server = Server::with(sources, Mode::Production).await;
    let public = server.sign_in("alice", "correct horse").await;
    assert!(
        public
            .header("set-cookie")
            .ends_with("; HttpOnly; SameSite=Strict; Secure")
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_login_are_answered_alike() {
    let mut server = Server::start().await;
    let wrong = server.sign_in("alice", "wrong horse").await;
    wrong.expect_problem(401, "wrong-sign-in");
    let unknown = server.sign_in("mallory", "correct horse").await;
    unknown.expect_problem(401, "wrong-sign-in");
    assert_eq!(server.cookie, None);
}

#[tokio::test]
async fn without_a_session_there_is_nobody() {
    let mut server = Server::start().await;
    // A browser that only looks is told without an error.
    let answer = server.get("/session").await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(answer.header("cache-control"), "no-store");
    server.cookie = Some(format!("holdfast_session={}", "0".repeat(64)));
    server
        .get("/session")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn the_console_is_for_staff_and_the_portal_for_everyone() {
    let mut server = Server::start().await;
    server
        .sign_in("bob", "battery staple")
        .await
        .expect_problem(403, "not-staff");
    assert_eq!(server.cookie, None);
    let portal = server.sign_in_to("portal", "bob", "battery staple").await;
    assert_eq!(
        (portal.status, portal.json()["surface"].clone()),
        (StatusCode::OK, json!("portal"))
    );
}

#[tokio::test]
async fn guessing_is_bounded_and_the_wait_is_told() {
    let sources = Sources::default().with_flag("sign_in_failures_per_login", "3");
    let mut server = Server::with(sources, Mode::Production).await;
    for _ in 0..3 {
        server
            .sign_in("alice", "guess")
            .await
            .expect_problem(401, "wrong-sign-in");
    }
    let refused = server.sign_in("alice", "correct horse").await;
    refused.expect_problem(429, "too-many-attempts");
    assert_eq!(refused.header("retry-after"), "900");
    assert_eq!(
        server
            .sign_in_to("portal", "bob", "battery staple")
            .await
            .status,
        StatusCode::OK
    );

    server.app.clock.advance(HOUR / 4);
    assert_eq!(
        server.sign_in("alice", "correct horse").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn guesses_from_elsewhere_hold_an_owner_up_for_a_minute() {
    let sources = Sources::default()
        .with_flag("sign_in_failures_per_login", "2")
        .with_flag("behind_proxy", "true");
    let server = Server::with(sources, Mode::Production).await;
    for password in ["guess", "guess"] {
        sign_in_from(&server, "10.0.0.1", password)
            .await
            .expect_problem(401, "wrong-sign-in");
    }
    let refused = sign_in_from(&server, "10.0.0.2", "correct horse").await;
    assert_eq!(refused.header("retry-after"), "60");
    server.app.clock.advance(HOUR / 60);
    let owner = sign_in_from(&server, "10.0.0.2", "correct horse").await;
    assert_eq!(owner.status, StatusCode::OK);
    let refused = sign_in_from(&server, "10.0.0.1", "correct horse").await;
    assert_eq!(refused.header("retry-after"), "840");
}

async fn sign_in_from(server: &Server, address: &str, password: &str) -> Answer {
    let body = json!({"login": "alice", "password": password, "surface": "console"});
    let request = server
        .request(Method::POST, "/session")
        .header("x-forwarded-for", address)
        .header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

#[tokio::test]
async fn a_session_ends_at_its_time() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    server.app.clock.advance(30 * 24 * HOUR - 1);
    assert_eq!(server.get("/session").await.status, StatusCode::OK);
    server.app.clock.advance(1);
    server
        .get("/session")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn a_session_survives_a_restart() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    let server = server.restarted().await;
    assert_eq!(
        server.get("/session").await.json()["person"]["login"],
        "alice"
    );
}

#[tokio::test]
async fn a_revoked_session_is_no_session() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    let ended = server
        .app
        .store
        .end_sessions_of(PersonId(1))
        .await
        .expect("the store answers");
    assert_eq!(ended, 1);
    server
        .get("/session")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_twice_is_once() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    for _ in 0..2 {
        let answer = server.delete("/session").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert!(
            answer
                .header("set-cookie")
                .starts_with("holdfast_session=; Path=/; Max-Age=0")
        );
    }
    server
        .get("/session")
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn who_may_no_longer_sign_in_is_signed_out() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    let mut directory = (*server.app.people.current()).clone();
    directory.people[0].active = false;
    server
        .app
        .people
        .replace(&server.app, directory)
        .await
        .expect("the directory is written");
    server
        .get("/session")
        .await
        .expect_problem(401, "not-signed-in");
    server
        .sign_in("alice", "correct horse")
        .await
        .expect_problem(401, "wrong-sign-in");
}

#[tokio::test]
async fn demo_accounts_exist_in_the_demo_alone() {
    let mut server = Server::start().await;
    server
        .sign_in("agent@demo", "demo")
        .await
        .expect_problem(401, "wrong-sign-in");
    let mut server = Server::with(Sources::default(), Mode::Demo).await;
    assert_eq!(
        server.sign_in("agent@demo", "demo").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_body_that_is_no_sign_in_is_refused() {
    let server = Server::start().await;
    let long = format!("{{\"login\": \"{}\"}}", "a".repeat(5_000));
    for (kind, body, status, slug) in [
        ("application/json", "{", 400, "malformed"),
        (
            "application/json",
            "{\"login\": \"alice\"}",
            400,
            "malformed",
        ),
        ("text/plain", "{}", 415, "media-type"),
        ("application/json", &*long, 413, "too-large"),
    ] {
        let request = server
            .request(Method::POST, "/session")
            .header(header::CONTENT_TYPE, kind);
        let request = request
            .body(Body::from(body.to_owned()))
            .expect("a request");
        server.send(request).await.expect_problem(status, slug);
    }
}

#[tokio::test]
async fn signing_in_anew_ends_the_session_before() {
    let mut server = Server::start().await;
    server.sign_in("alice", "correct horse").await;
    let before = server.cookie.clone();
    server.sign_in("alice", "wrong horse").await;
    assert_eq!(server.get("/session").await.status, StatusCode::OK);
    server.sign_in("alice", "correct horse").await;
    assert_eq!(server.get("/session").await.status, StatusCode::OK);
    server.cookie = before;
    let answer = server.get("/session").await;
    answer.expect_problem(401, "not-signed-in");
}
