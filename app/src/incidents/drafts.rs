//! What is being written, saved as it is typed: per incident, and per kind of what is written on
//! it.
//!
//! A draft remembers what it was to become, so that a note begun yesterday never comes back as a
//! message to the requester, and what its author had seen when it was begun. Drafts lie in the
//! engine's database; what that cannot take now is remembered beside it, and goes there later.

use std::collections::BTreeMap;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{DocKind, IncidentId, PersonId};
use shared::incidents::{HoldReason, Incident, Intent, ResolutionCode, SetField};
use shared::sync::message::Surface;

use super::work::LogDraft;
use super::{choices, moments};
use crate::engine::protocol::{Call, DraftKind, WrittenDraft};
use crate::link::{Link, SavedDrafts, beside};
use crate::ui::browser;

const PAUSE: Duration = Duration::from_millis(300);
const NOTE: &str = "note";
const REPLY: &str = "reply";
/// How the word of time that was worked begins, which is kept without a text, too.
pub(super) const LOG: &str = "log";
const ASIDE: &str = "draft";

/// A text that is not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Draft {
    /// What was chosen beside the text, such as who is to see it.
    pub word: String,
    /// When the server received the latest of what its author had seen.
    pub since: Option<i64>,
    pub text: String,
}

impl Draft {
    /// Reads a draft as the engine keeps it: a line of what was chosen and seen, then the text.
    pub(crate) fn read(stored: &str) -> Self {
        let (line, text) = stored.split_once('\n').unwrap_or(("", stored));
        let (word, since) = line.split_once(' ').unwrap_or((line, ""));
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if stored.is_empty() || is_word(word) && stored.contains('\n') {
            return Self {
                word: word.to_owned(),
                since: since.parse().ok(),
                text: text.to_owned(),
            };
        }
        // Of unknown kind: only staff may see it until its author says otherwise.
        Self {
            word: NOTE.to_owned(),
            since: None,
            text: stored.to_owned(),
        }
    }

    pub(super) fn write(&self) -> String {
        if self.text.is_empty() && !self.word.starts_with(LOG) {
            return String::new();
        }
        let word = if self.word.is_empty() {
            REPLY
        } else {
            &self.word
        };
        let since = self
            .since
            .map(|since| since.to_string())
            .unwrap_or_default();
        [word, " ", since.as_str(), "\n", &self.text].concat()
    }

    /// Whether it is to become a note that only staff sees.
    pub(crate) fn is_internal(&self) -> bool {
        self.word == NOTE
    }

    /// Chooses who is to see it.
    pub(crate) fn address(&mut self, is_internal: bool) {
        let word = if is_internal { NOTE } else { REPLY };
        word.clone_into(&mut self.word);
    }

    /// Takes in what was typed; what its author sees as it is begun counts as seen.
    pub(crate) fn type_in(&mut self, text: String, incident: &Incident) {
        if self.text.is_empty() {
            self.since = Some(latest(incident));
        }
        self.text = text;
    }

    /// What is left once a text was sent: nothing, or what its author wrote on meanwhile. A text
    /// that no longer begins with it is another one.
    fn without(self, sent: &str) -> Self {
        let more = self.text.strip_prefix(sent.trim_end());
        let text = more.map_or(self.text.as_str(), str::trim_start);
        Self {
            text: text.to_owned(),
            ..self
        }
    }

    /// What is left with a text that was taken back above it. Of what only staff was to see, all of
    /// it stays so.
    fn below(self, above: Self) -> Self {
        if let Some(running) = LogDraft::going_on(&self, &above) {
            return running;
        }
        if self.text.trim().is_empty() {
            return above;
        }
        Self {
            word: if above.is_internal() {
                above.word
            } else {
                self.word
            },
            since: self.since,
            text: [above.text.as_str(), "\n\n", &self.text].concat(),
        }
    }
}

