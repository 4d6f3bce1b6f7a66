//! What narrows a list of rows down, and the counts beside each choice.

use crate::ids::{GroupId, IncidentId};
use crate::incidents::{Priority, State};
use crate::people::{Directory, Person};
use crate::rows::Row;
use crate::sla::Risk;
use crate::time::UnixMillis;

/// Whose work an incident is, as the reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whose {
    Mine,
    MyGroups,
    Nobodys,
}

impl Whose {
    pub const ALL: [Self; 3] = [Self::Mine, Self::MyGroups, Self::Nobodys];

    /// Whether an incident is that person's, their groups' or nobody's.
    pub fn holds(self, row: &Row, me: &Person) -> bool {
        match self {
            Self::Mine => row.is_in_hands_of(me.id),
            Self::MyGroups => row
                .group
                .as_ref()
                .is_some_and(|group| me.groups.contains(group)),
            Self::Nobodys => row.assignee.is_none(),
        }
    }
}

/// Some time: from its start on, before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: UnixMillis,
    pub end: UnixMillis,
}

impl Span {
    pub fn holds(self, at: UnixMillis) -> bool {
        self.start <= at && at < self.end
    }
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOf {
    Opened,
    Resolved,
}

impl DayOf {
    /// Whether it happened then to an incident; a resolution that was reopened did not.
    pub fn is_in(self, row: &Row, span: Span) -> bool {
        let at = match self {
            Self::Opened => Some(row.created_at),
            Self::Resolved => row.resolved_at,
        };
        at.is_some_and(|at| span.holds(at))
    }
}

/// What is chosen to narrow a list down. Nothing chosen leaves everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub state: Option<State>,
    pub priority: Option<Priority>,
    pub whose: Option<Whose>,
    pub risk: Option<Risk>,
    /// A group, or those that no group has.
    pub group: Option<Option<GroupId>>,
    pub day: Option<(DayOf, Span)>,
}

/// Which rows are found, and how many each choice would find, whatever is chosen in its own line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    pub ids: Vec<IncidentId>,
    pub states: Vec<(State, usize)>,
    pub priorities: Vec<(Priority, usize)>,
    pub whose: Vec<(Whose, usize)>,
    /// At risk and breached; safe is what is neither.
    pub risks: Vec<(Risk, usize)>,
}

/// Who looks at the rows, by which promises, and when.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub me: &'a Person,
    pub directory: &'a Directory,
    pub now: UnixMillis,
}

impl Look<'_> {
    /// How far an incident is from breaking a promise.
    pub fn risk(self, row: &Row) -> Risk {
        let targets = self.directory.targets_of(row.edition);
        row.levels.risk(row.priority, targets, self.now)
    }
}

/// The risks that somebody looks for.
pub const RISKS: [Risk; 2] = [Risk::AtRisk, Risk::Breached];

impl Filter {
    /// Those in a state.
    pub fn of_state(state: State) -> Self {
        let state = Some(state);
        Self {
            state,
            ..Self::default()
        }
    }

    /// Those of a priority.
    pub fn of_priority(priority: Priority) -> Self {
        let priority = Some(priority);
        Self {
            priority,
            ..Self::default()
        }
    }

    /// Those of a group, or of none.
    pub fn of_group(group: Option<GroupId>) -> Self {
        let group = Some(group);
        Self {
            group,
            ..Self::default()
        }
    }

    /// Those so far from being missed.
    pub fn of_risk(risk: Risk) -> Self {
        let risk = Some(risk);
        Self {
            risk,
            ..Self::default()
        }
    }

    /// Those that were opened or resolved then.
    pub fn of_day(of: DayOf, span: Span) -> Self {
        let day = Some((of, span));
        Self {
            day,
            ..Self::default()
        }
    }

    /// Whether nothing narrows the list.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn keeps(&self, row: &Row) -> bool {
        self.group.as_ref().is_none_or(|group| *group == row.group)
            && self.day.is_none_or(|(of, span)| of.is_in(row, span))
    }
}

