//! What rules would have done to incidents of the past.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Declared, Gives, Rule, Rulebook};
use crate::ids::{CategoryId, GroupId, IncidentId};
use crate::incidents::{Incident, Priority, State};
use crate::rows::Row;
use crate::time::UnixMillis;

/// How many examples a rule shows.
const EXAMPLES_MAX: usize = 10;

/// What rules would have done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RulesTried {
    /// How many incidents were looked at, those that were opened last.
    pub looked: usize,
    /// When the first of them was opened.
    pub since: Option<UnixMillis>,
    /// Each rule, in their order.
    pub rules: Vec<RuleTried>,
}

/// What one rule would have done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleTried {
    /// How many answer to it.
    pub answers: usize,
    /// To how many of these it would have given something: no rule before it did, and nobody had
    /// said so when they declared it.
    pub decides: usize,
    /// To how many it would have given a group that are resolved by some group.
    pub resolved: usize,
    /// How many of these are resolved by the group that it would have given.
    pub agrees: usize,
    /// Some of those for which it decides, those that were opened last.
    pub examples: Vec<Example>,
}

/// What a rule would have done to one incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    pub incident: IncidentId,
    pub name: String,
    pub subject: String,
    /// What it has as it stands today.
    pub category: Option<CategoryId>,
    pub group: Option<GroupId>,
    pub priority: Priority,
    /// What the rule gives.
    pub gives: Gives,
}

/// A look at the past with rules. Incidents come in the order in which they were opened, the last
/// first.
#[derive(Debug, Clone)]
pub struct Trial {
    rules: Arc<[Rule]>,
    book: Arc<Rulebook>,
    tried: RulesTried,
}

impl Trial {
    /// Begins to look with rules, which were read as `book`.
    pub fn new(rules: Arc<[Rule]>, book: Arc<Rulebook>) -> Self {
        let tried = RulesTried {
            rules: vec![RuleTried::default(); rules.len()],
            ..RulesTried::default()
        };
        Self { rules, book, tried }
    }

    /// Looks at an incident: as it was declared, and what its row says today.
    pub fn look(&mut self, declared: &Declared, first: &Incident, today: &Row) {
        let decision = self.book.decide(declared).beside(first);
        self.tried.looked += 1;
        let since = self.tried.since.unwrap_or(today.created_at);
        self.tried.since = Some(since.min(today.created_at));
        for place in &decision.answer {
            self.tried.rules[*place].answers += 1;
        }
        let is_over = matches!(today.state, State::Resolved | State::Closed);
        let solver = today.group.as_ref().filter(|_| is_over);
        for (place, outcomes) in decision.by_rule() {
            let gives = self.rules[place].gives.only(&outcomes);
            let of_rule = &mut self.tried.rules[place];
            of_rule.decides += 1;
            if let (Some(group), Some(solver)) = (&gives.group, solver) {
                of_rule.resolved += 1;
                of_rule.agrees += usize::from(group == solver);
            }
            if of_rule.examples.len() < EXAMPLES_MAX {
                of_rule.examples.push(Example {
                    incident: today.id,
                    name: today.name(),
                    subject: today.subject.clone(),
                    category: today.category.clone(),
                    group: today.group.clone(),
                    priority: today.priority,
                    gives,
                });
            }
        }
    }

    /// What came of it.
    pub fn end(self) -> RulesTried {
        self.tried
    }
}
