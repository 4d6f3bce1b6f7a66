//! Time that is being worked or written down, as a draft keeps it: also while nothing is typed, so
//! that a timer runs on over a crash, a reload and days without a network.

use leptos::prelude::*;
use shared::ids::IncidentId;
use shared::incidents::{LOG_MINUTES_MAX, Log, LogKind};
use shared::time::UnixMillis;

use crate::engine::protocol::{DraftKind, WrittenDraft};
use crate::incidents::Desk;
use crate::incidents::drafts::{Draft, LOG};

const MINUTE: i64 = 60_000;

/// A log before it is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LogDraft {
    /// Since when the timer runs; not while it stands.
    pub since: Option<UnixMillis>,
    /// When the work began, once that is known.
    pub began: Option<UnixMillis>,
    /// Nothing while none are typed and no timer has run.
    pub minutes: u32,
    pub kind: LogKind,
    pub is_billable: bool,
    pub text: String,
}

impl Default for LogDraft {
    fn default() -> Self {
        Self {
            since: None,
            began: None,
            minutes: 0,
            kind: LogKind::OnSite,
            is_billable: true,
            text: String::new(),
        }
    }
}

impl LogDraft {
    /// What a log was before it was one.
    pub(crate) fn of(log: &Log) -> Self {
        Self {
            since: None,
            began: Some(log.began),
            minutes: log.minutes,
            kind: log.kind,
            is_billable: log.is_billable,
            text: log.text.clone(),
        }
    }

    /// Stops the timer: what has begun counts as a minute.
    pub(super) fn stop(&mut self, now: UnixMillis) {
        let Some(since) = self.since.take() else {
            return;
        };
        let minutes = (now.since(since).max(1) + MINUTE - 1) / MINUTE;
        let minutes = u32::try_from(minutes).unwrap_or(LOG_MINUTES_MAX);
        self.minutes = minutes.min(LOG_MINUTES_MAX);
        self.began = Some(since);
    }

    /// The log that it becomes; without a beginning the work ends now.
    pub(super) fn log(&self, now: UnixMillis) -> Log {
        let before = now.plus(-i64::from(self.minutes) * MINUTE);
        Log {
            began: self.began.unwrap_or(before),
            minutes: self.minutes,
            kind: self.kind,
            is_billable: self.is_billable,
            text: self.text.trim().to_owned(),
        }
    }

    /// A timer that runs goes on with the minutes of a log that was taken back; none where none
    /// runs.
    pub(crate) fn going_on(own: &Draft, back: &Draft) -> Option<Draft> {
        let (mut own, back) = (Self::read(own), Self::read(back));
        let since = own.since?;
        own.since = Some(since.plus(-i64::from(back.minutes) * MINUTE));
        let texts = [back.text, own.text];
        let texts = texts.into_iter().filter(|text| !text.is_empty());
        own.text = texts.collect::<Vec<_>>().join("\n\n");
        Some(own.draft())
    }

    /// Everything but the text, as one word; nothing while there is nothing to keep.
    pub(crate) fn word(&self) -> String {
        let is_begun = self.since.is_some() || self.began.is_some() || self.minutes > 0;
        if !is_begun && self.text.is_empty() {
            return String::new();
        }
        let moment = |at: Option<UnixMillis>| at.map_or(0, |at| at.0.max(0)).to_string();
        let kinds = LogKind::ALL.iter();
        let kind = kinds.take_while(|kind| **kind != self.kind).count();
        [
            LOG,
            &moment(self.since),
            "x",
            &moment(self.began),
            "x",
            &self.minutes.to_string(),
            "x",
            &kind.to_string(),
            "x",
            &u8::from(self.is_billable).to_string(),
        ]
        .concat()
    }

    pub(super) fn draft(&self) -> Draft {
        Draft {
            word: self.word(),
            since: None,
            text: self.text.clone(),
        }
    }

    /// Reads what a draft kept; what cannot be read is as nothing had been chosen.
    pub(crate) fn read(draft: &Draft) -> Self {
        let text = draft.text.clone();
        let plain = Self::default();
        let Some(fields) = draft.word.strip_prefix(LOG) else {
            return Self { text, ..plain };
        };
        let mut fields = fields.split('x').map(|field| field.parse::<i64>().ok());
        let mut next = || fields.next().flatten().unwrap_or(0);
        let moment = |at: i64| (at > 0).then_some(UnixMillis(at));
        Self {
            since: moment(next()),
            began: moment(next()),
            minutes: u32::try_from(next()).unwrap_or(0),
            kind: usize::try_from(next())
                .ok()
                .and_then(|at| LogKind::ALL.get(at).copied())
                .unwrap_or(plain.kind),
            is_billable: next() == 1,
            text,
        }
    }
}

/// Follows what another tab does with the same timer, but for a text that is typed here: for as
/// long as the incident is open, whatever of it is shown.
pub(crate) fn follow(desk: Desk, id: IncidentId, log: RwSignal<LogDraft>) {
    let heard = desk.board().drafted;
    Effect::new(move |_| {
        let heard = heard.get();
        let of_it = |heard: &WrittenDraft| (heard.incident, heard.kind) == (id, DraftKind::Log);
        let Some(heard) = heard.filter(of_it) else {
            return;
        };
        let told = LogDraft::read(&Draft::read(&heard.text));
        log.update(|own| {
            let is_built_upon = own.text == heard.base;
            let text = std::mem::take(&mut own.text);
            *own = told;
            if !is_built_upon && !text.is_empty() {
                own.text = text;
            }
        });
    });
}
