//! Devices and servers that break one rule each, so that a simulation that is blind to it is found.

use serde::{Deserialize, Serialize};

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Broken {
    /// A device clears its outbox when it has sent, and not upon the verdict.
    OutboxClearedBeforeVerdict,
    /// A device writes the cursors of a page before the documents.
    CursorsBeforeData,
    /// A device does not force acts to the disk.
    ActsNotForced,
    /// A device drops the receipts of what it pulls.
    ReceiptsDropped,
    /// A device lets what it pulls stand in place of work that is unsent.
    UnsentWorkOverwritten,
    /// A device does not keep what was refused.
    RefusedNotKept,
    /// A device leaves the row of an incident as it was when it merges.
    RowLeftBehind,
    /// A device takes a duplicate for a refusal.
    DuplicateRefused,
    /// Two tabs write under one actor, each upon what it has in memory.
    ActorShared,
    /// A device goes on in memory although its disk was full.
    FullDiskIgnored,
    /// The server makes a commit visible after later ones.
    PlacesBeforeCommit,
    /// The server looks at the scopes of a session once.
    ScopesAtConnect,
    /// The server sends requesters the rows of staff.
    RowsOfStaff,
    /// The server gives no place to changes of audience.
    AudienceWithoutPlace,
    /// The server forgets which scopes it named to devices.
    ScopesUnnamed,
    /// The server answers before it has committed.
    AnsweredBeforeCommit,
    /// The server corrects times when somebody asks.
    TimesCorrectedAnew,
    /// The server forgets what it refused.
    RefusalsForgotten,
    /// The server keeps documents in scopes that they have left.
    ScopesNeverLeft,
    /// The server goes on in the same epoch after its log was restored from a copy.
    EpochKept,
    /// A device does not bring back what a restored server lacks.
    NothingBroughtBack,
    /// A device that is to be wiped drops what it never sent.
    WipedBeforeHandedOver,
    /// The server leaves out of a page what it has dropped the bytes of.
    CompactedLeftOut,
    /// The server takes what has left devices by age for still being there.
    AudienceRemembered,
    /// A device that writes an act anew looks again at what its author knows.
    KnowledgeRecomputed,
}

impl Broken {
    pub const ALL: [Self; 25] = [
        Self::OutboxClearedBeforeVerdict,
        Self::CursorsBeforeData,
        Self::ActsNotForced,
        Self::ReceiptsDropped,
        Self::UnsentWorkOverwritten,
        Self::RefusedNotKept,
        Self::RowLeftBehind,
        Self::DuplicateRefused,
        Self::ActorShared,
        Self::FullDiskIgnored,
        Self::PlacesBeforeCommit,
        Self::ScopesAtConnect,
        Self::RowsOfStaff,
        Self::AudienceWithoutPlace,
        Self::ScopesUnnamed,
        Self::AnsweredBeforeCommit,
        Self::TimesCorrectedAnew,
        Self::RefusalsForgotten,
        Self::ScopesNeverLeft,
        Self::EpochKept,
        Self::NothingBroughtBack,
        Self::WipedBeforeHandedOver,
        Self::CompactedLeftOut,
        Self::AudienceRemembered,
        Self::KnowledgeRecomputed,
    ];
}
