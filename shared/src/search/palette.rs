//! Which commands answer to what somebody types: an exact alias before the beginning of a name,
//! that before the beginning of a word in it, and that before its letters in order.

/// How well a command answers, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// What was typed is another name for it.
    Alias,
    /// The name begins with it.
    Name,
    /// Each word that was typed begins a word of the name, in order.
    Words,
    /// The letters stand in the name, in order.
    Letters,
}

/// How well a command of this name answers. All texts are folded alike beforehand; whatever is
/// typed, spaces around it do not count, and where nothing is every command answers.
pub fn fit(typed: &str, name: &str, aliases: &[String]) -> Option<Fit> {
    let typed = typed.trim();
    if aliases.iter().any(|alias| alias == typed) {
        return Some(Fit::Alias);
    }
    if name.starts_with(typed) {
        return Some(Fit::Name);
    }
    if begin_words(typed, name) {
        return Some(Fit::Words);
    }
    let mut letters = name.chars();
    let wanted = typed.chars().filter(|letter| !letter.is_whitespace());
    let has_all = wanted
        .into_iter()
        .all(|wanted| letters.any(|letter| letter == wanted));
    has_all.then_some(Fit::Letters)
}

fn begin_words(typed: &str, name: &str) -> bool {
    let is_apart = |letter: char| !letter.is_alphanumeric();
    let mut words = name.split(is_apart).filter(|word| !word.is_empty());
    let wanted = typed.split(is_apart).filter(|word| !word.is_empty());
    let mut count = 0;
    let has_all = wanted.into_iter().all(|wanted| {
        count += 1;
        words.any(|word| word.starts_with(wanted))
    });
    has_all && count > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: &str) -> Option<Fit> {
        fit(typed, "service levels and calendars", &["sla".to_owned()])
    }

    #[test]
    fn aliases_come_before_beginnings_and_those_before_letters_in_order() {
        assert_eq!(of("sla"), Some(Fit::Alias));
        assert_eq!(of(" serv "), Some(Fit::Name));
        assert_eq!(of("levels"), Some(Fit::Words));
        assert_eq!(of("ser cal"), Some(Fit::Words));
        assert_eq!(of("cal ser"), None);
        assert_eq!(of("svlc"), Some(Fit::Letters));
        assert_eq!(of("slax"), None);
        assert_eq!(of("?!"), None);
        assert!(Fit::Alias < Fit::Name && Fit::Words < Fit::Letters);
    }

    #[test]
    fn everything_answers_where_nothing_is_typed() {
        assert_eq!(of("  "), Some(Fit::Name));
        assert_eq!(fit("", "", &[]), Some(Fit::Name));
    }
}
