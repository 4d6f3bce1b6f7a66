//! Texts that several people write: three ways are brought together as the documents do it.

use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc as _};

/// What becomes of a text that two people changed without seeing each other, letter by letter. Both
/// began with `base`.
pub fn merged(base: &str, one: &str, other: &str) -> String {
    match () {
        () if other == base || other == one => one.to_owned(),
        () if one == base => other.to_owned(),
        () => merge(base, one, other).unwrap_or_else(|_| [other, "\n\n", one].concat()),
    }
}

fn merge(base: &str, one: &str, other: &str) -> Result<String, AutomergeError> {
    let mut trunk = Automerge::new().with_actor(ActorId::from([0; 16]));
    let mut transaction = trunk.transaction();
    let text = transaction.put_object(ROOT, "text", ObjType::Text)?;
    transaction.splice_text(&text, 0, 0, base)?;
    transaction.commit_with(CommitOptions::default().with_time(0));
    let mut branch = trunk.fork().with_actor(ActorId::from([1; 16]));
    bring(&mut branch, &text, one)?;
    bring(&mut trunk, &text, other)?;
    trunk.merge(&mut branch)?;
    trunk.text(&text)
}

fn bring(doc: &mut Automerge, text: &ObjId, to: &str) -> Result<(), AutomergeError> {
    let mut transaction = doc.transaction();
    update(&mut transaction, text, to)?;
    transaction.commit_with(CommitOptions::default().with_time(0));
    Ok(())
}

/// How much work a comparison letter by letter may be: it takes as many steps as both texts have
/// letters, times the letters that differ.
const STEPS_MAX: usize = 20_000_000;

/// How long a word is taken to be.
const WORD_BYTES: usize = 8;

/// Brings a text to a new content by splices: of the letters that differ, or where most do, of all
/// between what both texts begin and end with.
pub(super) fn update(
    transaction: &mut impl Transactable,
    text: &ObjId,
    to: &str,
) -> Result<(), AutomergeError> {
    let from = transaction.text(text)?;
    let letters = (from.len() + to.len()).max(1);
    if differ_in_few(&from, to, STEPS_MAX / letters / WORD_BYTES) {
        return transaction.update_text(text, to);
    }
    let start = same(from.chars().zip(to.chars()));
    let (old, new) = (&from[start..], &to[start..]);
    let end = same(old.chars().rev().zip(new.chars().rev()));
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let deleted = isize::try_from(old.len()).unwrap_or(isize::MAX);
    transaction.splice_text(text, start, deleted, new)
}

/// Whether so many words at most have to be taken out or put in to make one text of the other
/// (Myers 1986, without the way there).
fn differ_in_few(one: &str, other: &str, max: usize) -> bool {
    let words = |text| str::split_inclusive(text, char::is_whitespace).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let max = max.min(one.len() + other.len());
    // How far along `one` each diagonal has come, from `max` below to `max` above the middle.
    let mut reach = vec![0_usize; 2 * max + 3];
    for distance in 0..=max {
        for diagonal in (max - distance..=max + distance).step_by(2) {
            let place = diagonal + 1;
            let is_down = diagonal == max - distance
                || (diagonal != max + distance && reach[place - 1] < reach[place + 1]);
            let mut at = if is_down {
                reach[place + 1]
            } else {
                reach[place - 1] + 1
            };
            // Left of the text on this diagonal there is nothing to compare.
            let Some(mut beside) = (at + max).checked_sub(diagonal) else {
                continue;
            };
            while at < one.len() && beside < other.len() && one[at] == other[beside] {
                (at, beside) = (at + 1, beside + 1);
            }
            reach[place] = at;
            if at >= one.len() && beside >= other.len() {
                return true;
            }
        }
    }
    false
}

/// How many bytes of letters are the same before one differs.
fn same(letters: impl Iterator<Item = (char, char)>) -> usize {
    let same = letters.take_while(|(one, other)| one == other);
    same.map(|(one, _)| one.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::{differ_in_few, merged};
    use proptest::prelude::*;

    #[test]
    fn what_two_people_write_in_different_places_is_all_there() {
        let base = "The switch is dark. The cable is fine.";
        let one = "The switch in rack 4 is dark. The cable is fine.";
        let other = "The switch is dark. The cable is fine. Fuse F2 blew.";
        let both = "The switch in rack 4 is dark. The cable is fine. Fuse F2 blew.";
        assert_eq!(merged(base, one, other), both);
        assert_eq!(merged(base, other, one), both);
    }

    #[test]
    fn what_one_takes_out_is_gone_and_what_the_other_adds_stays() {
        let base = "Port 3 flaps. Ask the vendor.";
        let merged = merged(
            base,
            "Ask the vendor.",
            "Port 3 flaps. Ask the vendor today.",
        );
        assert_eq!(merged, "Ask the vendor today.");
    }

    #[test]
    fn long_texts_that_have_nothing_in_common_take_each_other_s_place_whole() {
        let many = |word: &str| [word, " "].concat().repeat(1_500);
        let (base, one) = (many("grün"), many("blau👍"));
        let started = [base.as_str(), "End."].concat();
        let other = [one.as_str(), "End."].concat();
        assert_eq!(
            merged(&started, &other, &[&started, " More."].concat()),
            [&other, " More."].concat()
        );
    }

    #[test]
    fn few_words_are_told_from_many_in_whatever_order_they_stand() {
        let check = |one, other, distance| {
            assert!(differ_in_few(one, other, distance), "{one} {other}");
            assert!(
                distance == 0 || !differ_in_few(one, other, distance - 1),
                "{one} {other}"
            );
        };
        check("", "", 0);
        check("a b c", "a b c", 0);
        check("a b c ", "a c ", 1);
        check("a ", "b ", 2);
        check("", "a b c ", 3);
        check("a b c d ", "c d a b ", 4);
        check("x a b c y ", "x b z c y ", 2);
    }

    proptest! {
        #[test]
        fn a_text_becomes_the_other_however_much_differs(one in "[ab ]{0,60}", other in "[ab ]{0,60}") {
            let distance = (0..200).find(|max| differ_in_few(&one, &other, *max));
            let words = |text: &str| text.split_inclusive(' ').count();
            prop_assert!(distance.is_some_and(|least| least <= words(&one) + words(&other)));
            prop_assert_eq!(distance == Some(0), one == other);
        }

        #[test]
        fn who_writes_alone_gets_what_they_wrote(base in ".{0,40}", one in ".{0,40}") {
            prop_assert_eq!(merged(&base, &one, &base), one.clone());
            prop_assert_eq!(merged(&base, &base, &one), one.clone());
            prop_assert_eq!(merged(&base, &one, &one), one);
        }

        #[test]
        fn what_is_added_at_either_end_is_all_there(
            base in "[a-z]{1,30}", before in "[0-9]{0,9}", after in "[A-Z]{0,9}",
        ) {
            let one = [before.as_str(), &base].concat();
            let other = [base.as_str(), &after].concat();
            let both = [before.as_str(), &base, &after].concat();
            prop_assert_eq!(merged(&base, &one, &other), both);
        }
    }
}
