//! When a device pulls, pushes, listens and backs off.
//!
//! The machine decides and never acts: the shell carries out its effects and reports what came of
//! them once that is *stored*, so that a cursor or an outbox can never run ahead of the disk. Only
//! the tab that leads has one at work; at most one request is under way at any time.
//!
//! # Design
//! Question: is the device online? Answer: when the server was heard of lately, by an answer or by
//! the heartbeat. A socket that is open but silent counts as dead. `navigator.onLine` and the like
//! are hints to try at once, never an answer. Rejected: trusting the socket's state, which stays
//! "open" in a dead zone.

mod socket;
mod uploads;
mod wipe;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::ids::Epoch;
use crate::sync::Seq;
use crate::sync::message::{Live, PUSH_GROUPS_MAX};

use socket::Socket;
use uploads::Uploads;
use wipe::Wipe;

/// Milliseconds since the engine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tick(pub u64);

impl Tick {
    /// The moment `millis` later.
    #[must_use]
    pub fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// A random number that spreads retries, so that a herd of devices does not return as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Jitter(pub u16);

/// The longest wait between two tries, in milliseconds.
pub const BACKOFF_MILLIS_MAX: u64 = 60_000;

/// A socket that said nothing for this long is dead: one beat of 15 s and half of the next.
pub const SILENCE_MILLIS_MAX: u64 = 22_500;

/// How long a socket may take to open.
const OPENING_MILLIS_MAX: u64 = 10_000;

/// How often the device asks by itself while no socket tells it of news.
const POLL_MILLIS: u64 = 30_000;

/// How often it asks although the socket would tell.
const CHECK_MILLIS: u64 = 300_000;

/// What happens to the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// This tab does the network from now on, on a device that stored pages of `epoch`.
    Lead {
        epoch: Option<Epoch>,
        waiting: Waiting,
    },
    /// This tab does the network from now on, on a device that was told to wipe itself.
    LeadWipe,
    /// Nothing is left on the device but what was never sent.
    Cleared(Waiting),
    /// Nothing is left on the device.
    Erased,
    /// An act was committed on this device.
    OutboxGrew,
    /// Something suggests that a try may succeed now, or that the line was lost.
    Hint,
    /// The person signed in again.
    SignedIn,
    LiveOpened,
    LiveClosed,
    Heard(Live),
    /// A page is stored.
    Pulled {
        high: Seq,
        epoch: Option<Epoch>,
        head: Seq,
        more: More,
        waiting: Waiting,
    },
    /// The page was of another log, which may lack what the device holds; nothing of it is stored.
    NewLog,
    /// That log has been brought what it lacked, and this is stored.
    Returned,
    /// The verdicts of a push, or of what was handed over, are stored.
    Pushed(Waiting),
    /// The request under way failed.
    Failed(Fault),
    /// A file was attached on this device, or may be sent now.
    UploadsGrew,
    /// A piece of a file has arrived, and this is stored.
    Uploaded(Waiting),
    /// No file can be sent now: nothing waits, or not on this line.
    NoUpload,
}

/// Whether the outbox holds acts that can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    Some,
    None,
}

/// Whether another pull brings more at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    Yes,
    No,
}

/// Why a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer, or one that is not the server's.
    Unreachable,
    /// 401: a sign-in is needed.
    SignedOut,
    /// 410: the device is to be wiped.
    Wipe,
    /// 413: the push was too large.
    TooLarge,
    /// Another 4xx: the server does not understand this client.
    Malformed,
    /// The server needs a newer client.
    Outdated,
    /// 429: the server answers, and has had too much of this device for now.
    Busy,
    /// The device could not store the answer.
    Disk,
    /// The server could not judge an act now; the verdicts are stored.
    PutOff,
}

/// What the shell is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Pull,
    /// Bring back what the log may lack.
    Return,
    Push {
        groups_max: usize,
    },
    /// Note for ever that the device is to be wiped, and remove all but what was never sent.
    Clear,
    /// Push what was never sent, whatever it waits for; only a verdict takes it off the device.
    HandOver {
        groups_max: usize,
    },
    /// Remove everything.
    Erase,
    OpenLive,
    /// Closes the socket: because the line is lost, or for good.
    CloseLive {
        is_lost: bool,
    },
    SendBeat,
    /// Send a piece of a file.
    Upload,
    /// Tell the person how the line is.
    Show(Contact),
}

