//! Messages between devices and server, all as the bytes that travel.

use shared::sync::Seq;
use shared::sync::client::{Fault, Input, Offer};
use shared::sync::message::{self, Cursors, Live, PushReply, PushRequest, Verdict};

use super::before;
use super::events::Event;
use super::lines::PATIENCE_MILLIS;
use super::plan::{Dies, SignedIn};
use super::server::SignedOut;
use super::wiped::Wipe;
use super::world::World;
use crate::broken::Broken;
use crate::device::{Call, Version};

/// A request under way.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) id: u64,
    asks: Asks,
}

/// What a device waits for, with what it needs to take that in.
#[derive(Debug)]
enum Asks {
    Page(Cursors),
    Verdicts(Vec<Offer>),
    /// The verdicts on what is handed over before a wipe.
    Taken(Vec<Offer>),
    Wanted,
    Again,
}

/// A request as it travels.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Pull(Vec<u8>),
    Push(Vec<u8>),
    Return(Vec<u8>),
}

impl Request {
    /// Whether it brings what a device that is being wiped never sent.
    fn hands_over(&self) -> bool {
        let Self::Push(bytes) = self else {
            return false;
        };
        message::decode::<PushRequest>(bytes).is_ok_and(|request| request.hands_over)
    }
}

impl World {
    pub(super) fn answer(&mut self, seat: usize, id: u64, request: &Request) {
        let head = self.server.log.head;
        let is_push = matches!(request, Request::Push(_));
        let dies = self.dies.take_if(|_| is_push);
        let answer = self.served(seat, request, dies);
        self.acknowledged.extend(self.server.accepted.keys());
        if dies.is_some() {
            self.restart_server();
        }
        self.check_answer(seat, answer.as_deref().unwrap_or_default());
        for at in self.posts[seat].wire.arrivals(self.now) {
            let answer = answer.clone();
            self.at(at, Event::Answered { seat, id, answer });
        }
        self.tell_of_growth(head);
    }

    /// Tells every socket of a log that goes on beyond a place.
    pub(super) fn tell_of_growth(&mut self, before: Seq) {
        if self.server.log.head > before {
            for seat in 0..self.posts.len() {
                if let Some(live) = self.posts[seat].live {
                    self.send_frame(seat, live, &self.head());
                }
            }
        }
    }

    fn served(
        &mut self,
        seat: usize,
        request: &Request,
        dies: Option<Dies>,
    ) -> Result<Vec<u8>, Fault> {
        let is_ordered = self.posts[seat].wipe != Wipe::None;
        if is_ordered && !request.hands_over() {
            return Err(Fault::Wipe);
        }
        if self.posts[seat].session == SignedIn::No || self.is_wiped(seat) {
            return Err(Fault::SignedOut);
        }
        let (profile, now) = (self.posts[seat].seat.profile, self.wall());
        let signed_out = |_: SignedOut| Fault::SignedOut;
        match request {
            Request::Pull(bytes) => {
                let request = message::decode(bytes).map_err(|_| Fault::Malformed)?;
                let page = self
                    .server
                    .pull(profile, &request, now)
                    .map_err(signed_out)?;
                self.check_page(seat, &page);
                self.note(|| {
                    let docs: Vec<_> = page.docs.iter().map(|doc| doc.doc).collect();
                    let (from, to) = (request.cursors.high.0, page.cursors.high.0);
                    format!(
                        "  from {from} to {to}: {docs:?}, forgetting {:?}",
                        page.forget
                    )
                });
                self.tally.pages += 1;
                self.tally.forgotten += page.forget.len() as u64;
                Ok(match profile.version {
                    Version::Current => message::encode(&page),
                    Version::Before => before::page(&message::encode(&page)),
                })
            }
            Request::Return(bytes) => {
                let request = message::decode(bytes).map_err(|_| Fault::Malformed)?;
                let reply = self
                    .server
                    .take_back(profile, &request, now)
                    .map_err(signed_out)?;
                self.note(|| format!("  wanted: {:?}", reply.wanted));
                Ok(message::encode(&reply))
            }
            Request::Push(bytes) => {
                let request = message::decode(bytes).map_err(|_| Fault::Malformed)?;
                let before = (dies == Some(Dies::BeforeCommit)).then(|| self.server.clone());
                let reply = self
                    .server
                    .push(profile, &request, now)
                    .map_err(signed_out)?;
                self.note(|| format!("  verdicts: {}", told(&reply)));
                self.check_reply(seat, &reply);
                if let Some(before) = before {
                    self.server = before;
                }
                let is_answered = dies.is_none() || self.server.is(Broken::AnsweredBeforeCommit);
                if is_answered {
                    Ok(message::encode(&reply))
                } else {
                    Err(Fault::Unreachable)
                }
            }
        }
    }

