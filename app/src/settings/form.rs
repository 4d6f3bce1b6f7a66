//! What is typed, what the server says of it, and how both get there.

use std::collections::BTreeMap;

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::Serialize;
use serde::de::DeserializeOwned;

use shared::ids::CalendarId;
use shared::priority::Priority;
use shared::settings::{
    Levels, LevelsAnswer, LevelsChecked, LevelsFault, LevelsHeld, LevelsSaved, read_minutes,
    write_minutes,
};
use shared::sla::Measure;
use shared::targets::{Closing, HoldReason, Reach, Reminding};

use crate::text::t;

/// A target in the form: of which priority, and what is measured.
pub(super) type Cell = (Priority, Measure);

/// What is in the fields. Times stay as they are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) levels: Levels,
    pub(super) times: BTreeMap<Cell, String>,
    pub(super) percent: String,
    pub(super) closing_days: String,
    /// Stays chosen while the days are typed anew.
    closing_calendar: Option<CalendarId>,
    pub(super) reminding: BTreeMap<HoldReason, Typed>,
}

/// What is typed of the reminders of a hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Typed {
    pub(super) days: String,
    /// Stays chosen while the days are typed anew.
    pub(super) calendar: Option<CalendarId>,
    /// After how many it is resolved.
    pub(super) count: String,
}

impl Typed {
    fn of(reminding: &Reminding) -> Self {
        let count = reminding.resolves_after.map(|count| count.to_string());
        Self {
            days: reminding.every_days.to_string(),
            calendar: reminding.calendar.clone(),
            count: count.unwrap_or_default(),
        }
    }

    /// Nobody is reminded while the days are empty. What cannot be read is a fault, as none is.
    fn read(&self) -> Option<Reminding> {
        let (days, count) = (self.days.trim(), self.count.trim());
        (!days.is_empty()).then(|| Reminding {
            every_days: days.parse().unwrap_or(0),
            calendar: self.calendar.clone(),
            resolves_after: (!count.is_empty()).then(|| count.parse().unwrap_or(0)),
        })
    }
}

impl Draft {
    pub(super) fn of(levels: Levels) -> Self {
        let cells = Priority::ALL
            .into_iter()
            .flat_map(|priority| Measure::ALL.map(|measure| (priority, measure)));
        let time = |(priority, measure): Cell| {
            let promised = levels.promised.get(&priority);
            let minutes = promised.and_then(|promised| measure.target_minutes(promised.target));
            let text = minutes.map(write_minutes).unwrap_or_default();
            ((priority, measure), text)
        };
        Self {
            times: cells.map(time).collect(),
            percent: levels.warning_percent.to_string(),
            closing_calendar: levels
                .closing
                .as_ref()
                .and_then(|closing| closing.calendar.clone()),
            closing_days: levels
                .closing
                .as_ref()
                .map(|closing| closing.days.to_string())
                .unwrap_or_default(),
            reminding: levels
                .reminding
                .iter()
                .map(|(reason, reminding)| (*reason, Typed::of(reminding)))
                .collect(),
            levels,
        }
    }

    /// Whether a time is typed that nobody can read.
    pub(super) fn is_unread(&self, cell: Cell) -> bool {
        let text = self.times.get(&cell).map_or("", |text| text.trim());
        !text.is_empty() && read_minutes(text).is_none()
    }

    fn type_percent(&mut self, text: String) {
        self.levels.warning_percent = text.trim().parse().unwrap_or(0);
        self.percent = text;
    }

    /// Nothing closes by itself while the field is empty.
    fn type_closing_days(&mut self, text: String) {
        if let Some(closing) = self.levels.closing.take() {
            self.closing_calendar = closing.calendar;
        }
        let days = text.trim();
        self.levels.closing = (!days.is_empty()).then(|| Closing {
            days: days.parse().unwrap_or(0),
            calendar: self.closing_calendar.clone(),
        });
        self.closing_days = text;
    }

