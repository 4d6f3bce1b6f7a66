//! What an operator can set, where a value comes from, and what it may be.
//!
//! A flag holds over its `HOLDFAST_*` variable, the variable over `holdfast.toml`, the file over
//! the default. Everything is checked at the start and every mistake is named at once, with what
//! is allowed, so that a server never runs on half a configuration.

mod mail;
mod origin;
mod sources;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

pub use mail::{Secret, Smtp, Tls};
pub use origin::Origin;
pub use sources::{Given, Sources};

pub(crate) use mail::is_secret;
use sources::DEFAULT;

/// Whether the demo accounts may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Production,
    Demo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub mode: Mode,
    pub address: IpAddr,
    pub port: u16,
    pub data: PathBuf,
    /// Where browsers find this server; writes from pages of other origins are refused.
    pub origin: Origin,
    /// Whether the address of a client is the last one that a proxy put into `X-Forwarded-For`.
    pub behind_proxy: bool,
    pub session_days: u32,
    /// How long the bytes of a change are kept beside a snapshot that covers it.
    pub keep_changes_days: u32,
    /// How long what is over stays on devices after its last change, and how many of it at most.
    pub device_days: u32,
    pub device_incidents: u32,
    /// How far back a device's claim about time is believed.
    pub bound_hours: u32,
    /// Failed sign-ins in a quarter of an hour; of a login from one address, and from all in a
    /// minute.
    pub sign_in_failures_per_login: u32,
    pub sign_in_failures_per_address: u32,
    /// How long a notification waits for its author to take the act back.
    pub notify_wait_seconds: u32,
    /// Where mail goes out, and the address it comes from.
    pub smtp: Option<Smtp>,
    pub mail_from: Option<String>,
    pub number_prefix: String,
    pub number_start: u64,
    pub log: tracing::Level,
    pub log_format: LogFormat,
}

/// A setting's name in the file; its flag has hyphens, its variable `HOLDFAST_` and capitals.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub allowed: &'static str,
    pub default: &'static str,
    pub about: &'static str,
}

/// Every setting, in the order `holdfast check` prints them.
pub const SETTINGS: &[Setting] = &[
    setting(
        "address",
        "an IPv4 or IPv6 address",
        "127.0.0.1",
        "address to listen on",
    ),
    setting("port", "1–65535", "8080", "port to listen on"),
    setting("data", "a folder", "data", "folder of the database"),
    setting(
        "origin",
        "http(s)://host[:port]",
        "",
        "where browsers find this server",
    ),
    setting(
        "behind_proxy",
        "true or false",
        "false",
        "believe the proxy's X-Forwarded-For",
    ),
    setting("session_days", "1–365", "30", "how long a sign-in holds"),
    setting(
        "keep_changes_days",
        "0–36500",
        "30",
        "a device away for longer gets its incidents whole, not by their changes",
    ),
    setting(
        "device_days",
        "0–36500",
        "90",
        "how long an incident that is over stays on devices",
    ),
    setting(
        "device_incidents",
        "1–1000000",
        "10000",
        "how many incidents that are over stay on devices",
    ),
    setting(
        "bound_hours",
        "1–8760",
        "72",
        "how far back a device's clock is believed",
    ),
    setting(
        "sign_in_failures_per_login",
        "1–1000",
        "10",
        "per quarter of an hour from an address, and per minute from all",
    ),
    setting(
        "sign_in_failures_per_address",
        "1–100000",
        "100",
        "per quarter of an hour",
    ),
    setting(
        "notify_wait_seconds",
        "0–3600",
        "12",
        "how long a notification can be undone",
    ),
    setting(
        "smtp_host",
        "a host, or nothing",
        "",
        "relay that takes mail; without one nobody gets any",
    ),
    setting("smtp_port", "1–65535", "587", "port of the relay"),
    setting(
        "smtp_tls",
        "starttls, implicit or none",
        "starttls",
        "how the line to the relay is encrypted",
    ),
    setting(
        "smtp_user",
        "a name, or nothing",
        "",
        "account at the relay",
    ),
    setting(
        "smtp_password",
        "a password, or nothing",
        "",
        "its password; others can read flags, so better in the file or a variable",
    ),
    setting(
        "mail_from",
        "an address, or nothing",
        "",
        "address that mail comes from",
    ),
    setting(
        "number_prefix",
        "1–8 of A–Z, 0–9 and -",
        "INC-",
        "what an incident's number begins with",
    ),
    setting(
        "number_start",
        "1–999999999",
        "1001",
        "the first incident's number",
    ),
    setting(
        "log",
        "error, warn, info, debug or trace",
        "info",
        "how much is logged",
    ),
    setting("log_format", "text or json", "text", "how it is logged"),
];

