//! The incidents written by hand, with what people say and do.

use anyhow::Context as _;
use serde::Deserialize;
use shared::ids::{CategoryId, GroupId, IncidentId, PersonId, SiteId};
use shared::incidents::{
    Channel, Declare, HoldReason, Intent, Requester, ResolutionCode, SetField,
};
use shared::people::Directory;
use shared::priority::Level;
use shared::time::UnixMillis;

use crate::import::{Act, History, name};

const INCIDENTS: &str = include_str!("../../demo/incidents.json");

const MINUTE_MILLIS: i64 = 60 * 1000;

#[derive(Debug, Deserialize)]
struct Told {
    subject: String,
    description: String,
    requester: String,
    declared_by: String,
    channel: Channel,
    category: CategoryId,
    impact: Level,
    urgency: Level,
    site: SiteId,
    age_minutes: i64,
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    after_minutes: i64,
    by: String,
    #[serde(flatten)]
    act: Does,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "act")]
enum Does {
    Assign {
        group: Option<GroupId>,
        assignee: Option<String>,
    },
    Claim,
    Start,
    Reply {
        text: String,
    },
    Note {
        text: String,
    },
    Hold {
        reason: HoldReason,
        text: String,
    },
    Set(Value),
    Resolve {
        code: ResolutionCode,
        notes: String,
    },
    Reopen {
        text: String,
    },
    Close,
    Cancel {
        text: String,
    },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "field", content = "value")]
enum Value {
    Subject(String),
    Category(CategoryId),
    Impact(Level),
    Urgency(Level),
    Site(SiteId),
}

/// The incidents, as old at `now` as they are said to be.
pub(super) fn histories(directory: &Directory, now: UnixMillis) -> anyhow::Result<Vec<History>> {
    let told: Vec<Told> = serde_json::from_str(INCIDENTS).context("demo/incidents.json")?;
    let histories = told.into_iter().enumerate().map(|(place, told)| {
        let subject = told.subject.clone();
        history(directory, place, told, now).with_context(|| format!("the incident “{subject}”"))
    });
    histories.collect()
}

fn history(
    directory: &Directory,
    place: usize,
    told: Told,
    now: UnixMillis,
) -> anyhow::Result<History> {
    let declared_at = now.plus(-told.age_minutes * MINUTE_MILLIS);
    let place = place.to_string();
    let declare = Declare {
        subject: told.subject,
        description: told.description,
        requester: Requester::Person(person(directory, &told.requester)?),
        channel: told.channel,
        category: Some(told.category),
        impact: told.impact,
        urgency: told.urgency,
        site: Some(told.site),
        group: None,
        assignee: None,
        asset: None,
        contact: None,
    };
    let mut acts = vec![Act {
        at: declared_at,
        by: person(directory, &told.declared_by)?,
        intent: Intent::Declare(declare),
        name: name(&["demo", &place, "declare"]),
    }];
    let mut group = None;
    for (step, event) in told.events.into_iter().enumerate() {
        acts.push(Act {
            at: declared_at.plus(event.after_minutes * MINUTE_MILLIS),
            by: person(directory, &event.by)?,
            intent: intent(directory, event.act, &mut group)?,
            name: name(&["demo", &place, &step.to_string()]),
        });
    }
    let id = IncidentId::new(declared_at, name(&["demo", &place]));
    Ok(History {
        id,
        number: None,
        acts,
    })
}

/// The intent of an event; `group` is who has the incident, which a claim leaves as it is.
fn intent(
    directory: &Directory,
    does: Does,
    group: &mut Option<GroupId>,
) -> anyhow::Result<Intent> {
    Ok(match does {
        Does::Assign {
            group: to,
            assignee,
        } => {
            group.clone_from(&to);
            let person = assignee
                .map(|login| person(directory, &login))
                .transpose()?;
            Intent::Assign {
                group: to,
                person,
                escalation: None,
            }
        }
        Does::Claim => Intent::Claim {
            group: group.clone(),
        },
        Does::Start => Intent::Start,
        Does::Reply { text } => Intent::Reply { text },
        Does::Note { text } => Intent::Note { text },
        Does::Hold { reason, text } => Intent::Hold {
            reason,
            text,
            until: None,
        },
        Does::Set(value) => Intent::Set(match value {
            Value::Subject(subject) => SetField::Subject(subject),
            Value::Category(category) => SetField::Category(Some(category)),
            Value::Impact(level) => SetField::Impact(level),
            Value::Urgency(level) => SetField::Urgency(level),
            Value::Site(site) => SetField::Site(Some(site)),
        }),
        Does::Resolve { code, notes } => Intent::Resolve { code, notes },
        Does::Reopen { text } => Intent::Reopen { text },
        Does::Close => Intent::Close,
        Does::Cancel { text } => Intent::Cancel { text },
    })
}

fn person(directory: &Directory, login: &str) -> anyhow::Result<PersonId> {
    let person = directory.by_login(login);
    Ok(person
        .with_context(|| format!("{login} is not in demo/organisation.json"))?
        .id)
}
