//! The command line: one word for what to do, flags for the settings of [`crate::config`].

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use shared::ids::DeviceId;
use shared::people::Role;

use crate::config::{SETTINGS, Sources};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Serve,
    Demo { serving: Serving },
    ImportServiceNow { file: PathBuf, run: Run },
    User(User),
    Notify(Notify),
    Backup { to: PathBuf },
    Restore { from: PathBuf },
    Compact,
    CalendarCompile { from: CalendarFrom },
    Check,
    Help,
    Version,
}

/// Whether the demo goes on to serve what it has seeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    Yes,
    SeedOnly,
}

/// Whether an import writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Write,
    Dry,
}

/// What to do with notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// Says how many there are, and what keeps them.
    Status,
    /// Has those tried again that were given up.
    Replay,
}

/// What a calendar is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarFrom {
    File(PathBuf),
    StandardInput,
    /// Prints one to begin with.
    Example,
}

/// What to do with accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    List,
    Add {
        login: String,
        name: String,
        roles: Vec<Role>,
        groups: Vec<String>,
        password: Typed,
    },
    Roles {
        login: String,
        roles: Vec<Role>,
    },
    Password {
        login: String,
        password: Typed,
    },
    SignOut {
        login: String,
    },
    Devices {
        login: String,
    },
    Wipe {
        login: String,
        device: DeviceId,
    },
}

/// Where a new password comes from; never from the command line, which others can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    Drawn,
    StandardInput,
}

/// A command with the settings it was given.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub command: Command,
    pub sources: Sources,
}

/// The words and flags of a command line, before they mean anything.
#[derive(Debug, Default)]
struct Words {
    plain: Vec<String>,
    flags: Vec<(String, Option<String>)>,
    settings: Vec<(&'static str, String)>,
    config: Option<PathBuf>,
}

/// Flags that belong to commands, and whether a value follows.
const COMMAND_FLAGS: &[(&str, bool)] = &[
    ("seed-only", false),
    ("dry-run", false),
    ("example", false),
    ("password-stdin", false),
    ("name", true),
    ("role", true),
    ("group", true),
];

/// Reads a command line and the environment; `arguments` come without the program's name.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    variables: impl IntoIterator<Item = (String, String)>,
) -> anyhow::Result<Invocation> {
    let words = Words::read(arguments)?;
    let command = words.command()?;
    let mut sources = Sources::from_path(words.config.as_deref())?.with_variables(variables);
    for (name, value) in &words.settings {
        sources = sources.with_flag(name, value);
    }
    Ok(Invocation { command, sources })
}

