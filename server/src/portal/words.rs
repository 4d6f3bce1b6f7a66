//! The texts of the plain pages, from the catalogs of the client, and an incident in plain words.

use std::collections::HashMap;
use std::sync::OnceLock;

use shared::incidents::{EventKind, HoldReason, Refused, State, within_a_sentence};
use shared::people::{Directory, Person};
use shared::policy;
use shared::rows::Row;

const ENGLISH: &str = include_str!("../../../public/text/en.json");
const GERMAN: &str = include_str!("../../../public/text/de.json");

/// A language that there is a catalog for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    /// The first of some wishes, such as `de-AT,de;q=0.8`, that can be met.
    pub(super) fn of(wishes: &str) -> Self {
        let german = |wish: &str| wish.trim().to_ascii_lowercase().starts_with("de");
        let english = |wish: &str| wish.trim().to_ascii_lowercase().starts_with("en");
        let first = wishes.split(',').find(|wish| german(wish) || english(wish));
        if first.is_some_and(german) {
            Self::German
        } else {
            Self::English
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// A text with a count; both languages tell only one from all others.
    fn t(self, key: &str, count: usize) -> String {
        let form = if count == 1 { "one" } else { "other" };
        let text = t(&format!("{key}.{form}"), self);
        with(text, "count", &count.to_string())
    }

    fn texts(self) -> &'static HashMap<String, String> {
        static CATALOGS: OnceLock<[HashMap<String, String>; 2]> = OnceLock::new();
        let read = |text| serde_json::from_str(text).expect("xtask checks the catalogs");
        let [english, german] = CATALOGS.get_or_init(|| [read(ENGLISH), read(GERMAN)]);
        match self {
            Self::English => english,
            Self::German => german,
        }
    }
}

/// A text of the catalog; xtask finds its key by this call.
pub(super) fn t(key: &str, language: Language) -> &'static str {
    language.texts().get(key).map_or("", |text| text)
}

/// A text with one name filled in.
fn with(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("{{{name}}}"), &within_a_sentence(value))
}

/// A person as the pages name them.
pub(super) fn name(
    directory: &Directory,
    id: shared::ids::PersonId,
    me: &Person,
    language: Language,
) -> String {
    if id == me.id {
        return t("person.you", language).to_owned();
    }
    match directory.person(id) {
        Some(person) => person.name.clone(),
        None => t("person.server", language).to_owned(),
    }
}

/// Where an incident stands and what comes next.
pub(super) fn standing(row: &Row, directory: &Directory, language: Language) -> String {
    let l = language;
    let worker = row.assignee.and_then(|id| directory.person(id));
    let named = |text, worker: &Person| with(text, "name", &worker.name);
    match (row.state, worker) {
        (State::New, _) | (State::Assigned, None) => t("portal.step.new", l).to_owned(),
        (State::Assigned, Some(worker)) => named(t("portal.step.assigned", l), worker),
        (State::InProgress, None) => t("portal.step.working", l).to_owned(),
        (State::InProgress, Some(worker)) => named(t("portal.step.working_by", l), worker),
        (State::OnHold, _) => waiting(row.hold.map(|hold| hold.reason), l).to_owned(),
        (State::Resolved, _) => t("portal.step.fixed", l).to_owned(),
        (State::Closed, _) => t("portal.step.closed", l).to_owned(),
        (State::Cancelled, _) => t("portal.step.cancelled", l).to_owned(),
    }
}

fn waiting(hold: Option<HoldReason>, l: Language) -> &'static str {
    match hold {
        Some(HoldReason::Caller) => t("portal.step.caller", l),
        Some(HoldReason::Vendor) => t("portal.step.vendor", l),
        Some(HoldReason::Part) => t("portal.step.part", l),
        Some(HoldReason::Change) => t("portal.step.change", l),
        Some(HoldReason::Problem) => t("portal.step.problem", l),
        Some(HoldReason::Evidence) | None => t("portal.step.evidence", l),
    }
}

/// Something that happened besides messages, with the words that belong to it.
pub(super) fn happened<'a>(
    kind: &'a EventKind,
    who: &str,
    language: Language,
) -> Option<(String, &'a str)> {
    let l = language;
    let (text, words) = match kind {
        EventKind::Started => (t("portal.did.started", l), ""),
        EventKind::Held { reason, text, .. } if *reason == HoldReason::Caller => {
            (t("portal.did.asked", l), text.as_str())
        }
        EventKind::Held { text, .. } => (t("portal.did.held", l), text.as_str()),
        EventKind::Resolved { notes, .. } => (t("portal.did.fixed", l), notes.as_str()),
        EventKind::Reopened { text } => (t("portal.did.reopened", l), text.as_str()),
        EventKind::Closed => (t("portal.did.closed", l), ""),
        EventKind::Cancelled { text } => (t("portal.did.cancelled", l), text.as_str()),
        EventKind::Attached(file) => (t("portal.did.attached", l), file.name.as_str()),
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
    Some((with(text, "name", who), words))
}

/// A bound in bytes, in about so many characters.
fn about(bytes_max: usize, language: Language) -> String {
    let characters = policy::characters_about(bytes_max);
    let separator = match language {
        Language::English => ",",
        Language::German => ".",
    };
    match characters / 1_000 {
        0 => characters.to_string(),
        thousands => format!("{thousands}{separator}{:03}", characters % 1_000),
    }
}

/// Why an act was refused, and what to do; with the text that a field was sent with.
pub(super) fn refusal<'a>(
    refused: &Refused,
    typed: impl Fn(&str) -> &'a str,
    language: Language,
) -> String {
    let l = language;
    match refused {
        Refused::TooLong { field, max } if policy::excess(typed(field), *max) > 0 => {
            l.t("portal.too_long", policy::excess(typed(field), *max))
        }
        Refused::Role { .. } | Refused::Scope => t("portal.refused.scope", l).to_owned(),
        Refused::State { .. } => t("portal.refused.state", l).to_owned(),
        Refused::Empty { .. } => t("refused.empty", l).to_owned(),
        Refused::TooLong { max, .. } | Refused::Size { max } => {
            with(t("refused.too_long", l), "max", &about(*max, l))
        }
        Refused::Author
        | Refused::Shape { .. }
        | Refused::Encoding
        | Refused::Actor
        | Refused::Sequence { .. }
        | Refused::FollowsRefused
        | Refused::NotOwn
        | Refused::OutOfRange { .. }
        | Refused::NoSuchTask
        | Refused::CannotWatch
        | Refused::NoSuchWatcher
        | Refused::CannotRead
        | Refused::NoSuchEntry
        | Refused::NothingToWithdraw
        | Refused::Generation { .. } => t("refused.form", l).to_owned(),
        Refused::TooLate { minutes } => {
            with(t("refused.too_late", l), "minutes", &minutes.to_string())
        }
    }
}
