//! English letters.

use shared::incidents::State;
use shared::notify::{Capacity, Event};
use shared::sla::Measure;

use super::{Labels, Told, Words};

pub(super) struct English;

impl Words for English {
    fn code(&self) -> &'static str {
        "en"
    }

    fn heading(&self, told: &Told<'_>) -> String {
        let Told { author, .. } = told;
        match (told.event, told.capacity) {
            (Event::Declared, Capacity::Staff) => "A new incident that nobody has".to_owned(),
            (Event::Declared, _) => "We have your report".to_owned(),
            (Event::Assigned, _) => match told.group {
                Some(group) => format!("{group} has a new incident"),
                None => "An incident for you".to_owned(),
            },
            (Event::Asked, _) => format!("{author} needs an answer from you"),
            (Event::Replied, _) => format!("{author} replied"),
            (Event::Resolved, Capacity::Requester) => "Your issue is resolved".to_owned(),
            (Event::Resolved, Capacity::Staff) => format!("{author} says it is resolved"),
            (Event::Closed, Capacity::Requester) => "Your issue is closed".to_owned(),
            (Event::Closed, Capacity::Staff) => format!("{author} confirmed the fix"),
            (Event::Reopened, Capacity::Requester) => "Your issue is open again".to_owned(),
            (Event::Reopened, Capacity::Staff) => format!("{author} reopened it"),
            (Event::Cancelled, Capacity::Requester) => "Your issue is cancelled".to_owned(),
            (Event::Cancelled, Capacity::Staff) => format!("{author} cancelled it"),
            (Event::Warned { clock, .. }, _) => format!("{} is due soon", level(clock)),
            (Event::Breached { clock, .. }, _) => format!("{} is overdue", level(clock)),
            (Event::BreachCorrected { clock, .. }, _) => {
                format!("{} was in time after all", level(clock))
            }
        }
    }

    fn lead(&self, told: &Told<'_>) -> String {
        match (told.event, told.capacity) {
            (Event::Declared | Event::Assigned, Capacity::Staff) => "This is what was reported:",
            (Event::Declared | Event::Assigned, Capacity::Requester) => {
                "Somebody will look at it. You will hear from us here."
            }
            (Event::Asked, _) => "Work goes on when your answer is in.",
            (Event::Replied, _) => "This is the message:",
            (Event::Resolved, Capacity::Requester) => {
                "If it is not, say so in the portal, and we go on."
            }
            (Event::Resolved | Event::Closed, Capacity::Staff) => "Nothing is left to do.",
            (Event::Closed, Capacity::Requester) => "If it comes back, report it again.",
            (Event::Reopened, Capacity::Requester) => "We are looking at it again.",
            (Event::Reopened, Capacity::Staff) => "It is not fixed yet:",
            (Event::Cancelled, _) => "This is why:",
            (Event::Warned { .. }, _) => "Most of the time for it is gone.",
            (Event::Breached { .. }, _) => "The time that was promised is over.",
            (Event::BreachCorrected { .. }, _) => {
                "You were told that it was late. Work that was done without a connection has \
                 arrived since: it was not."
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

    fn state(&self, state: State) -> &'static str {
        match state {
            State::New => "New",
            State::Assigned => "Assigned",
            State::InProgress => "In progress",
            State::OnHold => "On hold",
            State::Resolved => "Resolved",
            State::Closed => "Closed",
            State::Cancelled => "Cancelled",
        }
    }

    fn action(&self, capacity: Capacity) -> &'static str {
        match capacity {
            Capacity::Requester => "Open in the portal",
            Capacity::Staff => "Open the incident",
        }
    }

    fn more(&self) -> &'static str {
        "It goes on: follow the link below."
    }

    fn footer(&self, organisation: &str, capacity: Capacity) -> String {
        match capacity {
            Capacity::Requester => format!(
                "{organisation}. Nobody reads answers to this address: reply in the portal."
            ),
            Capacity::Staff => {
                format!("{organisation}. Nobody reads answers to this address.")
            }
        }
    }
}

fn level(clock: Measure) -> &'static str {
    match clock {
        Measure::Response => "The first response",
        Measure::Resolution => "The resolution",
    }
}
