//! Where this person is, and who else is there.
//!
//! The leading tab has the socket, so the others tell it where they are, and hear from it who else
//! is. A tab that says nothing for a minute is gone.

use std::collections::BTreeMap;
use std::rc::Rc;

use shared::sync::message::{Here, Live, PLACES_MAX, There};
use shared::time::Boot;

use super::desk::Desk;
use super::protocol::News;
use super::tabs::Word;
use super::{board, clock};

/// How often a tab says again where it is.
const REPEAT_MILLIS: u64 = 20_000;

/// A tab that said nothing for so long is gone.
const GONE_MILLIS: u64 = 60_000;

/// Where the tabs of this person are, as far as this engine knows.
#[derive(Default)]
pub(crate) struct Places {
    own: Option<Here>,
    /// Of other tabs, with when they said so.
    others: BTreeMap<Boot, (Here, u64)>,
    /// What the server was told through the socket that is open.
    told: Option<Vec<Here>>,
    repeated_at: u64,
    /// Who else is there, as the server told it.
    there: Vec<There>,
}

impl Places {
    /// Where the person is, each incident once.
    fn all(&mut self) -> Vec<Here> {
        let now = clock::mono();
        self.others
            .retain(|_, (_, said_at)| now.saturating_sub(*said_at) < GONE_MILLIS);
        let others = self.others.values().map(|(here, _)| *here);
        let mut all = BTreeMap::new();
        for here in others.chain(self.own) {
            let doing = all.entry(here.incident).or_insert(here.doing);
            *doing = here.doing.max(*doing);
        }
        let here = |(incident, doing)| Here { incident, doing };
        all.into_iter().map(here).take(PLACES_MAX).collect()
    }
}

/// The page says where its person is.
pub(crate) fn go(desk: &Rc<Desk>, here: Option<Here>) {
    desk.state.borrow_mut().places.own = here;
    tell_tabs(desk);
    tell_server(desk);
}

/// Another tab says where it is.
pub(crate) fn hear_tab(desk: &Rc<Desk>, boot: Boot, here: Option<Here>) {
    {
        let places = &mut desk.state.borrow_mut().places;
        match here {
            Some(here) => drop(places.others.insert(boot, (here, clock::mono()))),
            None => drop(places.others.remove(&boot)),
        }
    }
    tell_server(desk);
    // The tab that asks may not have heard who is there.
    let state = desk.state.borrow();
    if state.socket.is_some() && here.is_some() {
        desk.tabs.tell(&Word::There(state.places.there.clone()));
    }
}

/// Now and then: the others hear again where this tab is, and the server that one has gone.
pub(crate) fn repeat(desk: &Rc<Desk>) {
    let now = clock::mono();
    {
        let places = &mut desk.state.borrow_mut().places;
        if now.saturating_sub(places.repeated_at) < REPEAT_MILLIS {
            return;
        }
        places.repeated_at = now;
    }
    if desk.state.borrow().places.own.is_some() {
        tell_tabs(desk);
    }
    tell_server(desk);
}

/// A new socket knows nothing.
pub(crate) fn open(desk: &Rc<Desk>) {
    desk.state.borrow_mut().places.told = None;
    tell_server(desk);
}

/// The server says who else is there.
pub(crate) fn hear_server(desk: &Rc<Desk>, there: Vec<There>) {
    desk.tabs.tell(&Word::There(there.clone()));
    show(desk, there);
}

/// Shows who else is there.
pub(crate) fn show(desk: &Rc<Desk>, there: Vec<There>) {
    desk.state.borrow_mut().places.there.clone_from(&there);
    board::tell(News::There(there));
}

fn tell_tabs(desk: &Desk) {
    let here = desk.state.borrow().places.own;
    let boot = clock::reading().boot;
    desk.tabs.tell(&Word::Here { boot, here });
}

/// Only the tab that leads has a socket. Nothing is said twice.
fn tell_server(desk: &Desk) {
    let mut state = desk.state.borrow_mut();
    let all = state.places.all();
    let is_known = state.places.told.as_ref() == Some(&all);
    if let Some(socket) = state.socket.as_ref().filter(|_| !is_known)
        && socket.send(&Live::Here(all.clone()))
    {
        state.places.told = Some(all);
    }
}
