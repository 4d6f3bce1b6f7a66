//! The portal: its page, and the same on plain pages for browsers without scripts.
//!
//! # Design
//! Question: how does a browser without scripts get on? Answer: every page of the portal is also
//! there under its own address with `?plain`, made here; the page with scripts leads there by
//! `noscript`, and by a link when it cannot start. So addresses that people share fit both.
//! Rejected: pages made here that scripts take over, which would have to be made twice alike.
//!
//! A form is believed when its `Origin` is ours (or it has none, as in old browsers) and it carries
//! the token of its session.

mod entry;
mod failures;
mod forms;
mod pages;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use shared::ids::{DocKind, IncidentId};
use shared::incidents::{Incident, Intent, PlainReport, Refused, Requester};
use shared::people::{Directory, Person, Scope};
use shared::rows::{self, Row, unpack_one};
use shared::sync::Seq;
use shared::sync::server::Older;

use crate::App;
use crate::auth::SignedIn;
use crate::client;
use crate::error::ApiError;
use crate::requests::Plain;
use crate::sync::{Deed, Public, act, public};
use entry::{Onward, Place};
use forms::Fields;
use pages::{Frame, Opened, Typed};
use words::Language;

pub(crate) use failures::Reader;

/// A person has this many reports on a page at most.
const REPORTS_MAX: u32 = 100;

/// Where forms are sent; [`crate::requests`] lets them through without the header of our scripts.
pub(crate) fn takes_forms(path: &str) -> bool {
    matches!(path, "/sign-in" | "/sign-out" | "/report") || path.starts_with("/incidents/")
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(home))
        .route("/incidents", get(home))
        .route("/report", get(report).post(send_report))
        .route("/incidents/{id}", get(incident).post(send_act))
        .route("/sign-in", post(entry::sign_in))
        .route("/sign-out", post(entry::sign_out))
        .layer(DefaultBodyLimit::max(forms::BODY_BYTES_MAX))
}

type Session = Result<SignedIn, ApiError>;

/// The page with scripts, unless the plain one is asked for or the client is not built.
async fn full_page(app: &App, query: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let is_plain = query.is_some_and(|query| query.split('&').any(|part| part == "plain"));
    if is_plain {
        return None;
    }
    client::portal(app, headers).await
}

/// Everything that a plain page is made with.
struct Desk {
    app: Arc<App>,
    directory: Arc<Directory>,
    style: Option<String>,
    language: Language,
    token: String,
}

impl Desk {
    async fn of(app: Arc<App>, headers: &HeaderMap, session: Option<&SignedIn>) -> Self {
        let wishes = headers.get(header::ACCEPT_LANGUAGE);
        let wishes = wishes.and_then(|value| value.to_str().ok());
        let language = match session {
            Some(session) => Language::of(&session.person.language),
            None => Language::of(wishes.unwrap_or_default()),
        };
        Self {
            directory: app.people.current(),
            style: client::portal_style(&app).await,
            language,
            token: session.map_or_else(String::new, |session| forms::token(session.session_id)),
            app,
        }
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            language: self.language,
            style: self.style.as_deref(),
            directory: &self.directory,
            token: &self.token,
        }
    }

    /// A name for what the next form makes.
    fn fresh(&self) -> IncidentId {
        IncidentId::new(self.app.clock.now(), self.app.random.bytes())
    }
}

fn html(status: StatusCode, page: String) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = (status, [(header::CONTENT_TYPE, kind)], page).into_response();
    response.extensions_mut().insert(Plain);
    response
}

