//! The other tabs of the same person: what changed here is told there.
//!
//! Nothing is told before it is committed. What is told may be lost without harm: a tab reads the
//! database whenever it matters.

use std::cell::RefCell;
use std::collections::BTreeMap;

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, MessageEvent};

use shared::ids::IncidentId;
use shared::rows::Row;
use shared::sync::client::{Contact, Slot};
use shared::time::{Boot, Reading};

use super::clock;

/// What tabs tell each other.
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
}

/// This engine among the others.
pub(crate) struct Tabs {
    pub slot: Slot,
    channel: Option<BroadcastChannel>,
    clocks: RefCell<BTreeMap<Boot, (Reading, u64)>>,
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
        self.clocks
            .borrow_mut()
            .insert(reading.boot, (reading, clock::mono()));
    }

    /// What the clocks of every live engine say now, this one's first.
    pub(crate) fn clocks(&self) -> Vec<Reading> {
        let now = clock::reading();
        let clocks = self.clocks.borrow();
        let others = clocks.values().map(|(reading, heard)| {
            let since = now.mono.saturating_sub(*heard);
            Reading {
                boot: reading.boot,
                mono: reading.mono.saturating_add(since),
                wall: reading.wall.plus(i64::try_from(since).unwrap_or(0)),
            }
        });
        std::iter::once(now).chain(others).collect()
    }
}
