//! `demo` and `dev`: the product on this machine, as a visitor or as its author sees it.

use crate::build::{self, Profile};
use crate::{Arguments, shell};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

pub(crate) struct Options {
    port: String,
    data: Option<String>,
}

impl Options {
    pub(crate) fn take(arguments: &mut Arguments) -> Result<Self> {
        let port = arguments.value("--port")?.unwrap_or_else(|| "8080".into());
        Ok(Self {
            port,
            data: arguments.value("--data")?,
        })
    }

    fn demo(&self, binary: &Path) -> Command {
        let mut command = Command::new(binary);
        command
            .args(["demo", "--port", &self.port])
            .current_dir(shell::root());
        if let Some(folder) = &self.data {
            command.args(["--data", folder]);
        }
        command
    }
}

/// Builds the server, with the client inside when one is given, and says where the binary lies.
pub(crate) fn server(client: Option<&Path>, release: bool) -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--package", "server"]);
    if release {
        cargo.arg("--release");
    }
    if let Some(folder) = client {
        cargo.args(["--features", "embedded-client"]);
        cargo.env("HOLDFAST_CLIENT_DIR", folder);
    }
    shell::run(&mut cargo)?;
    let profile = if release { "release" } else { "debug" };
    Ok(shell::target()
        .join(profile)
        .join("holdfast")
        .with_extension(std::env::consts::EXE_EXTENSION))
}

/// Serves a sample organisation with a release build.
pub(crate) fn demo(options: &Options) -> Result<()> {
    let client = build::client(Profile::Release)?;
    let binary = server(Some(&client), true)?;
    become_program(&mut options.demo(&binary))
}

/// Hands the process over, so that a signal to it reaches the server.
#[cfg(unix)]
fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("cannot start the server")
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> Result<()> {
    shell::run(command)
}

/// Serves the sample organisation and builds again what changed, until stopped.
///
/// The page asks for `/dev-stamp` every second and reloads itself when its content is new.
pub(crate) fn dev(options: &Options) -> Result<()> {
    let mut serving: Option<Serving> = None;
    let mut seen = [Times::new(), Times::new()];
    loop {
        let now = [
            times(&["app", "shared", "public"])?,
            times(&["server", "shared"])?,
        ];
        let changed = [now[0] != seen[0], now[1] != seen[1]];
        seen = now;
        if changed[0] {
            say(build::client(Profile::Watched).map(|_| ()));
        }
        if changed[1] {
            match server(None, false) {
                Ok(binary) => {
                    drop(serving.take());
                    let mut command = options.demo(&binary);
                    // Where the server looks for a client that it does not carry.
                    command.env("CARGO_TARGET_DIR", shell::target());
                    serving = Some(Serving(command.spawn()?));
                }
                Err(error) => say(Err(error)),
            }
        }
        sleep(Duration::from_millis(400));
    }
}

fn say(outcome: Result<()>) {
    match outcome {
        Ok(()) => println!("ready; waiting for changes"),
        Err(error) => println!("{error:#}\nwaiting for changes"),
    }
}

/// A running server, ended with its owner.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // Already ended is what is wanted.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

type Times = BTreeMap<PathBuf, SystemTime>;

fn times(folders: &[&str]) -> Result<Times> {
    let mut found = Times::new();
    let mut open: Vec<_> = folders
        .iter()
        .map(|folder| shell::root().join(folder))
        .collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension() != Some(OsStr::new("md")) {
                // A file that an editor is just replacing is seen at the next look.
                let Ok(changed) = fs::metadata(&path).and_then(|about| about.modified()) else {
                    continue;
                };
                found.insert(path, changed);
            }
        }
    }
    Ok(found)
}
