//! Incidents in words: states, reasons, acts, refusals.

use shared::ids::{DocKind, GroupId, PersonId};
use shared::incidents::{
    Assignment, Before, Channel, Escalation, EventKind, Hold, HoldReason, Intent, Level, Log,
    LogKind, Outcome, Override, Refused, Requester, ResolutionCode, Ruled, SetField, State,
    TaskChange, TaskState,
};
use shared::targets::Gate;

use crate::link::Organisation;
use crate::text::{self, t};

pub(crate) fn state_text(state: State) -> String {
    match state {
        State::New => t!("state.new"),
        State::Assigned => t!("state.assigned"),
        State::InProgress => t!("state.in_progress"),
        State::OnHold => t!("state.on_hold"),
        State::Resolved => t!("state.resolved"),
        State::Closed => t!("state.closed"),
        State::Cancelled => t!("state.cancelled"),
    }
}

/// That an incident is on hold: for what, and until when.
pub(crate) fn on_hold_text(hold: &Hold) -> String {
    let reason = hold_text(hold.reason);
    match hold.until {
        Some(until) => t!(
            "row.on_hold_until",
            reason = reason,
            at = text::clock_and_day(until)
        ),
        None => t!("row.on_hold", reason = reason),
    }
}

/// Why an incident is escalated, within a sentence or alone.
pub(crate) fn escalation_text(why: Escalation) -> String {
    match why {
        Escalation::Skill => t!("escalation.skill"),
        Escalation::Access => t!("escalation.access"),
        Escalation::Capacity => t!("escalation.capacity"),
        Escalation::Time => t!("escalation.time"),
        Escalation::Back => t!("escalation.back"),
    }
}

/// Why an incident waits: a name that stands alone, or after "on hold: …".
pub(crate) fn hold_text(reason: HoldReason) -> String {
    match reason {
        HoldReason::Caller => t!("hold.caller"),
        HoldReason::Vendor => t!("hold.vendor"),
        HoldReason::Part => t!("hold.part"),
        HoldReason::Change => t!("hold.change"),
        HoldReason::Problem => t!("hold.problem"),
        HoldReason::Evidence => t!("hold.evidence"),
    }
}

pub(crate) fn resolution_text(code: ResolutionCode) -> String {
    match code {
        ResolutionCode::Fixed => t!("resolution.fixed"),
        ResolutionCode::Workaround => t!("resolution.workaround"),
        ResolutionCode::Explained => t!("resolution.explained"),
        ResolutionCode::Duplicate => t!("resolution.duplicate"),
        ResolutionCode::NotReproducible => t!("resolution.not_reproducible"),
        ResolutionCode::NoLongerNeeded => t!("resolution.no_longer_needed"),
    }
}

pub(crate) fn level_text(level: Level) -> String {
    match level {
        Level::Low => t!("level.low"),
        Level::Medium => t!("level.medium"),
        Level::High => t!("level.high"),
    }
}

/// How many people an incident touches.
pub(crate) fn impact_text(level: Level) -> String {
    match level {
        Level::Low => t!("impact.low"),
        Level::Medium => t!("impact.medium"),
        Level::High => t!("impact.high"),
    }
}

/// How an incident came in, as the end of "reported …".
pub(crate) fn channel_text(channel: Channel) -> String {
    match channel {
        Channel::Phone => t!("channel.phone"),
        Channel::Portal => t!("channel.portal"),
        Channel::Mail => t!("channel.mail"),
        Channel::WalkUp => t!("channel.walk_up"),
        Channel::Chat => t!("channel.chat"),
        Channel::Field => t!("channel.field"),
        Channel::Monitoring => t!("channel.monitoring"),
        Channel::Import => t!("channel.import"),
    }
}

/// What a rule gives.
fn outcome_text(outcome: Outcome) -> String {
    match outcome {
        Outcome::Category => t!("field.category"),
        Outcome::Group => t!("field.group"),
        Outcome::Priority => t!("field.priority"),
        Outcome::Watchers => t!("rules.watchers"),
    }
}

fn ruled_text(ruled: &Ruled) -> String {
    let gave: Vec<_> = ruled.gave.iter().copied().map(outcome_text).collect();
    let (rule, version, gave) = (ruled.rule.as_str(), ruled.version, gave.join(", "));
    t!(
        "event.ruled",
        rule = rule,
        version = version.to_string(),
        gave = gave
    )
}

