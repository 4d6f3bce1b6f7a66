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
mod direct;
mod drafts;
mod levels;
mod list;
mod moments;
mod older;
mod palette;
mod queue;
mod saved;
mod search;
mod sketch;
mod undo;
mod views;
mod words;
mod work;

pub(crate) use acts::{Desk, failure_text};
pub(crate) use address::{Address, Place, priority_word};
pub(crate) use attention::{AttentionList, AttentionRoom};
pub(crate) use declare::DeclareSheet;
pub(crate) use detail::{DetailPane, IncidentRoom, OpenIncident};
pub(crate) use drafts::{Draft, Drafts, latest};
pub(crate) use older::{OlderRoom, OlderSheet};
pub use palette::Palette;
pub(crate) use palette::{KeysSheet, PaletteSheet};
pub(crate) use queue::{QueuePane, risk_text};
pub(crate) use saved::{Saved, SavedNav, SavedSheet};
pub use saved::{Tallying, keep_counts};
pub use search::{Asking, Search, SearchRoom, Sought, keep_folded, understand};
pub(crate) use search::{SearchHelp, in_words};
pub(crate) use sketch::{Sketched, draft_words};
pub(crate) use undo::{Offer, Undo};
pub(crate) use views::{View, counts as view_counts};
pub(crate) use words::{entry_text, hold_text, intent_text, level_text, refusal_text, state_text};
pub use work::Working;
pub(crate) use work::{WorkPane, WorkRoom};
