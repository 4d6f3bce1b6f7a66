//! Incidents in words: states, reasons, acts, refusals.

use shared::ids::{GroupId, PersonId};
use shared::incidents::{
    Channel, EventKind, HoldReason, Intent, Level, Refused, Requester, ResolutionCode, SetField,
    State,
};

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

/// The name of the field that a value is for.
pub(crate) fn field_text(value: &SetField) -> String {
    match value {
        SetField::Subject(_) => t!("field.subject"),
        SetField::Category(_) => t!("field.category"),
        SetField::Impact(_) => t!("field.impact"),
        SetField::Urgency(_) => t!("field.urgency"),
        SetField::Site(_) => t!("field.site"),
        SetField::Requester(_) => t!("field.requester"),
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
        EventKind::Assigned { group, person } => {
            match assigned_to(group.as_ref(), *person, organisation) {
                Assigned::Nobody => t!("event.unassigned"),
                Assigned::One(whom) => t!("event.assigned", whom = whom),
                Assigned::Both { person, group } => {
                    t!("event.assigned_both", person = person, group = group)
                }
            }
        }
        EventKind::Claimed { .. } => t!("event.claimed"),
        EventKind::Started => t!("event.started"),
        EventKind::Held { reason, .. } => t!("event.held", reason = hold_text(*reason)),
        EventKind::Resolved { code, .. } => t!("event.resolved", code = resolution_text(*code)),
        EventKind::Reopened { .. } => t!("event.reopened"),
        EventKind::Closed => t!("event.closed"),
        EventKind::Cancelled { .. } => t!("event.cancelled"),
        EventKind::Replied { .. } => t!("event.replied"),
        EventKind::Noted { .. } => t!("event.noted"),
        EventKind::Numbered { number } => t!("event.numbered", number = number.as_str()),
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
        Intent::Assign { group, person } => {
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
        Intent::Resolve { .. } => t!("intent.resolve"),
        Intent::Reopen { .. } => t!("intent.reopen"),
        Intent::Close => t!("intent.close"),
        Intent::Cancel { .. } => t!("intent.cancel"),
        Intent::Reply { .. } => t!("intent.reply"),
        Intent::Note { .. } => t!("intent.note"),
        Intent::Withdraw { .. } => t!("intent.withdraw"),
        Intent::Acknowledge => t!("intent.acknowledge"),
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
        Refused::TooLate { minutes } => t!("refused.too_late", minutes = minutes.to_string()),
        Refused::Author
        | Refused::NothingToWithdraw
        | Refused::Shape { .. }
        | Refused::Encoding
        | Refused::Actor
        | Refused::Sequence { .. } => t!("refused.form"),
    }
}
