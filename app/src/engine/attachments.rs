//! Files of incidents on this device: made ready, kept with the act that names them, sent when the
//! line allows, fetched when somebody looks.
//!
//! # Design
//! Question: under which key does a file lie? Answer: under document, fact and part. The hash of a
//! file that others have too would tell whoever reads the disk that it is here.

mod kept;
mod picture;
mod upload;

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob as WebBlob;

use sha2::{Digest as _, Sha256};
use shared::ids::Hash;
use shared::incidents::Attachment;
use shared::incidents::attachments::{
    FILE_BYTES_MAX, HEAD_BYTES, MediaType, Thumbnail, file_name, renamed,
};
use shared::sync::client::{Fault, Input};
use shared::time::UnixMillis;

use super::desk::Desk;
use super::protocol::{
    Answer, Failure, FileFailure, FilesAnswer, FilesCall, Lines, Sealed, Wanted,
};
use super::storage::{Broken, Purpose, Shelf};
use super::sync;
use super::tabs::Word;

pub(crate) use kept::{count, keep, rescue, send_again, summary, sweep, take_back};
pub(crate) use upload::{Sending, has_wifi, upload};

/// The note that files go over Wi-Fi only.
const WIFI_ONLY: &str = "wifi_only";

/// So many files are ready at the same time: one for each incident that somebody just left.
const PREPARED_MAX: usize = 4;

/// So many files are fetched at the same time, so that texts get through.
const FETCHING_MAX: usize = 3;

/// How long a file waits before it looks whether it may be fetched.
const TURN_MILLIS: u32 = 60;

/// A file that is ready to be attached.
pub(crate) struct Prepared {
    file: Attachment,
    bytes: Vec<u8>,
    thumbnail: Option<Vec<u8>>,
}

/// Answers what is asked of files; some asks come with one.
pub(crate) async fn handle(
    desk: &Rc<Desk>,
    call: &Sealed<FilesCall>,
    file: Option<WebBlob>,
) -> Result<Answer, Failure> {
    let answer = match call.open()? {
        FilesCall::Prepare { name, written_at } => {
            let file = file.ok_or(Failure::Unknown)?;
            prepare(desk, &name, written_at, &file).await
        }
        FilesCall::Fetch(wanted) => fetch(desk, wanted).await?,
        FilesCall::SendOver(lines) => send_over(desk, lines).await?,
        FilesCall::TryAgain { fact } => {
            kept::try_again(desk, fact).await?;
            desk.tabs.tell(&Word::Files);
            look_again(desk).await;
            FilesAnswer::Done
        }
    };
    Ok(Answer::Files(Sealed::of(&answer)))
}

/// Makes a file ready; what cannot be attached is answered with the reason.
async fn prepare(
    desk: &Rc<Desk>,
    name: &str,
    written_at: UnixMillis,
    file: &WebBlob,
) -> FilesAnswer {
    match prepared(name, written_at, file).await {
        Ok(prepared) => {
            let file = prepared.file.clone();
            let mut state = desk.state.borrow_mut();
            // What was made ready long before was attached, or never will be.
            while state.prepared.len() >= PREPARED_MAX {
                state.prepared.pop_front();
            }
            state.prepared.push_back(prepared);
            FilesAnswer::Prepared(file)
        }
        Err(why) => FilesAnswer::Failed(why),
    }
}

async fn prepared(
    name: &str,
    written_at: UnixMillis,
    file: &WebBlob,
) -> Result<Prepared, FileFailure> {
    // Photos are scaled, so that a large one is as welcome as any.
    const PHOTO_BYTES_MAX: f64 = 100.0 * 1024.0 * 1024.0;
    if file.size() == 0.0 {
        return Err(FileFailure::Empty);
    }
    let is_photo = file.type_().starts_with("image/");
    let max = if is_photo {
        PHOTO_BYTES_MAX
    } else {
        f64::from(FILE_BYTES_MAX)
    };
    if file.size() > max {
        return Err(FileFailure::TooLarge);
    }
    let name = file_name(name);
    let bytes = read(file).await.ok_or(FileFailure::Unreadable)?;
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    let media = MediaType::of(&name, head);
    if is_photo || media.is_some_and(MediaType::is_picture) {
        let source = media.unwrap_or(MediaType::Png);
        if let Some(picture) = picture::scaled(file, source).await {
            let name = renamed(&name, picture.media);
            return Ok(of_picture(name, written_at, picture));
        }
    }
    // A picture that this browser cannot show is kept as it is, unless every browser should.
    match media {
        None => Err(FileFailure::Type),
        Some(media) if media.is_picture() => Err(FileFailure::Unreadable),
        Some(_) if bytes.len() > FILE_BYTES_MAX as usize => Err(FileFailure::TooLarge),
        Some(media) => Ok(Prepared {
            file: Attachment {
                name,
                media,
                bytes: len(&bytes),
                hash: hash(&bytes),
                thumbnail: None,
                taken_at: None,
            },
            bytes,
            thumbnail: None,
        }),
    }
}

