//! A new incident while it is typed: a draft like the others, of an incident that is not born yet.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;

use shared::ids::{IncidentId, PersonId};

use super::drafts::{Draft, Drafts};
use crate::engine::protocol::{Answer, Call, DraftKind, WrittenDraft};
use crate::link::beside;
use crate::ui::browser;

/// An engine that is starting again answers soon.
const AGAIN: Duration = Duration::from_secs(1);

/// What a page makes of the text of such a draft.
pub(crate) trait Sketched:
    Default + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static
{
    /// Where versions before kept it, in the browser's other store.
    const BEFORE: &str;

    /// Reads it; what cannot be read is nothing.
    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// Writes it; nothing as nothing.
    fn write(&self) -> String {
        if *self == Self::default() {
            return String::new();
        }
        serde_json::to_string(self).unwrap_or_default()
    }

    /// With another one beside it, of which neither takes the other's place.
    #[must_use]
    fn with(self, other: Self) -> Self;
}

/// The incident that is not born yet.
fn unborn() -> IncidentId {
    IncidentId::from_bytes([0; 16])
}

/// The words of a draft, for whoever only reads it: of a new incident those that are typed. The
/// browser takes that apart: what a form reads it with is loaded with the form.
pub(crate) fn draft_words(incident: IncidentId, stored: &str) -> String {
    let text = Draft::read(stored).text;
    if incident != unborn() {
        return text;
    }
    let sketch = js_sys::JSON::parse(&text).unwrap_or_default();
    let words = ["subject", "description"].map(|name| {
        let word = js_sys::Reflect::get(&sketch, &name.into()).ok();
        word.and_then(|word| word.as_string()).unwrap_or_default()
    });
    words.join(" ").trim().to_owned()
}

/// A form with what the engine has of it.
struct Sheet<T: Send + Sync + 'static> {
    form: RwSignal<T>,
    kept: RwSignal<Draft>,
    /// The text that both agree on; none before the engine has answered.
    agreed: StoredValue<Option<String>>,
}

impl<T: Send + Sync + 'static> Clone for Sheet<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Sheet<T> {}

impl Drafts {
    /// Shows what was begun, keeps it as it is written, and follows another tab that writes the
    /// same; once it is sent there, nothing.
    pub(crate) fn keep_form<T: Sketched>(self, form: RwSignal<T>) {
        let Some(person) = self.person() else { return };
        let sheet = Sheet {
            form,
            kept: RwSignal::new(Draft::default()),
            agreed: StoredValue::new(None),
        };
        self.follow(DraftKind::New, unborn(), sheet.kept);
        Effect::new(move |_| {
            let (told, written) = (sheet.kept.get().text, form.with(T::write));
            let Some(agreed) = sheet.agreed.get_value() else {
                return;
            };
            if told != agreed {
                form.set(T::read(&told));
                sheet.agreed.set_value(Some(told));
            } else if written != agreed {
                self.keep_sketch(person, &written);
                sheet.agreed.set_value(Some(written.clone()));
                sheet.kept.set(draft(written));
            }
        });
        self.take_up_form(person, sheet);
    }

    /// Shows what the engine has, beside what was typed before it answered.
    fn take_up_form<T: Sketched>(self, person: PersonId, sheet: Sheet<T>) {
        spawn_local(async move {
            let incident = unborn();
            let asked = self.link.ask(Call::Drafts { incident }).await;
            let Some(typed) = sheet.form.try_with_untracked(T::write) else {
                return;
            };
            if self.person() != Some(person) {
                return;
            }
            let Ok(Answer::Drafts(saved)) = asked else {
                return set_timeout(move || self.take_up_form(person, sheet), AGAIN);
            };
            let begun = self.begun(incident, DraftKind::New, &saved);
            let of_before = self.take_over::<T>(person);
            let all = T::read(&begun.text).with(of_before).with(T::read(&typed));
            sheet.form.set(all);
            sheet.agreed.set_value(Some(begun.text.clone()));
            sheet.kept.set(begun);
        });
    }

    /// What a version before kept beside the database, which goes from there.
    fn take_over<T: Sketched>(self, person: PersonId) -> T {
        let slot = beside(self.link.surface, person, T::BEFORE);
        let stored = browser::stored(&slot);
        if stored.is_some() {
            browser::store(&slot, None);
        }
        T::read(&stored.unwrap_or_default())
    }

    /// Makes something else of what was begun; a form that shows it follows.
    pub(crate) async fn change_sketch<T: Sketched>(self, change: impl FnOnce(T) -> T) {
        let Some(person) = self.person() else { return };
        let saved = self.link.drafts(unborn()).await;
        if self.person() != Some(person) {
            return;
        }
        let begun = self.begun(unborn(), DraftKind::New, &saved);
        let text = change(T::read(&begun.text)).write();
        self.keep_sketch(person, &text);
        self.link.board.drafted.set(Some(WrittenDraft {
            incident: unborn(),
            kind: DraftKind::New,
            base: begun.text,
            text: draft(text).write(),
        }));
    }

    /// Takes out what was sent, unless its author has written on.
    pub(crate) fn sent_form<T: Sketched>(self, person: PersonId, sent: &str, form: RwSignal<T>) {
        let now = form.try_with_untracked(T::write);
        if now.is_none_or(|now| now == sent) {
            self.keep_sketch(person, "");
        }
    }

    fn keep_sketch(self, person: PersonId, text: &str) {
        if self.person() == Some(person) {
            self.keep(unborn(), DraftKind::New, draft(text.to_owned()));
        }
    }

    fn person(self) -> Option<PersonId> {
        self.link.person()
    }
}

fn draft(text: String) -> Draft {
    Draft {
        text,
        ..Draft::default()
    }
}