/// What somebody wrote in an act, as the box that it came from held it.
fn written(intent: &Intent) -> Option<(DraftKind, Draft)> {
    let place = |at: Option<usize>| at.unwrap_or_default().to_string();
    let lines;
    let (kind, word, text) = match intent {
        Intent::Reply { text } => (DraftKind::Entry, REPLY.to_owned(), text),
        Intent::Note { text } => (DraftKind::Entry, NOTE.to_owned(), text),
        Intent::Mention { doc, text, .. } => {
            let word = match doc {
                DocKind::Incident => REPLY,
                DocKind::Work => NOTE,
            };
            (DraftKind::Entry, word.to_owned(), text)
        }
        Intent::Hold {
            reason,
            text,
            until,
        } => {
            let at = HoldReason::ALL.iter().position(|one| one == reason);
            let day = until.map(moments::written).unwrap_or_default();
            (DraftKind::Hold, choices::joined(&place(at), &day), text)
        }
        Intent::Resolve { code, notes } => {
            let at = ResolutionCode::ALL.iter().position(|one| one == code);
            (DraftKind::Resolve, place(at), notes)
        }
        Intent::Reopen { text } => (DraftKind::Reopen, String::new(), text),
        Intent::Cancel { text } => (DraftKind::Cancel, String::new(), text),
        Intent::Set(SetField::Priority(set)) => {
            let word = set.priority.map(choices::priority_choice);
            (DraftKind::Priority, word.unwrap_or_default(), &set.reason)
        }
        Intent::Log(log) => (DraftKind::Log, LogDraft::of(log).word(), &log.text),
        Intent::AddTask(new) => {
            lines = [std::slice::from_ref(&new.title), &new.steps]
                .concat()
                .join("\n");
            (DraftKind::Task, String::new(), &lines)
        }
        Intent::Declare(_)
        | Intent::Set(_)
        | Intent::Assign { .. }
        | Intent::Claim { .. }
        | Intent::Start
        | Intent::Close
        | Intent::Withdraw { .. }
        | Intent::Acknowledge
        | Intent::Remind { .. }
        | Intent::Rule(_)
        | Intent::ChangeTask { .. }
        | Intent::Attach { .. }
        | Intent::Watch { .. }
        | Intent::Unwatch { .. }
        // Its history says what it led to.
        | Intent::Diagnose { .. }
        | Intent::Revise { .. } => return None,
    };
    let draft = Draft {
        word,
        since: None,
        text: text.clone(),
    };
    Some((kind, draft)).filter(|_| !text.is_empty() || kind == DraftKind::Log)
}

/// When the server received the latest of what an incident shows.
pub(crate) fn latest(incident: &Incident) -> i64 {
    let events = incident.timeline.iter();
    let arrivals = events.filter_map(|event| event.from.arrival);
    arrivals.map(|arrived| arrived.at.0).max().unwrap_or(0)
}

/// Whose draft it is: the page may be another person's by the time it is saved.
type Key = (PersonId, IncidentId, DraftKind);

/// Drafts that are not known to be stored.
#[derive(Default)]
struct Going {
    unsaved: BTreeMap<Key, Draft>,
    /// What the engine has been given and has not answered yet.
    saving: BTreeMap<Key, Draft>,
}

impl Going {
    fn latest(&self, key: Key) -> Option<Draft> {
        let draft = self.unsaved.get(&key).or_else(|| self.saving.get(&key));
        draft.cloned()
    }
}

/// Drafts on their way to the engine. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Drafts {
    pub(super) link: Link,
    going: StoredValue<Going>,
    /// The texts as this tab last saved, loaded or heard them: what it writes builds upon them.
    bases: StoredValue<BTreeMap<Key, String>>,
    /// Whether a timer runs that saves them.
    is_due: StoredValue<bool>,
    /// Whether the device could not keep the last one.
    pub failing: RwSignal<bool>,
}

