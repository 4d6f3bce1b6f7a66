//! Finds a Chromium and the packages of the browser tests, or says what to install.

use crate::shell;
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::process::Command;

const CHROMIUMS: [&str; 6] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/usr/bin/google-chrome-stable",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// What a script that drives a browser is given.
pub(crate) struct Browser {
    chromium: PathBuf,
}

impl Browser {
    /// A browser and its runner, installed where that is allowed; `Err` says what is missing.
    pub(crate) fn ready(may_install: bool) -> Result<Self> {
        ensure!(
            shell::answers("node", &["--version"]),
            "install Node 20 or newer"
        );
        let chromium = match found() {
            Some(chromium) => chromium,
            None => installed(may_install)?,
        };
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"])
            .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        shell::run(npm.current_dir(folder()))?;
        Ok(Self { chromium })
    }

    /// Tells a script where browser and server are.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("CHROMIUM", &self.chromium)
            .env("HOLDFAST_E2E", folder())
    }
}

/// The folder with the runner's packages.
pub(crate) fn folder() -> PathBuf {
    shell::root().join("tests/e2e")
}

fn found() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let known = CHROMIUMS.iter().map(PathBuf::from);
    named.into_iter().chain(known).find(|path| path.is_file())
}

fn installed(may_install: bool) -> Result<PathBuf> {
    let advice = "install Chromium (`apt-get install chromium`) or set CHROMIUM to its path";
    ensure!(may_install && shell::is_root(), advice);
    let mut apt = Command::new("apt-get");
    shell::run(
        apt.args(["update", "-qq"])
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    let mut apt = Command::new("apt-get");
    apt.args([
        "install",
        "-y",
        "-qq",
        "--no-install-recommends",
        "chromium",
        "fonts-liberation",
    ]);
    shell::run(apt.env("DEBIAN_FRONTEND", "noninteractive")).context(advice)?;
    found().context(advice)
}
