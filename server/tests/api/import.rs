//! An import into a store.

use std::fs;
use std::path::PathBuf;

use server::command::Run;
use server::config::{Mode, Sources};
use server::import::{Outcome, servicenow};

use crate::support::{Folder, Server};

const LOG: &str = include_str!("../../demo/servicenow.csv");

/// Writes a log to a file of the test's own.
fn file(folder: &Folder, name: &str, text: &[u8]) -> PathBuf {
    fs::create_dir_all(&folder.0).expect("a folder for the test");
    let path = folder.0.join(name);
    fs::write(&path, text).expect("a file for the test");
    path
}

async fn run(server: &Server, file: &std::path::Path, run: Run) -> Outcome {
    servicenow(&server.app, file, run, |_, _| ())
        .await
        .expect("the file can be read")
}

async fn head(server: &Server) -> u64 {
    let mut view = server.app.store.view().await.expect("the store answers");
    view.log().await.expect("there is a log").head.0
}

#[tokio::test]
async fn a_log_is_imported_once() {
    let (server, folder) = (Server::start().await, Folder::new());
    let log = file(&folder, "log.csv", LOG.as_bytes());
    let first = run(&server, &log, Run::Write).await;
    assert_eq!((first.rows, first.written, first.unchanged), (1107, 150, 0));
    assert!(first.is_whole() && first.added > 0);

    let (head_before, version) = (head(&server).await, server.app.people.current().version);
    let second = run(&server, &log, Run::Write).await;
    assert_eq!(
        (second.written, second.unchanged, second.added),
        (0, 150, 0)
    );
    assert_eq!(head(&server).await, head_before);
    assert_eq!(server.app.people.current().version, version);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_writes_nothing() {
    let (server, folder) = (Server::start().await, Folder::new());
    let log = file(&folder, "log.csv", LOG.as_bytes());
    let version = server.app.people.current().version;
    let would = run(&server, &log, Run::Dry).await;
    assert_eq!(
        (head(&server).await, server.app.people.current().version),
        (0, version)
    );
    assert_eq!(run(&server, &log, Run::Write).await, would);
    assert_eq!(run(&server, &log, Run::Dry).await.unchanged, 150);
}

#[tokio::test]
async fn an_import_that_stopped_half_way_goes_on() {
    let (server, folder) = (Server::start().await, Folder::new());
    let lines: Vec<&str> = LOG.split_inclusive('\n').collect();
    let half = file(&folder, "half.csv", lines[..600].concat().as_bytes());
    let part = run(&server, &half, Run::Write).await;
    let whole = file(&folder, "whole.csv", LOG.as_bytes());
    let rest = run(&server.restarted().await, &whole, Run::Write).await;
    // The incident that the cut went through was continued.
    assert_eq!(
        (part.written + rest.written, rest.written + rest.unchanged),
        (151, 150)
    );
}

#[tokio::test]
async fn an_import_is_not_whole_when_a_row_cannot_be_read() {
    let (server, folder) = (Server::start().await, Folder::new());
    let spoilt = LOG.replacen(",New,", ",Neu,", 1);
    let log = file(&folder, "log.csv", spoilt.as_bytes());
    let outcome = run(&server, &log, Run::Write).await;
    assert!(!outcome.is_whole());
    assert_eq!((outcome.bad.len(), outcome.written), (1, 150));
    assert!(
        outcome.to_string().ends_with("1 rows unreadable"),
        "{outcome}"
    );
}

#[tokio::test]
async fn who_is_imported_cannot_sign_in() {
    let folder = Folder::new();
    let mut server = Server::with(Sources::default(), Mode::Demo).await;
    run(
        &server,
        &file(&folder, "log.csv", LOG.as_bytes()),
        Run::Write,
    )
    .await;
    let directory = server.app.people.current();
    let added = directory
        .people
        .iter()
        .filter(|person| person.login.ends_with("@servicenow"));
    assert!(added.clone().count() > 100 && added.clone().all(|person| !person.active));
    let login = added
        .map(|person| person.login.clone())
        .next()
        .expect("somebody was added");
    server
        .sign_in_to("portal", &login, "demo")
        .await
        .expect_problem(401, "wrong-sign-in");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let server = Server::start().await;
    let missing = servicenow(&server.app, "nowhere.csv".as_ref(), Run::Write, |_, _| ()).await;
    assert_eq!(
        missing.expect_err("no file").to_string(),
        "cannot open nowhere.csv"
    );
}
