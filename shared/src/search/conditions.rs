//! What a question means for whoever asks it: conditions that rows are held against.

use std::collections::BTreeSet;
use std::ops::Range;

use super::complete::values_of;
use super::question::{
    Asks, Called, Compared, Day, Fault, Moment, Naming, Question, Reading, StateIs, Term, Time,
    Wrong, nearest,
};
use super::{Query, Searchable, Span, Unicode, joined, tails};
use crate::ids::{CategoryId, GroupId, PersonId, SiteId};
use crate::incidents::{HoldReason, Priority, Requester, State};
use crate::people::{Category, Directory, Person};
use crate::rows::Row;
use crate::sla::Risk;
use crate::time::UnixMillis;

/// Who asks, of whom, and when.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    pub me: &'a Person,
    pub directory: &'a Directory,
    pub unicode: Unicode<'a>,
    pub now: UnixMillis,
    /// When a day begins and ends where the asker is.
    pub span: &'a dyn Fn(Day) -> Option<Span>,
}

/// So many names a question takes: each is looked for among everybody.
const NAMES_MAX: usize = 64;

/// Conditions of which all have to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Words to be found, and to be marked where they are.
    words: Query,
    /// Phrases to be found, or words and phrases that must not be.
    texts: Vec<(bool, Query)>,
    tests: Vec<Condition>,
}

/// A test that has to pass, or to fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub is_not: bool,
    pub test: Test,
}

/// What a row is tested for; it passes with any one of the values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    State(BTreeSet<State>),
    /// One of these states, or resolved without all that this needs.
    Incomplete(BTreeSet<State>),
    Priority(BTreeSet<Priority>),
    Risk(BTreeSet<Risk>),
    Hold(BTreeSet<HoldReason>),
    Assignee(AnyOf<PersonId>),
    /// People of the directory, or others whose name holds this, in lower case.
    Requester(BTreeSet<PersonId>, Vec<String>),
    Group(AnyOf<GroupId>),
    Site(AnyOf<SiteId>),
    Category(AnyOf<CategoryId>),
    /// Any of these spans, each open where it has no end.
    Time(Moment, Vec<(Option<UnixMillis>, Option<UnixMillis>)>),
}

/// Some of what a field may name, or that it names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyOf<T> {
    pub ids: BTreeSet<T>,
    pub nothing: bool,
}

impl<T: Ord> AnyOf<T> {
    fn has(&self, of: Option<&T>) -> bool {
        of.map_or(self.nothing, |of| self.ids.contains(of))
    }
}

impl Conditions {
    /// What a question means. A name that nobody has is a fault, and found nowhere.
    pub fn of(reading: &Reading, asker: Asker<'_>) -> (Self, Vec<Fault>) {
        let mut all = Self::default();
        let mut faults = reading.faults.clone();
        let mut words = Vec::new();
        let terms = reading.question.terms.iter().zip(&reading.places);
        let mut names = 0;
        for (Term { is_not, asks }, place) in terms {
            let is_not = *is_not;
            match asks {
                Asks::Word(word) if !is_not => words.push(word.as_str()),
                // In parts it would shut out more than was typed.
                Asks::Word(word) => all.add_text(is_not, Query::phrase(word, asker.unicode)),
                Asks::Phrase(phrase) => {
                    all.add_text(is_not, Query::phrase(phrase, asker.unicode));
                }
                Asks::State(_)
                | Asks::Priority(_)
                | Asks::Risk(_)
                | Asks::Hold(_)
                | Asks::Named(..)
                | Asks::Time(..) => {
                    names += asks.names();
                    if names > NAMES_MAX {
                        faults.push(Fault {
                            place: place.clone(),
                            what: Wrong::TooMany,
                            instead: None,
                        });
                        continue;
                    }
                    let mut miss = |naming, name: &str| {
                        let instead = (asks.names() == 1).then_some(name);
                        let instead = instead.and_then(|name| meant(naming, name, asker.directory));
                        faults.push(Fault {
                            place: place.clone(),
                            what: Wrong::Name(naming),
                            instead: instead.map(|name| renamed(naming, name, is_not)),
                        });
                    };
                    let test = test(asks, asker, &mut miss);
                    all.tests
                        .extend(test.map(|test| Condition { is_not, test }));
                }
            }
        }
        all.words = Query::new(&words.join(" "), asker.unicode);
        (all, faults)
    }

    fn add_text(&mut self, is_not: bool, query: Query) {
        // Signs alone ask for nothing.
        if !query.is_empty() {
            self.texts.push((is_not, query));
        }
    }

