//! Reports: numbers over the rows that a device has, each with the filter that opens its list.
//!
//! A number counts by itself what its [`crate::search::Filter`] finds; a test holds both together.
//! How complete the rows are is for whoever shows the numbers to say.

use std::collections::BTreeMap;

use crate::ids::GroupId;
use crate::incidents::{Priority, State};
use crate::rows::Row;
use crate::search::{DayOf, Look, Span};
use crate::sla::Risk;

/// How incidents stand now, and what happened on the last days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Incidents on which work is still to be done.
    pub open: usize,
    pub at_risk: usize,
    pub breached: usize,
    /// Open ones by state and by priority, also where there are none.
    pub states: Vec<(State, usize)>,
    pub priorities: Vec<(Priority, usize)>,
    /// Open ones by group, the most first; last those that no group has.
    pub groups: Vec<(Option<GroupId>, usize)>,
    pub days: Vec<Day>,
}

/// What happened on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub span: Span,
    /// Incidents that came in.
    pub opened: usize,
    /// Incidents whose resolution holds and was made on the day.
    pub resolved: usize,
}

/// Counts rows; days that lie beside each other may come in any order.
pub fn report<'r>(rows: impl Iterator<Item = &'r Row>, days: &[Span], look: Look<'_>) -> Report {
    let mut report = Report::empty(days);
    let mut groups: BTreeMap<&'r Option<GroupId>, usize> = BTreeMap::new();
    for row in rows {
        for day in &mut report.days {
            day.opened += usize::from(DayOf::Opened.is_in(row, day.span));
            day.resolved += usize::from(DayOf::Resolved.is_in(row, day.span));
        }
        if !row.state.is_open() {
            continue;
        }
        report.open += 1;
        let risk = look.risk(row);
        report.at_risk += usize::from(risk == Risk::AtRisk);
        report.breached += usize::from(risk == Risk::Breached);
        count(&mut report.states, row.state);
        count(&mut report.priorities, row.priority);
        *groups.entry(&row.group).or_default() += 1;
    }
    report.groups = groups
        .into_iter()
        .map(|(group, count)| (group.clone(), count))
        .collect();
    report
        .groups
        .sort_by_key(|(group, count)| (group.is_none(), std::cmp::Reverse(*count)));
    report
}

impl Report {
    fn empty(days: &[Span]) -> Self {
        let none = |span: &Span| Day {
            span: *span,
            opened: 0,
            resolved: 0,
        };
        let states = State::ALL.into_iter().filter(|state| state.is_open());
        Self {
            states: states.map(|state| (state, 0)).collect(),
            priorities: Priority::ALL.map(|priority| (priority, 0)).into(),
            days: days.iter().map(none).collect(),
            ..Self::default()
        }
    }
}

fn count<T: PartialEq + Copy>(counts: &mut [(T, usize)], of: T) {
    if let Some((_, count)) = counts.iter_mut().find(|(known, _)| *known == of) {
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::IncidentId;
    use crate::people::{Directory, Person, Role};
    use crate::rows::row;
    use crate::search::{Filter, find};
    use crate::sla::{Glance, Standing};
    use crate::targets::Rules;
    use crate::testing::{ALICE, Copy, person};
    use crate::time::UnixMillis;

    const NOW: UnixMillis = UnixMillis(1_000_000_000);

    fn rows() -> Vec<Row> {
        let first = row(&Copy::declared().read(), &Rules::default());
        let running = |due: i64| Glance {
            response: Standing::Ended,
            resolution: Standing::Running {
                due_at: UnixMillis(due),
            },
        };
        let make = |at: u8| Row {
            id: IncidentId::new(UnixMillis(i64::from(at)), [at; 10]),
            created_at: UnixMillis(i64::from(at)),
            state: State::ALL[usize::from(at) % 7],
            resolved_at: (at % 7 == 4 || at % 7 == 5).then(|| UnixMillis(i64::from(at) + 10)),
            priority: Priority::ALL[usize::from(at) % 4],
            group: match at % 3 {
                0 => None,
                1 => Some("network".into()),
                _ => Some("desk".into()),
            },
            levels: match at % 5 {
                0 => running(NOW.0 - 1),
                1 => running(NOW.0 + 60_000),
                _ => running(NOW.0 + 1_000_000_000),
            },
            ..first.clone()
        };
        (0..100).map(make).collect()
    }

    fn look<'a>(me: &'a Person, directory: &'a Directory) -> Look<'a> {
        let now = NOW;
        Look { me, directory, now }
    }

    fn opened(filter: &Filter, is_shown: fn(&Row) -> bool) -> usize {
        let (me, directory, rows) = (person(ALICE, Role::Manager), Directory::default(), rows());
        let shown = rows.iter().filter(|row| is_shown(row));
        let found = find(
            shown.map(|row| (row, ())),
            |()| true,
            filter,
            look(&me, &directory),
        );
        found.ids.len()
    }

    #[test]
    fn every_number_is_the_length_of_the_list_it_opens() {
        let spans: Vec<_> = (0..8)
            .map(|day| Span {
                start: UnixMillis(day * 15),
                end: UnixMillis(day * 15 + 15),
            })
            .collect();
        let (me, directory, rows) = (person(ALICE, Role::Manager), Directory::default(), rows());
        let report = report(rows.iter(), &spans, look(&me, &directory));
        let is_open = |row: &Row| row.state.is_open();
        assert_eq!(report.open, opened(&Filter::default(), is_open));
        assert!(report.at_risk > 0 && report.breached > 0);
        assert_eq!(
            report.at_risk,
            opened(&Filter::of_risk(Risk::AtRisk), is_open)
        );
        assert_eq!(
            report.breached,
            opened(&Filter::of_risk(Risk::Breached), is_open)
        );
        for (state, count) in report.states {
            assert_eq!(count, opened(&Filter::of_state(state), is_open));
        }
        for (priority, count) in report.priorities {
            assert_eq!(count, opened(&Filter::of_priority(priority), is_open));
        }
        for (group, count) in &report.groups {
            assert_eq!(*count, opened(&Filter::of_group(group.clone()), is_open));
        }
        for day in &report.days {
            let of = |of| opened(&Filter::of_day(of, day.span), |_| true);
            assert_eq!(
                (day.opened, day.resolved),
                (of(DayOf::Opened), of(DayOf::Resolved))
            );
        }
        let sum = |of: fn(&Day) -> usize| report.days.iter().map(of).sum::<usize>();
        assert_eq!((sum(|day| day.opened), sum(|day| day.resolved)), (100, 28));
    }

    #[test]
    fn groups_come_by_size_and_what_no_group_has_comes_last() {
        let (me, directory, rows) = (person(ALICE, Role::Manager), Directory::default(), rows());
        let report = report(rows.iter(), &[], look(&me, &directory));
        assert_eq!(report.groups.len(), 3);
        assert!(report.groups[0].1 >= report.groups[1].1);
        assert_eq!(report.groups[2].0, None);
    }

    #[test]
    fn nothing_is_counted_as_nothing() {
        let (me, directory) = (person(ALICE, Role::Manager), Directory::default());
        let report = report([].into_iter(), &[], look(&me, &directory));
        assert_eq!(report.open, 0);
        assert_eq!(report.states.len(), 4);
        assert!(report.groups.is_empty());
    }
}
