//! The origin under which browsers know the server (RFC 6454).

use std::fmt;
use std::str::FromStr;

/// Scheme and authority, lower case, without a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// A text that is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an origin: http(s)://host[:port] is expected")]
pub struct BadOrigin;

impl Origin {
    pub fn localhost(port: u16) -> Self {
        Self {
            scheme: Scheme::Http,
            authority: format!("localhost:{port}"),
        }
    }

    /// Whether cookies must be kept to encrypted connections: always but on plain localhost.
    pub fn needs_secure_cookies(&self) -> bool {
        !(self.scheme == Scheme::Http && self.is_loopback())
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Whether a page of the origin named by a request's `Origin` may write.
    ///
    /// A server that runs on the visitor's own machine has several names and, behind a test's
    /// proxy, several ports; there the address that the browser asked for is as good.
    pub fn allows(&self, origin: &str, host: Option<&str>) -> bool {
        let Ok(asked) = origin.parse::<Self>() else {
            return false;
        };
        let is_own_host = host.is_some_and(|host| host.eq_ignore_ascii_case(&asked.authority));
        asked == *self || (self.is_loopback() && asked.is_loopback() && is_own_host)
    }

    fn is_loopback(&self) -> bool {
        let host = self
            .authority
            .rsplit_once(':')
            .map_or(&*self.authority, |(host, port)| {
                if port.ends_with(']') {
                    &self.authority
                } else {
                    host
                }
            });
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    }
}

impl FromStr for Origin {
    type Err = BadOrigin;

    fn from_str(text: &str) -> Result<Self, BadOrigin> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = match text.split_once("://") {
            Some(("http", authority)) => (Scheme::Http, authority.trim_end_matches(":80")),
            Some(("https", authority)) => (Scheme::Https, authority.trim_end_matches(":443")),
            Some(_) | None => return Err(BadOrigin),
        };
        let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter);
        if authority.is_empty() || !authority.chars().all(fits) {
            return Err(BadOrigin);
        }
        Ok(Self {
            scheme,
            authority: authority.to_owned(),
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        text.parse().expect("an origin")
    }

    #[test]
    fn an_origin_has_no_path_and_no_other_scheme() {
        for bad in [
            "",
            "example.org",
            "ftp://example.org",
            "https://",
            "https://a/b",
            "null",
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(BadOrigin), "{bad}");
        }
        assert_eq!(
            origin("HTTPS://Desk.Example.org:443"),
            origin("https://desk.example.org")
        );
    }

    #[test]
    fn only_plain_localhost_goes_without_secure_cookies() {
        assert!(!origin("http://localhost:8080").needs_secure_cookies());
        assert!(!origin("http://[::1]:8080").needs_secure_cookies());
        assert!(origin("https://localhost").needs_secure_cookies());
        assert!(origin("http://desk.example.org").needs_secure_cookies());
        assert!(origin("http://localhost.example.org").needs_secure_cookies());
    }

    #[test]
    fn a_public_server_knows_one_origin() {
        let desk = origin("https://desk.example.org");
        assert!(desk.allows("https://desk.example.org", None));
        assert!(!desk.allows("http://desk.example.org", Some("desk.example.org")));
        assert!(!desk.allows("https://evil.example", Some("evil.example")));
        assert!(!desk.allows("null", Some("desk.example.org")));
    }

    #[test]
    fn a_local_server_answers_to_its_other_names_and_to_no_public_one() {
        let local = Origin::localhost(8080);
        assert!(local.allows("http://127.0.0.1:9090", Some("127.0.0.1:9090")));
        assert!(!local.allows("http://localhost:3000", Some("localhost:8080")));
        assert!(!local.allows("http://evil.example:8080", Some("evil.example:8080")));
    }
}
