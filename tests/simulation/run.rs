//! Runs plans, catches what fails and shortens the plan that failed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::plan::Plan;
use super::world::World;

/// What went wrong, and what had happened before.
#[derive(Debug)]
pub struct Failure {
    pub what: String,
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n\nwhat happened last:\n{}",
            self.what,
            self.trace.join("\n")
        )
    }
}

/// How often a shorter plan is tried.
const TRIES_MAX: usize = 400;

/// How many bytes of what went wrong say which rule was broken.
const ALIKE: usize = 16;

/// Runs a plan: its steps with faults, then the healing.
pub fn run(plan: &Plan) -> Result<World, Box<Failure>> {
    let mut world = World::new(plan.frame);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        plan.steps.iter().for_each(|step| world.step(step));
        world.converge();
    }));
    match ran {
        Ok(()) => Ok(world),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            let what = text.unwrap_or_else(|| "a panic without words".to_owned());
            Err(Box::new(Failure {
                what,
                trace: world.trace.into_iter().collect(),
            }))
        }
    }
}

/// Leaves out what a failing plan does not need to fail in the same way.
pub fn shortened(plan: &Plan, failure: &Failure) -> Plan {
    let same = |other: &Failure| other.what.get(..ALIKE) == failure.what.get(..ALIKE);
    let mut best = plan.clone();
    let mut tries = 0;
    let mut part = best.steps.len() / 2;
    while part > 0 {
        let mut start = 0;
        while start < best.steps.len() && tries < TRIES_MAX {
            let mut shorter = best.clone();
            shorter
                .steps
                .drain(start..(start + part).min(best.steps.len()));
            tries += 1;
            if run(&shorter).is_err_and(|failure| same(&failure)) {
                best = shorter;
            } else {
                start += part;
            }
        }
        part /= 2;
    }
    best
}
