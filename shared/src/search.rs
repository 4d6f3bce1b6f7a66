//! Word search over rows: every word of a query begins some word of what is searched.
//!
//! Case, accents and script do not count. The tables of Unicode are not compiled in here, since
//! they weigh much in a browser that has them already: whoever asks passes a function that
//! decomposes by compatibility (NFKD) and writes in upper case, and only texts beyond ASCII reach
//! it. What is searched is folded once and kept; a query then looks for bytes.
//!
//! # Design
//! Question: an index of words, or a scan? Answer: a scan over folded texts, which are kept one by
//! one as rows change; ten thousand rows are about a megabyte. Rejected: an index, which is no
//! quicker to show its rows and must be kept in step with every change.

mod complete;
mod conditions;
mod filter;
mod folding;
pub mod mentions;
mod palette;
mod question;
mod tally;

use std::ops::Range;

use folding::{Folded, Kind, Umlaut, folded_text, kind, words};

pub use complete::{Completion, complete};
pub use conditions::{AnyOf, Asker, Condition, Conditions, Test};
pub use filter::{DayOf, Filter, Found, Look, RISKS, Span, Whose, find};
pub use palette::{Fit, fit};
pub use question::{
    Age, Asks, Called, Compared, Day, Fault, Field, Moment, Naming, Question, Reading, StateIs,
    Term, Time, Unit, Wrong, read,
};
pub use tally::Tally;

/// Decomposes by compatibility and writes in upper case, as the browser does it.
pub type Unicode<'a> = &'a dyn Fn(&str) -> String;

/// Stands before each word of a folded text; no folded word holds it.
const BEGIN: char = '\n';
const BEGIN_BYTE: u8 = b'\n';

/// Lies between words of which none follows the other in a text.
const APART: &str = "\n\n";

/// The two points above a letter.
const DIAERESIS: char = '\u{308}';

/// Texts, folded so that words can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Searchable {
    text: String,
    begins: Begins,
}

impl Searchable {
    /// Folds texts; a word never reaches from one into the next. A word with an umlaut is there
    /// twice, the second time as it is typed without one.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>, unicode: Unicode<'_>) -> Self {
        let mut all = String::new();
        for text in texts {
            let folded = folded_text(text, unicode);
            let bare = words(&folded, Umlaut::Bare);
            let spelled = spelled(&folded, &bare);
            all.push_str(&bare);
            all.extend(spelled.map(|(_, spelled)| [APART, &spelled].concat()));
            all.push_str(APART);
        }
        let begins = Begins::of(&all);
        Self { text: all, begins }
    }
}

/// What people type of a number beside the number itself: its digits where no hyphen stands before
/// them, and its digits without leading zeros. Each ends the number: of `INC0000433` the parts
/// `0000433` and `433`.
pub fn tails(number: &str) -> impl Iterator<Item = &str> {
    let letters = number.trim_end_matches(|one: char| one.is_ascii_digit());
    let digits = &number[letters.len()..];
    let short = digits.trim_start_matches('0');
    let is_number = !letters.contains(|one: char| one.is_ascii_digit());
    let begins_no_word = letters.ends_with(|one: char| one.is_ascii_alphabetic());
    let tails = [
        begins_no_word.then_some(digits),
        (short != digits).then_some(short),
    ];
    let tails = tails.into_iter().flatten();
    tails.filter(move |tail| is_number && !tail.is_empty())
}

/// How words of a text begin, as bits: what is not among them need not be looked for in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Begins {
    /// By the first byte of a word.
    one: u64,
    /// By the first two.
    two: u64,
}

impl Begins {
    fn of(text: &str) -> Self {
        let mut all = Self::default();
        let words = text.split(BEGIN).map(str::as_bytes);
        for word in words {
            if let [one, rest @ ..] = word {
                all.one |= bit(*one, 0);
                all.two |= rest.first().map_or(0, |two| bit(*one, *two));
            }
        }
        all
    }

    /// Whether a text may hold what is looked for.
    fn may_hold(self, way: &str) -> bool {
        match way.as_bytes() {
            [BEGIN_BYTE, one, two, ..] if *two != BEGIN_BYTE => self.two & bit(*one, *two) != 0,
            [BEGIN_BYTE, one, ..] => self.one & bit(*one, 0) != 0,
            _ => true,
        }
    }
}

fn bit(one: u8, two: u8) -> u64 {
    1 << (one.wrapping_mul(5).wrapping_add(two.wrapping_mul(29)) % 64)
}

/// The words that somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Of each word the ways to write it, of which any one is enough.
    needles: Vec<Vec<String>>,
}

impl Query {
    /// Reads what was typed; signs between words ask for nothing.
    pub fn new(typed: &str, unicode: Unicode<'_>) -> Self {
        let folded = folded_text(typed, unicode);
        let bare = words(&folded, Umlaut::Bare);
        let spelled: Vec<_> = spelled(&folded, &bare).collect();
        let needle = |(place, word): (usize, &str)| {
            let also = spelled.iter().find(|(of, _)| *of == place);
            let also = also.map(|(_, spelled)| from_the_beginning(spelled));
            let ways = [Some(from_the_beginning(word)), also, hyphenated(word)];
            ways.into_iter().flatten().collect()
        };
        let all = bare.split(BEGIN).enumerate();
        let all = all.filter(|(_, word)| !word.is_empty());
        let mut needles: Vec<Vec<_>> = all.map(needle).collect();
        // The longest word is found in the fewest texts.
        needles.sort_by_key(|ways| std::cmp::Reverse(ways[0].len()));
        Self { needles }
    }

