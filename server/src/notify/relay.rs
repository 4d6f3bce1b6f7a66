//! A line to the relay, step by step, as the outbox has to know when a message may be taken.

use std::fmt;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::time::timeout;

use super::message::Message;
use crate::config::{Smtp, Tls};
use crate::jobs::{Delivery, Gate};
use crate::store::{self, Reason};

/// RFC 5321, 4.5.3.2 asks to wait for minutes; slow relays are tried again.
const STEP: Duration = Duration::from_mins(1);

/// After the end of a message, where giving up early would leave it in doubt.
const LAST_STEP: Duration = Duration::from_mins(10);

/// An open connection.
pub(super) struct Line(AsyncSmtpConnection);

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Line")
    }
}

impl Line {
    /// Connects, encrypts as it is configured, and signs in.
    pub(super) async fn open(smtp: &Smtp, domain: &str) -> Option<Self> {
        match timeout(STEP, connect(smtp, domain)).await {
            Ok(Ok(connection)) => Some(Self(connection)),
            Ok(Err(cause)) => {
                tracing::warn!(
                    cause = outline(&cause),
                    "the relay for mail does not answer"
                );
                None
            }
            Err(_) => {
                tracing::warn!("the relay for mail does not answer in time");
                None
            }
        }
    }

    /// Sends one message to its one recipient.
    pub(super) async fn send(
        &mut self,
        message: &Message,
        gate: Gate<'_>,
    ) -> store::Result<Delivery> {
        let (from, to) = (message.from.clone(), message.to.clone());
        if let Err(failure) = self.step(Mail::new(Some(from), Vec::new())).await {
            return Ok(failure.of_sender());
        }
        for step in [Step::To(Rcpt::new(to, Vec::new())), Step::Content] {
            let answer = match step {
                Step::To(rcpt) => self.step(rcpt).await,
                Step::Content => self.step(Data).await,
            };
            if let Err(failure) = answer {
                return Ok(failure.before_content());
            }
        }
        if !gate.pass().await? {
            return Ok(Delivery::Lost);
        }
        Ok(
            match timeout(LAST_STEP, self.0.message(&message.bytes)).await {
                Ok(Ok(_)) => Delivery::Done,
                Ok(Err(error)) => Failure::of(&error).after_content(),
                Err(_) => Failure::Broken.after_content(),
            },
        )
    }

    async fn step(&mut self, command: impl fmt::Display) -> Result<(), Failure> {
        match timeout(STEP, self.0.command(command)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure::of(&error)),
            Err(_) => Err(Failure::Broken),
        }
    }

    /// Says goodbye, but waits for no answer that does not come.
    pub(super) async fn close(mut self) {
        let _ = timeout(Duration::from_secs(1), self.0.abort()).await;
    }
}

enum Step {
    To(Rcpt),
    Content,
}

async fn connect(smtp: &Smtp, domain: &str) -> Result<AsyncSmtpConnection, Error> {
    let hello = ClientId::Domain(domain.to_owned());
    let parameters = || TlsParameters::new(smtp.host.clone());
    let implicit = match smtp.tls {
        Tls::Implicit => Some(parameters()?),
        Tls::StartTls | Tls::None => None,
    };
    let server = (smtp.host.as_str(), smtp.port);
    let connected = AsyncSmtpConnection::connect_tokio1(server, Some(STEP), &hello, implicit, None);
    let mut connection = connected.await?;
    if smtp.tls == Tls::StartTls {
        connection.starttls(parameters()?, &hello).await?;
    }
    if let Some((user, password)) = &smtp.account {
        let credentials = Credentials::new(user.clone(), password.0.clone());
        connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
    }
    Ok(connection)
}

/// How a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// Answered with 5xx.
    Permanent,
    /// Answered with 4xx.
    Transient,
    /// Not answered.
    Broken,
}

impl Failure {
    fn of(error: &Error) -> Self {
        if error.is_permanent() {
            Self::Permanent
        } else if error.is_transient() {
            Self::Transient
        } else {
            Self::Broken
        }
    }

    /// A relay that does not know the sender may know it once it is set up.
    fn of_sender(self) -> Delivery {
        match self {
            Self::Permanent => Delivery::Later(Reason::SenderRefused),
            Self::Transient | Self::Broken => Delivery::Later(Reason::RelayDown),
        }
    }

    fn before_content(self) -> Delivery {
        match self {
            Self::Permanent => Delivery::Refused(Reason::Refused),
            Self::Transient => Delivery::Later(Reason::Postponed),
            Self::Broken => Delivery::Later(Reason::RelayDown),
        }
    }

    fn after_content(self) -> Delivery {
        match self {
            Self::Permanent | Self::Transient => self.before_content(),
            Self::Broken => Delivery::Later(Reason::InDoubt),
        }
    }
}

/// What an error is without what the relay said, which may repeat names.
fn outline(error: &Error) -> String {
    match error.status() {
        Some(code) => format!("answered {code}"),
        None if error.is_tls() => "the connection cannot be encrypted".to_owned(),
        None if error.is_timeout() => "no answer".to_owned(),
        None if error.is_client() => "the relay lacks what is configured".to_owned(),
        None => "no connection".to_owned(),
    }
}
