//! What every part of the portal works with.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::{IncidentId, PersonId};
use shared::incidents::{Intent, PlainReport, within_a_sentence};
use shared::time::UnixMillis;

use super::address::{Address, Place};
use super::rooms::Rooms;
use super::{report, words};
use crate::engine::protocol::{DraftKind, Failure};
use crate::incidents::{Drafts, Offer, Sketched as _, Undo};
use crate::link::{Link, Organisation, Painted};
use crate::session::Session;
use crate::text::t;
use crate::ui::browser;
use crate::ui::toast::Toasts;

/// How often the days on the page are looked at again.
const AGES: Duration = Duration::from_mins(1);

/// What every part of the portal works with: one set for the whole life of the page.
#[derive(Clone, Copy)]
pub(super) struct Front(&'static Parts);

/// The parts that a [`Front`] leads to.
pub(super) struct Parts {
    pub(super) link: Link,
    pub(super) session: Session,
    pub(super) address: Address,
    pub(super) toasts: Toasts,
    pub(super) drafts: Drafts,
    pub(super) rooms: Rooms,
    /// What was typed on another page to begin a report with.
    pub(super) begun: StoredValue<String>,
    /// The box that a report opens with, asked for on another page.
    writes: StoredValue<Option<(IncidentId, DraftKind)>>,
    pub(super) now: RwSignal<UnixMillis>,
}

impl Deref for Front {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        self.0
    }
}

impl Front {
    /// The front of this page, made when somebody is first signed in on it.
    pub(super) fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            // Not of the part of the page that first asked: that is built anew.
            page_owner().with(Self::new)
        })
    }

    fn new() -> Self {
        let session = expect_context::<Session>();
        let link = Link::following(session);
        let front = Self(Box::leak(Box::new(Parts {
            link,
            session,
            address: Address::new(),
            toasts: Toasts::none(),
            drafts: Drafts::new(link),
            rooms: expect_context::<Rooms>(),
            begun: StoredValue::new(String::new()),
            writes: StoredValue::new(None),
            now: RwSignal::new(browser::now()),
        })));
        provide_context(front);
        provide_context(front.link);
        provide_context(front.toasts);
        provide_context(front.drafts);
        session.follow_directory(link);
        front.toasts.give_up_with(link.board.lost);
        front.keep_drafts();
        // Without the timer days only stand still.
        set_interval_with_handle(move || front.now.set(browser::now()), AGES).ok();
        front
    }

    /// Keeps what is being written, whatever becomes of the page.
    fn keep_drafts(self) {
        let person = self.session.id();
        Effect::new(move |before: Option<Option<PersonId>>| {
            let (person, before) = (person.get(), before.flatten());
            if before.is_some_and(|before| Some(before) != person) {
                self.drafts.part();
            }
            person
        });
        // A tab can be gone at any moment after it is hidden; on a phone nothing else is told.
        let send = move || self.drafts.send_all();
        let hidden = window_event_listener(leptos::ev::visibilitychange, move |_| send());
        let gone = window_event_listener_untyped("pagehide", move |_| send());
        on_cleanup(move || {
            hidden.remove();
            gone.remove();
        });
    }

    /// Who is signed in.
    pub(super) fn me(self) -> PersonId {
        let person = self.session.person.get();
        person.map_or(PersonId::SERVER, |person| person.id)
    }

    /// The directory; tracked.
    pub(super) fn organisation(self) -> Arc<Organisation> {
        self.link.board.organisation.get()
    }

    /// Opens a new report that begins with a subject, beside what was written before.
    pub(super) fn begin_report(self, subject: &str) {
        self.begun.set_value(subject.trim().to_owned());
        self.address.go(Place::Report);
    }

    /// Opens a report at one of its boxes.
    pub(super) fn begin_writing(self, incident: IncidentId, kind: DraftKind) {
        self.writes.set_value(Some((incident, kind)));
        self.address.go(Place::Incident(incident));
    }

    /// The box that a report is to open with, told once.
    pub(super) fn writes_on(self, incident: IncidentId) -> Option<DraftKind> {
        let asked = self.writes.try_update_value(Option::take).flatten();
        asked.and_then(|(id, kind)| (id == incident).then_some(kind))
    }

    /// Does an act and waits until this device has kept it; an error is a sentence.
    pub(super) async fn act(self, incident: IncidentId, intent: Intent) -> Result<(), String> {
        let painted = self.link.act(incident, intent.clone()).await;
        self.keep(painted, intent).await
    }

    /// Offers to take a painted act back, and waits until this device has kept it.
    pub(super) async fn keep(
        self,
        painted: Result<Painted, Failure>,
        intent: Intent,
    ) -> Result<(), String> {
        let painted = painted.map_err(|why| words::failed(&why, &intent))?;
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
                    let taken = report::given_back(declared);
                    spawn_local(async move {
                        let change = |begun: PlainReport| begun.with(taken);
                        self.drafts.change_sketch(change).await;
                        self.address.go_instead(Place::Report);
                    });
                }
            }),
        };
        undo.keep(painted, offer).await
    }
}

/// What owns all there is on this page.
fn page_owner() -> Owner {
    let mut owner = Owner::current().expect("a page is built by an owner");
    while let Some(above) = owner.parent() {
        owner = above;
    }
    owner
}

/// The name of the page in the tab.
pub(super) fn title(text: &str) {
    document().set_title(&[&*within_a_sentence(text), "Holdfast"].join(" · "));
}
