//! Reading a question, and writing it as it is read.

use std::fmt::{self, Write as _};
use std::ops::Range;

use chrono::Datelike as _;

use super::words::{HOLDS, PRIORITIES, RISKS, STATES, one_of, word_of};
use super::{
    Age, Asks, Called, Compared, Fault, Field, Naming, Question, Reading, Term, Time, Unit, Wrong,
    nearest,
};

/// A day by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Today,
    Yesterday,
    /// Of the calendar; it exists.
    Date(chrono::NaiveDate),
}

/// Reads what was typed.
pub fn read(typed: &str) -> Reading {
    let mut reader = Reader {
        typed,
        at: 0,
        reading: Reading::default(),
    };
    while reader.skip_spaces() {
        reader.term();
    }
    reader.reading
}

struct Reader<'t> {
    typed: &'t str,
    at: usize,
    reading: Reading,
}

/// A value as it stands.
struct Value<'t> {
    text: &'t str,
    is_quoted: bool,
    place: Range<usize>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.typed[self.at..]
    }

    /// Whether anything follows.
    fn skip_spaces(&mut self) -> bool {
        self.at = self.typed.len() - self.rest().trim_start().len();
        self.at < self.typed.len()
    }

    fn term(&mut self) {
        let from = self.at;
        let negated = self.rest().strip_prefix('-');
        let is_not = negated.is_some_and(|rest| rest.starts_with(|one: char| !one.is_whitespace()));
        self.at += usize::from(is_not);
        let asks = match self.rest().strip_prefix('"') {
            Some(_) => {
                let phrase = self.quoted().to_owned();
                (!phrase.trim().is_empty()).then_some(Asks::Phrase(phrase))
            }
            None => self.unquoted(),
        };
        if let Some(asks) = asks {
            self.reading.question.terms.push(Term { is_not, asks });
            self.reading.places.push(from..self.at);
        }
    }

    /// What lies between quotation marks, of which the second may still be missing.
    fn quoted(&mut self) -> &'t str {
        let inner = &self.rest()[1..];
        let end = inner.find('"');
        self.at += 1 + end.map_or(inner.len(), |end| end + 1);
        &inner[..end.unwrap_or(inner.len())]
    }

    fn unquoted(&mut self) -> Option<Asks> {
        let rest = self.rest();
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        let parts = word.split_once(':');
        // A sentence may hold a colon before a space.
        let parts = parts.filter(|(_, value)| !value.is_empty() || end == rest.len());
        let name = parts
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphabetic()));
        let field = name.and_then(Field::of_word);
        match (field, name) {
            (Some(field), Some(name)) => return self.field(field, name.len() + 1),
            (None, Some(name)) => self.miss_field(name, &word[name.len() + 1..]),
            (_, None) => {}
        }
        self.at += end;
        // A field's word before a space is a word; at the end of a line it would be a field again.
        let bare = word.trim_end_matches(':');
        let word = if Field::of_word(bare).is_some() {
            bare
        } else {
            word
        };
        Some(Asks::Word(word.to_owned()))
    }

    /// Addresses and paths hold a colon, too.
    fn miss_field(&mut self, name: &str, value: &str) {
        let fields = Field::ALL.iter().map(|(_, word)| *word);
        let instead = nearest(name, fields).map(str::to_owned);
        let is_sentence = value.is_empty() && instead.is_none();
        if name.len() > 1 && !is_sentence && !value.starts_with(['/', '\\']) {
            let place = self.at..self.at + name.len();
            self.miss(place, Wrong::Field, instead);
        }
    }

    fn miss(&mut self, place: Range<usize>, what: Wrong, instead: Option<String>) {
        let fault = Fault {
            place,
            what,
            instead,
        };
        self.reading.faults.push(fault);
    }

    /// The values of a field; the whole of it is a word if one is not understood.
    fn field(&mut self, field: Field, to_values: usize) -> Option<Asks> {
        let from = self.at;
        self.at += to_values;
        let mut values = self.values();
        let is_begun = |value: &Value<'_>| {
            value.place.end == self.typed.len() && !value.is_quoted && begins(field, value.text)
        };
        let before = values.len();
        values.retain(|value| !value.text.trim().is_empty() && !is_begun(value));
        if values.len() < before {
            self.miss(from..self.at, Wrong::NoValue, None);
        }
        if values.is_empty() {
            return None;
        }
        let values: Vec<_> = values.iter().collect();
        let understood = asks(field, &values);
        if let Err(wrong) = &understood {
            let instead = nearest(wrong.text, field.words());
            let instead = instead.map(str::to_owned);
            self.miss(wrong.place.clone(), Wrong::Value(field), instead);
        }
        let word = || Asks::Phrase(self.typed[from..self.at].replace('"', " "));
        Some(understood.unwrap_or_else(|_| word()))
    }

    fn values(&mut self) -> Vec<Value<'t>> {
        let mut values = Vec::new();
        loop {
            let from = self.at;
            let is_quoted = self.rest().starts_with('"');
            let text = if is_quoted {
                self.quoted()
            } else {
                let rest = self.rest();
                let ends = |one: char| one == ',' || one.is_whitespace();
                let text = &rest[..rest.find(ends).unwrap_or(rest.len())];
                self.at += text.len();
                text
            };
            values.push(Value {
                text,
                is_quoted,
                place: from..self.at,
            });
            if !self.rest().starts_with(',') {
                return values;
            }
            self.at += 1;
        }
    }
}

