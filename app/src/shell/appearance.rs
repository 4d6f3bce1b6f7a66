//! How the page looks on this device: light or dark, desk or field. The boot file applies what is
//! remembered before the first paint.

use crate::ui::browser;

const THEME: &str = "holdfast-theme";
const DENSITY: &str = "holdfast-density";

/// A look: as the system, or one that the person chose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Theme {
    Auto,
    Light,
    Dark,
    Sun,
}

impl Theme {
    pub(super) const ALL: [Self; 4] = [Self::Auto, Self::Light, Self::Dark, Self::Sun];

    fn word(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
            Self::Sun => Some("sun"),
        }
    }

    pub(super) fn current() -> Self {
        let word = browser::page_attribute("data-theme");
        Self::ALL
            .into_iter()
            .find(|theme| theme.word() == word.as_deref())
            .unwrap_or(Self::Auto)
    }

    pub(super) fn choose(self) {
        browser::show_on_page("data-theme", self.word());
        browser::store(THEME, self.word());
    }
}

/// Whether targets are large on this device.
pub(super) fn is_field() -> bool {
    browser::page_attribute("data-density").as_deref() == Some("field")
}

pub(super) fn set_field(is_field: bool) {
    let word = is_field.then_some("field");
    browser::show_on_page("data-density", word);
    browser::store(DENSITY, word);
    // Lists measure their rows anew.
    browser::announce("resize");
}

/// Large targets by themselves where fingers point, unless the person chose otherwise.
pub(super) fn follow() {
    if browser::stored(DENSITY).is_none() && browser::matches("(pointer: coarse)") {
        browser::show_on_page("data-density", Some("field"));
    }
}
