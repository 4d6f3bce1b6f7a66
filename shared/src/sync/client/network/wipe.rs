//! How a device is wiped that its owner has lost.
//!
//! Told to by the server, it first removes all that the server has too, then hands over what it
//! alone has, then removes that. Each step is on the disk before the next begins, and a device that
//! was ended in the middle goes on with [`Input::LeadWipe`](super::Input::LeadWipe). Once told, it
//! asks for nothing any more.
//!
//! # Design
//! Question: what comes first, when the session has ended and nothing can be handed over? Answer:
//! clearing, so that whoever found the device has nothing to read meanwhile; what was never sent
//! waits for its author to sign in. Rejected: handing over first (a server that cannot be pushed to
//! would keep the whole copy alive), and dropping what was never sent.

use super::{Contact, Effect, Network, Request, Tick, Waiting};

/// How far a wipe has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wipe {
    /// Nobody asked for it.
    #[default]
    None,
    Clearing,
    HandingOver,
    Erasing,
    Done,
}

impl Network {
    pub(super) fn order_wipe(&mut self, now: Tick) {
        if self.wipe == Wipe::None {
            self.wipe = Wipe::Clearing;
        }
        (self.failures, self.retry_at, self.push_at) = (0, None, None);
        self.close_socket(now);
        self.show(Contact::Wiping);
    }

    pub(super) fn hand_over(&mut self, waiting: Waiting, now: Tick) {
        self.succeed(now);
        self.wipe = Wipe::HandingOver;
        self.handed_over(waiting);
    }

    pub(super) fn handed_over(&mut self, waiting: Waiting) {
        if self.wipe == Wipe::HandingOver && waiting == Waiting::None {
            self.wipe = Wipe::Erasing;
        }
    }

    pub(super) fn end_wipe(&mut self) {
        (self.wipe, self.leads, self.under_way) = (Wipe::Done, false, None);
    }

    pub(super) fn advance_wipe(&mut self, now: Tick) {
        let (request, effect) = match self.wipe {
            Wipe::Clearing => (Request::Disk, Effect::Clear),
            Wipe::HandingOver if self.push_at.is_some_and(|at| now < at) => return,
            Wipe::HandingOver => {
                let groups_max = self.groups_max;
                (Request::Push, Effect::HandOver { groups_max })
            }
            Wipe::Erasing => (Request::Disk, Effect::Erase),
            Wipe::None | Wipe::Done => return,
        };
        self.under_way = Some(request);
        self.effects.push_back(effect);
    }
}
