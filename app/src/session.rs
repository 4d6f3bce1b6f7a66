//! Who is signed in on this page, with or without a network.
//!
//! The person last signed in is remembered, so that an offline start needs no server: the engine
//! starts at once, and the session is checked behind it. A session that ended is asked for again
//! beside the page, never instead of it. Signing out discards nothing that waits.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod sign_in;

use std::sync::Arc;

use gloo_net::http::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use shared::people::Person;
use shared::sync::message::Surface;

use crate::engine::protocol::{Call, Failure};
use crate::link::{Link, forget_beside};
use crate::text::{self, t};
use crate::ui::browser;

pub(crate) use sign_in::{SignInAgain, SignInPage};

const SIGN_OUT: &str = "holdfast.sign-out";
/// A header that a form of another site cannot send.
const OWN_PAGE: (&str, &str) = ("X-Holdfast", "1");

/// The session of this page. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Session {
    pub person: RwSignal<Option<Arc<Person>>>,
    /// Whether it is known if somebody is signed in.
    pub looked: RwSignal<bool>,
    /// The language the page is written in; the page is built anew when it changes.
    pub language: RwSignal<&'static str>,
    link: Link,
}

#[derive(Deserialize)]
struct SignedIn {
    person: Person,
    surface: Surface,
}

#[derive(Serialize)]
struct Credentials<'a> {
    login: &'a str,
    password: &'a str,
    surface: Surface,
}

/// Where the person is remembered who was last signed in on a surface.
fn slot(surface: Surface) -> &'static str {
    match surface {
        Surface::Console => "holdfast.person",
        Surface::Portal => "holdfast.portal",
    }
}

/// Whether a session will do on a surface: on the portal any, on the console one of staff.
fn will_do(signed_in: &SignedIn, surface: Surface) -> bool {
    let is_staff = signed_in.surface == Surface::Console && signed_in.person.is_staff();
    surface == Surface::Portal || is_staff
}

/// What the server says about the session.
enum Word {
    Person(Box<Person>),
    Nobody,
    NoAnswer,
}

impl Session {
    pub fn new(link: Link) -> Self {
        Self {
            person: RwSignal::new(None),
            looked: RwSignal::new(false),
            language: RwSignal::new(text::preferred(
                remembered(link.surface)
                    .as_ref()
                    .map(|person| person.language.as_str()),
            )),
            link,
        }
    }

    /// Where this page is.
    pub fn surface(self) -> Surface {
        self.link.surface
    }

    /// Starts from what the device remembers, then hears what the server says.
    pub async fn begin(self) {
        let surface = self.link.surface;
        let remembered = remembered(surface);
        if let Some(person) = remembered.clone() {
            self.enter(person);
        }
        finish_sign_out().await;
        let word = ask_server(surface).await;
        match (word, remembered) {
            (Word::Person(person), Some(before)) if person.id == before.id => self.refresh(*person),
            (Word::Person(person), before) => self.replace(before.is_some(), *person).await,
            (Word::Nobody, Some(_)) => self.link.board.sign_in_needed.set(true),
            (Word::Nobody | Word::NoAnswer, None) | (Word::NoAnswer, Some(_)) => {}
        }
        self.looked.set(true);
    }

    /// Signs in; an error is a sentence for the person.
    pub async fn sign_in(self, login: &str, password: &str) -> Result<(), String> {
        let person = post_credentials(login, password, self.link.surface).await?;
        browser::store(SIGN_OUT, None);
        let before = self.person.get_untracked();
        self.link.board.sign_in_needed.set(false);
        match before {
            Some(before) if before.id == person.id => {
                self.refresh(person);
                self.link.tell(Call::SignedIn);
            }
            before => self.replace(before.is_some(), person).await,
        }
        Ok(())
    }

    /// Signs out. What waits stays on this device, for the same person; `forget` deletes the rest,
    /// with all that lies beside it.
    pub async fn sign_out(self, forget: bool) -> Result<(), Failure> {
        let stopped = self.link.stop(forget).await;
        if let Err(failure @ Failure::StillWaiting { .. }) = stopped {
            return Err(failure);
        }
        let person = self.person.get_untracked().filter(|_| forget);
        if let Some(person) = person {
            forget_beside(self.link.surface, person.id);
        }
        browser::store(slot(self.link.surface), None);
        browser::store(SIGN_OUT, Some("1"));
        self.person.set(None);
        finish_sign_out().await;
        Ok(())
    }

