//! Who is at an incident now, and who was when their line was lost.
//!
//! Nothing of this is stored: it lasts as long as sockets do, and for what was lost a working day.
//! What each socket may be told is for the caller to judge, at the document.
//!
//! # Design
//! Question: when is somebody gone, and when only cut off? Answer: a device says each time where
//! its person is, so whoever is nowhere has left; a socket that closes as sockets are closed has
//! left, too; one that breaks or falls silent may still be at work. Rejected: asking devices to
//! repeat where they are, since the heartbeat already says that they are there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::ids::{IncidentId, PersonId};
use crate::sync::message::{Attendance, Doing, Here, LOST_MILLIS_MAX, PLACES_MAX, Present, There};
use crate::time::UnixMillis;

/// How many of those are remembered; the oldest go.
const LOST_MAX: usize = 10_000;

/// How many people are named at one incident.
const PEOPLE_MAX: usize = 16;

/// A socket, by a number that no other has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(pub u64);

/// Whose device a socket leads to. A device that returns is no longer lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Whose {
    pub person: PersonId,
    /// The session, in a number.
    pub session: u64,
}

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As sockets are closed.
    Closed,
    /// Nothing was said any more, or the line broke.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    doing: Doing,
    since: UnixMillis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lost {
    whose: Whose,
    incident: IncidentId,
    since: UnixMillis,
    at: UnixMillis,
}

#[derive(Debug, Clone)]
struct Sitting {
    whose: Whose,
    places: BTreeMap<IncidentId, Place>,
}

/// Everybody who is at an incident.
#[derive(Debug, Clone, Default)]
pub struct Presences {
    lines: BTreeMap<Line, Sitting>,
    /// In the order in which they were lost.
    lost: VecDeque<Lost>,
}

impl Presences {
    /// A device says where its person is, which replaces what it said before. Gives the other
    /// sockets that have to be told.
    pub fn say(
        &mut self,
        line: Line,
        whose: Whose,
        here: &[Here],
        now: UnixMillis,
    ) -> BTreeSet<Line> {
        let before = self.lines.remove(&line);
        let before = before.map(|before| before.places).unwrap_or_default();
        let mut touched = self.forget(|lost| lost.whose == whose);
        let place = |here: &Here| {
            let known = before.get(&here.incident).map(|place| place.since);
            let place = Place {
                doing: here.doing,
                since: known.unwrap_or(now),
            };
            (here.incident, place)
        };
        let places: BTreeMap<_, _> = here.iter().take(PLACES_MAX).map(place).collect();
        let ids = before.keys().chain(places.keys());
        touched.extend(ids.filter(|id| before.get(id) != places.get(id)));
        self.lines.insert(line, Sitting { whose, places });
        let mut told = self.at(&touched);
        told.remove(&line);
        told
    }

    /// A socket has ended. Gives those that have to be told.
    pub fn end(&mut self, line: Line, how: Ended, now: UnixMillis) -> BTreeSet<Line> {
        let Some(Sitting { whose, places }) = self.lines.remove(&line) else {
            return BTreeSet::new();
        };
        let touched: BTreeSet<_> = places.keys().copied().collect();
        if how == Ended::Lost {
            let lost = places.into_iter().map(|(incident, place)| Lost {
                whose,
                incident,
                since: place.since,
                at: now,
            });
            self.lost.extend(lost);
            let surplus = self.lost.len().saturating_sub(LOST_MAX);
            self.lost.drain(..surplus);
        }
        self.at(&touched)
    }

    /// Where a socket's person is.
    pub fn places(&self, line: Line) -> Vec<IncidentId> {
        let sitting = self.lines.get(&line);
        sitting.map_or_else(Vec::new, |sitting| sitting.places.keys().copied().collect())
    }

    /// Who else is at the incidents of a socket, of which these may be told of.
    pub fn seen(&self, line: Line, may: &BTreeSet<IncidentId>, now: UnixMillis) -> Vec<There> {
        let Some(own) = self.lines.get(&line) else {
            return Vec::new();
        };
        let ids = own.places.keys().filter(|id| may.contains(id));
        let there = |incident: &IncidentId| There {
            incident: *incident,
            people: self.people(*incident, own.whose.person, now),
        };
        ids.map(there).collect()
    }

    /// Each person once: by what they write, where they are on several devices.
    fn people(&self, incident: IncidentId, but: PersonId, now: UnixMillis) -> Vec<Present> {
        let mut people: BTreeMap<PersonId, Present> = BTreeMap::new();
        let is_recent = |lost: &&Lost| now.since(lost.at) < LOST_MILLIS_MAX;
        for lost in self.lost.iter().filter(is_recent) {
            if lost.incident == incident {
                let person = lost.whose.person;
                let attendance = Attendance::Lost;
                let since = lost.since;
                people.insert(
                    person,
                    Present {
                        person,
                        since,
                        attendance,
                    },
                );
            }
        }
        for sitting in self.lines.values() {
            let Some(place) = sitting.places.get(&incident) else {
                continue;
            };
            let person = sitting.whose.person;
            let present = Present {
                person,
                since: place.since,
                attendance: Attendance::Here(place.doing),
            };
            let known = people.entry(person).or_insert(present);
            if known.attendance < present.attendance {
                *known = present;
            }
        }
        people.remove(&but);
        people.into_values().take(PEOPLE_MAX).collect()
    }

