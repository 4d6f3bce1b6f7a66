//! The demo's store.

use axum::http::StatusCode;
use server::config::{Mode, Sources};
use server::demo;

use crate::support::Server;

#[tokio::test]
async fn the_demo_is_seeded_once_and_its_accounts_sign_in() {
    let mut server = Server::empty(Sources::default(), Mode::Demo).await;
    demo::seed(&server.app)
        .await
        .expect("the sample data can be written");
    let mut view = server.app.store.view().await.expect("the store answers");
    let head = view.log().await.expect("there is a log").head;
    drop(view);
    demo::seed(&server.app)
        .await
        .expect("seeding again is nothing");
    let mut view = server.app.store.view().await.expect("the store answers");
    assert_eq!(view.log().await.expect("there is a log").head, head);
    drop(view);

    for (login, surface) in [
        ("user@demo", "portal"),
        ("technician@demo", "console"),
        ("agent@demo", "console"),
        ("incident-manager@demo", "console"),
        ("manager@demo", "console"),
        ("admin@demo", "console"),
    ] {
        let answer = server.sign_in_to(surface, login, "demo").await;
        assert_eq!(answer.status, StatusCode::OK, "{login}");
    }
    let notice = server
        .app
        .people
        .current()
        .notice
        .clone()
        .unwrap_or_default();
    assert!(notice.contains("replay a real ServiceNow log"), "{notice}");
}
