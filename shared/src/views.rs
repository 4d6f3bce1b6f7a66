//! Saved views: a question that people come back to, in an order, and who has it.
//!
//! A view is judged when it is saved; what it finds is the matter of `search`.
//!
//! # Design
//! Question: a document per view, or a record of the server? Answer: a record, which each device
//! gets with the directory. A view is saved by one person at a time and nobody works on it without
//! a network, so there is nothing to merge; it is there offline all the same. Rejected: a document,
//! whose scopes, signature and history would outweigh its one line.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::ids::{GroupId, PersonId, ViewId};
use crate::people::{Directory, Person, Role};

/// How many characters the name of a view may have.
pub const NAME_CHARS_MAX: usize = 60;

/// How many characters its question may have; the box of the list takes as many.
pub const QUESTION_CHARS_MAX: usize = 1_000;

/// How many views a person may have.
pub const VIEWS_MAX: usize = 50;

/// In which order a list shows its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What is late or will soon be comes first.
    Risk,
    /// As lists come: open work by priority, the oldest first.
    Priority,
}

impl Order {
    /// Every order.
    pub const ALL: [Self; 2] = [Self::Risk, Self::Priority];
}

/// Who has a view beside its owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    Nobody,
    /// Whoever is in one of these groups.
    Groups(BTreeSet<GroupId>),
    /// All staff.
    Staff,
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SavedView {
    pub id: ViewId,
    pub name: String,
    /// As it is typed into the box of the list.
    pub question: String,
    pub order: Order,
    pub owner: PersonId,
    pub shared: Sharing,
}

/// What somebody wants a view to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedView {
    pub name: String,
    pub question: String,
    pub order: Order,
    pub shared: Sharing,
    /// Whose it is to be; only administrators name another than themselves.
    #[serde(default)]
    pub owner: Option<PersonId>,
}

/// What the server says to a change of a view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ViewAnswer {
    Saved(SavedView),
    Deleted,
    Refused(Refused),
}

/// Why a view is not saved or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    #[error("only its owner changes a view, or an administrator one that is shared")]
    NotYours,
    #[error("a view has a name of at most {chars_max} characters in one line")]
    Name { chars_max: usize },
    #[error("a view has a question of at most {chars_max} characters in one line")]
    Question { chars_max: usize },
    #[error("a person has at most {views_max} views")]
    TooMany { views_max: usize },
    #[error("incident managers and administrators share with all staff")]
    AllStaff,
    #[error("a view is shared with groups that its sharer is in")]
    Groups,
    #[error("a view belongs to somebody of staff")]
    Owner,
}

impl SavedView {
    /// Whether a person has the view: their own, or one that is shared with them. Of those that
    /// somebody who left shared with groups administrators have all, since nobody else could
    /// change them.
    pub fn is_for(&self, person: &Person, directory: &Directory) -> bool {
        if !(person.active && person.is_staff()) {
            return false;
        }
        self.owner == person.id
            || match &self.shared {
                Sharing::Nobody => false,
                Sharing::Staff => true,
                Sharing::Groups(groups) => {
                    !groups.is_disjoint(&person.groups)
                        || (administers(person) && !is_staff(self.owner, directory))
                }
            }
    }

    /// Whether a person may change or delete the view.
    pub fn may_change(&self, person: &Person) -> bool {
        self.owner == person.id || (administers(person) && self.shared != Sharing::Nobody)
    }
}

/// Whether a person may share views with all staff.
pub fn may_share_with_all(person: &Person) -> bool {
    person.active && person.roles.contains(&Role::IncidentManager) || administers(person)
}

fn administers(person: &Person) -> bool {
    person.active && person.roles.contains(&Role::Administrator)
}

fn is_staff(person: PersonId, directory: &Directory) -> bool {
    let person = directory.person(person);
    person.is_some_and(|person| person.active && person.is_staff())
}

