//! What the portal says of an incident, in the words of the person who reported it.

use leptos::prelude::{GetUntracked, With};

use shared::ids::PersonId;
use shared::incidents::{
    Event, EventKind, HoldReason, Incident, Intent, Refused, Requester, State, Transition,
};
use shared::policy;
use shared::rows::Row;
use shared::time::UnixMillis;

use super::front::Front;
use crate::engine::protocol::{Failure, Line, Rescued};
use crate::incidents::draft_words;
use crate::text::{self, t};
use crate::ui::browser;

/// What decides the next step of an incident.
#[derive(Clone, PartialEq)]
pub(super) struct Standing {
    /// Whether the reader reported it, and does not only watch.
    pub(super) is_own: bool,
    pub(super) state: State,
    pub(super) hold: Option<HoldReason>,
    /// Whether the server has it.
    pub(super) is_sent: bool,
    /// Whether something said on it was not sent yet, as far as that is known.
    pub(super) is_kept: bool,
    pub(super) assignee: Option<shared::ids::PersonId>,
    pub(super) resolved_at: Option<UnixMillis>,
    /// What is asked of the requester.
    pub(super) question: String,
}

fn is_kept(event: &Event) -> bool {
    event.counts() && event.from.arrival.is_none()
}

impl Standing {
    /// Of a row; the question is not in it.
    pub(super) fn of_row(row: &Row, me: PersonId) -> Self {
        Self {
            is_own: row.requester == Requester::Person(me),
            state: row.state,
            hold: row.hold.map(|hold| hold.reason),
            is_sent: row.number.is_some(),
            is_kept: false,
            assignee: row.assignee,
            resolved_at: row.resolved_at,
            question: String::new(),
        }
    }

    pub(super) fn of(incident: &Incident, me: PersonId) -> Self {
        Self {
            is_own: incident.requester_person() == Some(me),
            state: incident.state,
            hold: incident.hold.map(|hold| hold.reason),
            is_sent: incident.number.is_some(),
            is_kept: incident.timeline.iter().any(is_kept),
            assignee: incident.assignment.person,
            resolved_at: incident.resolved_at,
            question: incident.question().to_owned(),
        }
    }

    /// Whether the next step is the requester's.
    pub(super) fn is_mine(&self) -> bool {
        (self.is_own && self.state == State::Resolved) || self.waits_for_me()
    }

    /// Whether staff waits for an answer.
    pub(super) fn waits_for_me(&self) -> bool {
        self.is_own && self.state == State::OnHold && self.hold == Some(HoldReason::Caller)
    }

    /// How far it has come, of four steps; none when it was withdrawn.
    pub(super) fn steps(&self) -> u8 {
        match self.state {
            State::New | State::Assigned => 1,
            State::InProgress | State::OnHold => 2,
            State::Resolved => 3,
            State::Closed => 4,
            State::Cancelled => 0,
        }
    }

    /// Where it stands and what comes next, as a sentence.
    pub(super) fn sentence(&self, front: Front) -> String {
        let is_offline = || front.link.board.status.with(|it| it.line == Line::Offline);
        let is_kept = self.is_kept && is_offline();
        if !self.is_sent || (is_kept && !self.is_mine()) {
            return t!("portal.step.kept");
        }
        if is_kept {
            let sent = Self {
                is_kept: false,
                ..self.clone()
            };
            return [sent.sentence(front), t!("portal.step.kept")].join(" ");
        }
        let organisation = front.organisation();
        let name = self.assignee.map(|id| organisation.person_name(id));
        match (self.state, name) {
            (State::New, _) | (State::Assigned, None) => t!("portal.step.new"),
            (State::Assigned, Some(name)) => t!("portal.step.assigned", name = name),
            (State::InProgress, None) => t!("portal.step.working"),
            (State::InProgress, Some(name)) => t!("portal.step.working_by", name = name),
            (State::OnHold, _) => self.waiting(),
            (State::Resolved, _) => self.fixed(),
            (State::Closed, _) => t!("portal.step.closed"),
            (State::Cancelled, _) => t!("portal.step.cancelled"),
        }
    }

