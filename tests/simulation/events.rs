//! What is to happen in the world, and how a failure tells of it.

use shared::sync::client::Fault;
use shared::sync::message::Live;

use super::traffic::Request;

/// What is to happen.
#[derive(Debug)]
pub(super) enum Event {
    /// The machine of a device is to look at its clock.
    Tick {
        seat: usize,
        run: u64,
    },
    Asked {
        seat: usize,
        id: u64,
        request: Request,
    },
    Answered {
        seat: usize,
        id: u64,
        answer: Result<Vec<u8>, Fault>,
    },
    LiveOpens {
        seat: usize,
        live: u64,
    },
    Heard {
        seat: usize,
        live: u64,
        frame: Live,
    },
    Beat {
        seat: usize,
        live: u64,
    },
}

impl Event {
    /// In words.
    pub(super) fn short(&self) -> String {
        match self {
            Self::Tick { seat, .. } => format!("device {seat} looks at its clock"),
            Self::Asked {
                seat,
                id,
                request: Request::Pull(_),
            } => {
                format!("device {seat} pulls ({id})")
            }
            Self::Asked {
                seat,
                id,
                request: Request::Push(_),
            } => {
                format!("device {seat} pushes ({id})")
            }
            Self::Asked {
                seat,
                id,
                request: Request::Return(_),
            } => {
                format!("device {seat} brings back ({id})")
            }
            Self::Answered { seat, id, answer } => {
                let how = answer
                    .as_ref()
                    .map_or_else(|why| format!("{why:?}"), |_| "whole".to_owned());
                format!("device {seat} is answered ({id}): {how}")
            }
            Self::LiveOpens { seat, .. } => format!("device {seat} listens"),
            Self::Heard { seat, frame, .. } => format!("device {seat} hears {frame:?}"),
            Self::Beat { seat, .. } => format!("a beat for device {seat}"),
        }
    }
}
