//! What a letter says, and how it reads as text and as HTML.

use std::fmt::Write as _;

use shared::ids::PersonId;
use shared::incidents::{EventKind, Incident, Requester, within_a_sentence};
use shared::notify::{Capacity, Event, Notice, Recipient};
use shared::people::Directory;
use shared::sla::edition;

use super::words::{self, Reader, Told, Words};
use crate::config::Origin;
use crate::text::{escaped, moment};

/// Longer texts are cut, and the link leads to the rest.
const QUOTE_CHARS_MAX: usize = 3_000;
const SUBJECT_CHARS_MAX: usize = 160;

/// A letter before it is encoded. Its texts are as people wrote them: whoever renders it escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) language: &'static str,
    pub(super) subject: String,
    pub(super) heading: String,
    lead: String,
    quote: Option<Quote>,
    facts: Vec<(&'static str, String)>,
    link: Option<Link>,
    footer: String,
}

/// Where a letter leads.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    words: &'static str,
    url: String,
}

/// What somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quote {
    text: String,
    /// Says that there is more, if there is.
    more: Option<&'static str>,
}

impl Letter {
    /// Writes the letter of a notice from the public reading of its incident.
    pub(super) fn write(
        notice: &Notice,
        incident: &Incident,
        directory: &Directory,
        origin: &Origin,
        language: &str,
    ) -> Self {
        let words = words::of(language);
        let author = name_of(notice.by, directory);
        let group = incident.assignment.group.as_ref();
        let group = group.and_then(|id| directory.groups.iter().find(|group| group.id == *id));
        let group = group.map(|group| within_a_sentence(&group.name));
        let holder = incident.assignment.person;
        let holder = holder.filter(|holder| notice.to != Recipient::Person(*holder));
        let holder = holder.map(|holder| name_of(holder, directory));
        let holder = holder.as_deref().map(within_a_sentence);
        let (reader, number) = (Reader::of(notice), incident.name());
        let told = Told {
            event: notice.event,
            reader,
            number: &number,
            author: &within_a_sentence(&author),
            group: match incident.assignment.person {
                None => group.as_deref(),
                Some(_) => None,
            },
            holder: holder.as_deref(),
        };
        let path = match notice.capacity {
            Capacity::Staff => "console/incidents",
            Capacity::Requester | Capacity::Watcher => "incidents",
        };
        let link = words.action(reader).map(|words| Link {
            words,
            url: format!("{origin}/{path}/{}", incident.id),
        });
        let subject = one_line(&incident.subject.holds.value, SUBJECT_CHARS_MAX);
        Self {
            language: words.code(),
            subject: format!("[{number}] {}", within_a_sentence(&subject)),
            heading: one_line(&words.heading(&told), SUBJECT_CHARS_MAX),
            lead: words.lead(&told),
            quote: quoted(notice, incident).and_then(|text| Quote::of(text, words.more(reader))),
            facts: facts(notice, incident, directory, words),
            link,
            footer: words.footer(&one_line(&directory.name, 100), &told),
        }
    }

    /// The letter for people who read plain text.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n", self.heading, self.lead);
        if let Some(Quote { text: quote, more }) = &self.quote {
            let _ = write!(text, "\n{RULE}\n{quote}\n");
            if let Some(more) = more {
                let _ = writeln!(text, "{more}");
            }
            let _ = writeln!(text, "{RULE}");
        }
        text.push('\n');
        for (label, value) in &self.facts {
            let _ = writeln!(text, "{label}: {value}");
        }
        if let Some(Link { words, url }) = &self.link {
            let _ = write!(text, "\n{words}:\n{url}\n");
        }
        let _ = write!(text, "\n-- \n{}\n", self.footer);
        text
    }

    /// The letter with its looks; no image, no script, nothing from elsewhere.
    pub(super) fn html(&self) -> String {
        let mut body = format!(
            "<h1 style=\"{H1}\">{}</h1>\n<p class=\"soft\" style=\"{P}\">{}</p>\n",
            escaped(&self.heading),
            escaped(&self.lead)
        );
        if let Some(Quote { text, more }) = &self.quote {
            let text = escaped(text).replace('\n', "<br>\n");
            let _ = write!(
                body,
                "<div class=\"quote\" dir=\"auto\" style=\"{QUOTE}\">{text}"
            );
            if let Some(more) = more {
                let _ = write!(body, "<br>\n<span class=\"soft\">{}</span>", escaped(more));
            }
            body.push_str("</div>\n");
        }
        let _ = writeln!(body, "<table role=\"presentation\" style=\"{FACTS}\">");
        for (label, value) in &self.facts {
            let (label, value) = (escaped(label), escaped(value));
            let _ = writeln!(
                body,
                "<tr><td class=\"soft\" style=\"{LABEL}\">{label}</td>\
                 <td dir=\"auto\" style=\"{VALUE}\">{value}</td></tr>"
            );
        }
        body.push_str("</table>");
        if let Some(Link { words, url }) = &self.link {
            let _ = write!(
                body,
                "\n<p style=\"margin:24px 0 0\"><a class=\"act\" href=\"{}\" \
                 style=\"{BUTTON}\">{}</a></p>",
                escaped(url),
                escaped(words)
            );
        }
        self.page(&body)
    }

    fn page(&self, body: &str) -> String {
        let Self { language, .. } = self;
        let (subject, lead) = (escaped(&self.subject), escaped(&self.lead));
        let footer = escaped(&self.footer);
        format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <title>{subject}</title>\n<style>{DARK}</style>\n</head>\n\
             <body style=\"{BODY}\">\n<div style=\"{HIDDEN}\">{lead}</div>\n\
             <div class=\"card\" style=\"{CARD}\">\n\
             <p class=\"soft\" dir=\"auto\" style=\"{NAME}\">{subject}</p>\n{body}\n</div>\n\
             <p class=\"soft\" style=\"{FOOTER}\">{footer}</p>\n</body>\n</html>\n"
        )
    }
}

