//! Texts of people within sentences of ours, whatever direction they run in.
//!
//! # Design
//! Question: how does a subject such as `"\u{202e}txt.exe"` stand beside other text? Answer: where
//! it has an element to itself, that is isolated by its style or `dir`; where it is composed into a
//! sentence, [`within_a_sentence`] drops the signs that turn what follows and isolates what runs
//! from right to left. Rejected: to drop the signs as documents are read, since a text then says
//! less than its author wrote, and rows differ from those of an earlier version.

use std::borrow::Cow;

const ISOLATE: char = '\u{2068}';
const END: char = '\u{2069}';

/// A text of a person as part of a sentence: it turns nothing around it. Most are as they were.
pub fn within_a_sentence(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|one| turns(one) || runs_left(one)) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter(|one| !turns(*one));
    Cow::Owned([ISOLATE].into_iter().chain(kept).chain([END]).collect())
}

/// A text of a person in a line of its own, which runs as its first letter does: nothing turns it.
pub fn by_itself(text: &str) -> Cow<'_, str> {
    if text.chars().any(turns) {
        return Cow::Owned(text.chars().filter(|one| !turns(*one)).collect());
    }
    Cow::Borrowed(text)
}

/// Embeddings, overrides and isolates, which reach beyond the text if nobody ends them.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Signs of scripts that run from right to left, as Unicode sets their blocks aside.
fn runs_left(character: char) -> bool {
    matches!(character,
        '\u{200f}' | '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_runs_from_left_to_right_stays_as_it_is() {
        for text in [
            "",
            "Printer of gate 2",
            "Drucker \u{fc}ber Tor 2",
            "\u{63a5}\u{7d9a}",
            "\u{1f5a8}",
        ] {
            assert_eq!(within_a_sentence(text), text);
        }
    }

    #[test]
    fn what_runs_from_right_to_left_is_isolated() {
        let text = "\u{5de}\u{5d3}\u{5e4}\u{5e1}\u{5ea}";
        assert_eq!(within_a_sentence(text), format!("\u{2068}{text}\u{2069}"));
    }

    #[test]
    fn an_override_goes_and_the_words_stay() {
        let text = "Invoice \u{202e}txt.exe";
        assert_eq!(within_a_sentence(text), "\u{2068}Invoice txt.exe\u{2069}");
    }

    #[test]
    fn a_line_of_its_own_runs_as_its_first_letter_does() {
        assert_eq!(by_itself("Invoice \u{202e}txt.exe"), "Invoice txt.exe");
        let text = "\u{5de}\u{5d3}\u{5e4}\u{5e1}\u{5ea}";
        assert_eq!(by_itself(text), text);
    }

    proptest! {
        #[test]
        fn nothing_reaches_beyond_the_text(text in "[a-c\u{5d0}-\u{5d3}\u{202a}-\u{202e}\u{2066}-\u{2069}]{0,12}") {
            let shown = within_a_sentence(&text);
            let inner = shown.strip_prefix(ISOLATE).and_then(|shown| shown.strip_suffix(END));
            prop_assert!(!inner.unwrap_or(&shown).chars().any(turns), "{shown:?}");
            prop_assert_eq!(&within_a_sentence(&shown), &shown, "twice is once");
        }
    }
}
