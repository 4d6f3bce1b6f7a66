//! Who watches an incident without having it: staff internally, others publicly.
//!
//! # Design
//! Question: what holds when one person takes a watcher off while another adds them? Answer: an
//! addition has the id of its fact, and whoever takes somebody off names the additions that they
//! saw; what they did not see stays. Who watches thus follows from the history alone, in whatever
//! order it comes. Rejected: the later of the two, by which a device that was away takes off whom
//! somebody has just asked to watch.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{EventKind, Incident};
use crate::ids::{DocKind, FactId, PersonId};

/// How many people watch an incident at most, each of the two ways.
pub const WATCHERS_MAX: usize = 50;

/// How many people one text mentions at most.
pub const MENTIONS_MAX: usize = 20;

/// Somebody who watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watcher {
    pub person: PersonId,
    /// The facts by which they do, oldest first; never none.
    pub added: Vec<FactId>,
}

impl Incident {
    /// Who watches: internally by the work document, publicly by the incident document; in the
    /// order in which they began to.
    pub fn watchers(&self, doc: DocKind) -> Vec<Watcher> {
        let counting = || {
            let of_doc = self.timeline.iter().filter(move |event| event.doc == doc);
            of_doc.filter(|event| event.counts())
        };
        let mut ended = BTreeSet::new();
        for event in counting() {
            if let EventKind::Unwatched { person, added } = &event.kind {
                ended.extend(added.iter().map(|fact| (*person, *fact)));
            }
        }
        let mut watchers: Vec<Watcher> = Vec::new();
        for event in counting() {
            for person in event.kind.watched_by() {
                if ended.contains(&(person, event.fact)) {
                    continue;
                }
                match watchers.iter_mut().find(|one| one.person == person) {
                    Some(watcher) => watcher.added.push(event.fact),
                    None => watchers.push(Watcher {
                        person,
                        added: vec![event.fact],
                    }),
                }
            }
        }
        watchers
    }

    /// How somebody watches in a document; nothing if they do not.
    pub fn watcher(&self, doc: DocKind, person: PersonId) -> Option<Watcher> {
        let watchers = self.watchers(doc).into_iter();
        let mut own = watchers.filter(|watcher| watcher.person == person);
        own.next()
    }

    /// Whether a fact let somebody watch, be it taken back meanwhile.
    pub fn has_added(&self, doc: DocKind, person: PersonId, fact: FactId) -> bool {
        let mut events = self.timeline.iter();
        events.any(|event| {
            (event.doc, event.fact) == (doc, fact) && event.kind.watched_by().contains(&person)
        })
    }
}

impl EventKind {
    /// Whom it lets watch: whoever is named in a note does from then on.
    fn watched_by(&self) -> Vec<PersonId> {
        if let Self::Watched { person } = self {
            return vec![*person];
        }
        let Self::Noted { mentions, .. } = self else {
            return Vec::new();
        };
        mentions.clone()
    }

    /// Whom it calls on by name.
    pub fn mentions(&self) -> &[PersonId] {
        if let Self::Noted { mentions, .. } | Self::Replied { mentions, .. } = self {
            return mentions;
        }
        &[]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::Intent;
    use crate::testing::{ALICE, BOB, CAROL, Copy};

    const DOCS: [DocKind; 2] = [DocKind::Incident, DocKind::Work];

    fn watch(doc: DocKind, person: PersonId) -> Intent {
        Intent::Watch { doc, person }
    }

    fn unwatch(copy: &Copy, doc: DocKind, person: PersonId) -> Intent {
        let watcher = copy.read().watcher(doc, person).expect("they watch");
        let added = watcher.added;
        Intent::Unwatch { doc, person, added }
    }

    fn people(copy: &Copy, doc: DocKind) -> Vec<PersonId> {
        let watchers = copy.read().watchers(doc).into_iter();
        watchers.map(|watcher| watcher.person).collect()
    }

    #[test]
    fn an_addition_stays_that_whoever_took_somebody_off_did_not_see() {
        for doc in DOCS {
            let mut one = Copy::declared();
            one.act(BOB, watch(doc, ALICE));
            let mut two = one.on(2);
            let unwatch = unwatch(&one, doc, ALICE);
            one.act(BOB, unwatch);
            assert_eq!(people(&one, doc), []);
            two.act(BOB, watch(doc, ALICE));
            let mut back = two.clone();
            one.merge(&two);
            back.merge(&one);
            assert_eq!(people(&one, doc), [ALICE]);
            assert_eq!(one.read(), back.read());
        }
    }

    #[test]
    fn the_two_ways_to_watch_are_apart_and_the_public_one_needs_no_work_document() {
        let mut copy = Copy::declared();
        copy.act(BOB, watch(DocKind::Work, ALICE));
        copy.act(BOB, watch(DocKind::Incident, CAROL));
        assert_eq!(people(&copy, DocKind::Work), [ALICE]);
        assert_eq!(people(&copy, DocKind::Incident), [CAROL]);
        copy.docs.work = None;
        assert_eq!(people(&copy, DocKind::Work), []);
        assert_eq!(people(&copy, DocKind::Incident), [CAROL]);
    }

    #[test]
    fn taking_back_an_addition_or_a_removal_is_as_if_it_had_not_been() {
        let doc = DocKind::Work;
        let mut copy = Copy::declared();
        let added = copy.act(BOB, watch(doc, ALICE));
        let unwatch = unwatch(&copy, doc, ALICE);
        let removed = copy.act(BOB, unwatch);
        copy.act(BOB, Intent::Withdraw { doc, fact: removed });
        assert_eq!(people(&copy, doc), [ALICE]);
        copy.act(BOB, Intent::Withdraw { doc, fact: added });
        assert_eq!(people(&copy, doc), []);
    }

    #[test]
    fn whoever_is_mentioned_in_a_note_watches_until_they_are_taken_off_or_it_is_taken_back() {
        let mention = |doc| Intent::Mention {
            doc,
            text: "@Alice, is this yours?".to_owned(),
            people: vec![ALICE],
        };
        let mut copy = Copy::declared();
        copy.act(BOB, mention(DocKind::Incident));
        assert_eq!(people(&copy, DocKind::Incident), []);
        assert_eq!(people(&copy, DocKind::Work), []);
        let doc = DocKind::Work;
        let note = copy.act(BOB, mention(doc));
        assert_eq!(people(&copy, doc), [ALICE]);
        let mut taken_back = copy.clone();
        taken_back.act(BOB, Intent::Withdraw { doc, fact: note });
        assert_eq!(people(&taken_back, doc), []);
        let unwatch = unwatch(&copy, doc, ALICE);
        copy.act(ALICE, unwatch);
        assert_eq!(people(&copy, doc), []);
        assert_eq!(
            copy.read()
                .event(note)
                .map(|event| event.kind.mentions().len()),
            Some(1)
        );
    }

    #[test]
    fn whoever_was_added_twice_is_taken_off_at_once() {
        let doc = DocKind::Incident;
        let mut one = Copy::declared();
        let mut two = one.on(2);
        one.act(BOB, watch(doc, CAROL));
        two.act(ALICE, watch(doc, CAROL));
        one.merge(&two);
        assert_eq!(people(&one, doc), [CAROL]);
        let unwatch = unwatch(&one, doc, CAROL);
        one.act(ALICE, unwatch);
        assert_eq!(people(&one, doc), []);
    }
}
