//! What a search asks of fields, as SQL over the columns of `rows`. What no column says is left to
//! whoever reads the row.

use serde::Serialize;
use serde_json::json;
use shared::search::{AnyOf, Condition, Moment, Test};
use sqlx::{QueryBuilder, Sqlite};

/// Narrows a query further: ` AND …` for each condition that a column can tell.
pub(super) fn narrow(query: &mut QueryBuilder<Sqlite>, conditions: &[Condition]) {
    for Condition { is_not, test } in conditions {
        let Some(column) = column(test) else {
            continue;
        };
        // Nothing is null in here, so that what is not true is false.
        query.push(if *is_not { " AND NOT (" } else { " AND (" });
        push(query, column, test);
        query.push(")");
    }
}

/// The column that says whether a row passes.
fn column(test: &Test) -> Option<&'static str> {
    match test {
        Test::State(_) => Some("state"),
        Test::Priority(_) => Some("priority"),
        Test::Assignee(_) => Some("assignee"),
        Test::Group(_) => Some("\"group\""),
        Test::Time(Moment::Opened, _) => Some("created_at"),
        Test::Time(Moment::Updated, _) => Some("updated_at"),
        // Who is not in the directory has a name in the row alone.
        Test::Requester(_, names) => names.is_empty().then_some("requester"),
        Test::Incomplete(_)
        | Test::Risk(_)
        | Test::Hold(_)
        | Test::Site(_)
        | Test::Category(_)
        | Test::Time(Moment::Resolved, _) => None,
    }
}

fn push(query: &mut QueryBuilder<Sqlite>, column: &str, test: &Test) {
    match test {
        Test::State(states) => one_of(query, column, states.iter().map(ToString::to_string)),
        Test::Priority(all) => one_of(query, column, all.iter().map(|one| *one as i64)),
        Test::Requester(people, _) => one_of(query, column, people.iter().map(|one| one.0)),
        Test::Assignee(people) => any_of(query, column, people, |one| one.0),
        Test::Group(groups) => any_of(query, column, groups, |one| one.0.clone()),
        Test::Time(_, spans) => {
            query.push("0");
            for (from, to) in spans {
                query.push(" OR (1");
                for (bound, compared) in [(from, " >= "), (to, " < ")] {
                    if let Some(bound) = bound {
                        query.push(" AND ").push(column).push(compared);
                        query.push_bind(bound.0);
                    }
                }
                query.push(")");
            }
        }
        Test::Incomplete(_) | Test::Risk(_) | Test::Hold(_) | Test::Site(_) | Test::Category(_) => {
            unreachable!("no column tells it")
        }
    }
}

fn any_of<T, V: Serialize>(
    query: &mut QueryBuilder<Sqlite>,
    column: &str,
    any: &AnyOf<T>,
    value: impl Fn(&T) -> V,
) {
    if any.nothing {
        query.push(column).push(" IS NULL OR ");
    }
    one_of(query, column, any.ids.iter().map(value));
}

/// One text for all values, since there can be more than a statement has places.
fn one_of<V: Serialize>(
    query: &mut QueryBuilder<Sqlite>,
    column: &str,
    values: impl Iterator<Item = V>,
) {
    let values: serde_json::Value = values.map(|value| json!(value)).collect();
    query.push("coalesce(").push(column);
    query.push(" IN (SELECT value FROM json_each(");
    query.push_bind(values.to_string()).push(")), 0)");
}

#[cfg(test)]
mod tests {
    use shared::ids::{GroupId, IncidentId, PersonId};
    use shared::incidents::{Priority, Requester, State};
    use shared::people::{Directory, Group, Person, Role};
    use shared::rows::{Row, row};
    use shared::search::{Asker, Conditions, Searchable, read};
    use shared::sla::Risk;
    use shared::targets::Rules;
    use shared::testing::{ALICE, BOB, Copy, days, person};
    use shared::time::UnixMillis;
    use sqlx::{Connection as _, Row as _, SqliteConnection};

    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    /// A day that nobody's calendar has, and a group of nobody's.
    const FINDS_NONE: [&str; 2] = ["opened:2026-01-01", "group:none -group:none"];

