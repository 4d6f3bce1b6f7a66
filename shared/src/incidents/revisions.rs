//! What somebody said anew: the later wording holds, and the earlier ones are kept.
//!
//! A message is never changed. Its author states another wording, which names it; of several the
//! last in the history holds, so that what two devices of theirs say at once is all there. One by
//! anybody else says nothing, and one that was taken back says nothing any more.

use super::{Event, EventKind, Incident, Provenance};
use crate::ids::{DocKind, FactId};

/// What somebody said in one place, as it read from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The fact that says it.
    pub fact: FactId,
    pub from: Provenance,
    pub text: String,
}

impl Incident {
    /// The message or note that a fact is.
    pub fn entry(&self, doc: DocKind, fact: FactId) -> Option<&Event> {
        let mut events = self.timeline.iter();
        let found = events.find(|event| (event.doc, event.fact) == (doc, fact));
        found.filter(|event| event.kind.message().is_some())
    }

    /// Everything that was said in a message or note, in order; the last holds. Nothing of what is
    /// neither.
    pub fn wordings(&self, entry: &Event) -> Vec<Wording> {
        let Some(first) = entry.kind.message() else {
            return Vec::new();
        };
        let wording = |event: &Event, text: &str| Wording {
            fact: event.fact,
            from: event.from,
            text: text.to_owned(),
        };
        let is_own = |event: &&Event| {
            event.counts() && event.doc == entry.doc && event.from.by == entry.from.by
        };
        let own = self.timeline.iter().filter(is_own);
        let later = own.filter_map(|event| {
            let text = event.kind.revises(entry.fact)?;
            Some(wording(event, text))
        });
        [wording(entry, first)].into_iter().chain(later).collect()
    }

    /// What a message or note says now.
    pub fn said<'a>(&'a self, entry: &'a Event) -> Option<&'a str> {
        let first = entry.kind.message()?;
        let mut later = self.timeline.iter().rev();
        let last = later.find_map(|event| {
            let is_own = event.counts() && (event.doc, event.from.by) == (entry.doc, entry.from.by);
            event.kind.revises(entry.fact).filter(|_| is_own)
        });
        Some(last.unwrap_or(first))
    }
}

impl EventKind {
    /// The words by which it says an entry anew.
    fn revises(&self, of: FactId) -> Option<&str> {
        let Self::Revised { entry, text } = self else {
            return None;
        };
        (*entry == of).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use crate::ids::{DocKind, FactId};
    use crate::incidents::Intent;
    use crate::testing::{ALICE, BOB, Copy};

    fn said(copy: &Copy, doc: DocKind, entry: FactId) -> Vec<String> {
        let incident = copy.read();
        let event = incident.entry(doc, entry).expect("it was said");
        let wordings = incident.wordings(event);
        let texts: Vec<_> = wordings.into_iter().map(|wording| wording.text).collect();
        assert_eq!(incident.said(event), texts.last().map(String::as_str));
        texts
    }

    fn revise(doc: DocKind, entry: FactId, text: &str) -> Intent {
        let text = text.to_owned();
        Intent::Revise { doc, entry, text }
    }

    fn entries(copy: &mut Copy) -> [(DocKind, FactId); 2] {
        let text = || "One".to_owned();
        let note = copy.act(BOB, Intent::Note { text: text() });
        let reply = copy.act(BOB, Intent::Reply { text: text() });
        [(DocKind::Work, note), (DocKind::Incident, reply)]
    }

    #[test]
    fn the_later_wording_holds_and_the_earlier_are_kept() {
        let mut copy = Copy::declared();
        for (doc, entry) in entries(&mut copy) {
            copy.act(BOB, revise(doc, entry, "Two"));
            let three = copy.act(BOB, revise(doc, entry, "Three"));
            assert_eq!(said(&copy, doc, entry), ["One", "Two", "Three"]);
            copy.act(BOB, Intent::Withdraw { doc, fact: three });
            assert_eq!(said(&copy, doc, entry), ["One", "Two"]);
        }
    }

    #[test]
    fn what_two_devices_of_one_person_say_at_once_is_all_kept() {
        let mut one = Copy::declared();
        for (doc, entry) in entries(&mut one) {
            let mut two = one.on(2);
            one.act(BOB, revise(doc, entry, "On the phone"));
            two.now = two.now.plus(5_000);
            two.act(BOB, revise(doc, entry, "At the desk"));
            let mut other = two.clone();
            one.merge(&two);
            other.merge(&one);
            assert_eq!(
                said(&one, doc, entry),
                ["One", "On the phone", "At the desk"]
            );
            assert_eq!(one.read(), other.read());
        }
    }

    #[test]
    fn what_somebody_else_says_in_the_name_of_an_entry_counts_for_nothing() {
        let mut copy = Copy::declared();
        for (doc, entry) in entries(&mut copy) {
            copy.act(ALICE, revise(doc, entry, "Put into the mouth of Bob"));
            assert_eq!(said(&copy, doc, entry), ["One"]);
        }
    }
}
