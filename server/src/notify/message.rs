//! A letter as it travels (RFC 5322), with headers by which programs know what it is.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use sha2::{Digest as _, Sha256};
use shared::notify::Notice;
use shared::time::UnixMillis;

use super::Addressee;
use super::letter::{Letter, one_line};
use crate::text::hex;

/// Bytes to send, with the envelope.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// Encodes a letter. Its id follows from the notice, so that whoever gets it twice can tell.
    pub(super) fn new(
        letter: &Letter,
        notice: &Notice,
        addressee: &Addressee,
        (organisation, from): (&str, &str),
        now: UnixMillis,
    ) -> anyhow::Result<Self> {
        let from: Address = from.parse()?;
        let to: Address = addressee.address.parse()?;
        let domain = from.domain().to_owned();
        let root = format!("<incident.{}@{domain}>", notice.incident);
        let id = format!("<{}@{domain}>", digest(&notice.key()));
        let at = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.0).unwrap_or(0));
        let mut message = lettre::Message::builder()
            .from(Mailbox::new(named(organisation), from.clone()))
            .to(Mailbox::new(named(&addressee.name), to.clone()))
            .subject(letter.subject.as_str())
            .date(at)
            .message_id(Some(id))
            .in_reply_to(root.clone())
            .references(root);
        for (name, value) in [
            // RFC 3834: no program is to answer this.
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "All"),
            ("Precedence", "bulk"),
            ("List-Id", &format!("<incidents.{domain}>")),
            ("Content-Language", letter.language),
        ] {
            let name = HeaderName::new_from_ascii(name.to_owned())?;
            message = message.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        let (text, html) = (letter.text(), letter.html());
        // The same letter is the same bytes, and no text can hold its own digest to end its part.
        let both = MultiPart::alternative()
            .boundary(digest(&format!("{text}{html}")))
            .singlepart(SinglePart::plain(text))
            .singlepart(SinglePart::html(html));
        let bytes = message.multipart(both)?.formatted();
        Ok(Self { from, to, bytes })
    }

    /// The domain that the message comes from.
    pub(super) fn domain(&self) -> &str {
        self.from.domain()
    }

    /// The headers as they travel.
    pub(super) fn headers(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        text.split("\r\n\r\n").next().unwrap_or_default().to_owned()
    }
}

fn named(name: &str) -> Option<String> {
    let name = one_line(name, 100);
    (!name.is_empty()).then_some(name)
}

fn digest(key: &str) -> String {
    hex(&Sha256::digest(key)[..16])
}
