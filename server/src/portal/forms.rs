//! What a form without scripts sends, and the act that it means.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use shared::ids::{ActId, FactId, IncidentId, PersonId};
use shared::incidents::{Drafted, Intent, PlainReport};
use shared::sync::message::encode;
use shared::time::{Boot, UnixMillis};

use crate::auth::SessionId;
use crate::text::hex;

/// The longest text, with every byte of it spelled in three.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// The fields of a form that was sent.
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(super) fn read(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A text as it was typed: forms send line ends as two characters.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }

    pub(super) fn take(&mut self, name: &str) -> String {
        self.0.remove(name).unwrap_or_default()
    }

    pub(super) fn answers(&self) -> PlainReport {
        PlainReport {
            subject: self.text("subject").trim().to_owned(),
            description: self.text("description"),
            category: self.get("category").to_owned(),
            asset: self.text("asset"),
            contact: self.text("contact"),
        }
    }

    /// The facts that the page showed; none when the field was tampered with.
    pub(super) fn seen(&self) -> Vec<FactId> {
        let ids: Result<Vec<_>, _> = self.get("seen").split(' ').map(str::parse).collect();
        ids.unwrap_or_default()
    }
}

/// What only a form of ours made for this session knows.
pub(super) fn token(session: SessionId) -> String {
    let digest = Sha256::new()
        .chain_update("holdfast form")
        .chain_update(session.0)
        .finalize();
    hex(&digest)
}

/// The act that a form means, if it is one of ours.
pub(super) fn act(name: &str, text: String) -> Option<Intent> {
    match name {
        "reply" => Some(Intent::Reply { text }),
        "broken" => Some(Intent::Reopen { text }),
        "confirm" => Some(Intent::Close),
        _ => None,
    }
}

/// An act and the incident it makes if it is a report, with names drawn from the key of its form
/// and from what it says: a form sent twice is one act, and with other words it is another one.
pub(super) fn drafted(
    key: IncidentId,
    intent: Intent,
    by: PersonId,
    now: UnixMillis,
) -> (IncidentId, Drafted) {
    let words = encode(&intent);
    let name = |part: &str| -> [u8; 10] {
        let digest = Sha256::new()
            .chain_update(key.as_bytes())
            .chain_update(by.0.to_be_bytes())
            .chain_update(part)
            .chain_update([0])
            .chain_update(&words)
            .finalize();
        std::array::from_fn(|place| digest[place])
    };
    // The first six bytes of such a name are its time; the same key means the same time.
    let mut bytes = [0; 8];
    bytes[2..].copy_from_slice(&key.as_bytes()[..6]);
    let at = UnixMillis(i64::from_be_bytes(bytes));
    let drafted = Drafted {
        act: ActId::new(at, name("act")),
        intent,
        facts: [
            FactId::new(at, name("incident")),
            FactId::new(at, name("work")),
        ],
        by,
        at: now,
        boot: Boot::default(),
        mono: 0,
        saw: None,
    };
    (IncidentId::new(at, name("report")), drafted)
}
