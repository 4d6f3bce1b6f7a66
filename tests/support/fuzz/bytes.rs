//! Bytes as choices.

use sha2::{Digest as _, Sha256};

/// Reads choices from bytes; when they have run out, each is the first.
#[derive(Debug)]
pub(super) struct Choices<'a>(pub(super) &'a [u8]);

impl<'a> Choices<'a> {
    pub(super) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Bytes preceded by their number.
    pub(super) fn prefixed(&mut self) -> &'a [u8] {
        let length = u16::from_be_bytes([self.byte(), self.byte()]);
        self.take(length.into())
    }

    pub(super) fn number(&mut self) -> i64 {
        let mut bytes = [0; 8];
        for (to, from) in bytes.iter_mut().zip(self.take(8)) {
            *to = *from;
        }
        i64::from_be_bytes(bytes)
    }

    pub(super) fn pick<'b, T>(&mut self, from: &'b [T]) -> &'b T {
        &from[usize::from(self.byte()) % from.len()]
    }

    pub(super) fn text(&mut self) -> String {
        let length = self.byte();
        String::from_utf8_lossy(self.take(length.into())).into_owned()
    }
}

/// A chunk of automerge's binary format around what follows its checksum.
pub(super) fn sealed(body: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(body);
    [b"\x85\x6f\x4a\x83", &digest[..4], body].concat()
}

/// What follows the checksum of a chunk.
pub(super) fn opened(chunk: &[u8]) -> &[u8] {
    &chunk[8..]
}

/// Bytes preceded by their number, as [`Choices::prefixed`] reads them.
pub(super) fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("seeds are short");
    [&length.to_be_bytes(), bytes].concat()
}
