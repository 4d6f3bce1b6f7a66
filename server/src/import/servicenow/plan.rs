//! From the rows of one incident to what was done to it.

use shared::ids::{CategoryId, GroupId, IncidentId, PersonId, SiteId};
use shared::incidents::{Declare, Intent, Requester, ResolutionCode, SetField};
use shared::time::UnixMillis;

use crate::import::{Act, History, name};

use super::{Name, Row, Stage};

/// What the log's names are called here.
pub trait Names {
    fn group(&mut self, row: &Row) -> Option<GroupId>;
    fn category(&mut self, row: &Row) -> Option<CategoryId>;
    fn site(&mut self, row: &Row) -> Option<SiteId>;
    fn caller(&mut self, name: &Name) -> PersonId;
    /// Somebody who worked on the incident of `row`.
    fn worker(&mut self, name: &Name, row: &Row) -> PersonId;
    /// When something happened, for those who move times.
    fn time(&self, at: UnixMillis) -> UnixMillis {
        at
    }
}

/// Tells the rows of one incident, oldest first, as acts; none without a row.
pub fn history(rows: &[Row], names: &mut impl Names) -> Option<History> {
    let (first, rest) = rows.split_first()?;
    let opened_at = names.time(first.opened_at);
    let mut plan = Plan {
        names,
        stage: Stage::New,
        acts: Vec::new(),
    };
    plan.declare(first, opened_at);
    plan.enter(first);
    let mut before = first;
    for row in rest {
        plan.change_fields(before, row);
        plan.reassign(before, row);
        plan.enter(row);
        before = row;
    }
    let acts = plan.acts;
    let id = IncidentId::new(opened_at, name(&["servicenow", &first.number]));
    Some(History {
        id,
        number: Some(first.number.to_string()),
        acts,
    })
}

struct Plan<'a, N> {
    names: &'a mut N,
    stage: Stage,
    acts: Vec<Act>,
}

impl<N: Names> Plan<'_, N> {
    fn declare(&mut self, row: &Row, opened_at: UnixMillis) {
        let caller = row.caller.as_ref().map(|name| self.names.caller(name));
        let unknown = || Requester::Unknown {
            name: "?".to_owned(),
            contact: String::new(),
        };
        let declare = Declare {
            subject: subject(row),
            description: description(row),
            requester: caller.map_or_else(unknown, Requester::Person),
            channel: row.channel,
            category: self.names.category(row),
            impact: row.impact,
            urgency: row.urgency,
            site: self.names.site(row),
            group: self.names.group(row),
            assignee: row
                .assignee
                .as_ref()
                .map(|name| self.names.worker(name, row)),
            asset: None,
            contact: None,
        };
        let by = match &row.opened_by {
            Some(name) => self.names.worker(name, row),
            None => PersonId::SERVER,
        };
        let name = name(&["servicenow", &row.number, "declare"]);
        self.acts.push(Act {
            at: opened_at,
            by,
            intent: Intent::Declare(declare),
            name,
        });
    }

    fn change_fields(&mut self, before: &Row, row: &Row) {
        if subject(before) != subject(row) {
            self.push(row, "subject", Intent::Set(SetField::Subject(subject(row))));
        }
        let category = self.names.category(row);
        if self.names.category(before) != category {
            self.push(row, "category", Intent::Set(SetField::Category(category)));
        }
        if before.impact != row.impact {
            self.push(row, "impact", Intent::Set(SetField::Impact(row.impact)));
        }
        if before.urgency != row.urgency {
            self.push(row, "urgency", Intent::Set(SetField::Urgency(row.urgency)));
        }
        let site = self.names.site(row);
        if self.names.site(before) != site {
            self.push(row, "site", Intent::Set(SetField::Site(site)));
        }
    }

    fn reassign(&mut self, before: &Row, row: &Row) {
        if before.group == row.group && before.assignee == row.assignee {
            return;
        }
        let group = self.names.group(row);
        let person = row
            .assignee
            .as_ref()
            .map(|name| self.names.worker(name, row));
        self.push(
            row,
            "assignment",
            Intent::Assign {
                group,
                person,
                escalation: None,
            },
        );
    }

    /// Takes the steps that lead to the row's state. An incident that is worked on cannot become
    /// new again; it stays as it is.
    fn enter(&mut self, row: &Row) {
        let is_over = matches!(self.stage, Stage::Resolved | Stage::Closed);
        if self.stage == row.stage || (row.stage == Stage::New && !is_over) {
            return;
        }
        let is_reopened = match row.stage {
            Stage::New | Stage::Active | Stage::Awaiting(_) => is_over,
            Stage::Resolved => self.stage == Stage::Closed,
            Stage::Closed => false,
        };
        if is_reopened {
            self.push(
                row,
                "reopened",
                Intent::Reopen {
                    text: String::new(),
                },
            );
        }
        match row.stage {
            Stage::New => {}
            Stage::Active => self.push(row, "started", Intent::Start),
            Stage::Awaiting(reason) => {
                self.push(
                    row,
                    "held",
                    Intent::Hold {
                        reason,
                        text: String::new(),
                        until: None,
                    },
                );
            }
            Stage::Resolved => self.resolve(row),
            Stage::Closed => {
                if self.stage != Stage::Resolved {
                    self.resolve(row);
                }
                self.push(row, "closed", Intent::Close);
            }
        }
        self.stage = row.stage;
    }

    /// The log's codes are numbers without a meaning, so they are kept in the notes.
    fn resolve(&mut self, row: &Row) {
        let notes = row
            .closed_code
            .as_ref()
            .map(|code| format!("ServiceNow: {code}"));
        let (code, notes) = (ResolutionCode::Fixed, notes.unwrap_or_default());
        self.push(row, "resolved", Intent::Resolve { code, notes });
    }

    fn push(&mut self, row: &Row, what: &str, intent: Intent) {
        let by = match &row.updated_by {
            Some(name) => self.names.worker(name, row),
            None => PersonId::SERVER,
        };
        let (updated_at, updates) = (row.updated_at.0.to_string(), row.updates.to_string());
        let name = name(&["servicenow", &row.number, &updated_at, &updates, what]);
        self.acts.push(Act {
            at: self.names.time(row.updated_at),
            by,
            intent,
            name,
        });
    }
}

/// What the log knows of the incident in one line: it has no texts.
fn subject(row: &Row) -> String {
    let about: Vec<&str> = [&row.category, &row.subcategory]
        .into_iter()
        .flatten()
        .map(|name| &**name)
        .collect();
    match (about.is_empty(), &row.symptom) {
        (false, Some(symptom)) => format!("{}: {symptom}", about.join(" › ")),
        (false, None) => about.join(" › "),
        (true, Some(symptom)) => symptom.to_string(),
        (true, None) => row.number.to_string(),
    }
}

fn description(row: &Row) -> String {
    let known = [
        ("Category", &row.category),
        ("Subcategory", &row.subcategory),
        ("Symptom", &row.symptom),
        ("Configuration item", &row.item),
        ("Location", &row.location),
    ];
    let mut lines = vec![format!("Imported from ServiceNow as {}.", row.number)];
    let line = |(title, name): (&str, &Option<Name>)| Some(format!("{title}: {}", name.as_ref()?));
    lines.extend(known.into_iter().filter_map(line));
    lines.join("\n")
}
