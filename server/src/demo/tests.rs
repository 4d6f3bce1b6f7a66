//! The sample data reads as it is meant to.

use std::collections::BTreeMap;

use shared::ids::{Actor, IncidentId};
use shared::incidents::{Incident, IncidentDocs, IncidentReceipts, State, read, write};
use shared::policy::allows;
use shared::time::UnixMillis;

use super::*;

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn read_one(history: &History) -> Incident {
    let mut docs = IncidentDocs::new(history.id);
    for mut act in history.authored(None).acts {
        write(&mut act, &mut docs, &|_| Actor([9; 16])).expect("an act can be written");
    }
    let (incident, anomalies) = read(&docs, &IncidentReceipts::default());
    assert_eq!(anomalies, [], "{}", incident.subject.holds.value);
    incident
}

#[test]
fn the_organisation_says_where_its_incidents_come_from() {
    let directory = organisation().expect("it can be read");
    let notice = directory.notice.expect("there is one");
    assert!(notice.contains("150 incidents replay a real ServiceNow log"));
    assert!(notice.contains("shifted to today"));
}

#[test]
fn whoever_acts_in_the_incidents_written_by_hand_may() {
    let directory = organisation().expect("it can be read");
    let histories = spoken::histories(&directory, NOW).expect("they can be read");
    assert_eq!(histories.len(), 60);
    for history in &histories {
        let incident = read_one(history);
        for act in &history.acts {
            let by = directory
                .person(act.by)
                .expect("authors are of the directory");
            let allowed = allows(by, &act.intent, Some(&incident));
            assert_eq!(
                allowed,
                Ok(()),
                "{}: {}",
                incident.subject.holds.value,
                by.login
            );
            assert!(act.at <= NOW, "{}", incident.subject.holds.value);
        }
        assert!(
            history.acts.is_sorted_by_key(|act| act.at),
            "{}",
            incident.subject.holds.value
        );
    }
}

#[test]
fn some_forty_of_the_real_incidents_are_open_at_the_cut() {
    let directory = organisation().expect("it can be read");
    let histories = replayed::histories(&directory, NOW).expect("they can be read");
    let mut states: BTreeMap<State, usize> = BTreeMap::new();
    for history in &histories {
        let incident = read_one(history);
        assert!(history.acts.iter().all(|act| act.at <= NOW));
        *states.entry(incident.state).or_default() += 1;
    }
    let open: usize = states
        .iter()
        .filter(|(state, _)| state.is_open())
        .map(|(_, n)| n)
        .sum();
    assert_eq!((histories.len(), open), (150, 41), "{states:?}");
}

#[test]
fn the_same_moment_tells_the_same_incidents() {
    let directory = organisation().expect("it can be read");
    let tell = || histories(&directory, NOW).expect("they can be read");
    assert_eq!(tell(), tell());
    let ids: std::collections::BTreeSet<IncidentId> = tell().iter().map(|told| told.id).collect();
    assert_eq!(ids.len(), 210);
}
