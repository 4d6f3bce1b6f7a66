//! `test`: every check and test there is, cheap ones first, summed up in one plain last line.
//!
//! A step that lacks a tool it may not install makes the run *incomplete*: said in one line,
//! with an exit code of its own (2), never counted as passed.

use crate::browser::{self, Browser};
use crate::build::{self, Profile};
use crate::{shell, texts};
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// What a step found: one check passed, some tests counted, or nothing for lack of a tool.
enum Outcome {
    Passed,
    Counted {
        passed: u32,
        failed: u32,
        /// The last lines that were printed.
        end: String,
    },
    Missing(String),
}

/// So many lines of a failed step are repeated at the very end, where they are found.
const END_LINES: usize = 40;

#[derive(Default)]
struct Tally {
    passed: u32,
    failed: u32,
    broken: Vec<String>,
    missing: Vec<String>,
}

/// Runs all steps; the exit code says failed (1), incomplete (2) or whole (0).
pub(crate) fn all(install: bool) -> Result<ExitCode> {
    let started = Instant::now();
    let may_install = shell::may_install(install);
    let mut tally = Tally::default();
    tally.step("texts", || texts::check().map(|_| Outcome::Passed));
    tally.step("format", || cargo(&["fmt", "--all", "--check"]));
    tally.step("direction of dependencies", direction);
    shell::ensure_wasm_target()?;
    tally.step("shared compiles for the browser", || {
        cargo(&[
            "check",
            "--package",
            "shared",
            "--target",
            shell::WASM,
            "--profile",
            "wasm-dev",
        ])
    });
    tally.step("clippy", || {
        cargo(&["clippy", "--all-targets", "--", "-D", "warnings"])
    });
    tally.step("clippy for the browser", || {
        let packages = ["clippy", "--package", "app", "--package", "shared"];
        // The profile of the client's build, whose macros and build scripts it then shares.
        let browser = [
            "--target",
            shell::WASM,
            "--profile",
            "wasm-dev",
            "--",
            "-D",
            "warnings",
        ];
        cargo(&[&packages[..], &browser[..]].concat())
    });
    tally.step("dependencies, licences, advisories", || deny(may_install));

    let client = tally.step("client", || {
        build::client(Profile::Dev).map(|_| Outcome::Passed)
    });
    let server = client && tally.step("server with the client in it", build_server);
    tally.step("tests of xtask", || native(&["--package", "xtask"], false));
    tally.step("tests", || native(&PRODUCT, server));
    if server {
        tally.step("simulation of fresh seeds, for a minute", simulation);
        tally.step("browser tests", || in_browser(may_install));
    }
    println!("\n{:.0} s in all", started.elapsed().as_secs_f32());
    Ok(tally.close())
}

impl Tally {
    fn step(&mut self, name: &str, work: impl FnOnce() -> Result<Outcome>) -> bool {
        println!("\n── {name}");
        let started = Instant::now();
        let outcome = work();
        let seconds = started.elapsed().as_secs_f32();
        let (word, fault) = match outcome {
            Ok(Outcome::Passed) => {
                self.passed += 1;
                ("passed".to_owned(), None)
            }
            Ok(Outcome::Counted {
                passed,
                failed,
                end,
            }) => {
                self.passed += passed;
                self.failed += failed;
                let word = format!("{passed} passed, {failed} failed");
                (word, (failed > 0).then_some(end))
            }
            Ok(Outcome::Missing(what)) => {
                self.missing.push(format!("{name}: {what}"));
                (format!("incomplete: {what}"), None)
            }
            Err(error) => {
                self.failed += 1;
                ("failed".to_owned(), Some(format!("{error:#}")))
            }
        };
        println!("── {name}: {word} ({seconds:.1} s)");
        let fine = fault.is_none();
        if let Some(fault) = fault {
            self.broken.push(format!("{name}\n{fault}"));
        }
        fine
    }

