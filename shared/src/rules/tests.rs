use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::ids::{DocKind, IncidentId};
use crate::incidents::{Incident, Intent, Level, Override, SetField, read_until};
use crate::people::{Category, Directory, Group, Role, Site};
use crate::rows::row;
use crate::search::read;
use crate::targets;
use crate::testing::{ALICE, BOB, CAROL, Copy, START, declare, person};

fn upper(text: &str) -> String {
    text.to_uppercase()
}

fn directory() -> Directory {
    let group = |id: &str| Group {
        id: id.into(),
        name: id.to_uppercase(),
    };
    let category = |id: &str, parent: Option<&str>| Category {
        id: id.into(),
        name: BTreeMap::from([("en".to_owned(), id.replace('/', " "))]),
        parent: parent.map(Into::into),
    };
    Directory {
        people: vec![
            person(ALICE, Role::Technician),
            person(BOB, Role::Agent),
            person(CAROL, Role::Requester),
        ],
        groups: vec![group("network"), group("printing")],
        sites: vec![Site {
            id: "ams".into(),
            name: "Amsterdam".to_owned(),
            time_zone: "Europe/Amsterdam".to_owned(),
        }],
        categories: vec![
            category("network", None),
            category("network/vpn", Some("network")),
            category("printing", None),
        ],
        ..Directory::default()
    }
}

fn group(id: &str) -> Gives {
    Gives {
        group: Some(id.into()),
        ..Gives::default()
    }
}

fn rule(id: u32, condition: &str, gives: Gives) -> Rule {
    let applies = match condition {
        "" => Applies::ToAll,
        condition => Applies::To(condition.to_owned()),
    };
    Rule {
        id: RuleId(id),
        name: format!("Rule {id}"),
        is_on: true,
        applies,
        gives,
    }
}

/// An incident that Bob declared so.
fn declared(change: impl FnOnce(&mut crate::incidents::Declare)) -> Copy {
    let mut copy = Copy::declared();
    copy.docs = crate::incidents::IncidentDocs::new(IncidentId::new(START, [2; 10]));
    let mut first = declare();
    change(&mut first);
    copy.act(BOB, Intent::Declare(first));
    copy
}

fn first(copy: &Copy) -> Incident {
    let created = copy.read().created.corrected;
    read_until(&copy.docs, &copy.receipts, created).expect("it was declared")
}

fn decided(rules: &[Rule], copy: &Copy) -> Decision {
    let directory = directory();
    let seen = Declared::of(&first(copy), &directory, &targets::Rules::default(), &upper);
    Rulebook::new(rules, &directory, &upper).decide(&seen)
}

fn wrong(rules: &[Rule]) -> Vec<RuleFault> {
    let faults = faults(rules, &directory(), &upper).into_iter();
    let wrong = faults.filter_map(|fault| match fault {
        RulesFault::Rule { wrong, .. } => Some(wrong),
        RulesFault::TooMany => None,
    });
    wrong.collect()
}

#[test]
fn a_rule_answers_to_what_was_declared() {
    let copy = declared(|_| {});
    for (condition, answers) in [
        ("", true),
        ("category:network site:ams", true),
        ("category:printing", false),
        ("site:Amsterdam -category:printing", true),
        ("vpn credentials", true),
        ("\"on cable\"", true),
        ("\"cable on\"", false),
        ("priority:p3", true),
        ("requester:\"Person 3\"", true),
        ("group:none assignee:none", true),
        ("group:network", false),
    ] {
        let decision = decided(&[rule(1, condition, group("network"))], &copy);
        assert_eq!(decision.group.is_some(), answers, "{condition}");
    }
}

#[test]
fn what_became_of_an_incident_makes_no_difference_to_its_rules() {
    let rules = [rule(
        1,
        "category:network/vpn priority:p3",
        group("network"),
    )];
    let mut copy = declared(|_| {});
    let before = decided(&rules, &copy);
    copy.act(
        BOB,
        Intent::Set(SetField::Category(Some("printing".into()))),
    );
    copy.act(BOB, Intent::Set(SetField::Urgency(Level::High)));
    copy.act(ALICE, Intent::Claim { group: None });
    assert_eq!(decided(&rules, &copy), before);
    assert!(before.group.is_some());
}

