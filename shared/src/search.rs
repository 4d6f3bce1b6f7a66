//! Word search over rows: every word of a query begins some word of what is searched.
//!
//! Case, accents and script do not count. The tables of Unicode are not compiled in here, since
//! they weigh much in a browser that has them already: whoever asks passes a function that
//! decomposes by compatibility (NFKD) and writes in upper case, and only texts beyond ASCII reach it.
//! What is searched is folded once and kept; a query then looks for bytes.
//!
//! # Design
//! Question: an index of words, or a scan? Answer: a scan over folded texts, which are kept one by
//! one as rows change; ten thousand rows are about a megabyte. Rejected: an index, which is no
//! quicker to show its rows and must be kept in step with every change.

mod filter;

use std::ops::Range;

pub use filter::{DayOf, Filter, Found, Look, RISKS, Span, Whose, find};

/// Decomposes by compatibility and writes in upper case, as the browser does it.
pub type Unicode<'a> = &'a dyn Fn(&str) -> String;

/// Stands before each word of a folded text; no folded word holds it.
const BEGIN: char = '\n';

/// Texts, folded so that words can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Searchable(String);

impl Searchable {
    /// Folds texts; a word never reaches from one into the next.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>, unicode: Unicode<'_>) -> Self {
        let mut folded = Folded::default();
        for text in texts {
            folded.add(&folded_text(text, unicode));
            folded.last = Kind::Gap;
        }
        Self(folded.text)
    }
}

/// The words that somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    needles: Vec<String>,
}

impl Query {
    /// Reads what was typed; signs between words ask for nothing.
    pub fn new(typed: &str, unicode: Unicode<'_>) -> Self {
        let Searchable(words) = Searchable::of([typed], unicode);
        let needle = |word: &str| match word.chars().next().map(kind) {
            // Where no spaces are written, a word may begin anywhere.
            Some(Kind::Spaceless) => word.to_owned(),
            Some(Kind::Gap | Kind::Spaced) | None => {
                [BEGIN.encode_utf8(&mut [0; 4]), word].concat()
            }
        };
        let words = words.split(BEGIN).filter(|word| !word.is_empty());
        let mut needles: Vec<_> = words.map(needle).collect();
        // The longest word is found in the fewest texts.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        Self { needles }
    }

    /// Whether nothing is asked for, so that everything is found.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Whether every word begins some word of the texts.
    pub fn finds(&self, texts: &Searchable) -> bool {
        let Searchable(text) = texts;
        self.needles.iter().all(|needle| text.contains(needle))
    }

    /// The parts of a text that answer to the query, as ranges of its bytes in order.
    pub fn marks(&self, text: &str, unicode: Unicode<'_>) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut folded = Folded::default();
        // Where the character begins that a byte of the folded text came from.
        let mut origins = Vec::new();
        for (at, character) in text.char_indices() {
            folded.add(&folded_text(character.encode_utf8(&mut [0; 4]), unicode));
            origins.resize(folded.text.len(), at);
        }
        let mut marks: Vec<_> = self
            .needles
            .iter()
            .flat_map(|needle| folded.text.match_indices(needle.as_str()))
            .map(|(at, needle)| {
                let last = at + needle.len() - 1;
                let next = origins[last..]
                    .iter()
                    .find(|origin| **origin > origins[last]);
                origins[at]..next.copied().unwrap_or(text.len())
            })
            .map(|mark| mark.start..trimmed(text, mark, unicode))
            .collect();
        marks.sort_unstable_by_key(|mark| mark.start);
        joined(marks)
    }
}

/// The end of a mark, without the signs that follow its last word; at least one character is left.
fn trimmed(text: &str, mark: Range<usize>, unicode: Unicode<'_>) -> usize {
    let mut end = mark.start;
    for (at, character) in text[mark.clone()].char_indices() {
        let folded = folded_text(character.encode_utf8(&mut [0; 4]), unicode);
        let is_gap = folded.chars().any(|folded| kind(folded) == Kind::Gap);
        if is_gap && end > mark.start {
            break;
        }
        end = mark.start + at + character.len_utf8();
    }
    end
}

fn joined(marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    joined
}

/// What a character is to a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Gap,
    /// Of a script that writes spaces between words, or a sign people look for.
    Spaced,
    /// Of a script that writes none, such as Han, Kana, Thai and Khmer.
    Spaceless,
}

/// A text with a mark before each word.
#[derive(Default)]
struct Folded {
    text: String,
    last: Kind,
}

