//! What is wrong, in words.

use shared::incidents::REMINDERS_MAX;
use shared::settings::{
    CALENDARS_MAX, CLOSING_DAYS_MAX, CalendarFault, Day, LevelsFault, REMINDING_DAYS_MAX,
};

use crate::incidents::{hold_text, level_text, priority_word};
use crate::text::t;

pub(super) fn day_text(day: Day) -> String {
    match day {
        Day::Monday => t!("day.monday"),
        Day::Tuesday => t!("day.tuesday"),
        Day::Wednesday => t!("day.wednesday"),
        Day::Thursday => t!("day.thursday"),
        Day::Friday => t!("day.friday"),
        Day::Saturday => t!("day.saturday"),
        Day::Sunday => t!("day.sunday"),
    }
}

pub(super) fn fault_text(fault: &LevelsFault) -> String {
    match fault {
        LevelsFault::Hole { impact, urgency } => t!(
            "settings.fault_hole",
            impact = level_text(*impact),
            urgency = level_text(*urgency)
        ),
        LevelsFault::Falls { impact, urgency } => t!(
            "settings.fault_falls",
            impact = level_text(*impact),
            urgency = level_text(*urgency)
        ),
        LevelsFault::Target { priority } => {
            t!("settings.fault_target", priority = priority_word(*priority))
        }
        LevelsFault::Order { priority } => {
            t!("settings.fault_order", priority = priority_word(*priority))
        }
        LevelsFault::NoCalendar { priority } => t!(
            "settings.fault_no_calendar",
            priority = priority_word(*priority)
        ),
        LevelsFault::ClosingDays => {
            t!(
                "settings.fault_closing_days",
                count = usize::from(CLOSING_DAYS_MAX)
            )
        }
        LevelsFault::NoClosingCalendar => t!("settings.fault_no_closing_calendar"),
        LevelsFault::RemindingDays { reason } => t!(
            "settings.fault_reminding_days",
            reason = hold_text(*reason),
            count = usize::from(REMINDING_DAYS_MAX)
        ),
        LevelsFault::Reminders { reason } => t!(
            "settings.fault_reminders",
            reason = hold_text(*reason),
            count = usize::from(REMINDERS_MAX)
        ),
        LevelsFault::NoRemindingCalendar { reason } => {
            t!(
                "settings.fault_no_reminding_calendar",
                reason = hold_text(*reason)
            )
        }
        LevelsFault::Percent => t!("settings.fault_percent"),
        LevelsFault::TooManyCalendars => t!("settings.fault_calendars", count = CALENDARS_MAX),
        LevelsFault::Calendar { wrong, .. } => calendar_fault_text(wrong),
    }
}

pub(super) fn calendar_fault_text(wrong: &CalendarFault) -> String {
    match wrong {
        CalendarFault::Id => t!("settings.fault_id"),
        CalendarFault::Name => t!("settings.fault_name"),
        CalendarFault::Zone => t!("settings.fault_zone"),
        CalendarFault::Frame { day, text } => t!(
            "settings.fault_frame",
            day = day_text(*day),
            text = text.as_str()
        ),
        CalendarFault::Overlap { day } => t!("settings.fault_overlap", day = day_text(*day)),
        CalendarFault::NeverOpen => t!("settings.fault_never_open"),
        CalendarFault::Closed { text } => t!("settings.fault_closed", text = text.as_str()),
        CalendarFault::Holidays { why } => t!("settings.fault_holidays", why = why.as_str()),
    }
}
