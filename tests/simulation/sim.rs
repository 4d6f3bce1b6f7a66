//! `cargo xtask sim --minutes N`: runs the simulation under ever new seeds and prints what it
//! found.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tests::simulation::{Plan, Tally, run, shortened};

/// Every tenth plan is a long one.
const STEPS: [usize; 10] = [40, 40, 40, 40, 40, 40, 80, 80, 160, 600];

fn main() -> ExitCode {
    let minutes = minutes(std::env::args().skip(1));
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let first: Option<u64> = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let first = first.unwrap_or(since.as_secs() << 20);
    // A panic is told once, with its plan, and not by each try to shorten that.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut tally, mut seed) = (Tally::default(), first);
    while Instant::now() < end {
        let steps = STEPS[usize::try_from(seed % 10).unwrap_or(0)];
        let plan = Plan::draw(seed, steps);
        match run(&plan) {
            Ok(world) => tally.add(&world.tally()),
            Err(failure) => {
                say(&format!(
                    "seed {seed}: {}\nshortening its plan …",
                    failure.what
                ));
                let plan = shortened(&plan, &failure);
                let failure = run(&plan).err().unwrap_or(failure);
                say(&format!("{failure}\n\nthe plan, for PLAN=file:\n{plan}"));
                return ExitCode::FAILURE;
            }
        }
        seed += 1;
    }
    say(&format!("seeds {first} to {}: {tally}", seed - 1));
    ExitCode::SUCCESS
}

fn minutes(mut arguments: impl Iterator<Item = String>) -> u64 {
    let value = arguments
        .find(|word| word == "--minutes")
        .and_then(|_| arguments.next());
    value.and_then(|value| value.parse().ok()).unwrap_or(1)
}

fn say(text: &str) {
    // Nobody is left to tell when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
