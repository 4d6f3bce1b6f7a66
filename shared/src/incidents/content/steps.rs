//! How facts spell the steps of the lifecycle.

use crate::incidents::{HoldReason, ResolutionCode, Transition};
use crate::time::UnixMillis;

use super::{Spelling, Step};

impl Spelling {
    pub(super) fn step(&mut self, step: &Step) {
        self.text("to", step.transition().word());
        match step {
            Step::Held {
                reason,
                text,
                until,
            } => {
                self.text("reason", reason.word());
                self.text("text", text);
                if let Some(until) = until {
                    self.int("until", until.0);
                }
            }
            Step::Resolved { code } => self.text("code", code.word()),
            Step::Reopened { text } | Step::Cancelled { text } => self.text("text", text),
            Step::Started | Step::Closed => {}
        }
    }

    pub(super) fn take_step(&mut self) -> Option<Step> {
        Some(match Transition::from_word(&self.take_text("to")?)? {
            Transition::Started => Step::Started,
            Transition::Held => {
                let reason = HoldReason::from_word(&self.take_text("reason")?)?;
                Step::Held {
                    reason,
                    text: self.take_text("text")?,
                    until: self.take_int("until").map(UnixMillis),
                }
            }
            Transition::Resolved => Step::Resolved {
                code: ResolutionCode::from_word(&self.take_text("code")?)?,
            },
            Transition::Reopened => Step::Reopened {
                text: self.take_text("text")?,
            },
            Transition::Closed => Step::Closed,
            Transition::Cancelled => Step::Cancelled {
                text: self.take_text("text")?,
            },
        })
    }
}
