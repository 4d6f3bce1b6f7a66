//! What is typed, what is wrong with it, and how it gets to the server and back.

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::rules::{
    Applies, Gives, Rule, RuleFault, RuleId, RuleTried, RulesAnswer, RulesChecked, RulesFault,
    RulesHeld, RulesSaved, faults, free_id, on_top_of,
};

use crate::incidents::Desk;
use crate::settings::post;
use crate::text::t;
use crate::ui::browser;

/// The form. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// What holds, as the server last said.
    pub(super) held: RwSignal<Option<RulesHeld>>,
    draft: RwSignal<Option<Vec<Rule>>>,
    /// What the server says of the draft, until it is changed.
    pub(super) checked: RwSignal<Option<RulesChecked>>,
    pub(super) faults: Memo<Vec<RulesFault>>,
    pub(super) failure: RwSignal<String>,
    /// What came of it, for whoever hears the page.
    pub(super) told: RwSignal<String>,
    pub(super) busy: RwSignal<bool>,
}

impl Form {
    pub(super) fn new() -> Self {
        let desk = expect_context::<Desk>();
        let draft: RwSignal<Option<Vec<Rule>>> = RwSignal::default();
        let checked: RwSignal<Option<RulesChecked>> = RwSignal::default();
        let own = Memo::new(move |_| {
            let organisation = desk.organisation();
            draft.with(|draft| {
                let rules = draft.as_deref().unwrap_or_default();
                faults(rules, &organisation.directory, &browser::fold)
            })
        });
        let faults = Memo::new(move |_| {
            let said = checked.with(|said| said.as_ref().map(|said| said.faults.clone()));
            said.unwrap_or_else(|| own.get())
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

    pub(super) fn is_wrong(self) -> bool {
        self.faults.with(|faults| !faults.is_empty())
    }

    /// Whether the fields hold what holds.
    pub(super) fn is_unchanged(self) -> bool {
        let held = self.held.get().map(|held| held.rules);
        self.draft.with(|draft| *draft == held)
    }

    /// A part of the draft.
    pub(super) fn read<T>(self, part: impl FnOnce(&[Rule]) -> T) -> Option<T> {
        self.draft.with(|draft| draft.as_deref().map(part))
    }

    pub(super) fn change(self, change: impl FnOnce(&mut Vec<Rule>)) {
        self.checked.set(None);
        self.told.set(String::new());
        self.draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    }

    /// Adds a rule to begin with, and goes to its name.
    pub(super) fn add(self) {
        let held = self.held.get_untracked().unwrap_or_default();
        self.change(|rules| {
            let id = free_id(rules.iter().chain(&held.rules));
            rules.push(Rule {
                id,
                name: String::new(),
                is_on: true,
                applies: Applies::To(String::new()),
                gives: Gives::default(),
            });
            request_animation_frame(move || browser::focus(&format!("#rule-{}-name", id.0)));
        });
    }

    /// Fills the fields with other rules.
    pub(super) fn fill(self, rules: Vec<Rule>) {
        self.checked.set(None);
        self.told.set(String::new());
        self.draft.set(Some(rules));
    }

    /// Asks the server for what holds.
    pub(super) fn ask(self) {
        self.failure.set(String::new());
        spawn_local(async move {
            let answer = Request::get("/settings/rules").send().await;
            let held: Option<RulesHeld> = match answer {
                Ok(answer) if answer.ok() => answer.json().await.ok(),
                Ok(_) | Err(_) => None,
            };
            match held {
                Some(held) => self.take(held),
                None => drop(self.failure.try_set(t!("rules.offline"))),
            }
        });
    }

    /// Takes what holds, and fills the fields with it.
    fn take(self, held: RulesHeld) {
        self.draft.try_set(Some(held.rules.clone()));
        self.checked.try_set(None);
        self.held.try_set(Some(held));
    }

    /// Asks what the draft would have done.
    pub(super) fn check(self) {
        let Some(rules) = self.draft.get_untracked() else {
            return;
        };
        self.told.set(t!("rules.looking"));
        self.send(t!("settings.not_done"), async move || {
            let checked: RulesChecked = post("/settings/rules/check", &rules).await?;
            // What was changed meanwhile is another draft.
            if self.still_has(&rules) {
                self.checked.try_set(Some(checked));
            }
            Some(())
        });
    }

    /// Saves the draft.
    pub(super) fn save(self) {
        let held = self
            .held
            .with_untracked(|held| held.as_ref().map(|held| held.version));
        let Some((base, rules)) = held.zip(self.draft.get_untracked()) else {
            return;
        };
        let saved = RulesSaved { base, rules };
        self.send(t!("settings.unsure"), async move || {
            match post("/settings/rules", &saved).await? {
                RulesAnswer::Saved(held) => {
                    self.held.try_set(Some(held.clone()));
                    if self.still_has(&saved.rules) {
                        self.take(held);
                        self.told.try_set(t!("rules.saved"));
                    }
                }
                RulesAnswer::Wrong(checked) => drop(self.checked.try_set(Some(checked))),
                RulesAnswer::Changed(held) => self.take_under(held),
            }
            Some(())
        });
    }

    /// Takes what somebody else has saved, with what was changed here on top of it.
    fn take_under(self, now: RulesHeld) {
        let base = self.held.try_get_untracked().flatten();
        let draft = self.draft.try_get_untracked().flatten();
        if let Some((base, draft)) = base.zip(draft) {
            let both = on_top_of(&draft, &base.rules, &now.rules);
            self.draft.try_set(Some(both));
        }
        self.held.try_set(Some(now));
        self.checked.try_set(None);
        self.failure.try_set(t!("settings.changed"));
    }

    /// Whether the fields still hold what was sent.
    fn still_has(self, rules: &[Rule]) -> bool {
        let is_same = self
            .draft
            .try_with_untracked(|draft| draft.as_deref() == Some(rules));
        is_same == Some(true)
    }

    /// Fills the fields with an earlier version.
    pub(super) fn fill_with(self, version: u32) {
        self.send(t!("settings.not_done"), async move || {
            let address = format!("/settings/rules/{version}");
            let answer = Request::get(&address).send().await.ok()?;
            let rules = answer.ok().then_some(answer)?.json().await.ok()?;
            self.fill(rules);
            Some(())
        });
    }

    /// Does something with the server; says what that means when there was no answer.
    fn send(self, failed: String, ask: impl AsyncFnOnce() -> Option<()> + 'static) {
        self.busy.set(true);
        self.failure.set(String::new());
        spawn_local(async move {
            if ask().await.is_none() {
                self.told.try_set(String::new());
                self.failure.try_set(failed);
            }
            self.busy.try_set(false);
        });
    }
}

/// One rule of the form. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Written {
    pub(super) form: Form,
    pub(super) id: RuleId,
}

impl Written {
    pub(super) fn read<T>(self, part: impl FnOnce(&Rule) -> T) -> Option<T> {
        let found = self.form.read(|rules| {
            let mut rules = rules.iter();
            rules.find(|rule| rule.id == self.id).map(part)
        });
        found.flatten()
    }

    pub(super) fn change(self, change: impl FnOnce(&mut Rule)) {
        self.form.change(|rules| {
            let mut rules = rules.iter_mut();
            if let Some(rule) = rules.find(|rule| rule.id == self.id) {
                change(rule);
            }
        });
    }

    pub(super) fn place(self) -> Option<usize> {
        let place = self
            .form
            .read(|rules| rules.iter().position(|rule| rule.id == self.id));
        place.flatten()
    }

    pub(super) fn is_last(self) -> bool {
        self.form
            .read(|rules| rules.last().map(|rule| rule.id))
            .flatten()
            == Some(self.id)
    }

    pub(super) fn remove(self) {
        self.form
            .change(|rules| rules.retain(|rule| rule.id != self.id));
    }

    /// Changes places with the rule before or after it.
    pub(super) fn swap(self, with: impl FnOnce(usize) -> Option<usize>) {
        let Some(place) = untrack(move || self.place()) else {
            return;
        };
        self.form.change(|rules| {
            if let Some(other) = with(place).filter(|other| *other < rules.len()) {
                rules.swap(place, other);
            }
        });
    }

    pub(super) fn faults(self) -> Vec<RuleFault> {
        let here = self.place();
        self.form.faults.with(|faults| {
            let wrong = faults.iter().filter_map(|fault| match fault {
                RulesFault::Rule { place, wrong } if Some(*place) == here => Some(wrong.clone()),
                RulesFault::Rule { .. } | RulesFault::TooMany => None,
            });
            wrong.collect()
        })
    }

    /// What it would have done; none until the server has said.
    pub(super) fn tried(self) -> Option<RuleTried> {
        let place = self.place()?;
        self.form.checked.with(|checked| {
            let tried = checked.as_ref()?.tried.as_ref()?;
            tried.rules.get(place).cloned()
        })
    }
}
