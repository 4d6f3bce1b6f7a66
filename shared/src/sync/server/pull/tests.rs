use super::*;
use crate::ids::{DeviceId, Epoch, PersonId};
use crate::sync::message::PROTOCOL;

const EPOCH: Epoch = Epoch(uuid::Uuid::nil());
const HEAD: Seq = Seq(100);

fn group(name: &str) -> Scope {
    Scope::Group(name.into())
}

fn groups(names: &[&str]) -> BTreeSet<Scope> {
    names.iter().map(|name| group(name)).collect()
}

fn incident(nth: u8) -> IncidentId {
    IncidentId::from_bytes([nth; 16])
}

/// A device that has read up to 50 and holds these scopes down to these places, in a session with
/// these scopes.
fn pull(lows: &[(&str, u64)], scopes: &[&str]) -> Pull {
    let issued: Vec<_> = lows.iter().map(|(name, _)| *name).collect();
    claimed(lows, scopes, &issued)
}

/// A device that says so, though only some scopes were ever issued to it.
fn claimed(lows: &[(&str, u64)], scopes: &[&str], issued: &[&str]) -> Pull {
    let issued: Vec<_> = issued.iter().map(|name| (*name, None)).collect();
    claimed_later(lows, scopes, &issued)
}

/// A device that says so, though some scopes were lost at a place of the log.
fn claimed_later(lows: &[(&str, u64)], scopes: &[&str], issued: &[(&str, Option<u64>)]) -> Pull {
    let lows = lows
        .iter()
        .map(|(name, low)| (group(name), Seq(*low)))
        .collect();
    let request = PullRequest {
        protocol: PROTOCOL,
        surface: Surface::Console,
        person: PersonId(1),
        device: DeviceId::from_bytes([1; 16]),
        cursors: Cursors {
            epoch: Some(EPOCH),
            high: Seq(50),
            lows,
        },
        directory: 0,
        docs_max: 10,
        fetches: true,
    };
    Pull::new(
        &request,
        groups(scopes),
        &issued
            .iter()
            .map(|(name, lost_at)| (group(name), lost_at.map(Seq)))
            .collect(),
        Log {
            epoch: EPOCH,
            head: HEAD,
        },
    )
}

/// An incident document that was last changed, as far as the device has read, at `changed`.
fn standing(changed: u64, reaches: &[(&str, u64, Option<u64>)]) -> Standing {
    let reach = |(name, since, until): &(&str, u64, Option<u64>)| Reach {
        kind: DocKind::Incident,
        scope: group(name),
        since: Seq(*since),
        until: until.map(Seq),
        at: HEAD,
    };
    Standing {
        incident: incident(1),
        changed: (changed > 0).then_some(Seq(changed)),
        bytes: 1,
        reaches: reaches.iter().map(reach).collect(),
    }
}

fn what(sends: &Sends) -> &'static str {
    match (sends.docs.first(), sends.forget.first()) {
        (Some((_, How::Changes)), None) => "changes",
        (Some((_, How::Snapshot)), None) => "snapshot",
        (None, Some(_)) => "forget",
        (None, None) => "nothing",
        (Some(_), Some(_)) => "both",
    }
}

/// What it is about, the device's cursors, the session's scopes, the incident, what is sent.
type Case<'a> = (
    &'a str,
    &'a [(&'a str, u64)],
    &'a [&'a str],
    Standing,
    &'a str,
);

