//! The timer, and the form that it fills. Both are one draft, kept as they change.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ids::IncidentId;
use shared::incidents::{Intent, LogKind};
use web_sys::SubmitEvent;

use super::Working;
use super::log_draft::LogDraft;
use crate::engine::protocol::DraftKind;
use crate::incidents::drafts::Draft;
use crate::incidents::moments;
use crate::incidents::words::log_kind_text;
use crate::incidents::{Desk, Drafts};
use crate::text::t;
use crate::ui::browser;
use crate::ui::live::{When, live};
use crate::ui::overlay::submit_by_keys;
use crate::ui::pick::Pick;

/// What the timer and its form hold.
#[derive(Clone, Copy)]
struct Writing {
    desk: Desk,
    drafts: Drafts,
    id: IncidentId,
    log: RwSignal<LogDraft>,
    failure: RwSignal<String>,
    busy: RwSignal<bool>,
}

impl Writing {
    fn change(self, change: impl FnOnce(&mut LogDraft)) {
        self.log.update(change);
        self.failure.set(String::new());
        self.keep();
    }

    fn keep(self) {
        let draft = self.log.with_untracked(LogDraft::draft);
        self.drafts.keep(self.id, DraftKind::Log, draft);
    }

    /// A timer that was started or stopped is kept at once: the page may be about to go.
    fn change_now(self, change: impl FnOnce(&mut LogDraft)) {
        self.change(change);
        self.drafts.send_all();
    }

    fn submit(self) {
        if self.busy.get_untracked() {
            return;
        }
        let sent = self.log.get_untracked();
        let mut log = sent.clone();
        log.stop(browser::now());
        if log.minutes == 0 {
            self.failure.set(t!("work.no_minutes"));
            return browser::focus("#log-minutes");
        }
        self.busy.set(true);
        let intent = Intent::Log(log.log(browser::now()));
        spawn_local(async move {
            let outcome = self.desk.act(self.id, intent).await;
            self.busy.try_set(false);
            // What was begun meanwhile is another log.
            let is_same = self.log.try_with_untracked(|now| *now == sent);
            if outcome.is_ok() && is_same != Some(false) {
                // The way of working stays chosen, as does who pays.
                let plain = LogDraft {
                    kind: log.kind,
                    is_billable: log.is_billable,
                    ..LogDraft::default()
                };
                self.drafts.keep(self.id, DraftKind::Log, Draft::default());
                self.drafts.send_all();
                self.log.try_set(plain);
            }
            self.failure.try_set(outcome.err().unwrap_or_default());
        });
    }
}

#[component]
pub(super) fn Logging(working: Working) -> impl IntoView {
    let writing = Writing {
        desk: expect_context(),
        drafts: expect_context(),
        id: working.open.with_untracked(|incident| incident.id),
        log: working.log,
        failure: RwSignal::new(String::new()),
        busy: RwSignal::new(false),
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        writing.submit();
    };
    view! {
        <form
            class="logging"
            aria-label=t!("work.log_time")
            on:submit=on_submit
            on:keydown=submit_by_keys(Callback::new(move |()| writing.submit()))
        >
            <Timer writing=writing />
            <Fields writing=writing />
            <label class="field">
                <span>{t!("work.text")}</span>
                <textarea
                    rows="2"
                    prop:value=live(move || writing.log.with(|log| log.text.clone()))
                    on:input=move |event| {
                        let text = event_target_value(&event);
                        writing.change(|log| log.text = text);
                    }
                ></textarea>
            </label>
            <div class="foot">
                <p class="error" role="alert">{writing.failure}</p>
                <button type="submit" class="button" disabled=writing.busy>{t!("work.log")}</button>
            </div>
        </form>
    }
}

/// Hours, minutes and seconds since a moment.
fn elapsed(millis: i64) -> String {
    let seconds = millis.max(0) / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours}:{minutes:02}:{seconds:02}")
}

#[component]
fn Timer(writing: Writing) -> impl IntoView {
    let since = Memo::new(move |_| writing.log.with(|log| log.since));
    let is_running = Signal::derive(move || since.get().is_some());
    let now = RwSignal::new(browser::now());
    // A browser that has no intervals shows a timer that stands still, and counts all the same.
    let second = set_interval_with_handle(
        move || {
            if since.get_untracked().is_some() {
                now.set(browser::now());
            }
        },
        Duration::from_secs(1),
    );
    on_cleanup(move || drop(second.map(|second| second.clear())));
    let press = move |_| {
        let at = browser::now();
        now.set(at);
        writing.change_now(|log| {
            if log.since.is_some() {
                log.stop(at);
            } else {
                // It goes on from what it had stopped at.
                let before = i64::from(log.minutes) * 60_000;
                (log.since, log.began, log.minutes) = (Some(at.plus(-before)), None, 0);
            }
        });
    };
    let runs = move || since.get().map(|since| elapsed(now.get().since(since)));
    view! {
        <div class="timer">
            <button type="button" class="button" class:primary=is_running on:click=press>
                {live(move || if is_running.get() { t!("work.stop") } else { t!("work.start") })}
            </button>
            <When is=is_running>
                <output role="timer" aria-label=t!("work.runs")>{live(runs)}</output>
            </When>
        </div>
    }
}

#[component]
fn Fields(writing: Writing) -> impl IntoView {
    let kinds = LogKind::ALL.iter();
    let kinds = kinds.map(|kind| (kind.word().to_owned(), log_kind_text(*kind)));
    let kinds = Signal::stored(kinds.collect::<Vec<_>>());
    let kind = Signal::derive(move || writing.log.with(|log| log.kind.word().to_owned()));
    // What the timer says in the end is not typed before.
    let is_running = Memo::new(move |_| writing.log.with(|log| log.since.is_some()));
    let pick = move |word: String| {
        if let Some(kind) = LogKind::from_word(&word) {
            writing.change(|log| log.kind = kind);
        }
    };
    let minutes = move || {
        let minutes = writing.log.with(|log| log.minutes);
        let shown = (minutes > 0).then(|| minutes.to_string());
        shown.unwrap_or_default()
    };
    let began = move || {
        let began = writing.log.with(|log| log.began);
        began.map(moments::written).unwrap_or_default()
    };
    let set_began = move |event| {
        let at = moments::chosen(&event_target_value(&event));
        writing.change(|log| log.began = at);
    };
    view! {
        <div class="beside">
            <label class="field">
                <span>{t!("work.minutes")}</span>
                <input
                    id="log-minutes"
                    type="number"
                    inputmode="numeric"
                    min="1"
                    max="1440"
                    disabled=is_running
                    prop:value=live(minutes)
                    on:input=move |event| {
                        let typed = event_target_value(&event).parse().unwrap_or(0);
                        writing.change(|log| log.minutes = typed);
                    }
                />
            </label>
            <div class="field">
                <span aria-hidden="true">{t!("work.kind")}</span>
                <Pick label=t!("work.kind") choices=kinds value=kind on_pick=pick />
            </div>
            <label class="field">
                <span>{t!("work.began")}</span>
                <input
                    type="datetime-local"
                    disabled=is_running
                    prop:value=live(began)
                    on:change=set_began
                />
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=live(move || writing.log.with(|log| log.is_billable))
                    on:change=move |event| {
                        let is_billable = event_target_checked(&event);
                        writing.change(|log| log.is_billable = is_billable);
                    }
                />
                <span>{t!("work.billable")}</span>
            </label>
        </div>
    }
}