    /// Whether nothing is asked for, so that every row answers.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.texts.is_empty() && self.tests.is_empty()
    }

    /// What is asked of fields, for whoever can narrow by them beforehand.
    pub fn fields(&self) -> &[Condition] {
        &self.tests
    }

    /// The parts of a text that answer, as ranges of its bytes in order.
    pub fn marks(&self, text: &str, unicode: Unicode<'_>) -> Vec<Range<usize>> {
        let texts = self.texts.iter().filter(|(is_not, _)| !is_not);
        let queries = std::iter::once(&self.words).chain(texts.map(|(_, query)| query));
        joined(
            queries
                .flat_map(|query| query.marks(text, unicode))
                .collect(),
        )
    }

    /// The parts of a number that answer, be they only of its digits.
    pub fn marks_of_number(&self, number: &str, unicode: Unicode<'_>) -> Vec<Range<usize>> {
        let marks = self.marks(number, unicode);
        if !marks.is_empty() {
            return marks;
        }
        let in_tail = |tail: &str| {
            let from = number.len() - tail.len();
            let mark = self.marks(tail, unicode).into_iter().next()?;
            Some(mark.start + from..mark.end + from)
        };
        tails(number).find_map(in_tail).into_iter().collect()
    }

    /// Whether a row answers. Its texts are asked for only if they matter.
    pub fn hold<'t>(
        &self,
        row: &Row,
        risk: impl Fn() -> Risk,
        texts: impl FnOnce() -> &'t Searchable,
    ) -> bool {
        let passes = |one: &Condition| one.test.passes(row, &risk) != one.is_not;
        if !self.tests.iter().all(passes) {
            return false;
        }
        if self.words.is_empty() && self.texts.is_empty() {
            return true;
        }
        let texts = texts();
        let holds = |(is_not, query): &(bool, Query)| query.finds(texts) != *is_not;
        self.words.finds(texts) && self.texts.iter().all(holds)
    }
}

impl Test {
    fn passes(&self, row: &Row, risk: &impl Fn() -> Risk) -> bool {
        match self {
            Self::State(states) => states.contains(&row.state),
            Self::Incomplete(or) => !row.incomplete.is_empty() || or.contains(&row.state),
            Self::Priority(priorities) => priorities.contains(&row.priority),
            Self::Risk(risks) => risks.contains(&risk()),
            Self::Hold(reasons) => row.hold.is_some_and(|hold| reasons.contains(&hold.reason)),
            Self::Assignee(people) => people.has(row.assignee.as_ref()),
            Self::Requester(people, names) => match &row.requester {
                Requester::Person(person) => people.contains(person),
                Requester::Unknown { name, .. } => {
                    let name = name.to_lowercase();
                    names.iter().any(|part| name.contains(part))
                }
            },
            Self::Group(groups) => groups.has(row.group.as_ref()),
            Self::Site(sites) => sites.has(row.site.as_ref()),
            Self::Category(categories) => categories.has(row.category.as_ref()),
            Self::Time(moment, spans) => {
                let at = match moment {
                    Moment::Opened => Some(row.created_at),
                    Moment::Updated => Some(row.updated_at),
                    Moment::Resolved => row.resolved_at,
                };
                let holds = |at: UnixMillis| {
                    spans.iter().any(|(from, to)| {
                        from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to)
                    })
                };
                at.is_some_and(holds)
            }
        }
    }
}

/// What a term asks of fields; nothing when it asks for words.
fn test(asks: &Asks, asker: Asker<'_>, miss: &mut dyn FnMut(Naming, &str)) -> Option<Test> {
    Some(match asks {
        Asks::Word(_) | Asks::Phrase(_) => return None,
        Asks::State(all) => {
            let states = all.iter().flat_map(|one| states(*one)).collect();
            if all.contains(&StateIs::Incomplete) {
                Test::Incomplete(states)
            } else {
                Test::State(states)
            }
        }
        Asks::Priority(all) => Test::Priority(all.iter().copied().collect()),
        Asks::Risk(all) => Test::Risk(all.iter().copied().collect()),
        Asks::Hold(all) => Test::Hold(all.iter().copied().collect()),
        Asks::Time(moment, all) => {
            let spans = all.iter().filter_map(|time| span(*time, asker));
            Test::Time(*moment, spans.collect())
        }
        Asks::Named(naming, all) => named(*naming, all, asker, miss),
    })
}

fn states(is: StateIs) -> Vec<State> {
    match is {
        StateIs::One(state) => vec![state],
        StateIs::Incomplete => Vec::new(),
        StateIs::Open => {
            let open = State::ALL.into_iter().filter(|state| state.is_open());
            open.collect()
        }
    }
}

/// From when until when; none for a day that the asker's calendar does not have.
fn span(time: Time, asker: Asker<'_>) -> Option<(Option<UnixMillis>, Option<UnixMillis>)> {
    let ago = |millis: i64| UnixMillis(asker.now.0.saturating_sub(millis));
    Some(match time {
        Time::Before(age) => (None, Some(ago(age.millis()))),
        Time::Within(age) => (Some(ago(age.millis())), None),
        Time::Day(compared, day) => {
            let Span { start, end } = (asker.span)(day)?;
            match compared {
                Compared::On => (Some(start), Some(end)),
                Compared::Before => (None, Some(start)),
                Compared::Until => (None, Some(end)),
                Compared::After => (Some(end), None),
                Compared::Since => (Some(start), None),
            }
        }
    })
}

