//! The program `holdfast`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _};
use server::client::Client;
use server::clock::{Clock, Random};
use server::command::{self, CalendarFrom, Command, Invocation, Notify, Run, Serving};
use server::config::{Config, LogFormat, Mode, Sources};
use server::store::{Compacted, EffectCount, StoreError};
use server::{App, accounts, calendar, check, demo, import, serve};

// glibc keeps a heap for every thread and gives little of it back: after many devices came at once,
// the server held twice the memory. Huge pages are off: with them it held a third more.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("holdfast: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<ExitCode> {
    let arguments = std::env::args_os().skip(1);
    // A variable that is not Unicode cannot be one of ours.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let Invocation { command, sources } = command::parse(arguments, variables)?;
    let mode = if matches!(command, Command::Demo { .. }) {
        Mode::Demo
    } else {
        Mode::Production
    };
    match command {
        Command::Help => return say(&command::help()),
        Command::Version => return say(concat!("holdfast ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Serve
        | Command::Demo { .. }
        | Command::ImportServiceNow { .. }
        | Command::User(_)
        | Command::Notify(_)
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Compact
        | Command::Check => {}
        Command::CalendarCompile { ref from } => return compile_calendar(from),
    }
    let config = Config::read(&sources, mode)?;
    start_log(&config);
    if command == Command::Check {
        check(&sources)?;
    } else {
        for warning in sources.warnings() {
            tracing::warn!("{warning}");
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        if let Command::Backup { to } = &command {
            server::backup(&config, to).await?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Command::Restore { from } = &command {
            return restore(&config, from).await;
        }
        with_store(command, config).await
    })
}

/// Prints the hours of a calendar in this year and the next.
fn compile_calendar(from: &CalendarFrom) -> anyhow::Result<ExitCode> {
    let text = match from {
        CalendarFrom::Example => return say(calendar::EXAMPLE),
        CalendarFrom::StandardInput => io::read_to_string(io::stdin())?,
        CalendarFrom::File(file) => {
            let text = fs::read_to_string(file);
            text.with_context(|| format!("cannot read {}", file.display()))?
        }
    };
    let source = serde_json::from_str(&text).context("a calendar as JSON is expected")?;
    let now = DateTime::from_timestamp_millis(Clock::System.now().0).unwrap_or_default();
    let compiled = calendar::compile(&source, now.year()..=now.year() + 1)?;
    say(&format!("{:#}\n", calendar::explained(&compiled)))
}

async fn restore(config: &Config, from: &Path) -> anyhow::Result<ExitCode> {
    let random = Random::from_system();
    server::restore(config, &random, Clock::System.now(), from).await?;
    say(RESTORED)
}

const RESTORED: &str = "\
restored; now `holdfast serve`. Devices bring back by themselves what they have and the backup
lacks. Letters that waited in the backup may have left since, so none is sent: `holdfast notify
status` counts them, `holdfast notify replay` sends them. Everybody signs in again; passwords, and
who is active, are those of the backup: change again what was changed since, and order again what
was to be wiped (`holdfast user wipe`).
";

const EARLIER: &str = "
the data is of an earlier version; it is brought to this one when the server starts
";

async fn with_store(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    if command == Command::Check && !server::has_data(&config) {
        let folder = config.data.display();
        return say(&format!(
            "\nthere is no data in {folder} yet; a server begins it\n"
        ));
    }
    let random = Random::from_system();
    let only_reads = match command {
        Command::ImportServiceNow { run, .. } => run == Run::Dry,
        Command::Check | Command::CalendarCompile { .. } => true,
        Command::Serve
        | Command::Demo { .. }
        | Command::User(_)
        | Command::Notify(_)
        | Command::Backup { .. }
        | Command::Restore { .. }
        | Command::Compact
        | Command::Help
        | Command::Version => false,
    };
    let store = if only_reads {
        server::open_store_to_read(&config, &random).await
    } else {
        server::open_store(&config, &random).await
    };
    let is_earlier = |error: &anyhow::Error| {
        let cause: Option<&StoreError> = error.chain().find_map(|cause| cause.downcast_ref());
        command == Command::Check && cause.is_some_and(StoreError::is_of_earlier_version)
    };
    let store = match store {
        Err(error) if is_earlier(&error) => return say(EARLIER),
        store => store?,
    };
    let app = App::new(
        config,
        Clock::System,
        random,
        store,
        Client::of_this_build(),
    )
    .await?;
    let ended = run_on(&app, command).await;
    app.store.close().await;
    ended
}

async fn run_on(app: &Arc<App>, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve => serve::serve(Arc::clone(app), serve::listen(app).await?).await?,
        Command::Demo { serving } => {
            demo::seed(app).await?;
            if serving == Serving::Yes {
                let listener = serve::listen(app).await?;
                say(&demo::welcome(app))?;
                serve::serve(Arc::clone(app), listener).await?;
            }
        }
        Command::User(user) => accounts::run(app, user).await?,
        Command::Notify(what) => return notify(app, what).await,
        Command::ImportServiceNow { file, run } => return import(app, &file, run).await,
        Command::Compact => return compact(app).await,
        Command::Check => return audit(app).await,
        Command::Backup { .. }
        | Command::Restore { .. }
        | Command::CalendarCompile { .. }
        | Command::Help
        | Command::Version => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn compact(app: &App) -> anyhow::Result<ExitCode> {
    let Compacted { changes, bytes } = server::sync::compact(app).await?;
    app.store.shrink().await?;
    say(&format!(
        "{changes} changes are covered by snapshots; {bytes} bytes of them were dropped\n"
    ))
}

async fn audit(app: &App) -> anyhow::Result<ExitCode> {
    let rules = app.people.current().rules();
    let audit = app.keeper.audit(&*app.store, &rules).await?;
    let files = server::attachments::audit(app).await?;
    say(&format!("\n{audit}{files}"))?;
    Ok(if audit.is_sound() && files.is_sound() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn import(app: &App, file: &Path, run: Run) -> anyhow::Result<ExitCode> {
    let mut told_at = Instant::now();
    let outcome = import::servicenow(app, file, run, |done, all| {
        if told_at.elapsed() >= Duration::from_secs(1) {
            told_at = Instant::now();
            complain(&format!("{done} of {all} incidents"));
        }
    });
    let outcome = outcome.await?;
    for bad in &outcome.bad {
        complain(&format!("{}: {bad}", file.display()));
    }
    let would = if run == Run::Dry {
        "nothing was written; it would be: "
    } else {
        ""
    };
    say(&format!("{would}{outcome}\n"))?;
    Ok(if outcome.is_whole() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn notify(app: &App, what: Notify) -> anyhow::Result<ExitCode> {
    match what {
        Notify::Status => {
            let line = |counted: EffectCount| {
                let EffectCount {
                    state,
                    reason,
                    count,
                } = counted;
                let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
                format!("{count}\t{state}{reason}\n")
            };
            let counts = app.store.count_effects().await?;
            let text: String = counts.into_iter().map(line).collect();
            say(&text)
        }
        Notify::Replay => {
            let count = app.store.replay_effects(app.clock.now()).await?;
            say(&format!("{count} notifications are tried again\n"))
        }
    }
}

fn complain(line: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn check(sources: &Sources) -> anyhow::Result<ExitCode> {
    for warning in sources.warnings() {
        complain(&format!("holdfast: {warning}"));
    }
    say(&check::check(sources)?)
}

fn start_log(config: &Config) {
    let log = tracing_subscriber::fmt()
        .with_max_level(config.log)
        .with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
}

fn say(text: &str) -> anyhow::Result<ExitCode> {
    write!(std::io::stdout().lock(), "{text}")?;
    Ok(ExitCode::SUCCESS)
}