/// The view that somebody saves under an id, in place of what is there; `all` are those that there
/// are.
///
/// # Errors
/// Says what is wrong with it; nothing is changed then.
pub fn saved(
    id: ViewId,
    wanted: WantedView,
    person: &Person,
    all: &[SavedView],
    directory: &Directory,
) -> Result<SavedView, Refused> {
    let before = all.iter().find(|view| view.id == id);
    if before.is_some_and(|before| !before.may_change(person)) {
        return Err(Refused::NotYours);
    }
    let name = line(&wanted.name, NAME_CHARS_MAX).ok_or(Refused::Name {
        chars_max: NAME_CHARS_MAX,
    })?;
    let question = line(&wanted.question, QUESTION_CHARS_MAX).ok_or(Refused::Question {
        chars_max: QUESTION_CHARS_MAX,
    })?;
    let kept = before.map_or(person.id, |before| before.owner);
    let owner = wanted.owner.unwrap_or(kept);
    if owner != kept && !(administers(person) && is_staff(owner, directory)) {
        return Err(Refused::Owner);
    }
    if before.is_none_or(|before| before.owner != owner) {
        let own = all.iter().filter(|view| view.owner == owner);
        if own.count() >= VIEWS_MAX {
            return Err(Refused::TooMany {
                views_max: VIEWS_MAX,
            });
        }
    }
    may_share(&wanted.shared, person, before)?;
    Ok(SavedView {
        id,
        name,
        question,
        order: wanted.order,
        owner,
        shared: wanted.shared,
    })
}

fn may_share(shared: &Sharing, person: &Person, before: Option<&SavedView>) -> Result<(), Refused> {
    match shared {
        Sharing::Nobody => Ok(()),
        Sharing::Staff if may_share_with_all(person) => Ok(()),
        Sharing::Staff => Err(Refused::AllStaff),
        Sharing::Groups(groups) => {
            let had = before.map(|before| &before.shared);
            let is_known = |group: &GroupId| match had {
                Some(Sharing::Groups(had)) => had.contains(group),
                Some(Sharing::Nobody | Sharing::Staff) | None => false,
            };
            let may = |group: &GroupId| person.groups.contains(group) || is_known(group);
            let is_fine = !groups.is_empty() && groups.iter().all(may);
            is_fine.then_some(()).ok_or(Refused::Groups)
        }
    }
}

/// A text in one line that is not blank, without the spaces around it.
fn line(text: &str, chars_max: usize) -> Option<String> {
    let text = text.trim();
    let is_fine = text.chars().any(char::is_alphanumeric)
        && !text.chars().any(char::is_control)
        && text.chars().count() <= chars_max;
    is_fine.then(|| text.to_owned())
}

/// The version of a directory with views, which differs when either does. Without views it is the
/// directory's own.
pub fn edition(version: u64, views: &[SavedView]) -> u64 {
    if views.is_empty() {
        return version;
    }
    let mut edition = Edition(0xcbf2_9ce4_8422_2325);
    version.hash(&mut edition);
    views.hash(&mut edition);
    edition.finish()
}

/// FNV-1a, 64 bits wide: <https://datatracker.ietf.org/doc/html/rfc9923>.
struct Edition(u64);

