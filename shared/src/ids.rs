//! Names of things: documents, facts, acts, people, devices, actors.
//!
//! Ids of documents, facts and acts are `UUIDv7`, made on the device and final at birth. The number
//! a person reads (`INC-1042`) is a fact of the server; until it arrives, and for ever after as an
//! alias, an incident answers to its [`LocalCode`].

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::UnixMillis;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Makes the id of something born at `at`, unique by ten random bytes (RFC 9562,
            /// version 7).
            pub fn new(at: UnixMillis, random: [u8; 10]) -> Self {
                let millis = u64::try_from(at.0).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// Reads an id from its sixteen bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The sixteen bytes of the id.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Reads the hyphenated lower-case form and no other, so that one id has one spelling.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let id = Uuid::try_parse(text).map_err(|_| BadId)?;
                let mut buffer = Uuid::encode_buffer();
                let is_it = id.hyphenated().encode_lower(&mut buffer) == text;
                is_it.then_some(Self(id)).ok_or(BadId)
            }
        }
    };
}

uuid_id! {
    /// Names an incident: its `incident` and its `work` document share it.
    IncidentId
}
uuid_id! {
    /// Names a fact within a document.
    FactId
}
uuid_id! {
    /// Names one act of a person, which may write to both documents of an incident.
    ActId
}
uuid_id! {
    /// Names one person's database in one browser.
    DeviceId
}
uuid_id! {
    /// Names a saved view.
    ViewId
}
uuid_id! {
    /// Names the state of the server's log; it changes when the log is restored or reset.
    Epoch
}

/// A text that is not an id in its one spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 36 characters, lower case, with hyphens are expected")]
pub struct BadId;

/// Names a person of the directory. Zero is the server itself.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
pub struct PersonId(pub u32);

impl PersonId {
    /// The author of facts that no person made.
    pub const SERVER: Self = Self(0);
}

macro_rules! slug_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub String);

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug_id! {
    /// Names a support group, such as `network`.
    GroupId
}
slug_id! {
    /// Names a site, such as `ams`.
    SiteId
}
slug_id! {
    /// Names a calendar of opening hours, such as `office`.
    CalendarId
}
slug_id! {
    /// Names a category by its path, such as `network/vpn`.
    CategoryId
}

/// Which of an incident's documents: what the requester may see, or what only staff may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocKind {
    Incident,
    Work,
}

impl DocKind {
    /// The kind's word in a document's key.
    pub fn word(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Work => "work",
        }
    }
}

/// A document's key everywhere: kind and id, written `incident/0190…`. Sorts in lock order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocKey {
    pub kind: DocKind,
    pub id: IncidentId,
}

impl DocKey {
    /// The key of the document that the requester may see.
    pub fn incident(id: IncidentId) -> Self {
        Self {
            kind: DocKind::Incident,
            id,
        }
    }

    /// The key of the document that only staff may see.
    pub fn work(id: IncidentId) -> Self {
        Self {
            kind: DocKind::Work,
            id,
        }
    }
}

impl fmt::Display for DocKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.word(), self.id)
    }
}

impl fmt::Debug for DocKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for DocKey {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (kind, id) = text.split_once('/').ok_or(BadId)?;
        let kind = match kind {
            "incident" => DocKind::Incident,
            "work" => DocKind::Work,
            _ => return Err(BadId),
        };
        Ok(Self {
            kind,
            id: id.parse()?,
        })
    }
}

impl Serialize for DocKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// An automerge actor: sixteen random bytes, bound to one person and device by the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor(#[serde(with = "serde_bytes")] pub [u8; 16]);

/// The SHA-256 name of an automerge change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hash(#[serde(with = "serde_bytes")] pub [u8; 32]);

macro_rules! hex_debug {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

hex_debug!(Actor);
hex_debug!(Hash);

impl FromStr for Hash {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(BadId);
        };
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(BadId),
        };
        let byte = |[high, low]: &[u8; 2]| Ok(digit(*high)? << 4 | digit(*low)?);
        let bytes: Result<Vec<u8>, BadId> = pairs.iter().map(byte).collect();
        Ok(Self(bytes?.try_into().map_err(|_| BadId)?))
    }
}

/// What a person reads of an incident that has no number yet: `L-7F3K-9QXM`.
///
/// Forty bits of the id's random tail in Crockford's base 32, which has no I, L, O or U.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalCode(pub String);

impl LocalCode {
    /// Derives the code of an incident.
    pub fn of(id: IncidentId) -> Self {
        const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let tail = id.as_bytes()[11..]
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let digit = |place: u32| DIGITS[(tail >> (place * 5) & 31) as usize] as char;
        let group = |from: u32| (0..4).map(|step| digit(from - step)).collect::<String>();
        Self(format!("L-{}-{}", group(7), group(3)))
    }
}

impl fmt::Display for LocalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_code_has_two_groups_of_four() {
        let id = IncidentId::new(UnixMillis(1_700_000_000_000), [0xff; 10]);
        assert_eq!(LocalCode::of(id).0, "L-ZZZZ-ZZZZ");
    }

    #[test]
    fn a_key_has_one_spelling() {
        let key = DocKey::work(IncidentId::new(UnixMillis(1), [7; 10]));
        assert_eq!(key.to_string().parse(), Ok(key));
        assert_eq!(key.to_string().to_uppercase().parse::<DocKey>(), Err(BadId));
        assert_eq!("article/x".parse::<DocKey>(), Err(BadId));
        let hash = Hash([0xa7; 32]);
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for bad in [
            hash.to_string().to_uppercase(),
            "a7".to_owned(),
            "ä".repeat(32),
        ] {
            assert_eq!(bad.parse::<Hash>(), Err(BadId));
        }
    }
}
