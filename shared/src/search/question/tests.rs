use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn terms(typed: &str) -> Vec<Term> {
    let reading = read(typed);
    assert_eq!(reading.faults, [], "{typed}");
    reading.question.terms
}

fn asks(asks: Asks) -> Term {
    Term {
        is_not: false,
        asks,
    }
}

#[test]
fn words_phrases_and_fields_stand_in_one_line() {
    let week = Age {
        count: 7,
        unit: Unit::Days,
    };
    let name = |name: &str| vec![Called::Name(name.to_owned())];
    assert_eq!(
        terms("state:open assignee:me site:ams printer \"paper jam\" -vpn opened:>7d"),
        [
            asks(Asks::State(vec![StateIs::Open])),
            asks(Asks::Named(Naming::Assignee, vec![Called::Mine])),
            asks(Asks::Named(Naming::Site, name("ams"))),
            asks(Asks::Word("printer".to_owned())),
            asks(Asks::Phrase("paper jam".to_owned())),
            Term {
                is_not: true,
                asks: Asks::Word("vpn".to_owned()),
            },
            asks(Asks::Time(Moment::Opened, vec![Time::Before(week)])),
        ]
    );
}

#[test]
fn values_apart_by_commas_are_alternatives() {
    let states = [State::New, State::OnHold].map(StateIs::One);
    assert_eq!(
        terms("STATE:New,onHold"),
        [asks(Asks::State(states.to_vec()))]
    );
    let names = ["Anna Berg", "tomasz@demo"].map(|name| Called::Name(name.to_owned()));
    assert_eq!(
        terms("assignee:\"Anna Berg\",tomasz@demo"),
        [asks(Asks::Named(Naming::Assignee, names.to_vec()))]
    );
}

#[test]
fn a_name_in_quotation_marks_is_no_word_of_the_language() {
    let name = vec![Called::Name("none".to_owned())];
    assert_eq!(
        terms("group:\"none\""),
        [asks(Asks::Named(Naming::Group, name))]
    );
    let nothing = vec![Called::Nothing];
    assert_eq!(
        terms("group:none"),
        [asks(Asks::Named(Naming::Group, nothing))]
    );
}

#[test]
fn a_time_is_an_age_or_a_day() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 20).expect("it exists");
    let cases = [
        ("2026-11-20", Time::Day(Compared::On, Day::Date(date))),
        (">=2026-11-20", Time::Day(Compared::Since, Day::Date(date))),
        ("<today", Time::Day(Compared::Before, Day::Today)),
        (
            "<24h",
            Time::Within(Age {
                count: 24,
                unit: Unit::Hours,
            }),
        ),
    ];
    for (text, time) in cases {
        assert_eq!(
            terms(&format!("updated:{text}")),
            [asks(Asks::Time(Moment::Updated, vec![time]))]
        );
    }
    for bad in [
        "2026-02-30",
        "7",
        "7x",
        "d",
        ">",
        "99999d",
        "2026-1-1-1",
        "+7d",
    ] {
        let reading = read(&format!("updated:{bad} printer"));
        let field = Field::Time(Moment::Updated);
        assert_eq!(reading.faults[0].what, Wrong::Value(field), "{bad}");
    }
}

#[test]
fn what_is_not_understood_is_a_word_and_said_with_its_place() {
    let reading = read("printer asignee:me");
    assert_eq!(reading.question.terms.len(), 2);
    assert_eq!(
        reading.faults,
        [Fault {
            place: 8..15,
            what: Wrong::Field,
            instead: Some("assignee".to_owned()),
        }]
    );
    let reading = read("ä state:opne,new printer");
    assert_eq!(
        reading.faults,
        [Fault {
            place: 9..13,
            what: Wrong::Value(Field::State),
            instead: Some("open".to_owned()),
        }]
    );
    let reading = read("state:");
    assert_eq!(reading.question.terms, []);
    assert_eq!(reading.faults[0].what, Wrong::NoValue);
}

#[test]
fn a_value_on_its_way_asks_for_nothing_yet() {
    for typed in [
        "state:o",
        "state:",
        "opened:>",
        "opened:2026-1",
        "risk:at",
        "hold:c",
    ] {
        let reading = read(typed);
        assert_eq!(reading.question.terms, [], "{typed}");
        assert_eq!(reading.faults[0].what, Wrong::NoValue, "{typed}");
    }
    let reading = read("state:new,o");
    let new = vec![StateIs::One(State::New)];
    assert_eq!(reading.question.terms, [asks(Asks::State(new))]);
    // What is whole counts, also where it could go on.
    for typed in ["state:open", "priority:p1", "opened:today", "opened:<7d"] {
        assert_eq!(terms(typed).len(), 1, "{typed}");
    }
}

