//! How much happened, so that a simulation in which nothing happens is noticed.

use std::fmt;

/// What happened in some runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    pub runs: u64,
    /// What was done by plan, and what followed from it.
    pub steps: u64,
    /// Acts that a device kept.
    pub acts: u64,
    pub accepted: u64,
    /// Verdicts that the log had an act already.
    pub duplicates: u64,
    /// Verdicts that refused an act, those on its successors included.
    pub refused: u64,
    /// Acts under review in the end.
    pub reviewed: u64,
    pub crashes: u64,
    /// How often the server went down.
    pub kills: u64,
    /// How often its log was replaced by an older copy.
    pub restores: u64,
    pub pages: u64,
    /// Documents that pages told devices to forget.
    pub forgotten: u64,
    /// Incidents that left devices by age, and came back to somebody.
    pub aged: u64,
    pub fetched: u64,
    /// Messages that were lost, doubled or late.
    pub faults: u64,
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.steps += other.steps;
        self.acts += other.acts;
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.reviewed += other.reviewed;
        self.crashes += other.crashes;
        self.kills += other.kills;
        self.restores += other.restores;
        self.pages += other.pages;
        self.forgotten += other.forgotten;
        self.aged += other.aged;
        self.fetched += other.fetched;
        self.faults += other.faults;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            runs,
            steps,
            acts,
            accepted,
            duplicates,
            refused,
            reviewed,
            ..
        } = self;
        let Self {
            crashes,
            kills,
            restores,
            pages,
            forgotten,
            aged,
            fetched,
            faults,
            ..
        } = self;
        write!(
            f,
            "{runs} runs of {steps} steps: {acts} acts, {accepted} accepted, {duplicates} times \
             found accepted before, {refused} times refused, {reviewed} under review; {pages} \
             pages, {forgotten} documents forgotten; {aged} incidents left devices, {fetched} were \
             fetched; {crashes} crashes of devices, {kills} of the server, {restores} restores of it, {faults} faults"
        )
    }
}
