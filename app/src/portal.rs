//! The portal: report a problem, see what becomes of it, answer, confirm the fix.
//!
//! In plain words, small, and whole without a network. It never holds internal work: its engine
//! syncs as [`Surface::Portal`], to which the server sends none. What comes first only signs in;
//! all that a person sees who is signed in is a room.

mod address;
mod compose;
mod conversation;
mod device;
mod frame;
mod front;
mod home;
mod incident;
mod inside;
mod report;
pub mod rooms;
mod unsent;
mod watching;
mod words;

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::sync::message::Surface;

use crate::session::{Session, SignInPage};
use crate::text;
use crate::ui::live::live;
use crate::ui::room::room;

use rooms::Rooms;

/// How long after it is built the page has settled.
const SETTLED: Duration = Duration::from_secs(1);

/// Starts the portal: the page first, the engine once it is known whose.
pub fn start(rooms: Rooms) {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    // Mounted first: tasks need the executor, and signals the owner, that mounting brings.
    mount_to_body(move || {
        let session = Session::new(Surface::Portal);
        provide_context(session);
        provide_context(rooms);
        let can_speak = RwSignal::new(false);
        spawn_local(session.begin());
        spawn_local(async move {
            text::speak(session.language.get_untracked()).await;
            can_speak.set(true);
        });
        // While somebody signs in; the rest once their page is painted.
        spawn_local((rooms.fetch_inside)());
        set_timeout(move || spawn_local((rooms.fetch)()), SETTLED);
        let is_known = Memo::new(move |_| session.looked.get() && can_speak.get());
        let person = session.id();
        let is_wiping = session.is_wiping();
        live(move || {
            session.language.track();
            match (is_known.get(), person.get()) {
                (false, _) => None,
                _ if is_wiping.get() => Some(room(rooms.wiping).into_any()),
                (true, None) => Some(view! { <SignInPage /> }.into_any()),
                // Another person gets a page of their own.
                (true, Some(_)) => Some(room(rooms.inside).into_any()),
            }
        })
    });
}
