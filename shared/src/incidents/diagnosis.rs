//! What staff has found out: one text that all of them write, also at once and without a network.
//!
//! An edit is a change that splices the text and states that it did. Edits that did not see each
//! other merge letter by letter, as automerge merges them. To take one back is another edit, from
//! what it led to back to what was there before, so that what others wrote meanwhile stays.

use crate::document::{Document, TextName};
use crate::ids::FactId;

use super::content::Content;
use super::known::Knowledge;
use super::{EventKind, Intent};

/// Of so many edits, the last ones, the history says what each was: a document is read often, and
/// each text is put together from all operations.
const TOLD_MAX: usize = 64;

/// The diagnosis of an incident as the facts that are known left it.
#[derive(Default)]
pub(super) struct Diagnosis {
    pub(super) holds: String,
    each: Vec<(FactId, EventKind)>,
}

impl Diagnosis {
    pub(super) fn of(doc: Option<&Document>, known: Option<&Knowledge>) -> Self {
        let (Some(doc), Some(known)) = (doc, known) else {
            return Self::default();
        };
        let edits = known.facts.iter();
        let edits = edits.filter(|fact| fact.content == Content::Diagnosed);
        let mut edits: Vec<_> = edits.collect();
        edits.sort_by_key(|fact| (fact.from.corrected, fact.depth, fact.id));
        let edits: Vec<_> = edits.iter().map(|fact| fact.id).collect();
        let after = |facts: &[FactId]| doc.text_after(TextName::Diagnosis, facts);
        let both = |edit: &FactId| {
            let before = doc.text_before(TextName::Diagnosis, *edit);
            (*edit, edited(&before, &after(&[*edit])))
        };
        let told = &edits[edits.len().saturating_sub(TOLD_MAX)..];
        Self {
            holds: after(&edits),
            each: told.iter().map(both).collect(),
        }
    }

    /// What an edit took out and added.
    pub(super) fn by(&self, fact: FactId) -> Option<EventKind> {
        let found = self.each.iter().find(|(id, _)| *id == fact)?;
        Some(found.1.clone())
    }
}

/// An edit from one text to another.
pub(super) fn edited(before: &str, after: &str) -> EventKind {
    let (taken, added) = differences(before, after);
    EventKind::Diagnosed {
        taken: taken.to_owned(),
        added: added.to_owned(),
    }
}

/// What stands in one text alone and what in the other alone, between what both begin and end with;
/// whole words.
fn differences<'a>(before: &'a str, after: &'a str) -> (&'a str, &'a str) {
    let words = |text: &'a str| {
        text.split_inclusive(char::is_whitespace)
            .collect::<Vec<_>>()
    };
    let (one, other) = (words(before), words(after));
    let is_same = |(one, other): &(&&str, &&str)| one.trim_end() == other.trim_end();
    let start = one.iter().zip(&other).take_while(is_same).count();
    let (one, other) = (&one[start..], &other[start..]);
    let both = one.iter().rev().zip(other.iter().rev());
    let end = both.take_while(is_same).count();
    let between = |text: &'a str, words: &[&str]| {
        let lengths = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
        let from = text.len() - lengths(words);
        let to = text.len() - lengths(&words[words.len() - end..]);
        text[from..to].trim()
    };
    (between(before, one), between(after, other))
}

