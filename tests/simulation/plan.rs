//! A plan: everything that happens in a run except what the lines do, which the seed decides.
//!
//! As text it is a line of what holds throughout and a line per step, each JSON, so that a found
//! plan can be read, shortened by hand and replayed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use shared::ids::PersonId;
use shared::people::Role;

use crate::broken::Broken;
use crate::device::TABS;
use crate::disk::{Lost, Room};
use crate::draws::Draws;

/// What happens in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub frame: Frame,
    pub steps: Vec<Step>,
}

/// What holds throughout a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    pub seed: u64,
    /// How many devices of the roster take part.
    pub devices: usize,
    /// In how many of a hundred cases a message is lost, doubled or late.
    pub faults: u64,
    /// Which rule a device or the server breaks; none in a world that is to converge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<Broken>,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Time passes.
    Wait { millis: u64 },
    /// Somebody does something on a device, to the n-th incident there.
    Act {
        device: usize,
        #[serde(default)]
        tab: usize,
        incident: u64,
        deed: Deed,
    },
    /// A device goes down after so many more transactions, and comes up again.
    Crash {
        device: usize,
        after: u32,
        lost: Lost,
    },
    /// The tab of a device that does the network is closed, and opened again behind the other.
    Close { device: usize },
    /// The disk of a device is full from here on, or not any more.
    Disk { device: usize, is: Room },
    /// Somebody sets the clock of a device.
    Clock { device: usize, by_millis: i64 },
    /// The disk of a device is copied.
    Image { device: usize },
    /// A device begins anew with the last copy of its disk.
    Revert { device: usize },
    /// Somebody asks for a device to be wiped.
    Wipe { device: usize },
    /// The server's log is copied.
    Backup,
    /// The server begins anew with the last copy of its log.
    Restore,
    /// The server drops the bytes of what snapshots cover: of all that its log has.
    Compact,
    /// All that is over leaves devices.
    Age,
    /// A person asks for the n-th of the incidents that have left devices.
    Fetch { device: usize, incident: u64 },
    /// The server goes down with the next push, and comes up again.
    Kill { dies: Dies },
    /// A device gets into a dead zone, or out of it.
    Line { device: usize, is: Line },
    /// The session of a device ends, or its person signs in again.
    Session { device: usize, is: SignedIn },
    /// What is unsent on a device is taken to another one of its person in a file.
    Carry { from: usize, to: usize },
    /// A person becomes something else.
    Role { person: PersonId, role: Role },
    /// A person changes groups.
    Group { person: PersonId, group: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Up,
    /// Nothing comes through and sockets stay open.
    Down,
}

/// When the server goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dies {
    BeforeCommit,
    AfterCommit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedIn {
    Yes,
    No,
}

/// What somebody does; texts are numbered by the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Declare {
        group: Option<String>,
    },
    Reply,
    Note,
    Subject,
    Urgency,
    Site {
        site: String,
    },
    Requester {
        person: PersonId,
    },
    Assign {
        group: String,
        person: Option<PersonId>,
    },
    Claim,
    Start,
    Hold,
    Resolve,
    Reopen,
    Close,
    Cancel,
    /// Takes back the last act on it from this device.
    Withdraw,
    Acknowledge,
}

/// A text that is not a plan.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the plan: {why}")]
pub struct BadPlan {
    line: usize,
    why: serde_json::Error,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |error| {
            let _: serde_json::Error = error;
            fmt::Error
        };
        writeln!(f, "{}", serde_json::to_string(&self.frame).map_err(line)?)?;
        for step in &self.steps {
            writeln!(f, "{}", serde_json::to_string(step).map_err(line)?)?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = BadPlan;

    fn from_str(text: &str) -> Result<Self, BadPlan> {
        let mut lines = text
            .lines()
            .zip(1..)
            .filter(|(line, _)| !line.trim().is_empty());
        let (frame, line) = lines.next().unwrap_or_default();
        let frame = serde_json::from_str(frame).map_err(|why| BadPlan { line, why })?;
        let step = |(text, line)| serde_json::from_str(text).map_err(|why| BadPlan { line, why });
        Ok(Self {
            frame,
            steps: lines.map(step).collect::<Result<_, _>>()?,
        })
    }
}

impl Plan {
    /// Draws a plan of so many steps.
    pub fn draw(seed: u64, steps: usize) -> Self {
        Self::draw_broken(seed, steps, None)
    }

