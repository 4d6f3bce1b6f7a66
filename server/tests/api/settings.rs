//! What administrators set: who may, what is refused, and what follows.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::config::{Mode, Sources};
use server::{demo, settings, sla, sync};
use shared::priority::{Level, Priority};
use shared::rows::{Row, unpack_one};
use shared::settings::{LevelsChecked, LevelsHeld};
use shared::targets::{Closing, Gate, HoldReason, Reminding};
use shared::time::UnixMillis;

use crate::support::{Answer, HOUR, Server};

const LEVELS: &str = "/settings/levels";

/// The sample organisation, with somebody signed in at the console.
async fn demo(login: &str) -> Server {
    let mut server = Server::empty(Sources::default(), Mode::Demo).await;
    demo::seed(&server.app).await.expect("sample data");
    let answer = server.sign_in(login, "demo").await;
    assert_eq!(answer.status, StatusCode::OK);
    server
}

async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

async fn held(server: &Server) -> LevelsHeld {
    let answer = server.get(LEVELS).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_slice(&answer.body).expect("what holds")
}

/// The rows of open incidents, as staff sees them.
async fn rows(server: &Server) -> Vec<Row> {
    let mut view = server.app.store.view().await.expect("a view");
    let rows = view.open_rows(None, 1_000).await.expect("rows");
    let rows = rows.iter().map(|(_, row)| unpack_one(row).expect("a row"));
    rows.collect()
}

fn of(rows: &[Row], priority: Priority) -> usize {
    let rows = rows.iter();
    rows.filter(|row| row.priority == priority).count()
}

/// Everything that is P1 becomes P2.
fn calmer(held: &LevelsHeld) -> Value {
    let mut levels = held.levels.clone();
    let row = levels.matrix.get_mut(&Level::High).expect("a row");
    row.insert(Level::High, Priority::P2);
    serde_json::to_value(levels).expect("JSON")
}

fn saved(base: u32, levels: &Value, reach: &str) -> Value {
    json!({"base": base, "levels": levels, "reach": reach})
}

