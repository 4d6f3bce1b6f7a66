//! Every rule of Holdfast, compiled for the browser and the server alike.
//!
//! Nothing here does I/O, reads a clock, draws a random number or waits: time and randomness are
//! arguments, so the same function gives the same answer on a device, on the server and in a test.

pub mod calendar;
pub mod document;
pub mod ids;
pub mod incidents;
pub mod notify;
pub mod people;
pub mod policy;
pub mod priority;
pub mod reports;
pub mod rows;
pub mod rules;
pub mod search;
pub mod settings;
pub mod sla;
pub mod sync;
pub mod targets;
#[cfg(feature = "testing")]
pub mod testing;
pub mod time;
pub mod views;