    fn at(&self, incidents: &BTreeSet<IncidentId>) -> BTreeSet<Line> {
        let is_there = |sitting: &Sitting| sitting.places.keys().any(|id| incidents.contains(id));
        let lines = self.lines.iter();
        let lines = lines.filter(|(_, sitting)| is_there(sitting));
        lines.map(|(line, _)| *line).collect()
    }

    fn forget(&mut self, is_back: impl Fn(&Lost) -> bool) -> BTreeSet<IncidentId> {
        let back = self.lost.iter().filter(|lost| is_back(lost));
        let touched = back.map(|lost| lost.incident).collect();
        self.lost.retain(|lost| !is_back(lost));
        touched
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ALICE, BOB};

    const NOW: UnixMillis = UnixMillis(1_000_000);

    fn id(nth: u8) -> IncidentId {
        IncidentId::new(UnixMillis(1), [nth; 10])
    }

    fn of(person: PersonId, session: u64) -> Whose {
        Whose { person, session }
    }

    fn here(nth: u8, doing: Doing) -> Here {
        Here {
            incident: id(nth),
            doing,
        }
    }

    fn seen(all: &Presences, line: u64, now: UnixMillis) -> Vec<(PersonId, Attendance)> {
        let may = (0..10).map(id).collect();
        let there = all.seen(Line(line), &may, now);
        let people = there.into_iter().flat_map(|there| there.people);
        people.map(|one| (one.person, one.attendance)).collect()
    }

    /// Alice looks at two incidents, Bob at one of them.
    fn both() -> Presences {
        let mut all = Presences::default();
        let places = [here(1, Doing::Looking), here(2, Doing::Looking)];
        let told = all.say(Line(1), of(ALICE, 1), &places, NOW);
        assert!(told.is_empty());
        let told = all.say(Line(2), of(BOB, 2), &[here(2, Doing::Looking)], NOW);
        assert_eq!(told, BTreeSet::from([Line(1)]));
        all
    }

    #[test]
    fn each_sees_who_else_is_where_they_are_and_what_they_write() {
        let mut all = both();
        assert_eq!(
            seen(&all, 1, NOW),
            [(BOB, Attendance::Here(Doing::Looking))]
        );
        let writes = [here(2, Doing::Replying)];
        let told = all.say(Line(2), of(BOB, 2), &writes, NOW);
        assert_eq!(told, BTreeSet::from([Line(1)]));
        assert_eq!(
            seen(&all, 1, NOW),
            [(BOB, Attendance::Here(Doing::Replying))]
        );
        let told = all.say(Line(2), of(BOB, 2), &writes, NOW);
        assert!(told.is_empty(), "nothing has changed");
        all.say(Line(2), of(BOB, 2), &[], NOW);
        assert!(seen(&all, 1, NOW).is_empty());
    }

    #[test]
    fn nothing_is_seen_of_what_may_not_be_told() {
        let all = both();
        let may = BTreeSet::from([id(1)]);
        let there = all.seen(Line(1), &may, NOW);
        assert!(there.iter().all(|there| there.incident == id(1)));
        assert!(all.seen(Line(9), &may, NOW).is_empty());
    }

    #[test]
    fn whoever_leaves_is_gone_and_whose_line_is_lost_is_possibly_at_work_until_they_return() {
        let mut all = both();
        let mut left = all.clone();
        let told = left.end(Line(2), Ended::Closed, NOW);
        assert_eq!(told, BTreeSet::from([Line(1)]));
        assert!(seen(&left, 1, NOW).is_empty());

        all.end(Line(2), Ended::Lost, NOW);
        assert_eq!(seen(&all, 1, NOW), [(BOB, Attendance::Lost)]);
        let late = NOW.plus(LOST_MILLIS_MAX);
        assert!(seen(&all, 1, late).is_empty());
        // On another device, the one that was lost may still be at work.
        all.say(Line(3), of(BOB, 3), &[], NOW);
        assert_eq!(seen(&all, 1, NOW), [(BOB, Attendance::Lost)]);
        let told = all.say(Line(4), of(BOB, 2), &[], NOW);
        assert_eq!(told, BTreeSet::from([Line(1)]));
        assert!(seen(&all, 1, NOW).is_empty());
    }

    #[test]
    fn somebody_on_two_devices_is_one_person_and_nobody_is_told_of_themselves() {
        let mut all = both();
        all.say(Line(3), of(BOB, 3), &[here(2, Doing::Noting)], NOW);
        all.say(Line(4), of(ALICE, 4), &[here(2, Doing::Replying)], NOW);
        assert_eq!(seen(&all, 1, NOW), [(BOB, Attendance::Here(Doing::Noting))]);
    }

    #[test]
    fn a_device_is_at_so_many_incidents_and_so_many_lost_ones_are_remembered() {
        let mut all = Presences::default();
        let many: Vec<_> = (0..100).map(|nth| here(nth, Doing::Looking)).collect();
        for line in 0..1_000 {
            all.say(Line(line), of(ALICE, line), &many, NOW);
            assert!(all.places(Line(line)).len() <= PLACES_MAX);
            all.end(Line(line), Ended::Lost, NOW);
        }
        assert!(all.lost.len() <= LOST_MAX);
    }
}