/// The name of the field that a value is for.
pub(crate) fn field_text(value: &SetField) -> String {
    match value {
        SetField::Subject(_) => t!("field.subject"),
        SetField::Category(_) => t!("field.category"),
        SetField::Impact(_) => t!("field.impact"),
        SetField::Urgency(_) => t!("field.urgency"),
        SetField::Site(_) => t!("field.site"),
        SetField::Requester(_) => t!("field.requester"),
        SetField::Priority(_) => t!("field.priority"),
    }
}

/// A value as people read it.
pub(crate) fn value_text(value: &SetField, organisation: &Organisation) -> String {
    match value {
        SetField::Subject(subject) => subject.clone(),
        SetField::Category(None) => t!("value.no_category"),
        SetField::Category(Some(id)) => organisation.category_name(id),
        SetField::Impact(level) => impact_text(*level),
        SetField::Urgency(level) => level_text(*level),
        SetField::Site(None) => t!("value.no_site"),
        SetField::Site(Some(id)) => organisation.site_name(id),
        SetField::Requester(requester) => requester_text(requester, organisation),
        SetField::Priority(Override { priority, reason }) => {
            let priority =
                priority.map_or_else(|| t!("value.by_matrix"), |one| one.word().to_owned());
            if reason.is_empty() {
                return priority;
            }
            t!(
                "value.priority",
                priority = priority,
                reason = reason.as_str()
            )
        }
    }
}

pub(crate) fn requester_text(requester: &Requester, organisation: &Organisation) -> String {
    match requester {
        Requester::Unknown { name, contact } if !contact.is_empty() => {
            format!("{name} ({contact})")
        }
        Requester::Unknown { .. } | Requester::Person(_) => organisation.requester_name(requester),
    }
}

/// To whom something is assigned, by name.
enum Assigned {
    Nobody,
    One(String),
    Both { person: String, group: String },
}

fn assigned_to(
    group: Option<&GroupId>,
    person: Option<PersonId>,
    organisation: &Organisation,
) -> Assigned {
    let group = group.map(|group| organisation.group_name(group));
    let person = person.map(|person| organisation.person_name(person));
    match (group, person) {
        (None, None) => Assigned::Nobody,
        (Some(whom), None) | (None, Some(whom)) => Assigned::One(whom),
        (Some(group), Some(person)) => Assigned::Both { person, group },
    }
}

/// What happened, as the end of a sentence that begins with who did it.
pub(crate) fn event_text(kind: &EventKind, organisation: &Organisation) -> String {
    match kind {
        EventKind::Declared => t!("event.declared"),
        EventKind::Set(value) => {
            let (field, value) = (field_text(value), value_text(value, organisation));
            t!("event.set", field = field, value = value)
        }
        EventKind::Assigned {
            group,
            person,
            escalation,
        } => {
            let whom = assigned_to(group.as_ref(), *person, organisation);
            match (whom, escalation) {
                (Assigned::Nobody, _) => t!("event.unassigned"),
                (Assigned::One(whom), Some(Escalation::Back)) => t!("event.back", whom = whom),
                (Assigned::One(whom), Some(why)) => {
                    t!(
                        "event.escalated",
                        whom = whom,
                        reason = escalation_text(*why)
                    )
                }
                (Assigned::One(whom), None) => t!("event.assigned", whom = whom),
                (Assigned::Both { person, group }, _) => {
                    t!("event.assigned_both", person = person, group = group)
                }
            }
        }
        EventKind::Claimed { .. } => t!("event.claimed"),
        EventKind::Started => t!("event.started"),
        EventKind::Held {
            reason,
            until: Some(until),
            ..
        } => t!(
            "event.held_until",
            reason = hold_text(*reason),
            at = text::clock_and_day(*until)
        ),
        EventKind::Held { reason, .. } => t!("event.held", reason = hold_text(*reason)),
        EventKind::Reminded { .. } => t!("event.reminded"),
        EventKind::Ruled(ruled) => ruled_text(ruled),
        EventKind::Resolved { code, .. } => t!("event.resolved", code = resolution_text(*code)),
        EventKind::Reopened { .. } => t!("event.reopened"),
        EventKind::Closed => t!("event.closed"),
        EventKind::Cancelled { .. } => t!("event.cancelled"),
        EventKind::Replied { .. } => t!("event.replied"),
        EventKind::Noted { .. } => t!("event.noted"),
        EventKind::Numbered { number } => t!("event.numbered", number = number.as_str()),
        EventKind::Logged(log) => {
            let (time, kind) = (minutes_text(log), log_kind_text(log.kind));
            t!("event.logged", time = time, kind = kind)
        }
        EventKind::TaskAdded(_) => t!("event.task_added"),
        EventKind::Attached(_) => t!("event.attached"),
        EventKind::Diagnosed { .. } => t!("event.diagnosed"),
        EventKind::Revised { .. } => t!("event.revised"),
        EventKind::Watched { person } => {
            t!("event.watched", name = organisation.person_name(*person))
        }
        EventKind::Unwatched { person, .. } => {
            t!("event.unwatched", name = organisation.person_name(*person))
        }
        EventKind::TaskChanged { change, .. } => task_event_text(change, organisation),
    }
}

