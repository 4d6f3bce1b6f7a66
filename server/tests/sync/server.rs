//! A server on a file of its own, with a fixed clock and a small organisation.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use server::auth::{Agent, SessionId};
use server::client::Client;
use server::clock::{Clock, Random};
use server::config::{Config, Mode, Sources};
use server::store::StoredSession;
use server::{App, router};
use sha2::{Digest as _, Sha256};
use shared::ids::PersonId;
use shared::people::{Directory, Person, Role};
use shared::sync::message::{MEDIA_TYPE, Surface, decode, encode};
use shared::targets::Targets;
use shared::time::UnixMillis;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _};
use tower::ServiceExt as _;

pub(crate) const NOON: UnixMillis = UnixMillis(1_800_000_000_000);

/// An agent sees everything.
pub(crate) const ALICE: PersonId = PersonId(1);
/// A technician of the network group, at no site.
pub(crate) const BOB: PersonId = PersonId(2);
/// A requester.
pub(crate) const CAROL: PersonId = PersonId(3);
/// Another requester.
pub(crate) const DAVE: PersonId = PersonId(4);
/// A technician of the desktop group.
pub(crate) const ERIN: PersonId = PersonId(5);

pub(crate) struct TestServer {
    pub(crate) app: Arc<App>,
    folder: Arc<Folder>,
}

struct Folder(PathBuf);

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

