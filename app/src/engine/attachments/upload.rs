//! Sending files, a piece at a time, and fetching them.

use std::rc::Rc;

use js_sys::{JsString, Reflect};
use wasm_bindgen::JsCast as _;
use web_sys::Response;

use shared::incidents::attachments::{PIECE_BYTES_MAX, PIECE_BYTES_MIN};
use shared::sync::client::{Fault, Input, Waiting};
use shared::sync::message::Surface;

use super::super::desk::Desk;
use super::super::protocol::{Lines, Wanted};
use super::super::tabs::Word;
use super::super::{clock, http, sync};
use super::kept::{self, Upload};

/// A piece should take about so long: shorter ones cost more than they bring, and longer ones keep
/// texts waiting that are written meanwhile.
const PIECE_MILLIS: u64 = 2_000;

/// How long a file may take to come.
const DOWNLOAD_MILLIS: u32 = 600_000;

/// A part on its way.
pub(crate) struct Sending {
    pub(super) wanted: Wanted,
    bytes: Rc<Vec<u8>>,
    /// How much of it has arrived.
    pub(super) offset: u64,
    /// How long the next piece is.
    piece: usize,
}

/// What the server says of a part.
enum Told {
    /// So much of it is there.
    Offset(u64),
    /// All of it is there, and is what it is said to be.
    Whole,
    /// It is not the author's, or was taken back, or the server does not know of it yet.
    Unnamed,
    /// It is not what it is said to be.
    Refused,
}

/// Sends a piece and reports what came of it.
pub(crate) async fn upload(desk: Rc<Desk>) {
    let input = match step(&desk).await {
        Ok(Some(waiting)) => Input::Uploaded(waiting),
        Ok(None) => Input::NoUpload,
        Err(fault) => {
            // It is under way no more.
            desk.refresh_status();
            Input::Failed(fault)
        }
    };
    sync::feed(&desk, input);
}

/// Sends one piece; nothing if none may go.
async fn step(desk: &Rc<Desk>) -> Result<Option<Waiting>, Fault> {
    if !may_send(desk) {
        return Ok(None);
    }
    let next = kept::next(desk).await.map_err(|_| Fault::Disk)?;
    let Some(upload) = next else {
        desk.state.borrow_mut().sending = None;
        return Ok(None);
    };
    let sending = desk.state.borrow_mut().sending.take();
    let sending = sending.filter(|sending| sending.wanted == upload.wanted());
    let told = match sending {
        Some(sending) => send(desk, sending).await?,
        None => begin(desk, &upload).await?,
    };
    match told {
        Told::Offset(_) => {
            desk.refresh_status();
            return Ok(Some(Waiting::Some));
        }
        Told::Whole => kept::sent(desk, &upload).await.map_err(|_| Fault::Disk)?,
        Told::Unnamed => give_up(desk, &upload).await?,
        Told::Refused => kept::refused(desk, &upload)
            .await
            .map_err(|_| Fault::Disk)?,
    }
    desk.state.borrow_mut().sending = None;
    desk.tabs.tell(&Word::Files);
    desk.refresh_status();
    Ok(Some(Waiting::Some))
}

/// Whether files may go over this line.
fn may_send(desk: &Desk) -> bool {
    let lines = desk.state.borrow().status.files.lines;
    lines == Lines::Every || has_wifi() != Some(false)
}

/// Whether the device is on Wi-Fi or a cable, where the browser says so.
pub(crate) fn has_wifi() -> Option<bool> {
    let navigator = clock::scope().navigator();
    let connection = Reflect::get(&navigator, &"connection".into()).ok()?;
    let kind = Reflect::get(&connection, &"type".into()).ok()?;
    let kind: JsString = kind.dyn_into().ok()?;
    match String::from(kind).as_str() {
        "wifi" | "ethernet" | "wimax" => Some(true),
        "cellular" | "bluetooth" => Some(false),
        _ => None,
    }
}

