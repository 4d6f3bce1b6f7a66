//! Who is called on in a text: `@` and the name, as the box offers it.

use std::ops::Range;

use crate::ids::PersonId;

/// So much of a name is looked for at most, in bytes.
const TYPED_MAX: usize = 60;

/// A person by the name that they are called by.
pub type Called<'a> = (PersonId, &'a str);

/// Finds the people who are called on in a text, in order, with where their names stand. Of several
/// of one name nobody is meant until one of them was `chosen`.
pub fn mentions(
    text: &str,
    people: &[Called<'_>],
    chosen: &[PersonId],
) -> Vec<(Range<usize>, PersonId)> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('@').filter(|(at, _)| begins(text, *at)) {
        let rest = &text[at + 1..];
        let named = people.iter().filter(|(_, name)| is_named(rest, name));
        let longest = named.clone().map(|(_, name)| name.len()).max();
        let mut longest = named.filter(|(_, name)| Some(name.len()) == longest);
        let mut same = longest.clone();
        let person = match (same.next(), same.next()) {
            (Some(only), None) => Some(only),
            _ => longest.find(|(person, _)| chosen.contains(person)),
        };
        found.extend(person.map(|(person, name)| (at..at + 1 + name.len(), *person)));
    }
    found
}

/// Where a name is being typed that ends at a place, behind its `@`.
pub fn begun(text: &str, end: usize) -> Option<Range<usize>> {
    let before = text.get(..end)?;
    let at = before.rfind('@').filter(|at| begins(text, *at))?;
    let typed = &before[at + 1..];
    let is_name = typed.len() <= TYPED_MAX && !typed.contains('\n') && !typed.starts_with(' ');
    is_name.then_some(at + 1..end)
}

/// How well a name goes with what is typed of it: by its beginning, or by that of one of its
/// words; nothing if it does not, or is whole.
pub fn goes_with(name: &str, typed: &str) -> Option<u8> {
    let (name, typed) = (name.to_lowercase(), typed.to_lowercase());
    if name == typed.trim_end() {
        return None;
    }
    if name.starts_with(&typed) {
        return Some(0);
    }
    let mut words = name.match_indices([' ', '-']);
    words
        .any(|(at, _)| name[at + 1..].starts_with(&typed))
        .then_some(1)
}

/// Whether an `@` stands where a name begins, and not in the middle of an address.
fn begins(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_none_or(|before| !before.is_alphanumeric() && !"@._-+".contains(before))
}

fn is_named(rest: &str, name: &str) -> bool {
    let after = rest.strip_prefix(name).map(|after| after.chars().next());
    after.is_some_and(|next| next.is_none_or(|next| !next.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonId = PersonId(1);
    const ANNA_LIND: PersonId = PersonId(2);
    const IRA: PersonId = PersonId(3);
    const OTHER_IRA: PersonId = PersonId(4);
    const PEOPLE: [Called<'_>; 4] = [
        (ANNA, "Anna"),
        (ANNA_LIND, "Anna Lind"),
        (IRA, "Ira Ö"),
        (OTHER_IRA, "Ira Ö"),
    ];

    fn found(text: &str, chosen: &[PersonId]) -> Vec<PersonId> {
        let found = mentions(text, &PEOPLE, chosen).into_iter();
        found.map(|(_, person)| person).collect()
    }

    #[test]
    fn the_longest_name_counts_and_an_address_is_none() {
        assert_eq!(found("@Anna, and @Anna Lind", &[]), [ANNA, ANNA_LIND]);
        assert_eq!(found("(@Anna Lind) @Annabel @anna", &[]), [ANNA_LIND]);
        assert_eq!(found("mail me@Anna or @@Anna", &[]), []);
        let (range, _) = mentions("ö @Anna!", &PEOPLE, &[])[0].clone();
        assert_eq!(&"ö @Anna!"[range], "@Anna");
    }

    #[test]
    fn of_two_of_one_name_whoever_was_chosen_is_meant() {
        assert_eq!(found("@Ira Ö", &[]), []);
        assert_eq!(found("@Ira Ö", &[OTHER_IRA]), [OTHER_IRA]);
    }

    #[test]
    fn what_is_typed_behind_a_sign_is_looked_for() {
        let typed = |text: &str| begun(text, text.len()).map(|place| text[place].to_owned());
        assert_eq!(typed("Ask @an").as_deref(), Some("an"));
        assert_eq!(typed("@").as_deref(), Some(""));
        assert_eq!(typed("@Anna Li").as_deref(), Some("Anna Li"));
        for none in ["", "Ask", "me@an", "@an\nnext", "@ an"] {
            assert_eq!(typed(none), None, "{none}");
        }
        assert_eq!(goes_with("Anna Lind", "li"), Some(1));
        assert_eq!(goes_with("Anna Lind", "ann"), Some(0));
        assert_eq!(goes_with("Anna Lind", "nna"), None);
        assert_eq!(goes_with("Anna Lind", "anna lind "), None);
    }
}