    /// Reads words that have to follow each other.
    pub fn phrase(typed: &str, unicode: Unicode<'_>) -> Self {
        let folded = folded_text(typed, unicode);
        let ways = [Umlaut::Bare, Umlaut::Spelled].map(|umlaut| words(&folded, umlaut));
        let mut ways = ways
            .map(|way| from_the_beginning(way.trim_matches(BEGIN)))
            .to_vec();
        ways.dedup();
        let number = hyphenated(ways[0].trim_start_matches(BEGIN));
        ways.extend(number);
        let is_nothing = ways[0].trim_matches(BEGIN).is_empty();
        let needles = if is_nothing { Vec::new() } else { vec![ways] };
        Self { needles }
    }

    /// Whether nothing is asked for, so that everything is found.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Whether every word begins some word of the texts.
    pub fn finds(&self, texts: &Searchable) -> bool {
        let Searchable { text, begins } = texts;
        let is_there = |way: &String| begins.may_hold(way) && text.contains(way.as_str());
        self.needles.iter().all(|ways| ways.iter().any(is_there))
    }

    /// The parts of a text that answer to the query, as ranges of its bytes in order.
    pub fn marks(&self, text: &str, unicode: Unicode<'_>) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut marks = self.marks_in(text, Umlaut::Bare, unicode);
        marks.extend(self.marks_in(text, Umlaut::Spelled, unicode));
        joined(marks)
    }

    fn marks_in(&self, text: &str, umlaut: Umlaut, unicode: Unicode<'_>) -> Vec<Range<usize>> {
        let mut folded = Folded::new(umlaut);
        // Where the character begins that a byte of the folded text came from.
        let mut origins = Vec::new();
        for (at, character) in text.char_indices() {
            folded.add(&folded_text(character.encode_utf8(&mut [0; 4]), unicode));
            origins.resize(folded.text.len(), at);
        }
        let ways = self.needles.iter().flatten();
        ways.flat_map(|way| folded.text.match_indices(way.as_str()))
            .map(|(at, way)| {
                let last = at + way.len() - 1;
                let next = origins[last..]
                    .iter()
                    .find(|origin| **origin > origins[last]);
                origins[at]..next.copied().unwrap_or(text.len())
            })
            .map(|mark| mark.start..trimmed(text, mark, unicode))
            .collect()
    }
}

/// A word as it begins in a folded text; where no spaces are written, it may begin anywhere.
fn from_the_beginning(word: &str) -> String {
    match word.chars().next().map(kind) {
        Some(Kind::Spaceless) => word.to_owned(),
        Some(Kind::Gap | Kind::Spaced) | None => [BEGIN.encode_utf8(&mut [0; 4]), word].concat(),
    }
}

/// A number that was typed without its hyphen, as it is written with one: `INC1042`.
fn hyphenated(word: &str) -> Option<String> {
    let at = word.find(|character: char| !character.is_ascii_alphabetic())?;
    let (letters, rest) = word.split_at(at);
    let is_number = !letters.is_empty() && rest.bytes().next()?.is_ascii_digit();
    is_number.then(|| ["\n", letters, "\n", rest].concat())
}

/// The words that hold an umlaut, as they are typed without one, each with its place among all.
fn spelled(folded: &str, bare: &str) -> impl Iterator<Item = (usize, String)> {
    let spelled = folded.contains(DIAERESIS);
    let spelled = spelled.then(|| words(folded, Umlaut::Spelled));
    let bare: Vec<_> = bare.split(BEGIN).map(str::to_owned).collect();
    let all = spelled.unwrap_or_default();
    let all: Vec<_> = all.split(BEGIN).map(str::to_owned).collect();
    let pairs = all.into_iter().zip(bare).enumerate();
    pairs.filter_map(|(place, (spelled, bare))| (spelled != bare).then_some((place, spelled)))
}

/// The end of a mark, without the signs that follow its last word; at least one character is left.
fn trimmed(text: &str, mark: Range<usize>, unicode: Unicode<'_>) -> usize {
    let mut end = mark.start;
    for (at, character) in text[mark.clone()].char_indices() {
        let folded = folded_text(character.encode_utf8(&mut [0; 4]), unicode);
        let is_gap = folded.chars().any(|folded| kind(folded) == Kind::Gap);
        if !is_gap || end == mark.start {
            end = mark.start + at + character.len_utf8();
        }
    }
    end
}

