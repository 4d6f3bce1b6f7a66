//! What each kind of fact says, and how its map of scalars spells it.
//!
//! Reading leaves alone what it does not know, so that a later schema can add to a fact; writing
//! and the server's check of a change know exactly these spellings.

mod assignment;
mod attachments;
mod ruled;
mod steps;
mod watchers;
mod work;

use crate::document::{Body, Fact, Scalar, TextName};
use crate::ids::{ActId, CategoryId, DocKind, FactId, GroupId, PersonId, SiteId};
use crate::time::UnixMillis;

use super::{
    Attachment, Channel, Declare, Escalation, EventKind, HoldReason, Level, Log, NewTask, Override,
    Priority, Requester, ResolutionCode, Ruled, SetField, TaskChange, Transition,
};

/// What a fact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// The first values, of which the description lies in a text of its own.
    Created {
        act: ActId,
        declare: Declare,
    },
    /// The work document is born with the incident.
    WorkCreated {
        act: ActId,
    },
    Set(SetField),
    Assigned {
        group: Option<GroupId>,
        person: Option<PersonId>,
        escalation: Option<Escalation>,
    },
    Claimed {
        group: Option<GroupId>,
    },
    Moved(Step),
    Entry {
        text: String,
        mentions: Vec<PersonId>,
    },
    Note {
        text: String,
        mentions: Vec<PersonId>,
    },
    Number {
        number: String,
    },
    /// Takes back what the same person stated in this document.
    Withdrawn {
        doc: DocKind,
        fact: FactId,
    },
    /// That somebody has read how it stands.
    Acknowledged,
    /// That those for whom a hold waits are reminded.
    Reminded {
        hold: FactId,
    },
    Logged(Log),
    TaskAdded(NewTask),
    TaskChanged {
        task: FactId,
        change: TaskChange,
    },
    /// A file in this document.
    Attached {
        doc: DocKind,
        file: Attachment,
    },
    Watched {
        doc: DocKind,
        person: PersonId,
    },
    Unwatched {
        doc: DocKind,
        person: PersonId,
        added: Vec<FactId>,
    },
    /// That somebody wrote on in the diagnosis, which lies in a text of its own.
    Diagnosed,
    /// Another wording of an entry of this document.
    Revised {
        doc: DocKind,
        entry: FactId,
        text: String,
    },
    /// Which rule decided something about what was declared.
    Ruled(Ruled),
}

/// A transition with what belongs to it. The notes of a resolution lie in a text of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Started,
    Held {
        reason: HoldReason,
        text: String,
        until: Option<UnixMillis>,
    },
    Resolved {
        code: ResolutionCode,
    },
    Reopened {
        text: String,
    },
    Closed,
    Cancelled {
        text: String,
    },
}

impl Step {
    pub(crate) fn transition(&self) -> Transition {
        match self {
            Self::Started => Transition::Started,
            Self::Held { .. } => Transition::Held,
            Self::Resolved { .. } => Transition::Resolved,
            Self::Reopened { .. } => Transition::Reopened,
            Self::Closed => Transition::Closed,
            Self::Cancelled { .. } => Transition::Cancelled,
        }
    }
}

impl Content {
    /// The document, the group path and the body that spell it.
    pub(crate) fn spell(&self) -> (DocKind, String, Body) {
        let (doc, group) = self.home();
        let mut body = Spelling(Body::new());
        body.spell(self);
        (doc, group, body.0)
    }

