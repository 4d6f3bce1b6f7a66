//! What a row tells people about acts that met, so that their list needs no document.

use serde::{Deserialize, Serialize};

use crate::ids::{FactId, PersonId};
use crate::incidents::{EventKind, Field, Incident, Provenance, Said, SetField};
use crate::time::UnixMillis;

/// Tells somebody that an act of theirs met another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub to: PersonId,
    /// What does not hold, or is to be looked at again. Of a field, a value set at the same time.
    pub lost: Told,
    /// What holds instead, or what it met.
    pub held: Told,
}

/// An act in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub by: PersonId,
    pub at: UnixMillis,
    /// What was done, without the words that were said.
    pub kind: EventKind,
}

impl Card {
    /// The values that a field could have, the one that holds first; none for another act.
    pub fn values(&self) -> Option<(&SetField, &SetField)> {
        Some((self.held.value()?, self.lost.value()?))
    }
}

impl Told {
    fn value(&self) -> Option<&SetField> {
        if let EventKind::Set(value) = &self.kind {
            Some(value)
        } else {
            None
        }
    }
}

/// The cards of an incident: one per person and act that gave way, one per person and unsettled
/// field.
pub fn of(incident: &Incident) -> Vec<Card> {
    let told = |fact: FactId| {
        let mut events = incident.timeline.iter();
        let event = events.find(|event| event.fact == fact)?;
        Some(tell(event.from, event.kind.bare()))
    };
    let gave_way = incident.gave_way.iter().filter_map(|met| {
        Some(Card {
            to: met.by,
            lost: told(met.fact)?,
            held: told(met.to)?,
        })
    });
    let mut cards: Vec<_> = gave_way.collect();
    unsettled(&incident.subject, SetField::Subject, &mut cards);
    unsettled(&incident.category, SetField::Category, &mut cards);
    unsettled(&incident.impact, SetField::Impact, &mut cards);
    unsettled(&incident.urgency, SetField::Urgency, &mut cards);
    unsettled(&incident.site, SetField::Site, &mut cards);
    unsettled(&incident.requester, SetField::Requester, &mut cards);
    unsettled(&incident.priority, SetField::Priority, &mut cards);
    cards
}

fn unsettled<T: Clone>(field: &Field<T>, set: fn(T) -> SetField, cards: &mut Vec<Card>) {
    let Some(rival) = field.rivals.first() else {
        return;
    };
    let told = |said: &Said<T>| tell(said.from, EventKind::Set(set(said.value.clone())));
    let mut people = vec![field.holds.from.by];
    people.extend(field.rivals.iter().map(|rival| rival.from.by));
    people.sort_unstable();
    people.dedup();
    let (lost, held) = (told(rival), told(&field.holds));
    cards.extend(people.into_iter().map(|to| Card {
        to,
        lost: lost.clone(),
        held: held.clone(),
    }));
}

fn tell(from: Provenance, kind: EventKind) -> Told {
    let (by, at) = (from.by, from.corrected);
    Told { by, at, kind }
}

#[cfg(test)]
mod tests {
    use crate::ids::DocKind;
    use crate::incidents::{Intent, Level, SetField};
    use crate::rows::{Row, row};
    use crate::targets::Rules;
    use crate::testing::{ALICE, BOB, Copy};

    fn row_of(copy: &Copy) -> Row {
        row(&copy.read(), &Rules::default())
    }

    /// Alice claims it and sets the urgency while Bob gives it away and sets another.
    fn met() -> Copy {
        let mut one = Copy::declared();
        let mut two = one.on(2);
        one.act(ALICE, Intent::Claim { group: None });
        one.act(ALICE, Intent::Set(SetField::Urgency(Level::Low)));
        let (group, person) = (None, Some(BOB));
        two.act(
            BOB,
            Intent::Assign {
                group,
                person,
                escalation: None,
            },
        );
        two.act(BOB, Intent::Set(SetField::Urgency(Level::High)));
        one.merge(&two);
        one
    }

    #[test]
    fn a_row_tells_each_person_what_met_their_act() {
        let copy = met();
        let row = row_of(&copy);
        let told: Vec<_> = row
            .cards
            .iter()
            .map(|card| (card.to, card.values().is_some()))
            .collect();
        assert_eq!(told, [(ALICE, false), (ALICE, true), (BOB, true)]);
        assert_eq!((row.cards[0].lost.by, row.cards[0].held.by), (ALICE, BOB));
    }

    #[test]
    fn whoever_acknowledges_is_told_no_more_and_others_still_are() {
        let mut copy = met();
        copy.act(BOB, Intent::Acknowledge);
        assert_eq!(
            row_of(&copy).cards.len(),
            3,
            "it was not Bob's act that gave way"
        );
        let before = copy.read().updated_at;
        copy.act(ALICE, Intent::Acknowledge);
        let row = row_of(&copy);
        assert!(
            row.cards.iter().all(|card| card.values().is_some()),
            "a field needs a choice"
        );
        assert_eq!(
            copy.read().updated_at,
            before,
            "nothing has happened to the incident"
        );
        copy.act(BOB, Intent::Set(SetField::Urgency(Level::High)));
        assert!(row_of(&copy).cards.is_empty());
    }

    #[test]
    fn whoever_takes_back_that_they_know_is_told_again() {
        let mut copy = met();
        let before = copy.read().updated_at;
        let fact = copy.act(ALICE, Intent::Acknowledge);
        assert!(!is_told_of_the_assignment(&copy));
        let doc = DocKind::Incident;
        for _ in 0..2 {
            copy.act(ALICE, Intent::Withdraw { doc, fact });
            assert!(is_told_of_the_assignment(&copy));
        }
        let incident = copy.read();
        assert!(incident.acknowledged[0].withdrawn.is_some());
        assert_eq!(incident.updated_at, before, "nothing happened to it");
        let again = copy.act(ALICE, Intent::Acknowledge);
        copy.act(BOB, Intent::Withdraw { doc, fact: again });
        assert!(!is_told_of_the_assignment(&copy), "it is not Bob's");
    }

    fn is_told_of_the_assignment(copy: &Copy) -> bool {
        let row = row_of(copy);
        let mut cards = row.cards.iter();
        cards.any(|card| card.to == ALICE && card.values().is_none())
    }

    #[test]
    fn choosing_a_value_says_nothing_of_an_assignment_that_gave_way() {
        let mut copy = met();
        copy.act(ALICE, Intent::Set(SetField::Urgency(Level::High)));
        assert!(is_told_of_the_assignment(&copy));
        assert_eq!(row_of(&copy).cards.len(), 1, "the field is settled");
    }

    #[test]
    fn whoever_takes_back_what_they_said_knowing_both_is_told_again() {
        let mut copy = met();
        let text = "I am on it.".to_owned();
        let fact = copy.act(ALICE, Intent::Reply { text });
        assert!(
            !is_told_of_the_assignment(&copy),
            "it was said knowing both"
        );
        let doc = DocKind::Incident;
        copy.act(ALICE, Intent::Withdraw { doc, fact });
        assert!(is_told_of_the_assignment(&copy));
    }
}
