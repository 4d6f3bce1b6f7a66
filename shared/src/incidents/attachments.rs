//! Files that people put on an incident: what may be attached, and what stands of it in the
//! history.
//!
//! A fact names a file by its hash; the bytes travel beside the documents, later, and may never
//! come. Nobody reads them by the hash alone: they belong to the one document whose fact names
//! them.
//!
//! # Design
//! Question: what says of which type a file is? Answer: its first bytes, among the few types that
//! are taken; the extension only chooses between those that begin alike. Rejected: believing the
//! type that a browser claims, which follows from the extension alone.

use serde::{Deserialize, Serialize};

use super::{EventKind, Incident};
use crate::ids::{DocKind, FactId, Hash};
use crate::time::UnixMillis;

/// How many bytes a file has at most; photos are scaled far below it.
pub const FILE_BYTES_MAX: u32 = 25_000_000;

/// How many bytes a thumbnail has at most.
pub const THUMBNAIL_BYTES_MAX: u32 = 128 * 1024;

/// How many files an incident has at most.
pub const ATTACHMENTS_MAX: usize = 200;

/// How many bytes the files of an incident have at most, all together.
pub const ATTACHED_BYTES_MAX: u64 = 500_000_000;

/// How many pixels the longer side of a picture has at most, and of its thumbnail.
pub const PICTURE_PIXELS_MAX: u32 = 1_600;
/// See [`PICTURE_PIXELS_MAX`].
pub const THUMBNAIL_PIXELS_MAX: u32 = 320;

/// How many bytes the name of a file has at most.
pub const FILE_NAME_BYTES_MAX: usize = 200;

/// How many bytes a piece of an upload has at most, and all but the last of a file at least.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;
/// See [`PIECE_BYTES_MAX`].
pub const PIECE_BYTES_MIN: usize = 32 * 1024;

/// How many bytes from the beginning of a file tell its type.
pub const HEAD_BYTES: usize = 512;

/// A type of files that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MediaType {
    Jpeg,
    Png,
    Webp,
    Heic,
    Pdf,
    Text,
    Csv,
    Json,
    Zip,
    Gzip,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
    Odp,
}

impl MediaType {
    /// The type of a file, by its name and its first [`HEAD_BYTES`]; none if it is not taken.
    pub fn of(name: &str, head: &[u8]) -> Option<Self> {
        let extension = name.rsplit_once('.').map_or("", |(_, after)| after);
        let extension = extension.to_ascii_lowercase();
        let is_called = |media: &Self| media.extensions().contains(&extension.as_str());
        let mut fitting = Self::ALL.iter().filter(|media| media.fits(head));
        // What begins like a picture is one, whatever it is called.
        let named = fitting.clone().find(|media| is_called(media));
        named
            .or_else(|| fitting.find(|media| media.is_picture()))
            .copied()
    }

    /// Whether a file that begins so may be of this type.
    pub fn fits(self, head: &[u8]) -> bool {
        match self {
            Self::Jpeg => head.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Png => head.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
            Self::Heic => head.get(4..8) == Some(b"ftyp"),
            Self::Pdf => head.starts_with(b"%PDF-"),
            Self::Text | Self::Csv | Self::Json => is_text(head),
            Self::Gzip => head.starts_with(&[0x1f, 0x8b]),
            Self::Zip
            | Self::Docx
            | Self::Xlsx
            | Self::Pptx
            | Self::Odt
            | Self::Ods
            | Self::Odp => head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06"),
        }
    }

    /// Whether every browser shows it as a picture, and does nothing else with it.
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png | Self::Webp)
    }

    /// How the names of such files end; the first is given to those that end otherwise.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Jpeg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Webp => &["webp"],
            Self::Heic => &["heic", "heif"],
            Self::Pdf => &["pdf"],
            Self::Text => &[
                "txt", "log", "md", "conf", "cfg", "ini", "reg", "yaml", "yml",
            ],
            Self::Csv => &["csv"],
            Self::Json => &["json"],
            Self::Zip => &["zip"],
            Self::Gzip => &["gz", "tgz"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Pptx => &["pptx"],
            Self::Odt => &["odt"],
            Self::Ods => &["ods"],
            Self::Odp => &["odp"],
        }
    }
}

/// Logs of some systems are UTF-16, which only their mark tells from what is no text.
fn is_text(head: &[u8]) -> bool {
    head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) || !head.contains(&0)
}

/// A file on an incident, as its fact says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// As [`file_name`] leaves it.
    pub name: String,
    pub media: MediaType,
    /// How many bytes it has.
    pub bytes: u32,
    /// SHA-256 of the bytes.
    pub hash: Hash,
    /// A small picture of it, always JPEG.
    pub thumbnail: Option<Thumbnail>,
    /// When a picture was taken, by the clock of its device.
    pub taken_at: Option<UnixMillis>,
}

/// A small picture of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    pub hash: Hash,
    pub bytes: u32,
}

/// One of the blobs that make up an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Thumbnail,
    File,
}

/// Bytes that a document names: how many, of which type, with which SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    pub media: MediaType,
    pub bytes: u32,
    pub hash: Hash,
}

impl Attachment {
    /// The bytes of a part.
    pub fn blob(&self, part: Part) -> Option<Blob> {
        match part {
            Part::File => Some(Blob {
                media: self.media,
                bytes: self.bytes,
                hash: self.hash,
            }),
            Part::Thumbnail => self.thumbnail.map(|Thumbnail { hash, bytes }| Blob {
                media: MediaType::Jpeg,
                bytes,
                hash,
            }),
        }
    }
}

impl EventKind {
    /// The file that it attaches.
    pub fn attached(&self) -> Option<&Attachment> {
        let Self::Attached(file) = self else {
            return None;
        };
        Some(file)
    }
}

impl Incident {
    /// The files that count, oldest first, each with its document and fact.
    pub fn attachments(&self) -> impl Iterator<Item = (DocKind, FactId, &Attachment)> {
        let counting = self.timeline.iter().filter(|event| event.counts());
        counting.filter_map(|event| Some((event.doc, event.fact, event.kind.attached()?)))
    }
}

/// The name of a file without folders and without what could disguise it; bounded, and never
/// empty.
pub fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_odd = |one: char| {
        one.is_control()
            || matches!(one, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
            || "<>:\"|?*".contains(one)
    };
    let plain: String = last.chars().filter(|one| !is_odd(*one)).collect();
    let plain = plain.trim().trim_start_matches('.');
    if plain.is_empty() {
        return "file".to_owned();
    }
    if plain.len() <= FILE_NAME_BYTES_MAX {
        return plain.to_owned();
    }
    let end = plain.rsplit_once('.').map_or("", |(_, end)| end);
    let end = if end.len() <= 10 { end } else { "" };
    let mut at = FILE_NAME_BYTES_MAX - end.len() - 1;
    while !plain.is_char_boundary(at) {
        at -= 1;
    }
    let cut = plain[..at].trim_end().trim_end_matches('.');
    if end.is_empty() {
        cut.to_owned()
    } else {
        [cut, ".", end].concat()
    }
}

/// The name of a file that has become another type, such as a picture that was scaled.
pub fn renamed(name: &str, media: MediaType) -> String {
    let extension = name
        .rsplit_once('.')
        .map(|(_, after)| after.to_ascii_lowercase());
    if extension.is_some_and(|own| media.extensions().contains(&own.as_str())) {
        return file_name(name);
    }
    let before = name.rsplit_once('.').map_or(name, |(before, _)| before);
    let extension = media.extensions()[0];
    file_name(&[before, ".", extension].concat())
}

#[cfg(test)]
mod tests;
