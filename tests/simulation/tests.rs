//! The simulation as a test: new plans from fixed seeds, and plans that once failed.

use std::fs;

use tests::simulation::{Plan, run, shortened};

const STEPS: usize = 40;

/// Runs seeds, or the plan in the file that `PLAN` names, or the one seed in `SEED`.
fn check_seeds(seeds: std::ops::Range<u64>) {
    if let Ok(file) = std::env::var("PLAN") {
        let text = fs::read_to_string(&file).expect("PLAN names a readable file");
        return check(&text.parse().expect("PLAN names a plan"));
    }
    let only: Option<u64> = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(seeds, |seed| seed..seed + 1);
    seeds.for_each(|seed| check(&Plan::draw(seed, STEPS)));
}

fn check(plan: &Plan) {
    let Err(failure) = run(plan) else { return };
    let plan = shortened(plan);
    let failure = run(&plan).err().unwrap_or(failure);
    panic!("{failure}\n\nthe plan, for PLAN=file:\n{plan}");
}

#[test]
fn devices_converge_whatever_lines_and_crashes_do() {
    check_seeds(0..100);
}
