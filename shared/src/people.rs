//! The directory: people with their roles, groups, sites, categories, the priority matrix and the
//! service level targets.
//!
//! The directory is a plain versioned record of the server, not a document: devices replace it
//! whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::{CategoryId, GroupId, PersonId, SiteId};
use crate::priority::Matrix;
use crate::targets::{Edition, Reach, Rules, Targets};
use crate::time::UnixMillis;
use crate::views::SavedView;

/// What a person may be; one person can be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reports incidents and sees their own.
    Requester,
    /// Works on incidents in the field.
    Technician,
    /// Works at the service desk (first level).
    Agent,
    /// Leads the incident process.
    IncidentManager,
    /// Reads reports and dashboards.
    Manager,
    /// Configures the installation.
    Administrator,
}

impl Role {
    /// Whether the role belongs to staff, who may see internal work.
    pub fn is_staff(self) -> bool {
        !matches!(self, Self::Requester)
    }
}

/// A person of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub login: String,
    pub name: String,
    pub roles: BTreeSet<Role>,
    #[serde(default)]
    pub groups: BTreeSet<GroupId>,
    pub site: Option<SiteId>,
    #[serde(default = "english")]
    pub language: String,
    #[serde(default)]
    pub phone: String,
    #[serde(default)]
    pub department: String,
    /// Where mail reaches the person, if not at their login.
    #[serde(default)]
    pub mail: Option<String>,
    /// Whether the person may still sign in and be chosen.
    #[serde(default = "yes")]
    pub active: bool,
}

impl Person {
    /// Whether the person has a role of staff.
    pub fn is_staff(&self) -> bool {
        self.roles.iter().any(|role| role.is_staff())
    }
}

fn english() -> String {
    "en".to_owned()
}

fn yes() -> bool {
    true
}

/// A support group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub id: GroupId,
    pub name: String,
}

/// A place where people and things are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub id: SiteId,
    pub name: String,
    pub time_zone: String,
}

/// A category, named per language; two levels deep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    pub id: CategoryId,
    pub name: BTreeMap<String, String>,
    pub parent: Option<CategoryId>,
}

/// Everything a device knows of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Directory {
    /// Grows with each change; zero means that the device has none yet.
    #[serde(default)]
    pub version: u64,
    pub name: String,
    pub people: Vec<Person>,
    pub groups: Vec<Group>,
    pub sites: Vec<Site>,
    pub categories: Vec<Category>,
    pub matrix: Matrix,
    /// Service level targets.
    #[serde(default)]
    pub targets: Targets,
    /// Since when the matrix and the targets hold.
    #[serde(default)]
    pub since: UnixMillis,
    /// Whether incidents that were open then follow them.
    #[serde(default)]
    pub reach: Reach,
    /// What held before, oldest first.
    #[serde(default)]
    pub earlier: Vec<Edition>,
    /// A sentence to show on every page, such as where demo data comes from.
    #[serde(default)]
    pub notice: Option<String>,
    /// The same sentence in other languages, by their code.
    #[serde(default)]
    pub notices: BTreeMap<String, String>,
    /// The saved views of whoever the directory was sent to; the server keeps them apart.
    #[serde(default)]
    pub views: Vec<SavedView>,
}

impl Directory {
    /// The notice in a language, if there is one.
    pub fn notice_in(&self, language: &str) -> Option<&str> {
        let translated = self.notices.get(language);
        translated.or(self.notice.as_ref()).map(String::as_str)
    }

    /// The person with this id.
    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// What rows are worked out by.
    pub fn rules(&self) -> Rules {
        let now = Edition {
            since: self.since,
            reach: self.reach,
            matrix: self.matrix.clone(),
            targets: self.targets.clone(),
        };
        Rules::of(&self.earlier, now)
    }

    /// What an edition promises; of one before all that are known the oldest holds.
    pub fn targets_of(&self, version: u32) -> &Targets {
        let earlier = self.earlier.iter().map(|edition| &edition.targets);
        let mut all = earlier.chain([&self.targets]);
        all.find(|targets| targets.version >= version)
            .unwrap_or(&self.targets)
    }

    /// The person with this login.
    pub fn by_login(&self, login: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.login == login)
    }
}

/// Which scopes somebody has, in a number: others give another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rights(pub u64);

impl Rights {
    /// The number of these scopes.
    pub fn of<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> Self {
        // FNV-1a, 64 bits wide: <https://datatracker.ietf.org/doc/html/rfc9923>.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for scope in scopes {
            for byte in scope.to_string().bytes().chain([b'\n']) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Self(hash)
    }
}

/// A part of the log that some sessions may read, written `group:network`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Requester(PersonId),
    Worker(PersonId),
    Group(GroupId),
    Site(SiteId),
    Staff,
    Everyone,
    /// What a person had brought back to their devices after it had left all devices by age, with
    /// the rights of that time: with other scopes it is gone, and can be brought back again.
    Fetched(PersonId, Rights),
    /// One of a later version, which a device keeps as it is.
    Other(String),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requester(person) => write!(f, "requester:{}", person.0),
            Self::Worker(person) => write!(f, "worker:{}", person.0),
            Self::Group(group) => write!(f, "group:{group}"),
            Self::Site(site) => write!(f, "site:{site}"),
            Self::Staff => f.write_str("staff"),
            Self::Everyone => f.write_str("everyone"),
            Self::Fetched(person, rights) => write!(f, "fetched:{}:{:x}", person.0, rights.0),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: requester:7, worker:7, group:…, site:…, staff, everyone or fetched:7:… are")]
pub struct BadScope;

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let person = |id: &str| id.parse().map(PersonId).map_err(|_| BadScope);
        match text.split_once(':') {
            Some(("requester", id)) => Ok(Self::Requester(person(id)?)),
            Some(("worker", id)) => Ok(Self::Worker(person(id)?)),
            Some(("group", id)) => Ok(Self::Group(id.into())),
            Some(("site", id)) => Ok(Self::Site(id.into())),
            Some(("fetched", rest)) => {
                let (id, rights) = rest.split_once(':').ok_or(BadScope)?;
                let rights = u64::from_str_radix(rights, 16).map_err(|_| BadScope)?;
                Ok(Self::Fetched(person(id)?, Rights(rights)))
            }
            None if text == "staff" => Ok(Self::Staff),
            None if text == "everyone" => Ok(Self::Everyone),
            Some(_) | None => Err(BadScope),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(text.parse().unwrap_or(Self::Other(text)))
    }
}

/// Where a session is: the console for staff, or the portal, which never receives internal work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Surface {
    Console,
    Portal,
}
