//! Who says anew what was said.

use crate::ids::{DocKind, FactId};
use crate::incidents::{Event, Incident, Intent, Refused};
use crate::people::Person;

use super::{TEXT_BYTES_MAX, required};

pub(super) fn text(text: &str) -> Result<(), Refused> {
    required("text", text, TEXT_BYTES_MAX)
}

/// Whatever somebody said they may word anew, also where they may say nothing new any more. That it
/// was taken back meanwhile is no reason to refuse: it then counts for nothing.
pub(super) fn says_own_anew(
    person: &Person,
    (doc, entry): (DocKind, FactId),
    words: &str,
    incident: Option<&Incident>,
) -> Result<(), Refused> {
    text(words)?;
    let found = incident.and_then(|incident| incident.entry(doc, entry));
    let found = found.ok_or(Refused::NoSuchEntry)?;
    if found.from.by == person.id {
        Ok(())
    } else {
        Err(Refused::NotOwn)
    }
}

/// Whether what is to be worded anew stands, as its author sees it.
pub(super) fn stands(intent: &Intent, incident: Option<&Incident>) -> Result<(), Refused> {
    let (Intent::Revise { doc, entry, .. }, Some(incident)) = (intent, incident) else {
        return Ok(());
    };
    let found = incident.entry(*doc, *entry);
    let stands = found.is_some_and(Event::counts);
    stands.then_some(()).ok_or(Refused::NoSuchEntry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use crate::policy::{allows, may};
    use crate::testing::{ALICE, BOB, CAROL, Copy, person};

    #[test]
    fn everybody_words_anew_what_they_said_and_nothing_else() {
        let mut copy = Copy::declared();
        let said = || "Since this morning.".to_owned();
        let own = copy.act(CAROL, Intent::Reply { text: said() });
        let note = copy.act(BOB, Intent::Note { text: said() });
        let claim = copy.act(BOB, Intent::Claim { group: None });
        let revise = |doc, entry, text: &str| Intent::Revise {
            doc,
            entry,
            text: text.to_owned(),
        };
        let (carol, bob) = (person(CAROL, Role::Requester), person(BOB, Role::Agent));
        let incident = copy.read();
        let judge = |who: &Person, intent| may(who, &intent, Some(&incident));
        let (public, work) = (DocKind::Incident, DocKind::Work);
        assert_eq!(judge(&carol, revise(public, own, "Since noon.")), Ok(()));
        assert_eq!(judge(&bob, revise(work, note, "Since noon.")), Ok(()));
        let not_own = [(&bob, public, own), (&carol, work, note)];
        for (who, doc, entry) in not_own {
            assert_eq!(judge(who, revise(doc, entry, "x")), Err(Refused::NotOwn));
        }
        let alice = person(ALICE, Role::Administrator);
        assert_eq!(judge(&alice, revise(work, note, "x")), Err(Refused::NotOwn));
        for (doc, entry) in [
            (work, own),
            (public, note),
            (public, claim),
            (public, FactId::from_bytes([7; 16])),
        ] {
            assert_eq!(
                judge(&bob, revise(doc, entry, "x")),
                Err(Refused::NoSuchEntry)
            );
        }
        let empty = judge(&carol, revise(public, own, " "));
        assert!(matches!(empty, Err(Refused::Empty { .. })));
    }

    #[test]
    fn what_was_taken_back_is_not_worded_anew_and_what_crosses_that_is_taken() {
        let mut copy = Copy::declared();
        let (doc, text) = (DocKind::Incident, "Since noon.".to_owned());
        let entry = copy.act(CAROL, Intent::Reply { text: text.clone() });
        copy.act(CAROL, Intent::Withdraw { doc, fact: entry });
        let revise = Intent::Revise { doc, entry, text };
        let carol = person(CAROL, Role::Requester);
        let incident = copy.read();
        let refused = may(&carol, &revise, Some(&incident));
        assert_eq!(refused, Err(Refused::NoSuchEntry));
        assert_eq!(allows(&carol, &revise, Some(&incident)), Ok(()));
    }
}
