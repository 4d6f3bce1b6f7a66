//! The files of the client.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};

use crate::support::{Answer, Server};

async fn get(server: &Server, path: &str, accepted: &str) -> Answer {
    let request = server
        .request(Method::GET, path)
        .header(header::ACCEPT_ENCODING, accepted);
    server
        .send(request.body(Body::empty()).expect("a request"))
        .await
}

#[tokio::test]
async fn the_console_answers_below_its_address() {
    let server = Server::start().await;
    for path in ["/console", "/console/incidents/1"] {
        let page = server.get(path).await;
        assert_eq!(
            (page.status, &page.body[..]),
            (StatusCode::OK, &b"<!doctype html>\n"[..])
        );
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn the_portal_answers_at_the_root_and_the_console_never_for_it() {
    let server = Server::start().await;
    let id = "01890000-0000-7000-8000-000000000001";
    for path in ["/", "/report", "/incidents", &format!("/incidents/{id}")] {
        let page = server.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.body.starts_with(b"<!doctype html>\n<title>The portal"));
        assert_eq!(page.header("cache-control"), "no-cache");
    }
    for path in ["/console", "/console/incidents/1"] {
        assert_eq!(server.get(path).await.body, b"<!doctype html>\n");
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_sent_small() {
    let server = Server::start().await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br", "br", "as brotli\n"),
        ("gzip", "gzip", "as gzip\n"),
        ("", "", "plain\n"),
        ("br;q=0", "", "plain\n"),
    ] {
        let file = get(&server, "/assets/engine-0a1b.wasm", accepted).await;
        assert_eq!(String::from_utf8_lossy(&file.body), body);
        assert_eq!(file.header("content-encoding"), encoding);
        assert_eq!(file.header("content-type"), "application/wasm");
        assert_eq!(
            file.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(file.header("vary"), "accept-encoding");
    }
}

#[tokio::test]
async fn a_file_with_a_fixed_address_is_asked_for_again_and_sent_once() {
    let server = Server::start().await;
    let first = server.get("/sw.js").await;
    assert_eq!(first.header("cache-control"), "no-cache");
    assert_eq!(
        first.header("content-type"),
        "text/javascript; charset=utf-8"
    );
    let request = server.request(Method::GET, "/sw.js");
    let request = request.header(header::IF_NONE_MATCH, first.header("etag"));
    let second = server
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(
        (second.status, second.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
}

#[tokio::test]
async fn nothing_but_the_client_is_served() {
    let server = Server::start().await;
    for path in [
        "/assets/none.js",
        "/assets/../main.rs",
        "/assets/%2e%2e/main.rs",
        "/main.rs",
    ] {
        server.get(path).await.expect_problem(404, "not-found");
    }
}
