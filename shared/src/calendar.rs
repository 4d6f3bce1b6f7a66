//! The hours that count: when the clocks of service levels run.
//!
//! The server compiles a calendar, with its time zone, its daylight saving and its holidays, to the
//! stretches of time in which it is open. Every device counts over the same stretches and needs no
//! time-zone database, so that all give the same answer.
//!
//! # Design
//! Question: what counts where nothing was compiled, years before or after? Answer: day and night.
//! A clock that stood still for ever because nobody compiled a calendar again would hide every
//! breach. Rejected: to repeat the last week, which knows no holidays and looks as if it were
//! right.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::CalendarId;
use crate::time::UnixMillis;

const MINUTE_MILLIS: i64 = 60_000;
const DAY_MILLIS: i64 = 24 * 60 * MINUTE_MILLIS;

/// A break no longer than this, such as lunch, does not end a business day.
const BREAK_MILLIS: i64 = 4 * 60 * MINUTE_MILLIS;

/// A calendar as it is synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    pub id: CalendarId,
    pub name: String,
    /// Where its hours are those of the clock on the wall, such as `Europe/Amsterdam`.
    pub zone: String,
    pub hours: Hours,
}

/// When something is open. Cheap to copy; the default is day and night.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Minutes", into = "Minutes")]
pub struct Hours(Arc<[Open]>);

/// A stretch of time that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    since: UnixMillis,
    until: UnixMillis,
    /// How many milliseconds count before it, from the first stretch on.
    before: i64,
}

impl Hours {
    /// Open in these stretches of time, in any order and however they overlap. What is no whole
    /// minute is cut off.
    pub fn of(stretches: impl IntoIterator<Item = (UnixMillis, UnixMillis)>) -> Self {
        let minute = |at: UnixMillis| at.0.div_euclid(MINUTE_MILLIS) * MINUTE_MILLIS;
        let whole = stretches.into_iter();
        let mut whole: Vec<_> = whole
            .map(|(since, until)| (minute(since), minute(until)))
            .filter(|(since, until)| since < until)
            .collect();
        whole.sort_unstable();
        let mut merged: Vec<(i64, i64)> = Vec::with_capacity(whole.len());
        for (since, until) in whole {
            match merged.last_mut() {
                Some(last) if since <= last.1 => last.1 = last.1.max(until),
                Some(_) | None => merged.push((since, until)),
            }
        }
        let mut before = 0;
        let open = merged.into_iter().map(|(since, until)| {
            let open = Open {
                since: UnixMillis(since),
                until: UnixMillis(until),
                before,
            };
            before += until - since;
            open
        });
        Self(open.collect())
    }

    /// Whether it is open day and night.
    pub fn is_around_the_clock(&self) -> bool {
        self.0.is_empty()
    }

    /// The stretches in which it is open, oldest first.
    pub fn stretches(&self) -> impl Iterator<Item = (UnixMillis, UnixMillis)> {
        self.0.iter().map(|open| (open.since, open.until))
    }

    /// How many milliseconds between two moments count; none when the second comes first.
    pub fn elapsed(&self, since: UnixMillis, until: UnixMillis) -> i64 {
        (self.count(until) - self.count(since)).max(0)
    }

    /// How many milliseconds count until a moment; negative when they count since.
    pub fn left(&self, now: UnixMillis, until: UnixMillis) -> i64 {
        self.count(until) - self.count(now)
    }

    /// The first moment at which so much has counted from `since` on; negative counts back.
    pub fn moment(&self, since: UnixMillis, millis: i64) -> UnixMillis {
        if millis == 0 {
            return since;
        }
        let wanted = self.count(since).saturating_add(millis);
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else {
            return UnixMillis(wanted);
        };
        let place = self.0.partition_point(|open| open.before < wanted);
        let Some(open) = place.checked_sub(1).map(|place| &self.0[place]) else {
            return first.since.plus(wanted);
        };
        let at = open.since.plus(wanted - open.before);
        if open == last { at } else { at.min(open.until) }
    }

    /// When the last of so many business days ends that begin after a moment. A business day is
    /// what is open without a break of more than four hours, and 24 hours at most; where nothing
    /// was compiled, and day and night, it is 24 hours.
    pub fn days_later(&self, since: UnixMillis, days: u16) -> UnixMillis {
        let Some(last) = days.checked_sub(1) else {
            return since;
        };
        let begun: Vec<_> = self.days().filter(|(begin, _)| *begin > since).collect();
        if let Some((_, end)) = begun.get(usize::from(last)) {
            return *end;
        }
        let begun_days = i64::try_from(begun.len()).unwrap_or(i64::MAX);
        let from = begun.last().map_or(since, |(_, end)| *end);
        from.plus((i64::from(days) - begun_days) * DAY_MILLIS)
    }

    fn days(&self) -> impl Iterator<Item = (UnixMillis, UnixMillis)> {
        let is_one = |one: &Open, next: &Open| next.since.since(one.until) <= BREAK_MILLIS;
        let stretches = self.0.chunk_by(is_one);
        stretches.flat_map(|one| {
            let (since, until) = (one[0].since, one[one.len() - 1].until);
            let begins = (0..).map(move |nth| since.plus(nth * DAY_MILLIS));
            let begins = begins.take_while(move |begin| *begin < until);
            begins.map(move |begin| (begin, begin.plus(DAY_MILLIS).min(until)))
        })
    }

    /// How much has counted at a moment since the first stretch began; before that, less than none.
    fn count(&self, at: UnixMillis) -> i64 {
        let Some(first) = self.0.first() else {
            return at.0;
        };
        let place = self.0.partition_point(|open| open.since <= at);
        let Some(open) = place.checked_sub(1).map(|place| &self.0[place]) else {
            return at.0.saturating_sub(first.since.0);
        };
        let is_last = place == self.0.len();
        let within = at.since(open.since);
        let counted = if is_last {
            within
        } else {
            within.min(open.until.since(open.since))
        };
        open.before.saturating_add(counted)
    }
}

