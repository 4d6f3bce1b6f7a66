//! Where things lie and how other programs are started: the workspace, the target folder, cargo.

use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent()
        .expect("xtask lies in the workspace")
        .to_path_buf()
}

/// The target folder, wherever cargo was told to have it.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // Set by `cargo run` for this program alone; handed on they would look like changed inputs.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// A program found on the path, or nothing when it does not answer `--version`.
pub(crate) fn answers(program: impl AsRef<OsStr>, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs to the end and wants success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    ensure!(status.success(), "{} ended with {status}", shown(command));
    Ok(())
}

/// Installs a folder's packages as its lock names them.
pub(crate) fn npm_ci(folder: &Path, arguments: &[&str]) -> Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"]).args(arguments);
    run(npm.current_dir(folder))
}

/// What a program printed on standard output.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!(
            "{}: {}",
            shown(command),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Passes a program's output on as it comes and keeps it, to read the counts in it.
pub(crate) fn tee(command: &mut Command) -> Result<(bool, String)> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    let out = child.stdout.take().expect("standard output is piped");
    let err = child.stderr.take().expect("standard error is piped");
    let copying = thread::spawn(move || copy_lines(err, std::io::stderr()));
    let mut text = copy_lines(out, std::io::stdout());
    text.push_str(&copying.join().expect("copying lines does not panic"));
    Ok((child.wait()?.success(), text))
}

fn copy_lines(from: impl Read, mut to: impl Write) -> String {
    let mut text = String::new();
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        // A closed pipe downstream must not end the run whose result is wanted.
        let _ = writeln!(to, "{line}");
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A tool that cargo installs: the one on the path, else one of our own; none when it is not there
/// and may not be installed.
pub(crate) fn cargo_tool(name: &str, may_install: bool) -> Result<Option<PathBuf>> {
    let tools = target().join("tools");
    let own = tools.join("bin").join(name);
    for program in [PathBuf::from(name), own.clone()] {
        if answers(&program, &["--version"]) {
            return Ok(Some(program));
        }
    }
    if !may_install {
        return Ok(None);
    }
    let mut install = cargo();
    install
        .args(["install", name, "--locked", "--debug", "--root"])
        .arg(&tools)
        .env("CARGO_TARGET_DIR", tools.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0");
    run(&mut install).with_context(|| format!("{name} cannot be installed"))?;
    Ok(Some(own))
}

/// Adds the WebAssembly target to the toolchain when it is missing.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let mut rustc = Command::new("rustc");
    rustc
        .args(["--print", "target-libdir", "--target", WASM])
        .current_dir(root());
    if read(&mut rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    run(Command::new("rustup")
        .args(["target", "add", WASM])
        .current_dir(root()))
    .context("the target wasm32-unknown-unknown is missing; `rustup target add` it")
}

/// Whether tools may be installed without being asked for each: CI, root, or `--install`.
pub(crate) fn may_install(asked: bool) -> bool {
    asked || std::env::var_os("CI").is_some_and(|value| !value.is_empty()) || is_root()
}

pub(crate) fn is_root() -> bool {
    read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
