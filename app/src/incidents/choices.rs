//! What there is to choose from in the fields of an incident, and back from a choice to its value.
//!
//! A choice is a word in a native list; the empty word is "none".

use shared::ids::{CategoryId, GroupId, PersonId, SiteId};
use shared::incidents::{Channel, Escalation, HoldReason, Level, Priority, ResolutionCode};

use super::words::{
    channel_text, escalation_text, hold_text, impact_text, level_text, resolution_text,
};
use crate::link::Organisation;
use crate::text::t;
use crate::ui::pick::Choice;

const LEVELS: [Level; 3] = [Level::High, Level::Medium, Level::Low];
const CHANNELS: [Channel; 6] = [
    Channel::Phone,
    Channel::WalkUp,
    Channel::Field,
    Channel::Chat,
    Channel::Mail,
    Channel::Portal,
];

pub(crate) fn level_word(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

pub(crate) fn level_of(word: &str) -> Option<Level> {
    LEVELS.into_iter().find(|level| level_word(*level) == word)
}

pub(crate) fn urgencies() -> Vec<Choice> {
    LEVELS
        .map(|level| (level_word(level).to_owned(), level_text(level)))
        .to_vec()
}

pub(crate) fn impacts() -> Vec<Choice> {
    LEVELS
        .map(|level| (level_word(level).to_owned(), impact_text(level)))
        .to_vec()
}

// Lists that are fixed in the program carry the place in their list as the word.
fn numbered<T: Copy>(all: &[T], name: impl Fn(T) -> String) -> Vec<Choice> {
    all.iter()
        .enumerate()
        .map(|(at, one)| (at.to_string(), name(*one)))
        .collect()
}

fn at<T: Copy>(all: &[T], word: &str) -> Option<T> {
    all.get(word.parse::<usize>().ok()?).copied()
}

pub(crate) fn channels() -> Vec<Choice> {
    numbered(&CHANNELS, channel_text)
}

pub(crate) fn channel_of(word: &str) -> Option<Channel> {
    at(&CHANNELS, word)
}

pub(crate) fn hold_reasons() -> Vec<Choice> {
    numbered(HoldReason::ALL, hold_text)
}

pub(crate) fn escalations() -> Vec<Choice> {
    numbered(Escalation::ALL, escalation_text)
}

pub(crate) fn escalation_word(why: Escalation) -> String {
    let at = Escalation::ALL.iter().position(|one| *one == why);
    at.unwrap_or_default().to_string()
}

pub(crate) fn escalation_of(word: &str) -> Option<Escalation> {
    at(Escalation::ALL, word)
}

pub(crate) fn hold_reason_of(word: &str) -> Option<HoldReason> {
    at(HoldReason::ALL, word)
}

pub(crate) fn resolutions() -> Vec<Choice> {
    numbered(ResolutionCode::ALL, resolution_text)
}

pub(crate) fn resolution_of(word: &str) -> Option<ResolutionCode> {
    at(ResolutionCode::ALL, word)
}

/// What the matrix says first, then every priority.
pub(crate) fn priorities() -> Vec<Choice> {
    let every = Priority::ALL.into_iter().map(|one| one.word().to_owned());
    let names = [t!("value.by_matrix")].into_iter().chain(every);
    let numbered = names.enumerate();
    numbered.map(|(at, name)| (at.to_string(), name)).collect()
}

pub(crate) fn priority_choice(priority: Priority) -> String {
    (priority as usize + 1).to_string()
}

pub(crate) fn priority_of(word: &str) -> Option<Priority> {
    let place = word.parse::<usize>().ok()?.checked_sub(1)?;
    Priority::ALL.get(place).copied()
}

fn none() -> Choice {
    (String::new(), t!("value.none"))
}

pub(crate) fn categories(organisation: &Organisation) -> Vec<Choice> {
    let all = organisation.directory.categories.iter();
    let mut all: Vec<_> = all
        .map(|one| (one.id.0.clone(), organisation.category_name(&one.id)))
        .collect();
    all.sort_by(|(_, one), (_, other)| one.cmp(other));
    all.insert(0, none());
    all
}

pub(crate) fn category_of(word: &str) -> Option<CategoryId> {
    (!word.is_empty()).then(|| word.into())
}

pub(crate) fn sites(organisation: &Organisation) -> Vec<Choice> {
    let all = organisation
        .directory
        .sites
        .iter()
        .map(|site| (site.id.0.clone(), site.name.clone()));
    std::iter::once(none()).chain(all).collect()
}

pub(crate) fn site_of(word: &str) -> Option<SiteId> {
    (!word.is_empty()).then(|| word.into())
}

pub(crate) fn groups(organisation: &Organisation) -> Vec<Choice> {
    let all = organisation.directory.groups.iter();
    let all = all.map(|group| (group.id.0.clone(), group.name.clone()));
    std::iter::once(none()).chain(all).collect()
}

pub(crate) fn group_of(word: &str) -> Option<GroupId> {
    (!word.is_empty()).then(|| word.into())
}

/// Nobody, then the group's people, then all other staff.
pub(crate) fn assignees(organisation: &Organisation, group: Option<&GroupId>) -> Vec<Choice> {
    let staff = organisation.staff();
    let is_member = |person: &&&shared::people::Person| {
        group.is_some_and(|group| person.groups.contains(group))
    };
    let members = staff.iter().filter(is_member);
    let others = staff.iter().filter(|person| !is_member(person));
    let choice = |person: &&shared::people::Person| (person.id.0.to_string(), person.name.clone());
    let nobody = (String::new(), t!("value.nobody"));
    std::iter::once(nobody)
        .chain(members.map(choice))
        .chain(others.map(choice))
        .collect()
}

pub(crate) fn person_of(word: &str) -> Option<PersonId> {
    word.parse().ok().map(PersonId)
}

/// Stands between a choice and what is set beside it; no id of a group holds it.
const BESIDE: &str = "\t";

/// The choice beside the words, the first until another one is made, and what is set beside it.
pub(crate) fn parts(word: &str) -> (&str, &str) {
    let (choice, beside) = word.split_once(BESIDE).unwrap_or((word, ""));
    (if choice.is_empty() { "0" } else { choice }, beside)
}

pub(crate) fn joined(choice: &str, beside: &str) -> String {
    if beside.is_empty() {
        return choice.to_owned();
    }
    [choice, beside].join(BESIDE)
}
