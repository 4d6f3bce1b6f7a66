//! What an administrator sets, as it is written, and what is wrong with it.
//!
//! A form on a device and the server read the same, so a mistake is shown beside the field it is
//! in, and the server takes nothing that a form would not have let pass. What needs the time-zone
//! database is checked by the server alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::{CalendarId, PersonId};
use crate::incidents::REMINDERS_MAX;
use crate::people::Directory;
use crate::priority::{Level, Matrix, Priority};
use crate::targets::{Closing, Gate, HoldReason, Reach, Reminding, Target};
use crate::time::UnixMillis;

/// The longest target: a year, day and night.
pub const TARGET_MINUTES_MAX: u32 = 366 * 24 * 60;

/// The longest time before what is resolved closes, in business days.
pub const CLOSING_DAYS_MAX: u16 = 365;

/// The longest time between two reminders, in business days.
pub const REMINDING_DAYS_MAX: u16 = 90;

/// How many calendars there may be.
pub const CALENDARS_MAX: usize = 20;

/// A day of the week, Monday first (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Day {
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}

/// A calendar as somebody writes it in a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenCalendar {
    pub id: CalendarId,
    pub name: String,
    /// By the names of the time-zone database, such as `Europe/Amsterdam`.
    pub zone: String,
    /// The frames of each day, such as `08:00-12:00, 13:00-17:00`.
    pub week: BTreeMap<Day, String>,
    /// Days on which it is closed, one in a line: `2026-12-25 Christmas`.
    #[serde(default)]
    pub closed: String,
    /// More of them, as the text of an iCalendar file.
    #[serde(default)]
    pub holidays: String,
}

/// What is promised for one priority, and in which hours its clocks run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Promised {
    pub target: Target,
    /// Day and night where none is named.
    pub calendar: Option<CalendarId>,
}

/// The priority matrix and the service levels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Priority by impact, then urgency.
    pub matrix: BTreeMap<Level, BTreeMap<Level, Priority>>,
    pub promised: BTreeMap<Priority, Promised>,
    /// How much of a target may be used up before it is at risk.
    pub warning_percent: u8,
    /// Holds during which the clocks stand still.
    pub pausing: BTreeSet<HoldReason>,
    pub calendars: Vec<WrittenCalendar>,
    /// When what is resolved closes by itself; never without.
    #[serde(default)]
    pub closing: Option<Closing>,
    /// What an incident is to have before it is resolved.
    #[serde(default)]
    pub gates: BTreeSet<Gate>,
    /// Of which holds people are reminded, and how.
    #[serde(default)]
    pub reminding: BTreeMap<HoldReason, Reminding>,
}

/// What is wrong with levels, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelsFault {
    /// The matrix says nothing.
    Hole {
        impact: Level,
        urgency: Level,
    },
    /// More impact or urgency leads to a later priority than less does.
    Falls {
        impact: Level,
        urgency: Level,
    },
    /// It is none, or longer than [`TARGET_MINUTES_MAX`].
    Target {
        priority: Priority,
    },
    /// The resolution is due before the response.
    Order {
        priority: Priority,
    },
    /// The calendar that is named is not there.
    NoCalendar {
        priority: Priority,
    },
    /// Of a hundred: from 1 to 99.
    Percent,
    /// From 1 to [`CLOSING_DAYS_MAX`].
    ClosingDays,
    /// The calendar of the closing is not there.
    NoClosingCalendar,
    /// The days between reminders: from 1 to [`REMINDING_DAYS_MAX`].
    RemindingDays {
        reason: HoldReason,
    },
    /// The reminders before it is resolved: from 1 to [`REMINDERS_MAX`], and of callers alone.
    Reminders {
        reason: HoldReason,
    },
    /// The calendar of the reminders is not there.
    NoRemindingCalendar {
        reason: HoldReason,
    },
    TooManyCalendars,
    /// In the calendar at this place.
    Calendar {
        place: usize,
        wrong: CalendarFault,
    },
}

/// What is wrong with a calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarFault {
    /// Another one has this id, or it is none.
    Id,
    Name,
    /// The time-zone database does not know it.
    Zone,
    /// No frame of a day.
    Frame {
        day: Day,
        text: String,
    },
    /// Two frames, of this day or of it and the next, overlap.
    Overlap {
        day: Day,
    },
    NeverOpen,
    /// No date.
    Closed {
        text: String,
    },
    /// The iCalendar file cannot be understood.
    Holidays {
        why: String,
    },
}

impl Levels {
    /// What holds, as it would be written. Calendars were written elsewhere and are passed in.
    pub fn of(directory: &Directory, calendars: Vec<WrittenCalendar>) -> Self {
        let Directory {
            matrix, targets, ..
        } = directory;
        let promised = |priority| {
            let calendar = targets.calendars.get(&priority).cloned();
            let target = targets.of(priority);
            (priority, Promised { target, calendar })
        };
        Self {
            matrix: matrix.priorities.clone(),
            promised: Priority::ALL.into_iter().map(promised).collect(),
            warning_percent: targets.warning_percent,
            pausing: targets.pausing.clone(),
            calendars,
            closing: targets.closing.clone(),
            gates: targets.gates.clone(),
            reminding: targets.reminding.clone(),
        }
    }

