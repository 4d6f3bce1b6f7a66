//! Carries the sync machine: its effects, its timer, and what people are shown of the line.

use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use shared::sync::client::{Contact, Effect, Input};
use shared::sync::message::Live;

use super::desk::Desk;
use super::live::{Report, Socket};
use super::protocol::{Line, News};
use super::storage::{Broken, Purpose, Shelf};
use super::tabs::Word;
use super::{attachments, board, clock, list, locks, presence, pull, push, returned, start, wipe};

/// How often the browser is asked whether it has a network at all.
const HINT_MILLIS: u32 = 1_000;

/// How long to wait when the database could not be read as the lead was taken.
const LEAD_RETRY_MILLIS: u32 = 2_000;

/// Waits to lead, then does the network.
pub(crate) fn begin(desk: &Rc<Desk>) {
    listen_to_hints(desk);
    desk.tabs.tell(&Word::Arrived);
    let desk = Rc::clone(desk);
    spawn_local(async move {
        let lead = locks::lead(&desk.storage.name).await;
        if desk.is_over.get() {
            return;
        }
        desk.state.borrow_mut().lead = Some(lead);
        loop {
            let broken = match catch_up(&desk).await {
                Ok(input) => return begin_lead(&desk, input).await,
                Err(broken) => broken,
            };
            TimeoutFuture::new(LEAD_RETRY_MILLIS).await;
            // Whoever led before may have removed the database, and said so a moment later.
            if desk.is_over.get() {
                return;
            }
            web_sys::console::error_1(&broken.to_string().into());
        }
    });
}

async fn begin_lead(desk: &Rc<Desk>, input: Input) {
    let is_wipe = input == Input::LeadWipe;
    feed(desk, input);
    if !is_wipe {
        feed(desk, Input::UploadsGrew);
        // What stays is swept the next time.
        attachments::sweep(desk).await.unwrap_or_default();
    }
}

/// Another tab may have led before and moved everything on.
async fn catch_up(desk: &Rc<Desk>) -> Result<Input, Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Read)?;
    if wipe::is_ordered(&tx).await? {
        return Ok(Input::LeadWipe);
    }
    if start::reread(desk).await? {
        desk.tabs.tell(&Word::Moved);
    }
    let waiting = push::waiting(desk).await?;
    let epoch = desk.state.borrow().cursors.epoch;
    Ok(Input::Lead { epoch, waiting })
}

/// Takes over what is stored, told or not.
pub(crate) fn follow_move(desk: &Rc<Desk>) {
    let desk = Rc::clone(desk);
    spawn_local(async move {
        if let Err(broken) = start::reread(&desk).await {
            web_sys::console::error_1(&broken.to_string().into());
        }
    });
}

/// Gives the machine an input and does what it then wants.
pub(crate) fn feed(desk: &Rc<Desk>, input: Input) {
    if desk.is_over.get() {
        return;
    }
    let (now, jitter) = (clock::tick(), clock::jitter());
    desk.state
        .borrow_mut()
        .network
        .handle_input(input, now, jitter);
    settle(desk);
}

/// An act waits to be sent.
pub(crate) fn wake(desk: &Rc<Desk>) {
    feed(desk, Input::OutboxGrew);
    feed(desk, Input::UploadsGrew);
}

/// Tries the network at once.
pub(crate) fn retry(desk: &Rc<Desk>, signed_in: bool) {
    let is_signed_out = desk.state.borrow().network.contact() == Contact::SignedOut;
    feed(
        desk,
        if signed_in || is_signed_out {
            Input::SignedIn
        } else {
            Input::Hint
        },
    );
}

/// Shows the line as the leading tab sees it.
pub(crate) fn follow_line(desk: &Rc<Desk>, contact: Contact, complete: bool) {
    {
        let mut state = desk.state.borrow_mut();
        state.status.complete = complete;
        if contact == Contact::Online && complete {
            state.status.fresh_at = Some(clock::wall());
        }
    }
    show(desk, contact);
}

fn timeout(desk: &Rc<Desk>) {
    if desk.is_over.get() {
        return;
    }
    let (now, jitter) = (clock::tick(), clock::jitter());
    desk.state.borrow_mut().network.handle_timeout(now, jitter);
    settle(desk);
}

fn settle(desk: &Rc<Desk>) {
    loop {
        let effect = desk.state.borrow_mut().network.poll_effect();
        let Some(effect) = effect else { break };
        act(desk, effect);
    }
    let due = desk.state.borrow().network.poll_timeout();
    let timer = due.map(|due| {
        let wait = due.0.saturating_sub(clock::mono()).max(1);
        let desk = Rc::clone(desk);
        Timeout::new(u32::try_from(wait).unwrap_or(u32::MAX), move || {
            timeout(&desk);
        })
    });
    desk.state.borrow_mut().timer = timer;
}

