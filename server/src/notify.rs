//! Tells people by mail what [`shared::notify`] says they are told.
//!
//! A letter is written from the incident document alone, when it leaves: no internal note is within
//! reach. Whether it still is to leave, and to whom, is decided by all that staff knows; what was
//! withdrawn or overtaken meanwhile is not told. A relay takes it; the demo
//! catches it instead, unless a relay is configured; without either it is kept as unreachable.

mod caught;
mod letter;
mod message;
mod pages;
mod relay;
mod words;

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use shared::incidents::Incident;
use shared::notify::{self, Notice, Recipient};
use shared::people::Directory;

use crate::App;
use crate::config::{Mode, Smtp};
use crate::jobs::{Courier, Delivery, Gate, NOTICE};
use crate::store::{Claimed, Reason};
use crate::sync::{internal, public};

pub use caught::Caught;
pub(crate) use pages::routes;

use letter::Letter;
use message::Message;
use relay::Line;

/// The address that the demo writes from.
const DEMO_FROM: &str = "holdfast@demo";

/// Delivers notices as mail.
#[derive(Debug)]
pub struct Post {
    app: Arc<App>,
    line: Option<Line>,
}

/// Whom a letter goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Addressee {
    name: String,
    address: String,
    language: String,
}

/// What the notes say of an incident that was resolved since nobody answered.
pub(crate) fn unanswered(reminders: u8, language: &str) -> String {
    words::of(language).unanswered(reminders)
}

impl Post {
    pub fn new(app: Arc<App>) -> Self {
        Self { app, line: None }
    }

    async fn notify(&mut self, notice: Notice, gate: Gate<'_>) -> anyhow::Result<Delivery> {
        let app = Arc::clone(&self.app);
        let directory = app.people.current();
        let public = public(&app, notice.incident).await?;
        let incident = public.context("the incident is not in the store")?.incident;
        let known = internal(&app, notice.incident).await?;
        let stands = known.is_some_and(|known| notify::stands(&notice, &known, &directory));
        if !stands {
            return Ok(Delivery::Void);
        }
        let Some(to) = addressee(&notice.to, &incident, &directory) else {
            return Ok(Delivery::Unreachable(Reason::NoAddress));
        };
        let from = app.config.mail_from.as_deref().unwrap_or(DEMO_FROM);
        let letter = Letter::write(
            &notice,
            &incident,
            &directory,
            &app.config.origin,
            &to.language,
        );
        let message = Message::new(
            &letter,
            &notice,
            &to,
            (&directory.name, from),
            app.clock.now(),
        )?;
        if let Some(smtp) = &app.config.smtp {
            self.send(smtp, &message, gate).await
        } else if app.config.mode == Mode::Demo {
            if !gate.pass().await? {
                return Ok(Delivery::Lost);
            }
            app.caught.add(&letter, &message, app.clock.now());
            Ok(Delivery::Done)
        } else {
            Ok(Delivery::Unreachable(Reason::NoRelay))
        }
    }

    /// A line serves as long as it is fine; whatever goes wrong on it ends it.
    async fn send(
        &mut self,
        smtp: &Smtp,
        message: &Message,
        gate: Gate<'_>,
    ) -> anyhow::Result<Delivery> {
        let line = match self.line.take() {
            Some(line) => Some(line),
            None => Line::open(smtp, message.domain()).await,
        };
        let Some(mut line) = line else {
            return Ok(Delivery::Later(Reason::RelayDown));
        };
        let delivery = line.send(message, gate).await;
        if matches!(delivery, Ok(Delivery::Done)) {
            self.line = Some(line);
        } else {
            line.close().await;
        }
        Ok(delivery?)
    }
}

#[async_trait]
impl Courier for Post {
    async fn deliver(&mut self, effect: &Claimed, gate: Gate<'_>) -> Delivery {
        let notice = serde_json::from_slice(&effect.payload);
        let (NOTICE, Ok(notice)) = (effect.kind.as_str(), notice) else {
            return Delivery::Refused(Reason::Unreadable);
        };
        let told = self.notify(notice, gate).await;
        told.unwrap_or_else(|cause| {
            tracing::warn!(
                cause = format!("{cause:#}"),
                "a notification cannot be written yet"
            );
            Delivery::Later(Reason::Unreadable)
        })
    }

    async fn rest(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }
}

/// A person's own address, else their login if it is one. Nobody knows the language of a
/// caller who is not in the directory: they get English.
fn addressee(
    recipient: &Recipient,
    incident: &Incident,
    directory: &Directory,
) -> Option<Addressee> {
    match recipient {
        Recipient::Person(id) => {
            let person = directory.person(*id)?;
            let address = person.mail.as_deref().unwrap_or(&person.login);
            Some(Addressee {
                name: person.name.clone(),
                address: notify::address(address)?.to_owned(),
                language: person.language.clone(),
            })
        }
        Recipient::Caller(address) => {
            let name = letter::requester_name(incident, directory);
            Some(Addressee {
                name,
                address: notify::address(address)?.to_owned(),
                language: "en".to_owned(),
            })
        }
    }
}
