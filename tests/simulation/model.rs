//! How an incident is to read, by a model of the rules that shares no code with the folds.
//!
//! It is written from the table "When two people act at once" of the README. A fact here is a plain
//! record: who said what, when it counts, and everything that was on its author's screen. There is
//! no automerge in it, and no `saw`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the model names only what it speaks of"
)]

use std::collections::BTreeSet;
use std::fmt;

use shared::ids::{DocKind, FactId, GroupId, PersonId, SiteId};
use shared::incidents::{
    Declare, EventKind, Field, HoldReason, Incident, Intent, Level, Requester, SetField, Stage,
    State,
};
use shared::sla::evaluate;
use shared::targets::Rules;
use shared::time::UnixMillis;

/// A fact of an incident document.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    pub(super) id: FactId,
    pub(super) by: PersonId,
    /// Its corrected time.
    pub(super) at: UnixMillis,
    pub(super) intent: Intent,
    pub(super) knew: BTreeSet<FactId>,
}

/// Everything that people stated of one incident.
#[derive(Debug)]
pub(super) struct Model {
    facts: Vec<Plain>,
    requester: Option<PersonId>,
}

/// What people see of it, as far as the table speaks of that.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct View {
    subject: String,
    urgency: Level,
    site: Option<SiteId>,
    requester: Requester,
    assigned: (Option<GroupId>, Option<PersonId>),
    state: State,
    hold: Option<HoldReason>,
    withdrawn: BTreeSet<FactId>,
    /// What a field was set to beside the value that holds, by its name.
    chips: BTreeSet<(&'static str, String)>,
    /// Everything that was said to everybody.
    said: BTreeSet<(FactId, String)>,
    /// Who is told that an act of theirs met another: the person and both facts.
    cards: BTreeSet<(PersonId, FactId, FactId)>,
}

const SUBJECT: &str = "subject";
const URGENCY: &str = "urgency";
const SITE: &str = "site";
const REQUESTER: &str = "requester";

fn rivals<T: fmt::Debug>(field: &Field<T>) -> Vec<String> {
    let rivals = field.rivals.iter();
    rivals.map(|said| format!("{:?}", said.value)).collect()
}

impl View {
    /// What the folds say.
    pub(super) fn of(incident: &Incident) -> Self {
        let events = incident.timeline.iter();
        let public = events.filter(|event| event.doc == DocKind::Incident);
        let mut withdrawn: BTreeSet<_> = public
            .filter(|event| event.withdrawn.is_some())
            .map(|event| event.fact)
            .collect();
        let silent = incident.acknowledged.iter();
        let silent = silent.filter(|said| said.withdrawn.is_some());
        withdrawn.extend(silent.map(|said| said.fact));
        let cards = incident.gave_way.iter();
        let said = incident
            .timeline
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Replied { text, .. } => Some((event.fact, text.clone())),
                _ => None,
            });
        let mut chips = BTreeSet::new();
        let mut beside = |name, rivals: Vec<String>| {
            chips.extend(rivals.into_iter().map(|value| (name, value)));
        };
        beside(SUBJECT, rivals(&incident.subject));
        beside(URGENCY, rivals(&incident.urgency));
        beside(SITE, rivals(&incident.site));
        beside(REQUESTER, rivals(&incident.requester));
        Self {
            chips,
            said: said.collect(),
            subject: incident.subject.holds.value.clone(),
            urgency: incident.urgency.holds.value,
            site: incident.site.holds.value.clone(),
            requester: incident.requester.holds.value.clone(),
            assigned: (
                incident.assignment.group.clone(),
                incident.assignment.person,
            ),
            state: incident.state,
            hold: incident.hold.map(|hold| hold.reason),
            withdrawn,
            cards: cards.map(|card| (card.by, card.fact, card.to)).collect(),
        }
    }
}

/// A line per fact, by the ends of their ids.
impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fact in &self.facts {
            let knew: Vec<_> = fact.knew.iter().copied().map(short).collect();
            let (id, by, at, knew) = (short(fact.id), fact.by.0, fact.at.0, knew.join(" "));
            writeln!(f, "{id} by {by} at {at}: {:?} knew {knew}", fact.intent)?;
        }
        Ok(())
    }
}

fn short(id: FactId) -> String {
    let id = id.to_string();
    id[id.len() - 4..].to_owned()
}

impl Model {
    pub(super) fn new(facts: Vec<Plain>) -> Self {
        let mut model = Self {
            facts,
            requester: None,
        };
        model.requester = match model.requester().0 {
            Requester::Person(person) => Some(person),
            Requester::Unknown { .. } => None,
        };
        model
    }