    /// The document and the group path in which it lies.
    fn home(&self) -> (DocKind, String) {
        let (doc, group) = match self {
            Self::Set(set) => {
                return (DocKind::Incident, format!("field/{}", field_name(set)));
            }
            Self::TaskChanged { task, change } => {
                return (DocKind::Work, work::group(*task, change));
            }
            Self::Created { .. } => (DocKind::Incident, "created"),
            Self::WorkCreated { .. } => (DocKind::Work, "created"),
            Self::Assigned { .. } | Self::Claimed { .. } => (DocKind::Incident, "assignment"),
            Self::Moved(_) => (DocKind::Incident, "state"),
            Self::Entry { .. } => (DocKind::Incident, "entry"),
            Self::Note { .. } => (DocKind::Work, "note"),
            Self::Number { .. } => (DocKind::Incident, "number"),
            Self::Withdrawn { doc, .. } => (*doc, "withdrawal"),
            Self::Acknowledged => (DocKind::Incident, "acknowledgement"),
            Self::Reminded { .. } => (DocKind::Incident, "reminder"),
            Self::Logged(_) => (DocKind::Work, "log"),
            Self::TaskAdded(_) => (DocKind::Work, "task"),
            Self::Diagnosed => (DocKind::Work, "diagnosis"),
            Self::Attached { doc, .. } => (*doc, "attachment"),
            Self::Watched { doc, .. } => (*doc, "watcher"),
            Self::Unwatched { doc, .. } => (*doc, "unwatched"),
            Self::Revised { doc, .. } => (*doc, "revision"),
            Self::Ruled(_) => (DocKind::Work, "rule"),
        };
        (doc, group.to_owned())
    }

    /// Reads what a fact says; also whether its body holds more than that.
    pub(crate) fn read(doc: DocKind, fact: &Fact) -> Option<(Self, bool)> {
        let mut body = Spelling(fact.body.clone());
        let content = body.content(doc, &fact.group)?;
        Some((content, !body.0.is_empty()))
    }

    /// The first values, if it states them.
    pub(crate) fn declared(&self) -> Option<&Declare> {
        let Self::Created { declare, .. } = self else {
            return None;
        };
        Some(declare)
    }

    /// The text that its change splices.
    pub(crate) fn spliced(&self) -> Option<TextName> {
        match self {
            Self::Moved(Step::Resolved { .. }) => Some(TextName::Resolution),
            Self::Diagnosed => Some(TextName::Diagnosis),
            Self::Created { .. }
            | Self::WorkCreated { .. }
            | Self::Set(_)
            | Self::Assigned { .. }
            | Self::Claimed { .. }
            | Self::Moved(_)
            | Self::Entry { .. }
            | Self::Note { .. }
            | Self::Number { .. }
            | Self::Withdrawn { .. }
            | Self::Acknowledged
            | Self::Reminded { .. }
            | Self::Logged(_)
            | Self::TaskAdded(_)
            | Self::TaskChanged { .. }
            | Self::Attached { .. }
            | Self::Watched { .. }
            | Self::Unwatched { .. }
            | Self::Revised { .. }
            | Self::Ruled(_) => None,
        }
    }

    /// The value that it gives a field later on.
    pub(crate) fn set(&self) -> Option<&SetField> {
        let Self::Set(value) = self else {
            return None;
        };
        Some(value)
    }

    /// The step of the lifecycle that it takes.
    pub(crate) fn step(&self) -> Option<&Step> {
        let Self::Moved(step) = self else {
            return None;
        };
        Some(step)
    }

    /// The fact that it takes back.
    pub(crate) fn withdraws(&self) -> Option<FactId> {
        let Self::Withdrawn { fact, .. } = self else {
            return None;
        };
        Some(*fact)
    }

    /// Whom it gives the incident to; a claim gives it to whoever states it.
    pub(crate) fn assigned(&self, by: PersonId) -> Option<(Option<GroupId>, Option<PersonId>)> {
        match self {
            Self::Created { declare, .. } => Some((declare.group.clone(), declare.assignee)),
            Self::Assigned { group, person, .. } => Some((group.clone(), *person)),
            Self::Claimed { group } => Some((group.clone(), Some(by))),
            Self::WorkCreated { .. }
            | Self::Set(_)
            | Self::Moved(_)
            | Self::Entry { .. }
            | Self::Note { .. }
            | Self::Number { .. }
            | Self::Withdrawn { .. }
            | Self::Acknowledged
            | Self::Reminded { .. }
            | Self::Logged(_)
            | Self::TaskAdded(_)
            | Self::TaskChanged { .. }
            | Self::Attached { .. }
            | Self::Watched { .. }
            | Self::Unwatched { .. }
            | Self::Diagnosed
            | Self::Revised { .. }
            | Self::Ruled(_) => None,
        }
    }

