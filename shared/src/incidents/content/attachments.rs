//! How a file on an incident is spelled.

use crate::document::Scalar;
use crate::ids::Hash;
use crate::incidents::attachments::{Attachment, MediaType, Thumbnail, file_name};
use crate::time::UnixMillis;

use super::Spelling;

impl Spelling {
    pub(super) fn attachment(&mut self, file: &Attachment) {
        self.text("name", &file.name);
        self.text("type", file.media.word());
        self.int("size", i64::from(file.bytes));
        self.bytes("hash", &file.hash.0);
        if let Some(thumbnail) = file.thumbnail {
            self.bytes("thumbnail", &thumbnail.hash.0);
            self.int("thumbnail_size", i64::from(thumbnail.bytes));
        }
        if let Some(at) = file.taken_at {
            self.int("taken", at.0);
        }
    }

    /// Takes a file. One whose name could be read as another's, or as a folder, is none.
    pub(super) fn take_attachment(&mut self) -> Option<Attachment> {
        let name = self.take_text("name")?;
        if file_name(&name) != name {
            return None;
        }
        let size = |size: i64| u32::try_from(size).ok();
        let thumbnail = match self.take_hash("thumbnail") {
            Some(hash) => Some(Thumbnail {
                hash,
                bytes: size(self.take_int("thumbnail_size")?)?,
            }),
            None => None,
        };
        Some(Attachment {
            name,
            media: MediaType::from_word(&self.take_text("type")?)?,
            bytes: size(self.take_int("size")?)?,
            hash: self.take_hash("hash")?,
            thumbnail,
            taken_at: self.take_int("taken").map(UnixMillis),
        })
    }

    /// Takes a hash; anything else stays behind.
    fn take_hash(&mut self, name: &str) -> Option<Hash> {
        let Some(Scalar::Bytes(bytes)) = self.0.get(name) else {
            return None;
        };
        let hash = Hash(bytes.as_slice().try_into().ok()?);
        self.0.remove(name);
        Some(hash)
    }
}
