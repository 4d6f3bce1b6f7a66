//! English letters.

use shared::incidents::State;
use shared::notify::Event;
use shared::sla::Measure;

use super::{Labels, Reader, Told, Words};

pub(super) struct English;

impl Words for English {
    fn code(&self) -> &'static str {
        "en"
    }

    fn heading(&self, told: &Told<'_>) -> String {
        let Told { author, .. } = told;
        match (told.event, told.reader) {
            (Event::Declared, Reader::Staff) => "A new incident that nobody has".to_owned(),
            (Event::Declared, _) => "We have your report".to_owned(),
            (Event::Assigned, _) => match (told.holder, told.group) {
                (Some(holder), _) => format!("{holder} has the incident now"),
                (None, Some(group)) => format!("{group} has a new incident"),
                (None, None) => "An incident for you".to_owned(),
            },
            (Event::Asked, Reader::Requester | Reader::Caller) => {
                format!("{author} needs an answer from you")
            }
            (Event::Asked, Reader::Staff | Reader::Watcher) => {
                format!("{author} waits for an answer of the requester")
            }
            (Event::AskedAgain, _) => "We are still waiting for your answer".to_owned(),
            (Event::StillHeld, _) => "It is still on hold".to_owned(),
            (Event::Resumed, _) => "The day has come: it goes on".to_owned(),
            (Event::Replied, _) => format!("{author} replied"),
            (Event::Resolved, Reader::Requester | Reader::Caller) => {
                "Your issue is fixed".to_owned()
            }
            (Event::Resolved, Reader::Watcher) => "The issue that you watch is fixed".to_owned(),
            (Event::Closed, Reader::Watcher) => "The issue that you watch is finished".to_owned(),
            (Event::Reopened, Reader::Watcher) => {
                "The issue that you watch is open again".to_owned()
            }
            (Event::Cancelled, Reader::Watcher) => {
                "The issue that you watch is withdrawn".to_owned()
            }
            (Event::Noted, _) => format!("{author} wrote an internal note"),
            (Event::Mentioned, _) => format!("{author} mentioned you"),
            (Event::Resolved, Reader::Staff) => format!("{author} says it is resolved"),
            (Event::Closed, Reader::Requester | Reader::Caller) => {
                "Your issue is finished".to_owned()
            }
            (Event::Closed, Reader::Staff) => format!("{author} confirmed the fix"),
            (Event::Reopened, Reader::Requester | Reader::Caller) => {
                "Your issue is open again".to_owned()
            }
            (Event::Reopened, Reader::Staff) => format!("{author} reopened it"),
            (Event::Cancelled, Reader::Requester | Reader::Caller) => {
                "Your issue is withdrawn".to_owned()
            }
            (Event::Cancelled, Reader::Staff) => format!("{author} cancelled it"),
            (Event::Warned { clock, .. }, _) => format!("{} is due soon", level(clock)),
            (Event::Breached { clock, .. }, _) => format!("{} is overdue", level(clock)),
            (Event::BreachCorrected { clock, .. }, _) => {
                format!("{} was in time after all", level(clock))
            }
        }
    }

    fn lead(&self, told: &Told<'_>) -> String {
        match (told.event, told.reader) {
            (Event::Declared | Event::Assigned, Reader::Staff) => "This is what was reported:",
            (
                Event::Declared | Event::Assigned,
                Reader::Requester | Reader::Watcher | Reader::Caller,
            ) => "Somebody will look at it. You will hear from us here.",
            (Event::Asked | Event::AskedAgain, Reader::Caller) => {
                return format!("Work goes on when your answer is in: {}", again(told));
            }
            (Event::Asked | Event::AskedAgain, Reader::Staff | Reader::Watcher) => {
                "Work goes on when the answer is in. This is the question:"
            }
            (Event::Mentioned, _) => "Open the incident to see what it is about.",
            (Event::Noted, _) => "Mail does not carry internal notes: read it in the console.",
            (Event::Asked | Event::AskedAgain, Reader::Requester) => {
                "Work goes on when your answer is in."
            }
            (Event::StillHeld, _) => "This is what it waits for:",
            (Event::Resumed, _) => {
                "The day until which it was on hold has come. Its clocks run again."
            }
            (Event::Replied, _) => "This is the message:",
            (Event::Resolved, Reader::Requester) => {
                "If it is not, say so in the portal, and we go on."
            }
            (Event::Resolved, Reader::Caller) => {
                return format!("If it is not, tell us, and we go on: {}", again(told));
            }
            (Event::Resolved, Reader::Watcher) => "This is what was done:",
            (Event::Closed, Reader::Watcher) => "Nobody works on it any more.",
            (Event::Resolved | Event::Closed, Reader::Staff) => "Nothing is left to do.",
            (Event::Closed, Reader::Requester | Reader::Caller) => {
                "If it comes back, report it again."
            }
            (Event::Reopened, Reader::Requester | Reader::Watcher | Reader::Caller) => {
                "We are looking at it again."
            }
            (Event::Reopened, Reader::Staff) => "It is not fixed yet:",
            (Event::Cancelled, _) => "This is why:",
            (Event::Warned { .. }, _) => "Most of the time for it is gone.",
            (Event::Breached { .. }, _) => "The time that was promised is over.",
            (Event::BreachCorrected { .. }, _) => {
                "You were told that it was late. By what is known now, it was not."
            }
        }
        .to_owned()
    }

    fn labels(&self) -> Labels {
        Labels {
            number: "Incident",
            state: "State",
            priority: "Priority",
            requester: "Reported by",
            due: "Due",
        }
    }

    fn state(&self, state: State, reader: Reader) -> &'static str {
        match (state, reader) {
            (State::New, _) => "New",
            (State::Assigned, _) => "Assigned",
            (State::InProgress, _) => "In progress",
            (State::OnHold, Reader::Staff) => "On hold",
            (State::OnHold, _) => "Paused",
            (State::Resolved, Reader::Staff) => "Resolved",
            (State::Resolved, _) => "Fixed",
            (State::Closed, Reader::Staff) => "Closed",
            (State::Closed, _) => "Finished",
            (State::Cancelled, Reader::Staff) => "Cancelled",
            (State::Cancelled, _) => "Withdrawn",
        }
    }

    fn action(&self, reader: Reader) -> Option<&'static str> {
        match reader {
            Reader::Requester | Reader::Watcher => Some("Open in the portal"),
            Reader::Staff => Some("Open the incident"),
            Reader::Caller => None,
        }
    }

    fn more(&self, reader: Reader) -> &'static str {
        match reader {
            Reader::Requester | Reader::Watcher | Reader::Staff => {
                "It goes on: follow the link below."
            }
            Reader::Caller => "It goes on: ask us for the rest.",
        }
    }

    fn unanswered(&self, reminders: u8) -> String {
        match reminders {
            1 => {
                "Nothing came in answer to a reminder. If it is still needed, reopen it.".to_owned()
            }
            count => format!(
                "Nothing came in answer to {count} reminders. If it is still needed, reopen it."
            ),
        }
    }

    fn footer(&self, organisation: &str, told: &Told<'_>) -> String {
        let nobody = "Nobody reads answers to this address";
        match told.reader {
            Reader::Staff => format!("{organisation}. {nobody}."),
            Reader::Requester | Reader::Watcher => {
                format!("{organisation}. {nobody}: reply in the portal.")
            }
            Reader::Caller => format!("{organisation}. {nobody}: {}", again(told)),
        }
    }
}

/// How somebody without an account reaches us.
fn again(told: &Told<'_>) -> String {
    let number = told.number;
    format!("call or write to the service desk as you did before, and name {number}.")
}

fn level(clock: Measure) -> &'static str {
    match clock {
        Measure::Response => "The first response",
        Measure::Resolution => "The resolution",
    }
}