impl Folded {
    fn add(&mut self, folded: &str) {
        for character in folded.chars() {
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

/// A text without case and accents.
fn folded_text(text: &str, unicode: Unicode<'_>) -> String {
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
/// Cyrillic, Hebrew and Arabic points, the tatweel, soft hyphens, variation selectors.
fn is_ignored(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}'
        | '\u{fe00}'..='\u{fe0f}')
}

fn kind(character: char) -> Kind {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As a browser does it, for the letters of these tests.
    fn unicode(text: &str) -> String {
        let apart = |letter: char| match letter {
            'ü' => "U\u{308}".to_owned(),
            'é' => "E\u{301}".to_owned(),
            'ń' | 'Ń' => "N\u{301}".to_owned(),
            'ó' => "O\u{301}".to_owned(),
            'ź' => "Z\u{301}".to_owned(),
            'ί' => "Ι\u{301}".to_owned(),
            other => other.to_uppercase().to_string(),
        };
        text.chars().map(apart).collect()
    }

    fn finds(query: &str, text: &str) -> bool {
        Query::new(query, &unicode).finds(&Searchable::of([text], &unicode))
    }

    fn marked(query: &str, text: &str) -> String {
        let marks = Query::new(query, &unicode).marks(text, &unicode);
        let mut shown = text.to_owned();
        for mark in marks.into_iter().rev() {
            shown.insert(mark.end, ']');
            shown.insert(mark.start, '[');
        }
        shown
    }

    #[test]
    fn every_word_of_a_query_begins_some_word() {
        let text = "Label printer of gate 2 is silent";
        assert!(finds("gate label", text) && finds("PRI 2", text) && finds("", text));
        assert!(!finds("rinter", text), "words are found by their beginning");
        assert!(!finds("label scanner", text), "every word counts");
    }

    #[test]
    fn numbers_and_codes_are_found_as_they_are_written_and_by_their_parts() {
        assert!(finds("INC-1042", "INC-1042") && finds("1042", "INC-1042"));
        assert!(finds("l-7f3k", "L-7F3K-9QXM") && finds("9qx", "L-7F3K-9QXM"));
        assert!(!finds("42", "INC-1042"));
    }

    #[test]
    fn a_word_does_not_reach_from_one_text_into_the_next() {
        let texts = Searchable::of(["Net", "work"], &unicode);
        assert!(!Query::new("network", &unicode).finds(&texts));
        assert!(Query::new("work net", &unicode).finds(&texts));
    }

    #[test]
    fn case_and_accents_do_not_count_in_any_script() {
        assert!(finds("zielinski", "Tomasz Zieliński") && finds("ZIELIŃ", "zielinski"));
        assert!(finds("strasse", "Hauptstraße Straße 5") && finds("straße", "STRASSE"));
        assert!(finds("lodz", "Łódź"));
        assert!(finds("αθηνα", "ΑΘΗΝΑ") && finds("принтер", "Принтер сломан"));
    }

    #[test]
    fn where_no_spaces_are_written_a_word_begins_anywhere() {
        let text = "社内VPNに接続できない";
        assert!(finds("接続", text) && finds("vpn", text) && finds("社内vpn", text));
        assert!(!finds("続接", text));
        assert!(finds("เครื่อง", "เปิดเครื่องพิมพ์ไม่ได้"));
    }

    #[test]
    fn what_is_not_a_word_asks_for_nothing() {
        assert!(Query::new(" – ,.! ", &unicode).is_empty());
        assert!(finds("🖨", "🖨 jammed") && !finds("🖨", "jammed"));
    }

    #[test]
    fn marks_cover_the_characters_that_were_found() {
        assert_eq!(
            marked("pri gat", "Printer of gate 2"),
            "[Pri]nter of [gat]e 2"
        );
        assert_eq!(marked("zielin", "Tomasz Zieliński"), "Tomasz [Zieliń]ski");
        assert_eq!(marked("str", "Straße"), "[Str]aße");
        assert_eq!(marked("stras", "Straße"), "[Straß]e");
        assert_eq!(marked("1042", "INC-1042"), "INC-[1042]");
        assert_eq!(
            marked("inc-1042", "INC-1042, INC-10"),
            "[INC]-[1042], [INC]-10"
        );
        assert_eq!(
            marked("接続", "社内VPNに接続できない"),
            "社内VPNに[接続]できない"
        );
        assert_eq!(marked("", "Printer"), "Printer");
        assert_eq!(marked("a ab", "ab"), "[ab]");
    }
}