    /// What people are to see.
    pub(super) fn view(&self) -> View {
        let steps = self.current(|fact| self.is_step(fact));
        let given = self.current(|fact| assigned(fact).is_some());
        let moved = steps.iter().copied().max_by_key(|fact| {
            let rank = self.rank(fact);
            (rank, fact.at, fact.id)
        });
        let holder = given.iter().copied().max_by_key(|fact| held(fact));
        let assigned = holder.and_then(assigned).unwrap_or_default();
        let stage = moved.map_or(Stage::Ready, |fact| self.stage(fact, None));
        let subject = self.field(
            |set| match set {
                SetField::Subject(subject) => Some(subject.clone()),
                _ => None,
            },
            |declare| declare.subject.clone(),
            |_| 0,
        );
        let urgency = self.field(
            |set| match set {
                SetField::Urgency(level) => Some(*level),
                _ => None,
            },
            |declare| declare.urgency,
            |level| *level as u8,
        );
        let site = self.field(
            |set| match set {
                SetField::Site(site) => Some(site.clone()),
                _ => None,
            },
            |declare| declare.site.clone(),
            |_| 0,
        );
        let requester = self.requester();
        let chips = [
            (SUBJECT, subject.1),
            (URGENCY, urgency.1),
            (SITE, site.1),
            (REQUESTER, requester.1),
        ];
        let chips = chips.into_iter();
        View {
            subject: subject.0,
            urgency: urgency.0,
            site: site.0,
            requester: requester.0,
            chips: chips
                .flat_map(|(name, values)| values.into_iter().map(move |value| (name, value)))
                .collect(),
            said: self.said(),
            state: state(stage, assigned.1),
            assigned,
            hold: match stage {
                Stage::OnHold(reason) => Some(reason),
                _ => None,
            },
            withdrawn: self.withdrawn(),
            cards: self.cards(&steps, moved, &given, holder),
        }
    }

    /// Whether both clocks have used up, at some moments, what they are to have used up.
    pub(super) fn check_clocks(&self, incident: &Incident, rules: &Rules, moments: &[UnixMillis]) {
        for now in moments {
            let clocks = evaluate(incident, rules, *now);
            let response = clocks.response.map(|clock| clock.elapsed_millis);
            let resolution = clocks.resolution.map(|clock| clock.elapsed_millis);
            let answered = self.response().map_or(*now, |at| at.min(*now));
            let expected = (Some(self.ran(rules, answered)), Some(self.ran(rules, *now)));
            assert_eq!(
                (response, resolution),
                expected,
                "clocks of {} at {now:?}",
                incident.id
            );
        }
    }

    fn requester(&self) -> (Requester, BTreeSet<String>) {
        self.field(
            |set| match set {
                SetField::Requester(requester) => Some(requester.clone()),
                _ => None,
            },
            |declare| declare.requester.clone(),
            |_| 0,
        )
    }

    /// The later of the values that nobody who set another knew; equal, the more severe. With it
    /// the others, as a chip names them.
    fn field<T: fmt::Debug + PartialEq>(
        &self,
        set: impl Fn(&SetField) -> Option<T>,
        first: impl Fn(&Declare) -> T,
        severity: impl Fn(&T) -> u8,
    ) -> (T, BTreeSet<String>) {
        let value = |fact: &Plain| match &fact.intent {
            Intent::Set(field) => set(field),
            Intent::Declare(declare) => Some(first(declare)),
            _ => None,
        };
        let current = self.current(|fact| value(fact).is_some());
        let said = current.iter().filter_map(|fact| Some((fact, value(fact)?)));
        let last = said.max_by_key(|(fact, value)| (fact.at, severity(value), fact.id));
        let holds = last.expect("an incident was declared").1;
        let others = current.iter().filter_map(|fact| value(fact));
        let others = others.filter(|other| *other != holds);
        let others = others.map(|other| format!("{other:?}")).collect();
        (holds, others)
    }

    /// All replies, taken back or not.
    fn said(&self) -> BTreeSet<(FactId, String)> {
        let said = self.facts.iter().filter_map(|fact| match &fact.intent {
            Intent::Reply { text } => Some((fact.id, text.clone())),
            _ => None,
        });
        said.collect()
    }

    /// What nobody of the group knew of.
    fn current(&self, member: impl Fn(&Plain) -> bool) -> Vec<&Plain> {
        let members: Vec<_> = self
            .facts
            .iter()
            .filter(|fact| member(fact) && self.counts(fact))
            .collect();
        let known = |fact: &Plain| members.iter().any(|other| other.knew.contains(&fact.id));
        members
            .iter()
            .copied()
            .filter(|fact| !known(fact))
            .collect()
    }

