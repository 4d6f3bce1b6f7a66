//! What is wrong with rules, and where: a form shows it beside its field, and the server takes
//! nothing that a form would not have let pass.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Applies, CONDITION_CHARS_MAX, NAME_CHARS_MAX, RULE_WATCHERS_MAX, RULES_MAX, Rule};
use crate::ids::{CategoryId, GroupId, PersonId};
use crate::incidents::Outcome;
use crate::people::{Directory, Person};
use crate::search::{
    Asker, Asks, Called, Conditions, Fault, Field, Question, Reading, Term, Unicode, read,
};
use crate::time::UnixMillis;

/// What is wrong with rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesFault {
    /// More than [`RULES_MAX`].
    TooMany,
    /// In the rule at this place.
    Rule { place: usize, wrong: RuleFault },
}

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleFault {
    /// An earlier one has the same id.
    Id,
    /// It has no name, or one of more than [`NAME_CHARS_MAX`] characters.
    Name,
    /// An earlier one is called so, too.
    NameTaken,
    /// Its condition asks for nothing.
    NoCondition,
    /// Its condition has more than [`CONDITION_CHARS_MAX`] characters.
    LongCondition,
    /// Something in its condition was not understood.
    Unread(Fault),
    /// Nothing can be said of this field when an incident is declared.
    TooEarly {
        place: Range<usize>,
        field: Field,
    },
    /// Nobody asks, so nobody is `me`.
    Nobodys {
        place: Range<usize>,
    },
    /// It gives nothing.
    NoOutcome,
    /// There is no such category, or no such group.
    NoCategory,
    NoGroup,
    /// More than [`RULE_WATCHERS_MAX`].
    TooManyWatchers,
    /// There is no such person any more.
    NoWatcher(PersonId),
    /// The person may not see internal work.
    CannotSee(PersonId),
    /// An earlier rule, of this name, answers to all the same incidents and gives the same things.
    Never {
        earlier: String,
    },
}

/// Everything that is wrong with rules, in their order.
pub fn faults(rules: &[Rule], directory: &Directory, unicode: Unicode<'_>) -> Vec<RulesFault> {
    let mut all = Vec::new();
    if rules.len() > RULES_MAX {
        return vec![RulesFault::TooMany];
    }
    for (place, rule) in rules.iter().enumerate() {
        let before = &rules[..place];
        let mut wrong = of_name(rule, before);
        wrong.extend(of_condition(rule, directory, unicode));
        wrong.extend(of_outcome(rule, directory));
        if wrong.is_empty() {
            wrong.extend(overtaken(rule, before));
        }
        let fault = |wrong| RulesFault::Rule { place, wrong };
        all.extend(wrong.into_iter().map(fault));
    }
    all
}

fn of_name(rule: &Rule, before: &[Rule]) -> Vec<RuleFault> {
    let name = rule.name.trim();
    let is_called_so = |other: &Rule| other.name.trim().to_lowercase() == name.to_lowercase();
    let wrong = [
        (before.iter().any(|other| other.id == rule.id)).then_some(RuleFault::Id),
        match name.chars().count() {
            0 => Some(RuleFault::Name),
            count if count > NAME_CHARS_MAX => Some(RuleFault::Name),
            _ => before
                .iter()
                .any(is_called_so)
                .then_some(RuleFault::NameTaken),
        },
    ];
    wrong.into_iter().flatten().collect()
}

fn of_condition(rule: &Rule, directory: &Directory, unicode: Unicode<'_>) -> Vec<RuleFault> {
    match &rule.applies {
        Applies::ToAll => Vec::new(),
        Applies::To(typed) => understood(typed, directory, unicode).1,
    }
}

/// What a condition means, and what is wrong with it.
pub fn understood(
    typed: &str,
    directory: &Directory,
    unicode: Unicode<'_>,
) -> (Conditions, Vec<RuleFault>) {
    if typed.chars().count() > CONDITION_CHARS_MAX {
        return (Conditions::default(), vec![RuleFault::LongCondition]);
    }
    let me = nobody();
    let asker = Asker {
        me: &me,
        directory,
        unicode,
        now: UnixMillis(0),
        span: &|_| None,
    };
    let reading = read(typed);
    let (conditions, faults) = Conditions::of(&reading, asker);
    let mut wrong: Vec<_> = faults.into_iter().map(RuleFault::Unread).collect();
    wrong.extend(senseless(&reading));
    if wrong.is_empty() && conditions.is_empty() {
        wrong.push(RuleFault::NoCondition);
    }
    (conditions, wrong)
}

