//! The other tabs of the same person: what changed here is told there.
//!
//! Nothing is told before it is committed. What is told may be lost without harm: a tab reads the
//! database whenever it matters.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use shared::ids::IncidentId;
use shared::rows::Row;
use shared::sync::client::{Contact, Slot};
use shared::sync::message::{Here, There};
use shared::time::{Boot, Reading};

use super::clock;
use super::protocol::WrittenDraft;

/// How many clocks a push may hold.
const CLOCKS_MAX: usize = 256;

/// How many engines without an act that waits are remembered.
const LATEST_MAX: usize = 32;

/// What tabs tell each other. New words come last: tabs of two versions hear each other.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Word {
    /// Incidents were written.
    Changed {
        rows: Vec<Row>,
        gone: Vec<IncidentId>,
    },
    /// An act waits to be sent.
    Wake,
    /// A tab has joined and knows nothing of the line.
    Arrived,
    /// The leading tab's news of the line, with what the server asks for.
    Line { contact: Contact, complete: bool },
    /// The directory was replaced.
    Directory,
    /// Somebody asked to try the network now, or signed in.
    Retry { signed_in: bool },
    /// What an engine's clocks said when it wrote.
    Clock(Reading),
    /// The database is about to be deleted.
    Closing,
    /// Somebody writes a draft.
    Drafted(WrittenDraft),
    /// What the tab stored that led before may not have been told.
    Moved,
    /// Whether the database opens with a PIN only from now on.
    Pin(bool),
    /// Somebody locked it.
    Lock,
    /// Something became of files that wait, or of the lines that they may take.
    Files,
    /// Where the person is on the tab of that engine.
    Here { boot: Boot, here: Option<Here> },
    /// Who else is where the person is.
    There(Vec<There>),
}

/// This engine among the others.
pub(crate) struct Tabs {
    pub slot: Slot,
    channel: Option<BroadcastChannel>,
    clocks: RefCell<BTreeMap<Boot, Heard>>,
}

/// What another engine's clocks said, and this one's then.
struct Heard {
    reading: Reading,
    here: Reading,
}

impl Heard {
    /// What those clocks say now. While the machine sleeps, some of its clocks stand still.
    fn at(&self, now: Reading) -> Reading {
        let mono = now.mono.saturating_sub(self.here.mono);
        let wall = now.wall.0.saturating_sub(self.here.wall.0);
        let since = mono.max(u64::try_from(wall).unwrap_or(0));
        Reading {
            boot: self.reading.boot,
            mono: self.reading.mono.saturating_add(since),
            wall: self.reading.wall.plus(i64::try_from(since).unwrap_or(0)),
        }
    }
}

/// Has the other tabs let go of a database that this engine does not work on.
pub(crate) fn close_others(database: &str) {
    let tabs = Tabs::join(database, Slot::default());
    tabs.tell(&Word::Closing);
    tabs.leave();
}

impl Tabs {
    /// Joins the others.
    pub(crate) fn join(database: &str, slot: Slot) -> Self {
        Self {
            slot,
            channel: BroadcastChannel::new(database).ok(),
            clocks: RefCell::default(),
        }
    }

    /// Listens to the others, for as long as this engine lives.
    pub(crate) fn listen(&self, mut hear: impl FnMut(Word) + 'static) {
        let Some(channel) = &self.channel else { return };
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let bytes = Uint8Array::new(&event.data()).to_vec();
            // A tab of another version may say what this one does not know.
            if let Ok(word) = postcard::from_bytes(&bytes) {
                hear(word);
            }
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        listener.forget();
    }

    /// Tells the others.
    pub(crate) fn tell(&self, word: &Word) {
        let (Some(channel), Ok(bytes)) = (&self.channel, postcard::to_allocvec(word)) else {
            return;
        };
        channel
            .post_message(&Uint8Array::from(bytes.as_slice()))
            .ok();
    }

    /// Leaves the others.
    pub(crate) fn leave(&self) {
        if let Some(channel) = &self.channel {
            channel.set_onmessage(None);
            channel.close();
        }
    }

    /// Remembers what another engine's clocks said just now.
    pub(crate) fn note_clock(&self, reading: Reading) {
        let here = clock::reading();
        self.clocks
            .borrow_mut()
            .insert(reading.boot, Heard { reading, here });
    }

    /// What the clocks of this engine say now, then those of engines whose acts wait, then those of
    /// the engines heard of last. The others are dropped.
    pub(crate) fn clocks(&self, waiting: &BTreeSet<Boot>) -> Vec<Reading> {
        let now = clock::reading();
        let mut clocks = self.clocks.borrow_mut();
        let mut heard: Vec<_> = clocks
            .iter()
            .map(|(boot, heard)| (!waiting.contains(boot), Reverse(heard.here.mono), *boot))
            .collect();
        heard.sort_unstable();
        let named = heard.iter().filter(|(is_idle, ..)| !is_idle).count();
        heard.truncate((named + LATEST_MAX).min(CLOCKS_MAX - 1));
        let kept: BTreeSet<Boot> = heard.into_iter().map(|(.., boot)| boot).collect();
        clocks.retain(|boot, _| kept.contains(boot));
        let others = clocks.values().map(|heard| heard.at(now));
        std::iter::once(now).chain(others).collect()
    }
}