/// After a form the browser asks for a page, which it can ask for again without harm.
fn see(address: &str) -> Response {
    let address = HeaderValue::from_str(address).expect("our own address in ASCII");
    (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response()
}

async fn home(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, ApiError> {
    let entered = enter(app, query.as_deref(), &headers, session, Place::Home).await?;
    let (desk, me) = match entered {
        Entered::In(desk, me) => (desk, me),
        Entered::Instead(page) => return Ok(page),
    };
    let before = query.as_deref().and_then(before);
    let (rows, older) = own_rows(&desk.app, &me, before).await?;
    let page = desk.frame().home(&me, &rows, older);
    Ok(html(StatusCode::OK, page))
}

async fn report(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, ApiError> {
    let entered = enter(app, query.as_deref(), &headers, session, Place::Report).await?;
    let (desk, me) = match entered {
        Entered::In(desk, me) => (desk, me),
        Entered::Instead(page) => return Ok(page),
    };
    let page = desk
        .frame()
        .report(&me, desk.fresh(), &PlainReport::default(), "");
    let mut response = html(StatusCode::OK, page);
    // The browser's way back leads to this very form, so that sending it again is no second report.
    let kept = HeaderValue::from_static("private, no-cache");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(response)
}

async fn incident(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    Path(id): Path<String>,
    headers: HeaderMap,
    session: Session,
) -> Result<Response, ApiError> {
    let entered = enter(
        app,
        query.as_deref(),
        &headers,
        session,
        Place::of_incident(&id),
    )
    .await?;
    let (desk, me) = match entered {
        Entered::In(desk, me) => (desk, me),
        Entered::Instead(page) => return Ok(page),
    };
    show(&desk, &me, &id, &Typed::default()).await
}

/// Who asks for a page gets a desk to make it at, or another page instead.
enum Entered {
    In(Desk, Box<Person>),
    Instead(Response),
}

async fn enter(
    app: Arc<App>,
    query: Option<&str>,
    headers: &HeaderMap,
    session: Session,
    place: Place,
) -> Result<Entered, ApiError> {
    if let Some(page) = full_page(&app, query, headers).await {
        return Ok(Entered::Instead(page));
    }
    let Some(session) = signed_in(session)? else {
        let page = entry::ask(app, headers, Onward::to(place)).await;
        return Ok(Entered::Instead(page));
    };
    let desk = Desk::of(app, headers, Some(&session)).await;
    Ok(Entered::In(desk, Box::new(session.person)))
}

/// Nobody is an answer; a server that failed is not.
fn signed_in(session: Session) -> Result<Option<SignedIn>, ApiError> {
    match session {
        Ok(session) => Ok(Some(session)),
        Err(ApiError::NotSignedIn | ApiError::Wipe) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A form of another site, or of another session, is not believed. Whoever signed in again in
/// another tab is shown what they typed in a form of the new session, which only they can send.
fn check_token(session: Option<&SignedIn>, fields: &Fields) -> Result<(), ApiError> {
    let expected = session.map(|session| forms::token(session.session_id));
    match expected {
        Some(expected) if expected != fields.get("token") => Err(ApiError::CrossSite),
        Some(_) | None => Ok(()),
    }
}

async fn send_report(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    session: Session,
    body: Bytes,
) -> Result<Response, ApiError> {
    let fields = Fields::read(&body);
    let answers = fields.answers();
    let Some(session) = signed_in(session)? else {
        let onward = Onward {
            answers,
            ..Onward::to(Place::Report)
        };
        return Ok(entry::ask(app, &headers, onward).await);
    };
    let desk = Desk::of(Arc::clone(&app), &headers, Some(&session)).await;
    if check_token(Some(&session), &fields).is_err() {
        let fault = words::t("plain.again", desk.language);
        let page = desk
            .frame()
            .report(&session.person, desk.fresh(), &answers, fault);
        return Ok(html(StatusCode::FORBIDDEN, page));
    }
    let me = session.person;
    let key = fields.get("key").parse().unwrap_or_else(|_| desk.fresh());
    let intent = Intent::Declare(answers.declare(&me));
    let (id, drafted) = forms::drafted(key, intent, me.id, app.clock.now());
    let deed = Deed {
        drafted,
        person: me.clone(),
        incident: id,
        seen: Vec::new(),
    };
    match act(&app, deed).await {
        Ok(Ok(())) => Ok(see(&format!("/incidents/{id}?plain"))),
        Err(error) => {
            // Under the same name, since it may have been written all the same.
            let fault = failures::sentence(&error, desk.language);
            let page = desk.frame().report(&me, key, &answers, fault);
            Ok(failures::excuse(error, page))
        }
        Ok(Err(refused)) => {
            let fault = if matches!(refused, Refused::Empty { .. }) {
                words::t("portal.no_subject", desk.language).to_owned()
            } else {
                let typed = |field: &str| match field {
                    "subject" => answers.subject.trim(),
                    "description" => answers.description.trim(),
                    "asset" => answers.asset.trim(),
                    "contact" => answers.contact.trim(),
                    _ => "",
                };
                words::refusal(&refused, typed, desk.language)
            };
            let page = desk.frame().report(&me, desk.fresh(), &answers, &fault);
            Ok(html(StatusCode::UNPROCESSABLE_ENTITY, page))
        }
    }
}

async fn send_act(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    session: Session,
    body: Bytes,
) -> Result<Response, ApiError> {
    let fields = Fields::read(&body);
    let text = fields.text("text").trim().to_owned();
    let Some(session) = signed_in(session)? else {
        let onward = Onward {
            text,
            ..Onward::to(Place::of_incident(&id))
        };
        return Ok(entry::ask(app, &headers, onward).await);
    };
    let desk = Desk::of(Arc::clone(&app), &headers, Some(&session)).await;
    if check_token(Some(&session), &fields).is_err() {
        let fault = words::t("plain.again", desk.language).to_owned();
        return show(&desk, &session.person, &id, &Typed { text, fault }).await;
    }
    let me = session.person;
    let name = fields.get("act");
    let (Ok(incident), Ok(key)) = (id.parse::<IncidentId>(), fields.get("key").parse()) else {
        return Err(ApiError::Malformed);
    };
    let intent = forms::act(name, text.clone()).ok_or(ApiError::Malformed)?;
    let (_, drafted) = forms::drafted(key, intent, me.id, app.clock.now());
    let deed = Deed {
        drafted,
        person: me.clone(),
        incident,
        seen: fields.seen(),
    };
    match act(&app, deed).await {
        Ok(Ok(())) => Ok(see(&format!("/incidents/{incident}?plain"))),
        Err(error) => {
            let fault = failures::sentence(&error, desk.language).to_owned();
            let page = desk.frame().unsent(&me, &Typed { text, fault });
            Ok(failures::excuse(error, page))
        }
        Ok(Err(refused)) => {
            let fault = words::refusal(&refused, |_| &text, desk.language);
            show(&desk, &me, &id, &Typed { text, fault }).await
        }
    }
}

/// One incident of the person's own; what is somebody else's is answered like what is not there.
async fn show(desk: &Desk, me: &Person, id: &str, typed: &Typed) -> Result<Response, ApiError> {
    let own = match id.parse() {
        Ok(id) => own_incident(&desk.app, me, id).await?,
        Err(_) => None,
    };
    let Some((incident, frontier)) = own else {
        let about = words::t("plain.unknown", desk.language);
        let sentence = [about, &typed.text].join("\n\n");
        let page = desk.frame().sentence(Some(me), sentence.trim());
        return Ok(html(StatusCode::NOT_FOUND, page));
    };
    let row = rows::row(&incident, &desk.directory.rules());
    let opened = Opened {
        incident: &incident,
        row: &row,
        key: &desk.fresh().to_string(),
        seen: &frontier,
    };
    let status = if typed.fault.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(html(status, desk.frame().incident(me, &opened, typed)))
}

/// The place in the log that a page of older reports begins below.
fn before(query: &str) -> Option<Seq> {
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let (_, place) = fields.find(|(name, _)| name == "before")?;
    place.parse().ok().map(Seq)
}

/// The person's own reports below a place, latest first, as their requester may see them. With the
/// place that older ones are below, if there are any.
async fn own_rows(
    app: &App,
    me: &Person,
    before: Option<Seq>,
) -> Result<(Vec<Row>, Option<Seq>), ApiError> {
    let scope = Scope::Requester(me.id);
    let mut view = app.store.view().await?;
    let end = Seq(view.log().await?.head.0 + 1);
    let end = before.map_or(end, |before| before.min(end));
    let Older { places, is_all } = view.older(&scope, end, REPORTS_MAX).await?;
    let older = places.last().map(|(_, place)| *place).filter(|_| !is_all);
    let ids: Vec<_> = places.into_iter().map(|(id, _)| id).collect();
    let stored = view.rows(&ids).await?;
    let rows = stored.iter().filter_map(|row| unpack_one(&row.public).ok());
    let mut rows: Vec<_> = rows
        .filter(|row| row.requester == Requester::Person(me.id))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.updated_at.0));
    Ok((rows, older))
}

/// An incident without its internal work, and what its page shows, if it is the person's own.
async fn own_incident(
    app: &App,
    me: &Person,
    id: IncidentId,
) -> Result<Option<(Incident, String)>, ApiError> {
    let scopes = [Scope::Requester(me.id)].into();
    let mut view = app.store.view().await?;
    let head = view.log().await?.head;
    let standings = view.standings(&[id], &scopes, head).await?;
    let mut reaches = standings.iter().flat_map(|standing| &standing.reaches);
    if !reaches.any(|reach| reach.kind == DocKind::Incident && reach.until.is_none()) {
        return Ok(None);
    }
    drop(view);
    let _turn = app.keeper.turn()?;
    let Some(Public { incident, frontier }) = public(app, id).await? else {
        return Ok(None);
    };
    let is_own = incident.requester_person() == Some(me.id);
    let seen: Vec<_> = frontier.iter().map(ToString::to_string).collect();
    Ok(is_own.then(|| (incident, seen.join(" "))))
}
