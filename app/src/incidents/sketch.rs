//! A new incident while it is typed: a draft like the others, of an incident that is not born yet.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;

use super::drafts::{Draft, Drafts};
use crate::engine::protocol::DraftKind;

/// What a page makes of the text of such a draft.
pub(crate) trait Sketched: Clone + PartialEq + Default + Send + Sync + 'static {
    /// Reads it; what cannot be read is nothing.
    fn read(text: &str) -> Self;

    /// Writes it.
    fn write(&self) -> String;

    /// With another one beside it, of which neither takes the other's place.
    #[must_use]
    fn with(self, other: Self) -> Self;
}

/// The incident that is not born yet.
fn unborn() -> IncidentId {
    IncidentId::from_bytes([0; 16])
}

impl Drafts {
    /// Shows what was begun, keeps it as it is written, and follows another tab that writes the
    /// same; once it is sent there, nothing.
    pub(crate) fn sketch<T: Sketched>(self, sketch: RwSignal<T>) {
        let kept = self.sketch;
        // What another tab told is not told back to it, which may have written on.
        let known = StoredValue::new(T::default());
        let is_first = StoredValue::new(true);
        let show = move |told: T| {
            let before = sketch.get_untracked();
            let is_first = is_first.try_update_value(std::mem::take) == Some(true);
            known.set_value(told.clone());
            let now = if is_first {
                told.with(before.clone())
            } else {
                told
            };
            if now != before {
                sketch.set(now);
            }
        };
        // At once, so that what the form begins with is not taken for typed.
        if self.knows_sketch() {
            show(T::read(&kept.get_untracked().text));
        }
        Effect::new(move |_| {
            let told = T::read(&kept.get().text);
            if self.knows_sketch() {
                show(told);
            }
        });
        Effect::new(move |_| {
            let written = sketch.get();
            if self.knows_sketch() && known.with_value(|known| *known != written) {
                known.set_value(written.clone());
                self.keep_sketch(&written);
            }
        });
        spawn_local(async move { self.take_up_sketch().await });
    }

    /// Makes something else of what was begun, once that is known.
    pub(crate) async fn change_sketch<T: Sketched>(self, change: impl FnOnce(T) -> T) {
        self.take_up_sketch().await;
        let begun = T::read(&self.sketch.get_untracked().text);
        self.keep_sketch(&change(begun));
    }

    /// Keeps what is written; nothing once it was sent.
    pub(crate) fn keep_sketch<T: Sketched>(self, sketch: &T) {
        let is_empty = *sketch == T::default();
        let text = if is_empty {
            String::new()
        } else {
            sketch.write()
        };
        let draft = Draft {
            text,
            ..Draft::default()
        };
        self.keep(unborn(), DraftKind::New, draft.clone());
        self.sketch.set(draft);
    }

    /// Follows what another tab writes.
    pub(super) fn follow_sketch(self) {
        self.follow(DraftKind::New, unborn(), self.sketch);
    }

    async fn take_up_sketch(self) {
        if self.knows_sketch() {
            return;
        }
        let Some(person) = self.person() else { return };
        let saved = self.saved(unborn()).await;
        if self.person() == Some(person) && !self.knows_sketch() {
            let begun = self.begun(unborn(), DraftKind::New, &saved);
            self.take_sketch(person, begun);
        }
    }
}
