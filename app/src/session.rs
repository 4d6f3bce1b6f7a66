//! Who is signed in on this page, with or without a network.
//!
//! The person last signed in is remembered, so that an offline start needs no server: the engine
//! starts at once, and the session is checked behind it. A session that ended is asked for again
//! beside the page, never instead of it. Signing out discards nothing that waits. The session knows
//! nothing of the engine, which follows it: a page that only signs in needs no engine.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod sign_in;
mod wiped;

use std::sync::Arc;

use gloo_net::http::{Request, Response};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use shared::ids::PersonId;
use shared::people::Person;
use shared::sync::message::Surface;

use crate::engine::protocol::{Failure, Unsent};
use crate::link::{Link, forget_beside};
use crate::text::{self, t};
use crate::ui::browser;

pub(crate) use sign_in::{SignInAgain, SignInFields, SignInForm, SignInPage};
pub(crate) use wiped::Wiped;

const SIGN_OUT: &str = "holdfast.sign-out";
/// How long to wait before the server is told once more that a session was left.
const ENDING_PAUSE_MILLIS: u32 = 15_000;
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
    /// Whether the server knows the session no more, while the person goes on working.
    pub ended: RwSignal<bool>,
    /// Whose devices in this browser are being wiped, so that nothing of them is shown.
    pub wiping: RwSignal<Option<PersonId>>,
    /// The person's database opens with a PIN only.
    pub locked: RwSignal<Option<Locked>>,
    /// Where this page is.
    pub surface: Surface,
}

/// That a person's database opens with a PIN only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locked {
    /// How much is nowhere else, if that could be counted.
    pub only_here: Option<u32>,
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

/// Where a person begins who has not been here before.
fn home(surface: Surface) -> &'static str {
    match surface {
        Surface::Console => "/console",
        Surface::Portal => "/",
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
    pub fn new(surface: Surface) -> Self {
        Self {
            person: RwSignal::new(None),
            looked: RwSignal::new(false),
            language: RwSignal::new(text::preferred(
                remembered(surface)
                    .as_ref()
                    .map(|person| person.language.as_str()),
            )),
            ended: RwSignal::new(false),
            wiping: RwSignal::new(wiped::whose(surface)),
            locked: RwSignal::new(None),
            surface,
        }
    }

    /// Starts from what the device remembers, then hears what the server says.
    pub async fn begin(self) {
        wiped::watch();
        if self.wiping.get_untracked().is_some() {
            return self.looked.set(true);
        }
        wiped::tell().await;
        let remembered = remembered(self.surface);
        if let Some(person) = remembered.clone() {
            self.enter(person);
        }
        finish_sign_out().await;
        window_event_listener_untyped("online", |_| spawn_local(finish_sign_out()));
        go_on_ending();
        match ask_server(self.surface).await {
            Word::Person(person) => self.enter(*person),
            Word::Nobody => self.ended.set(remembered.is_some()),
            Word::NoAnswer => {}
        }
        self.looked.set(true);
    }

    /// Signs in; an error is a sentence for the person.
    pub async fn sign_in(self, login: &str, password: &str) -> Result<(), String> {
        // Not later: its answer would take the new session along.
        finish_sign_out().await;
        wiped::tell().await;
        let person = post_credentials(login, password, self.surface).await?;
        browser::store(SIGN_OUT, None);
        wiped::forget();
        self.ended.set(false);
        self.enter(person);
        Ok(())
    }

    /// Signs out. What waits stays on this device, for the same person; `forget` deletes the rest,
    /// with all that lies beside it, and whoever asks for that stays signed in until it is done.
    pub async fn sign_out(self, link: Link, forget: bool) -> Result<(), String> {
        if forget {
            let unsent = match self.locked.get_untracked() {
                Some(_) => Unsent::GoesIfLocked,
                None => Unsent::Stays,
            };
            link.forget(unsent).await.map_err(|why| not_removed(&why))?;
            self.locked.set(None);
        } else {
            link.stop().await;
        }
        let person = self.person.get_untracked().filter(|_| forget);
        if let Some(person) = person {
            forget_beside(self.surface, person.id);
        }
        browser::store(slot(self.surface), None);
        browser::store(SIGN_OUT, Some("1"));
        self.person.set(None);
        self.leave_place();
        finish_sign_out().await;
        go_on_ending();
        Ok(())
    }

    /// Takes up a person's work. Another person than the page knew gets a page of their own, on
    /// which nothing of the first one is left.
    fn enter(self, person: Person) {
        let before = self
            .person
            .with_untracked(|before| before.as_ref().map(|before| before.id));
        if before.is_some_and(|before| before != person.id) {
            self.remember(&person);
            // A page that may not go on is one that is already leaving.
            return drop(window().location().replace(home(self.surface)));
        }
        let here = browser::stored_by_tab(slot(self.surface));
        if here.is_some_and(|before| before != person.id.0.to_string()) {
            self.leave_place();
        }
        browser::store_by_tab(slot(self.surface), Some(&person.id.0.to_string()));
        self.refresh(person);
        self.looked.set(true);
    }

    /// Leaves nothing in the address of what a person looked at and for. Signed in again, they find
    /// it as it was: only who signs out, or gives way to another, leaves it.
    fn leave_place(self) {
        browser::store_by_tab(slot(self.surface), None);
        browser::go_instead(home(self.surface));
    }

    /// Whether nothing is shown because it is being wiped.
    pub(crate) fn is_wiping(self) -> Memo<bool> {
        Memo::new(move |_| self.wiping.with(Option::is_some))
    }

    /// Whose page it is.
    pub(crate) fn id(self) -> Memo<Option<PersonId>> {
        Memo::new(move |_| {
            self.person
                .with(|person| person.as_ref().map(|person| person.id))
        })
    }

    /// Takes over what the directory newly says of the person, such as their roles.
    pub(crate) fn follow_directory(self, link: Link) {
        let organisation = link.board.organisation;
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
        self.remember(&person);
        let language = text::preferred(Some(&person.language));
        self.person.set(Some(Arc::new(person)));
        self.speak(language);
    }

    fn remember(self, person: &Person) {
        if let Ok(json) = serde_json::to_string(person) {
            browser::store(slot(self.surface), Some(&json));
        }
    }

    /// Changes the language of the page.
    pub fn speak(self, language: &'static str) {
        if self.language.get_untracked() == language {
            return;
        }
        spawn_local(async move {
            text::speak(language).await;
            self.language.set(language);
        });
    }
}

fn remembered(surface: Surface) -> Option<Person> {
    let json = browser::stored(slot(surface))?;
    serde_json::from_str(&json).ok()
}

/// Why what lies on this device is still there, as a sentence.
fn not_removed(why: &Failure) -> String {
    match why {
        Failure::StillWaiting { count } => t!("failure.still_waiting", count = *count),
        Failure::Later => t!("banner.earlier"),
        Failure::Refused(_)
        | Failure::Quota
        | Failure::Storage { .. }
        | Failure::Unknown
        | Failure::NotStarted
        | Failure::Stopped
        | Failure::Wiping
        | Failure::Locked { .. }
        | Failure::WrongPin { .. }
        | Failure::Parcel(_) => t!("leave.not_removed"),
    }
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

/// Goes on trying to end it, until the server has heard of it or somebody signs in.
fn go_on_ending() {
    spawn_local(async {
        while browser::stored(SIGN_OUT).is_some() {
            TimeoutFuture::new(ENDING_PAUSE_MILLIS).await;
            finish_sign_out().await;
        }
    });
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