#[test]
fn a_device_gets_of_an_incident_what_it_lacks() {
    let complete: &[(&str, u64)] = &[("a", 0)];
    let partial: &[(&str, u64)] = &[("a", 30)];
    let both: &[(&str, u64)] = &[("a", 0), ("b", 0)];
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        ("held", complete, &["a"], standing(20, &[("a", 10, None)]), "changes"),
        ("new", complete, &["a"], standing(0, &[("a", 60, None)]), "snapshot"),
        ("not come down to yet", partial, &["a"], standing(20, &[("a", 10, None)]), "snapshot"),
        ("changed since", partial, &["a"], standing(40, &[("a", 10, None)]), "changes"),
        ("joined since", partial, &["a"], standing(20, &[("a", 35, None)]), "changes"),
        ("left", complete, &["a"], standing(20, &[("a", 10, Some(60))]), "forget"),
        ("left unread", partial, &["a"], standing(20, &[("a", 10, Some(60))]), "forget"),
        ("left long ago", complete, &["a"], standing(20, &[("a", 10, Some(40))]), "nothing"),
        ("came and went", complete, &["a"], standing(0, &[("a", 60, Some(70))]), "forget"),
        ("came back", complete, &["a"],
            standing(20, &[("a", 10, Some(60)), ("a", 70, None)]), "snapshot"),
        ("moved between the session's scopes", both, &["a", "b"],
            standing(20, &[("a", 10, Some(60)), ("b", 60, None)]), "snapshot"),
        ("left one scope, stays in another", both, &["a", "b"],
            standing(20, &[("a", 10, Some(60)), ("b", 10, None)]), "changes"),
        ("held through a lost scope", both, &["a"], standing(20, &[("b", 10, None)]), "forget"),
        ("held through a lost scope and another", both, &["a"],
            standing(20, &[("a", 10, None), ("b", 10, None)]), "changes"),
        ("a new scope", complete, &["a", "b"], standing(20, &[("b", 10, None)]), "snapshot"),
    ];
    for (about, lows, scopes, standing, expected) in cases {
        let sends = pull(lows, scopes).forward(standing);
        assert_eq!(what(&sends), *expected, "{about}");
    }
}

#[test]
fn a_portal_never_sees_a_work_document() {
    let mut standing = standing(20, &[("a", 10, None)]);
    standing.reaches[0].kind = DocKind::Work;
    let pull = Pull {
        surface: Surface::Portal,
        ..pull(&[("a", 0)], &["a"])
    };
    assert!(pull.forward(&standing).visible.is_empty());
    assert_eq!(pull.backward(&standing), Sends::default());
}

fn event(seq: u64, commit_end: u64, nth: u8) -> Event {
    Event {
        seq: Seq(seq),
        commit_end: Seq(commit_end),
        incident: incident(nth),
    }
}

#[test]
fn a_page_ends_where_a_commit_ends() {
    let pull = pull(&[("a", 0)], &["a"]);
    let events = [
        event(51, 53, 1),
        event(52, 53, 1),
        event(60, 61, 2),
        event(70, 72, 1),
        event(80, 80, 3),
    ];
    let walk = |is_all, max| {
        let walk = pull.walk(&events, is_all, max);
        (walk.end.0, walk.incidents.len())
    };
    assert_eq!(walk(true, 9), (100, 3), "all of it: up to the head");
    assert_eq!(
        walk(false, 9),
        (80, 3),
        "a bounded look: up to its last commit"
    );
    assert_eq!(
        walk(true, 2),
        (72, 2),
        "what is in the page already goes on"
    );
    assert_eq!(walk(true, 1), (53, 1));
    let none = pull.walk(&[], true, 9);
    assert_eq!((none.end, none.incidents.len()), (HEAD, 0));
}

#[test]
fn older_incidents_of_several_scopes_come_in_one_order_and_once() {
    let pull = pull(&[("a", 51), ("b", 51)], &["a", "b"]);
    let older = |places: &[(u8, u64)], is_all| Older {
        places: places
            .iter()
            .map(|(nth, at)| (incident(*nth), Seq(*at)))
            .collect(),
        is_all,
    };
    let lists = |is_all| {
        BTreeMap::from([
            (group("a"), older(&[(1, 40), (2, 30), (3, 10)], is_all)),
            (group("b"), older(&[(2, 30), (4, 20)], true)),
        ])
    };
    let backfill = |is_all, max| {
        let (incidents, lows) = pull.backfill(&lists(is_all), max);
        let order: Vec<_> = incidents.iter().map(|id| id.as_bytes()[0]).collect();
        (order, lows[&group("a")].0, lows[&group("b")].0)
    };
    assert_eq!(backfill(true, 9), (vec![1, 2, 4, 3], 0, 0));
    assert_eq!(backfill(true, 2), (vec![1, 2], 21, 21));
    assert_eq!(backfill(true, 3), (vec![1, 2, 4], 11, 0));
    // More of scope a may lie right below 10, so that nothing at or below it is certain.
    assert_eq!(backfill(false, 9), (vec![1, 2, 4], 11, 0));
}

