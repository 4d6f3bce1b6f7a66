//! The plain pages as HTML. Every text passes [`escaped`]; there is no script and no inline style.

use std::fmt::Write as _;

use shared::ids::{DocKey, IncidentId};
use shared::incidents::{
    Event, EventKind, HoldReason, Incident, PlainReport, State, within_a_sentence,
};
use shared::people::{Directory, Person};
use shared::rows::Row;
use shared::sync::Seq;

use super::entry::Onward;
use super::words::{self, Language, t};
use crate::text::{escaped, moment};

/// What every page needs.
pub(super) struct Frame<'a> {
    pub(super) language: Language,
    pub(super) style: Option<&'a str>,
    pub(super) directory: &'a Directory,
    /// Proof that a form was made for this session.
    pub(super) token: &'a str,
}

/// What was typed and could not be taken, with the reason.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) fault: String,
}

impl Frame<'_> {
    /// A whole page around its main part.
    pub(super) fn page(&self, title: &str, me: Option<&Person>, main: &str) -> String {
        let l = self.language;
        let style = self.style.map_or_else(String::new, |style| {
            format!("<link rel=\"stylesheet\" href=\"{}\">\n", escaped(style))
        });
        let nav = me.map_or_else(String::new, |_| {
            format!(
                "<form method=\"post\" action=\"/sign-out\">{}<button class=\"button quiet\">{}</button></form>",
                hidden("token", self.token),
                escaped(t("leave.submit", l)),
            )
        });
        format!(
            "<!doctype html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <title>{title} · Holdfast</title>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta name=\"referrer\" content=\"same-origin\">\n{style}\
             <link rel=\"icon\" href=\"/favicon.ico\">\n</head>\n<body>\n\
             <header class=\"topbar\"><a class=\"mark\" href=\"/?plain\">Holdfast</a>{nav}</header>\n\
             <main>\n{main}</main>\n</body>\n</html>\n",
            code = l.code(),
            title = escaped(&within_a_sentence(title)),
        )
    }

    /// The sign-in, with what was typed before the session ended.
    pub(super) fn sign_in(&self, fault: &str, onward: &Onward) -> String {
        let l = self.language;
        let unsent = unsent_html(t("plain.unsent", l), &onward.typed());
        let PlainReport {
            subject,
            description,
            category,
            asset,
            contact,
        } = &onward.answers;
        let carried = [
            ("to", &onward.place.name()),
            ("subject", subject),
            ("description", description),
            ("category", category),
            ("asset", asset),
            ("contact", contact),
            ("text", &onward.text),
        ];
        let carried = carried.into_iter().filter(|(_, value)| !value.is_empty());
        let carried: String = carried.map(|(name, value)| hidden(name, value)).collect();
        let main = format!(
            "<form method=\"post\" action=\"/sign-in\" class=\"report\"><h1>{title}</h1>\n\
             {fault}{unsent}{carried}\
             <div class=\"field\"><label for=\"login\">{login}</label><input id=\"login\" name=\"login\" \
             autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required></div>\n\
             <div class=\"field\"><label for=\"password\">{password}</label><input id=\"password\" \
             name=\"password\" type=\"password\" autocomplete=\"current-password\" required></div>\n\
             <button class=\"button primary\">{title}</button></form>\n",
            title = escaped(t("signin.title", l)),
            login = escaped(t("signin.login", l)),
            password = escaped(t("signin.password", l)),
            fault = fault_html(fault),
        );
        self.page(t("signin.title", l), None, &main)
    }

    /// The first page: the way to report, and the own reports, with the way to those below `older`.
    pub(super) fn home(&self, me: &Person, rows: &[Row], older: Option<Seq>) -> String {
        let l = self.language;
        let is_done = |row: &&Row| matches!(row.state, State::Closed | State::Cancelled);
        let (done, mut open): (Vec<_>, Vec<_>) = rows.iter().partition(is_done);
        open.sort_by_key(|row| !waits_for_requester(row));
        let list = |rows: &[&Row]| {
            let rows = rows.iter().map(|row| self.row(row));
            format!("<ul>{}</ul>\n", rows.collect::<String>())
        };
        let mut main = format!(
            "<h1>{}</h1>\n<p><a class=\"button primary\" href=\"/report?plain\">{}</a></p>\n\
             <section class=\"mine\"><h2>{}</h2>\n",
            escaped(t("portal.ask", l)),
            escaped(t("portal.report", l)),
            escaped(t("portal.mine", l)),
        );
        if open.is_empty() {
            write_in(
                &mut main,
                format_args!("<p class=\"quiet\">{}</p>", escaped(t("plain.none", l))),
            );
        }
        main.push_str(&list(&open));
        if !done.is_empty() {
            write_in(
                &mut main,
                format_args!("<h2>{}</h2>{}", escaped(t("portal.done", l)), list(&done)),
            );
        }
        if let Some(Seq(place)) = older {
            write_in(
                &mut main,
                format_args!(
                    "<p><a class=\"button\" href=\"/?plain&amp;before={place}\">{}</a></p>",
                    escaped(t("plain.older", l))
                ),
            );
        }
        main.push_str("</section>\n");
        self.page(t("portal.title", l), Some(me), &main)
    }

    fn row(&self, row: &Row) -> String {
        let mine = if waits_for_requester(row) {
            " data-mine=\"true\""
        } else {
            ""
        };
        format!(
            "<li{mine}><a class=\"subject\" dir=\"auto\" href=\"/incidents/{}?plain\">{}</a><p>{}</p></li>\n",
            row.id,
            escaped(&row.subject),
            escaped(&words::standing(row, self.directory, self.language)),
        )
    }

    fn back(&self) -> String {
        let mine = escaped(t("portal.mine", self.language));
        format!("<a class=\"back\" href=\"/?plain\">‹ {mine}</a>\n")
    }

    /// The form of a report; `id` is what the incident will be called, however often it is sent.
    pub(super) fn report(
        &self,
        me: &Person,
        id: IncidentId,
        answers: &PlainReport,
        fault: &str,
    ) -> String {
        let l = self.language;
        let asset = [t("portal.asset", l), t("portal.asset_hint", l)];
        let contact = [t("portal.contact", l), t("portal.contact_hint", l)];
        let main = format!(
            "{back}<h1>{title}</h1>\n\
             <form method=\"post\" action=\"/report\" class=\"report\">{token}{key}{fault}\
             {words}{category}{asset}{contact}\
             <button class=\"button primary\">{send}</button></form>\n",
            back = self.back(),
            title = escaped(t("portal.report", l)),
            token = hidden("token", self.token),
            key = hidden("key", &id.to_string()),
            fault = fault_html(fault),
            words = self.words(answers),
            category = self.categories(&answers.category),
            asset = line("asset", asset, &answers.asset),
            contact = line("contact", contact, &answers.contact),
            send = escaped(t("portal.send", l)),
        );
        self.page(t("portal.report", l), Some(me), &main)
    }

    /// What it is about, in a line and at length.
    fn words(&self, answers: &PlainReport) -> String {
        let l = self.language;
        format!(
            "<div class=\"field\"><label for=\"subject\">{subject}</label>\
             <input id=\"subject\" name=\"subject\" required maxlength=\"200\" dir=\"auto\" \
             value=\"{subject_value}\"></div>\n\
             <div class=\"field\"><label for=\"description\">{describe}</label>\
             <p class=\"hint\" id=\"description-hint\">{describe_hint}</p>\
             <textarea id=\"description\" name=\"description\" rows=\"6\" dir=\"auto\" \
             aria-describedby=\"description-hint\">\n{description}</textarea></div>\n",
            subject = escaped(t("portal.subject", l)),
            subject_value = escaped(&answers.subject),
            describe = escaped(t("portal.describe", l)),
            describe_hint = escaped(t("portal.describe_hint", l)),
            description = escaped(&answers.description),
        )
    }

    fn categories(&self, chosen: &str) -> String {
        let l = self.language;
        let all = &self.directory.categories;
        let name = |one: &shared::people::Category| {
            let names = &one.name;
            let name = names.get(l.code()).or_else(|| names.values().next());
            escaped(name.unwrap_or(&one.id.0))
        };
        let mut options = format!(
            "<option value=\"\">{}</option>",
            escaped(t("portal.category_unsure", l))
        );
        for group in all.iter().filter(|one| one.parent.is_none()) {
            let below: Vec<_> = all
                .iter()
                .filter(|one| one.parent.as_ref() == Some(&group.id))
                .collect();
            let offered = if below.is_empty() { vec![group] } else { below };
            write_in(
                &mut options,
                format_args!("<optgroup label=\"{}\">", name(group)),
            );
            for one in offered {
                let selected = if one.id.0 == chosen { " selected" } else { "" };
                write_in(
                    &mut options,
                    format_args!(
                        "<option value=\"{}\"{selected}>{}</option>",
                        escaped(&one.id.0),
                        name(one)
                    ),
                );
            }
            options.push_str("</optgroup>");
        }
        format!(
            "<div class=\"field\"><label for=\"category\">{}</label><select id=\"category\" name=\"category\">{options}</select></div>\n",
            escaped(t("portal.category", l))
        )
    }

    /// One report: where it stands, what was said, what can be done.
    pub(super) fn incident(&self, me: &Person, open: &Opened<'_>, typed: &Typed) -> String {
        let l = self.language;
        let incident = open.incident;
        let asked = match incident.question() {
            "" => String::new(),
            question => format!(
                "<p class=\"question\" dir=\"auto\">{}</p>",
                escaped(question)
            ),
        };
        let main = format!(
            "{back}<h1 class=\"subject\" dir=\"auto\">{subject}</h1><p class=\"quiet\">{name}</p>\n\
             <section class=\"standing\"><p>{standing}</p>{asked}{verdict}</section>\n\
             <div class=\"talk\">{talk}</div>\n{reply}",
            back = self.back(),
            subject = escaped(&incident.subject.holds.value),
            name = escaped(&incident.name()),
            standing = escaped(&words::standing(open.row, self.directory, l)),
            verdict = self.verdict(open),
            talk = self.talk(me, incident),
            reply = self.reply(open, typed),
        );
        self.page(&incident.subject.holds.value, Some(me), &main)
    }

    fn form(&self, open: &Opened<'_>, act: &str, inner: &str) -> String {
        format!(
            "<form method=\"post\" action=\"/incidents/{}\" class=\"compose\">{}{}{}{}{inner}</form>\n",
            open.incident.id,
            hidden("token", self.token),
            hidden("key", open.key),
            hidden("seen", open.seen),
            hidden("act", act),
        )
    }

    fn verdict(&self, open: &Opened<'_>) -> String {
        let l = self.language;
        if open.incident.state != State::Resolved {
            return String::new();
        }
        let confirm = format!(
            "<div><button class=\"button primary\">{}</button></div>",
            escaped(t("portal.confirm", l))
        );
        let broken = format!(
            "<label for=\"broken\">{}</label><textarea id=\"broken\" name=\"text\" rows=\"3\" dir=\"auto\"></textarea>\
             <div><button class=\"button\">{}</button></div>",
            escaped(t("portal.broken_words", l)),
            escaped(t("portal.broken", l)),
        );
        format!(
            "{}{}",
            self.form(open, "confirm", &confirm),
            self.form(open, "broken", &broken)
        )
    }

    fn reply(&self, open: &Opened<'_>, typed: &Typed) -> String {
        let l = self.language;
        if matches!(open.incident.state, State::Closed | State::Cancelled) {
            let unsent = if typed.text.is_empty() {
                String::new()
            } else {
                format!(
                    "<textarea rows=\"4\" readonly dir=\"auto\">\n{}</textarea>",
                    escaped(&typed.text)
                )
            };
            return format!(
                "<p class=\"quiet\">{}</p>{}{unsent}",
                escaped(t("portal.again_about", l)),
                fault_html(&typed.fault)
            );
        }
        let label = if open.incident.question().is_empty() {
            t("portal.add", l)
        } else {
            t("portal.your_answer", l)
        };
        // The page opens where it says what is wrong, and not at its head.
        let focus = if typed.fault.is_empty() {
            ""
        } else {
            " autofocus aria-invalid=\"true\""
        };
        let inner = format!(
            "{}<label for=\"entry\">{}</label><textarea id=\"entry\" name=\"text\" rows=\"4\" required dir=\"auto\"{focus}>\n{}</textarea>\
             <div><button class=\"button primary\">{}</button></div>",
            fault_html(&typed.fault),
            escaped(label),
            escaped(&typed.text),
            escaped(t("compose.send", l)),
        );
        self.form(open, "reply", &inner)
    }

    fn talk(&self, me: &Person, incident: &Incident) -> String {
        let l = self.language;
        let mut talk = String::new();
        // What its author took back is gone for the requester; how it began remains.
        let shown = |event: &&Event| event.counts() || event.kind == EventKind::Declared;
        for event in incident.timeline.iter().filter(shown) {
            let who = words::name(self.directory, event.from.by, me, l);
            let message = |text: &str| message(event, me, &head(event, &who, l), text);
            match &event.kind {
                EventKind::Declared => talk.push_str(&message(&self.described(incident))),
                EventKind::Replied { .. } => {
                    talk.push_str(&message(incident.said(event).unwrap_or_default()));
                }
                other @ (EventKind::Set(_)
                | EventKind::Assigned { .. }
                | EventKind::Claimed { .. }
                | EventKind::Started
                | EventKind::Reminded { .. }
                | EventKind::Held { .. }
                | EventKind::Resolved { .. }
                | EventKind::Reopened { .. }
                | EventKind::Closed
                | EventKind::Cancelled { .. }
                | EventKind::Noted { .. }
                | EventKind::Logged(_)
                | EventKind::TaskAdded(_)
                | EventKind::Attached(_)
                | EventKind::TaskChanged { .. }
                | EventKind::Watched { .. }
                | EventKind::Unwatched { .. }
                | EventKind::Diagnosed { .. }
                | EventKind::Revised { .. }
                | EventKind::Ruled(_)
                | EventKind::Numbered { .. }) => {
                    if let Some((sentence, words)) = words::happened(other, &who, l) {
                        write_in(
                            &mut talk,
                            format_args!(
                                "<div class=\"event\">{}<p dir=\"auto\">{}</p></div>\n",
                                head(event, &sentence, l),
                                said(incident, event, words)
                            ),
                        );
                    }
                }
            }
        }
        talk
    }

    fn described(&self, incident: &Incident) -> String {
        let l = self.language;
        let mut parts = vec![incident.description.trim().to_owned()];
        let said = |label: &str, text: &Option<String>| {
            text.as_ref().map(|text| format!("{label} {text}"))
        };
        parts.extend(said(t("entry.asset", l), &incident.asset));
        parts.extend(said(t("portal.reach", l), &incident.contact));
        parts.retain(|part| !part.is_empty());
        if parts.is_empty() {
            parts.push(incident.subject.holds.value.clone());
        }
        parts.join("\n\n")
    }

    /// Why a message was not sent, and the message to be copied.
    pub(super) fn unsent(&self, me: &Person, typed: &Typed) -> String {
        let kept = unsent_html(t("plain.not_sent", self.language), &typed.text);
        let main = [self.back(), fault_html(&typed.fault), kept].concat();
        self.page("Holdfast", Some(me), &main)
    }

    /// A sentence with the way back.
    pub(super) fn sentence(&self, me: Option<&Person>, sentence: &str) -> String {
        let main = format!("{}<p role=\"alert\">{}</p>", self.back(), escaped(sentence));
        self.page("Holdfast", me, &main)
    }
}

