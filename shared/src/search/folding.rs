//! Folding texts, so that case, accents and the way words are set apart do not count.

use super::{BEGIN, DIAERESIS, Unicode};

/// What a character is to a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    #[default]
    Gap,
    /// Of a script that writes spaces between words, or a sign people look for.
    Spaced,
    /// Of a script that writes none, such as Han, Kana, Thai and Khmer.
    Spaceless,
}

/// What becomes of the two points of ä, ö and ü.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Umlaut {
    /// They are an accent like others: `BOHM`.
    Bare,
    /// They are an E, as German is typed on a keyboard without them: `BOEHM`.
    Spelled,
}

/// A text with a mark before each word.
pub(super) struct Folded {
    pub(super) text: String,
    last: Kind,
    umlaut: Umlaut,
}

impl Folded {
    pub(super) fn new(umlaut: Umlaut) -> Self {
        Self {
            text: String::new(),
            last: Kind::Gap,
            umlaut,
        }
    }

    pub(super) fn add(&mut self, folded: &str) {
        for character in folded.chars() {
            if character == DIAERESIS {
                if self.umlaut == Umlaut::Spelled && self.text.ends_with(['A', 'O', 'U']) {
                    self.text.push('E');
                }
                continue;
            }
            let kind = kind(character);
            if kind != Kind::Gap {
                if kind != self.last {
                    self.text.push(BEGIN);
                }
                self.text.push(character);
            }
            self.last = kind;
        }
    }
}

/// A folded text with a mark before each word.
pub(super) fn words(folded: &str, umlaut: Umlaut) -> String {
    let mut all = Folded::new(umlaut);
    all.add(folded);
    all.text
}

/// A text without case and accents, but for the points that may be an umlaut's.
pub(super) fn folded_text(text: &str, unicode: Unicode<'_>) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    let mut folded = String::new();
    for character in unicode(text).chars().filter(|one| !is_ignored(*one)) {
        match bare(character) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(character),
        }
    }
    folded
}

/// Letters that Unicode does not take apart, as people type them without their keyboard.
fn bare(character: char) -> Option<&'static str> {
    Some(match character {
        'Ł' => "L",
        'Ø' => "O",
        'Đ' | 'Ð' => "D",
        'Ħ' => "H",
        'Ŧ' => "T",
        'Æ' => "AE",
        'Œ' => "OE",
        'Þ' => "TH",
        'ẞ' => "SS",
        _ => return None,
    })
}

/// Accents and points, which change no word to a search: combining marks of Latin, Greek and
/// Cyrillic but for the [`DIAERESIS`], Hebrew and Arabic points, the tatweel, soft hyphens,
/// variation selectors.
fn is_ignored(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{300}'..='\u{307}' | '\u{309}'..='\u{36f}'
        | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{fe00}'..='\u{fe0f}')
}

pub(super) fn kind(character: char) -> Kind {
    match character {
        _ if character.is_ascii() => {
            if character.is_ascii_alphanumeric() {
                Kind::Spaced
            } else {
                Kind::Gap
            }
        }
        '\u{80}'..='\u{a9}'
        | '\u{ab}'..='\u{b4}'
        | '\u{b6}'..='\u{b9}'
        | '\u{bb}'..='\u{bf}'
        | '\u{d7}'
        | '\u{f7}'
        | '\u{589}'
        | '\u{5be}'
        | '\u{60c}'
        | '\u{61b}'
        | '\u{61f}'
        | '\u{6d4}'
        | '\u{964}'
        | '\u{965}'
        | '\u{2000}'..='\u{206f}'
        | '\u{2190}'..='\u{25ff}'
        | '\u{3000}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{3030}'
        | '\u{30fb}' => Kind::Gap,
        '\u{e00}'..='\u{eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Kind::Spaceless,
        _ => Kind::Spaced,
    }
}