#[test]
fn a_pasted_sentence_an_address_and_a_time_are_words() {
    for typed in [
        "Error: printer is offline",
        "Category: printer",
        "state: down",
        "-state: ",
        "It says Error:",
        "C:\\Users",
        "https://intranet.example/x?y=z",
        "at 10:30",
        "- see below -",
        "C:",
        "::1",
    ] {
        let terms = terms(typed);
        let is_word = |term: &Term| matches!(term.asks, Asks::Word(_));
        assert!(terms.iter().all(is_word), "{typed}: {terms:?}");
    }
}

#[test]
fn the_nearest_word_is_one_that_may_have_been_meant() {
    let words = ["state", "site", "priority"];
    assert_eq!(nearest("stats", words), Some("state"));
    assert_eq!(nearest("sttae", words), Some("state"));
    assert_eq!(nearest("proirity", words), Some("priority"));
    assert_eq!(nearest("http", words), None);
    assert_eq!(nearest("jana", ["anna"]), None);
}

fn name() -> impl Strategy<Value = Called> {
    prop_oneof![
        "[a-zA-Zäß@.,: -]{0,8}[a-z@]".prop_map(Called::Name),
        Just(Called::Name("me".to_owned())),
        Just(Called::Name("None".to_owned())),
    ]
}

fn time() -> impl Strategy<Value = Time> {
    let unit = prop_oneof![Just(Unit::Hours), Just(Unit::Days), Just(Unit::Weeks)];
    let age = (any::<u16>(), unit).prop_map(|(count, unit)| Age { count, unit });
    let compared = prop_oneof![
        Just(Compared::On),
        Just(Compared::Before),
        Just(Compared::Until),
        Just(Compared::After),
        Just(Compared::Since),
    ];
    let date = (0..9_999_i32, 1..366_u32)
        .prop_filter_map("a day", |(year, day)| NaiveDate::from_yo_opt(year, day));
    let day = prop_oneof![
        Just(Day::Today),
        Just(Day::Yesterday),
        date.prop_map(Day::Date),
    ];
    prop_oneof![
        age.clone().prop_map(Time::Before),
        age.prop_map(Time::Within),
        (compared, day).prop_map(|(compared, day)| Time::Day(compared, day)),
    ]
}

fn some<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, 1..4)
}

pub(crate) fn term() -> impl Strategy<Value = Term> {
    let states = State::ALL.map(StateIs::One).into_iter();
    let states: Vec<_> = states.chain([StateIs::Open, StateIs::Incomplete]).collect();
    let risks = vec![Risk::Safe, Risk::AtRisk, Risk::Breached];
    let holds = vec![HoldReason::Caller, HoldReason::Part, HoldReason::Evidence];
    let moments = Moment::ALL.to_vec();
    let namings = Naming::ALL.to_vec();
    let asks = prop_oneof![
        "[a-zäß0-9.]{1,8}".prop_map(Asks::Word),
        "[a-zA-Zäß:, -]{0,8}[a-z]".prop_map(Asks::Phrase),
        some(prop::sample::select(states)).prop_map(Asks::State),
        some(prop::sample::select(Priority::ALL.to_vec())).prop_map(Asks::Priority),
        some(prop::sample::select(risks)).prop_map(Asks::Risk),
        some(prop::sample::select(holds)).prop_map(Asks::Hold),
        (prop::sample::select(moments), some(time()))
            .prop_map(|(moment, all)| Asks::Time(moment, all)),
        (prop::sample::select(namings), some(name()))
            .prop_map(|(naming, all)| Asks::Named(naming, all)),
        Just(Asks::Named(
            Naming::Group,
            vec![Called::Nothing, Called::Mine]
        )),
    ];
    (any::<bool>(), asks).prop_map(|(is_not, asks)| Term { is_not, asks })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_it_was(terms in prop::collection::vec(term(), 0..6)) {
        let question = Question { terms };
        let written = question.to_string();
        let reading = read(&written);
        prop_assert_eq!(&reading.question, &question, "{}", written);
        prop_assert_eq!(reading.faults, []);
    }

    #[test]
    fn anything_reads_and_what_was_read_is_written_as_it_reads(typed in ".{0,40}") {
        let reading = read(&typed);
        let written = reading.question.to_string();
        prop_assert_eq!(read(&written).question, reading.question, "{}", written);
    }

    #[test]
    fn anything_of_the_language_reads_and_is_written_as_it_reads(
        typed in "((-|)(state|site|opened|x|):?|open|me|,|\"| |>7d|2026-01-02|ä|-){0,12}",
    ) {
        let reading = read(&typed);
        for place in reading.places.iter().chain(reading.faults.iter().map(|one| &one.place)) {
            prop_assert!(typed.get(place.clone()).is_some());
        }
        let written = reading.question.to_string();
        prop_assert_eq!(read(&written).question, reading.question, "{}", written);
    }
}
