//! Saved views: who has which, who may change them, and what their devices are sent.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::config::{Mode, Sources};
use server::demo;
use shared::ids::DeviceId;
use shared::people::Directory;
use shared::sync::message::{
    Cursors, MEDIA_TYPE, PROTOCOL, PullPage, PullRequest, Surface, decode, encode,
};

use crate::support::{Answer, Server};

const FIRST: &str = "/views/01900000-0000-7000-8000-000000000001";
const SECOND: &str = "/views/01900000-0000-7000-8000-000000000002";

async fn demo() -> Server {
    let server = Server::empty(Sources::default(), Mode::Demo).await;
    demo::seed(&server.app).await.expect("sample data");
    server
}

async fn signed_in(server: &mut Server, login: &str) {
    let answer = server.sign_in(login, "demo").await;
    assert_eq!(answer.status, StatusCode::OK);
}

async fn put(server: &Server, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::PUT, path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

fn view(shared: &Value) -> Value {
    json!({"name": "Printers", "question": "state:open printer", "order": "risk", "shared": shared})
}

/// What a device that has this version of the directory is sent of it.
async fn pulled(server: &Server, login: &str, surface: Surface, has: u64) -> Option<Directory> {
    let directory = server.app.store.directory(0).await.expect("a look");
    let directory = directory.expect("a directory");
    let request = PullRequest {
        protocol: PROTOCOL,
        surface,
        person: directory.by_login(login).expect("a person").id,
        device: DeviceId::from_bytes([7; 16]),
        cursors: Cursors::default(),
        directory: has,
        docs_max: 2,
        fetches: true,
    };
    let sent = server.request(Method::POST, "/sync/pull");
    let sent = sent.header(header::CONTENT_TYPE, MEDIA_TYPE);
    let sent = sent.body(Body::from(encode(&request))).expect("a request");
    let answer = server.send(sent).await;
    assert_eq!(answer.status, StatusCode::OK);
    let page: PullPage = decode(&answer.body).expect("a page");
    page.directory
}

async fn names(server: &Server, login: &str) -> Vec<String> {
    let directory = pulled(server, login, Surface::Console, 0).await;
    let views = directory.expect("it has none").views;
    views.into_iter().map(|view| view.name).collect()
}

#[tokio::test]
async fn a_view_comes_to_its_owners_devices_and_to_those_it_is_shared_with() {
    let mut server = demo().await;
    signed_in(&mut server, "agent@demo").await;
    let before = pulled(&server, "agent@demo", Surface::Console, 0).await;
    let before = before.expect("a directory").version;
    let answer = put(&server, FIRST, &view(&json!("nobody"))).await;
    assert_eq!(answer.json()["saved"]["name"], json!("Printers"));
    let after = pulled(&server, "agent@demo", Surface::Console, before).await;
    let after = after.expect("it is another");
    assert_eq!(after.views.len(), 1);
    let again = pulled(&server, "agent@demo", Surface::Console, after.version).await;
    assert_eq!(again, None, "what a device has is not sent again");

    signed_in(&mut server, "admin@demo").await;
    assert!(names(&server, "admin@demo").await.is_empty());
    let mut shared = view(&json!("staff"));
    shared["name"] = json!("For all");
    let answer = put(&server, SECOND, &shared).await;
    assert_eq!(answer.status, StatusCode::OK);
    signed_in(&mut server, "agent@demo").await;
    assert_eq!(names(&server, "agent@demo").await, ["Printers", "For all"]);
    let mut server = server.restarted().await;
    assert_eq!(names(&server, "agent@demo").await, ["Printers", "For all"]);

    let answer = server.sign_in_to("portal", "agent@demo", "demo").await;
    assert_eq!(answer.status, StatusCode::OK);
    let portal = pulled(&server, "agent@demo", Surface::Portal, 0).await;
    assert!(portal.expect("a directory").views.is_empty());
    for answer in [
        put(&server, SECOND, &view(&json!("nobody"))).await,
        server.delete(SECOND).await,
    ] {
        answer.expect_problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_view_is_changed_and_deleted_by_its_owner_or_if_shared_by_an_administrator() {
    let mut server = demo().await;
    signed_in(&mut server, "agent@demo").await;
    let refused = put(&server, FIRST, &view(&json!("staff"))).await.json();
    assert_eq!(refused, json!({"refused": "all_staff"}));
    put(&server, FIRST, &view(&json!("nobody"))).await;
    signed_in(&mut server, "incident-manager@demo").await;
    put(&server, SECOND, &view(&json!("staff"))).await;
    let refused = put(&server, FIRST, &view(&json!("nobody"))).await.json();
    assert_eq!(refused, json!({"refused": "not_yours"}));
    server.delete(FIRST).await.expect_problem(404, "not-found");

    signed_in(&mut server, "agent@demo").await;
    let refused = put(&server, SECOND, &view(&json!("nobody"))).await.json();
    assert_eq!(refused, json!({"refused": "not_yours"}));
    let refused = server.delete(SECOND).await.json();
    assert_eq!(refused, json!({"refused": "not_yours"}));
    assert_eq!(server.delete(FIRST).await.json(), json!("deleted"));
    server.delete(FIRST).await.expect_problem(404, "not-found");

    signed_in(&mut server, "admin@demo").await;
    let mut renamed = view(&json!("staff"));
    renamed["name"] = json!("Scanners");
    let saved = put(&server, SECOND, &renamed).await.json();
    assert_eq!(saved["saved"]["name"], json!("Scanners"));
    assert_eq!(server.delete(SECOND).await.json(), json!("deleted"));
}

#[tokio::test]
async fn what_is_no_view_is_refused_and_changes_nothing() {
    let mut server = demo().await;
    let stranger = put(&server, FIRST, &view(&json!("nobody"))).await;
    stranger.expect_problem(401, "not-signed-in");
    signed_in(&mut server, "agent@demo").await;
    let mut long = view(&json!("nobody"));
    long["name"] = json!("x".repeat(61));
    let refused = put(&server, FIRST, &long).await.json();
    assert_eq!(refused, json!({"refused": {"name": {"chars_max": 60}}}));
    let groups = view(&json!({"groups": ["no-such-group"]}));
    let refused = put(&server, FIRST, &groups).await.json();
    assert_eq!(refused, json!({"refused": "groups"}));
    let mut huge = view(&json!("nobody"));
    huge["question"] = json!("x".repeat(40_000));
    let answer = put(&server, FIRST, &huge).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = put(&server, FIRST, &view(&json!("everybody"))).await;
    assert!(unknown.status.is_client_error());
    let nowhere = put(&server, "/views/one", &view(&json!("nobody"))).await;
    nowhere.expect_problem(404, "not-found");
    assert!(names(&server, "agent@demo").await.is_empty());
}