impl Words {
    fn read(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<Self> {
        let mut parser = lexopt::Parser::from_args(arguments);
        let mut words = Self::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Value(word) => words.plain.push(word.string()?),
                Short('h') => words.plain.insert(0, "help".to_owned()),
                Short('V') => words.plain.insert(0, "version".to_owned()),
                Long("help" | "version") => {
                    let word = if argument == Long("help") {
                        "help"
                    } else {
                        "version"
                    };
                    words.plain.insert(0, word.to_owned());
                }
                Long("config") => words.config = Some(parser.value()?.into()),
                Long(name) => {
                    let name = name.to_owned();
                    words.flag(&name, &mut parser)?;
                }
                Short(_) => return Err(argument.unexpected().into()),
            }
        }
        Ok(words)
    }

    fn flag(&mut self, name: &str, parser: &mut lexopt::Parser) -> anyhow::Result<()> {
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.name.replace('_', "-") == name);
        if let Some(setting) = setting {
            self.settings
                .push((setting.name, parser.value()?.string()?));
        } else if let Some((_, has_value)) = COMMAND_FLAGS.iter().find(|(flag, _)| *flag == name) {
            let value = if *has_value {
                Some(parser.value()?.string()?)
            } else {
                None
            };
            self.flags.push((name.to_owned(), value));
        } else {
            bail!("--{name} is not known; `holdfast help` lists the flags");
        }
        Ok(())
    }

    fn command(&self) -> anyhow::Result<Command> {
        let words: Vec<&str> = self.plain.iter().map(String::as_str).collect();
        let (command, flags): (Command, &[&str]) = match *words {
            ["serve"] => (Command::Serve, &[]),
            ["demo"] => (
                Command::Demo {
                    serving: self.serving(),
                },
                &["seed-only"],
            ),
            ["import", "servicenow", file] => (
                Command::ImportServiceNow {
                    file: file.into(),
                    run: self.run(),
                },
                &["dry-run"],
            ),
            ["user", "list"] => (Command::User(User::List), &[]),
            ["user", "add", login] => (
                self.user_add(login)?,
                &["name", "role", "group", "password-stdin"],
            ),
            ["user", "roles", login] => {
                let (login, roles) = (login.to_owned(), self.roles("user roles")?);
                (Command::User(User::Roles { login, roles }), &["role"])
            }
            ["user", "password", login] => {
                let (login, password) = (login.to_owned(), self.typed());
                (
                    Command::User(User::Password { login, password }),
                    &["password-stdin"],
                )
            }
            ["user", "sign-out", login] => (
                Command::User(User::SignOut {
                    login: login.to_owned(),
                }),
                &[],
            ),
            ["user", verb @ ("devices" | "wipe"), login, ref named @ ..] => {
                (device_command(verb, login, named)?, &[])
            }
            ["notify", "status"] => (Command::Notify(Notify::Status), &[]),
            ["notify", "replay"] => (Command::Notify(Notify::Replay), &[]),
            ["backup", to] => (Command::Backup { to: to.into() }, &[]),
            ["restore", from] => (Command::Restore { from: from.into() }, &[]),
            ["compact"] => (Command::Compact, &[]),
            ["calendar", "compile", ref file @ ..] => (self.calendar(file)?, &["example"]),
            ["check"] => (Command::Check, &[]),
            [] | ["help", ..] => return Ok(Command::Help),
            ["version", ..] => return Ok(Command::Version),
            _ => bail!(
                "`{}` is not known; `holdfast help` lists the commands",
                words.join(" ")
            ),
        };
        if let Some((flag, _)) = self
            .flags
            .iter()
            .find(|(flag, _)| !flags.contains(&&**flag))
        {
            bail!("--{flag} does not belong to `{}`", words.join(" "));
        }
        Ok(command)
    }

    fn calendar(&self, named: &[&str]) -> anyhow::Result<Command> {
        let from = match (named, self.has("example")) {
            ([], true) => CalendarFrom::Example,
            ([] | ["-"], false) => CalendarFrom::StandardInput,
            ([file], false) => CalendarFrom::File(file.into()),
            _ => bail!("`calendar compile` takes one FILE, standard input, or --example"),
        };
        Ok(Command::CalendarCompile { from })
    }

    fn user_add(&self, login: &str) -> anyhow::Result<Command> {
        let name = self.values("name").next_back().unwrap_or(login).to_owned();
        let roles = self.roles("user add")?;
        let groups = self.values("group").map(str::to_owned).collect();
        let (login, password) = (login.to_owned(), self.typed());
        Ok(Command::User(User::Add {
            login,
            name,
            roles,
            groups,
            password,
        }))
    }

    fn roles(&self, command: &str) -> anyhow::Result<Vec<Role>> {
        let roles: Vec<Role> = self.values("role").map(role).collect::<Result<_, _>>()?;
        if roles.is_empty() {
            bail!("{command} needs --role: {ROLES}");
        }
        Ok(roles)
    }

    fn values<'a>(&'a self, flag: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let given = self.flags.iter().filter(move |(name, _)| name == flag);
        given.filter_map(|(_, value)| value.as_deref())
    }

    fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|(name, _)| name == flag)
    }

    fn serving(&self) -> Serving {
        if self.has("seed-only") {
            Serving::SeedOnly
        } else {
            Serving::Yes
        }
    }

    fn run(&self) -> Run {
        if self.has("dry-run") {
            Run::Dry
        } else {
            Run::Write
        }
    }

    fn typed(&self) -> Typed {
        if self.has("password-stdin") {
            Typed::StandardInput
        } else {
            Typed::Drawn
        }
    }
}

