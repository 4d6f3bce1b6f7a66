//! Incidents on the page: the queue, the open incident, a new one, and every act on them.

#![expect(
    unreachable_pub,
    reason = "Leptos makes the properties of every component public"
)]

mod acts;
mod address;
mod attention;
mod choices;
mod declare;
mod detail;
mod drafts;
mod levels;
mod list;
mod older;
mod queue;
mod search;
mod sketch;
mod undo;
mod views;
mod words;

pub(crate) use acts::{Desk, failure_text};
pub(crate) use address::{Address, Place, priority_word};
pub(crate) use attention::{AttentionList, AttentionRoom};
pub(crate) use declare::DeclareSheet;
pub(crate) use detail::{DetailPane, IncidentRoom, OpenIncident};
pub(crate) use drafts::{Draft, Drafts, latest};
pub(crate) use older::{OlderRoom, OlderSheet};
pub(crate) use queue::{QueuePane, risk_text};
pub(crate) use search::SearchHelp;
pub use search::{Asking, Search, SearchRoom, Sought, keep_folded, understand};
pub(crate) use sketch::{Sketched, draft_words};
pub(crate) use undo::{Offer, Undo};
pub(crate) use views::{View, counts as view_counts};
pub(crate) use words::{entry_text, intent_text, refusal_text, state_text};
