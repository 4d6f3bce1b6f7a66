//! The engine: everything behind the page, in a worker of its own.
//!
//! It keeps documents and rows in `IndexedDB`, folds what people do into them with automerge, and
//! carries the sync machine of [`shared::sync::client`]. The page asks and is told in the words of
//! [`protocol`]; it never waits for the network.
//!
//! # Design
//! Question: who owns the truth while several tabs are open? Answer: the database. Every tab has an
//! engine; each writes in whole transactions and reads there what others wrote, so a copy in memory
//! counts only while its stored bytes are unchanged. One tab leads and does the network. Rejected:
//! a shared worker, which phones kill and tests cannot cut off.

pub mod protocol;

mod acts;
mod attachments;
mod board;
mod called;
mod cipher;
mod clock;
mod desk;
mod drafts;
mod follow;
mod http;
mod keep;
mod keys;
mod library;
mod list;
mod live;
mod locks;
mod parcel;
mod presence;
mod pull;
mod push;
mod rebuild;
mod returned;
mod review;
mod start;
mod storage;
mod sync;
mod tabs;
mod walk;
mod wipe;

pub use board::run;