fn of_picture(name: String, written_at: UnixMillis, picture: picture::Picture) -> Prepared {
    let picture::Picture {
        media,
        bytes,
        thumbnail,
    } = picture;
    let small = thumbnail.as_ref().map(|small| Thumbnail {
        hash: hash(small),
        bytes: len(small),
    });
    Prepared {
        file: Attachment {
            name,
            media,
            bytes: len(&bytes),
            hash: hash(&bytes),
            thumbnail: small,
            taken_at: (written_at.0 > 0).then_some(written_at),
        },
        bytes,
        thumbnail,
    }
}

impl Prepared {
    /// Whether it is the file that an act names.
    pub(crate) fn is(&self, file: &Attachment) -> bool {
        self.file == *file
    }
}

fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

async fn read(file: &WebBlob) -> Option<Vec<u8>> {
    let buffer = JsFuture::from(file.array_buffer()).await.ok()?;
    let buffer: ArrayBuffer = buffer.dyn_into().ok()?;
    Some(Uint8Array::new(&buffer).to_vec())
}

/// The bytes of a file: from this device, else from the server, and on this device from then on.
async fn fetch(desk: &Rc<Desk>, wanted: Wanted) -> Result<FilesAnswer, Failure> {
    if let Some(bytes) = kept::blob(desk, &wanted).await? {
        return Ok(FilesAnswer::Bytes(bytes));
    }
    while desk.state.borrow().fetching >= FETCHING_MAX {
        TimeoutFuture::new(TURN_MILLIS).await;
    }
    desk.state.borrow_mut().fetching += 1;
    let downloaded = upload::download(desk, &wanted).await;
    desk.state.borrow_mut().fetching -= 1;
    Ok(match downloaded {
        Ok(Some(bytes)) if hash(&bytes) == wanted.blob.hash => {
            // Without room for it, it is fetched again the next time.
            kept::store(desk, &wanted, &bytes).await.ok();
            FilesAnswer::Bytes(bytes)
        }
        Ok(None) => FilesAnswer::Failed(FileFailure::Awaited),
        // It is not what was attached.
        Ok(Some(_)) => FilesAnswer::Failed(FileFailure::Elsewhere),
        Err(fault) => {
            if fault == Fault::SignedOut {
                sync::feed(desk, Input::Hint);
            }
            FilesAnswer::Failed(FileFailure::Elsewhere)
        }
    })
}

async fn send_over(desk: &Rc<Desk>, lines: Lines) -> Result<FilesAnswer, Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Strict)?;
    match lines {
        Lines::WifiOnly => tx.put(Shelf::Meta, WIFI_ONLY, &[])?,
        Lines::Every => tx.delete(Shelf::Meta, WIFI_ONLY)?,
    }
    tx.commit().await?;
    desk.tabs.tell(&Word::Files);
    look_again(desk).await;
    Ok(FilesAnswer::Done)
}

/// Takes over what another tab set, sent or attached.
pub(crate) async fn look_again(desk: &Rc<Desk>) {
    let lines = lines(desk).await.unwrap_or_default();
    desk.state.borrow_mut().status.files.lines = lines;
    desk.refresh_status();
    sync::feed(desk, Input::UploadsGrew);
}

/// Over which lines files are sent.
async fn lines(desk: &Desk) -> Result<Lines, Broken> {
    let tx = desk.storage.begin(&[Shelf::Meta], Purpose::Read)?;
    let noted = tx.get(Shelf::Meta, WIFI_ONLY)?.await?;
    Ok(noted.map_or(Lines::Every, |_| Lines::WifiOnly))
}
