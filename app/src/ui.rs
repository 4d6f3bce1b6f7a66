//! The parts that pages are made of, on native elements, and the browser they run in.
//!
//! Nothing here knows incidents or the engine.

pub mod browser;
pub mod fold;
pub mod icon;
pub(crate) mod keys;
pub mod live;
pub mod overlay;
pub mod person;
pub mod pick;
pub mod room;
pub mod toast;
