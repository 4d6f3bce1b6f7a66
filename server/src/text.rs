//! Texts as pages and letters show them.

use chrono::{DateTime, Timelike as _};
use shared::time::UnixMillis;

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

/// A moment, in the one time zone that reads the same everywhere.
pub(crate) fn moment(at: UnixMillis) -> String {
    let moment = DateTime::from_timestamp_millis(at.0).unwrap_or_default();
    let (hour, minute) = (moment.hour(), moment.minute());
    format!("{} {hour:02}:{minute:02} UTC", moment.date_naive())
}

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
}