/// How the device stands with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Contact {
    #[default]
    Unknown,
    Online,
    Offline,
    /// Nothing is sent before the person signs in again.
    SignedOut,
    /// Nothing is sent before the client is renewed.
    Outdated,
    /// The server or the disk refuses; tries go on.
    Trouble,
    /// The device is being wiped, and shows nothing any more.
    Wiping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    Pull,
    Push,
    Return,
    Upload,
    /// Of the disk: to clear or erase it.
    Disk,
}

/// Which requests are to be made, the first of them before the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Wants {
    bringing_back: bool,
    push: bool,
    pull: bool,
}

/// The machine; see the module.
#[derive(Debug, Clone)]
pub struct Network {
    leads: bool,
    under_way: Option<Request>,
    wants: Wants,
    /// Failures in a row.
    failures: u32,
    retry_at: Option<Tick>,
    /// Pushes in a row that the server could not read; pulls go on beside them.
    push_failures: u32,
    push_at: Option<Tick>,
    uploads: Uploads,
    socket: Socket,
    socket_failures: u32,
    contact: Contact,
    high: Seq,
    /// The end of the log, as the socket told it.
    heard: Seq,
    epoch: Option<Epoch>,
    ask_at: Tick,
    groups_max: usize,
    wipe: Wipe,
    effects: VecDeque<Effect>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            leads: false,
            under_way: None,
            wants: Wants::default(),
            failures: 0,
            retry_at: None,
            push_failures: 0,
            push_at: None,
            uploads: Uploads::default(),
            socket: Socket::Closed { retry_at: Tick(0) },
            socket_failures: 0,
            contact: Contact::Unknown,
            high: Seq(0),
            heard: Seq(0),
            epoch: None,
            ask_at: Tick(0),
            groups_max: PUSH_GROUPS_MAX,
            wipe: Wipe::None,
            effects: VecDeque::new(),
        }
    }
}

impl Network {
    /// How the device stands with the server.
    pub fn contact(&self) -> Contact {
        self.contact
    }

    /// Takes in what happened.
    pub fn handle_input(&mut self, input: Input, now: Tick, jitter: Jitter) {
        match input {
            Input::Lead { epoch, waiting } => self.lead(epoch, waiting),
            Input::LeadWipe => {
                self.leads = true;
                self.order_wipe(now);
            }
            Input::Cleared(waiting) => self.hand_over(waiting, now),
            Input::Erased => self.end_wipe(),
            Input::OutboxGrew => self.wants.push = true,
            Input::Hint => self.try_at_once(now),
            Input::SignedIn => {
                self.release(Contact::SignedOut);
                self.try_at_once(now);
            }
            Input::LiveOpened => {
                self.socket = Socket::Open { heard_at: now };
                self.ask_at = now.plus(self.ask_millis());
            }
            Input::LiveClosed => self.lose_socket(now, jitter),
            Input::Heard(live) => self.hear(&live, now),
            Input::Pulled {
                high,
                epoch,
                head,
                more,
                waiting,
            } => {
                self.succeed(now);
                self.stand(high, epoch, more);
                self.wants.pull |= more == More::Yes || head > high;
                self.wants.push |= waiting == Waiting::Some;
            }
            Input::NewLog => {
                self.succeed(now);
                // As on a new device, nothing is offered before a page of that log is stored.
                self.epoch = None;
                self.wants.bringing_back = true;
            }
            Input::Returned => {
                self.succeed(now);
                self.wants.pull = true;
            }
            Input::Pushed(waiting) => {
                self.push_failures = 0;
                self.succeed(now);
                self.groups_max = (self.groups_max * 2).min(PUSH_GROUPS_MAX);
                self.handed_over(waiting);
                self.wants.push = waiting == Waiting::Some;
                self.wants.pull = true;
            }
            Input::Failed(fault) => self.fail(fault, now, jitter),
            Input::UploadsGrew => self.uploads.grow(),
            Input::Uploaded(waiting) => {
                // A file that takes hours must not put off what others did.
                let ask_at = self.ask_at;
                self.succeed(now);
                self.ask_at = ask_at;
                self.uploads.succeed(waiting);
            }
            Input::NoUpload => {
                self.under_way = None;
                self.uploads.succeed(Waiting::None);
            }
        }
        self.advance(now);
    }