    fn enter(self, person: Person) {
        let id = person.id;
        self.refresh(person);
        self.looked.set(true);
        spawn_local(async move {
            self.link.begin(id).await;
        });
    }

    /// Another person than the page knew: their database is another one.
    async fn replace(self, is_running: bool, person: Person) {
        if is_running {
            self.link.stop(false).await.ok();
        }
        self.enter(person);
    }

    /// Takes over what the directory newly says of the person, such as their roles.
    pub(crate) fn follow_directory(self) {
        let organisation = self.link.board.organisation;
        Effect::new(move |_| {
            let organisation = organisation.get();
            let Some(before) = self.person.get_untracked() else {
                return;
            };
            let now = organisation.person(before.id).cloned();
            if let Some(now) = now.filter(|now| *now != *before) {
                self.refresh(now);
            }
        });
    }

    fn refresh(self, person: Person) {
        if let Ok(json) = serde_json::to_string(&person) {
            browser::store(slot(self.link.surface), Some(&json));
        }
        let language = text::preferred(Some(&person.language));
        self.person.set(Some(Arc::new(person)));
        self.speak(language);
    }

    /// Changes the language of the page.
    pub fn speak(self, language: &'static str) {
        if self.language.get_untracked() == language {
            return;
        }
        spawn_local(async move {
            text::speak(language).await;
            self.link.board.name_again();
            self.language.set(language);
        });
    }
}

fn remembered(surface: Surface) -> Option<Person> {
    let json = browser::stored(slot(surface))?;
    serde_json::from_str(&json).ok()
}

/// Ends a session on the server that this device has already left, perhaps without a network.
async fn finish_sign_out() {
    if browser::stored(SIGN_OUT).is_none() {
        return;
    }
    let request = Request::delete("/session").header(OWN_PAGE.0, OWN_PAGE.1);
    let answer = request.send().await;
    if answer.is_ok_and(|response| response.ok() || response.status() == 401) {
        browser::store(SIGN_OUT, None);
    }
}

async fn ask_server(surface: Surface) -> Word {
    if browser::stored(SIGN_OUT).is_some() {
        return Word::Nobody;
    }
    let Ok(response) = Request::get("/session").send().await else {
        return Word::NoAnswer;
    };
    match (response.status(), read_session(&response).await) {
        (200, Some(signed_in)) if will_do(&signed_in, surface) => {
            Word::Person(Box::new(signed_in.person))
        }
        (200, Some(_)) | (204 | 401 | 403, _) => Word::Nobody,
        _ => Word::NoAnswer,
    }
}

async fn read_session(response: &Response) -> Option<SignedIn> {
    if !response.ok() {
        return None;
    }
    response.json().await.ok()
}

async fn post_credentials(login: &str, password: &str, surface: Surface) -> Result<Person, String> {
    let credentials = Credentials {
        login,
        password,
        surface,
    };
    let request = Request::post("/session")
        .header(OWN_PAGE.0, OWN_PAGE.1)
        .json(&credentials);
    let sent = match request {
        Ok(request) => request.send().await,
        Err(error) => Err(error),
    };
    let Ok(response) = sent else {
        return Err(t!("signin.offline"));
    };
    match response.status() {
        200 => read_session(&response)
            .await
            .map(|signed_in| signed_in.person)
            .ok_or_else(|| t!("signin.failed")),
        401 => Err(t!("signin.wrong")),
        403 => Err(t!("signin.not_staff")),
        429 => Err(t!("signin.too_often", minutes = minutes_to_wait(&response))),
        _ => Err(t!("signin.failed")),
    }
}

/// The minutes, rounded up, after which the server will hear of it again (RFC 9110, Retry-After).
fn minutes_to_wait(response: &Response) -> u32 {
    let seconds = response.headers().get("retry-after");
    let seconds = seconds.and_then(|seconds| seconds.parse::<u32>().ok());
    seconds.unwrap_or_default().div_ceil(60).max(1)
}