    /// The matrix that is written, under a version.
    pub fn matrix(&self, version: u32) -> Matrix {
        Matrix {
            version,
            priorities: self.matrix.clone(),
        }
    }

    /// These levels with what others changed: they were made from `base`, and `now` holds.
    #[must_use]
    pub fn on_top_of(mut self, base: &Self, now: &Self) -> Self {
        for (impact, row) in &mut self.matrix {
            for (urgency, priority) in row {
                let of = |levels: &Self| levels.matrix.get(impact)?.get(urgency).copied();
                if of(base) == Some(*priority) {
                    *priority = of(now).unwrap_or(*priority);
                }
            }
        }
        for (priority, promised) in &mut self.promised {
            if base.promised.get(priority) == Some(promised)
                && let Some(now) = now.promised.get(priority)
            {
                promised.clone_from(now);
            }
        }
        if self.warning_percent == base.warning_percent {
            self.warning_percent = now.warning_percent;
        }
        if self.closing == base.closing {
            self.closing.clone_from(&now.closing);
        }
        if self.gates == base.gates {
            self.gates.clone_from(&now.gates);
        }
        for reason in HoldReason::ALL.iter().copied() {
            let of = |levels: &Self| levels.reminding.get(&reason).cloned();
            if of(&self) == of(base) {
                match of(now) {
                    Some(now) => self.reminding.insert(reason, now),
                    None => self.reminding.remove(&reason),
                };
            }
        }
        if self.pausing == base.pausing {
            self.pausing.clone_from(&now.pausing);
        }
        self.calendars = calendars_on_top_of(&self.calendars, &base.calendars, &now.calendars);
        self
    }

    /// What can be said to be wrong without the time-zone database.
    pub fn faults(&self) -> Vec<LevelsFault> {
        let mut faults = self.faults_of_matrix();
        for priority in Priority::ALL {
            let promised = self.promised.get(&priority).cloned().unwrap_or_default();
            faults.extend(self.fault_of(priority, &promised));
        }
        if !(1..=99).contains(&self.warning_percent) {
            faults.push(LevelsFault::Percent);
        }
        faults.extend(self.faults_of_closing());
        let reminding = self.reminding.iter();
        faults.extend(reminding.flat_map(|(reason, reminding)| self.faults_of(*reason, reminding)));
        if self.calendars.len() > CALENDARS_MAX {
            faults.push(LevelsFault::TooManyCalendars);
        }
        for (place, calendar) in self.calendars.iter().enumerate() {
            let mut before = self.calendars[..place].iter();
            let is_taken = before.any(|other| other.id == calendar.id);
            let wrong = match () {
                () if is_taken || !is_slug(&calendar.id.0) => Some(CalendarFault::Id),
                () if calendar.name.trim().is_empty() => Some(CalendarFault::Name),
                () => None,
            };
            faults.extend(wrong.map(|wrong| LevelsFault::Calendar { place, wrong }));
        }
        faults
    }

    fn faults_of_matrix(&self) -> Vec<LevelsFault> {
        let all = || Level::ALL.iter().rev().copied();
        let cells = all().flat_map(|impact| all().map(move |urgency| (impact, urgency)));
        let said = |(impact, urgency): (Level, Level)| {
            let row = self.matrix.get(&impact)?;
            row.get(&urgency).copied()
        };
        let fault = |(impact, urgency): (Level, Level)| {
            let Some(priority) = said((impact, urgency)) else {
                return Some(LevelsFault::Hole { impact, urgency });
            };
            let less = [
                impact.less().map(|less| (less, urgency)),
                urgency.less().map(|less| (impact, less)),
            ];
            let mut less = less.into_iter().flatten().filter_map(said);
            let falls = less.any(|of_less| of_less < priority);
            falls.then_some(LevelsFault::Falls { impact, urgency })
        };
        cells.filter_map(fault).collect()
    }

    fn fault_of(&self, priority: Priority, promised: &Promised) -> Option<LevelsFault> {
        let Target {
            response_minutes: response,
            resolution_minutes: resolution,
        } = promised.target;
        let mut both = [response, resolution].into_iter().flatten();
        if both.any(|minutes| !(1..=TARGET_MINUTES_MAX).contains(&minutes)) {
            return Some(LevelsFault::Target { priority });
        }
        if resolution < response && resolution.is_some() {
            return Some(LevelsFault::Order { priority });
        }
        let is_missing = self.lacks(promised.calendar.as_ref());
        is_missing.then_some(LevelsFault::NoCalendar { priority })
    }

    fn faults_of_closing(&self) -> impl Iterator<Item = LevelsFault> {
        let closing = self.closing.as_ref();
        let is_odd = |closing: &Closing| !(1..=CLOSING_DAYS_MAX).contains(&closing.days);
        let days = closing.filter(|closing| is_odd(closing));
        let calendar = closing.filter(|closing| self.lacks(closing.calendar.as_ref()));
        let days = days.map(|_| LevelsFault::ClosingDays);
        let calendar = calendar.map(|_| LevelsFault::NoClosingCalendar);
        days.into_iter().chain(calendar)
    }