impl Answer {
    pub(crate) fn message<T: DeserializeOwned>(&self) -> T {
        assert_eq!(
            self.status,
            StatusCode::OK,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        decode(&self.body).expect("a sync message")
    }

    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, slug: &str) {
        let body: serde_json::Value = serde_json::from_slice(&self.body).expect("JSON");
        let told = (self.status.as_u16(), body["type"].as_str());
        assert_eq!(told, (status, Some(format!("/problems/{slug}").as_str())));
    }
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::of(Mode::Production).await
    }

    /// A server that catches its mail.
    pub(crate) async fn demo() -> Self {
        Self::of(Mode::Demo).await
    }

    async fn of(mode: Mode) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("holdfast-sync-{}-{count}", std::process::id());
        let folder = Arc::new(Folder(std::env::temp_dir().join(name)));
        let app = open(&folder.0, Clock::fixed(NOON), mode).await;
        app.people
            .replace(&app, organisation())
            .await
            .expect("the directory is written");
        Self { app, folder }
    }

    /// Another process on the same file, at the same time.
    pub(crate) async fn beside(&self) -> Self {
        let app = open(&self.folder.0, self.app.clock.clone(), self.app.config.mode).await;
        let folder = Arc::clone(&self.folder);
        Self { app, folder }
    }

    /// Another process on the same file. The first is not closed: it was killed.
    pub(crate) async fn killed(self) -> Self {
        let (clock, mode) = (self.app.clock.clone(), self.app.config.mode);
        let Self { app, folder } = self;
        drop(app);
        let app = open(&folder.0, clock, mode).await;
        Self { app, folder }
    }

    /// Looks through everything that is stored.
    pub(crate) async fn expect_sound(&self) {
        let rules = self.app.people.current().rules();
        let audit = self.app.keeper.audit(&*self.app.store, &rules).await;
        let audit = audit.expect("it can be read");
        assert!(audit.is_sound(), "{audit}");
    }

    /// A copy of the log as it is.
    pub(crate) async fn backup(&self) -> PathBuf {
        let file = self.folder.0.join("backup");
        let copied = server::backup(&self.app.config, &file).await;
        copied.expect("it can be copied");
        file
    }

    /// A server on a copy of the log, in the place of this one.
    pub(crate) async fn restored(self, backup: &Path) -> Self {
        let app = &self.app;
        let mut config = app.config.clone();
        config.data = config.data.join("restored");
        let restored = server::restore(&config, &app.random, app.clock.now(), backup).await;
        restored.expect("it can be restored");
        let app = open(&config.data, app.clock.clone(), config.mode).await;
        let folder = Arc::clone(&self.folder);
        Self { app, folder }
    }

    /// Makes all rows look as if an earlier version had written them.
    pub(crate) async fn age_rows(&self) {
        let file = SqliteConnectOptions::new().filename(self.folder.0.join("holdfast.sqlite"));
        let mut connection = file.connect().await.expect("the store's file");
        let age = "UPDATE rows SET staff = x'01', public = x'01'";
        let aged = sqlx::query(age).execute(&mut connection).await;
        assert!(aged.expect("the rows").rows_affected() > 0);
    }

    /// Makes what is stored of all incidents unreadable, or as it was.
    pub(crate) async fn spoil(self, statements: &[&'static str]) -> Self {
        let server = self.killed().await;
        let file = SqliteConnectOptions::new().filename(server.folder.0.join("holdfast.sqlite"));
        let mut connection = file.connect().await.expect("the store's file");
        for sql in statements {
            let done = sqlx::query(*sql).execute(&mut connection).await;
            done.expect("the store's file takes it");
        }
        server
    }

    /// How many rows of the store's file there are.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        let file = SqliteConnectOptions::new().filename(self.folder.0.join("holdfast.sqlite"));
        let mut connection = file.connect().await.expect("the store's file");
        let row = sqlx::query(sql).fetch_one(&mut connection).await;
        row.expect("the store's file answers").get(0)
    }

    /// Whom clocks were told to, in the order they were: `breached-response` and the recipient.
    pub(crate) async fn clocks_told(&self) -> Vec<(String, String)> {
        let file = SqliteConnectOptions::new().filename(self.folder.0.join("holdfast.sqlite"));
        let mut connection = file.connect().await.expect("the store's file");
        let keys = sqlx::query("SELECT key FROM effects ORDER BY rowid");
        let keys = keys.fetch_all(&mut connection).await.expect("the outbox");
        let told = keys.iter().filter_map(|row| {
            let key: String = row.get(0);
            let mut parts = key.split('/').skip(1);
            let (event, to) = (parts.next()?, parts.next()?);
            let (event, _) = event.rsplit_once('-')?;
            let is_clock = event.ends_with("-response") || event.ends_with("-resolution");
            is_clock.then(|| (event.to_owned(), to.to_owned()))
        });
        told.collect()
    }

    /// Changes a person of the directory.
    pub(crate) async fn change(&self, id: PersonId, change: impl Fn(&mut Person)) {
        let mut directory = Directory::clone(&self.app.people.current());
        directory
            .people
            .iter_mut()
            .filter(|person| person.id == id)
            .for_each(change);
        self.app
            .people
            .replace(&self.app, directory)
            .await
            .expect("the directory is written");
    }

    /// Changes what is promised.
    pub(crate) async fn target(&self, change: impl FnOnce(&mut Targets)) {
        let mut directory = Directory::clone(&self.app.people.current());
        change(&mut directory.targets);
        let replaced = self.app.people.replace(&self.app, directory).await;
        replaced.expect("the directory is written");
    }

    /// Signs a person in, without the cost of a password. Returns the cookie.
    pub(crate) async fn sign_in(&self, person: PersonId, surface: Surface) -> String {
        let token: [u8; 32] = self.app.random.bytes();
        let id = SessionId(Sha256::digest(token).into());
        let session = StoredSession {
            person,
            surface,
            expires_at: self.app.clock.now().plus(1_000_000_000),
            is_wiping: false,
        };
        let (store, agent) = (&self.app.store, Agent::default());
        let added = store.add_session(id, session, &agent, NOON).await;
        added.expect("a session is stored");
        let hex = shared::ids::Hash(token).to_string();
        format!("holdfast_session={hex}")
    }

    pub(crate) async fn post<T: Serialize>(&self, path: &str, cookie: &str, message: &T) -> Answer {
        self.post_bytes(path, cookie, encode(message)).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, cookie: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path)
            .header("x-holdfast", "1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, MEDIA_TYPE)
            .body(Body::from(body));
        self.send(request.expect("a request")).await
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

async fn open(folder: &std::path::Path, clock: Clock, mode: Mode) -> Arc<App> {
    static SEED: AtomicU32 = AtomicU32::new(100);
    let sources = Sources::default().with_flag("data", folder.to_string_lossy());
    let config = Config::read(&sources, mode).expect("settings of the test");
    let store = server::open_store(&config, &Random::seeded(1))
        .await
        .expect("a store");
    let client = Client::Folder(PathBuf::from("tests/api/client"));
    let random = Random::seeded(SEED.fetch_add(1, Ordering::Relaxed).into());
    App::new(config, clock, random, store, client)
        .await
        .expect("an app")
}

fn organisation() -> Directory {
    let person = |id: PersonId, role: Role, group: &str| Person {
        id,
        login: format!("person-{}", id.0),
        name: format!("Person {}", id.0),
        roles: BTreeSet::from([role]),
        groups: BTreeSet::from([group.into()]),
        site: None,
        language: "en".to_owned(),
        phone: "4711".to_owned(),
        department: String::new(),
        mail: None,
        active: true,
    };
    Directory {
        name: "Test".to_owned(),
        people: vec![
            person(ALICE, Role::Agent, "desk"),
            person(BOB, Role::Technician, "network"),
            person(CAROL, Role::Requester, "none"),
            person(DAVE, Role::Requester, "none"),
            person(ERIN, Role::Technician, "desktop"),
        ],
        ..Directory::default()
    }
}