#[test]
fn the_first_rule_that_gives_something_decides_it() {
    let both = Gives {
        group: Some("printing".into()),
        priority: Some(Priority::P1),
        ..Gives::default()
    };
    let watched = Gives {
        watchers: vec![ALICE],
        ..group("printing")
    };
    let rules = [
        rule(1, "category:printing", both.clone()),
        rule(2, "vpn", group("network")),
        rule(3, "", both),
        rule(4, "site:ams", watched),
    ];
    let copy = declared(|_| {});
    let decision = decided(&rules, &copy);
    assert_eq!(decision.answer, [1, 2, 3]);
    assert_eq!(decision.group, Some((1, "network".into())));
    assert_eq!(decision.priority, Some((2, Priority::P1)));
    assert_eq!(decision.watchers, Some((3, vec![ALICE])));
    let by_rule = decision.by_rule();
    assert_eq!(by_rule[&1], [Outcome::Group]);
    assert_eq!(by_rule[&3], [Outcome::Watchers]);
}

#[test]
fn rules_say_nothing_where_somebody_has() {
    let everything = Gives {
        category: Some("printing".into()),
        group: Some("printing".into()),
        priority: Some(Priority::P1),
        watchers: vec![ALICE, BOB],
    };
    let rules = [rule(1, "", everything)];
    let given = |copy: &Copy| {
        let decision = decided(&rules, copy).beside(&copy.read());
        decision.by_rule().remove(&0).unwrap_or_default()
    };
    let bare = declared(|first| first.category = None);
    assert_eq!(given(&bare), Outcome::ALL);
    let categorised = declared(|_| {});
    let rest = [Outcome::Group, Outcome::Priority, Outcome::Watchers];
    assert_eq!(given(&categorised), rest);
    let held = declared(|first| first.group = Some("network".into()));
    assert_eq!(given(&held), [Outcome::Priority, Outcome::Watchers]);
    let priority = Override {
        priority: Some(Priority::P4),
        reason: "It can wait.".to_owned(),
    };
    let mut taken = categorised.clone();
    taken.act(ALICE, Intent::Claim { group: None });
    taken.act(BOB, Intent::Set(SetField::Priority(priority)));
    assert_eq!(given(&taken), [Outcome::Watchers]);
    for (doc, person) in [(DocKind::Work, ALICE), (DocKind::Work, BOB)] {
        taken.act(BOB, Intent::Watch { doc, person });
    }
    assert_eq!(given(&taken), []);
}

#[test]
fn a_rule_that_is_off_or_whose_names_are_gone_does_nothing() {
    let copy = declared(|_| {});
    let off = Rule {
        is_on: false,
        ..rule(1, "", group("network"))
    };
    assert_eq!(decided(&[off], &copy), Decision::default());
    let gone = rule(1, "-site:atlantis", group("network"));
    assert_eq!(decided(&[gone], &copy), Decision::default());
    let lost = rule(1, "", group("typewriters"));
    assert_eq!(decided(&[lost], &copy).group, None);
}

#[test]
fn acts_name_the_rule_and_the_version() {
    let gives = Gives {
        priority: Some(Priority::P1),
        ..group("network")
    };
    let (copy, directory) = (declared(|_| {}), directory());
    let rules = [rule(1, "vpn", gives)];
    let book = Rulebook::new(&rules, &directory, &upper);
    let acts = decided(&rules, &copy).acts(&book, 7);
    let words: Vec<_> = acts.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["priority", "group", "rule 0"]);
    let Intent::Rule(ruled) = &acts[2].1 else {
        panic!("{acts:?}");
    };
    assert_eq!((ruled.rule.as_str(), ruled.version), ("Rule 1", 7));
    assert_eq!(ruled.gave, [Outcome::Group, Outcome::Priority]);
}