impl Intent {
    /// The edit that takes this one back, where it is one.
    pub fn undoing_edit(&self) -> Option<Self> {
        let Self::Diagnose { before, text } = self.clone() else {
            return None;
        };
        let (before, text) = (text, before);
        Some(Self::Diagnose { before, text })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{TOLD_MAX, differences};
    use crate::ids::DocKind;
    use crate::incidents::{Before, EventKind, Incident, Intent, Refused, read_until};
    use crate::people::Role;
    use crate::policy;
    use crate::testing::{ALICE, BOB, CAROL, Copy, person};

    fn diagnose(before: &str, text: &str) -> Intent {
        let (before, text) = (before.to_owned(), text.to_owned());
        Intent::Diagnose { before, text }
    }

    /// What each edit took out, and what it added.
    fn edits(incident: &Incident) -> Vec<[&str; 2]> {
        let events = incident.timeline.iter();
        let edits = events.filter_map(|event| {
            let EventKind::Diagnosed { taken, added } = &event.kind else {
                return None;
            };
            Some([taken.as_str(), added.as_str()])
        });
        edits.collect()
    }

    #[test]
    fn one_writes_on_where_another_stopped_and_the_history_says_what_each_changed() {
        let mut copy = Copy::declared();
        let one = copy.act(BOB, diagnose("", "Port 3 flaps."));
        copy.now = copy.now.plus(60_000);
        let two = copy.act(
            ALICE,
            diagnose("Port 3 flaps.", "Port 3 flaps. Cable bent."),
        );
        let incident = copy.read();
        assert_eq!(incident.diagnosis, "Port 3 flaps. Cable bent.");
        let three = copy.act(BOB, diagnose("Port 3 flaps. Cable bent.", "Cable bent."));
        let incident = copy.read();
        assert_eq!(
            edits(&incident),
            [
                ["", "Port 3 flaps."],
                ["", "Cable bent."],
                ["Port 3 flaps.", ""]
            ]
        );
        let before = |fact| incident.before(fact);
        assert_eq!((before(one), before(two)), (None, None));
        assert_eq!(
            before(three),
            Some(Before::Diagnosis("Port 3 flaps.".to_owned()))
        );
    }

    #[test]
    fn what_two_write_without_seeing_each_other_is_all_there_on_both_devices() {
        let mut one = Copy::declared();
        one.act(BOB, diagnose("", "The switch is dark."));
        let mut two = one.on(2);
        one.act(
            BOB,
            diagnose("The switch is dark.", "The switch in rack 4 is dark."),
        );
        two.act(
            ALICE,
            diagnose("The switch is dark.", "The switch is dark. Fuse F2 blew."),
        );
        let mut other = two.clone();
        one.merge(&two);
        other.merge(&one);
        let incident = one.read();
        assert_eq!(
            incident.diagnosis,
            "The switch in rack 4 is dark. Fuse F2 blew."
        );
        assert_eq!(incident, other.read());
        // Nobody took anything out, whichever of the two stands first.
        let mut said = edits(&incident);
        said.sort_unstable();
        let all = ["Fuse F2 blew.", "The switch is dark.", "in rack 4"];
        assert_eq!(said, all.map(|added| ["", added]));
    }

    #[test]
    fn who_began_from_an_older_text_takes_nothing_away_from_others() {
        let mut copy = Copy::declared();
        copy.act(BOB, diagnose("", "Dark."));
        copy.act(ALICE, diagnose("Dark.", "Dark. Fuse F2 blew."));
        copy.act(BOB, diagnose("Dark.", "Rack 4: Dark."));
        assert_eq!(copy.read().diagnosis, "Rack 4: Dark. Fuse F2 blew.");
    }

    #[test]
    fn an_edit_that_is_taken_back_leaves_what_others_wrote_meanwhile() {
        let mut copy = Copy::declared();
        copy.act(BOB, diagnose("", "Dark."));
        let edit = diagnose("Dark.", "Dark. Wrong incident.");
        copy.act(BOB, edit.clone());
        copy.act(
            ALICE,
            diagnose("Dark. Wrong incident.", "Rack 4. Dark. Wrong incident."),
        );
        copy.act(BOB, edit.undoing_edit().expect("an edit can be taken back"));
        assert_eq!(copy.read().diagnosis, "Rack 4. Dark.");
    }

    #[test]
    fn it_reads_as_it_was_at_a_moment() {
        let mut copy = Copy::declared();
        copy.act(BOB, diagnose("", "Dark."));
        let then = copy.now;
        copy.now = then.plus(60_000);
        copy.act(BOB, diagnose("Dark.", "Dark. Fuse F2 blew."));
        let was = read_until(&copy.docs, &copy.receipts, then).expect("it was there");
        assert_eq!(
            (was.diagnosis.as_str(), edits(&was)),
            ("Dark.", vec![["", "Dark."]])
        );
    }

    #[test]
    fn it_is_written_by_those_who_work_and_bounded() {
        let copy = Copy::declared();
        let incident = copy.read();
        let judge = |who, role, edit: &Intent| {
            let person = person(who, role);
            policy::allows(&person, edit, Some(&incident))
        };
        let edit = diagnose("", "Dark.");
        assert_eq!(judge(ALICE, Role::Technician, &edit), Ok(()));
        let others = [(CAROL, Role::Requester), (ALICE, Role::Manager)];
        for (who, role) in others {
            let refused = judge(who, role, &edit);
            assert!(matches!(refused, Err(Refused::Role { .. })), "{refused:?}");
        }
    }

    #[test]
    fn what_one_person_writes_is_bounded_and_what_several_wrote_has_room_beside_it() {
        let copy = Copy::declared();
        let (incident, alice) = (copy.read(), person(ALICE, Role::Agent));
        let long = |bytes: usize| diagnose("", &"x".repeat(bytes));
        let may = |edit: &Intent| policy::may(&alice, edit, Some(&incident));
        let allows = |edit: &Intent| policy::allows(&alice, edit, Some(&incident));
        let merged = long(policy::DIAGNOSIS_BYTES_MAX + 1);
        assert!(matches!(may(&merged), Err(Refused::TooLong { .. })));
        assert_eq!(allows(&merged), Ok(()));
        let endless = long(policy::DIAGNOSIS_MERGED_BYTES_MAX + 1);
        assert!(matches!(allows(&endless), Err(Refused::TooLong { .. })));
    }

    #[test]
    fn of_very_many_edits_the_history_tells_the_last() {
        let mut copy = Copy::declared();
        let mut before = String::new();
        for _ in 0..TOLD_MAX + 2 {
            let text = [before.as_str(), "x "].concat();
            copy.act(BOB, diagnose(&before, &text));
            copy.now = copy.now.plus(1_000);
            before = text;
        }
        let incident = copy.read();
        let told = edits(&incident);
        assert_eq!(told.len(), TOLD_MAX + 2);
        assert_eq!(
            told.iter().filter(|[_, added]| *added == "x").count(),
            TOLD_MAX
        );
        assert_eq!(told[..2], [["", ""]; 2]);
    }

    #[test]
    fn an_edit_is_not_taken_back_by_naming_it() {
        let mut copy = Copy::declared();
        let edit = copy.act(BOB, diagnose("", "Dark."));
        assert_eq!(copy.read().done((DocKind::Work, edit)), None);
    }

    #[test]
    fn differences_are_whole_words() {
        let check = |before, after, expected| {
            assert_eq!(differences(before, after), expected, "{before:?} {after:?}");
        };
        check("", "Dark.", ("", "Dark."));
        check("Dark.", "Dark.", ("", ""));
        check("Dark.", "Dark. Fuse F2 blew.", ("", "Fuse F2 blew."));
        check(
            "The switch is dark.",
            "The switch in rack 4 is dark.",
            ("", "in rack 4"),
        );
        check("Größe 3 ä", "Größe 4 ä", ("3", "4"));
        check("aaa", "aaaa", ("aaa", "aaaa"));
        check("a b", "a b a b", ("", "a b"));
        check("One.\nTwo.", "One.\nTwo.\nThree.", ("", "Three."));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Write { device: usize, at_end: bool },
        Meet { from: usize, to: usize },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let write = (0..3_usize, any::<bool>());
        let write = write.prop_map(|(device, at_end)| Step::Write { device, at_end });
        let meet = (0..3_usize, 0..3_usize).prop_map(|(from, to)| Step::Meet { from, to });
        prop::collection::vec(prop_oneof![2 => write, 1 => meet], 1..14)
    }

    proptest! {
        #[test]
        fn every_word_that_was_written_anywhere_is_on_every_device_in_the_end(steps in steps()) {
            let first = Copy::declared();
            let mut copies: Vec<_> = (1..=3).map(|device| first.on(device)).collect();
            for (count, step) in steps.iter().enumerate() {
                match *step {
                    Step::Write { device, at_end } => {
                        let before = copies[device].read().diagnosis;
                        let word = format!("w{count}.");
                        let text = if at_end {
                            [&before, " ", &word].concat()
                        } else {
                            [&word, " ", &before].concat()
                        };
                        copies[device].act(BOB, Intent::Diagnose { before, text });
                    }
                    Step::Meet { from, to } => {
                        let other = copies[from].clone();
                        copies[to].merge(&other);
                    }
                }
            }
            for _ in 0..2 {
                for (from, to) in [(0, 1), (1, 2), (2, 0)] {
                    let other = copies[from].clone();
                    copies[to].merge(&other);
                }
            }
            let read = |copy: &Copy| copy.read().diagnosis;
            let one = read(&copies[0]);
            prop_assert!(copies.iter().all(|copy| read(copy) == one));
            let written = steps.iter().enumerate();
            let written = written.filter(|(_, step)| matches!(step, Step::Write { .. }));
            for (count, _) in written {
                let word = format!("w{count}.");
                prop_assert_eq!(one.matches(&word).count(), 1, "{}", one);
            }
        }
    }

    #[test]
    fn requesters_read_nothing_of_it() {
        let mut copy = Copy::declared();
        copy.act(BOB, diagnose("", "The CEO's own doing."));
        copy.docs.work = None;
        let public = copy.read();
        assert_eq!(
            (public.diagnosis.as_str(), edits(&public)),
            ("", Vec::new())
        );
    }
}