const fn setting(
    name: &'static str,
    allowed: &'static str,
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting {
        name,
        allowed,
        default,
        about,
    }
}

/// A mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSetting {
    #[error("unknown setting `{setting}` ({from}); known are {}", names().join(", "))]
    Unknown { setting: String, from: String },
    #[error("{setting}: {allowed} expected, got {got} ({from})")]
    Value {
        setting: String,
        allowed: String,
        got: String,
        from: String,
    },
}

fn names() -> Vec<&'static str> {
    SETTINGS.iter().map(|setting| setting.name).collect()
}

/// All that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadConfig(pub Vec<BadSetting>);

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration has mistakes")?;
        self.0.iter().try_for_each(|bad| write!(f, "\n  {bad}"))
    }
}

impl std::error::Error for BadConfig {}

impl Config {
    /// Reads and checks every setting.
    pub fn read(sources: &Sources, mode: Mode) -> Result<Self, BadConfig> {
        let mut bad = sources.unknown();
        let mut reader = Reader {
            sources,
            bad: &mut bad,
        };
        let address = reader
            .parse("address")
            .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let port = reader.within("port", 1, 65_535);
        let (smtp, mail_from) = reader.mail(mode);
        let config = Self {
            mode,
            address,
            port,
            data: reader.data(mode),
            origin: reader.origin(port),
            behind_proxy: reader.parse("behind_proxy").unwrap_or_default(),
            session_days: reader.within("session_days", 1, 365),
            keep_changes_days: reader.within("keep_changes_days", 0, 36_500),
            device_days: reader.within("device_days", 0, 36_500),
            device_incidents: reader.within("device_incidents", 1, 1_000_000),
            bound_hours: reader.within("bound_hours", 1, 8_760),
            sign_in_failures_per_login: reader.within("sign_in_failures_per_login", 1, 1_000),
            sign_in_failures_per_address: reader.within("sign_in_failures_per_address", 1, 100_000),
            notify_wait_seconds: reader.within("notify_wait_seconds", 0, 3_600),
            smtp,
            mail_from,
            number_prefix: reader.text("number_prefix", is_prefix),
            number_start: reader.within("number_start", 1, 999_999_999),
            log: reader.log(),
            log_format: reader.log_format(),
        };
        if bad.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig(bad))
        }
    }

    pub fn listen_on(&self) -> SocketAddr {
        SocketAddr::new(self.address, self.port)
    }
}

fn is_prefix(text: &str) -> bool {
    let fits =
        |letter: char| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '-';
    (1..=8).contains(&text.len()) && text.chars().all(fits)
}

/// Reads settings one by one and keeps what is wrong with them.
struct Reader<'a> {
    sources: &'a Sources,
    bad: &'a mut Vec<BadSetting>,
}

