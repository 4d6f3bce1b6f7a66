//! What is unsent, as a file: taken from one device of a person to another.
//!
//! A file is one line of text and a body of CBOR. The line says what it is, the version, the length
//! and the SHA-256 of the body: `holdfast unsent 1 <bytes> <64 hex digits>`. The body holds the
//! acts as intents with the ids of their facts, so that one that arrives from both devices counts
//! once.
//!
//! # Design
//! Question: why no signature? Answer: the acts are pushed in the name of whoever is signed in, and
//! the server judges them as if they had been done there; a forged file gains nothing that its
//! bearer could not do by hand, and the device shows what is in it before it takes anything over.
//! Rejected: the changes themselves, which belong to the other device's actors.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{DeviceId, Epoch, Hash, IncidentId, PersonId};
use crate::incidents::Drafted;
use crate::time::UnixMillis;

use super::message::{self, Surface};

/// The version of the file's layout.
pub const FORMAT: u32 = 1;

/// How many bytes a file may have; a year of acts without a network lies far below.
pub const PARCEL_BYTES_MAX: usize = 64 * 1024 * 1024;

const WORDS: &str = "holdfast unsent ";

/// How long the first line may be.
const LINE_BYTES_MAX: usize = 128;

/// Which installation a device works with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The origin of its address, such as `https://incidents.example`.
    pub origin: String,
    /// What the organisation is called.
    pub organisation: String,
    /// The state of its log, once the device has heard of it; a restored log has another one.
    pub epoch: Option<Epoch>,
}

impl Home {
    /// Whether both are the same installation: it may have been restored, or have moved.
    fn is(&self, other: &Self) -> bool {
        let same_log = self.epoch.is_some() && self.epoch == other.epoch;
        let same_place = (&self.origin, &self.organisation) == (&other.origin, &other.organisation);
        same_log || same_place
    }
}

/// Whose device it is, and of which installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub home: Home,
    pub person: PersonId,
    pub surface: Surface,
}

/// What is unsent on a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub owner: Owner,
    pub device: DeviceId,
    /// When it was made, by that device's clock.
    pub made_at: UnixMillis,
    /// The acts, in the order they were done.
    pub acts: Vec<Packed>,
}

/// An act of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    pub incident: IncidentId,
    pub drafted: Drafted,
}

/// Why a file is not taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum BadParcel {
    #[error("only a file of unsent changes can be taken over")]
    Strange,
    #[error("a file can have {max} bytes at most")]
    TooLarge { max: usize },
    #[error("the file is of a later version; format {FORMAT} can be read")]
    Later,
    #[error("the file is cut short: {has} of {needs} bytes")]
    CutShort { has: usize, needs: usize },
    #[error("the file was altered after it was made")]
    Altered,
    #[error("only the same person can take the file over")]
    Person { of: PersonId },
    #[error("the file is of another installation")]
    Home {
        organisation: String,
        origin: String,
    },
    #[error("the file is of the other surface")]
    Surface,
}

impl Parcel {
    /// The file.
    pub fn encode(&self) -> Vec<u8> {
        let body = message::encode(self);
        let line = format!("{WORDS}{FORMAT} {} {}\n", body.len(), digest(&body));
        let mut file = line.into_bytes();
        file.extend(body);
        file
    }

    /// Reads a file as the owner of this device: all of it, or why not.
    pub fn open(file: &[u8], here: &Owner) -> Result<Self, BadParcel> {
        if file.len() > PARCEL_BYTES_MAX {
            let max = PARCEL_BYTES_MAX;
            return Err(BadParcel::TooLarge { max });
        }
        let body = body(file)?;
        // What a later version of the same layout says of acts is not known here.
        let parcel: Self = message::decode(body).map_err(|_| BadParcel::Later)?;
        parcel.check(here)?;
        Ok(parcel)
    }

    fn check(&self, here: &Owner) -> Result<(), BadParcel> {
        let Home {
            origin,
            organisation,
            ..
        } = self.owner.home.clone();
        if !self.owner.home.is(&here.home) {
            return Err(BadParcel::Home {
                organisation,
                origin,
            });
        }
        if self.owner.person != here.person {
            let of = self.owner.person;
            return Err(BadParcel::Person { of });
        }
        // A portal's device must never hold what only staff may see.
        if self.owner.surface != here.surface {
            return Err(BadParcel::Surface);
        }
        let mut seen = BTreeSet::new();
        // An act that does not say what its author saw would claim to have seen what is here.
        let mut is_sound = |Packed { drafted, .. }: &Packed| {
            drafted.by == here.person && drafted.saw.is_some() && seen.insert(drafted.act)
        };
        if self.acts.iter().all(&mut is_sound) {
            Ok(())
        } else {
            Err(BadParcel::Altered)
        }
    }
}

