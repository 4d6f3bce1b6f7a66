//! Rules: what an incident is given by itself when it is declared.
//!
//! An administrator writes them as a list. Each has a condition in the query language, and gives a
//! category, a group, a priority or watchers. For each of these the first rule of the list decides
//! that answers and gives it, and only where nobody has said anything.
//!
//! # Design
//! Question: what is a rule held against? Answer: the incident as it was declared, whatever became
//! of it since. So no rule rests on what another one gave, a decision that comes late is the same
//! decision, and looking at the past is the same function. Rejected: the row as it is today, by
//! which a rule would seem to agree with what people found out only later.

mod decision;
mod faults;
mod trial;

use serde::{Deserialize, Serialize};

use crate::ids::{CategoryId, GroupId, PersonId};
use crate::incidents::Outcome;
use crate::priority::Priority;
use crate::time::UnixMillis;

pub use decision::{Decision, Declared, Rulebook, said};
pub use faults::{RuleFault, RulesFault, faults, understood};
pub use trial::{Example, RuleTried, RulesTried, Trial};

/// How many rules there may be.
pub const RULES_MAX: usize = 100;

/// The longest name of a rule, in characters.
pub const NAME_CHARS_MAX: usize = 80;

/// The longest condition, in characters.
pub const CONDITION_CHARS_MAX: usize = 1_000;

/// How many people one rule lets watch.
pub const RULE_WATCHERS_MAX: usize = 10;

/// Names a rule among the others, also once it is called otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleId(pub u32);

/// What somebody wrote of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: RuleId,
    pub name: String,
    pub is_on: bool,
    pub applies: Applies,
    pub gives: Gives,
}

/// Which incidents a rule is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Every one; said in so many words, since an empty condition is one that was forgotten.
    ToAll,
    /// Those that answer to this, as it is typed.
    To(String),
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gives {
    #[serde(default)]
    pub category: Option<CategoryId>,
    #[serde(default)]
    pub group: Option<GroupId>,
    /// In place of the matrix.
    #[serde(default)]
    pub priority: Option<Priority>,
    /// Staff who watch internally.
    #[serde(default)]
    pub watchers: Vec<PersonId>,
}

impl Gives {
    /// What it gives, without the values.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let is_given = |outcome: &Outcome| match outcome {
            Outcome::Category => self.category.is_some(),
            Outcome::Group => self.group.is_some(),
            Outcome::Priority => self.priority.is_some(),
            Outcome::Watchers => !self.watchers.is_empty(),
        };
        Outcome::ALL.into_iter().filter(is_given).collect()
    }

    /// These of it alone.
    #[must_use]
    pub fn only(&self, outcomes: &[Outcome]) -> Self {
        let has = |outcome| outcomes.contains(&outcome);
        let watchers = self.watchers.iter().copied();
        Self {
            category: self.category.clone().filter(|_| has(Outcome::Category)),
            group: self.group.clone().filter(|_| has(Outcome::Group)),
            priority: self.priority.filter(|_| has(Outcome::Priority)),
            watchers: watchers.filter(|_| has(Outcome::Watchers)).collect(),
        }
    }
}

/// What holds, and what held before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RulesHeld {
    /// Zero while nobody has saved any.
    pub version: u32,
    pub rules: Vec<Rule>,
    /// The latest first.
    pub history: Vec<RulesVersion>,
}

/// A version of the rules, with who set it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesVersion {
    pub version: u32,
    pub by: PersonId,
    pub at: UnixMillis,
    /// How many rules it has.
    pub count: usize,
}

/// Rules to be saved on top of those that were shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesSaved {
    /// The version that they were made from: another one may have come meanwhile.
    pub base: u32,
    pub rules: Vec<Rule>,
}

/// What the server says of rules that nobody has saved yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RulesChecked {
    pub faults: Vec<RulesFault>,
    /// None while something is wrong.
    pub tried: Option<RulesTried>,
}

/// What became of rules that somebody wants to save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulesAnswer {
    Saved(RulesHeld),
    Wrong(RulesChecked),
    /// Somebody else saved meanwhile: this holds now, and nothing was changed.
    Changed(RulesHeld),
}

/// An id that no rule has.
pub fn free_id<'r>(rules: impl IntoIterator<Item = &'r Rule>) -> RuleId {
    let last = rules.into_iter().map(|rule| rule.id.0).max();
    RuleId(last.unwrap_or(0).saturating_add(1))
}

/// Rules with what others changed: they were made from `base`, and `now` holds. The order is that
/// of `now` unless it was changed here; what is new here comes after what is new there.
pub fn on_top_of(own: &[Rule], base: &[Rule], now: &[Rule]) -> Vec<Rule> {
    let of = |all: &[Rule], id: RuleId| all.iter().find(|rule| rule.id == id).cloned();
    let (old, new): (Vec<_>, Vec<_>) =
        (own.iter().cloned()).partition(|rule| of(base, rule.id).is_some());
    let ids = |all: &[Rule]| all.iter().map(|rule| rule.id).collect::<Vec<_>>();
    let kept = ids(base).into_iter();
    let kept: Vec<_> = kept.filter(|id| of(&old, *id).is_some()).collect();
    let is_reordered = ids(&old) != kept;
    let merged = |id: RuleId| match (of(&old, id), of(base, id), of(now, id)) {
        (Some(own), was, now) if was.as_ref() == Some(&own) => now,
        (Some(own), _, _) => Some(own),
        // Deleted here: unless somebody has changed it there.
        (None, was, now) => now.filter(|now| was.as_ref() != Some(now)),
    };
    let mut order = if is_reordered { ids(&old) } else { ids(now) };
    for id in ids(now).into_iter().chain(ids(&old)) {
        if !order.contains(&id) {
            order.push(id);
        }
    }
    let mut both: Vec<_> = order.into_iter().filter_map(merged).collect();
    for mut rule in new {
        if of(&both, rule.id).is_some() {
            rule.id = free_id(both.iter().chain(own));
        }
        both.push(rule);
    }
    both
}

#[cfg(test)]
mod tests;
