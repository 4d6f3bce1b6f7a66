//! What the rooms of files and the engine say to each other; it travels sealed.

use serde::{Deserialize, Serialize};

use shared::ids::{DocKey, FactId};
use shared::incidents::Attachment;
use shared::incidents::attachments::{Blob, Part};
use shared::time::UnixMillis;

/// What is asked of files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FilesCall {
    /// Makes the file that comes with the ask ready to be attached; an act then names it.
    Prepare {
        name: String,
        /// When it was last written: of a photo, when it was taken.
        written_at: UnixMillis,
    },
    /// The bytes of a file: from this device, else from the server.
    Fetch(Wanted),
    /// Files go over Wi-Fi only, or over every line.
    SendOver(Lines),
    /// Tries a file again that the server would not take.
    TryAgain { fact: FactId },
}

/// Over which lines files are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum Lines {
    #[default]
    Every,
    WifiOnly,
}

/// A part of a file, as a fact names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    pub doc: DocKey,
    pub fact: FactId,
    pub part: Part,
    pub blob: Blob,
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum FilesAnswer {
    Done,
    Prepared(Attachment),
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    Failed(FileFailure),
}

/// Why a file cannot be attached or shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileFailure {
    /// It has more bytes than are taken.
    TooLarge,
    Empty,
    /// Its type is not taken.
    Type,
    /// It says it is a picture, and no picture can be made of it.
    Unreadable,
    /// It is on the server and not on this device, and the server cannot be asked.
    Elsewhere,
    /// Whoever attached it has not sent it yet.
    Awaited,
}

/// A file that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingFile {
    pub doc: DocKey,
    pub fact: FactId,
    pub name: String,
    pub bytes: u32,
    /// How much of it has arrived, as far as this tab knows.
    pub sent: u32,
    /// The server would not take it.
    pub is_refused: bool,
}
