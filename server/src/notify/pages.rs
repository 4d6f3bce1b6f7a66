//! `/demo/mail`: the letters that the demo caught, as pages without a script.
//!
//! A letter's HTML is a page of its own, shown in a frame that may only open others beside it, as
//! no page of ours is shown inside one; its policy allows the styles that mail needs, and neither
//! scripts nor anything from elsewhere.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::caught::CaughtLetter;
use crate::App;
use crate::config::Mode;
use crate::error::ApiError;
use crate::text::{escaped, moment};

const STYLE: &str = concat!(
    include_str!("../../../public/style/tokens.css"),
    include_str!("../../../public/style/base.css"),
    include_str!("pages.css"),
);

const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const LETTER_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'; \
    sandbox allow-popups allow-popups-to-escape-sandbox";

const SANDBOX: &str = "allow-popups allow-popups-to-escape-sandbox";

const HTML: &str = "text/html; charset=utf-8";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/demo/mail", get(list))
        .route("/demo/mail.css", get(style))
        .route("/demo/mail/{id}", get(one))
        .route("/demo/mail/{id}/html", get(html))
}

/// Only a demo that catches its mail has these pages.
fn check_catches(app: &App) -> Result<(), ApiError> {
    if app.config.mode == Mode::Demo && app.config.smtp.is_none() {
        Ok(())
    } else {
        Err(ApiError::NotFound)
    }
}

fn find(app: &App, id: &str) -> Result<Arc<CaughtLetter>, ApiError> {
    check_catches(app)?;
    let id = id.parse().map_err(|_| ApiError::NotFound)?;
    app.caught.one(id).ok_or(ApiError::NotFound)
}

async fn style(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    check_catches(&app)?;
    Ok(([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response())
}

async fn list(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    check_catches(&app)?;
    let counts = app.store.count_effects().await?;
    let under_way = ["waiting", "claimed", "begun"];
    let waiting = counts
        .iter()
        .filter(|one| under_way.contains(&one.state.as_str()));
    let waiting: u64 = waiting.map(|one| one.count).sum();
    let letters = app.caught.all();
    let mut main = format!(
        "<header><h1>Caught mail</h1><a class=\"plain\" href=\"/demo/mail\">Look again</a></header>\n\
         <p class=\"soft\">The demo sends nothing: what would leave is kept here until it ends. \
         Mail waits {} seconds, so that an act can be undone.</p>\n",
        app.config.notify_wait_seconds
    );
    if waiting > 0 {
        let letters = if waiting == 1 {
            "letter waits"
        } else {
            "letters wait"
        };
        let _ = writeln!(
            main,
            "<p class=\"waiting\" role=\"status\">{waiting} {letters} to leave.</p>"
        );
    }
    if letters.is_empty() {
        main.push_str(
            "<p class=\"empty\">No mail yet. Reply to an incident in the \
             <a href=\"/console\">console</a>: its requester gets a letter.</p>\n",
        );
    } else {
        main.push_str("<ol class=\"letters\">\n");
        main.extend(letters.iter().map(|letter| entry(letter)));
        main.push_str("</ol>\n");
    }
    Ok(page("Caught mail", &main))
}

fn entry(letter: &CaughtLetter) -> String {
    format!(
        "<li><a href=\"/demo/mail/{}\"><span class=\"to\">{}</span>\
         <time>{}</time><b dir=\"auto\">{}</b><span class=\"soft\" dir=\"auto\">{}</span></a></li>\n",
        letter.id,
        escaped(&letter.to),
        moment(letter.at, "en"),
        escaped(&letter.heading),
        escaped(&letter.subject),
    )
}

async fn one(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let letter = find(&app, &id)?;
    let CaughtLetter {
        id,
        to,
        subject,
        headers,
        text,
        ..
    } = &*letter;
    let (to, title) = (escaped(to), escaped(subject));
    let (headers, text) = (escaped(headers), escaped(text));
    let main = format!(
        "<header><a class=\"plain\" href=\"/demo/mail\">‹ All mail</a></header>\n\
         <h1 dir=\"auto\">{title}</h1>\n<p class=\"soft\">To {to} · {}</p>\n\
         <iframe sandbox=\"{SANDBOX}\" title=\"The letter\" src=\"/demo/mail/{id}/html\"></iframe>\n\
         <details><summary>As plain text</summary><pre dir=\"auto\">{text}</pre></details>\n\
         <details><summary>Headers</summary><pre>{headers}</pre></details>\n",
        moment(letter.at, "en")
    );
    Ok(page(&title, &main))
}

async fn html(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let letter = find(&app, &id)?;
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CONTENT_SECURITY_POLICY, LETTER_POLICY),
    ];
    let beside = "<a target=\"_blank\" rel=\"noopener\" ";
    Ok((headers, letter.html.replace("<a ", beside)).into_response())
}

fn page(title: &str, main: &str) -> Response {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} – Holdfast demo</title>\n\
         <link rel=\"stylesheet\" href=\"/demo/mail.css\">\n\
         </head>\n<body>\n<main class=\"mail\">\n{main}</main>\n</body>\n</html>\n"
    );
    let headers = [
        (header::CONTENT_TYPE, HTML),
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    ];
    (headers, page).into_response()
}