impl Hasher for Edition {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ALICE, BOB, CAROL, person};

    fn id(nth: u8) -> ViewId {
        ViewId::from_bytes([nth; 16])
    }

    fn wanted(shared: Sharing) -> WantedView {
        WantedView {
            name: " Printers ".to_owned(),
            question: "state:open printer".to_owned(),
            order: Order::Risk,
            shared,
            owner: None,
        }
    }

    fn network() -> Sharing {
        Sharing::Groups(BTreeSet::from(["network".into()]))
    }

    /// Alice is an agent of the network group, Bob leads the process, Carol administers.
    fn organisation() -> Directory {
        let of = |id, role, groups: &[&str]| Person {
            groups: groups.iter().map(|group| (*group).into()).collect(),
            ..person(id, role)
        };
        Directory {
            people: vec![
                of(ALICE, Role::Agent, &["network"]),
                of(BOB, Role::IncidentManager, &[]),
                of(CAROL, Role::Administrator, &[]),
            ],
            ..Directory::default()
        }
    }

    fn save(
        by: PersonId,
        wanted: WantedView,
        all: &[SavedView],
        organisation: &Directory,
    ) -> Result<SavedView, Refused> {
        let by = organisation.person(by).expect("a person of the test");
        saved(id(1), wanted, by, all, organisation)
    }

    #[test]
    fn a_view_is_its_owners_until_it_is_shared() {
        let organisation = organisation();
        let view = save(ALICE, wanted(Sharing::Nobody), &[], &organisation).expect("it is fine");
        assert_eq!((view.name.as_str(), view.owner), ("Printers", ALICE));
        let is_for = |view: &SavedView, of: PersonId| {
            view.is_for(organisation.person(of).expect("a person"), &organisation)
        };
        assert!(is_for(&view, ALICE) && !is_for(&view, BOB) && !is_for(&view, CAROL));
        let all = [view];
        let change = save(BOB, wanted(Sharing::Nobody), &all, &organisation);
        assert_eq!(change, Err(Refused::NotYours));
        // What is nobody else's is not an administrator's either.
        let change = save(CAROL, wanted(Sharing::Nobody), &all, &organisation);
        assert_eq!(change, Err(Refused::NotYours));
    }

    #[test]
    fn groups_are_those_of_whoever_shares_and_all_staff_is_for_those_who_lead() {
        let organisation = organisation();
        assert!(save(ALICE, wanted(network()), &[], &organisation).is_ok());
        let refused = |by, shared| save(by, wanted(shared), &[], &organisation).err();
        assert_eq!(refused(BOB, network()), Some(Refused::Groups));
        let none = Sharing::Groups(BTreeSet::new());
        assert_eq!(refused(ALICE, none), Some(Refused::Groups));
        assert_eq!(refused(ALICE, Sharing::Staff), Some(Refused::AllStaff));
        assert_eq!(refused(BOB, Sharing::Staff), None);
        assert_eq!(refused(CAROL, Sharing::Staff), None);
    }

    #[test]
    fn what_somebody_shared_who_left_is_for_an_administrator_to_change() {
        let mut organisation = organisation();
        let view = save(ALICE, wanted(network()), &[], &organisation).expect("it is fine");
        let carol = organisation.person(CAROL).expect("Carol").clone();
        assert!(!view.is_for(&carol, &organisation));
        organisation.people[0].active = false;
        assert!(view.is_for(&carol, &organisation));
        assert!(!view.is_for(&organisation.people[0], &organisation));
        let all = [view];
        let changed = save(CAROL, wanted(network()), &all, &organisation).expect("hers to change");
        assert_eq!(changed.owner, ALICE, "a change takes it from nobody");
        let owner = Some(BOB);
        let given = WantedView {
            owner,
            ..wanted(network())
        };
        let given = save(CAROL, given, &all, &organisation).expect("hers to give");
        assert_eq!(given.owner, BOB);
    }

    #[test]
    fn nobody_gives_a_view_to_another() {
        let organisation = organisation();
        let given = WantedView {
            owner: Some(BOB),
            ..wanted(Sharing::Nobody)
        };
        let given = save(ALICE, given, &[], &organisation);
        assert_eq!(given, Err(Refused::Owner));
    }

    #[test]
    fn names_and_questions_are_lines_of_so_many_characters() {
        let organisation = organisation();
        let with = |name: &str, question: &str| {
            let wanted = WantedView {
                name: name.to_owned(),
                question: question.to_owned(),
                ..wanted(Sharing::Nobody)
            };
            save(ALICE, wanted, &[], &organisation).err()
        };
        let name = Some(Refused::Name { chars_max: 60 });
        let question = Some(Refused::Question { chars_max: 1_000 });
        assert_eq!(with(&"ü".repeat(60), &"ü".repeat(1_000)), None);
        assert_eq!(with(&"ü".repeat(61), "vpn"), name);
        assert_eq!(with(" \u{200b}", "vpn"), name);
        assert_eq!(with("two\nlines", "vpn"), name);
        assert_eq!(with("VPN", &"ü".repeat(1_001)), question);
        assert_eq!(with("VPN", "  "), question);
    }

    #[test]
    fn a_person_has_so_many_views_and_may_change_the_last() {
        let organisation = organisation();
        let first = save(ALICE, wanted(Sharing::Nobody), &[], &organisation).expect("it is fine");
        let nth = |nth: u8| SavedView {
            id: id(nth),
            ..first.clone()
        };
        let mut all: Vec<_> = (2..=51).map(nth).collect();
        let refused = save(ALICE, wanted(Sharing::Nobody), &all, &organisation);
        assert_eq!(refused, Err(Refused::TooMany { views_max: 50 }));
        all[49] = nth(1);
        assert!(save(ALICE, wanted(Sharing::Nobody), &all, &organisation).is_ok());
    }

    #[test]
    fn an_edition_differs_when_the_directory_or_a_view_does() {
        let organisation = organisation();
        let view = save(ALICE, wanted(Sharing::Nobody), &[], &organisation).expect("it is fine");
        let renamed = SavedView {
            name: "Scanners".to_owned(),
            ..view.clone()
        };
        assert_eq!(edition(7, &[]), 7);
        let all = [
            edition(7, std::slice::from_ref(&view)),
            edition(8, std::slice::from_ref(&view)),
            edition(7, &[renamed]),
            7,
            8,
        ];
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }
}