/// How hours travel: in minutes, each stretch after the one before, so that weeks look alike.
#[derive(Serialize, Deserialize)]
struct Minutes(Vec<(i64, i64)>);

impl From<Hours> for Minutes {
    fn from(hours: Hours) -> Self {
        let mut last = 0;
        let minutes = hours.0.iter().map(|open| {
            let (since, until) = (open.since.0 / MINUTE_MILLIS, open.until.0 / MINUTE_MILLIS);
            let after = since - std::mem::replace(&mut last, until);
            (after, until - since)
        });
        Self(minutes.collect())
    }
}

impl From<Minutes> for Hours {
    fn from(Minutes(minutes): Minutes) -> Self {
        let mut last = 0_i64;
        let stretches = minutes.into_iter().map(|(after, long)| {
            let since = last.saturating_add(after);
            last = since.saturating_add(long);
            let at = |minute: i64| UnixMillis(minute.saturating_mul(MINUTE_MILLIS));
            (at(since), at(last))
        });
        Self::of(stretches)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 60 * MINUTE_MILLIS;

    fn at(hour: i64) -> UnixMillis {
        UnixMillis(1_800_000_000_000 / HOUR * HOUR + hour * HOUR)
    }

    /// Two days from eight to twelve and from one to five.
    fn office() -> Hours {
        Hours::of([(8, 12), (13, 17), (32, 36), (37, 41)].map(|(from, to)| (at(from), at(to))))
    }

    #[test]
    fn only_what_lies_in_the_hours_counts() {
        let check = |from: i64, to: i64, hours: i64| {
            assert_eq!(
                office().elapsed(at(from), at(to)),
                hours * HOUR,
                "{from} to {to}"
            );
        };
        check(9, 11, 2);
        check(11, 14, 2);
        check(17, 32, 0);
        check(8, 41, 16);
        check(14, 9, 0);
    }

    #[test]
    fn a_due_time_is_the_first_moment_at_which_enough_has_counted() {
        let check = |from: i64, hours: i64, due: i64| {
            assert_eq!(
                office().moment(at(from), hours * HOUR),
                at(due),
                "{hours} from {from}"
            );
        };
        check(9, 2, 11);
        check(9, 3, 12);
        check(11, 2, 14);
        check(16, 2, 33);
        check(20, 1, 33);
        check(33, -2, 16);
    }

    #[test]
    fn what_was_not_compiled_counts_day_and_night() {
        assert_eq!(office().elapsed(at(0), at(8)), 8 * HOUR);
        assert_eq!(office().moment(at(40), 5 * HOUR), at(45));
        assert_eq!(Hours::default().elapsed(at(3), at(9)), 6 * HOUR);
    }

    #[test]
    fn business_days_begin_after_a_moment_and_lunch_ends_none() {
        let check = |since: i64, days: u16, end: i64| {
            let later = office().days_later(at(since), days);
            assert_eq!(later, at(end), "{days} from {since}");
        };
        check(9, 0, 9);
        check(7, 1, 17);
        check(9, 1, 41);
        check(12, 1, 41);
        check(7, 2, 41);
        check(7, 3, 41 + 24);
        check(50, 2, 50 + 48);
        assert_eq!(Hours::default().days_later(at(3), 2), at(51));
        let week = Hours::of([(at(0), at(5 * 24)), (at(7 * 24), at(12 * 24))]);
        assert_eq!(week.days_later(at(4 * 24 - 1), 2), at(8 * 24));
    }

    #[test]
    fn stretches_that_touch_or_overlap_are_one() {
        let hours = Hours::of([(9, 12), (8, 10), (12, 13), (20, 20)].map(|(a, b)| (at(a), at(b))));
        assert_eq!(hours.stretches().collect::<Vec<_>>(), [(at(8), at(13))]);
    }

    fn hours() -> impl Strategy<Value = Hours> {
        let stretch = (0..20_000_i64, 1..900_i64);
        prop::collection::vec(stretch, 0..12).prop_map(|stretches| {
            let minute = |minute: i64| at(0).plus(minute * MINUTE_MILLIS);
            let stretches = stretches.into_iter();
            Hours::of(stretches.map(|(from, long)| (minute(from), minute(from + long))))
        })
    }

    proptest! {
        #[test]
        fn time_adds_up_and_never_shrinks(
            hours in hours(), mut moments in prop::array::uniform3(0..30_000_i64),
        ) {
            moments.sort_unstable();
            let [a, b, c] = moments.map(|minute| at(-50).plus(minute * MINUTE_MILLIS));
            prop_assert_eq!(hours.elapsed(a, b) + hours.elapsed(b, c), hours.elapsed(a, c));
            prop_assert!(hours.elapsed(a, b) <= b.since(a));
        }

        #[test]
        fn a_due_time_is_reached_when_its_time_has_counted_and_not_before(
            hours in hours(), since in 0..30_000_i64, minutes in 1..9_000_i64,
        ) {
            let since = at(-50).plus(since * MINUTE_MILLIS);
            let due = hours.moment(since, minutes * MINUTE_MILLIS);
            prop_assert_eq!(hours.elapsed(since, due), minutes * MINUTE_MILLIS);
            prop_assert!(hours.elapsed(since, due.plus(-1)) < minutes * MINUTE_MILLIS);
        }

        #[test]
        fn hours_travel_as_they_are(hours in hours()) {
            let sent = crate::sync::message::encode(&hours);
            prop_assert_eq!(crate::sync::message::decode::<Hours>(&sent).ok(), Some(hours));
        }
    }
}