/// Asks how much of a part is there, and gets ready to send the rest.
async fn begin(desk: &Rc<Desk>, upload: &Upload) -> Result<Told, Fault> {
    let wanted = upload.wanted();
    let bytes = kept::blob(desk, &wanted).await.map_err(|_| Fault::Disk)?;
    let Some(bytes) = bytes else {
        // The bytes were lost on the disk: nobody can send them any more.
        return Ok(Told::Refused);
    };
    let answer = http::ask("HEAD", &path(desk, &wanted), &[], None).await?;
    let told = told(&answer)?;
    if let Told::Offset(offset) = told {
        desk.state.borrow_mut().sending = Some(Sending {
            wanted,
            bytes: Rc::new(bytes),
            offset,
            piece: 2 * PIECE_BYTES_MIN,
        });
    }
    Ok(told)
}

/// Sends the next piece of a part.
async fn send(desk: &Rc<Desk>, sending: Sending) -> Result<Told, Fault> {
    let Sending {
        wanted,
        bytes,
        offset,
        piece,
    } = sending;
    let from = usize::try_from(offset)
        .unwrap_or(bytes.len())
        .min(bytes.len());
    // What is left over would be too small for a piece of its own.
    let rest = bytes.len() - from;
    let piece = if rest < piece + PIECE_BYTES_MIN {
        rest.min(PIECE_BYTES_MAX)
    } else {
        piece
    };
    let began = clock::mono();
    let offset = offset.to_string();
    let headers = [("upload-offset", offset.as_str())];
    let body = Some(&bytes[from..from + piece]);
    let answer = http::ask("PUT", &path(desk, &wanted), &headers, body).await?;
    let told = told(&answer)?;
    if let Told::Offset(offset) = told {
        let millis = clock::mono().saturating_sub(began);
        desk.state.borrow_mut().sending = Some(Sending {
            wanted,
            bytes,
            offset,
            piece: next_piece(piece, millis),
        });
    }
    Ok(told)
}

/// Pieces grow on a quick line and shrink on a slow one.
fn next_piece(piece: usize, millis: u64) -> usize {
    let next = if millis < PIECE_MILLIS / 2 {
        piece * 2
    } else if millis > PIECE_MILLIS * 2 {
        piece / 2
    } else {
        piece
    };
    next.clamp(PIECE_BYTES_MIN, PIECE_BYTES_MAX / 2)
}

fn told(answer: &Response) -> Result<Told, Fault> {
    match answer.status() {
        200 => {
            let header = |name| answer.headers().get(name).ok().flatten();
            if header("upload-complete").as_deref() == Some("?1") {
                return Ok(Told::Whole);
            }
            let offset = header("upload-offset");
            let offset = offset.and_then(|offset| offset.parse().ok());
            offset.map(Told::Offset).ok_or(Fault::Malformed)
        }
        404 => Ok(Told::Unnamed),
        400 | 413 | 415 => Ok(Told::Refused),
        // What ails the folder of files is no matter of the line.
        429 | 500..=599 => Err(Fault::Busy),
        status => {
            http::judge(status)?;
            Err(Fault::Malformed)
        }
    }
}

/// The server names no such file: unless the document here does, it was taken back or never said.
async fn give_up(desk: &Rc<Desk>, upload: &Upload) -> Result<(), Fault> {
    if let Ok(incident) = desk.read(upload.doc.id).await {
        let place = (upload.doc.kind, upload.fact);
        let mut attached = incident.attachments();
        if attached.any(|(kind, fact, _)| (kind, fact) == place) {
            // A log that was restored gets it back soon.
            return Err(Fault::PutOff);
        }
    }
    kept::drop_part(desk, upload).await.map_err(|_| Fault::Disk)
}

/// Fetches a part; none while the server does not have it.
pub(super) async fn download(desk: &Desk, wanted: &Wanted) -> Result<Option<Vec<u8>>, Fault> {
    http::get(&path(desk, wanted), DOWNLOAD_MILLIS).await
}

fn path(desk: &Desk, wanted: &Wanted) -> String {
    let surface = match desk.surface {
        Surface::Console => "console",
        Surface::Portal => "portal",
    };
    let Wanted {
        doc, fact, blob, ..
    } = wanted;
    let (hash, person) = (blob.hash, desk.person.0);
    format!("/blobs/{hash}?doc={doc}&fact={fact}&person={person}&surface={surface}")
}
