//! Adds what the log names and the directory does not know.

use std::collections::{BTreeMap, BTreeSet};

use shared::ids::{CategoryId, GroupId, PersonId, SiteId};
use shared::people::{Category, Directory, Group, Person, Role, Site};

use crate::accounts::next_id;

use super::{Name, Names, Row};

/// A directory that grows by the names of a log. Who is added cannot sign in.
#[derive(Debug)]
pub struct Added {
    directory: Directory,
    people: BTreeMap<String, PersonId>,
    known: BTreeSet<String>,
    next: PersonId,
    count: usize,
}

impl Added {
    pub fn to(directory: Directory) -> Self {
        let people = directory
            .people
            .iter()
            .map(|person| (person.login.clone(), person.id));
        let groups = directory
            .groups
            .iter()
            .map(|group| key("group", &group.id.0));
        let sites = directory.sites.iter().map(|site| key("site", &site.id.0));
        let categories = directory
            .categories
            .iter()
            .map(|known| key("category", &known.id.0));
        Self {
            people: people.collect(),
            known: groups.chain(sites).chain(categories).collect(),
            next: next_id(&directory),
            count: 0,
            directory,
        }
    }

    /// How many entries the directory lacked.
    pub fn count(&self) -> usize {
        self.count
    }

    pub fn into_directory(self) -> Directory {
        self.directory
    }

    fn person(&mut self, name: &str, role: Role) -> PersonId {
        let login = format!("{}@servicenow", slug(name));
        if let Some(id) = self.people.get(&login) {
            return *id;
        }
        let id = self.next;
        self.next = PersonId(id.0 + 1);
        self.count += 1;
        self.people.insert(login.clone(), id);
        self.directory.people.push(Person {
            id,
            login,
            name: name.to_owned(),
            roles: [role].into(),
            groups: BTreeSet::new(),
            site: None,
            language: "en".to_owned(),
            phone: String::new(),
            department: String::new(),
            mail: None,
            active: false,
        });
        id
    }

    fn is_new(&mut self, kind: &str, id: &str) -> bool {
        let is_new = self.known.insert(key(kind, id));
        self.count += usize::from(is_new);
        is_new
    }

    fn add_category(&mut self, id: &str, name: &str, parent: Option<CategoryId>) -> CategoryId {
        if self.is_new("category", id) {
            let name = BTreeMap::from([("en".to_owned(), name.to_owned())]);
            self.directory.categories.push(Category {
                id: id.into(),
                name,
                parent,
            });
        }
        id.into()
    }
}

impl Names for Added {
    fn group(&mut self, row: &Row) -> Option<GroupId> {
        let name = row.group.as_ref()?;
        let id = slug(name);
        if self.is_new("group", &id) {
            self.directory.groups.push(Group {
                id: GroupId(id.clone()),
                name: name.to_string(),
            });
        }
        Some(GroupId(id))
    }

    fn category(&mut self, row: &Row) -> Option<CategoryId> {
        let name = row.category.as_ref()?;
        let id = slug(name);
        let category = self.add_category(&id, name, None);
        let Some(name) = &row.subcategory else {
            return Some(category);
        };
        Some(self.add_category(&format!("{id}/{}", slug(name)), name, Some(category)))
    }

    fn site(&mut self, row: &Row) -> Option<SiteId> {
        let name = row.location.as_ref()?;
        let id = SiteId(slug(name));
        if self.is_new("site", &id.0) {
            let time_zone = "Etc/UTC".to_owned();
            self.directory.sites.push(Site {
                id: id.clone(),
                name: name.to_string(),
                time_zone,
            });
        }
        Some(id)
    }

    fn caller(&mut self, name: &Name) -> PersonId {
        self.person(name, Role::Requester)
    }

    fn worker(&mut self, name: &Name, _row: &Row) -> PersonId {
        self.person(name, Role::Technician)
    }
}

fn key(kind: &str, id: &str) -> String {
    format!("{kind} {id}")
}

/// Lower case, with hyphens for everything that is no letter or digit.
fn slug(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_alphanumeric() {
            letter
        } else {
            '-'
        }
    };
    name.to_lowercase().chars().map(plain).collect()
}
