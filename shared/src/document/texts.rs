//! Texts that several people write: three ways are brought together as the documents do it.

use std::collections::BTreeMap;

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

/// Brings a text to a new content by splices: of the letters that differ, or where most do, of all
/// between what both texts begin and end with.
pub(super) fn update(
    transaction: &mut impl Transactable,
    text: &ObjId,
    to: &str,
) -> Result<(), AutomergeError> {
    let from = transaction.text(text)?;
    if (from.len() + to.len()).saturating_mul(different(&from, to)) <= STEPS_MAX {
        return transaction.update_text(text, to);
    }
    let start = same(from.chars().zip(to.chars()));
    let (old, new) = (&from[start..], &to[start..]);
    let end = same(old.chars().rev().zip(new.chars().rev()));
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let deleted = isize::try_from(old.len()).unwrap_or(isize::MAX);
    transaction.splice_text(text, start, deleted, new)
}

/// How many bytes of words stand more often in one text than in the other, in both together.
fn different(one: &str, other: &str) -> usize {
    let mut counts: BTreeMap<&str, isize> = BTreeMap::new();
    for (text, sign) in [(one, 1), (other, -1)] {
        for word in text.split_inclusive(char::is_whitespace) {
            *counts.entry(word).or_default() += sign;
        }
    }
    let bytes = counts
        .iter()
        .map(|(word, count)| word.len() * count.unsigned_abs());
    bytes.sum()
}

/// How many bytes of letters are the same before one differs.
fn same(letters: impl Iterator<Item = (char, char)>) -> usize {
    let same = letters.take_while(|(one, other)| one == other);
    same.map(|(one, _)| one.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::merged;
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

    proptest! {
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
