//! The socket that tells of what is new; without it the server is asked now and then.

use super::{Contact, Effect, Jitter, Network, Tick, Wipe, backoff};

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Socket {
    Closed { retry_at: Tick },
    Opening { since: Tick },
    Open { heard_at: Tick },
}

impl Network {
    /// Whether the server answers, so that a socket may find it too.
    pub(super) fn may_listen(&self) -> bool {
        let answers = matches!(self.contact, Contact::Online | Contact::Trouble);
        answers && self.wipe == Wipe::None
    }

    pub(super) fn close_socket(&mut self, now: Tick) {
        if !matches!(self.socket, Socket::Closed { .. }) {
            let is_lost = false;
            self.effects.push_back(Effect::CloseLive { is_lost });
            self.socket = Socket::Closed { retry_at: now };
        }
    }

    pub(super) fn lose_socket(&mut self, now: Tick, jitter: Jitter) {
        let wait = backoff(self.socket_failures, jitter);
        self.socket_failures = self.socket_failures.saturating_add(1);
        self.socket = Socket::Closed {
            retry_at: now.plus(wait),
        };
        // Whether only the socket is gone or the whole line, a request tells.
        self.wants.pull = true;
    }

    pub(super) fn drop_socket(&mut self, now: Tick, jitter: Jitter) {
        let is_lost = true;
        self.effects.push_back(Effect::CloseLive { is_lost });
        self.lose_socket(now, jitter);
    }
}
