//! `cargo xtask sim --minutes N`: runs the simulation under ever new seeds and prints what it
//! found.
//! `--broken` runs it with one rule broken after the other, each until that is noticed.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tests::broken::Broken;
use tests::simulation::{Plan, Tally, run, shortened};

/// Every tenth plan is a long one.
const STEPS: [usize; 10] = [40, 40, 40, 40, 40, 40, 80, 80, 160, 600];

/// A broken rule is to be noticed within this time.
const NOTICED_WITHIN: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    // A panic is told once, with its plan, and not by each try to shorten that.
    std::panic::set_hook(Box::new(|_| {}));
    if std::env::args().any(|word| word == "--broken") {
        return break_rules();
    }
    search(minutes(std::env::args().skip(1)))
}

/// Breaks every rule in turn and says how soon that was noticed, and by what.
fn break_rules() -> ExitCode {
    let is_noticed = |broken| {
        let began = Instant::now();
        let mut seeds = (0..).take_while(|_| began.elapsed() < NOTICED_WITHIN);
        let found = seeds.find_map(|seed| {
            let failure = run(&Plan::draw_broken(seed, STEPS[0], Some(broken))).err()?;
            Some((seed + 1, failure.what))
        });
        let seconds = began.elapsed().as_secs_f32();
        match &found {
            Some((plans, what)) => {
                let what = what.lines().next().unwrap_or_default();
                let what: String = what.chars().take(100).collect();
                say(&format!("{broken:?}: plan {plans}, {seconds:.1} s: {what}"));
            }
            None => say(&format!("{broken:?}: not noticed in {seconds:.0} s")),
        }
        found.is_some()
    };
    let noticed = Broken::ALL.into_iter().map(is_noticed);
    let (noticed, all) = noticed.fold((0, 0), |(noticed, all), is| {
        (noticed + u32::from(is), all + 1)
    });
    say(&format!("{noticed} of {all} broken rules were noticed"));
    if noticed == all {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs ever new plans.
fn search(minutes: u64) -> ExitCode {
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let first: Option<u64> = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let first = first.unwrap_or(since.as_secs() << 20);
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
