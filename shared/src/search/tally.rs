//! How many rows answer to a question, kept as they change.
//!
//! Looking through ten thousand rows takes longer than a frame, so a tally looks at a few at a time
//! and at none twice that has not changed. While it does it goes on to say what it said before.

use std::collections::BTreeSet;

use crate::ids::IncidentId;

/// The rows that answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    answering: BTreeSet<IncidentId>,
    /// Those that may have begun or ceased to answer.
    left: BTreeSet<IncidentId>,
    /// Whether every row has been looked at once.
    is_whole: bool,
}

impl Tally {
    /// Notes rows that have come, changed or gone.
    pub fn touch(&mut self, rows: impl IntoIterator<Item = IncidentId>) {
        self.left.extend(rows);
    }

    /// Looks at every row anew: these are all there are.
    pub fn touch_all(&mut self, rows: impl IntoIterator<Item = IncidentId>) {
        // One that is no longer there does not answer.
        self.left.extend(self.answering.iter().copied());
        self.left.extend(rows);
    }

    /// Looks at so many rows at most; says whether others are left. One that is not there does not
    /// answer.
    pub fn look(&mut self, rows_max: usize, mut answers: impl FnMut(IncidentId) -> bool) -> bool {
        for _ in 0..rows_max {
            let Some(row) = self.left.pop_first() else {
                break;
            };
            if answers(row) {
                self.answering.insert(row);
            } else {
                self.answering.remove(&row);
            }
        }
        self.is_whole |= self.left.is_empty();
        !self.left.is_empty()
    }

    /// How many answer; nothing before each was looked at.
    pub fn count(&self) -> Option<usize> {
        self.is_whole.then_some(self.answering.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::time::UnixMillis;

    fn id(nth: u8) -> IncidentId {
        IncidentId::new(UnixMillis(1), [nth; 10])
    }

    /// What may become of rows, of which each is a number and a question asks for even ones.
    #[derive(Debug, Clone)]
    enum Happening {
        Row(u8, u8),
        Gone(u8),
        Look(usize),
        /// All rows are replaced, as when names have changed.
        Anew(BTreeMap<u8, u8>),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            4 => (0..20_u8, any::<u8>()).prop_map(|(of, is)| Happening::Row(of, is)),
            2 => (0..20_u8).prop_map(Happening::Gone),
            2 => (0..8_usize).prop_map(Happening::Look),
            1 => proptest::collection::btree_map(0..20_u8, any::<u8>(), 0..20)
                .prop_map(Happening::Anew),
        ]
    }

    fn look(tally: &mut Tally, rows: &BTreeMap<u8, u8>, rows_max: usize) -> bool {
        let is_even = |(of, is): (&u8, &u8)| is.is_multiple_of(2).then(|| id(*of));
        let even: BTreeSet<_> = rows.iter().filter_map(is_even).collect();
        tally.look(rows_max, |row| even.contains(&row))
    }

    proptest! {
        #[test]
        fn a_count_kept_up_is_that_of_all_rows_counted_anew(
            happenings in proptest::collection::vec(happening(), 0..60)
        ) {
            let mut rows = BTreeMap::new();
            let mut tally = Tally::default();
            for happening in happenings {
                match happening {
                    Happening::Row(of, is) => {
                        rows.insert(of, is);
                        tally.touch([id(of)]);
                    }
                    Happening::Gone(of) => {
                        rows.remove(&of);
                        tally.touch([id(of)]);
                    }
                    Happening::Look(rows_max) => drop(look(&mut tally, &rows, rows_max)),
                    Happening::Anew(others) => {
                        rows = others;
                        tally.touch_all(rows.keys().map(|of| id(*of)));
                    }
                }
            }
            while look(&mut tally, &rows, 3) {}
            let anew = rows.values().filter(|is| is.is_multiple_of(2)).count();
            prop_assert_eq!(tally.count(), Some(anew));
        }
    }

    #[test]
    fn no_count_is_given_before_every_row_was_looked_at_and_the_last_one_meanwhile() {
        let mut tally = Tally::default();
        tally.touch_all((0..10).map(id));
        assert!(tally.look(9, |_| true));
        assert_eq!(tally.count(), None);
        assert!(!tally.look(1, |_| true));
        assert_eq!(tally.count(), Some(10));
        tally.touch_all((0..10).map(id));
        assert_eq!(tally.count(), Some(10));
    }
}