/// One incident as its requester sees it, with what its forms carry.
pub(super) struct Opened<'a> {
    pub(super) incident: &'a Incident,
    pub(super) row: &'a Row,
    pub(super) key: &'a str,
    pub(super) seen: &'a str,
}

/// Whether the next step is the requester's.
fn waits_for_requester(row: &Row) -> bool {
    row.state == State::Resolved || row.waits_for(HoldReason::Caller)
}

/// What stands over an entry of the conversation.
fn head(event: &Event, title: &str, language: Language) -> String {
    let at = moment(event.from.corrected, language.code());
    let title = escaped(title);
    format!("<header><b>{title}</b><span>{at}</span></header>")
}

/// The words of an event; those of a file lead to it.
fn said(incident: &Incident, event: &Event, words: &str) -> String {
    let Some(file) = event.kind.attached() else {
        return escaped(words);
    };
    let (doc, fact, hash) = (DocKey::incident(incident.id), event.fact, file.hash);
    let words = escaped(words);
    format!("<a href=\"/blobs/{hash}?doc={doc}&amp;fact={fact}\">{words}</a>")
}

fn message(event: &Event, me: &Person, head: &str, text: &str) -> String {
    let mine = if event.from.by == me.id {
        " data-mine=\"true\""
    } else {
        ""
    };
    format!(
        "<article class=\"message\"{mine}>{head}<p dir=\"auto\">{}</p></article>\n",
        escaped(text)
    )
}

/// A field of one line that may stay empty.
fn line(name: &str, [label, hint]: [&str; 2], value: &str) -> String {
    format!(
        "<div class=\"field\"><label for=\"{name}\">{}</label>\
         <p class=\"hint\" id=\"{name}-hint\">{}</p>\
         <input id=\"{name}\" name=\"{name}\" maxlength=\"100\" dir=\"auto\" \
         aria-describedby=\"{name}-hint\" value=\"{}\"></div>\n",
        escaped(label),
        escaped(hint),
        escaped(value)
    )
}

fn hidden(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
        escaped(value)
    )
}

fn fault_html(fault: &str) -> String {
    if fault.is_empty() {
        return String::new();
    }
    format!("<p class=\"error\" role=\"alert\">{}</p>", escaped(fault))
}

/// What was typed, to be read and copied.
fn unsent_html(label: &str, typed: &str) -> String {
    if typed.is_empty() {
        return String::new();
    }
    format!(
        "<div class=\"field\"><label for=\"unsent\">{}</label>\
         <textarea id=\"unsent\" rows=\"6\" readonly dir=\"auto\">\n{}</textarea></div>",
        escaped(label),
        escaped(typed)
    )
}

fn write_in(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing to a String does not fail");
}