    fn type_reminding(&mut self, reason: HoldReason, change: impl FnOnce(&mut Typed)) {
        let typed = self.reminding.entry(reason).or_default();
        change(typed);
        match typed.read() {
            Some(reminding) => self.levels.reminding.insert(reason, reminding),
            None => self.levels.reminding.remove(&reason),
        };
    }

    fn type_time(&mut self, cell: Cell, text: String) {
        let (priority, measure) = cell;
        let target = &mut self.levels.promised.entry(priority).or_default().target;
        let minutes = match measure {
            Measure::Response => &mut target.response_minutes,
            Measure::Resolution => &mut target.resolution_minutes,
        };
        *minutes = read_minutes(&text);
        self.times.insert(cell, text);
    }
}

/// The form. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// What holds, as the server last said.
    pub(super) held: RwSignal<Option<LevelsHeld>>,
    pub(super) draft: RwSignal<Option<Draft>>,
    /// What the server says of the draft, until it is changed.
    pub(super) checked: RwSignal<Option<LevelsChecked>>,
    pub(super) faults: Memo<Vec<LevelsFault>>,
    pub(super) failure: RwSignal<String>,
    /// What came of it, for whoever hears the page.
    pub(super) told: RwSignal<String>,
    pub(super) busy: RwSignal<bool>,
}

