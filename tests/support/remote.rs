//! A device that speaks to a real server, as an outsider would: sign-in, cookie, CBOR over HTTP.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shared::ids::{DeviceId, PersonId};
use shared::people::Surface;
use shared::sync::client::{Fault, Input, Tick};
use shared::sync::message::{self, MEDIA_TYPE, PullPage, PushReply, ReturnReply, Verdict};
use shared::time::UnixMillis;

use crate::device::{Call, Device, Moment, Profile, Version};
use crate::disk::Disk;
use crate::draws::Draws;
use crate::http::Http;

/// A device on a line to a real server.
#[derive(Debug)]
pub struct Remote {
    pub device: Device,
    /// How many answers came whole.
    pub answers: u64,
    /// What came, for whoever measures it; nobody else has it kept.
    pub received: Option<Vec<Received>>,
    /// How often the log had an act already, since its answer was lost.
    pub duplicates: usize,
    pub line: Line,
    /// Whether its person signs in again when they are asked to.
    pub signs_in_again: bool,
    http: Http,
    login: String,
    started: Instant,
}

/// An answer that came whole.
#[derive(Debug, Clone)]
pub struct Received {
    pub path: &'static str,
    /// From the first byte asked to the last byte read.
    pub after: Duration,
    pub body: Vec<u8>,
}

/// Whether the last request was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Up,
    Down,
}

impl Remote {
    /// Signs in on a new device.
    pub fn sign_in(port: u16, login: &str, mut draws: Draws) -> Self {
        let mut http = Http::new(port);
        let answer = http.sign_in(login, "console").expect("the server answers");
        assert_eq!(answer.status, 200, "{login} can sign in");
        let session: serde_json::Value =
            serde_json::from_slice(&answer.body).expect("a session is JSON");
        let person = session["person"]["id"]
            .as_u64()
            .and_then(|id| u32::try_from(id).ok());
        let profile = Profile {
            device: DeviceId::from_bytes(draws.bytes()),
            person: PersonId(person.expect("a session names its person")),
            surface: Surface::Console,
            version: Version::Current,
        };
        let started = Instant::now();
        let device = Device::start(profile, Disk::default(), draws, moment(started));
        Self {
            device,
            answers: 0,
            received: None,
            duplicates: 0,
            line: Line::Up,
            signs_in_again: false,
            http,
            login: login.to_owned(),
            started,
        }
    }

    /// Starts the engine anew, on a copy of what another device of the person holds.
    pub fn begin_on(&mut self, disk: Disk, draws: Draws) {
        let (profile, moment) = (self.device.profile, self.moment());
        self.device = Device::start(profile, disk, draws, moment);
    }

    /// The same device on a copy of its disk, started anew: its connection has still to be made.
    #[must_use]
    pub fn again(&self, draws: Draws) -> Self {
        let started = Instant::now();
        let (profile, disk) = (self.device.profile, self.device.disk.clone());
        Self {
            device: Device::start(profile, disk, draws, moment(started)),
            answers: 0,
            received: None,
            duplicates: 0,
            line: Line::Up,
            signs_in_again: self.signs_in_again,
            http: self.http.clone(),
            login: self.login.clone(),
            started,
        }
    }

    /// What the device's clocks say.
    pub fn moment(&self) -> Moment {
        moment(self.started)
    }

    /// Tells the machine that a try may succeed now.
    pub fn hint(&mut self) {
        self.device.tell(Input::Hint, self.moment());
    }

    /// Carries out everything that the machine wants now.
    pub fn exchange(&mut self) {
        self.device.pass(self.moment());
        while let Some(call) = self.device.poll_call(self.moment()) {
            self.carry_out(call);
        }
    }

    /// Exchanges until everything is sent and everything there is was read.
    pub fn settle(&mut self, within: Duration) {
        let deadline = Instant::now() + within;
        loop {
            self.hint();
            self.exchange();
            let is_sent = self.device.disk.outbox().is_empty();
            if is_sent && self.line == Line::Up && self.is_complete() {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "the device does not come to rest"
            );
        }
    }

    /// Whether the device has walked down every scope.
    fn is_complete(&self) -> bool {
        let cursors = self.device.disk.cursors();
        cursors.epoch.is_some() && cursors.lows.values().all(|low| low.0 == 0)
    }

    fn carry_out(&mut self, call: Call) {
        match call {
            Call::Pull(request) => match self.post::<PullPage>("/sync/pull", &request) {
                Ok(page) => {
                    let moment = self.moment();
                    self.device.take_page(&request.cursors, page, moment);
                }
                Err(fault) => self.fail(fault),
            },
            Call::Push(request, offers) => match self.post::<PushReply>("/sync/push", &request) {
                Ok(reply) => {
                    let is_known = |it: &&Verdict| matches!(it, Verdict::Duplicate(_));
                    self.duplicates += reply.verdicts.iter().filter(is_known).count();
                    let moment = self.moment();
                    self.device.take_reply(&offers, reply, moment);
                }
                Err(fault) => self.fail(fault),
            },
            Call::HandOver(request, offers) => match self.post("/sync/push", &request) {
                Ok(reply) => {
                    let moment = self.moment();
                    self.device.take_handed_over(&offers, &reply, moment);
                }
                Err(fault) => self.fail(fault),
            },
            Call::Return(request) => match self.post::<ReturnReply>("/sync/return", &request) {
                Ok(reply) => self.device.take_wanted(reply, self.moment()),
                Err(fault) => self.fail(fault),
            },
            Call::OfferAgain(request) => match self.post::<PushReply>("/sync/push", &request) {
                Ok(reply) => self.device.take_again(&reply, self.moment()),
                Err(fault) => self.fail(fault),
            },
            // A socket can be lost without harm, so it always is.
            Call::OpenLive => self.device.tell(Input::LiveClosed, self.moment()),
            Call::CloseLive | Call::Beat => {}
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.line = Line::Down;
        self.device.tell(Input::Failed(fault), self.moment());
        let is_asked = fault == Fault::SignedOut && self.signs_in_again;
        if is_asked && self.http.sign_in(&self.login, "console").is_ok() {
            self.device.tell(Input::SignedIn, self.moment());
        }
    }

    fn post<T: serde::de::DeserializeOwned>(
        &mut self,
        path: &'static str,
        request: &impl serde::Serialize,
    ) -> Result<T, Fault> {
        let asked = Instant::now();
        let answer = self.http.post(path, MEDIA_TYPE, &message::encode(request));
        let answer = answer.map_err(|_| Fault::Unreachable)?;
        match answer.status {
            200 => {}
            401 => return Err(Fault::SignedOut),
            408 => return Err(Fault::Unreachable),
            429 => return Err(Fault::Busy),
            410 => return Err(Fault::Wipe),
            413 => return Err(Fault::TooLarge),
            400..500 => return Err(Fault::Malformed),
            _ => return Err(Fault::Unreachable),
        }
        let after = asked.elapsed();
        let message = message::decode(&answer.body).map_err(|_| Fault::Unreachable)?;
        self.line = Line::Up;
        self.answers += 1;
        if let Some(received) = &mut self.received {
            let body = answer.body;
            received.push(Received { path, after, body });
        }
        Ok(message)
    }
}

fn moment(started: Instant) -> Moment {
    let tick = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let wall = UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    Moment {
        tick: Tick(tick),
        wall,
    }
}