    /// Rows that differ in everything that is asked for below.
    fn rows() -> Vec<Row> {
        let first = row(&Copy::declared().read(), &Rules::default());
        let people = [None, Some(ALICE), Some(BOB)];
        let groups: [Option<GroupId>; 3] = [None, Some("network".into()), Some("desk".into())];
        let rows = (0..84_u8).map(|at| {
            let place = usize::from(at);
            let opened = UnixMillis(i64::from(at % 5) * DAY);
            Row {
                id: IncidentId::new(UnixMillis(i64::from(at)), [at; 10]),
                state: State::ALL[place % 7],
                priority: Priority::ALL[place % 4],
                assignee: people[place % 3],
                group: groups[place / 3 % 3].clone(),
                requester: match place % 3 {
                    0 => Requester::Person(ALICE),
                    1 => Requester::Person(BOB),
                    _ => Requester::Unknown {
                        name: "Bob at the gate".to_owned(),
                        contact: String::new(),
                    },
                },
                created_at: opened,
                updated_at: opened.plus(DAY),
                resolved_at: None,
                ..first.clone()
            }
        });
        rows.collect()
    }

    fn conditions(typed: &str) -> Conditions {
        let named = |id: PersonId, login: &str| Person {
            login: login.to_owned(),
            groups: [GroupId::from("network")].into(),
            ..person(id, Role::Agent)
        };
        let group = |id: &str| Group {
            id: id.into(),
            name: id.to_owned(),
        };
        let directory = Directory {
            people: vec![named(ALICE, "alice"), named(BOB, "bob")],
            groups: vec![group("network"), group("desk")],
            ..Directory::default()
        };
        let asker = Asker {
            me: &directory.people[0],
            directory: &directory,
            unicode: &str::to_uppercase,
            now: UnixMillis(4 * DAY + 1),
            span: &days(UnixMillis(4 * DAY)),
        };
        let (conditions, faults) = Conditions::of(&read(typed), asker);
        assert_eq!(faults, [], "{typed}");
        conditions
    }

    async fn stored(rows: &[Row]) -> SqliteConnection {
        let mut store = SqliteConnection::connect("sqlite::memory:")
            .await
            .expect("a database in memory");
        let made = sqlx::query(
            "CREATE TABLE rows (at INTEGER, state TEXT, priority INTEGER, requester INTEGER,
                 \"group\" TEXT, assignee INTEGER, created_at INTEGER, updated_at INTEGER) STRICT",
        );
        made.execute(&mut store).await.expect("a table");
        for (at, row) in (0_i64..).zip(rows) {
            let requester = match row.requester {
                Requester::Person(person) => Some(person.0),
                Requester::Unknown { .. } => None,
            };
            sqlx::query("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(at)
                .bind(row.state.to_string())
                .bind(row.priority as i64)
                .bind(requester)
                .bind(row.group.as_ref().map(|group| group.0.clone()))
                .bind(row.assignee.map(|person| person.0))
                .bind(row.created_at.0)
                .bind(row.updated_at.0)
                .execute(&mut store)
                .await
                .expect("it is stored");
        }
        store
    }

    #[tokio::test]
    async fn sql_finds_what_the_conditions_find() {
        let rows = rows();
        let mut store = stored(&rows).await;
        for typed in [
            "state:open",
            "-state:open",
            "state:new,closed priority:p1,p3",
            "assignee:me",
            "-assignee:me",
            "assignee:none,bob",
            "-assignee:none,bob",
            "group:none",
            "-group:none",
            "group:me,desk state:on-hold",
            "requester:me",
            "-requester:me",
            "opened:today",
            "opened:>2d",
            "-opened:>2d",
            "opened:<1d,>4d",
            "updated:>=yesterday -opened:yesterday",
            "opened:<=yesterday assignee:me -priority:p1 group:none",
        ]
        .into_iter()
        .chain(FINDS_NONE)
        {
            let conditions = conditions(typed);
            let mut query = QueryBuilder::new("SELECT at FROM rows WHERE 1");
            narrow(&mut query, conditions.fields());
            query.push(" ORDER BY at");
            let found = query.build().fetch_all(&mut store).await;
            let found: Vec<i64> = found
                .expect("it is SQL")
                .iter()
                .map(|row| row.get(0))
                .collect();
            let texts = Searchable::default();
            let holds = |row: &Row| conditions.hold(row, || Risk::Safe, || &texts);
            let wanted = (0_i64..).zip(&rows).filter(|(_, row)| holds(row));
            let wanted: Vec<_> = wanted.map(|(at, _)| at).collect();
            assert_eq!(found, wanted, "{typed}");
            let tells_apart = (1..rows.len()).contains(&wanted.len());
            assert_eq!(tells_apart, !FINDS_NONE.contains(&typed), "{typed}");
        }
    }

    #[tokio::test]
    async fn what_columns_do_not_say_is_left_to_whoever_reads_the_row() {
        for typed in ["risk:safe", "hold:caller", "requester:gate", "resolved:>1d"] {
            let mut query = QueryBuilder::new("SELECT 1");
            narrow(&mut query, conditions(typed).fields());
            assert_eq!(query.sql(), "SELECT 1", "{typed}");
        }
    }
}
