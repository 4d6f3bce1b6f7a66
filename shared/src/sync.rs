//! Sync: one sequenced log on the server, automerge changes as its payload.
//!
//! [`message`] is what travels, [`client`] and [`server`] are state machines without I/O that
//! shells in the browser, on the server and in the simulation carry; [`parcel`] is what is unsent
//! as a file, [`listed`] what the server lists beside sync. Sync knows documents as id and bytes.

pub mod client;
pub mod listed;
pub mod message;
pub mod parcel;
pub mod server;

pub use message::{Seq, SignedHeads};