impl Form {
    pub(super) fn new() -> Self {
        let draft: RwSignal<Option<Draft>> = RwSignal::default();
        let checked: RwSignal<Option<LevelsChecked>> = RwSignal::default();
        let faults = Memo::new(move |_| {
            let said = checked.with(|said| said.as_ref().map(|said| said.faults.clone()));
            said.unwrap_or_else(|| {
                draft
                    .with(|draft| draft.as_ref().map(|draft| draft.levels.faults()))
                    .unwrap_or_default()
            })
        });
        Self {
            held: RwSignal::default(),
            draft,
            checked,
            faults,
            failure: RwSignal::default(),
            told: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    pub(super) fn is_known(self) -> bool {
        self.draft.with(Option::is_some)
    }

    pub(super) fn has_failed(self) -> bool {
        self.failure.with(|failure| !failure.is_empty())
    }

    /// A part of the draft.
    pub(super) fn read<T>(self, part: impl FnOnce(&Draft) -> T) -> Option<T> {
        self.draft.with(|draft| draft.as_ref().map(part))
    }

    /// Changes the levels that are drafted.
    pub(super) fn change(self, change: impl FnOnce(&mut Levels)) {
        self.touch(|draft| change(&mut draft.levels));
    }

    pub(super) fn type_time(self, cell: Cell, text: String) {
        self.touch(|draft| draft.type_time(cell, text));
    }

    pub(super) fn type_percent(self, text: String) {
        self.touch(|draft| draft.type_percent(text));
    }

    pub(super) fn type_closing_days(self, text: String) {
        self.touch(|draft| draft.type_closing_days(text));
    }

    pub(super) fn type_reminding(self, reason: HoldReason, change: impl FnOnce(&mut Typed)) {
        self.touch(|draft| draft.type_reminding(reason, change));
    }

    fn touch(self, change: impl FnOnce(&mut Draft)) {
        self.checked.set(None);
        self.told.set(String::new());
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    }

    /// Fills the fields with other levels.
    pub(super) fn fill(self, levels: Levels) {
        self.checked.set(None);
        self.told.set(String::new());
        self.draft.set(Some(Draft::of(levels)));
    }

    /// Whether the fields hold what holds.
    pub(super) fn is_unchanged(self) -> bool {
        let held = self.held.with(|held| {
            let levels = held.as_ref().map(|held| held.levels.clone());
            levels.map(Draft::of)
        });
        self.draft.with(|draft| *draft == held)
    }

    /// Whether something is wrong that the page can tell by itself.
    pub(super) fn is_wrong(self) -> bool {
        let is_unread = self.read(|draft| draft.times.keys().any(|cell| draft.is_unread(*cell)));
        is_unread == Some(true) || self.faults.with(|faults| !faults.is_empty())
    }

    /// Asks the server for what holds.
    pub(super) fn ask(self) {
        self.failure.set(String::new());
        spawn_local(async move {
            let answer = Request::get("/settings/levels").send().await;
            let held = match answer {
                Ok(answer) if answer.ok() => answer.json().await.ok(),
                Ok(_) | Err(_) => None,
            };
            match held {
                Some(held) => self.take(held),
                None => drop(self.failure.try_set(t!("settings.offline"))),
            }
        });
    }

    /// Takes what holds, and fills the fields with it.
    fn take(self, held: LevelsHeld) {
        self.draft.try_set(Some(Draft::of(held.levels.clone())));
        self.checked.try_set(None);
        self.held.try_set(Some(held));
    }

    /// Asks what the draft would do.
    pub(super) fn check(self) {
        let Some(levels) = self
            .draft
            .with_untracked(|it| it.as_ref().map(|it| it.levels.clone()))
        else {
            return;
        };
        self.send(t!("settings.not_done"), async move || {
            let checked: LevelsChecked = post("/settings/levels/check", &levels).await?;
            // What was changed meanwhile is another draft.
            if self.still_has(&levels) {
                self.checked.try_set(Some(checked));
            }
            Some(())
        });
    }

    /// Saves the draft.
    pub(super) fn save(self, reach: Reach) {
        let base = self
            .held
            .with_untracked(|held| held.as_ref().map(|held| held.version));
        let levels = self
            .draft
            .with_untracked(|it| it.as_ref().map(|it| it.levels.clone()));
        let Some((base, levels)) = base.zip(levels) else {
            return;
        };
        let saved = LevelsSaved {
            base,
            levels,
            reach,
        };
        self.send(t!("settings.unsure"), async move || {
            match post("/settings/levels", &saved).await? {
                LevelsAnswer::Saved(held) => {
                    self.held.try_set(Some(held.clone()));
                    if self.still_has(&saved.levels) {
                        self.take(held);
                        self.told.try_set(t!("settings.saved"));
                    }
                }
                LevelsAnswer::Wrong(checked) => drop(self.checked.try_set(Some(checked))),
                LevelsAnswer::Changed(held) => self.take_under(held),
            }
            Some(())
        });
    }

    /// Takes what somebody else has saved, with what was changed here on top of it.
    fn take_under(self, now: LevelsHeld) {
        let base = self.held.try_get_untracked().flatten();
        let draft = self.draft.try_get_untracked().flatten();
        if let Some((base, draft)) = base.zip(draft) {
            let both = draft.levels.on_top_of(&base.levels, &now.levels);
            self.draft.try_set(Some(Draft::of(both)));
        }
        self.held.try_set(Some(now));
        self.checked.try_set(None);
        self.failure.try_set(t!("settings.changed"));
    }

    /// Whether the fields still hold what was sent.
    fn still_has(self, levels: &Levels) -> bool {
        let is_same = self
            .draft
            .try_with_untracked(|it| it.as_ref().is_some_and(|it| it.levels == *levels));
        is_same == Some(true)
    }

    /// Fills the fields with an earlier version.
    pub(super) fn fill_with(self, version: u32) {
        self.send(t!("settings.not_done"), async move || {
            let address = format!("/settings/levels/{version}");
            let answer = Request::get(&address).send().await.ok()?;
            let levels = answer.ok().then_some(answer)?.json().await.ok()?;
            self.fill(levels);
            Some(())
        });
    }

    /// Does something with the server; says what that means when there was no answer.
    fn send(self, failed: String, ask: impl AsyncFnOnce() -> Option<()> + 'static) {
        self.busy.set(true);
        self.failure.set(String::new());
        spawn_local(async move {
            if ask().await.is_none() {
                self.failure.try_set(failed);
            }
            self.busy.try_set(false);
        });
    }
}

/// What the server answers; none when it does not.
pub(crate) async fn post<T: DeserializeOwned>(address: &str, body: &impl Serialize) -> Option<T> {
    let request = Request::post(address).header("X-Holdfast", "1");
    let answer = request.json(body).ok()?.send().await.ok()?;
    if !answer.ok() {
        return None;
    }
    answer.json().await.ok()
}
