//! Service levels in words: what is promised, how much is left of it, and why.
//!
//! A clock is judged here, by the page's own time, from what a row or the open incident says;
//! nothing has to be told again as time goes by.

use leptos::prelude::*;

use shared::calendar::Hours;
use shared::incidents::HoldReason;
use shared::rows::Row;
use shared::sla::{Measure, Risk, Standing, spare_millis};
use shared::targets::Targets;
use shared::time::UnixMillis;

use super::words::hold_text;
use crate::text::{self, t};
use crate::ui::live::live;

const MINUTE: i64 = 60_000;

/// How a clock stands, ready to be shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// In as few words as are true: `0:42 left`.
    pub short: String,
    pub words: String,
    pub risk: Risk,
    pub is_paused: bool,
    /// How much of the target is used up, in percent; none when nothing is awaited.
    pub used: Option<i64>,
}

/// A clock at a moment.
pub(super) struct Seen<'a> {
    pub measure: Measure,
    pub standing: Standing,
    pub target_minutes: u32,
    pub hours: Hours,
    pub hold: Option<HoldReason>,
    pub targets: &'a Targets,
    pub now: UnixMillis,
}

impl Seen<'_> {
    /// `span` writes what is left.
    pub(super) fn show(&self, span: fn(i64) -> String) -> Shown {
        let left = self.standing.left_millis(&self.hours, self.now);
        let spare = spare_millis(self.target_minutes, self.targets.warning_percent);
        let is_paused = matches!(self.standing, Standing::Paused { .. });
        Shown {
            short: self.short(left, span),
            words: self.words(span),
            risk: self.standing.risk(spare, &self.hours, self.now),
            is_paused,
            used: left.map(|left| {
                let target = (i64::from(self.target_minutes) * MINUTE).max(1);
                ((target - left) * 100 / target).clamp(0, 100)
            }),
        }
    }

    fn short(&self, left: Option<i64>, span: fn(i64) -> String) -> String {
        match left {
            Some(left) if left < 0 => t!("level.over", time = span(-left)),
            Some(_) if matches!(self.standing, Standing::Paused { .. }) => t!("level.paused"),
            Some(left) => t!("level.left", time = span(left)),
            None => String::new(),
        }
    }

    fn words(&self, span: fn(i64) -> String) -> String {
        let is_response = self.measure == Measure::Response;
        match self.standing {
            Standing::Running { due_at } => {
                let left = self.hours.left(self.now, due_at);
                // Outside of its hours it is over although nothing more has counted.
                let is_over = self.now > due_at;
                let time = if is_over {
                    late(-left, span)
                } else {
                    span(left)
                };
                match (is_response, is_over) {
                    (true, false) => t!("level.respond_within", time = time),
                    (true, true) => t!("level.respond_over", time = time),
                    (false, false) => t!("level.resolve_within", time = time),
                    (false, true) => t!("level.resolve_over", time = time),
                }
            }
            Standing::Paused { left_millis } => {
                let reason = self.hold.map(hold_text).unwrap_or_default();
                if left_millis < 0 {
                    let time = late(-left_millis, span);
                    return t!("level.paused_over", time = time, reason = reason);
                }
                t!("level.paused_for", reason = reason)
            }
            Standing::Met { .. } if is_response => t!("level.response_met"),
            Standing::Met { .. } => t!("level.resolution_met"),
            Standing::Missed { .. } if is_response => t!("level.response_missed"),
            Standing::Missed { .. } => t!("level.resolution_missed"),
            Standing::Ended => t!("level.ended"),
            Standing::Untimed => String::new(),
        }
    }
}

/// How late something is, so that it is not read as a time of day.
fn late(millis: i64, span: fn(i64) -> String) -> String {
    let time = span(millis);
    if time.contains(':') {
        t!("level.hours", time = time)
    } else {
        time
    }
}

/// The clock of a row that matters next, while one is awaited.
pub(super) fn of_row(row: &Row, targets: &Targets, now: UnixMillis) -> Option<Shown> {
    let (measure, standing) = row.levels.next();
    // The page's time stands still between two ticks; the row may be younger.
    let now = now.max(row.updated_at);
    let hours = targets.hours(row.priority);
    standing.left_millis(&hours, now)?;
    let seen = Seen {
        measure,
        standing,
        target_minutes: measure.target_minutes(targets.of(row.priority))?,
        hours,
        hold: row.hold.map(|hold| hold.reason),
        targets,
        now,
    };
    Some(seen.show(text::span))
}

/// The word of a risk in styles.
pub(super) fn risk_word(risk: Risk) -> &'static str {
    match risk {
        Risk::Safe => "safe",
        Risk::AtRisk => "risk",
        Risk::Breached => "late",
    }
}

/// The bar of a clock, which its words stand beside.
#[component]
pub(super) fn Bar(#[prop(into)] shown: Signal<Option<Shown>>) -> impl IntoView {
    let width = move || shown.with(|shown| shown.as_ref().and_then(|shown| shown.used));
    view! {
        <span class="level" aria-hidden="true">
            <i style:inline-size=live(move || {
                width().map(|used| format!("{used}%")).unwrap_or_default()
            })></i>
        </span>
    }
}
