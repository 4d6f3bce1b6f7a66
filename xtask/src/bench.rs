//! `bench` and `sim`: measurements and long random runs, against release builds.
//!
//! A benchmark is `tests/bench/NAME.mjs` where a browser is part of it, else the bench target
//! `NAME` of the crate `tests` (`tests/bench/NAME.rs`). Each prints one JSON object per line.

use crate::browser::Browser;
use crate::build::{self, Profile};
use crate::{run, shell};
use anyhow::{Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs one benchmark, or all there are.
pub(crate) fn run(name: &str, peers: bool) -> Result<()> {
    let known = known()?;
    let wanted: Vec<_> = known
        .iter()
        .filter(|(own, _)| name == "all" || name == own)
        .collect();
    if wanted.is_empty() {
        let names: Vec<_> = known.iter().map(|(name, _)| name.as_str()).collect();
        bail!(
            "there is no benchmark {name}; there are: {}",
            names.join(", ")
        );
    }
    for (name, in_browser) in wanted {
        if *in_browser {
            in_chromium(name, peers)?;
        } else {
            native(name, peers)?;
        }
    }
    Ok(())
}

fn known() -> Result<Vec<(String, bool)>> {
    let folder = shell::root().join("tests/bench");
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            match path.extension().and_then(OsStr::to_str) {
                Some("mjs") => found.push((stem, true)),
                Some("rs") => found.push((stem, false)),
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

fn in_chromium(name: &str, peers: bool) -> Result<()> {
    let browser = Browser::ready(shell::may_install(false))?;
    if peers {
        install_peers()?;
    }
    let client = build::client(Profile::Release)?;
    let binary = run::server(Some(&client), true)?;
    let mut node = Command::new("node");
    node.arg(Path::new("tests/bench").join(format!("{name}.mjs")))
        .current_dir(shell::root());
    if peers {
        node.arg("--peers");
    }
    shell::run(browser.prepare(&mut node).env("HOLDFAST_BIN", binary))
}

/// They carry what they need for every platform; nothing of theirs has to run to install.
fn install_peers() -> Result<()> {
    let peers = shell::root().join("tests/bench/peers");
    shell::npm_ci(&peers, &["--ignore-scripts"])
}

fn native(name: &str, peers: bool) -> Result<()> {
    if peers {
        install_peers()?;
    }
    let binary = run::server(None, true)?;
    let mut cargo = shell::cargo();
    cargo.args(["bench", "--quiet", "--package", "tests", "--bench", name]);
    // The release build of the tests alone would cost minutes.
    cargo.args(["--profile", "sim"]).env("HOLDFAST_BIN", binary);
    if peers {
        cargo.args(["--", "--peers"]);
    }
    shell::run(&mut cargo)
}

/// Runs the simulation, optimised and with every assertion.
pub(crate) fn simulate(arguments: &[&str]) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.args([
        "run",
        "--quiet",
        "--profile",
        "sim",
        "--package",
        "tests",
        "--bin",
        "sim",
        "--",
    ]);
    shell::run(cargo.args(arguments))
}