/// What makes no sense where nobody asks, of what has only just come.
fn senseless(reading: &Reading) -> Vec<RuleFault> {
    let terms = reading.question.terms.iter().zip(&reading.places);
    let fault = |(Term { asks, .. }, place): (&Term, &Range<usize>)| {
        let place = place.clone();
        let field = match asks {
            Asks::Word(_) | Asks::Phrase(_) | Asks::Priority(_) => return None,
            Asks::Named(_, names) => {
                let is_mine = names.contains(&Called::Mine);
                return is_mine.then_some(RuleFault::Nobodys { place });
            }
            Asks::State(_) => Field::State,
            Asks::Risk(_) => Field::Risk,
            Asks::Hold(_) => Field::Hold,
            Asks::Time(moment, _) => Field::Time(*moment),
        };
        Some(RuleFault::TooEarly { place, field })
    };
    terms.filter_map(fault).collect()
}

fn nobody() -> Person {
    Person {
        id: PersonId::SERVER,
        login: String::new(),
        name: String::new(),
        roles: [].into(),
        groups: [].into(),
        site: None,
        language: String::new(),
        phone: String::new(),
        department: String::new(),
        mail: None,
        active: false,
    }
}

fn of_outcome(rule: &Rule, directory: &Directory) -> Vec<RuleFault> {
    let gives = &rule.gives;
    if gives.outcomes().is_empty() {
        return vec![RuleFault::NoOutcome];
    }
    let has_category = |id: &CategoryId| directory.categories.iter().any(|one| one.id == *id);
    let has_group = |id: &GroupId| directory.groups.iter().any(|one| one.id == *id);
    let lost = [
        (!gives.category.iter().all(has_category)).then_some(RuleFault::NoCategory),
        (!gives.group.iter().all(has_group)).then_some(RuleFault::NoGroup),
        (gives.watchers.len() > RULE_WATCHERS_MAX).then_some(RuleFault::TooManyWatchers),
    ];
    let watchers = gives.watchers.iter();
    let watchers = watchers.filter_map(|id| of_watcher(*id, directory));
    lost.into_iter().flatten().chain(watchers).collect()
}

/// Why somebody cannot be made to watch, if they cannot.
pub(super) fn of_watcher(id: PersonId, directory: &Directory) -> Option<RuleFault> {
    let person = directory.person(id).filter(|person| person.active);
    let Some(person) = person else {
        return Some(RuleFault::NoWatcher(id));
    };
    (!person.is_staff()).then_some(RuleFault::CannotSee(id))
}

/// Whether an earlier rule leaves it nothing to decide, whatever comes.
fn overtaken(rule: &Rule, before: &[Rule]) -> Option<RuleFault> {
    let (asks, gives) = (meaning(&rule.applies), rule.gives.outcomes());
    let overtakes = |other: &&Rule| {
        let other_asks = meaning(&other.applies);
        let is_wider = other_asks.is_none() || other_asks == asks;
        let gives_all = |outcome: &Outcome| other.gives.outcomes().contains(outcome);
        other.is_on && is_wider && gives.iter().all(gives_all)
    };
    let earlier = before.iter().find(overtakes).filter(|_| rule.is_on)?;
    let earlier = earlier.name.clone();
    Some(RuleFault::Never { earlier })
}

/// The terms of a condition as they are written, in an order of their own; none for all incidents.
fn meaning(applies: &Applies) -> Option<Vec<String>> {
    let Applies::To(typed) = applies else {
        return None;
    };
    let terms = read(typed).question.terms.into_iter();
    let written = terms.map(|term| Question { terms: vec![term] }.to_string().to_lowercase());
    let mut written: Vec<_> = written.collect();
    written.sort();
    written.dedup();
    Some(written)
}
