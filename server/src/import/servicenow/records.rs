//! Cuts a CSV text (RFC 4180) into records, and knows the line each begins in.
//!
//! # Design
//! Question: where does a record end that opens a quote and never closes it? Answer: with its own
//! line. A value goes on over lines only if its quote closes, nothing but a comma or the end of
//! the line follows the closing quote, the record has as many columns as the header, and no line
//! that it takes in is a whole record by itself. Rejected: to read on up to the next quote, as
//! CSV readers do, which loses every row between two slips without a word.

use super::Unreadable;

/// A value that is longer was not meant to be one.
const RECORD_BYTES_MAX: usize = 256 * 1024;

/// What is left of a text.
#[derive(Debug)]
pub(super) struct Records<'a> {
    rest: &'a [u8],
    line: u64,
    columns: Option<usize>,
}

/// One record as it stands in the text.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) line: u64,
    text: &'a [u8],
    is_closed: bool,
}

/// What a text amounts to, read up to some line's end.
#[derive(Debug, Clone, Copy)]
struct Scan {
    place: Place,
    columns: usize,
    /// Whether a closing quote was followed by more of the value.
    is_loose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Plain,
    Quoted,
    AfterQuote,
}

impl<'a> Records<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        Self {
            rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
            line: 1,
            columns: None,
        }
    }

    /// From here on, records have as many columns as the header.
    pub(super) fn expect_columns(&mut self, count: usize) {
        self.columns = Some(count);
    }

    /// How long the record is that begins here, and whether its quotes are closed.
    fn measure(&self) -> (usize, bool) {
        let first = first_line(self.rest);
        let mut scan = Scan::BEGIN.over(first);
        if !scan.is_open() {
            return (first.len(), true);
        }
        let mut length = first.len();
        while !scan.is_loose && length < RECORD_BYTES_MAX {
            let line = first_line(&self.rest[length..]);
            if line.is_empty() || self.is_whole(line) {
                break;
            }
            scan = scan.over(line);
            length += line.len();
            if !scan.is_open() {
                let is_whole = !scan.is_loose && self.fits(scan);
                return if is_whole {
                    (length, true)
                } else {
                    (first.len(), false)
                };
            }
        }
        (first.len(), false)
    }

    fn is_whole(&self, line: &[u8]) -> bool {
        let scan = Scan::BEGIN.over(line);
        self.columns.is_some() && self.fits(scan) && !scan.is_open()
    }

    fn fits(&self, scan: Scan) -> bool {
        self.columns.is_none_or(|count| count == scan.columns)
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while matches!(self.rest, [b'\r' | b'\n', ..]) {
            self.rest = &self.rest[first_line(self.rest).len()..];
            self.line += 1;
        }
        if self.rest.is_empty() {
            return None;
        }
        let (length, is_closed) = self.measure();
        let (text, rest) = self.rest.split_at(length);
        let line = self.line;
        self.line += lines(text);
        self.rest = rest;
        Some(Record {
            line,
            text,
            is_closed,
        })
    }
}

impl Record<'_> {
    pub(super) fn fields(&self) -> Result<csv::ByteRecord, Unreadable> {
        if !self.is_closed {
            return Err(Unreadable::Unclosed);
        }
        let mut fields = csv::ByteRecord::new();
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .buffer_capacity(self.text.len())
            .from_reader(self.text)
            .read_byte_record(&mut fields)
            .expect("memory can be read, and any number of columns is taken");
        Ok(fields)
    }
}

impl Scan {
    const BEGIN: Self = Self {
        place: Place::Start,
        columns: 1,
        is_loose: false,
    };

    fn over(mut self, line: &[u8]) -> Self {
        for byte in line {
            self.place = match (self.place, byte) {
                (Place::Quoted, b'"') => Place::AfterQuote,
                (Place::Start | Place::AfterQuote, b'"') | (Place::Quoted, _) => Place::Quoted,
                (place, b'\r' | b'\n') => place,
                (_, b',') => {
                    self.columns += 1;
                    Place::Start
                }
                (place, _) => {
                    self.is_loose |= place == Place::AfterQuote;
                    Place::Plain
                }
            };
        }
        self
    }

    fn is_open(self) -> bool {
        self.place == Place::Quoted
    }
}

/// The first line with its end: LF, CR and LF, or CR alone.
fn first_line(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let length = match end {
        Some(end) if text[end..].starts_with(b"\r\n") => end + 2,
        Some(end) => end + 1,
        None => text.len(),
    };
    &text[..length]
}

fn lines(mut text: &[u8]) -> u64 {
    let mut count = 0;
    while !text.is_empty() {
        text = &text[first_line(text).len()..];
        count += 1;
    }
    count
}