/// What is missing, as one list.
pub(crate) fn missing_text(missing: &[Gate]) -> String {
    let text = |gate: &Gate| match gate {
        Gate::Category => t!("missing.category"),
        Gate::Diagnosis => t!("missing.diagnosis"),
        Gate::Tasks => t!("missing.tasks"),
        Gate::Time => t!("missing.time"),
    };
    missing.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// What held before somebody changed it, as a value.
pub(crate) fn before_text(before: &Before, organisation: &Organisation) -> String {
    match before {
        Before::Field(value) => value_text(value, organisation),
        Before::Assigned { group, person } => {
            match assigned_to(group.as_ref(), *person, organisation) {
                Assigned::Nobody => t!("value.none"),
                Assigned::One(whom) => whom,
                Assigned::Both { person, group } => [person, group].join(", "),
            }
        }
        Before::State {
            hold: Some(reason), ..
        } => t!("row.on_hold", reason = hold_text(*reason)),
        Before::State { state, hold: None } => state_text(*state),
        Before::Task(change) => task_event_text(change, organisation),
        Before::Diagnosis(text) => text.clone(),
    }
}

/// Who has an incident; nothing when nobody does.
pub(crate) fn assignment_text(
    assignment: &Assignment,
    organisation: &Organisation,
) -> Option<String> {
    match assigned_to(assignment.group.as_ref(), assignment.person, organisation) {
        Assigned::Nobody => None,
        Assigned::One(whom) => Some(whom),
        Assigned::Both { person, group } => Some([person, group].join(", ")),
    }
}

/// How long somebody worked.
pub(crate) fn minutes_text(log: &Log) -> String {
    text::span(i64::from(log.minutes) * 60_000)
}

pub(crate) fn log_kind_text(kind: LogKind) -> String {
    match kind {
        LogKind::Remote => t!("log.remote"),
        LogKind::OnSite => t!("log.on_site"),
        LogKind::Travel => t!("log.travel"),
    }
}

fn task_event_text(change: &TaskChange, organisation: &Organisation) -> String {
    match change {
        TaskChange::State(TaskState::Open) => t!("event.task_open"),
        TaskChange::State(TaskState::Done) => t!("event.task_done"),
        TaskChange::State(TaskState::Dropped) => t!("event.task_dropped"),
        TaskChange::Person(None) => t!("event.task_nobodys"),
        TaskChange::Person(Some(person)) => {
            t!("event.task_given", whom = organisation.person_name(*person))
        }
        TaskChange::Group(None) => t!("event.task_no_groups"),
        TaskChange::Group(Some(group)) => {
            t!("event.task_given", whom = organisation.group_name(group))
        }
        TaskChange::Due(None) => t!("event.task_not_due"),
        TaskChange::Due(Some(at)) => t!("event.task_due", at = text::clock_and_day(*at)),
        TaskChange::Step { is_done: true, .. } => t!("event.task_step"),
        TaskChange::Step { is_done: false, .. } => t!("event.task_step_open"),
        TaskChange::After {
            is_awaited: true, ..
        } => t!("event.task_after"),
        TaskChange::After {
            is_awaited: false, ..
        } => t!("event.task_not_after"),
    }
}

/// An act in a few words, for lists of what waits.
pub(crate) fn intent_text(intent: &Intent, organisation: &Organisation) -> String {
    match intent {
        Intent::Declare(_) => t!("intent.declare"),
        Intent::Set(value) => {
            let (field, value) = (field_text(value), value_text(value, organisation));
            t!("intent.set", field = field, value = value)
        }
        Intent::Assign { group, person, .. } => {
            match assigned_to(group.as_ref(), *person, organisation) {
                Assigned::Nobody => t!("intent.unassign"),
                Assigned::One(whom) => t!("intent.assign", whom = whom),
                Assigned::Both { person, group } => {
                    t!("intent.assign_both", person = person, group = group)
                }
            }
        }
        Intent::Claim { .. } => t!("intent.claim"),
        Intent::Start => t!("intent.start"),
        Intent::Hold { .. } => t!("intent.hold"),
        Intent::Remind { .. } => t!("intent.remind"),
        Intent::Rule(_) => t!("intent.rule"),
        Intent::Resolve { .. } => t!("intent.resolve"),
        Intent::Reopen { .. } => t!("intent.reopen"),
        Intent::Close => t!("intent.close"),
        Intent::Cancel { .. } => t!("intent.cancel"),
        Intent::Reply { .. }
        | Intent::Mention {
            doc: DocKind::Incident,
            ..
        } => t!("intent.reply"),
        Intent::Note { .. }
        | Intent::Mention {
            doc: DocKind::Work, ..
        } => t!("intent.note"),
        Intent::Withdraw { .. } => t!("intent.withdraw"),
        Intent::Acknowledge => t!("intent.acknowledge"),
        Intent::Log(log) => t!("intent.log", time = minutes_text(log)),
        Intent::AddTask(_) => t!("intent.task_add"),
        Intent::ChangeTask { change, .. } => task_intent_text(change),
        Intent::Attach { file, .. } => t!("intent.attach", name = file.name.as_str()),
        Intent::Diagnose { .. } => t!("intent.diagnose"),
        Intent::Revise { .. } => t!("intent.revise"),
        Intent::Watch { person, .. } => {
            t!("intent.watch", name = organisation.person_name(*person))
        }
        Intent::Unwatch { person, .. } => {
            t!("intent.unwatch", name = organisation.person_name(*person))
        }
    }
}

fn task_intent_text(change: &TaskChange) -> String {
    match change {
        TaskChange::State(TaskState::Open) => t!("intent.task_open"),
        TaskChange::State(TaskState::Done) => t!("intent.task_done"),
        TaskChange::State(TaskState::Dropped) => t!("intent.task_dropped"),
        TaskChange::Step { is_done: true, .. } => t!("intent.task_step"),
        TaskChange::Step { is_done: false, .. }
        | TaskChange::Person(_)
        | TaskChange::Group(_)
        | TaskChange::Due(_)
        | TaskChange::After { .. } => t!("intent.task_change"),
    }
}

/// The words a person wrote in an act, worth keeping when it is refused.
pub(crate) fn entry_text(intent: &Intent) -> Option<String> {
    if let Intent::Declare(declare) = intent {
        return Some([declare.subject.as_str(), &declare.description].join("\n\n"));
    }
    intent.words().map(str::to_owned)
}

/// Why an act was refused, as a sentence.
pub(crate) fn refusal_text(refused: &Refused) -> String {
    match refused {
        Refused::Role { .. } => t!("refused.role"),
        Refused::Scope => t!("refused.scope"),
        Refused::State { from, .. } => t!("refused.state", state = state_text(*from)),
        Refused::Empty { .. } => t!("refused.empty"),
        Refused::TooLong { max, .. } | Refused::Size { max } => {
            t!("refused.too_long", max = text::characters(*max))
        }
        Refused::FollowsRefused => t!("refused.follows"),
        Refused::Generation { .. } => t!("refused.rewritten"),
        Refused::NotOwn => t!("refused.not_own"),
        Refused::OutOfRange { .. } => t!("refused.out_of_range"),
        Refused::NoSuchTask => t!("refused.no_such_task"),
        Refused::CannotWatch => t!("refused.cannot_watch"),
        Refused::NoSuchWatcher => t!("refused.no_such_watcher"),
        Refused::CannotRead => t!("refused.cannot_read"),
        Refused::NoSuchEntry => t!("refused.no_such_entry"),
        Refused::TooLate { minutes } => t!("refused.too_late", minutes = minutes.to_string()),
        Refused::Author
        | Refused::NothingToWithdraw
        | Refused::Shape { .. }
        | Refused::Encoding
        | Refused::Actor
        | Refused::Sequence { .. } => t!("refused.form"),
    }
}
