//! What is being written, saved as it is typed.
//!
//! A draft remembers whether it is internal, so that a note begun yesterday never comes back as a
//! message to the requester. Drafts of entries lie in the engine's database, per incident.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

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
    /// Whether a timer runs that saves them.
    is_due: StoredValue<bool>,
    /// Whether the device could not keep the last one.
    pub failing: RwSignal<bool>,
}

impl Drafts {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            unsaved: StoredValue::new(BTreeMap::new()),
            is_due: StoredValue::new(false),
            failing: RwSignal::new(false),
        }
    }

    /// Saves a draft once its author pauses.
    pub(crate) fn keep(self, incident: IncidentId, draft: Draft) {
        self.unsaved.update_value(|unsaved| {
            unsaved.insert(incident, draft);
        });
        if !self.is_due.get_value() {
            self.is_due.set_value(true);
            let save = move || {
                self.is_due.set_value(false);
                self.send_all();
            };
            set_timeout(save, PAUSE);
        }
    }

    /// Saves what is unsaved without waiting: the page may be about to go.
    pub(crate) fn send_all(self) {
        for (incident, draft) in self.take() {
            spawn_local(async move {
                self.save(incident, draft).await;
            });
        }
    }

    /// Saves what is unsaved and waits until it is kept. Says whether all of it was.
    pub(crate) async fn flush(self) -> bool {
        let mut kept = true;
        for (incident, draft) in self.take() {
            kept &= self.save(incident, draft).await;
        }
        kept
    }

    /// Drops what is unsaved: it belongs to a person who has left the page.
    pub(crate) fn clear(self) {
        self.unsaved.update_value(BTreeMap::clear);
        self.failing.set(false);
    }

    /// Saves one draft. What cannot be kept stays unsaved, unless its author has written on.
    async fn save(self, incident: IncidentId, draft: Draft) -> bool {
        let call = Call::SaveDraft {
            incident,
            text: draft.write(),
        };
        let kept = self.link.ask(call).await.is_ok();
        if !kept {
            self.unsaved.update_value(|unsaved| {
                unsaved.entry(incident).or_insert(draft);
            });
        }
        self.failing.set(!kept);
        kept
    }

    fn take(self) -> BTreeMap<IncidentId, Draft> {
        let mut taken = BTreeMap::new();
        self.unsaved
            .update_value(|unsaved| taken = std::mem::take(unsaved));
        taken
    }
}
