//! A server with a fixed clock, a seeded generator and a small organisation.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use server::auth::Password;
use server::client::Client;
use server::clock::{Clock, Random};
use server::config::{Config, Mode, Sources};
use server::{App, router};
use shared::ids::PersonId;
use shared::people::Directory;
use shared::time::UnixMillis;
use tower::ServiceExt as _;

pub(crate) const NOON: UnixMillis = UnixMillis(1_800_000_000_000);
pub(crate) const HOUR: i64 = 60 * 60 * 1000;

pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    /// What the browser holds.
    pub(crate) cookie: Option<String>,
    _folder: Folder,
}

/// A folder of the test's own, removed with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("holdfast-test-{}-{count}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Sources::default(), Mode::Production).await
    }

    pub(crate) async fn with(sources: Sources, mode: Mode) -> Self {
        let server = Self::empty(sources, mode).await;
        let app = &server.app;
        let written = app.people.replace(app, organisation()).await;
        written.expect("the directory is written");
        for (person, password) in [(1, "correct horse"), (2, "battery staple"), (3, "demo")] {
            let hash = Password::new(password).hash([7; 16]).expect("argon2 works");
            let stored = app.store.put_credential(PersonId(person), &hash).await;
            stored.expect("the credential is written");
        }
        server
    }

    /// A server that knows nobody.
    pub(crate) async fn empty(sources: Sources, mode: Mode) -> Self {
        let folder = Folder::new();
        let sources = sources.with_flag("data", folder.0.to_string_lossy());
        let config = Config::read(&sources, mode).expect("settings of the test");
        let store = server::open_store(&config, &Random::seeded(1)).await;
        let store = store.expect("a new store");
        let clock = Clock::fixed(NOON);
        let client = Client::Folder(PathBuf::from("tests/api/client"));
        let app = App::new(config, clock, Random::seeded(42), store, client).await;
        let app = app.expect("an app");
        Self {
            app,
            cookie: None,
            _folder: folder,
        }
    }

    /// The same server after a restart; the browser keeps its cookie.
    pub(crate) async fn restarted(self) -> Self {
        self.app.store.close().await;
        let config = self.app.config.clone();
        let store = server::open_store(&config, &Random::seeded(2)).await;
        let store = store.expect("the store opens again");
        let (clock, client) = (self.app.clock.clone(), self.app.client.clone());
        let app = App::new(config, clock, Random::seeded(43), store, client);
        Self {
            app: app.await.expect("an app"),
            ..self
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(
            self.request(Method::GET, path)
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(
            self.request(Method::DELETE, path)
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    pub(crate) async fn sign_in(&mut self, login: &str, password: &str) -> Answer {
        self.sign_in_to("console", login, password).await
    }

    pub(crate) async fn sign_in_to(
        &mut self,
        surface: &str,
        login: &str,
        password: &str,
    ) -> Answer {
        let body = json!({"login": login, "password": password, "surface": surface}).to_string();
        let request = self.request(Method::POST, "/session");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = self
            .send(request.body(Body::from(body)).expect("a request"))
            .await;
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE) {
            let text = cookie.to_str().expect("ASCII");
            self.cookie = text.split(';').next().map(str::to_owned);
        }
        answer
    }

    /// A request as our scripts send it.
    pub(crate) fn request(&self, method: Method, path: &str) -> axum::http::request::Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-holdfast", "1");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = router(Arc::clone(&self.app))
            .oneshot(request)
            .await
            .expect("infallible");
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX)
            .await
            .expect("a body in memory")
            .to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(crate) fn header(&self, name: impl AsRef<str>) -> &str {
        self.headers
            .get(name.as_ref())
            .map_or("", |value| value.to_str().expect("ASCII"))
    }

    /// Checks that this is the problem named, with a trace id and nothing else.
    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, slug: &str) {
        let body = self.json();
        assert_eq!(
            (self.status.as_u16(), &body["type"]),
            (status, &json!(format!("/problems/{slug}")))
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], json!(status));
        assert_eq!(body["traceId"], json!(self.header("x-trace-id")));
        let keys: Vec<_> = body.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["status", "title", "traceId", "type"]);
    }
}

fn organisation() -> Directory {
    let person = |id: u32, login: &str, role: &str| json!({"id": id, "login": login, "name": login, "roles": [role], "site": null});
    let directory = json!({
        "name": "Test", "groups": [], "sites": [], "categories": [],
        "matrix": {"version": 1, "priorities": {}},
        "people": [
            person(1, "alice", "agent"),
            person(2, "bob", "requester"),
            person(3, "agent@demo", "agent"),
        ],
    });
    serde_json::from_value(directory).expect("a directory")
}
