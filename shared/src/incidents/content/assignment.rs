//! How facts spell who has an incident.

use crate::ids::GroupId;
use crate::incidents::Escalation;

use super::{Content, Spelling};

impl Spelling {
    pub(super) fn take_assignment(&mut self) -> Option<Content> {
        let kind = self.take_text("kind")?;
        let group = self.take_text("group").map(GroupId);
        match kind.as_str() {
            "assigned" => Some(Content::Assigned {
                group,
                person: self.take_person("person"),
                escalation: self.take_escalation(),
            }),
            "claimed" => Some(Content::Claimed { group }),
            _ => None,
        }
    }

    /// A reason that a later version knows stays behind.
    fn take_escalation(&mut self) -> Option<Escalation> {
        let word = self.take_text("escalation")?;
        let known = Escalation::from_word(&word);
        if known.is_none() {
            self.text("escalation", &word);
        }
        known
    }
}