#[test]
fn what_contradicts_itself_is_said_where_it_is() {
    let one = |condition: &str| wrong(&[rule(1, condition, group("network"))]);
    assert_eq!(one("category:network site:ams \"paper jam\" -vpn"), []);
    assert_eq!(one("  "), [RuleFault::NoCondition]);
    assert_eq!(one("*"), [RuleFault::NoCondition]);
    assert!(matches!(&one("site:asm")[..], [RuleFault::Unread(fault)]
        if fault.instead.as_deref() == Some("site:ams")));
    let mine = RuleFault::Nobodys { place: 4..15 };
    assert_eq!(one("vpn assignee:me"), [mine]);
    assert!(matches!(
        one("state:open")[..],
        [RuleFault::TooEarly { .. }]
    ));
    assert!(matches!(
        one("opened:>7d")[..],
        [RuleFault::TooEarly { .. }]
    ));
    assert_eq!(one(&"x".repeat(2_000)), [RuleFault::LongCondition]);
    let gives = |gives| wrong(&[rule(1, "vpn", gives)]);
    assert_eq!(gives(Gives::default()), [RuleFault::NoOutcome]);
    assert_eq!(gives(group("typewriters")), [RuleFault::NoGroup]);
    let watchers = vec![ALICE, CAROL, PersonId(99)];
    let watched = Gives {
        watchers,
        ..Gives::default()
    };
    let cannot = [
        RuleFault::CannotSee(CAROL),
        RuleFault::NoWatcher(PersonId(99)),
    ];
    assert_eq!(gives(watched), cannot);
}

#[test]
fn a_rule_has_a_name_of_its_own_and_a_chance_to_decide() {
    let never = |earlier: &str| {
        let earlier = earlier.to_owned();
        vec![RuleFault::Never { earlier }]
    };
    let first = rule(1, "site:ams vpn", group("network"));
    let again = rule(2, "VPN site:ams", group("printing"));
    assert_eq!(wrong(&[first.clone(), again.clone()]), never("Rule 1"));
    let all = rule(1, "", group("network"));
    assert_eq!(wrong(&[all, again.clone()]), never("Rule 1"));
    let more = Gives {
        priority: Some(Priority::P1),
        ..group("printing")
    };
    assert_eq!(wrong(&[first.clone(), rule(2, "vpn site:ams", more)]), []);
    let off = Rule {
        is_on: false,
        ..first.clone()
    };
    assert_eq!(wrong(&[off, again.clone()]), []);
    let namesake = Rule {
        name: " rule 1".to_owned(),
        ..rule(2, "paper", group("printing"))
    };
    assert_eq!(wrong(&[first.clone(), namesake]), [RuleFault::NameTaken]);
    assert_eq!(
        wrong(&[first.clone(), first]),
        [RuleFault::Id, RuleFault::NameTaken]
    );
    let many = vec![again; RULES_MAX + 1];
    assert_eq!(faults(&many, &directory(), &upper), [RulesFault::TooMany]);
}

#[test]
fn rules_of_two_people_come_together() {
    let of = |id, condition| rule(id, condition, group("network"));
    let base = [of(1, "one"), of(2, "two"), of(3, "three")];
    let theirs = vec![of(1, "one"), of(3, "changed there"), of(4, "new there")];
    let mine = vec![of(2, "changed here"), of(1, "one"), of(4, "new here")];
    let both = on_top_of(&mine, &base, &theirs);
    let asked = both.iter().map(|rule| match &rule.applies {
        Applies::To(condition) => condition.as_str(),
        Applies::ToAll => "",
    });
    let asked: Vec<_> = asked.collect();
    // What was deleted here came back, since somebody changed it there.
    let expected = [
        "changed here",
        "one",
        "changed there",
        "new there",
        "new here",
    ];
    assert_eq!(asked, expected);
    let ids: std::collections::BTreeSet<_> = both.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), both.len());
    assert_eq!(on_top_of(&base, &base, &theirs), theirs);
}