/// Whether a value is on its way: typed on, it may be one.
fn begins(field: Field, text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_beginning = |word: &&str| word.starts_with(&lower) && word.len() > lower.len();
    let is_known = matches!(
        field,
        Field::State | Field::Priority | Field::Risk | Field::Hold
    );
    let is_time = matches!(field, Field::Time(_)) && time(text).is_none();
    let of_time = |one: char| one.is_ascii_digit() || matches!(one, '<' | '>' | '=' | '-');
    let word_begins = field.words().iter().any(is_beginning);
    let digits = text.trim_start_matches(['<', '>', '=']);
    let could_be_time = || digits.len() < "2026-11-20".len() && text.chars().all(of_time);
    is_known && word_begins || is_time && (word_begins || could_be_time())
}

fn asks<'v, 't>(field: Field, values: &[&'v Value<'t>]) -> Result<Asks, &'v Value<'t>> {
    Ok(match field {
        Field::State => Asks::State(each(values, |text| one_of(&STATES, text))?),
        Field::Priority => Asks::Priority(each(values, |text| one_of(&PRIORITIES, text))?),
        Field::Risk => Asks::Risk(each(values, |text| one_of(&RISKS, text))?),
        Field::Hold => Asks::Hold(each(values, |text| one_of(&HOLDS, text))?),
        Field::Time(moment) => Asks::Time(moment, each(values, time)?),
        Field::Named(naming) => {
            let called = values.iter().map(|value| called(naming, value));
            Asks::Named(naming, called.collect())
        }
    })
}

