//! How safe a fact is by now: the same signs on the console and on the portal.

use leptos::prelude::*;

use shared::incidents::Event;

use crate::link::Link;
use crate::text::t;

/// How safe a fact is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tick {
    /// On the screen, and nowhere else yet.
    Painted,
    Kept,
    Server,
}

impl Tick {
    /// Tracks what is painted, so a view that asks is told when it changes.
    pub(crate) fn of(link: Link, event: &Event) -> Self {
        let painted = link.board.painted;
        if event.from.arrival.is_some() {
            Self::Server
        } else if painted.with(|painted| painted.contains_key(&event.fact)) {
            Self::Painted
        } else {
            Self::Kept
        }
    }

    pub(crate) fn view(self) -> impl IntoView {
        let (word, text) = match self {
            Self::Painted => ("painted", t!("tick.painted")),
            Self::Kept => ("kept", t!("tick.kept")),
            Self::Server => ("server", t!("tick.server")),
        };
        view! { <span class="tick" data-tick=word>{text}</span> }
    }
}
