//! How it is spelled that a rule decided.

use crate::incidents::{Outcome, Ruled};

use super::Spelling;

impl Spelling {
    pub(super) fn ruled(&mut self, ruled: &Ruled) {
        self.text("rule", &ruled.rule);
        self.int("version", i64::from(ruled.version));
        let gave: Vec<_> = ruled.gave.iter().map(|one| one.word()).collect();
        self.text("gave", &gave.join(" "));
    }

    pub(super) fn take_ruled(&mut self) -> Option<Ruled> {
        Some(Ruled {
            rule: self.take_text("rule")?,
            version: u32::try_from(self.take_int("version")?).ok()?,
            gave: self.take_gave()?,
        })
    }

    /// An outcome that a later version knows stays behind.
    fn take_gave(&mut self) -> Option<Vec<Outcome>> {
        let text = self.take_text("gave")?;
        let words = text.split(' ').filter(|word| !word.is_empty());
        let (known, later): (Vec<_>, Vec<_>) =
            words.partition(|word| Outcome::from_word(word).is_some());
        if !later.is_empty() {
            self.text("gave", &later.join(" "));
        }
        Some(known.into_iter().filter_map(Outcome::from_word).collect())
    }
}
