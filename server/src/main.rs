//! The program `holdfast`.

use std::io::Write as _;
use std::process::ExitCode;

use server::client::Client;
use server::clock::{Clock, Random};
use server::command::{self, Command, Invocation};
use server::config::{Config, LogFormat, Mode, SETTINGS, Sources};
use server::{App, accounts, serve};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "holdfast: {error:#}");
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
        Command::Check => return check(&sources),
        Command::Serve
        | Command::Demo { .. }
        | Command::ImportServiceNow { .. }
        | Command::User(_) => {}
    }
    let config = Config::read(&sources, mode)?;
    start_log(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(with_store(command, config))
}

async fn with_store(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let random = Random::from_system();
    let store = server::open_store(&config, &random).await?;
    let app = App::new(
        config,
        Clock::System,
        random,
        store,
        Client::of_this_build(),
    )
    .await?;
    match command {
        Command::Serve | Command::Demo { .. } => serve::serve(app).await?,
        Command::User(user) => accounts::run(&app, user).await?,
        Command::ImportServiceNow { .. } => {}
        Command::Check | Command::Help | Command::Version => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn check(sources: &Sources) -> anyhow::Result<ExitCode> {
    Config::read(sources, Mode::Production)?;
    let lines = SETTINGS.iter().map(|setting| {
        let given = sources.of(setting.name);
        format!("{} = {} ({})\n", setting.name, given.text, given.from)
    });
    say(&lines.collect::<String>())
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
