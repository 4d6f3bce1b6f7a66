//! What is said of files.

use shared::incidents::attachments::{FILE_BYTES_MAX, MediaType};

use crate::engine::protocol::{FileFailure, Line, WaitingFile};
use crate::text::{self, t};

/// Why a file was not attached, and what to do.
pub(super) fn refused(name: &str, why: FileFailure) -> String {
    match why {
        FileFailure::TooLarge => {
            let max = text::bytes(u64::from(FILE_BYTES_MAX));
            t!("file.too_large", name = name, max = max)
        }
        FileFailure::Empty => t!("file.empty", name = name),
        FileFailure::Type => t!("file.type", name = name),
        FileFailure::Unreadable => t!("file.unreadable", name = name),
        FileFailure::Elsewhere | FileFailure::Awaited => t!("file.not_attached", name = name),
    }
}

/// Why a file is not shown.
pub(super) fn absent(why: FileFailure, line: Line) -> String {
    match why {
        FileFailure::Awaited => t!("file.awaited"),
        FileFailure::Elsewhere if line == Line::Offline => t!("file.offline"),
        FileFailure::Elsewhere
        | FileFailure::TooLarge
        | FileFailure::Empty
        | FileFailure::Type
        | FileFailure::Unreadable => t!("file.elsewhere"),
    }
}

/// How far a file that waits is.
pub(crate) fn waiting_text(file: &WaitingFile) -> String {
    if file.is_refused {
        return t!("file.refused");
    }
    let percent = u64::from(file.sent) * 100 / u64::from(file.bytes.max(1));
    if percent == 0 {
        return t!("file.waiting");
    }
    t!("file.sending", percent = percent.to_string())
}

/// What a browser's chooser offers; what it lets through is looked at all the same.
pub(super) fn accepted() -> String {
    let extensions = MediaType::ALL.iter().flat_map(|media| media.extensions());
    let extensions: Vec<_> = extensions.map(|end| [".", end].concat()).collect();
    ["image/*,", &extensions.join(",")].concat()
}
