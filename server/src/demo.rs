//! The sample organisation: its people, incidents written by hand, and a part of a real log.
//!
//! Everything is seeded once, into an empty data folder, through the same functions as an import.

mod replayed;
mod spoken;

use anyhow::{Context as _, ensure};
use shared::people::{Directory, Person};
use shared::sync::Seq;
use shared::time::UnixMillis;

use crate::App;
use crate::auth::{DEMO_ENDING, Password};
use crate::import::History;

const ORGANISATION: &str = include_str!("../demo/organisation.json");

const PASSWORD: &str = "demo";

/// Fills an empty store; one that has been filled is left alone. All incidents come in one commit,
/// so that a seeding that was interrupted begins anew. Another organisation's folder is refused.
pub async fn seed(app: &App) -> anyhow::Result<()> {
    let directory = app.people.current();
    ensure!(
        directory.version == 0 || accounts(&directory).next().is_some(),
        "{} holds another organisation: serve it with `holdfast serve`, or give the demo an empty \
         folder with --data",
        app.config.data.display()
    );
    if directory.version == 0 {
        let directory = organisation()?;
        seed_passwords(app, &directory).await?;
        app.people.replace(app, directory).await?;
    }
    let log = app.store.view().await?.log().await?;
    if log.head > Seq::default() {
        return Ok(());
    }
    let (directory, now) = (app.people.current(), app.clock.now());
    let histories = histories(&directory, now)?;
    let authored: Vec<_> = histories
        .iter()
        .map(|history| history.authored(None))
        .collect();
    let rules = directory.rules();
    let report = app
        .keeper
        .accept_as_server(&*app.store, authored, &rules, now)
        .await?;
    ensure!(
        report.refused == 0,
        "{} sample incidents were refused",
        report.refused
    );
    tracing::info!(incidents = report.written, "seeded the sample organisation");
    Ok(())
}

/// Where to open the console, and as whom.
pub fn welcome(app: &App) -> String {
    let directory = app.people.current();
    let staff = accounts(&directory).filter(|person| person.active && person.is_staff());
    let logins: Vec<_> = staff.map(|person| person.login.as_str()).collect();
    let origin = &app.config.origin;
    let mail = if app.config.smtp.is_none() {
        format!("Mail that it would send lies at {origin}/demo/mail\n")
    } else {
        String::new()
    };
    format!(
        "Open {origin}/console\nSign in as {}; the password is {PASSWORD}\n\
         People who report sign in at {origin}/ as user@demo\n{mail}",
        logins.join(", ")
    )
}

fn accounts(directory: &Directory) -> impl Iterator<Item = &Person> {
    let people = directory.people.iter();
    people.filter(|person| person.login.ends_with(DEMO_ENDING))
}

/// One hash serves all: the password is no secret.
async fn seed_passwords(app: &App, directory: &Directory) -> anyhow::Result<()> {
    let hash = Password::new(PASSWORD).hash(app.random.bytes())?;
    for person in accounts(directory) {
        app.store.put_credential(person.id, &hash).await?;
    }
    Ok(())
}

/// The organisation, with a word on where its incidents come from.
fn organisation() -> anyhow::Result<Directory> {
    let mut directory: Directory =
        serde_json::from_str(ORGANISATION).context("demo/organisation.json")?;
    let count = replayed::count()?;
    directory.notice = Some(format!(
        "Sample data: {count} incidents replay a real ServiceNow log (UCI, CC BY 4.0), shifted to \
         today and mapped to our groups; the others were written for this."
    ));
    let german = format!(
        "Beispieldaten: {count} Störungen geben ein echtes ServiceNow-Protokoll wieder (UCI, CC BY \
         4.0), auf heute verschoben und unseren Gruppen zugeordnet; die übrigen sind dafür geschrieben."
    );
    directory.notices.insert("de".to_owned(), german);
    Ok(directory)
}

/// All incidents as they would have come about by `now`, oldest first.
fn histories(directory: &Directory, now: UnixMillis) -> anyhow::Result<Vec<History>> {
    let mut histories = spoken::histories(directory, now)?;
    histories.extend(replayed::histories(directory, now)?);
    histories.sort_by_key(|history| history.id);
    Ok(histories)
}

#[cfg(test)]
mod tests;