    fn close(&self) -> ExitCode {
        for what in &self.missing {
            println!("incomplete: {what}");
        }
        for what in &self.broken {
            println!("failed: {what}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        match (self.failed, self.missing.len()) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}

fn cargo(arguments: &[&str]) -> Result<Outcome> {
    shell::run(shell::cargo().args(arguments))?;
    Ok(Outcome::Passed)
}

/// `shared` decides and never acts: no runtime, no server, no database, no browser in it.
/// For the browser automerge itself reaches for web-sys, so only what `shared` names counts there.
fn direction() -> Result<Outcome> {
    const FOREIGN: [&str; 7] = [
        "tokio", "axum", "sqlx", "leptos", "web-sys", "server", "app",
    ];
    for reach in [&["--depth", "1", "--target", "all"][..], &[]] {
        let mut tree = shell::cargo();
        tree.args(["tree", "--package", "shared", "--edges", "normal"]);
        tree.args(["--prefix", "none", "--format", "{p}"]);
        let listed = shell::read(tree.args(reach))?;
        let names: Vec<_> = listed
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        ensure!(
            names.contains(&"serde"),
            "the list of what shared depends on is not to be trusted"
        );
        if let Some(name) = FOREIGN.iter().find(|name| names.contains(name)) {
            bail!("shared must not depend on {name}");
        }
    }
    Ok(Outcome::Passed)
}

/// Licences, sources and duplicates from what is here; advisories when their database is.
fn deny(may_install: bool) -> Result<Outcome> {
    let Some(program) = shell::cargo_tool("cargo-deny", may_install)? else {
        return Ok(Outcome::Missing("cargo install cargo-deny --locked".into()));
    };
    let check = |what: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(shell::root())
            .args(["--all-features", "check"])
            .args(what);
        command
    };
    shell::run(&mut check(&["bans", "licenses", "sources"]))?;
    match shell::tee(&mut check(&["advisories"]))? {
        (true, _) => {}
        (false, text) if text.contains("failed to fetch advisory database") => {
            println!("note: advisories not judged, their database cannot be reached from here");
        }
        (false, _) => bail!("an advisory speaks against a dependency"),
    }
    Ok(Outcome::Passed)
}

/// What is built and tested together, so that it is compiled once with one set of features.
const PRODUCT: [&str; 6] = [
    "--package",
    "server",
    "--package",
    "shared",
    "--package",
    "tests",
];
const EMBEDDED: [&str; 2] = ["--features", "server/embedded-client"];

fn build_server() -> Result<Outcome> {
    let mut cargo = shell::cargo();
    cargo.env("HOLDFAST_CLIENT_DIR", build::folder());
    shell::run(cargo.arg("build").args(PRODUCT).args(EMBEDDED))?;
    Ok(Outcome::Passed)
}

/// Fresh seeds in every run; those that failed once are tests of their own.
fn simulation() -> Result<Outcome> {
    let built = shell::target().join("debug/sim");
    let (fine, text) = shell::tee(Command::new(built).args(["--minutes", "1"]))?;
    ensure!(fine, "{}", end_of(&text));
    Ok(Outcome::Passed)
}

fn server_binary() -> PathBuf {
    shell::target().join("debug/holdfast")
}

fn native(packages: &[&str], embedded: bool) -> Result<Outcome> {
    let mut cargo = shell::cargo();
    if shell::answers("cargo", &["nextest", "--version"]) {
        cargo.args(["nextest", "run", "--no-fail-fast", "--no-tests", "pass"]);
    } else {
        cargo.args(["test", "--no-fail-fast"]);
    }
    cargo.args(packages).env("CARGO_TERM_COLOR", "never");
    if embedded {
        cargo.env("HOLDFAST_CLIENT_DIR", build::folder());
        cargo.args(EMBEDDED).env("HOLDFAST_BIN", server_binary());
    }
    counted(&mut cargo)
}

fn in_browser(may_install: bool) -> Result<Outcome> {
    let folder = browser::folder();
    let config = ["ts", "js", "mjs"].map(|kind| folder.join(format!("playwright.config.{kind}")));
    if !config.iter().any(|path| path.is_file()) {
        return Ok(Outcome::Missing(
            "tests/e2e has no playwright.config".into(),
        ));
    }
    let browser = match Browser::ready(may_install) {
        Ok(browser) => browser,
        Err(error) if may_install => return Err(error),
        Err(error) => return Ok(Outcome::Missing(format!("{error:#}"))),
    };
    let mut playwright = Command::new("node");
    playwright.args([
        "node_modules/@playwright/test/cli.js",
        "test",
        "--reporter=list",
    ]);
    playwright
        .current_dir(&folder)
        .env("HOLDFAST_BIN", server_binary());
    counted(browser.prepare(&mut playwright))
}

/// Runs a test runner and reads its closing lines.
fn counted(command: &mut Command) -> Result<Outcome> {
    let (fine, text) = shell::tee(command)?;
    let (passed, failed) = counts(&text);
    let failed = if fine { failed } else { failed.max(1) };
    Ok(Outcome::Counted {
        passed,
        failed,
        end: end_of(&text),
    })
}

fn end_of(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(END_LINES)..].join("\n")
}

/// Sums the closing lines of nextest, cargo's own runner and Playwright.
fn counts(text: &str) -> (u32, u32) {
    let (mut passed, mut failed) = (0, 0);
    for line in text.lines().map(str::trim) {
        let parts = if let Some((_, rest)) = line.split_once("run: ") {
            if !line.starts_with("Summary [") {
                continue;
            }
            rest
        } else if let Some(rest) = line.strip_prefix("test result: ") {
            rest.split_once(". ").map_or("", |(_, rest)| rest)
        } else {
            line
        };
        for part in parts.split([',', ';']) {
            let mut words = part.split_whitespace();
            let Some(count) = words.next().and_then(|word| word.parse::<u32>().ok()) else {
                break;
            };
            let word = words.next();
            // Playwright adds the time to what passed; more words than that are not a count.
            if words
                .next()
                .is_some_and(|more| !more.starts_with('(') && more != "out")
            {
                break;
            }
            match word {
                Some("passed") => passed += count,
                Some("failed" | "timed" | "interrupted") => failed += count,
                _ => {}
            }
        }
    }
    (passed, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_of_every_runner_are_summed() {
        let check = |text, expected| assert_eq!(counts(text), expected, "{text}");
        check(
            "     Summary [   0.004s] 4 tests run: 3 passed, 1 failed, 0 skipped",
            (3, 1),
        );
        check(
            "     Summary [   1.4s] 5/9 tests run: 4 passed (1 slow), 1 timed out",
            (4, 1),
        );
        check(
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            (5, 0),
        );
        check("test result: FAILED. 5 passed; 2 failed; 0 ignored", (5, 2));
        check(
            "  2 failed\n    [x] › a.spec.ts:3 › it\n  1 skipped\n  12 passed (3.2s)",
            (12, 2),
        );
        check(
            "  ✓  3 a.spec.ts:3 › says 4 passed (1.0s)\n12 failed attempts then stop",
            (0, 0),
        );
    }
}
