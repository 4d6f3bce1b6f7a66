//! What holds for every request.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use server::config::{Mode, Sources};

use crate::support::Server;

#[tokio::test]
async fn every_answer_carries_the_safe_headers() {
    let server = Server::start().await;
    for path in ["/console", "/healthz", "/nowhere", "/session"] {
        let answer = server.get(path).await;
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
             connect-src 'self'; worker-src 'self'; img-src 'self' blob: data:; \
             manifest-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(
            answer
                .header("permissions-policy")
                .contains("microphone=()")
        );
        assert_eq!(answer.header("strict-transport-security"), "");
        assert_eq!(answer.header("x-trace-id").len(), 32);
    }
}

#[tokio::test]
async fn an_encrypted_origin_stays_encrypted() {
    let sources = Sources::default().with_flag("origin", "https://desk.example.org");
    let server = Server::with(sources, Mode::Production).await;
    assert_eq!(
        server
            .get("/healthz")
            .await
            .header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn what_is_not_here_is_a_problem() {
    let server = Server::start().await;
    server
        .get("/nowhere")
        .await
        .expect_problem(404, "not-found");
    let answer = server.delete("/healthz").await;
    answer.expect_problem(405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_write_from_another_site_is_refused() {
    let server = Server::start().await;
    let delete = |origin: Option<&str>, own: Option<&str>| {
        let mut request = Request::builder().method(Method::DELETE).uri("/session");
        request = request.header(header::HOST, "localhost:8080");
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(own) = own {
            request = request.header("x-holdfast", own);
        }
        request.body(Body::empty()).expect("a request")
    };
    for (origin, own) in [
        (None, None),
        (None, Some("0")),
        (Some("http://localhost:8080"), None),
        (Some("https://evil.example"), Some("1")),
        (Some("null"), Some("1")),
    ] {
        server
            .send(delete(origin, own))
            .await
            .expect_problem(403, "cross-site");
    }
    for origin in [None, Some("http://localhost:8080")] {
        assert_eq!(
            server.send(delete(origin, Some("1"))).await.status,
            StatusCode::NO_CONTENT
        );
    }
}

#[tokio::test]
async fn a_socket_for_another_site_is_refused() {
    let server = Server::start().await;
    let request = server
        .request(Method::GET, "/healthz")
        .header(header::UPGRADE, "websocket");
    let request = request
        .header(header::ORIGIN, "https://evil.example")
        .body(Body::empty());
    server
        .send(request.expect("a request"))
        .await
        .expect_problem(403, "cross-site");
}

#[tokio::test]
async fn health_readiness_and_counters_are_told() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.body, b"alive\n");
    assert_eq!(server.get("/readyz").await.body, b"ready\n");
    server.get("/nowhere").await;
    let metrics = server.get("/metrics").await;
    assert_eq!(
        metrics.header("content-type"),
        "text/plain; version=0.0.4; charset=utf-8"
    );
    let text = String::from_utf8(metrics.body).expect("text");
    assert!(
        text.contains("holdfast_requests_total{route=\"/healthz\",status=\"200\"} 1\n"),
        "{text}"
    );
    assert!(
        text.contains("holdfast_requests_total{route=\"none\",status=\"404\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("holdfast_log_head 0\n"), "{text}");
}