    /// Takes in that time has passed.
    pub fn handle_timeout(&mut self, now: Tick, jitter: Jitter) {
        match self.socket {
            Socket::Open { heard_at } if now >= heard_at.plus(SILENCE_MILLIS_MAX) => {
                self.show(Contact::Offline);
                self.drop_socket(now, jitter);
                self.wants.pull = true;
            }
            Socket::Opening { since } if now >= since.plus(OPENING_MILLIS_MAX) => {
                self.drop_socket(now, jitter);
            }
            Socket::Open { .. } | Socket::Opening { .. } | Socket::Closed { .. } => {}
        }
        if now >= self.ask_at {
            self.wants.pull = true;
            self.ask_at = now.plus(self.ask_millis());
        }
        self.retry_at = self.retry_at.filter(|at| now < *at);
        self.push_at = self.push_at.filter(|at| now < *at);
        self.uploads.pass(now);
        self.advance(now);
    }

    /// The next effect, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn poll_timeout(&self) -> Option<Tick> {
        if !self.leads || self.is_halted() {
            return None;
        }
        let socket = match self.socket {
            Socket::Closed { retry_at } => self.may_listen().then_some(retry_at),
            Socket::Opening { since } => Some(since.plus(OPENING_MILLIS_MAX)),
            Socket::Open { heard_at } => Some(heard_at.plus(SILENCE_MILLIS_MAX)),
        };
        let others = [socket, self.retry_at, self.push_at, self.uploads.retry_at()];
        Some(others.into_iter().flatten().fold(self.ask_at, Tick::min))
    }

    fn lead(&mut self, epoch: Option<Epoch>, waiting: Waiting) {
        self.leads = true;
        self.epoch = epoch;
        self.wants.pull = true;
        self.wants.push = waiting == Waiting::Some;
    }

    fn stand(&mut self, high: Seq, epoch: Option<Epoch>, more: More) {
        let is_stuck = high == self.high && more == More::No;
        // What another log had said, or what no page brings, is not waited for.
        if epoch != self.epoch || is_stuck {
            self.heard = high;
        }
        (self.high, self.epoch) = (high, epoch);
    }

    fn try_at_once(&mut self, now: Tick) {
        self.failures = 0;
        self.socket_failures = 0;
        self.retry_at = None;
        self.push_at = None;
        self.uploads.try_at_once();
        self.wants.pull = true;
        if let Socket::Closed { retry_at } = &mut self.socket {
            *retry_at = now;
        }
    }

    fn hear(&mut self, live: &Live, now: Tick) {
        let Socket::Open { heard_at } = &mut self.socket else {
            return;
        };
        *heard_at = now;
        self.socket_failures = 0;
        match live {
            Live::Head { seq, epoch } if self.epoch == Some(*epoch) => {
                self.heard = self.heard.max(*seq);
            }
            Live::Head { .. } => self.wants.pull = true,
            Live::Beat => self.effects.push_back(Effect::SendBeat),
            Live::Here(_) | Live::There(_) => {}
        }
        if matches!(self.contact, Contact::Offline | Contact::Unknown) {
            // What was put off while the line was lost is due now.
            self.retry_at = None;
            self.wants.pull = true;
            self.show(self.standing());
        }
    }

    /// A device offers nothing before its first page: what is told to be forgotten is told above
    /// the place in the log at which that page found it.
    fn may_push(&self, now: Tick) -> bool {
        self.wants.push && self.epoch.is_some() && self.push_at.is_none_or(|at| now >= at)
    }

    /// How the device stands with a server that answers.
    fn standing(&self) -> Contact {
        if self.wipe != Wipe::None {
            Contact::Wiping
        } else if self.push_failures == 0 {
            Contact::Online
        } else {
            Contact::Trouble
        }
    }

    fn succeed(&mut self, now: Tick) {
        self.under_way = None;
        self.failures = 0;
        self.retry_at = None;
        self.ask_at = now.plus(self.ask_millis());
        if self.contact == Contact::Offline {
            // The line is back: a socket waiting out its own delay need not.
            self.socket_failures = 0;
            if let Socket::Closed { retry_at } = &mut self.socket {
                *retry_at = now;
            }
        }
        self.show(self.standing());
    }

    fn fail(&mut self, fault: Fault, now: Tick, jitter: Jitter) {
        let was = self.under_way.take();
        self.wants.pull |= was == Some(Request::Pull);
        self.wants.bringing_back |= was == Some(Request::Return);
        if was == Some(Request::Upload) && self.uploads.fail(fault, now, jitter) {
            return;
        }
        match fault {
            Fault::SignedOut => return self.halt(Contact::SignedOut, now),
            Fault::Wipe => return self.order_wipe(now),
            Fault::Outdated => return self.halt(Contact::Outdated, now),
            Fault::TooLarge if self.groups_max > 1 => {
                self.groups_max /= 2;
                return;
            }
            Fault::TooLarge | Fault::Malformed | Fault::PutOff if was == Some(Request::Push) => {
                self.show(Contact::Trouble);
                self.wants.pull |= fault == Fault::PutOff;
                self.push_at = Some(now.plus(backoff(self.push_failures, jitter)));
                self.push_failures = self.push_failures.saturating_add(1);
                return;
            }
            Fault::Unreachable => {
                self.show(Contact::Offline);
                if !matches!(self.socket, Socket::Closed { .. }) {
                    self.drop_socket(now, jitter);
                }
            }
            Fault::TooLarge | Fault::Malformed | Fault::Busy | Fault::Disk | Fault::PutOff => {
                self.show(Contact::Trouble);
            }
        }
        self.retry_at = Some(now.plus(backoff(self.failures, jitter)));
        self.failures = self.failures.saturating_add(1);
    }

    fn halt(&mut self, contact: Contact, now: Tick) {
        self.show(contact);
        self.close_socket(now);
        self.wants.pull = true;
    }

    fn release(&mut self, from: Contact) {
        if self.contact == from {
            self.contact = Contact::Unknown;
        }
    }

    fn is_halted(&self) -> bool {
        matches!(self.contact, Contact::SignedOut | Contact::Outdated)
    }

    fn ask_millis(&self) -> u64 {
        if matches!(self.socket, Socket::Open { .. }) {
            CHECK_MILLIS
        } else {
            POLL_MILLIS
        }
    }

    fn show(&mut self, contact: Contact) {
        if self.contact != contact && self.leads {
            self.contact = contact;
            self.effects.push_back(Effect::Show(contact));
        }
    }

    fn advance(&mut self, now: Tick) {
        if !self.leads || self.is_halted() {
            return;
        }
        // The socket needs a session; the first request shows whether there is one.
        if let Socket::Closed { retry_at } = self.socket
            && now >= retry_at
            && self.may_listen()
        {
            self.socket = Socket::Opening { since: now };
            self.effects.push_back(Effect::OpenLive);
        }
        if self.under_way.is_some() || self.retry_at.is_some_and(|at| now < at) {
            return;
        }
        if self.wipe != Wipe::None {
            self.advance_wipe(now);
        } else if self.wants.bringing_back {
            self.under_way = Some(Request::Return);
            self.wants.bringing_back = false;
            self.effects.push_back(Effect::Return);
        } else if self.may_push(now) {
            self.under_way = Some(Request::Push);
            let groups_max = self.groups_max;
            self.effects.push_back(Effect::Push { groups_max });
        } else if self.wants.pull || self.heard > self.high {
            self.under_way = Some(Request::Pull);
            self.wants.pull = false;
            self.effects.push_back(Effect::Pull);
        } else if self.may_upload(now) {
            self.under_way = Some(Request::Upload);
            self.effects.push_back(Effect::Upload);
        }
    }
}

/// Doubles from a second to a minute; the jitter takes up to half of it away.
fn backoff(failures: u32, jitter: Jitter) -> u64 {
    let full = 1_000_u64
        .checked_shl(failures.min(6))
        .map_or(BACKOFF_MILLIS_MAX, |millis| millis.min(BACKOFF_MILLIS_MAX));
    full - full / 2 * u64::from(jitter.0) / u64::from(u16::MAX)
}

#[cfg(test)]
mod tests;