fn act(desk: &Rc<Desk>, effect: Effect) {
    match effect {
        Effect::Pull => spawn_local(pull::pull(Rc::clone(desk))),
        Effect::Return => spawn_local(returned::bring_back(Rc::clone(desk))),
        Effect::Push { groups_max } => spawn_local(push::push(Rc::clone(desk), groups_max)),
        Effect::Upload => spawn_local(attachments::upload(Rc::clone(desk))),
        Effect::Clear => spawn_local(wipe::clear(Rc::clone(desk))),
        Effect::HandOver { groups_max } => {
            spawn_local(wipe::hand_over(Rc::clone(desk), groups_max));
        }
        Effect::Erase => spawn_local(wipe::erase(Rc::clone(desk))),
        Effect::OpenLive => {
            let listener = Rc::clone(desk);
            let socket = Socket::open(move |report| hear(&listener, report));
            let opened = socket.is_some();
            desk.state.borrow_mut().socket = socket;
            if !opened {
                let desk = Rc::clone(desk);
                spawn_local(async move { feed(&desk, Input::LiveClosed) });
            }
        }
        Effect::CloseLive { is_lost } => {
            let socket = desk.state.borrow_mut().socket.take();
            // It may be the socket's own callback that runs now.
            spawn_local(async move {
                if let Some(socket) = socket.filter(|_| is_lost) {
                    socket.lose();
                }
            });
        }
        Effect::SendBeat => {
            if let Some(socket) = &desk.state.borrow().socket {
                socket.send(&Live::Beat);
            }
        }
        Effect::Show(contact) => {
            tell_line(desk);
            show(desk, contact);
        }
    }
}

/// Tells the other tabs how the line is, if this one knows because it leads.
pub(crate) fn tell_line(desk: &Desk) {
    let state = desk.state.borrow();
    let (contact, complete) = (state.network.contact(), state.status.complete);
    if contact != Contact::Unknown {
        desk.tabs.tell(&Word::Line { contact, complete });
    }
}

fn hear(desk: &Rc<Desk>, report: Report) {
    let is_opened = matches!(report, Report::Opened);
    if let Report::Heard(Live::There(there)) = &report {
        presence::hear_server(desk, there.clone());
    }
    feed(
        desk,
        match report {
            Report::Opened => Input::LiveOpened,
            Report::Heard(live) => Input::Heard(live),
            Report::Closed => Input::LiveClosed,
        },
    );
    if is_opened {
        presence::open(desk);
    }
}

fn show(desk: &Rc<Desk>, contact: Contact) {
    desk.state.borrow_mut().status.line = match contact {
        Contact::Unknown => Line::Connecting,
        Contact::Online => Line::Online,
        Contact::Offline => Line::Offline,
        Contact::SignedOut => Line::SignedOut,
        Contact::Outdated | Contact::Trouble | Contact::Wiping => Line::Trouble,
    };
    match contact {
        Contact::Wiping => {
            desk.state.borrow_mut().is_wiping = true;
            board::tell(News::Wiping);
        }
        Contact::SignedOut => board::tell(News::SignInNeeded),
        Contact::Outdated => board::tell(News::UpdateNeeded),
        Contact::Unknown | Contact::Online | Contact::Offline | Contact::Trouble => {}
    }
    desk.refresh_status();
}

/// Chromium fires no `online` and `offline` events in workers, so the flag is looked at instead.
fn listen_to_hints(desk: &Rc<Desk>) {
    let watched = Rc::clone(desk);
    let mut was = clock::scope().navigator().on_line();
    let mut had_wifi = attachments::has_wifi();
    let hints = Interval::new(HINT_MILLIS, move || {
        let is = clock::scope().navigator().on_line();
        if std::mem::replace(&mut was, is) != is {
            feed(&watched, Input::Hint);
        }
        presence::repeat(&watched);
        let has_wifi = attachments::has_wifi();
        if std::mem::replace(&mut had_wifi, has_wifi) != has_wifi {
            feed(&watched, Input::UploadsGrew);
            watched.refresh_status();
        }
    });
    desk.state.borrow_mut().hints = Some(hints);
}

impl Desk {
    /// Folds single rows into their chunks, a slice at a time, while this tab leads.
    pub(crate) fn tidy(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            let leads = state.network.poll_timeout().is_some();
            if state.is_tidying || !leads || !state.list.is_untidy() {
                return;
            }
            state.is_tidying = true;
        }
        let desk = Rc::clone(self);
        spawn_local(async move {
            loop {
                let slice = desk.state.borrow().list.slice();
                let Some(slice) = slice.filter(|_| !desk.is_over.get()) else {
                    break;
                };
                let Ok(folded) = list::fold(&desk.storage, slice).await else {
                    break;
                };
                desk.state.borrow_mut().list.note_folded(&folded);
            }
            desk.state.borrow_mut().is_tidying = false;
        });
    }
}
