//! German letters.

use shared::incidents::State;
use shared::notify::{Capacity, Event};
use shared::sla::Measure;

use super::{Labels, Told, Words};

pub(super) struct German;

impl Words for German {
    fn code(&self) -> &'static str {
        "de"
    }

    fn heading(&self, told: &Told<'_>) -> String {
        let Told { author, .. } = told;
        match (told.event, told.capacity) {
            (Event::Declared, Capacity::Staff) => "Eine neue Störung, die niemand hat".to_owned(),
            (Event::Declared, _) => "Ihre Meldung ist bei uns".to_owned(),
            (Event::Assigned, _) => match told.group {
                Some(group) => format!("Eine neue Störung für {group}"),
                None => "Eine Störung für Sie".to_owned(),
            },
            (Event::Asked, _) => format!("{author} braucht eine Antwort von Ihnen"),
            (Event::Replied, _) => format!("{author} hat geantwortet"),
            (Event::Resolved, Capacity::Requester) => "Ihre Störung ist gelöst".to_owned(),
            (Event::Resolved, Capacity::Staff) => format!("{author} meldet sie als gelöst"),
            (Event::Closed, Capacity::Requester) => "Ihre Störung ist abgeschlossen".to_owned(),
            (Event::Closed, Capacity::Staff) => format!("{author} hat die Lösung bestätigt"),
            (Event::Reopened, Capacity::Requester) => "Ihre Störung ist wieder offen".to_owned(),
            (Event::Reopened, Capacity::Staff) => format!("{author} hat sie wieder geöffnet"),
            (Event::Cancelled, Capacity::Requester) => "Ihre Störung ist storniert".to_owned(),
            (Event::Cancelled, Capacity::Staff) => format!("{author} hat sie storniert"),
            (Event::Warned { clock, .. }, _) => format!("{} ist bald fällig", level(clock)),
            (Event::Breached { clock, .. }, _) => format!("{} ist überfällig", level(clock)),
            (Event::BreachCorrected { clock, .. }, _) => {
                format!("{} war doch rechtzeitig", level(clock))
            }
        }
    }

    fn lead(&self, told: &Told<'_>) -> String {
        match (told.event, told.capacity) {
            (Event::Declared | Event::Assigned, Capacity::Staff) => "Das wurde gemeldet:",
            (Event::Declared | Event::Assigned, Capacity::Requester) => {
                "Wir kümmern uns darum und melden uns auf diesem Weg."
            }
            (Event::Asked, _) => "Es geht weiter, sobald Ihre Antwort da ist.",
            (Event::Replied, _) => "Das ist die Nachricht:",
            (Event::Resolved, Capacity::Requester) => {
                "Falls nicht, sagen Sie es im Portal, und wir machen weiter."
            }
            (Event::Resolved | Event::Closed, Capacity::Staff) => "Es ist nichts mehr zu tun.",
            (Event::Closed, Capacity::Requester) => {
                "Falls sie wiederkommt, melden Sie sie bitte neu."
            }
            (Event::Reopened, Capacity::Requester) => "Wir sehen es uns noch einmal an.",
            (Event::Reopened, Capacity::Staff) => "Sie ist noch nicht behoben:",
            (Event::Cancelled, _) => "Das ist der Grund:",
            (Event::Warned { .. }, _) => "Der größte Teil der Zeit dafür ist vorbei.",
            (Event::Breached { .. }, _) => "Die zugesagte Zeit ist vorbei.",
            (Event::BreachCorrected { .. }, _) => {
                "Ihnen wurde eine Verspätung gemeldet. Inzwischen ist Arbeit eingetroffen, die \
                 ohne Verbindung getan wurde: Es war keine."
            }
        }
        .to_owned()
    }

    fn labels(&self) -> Labels {
        Labels {
            number: "Störung",
            state: "Stand",
            priority: "Priorität",
            requester: "Gemeldet von",
            due: "Fällig",
        }
    }

    fn state(&self, state: State) -> &'static str {
        match state {
            State::New => "Neu",
            State::Assigned => "Zugewiesen",
            State::InProgress => "In Arbeit",
            State::OnHold => "Wartet",
            State::Resolved => "Gelöst",
            State::Closed => "Abgeschlossen",
            State::Cancelled => "Storniert",
        }
    }

    fn action(&self, capacity: Capacity) -> &'static str {
        match capacity {
            Capacity::Requester => "Im Portal öffnen",
            Capacity::Staff => "Störung öffnen",
        }
    }

    fn more(&self) -> &'static str {
        "Der Text geht weiter: Folgen Sie dem Link unten."
    }

    fn footer(&self, organisation: &str, capacity: Capacity) -> String {
        match capacity {
            Capacity::Requester => format!(
                "{organisation}. Antworten an diese Adresse liest niemand: Antworten Sie im Portal."
            ),
            Capacity::Staff => {
                format!("{organisation}. Antworten an diese Adresse liest niemand.")
            }
        }
    }
}

fn level(clock: Measure) -> &'static str {
    match clock {
        Measure::Response => "Die erste Antwort",
        Measure::Resolution => "Die Lösung",
    }
}