fn named(
    naming: Naming,
    all: &[Called],
    asker: Asker<'_>,
    miss: &mut dyn FnMut(Naming, &str),
) -> Test {
    let Asker { me, directory, .. } = asker;
    let miss = &mut |name: &str| miss(naming, name);
    match naming {
        Naming::Assignee => Test::Assignee(any_of(all, people(directory), &[me.id], asker, miss)),
        Naming::Requester => {
            // Who reports need not be in the directory.
            let found = any_of(all, people(directory), &[me.id], asker, &mut |_| {});
            let names = all.iter().filter_map(|called| match called {
                Called::Name(name) => Some(name.trim().to_lowercase()),
                Called::Mine | Called::Nothing => None,
            });
            Test::Requester(found.ids, names.collect())
        }
        Naming::Group => {
            let groups = directory.groups.iter();
            let groups = groups.map(|one| (one.id.clone(), vec![&*one.id.0, &*one.name]));
            let mine: Vec<_> = me.groups.iter().cloned().collect();
            Test::Group(any_of(all, groups, &mine, asker, miss))
        }
        Naming::Site => {
            let sites = directory.sites.iter();
            let sites = sites.map(|one| (one.id.clone(), vec![&*one.id.0, &*one.name]));
            Test::Site(any_of(all, sites, me.site.as_slice(), asker, miss))
        }
        Naming::Category => Test::Category(categories(all, asker, miss)),
    }
}

fn people(directory: &Directory) -> impl Iterator<Item = (PersonId, Vec<&str>)> {
    let people = directory.people.iter();
    people.map(|one| (one.id, vec![&*one.login, &*one.name]))
}

/// Each stands for those below it, too.
fn categories(all: &[Called], asker: Asker<'_>, miss: &mut dyn FnMut(&str)) -> AnyOf<CategoryId> {
    let known = &asker.directory.categories;
    let named = known.iter().map(|one| {
        let names = one.name.values().map(String::as_str);
        (one.id.clone(), names.chain([&*one.id.0]).collect())
    });
    let mut found = any_of(all, named, &[], asker, miss);
    let is_below = |one: &&Category| {
        let parent = one.parent.as_ref();
        parent.is_some_and(|parent| found.ids.contains(parent))
    };
    let below: Vec<_> = known
        .iter()
        .filter(is_below)
        .map(|one| one.id.clone())
        .collect();
    found.ids.extend(below);
    found
}

/// Those who are called so: by an id or a login, else by words of a name.
fn any_of<'d, T: Ord + Clone>(
    all: &[Called],
    known: impl Iterator<Item = (T, Vec<&'d str>)>,
    mine: &[T],
    asker: Asker<'_>,
    miss: &mut dyn FnMut(&str),
) -> AnyOf<T> {
    let known: Vec<_> = known
        .map(|(id, names)| {
            let folded = Searchable::of(names.iter().copied(), asker.unicode);
            (id, names, folded)
        })
        .collect();
    let mut found = AnyOf {
        ids: BTreeSet::new(),
        nothing: false,
    };
    for called in all {
        match called {
            Called::Mine => found.ids.extend(mine.iter().cloned()),
            Called::Nothing => found.nothing = true,
            Called::Name(name) => {
                let those = so_called(name, &known, asker.unicode);
                if those.is_empty() {
                    miss(name);
                }
                found.ids.extend(those);
            }
        }
    }
    found
}

fn so_called<T: Clone>(
    name: &str,
    known: &[(T, Vec<&str>, Searchable)],
    unicode: Unicode<'_>,
) -> Vec<T> {
    let is_own = |own: &&str| own.eq_ignore_ascii_case(name);
    let exact = known
        .iter()
        .filter(|(_, names, _)| names.iter().any(is_own));
    let exact: Vec<_> = exact.map(|(id, ..)| id.clone()).collect();
    let words = Query::new(name, unicode);
    if !exact.is_empty() || words.is_empty() {
        return exact;
    }
    let found = known.iter().filter(|(_, _, folded)| words.finds(folded));
    found.map(|(id, ..)| id.clone()).collect()
}

/// The name that was perhaps meant: a word of those there are.
fn meant(naming: Naming, name: &str, directory: &Directory) -> Option<String> {
    let values = values_of(naming, directory, "");
    let words = values.iter().flat_map(|(text, name)| {
        let names = naming.is_of_people().then(|| name.split(' '));
        names.into_iter().flatten().chain([*text])
    });
    let words: Vec<_> = words.map(str::to_lowercase).collect();
    nearest(name, words.iter().map(String::as_str)).map(str::to_owned)
}

fn renamed(naming: Naming, name: String, is_not: bool) -> String {
    let asks = Asks::Named(naming, vec![Called::Name(name)]);
    let terms = vec![Term { is_not, asks }];
    Question { terms }.to_string()
}

#[cfg(test)]
mod tests;