/// In order, those that meet as one.
fn joined(mut marks: Vec<Range<usize>>) -> Vec<Range<usize>> {
    marks.sort_unstable_by_key(|mark| mark.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for mark in marks {
        match joined.last_mut() {
            Some(last) if mark.start <= last.end => last.end = last.end.max(mark.end),
            _ => joined.push(mark),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As a browser does it, for the letters of these tests.
    fn unicode(text: &str) -> String {
        let apart = |letter: char| match letter {
            'ä' => "A\u{308}".to_owned(),
            'ö' | 'Ö' => "O\u{308}".to_owned(),
            'ü' => "U\u{308}".to_owned(),
            'ë' => "E\u{308}".to_owned(),
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
    fn an_umlaut_is_found_with_and_without_its_points_and_as_it_is_typed_without_them() {
        let text = "Frau Böhm, Prüfer in Köln";
        assert!(finds("boehm", text) && finds("bohm", text) && finds("BÖHM", text));
        assert!(finds("pruef koe", text) && finds("böhm", "Boehm") && finds("böhm", "Bohm"));
        assert!(finds("boe", text) && finds("bo", text) && !finds("beohm", text));
        assert!(
            finds("zoe", "Zoë") && !finds("zoee", "Zoë"),
            "only a, o and u"
        );
        assert!(finds("bohm", "Bo\u{308}hm") && finds("boehm", "Bo\u{308}hm"));
        assert!(!finds("bohmpruefer", "Böhm Prüfer"));
    }

    #[test]
    fn a_number_is_found_without_its_hyphen() {
        assert!(!finds("u7", "7ä u"), "the words stand the other way round");
        assert!(finds("INC1017", "INC-1017") && finds("inc10", "INC-1017"));
        assert!(finds("inc1017", "INC1017") && !finds("inc017", "INC-1017"));
        assert!(!finds("1017inc", "INC-1017") && finds("l7f3k", "L-7F3K-9QXM"));
    }

    #[test]
    fn a_number_is_found_by_its_digits_and_by_those_after_its_zeros() {
        let check = |number, wanted: &[&str]| {
            assert_eq!(tails(number).collect::<Vec<_>>(), wanted, "{number}");
        };
        check("INC2002680", &["2002680"]);
        check("INC0000433", &["0000433", "433"]);
        check("INC-0433", &["433"]);
        check("INC-1050", &[]);
        check("0007", &["7"]);
        check("INC000", &["000"]);
        check("INC", &[]);
        check("x86-INC5", &[]);
        check("", &[]);

        let number = "INC0000433";
        let row = Searchable::of(
            [number, "An mp3 player"].into_iter().chain(tails(number)),
            &unicode,
        );
        let finds = |typed| Query::new(typed, &unicode).finds(&row);
        assert!(finds("433") && finds("0000433") && finds("inc0000433") && finds("00004"));
        assert!(
            !finds("33") && !finds("3"),
            "no part of a number begins within its digits"
        );
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
        assert_eq!(marked("boeh", "Frau Böhm"), "Frau [Böh]m");
        assert_eq!(marked("boe", "Bo\u{308}hm"), "[Bo\u{308}]hm");
        assert_eq!(marked("bo", "Bo\u{308}hm Boe"), "[Bo\u{308}]hm [Bo]e");
        assert_eq!(marked("inc1017", "See INC-1017"), "See [INC-1017]");
    }

    /// Words with umlauts and without, between signs, as subjects hold them.
    fn words_of_people() -> impl Strategy<Value = String> {
        let letter = prop::sample::select(vec!["a", "o", "u", "ä", "ö", "ü", "ß", "e", "h", "m"]);
        let letter = prop_oneof![
            letter,
            prop::sample::select(vec!["7", "4", "u\u{308}", "接"])
        ];
        let word = prop::collection::vec(letter, 1..5).prop_map(|word| word.concat());
        let between = prop::sample::select(vec![" ", "-", ", "]);
        prop::collection::vec((word, between), 1..5)
            .prop_map(|all| all.into_iter().map(|(word, then)| word + then).collect())
    }

    /// As somebody types it whose keyboard lacks umlauts.
    fn typed_without_umlauts(text: &str) -> String {
        let spelled = [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("u\u{308}", "ue")];
        let spell = |text: String, (umlaut, typed)| text.replace(umlaut, typed);
        spelled.into_iter().fold(text.to_owned(), spell)
    }

    proptest! {
        #[test]
        fn what_is_typed_without_umlauts_finds_what_is_written_with_them(
            text in words_of_people(),
        ) {
            let typed = typed_without_umlauts(&text);
            prop_assert!(finds(&typed, &text), "{typed}");
            prop_assert!(finds(&text, &typed), "{typed}");
        }

        #[test]
        fn marks_lie_in_order_and_apart_and_are_there_where_something_is_found(
            query in words_of_people(),
            text in words_of_people(),
        ) {
            let asked = Query::new(&query, &unicode);
            let marks = asked.marks(&text, &unicode);
            let mut from = 0;
            for mark in &marks {
                prop_assert!(from <= mark.start && mark.start < mark.end);
                prop_assert!(text.get(mark.clone()).is_some(), "{mark:?} cuts a character");
                from = mark.end + 1;
            }
            if asked.finds(&Searchable::of([text.as_str()], &unicode)) {
                prop_assert!(!marks.is_empty());
            }
        }
    }
}
