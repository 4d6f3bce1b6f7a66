//! `cargo xtask …`: everything a person or CI runs in this repository, with no global tools.
//!
//! Each command does its own set-up; what it cannot set up it names in one line. Nothing here is
//! linked into the product.

#![expect(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

mod bench;
mod browser;
mod build;
mod fuzz;
mod run;
mod shell;
mod test;
mod texts;

use anyhow::{Result, bail};
use build::Profile;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  demo [--port 8080] [--data DIR]   build client and server, serve a sample organisation
  dev [--port 8080] [--data DIR]    the same, rebuilt and reloaded on every change
  test [--install]                  every check and test; --install may fetch missing tools
  build [--dev]                     build the client into <target>/client
  bench NAME|all [--peers]          print measurements, one JSON object per line
  fuzz [--minutes N]                try inputs that nobody chose, so long for each target
  sim [--minutes N] [--broken]      run the simulation with new seeds, or with broken rules
";

fn main() -> ExitCode {
    match command() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Result<ExitCode> {
    let mut arguments = Arguments::from_env();
    let name = arguments.next_free();
    let outcome = match name.as_deref() {
        Some("demo") => {
            let options = run::Options::take(&mut arguments)?;
            arguments.finish()?;
            run::demo(&options)
        }
        Some("dev") => {
            let options = run::Options::take(&mut arguments)?;
            arguments.finish()?;
            run::dev(&options)
        }
        Some("test") => {
            let install = arguments.flag("--install");
            arguments.finish()?;
            return test::all(install);
        }
        Some("build") => {
            let profile = if arguments.flag("--dev") {
                Profile::Dev
            } else {
                Profile::Release
            };
            arguments.finish()?;
            build::client(profile).map(|_| ())
        }
        Some("bench") => {
            let peers = arguments.flag("--peers");
            let Some(name) = arguments.next_free() else {
                bail!("bench wants a NAME, or all")
            };
            arguments.finish()?;
            bench::run(&name, peers)
        }
        Some("fuzz") => {
            let minutes = arguments.value("--minutes")?.unwrap_or_else(|| "5".into());
            arguments.finish()?;
            fuzz::run(minutes.parse()?)
        }
        Some("sim") => {
            let minutes = arguments.value("--minutes")?.unwrap_or_else(|| "5".into());
            let broken = arguments.flag("--broken");
            arguments.finish()?;
            if broken {
                bench::simulate(&["--broken"])
            } else {
                bench::simulate(&["--minutes", &minutes])
            }
        }
        None | Some("help") => {
            print!("{HELP}");
            Ok(())
        }
        Some(other) => bail!("there is no command {other}\n\n{HELP}"),
    };
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The words after `cargo xtask`, taken out one by one so that what is left over is an error.
pub(crate) struct Arguments(Vec<String>);

impl Arguments {
    fn from_env() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    fn next_free(&mut self) -> Option<String> {
        let position = self.0.iter().position(|word| !word.starts_with("--"))?;
        Some(self.0.remove(position))
    }

    fn flag(&mut self, name: &str) -> bool {
        let found = self.0.iter().position(|word| word == name);
        found.map(|position| self.0.remove(position)).is_some()
    }

    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let Some(position) = self.0.iter().position(|word| word == name) else {
            return Ok(None);
        };
        self.0.remove(position);
        if position == self.0.len() {
            bail!("{name} wants a value");
        }
        Ok(Some(self.0.remove(position)))
    }

    fn finish(self) -> Result<()> {
        match self.0.first() {
            Some(word) => bail!("{word} is not understood here\n\n{HELP}"),
            None => Ok(()),
        }
    }
}
