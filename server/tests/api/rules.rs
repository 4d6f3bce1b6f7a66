//! The rules for what is declared: who may set them, what is refused, what they would have done.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use serde_json::{Value, json};
use server::config::{Mode, Sources};
use server::{demo, sync};
use shared::incidents::{Priority, State};
use shared::rows::{Row, unpack_one};
use shared::rules::{RulesChecked, RulesHeld};

use crate::portal::report;
use crate::support::{Answer, Server};

const RULES: &str = "/settings/rules";

/// The sample organisation, with an administrator signed in at the console.
async fn sample() -> Server {
    let mut server = Server::empty(Sources::default(), Mode::Demo).await;
    demo::seed(&server.app).await.expect("sample data");
    let answer = server.sign_in("admin@demo", "demo").await;
    assert_eq!(answer.status, StatusCode::OK);
    server
}

async fn post(server: &Server, path: &str, body: &Value) -> Answer {
    let request = server.request(Method::POST, path);
    let request = request.header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_string()));
    server.send(request.expect("a request")).await
}

async fn held(server: &Server) -> RulesHeld {
    let answer = server.get(RULES).await;
    assert_eq!(answer.status, StatusCode::OK);
    serde_json::from_slice(&answer.body).expect("what holds")
}

fn rule(id: u32, condition: &str, group: &str) -> Value {
    json!({
        "id": id, "name": format!("Rule {id}"), "is_on": true,
        "applies": {"to": condition}, "gives": {"group": group},
    })
}

fn saved(base: u32, rules: &[Value]) -> Value {
    json!({"base": base, "rules": rules})
}

#[tokio::test]
async fn nobody_but_an_administrator_at_the_console_finds_rules() {
    let mut server = sample().await;
    let rules = [rule(1, "vpn", "network")];
    for (surface, login) in [("console", "manager@demo"), ("portal", "admin@demo")] {
        let answer = server.sign_in_to(surface, login, "demo").await;
        assert_eq!(answer.status, StatusCode::OK);
        for path in [RULES, "/settings/rules/1"] {
            server.get(path).await.expect_problem(404, "not-found");
        }
        let (save, check) = (saved(0, &rules), json!(rules));
        let bodies = [
            (RULES, &save),
            ("/settings/rules/check", &check),
            (RULES, &json!({})),
        ];
        for (path, body) in bodies {
            let answer = post(&server, path, body).await;
            answer.expect_problem(404, "not-found");
        }
    }
    server.sign_in("admin@demo", "demo").await;
    assert_eq!(held(&server).await, RulesHeld::default());
    server.cookie = None;
    let nobody = server.get(RULES).await;
    nobody.expect_problem(401, "not-signed-in");
}