    /// The sentence where the question stands below it.
    pub(super) fn headline(&self, front: Front) -> String {
        let without = Self {
            question: String::new(),
            ..self.clone()
        };
        without.sentence(front)
    }

    fn waiting(&self) -> String {
        match self.hold {
            Some(HoldReason::Caller) if !self.is_own => t!("portal.step.others_answer"),
            Some(HoldReason::Caller) if self.question.is_empty() => t!("portal.step.caller"),
            Some(HoldReason::Caller) => {
                t!(
                    "portal.step.caller_asked",
                    question = self.question.as_str()
                )
            }
            Some(HoldReason::Vendor) => t!("portal.step.vendor"),
            Some(HoldReason::Part) => t!("portal.step.part"),
            Some(HoldReason::Change) => t!("portal.step.change"),
            Some(HoldReason::Problem) => t!("portal.step.problem"),
            Some(HoldReason::Evidence) | None => t!("portal.step.evidence"),
        }
    }

    fn fixed(&self) -> String {
        if !self.is_own {
            return t!("portal.step.others_fixed");
        }
        let now = browser::now();
        match self.resolved_at {
            Some(at) if browser::same_day(at, now) => {
                t!("portal.step.fixed_today", at = text::spoken_day(at, now))
            }
            Some(at) => t!("portal.step.fixed_on", day = text::spoken_day(at, now)),
            None => t!("portal.step.fixed"),
        }
    }
}

