//! Signing in and out on a plain page, and on from there with all that was typed.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use shared::ids::IncidentId;
use shared::incidents::PlainReport;

use super::forms::Fields;
use super::pages::Typed;
use super::{Desk, Session, check_token, html, see, show, signed_in, words};
use crate::App;
use crate::auth;
use crate::error::ApiError;

/// A page that somebody can be on the way to. Nothing else is gone to after signing in, so that no
/// link leads through our sign-in to another site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    #[default]
    Home,
    Report,
    Incident(IncidentId),
}

impl Place {
    /// The page of an incident; the first page when there can be no such incident.
    pub(super) fn of_incident(id: &str) -> Self {
        id.parse().map_or(Self::Home, Self::Incident)
    }

    fn read(name: &str) -> Self {
        match name {
            "report" => Self::Report,
            id => Self::of_incident(id),
        }
    }

    /// How a form names it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Home => String::new(),
            Self::Report => "report".to_owned(),
            Self::Incident(id) => id.to_string(),
        }
    }

    fn address(self) -> String {
        match self {
            Self::Home => "/?plain".to_owned(),
            Self::Report => "/report?plain".to_owned(),
            Self::Incident(id) => format!("/incidents/{id}?plain"),
        }
    }
}

/// Where somebody was going who has to sign in first, and what they had typed.
#[derive(Debug, Default)]
pub(super) struct Onward {
    pub(super) place: Place,
    pub(super) answers: PlainReport,
    pub(super) text: String,
}

impl Onward {
    pub(super) fn to(place: Place) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }

    fn read(fields: &Fields) -> Self {
        Self {
            place: Place::read(fields.get("to")),
            answers: fields.answers(),
            text: fields.text("text"),
        }
    }

    /// All that was typed, to be read.
    pub(super) fn typed(&self) -> String {
        let PlainReport {
            subject,
            description,
            asset,
            contact,
            category: _,
        } = &self.answers;
        let all = [subject, description, asset, contact, &self.text].map(String::as_str);
        let typed: Vec<_> = all.into_iter().filter(|text| !text.is_empty()).collect();
        typed.join("\n\n")
    }
}

/// Asks for a sign-in that leads on.
pub(super) async fn ask(app: Arc<App>, headers: &HeaderMap, onward: Onward) -> Response {
    let desk = Desk::of(app, headers, None).await;
    html(StatusCode::UNAUTHORIZED, desk.frame().sign_in("", &onward))
}

pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let mut fields = Fields::read(&body);
    let (login, password) = (fields.take("login"), fields.take("password"));
    let onward = Onward::read(&fields);
    let peer = address.map(|Extension(ConnectInfo(address))| address.ip());
    let entered = auth::enter_portal(&app, &headers, peer, login.trim(), password).await;
    let desk = Desk::of(Arc::clone(&app), &headers, None).await;
    let (fault, wait) = match entered {
        Ok((session, cookie)) => {
            let desk = Desk::of(app, &headers, Some(&session)).await;
            let mut response = go_on(&desk, &session, onward).await?;
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            return Ok(response);
        }
        Err(ApiError::WrongSignIn) => (words::t("signin.wrong", desk.language), None),
        Err(ApiError::TooManyAttempts {
            retry_after_seconds,
        }) => {
            let fault = words::t("plain.too_often", desk.language);
            (fault, Some(retry_after_seconds))
        }
        Err(error) => return Err(error),
    };
    let page = desk.frame().sign_in(fault, &onward);
    let Some(seconds) = wait else {
        return Ok(html(StatusCode::UNAUTHORIZED, page));
    };
    let mut response = html(StatusCode::TOO_MANY_REQUESTS, page);
    let wait = HeaderValue::from(seconds);
    response.headers_mut().insert(header::RETRY_AFTER, wait);
    Ok(response)
}

/// The page that somebody was on the way to, with what they had typed in its form again.
async fn go_on(
    desk: &Desk,
    session: &auth::SignedIn,
    onward: Onward,
) -> Result<Response, ApiError> {
    if onward.typed().is_empty() {
        return Ok(see(&onward.place.address()));
    }
    let fault = words::t("plain.again", desk.language);
    if let Place::Incident(id) = onward.place {
        let typed = Typed {
            text: onward.text,
            fault: fault.to_owned(),
        };
        return show(desk, &session.person, &id.to_string(), &typed).await;
    }
    let page = desk
        .frame()
        .report(&session.person, desk.fresh(), &onward.answers, fault);
    Ok(html(StatusCode::OK, page))
}

pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    session: Session,
    body: Bytes,
) -> Result<Response, ApiError> {
    let session = signed_in(session)?;
    check_token(session.as_ref(), &Fields::read(&body))?;
    let cookie = auth::leave(&app, &headers).await?;
    let mut response = see("/?plain");
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_page_but_ours() {
        let bad = [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "x\r\nA: b",
            "incidents",
        ];
        for name in bad {
            assert_eq!(Place::read(name), Place::Home);
        }
        let id = IncidentId::new(shared::time::UnixMillis(7), [0; 10]);
        for place in [Place::Home, Place::Report, Place::Incident(id)] {
            assert_eq!(Place::read(&place.name()), place);
        }
    }
}