/// Looks through rows in their order. Whether one answers to what was typed, too, is asked only
/// where it matters.
pub fn find<'r, T>(
    rows: impl Iterator<Item = (&'r Row, T)>,
    answers: impl Fn(T) -> bool,
    filter: &Filter,
    look: Look<'_>,
) -> Found {
    let mut states = State::ALL.map(|state| (state, 0));
    let mut priorities = Priority::ALL.map(|priority| (priority, 0));
    let mut whose = Whose::ALL.map(|whose| (whose, 0));
    let mut risks = RISKS.map(|risk| (risk, 0));
    let mut ids = Vec::new();
    for (row, of) in rows {
        let risk = look.risk(row);
        let fits = [
            filter.state.is_none_or(|state| state == row.state),
            filter.priority.is_none_or(|one| one == row.priority),
            filter.whose.is_none_or(|one| one.holds(row, look.me)),
            filter.risk.is_none_or(|one| one == risk),
        ];
        // A line of choices counts what fits all the others: two that do not fit leave none.
        let against = fits.iter().filter(|fits| !**fits).count();
        if against > 1 || !filter.keeps(row) || !answers(of) {
            continue;
        }
        let counts_in = |line: usize| against == 0 || !fits[line];
        if counts_in(0) {
            count(&mut states, |state| state == row.state);
        }
        if counts_in(1) {
            count(&mut priorities, |priority| priority == row.priority);
        }
        if counts_in(2) {
            count(&mut whose, |whose| whose.holds(row, look.me));
        }
        if counts_in(3) {
            count(&mut risks, |one| one == risk);
        }
        if against == 0 {
            ids.push(row.id);
        }
    }
    Found {
        ids,
        states: some(states),
        priorities: some(priorities),
        whose: some(whose),
        risks: some(risks),
    }
}

fn count<T: Copy>(counts: &mut [(T, usize)], is: impl Fn(T) -> bool) {
    for (of, count) in counts {
        *count += usize::from(is(*of));
    }
}

fn some<T>(counts: impl IntoIterator<Item = (T, usize)>) -> Vec<(T, usize)> {
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use crate::rows::row;
    use crate::targets::Rules;
    use crate::testing::{ALICE, BOB, Copy, person};

    fn rows() -> Vec<Row> {
        let first = row(&Copy::declared().read(), &Rules::default());
        let make = |at: u8, state, priority, assignee| Row {
            id: IncidentId::new(UnixMillis(i64::from(at)), [at; 10]),
            created_at: UnixMillis(i64::from(at)),
            group: at.is_multiple_of(2).then(|| GroupId("network".to_owned())),
            subject: format!("Incident {at}"),
            state,
            priority,
            assignee,
            ..first.clone()
        };
        vec![
            make(1, State::New, Priority::P1, None),
            make(2, State::Assigned, Priority::P1, Some(ALICE)),
            make(3, State::Assigned, Priority::P2, Some(BOB)),
            make(4, State::OnHold, Priority::P2, Some(ALICE)),
        ]
    }

    fn found(filter: &Filter) -> Found {
        found_by("", filter)
    }

    fn found_by(subject: &str, filter: &Filter) -> Found {
        let rows = rows();
        let each = rows.iter().map(|row| (row, row));
        let answers = |row: &Row| row.subject.contains(subject);
        let (me, directory) = (person(ALICE, Role::Agent), Directory::default());
        let now = UnixMillis(0);
        let (me, directory) = (&me, &directory);
        find(each, answers, filter, Look { me, directory, now })
    }

    #[test]
    fn each_choice_says_what_it_would_find_beside_the_others() {
        let all = found(&Filter::default());
        assert_eq!(all.ids.len(), 4);
        assert_eq!(
            all.whose,
            [(Whose::Mine, 2), (Whose::MyGroups, 2), (Whose::Nobodys, 1)]
        );
        let filter = Filter {
            priority: Some(Priority::P1),
            ..Filter::default()
        };
        let urgent = found(&filter);
        assert_eq!(urgent.states, [(State::New, 1), (State::Assigned, 1)]);
        // The line of what is chosen goes on to show the other choices.
        assert_eq!(urgent.priorities, [(Priority::P1, 2), (Priority::P2, 2)]);
        for (state, count) in urgent.states {
            let both = Filter {
                state: Some(state),
                ..filter.clone()
            };
            assert_eq!(found(&both).ids.len(), count);
        }
    }

    #[test]
    fn counts_follow_the_words_typed() {
        let all = Filter::default();
        assert_eq!(found_by("Incident 3", &all).states, [(State::Assigned, 1)]);
    }

    #[test]
    fn a_group_or_none_and_a_day_narrow_the_list() {
        let of = |group: Option<&str>| Filter {
            group: Some(group.map(|group| GroupId(group.to_owned()))),
            ..Filter::default()
        };
        assert_eq!(found(&of(Some("network"))).ids.len(), 2);
        assert_eq!(found(&of(None)).ids.len(), 2);
        let span = |start, end| Span {
            start: UnixMillis(start),
            end: UnixMillis(end),
        };
        let on = |day| Filter {
            day: Some(day),
            ..Filter::default()
        };
        assert_eq!(found(&on((DayOf::Opened, span(2, 4)))).ids.len(), 2);
        assert_eq!(found(&on((DayOf::Resolved, span(0, 9)))).ids.len(), 0);
    }
}
