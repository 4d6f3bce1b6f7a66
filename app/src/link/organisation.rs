//! The directory, made quick to look names up in.

use std::collections::HashMap;

use shared::ids::{CategoryId, GroupId, PersonId, SiteId};
use shared::incidents::Requester;
use shared::people::{Category, Directory, Person};
use shared::policy;

use crate::text;

/// The directory with its names by id.
#[derive(Debug, Default, PartialEq)]
pub struct Organisation {
    pub directory: Directory,
    people: HashMap<PersonId, usize>,
    categories: HashMap<CategoryId, String>,
}

impl Organisation {
    /// Indexes a directory, with category names in the language spoken now.
    pub fn of(directory: Directory) -> Self {
        let people = directory
            .people
            .iter()
            .enumerate()
            .map(|(at, person)| (person.id, at))
            .collect();
        let categories = category_paths(&directory);
        Self {
            directory,
            people,
            categories,
        }
    }

    pub fn person(&self, id: PersonId) -> Option<&Person> {
        self.people
            .get(&id)
            .and_then(|at| self.directory.people.get(*at))
    }

    /// A person's name; the server and people the device does not know have one too.
    pub fn person_name(&self, id: PersonId) -> String {
        if id == PersonId::SERVER {
            return text::t!("person.server");
        }
        let known = self.person(id).map(|person| person.name.clone());
        known.unwrap_or_else(|| text::t!("person.unknown", id = id.0.to_string()))
    }

    pub fn requester_name(&self, requester: &Requester) -> String {
        match requester {
            Requester::Person(id) => self.person_name(*id),
            Requester::Unknown { name, .. } => name.clone(),
        }
    }

    pub fn group_name(&self, id: &GroupId) -> String {
        let known = self.directory.groups.iter().find(|group| group.id == *id);
        known.map_or_else(|| id.0.clone(), |group| group.name.clone())
    }

    pub fn site_name(&self, id: &SiteId) -> String {
        let known = self.directory.sites.iter().find(|site| site.id == *id);
        known.map_or_else(|| id.0.clone(), |site| site.name.clone())
    }

    /// A category with the one above it: `Network › VPN`.
    pub fn category_name(&self, id: &CategoryId) -> String {
        self.categories
            .get(id)
            .cloned()
            .unwrap_or_else(|| id.0.clone())
    }

    /// People who work on incidents and can be given one, by name.
    pub fn staff(&self) -> Vec<&Person> {
        let people = self.directory.people.iter();
        let staff = people.filter(|person| person.active && policy::works(person));
        let mut staff: Vec<_> = staff.collect();
        staff.sort_by(|one, other| one.name.cmp(&other.name));
        staff
    }
}

fn category_paths(directory: &Directory) -> HashMap<CategoryId, String> {
    let language = text::language();
    let all = &directory.categories;
    let own = all.iter().map(|one| {
        let name = one.name.get(&language);
        let name = name.or_else(|| one.name.values().next());
        (&one.id, name.unwrap_or(&one.id.0))
    });
    let own: HashMap<_, _> = own.collect();
    let path = |one: &Category| {
        let name = own.get(&one.id).map_or("", |name| name.as_str());
        match one.parent.as_ref().and_then(|parent| own.get(parent)) {
            Some(parent) => format!("{parent} › {name}"),
            None => name.to_owned(),
        }
    };
    all.iter().map(|one| (one.id.clone(), path(one))).collect()
}