    /// How the history shows it; a withdrawal only marks what it takes back, and that somebody has
    /// read something is nobody else's business.
    pub(crate) fn event(&self, resolution_notes: &str) -> Option<EventKind> {
        Some(match self.clone() {
            Self::Created { .. } => EventKind::Declared,
            Self::WorkCreated { .. } | Self::Withdrawn { .. } | Self::Acknowledged => return None,
            Self::Set(set) => EventKind::Set(set),
            Self::Assigned {
                group,
                person,
                escalation,
            } => EventKind::Assigned {
                group,
                person,
                escalation,
            },
            Self::Claimed { group } => EventKind::Claimed { group },
            Self::Moved(Step::Started) => EventKind::Started,
            Self::Moved(Step::Held {
                reason,
                text,
                until,
            }) => EventKind::Held {
                reason,
                text,
                until,
            },
            Self::Reminded { hold } => EventKind::Reminded { hold },
            Self::Moved(Step::Resolved { code }) => EventKind::Resolved {
                code,
                notes: resolution_notes.to_owned(),
            },
            Self::Moved(Step::Reopened { text }) => EventKind::Reopened { text },
            Self::Moved(Step::Closed) => EventKind::Closed,
            Self::Moved(Step::Cancelled { text }) => EventKind::Cancelled { text },
            Self::Entry { text, mentions } => EventKind::Replied { text, mentions },
            Self::Note { text, mentions } => EventKind::Noted { text, mentions },
            Self::Number { number } => EventKind::Numbered { number },
            Self::Logged(log) => EventKind::Logged(log),
            Self::TaskAdded(new) => EventKind::TaskAdded(new),
            Self::TaskChanged { task, change } => EventKind::TaskChanged { task, change },
            Self::Attached { file, .. } => EventKind::Attached(file),
            Self::Watched { person, .. } => EventKind::Watched { person },
            Self::Unwatched { person, added, .. } => EventKind::Unwatched { person, added },
            Self::Diagnosed => EventKind::Diagnosed {
                taken: String::new(),
                added: String::new(),
            },
            Self::Revised { entry, text, .. } => EventKind::Revised { entry, text },
            Self::Ruled(ruled) => EventKind::Ruled(ruled),
        })
    }
}

/// The name of a field in its group path.
pub(crate) fn field_name(set: &SetField) -> &'static str {
    match set {
        SetField::Subject(_) => "subject",
        SetField::Category(_) => "category",
        SetField::Impact(_) => "impact",
        SetField::Urgency(_) => "urgency",
        SetField::Site(_) => "site",
        SetField::Requester(_) => "requester",
        SetField::Priority(_) => "priority",
    }
}

/// A body being written or taken apart.
struct Spelling(Body);

