//! Reports that people make of their own troubles.

use serde::{Deserialize, Serialize};

use super::{Channel, Declare, Level, Requester};
use crate::ids::CategoryId;
use crate::people::Person;

/// What people answer who report a problem of their own; a blank answer is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PlainReport {
    pub subject: String,
    pub description: String,
    pub category: String,
    pub asset: String,
    pub contact: String,
}

impl PlainReport {
    /// The incident that a person's answers make: how bad it is, the service desk says.
    pub fn declare(&self, by: &Person) -> Declare {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Declare {
            subject: self.subject.trim().to_owned(),
            description: self.description.trim().to_owned(),
            requester: Requester::Person(by.id),
            channel: Channel::Portal,
            category: given(&self.category).map(CategoryId),
            impact: Level::Low,
            urgency: Level::Medium,
            site: by.site.clone(),
            group: None,
            assignee: None,
            asset: given(&self.asset),
            contact: given(&self.contact),
        }
    }
}
