//! Who hears of something by watching, or by being called on by name.

use super::*;

#[test]
fn staff_who_watch_hear_of_everything_and_others_of_what_the_requester_hears() {
    use Capacity::{Requester, Staff, Watcher};
    let gina = PersonId(7);
    let mut directory = directory();
    directory.people.push(person(gina, Role::Requester));
    let mut copy = at_work();
    let watch = |doc, person| Intent::Watch { doc, person };
    let told = noticed(&mut copy, BOB, watch(DocKind::Work, FRED), &directory);
    check(&told, &[]);
    copy.act(BOB, watch(DocKind::Incident, gina));
    let note = || Intent::Note {
        text: text("internal"),
    };
    let table: [(PersonId, Intent, Told<'_>); 5] = [
        (ALICE, note(), &[(Event::Noted, FRED, Staff)]),
        (FRED, note(), &[]),
        (
            ALICE,
            reply(),
            &[
                (Event::Replied, CAROL, Requester),
                (Event::Replied, FRED, Staff),
                (Event::Replied, gina, Watcher),
            ],
        ),
        (
            gina,
            reply(),
            &[
                (Event::Replied, ALICE, Staff),
                (Event::Replied, CAROL, Requester),
                (Event::Replied, FRED, Staff),
            ],
        ),
        (
            BOB,
            assign(None, Some(ERIN)),
            &[
                (Event::Assigned, ERIN, Staff),
                (Event::Assigned, FRED, Staff),
            ],
        ),
    ];
    for (by, intent, expected) in table {
        let told = noticed(&mut copy, by, intent, &directory);
        check(&told, expected);
    }
}

#[test]
fn whoever_is_called_on_by_name_hears_of_it_once_and_as_far_as_they_may_read_it() {
    let mut copy = at_work();
    let mention = |doc, people| Intent::Mention {
        doc,
        text: text("@Fred?"),
        people,
    };
    let note = mention(DocKind::Work, vec![FRED, BOB, ALICE]);
    let told = noticed(&mut copy, BOB, note, &directory());
    let mentioned = |person| (Event::Mentioned, person, Capacity::Staff);
    check(&told, &[mentioned(ALICE), mentioned(FRED)]);
    let note = mention(DocKind::Work, vec![ALICE]);
    let told = noticed(&mut copy, BOB, note, &directory());
    let noted = (Event::Noted, FRED, Capacity::Staff);
    check(&told, &[noted, mentioned(ALICE)]);
    // Of another group and site, and so without the incident.
    let mut elsewhere = directory();
    let erin = elsewhere.people.iter_mut().find(|one| one.id == ERIN);
    let erin = erin.expect("she is there");
    (erin.site, erin.groups) = (None, [].into());
    let reply = mention(DocKind::Incident, vec![CAROL, ERIN, FRED]);
    let told = noticed(&mut copy, BOB, reply, &elsewhere);
    let replied = [
        (Event::Replied, ALICE, Capacity::Staff),
        (Event::Replied, CAROL, Capacity::Requester),
    ];
    check(&told, &[replied[0], replied[1], mentioned(FRED)]);
}

#[test]
fn whoever_is_taken_off_gets_no_letter_that_has_not_left() {
    let mut copy = at_work();
    let (doc, person) = (DocKind::Work, FRED);
    let added = vec![copy.act(BOB, Intent::Watch { doc, person })];
    let note = Intent::Note {
        text: text("internal"),
    };
    let told = noticed(&mut copy, BOB, note, &directory());
    check(&told, &[(Event::Noted, FRED, Capacity::Staff)]);
    assert!(stands(&told[0], &copy.read(), &directory()));
    copy.act(BOB, Intent::Unwatch { doc, person, added });
    assert!(!stands(&told[0], &copy.read(), &directory()));
}