impl Spelling {
    fn spell(&mut self, content: &Content) {
        match content {
            Content::Created { act, declare } => {
                self.act(*act);
                self.declare(declare);
            }
            Content::WorkCreated { act } => self.act(*act),
            Content::Set(set) => self.set(set),
            Content::Assigned {
                group,
                person,
                escalation,
            } => {
                self.text("kind", "assigned");
                self.optional("escalation", escalation.map(Escalation::word));
                self.optional("group", group.as_ref().map(|group| group.0.as_str()));
                self.person("person", *person);
            }
            Content::Claimed { group } => {
                self.text("kind", "claimed");
                self.optional("group", group.as_ref().map(|group| group.0.as_str()));
            }
            Content::Moved(step) => self.step(step),
            Content::Entry { text, mentions } | Content::Note { text, mentions } => {
                self.said(text, mentions);
            }
            Content::Number { number } => self.text("value", number),
            Content::Withdrawn { fact, .. } => self.bytes("fact", fact.as_bytes()),
            Content::Acknowledged | Content::Diagnosed => {}
            Content::Reminded { hold } => self.bytes("hold", hold.as_bytes()),
            Content::Logged(log) => self.log(log),
            Content::TaskAdded(new) => self.new_task(new),
            Content::TaskChanged { change, .. } => self.task_change(change),
            Content::Attached { file, .. } => self.attachment(file),
            Content::Watched { person, .. } => self.person("person", Some(*person)),
            Content::Unwatched { person, added, .. } => self.unwatched(*person, added),
            Content::Revised { entry, text, .. } => {
                self.bytes("entry", entry.as_bytes());
                self.text("text", text);
            }
            Content::Ruled(ruled) => self.ruled(ruled),
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.0
            .insert(name.to_owned(), Scalar::Text(text.to_owned()));
    }

    fn optional(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    fn person(&mut self, name: &str, person: Option<PersonId>) {
        if let Some(person) = person {
            self.0
                .insert(name.to_owned(), Scalar::Int(i64::from(person.0)));
        }
    }

    fn bytes(&mut self, name: &str, bytes: &[u8]) {
        self.0
            .insert(name.to_owned(), Scalar::Bytes(bytes.to_vec()));
    }

    fn act(&mut self, act: ActId) {
        self.bytes("act", act.as_bytes());
    }

    fn requester(&mut self, requester: &Requester) {
        match requester {
            Requester::Person(person) => self.person("requester", Some(*person)),
            Requester::Unknown { name, contact } => {
                self.text("requester_name", name);
                self.text("requester_contact", contact);
            }
        }
    }

    fn declare(&mut self, declare: &Declare) {
        self.text("subject", &declare.subject);
        self.requester(&declare.requester);
        self.text("channel", declare.channel.word());
        self.optional(
            "category",
            declare.category.as_ref().map(|id| id.0.as_str()),
        );
        self.text("impact", declare.impact.word());
        self.text("urgency", declare.urgency.word());
        self.optional("site", declare.site.as_ref().map(|id| id.0.as_str()));
        self.optional("group", declare.group.as_ref().map(|id| id.0.as_str()));
        self.person("assignee", declare.assignee);
        self.optional("asset", declare.asset.as_deref());
        self.optional("contact", declare.contact.as_deref());
    }

    fn set(&mut self, set: &SetField) {
        match set {
            SetField::Subject(subject) => self.text("value", subject),
            SetField::Category(category) => {
                self.optional("value", category.as_ref().map(|id| id.0.as_str()));
            }
            SetField::Impact(level) | SetField::Urgency(level) => self.text("value", level.word()),
            SetField::Site(site) => self.optional("value", site.as_ref().map(|id| id.0.as_str())),
            SetField::Requester(requester) => self.requester(requester),
            SetField::Priority(Override { priority, reason }) => {
                self.optional("value", priority.map(Priority::word));
                self.text("reason", reason);
            }
        }
    }

    fn content(&mut self, doc: DocKind, group: &str) -> Option<Content> {
        Some(match (doc, group) {
            (DocKind::Incident | DocKind::Work, "withdrawal") => Content::Withdrawn {
                doc,
                fact: FactId::from_bytes(self.take_bytes("fact")?),
            },
            (DocKind::Incident | DocKind::Work, "attachment") => Content::Attached {
                doc,
                file: self.take_attachment()?,
            },
            (DocKind::Incident | DocKind::Work, "watcher") => Content::Watched {
                doc,
                person: self.take_person("person")?,
            },
            (DocKind::Incident | DocKind::Work, "unwatched") => self.take_unwatched(doc)?,
            (DocKind::Incident | DocKind::Work, "revision") => Content::Revised {
                doc,
                entry: FactId::from_bytes(self.take_bytes("entry")?),
                text: self.take_text("text")?,
            },
            (DocKind::Incident, "created") => Content::Created {
                act: self.take_act()?,
                declare: self.take_declare()?,
            },
            (DocKind::Work, "created") => Content::WorkCreated {
                act: self.take_act()?,
            },
            (DocKind::Incident, "state") => Content::Moved(self.take_step()?),
            (DocKind::Incident, "assignment") => self.take_assignment()?,
            (DocKind::Incident, "entry") => Content::Entry {
                text: self.take_text("text")?,
                mentions: self.take_mentions(),
            },
            (DocKind::Work, "note") => Content::Note {
                text: self.take_text("text")?,
                mentions: self.take_mentions(),
            },
            (DocKind::Work, "diagnosis") => Content::Diagnosed,
            (DocKind::Incident, "acknowledgement") => Content::Acknowledged,
            (DocKind::Incident, "reminder") => Content::Reminded {
                hold: FactId::from_bytes(self.take_bytes("hold")?),
            },
            (DocKind::Incident, "number") => Content::Number {
                number: self.take_text("value")?,
            },
            (DocKind::Incident, _) => Content::Set(self.take_set(group.strip_prefix("field/")?)?),
            (DocKind::Work, "log") => Content::Logged(self.take_log()?),
            (DocKind::Work, "rule") => Content::Ruled(self.take_ruled()?),
            (DocKind::Work, "task") => Content::TaskAdded(self.take_new_task()?),
            (DocKind::Work, _) => {
                let (task, aspect) = work::task_and_aspect(group)?;
                let change = self.take_task_change(aspect)?;
                Content::TaskChanged { task, change }
            }
        })
    }

    /// Takes a text; one of another type stays behind, so that nothing odd passes as absent.
    fn take_text(&mut self, name: &str) -> Option<String> {
        match self.0.remove(name)? {
            Scalar::Text(text) => Some(text),
            other @ (Scalar::Int(_) | Scalar::Bytes(_)) => {
                self.0.insert(name.to_owned(), other);
                None
            }
        }
    }

    fn take_person(&mut self, name: &str) -> Option<PersonId> {
        match self.0.remove(name)? {
            Scalar::Int(id) if u32::try_from(id).is_ok() => u32::try_from(id).ok().map(PersonId),
            other @ (Scalar::Int(_) | Scalar::Text(_) | Scalar::Bytes(_)) => {
                self.0.insert(name.to_owned(), other);
                None
            }
        }
    }

    fn take_bytes(&mut self, name: &str) -> Option<[u8; 16]> {
        match self.0.remove(name)? {
            Scalar::Bytes(bytes) => bytes.try_into().ok(),
            Scalar::Text(_) | Scalar::Int(_) => None,
        }
    }

    fn take_act(&mut self) -> Option<ActId> {
        self.take_bytes("act").map(ActId::from_bytes)
    }

    fn take_requester(&mut self) -> Option<Requester> {
        if self.0.contains_key("requester") {
            return self.take_person("requester").map(Requester::Person);
        }
        let name = self.take_text("requester_name")?;
        Some(Requester::Unknown {
            name,
            contact: self.take_text("requester_contact")?,
        })
    }

    fn take_declare(&mut self) -> Option<Declare> {
        Some(Declare {
            subject: self.take_text("subject")?,
            description: String::new(),
            requester: self.take_requester()?,
            channel: Channel::from_word(&self.take_text("channel")?)?,
            category: self.take_text("category").map(CategoryId),
            impact: Level::from_word(&self.take_text("impact")?)?,
            urgency: Level::from_word(&self.take_text("urgency")?)?,
            site: self.take_text("site").map(SiteId),
            group: self.take_text("group").map(GroupId),
            assignee: self.take_person("assignee"),
            asset: self.take_text("asset"),
            contact: self.take_text("contact"),
        })
    }

    fn take_set(&mut self, field: &str) -> Option<SetField> {
        Some(match field {
            "subject" => SetField::Subject(self.take_text("value")?),
            "category" => SetField::Category(self.take_text("value").map(CategoryId)),
            "impact" => SetField::Impact(Level::from_word(&self.take_text("value")?)?),
            "urgency" => SetField::Urgency(Level::from_word(&self.take_text("value")?)?),
            "site" => SetField::Site(self.take_text("value").map(SiteId)),
            "requester" => SetField::Requester(self.take_requester()?),
            "priority" => SetField::Priority(Override {
                priority: match self.take_text("value") {
                    Some(word) => Some(Priority::from_word(&word)?),
                    None => None,
                },
                reason: self.take_text("reason")?,
            }),
            _ => return None,
        })
    }
}