impl Reader<'_> {
    fn parse<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.read(name, |text| text.parse().ok())
    }

    fn within<T: FromStr + PartialOrd + Copy>(&mut self, name: &str, low: T, high: T) -> T {
        let fits = |value: &T| (low..=high).contains(value);
        self.read(name, |text| text.parse().ok().filter(fits))
            .unwrap_or(low)
    }

    fn text(&mut self, name: &str, fits: impl Fn(&str) -> bool) -> String {
        self.read(name, |text| fits(text).then(|| text.to_owned()))
            .unwrap_or_default()
    }

    /// The demo keeps out of the folder of a real organisation.
    fn data(&mut self, mode: Mode) -> PathBuf {
        let folder = PathBuf::from(self.text("data", |text| !text.is_empty()));
        let is_default = self.sources.of("data").from == DEFAULT;
        if is_default && mode == Mode::Demo {
            folder.join("demo")
        } else {
            folder
        }
    }

    fn origin(&mut self, port: u16) -> Origin {
        let local = || Origin::localhost(port);
        let parse = |text: &str| {
            if text.is_empty() {
                Some(local())
            } else {
                text.parse().ok()
            }
        };
        self.read("origin", parse).unwrap_or_else(local)
    }

    fn log(&mut self) -> tracing::Level {
        self.read("log", |text| match text {
            "error" | "warn" | "info" | "debug" | "trace" => text.parse().ok(),
            _ => None,
        })
        .unwrap_or(tracing::Level::INFO)
    }

    fn log_format(&mut self) -> LogFormat {
        let parse = |text: &str| match text {
            "text" => Some(LogFormat::Text),
            "json" => Some(LogFormat::Json),
            _ => None,
        };
        self.read("log_format", parse).unwrap_or(LogFormat::Text)
    }

    fn read<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let Given { text, from } = self.sources.of(name);
        let value = parse(&text);
        if value.is_none() {
            let allowed = SETTINGS.iter().find(|setting| setting.name == name);
            self.bad.push(BadSetting::Value {
                setting: name.to_owned(),
                allowed: allowed.map_or(String::new(), |setting| setting.allowed.to_owned()),
                got: text,
                from,
            });
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_a_configuration() {
        let config = Config::read(&Sources::default(), Mode::Production).expect("defaults");
        assert_eq!(config.listen_on().to_string(), "127.0.0.1:8080");
        assert_eq!(config.origin.to_string(), "http://localhost:8080");
    }

    #[test]
    fn a_flag_holds_over_a_variable_and_a_variable_over_the_file() {
        let file = Sources::from_file("port = 1\nsession_days = 2\nbound_hours = 3").expect("file");
        let sources = file
            .with_variables([("HOLDFAST_PORT", "10"), ("HOLDFAST_SESSION_DAYS", "20")])
            .with_flag("port", "100");
        let config = Config::read(&sources, Mode::Production).expect("all are allowed");
        assert_eq!(
            (config.port, config.session_days, config.bound_hours),
            (100, 20, 3)
        );
    }

    #[test]
    fn every_mistake_is_named_with_what_is_allowed() {
        let sources = Sources::from_file("port = 0\nlog = \"loud\"")
            .expect("file")
            .with_variables([("HOLDFAST_NUMBER_PREFIX", "inc ")])
            .with_flag("session_days", "0");
        let told = Config::read(&sources, Mode::Production)
            .expect_err("four mistakes")
            .to_string();
        assert_eq!(
            told,
            "the configuration has mistakes\n  \
             port: 1–65535 expected, got 0 (holdfast.toml)\n  \
             session_days: 1–365 expected, got 0 (flag --session-days)\n  \
             number_prefix: 1–8 of A–Z, 0–9 and - expected, got inc  (HOLDFAST_NUMBER_PREFIX)\n  \
             log: error, warn, info, debug or trace expected, got loud (holdfast.toml)"
        );
    }

    #[test]
    fn an_unknown_setting_of_the_file_is_a_mistake() {
        let sources = Sources::from_file("prot = 80").expect("file");
        let told = Config::read(&sources, Mode::Production)
            .expect_err("unknown")
            .to_string();
        let expected = "unknown setting `prot` (holdfast.toml); known are address, port, data,";
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn an_unknown_variable_is_warned_of_unless_it_is_for_building_or_testing() {
        // Kubernetes sets such variables for any service of that name.
        let sources = Sources::default().with_variables([
            ("HOLDFAST_SERVICE_HOST", "10.0.0.1"),
            ("HOLDFAST_PORT", "80"),
            ("HOLDFAST_CLIENT_DIR", "target/client"),
            ("HOME", "/root"),
        ]);
        assert!(Config::read(&sources, Mode::Production).is_ok());
        let told: Vec<_> = sources.warnings().collect();
        assert_eq!(told, ["HOLDFAST_SERVICE_HOST is no setting and is ignored"]);
    }

    #[test]
    fn a_file_that_is_not_toml_names_the_line() {
        let told = Sources::from_file("port = 1\nport 2")
            .expect_err("not TOML")
            .to_string();
        assert!(told.contains("line 2"), "{told}");
    }
}
