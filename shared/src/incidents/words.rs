//! The words by which facts name the variants of our enumerations.

use super::attachments::MediaType;
use super::{
    Channel, Escalation, HoldReason, Level, LogKind, ResolutionCode, TaskState, Transition,
};

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every variant, in the order people choose from.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that facts and texts use.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Reads the word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

words!(Level { Low = "low", Medium = "medium", High = "high" });
words!(Channel {
    Phone = "phone",
    Portal = "portal",
    Mail = "mail",
    WalkUp = "walk_up",
    Chat = "chat",
    Field = "field",
    Monitoring = "monitoring",
    Import = "import",
});
words!(Transition {
    Started = "started",
    Held = "held",
    Resolved = "resolved",
    Reopened = "reopened",
    Closed = "closed",
    Cancelled = "cancelled",
});
words!(Escalation {
    Skill = "skill",
    Access = "access",
    Capacity = "capacity",
    Time = "time",
    Back = "back",
});
words!(HoldReason {
    Caller = "caller",
    Vendor = "vendor",
    Part = "part",
    Change = "change",
    Problem = "problem",
    Evidence = "evidence",
});
words!(ResolutionCode {
    Fixed = "fixed",
    Workaround = "workaround",
    Explained = "explained",
    Duplicate = "duplicate",
    NotReproducible = "not_reproducible",
    NoLongerNeeded = "no_longer_needed",
});
words!(LogKind {
    Remote = "remote",
    OnSite = "on_site",
    Travel = "travel",
});
words!(MediaType {
    Jpeg = "image/jpeg",
    Png = "image/png",
    Webp = "image/webp",
    Heic = "image/heic",
    Pdf = "application/pdf",
    Text = "text/plain",
    Csv = "text/csv",
    Json = "application/json",
    Zip = "application/zip",
    Gzip = "application/gzip",
    Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    Odt = "application/vnd.oasis.opendocument.text",
    Ods = "application/vnd.oasis.opendocument.spreadsheet",
    Odp = "application/vnd.oasis.opendocument.presentation",
});
words!(TaskState {
    Open = "open",
    Done = "done",
    Dropped = "dropped",
});
