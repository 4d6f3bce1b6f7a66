//! What is wrong with a rule and what it gives, in words.

use shared::rules::{
    Applies, CONDITION_CHARS_MAX, Gives, NAME_CHARS_MAX, RULE_WATCHERS_MAX, Rule, RuleFault,
};

use crate::incidents::{in_words, priority_word};
use crate::link::Organisation;
use crate::text::t;

pub(super) fn fault_text(fault: &RuleFault, organisation: &Organisation) -> String {
    match fault {
        RuleFault::Name => t!("rules.fault_name", count = NAME_CHARS_MAX),
        RuleFault::NameTaken => t!("rules.fault_name_taken"),
        RuleFault::NoOutcome => t!("rules.fault_no_outcome"),
        RuleFault::NoCategory => t!("rules.fault_no_category"),
        RuleFault::NoGroup => t!("rules.fault_no_group"),
        RuleFault::TooManyWatchers => t!("rules.fault_watchers", count = RULE_WATCHERS_MAX),
        RuleFault::NoWatcher(id) => {
            t!(
                "rules.fault_no_watcher",
                name = organisation.person_name(*id)
            )
        }
        RuleFault::CannotSee(id) => {
            t!(
                "rules.fault_cannot_see",
                name = organisation.person_name(*id)
            )
        }
        RuleFault::Never { earlier } => t!("rules.fault_never", name = earlier.as_str()),
        // Two rules of one id come from no form.
        RuleFault::Id => t!("rules.fault_id"),
        RuleFault::NoCondition
        | RuleFault::LongCondition
        | RuleFault::Unread(_)
        | RuleFault::TooEarly { .. }
        | RuleFault::Nobodys { .. } => condition_fault_text("", fault),
    }
}

/// What is wrong with a condition, which was typed so.
pub(super) fn condition_fault_text(typed: &str, fault: &RuleFault) -> String {
    let part = |place: &std::ops::Range<usize>| typed.get(place.clone()).unwrap_or_default();
    match fault {
        RuleFault::NoCondition => t!("rules.fault_no_condition"),
        RuleFault::LongCondition => t!("rules.fault_long", count = CONDITION_CHARS_MAX),
        RuleFault::Unread(fault) => {
            let unfinished = || t!("rules.fault_no_value", word = part(&fault.place));
            in_words(typed, fault).unwrap_or_else(unfinished)
        }
        RuleFault::TooEarly { place, .. } => t!("rules.fault_too_early", word = part(place)),
        RuleFault::Nobodys { place } => t!("rules.fault_nobodys", word = part(place)),
        RuleFault::Id
        | RuleFault::Name
        | RuleFault::NameTaken
        | RuleFault::NoOutcome
        | RuleFault::NoCategory
        | RuleFault::NoGroup
        | RuleFault::TooManyWatchers
        | RuleFault::NoWatcher(_)
        | RuleFault::CannotSee(_)
        | RuleFault::Never { .. } => String::new(),
    }
}

/// What a rule is for and what it gives, in a line.
pub(super) fn does_text(rule: &Rule, organisation: &Organisation) -> String {
    let condition = match &rule.applies {
        Applies::ToAll => t!("rules.every"),
        Applies::To(typed) => typed.trim().to_owned(),
    };
    let gives = gives_text(&rule.gives, organisation);
    if gives.is_empty() {
        return condition;
    }
    t!("rules.does", condition = condition, gives = gives)
}

/// What is given, as a list.
pub(super) fn gives_text(gives: &Gives, organisation: &Organisation) -> String {
    let parts = [
        gives
            .category
            .as_ref()
            .map(|id| organisation.category_name(id)),
        gives.group.as_ref().map(|id| organisation.group_name(id)),
        gives.priority.map(|one| priority_word(one).to_owned()),
    ];
    let watchers = gives.watchers.iter();
    let watchers: Vec<_> = watchers.map(|id| organisation.person_name(*id)).collect();
    let watchers = (!watchers.is_empty()).then(|| {
        let names = watchers.join(", ");
        t!("rules.watched_by", names = names)
    });
    let parts: Vec<_> = parts.into_iter().chain([watchers]).flatten().collect();
    parts.join(" · ")
}
