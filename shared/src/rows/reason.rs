//! Why an incident is on a device.

use crate::ids::GroupId;
use crate::people::Person;
use crate::policy;

use super::Row;

/// Why an incident is on somebody's console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// They have it.
    Assigned,
    /// A group of theirs has it.
    Group,
    /// It is at their site.
    Site,
    /// They watch it.
    Watched,
    /// Their role sees everything.
    Role,
    /// They declared it, or had it brought back.
    Own,
}

/// Why an incident is on somebody's console, as its row tells: the first reason that holds.
pub fn reason(row: &Row, person: &Person) -> Reason {
    let is_of_group = |group: &GroupId| person.groups.contains(group);
    if row.is_in_hands_of(person.id) {
        Reason::Assigned
    } else if row.group.as_ref().is_some_and(is_of_group) {
        Reason::Group
    } else if row.site.is_some() && row.site == person.site {
        Reason::Site
    } else if row.is_watched_by(person.id) {
        Reason::Watched
    } else if policy::sees_all(person) {
        Reason::Role
    } else {
        Reason::Own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use crate::rows::row;
    use crate::targets::Rules;
    use crate::testing::{ALICE, BOB, Copy, person};

    #[test]
    fn what_is_on_a_console_is_there_for_the_first_reason_that_holds() {
        let mut row = row(&Copy::declared().read(), &Rules::default());
        let mut alice = person(ALICE, Role::Technician);
        (alice.site, row.site) = (Some("ams".into()), None);
        let reasons = [
            (Reason::Own, None, None, None),
            (Reason::Site, None, None, Some("ams".into())),
            (
                Reason::Group,
                None,
                Some("network".into()),
                Some("ams".into()),
            ),
            (Reason::Assigned, Some(ALICE), Some("network".into()), None),
        ];
        for (expected, assignee, group, site) in reasons {
            (row.assignee, row.group, row.site) = (assignee, group, site);
            assert_eq!(reason(&row, &alice), expected);
        }
        (row.assignee, row.group, row.site) = (None, None, None);
        row.watchers = vec![ALICE];
        assert_eq!(reason(&row, &alice), Reason::Watched);
        row.watchers.clear();
        row.assignee = Some(BOB);
        row.group = Some("desk".into());
        assert_eq!(reason(&row, &person(ALICE, Role::Agent)), Reason::Role);
    }
}