fn body(file: &[u8]) -> Result<&[u8], BadParcel> {
    let start = &file[..file.len().min(LINE_BYTES_MAX)];
    let words = WORDS.as_bytes();
    if !start.starts_with(&words[..words.len().min(start.len())]) || start.is_empty() {
        return Err(BadParcel::Strange);
    }
    let cut = |needs| BadParcel::CutShort {
        has: file.len(),
        needs,
    };
    let Some(end) = start.iter().position(|byte| *byte == b'\n') else {
        let is_long = start.len() == LINE_BYTES_MAX;
        return Err(if is_long {
            BadParcel::Strange
        } else {
            cut(start.len() + 1)
        });
    };
    let line = start.get(words.len()..end).unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| BadParcel::Strange)?;
    let mut parts = line.split(' ');
    let mut number = || parts.next()?.parse::<usize>().ok();
    if number().ok_or(BadParcel::Strange)? != FORMAT as usize {
        return Err(BadParcel::Later);
    }
    let length = number().ok_or(BadParcel::Strange)?;
    let body = &file[end + 1..];
    if body.len() < length {
        return Err(cut((end + 1).saturating_add(length)));
    }
    if body.len() > length || parts.next() != Some(digest(body).to_string().as_str()) {
        return Err(BadParcel::Altered);
    }
    Ok(body)
}

fn digest(body: &[u8]) -> Hash {
    Hash(Sha256::digest(body).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::Intent;
    use crate::testing::{ALICE, BOB, Copy};

    fn owner() -> Owner {
        Owner {
            home: Home {
                origin: "https://incidents.example".to_owned(),
                organisation: "Example".to_owned(),
                epoch: Some(Epoch::from_bytes([1; 16])),
            },
            person: ALICE,
            surface: Surface::Console,
        }
    }

    fn parcel() -> Parcel {
        let mut copy = Copy::declared();
        let text = "Füße 🦶 مرحبا".to_owned();
        let mut drafted = copy.drafted(ALICE, Intent::Note { text });
        drafted.saw = Some([copy.docs.incident.frontier(), Vec::new()]);
        let incident = copy.docs.id();
        Parcel {
            owner: owner(),
            device: DeviceId::from_bytes([7; 16]),
            made_at: UnixMillis(5),
            acts: vec![Packed { incident, drafted }],
        }
    }

    fn refused(file: &[u8]) -> BadParcel {
        Parcel::open(file, &owner()).expect_err("it must be refused")
    }

    #[test]
    fn a_file_is_read_back_by_its_owner() {
        let parcel = parcel();
        assert_eq!(Parcel::open(&parcel.encode(), &owner()), Ok(parcel.clone()));
        let mut moved = owner();
        moved.home.origin = "https://new.example".to_owned();
        assert_eq!(Parcel::open(&parcel.encode(), &moved), Ok(parcel.clone()));
        let mut restored = owner();
        restored.home.epoch = Some(Epoch::from_bytes([2; 16]));
        assert_eq!(Parcel::open(&parcel.encode(), &restored), Ok(parcel));
    }

    #[test]
    fn a_file_cut_short_anywhere_is_refused() {
        let file = parcel().encode();
        assert_eq!(refused(&[]), BadParcel::Strange);
        for length in 1..file.len() {
            let why = refused(&file[..length]);
            assert!(matches!(why, BadParcel::CutShort { .. }), "{length}: {why}");
        }
    }

    #[test]
    fn a_file_altered_anywhere_is_refused() {
        let file = parcel().encode();
        for place in 0..file.len() {
            let mut altered = file.clone();
            altered[place] ^= 0x11;
            assert!(Parcel::open(&altered, &owner()).is_err(), "byte {place}");
        }
        let longer = [file.as_slice(), b"x"].concat();
        assert_eq!(refused(&longer), BadParcel::Altered);
    }

    #[test]
    fn a_file_of_somebody_or_somewhere_else_is_refused_with_the_reason() {
        let mut other = parcel();
        other.owner.person = BOB;
        assert_eq!(refused(&other.encode()), BadParcel::Person { of: BOB });
        let mut other = parcel();
        other.owner.home.origin = "https://other.example".to_owned();
        other.owner.home.epoch = None;
        let why = refused(&other.encode());
        assert!(matches!(why, BadParcel::Home { .. }), "{why}");
        let mut other = parcel();
        other.owner.surface = Surface::Portal;
        assert_eq!(refused(&other.encode()), BadParcel::Surface);
    }

    #[test]
    fn acts_in_another_name_twice_or_without_what_was_seen_are_refused() {
        let mut other = parcel();
        other.acts[0].drafted.by = BOB;
        assert_eq!(refused(&other.encode()), BadParcel::Altered);
        let mut twice = parcel();
        twice.acts.push(twice.acts[0].clone());
        assert_eq!(refused(&twice.encode()), BadParcel::Altered);
        let mut blind = parcel();
        blind.acts[0].drafted.saw = None;
        assert_eq!(refused(&blind.encode()), BadParcel::Altered);
    }

    #[test]
    fn what_is_no_such_file_or_of_a_later_version_is_refused() {
        assert_eq!(refused(b"PK\x03\x04 a picture"), BadParcel::Strange);
        let file = String::from_utf8_lossy(&parcel().encode()).into_owned();
        let later = file.replacen("unsent 1 ", "unsent 2 ", 1);
        assert_eq!(refused(later.as_bytes()), BadParcel::Later);
        let strange = format!("{WORDS}1 0 {}\n", digest(&[]));
        assert_eq!(refused(strange.as_bytes()), BadParcel::Later);
        let max = PARCEL_BYTES_MAX;
        assert_eq!(refused(&vec![b'h'; max + 1]), BadParcel::TooLarge { max });
    }
}
