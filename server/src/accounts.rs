//! What an operator does with accounts from the command line.

use std::collections::BTreeSet;
use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, ensure};
use chrono::DateTime;
use shared::ids::{GroupId, PersonId};
use shared::people::{Directory, Person, Role, Surface};
use shared::policy;
use shared::time::UnixMillis;

use crate::App;
use crate::auth::{DEMO_ENDING, Password};
use crate::command::{Typed, User};
use crate::devices::{devices, order};
use crate::store::OrderKind;

const BYTES_MIN: usize = 8;

/// Does it and prints what became of it.
pub async fn run(app: &App, command: User) -> anyhow::Result<()> {
    match command {
        User::List => list(&app.people.current()),
        User::Add {
            login,
            name,
            roles,
            groups,
            password,
        } => {
            let person = person(&app.people.current(), login, name, roles, groups)?;
            let (id, login) = (person.id, person.login.clone());
            let mut directory = Directory::clone(&app.people.current());
            directory.people.push(person);
            app.people.replace(app, directory).await?;
            let shown = set_password(app, id, password).await?;
            say(&format!("added {login}{shown}"))
        }
        User::Roles { login, roles } => {
            let id = id_of(app, &login)?;
            let mut directory = Directory::clone(&app.people.current());
            let roles: BTreeSet<Role> = roles.into_iter().collect();
            for person in directory.people.iter_mut().filter(|one| one.id == id) {
                person.roles.clone_from(&roles);
            }
            app.people.replace(app, directory).await?;
            say(&format!("changed the roles of {login}"))
        }
        User::Password { login, password } => {
            let id = id_of(app, &login)?;
            let shown = set_password(app, id, password).await?;
            app.store.end_sessions_of(id).await?;
            say(&format!(
                "changed the password of {login} and ended its sessions{shown}"
            ))
        }
        User::SignOut { login } => {
            let count = app.store.end_sessions_of(id_of(app, &login)?).await?;
            say(&format!("ended {count} sessions of {login}"))
        }
        User::Devices { login } => list_devices(app, &login).await,
        User::Wipe { login, device } => {
            let named = (id_of(app, &login)?, device);
            let is_known = order(app, named, OrderKind::Wipe, PersonId::SERVER).await?;
            ensure!(is_known, "{login} has no device {device}");
            say(&format!(
                "{device} hands over what it never sent and is wiped at its next contact"
            ))
        }
    }
}

fn list(directory: &Directory) -> anyhow::Result<()> {
    for person in &directory.people {
        let roles: Vec<String> = person.roles.iter().map(|role| role_word(*role)).collect();
        let state = if person.active { "" } else { "\tinactive" };
        say(&format!(
            "{}\t{}\t{}{state}",
            person.login,
            person.name,
            roles.join(",")
        ))?;
    }
    Ok(())
}

async fn list_devices(app: &App, login: &str) -> anyhow::Result<()> {
    for device in devices(app, Some(id_of(app, login)?), None).await? {
        let names = [&*device.browser, &*device.system].map(|name| match name {
            "" => "unknown",
            name => name,
        });
        let surface = match device.surface {
            Surface::Console => "console",
            Surface::Portal => "portal",
        };
        let [first_at, heard_at] = [device.first_at, device.heard_at].map(day_and_time);
        let state = device.ordered.map_or_else(String::new, |ordered| {
            let what = match (ordered.kind, ordered.done_at) {
                (OrderKind::SignOut, _) => "signed out",
                (OrderKind::Wipe, None) => "to be wiped",
                (OrderKind::Wipe, Some(_)) => "wiped",
            };
            let at = ordered.done_at.unwrap_or(ordered.at);
            format!("\t{what} {}", day_and_time(at))
        });
        let id = device.device;
        let [browser, system] = names;
        say(&format!(
            "{id}\t{browser} on {system}\t{surface}\t{first_at}\t{heard_at}{state}"
        ))?;
    }
    Ok(())
}

fn day_and_time(at: UnixMillis) -> String {
    let at = DateTime::from_timestamp(at.0.div_euclid(1_000), 0).unwrap_or_default();
    format!("{}Z", at.naive_utc())
}

fn role_word(role: Role) -> String {
    let word = serde_json::to_value(role).ok();
    word.and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Whether a text can be typed as a login and, where it is an address, written to.
fn is_login(text: &str) -> bool {
    let is_odd = |sign: char| {
        sign.is_whitespace() || sign.is_control() || matches!(sign, ',' | ';' | '<' | '>' | '"')
    };
    !text.is_empty() && text.len() <= policy::NAME_BYTES_MAX && !text.contains(is_odd)
}

fn person(
    directory: &Directory,
    login: String,
    name: String,
    roles: Vec<Role>,
    groups: Vec<String>,
) -> anyhow::Result<Person> {
    ensure!(
        is_login(&login),
        "a login is one word, such as ada@company.example: no spaces, commas or angle brackets"
    );
    ensure!(
        !policy::is_blank(&name) && !name.chars().any(char::is_control),
        "--name: a name in one line is expected"
    );
    ensure!(
        directory.by_login(&login).is_none(),
        "{login} exists already"
    );
    ensure!(
        !login.ends_with(DEMO_ENDING),
        "logins that end with {DEMO_ENDING} are for the demo"
    );
    for group in &groups {
        let is_known = directory.groups.iter().any(|known| known.id.0 == *group);
        ensure!(is_known, "--group: {group} is not a group of the directory");
    }
    Ok(Person {
        id: next_id(directory),
        login,
        name,
        roles: roles.into_iter().collect(),
        groups: groups.into_iter().map(GroupId).collect(),
        site: None,
        language: "en".to_owned(),
        phone: String::new(),
        department: String::new(),
        mail: None,
        active: true,
    })
}

/// The id after the highest; ids are never given twice.
pub(crate) fn next_id(directory: &Directory) -> PersonId {
    let highest = directory
        .people
        .iter()
        .map(|person| person.id.0)
        .max()
        .unwrap_or(0);
    PersonId(highest + 1)
}

fn id_of(app: &App, login: &str) -> anyhow::Result<PersonId> {
    let directory = app.people.current();
    let person = directory.by_login(login);
    Ok(person
        .with_context(|| format!("there is no account {login}"))?
        .id)
}

/// Stores a password; one that was drawn is returned to be shown, once.
async fn set_password(app: &App, id: PersonId, typed: Typed) -> anyhow::Result<String> {
    let (text, shown) = match typed {
        Typed::Drawn => {
            let drawn = draw(&app.random.bytes());
            (drawn.clone(), format!("; its password is {drawn}"))
        }
        Typed::StandardInput => (read_line()?, String::new()),
    };
    ensure!(
        text.len() >= BYTES_MIN,
        "a password has at least {BYTES_MIN} bytes"
    );
    let hash = Password::new(text).hash(app.random.bytes())?;
    app.store.put_credential(id, &hash).await?;
    Ok(shown)
}

/// Twenty letters of an alphabet of 32 without look-alikes: a hundred bits.
fn draw(random: &[u8; 20]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";
    random
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte % 32)]))
        .collect()
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn say(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{line}")?)
}
