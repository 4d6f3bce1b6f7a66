//! Holdfast in the browser: the pages that people see, and the engine that works behind them.
//!
//! The page draws and asks; it never touches automerge, `IndexedDB` or the sync protocol.

mod attachments;
mod banners;
mod devices;
pub mod engine;
pub mod incidents;
mod leaving;
pub mod link;
mod meanwhile;
mod parcel;
mod pin;
pub mod portal;
pub mod reports;
mod review;
mod revising;
mod rules;
pub mod session;
mod settings;
pub mod shell;
pub mod text;
mod tick;
pub mod ui;
mod wiping;