impl Drafts {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            going: StoredValue::new(Going::default()),
            bases: StoredValue::new(BTreeMap::new()),
            is_due: StoredValue::new(false),
            failing: RwSignal::new(false),
        }
    }

    /// Saves a draft once its author pauses.
    pub(crate) fn keep(self, incident: IncidentId, kind: DraftKind, draft: Draft) {
        let Some(key) = self.key(incident, kind) else {
            return;
        };
        // What was heard of it before is no longer what it says, also for a box that opens later.
        let heard = self.link.board.drafted;
        let is_stale = heard.with_untracked(|heard| {
            let heard = heard.as_ref();
            heard.is_some_and(|heard| (heard.incident, heard.kind) == (incident, kind))
        });
        if is_stale {
            heard.set(None);
        }
        self.going.update_value(|going| {
            going.unsaved.insert(key, draft);
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

    /// Takes what was sent out of the box that it was written in, where what was written on
    /// meanwhile stays. Also when the box has gone with its page: the draft must not come back.
    pub(crate) async fn sent(
        self,
        (incident, kind): (IncidentId, DraftKind),
        sent: &str,
        at: RwSignal<Draft>,
    ) {
        let Some(person) = self.link.person() else {
            return;
        };
        let now = match at.try_get_untracked() {
            Some(now) => now,
            None => self.begun(incident, kind, &self.link.drafts(incident).await),
        };
        if !self.is_of(person) {
            return;
        }
        let rest = now.without(sent);
        self.keep(incident, kind, rest.clone());
        self.send_all();
        // Who was to see it stays chosen: the next text must not go to somebody else.
        at.try_set(rest);
    }

    /// The draft of a kind: as it is on its way, as it was set aside, or as the engine has it.
    pub(crate) fn begun(self, incident: IncidentId, kind: DraftKind, saved: &SavedDrafts) -> Draft {
        let Some(key) = self.key(incident, kind) else {
            return Draft::default();
        };
        if let Some(draft) = self.going.with_value(|going| going.latest(key)) {
            return draft;
        }
        let stored = saved.iter().find(|(of, _)| *of == kind);
        let stored = stored.map_or("", |(_, text)| text);
        let aside = browser::stored(&self.aside(key)).map(|aside| Draft::read(&aside));
        if let Some(draft) = aside.filter(|draft| self.takes(draft)) {
            self.keep(incident, kind, draft.clone());
            return draft;
        }
        let draft = Draft::read(stored);
        let draft = if self.takes(&draft) {
            draft
        } else {
            Draft::default()
        };
        self.base_on(key, draft.text.clone());
        draft
    }

    /// Follows what another tab writes as the same draft. A text that the other one did not build
    /// upon stays: two texts begun at the same time are both kept on their screens.
    pub(crate) fn follow(self, kind: DraftKind, id: IncidentId, draft: RwSignal<Draft>) {
        let heard = self.link.board.drafted;
        Effect::new(move |_| {
            let Some(heard) = heard
                .get()
                .filter(|heard| (heard.incident, heard.kind) == (id, kind))
            else {
                return;
            };
            let told = Draft::read(&heard.text);
            let own = draft.get_untracked();
            if !own.text.is_empty() && own.text != heard.base {
                if told.text.is_empty() {
                    // What was sent there was another text; this one is still to be kept.
                    self.keep(id, kind, own);
                }
                return;
            }
            if let Some(key) = self.key(id, kind) {
                self.base_on(key, told.text.clone());
            }
            if told.text.is_empty() {
                // Who was to see it stays chosen: the next text must not go to somebody else.
                draft.update(|draft| draft.text.clear());
            } else {
                draft.set(told);
            }
        });
    }

    /// Puts what was written in an act back into the box that it came from, above what is there.
    pub(crate) async fn give_back(self, incident: IncidentId, intent: &Intent) {
        let (Some((kind, returned)), Some(person)) = (written(intent), self.link.person()) else {
            return;
        };
        let saved = self.link.drafts(incident).await;
        if !self.is_of(person) {
            return;
        }
        let key = (person, incident, kind);
        let before = self.begun(incident, kind, &saved);
        let base = before.text.clone();
        let draft = before.below(returned);
        self.going.update_value(|going| {
            going.unsaved.remove(&key);
        });
        // A box on this page hears of it as it hears of other tabs.
        self.link.board.drafted.set(Some(WrittenDraft {
            incident,
            kind,
            base: base.clone(),
            text: draft.write(),
        }));
        self.base_on(key, base);
        self.save(key, draft).await;
    }

    fn key(self, incident: IncidentId, kind: DraftKind) -> Option<Key> {
        Some((self.link.person()?, incident, kind))
    }

    /// Nothing internal ever stands in a box of the portal, however it came to be stored.
    fn takes(self, draft: &Draft) -> bool {
        match self.link.surface {
            Surface::Console => true,
            Surface::Portal => !draft.is_internal(),
        }
    }

    fn base_on(self, key: Key, text: String) {
        self.bases.update_value(|bases| {
            bases.insert(key, text);
        });
    }

    /// Saves what is unsaved without waiting: the page may be about to go.
    pub(crate) fn send_all(self) {
        for (key, draft) in self.take() {
            spawn_local(async move {
                self.save(key, draft).await;
            });
        }
    }

    /// Saves what is unsaved and waits until it is kept. Says whether all of it was.
    pub(crate) async fn flush(self) -> bool {
        let mut kept = true;
        for (key, draft) in self.take() {
            kept &= self.save(key, draft).await;
        }
        kept
    }

    /// Sets aside what is unsaved of a person who has left the page: it waits for them.
    pub(crate) fn part(self) {
        for (key, draft) in self.take() {
            browser::store(&self.aside(key), Some(&draft.write()));
        }
        self.forget();
    }

    /// Drops what is unsaved, of somebody who takes everything along.
    pub(crate) fn forget(self) {
        self.going.set_value(Going::default());
        self.bases.update_value(BTreeMap::clear);
        self.failing.set(false);
    }

    /// Saves one draft. What cannot be kept stays unsaved, unless its author has written on.
    async fn save(self, key: Key, draft: Draft) -> bool {
        let (person, incident, kind) = key;
        let text = draft.write();
        let base = self.bases.with_value(|bases| bases.get(&key).cloned());
        let call = Call::SaveDraft(WrittenDraft {
            incident,
            kind,
            base: base.unwrap_or_default(),
            text: text.clone(),
        });
        self.base_on(key, draft.text.clone());
        self.going.update_value(|going| {
            going.saving.insert(key, draft.clone());
        });
        // The engine of another person must not take it.
        let is_stored = self.is_of(person) && self.link.ask(call).await.is_ok();
        self.going.update_value(|going| {
            if going.saving.get(&key) == Some(&draft) {
                going.saving.remove(&key);
            }
        });
        // The engine may have stopped for good; the page is then all there is.
        let beside = (!is_stored && !text.is_empty()).then_some(text.as_str());
        let is_aside = browser::store(&self.aside(key), beside);
        let kept = is_stored || is_aside;
        if !self.is_of(person) {
            return kept;
        }
        if !kept {
            self.going.update_value(|going| {
                going.unsaved.entry(key).or_insert(draft);
            });
        }
        self.failing.set(!kept);
        kept
    }

    fn is_of(self, person: PersonId) -> bool {
        self.link.person() == Some(person)
    }

    fn aside(self, (person, incident, kind): Key) -> String {
        let what = [ASIDE, ".", &incident.to_string(), ".", kind.word()].concat();
        beside(self.link.surface, person, &what)
    }

    fn take(self) -> BTreeMap<Key, Draft> {
        let mut taken = BTreeMap::new();
        self.going
            .update_value(|going| taken = std::mem::take(&mut going.unsaved));
        taken
    }
}