    /// What their author took back. A beginning stays, and its withdrawal is a step.
    fn withdrawn(&self) -> BTreeSet<FactId> {
        let said = self
            .facts
            .iter()
            .filter_map(|fact| Some((target(fact)?, fact.by)));
        let own = said.filter(|(target, by)| {
            let mut facts = self.facts.iter();
            facts.any(|fact| fact.id == *target && fact.by == *by && self::target(fact).is_none())
        });
        own.map(|(target, _)| target).collect()
    }

    fn counts(&self, fact: &Plain) -> bool {
        matches!(fact.intent, Intent::Declare(_)) || !self.withdrawn().contains(&fact.id)
    }

    /// Whether it cancels the incident by taking back that it was declared.
    fn undeclares(&self, fact: &Plain) -> bool {
        let declared = self
            .facts
            .iter()
            .find(|fact| matches!(fact.intent, Intent::Declare(_)));
        let declared = declared.map(|declared| (declared.id, declared.by));
        target(fact).map(|target| (target, fact.by)) == declared && declared.is_some()
    }

    fn is_step(&self, fact: &Plain) -> bool {
        match fact.intent {
            Intent::Declare(_)
            | Intent::Start
            | Intent::Hold { .. }
            | Intent::Resolve { .. }
            | Intent::Reopen { .. }
            | Intent::Close
            | Intent::Cancel { .. } => true,
            Intent::Withdraw { .. } => self.undeclares(fact),
            _ => false,
        }
    }

    /// Words of the requester that neither side knew of.
    fn words_beside<'a>(&'a self, fact: &'a Plain) -> impl Iterator<Item = &'a Plain> {
        self.facts.iter().filter(move |other| {
            let is_silent = matches!(other.intent, Intent::Withdraw { .. } | Intent::Acknowledge);
            let is_beside = !fact.knew.contains(&other.id) && !other.knew.contains(&fact.id);
            Some(other.by) == self.requester
                && other.id != fact.id
                && is_beside
                && !is_silent
                && self.counts(other)
        })
    }

    fn closes(&self, fact: &Plain) -> bool {
        self.words_beside(fact).next().is_none()
    }

    fn rank(&self, fact: &Plain) -> u8 {
        match fact.intent {
            Intent::Start => 1,
            Intent::Hold { .. } => 2,
            Intent::Reopen { .. } if Some(fact.by) != self.requester => 3,
            Intent::Close if self.closes(fact) => 5,
            Intent::Close | Intent::Resolve { .. } => 4,
            Intent::Cancel { .. } | Intent::Withdraw { .. } => 6,
            Intent::Reopen { .. } => 7,
            _ => 0,
        }
    }

    /// The stage that a step leads to, as it is at a moment or for good: waiting for the caller
    /// ends with their answer.
    fn stage(&self, fact: &Plain, at: Option<UnixMillis>) -> Stage {
        match &fact.intent {
            Intent::Start => Stage::InProgress,
            Intent::Hold { reason, .. } => {
                let answer = self.answer(fact).filter(|_| *reason == HoldReason::Caller);
                let is_answered = answer.is_some_and(|answer| at.is_none_or(|at| answer <= at));
                if is_answered {
                    Stage::InProgress
                } else {
                    Stage::OnHold(*reason)
                }
            }
            Intent::Close if self.closes(fact) => Stage::Closed,
            Intent::Close | Intent::Resolve { .. } => Stage::Resolved,
            Intent::Cancel { .. } | Intent::Withdraw { .. } => Stage::Cancelled,
            _ => Stage::Ready,
        }
    }

    /// When the requester said something knowing of a hold.
    fn answer(&self, hold: &Plain) -> Option<UnixMillis> {
        let answers = self.facts.iter().filter(|fact| {
            let is_reply = matches!(fact.intent, Intent::Reply { .. });
            is_reply
                && Some(fact.by) == self.requester
                && fact.knew.contains(&hold.id)
                && self.counts(fact)
        });
        answers.map(|fact| fact.at).min()
    }

    fn cards(
        &self,
        steps: &[&Plain],
        moved: Option<&Plain>,
        given: &[&Plain],
        holder: Option<&Plain>,
    ) -> BTreeSet<(PersonId, FactId, FactId)> {
        let mut met: Vec<(&Plain, &Plain)> = Vec::new();
        if let Some(moved) = moved {
            let ends = |fact: &Plain| (self.stage(fact, None), self.has_code(fact));
            let gave_way = steps.iter().filter(|fact| ends(fact) != ends(moved));
            met.extend(gave_way.map(|fact| (*fact, moved)));
            if matches!(moved.intent, Intent::Resolve { .. } | Intent::Close) {
                met.extend(self.words_beside(moved).map(|word| (moved, word)));
            }
        }
        if let Some(holder) = holder {
            let others = given
                .iter()
                .filter(|fact| assigned(fact) != assigned(holder));
            met.extend(others.map(|fact| (*fact, holder)));
        }
        let untold = met
            .into_iter()
            .filter(|(fact, other)| !self.knows(fact.by, fact, other));
        untold
            .map(|(fact, other)| (fact.by, fact.id, other.id))
            .collect()
    }