#[test]
fn a_look_at_the_past_counts_who_solved_it() {
    let rules: Arc<[Rule]> = vec![
        rule(1, "vpn", group("network")),
        rule(2, "site:ams", group("printing")),
    ]
    .into();
    let directory = directory();
    let book = Arc::new(Rulebook::new(&rules, &directory, &upper));
    let mut trial = Trial::new(Arc::clone(&rules), book);
    for (subject, solver) in [
        ("VPN", "network"),
        ("VPN", "printing"),
        ("Paper", "printing"),
    ] {
        let mut copy = declared(|first| {
            first.subject = subject.to_owned();
            first.category = None;
        });
        let group = Some(solver.into());
        copy.act(ALICE, Intent::Claim { group });
        if subject == "VPN" {
            let code = crate::incidents::ResolutionCode::Fixed;
            let notes = "Done.".to_owned();
            copy.act(ALICE, Intent::Resolve { code, notes });
        }
        let as_declared = first(&copy);
        let rows = targets::Rules::default();
        let seen = Declared::of(&as_declared, &directory, &rows, &upper);
        trial.look(&seen, &as_declared, &row(&copy.read(), &rows));
    }
    let tried = trial.end();
    assert_eq!(tried.looked, 3);
    let [vpn, site] = &tried.rules[..] else {
        panic!("{tried:?}");
    };
    assert_eq!((vpn.answers, vpn.decides), (2, 2));
    assert_eq!((vpn.resolved, vpn.agrees), (2, 1));
    assert_eq!((site.answers, site.decides, site.resolved), (3, 1, 0));
    assert_eq!(site.examples.len(), 1);
    assert_eq!(site.examples[0].group, Some("printing".into()));
}

fn conditions() -> impl Strategy<Value = String> {
    let term = prop_oneof![
        Just("vpn"),
        Just("paper"),
        Just("\"on cable\""),
        Just("site:ams"),
        Just("category:network"),
        Just("category:printing,none"),
        Just("-priority:p1,p2"),
        Just("group:none"),
    ];
    prop::collection::vec(term, 0..3).prop_map(|terms| terms.join(" "))
}

fn gifts() -> impl Strategy<Value = Gives> {
    let group = prop_oneof![Just(None), Just(Some("network")), Just(Some("printing"))];
    let priority = prop_oneof![
        Just(None),
        Just(Some(Priority::P1)),
        Just(Some(Priority::P4))
    ];
    let category = prop_oneof![Just(None), Just(Some("printing"))];
    (category, group, priority, any::<bool>()).prop_map(|(category, group, priority, watched)| {
        let watchers = if watched { vec![ALICE] } else { Vec::new() };
        Gives {
            category: category.map(Into::into),
            group: group.map(Into::into),
            priority,
            watchers,
        }
    })
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let one = (conditions(), gifts(), any::<bool>());
    let many = prop::collection::vec(one, 0..6);
    many.prop_map(|many| {
        let all = (1..).zip(many);
        let all = all.map(|(id, (condition, gives, is_on))| Rule {
            is_on,
            ..rule(id, &condition, gives)
        });
        all.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_first_that_answers_alone_decides_and_never_over_a_person(
        rules in rules(),
        has_category in any::<bool>(),
        is_claimed in any::<bool>(),
    ) {
        let mut copy = declared(|first| if !has_category { first.category = None });
        if is_claimed {
            copy.act(ALICE, Intent::Claim { group: None });
        }
        let whole = decided(&rules, &copy);
        let alone = |place: usize| decided(&rules[place..=place], &copy);
        let answers = |place: &usize| alone(*place).answer == [0];
        let places: Vec<_> = (0..rules.len()).filter(answers).collect();
        prop_assert_eq!(&whole.answer, &places);
        prop_assert!(places.iter().all(|place| rules[*place].is_on));
        let first = |gives: fn(&Gives) -> bool| {
            places.iter().copied().find(|place| gives(&rules[*place].gives))
        };
        prop_assert_eq!(
            whole.group.as_ref().map(|(at, _)| *at),
            first(|gives| gives.group.is_some())
        );
        prop_assert_eq!(
            whole.category.as_ref().map(|(at, _)| *at),
            first(|gives| gives.category.is_some())
        );
        prop_assert_eq!(
            whole.priority.map(|(at, _)| at),
            first(|gives| gives.priority.is_some())
        );
        let left = whole.beside(&copy.read());
        prop_assert!(!(has_category && left.category.is_some()));
        prop_assert!(!(is_claimed && left.group.is_some()));
    }

    #[test]
    fn a_condition_decides_as_it_is_written_back(condition in conditions()) {
        let written = read(&condition).question.to_string();
        let copy = declared(|_| {});
        let of = |condition: &str| decided(&[rule(1, condition, group("network"))], &copy);
        prop_assert_eq!(of(&condition), of(&written));
    }
}
