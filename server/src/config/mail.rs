//! How mail leaves: the relay that takes it, and the address it comes from.

use std::fmt;

use shared::notify;

use super::{BadSetting, Mode, Reader};

/// A relay for mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// The account at the relay, if it asks for one.
    pub account: Option<(String, Secret)>,
}

/// When the connection to the relay is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// After a greeting in clear; a relay that does not offer it gets no mail.
    StartTls,
    /// From the first byte on.
    Implicit,
    /// Never: for a relay on this machine.
    None,
}

/// What is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Whether the value of a setting is to be kept from eyes.
pub(crate) fn is_secret(setting: &str) -> bool {
    setting == "smtp_password"
}

impl Reader<'_> {
    /// The relay, if there is one, and the address that mail comes from.
    pub(super) fn mail(&mut self, mode: Mode) -> (Option<Smtp>, Option<String>) {
        let host = self.text("smtp_host", |text| {
            !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
        });
        let port = self.within("smtp_port", 1, 65_535);
        let tls = self.tls();
        let from = self.text("mail_from", |text| {
            text.is_empty() || notify::address(text) == Some(text)
        });
        let user = self.text("smtp_user", |_| true);
        let password = Secret(self.text("smtp_password", |_| true));
        let account = (!user.is_empty()).then_some((user, password));
        if !host.is_empty() && from.is_empty() {
            self.must("mail_from", "an address, as there is a smtp_host");
        }
        if !host.is_empty() && mode == Mode::Production && self.sources.of("origin").text.is_empty()
        {
            self.must(
                "origin",
                "the address that letters link to, as there is a smtp_host",
            );
        }
        if account.is_some() && tls == Tls::None {
            self.must("smtp_tls", "starttls or implicit, as there is a smtp_user");
        }
        let is_set = !host.is_empty();
        let smtp = Smtp {
            host,
            port,
            tls,
            account,
        };
        (is_set.then_some(smtp), (!from.is_empty()).then_some(from))
    }

    fn tls(&mut self) -> Tls {
        let parse = |text: &str| match text {
            "starttls" => Some(Tls::StartTls),
            "implicit" => Some(Tls::Implicit),
            "none" => Some(Tls::None),
            _ => None,
        };
        self.read("smtp_tls", parse).unwrap_or(Tls::StartTls)
    }

    /// Notes that a setting does not fit the others.
    fn must(&mut self, name: &str, allowed: &str) {
        let given = self.sources.of(name);
        let is_named =
            |bad: &BadSetting| matches!(bad, BadSetting::Value { setting, .. } if setting == name);
        if !self.bad.iter().any(is_named) {
            self.bad.push(BadSetting::Value {
                setting: name.to_owned(),
                allowed: allowed.to_owned(),
                got: given.text,
                from: given.from,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check;
    use crate::config::{Config, Mode, Sources};

    fn sources(settings: &[(&str, &str)]) -> Sources {
        let with = |sources: Sources, (name, value): &(&str, &str)| {
            sources.with_flag(name, (*value).to_owned())
        };
        settings.iter().fold(Sources::default(), with)
    }

    #[test]
    fn mail_settings_that_do_not_fit_each_other_are_named() {
        for (settings, told) in [
            (&[("smtp_host", "relay")][..], "mail_from: an address"),
            (
                &[("smtp_host", "relay")],
                "origin: the address that letters link to",
            ),
            (&[("mail_from", "a@b\nBcc: c@d")], "mail_from: an address"),
            (
                &[("smtp_user", "holdfast"), ("smtp_tls", "none")],
                "smtp_tls: starttls or implicit",
            ),
            (&[("smtp_tls", "maybe")], "smtp_tls: starttls, implicit"),
            (&[("smtp_host", "re lay")], "smtp_host: a host"),
        ] {
            let error = Config::read(&sources(settings), Mode::Production).expect_err(told);
            assert!(error.to_string().contains(told), "{error}");
        }
    }

    #[test]
    fn the_password_of_the_relay_is_never_shown() {
        let folder = std::env::temp_dir().join(format!("holdfast-mail-{}", std::process::id()));
        let folder = folder.to_string_lossy().into_owned();
        let settings = [
            ("data", folder.as_str()),
            ("origin", "https://it.example.org"),
            ("smtp_host", "relay.example.org"),
            ("mail_from", "it@example.org"),
            ("smtp_user", "holdfast"),
            ("smtp_password", "correct horse"),
        ];
        let sources = sources(&settings);
        let config = Config::read(&sources, Mode::Production).expect("they fit");
        let smtp = config.smtp.clone().expect("there is a relay");
        assert_eq!(smtp.account.expect("an account").1.0, "correct horse");
        let shown = check::check(&sources).expect("they fit");
        assert!(shown.contains("smtp_password = (secret) (flag"), "{shown}");
        assert!(!format!("{config:?}{shown}").contains("horse"));
    }
}