/// Something that happened besides messages: the sentence, and the words that belong to it. What
/// concerns only staff, such as who has it, says nothing here.
pub(super) fn happened(kind: &EventKind, who: &str) -> Option<(String, String)> {
    let sentence = match kind {
        EventKind::Started => t!("portal.did.started", name = who),
        EventKind::Held { reason, .. } if *reason == HoldReason::Caller => {
            t!("portal.did.asked", name = who)
        }
        EventKind::Held { .. } => t!("portal.did.held", name = who),
        EventKind::Resolved { .. } => t!("portal.did.fixed", name = who),
        EventKind::Reopened { .. } => t!("portal.did.reopened", name = who),
        EventKind::Closed => t!("portal.did.closed", name = who),
        EventKind::Cancelled { .. } => t!("portal.did.cancelled", name = who),
        EventKind::Attached(_) => t!("portal.did.attached", name = who),
        EventKind::Declared
        | EventKind::Set(_)
        | EventKind::Assigned { .. }
        | EventKind::Claimed { .. }
        | EventKind::Replied { .. }
        | EventKind::Noted { .. }
        | EventKind::Reminded { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Revised { .. }
        | EventKind::Ruled(_)
        | EventKind::Numbered { .. } => return None,
    };
    Some((sentence, kind.words().unwrap_or_default().to_owned()))
}

/// Whether the page shows what happened.
pub(super) fn is_shown(event: &Event) -> bool {
    event.kind.message().is_some() || happened(&event.kind, "").is_some()
}

/// The words of an act, worth keeping when it could not be sent.
pub(super) fn of_act(intent: &Intent) -> String {
    if let Intent::Declare(declare) = intent {
        return [&*declare.subject, &*declare.description].join("\n\n");
    }
    if *intent == Intent::Close {
        return t!("portal.confirm");
    }
    intent.words().unwrap_or_default().to_owned()
}

/// An act that its author may want to take back.
pub(super) fn did(intent: &Intent) -> String {
    if matches!(intent, Intent::Declare(_)) {
        return t!("portal.did.report");
    }
    if matches!(intent, Intent::Attach { .. }) {
        return t!("portal.did.file");
    }
    if matches!(intent, Intent::Revise { .. }) {
        return t!("portal.did.revised");
    }
    if matches!(intent, Intent::Unwatch { .. }) {
        return t!("portal.did.left");
    }
    match intent.transition() {
        Some(Transition::Reopened) => t!("portal.did.broken"),
        Some(Transition::Closed) => t!("portal.did.confirm"),
        Some(
            Transition::Started | Transition::Held | Transition::Resolved | Transition::Cancelled,
        )
        | None => t!("portal.did.message"),
    }
}

/// What was saved of a lost copy: what was said and what was being written.
pub(super) fn rescued(rescued: &Rescued) -> String {
    let acts = rescued.acts.iter().map(|(_, intent, _)| of_act(intent));
    let drafts = rescued.drafts.iter();
    let drafts = drafts.map(|(id, text)| draft_words(*id, text));
    acts.chain(drafts).collect::<Vec<_>>().join("\n\n")
}

/// What happened, what was kept, and what to do next.
pub(super) fn failure(failure: &Failure) -> String {
    match failure {
        Failure::Refused(refused) => refusal(refused),
        Failure::Quota => t!("failure.quota"),
        Failure::Unknown => t!("portal.unknown"),
        Failure::NotStarted => t!("failure.not_started"),
        Failure::StillWaiting { count } => t!("failure.still_waiting", count = *count),
        Failure::Storage { .. }
        | Failure::Stopped
        | Failure::Wiping
        | Failure::Locked { .. }
        | Failure::WrongPin { .. }
        | Failure::Parcel(_) => t!("failure.storage"),
        Failure::Later => t!("banner.earlier"),
    }
}

/// What became of an act: too long a text is told by the characters to leave out.
pub(super) fn failed(why: &Failure, intent: &Intent) -> String {
    match why {
        Failure::Refused(refused) => refused_act(refused, intent),
        Failure::Quota
        | Failure::Unknown
        | Failure::NotStarted
        | Failure::StillWaiting { .. }
        | Failure::Storage { .. }
        | Failure::Stopped
        | Failure::Wiping
        | Failure::Locked { .. }
        | Failure::WrongPin { .. }
        | Failure::Parcel(_)
        | Failure::Later => failure(why),
    }
}

/// Why this act was refused.
pub(super) fn refused_act(refused: &Refused, intent: &Intent) -> String {
    if let (Refused::TooLong { max, .. }, Some(text)) = (refused, intent.words()) {
        let excess = policy::excess(text, *max);
        if excess > 0 {
            return t!("portal.too_long", count = excess);
        }
    }
    refusal(refused)
}

/// Why an act was refused, as a sentence.
fn refusal(refused: &Refused) -> String {
    match refused {
        Refused::Role { .. } | Refused::Scope => t!("portal.refused.scope"),
        Refused::State { .. } => t!("portal.refused.state"),
        Refused::Empty { .. } => t!("refused.empty"),
        Refused::TooLong { max, .. } | Refused::Size { max } => {
            t!("refused.too_long", max = text::characters(*max))
        }
        Refused::TooLate { minutes } => t!("refused.too_late", minutes = minutes.to_string()),
        Refused::Author
        | Refused::Shape { .. }
        | Refused::Encoding
        | Refused::Actor
        | Refused::Sequence { .. }
        | Refused::FollowsRefused
        | Refused::Generation { .. }
        | Refused::NotOwn
        | Refused::OutOfRange { .. }
        | Refused::NoSuchTask
        | Refused::CannotWatch
        | Refused::NoSuchWatcher
        | Refused::CannotRead
        | Refused::NoSuchEntry
        | Refused::NothingToWithdraw => t!("refused.form"),
    }
}

/// Who wrote: the reader, or a name.
pub(super) fn who(front: Front, by: shared::ids::PersonId) -> String {
    let me = front.session.person.get_untracked();
    if me.is_some_and(|me| me.id == by) {
        t!("person.you")
    } else {
        front
            .link
            .board
            .organisation
            .get_untracked()
            .person_name(by)
    }
}