#[tokio::test]
async fn what_is_saved_is_a_version_and_of_two_the_second_is_told() {
    let server = sample().await;
    let first = [rule(1, "vpn", "network")];
    let answer = post(&server, RULES, &saved(0, &first)).await;
    assert_eq!(answer.json()["saved"]["version"], json!(1));
    let second = [rule(1, "vpn", "network"), rule(2, "paper", "field")];
    let late = post(&server, RULES, &saved(0, &second)).await;
    assert_eq!(late.json()["changed"]["version"], json!(1));
    let answer = post(&server, RULES, &saved(1, &second)).await;
    assert_eq!(answer.json()["saved"]["version"], json!(2));
    let again = post(&server, RULES, &saved(0, &second)).await;
    assert_eq!(
        again.json()["saved"]["version"],
        json!(2),
        "nothing is new in it"
    );
    let server = server.restarted().await;
    let held = held(&server).await;
    assert_eq!((held.version, held.rules.len()), (2, 2));
    let counts: Vec<_> = held.history.iter().map(|one| one.count).collect();
    assert_eq!(counts, [2, 1]);
    let earlier = server.get("/settings/rules/1").await;
    assert_eq!(earlier.json()[0]["name"], json!("Rule 1"));
    let none = server.get("/settings/rules/3").await;
    none.expect_problem(404, "not-found");
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_with_everything_that_is_wrong() {
    let server = sample().await;
    let mut wrong = rule(3, "assignee:me state:open", "network");
    wrong["gives"]["watchers"] = json!([9_999]);
    let rules = [
        rule(1, "", "network"),
        rule(2, "site:asm", "typewriters"),
        wrong,
        rule(4, "vpn", "network"),
        rule(5, "VPN", "field"),
    ];
    let answer = post(&server, RULES, &saved(0, &rules)).await;
    let of = |place: usize, wrong: Value| json!({"rule": {"place": place, "wrong": wrong}});
    let misspelt = json!({"unread": {
        "place": {"start": 0, "end": 8}, "what": {"name": "site"}, "instead": "site:ams",
    }});
    let early = json!({"too_early": {"place": {"start": 12, "end": 22}, "field": "state"}});
    let nobodys = json!({"nobodys": {"place": {"start": 0, "end": 11}}});
    assert_eq!(
        answer.json()["wrong"]["faults"],
        json!([
            of(0, json!("no_condition")),
            of(1, misspelt),
            of(1, json!("no_group")),
            of(2, nobodys),
            of(2, early),
            of(2, json!({"no_watcher": 9_999})),
            of(4, json!({"never": {"earlier": "Rule 4"}})),
        ])
    );
    assert_eq!(held(&server).await.version, 0);
    let many: Vec<_> = (1..=101).map(|id| rule(id, "vpn", "network")).collect();
    let answer = post(&server, RULES, &saved(0, &many)).await;
    assert_eq!(answer.json()["wrong"]["faults"], json!(["too_many"]));
    let long = "x".repeat(2 * 1_024 * 1_024);
    let answer = post(&server, RULES, &saved(0, &[rule(1, &long, "field")])).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let odd = post(&server, RULES, &json!({"base": -1, "rules": 7})).await;
    assert!(odd.status.is_client_error());
}

/// The rows of all incidents, as staff sees them.
async fn rows(server: &Server) -> Vec<Row> {
    let mut view = server.app.store.view().await.expect("a view");
    let rows = view.opened_rows(None, 5_000).await.expect("rows");
    let rows = rows.iter().map(|(_, row)| unpack_one(row).expect("a row"));
    rows.collect()
}

#[tokio::test]
async fn a_dry_run_says_what_rules_would_have_done_and_changes_nothing() {
    let server = sample().await;
    let before = rows(&server).await;
    let mut all = rule(2, "", "service-desk");
    all["applies"] = json!("to_all");
    all["gives"]["priority"] = json!("P2");
    let rules = json!([rule(1, "network", "network"), all]);
    let answer = post(&server, "/settings/rules/check", &rules).await;
    let checked: RulesChecked = serde_json::from_slice(&answer.body).expect("checked");
    let tried = checked.tried.expect("nothing is wrong");
    assert_eq!(tried.looked, before.len());
    assert_eq!(tried.since, before.last().map(|row| row.created_at));
    let [network, all] = &tried.rules[..] else {
        panic!("{tried:?}");
    };
    assert_eq!((all.answers, all.decides), (before.len(), before.len()));
    assert!(network.answers > 0 && network.answers < before.len());
    assert!(network.decides <= network.answers && network.agrees <= network.resolved);
    assert_eq!(all.examples.len(), 10);
    let newest: Vec<_> = all.examples.iter().map(|one| one.incident).collect();
    let latest: Vec<_> = before.iter().map(|row| row.id).take(10).collect();
    assert_eq!(newest, latest);
    assert!(
        all.examples
            .iter()
            .all(|one| one.gives.priority == Some(Priority::P2))
    );
    let over = before
        .iter()
        .filter(|row| matches!(row.state, State::Resolved | State::Closed) && row.group.is_some());
    assert!(network.resolved + all.resolved <= over.count());
    assert_eq!(rows(&server).await, before, "asking changes nothing");
    let wrong = json!([rule(1, "site:asm", "network")]);
    let answer = post(&server, "/settings/rules/check", &wrong).await;
    assert_eq!(answer.json()["tried"], Value::Null);
}

#[tokio::test]
async fn what_is_reported_without_scripts_is_decided_on_and_sample_data_is_not() {
    let mut server = sample().await;
    let mut all = rule(1, "", "field");
    all["applies"] = json!("to_all");
    post(&server, RULES, &saved(0, &[all])).await;
    let before = rows(&server).await;
    assert_eq!(sync::rule(&server.app).await.expect("it decides"), 0);
    assert_eq!(rows(&server).await, before);
    server.sign_in_to("portal", "user@demo", "demo").await;
    report(&server, "Paper jam on the second floor", "").await;
    assert_eq!(sync::rule(&server.app).await.expect("it decides"), 1);
    let after = rows(&server).await;
    let new = after
        .iter()
        .find(|row| row.subject.starts_with("Paper jam on"));
    assert_eq!(new.and_then(|row| row.group.clone()), Some("field".into()));
}