    fn faults_of(&self, reason: HoldReason, reminding: &Reminding) -> Vec<LevelsFault> {
        let is_odd = |count: u8| {
            let asks = reason == HoldReason::Caller;
            !asks || !(1..=REMINDERS_MAX).contains(&count)
        };
        let checks = [
            (
                !(1..=REMINDING_DAYS_MAX).contains(&reminding.every_days),
                LevelsFault::RemindingDays { reason },
            ),
            (
                reminding.resolves_after.is_some_and(is_odd),
                LevelsFault::Reminders { reason },
            ),
            (
                self.lacks(reminding.calendar.as_ref()),
                LevelsFault::NoRemindingCalendar { reason },
            ),
        ];
        let wrong = checks.into_iter().filter(|(is_wrong, _)| *is_wrong);
        wrong.map(|(_, fault)| fault).collect()
    }

    fn lacks(&self, named: Option<&CalendarId>) -> bool {
        let is_there = |id: &CalendarId| self.calendars.iter().any(|one| one.id == *id);
        named.is_some_and(|id| !is_there(id))
    }
}

fn calendars_on_top_of(
    own: &[WrittenCalendar],
    base: &[WrittenCalendar],
    now: &[WrittenCalendar],
) -> Vec<WrittenCalendar> {
    let of = |all: &[WrittenCalendar], id: &CalendarId| {
        let mut all = all.iter();
        all.find(|calendar| calendar.id == *id).cloned()
    };
    let is_new = |calendar: &&WrittenCalendar| {
        of(base, &calendar.id).is_none() && of(own, &calendar.id).is_none()
    };
    let added: Vec<_> = now.iter().filter(is_new).cloned().collect();
    let kept = own.iter().filter_map(|calendar| {
        let was = of(base, &calendar.id);
        if was.as_ref() == Some(calendar) {
            of(now, &calendar.id)
        } else {
            Some(calendar.clone())
        }
    });
    kept.chain(added).collect()
}

/// What a change would do to the incidents that are open, if they follow it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LevelsEffect {
    /// How many are open.
    pub open: usize,
    /// How many come from one priority to another.
    pub moved: Vec<(Priority, Priority, usize)>,
    /// How many more are late with it, and how many no longer are.
    pub late: usize,
    pub in_time: usize,
    /// How many more lack something before they can be resolved.
    #[serde(default)]
    pub lacking: usize,
    /// How many on hold are reminded of otherwise than now.
    #[serde(default)]
    pub reminded: usize,
    /// How many that are resolved close at once.
    #[serde(default)]
    pub closes: usize,
}

/// What the server says of levels that nobody has saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LevelsChecked {
    pub faults: Vec<LevelsFault>,
    /// How many minutes a week each calendar is open, in their order; none of one that cannot be
    /// compiled.
    pub week_minutes: Vec<Option<u32>>,
    /// None while something is wrong.
    pub effect: Option<LevelsEffect>,
}

/// Levels to be saved on top of those that were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelsSaved {
    /// The version that they were made from: another one may have come meanwhile.
    pub base: u32,
    pub levels: Levels,
    pub reach: Reach,
}

/// What became of levels that somebody wants to save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelsAnswer {
    Saved(LevelsHeld),
    Wrong(LevelsChecked),
    /// Somebody else saved meanwhile: this holds now, and nothing was changed.
    Changed(LevelsHeld),
}

/// What holds, and what held before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelsHeld {
    pub version: u32,
    pub levels: Levels,
    /// The latest first; empty while everything is as it was installed.
    pub history: Vec<LevelsVersion>,
}

/// A version of the levels, with who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelsVersion {
    pub version: u32,
    pub by: PersonId,
    pub at: UnixMillis,
    pub reach: Reach,
}

/// Minutes out of what somebody types: `90`, `45m`, `4h`, `1h 30m`, `2:15`. None if it is neither.
pub fn read_minutes(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase();
    if let Some((hours, minutes)) = text.split_once(':') {
        let (hours, minutes) = (digits(hours)?, digits(minutes)?);
        return (minutes < 60).then(|| hours.checked_mul(60)?.checked_add(minutes))?;
    }
    let Some((hours, rest)) = text.split_once('h') else {
        return digits(text.trim_end_matches("min").trim_end_matches('m'));
    };
    let hours = digits(hours)?.checked_mul(60)?;
    let rest = rest.trim().trim_end_matches("min").trim_end_matches('m');
    if rest.is_empty() {
        return Some(hours);
    }
    hours.checked_add(digits(rest).filter(|minutes| *minutes < 60)?)
}

/// How minutes are written so that [`read_minutes`] reads them: `4h`, `1h 30m`, `45m`.
pub fn write_minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

/// Whether it may name a calendar: 1 to 40 of a-z, 0-9 and -.
pub fn is_slug(id: &str) -> bool {
    let is_of_slug = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    (1..=40).contains(&id.len()) && id.bytes().all(is_of_slug)
}

fn digits(text: &str) -> Option<u32> {
    let text = text.trim();
    let is_plain = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests;