    /// Whether somebody said something, other than a value, knowing of both.
    fn knows(&self, person: PersonId, one: &Plain, other: &Plain) -> bool {
        self.facts.iter().any(|fact| {
            let says = !matches!(fact.intent, Intent::Set(_) | Intent::Withdraw { .. });
            let knew = fact.knew.contains(&one.id) && fact.knew.contains(&other.id);
            fact.by == person && says && knew && self.counts(fact)
        })
    }

    /// Whether the state that a step leads to says how the incident was resolved.
    fn has_code(&self, fact: &Plain) -> bool {
        match fact.intent {
            Intent::Resolve { .. } => true,
            Intent::Close => self.facts.iter().any(|before| {
                let resolves = matches!(before.intent, Intent::Resolve { .. });
                resolves && fact.knew.contains(&before.id) && self.counts(before)
            }),
            _ => false,
        }
    }

    /// How long work was awaited until some moment.
    fn ran(&self, rules: &Rules, until: UnixMillis) -> i64 {
        let mut moments: Vec<_> = self.facts.iter().map(|fact| fact.at).collect();
        moments.retain(|at| *at < until);
        moments.sort_unstable();
        moments.push(until);
        let spans = moments.windows(2).filter(|span| self.runs(rules, span[0]));
        spans.map(|span| span[1].since(span[0])).sum()
    }

    /// Whether work is awaited right after a moment.
    fn runs(&self, rules: &Rules, at: UnixMillis) -> bool {
        let steps: Vec<_> = self
            .facts
            .iter()
            .filter(|fact| fact.at <= at && self.is_step(fact) && self.counts(fact))
            .collect();
        let known = |fact: &Plain| steps.iter().any(|other| other.knew.contains(&fact.id));
        let current = steps.iter().filter(|fact| !known(fact));
        let held = current.max_by_key(|fact| (self.rank(fact), fact.at, fact.id));
        match held.map(|fact| self.stage(fact, Some(at))) {
            Some(Stage::OnHold(reason)) => !rules.now().targets.pausing.contains(&reason),
            Some(Stage::Ready | Stage::InProgress) => true,
            Some(Stage::Resolved | Stage::Closed | Stage::Cancelled) | None => false,
        }
    }

    /// When somebody who never was the requester first took it up.
    fn response(&self) -> Option<UnixMillis> {
        let asked = self.facts.iter().filter_map(|fact| match &fact.intent {
            Intent::Declare(declare) => Some(&declare.requester),
            Intent::Set(SetField::Requester(requester)) if self.counts(fact) => Some(requester),
            _ => None,
        });
        let asked: Vec<_> = asked.collect();
        let responds = |fact: &&Plain| match fact.intent {
            Intent::Reply { .. } => !asked.contains(&&Requester::Person(fact.by)),
            Intent::Start | Intent::Hold { .. } | Intent::Resolve { .. } => true,
            _ => false,
        };
        let first = self
            .facts
            .iter()
            .filter(responds)
            .filter(|fact| self.counts(fact));
        first.map(|fact| fact.at).min()
    }
}

/// What it takes back.
fn target(fact: &Plain) -> Option<FactId> {
    match fact.intent {
        Intent::Withdraw { fact, .. } => Some(fact),
        _ => None,
    }
}

/// Whom it gives the incident to.
fn assigned(fact: &Plain) -> Option<(Option<GroupId>, Option<PersonId>)> {
    match &fact.intent {
        Intent::Declare(declare) => Some((declare.group.clone(), declare.assignee)),
        Intent::Assign { group, person, .. } => Some((group.clone(), *person)),
        Intent::Claim { group } => Some((group.clone(), Some(fact.by))),
        _ => None,
    }
}

/// Dispatcher before claim; among dispatchers the later, among claims the earlier.
fn held(fact: &Plain) -> (u8, i64, FactId) {
    match fact.intent {
        Intent::Assign { .. } => (2, fact.at.0, fact.id),
        Intent::Claim { .. } => (1, -fact.at.0, fact.id),
        _ => (0, fact.at.0, fact.id),
    }
}

fn state(stage: Stage, holder: Option<PersonId>) -> State {
    match stage {
        Stage::Ready if holder.is_some() => State::Assigned,
        Stage::Ready => State::New,
        Stage::InProgress => State::InProgress,
        Stage::OnHold(_) => State::OnHold,
        Stage::Resolved => State::Resolved,
        Stage::Closed => State::Closed,
        Stage::Cancelled => State::Cancelled,
    }
}
