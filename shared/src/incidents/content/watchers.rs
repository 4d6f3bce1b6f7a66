//! How it is spelled whom a text calls on by name, and who is taken off those who watch.

use crate::document::Scalar;
use crate::ids::{DocKind, FactId, PersonId};

use super::{Content, Spelling};

impl Spelling {
    pub(super) fn said(&mut self, text: &str, mentions: &[PersonId]) {
        self.text("text", text);
        if !mentions.is_empty() {
            let people = mentions.iter();
            let bytes: Vec<u8> = people.flat_map(|person| person.0.to_be_bytes()).collect();
            self.bytes("mentions", &bytes);
        }
    }

    /// Takes the people whom a text names; what is none, or nobody, stays behind.
    pub(super) fn take_mentions(&mut self) -> Vec<PersonId> {
        let Some(Scalar::Bytes(bytes)) = self.0.get("mentions") else {
            return Vec::new();
        };
        let (people, []) = bytes.as_chunks::<4>() else {
            return Vec::new();
        };
        let people = people.iter().copied().map(u32::from_be_bytes);
        let people: Vec<_> = people.map(PersonId).collect();
        if !people.is_empty() {
            self.0.remove("mentions");
        }
        people
    }

    pub(super) fn unwatched(&mut self, person: PersonId, added: &[FactId]) {
        self.person("person", Some(person));
        self.facts("added", added);
    }

    pub(super) fn take_unwatched(&mut self, doc: DocKind) -> Option<Content> {
        Some(Content::Unwatched {
            doc,
            person: self.take_person("person")?,
            added: self.take_facts("added")?,
        })
    }
}