#[tokio::test]
async fn nobody_but_an_administrator_at_the_console_finds_settings() {
    let mut server = demo("admin@demo").await;
    let calmer = calmer(&held(&server).await);
    for (surface, login) in [("console", "agent@demo"), ("portal", "admin@demo")] {
        let answer = server.sign_in_to(surface, login, "demo").await;
        assert_eq!(answer.status, StatusCode::OK);
        for path in [LEVELS, "/settings/levels/1"] {
            server.get(path).await.expect_problem(404, "not-found");
        }
        let save = saved(1, &calmer, "open");
        for (path, body) in [(LEVELS, &save), ("/settings/levels/check", &calmer)] {
            let answer = post(&server, path, body).await;
            answer.expect_problem(404, "not-found");
        }
        let garbage = post(&server, LEVELS, &json!({})).await;
        garbage.expect_problem(404, "not-found");
    }
    assert_eq!(server.app.people.current().targets.version, 1);
    server.cookie = None;
    server
        .get(LEVELS)
        .await
        .expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn open_incidents_follow_a_new_matrix_as_it_was_foreseen() {
    let server = demo("admin@demo").await;
    let (before, held_before) = (rows(&server).await, held(&server).await);
    let urgent = of(&before, Priority::P1);
    assert!(urgent > 0 && held_before.history.is_empty());
    let calmer = calmer(&held_before);
    let answer = post(&server, "/settings/levels/check", &calmer).await;
    let checked: LevelsChecked = serde_json::from_slice(&answer.body).expect("checked");
    let effect = checked.effect.expect("nothing is wrong");
    assert_eq!(effect.open, before.len());
    assert_eq!(effect.moved, [(Priority::P1, Priority::P2, urgent)]);
    assert_eq!(rows(&server).await, before, "asking changes nothing");

    let answer = post(&server, LEVELS, &saved(1, &calmer, "open")).await;
    assert_eq!(answer.status, StatusCode::OK);
    settings::renew(&server.app).await.expect("rows follow");
    let after = rows(&server).await;
    assert_eq!(of(&after, Priority::P1), 0);
    assert!(after.iter().all(|row| row.edition == 2));
    let held = held(&server).await;
    assert_eq!((held.version, held.history.len()), (2, 1));
    let again = settings::renew(&server.app).await.expect("it looks");
    assert_eq!(again, 0, "everything has followed");
}

#[tokio::test]
async fn what_is_for_new_incidents_leaves_open_ones_alone() {
    let server = demo("admin@demo").await;
    let before = rows(&server).await;
    let calmer = calmer(&held(&server).await);
    post(&server, LEVELS, &saved(1, &calmer, "new")).await;
    settings::renew(&server.app).await.expect("nothing follows");
    assert_eq!(rows(&server).await, before);
    let directory = server.app.people.current();
    assert_eq!(
        directory.matrix.priority(Level::High, Level::High),
        Priority::P2
    );
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_with_everything_that_is_wrong() {
    let server = demo("admin@demo").await;
    let mut levels = serde_json::to_value(held(&server).await.levels).expect("JSON");
    levels["matrix"]["high"]["high"] = json!("P4");
    levels["warning_percent"] = json!(100);
    levels["calendars"] = json!([{
        "id": "office", "name": "Office", "zone": "Middle/Earth",
        "week": {"monday": "08:00-17:00"},
    }]);
    let answer = post(&server, LEVELS, &saved(1, &levels, "open")).await;
    assert_eq!(
        answer.json()["wrong"]["faults"],
        json!([
            {"falls": {"impact": "high", "urgency": "high"}},
            "percent",
            {"calendar": {"place": 0, "wrong": "zone"}},
        ])
    );
    assert_eq!(held(&server).await.version, 1);
}

#[tokio::test]
async fn of_two_who_change_the_same_version_the_second_is_told() {
    let server = demo("admin@demo").await;
    let first = calmer(&held(&server).await);
    let answer = post(&server, LEVELS, &saved(1, &first, "open")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let mut second = first.clone();
    second["warning_percent"] = json!(50);
    let answer = post(&server, LEVELS, &saved(1, &second, "open")).await;
    assert_eq!(answer.json()["changed"]["version"], json!(2));
    let answer = post(&server, LEVELS, &saved(2, &second, "open")).await;
    assert_eq!(answer.json()["saved"]["version"], json!(3));
    let again = post(&server, LEVELS, &saved(3, &second, "open")).await;
    assert_eq!(
        again.json()["saved"]["version"],
        json!(3),
        "nothing is new in it"
    );
}

#[tokio::test]
async fn nobody_is_told_of_what_a_change_makes_late() {
    let server = demo("admin@demo").await;
    sla::tick(&server.app).await.expect("it ticks");
    let count = async || {
        let counts = server.app.store.count_effects().await.expect("counts");
        counts.iter().map(|counted| counted.count).sum::<u64>()
    };
    let told = count().await;
    let mut levels = serde_json::to_value(held(&server).await.levels).expect("JSON");
    for priority in ["P1", "P2", "P3", "P4"] {
        let target = json!({"response_minutes": 1, "resolution_minutes": 1});
        levels["promised"][priority]["target"] = target;
    }
    post(&server, LEVELS, &saved(1, &levels, "open")).await;
    // The tick may come before or after the rows have followed.
    sla::tick(&server.app).await.expect("it ticks");
    settings::renew(&server.app).await.expect("rows follow");
    server.app.clock.advance(24 * HOUR);
    sla::tick(&server.app).await.expect("it ticks");
    assert_eq!(count().await, told);
}

#[tokio::test]
async fn whoever_is_concerned_is_told_of_what_comes_due_after_a_change() {
    let server = demo("admin@demo").await;
    sla::tick(&server.app).await.expect("it ticks");
    let told = async || {
        let counts = server.app.store.count_effects().await.expect("counts");
        counts.iter().map(|counted| counted.count).sum::<u64>()
    };
    let (before, rows) = (told().await, rows(&server).await);
    let oldest = rows.iter().map(|row| row.created_at).min().expect("rows");
    let minutes = server.app.clock.now().since(oldest) / 60_000 + 60;
    let mut levels = serde_json::to_value(held(&server).await.levels).expect("JSON");
    for priority in ["P1", "P2", "P3", "P4"] {
        let target = json!({"response_minutes": minutes, "resolution_minutes": minutes});
        levels["promised"][priority]["target"] = target;
    }
    post(&server, LEVELS, &saved(1, &levels, "open")).await;
    // The tick comes before the rows have followed, when the first is due by now.
    server.app.clock.advance(2 * HOUR);
    sla::tick(&server.app).await.expect("it ticks");
    settings::renew(&server.app).await.expect("rows follow");
    sla::tick(&server.app).await.expect("it ticks");
    assert!(told().await > before, "the oldest is late by now");
}

#[tokio::test]
async fn what_is_over_keeps_its_hours_when_calendars_are_compiled_again() {
    let server = demo("admin@demo").await;
    let mut levels = serde_json::to_value(held(&server).await.levels).expect("JSON");
    levels["calendars"] = json!([{
        "id": "office", "name": "Office", "zone": "Europe/Amsterdam",
        "week": {"monday": "08:00-17:00"},
    }]);
    levels["promised"]["P3"]["calendar"] = json!("office");
    post(&server, LEVELS, &saved(1, &levels, "open")).await;
    let hours = || server.app.people.current().targets.hours(Priority::P3);
    let before: Vec<_> = hours().stretches().collect();
    let version = server.app.people.current().version;
    settings::extend(&server.app).await.expect("it looks");
    assert_eq!(server.app.people.current().version, version, "it lasts");
    server.app.clock.advance(2 * 366 * 24 * HOUR);
    settings::extend(&server.app).await.expect("it compiles");
    let after: Vec<_> = hours().stretches().collect();
    assert!(after.len() > before.len());
    assert_eq!(after[..before.len()], before);
}

#[tokio::test]
async fn clocks_run_in_the_hours_of_the_calendar_that_was_set() {
    let server = demo("admin@demo").await;
    let mut levels = serde_json::to_value(held(&server).await.levels).expect("JSON");
    levels["calendars"] = json!([{
        "id": "office", "name": "Office", "zone": "Europe/Amsterdam",
        "week": {"monday": "08:00-12:00, 13:00-17:00", "tuesday": "08:00–17:00"},
    }]);
    levels["promised"]["P3"]["calendar"] = json!("office");
    let answer = post(&server, "/settings/levels/check", &levels).await;
    assert_eq!(answer.json()["week_minutes"], json!([17 * 60]));
    let answer = post(&server, LEVELS, &saved(1, &levels, "open")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let directory = server.app.people.current();
    let calendar = directory
        .targets
        .calendar(Priority::P3)
        .expect("it is named");
    assert_eq!(calendar.zone, "Europe/Amsterdam");
    assert!(directory.targets.calendar(Priority::P1).is_none());
    let held = held(&server).await;
    assert_eq!(held.levels.calendars[0].name, "Office", "as it was written");
}

#[tokio::test]
async fn it_is_foreseen_what_will_be_missing_and_of_what_people_will_be_reminded() {
    let server = demo("admin@demo").await;
    let (rows, mut levels) = (rows(&server).await, held(&server).await.levels);
    levels.gates.insert(Gate::Diagnosis);
    let reminding = Reminding {
        every_days: 2,
        calendar: None,
        resolves_after: None,
    };
    levels.reminding.insert(HoldReason::Caller, reminding);
    let body = serde_json::to_value(&levels).expect("JSON");
    let answer = post(&server, "/settings/levels/check", &body).await;
    let checked: LevelsChecked = serde_json::from_slice(&answer.body).expect("checked");
    let effect = checked.effect.expect("nothing is wrong");
    let waiting = rows.iter().filter(|row| row.waits_for(HoldReason::Caller));
    assert_eq!(effect.lacking, rows.len(), "nobody has written a diagnosis");
    assert_eq!(effect.reminded, waiting.count());
    assert!(effect.reminded > 0);

    post(&server, LEVELS, &saved(1, &body, "open")).await;
    settings::renew(&server.app).await.expect("rows follow");
    let answer = post(&server, "/settings/levels/check", &body).await;
    let checked: LevelsChecked = serde_json::from_slice(&answer.body).expect("checked");
    let effect = checked.effect.expect("nothing is wrong");
    assert_eq!(
        (effect.lacking, effect.reminded),
        (0, 0),
        "it is so already"
    );
}

/// These levels, with resolved incidents closing after some days.
fn closing(held: &LevelsHeld, days: u16) -> Value {
    let mut levels = held.levels.clone();
    let calendar = None;
    levels.closing = Some(Closing { days, calendar });
    serde_json::to_value(levels).expect("JSON")
}

/// When something happened last to each resolved incident.
async fn resolved(server: &Server) -> Vec<UnixMillis> {
    let mut view = server.app.store.view().await.expect("a view");
    let resolved = view.resolved(None, 1_000).await.expect("rows");
    resolved.into_iter().map(|(at, _)| at).collect()
}

async fn letters(server: &Server) -> u64 {
    let counts = server.app.store.count_effects().await.expect("counts");
    counts.iter().map(|counted| counted.count).sum()
}

#[tokio::test]
async fn what_is_resolved_closes_once_nobody_has_said_a_word_for_so_many_days() {
    const DAY: i64 = 24 * HOUR;
    let server = demo("admin@demo").await;
    assert_eq!(sync::close(&server.app).await.expect("it looks"), 0);
    let (rested, now) = (resolved(&server).await, server.app.clock.now());
    let days = now.since(rested[rested.len() / 2]) / DAY;
    let days = u16::try_from(days).expect("a few days").max(1);
    let is_due = |at: &&UnixMillis| now.since(**at) >= i64::from(days) * DAY;
    let due = rested.iter().filter(is_due).count();
    assert!(due > 0 && due < rested.len(), "{due} of {}", rested.len());

    let levels = closing(&held(&server).await, days);
    let answer = post(&server, "/settings/levels/check", &levels).await;
    let checked: LevelsChecked = serde_json::from_slice(&answer.body).expect("checked");
    assert_eq!(checked.effect.expect("nothing is wrong").closes, due);
    let told = letters(&server).await;
    post(&server, LEVELS, &saved(1, &levels, "open")).await;
    // Saving looks for what is due by itself, too.
    sync::close(&server.app).await.expect("they close");
    let left = rested.len() - due;
    assert_eq!(resolved(&server).await.len(), left);
    assert_eq!(
        letters(&server).await,
        told,
        "nobody is told of what had rested"
    );

    server.app.clock.advance(i64::from(days) * DAY);
    assert_eq!(sync::close(&server.app).await.expect("they close"), left);
    assert!(
        letters(&server).await > told,
        "those who reported them are told"
    );
    assert_eq!(resolved(&server).await, []);
    assert_eq!(sync::close(&server.app).await.expect("it looks"), 0);
}

#[tokio::test]
async fn a_closing_that_makes_no_sense_is_refused() {
    let server = demo("admin@demo").await;
    let held = held(&server).await;
    for (days, calendar, fault) in [
        (0, None, "closing_days"),
        (366, None, "closing_days"),
        (5, Some("nowhere"), "no_closing_calendar"),
    ] {
        let mut levels = closing(&held, 5);
        levels["closing"] = json!({"days": days, "calendar": calendar});
        let answer = post(&server, LEVELS, &saved(1, &levels, "open")).await;
        assert_eq!(answer.json()["wrong"]["faults"], json!([fault]), "{days}");
    }
    assert_eq!(server.app.people.current().targets.closing, None);
}
