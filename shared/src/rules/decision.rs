//! What rules give an incident, and the acts by which it gets that.

use std::collections::{BTreeMap, BTreeSet};

use super::faults::{of_watcher, understood};
use super::{Applies, Gives, Rule};
use crate::ids::{CategoryId, DocKind, GroupId, PersonId};
use crate::incidents::{
    EventKind, Incident, Intent, Outcome, Override, Priority, Requester, Ruled, SetField,
    WATCHERS_MAX,
};
use crate::people::Directory;
use crate::rows::{Row, row};
use crate::search::{Conditions, Searchable, Unicode};
use crate::sla::Risk;
use crate::targets::Rules;

/// Rules, ready to be held against incidents. One that is off, or whose condition nobody can read
/// any more since its names are gone, answers to none; what is gone is not given.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    rules: Vec<Ready>,
}

#[derive(Debug, Clone)]
struct Ready {
    name: String,
    /// None for all incidents.
    conditions: Option<Conditions>,
    gives: Gives,
    /// The place of the rule among all.
    place: usize,
}

/// An incident as rules see it: as it was declared.
#[derive(Debug, Clone)]
pub struct Declared {
    row: Row,
    texts: Searchable,
}

/// What rules give an incident. Rules are named by their places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// Those that answer.
    pub answer: Vec<usize>,
    pub category: Option<(usize, CategoryId)>,
    pub group: Option<(usize, GroupId)>,
    pub priority: Option<(usize, Priority)>,
    pub watchers: Option<(usize, Vec<PersonId>)>,
}

impl Declared {
    /// What rules see of an incident, which was read as it was when it was declared.
    pub fn of(
        incident: &Incident,
        directory: &Directory,
        rules: &Rules,
        unicode: Unicode<'_>,
    ) -> Self {
        let row = row(incident, rules);
        let requester = match &row.requester {
            Requester::Person(id) => directory.person(*id).map(|person| person.name.as_str()),
            Requester::Unknown { name, .. } => Some(name.as_str()),
        };
        let site = directory.sites.iter();
        let mut site = site.filter(|site| Some(&site.id) == row.site.as_ref());
        let of_id = |id: &CategoryId| directory.categories.iter().find(|one| one.id == *id);
        let category = row.category.as_ref().and_then(of_id);
        let above = category.and_then(|category| category.parent.as_ref());
        let categories = [category, above.and_then(of_id)].into_iter().flatten();
        let named = [
            Some(row.subject.as_str()),
            Some(incident.description.as_str()),
            incident.asset.as_deref(),
            requester,
            site.next().map(|site| site.name.as_str()),
        ];
        let names = categories.flat_map(|category| category.name.values());
        let texts = named.into_iter().flatten().chain(names.map(String::as_str));
        let texts = Searchable::of(texts, unicode);
        Self { row, texts }
    }
}

impl Rulebook {
    /// Reads rules by what the organisation is now.
    pub fn new(rules: &[Rule], directory: &Directory, unicode: Unicode<'_>) -> Self {
        let ready = |(place, rule): (usize, &Rule)| {
            let conditions = match &rule.applies {
                Applies::ToAll => None,
                Applies::To(typed) => {
                    let (conditions, wrong) = understood(typed, directory, unicode);
                    Some(conditions).filter(|_| wrong.is_empty())?.into()
                }
            };
            rule.is_on.then(|| Ready {
                name: rule.name.trim().to_owned(),
                conditions,
                gives: still_there(&rule.gives, directory),
                place,
            })
        };
        let rules = rules.iter().enumerate().filter_map(ready);
        Self {
            rules: rules.collect(),
        }
    }

    /// What the rules give an incident, whatever anybody says of it. Nothing is late when it is
    /// declared.
    pub fn decide(&self, declared: &Declared) -> Decision {
        let mut decision = Decision::default();
        let answers = |ready: &&Ready| {
            let holds = |conditions: &Conditions| {
                conditions.hold(&declared.row, || Risk::Safe, || &declared.texts)
            };
            ready.conditions.as_ref().is_none_or(holds)
        };
        for Ready { gives, place, .. } in self.rules.iter().filter(answers) {
            decision.answer.push(*place);
            let watchers = Some(&gives.watchers).filter(|people| !people.is_empty());
            first(&mut decision.category, *place, gives.category.as_ref());
            first(&mut decision.group, *place, gives.group.as_ref());
            first(&mut decision.priority, *place, gives.priority.as_ref());
            first(&mut decision.watchers, *place, watchers);
        }
        decision
    }

    fn name(&self, place: usize) -> &str {
        let found = self.rules.iter().find(|ready| ready.place == place);
        found.map_or("", |ready| &ready.name)
    }
}

/// Only the first to give something decides.
fn first<T: Clone>(decided: &mut Option<(usize, T)>, place: usize, given: Option<&T>) {
    if decided.is_none() {
        *decided = given.map(|given| (place, given.clone()));
    }
}

