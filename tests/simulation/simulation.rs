//! The simulation: devices with disks, one server, faulty lines, one virtual clock, one seed.
//!
//! Phase one lets things go wrong and checks after each event what must always hold; phase two
//! heals everything and checks that all who may read the same do read the same. A run is a function
//! of its [`Plan`]: the same plan fails in the same place. What it assumes of the parts is written
//! here from the rules (`checks`), never taken from the code under test.

mod aged;
pub mod before;
mod checks;
mod converged;
mod events;
mod lines;
mod model;
mod pages;
pub mod plan;
mod restored;
pub mod roster;
mod run;
mod server;
mod tally;
mod traffic;
mod wiped;
mod world;

pub use plan::{Deed, Dies, Frame, Line, Plan, SignedIn, Step};
pub use run::{Failure, run, shortened};
pub use tally::Tally;
pub use world::World;
