//! The browser and the system behind a sign-in, in the words that people know them by.
//!
//! Browsers name each other in their user agents, so the order of the tables counts. What is not
//! known stays unnamed: nothing but these words is kept.

use axum::http::{HeaderMap, header};

/// What somebody signed in with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agent {
    /// Empty when it is not known.
    pub browser: String,
    /// Empty when it is not known.
    pub system: String,
}

const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

impl Agent {
    /// Reads the user agent of a request.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Self::read(agent.unwrap_or_default())
    }

    fn read(agent: &str) -> Self {
        let named = |names: &[(&str, &str)]| {
            let found = names.iter().find(|(sign, _)| agent.contains(sign));
            found.map_or_else(String::new, |(_, name)| (*name).to_owned())
        };
        Self {
            browser: named(&BROWSERS),
            system: named(&SYSTEMS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_and_systems_are_known_by_their_names() {
        const CHROME: &str = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0";
        for (agent, browser, system) in [
            (
                format!("Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36"),
                "Chrome",
                "Android",
            ),
            (
                format!(
                    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/130.0"
                ),
                "Edge",
                "Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0".to_owned(),
                "Firefox",
                "Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                "Safari",
                "iPhone",
            ),
            ("curl/8.0".to_owned(), "", ""),
        ] {
            let read = Agent::read(&agent);
            assert_eq!(
                (&*read.browser, &*read.system),
                (browser, system),
                "{agent}"
            );
        }
    }
}
