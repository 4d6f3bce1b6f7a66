//! The session cookie (RFC 6265).

use axum::http::{HeaderMap, HeaderValue, header};

use crate::config::Origin;
use crate::text::hex;

const NAME: &str = "holdfast_session";

pub(super) fn set(token: &[u8; 32], days: u32, origin: &Origin) -> HeaderValue {
    let seconds = u64::from(days) * 24 * 60 * 60;
    value(&hex(token), seconds, origin)
}

pub(super) fn clear(origin: &Origin) -> HeaderValue {
    value("", 0, origin)
}

fn value(token: &str, seconds: u64, origin: &Origin) -> HeaderValue {
    let secure = if origin.needs_secure_cookies() {
        "; Secure"
    } else {
        ""
    };
    let text =
        format!("{NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).expect("hexadecimal digits and constants")
}

/// The bytes in the session cookie of a request.
pub(super) fn token(headers: &HeaderMap) -> Option<[u8; 32]> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(|line| line.split(';')).map(str::trim);
    let text = cookies.find_map(|cookie| cookie.strip_prefix(NAME)?.strip_prefix('='))?;
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let bytes: Vec<u8> = digits?
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit))
        .collect();
    if text.len() == 64 {
        bytes.try_into().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))])
    }

    #[test]
    fn a_token_survives_the_browser() {
        let token: [u8; 32] = std::array::from_fn(|place| u8::try_from(place * 8).unwrap_or(0));
        let set = set(&token, 1, &Origin::localhost(1));
        let text = set.to_str().expect("ASCII").to_owned();
        let sent = format!("other=1; {}", text.split(';').next().unwrap_or_default());
        let headers =
            HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&sent).expect("ASCII"))]);
        assert_eq!(super::token(&headers), Some(token));
        assert!(text.ends_with("Path=/; Max-Age=86400; HttpOnly; SameSite=Strict"));
    }

    #[test]
    fn what_is_no_token_is_no_session() {
        for bad in [
            "",
            "holdfast_session",
            "holdfast_session=",
            "holdfast_session=00ff",
            "holdfast_sessions=00",
        ] {
            assert_eq!(token(&cookies(bad)), None, "{bad}");
        }
    }
}
