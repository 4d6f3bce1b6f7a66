//! Texts as pages and letters show them.

use chrono::{DateTime, Datelike as _, Timelike as _};
use shared::time::UnixMillis;
use unicode_normalization::UnicodeNormalization as _;

/// Text as HTML shows it, also inside a quoted attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A moment as a language writes it, in the one time zone that reads the same everywhere.
pub(crate) fn moment(at: UnixMillis, language: &str) -> String {
    let moment = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    let (day, month, year) = (moment.day(), moment.month0(), moment.year());
    let (hour, minute) = (moment.hour(), moment.minute());
    if language == "de" {
        let month = month + 1;
        format!("{day:02}.{month:02}.{year}, {hour:02}:{minute:02} Uhr (UTC)")
    } else {
        let month = MONTHS[month as usize];
        format!("{day} {month} {year}, {hour:02}:{minute:02} (UTC)")
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Bytes as two lower-case digits each.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(digit), 16).expect("a nibble is a digit"));
            }
            text
        })
}

/// Decomposes by compatibility and writes in upper case, as browsers do.
pub(crate) fn unicode(text: &str) -> String {
    text.nfkd().collect::<String>().to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_element_or_attribute() {
        let bad = "\"><script>alert('x')</script>&amp;";
        let safe = escaped(bad);
        assert!(!safe.contains(['<', '>', '"', '\'']));
        assert_eq!(escaped("שלום 🙂 Ünïcode"), "שלום 🙂 Ünïcode");
    }

    #[test]
    fn a_moment_is_written_as_its_language_does() {
        let at = UnixMillis(1_764_408_960_000);
        assert_eq!(moment(at, "de"), "29.11.2025, 09:36 Uhr (UTC)");
        assert_eq!(moment(at, "en"), "29 Nov 2025, 09:36 (UTC)");
    }
}
