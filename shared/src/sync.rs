//! Sync: one sequenced log on the server, automerge changes as its payload.
//!
//! [`message`] is what travels, [`client`] and [`server`] are state machines without I/O that shells
//! in the browser, on the server and in the simulation carry. Sync knows documents as id and bytes.

pub mod client;
pub mod message;
pub mod server;

pub use message::{Seq, SignedHeads};
