//! What is being written, saved as it is typed.
//!
//! A draft remembers whether it is internal, so that a note begun yesterday never comes back as a
//! message to the requester. Drafts of entries lie in the engine's database, per incident.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;

use shared::ids::IncidentId;

use crate::engine::protocol::Call;
use crate::link::Link;

const PAUSE: Duration = Duration::from_millis(300);
const INTERNAL: &str = "note\n";
const PUBLIC: &str = "reply\n";

/// A message or note that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Draft {
    pub is_internal: bool,
    pub text: String,
}

impl Draft {
    /// Reads a draft as the engine keeps it.
    pub(crate) fn read(stored: &str) -> Self {
        match (stored.strip_prefix(INTERNAL), stored.strip_prefix(PUBLIC)) {
            (Some(text), _) => Self {
                is_internal: true,
                text: text.to_owned(),
            },
            (None, Some(text)) => Self {
                is_internal: false,
                text: text.to_owned(),
            },
            // Of unknown kind: only staff may see it until its author says otherwise.
            (None, None) => Self {
                is_internal: true,
                text: stored.to_owned(),
            },
        }
    }

    fn write(&self) -> String {
        if self.text.is_empty() {
            return String::new();
        }
        let kind = if self.is_internal { INTERNAL } else { PUBLIC };
        format!("{kind}{}", self.text)
    }
}

/// Drafts on their way to the engine. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Drafts {
    link: Link,
    unsaved: StoredValue<BTreeMap<IncidentId, Draft>>,
}

impl Drafts {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            unsaved: StoredValue::new(BTreeMap::new()),
        }
    }

    /// Saves a draft once its author pauses.
    pub(crate) fn keep(self, incident: IncidentId, draft: Draft) {
        let is_first = self.unsaved.with_value(BTreeMap::is_empty);
        self.unsaved.update_value(|unsaved| {
            unsaved.insert(incident, draft);
        });
        if is_first {
            set_timeout(move || self.send_all(), PAUSE);
        }
    }

    /// Saves what is unsaved at once, without waiting: the page may be about to go.
    pub(crate) fn send_all(self) {
        for (incident, draft) in self.take() {
            self.link.tell(Call::SaveDraft {
                incident,
                text: draft.write(),
            });
        }
    }

    /// Saves what is unsaved and waits until it is kept. Says whether all of it was.
    pub(crate) async fn flush(self) -> bool {
        let mut kept = true;
        for (incident, draft) in self.take() {
            let call = Call::SaveDraft {
                incident,
                text: draft.write(),
            };
            if self.link.ask(call).await.is_err() {
                self.unsaved.update_value(|unsaved| {
                    unsaved.entry(incident).or_insert(draft);
                });
                kept = false;
            }
        }
        kept
    }

    fn take(self) -> BTreeMap<IncidentId, Draft> {
        let mut taken = BTreeMap::new();
        self.unsaved
            .update_value(|unsaved| taken = std::mem::take(unsaved));
        taken
    }
}
