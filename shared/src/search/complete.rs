//! What somebody may go on to type.

use std::ops::Range;

use super::question::{Called, Field, Naming};
use crate::people::Directory;

/// So many are offered.
const OFFERED_MAX: usize = 8;

/// What could stand in the place of what is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What it replaces, as bytes.
    pub place: Range<usize>,
    /// What is written there.
    pub text: String,
    /// What people call it, if not so.
    pub name: Option<String>,
}

/// What the word that ends at a place could become: a field, or a value of one. Names are those of
/// a directory, of categories in a language.
pub fn complete(typed: &str, end: usize, directory: &Directory, language: &str) -> Vec<Completion> {
    let Some(before) = typed.get(..end) else {
        return Vec::new();
    };
    let from = before.rfind(char::is_whitespace);
    let from = from.map_or(0, |at| {
        at + before[at..].chars().next().map_or(0, char::len_utf8)
    });
    let word = &before[from..];
    let (from, word) = match word.strip_prefix('-') {
        Some(rest) => (from + 1, rest),
        None => (from, word),
    };
    let is_in_quotes = before.matches('"').count() % 2 == 1;
    if is_in_quotes && !word.contains(":\"") {
        return Vec::new();
    }
    // What is in the middle of a word is replaced with all of it.
    let rest = &typed[end..];
    let ends = |one: char| one.is_whitespace() || matches!(one, ',' | ':');
    let end = end + rest.find(ends).unwrap_or(rest.len());
    if let Some((name, values)) = word.split_once(':') {
        let last = values.rfind(',').map_or(0, |at| at + 1);
        let (place, typed) = (from + name.len() + 1 + last..end, &values[last..]);
        let field = Field::of_word(name);
        return field.map_or_else(Vec::new, |field| {
            offered(all_values(field, directory, language), typed, &place)
        });
    }
    // Whoever uses no field yet looks for words, and what is offered would lie over what they find.
    let is_begun = |own: &str| uses_fields(typed) && word.len() > 1 && word.len() < own.len();
    let fields = Field::ALL.iter().filter(|(_, own)| is_begun(own));
    let fields = fields.map(|(_, word)| (format!("{word}:"), None));
    let end = end + usize::from(typed[end..].starts_with(':'));
    offered(fields, word, &(from..end))
}

fn uses_fields(typed: &str) -> bool {
    let parts = typed.split_whitespace();
    let mut named = parts.filter_map(|part| part.trim_start_matches('-').split_once(':'));
    named.any(|(name, value)| !value.is_empty() && Field::of_word(name).is_some())
}

/// Those of which text or name begins so.
fn offered(
    all: impl IntoIterator<Item = (String, Option<String>)>,
    typed: &str,
    place: &Range<usize>,
) -> Vec<Completion> {
    let typed = typed.trim_start_matches('"').to_lowercase();
    let begins = |text: &str| {
        let text = text.to_lowercase();
        text.starts_with(&typed) || text.split(' ').any(|word| word.starts_with(&typed))
    };
    let fits = |(text, name): &(String, Option<String>)| {
        let is_there = text.to_lowercase() == typed;
        !is_there && (begins(text) || name.as_deref().is_some_and(begins))
    };
    let all = all.into_iter().filter(fits).take(OFFERED_MAX);
    all.map(|(text, name)| Completion {
        place: place.clone(),
        text,
        name,
    })
    .collect()
}

/// What a field takes as it is written, with what people call it.
fn all_values(
    field: Field,
    directory: &Directory,
    language: &str,
) -> Vec<(String, Option<String>)> {
    let words = field.words().into_iter();
    let mut all: Vec<_> = words.map(|word| (word.to_owned(), None)).collect();
    if let Field::Named(naming) = field {
        let own = values_of(naming, directory, language).into_iter();
        all.extend(own.map(|(text, name)| {
            let text = Called::Name(text.to_owned()).to_string();
            (text, Some(name.to_owned()))
        }));
    }
    all
}

/// What the directory has for a field: how it is written, and what people call it.
pub(super) fn values_of<'d>(
    naming: Naming,
    directory: &'d Directory,
    language: &str,
) -> Vec<(&'d str, &'d str)> {
    let people = directory.people.iter().filter(|one| one.active);
    match naming {
        Naming::Assignee => {
            let staff = people.filter(|one| one.is_staff());
            staff.map(|one| (&*one.login, &*one.name)).collect()
        }
        Naming::Requester => people.map(|one| (&*one.login, &*one.name)).collect(),
        Naming::Group => {
            let groups = directory.groups.iter();
            groups.map(|one| (&*one.id.0, &*one.name)).collect()
        }
        Naming::Site => {
            let sites = directory.sites.iter();
            sites.map(|one| (&*one.id.0, &*one.name)).collect()
        }
        Naming::Category => {
            let categories = directory.categories.iter();
            let named = categories.map(|one| {
                let name = one.name.get(language).or_else(|| one.name.values().next());
                (&*one.id.0, name.map_or("", String::as_str))
            });
            named.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{Group, Role};
    use crate::testing::{ALICE, person};

    fn offers(typed: &str) -> Vec<String> {
        let directory = Directory {
            people: vec![crate::people::Person {
                login: "alice@demo".to_owned(),
                name: "Alice Ahorn".to_owned(),
                ..person(ALICE, Role::Agent)
            }],
            groups: vec![Group {
                id: "network".into(),
                name: "Network operations".to_owned(),
            }],
            ..Directory::default()
        };
        let offers = complete(typed, typed.len(), &directory, "en").into_iter();
        let written = offers.map(|Completion { place, text, .. }| {
            let (before, after) = (&typed[..place.start], &typed[place.end..]);
            [before, &text, after].concat()
        });
        written.collect()
    }

    #[test]
    fn what_is_begun_is_gone_on_with() {
        assert_eq!(offers("site:ams sta"), ["site:ams state:"]);
        assert_eq!(offers("-site:ams -ri"), ["-site:ams -risk:"]);
        assert_eq!(offers("state:o"), ["state:open", "state:on-hold"]);
        assert_eq!(offers("state:new,clo"), ["state:new,closed"]);
        assert_eq!(offers("assignee:aho"), ["assignee:alice@demo"]);
        assert_eq!(offers("group:oper"), ["group:network"]);
        assert_eq!(offers("hold:").len(), 6);
    }

    #[test]
    fn in_the_middle_of_a_line_the_whole_word_is_replaced() {
        let directory = Directory::default();
        let offer = |typed: &str, end| {
            let all = complete(typed, end, &directory, "en");
            all.into_iter()
                .map(|one| (one.text, one.place))
                .collect::<Vec<_>>()
        };
        assert_eq!(offer("🖨 sta site:x", 8), [("state:".to_owned(), 5..8)]);
        assert_eq!(offer("state:open", 3), [("state:".to_owned(), 0..6)]);
        assert_eq!(offer("state:clo,new x", 9), [("closed".to_owned(), 6..9)]);
        assert_eq!(offer("\"error state:o", 14), []);
        assert_eq!(offer("ä", 1), []);
    }

    #[test]
    fn words_a_single_letter_and_what_is_whole_get_no_offer() {
        for typed in [
            "Gate 4 does not open",
            "sta",
            "",
            "p",
            "printer",
            "category",
            "state:open",
            "x:",
            "state:open ",
        ] {
            assert_eq!(offers(typed), [""; 0], "{typed}");
        }
    }
}