impl Quote {
    fn of(text: &str, more: &'static str) -> Option<Self> {
        let text = clean(text);
        if text.is_empty() {
            return None;
        }
        let Some((end, _)) = text.char_indices().nth(QUOTE_CHARS_MAX) else {
            return Some(Self { text, more: None });
        };
        let text = format!("{}…", text[..end].trim_end());
        Some(Self {
            text,
            more: Some(more),
        })
    }
}

/// The name of a person, or nothing that could be mistaken for one.
fn name_of(person: PersonId, directory: &Directory) -> String {
    let found = directory.person(person);
    found.map_or_else(|| directory.name.clone(), |person| person.name.clone())
}

/// What the requester of an incident is called.
pub(super) fn requester_name(incident: &Incident, directory: &Directory) -> String {
    match &incident.requester.holds.value {
        Requester::Person(person) => name_of(*person, directory),
        Requester::Unknown { name, .. } => name.clone(),
    }
}

/// The text that the event is about.
fn quoted<'a>(notice: &Notice, incident: &'a Incident) -> Option<&'a str> {
    if matches!(notice.event, Event::Declared | Event::Assigned) {
        return Some(&incident.description);
    }
    let mut told = incident.event(notice.fact?)?;
    if let EventKind::Reminded { hold } = told.kind {
        told = incident.event(hold)?;
    }
    match &told.kind {
        EventKind::Replied { .. } => incident.said(told),
        EventKind::Held { text, .. }
        | EventKind::Reopened { text }
        | EventKind::Cancelled { text } => Some(text),
        EventKind::Resolved { notes, .. } => Some(notes),
        EventKind::Attached(file) => Some(&file.name),
        EventKind::Declared
        | EventKind::Set(_)
        | EventKind::Assigned { .. }
        | EventKind::Claimed { .. }
        | EventKind::Started
        | EventKind::Reminded { .. }
        | EventKind::Closed
        | EventKind::Noted { .. }
        | EventKind::Logged(_)
        | EventKind::TaskAdded(_)
        | EventKind::TaskChanged { .. }
        | EventKind::Watched { .. }
        | EventKind::Unwatched { .. }
        | EventKind::Diagnosed { .. }
        | EventKind::Revised { .. }
        | EventKind::Ruled(_)
        | EventKind::Numbered { .. } => None,
    }
}

fn facts(
    notice: &Notice,
    incident: &Incident,
    directory: &Directory,
    words: &dyn Words,
) -> Vec<(&'static str, String)> {
    let labels = words.labels();
    let mut facts = vec![(labels.number, incident.name())];
    if let Event::Warned { due, .. }
    | Event::Breached { due, .. }
    | Event::BreachCorrected { due, .. } = notice.event
    {
        facts.push((labels.due, moment(due, words.code())));
    }
    let state = words.state(incident.state, Reader::of(notice));
    facts.push((labels.state, state.to_owned()));
    if notice.capacity == Capacity::Staff {
        let rules = directory.rules();
        let priority = incident.priority(&edition(incident, &rules).matrix);
        facts.push((labels.priority, priority.word().to_owned()));
        let requester = one_line(&requester_name(incident, directory), 100);
        facts.push((labels.requester, requester));
    }
    facts
}

/// One line without anything that could end a header or hide in it.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let plain = clean(text);
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars_max) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// A text without control characters; lines end as on the web. Marks that turn the direction of
/// what follows are left out, as they would turn our own words too.
fn clean(text: &str) -> String {
    let is_turning = |letter| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = |letter: &char| !is_turning(*letter) && (*letter == '\n' || !letter.is_control());
    let text: String = text.replace('\t', " ").chars().filter(kept).collect();
    text.trim().to_owned()
}

const RULE: &str = "----------------------------------------";

const BODY: &str = "margin:0;padding:24px 12px;background:#f5f8f8;color:#13211f;\
    font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif";
const HIDDEN: &str = "display:none;max-height:0;overflow:hidden";
const CARD: &str = "max-width:560px;margin:0 auto;padding:28px;background:#ffffff;\
    border:1px solid #dde6e5;border-radius:10px;overflow-wrap:anywhere";
const NAME: &str = "margin:0 0 16px;font-size:14px;color:#566664";
const H1: &str = "margin:0 0 8px;font-size:22px;line-height:1.25";
const P: &str = "margin:0 0 20px;color:#566664";
const QUOTE: &str = "margin:0 0 20px;padding:12px 16px;background:#f1f6f6;\
    border-inline-start:3px solid #0f6f72;border-radius:4px";
const FACTS: &str = "border-collapse:collapse;font-size:14px";
const LABEL: &str = "padding:3px 20px 3px 0;color:#566664;vertical-align:top";
const VALUE: &str = "padding:3px 0";
const BUTTON: &str = "display:inline-block;padding:11px 20px;background:#0f6f72;color:#ffffff;\
    border-radius:7px;text-decoration:none;font-weight:600";
const FOOTER: &str =
    "max-width:560px;margin:16px auto 0;padding:0 28px;font-size:13px;color:#566664";
const DARK: &str = "@media (prefers-color-scheme:dark){\
    body{background:#0d1413!important;color:#e8eeed!important}\
    .card{background:#131c1b!important;border-color:#2a3735!important}\
    .quote{background:#1b2625!important;border-color:#5cc4c3!important}\
    .soft{color:#a7b6b4!important}\
    .act{background:#5cc4c3!important;color:#06201f!important}}";

#[cfg(test)]
mod tests;