    /// Draws a plan for a world in which something is broken.
    pub fn draw_broken(seed: u64, steps: usize, broken: Option<Broken>) -> Self {
        let mut draws = Draws::new(seed, 1);
        let devices = 2 + usize::try_from(draws.below(5)).unwrap_or(0);
        let faults = *draws.pick(&[0, 5, 15, 30]);
        let frame = Frame {
            seed,
            devices,
            faults,
            broken,
        };
        let first = Step::Act {
            device: 0,
            tab: 0,
            incident: 0,
            deed: declare(&mut draws),
        };
        let is_restored = draws.percent(25);
        let steps = (1..steps).map(|_| {
            if is_restored && draws.percent(8) {
                draws.pick(&[Step::Backup, Step::Restore]).clone()
            } else {
                step(&mut draws, devices)
            }
        });
        let mut steps: Vec<_> = std::iter::once(first).chain(steps).collect();
        if draws.percent(25) {
            let device = place(&mut draws, devices);
            steps.insert(1 + place(&mut draws, steps.len()), Step::Wipe { device });
        }
        if draws.percent(25) {
            for _ in 0..3 {
                steps.insert(1 + place(&mut draws, steps.len()), Step::Compact);
            }
        }
        if draws.percent(25) {
            for _ in 0..4 {
                steps.insert(1 + place(&mut draws, steps.len()), Step::Age);
                let device = place(&mut draws, devices);
                let incident = draws.below(100);
                let fetch = Step::Fetch { device, incident };
                steps.insert(1 + place(&mut draws, steps.len()), fetch);
            }
        }
        Self { frame, steps }
    }
}

/// The technicians of the roster, whose role and groups change.
const TECHNICIANS: [PersonId; 2] = [PersonId(1), PersonId(4)];
const REQUESTERS: [PersonId; 2] = [PersonId(3), PersonId(1)];
const GROUPS: [&str; 3] = ["network", "field", "desk"];

fn step(draws: &mut Draws, devices: usize) -> Step {
    let device = place(draws, devices);
    match draws.below(100) {
        0..49 => Step::Act {
            device,
            tab: place(draws, TABS),
            incident: draws.below(100),
            deed: deed(draws),
        },
        49..75 => Step::Wait {
            millis: wait(draws),
        },
        75..85 => broken_down(draws, device),
        85..93 => Step::Line {
            device,
            is: *draws.pick(&[Line::Down, Line::Up]),
        },
        93 => Step::Carry {
            from: device,
            to: place(draws, devices),
        },
        94 => Step::Session {
            device,
            is: *draws.pick(&[SignedIn::No, SignedIn::Yes]),
        },
        95 => Step::Kill {
            dies: *draws.pick(&[Dies::BeforeCommit, Dies::AfterCommit]),
        },
        96..98 => {
            let roles = [
                Role::Technician,
                Role::Manager,
                Role::Requester,
                Role::Agent,
            ];
            Step::Role {
                person: *draws.pick(&TECHNICIANS),
                role: *draws.pick(&roles),
            }
        }
        _ => {
            let group = (*draws.pick(&GROUPS)).to_owned();
            Step::Group {
                person: *draws.pick(&TECHNICIANS),
                group,
            }
        }
    }
}

/// Something that happens to a device.
fn broken_down(draws: &mut Draws, device: usize) -> Step {
    match draws.below(12) {
        0..5 => Step::Crash {
            device,
            after: u32::try_from(draws.below(4)).unwrap_or(0),
            lost: *draws.pick(&[Lost::Nothing, Lost::Relaxed]),
        },
        5 | 6 => Step::Close { device },
        7 | 8 => Step::Disk {
            device,
            is: *draws.pick(&[Room::Full, Room::Free]),
        },
        9 => Step::Clock {
            device,
            by_millis: *draws.pick(&[-HOUR_MILLIS, -60_000, 60_000, 5 * HOUR_MILLIS]),
        },
        10 => Step::Image { device },
        _ => Step::Revert { device },
    }
}

const HOUR_MILLIS: i64 = 3_600_000;

fn place(draws: &mut Draws, below: usize) -> usize {
    usize::try_from(draws.below(below as u64)).unwrap_or(0)
}

fn wait(draws: &mut Draws) -> u64 {
    match draws.below(10) {
        0..7 => 1 + draws.below(3_000),
        7..9 => draws.below(60_000),
        _ => draws.below(900_000),
    }
}

fn declare(draws: &mut Draws) -> Deed {
    let group = draws.percent(70).then(|| (*draws.pick(&GROUPS)).to_owned());
    Deed::Declare { group }
}

fn deed(draws: &mut Draws) -> Deed {
    match draws.below(27) {
        0..3 => declare(draws),
        3..6 => Deed::Reply,
        6..8 => Deed::Note,
        8 => Deed::Subject,
        9..12 => Deed::Urgency,
        12 => Deed::Site {
            site: (*draws.pick(&["ams", "ber"])).to_owned(),
        },
        13 => Deed::Requester {
            person: *draws.pick(&REQUESTERS),
        },
        14..17 => {
            let group = (*draws.pick(&GROUPS)).to_owned();
            let person = draws.percent(50).then(|| *draws.pick(&TECHNICIANS));
            Deed::Assign { group, person }
        }
        17 => Deed::Claim,
        18 => Deed::Start,
        19 => Deed::Hold,
        20 | 21 => Deed::Resolve,
        22 => Deed::Reopen,
        23..25 => Deed::Withdraw,
        25 => Deed::Acknowledge,
        _ => draws.pick(&[Deed::Close, Deed::Cancel]).clone(),
    }
}