fn still_there(gives: &Gives, directory: &Directory) -> Gives {
    let has_category = |id: &CategoryId| directory.categories.iter().any(|one| one.id == *id);
    let has_group = |id: &GroupId| directory.groups.iter().any(|one| one.id == *id);
    let watchers = gives.watchers.iter().copied();
    let watchers = watchers.filter(|id| of_watcher(*id, directory).is_none());
    Gives {
        category: gives.category.clone().filter(has_category),
        group: gives.group.clone().filter(has_group),
        priority: gives.priority,
        watchers: watchers.collect(),
    }
}

/// What somebody has said of an incident, be it by declaring it so, and no rule says any more.
pub fn said(incident: &Incident) -> BTreeSet<Outcome> {
    let Some(first) = &incident.first else {
        return Outcome::ALL.into();
    };
    let has_holder = first.group.is_some() || first.assignee.is_some();
    let declared = [
        first.category.as_ref().map(|_| Outcome::Category),
        has_holder.then_some(Outcome::Group),
    ];
    let events = incident.timeline.iter().filter(|event| event.counts());
    let since = events.filter_map(|event| match &event.kind {
        EventKind::Set(SetField::Category(_)) => Some(Outcome::Category),
        EventKind::Set(SetField::Priority(_) | SetField::Impact(_) | SetField::Urgency(_)) => {
            Some(Outcome::Priority)
        }
        EventKind::Assigned { .. } | EventKind::Claimed { .. } => Some(Outcome::Group),
        EventKind::Set(SetField::Subject(_) | SetField::Site(_) | SetField::Requester(_))
        | EventKind::Declared
        | EventKind::Started
        | EventKind::Held { .. }
        | EventKind::Reminded { .. }
        | EventKind::Resolved { .. }
        | EventKind::Reopened { .. }
        | EventKind::Closed
        | EventKind::Cancelled { .. }
        | EventKind::Replied { .. }
        | EventKind::Noted { .. }
        | EventKind::Numbered { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Attached(_)
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Revised { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Ruled(_) => None,
    });
    declared.into_iter().flatten().chain(since).collect()
}

impl Decision {
    /// What is left of it where nobody has said anything.
    #[must_use]
    pub fn beside(self, incident: &Incident) -> Self {
        let said = said(incident);
        let is_open = |outcome| !said.contains(&outcome);
        let watching = incident.watchers(DocKind::Work);
        let is_new = |id: &PersonId| watching.iter().all(|watcher| watcher.person != *id);
        let room = WATCHERS_MAX.saturating_sub(watching.len());
        let watchers = self.watchers.map(|(place, people)| {
            let people = people.into_iter().filter(is_new).take(room);
            (place, people.collect::<Vec<_>>())
        });
        Self {
            answer: self.answer,
            category: self.category.filter(|_| is_open(Outcome::Category)),
            group: self.group.filter(|_| is_open(Outcome::Group)),
            priority: self.priority.filter(|_| is_open(Outcome::Priority)),
            watchers: watchers.filter(|(_, people)| !people.is_empty()),
        }
    }

    /// Which rule gives what.
    pub fn by_rule(&self) -> BTreeMap<usize, Vec<Outcome>> {
        let given = [
            (self.category.as_ref().map(|(place, _)| *place)).zip(Some(Outcome::Category)),
            (self.group.as_ref().map(|(place, _)| *place)).zip(Some(Outcome::Group)),
            (self.priority.as_ref().map(|(place, _)| *place)).zip(Some(Outcome::Priority)),
            (self.watchers.as_ref().map(|(place, _)| *place)).zip(Some(Outcome::Watchers)),
        ];
        let mut all: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
        for (place, outcome) in given.into_iter().flatten() {
            all.entry(place).or_default().push(outcome);
        }
        all
    }

    /// The acts that do as decided, each with a word that no other of them has. `version` is that
    /// of the rules.
    pub fn acts(self, book: &Rulebook, version: u32) -> Vec<(String, Intent)> {
        let by_rule = self.by_rule();
        let mut acts = Vec::new();
        let mut add = |word: &str, intent| acts.push((word.to_owned(), intent));
        if let Some((_, category)) = self.category {
            add("category", Intent::Set(SetField::Category(Some(category))));
        }
        if let Some((place, priority)) = self.priority {
            let (priority, reason) = (Some(priority), book.name(place).to_owned());
            let given = Override { priority, reason };
            add("priority", Intent::Set(SetField::Priority(given)));
        }
        if let Some((_, group)) = self.group {
            let (group, person, escalation) = (Some(group), None, None);
            let intent = Intent::Assign {
                group,
                person,
                escalation,
            };
            add("group", intent);
        }
        for person in self.watchers.into_iter().flat_map(|(_, people)| people) {
            let doc = DocKind::Work;
            add(
                &format!("watcher {}", person.0),
                Intent::Watch { doc, person },
            );
        }
        for (nth, (place, gave)) in by_rule.into_iter().enumerate() {
            let rule = book.name(place).to_owned();
            let ruled = Ruled {
                rule,
                version,
                gave,
            };
            add(&format!("rule {nth}"), Intent::Rule(ruled));
        }
        acts
    }
}