    pub(super) fn deliver(&mut self, seat: usize, id: u64, answer: Result<Vec<u8>, Fault>) {
        let pending = self.posts[seat].pending.take_if(|pending| pending.id == id);
        let Some(Pending { asks, .. }) = pending else {
            return;
        };
        let moment = self.moment(seat);
        let device = &mut self.posts[seat].device;
        match (asks, answer) {
            (_, Err(fault)) => device.tell(Input::Failed(fault), moment),
            (Asks::Page(asked), Ok(bytes)) => match message::decode(&bytes) {
                Ok(page) => device.take_page(&asked, page, moment),
                Err(_) => device.tell(Input::Failed(Fault::Unreachable), moment),
            },
            (Asks::Wanted, Ok(bytes)) => match message::decode(&bytes) {
                Ok(reply) => device.take_wanted(reply, moment),
                Err(_) => device.tell(Input::Failed(Fault::Unreachable), moment),
            },
            (Asks::Again, Ok(bytes)) => match message::decode(&bytes) {
                Ok(reply) => device.take_again(&reply, moment),
                Err(_) => device.tell(Input::Failed(Fault::Unreachable), moment),
            },
            (Asks::Taken(offers), Ok(bytes)) => match message::decode(&bytes) {
                Ok(reply) => device.take_handed_over(&offers, &reply, moment),
                Err(_) => device.tell(Input::Failed(Fault::Unreachable), moment),
            },
            (Asks::Verdicts(offers), Ok(bytes)) => match message::decode(&bytes) {
                Ok(reply) => device.take_reply(&offers, reply, moment),
                Err(_) => device.tell(Input::Failed(Fault::Unreachable), moment),
            },
        }
        self.follow_up(seat);
        self.check_cursor(seat);
    }

    pub(super) fn carry_out(&mut self, seat: usize, call: Call) {
        match call {
            Call::Pull(request) => {
                let bytes = message::encode(&request);
                self.ask(seat, Asks::Page(request.cursors), &Request::Pull(bytes));
            }
            Call::Push(request, offers) => {
                let bytes = message::encode(&request);
                self.ask(seat, Asks::Verdicts(offers), &Request::Push(bytes));
            }
            Call::HandOver(request, offers) => {
                let bytes = message::encode(&request);
                self.ask(seat, Asks::Taken(offers), &Request::Push(bytes));
            }
            Call::Return(request) => {
                let bytes = message::encode(&request);
                self.ask(seat, Asks::Wanted, &Request::Return(bytes));
            }
            Call::OfferAgain(request) => {
                let bytes = message::encode(&request);
                self.ask(seat, Asks::Again, &Request::Push(bytes));
            }
            Call::OpenLive => {
                let live = self.number();
                self.posts[seat].live = Some(live);
                if self.posts[seat].session == SignedIn::Yes {
                    for at in self.posts[seat].wire.arrivals(self.now).into_iter().take(1) {
                        self.at(at, Event::LiveOpens { seat, live });
                    }
                }
            }
            Call::CloseLive => self.posts[seat].live = None,
            Call::Beat => {}
        }
    }

    fn ask(&mut self, seat: usize, asks: Asks, request: &Request) {
        let id = self.number();
        assert!(
            self.posts[seat].pending.is_none(),
            "at most one request is under way"
        );
        self.posts[seat].pending = Some(Pending { id, asks });
        for at in self.posts[seat].wire.arrivals(self.now) {
            self.at(
                at,
                Event::Asked {
                    seat,
                    id,
                    request: request.clone(),
                },
            );
        }
        let given_up = self.now + PATIENCE_MILLIS;
        let at = self.posts[seat].wire.refusal(self.now).unwrap_or(given_up);
        self.at(
            at,
            Event::Answered {
                seat,
                id,
                answer: Err(Fault::Unreachable),
            },
        );
    }

    pub(super) fn send_frame(&mut self, seat: usize, live: u64, frame: &Live) {
        for at in self.posts[seat].wire.arrivals(self.now) {
            self.at(
                at,
                Event::Heard {
                    seat,
                    live,
                    frame: frame.clone(),
                },
            );
        }
    }
}

/// The verdicts of a reply, for whoever looks at a failure.
fn told(reply: &PushReply) -> String {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Accepted(_) => "accepted".to_owned(),
        Verdict::Duplicate(_) => "duplicate".to_owned(),
        Verdict::Refused(why) => format!("refused: {why}"),
        Verdict::Missing { doc, hashes } => format!("{doc} lacks {hashes:?}"),
    };
    let words: Vec<_> = reply.verdicts.iter().map(word).collect();
    words.join("; ")
}
