//! The portal: report a problem, see what becomes of it, answer, confirm the fix.
//!
//! In plain words, small, and whole without a network. It never holds internal work: its engine
//! syncs as [`Surface::Portal`], to which the server sends none.

mod address;
mod compose;
mod conversation;
mod frame;
mod home;
mod incident;
mod report;
pub mod rooms;
mod unsent;
mod words;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{IncidentId, PersonId};
use shared::incidents::{Intent, within_a_sentence};
use shared::sync::message::Surface;
use shared::time::UnixMillis;

use crate::engine::protocol::Failure;
use crate::incidents::{Drafts, Offer, Undo};
use crate::link::{Link, Organisation, Painted};
use crate::session::{Session, SignInPage};
use crate::text::{self, t};
use crate::ui::browser;
use crate::ui::live::live;
use crate::ui::room::room;
use crate::ui::toast::{ToastShelf, Toasts};

use address::{Address, Place};
use rooms::Rooms;

/// How often the days on the page are looked at again.
const AGES: Duration = Duration::from_mins(1);

/// How long after it is built the page has settled.
const SETTLED: Duration = Duration::from_secs(1);

/// What every part of the portal works with: one set for the whole life of the page.
#[derive(Clone, Copy)]
struct Front(&'static Parts);

/// The parts that a [`Front`] leads to.
struct Parts {
    link: Link,
    session: Session,
    address: Address,
    toasts: Toasts,
    drafts: Drafts,
    rooms: Rooms,
    /// What was typed on another page to begin a report with.
    begun: StoredValue<String>,
    now: RwSignal<UnixMillis>,
}

impl Deref for Front {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.0
    }
}

impl Front {
    /// Who is signed in.
    fn me(self) -> PersonId {
        let person = self.session.person.get();
        person.map_or(PersonId::SERVER, |person| person.id)
    }

    /// The directory; tracked.
    fn organisation(self) -> Arc<Organisation> {
        self.link.board.organisation.get()
    }

    /// Opens a new report that begins with a subject, beside what was written before.
    fn begin_report(self, subject: &str) {
        self.begun.set_value(subject.trim().to_owned());
        self.address.go(Place::Report);
    }

    /// Does an act and waits until this device has kept it; an error is a sentence.
    async fn act(self, incident: IncidentId, intent: Intent) -> Result<(), String> {
        let painted = self.link.act(incident, intent.clone()).await;
        self.keep(painted, intent).await
    }

    /// Offers to take a painted act back, and waits until this device has kept it.
    async fn keep(self, painted: Result<Painted, Failure>, intent: Intent) -> Result<(), String> {
        let painted = painted.map_err(|why| words::failure(&why))?;
        let place = Place::Incident(painted.incident);
        let is_written = matches!(intent, Intent::Reply { .. } | Intent::Reopen { .. });
        let declared = if let Intent::Declare(declared) = &intent {
            Some(declared.clone())
        } else {
            None
        };
        let undo = Undo {
            link: self.link,
            toasts: self.toasts,
            drafts: self.drafts,
            failure: words::failure,
        };
        let offer = Offer {
            did: words::did(&intent),
            undid: t!("portal.undone"),
            intent,
            // To the box that the words return to.
            at_once: Callback::new(move |()| {
                if is_written {
                    self.address.go(place);
                }
            }),
            afterwards: Callback::new(move |()| {
                if let Some(declared) = &declared {
                    report::give_back(self, declared);
                    self.address.go_instead(Place::Report);
                }
            }),
        };
        undo.keep(painted, offer).await
    }
}

/// Starts the portal: the page first, the engine once it is known whose.
pub fn start(rooms: Rooms) {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    // Mounted first: tasks need the executor, and signals the owner, that mounting brings.
    mount_to_body(move || {
        let link = Link::idle(Surface::Portal);
        let session = Session::new(link);
        let can_speak = RwSignal::new(false);
        spawn_local(session.begin());
        spawn_local(async move {
            text::speak(session.language.get_untracked()).await;
            link.board.name_again();
            can_speak.set(true);
        });
        live(move || {
            let page = || view! { <Portal link=link session=session rooms=rooms /> };
            can_speak.get().then(|| page().into_any())
        })
    });
}

#[component]
fn Portal(link: Link, session: Session, rooms: Rooms) -> impl IntoView {
    // It stands as long as the page: its parts are never given back.
    let front = Front(Box::leak(Box::new(Parts {
        link,
        session,
        address: Address::new(),
        toasts: Toasts::none(),
        drafts: Drafts::new(link),
        rooms,
        begun: StoredValue::new(String::new()),
        now: RwSignal::new(browser::now()),
    })));
    provide_context(front);
    provide_context(link);
    provide_context(session);
    provide_context(front.toasts);
    provide_context(front.drafts);
    session.follow_directory();
    save_when_leaving(front.drafts);
    // Without the timer days only stand still.
    if let Ok(timer) = set_interval_with_handle(move || front.now.set(browser::now()), AGES) {
        on_cleanup(move || timer.clear());
    }
    let is_known = Memo::new(move |_| session.looked.get());
    let person = Memo::new(move |_| {
        session
            .person
            .with(|person| person.as_ref().map(|me| me.id))
    });
    Effect::new(move |before: Option<Option<PersonId>>| {
        let person = person.get();
        if before
            .flatten()
            .is_some_and(|before| Some(before) != person)
        {
            front.drafts.part();
        }
        person
    });
    live(move || {
        session.language.track();
        match (is_known.get(), person.get()) {
            (false, _) => None,
            (true, None) => Some(view! { <SignInPage /> }.into_any()),
            // Another person gets a page of their own.
            (true, Some(_)) => Some(page(front).into_any()),
        }
    })
}

/// A tab can be gone at any moment after it is hidden; on a phone nothing else is told.
fn save_when_leaving(drafts: Drafts) {
    let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| drafts.send_all());
    let gone = window_event_listener_untyped("pagehide", move |_| drafts.send_all());
    on_cleanup(move || {
        hidden.remove();
        gone.remove();
    });
}

fn page(front: Front) -> impl IntoView {
    let rooms = front.rooms;
    focus_after_steps(front.address);
    fetch(rooms);
    view! {
        {frame::header(front)}
        {frame::banners()}
        <main>
            {live(move || {
                Some(match front.address.place.get() {
                    Place::Home => home::home(front).into_any(),
                    Place::Report => room(rooms.report).into_any(),
                    Place::Incident(id) => room(move || (rooms.incident)(id)).into_any(),
                })
            })}
        </main>
        <ToastShelf />
    }
}

/// Fetches what the first paint did not need, once it is over.
fn fetch(rooms: Rooms) {
    set_timeout(move || spawn_local((rooms.fetch)()), SETTLED);
}

/// A new page begins at its heading, also for those who do not see it.
fn focus_after_steps(address: Address) {
    Effect::new(move |before: Option<Place>| {
        let place = address.place.get();
        if before.is_some_and(|before| before != place) {
            request_animation_frame(|| {
                window().scroll_to_with_x_and_y(0.0, 0.0);
                browser::focus("h1");
            });
        }
        place
    });
}

/// The name of the page in the tab.
fn title(text: &str) {
    document().set_title(&[&*within_a_sentence(text), "Holdfast"].join(" · "));
}
