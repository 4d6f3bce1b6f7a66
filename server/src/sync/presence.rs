//! Who is at an incident: what sockets say of it, and what each may be told.
//!
//! Staff on the console alone say where they are and are told who else is there; each is judged at
//! the `work` document, when they say it and each time they are told. Nothing is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::ids::{DocKind, IncidentId};
use shared::people::Surface;
use shared::policy;
use shared::sync::message::{Here, PLACES_MAX, There};
use shared::sync::server::{Ended, Line, Presences, Whose};
use tokio::sync::Notify;

use crate::App;
use crate::auth::{SessionId, SignedIn};

/// Everybody who is at an incident, and how their sockets are woken.
#[derive(Debug, Default)]
pub(super) struct Hall(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    presences: Presences,
    woken: BTreeMap<Line, Arc<Notify>>,
    last: u64,
}

impl Inside {
    fn wake(&self, lines: BTreeSet<Line>) {
        for line in lines {
            if let Some(woken) = self.woken.get(&line) {
                woken.notify_one();
            }
        }
    }
}

impl Hall {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one socket in the hall, until it is dropped.
pub(super) struct Attending<'a> {
    app: &'a App,
    session: SessionId,
    line: Line,
    woken: Arc<Notify>,
    /// How the socket ends, as far as is known.
    pub(super) ends: Ended,
    /// What its device was told last.
    told: Vec<There>,
}

impl<'a> Attending<'a> {
    pub(super) fn new(app: &'a App, session: SessionId) -> Self {
        let woken = Arc::new(Notify::new());
        let mut inside = app.keeper.hall.lock();
        inside.last += 1;
        let line = Line(inside.last);
        inside.woken.insert(line, Arc::clone(&woken));
        Self {
            app,
            session,
            line,
            woken,
            ends: Ended::Lost,
            told: Vec::new(),
        }
    }

    /// Returns once there may be something to tell.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }

    /// Takes in where the device says that its person is.
    pub(super) async fn say(&self, mut here: Vec<Here>) {
        here.truncate(PLACES_MAX);
        let places = here.iter().map(|here| here.incident).collect();
        let Some((signed_in, may)) = self.may_read(places).await else {
            return;
        };
        here.retain(|here| may.contains(&here.incident));
        let session = self.session.0.first_chunk();
        let whose = Whose {
            person: signed_in.person.id,
            session: session.map_or(0, |head| u64::from_be_bytes(*head)),
        };
        let now = self.app.clock.now();
        let mut inside = self.app.keeper.hall.lock();
        let told = inside.presences.say(self.line, whose, &here, now);
        inside.wake(told);
        self.woken.notify_one();
    }

    /// What the device is to be told now, unless it knows.
    pub(super) async fn news(&mut self) -> Option<Vec<There>> {
        let places = self.app.keeper.hall.lock().presences.places(self.line);
        let may = if places.is_empty() {
            BTreeSet::new()
        } else {
            self.may_read(places).await?.1
        };
        let now = self.app.clock.now();
        let inside = self.app.keeper.hall.lock();
        let there = inside.presences.seen(self.line, &may, now);
        (there != self.told).then(|| {
            self.told.clone_from(&there);
            there
        })
    }

    /// Who is signed in there, and which of these they may read; nothing at the portal.
    async fn may_read(&self, places: Vec<IncidentId>) -> Option<(SignedIn, BTreeSet<IncidentId>)> {
        let signed_in = SignedIn::of(self.app, self.session).await.ok()??;
        if signed_in.surface != Surface::Console || !signed_in.person.is_staff() {
            return None;
        }
        let scopes = policy::scopes(&signed_in.person, Surface::Console);
        let mut view = self.app.store.view().await.ok()?;
        let mut may = BTreeSet::new();
        for place in places {
            let audience = view.audience(place).await.ok()?;
            let mut audience = audience.iter();
            if audience.any(|(kind, scope)| *kind == DocKind::Work && scopes.contains(scope)) {
                may.insert(place);
            }
        }
        Some((signed_in, may))
    }
}

impl Drop for Attending<'_> {
    fn drop(&mut self) {
        let now = self.app.clock.now();
        let mut inside = self.app.keeper.hall.lock();
        inside.woken.remove(&self.line);
        let told = inside.presences.end(self.line, self.ends, now);
        inside.wake(told);
    }
}