fn each<'v, 't, T>(
    values: &[&'v Value<'t>],
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, &'v Value<'t>> {
    let values = values.iter();
    values.map(|value| read(value.text).ok_or(*value)).collect()
}

fn called(naming: Naming, value: &Value<'_>) -> Called {
    let words = Field::Named(naming).words();
    let is = |word: &str| {
        !value.is_quoted && words.contains(&word) && value.text.eq_ignore_ascii_case(word)
    };
    if is("me") {
        Called::Mine
    } else if is("none") {
        Called::Nothing
    } else {
        Called::Name(value.text.replace('"', ""))
    }
}

fn time(text: &str) -> Option<Time> {
    const SIGNS: [(&str, Compared); 4] = [
        (">=", Compared::Since),
        ("<=", Compared::Until),
        (">", Compared::After),
        ("<", Compared::Before),
    ];
    let compared = SIGNS.iter().find_map(|(sign, compared)| {
        let rest = text.strip_prefix(sign)?;
        Some((*compared, rest))
    });
    let (compared, rest) = compared.unwrap_or((Compared::On, text));
    if let Some(day) = day(rest) {
        return Some(Time::Day(compared, day));
    }
    let age = age(rest)?;
    Some(match compared {
        Compared::After | Compared::Since => Time::Before(age),
        Compared::On | Compared::Before | Compared::Until => Time::Within(age),
    })
}

fn day(text: &str) -> Option<Day> {
    if text.eq_ignore_ascii_case("today") {
        return Some(Day::Today);
    }
    if text.eq_ignore_ascii_case("yesterday") {
        return Some(Day::Yesterday);
    }
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_date = year.len() == 4 && parts.next().is_none();
    let number = |part: &str| {
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| is_number)
    };
    let year = number(year).filter(|_| is_date)?.cast_signed();
    chrono::NaiveDate::from_ymd_opt(year, number(month)?, number(day)?).map(Day::Date)
}

fn age(text: &str) -> Option<Age> {
    let digits = text.trim_end_matches(|one: char| !one.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "h" | "H" => Unit::Hours,
        "d" | "D" => Unit::Days,
        "w" | "W" => Unit::Weeks,
        _ => return None,
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.parse().ok().filter(|_| is_number)?;
    Some(Age { count, unit })
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, Term { is_not, asks }) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            if *is_not {
                f.write_char('-')?;
            }
            write!(f, "{asks}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Phrase(phrase) => write!(f, "\"{phrase}\""),
            Self::State(all) => list(f, Field::State, all, |one| word_of(&STATES, one).to_owned()),
            Self::Priority(all) => list(f, Field::Priority, all, |one| {
                word_of(&PRIORITIES, one).to_owned()
            }),
            Self::Risk(all) => list(f, Field::Risk, all, |one| word_of(&RISKS, one).to_owned()),
            Self::Hold(all) => list(f, Field::Hold, all, |one| word_of(&HOLDS, one).to_owned()),
            Self::Named(naming, all) => list(f, Field::Named(*naming), all, ToString::to_string),
            Self::Time(moment, all) => list(f, Field::Time(*moment), all, ToString::to_string),
        }
    }
}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    field: Field,
    all: &[T],
    word: impl Fn(&T) -> String,
) -> fmt::Result {
    let all: Vec<_> = all.iter().map(word).collect();
    write!(f, "{}:{}", field.word(), all.join(","))
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mine => f.write_str("me"),
            Self::Nothing => f.write_str("none"),
            Self::Name(name) => {
                let is_word = |word: &str| name.eq_ignore_ascii_case(word);
                let parts = |one: char| one == ',' || one.is_whitespace();
                if is_word("me") || is_word("none") || name.contains(parts) {
                    write!(f, "\"{name}\"")
                } else {
                    f.write_str(name)
                }
            }
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(age) => write!(f, ">{age}"),
            Self::Within(age) => write!(f, "<{age}"),
            Self::Day(compared, day) => {
                f.write_str(match compared {
                    Compared::On => "",
                    Compared::Before => "<",
                    Compared::Until => "<=",
                    Compared::After => ">",
                    Compared::Since => ">=",
                })?;
                match day {
                    Day::Today => f.write_str("today"),
                    Day::Yesterday => f.write_str("yesterday"),
                    Day::Date(date) => {
                        let (year, month, day) = (date.year(), date.month(), date.day());
                        write!(f, "{year:04}-{month:02}-{day:02}")
                    }
                }
            }
        }
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, unit } = self;
        let unit = match unit {
            Unit::Hours => 'h',
            Unit::Days => 'd',
            Unit::Weeks => 'w',
        };
        write!(f, "{count}{unit}")
    }
}