/// What to do with the devices of a person.
fn device_command(verb: &str, login: &str, named: &[&str]) -> anyhow::Result<Command> {
    let login = login.to_owned();
    match (verb, named) {
        ("devices", []) => Ok(Command::User(User::Devices { login })),
        ("wipe", [device]) => {
            let device = device.parse().with_context(|| {
                format!("DEVICE: a name that `user devices {login}` lists is expected")
            })?;
            Ok(Command::User(User::Wipe { login, device }))
        }
        _ => bail!("`holdfast help` lists what belongs to `user {verb}`"),
    }
}

const ROLES: &str = "requester, technician, agent, incident_manager, manager or administrator";

fn role(text: &str) -> anyhow::Result<Role> {
    let word = serde_json::Value::String(text.replace('-', "_"));
    serde_json::from_value(word).with_context(|| format!("--role: {ROLES} expected, got {text}"))
}

/// What `holdfast help` prints.
pub fn help() -> String {
    let mut text = HELP.to_owned();
    for setting in SETTINGS {
        let flag = setting.name.replace('_', "-");
        let default = if setting.name == "origin" {
            "http://localhost:PORT"
        } else {
            setting.default
        };
        let default = if default.is_empty() {
            String::new()
        } else {
            format!("; {default}")
        };
        let line = format!(
            "  --{flag:<30} {} ({}{default})\n",
            setting.about, setting.allowed
        );
        text.push_str(&line);
    }
    text
}

const HELP: &str = "\
Holdfast: incident management that keeps working when the network does not.

holdfast serve                                      serve the organisation in the data folder
holdfast demo [--seed-only]                         serve a sample organisation
holdfast import servicenow FILE [--dry-run]         import a ServiceNow event log (CSV)
holdfast user list
holdfast user add LOGIN --role ROLE… [--name NAME] [--group GROUP…] [--password-stdin]
holdfast user roles LOGIN --role ROLE…               replace the roles of a person
holdfast user password LOGIN [--password-stdin]     without the flag, a password is drawn and shown
holdfast user sign-out LOGIN                        end all sessions of a person
holdfast user devices LOGIN                         list the devices of a person
holdfast user wipe LOGIN DEVICE                     wipe one of them at its next contact
holdfast notify status                              count notifications by state
holdfast notify replay                              try again what was given up
holdfast backup FILE                                copy the data to a file, also while serving
holdfast restore FILE                               put such a file into an empty data folder
holdfast calendar compile [FILE|--example]          print the hours of a calendar, or what is wrong
holdfast compact                                    drop old changes that snapshots cover, at once
holdfast check                                      print the settings, check them and the data

Settings, as flags over HOLDFAST_* variables over holdfast.toml (or --config FILE):
";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> anyhow::Result<Invocation> {
        parse(line.split_whitespace().map(OsString::from), [])
    }

    #[test]
    fn a_command_takes_its_flags_and_the_settings() {
        let Invocation { command, sources } =
            parsed("import servicenow log.csv --dry-run --data /tmp/x").expect("known");
        let file = "log.csv".into();
        assert_eq!(
            command,
            Command::ImportServiceNow {
                file,
                run: Run::Dry
            }
        );
        assert_eq!(sources.of("data").text, "/tmp/x");
    }

    #[test]
    fn what_is_unknown_is_named() {
        for (line, told) in [
            ("serv", "`serv` is not known"),
            ("serve --prot 80", "--prot is not known"),
            ("serve --dry-run", "--dry-run does not belong to `serve`"),
            ("user add alice", "user add needs --role"),
            ("user roles alice", "user roles needs --role"),
            (
                "user wipe alice phone",
                "DEVICE: a name that `user devices alice` lists",
            ),
            (
                "user add alice --role boss",
                "--role: requester, technician",
            ),
            ("serve --port", "missing argument for option '--port'"),
        ] {
            let error = format!("{:#}", parsed(line).expect_err(line));
            assert!(error.contains(told), "{line}: {error}");
        }
    }

    #[test]
    fn no_command_asks_for_help_and_help_names_every_setting() {
        assert_eq!(parsed("").expect("help").command, Command::Help);
        assert_eq!(parsed("serve --help").expect("help").command, Command::Help);
        assert!(
            SETTINGS
                .iter()
                .all(|setting| help().contains(&setting.name.replace('_', "-")))
        );
    }
}
