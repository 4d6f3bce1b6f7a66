//! German letters.

use shared::incidents::State;
use shared::notify::Event;
use shared::sla::Measure;

use super::{Labels, Reader, Told, Words};

pub(super) struct German;

impl Words for German {
    fn code(&self) -> &'static str {
        "de"
    }

    fn heading(&self, told: &Told<'_>) -> String {
        let Told { author, .. } = told;
        match (told.event, told.reader) {
            (Event::Declared, Reader::Staff) => "Eine neue Störung, die niemand hat".to_owned(),
            (Event::Declared, _) => "Ihre Meldung ist bei uns".to_owned(),
            (Event::Assigned, _) => match (told.holder, told.group) {
                (Some(holder), _) => format!("{holder} hat die Störung jetzt"),
                (None, Some(group)) => format!("Eine neue Störung für {group}"),
                (None, None) => "Eine Störung für Sie".to_owned(),
            },
            (Event::Asked, Reader::Requester | Reader::Caller) => {
                format!("{author} braucht eine Antwort von Ihnen")
            }
            (Event::Asked, Reader::Staff | Reader::Watcher) => {
                format!("{author} wartet auf eine Antwort")
            }
            (Event::AskedAgain, _) => "Wir warten noch auf Ihre Antwort".to_owned(),
            (Event::StillHeld, _) => "Sie ist noch immer zurückgestellt".to_owned(),
            (Event::Resumed, _) => "Der Tag ist da: Es geht weiter".to_owned(),
            (Event::Replied, _) => format!("{author} hat geantwortet"),
            (Event::Resolved, Reader::Requester | Reader::Caller) => {
                "Ihre Störung ist behoben".to_owned()
            }
            (Event::Resolved, Reader::Watcher) => {
                "Die Störung, die Sie beobachten, ist behoben".to_owned()
            }
            (Event::Closed, Reader::Watcher) => {
                "Die Störung, die Sie beobachten, ist abgeschlossen".to_owned()
            }
            (Event::Reopened, Reader::Watcher) => {
                "Die Störung, die Sie beobachten, ist wieder offen".to_owned()
            }
            (Event::Cancelled, Reader::Watcher) => {
                "Die Störung, die Sie beobachten, ist zurückgezogen".to_owned()
            }
            (Event::Noted, _) => format!("{author} hat eine interne Notiz geschrieben"),
            (Event::Mentioned, _) => format!("{author} hat Sie erwähnt"),
            (Event::Resolved, Reader::Staff) => format!("{author} meldet sie als gelöst"),
            (Event::Closed, Reader::Requester | Reader::Caller) => {
                "Ihre Störung ist abgeschlossen".to_owned()
            }
            (Event::Closed, Reader::Staff) => format!("{author} hat die Lösung bestätigt"),
            (Event::Reopened, Reader::Requester | Reader::Caller) => {
                "Ihre Störung ist wieder offen".to_owned()
            }
            (Event::Reopened, Reader::Staff) => format!("{author} hat sie wieder geöffnet"),
            (Event::Cancelled, Reader::Requester | Reader::Caller) => {
                "Ihre Störung ist zurückgezogen".to_owned()
            }
            (Event::Cancelled, Reader::Staff) => format!("{author} hat sie storniert"),
            (Event::Warned { clock, .. }, _) => format!("{} ist bald fällig", level(clock)),
            (Event::Breached { clock, .. }, _) => format!("{} ist überfällig", level(clock)),
            (Event::BreachCorrected { clock, .. }, _) => {
                format!("{} war doch rechtzeitig", level(clock))
            }
        }
    }

    fn lead(&self, told: &Told<'_>) -> String {
        match (told.event, told.reader) {
            (Event::Declared | Event::Assigned, Reader::Staff) => "Das wurde gemeldet:",
            (
                Event::Declared | Event::Assigned,
                Reader::Requester | Reader::Watcher | Reader::Caller,
            ) => "Wir kümmern uns darum und melden uns auf diesem Weg.",
            (Event::Asked | Event::AskedAgain, Reader::Caller) => {
                return format!(
                    "Es geht weiter, sobald Ihre Antwort da ist: {}",
                    again(told)
                );
            }
            (Event::Asked | Event::AskedAgain, Reader::Staff | Reader::Watcher) => {
                "Es geht weiter, sobald die Antwort da ist. Das ist die Frage:"
            }
            (Event::Mentioned, _) => "Öffnen Sie die Störung, um zu sehen, worum es geht.",
            (Event::Noted, _) => {
                "Interne Notizen stehen nicht in E-Mails: Lesen Sie sie in der Konsole."
            }
            (Event::Asked | Event::AskedAgain, Reader::Requester) => {
                "Es geht weiter, sobald Ihre Antwort da ist."
            }
            (Event::StillHeld, _) => "Darauf wartet sie:",
            (Event::Resumed, _) => {
                "Der Tag, bis zu dem sie zurückgestellt war, ist da. Ihre Fristen laufen wieder."
            }
            (Event::Replied, _) => "Das ist die Nachricht:",
            (Event::Resolved, Reader::Requester) => {
                "Falls nicht, sagen Sie es im Portal, und wir machen weiter."
            }
            (Event::Resolved, Reader::Caller) => {
                return format!("Falls nicht, machen wir weiter: {}", again(told));
            }
            (Event::Resolved, Reader::Watcher) => "Das wurde getan:",
            (Event::Closed, Reader::Watcher) => "Niemand arbeitet mehr daran.",
            (Event::Resolved | Event::Closed, Reader::Staff) => "Es ist nichts mehr zu tun.",
            (Event::Closed, Reader::Requester | Reader::Caller) => {
                "Falls sie wiederkommt, melden Sie sie bitte neu."
            }
            (Event::Reopened, Reader::Requester | Reader::Watcher | Reader::Caller) => {
                "Wir sehen es uns noch einmal an."
            }
            (Event::Reopened, Reader::Staff) => "Sie ist noch nicht behoben:",
            (Event::Cancelled, _) => "Das ist der Grund:",
            (Event::Warned { .. }, _) => "Der größte Teil der Zeit dafür ist vorbei.",
            (Event::Breached { .. }, _) => "Die zugesagte Zeit ist vorbei.",
            (Event::BreachCorrected { .. }, _) => {
                "Ihnen wurde eine Verspätung gemeldet. Nach dem, was jetzt bekannt ist, war es \
                 keine."
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

    fn state(&self, state: State, reader: Reader) -> &'static str {
        match (state, reader) {
            (State::New, _) => "Neu",
            (State::Assigned, _) => "Zugewiesen",
            (State::InProgress, _) => "In Arbeit",
            (State::OnHold, Reader::Staff) => "Zurückgestellt",
            (State::OnHold, _) => "Unterbrochen",
            (State::Resolved, Reader::Staff) => "Gelöst",
            (State::Resolved, _) => "Behoben",
            (State::Closed, Reader::Staff) => "Geschlossen",
            (State::Closed, _) => "Abgeschlossen",
            (State::Cancelled, Reader::Staff) => "Storniert",
            (State::Cancelled, _) => "Zurückgezogen",
        }
    }

    fn action(&self, reader: Reader) -> Option<&'static str> {
        match reader {
            Reader::Requester | Reader::Watcher => Some("Im Portal öffnen"),
            Reader::Staff => Some("Störung öffnen"),
            Reader::Caller => None,
        }
    }

    fn more(&self, reader: Reader) -> &'static str {
        match reader {
            Reader::Requester | Reader::Watcher | Reader::Staff => {
                "Der Text geht weiter: Folgen Sie dem Link unten."
            }
            Reader::Caller => "Der Text geht weiter: Fragen Sie uns nach dem Rest.",
        }
    }

    fn unanswered(&self, reminders: u8) -> String {
        let again = "Besteht die Störung noch, öffnen Sie die Meldung bitte wieder.";
        match reminders {
            1 => format!("Auf eine Erinnerung kam keine Antwort. {again}"),
            count => format!("Auf {count} Erinnerungen kam keine Antwort. {again}"),
        }
    }

    fn footer(&self, organisation: &str, told: &Told<'_>) -> String {
        let nobody = "Antworten an diese Adresse liest niemand";
        match told.reader {
            Reader::Staff => format!("{organisation}. {nobody}."),
            Reader::Requester | Reader::Watcher => {
                format!("{organisation}. {nobody}: Antworten Sie im Portal.")
            }
            Reader::Caller => format!("{organisation}. {nobody}: {}", again(told)),
        }
    }
}

/// How somebody without an account reaches us.
fn again(told: &Told<'_>) -> String {
    let number = told.number;
    format!(
        "Rufen Sie den Service Desk wieder an, oder schreiben Sie ihm wie zuvor, und nennen Sie \
         {number}."
    )
}

fn level(clock: Measure) -> &'static str {
    match clock {
        Measure::Response => "Die erste Antwort",
        Measure::Resolution => "Die Lösung",
    }
}