#[test]
fn cursors_of_another_log_or_ahead_of_it_count_for_nothing() {
    for (epoch, high) in [
        (None, 50),
        (Some(Epoch::from_bytes([9; 16])), 50),
        (Some(EPOCH), 101),
    ] {
        let cursors = Cursors {
            epoch,
            high: Seq(high),
            lows: [(group("a"), Seq(0))].into(),
        };
        let request = PullRequest {
            protocol: PROTOCOL,
            surface: Surface::Console,
            person: PersonId(1),
            device: DeviceId::from_bytes([1; 16]),
            cursors,
            directory: 0,
            docs_max: 10,
            fetches: true,
        };
        let pull = Pull::new(
            &request,
            [group("a")].into(),
            &[(group("a"), None)].into(),
            Log {
                epoch: EPOCH,
                head: HEAD,
            },
        );
        assert_eq!((pull.after(), pull.lows()[&group("a")]), (HEAD, Seq(101)));
        assert!(pull.lost().is_empty());
    }
}

#[test]
fn a_scope_that_the_device_cannot_hold_counts_for_nothing() {
    let both: &[(&str, u64)] = &[("a", 0), ("b", 0)];
    let honest = claimed(both, &["a"], &["a", "b"]);
    assert_eq!(honest.lost(), groups(&["b"]));
    let liar = claimed(both, &["a"], &["a"]);
    assert_eq!((liar.after(), liar.lost()), (Seq(50), groups(&[])));
    assert_eq!(liar.watched(), groups(&["a"]));
    let held = standing(20, &[("b", 10, None)]);
    assert_eq!(what(&honest.forward(&held)), "forget");

    let stranger = claimed(&[("b", 0)], &["a"], &["a"]);
    assert_eq!(
        (stranger.after(), stranger.lows()[&group("a")]),
        (HEAD, Seq(101)),
        "with nothing left that it may hold, it begins anew"
    );
}

#[test]
fn what_entered_a_scope_after_it_was_lost_is_never_named() {
    let both: &[(&str, u64)] = &[("a", 0), ("b", 0)];
    #[rustfmt::skip]
    let cases = [
        ("there before the loss", standing(20, &[("b", 80, None)]), "forget"),
        ("left since", standing(20, &[("b", 80, Some(95))]), "forget"),
        ("new since", standing(20, &[("b", 81, None)]), "nothing"),
        ("came and went since", standing(20, &[("b", 81, Some(95))]), "nothing"),
        ("came back since", standing(20, &[("b", 10, Some(40)), ("b", 81, None)]), "nothing"),
        ("seen otherwise", standing(20, &[("a", 60, None), ("b", 81, None)]), "snapshot"),
    ];
    for (about, standing, expected) in cases {
        let page = claimed_later(both, &["a"], &[("a", None), ("b", Some(80))]);
        assert_eq!(page.lost(), groups(&["b"]));
        assert_eq!(what(&page.forward(&standing)), expected, "{about}");
    }
    let regained = claimed_later(both, &["a", "b"], &[("a", None), ("b", Some(80))]);
    let held = standing(20, &[("b", 81, None)]);
    assert_eq!(what(&regained.forward(&held)), "snapshot");
}

#[test]
fn a_page_is_recorded_when_the_session_has_just_the_scopes_issued() {
    let recorded = |scopes: &[&str], issued: &[(&str, Option<u64>)]| {
        let page = claimed_later(&[("a", 0)], scopes, issued);
        assert_eq!(page.after(), Seq(50), "the session's own may be claimed");
        page.is_recorded()
    };
    assert!(recorded(&["a"], &[("a", None)]));
    assert!(recorded(&["a"], &[("a", None), ("b", Some(80))]));
    assert!(!recorded(&["a"], &[]), "a new device");
    assert!(!recorded(&["a", "b"], &[("a", None)]), "a new scope");
    assert!(!recorded(&["a"], &[("a", None), ("b", None)]), "a loss");
    let regained = [("a", None), ("b", Some(80))];
    assert!(!recorded(&["a", "b"], &regained), "regained");
}
