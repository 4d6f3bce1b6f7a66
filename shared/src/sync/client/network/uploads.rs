//! When files are sent: behind everything that people wrote, a piece at a time.
//!
//! What the server has against a file keeps neither pulls nor pushes waiting; it has a wait of its
//! own. A line that is lost is lost for all of them.

use super::{Contact, Fault, Jitter, Network, Tick, Waiting, backoff};

/// Whether files wait, and when the next piece may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Uploads {
    waits: bool,
    /// Failures in a row.
    failures: u32,
    retry_at: Option<Tick>,
}

impl Uploads {
    pub(super) fn grow(&mut self) {
        self.waits = true;
    }

    pub(super) fn succeed(&mut self, waiting: Waiting) {
        self.waits = waiting == Waiting::Some;
        (self.failures, self.retry_at) = (0, None);
    }

    pub(super) fn try_at_once(&mut self) {
        (self.failures, self.retry_at) = (0, None);
    }

    pub(super) fn pass(&mut self, now: Tick) {
        self.retry_at = self.retry_at.filter(|at| now < *at);
    }

    pub(super) fn retry_at(&self) -> Option<Tick> {
        self.retry_at.filter(|_| self.waits)
    }

    pub(super) fn may_go(&self, now: Tick) -> bool {
        self.waits && self.retry_at.is_none_or(|at| now >= at)
    }

    /// Takes in why a piece was not taken; whether that is a matter of files alone.
    pub(super) fn fail(&mut self, fault: Fault, now: Tick, jitter: Jitter) -> bool {
        match fault {
            Fault::TooLarge | Fault::Malformed | Fault::Busy | Fault::Disk | Fault::PutOff => {
                self.retry_at = Some(now.plus(backoff(self.failures, jitter)));
                self.failures = self.failures.saturating_add(1);
                true
            }
            Fault::Unreachable | Fault::SignedOut | Fault::Wipe | Fault::Outdated => false,
        }
    }
}

impl Network {
    /// Files go after everything that people wrote, and only once the server is known to answer.
    pub(super) fn may_upload(&self, now: Tick) -> bool {
        let answers = matches!(self.contact, Contact::Online | Contact::Trouble);
        answers && self.epoch.is_some() && !self.wants.push && self.uploads.may_go(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Bench;
    use super::super::{Effect, Fault, Input, Waiting};

    #[test]
    fn files_go_after_texts_and_a_text_goes_between_two_pieces() {
        let mut bench = Bench::settled();
        assert_eq!(bench.give(Input::UploadsGrew), [Effect::Upload]);
        assert_eq!(bench.give(Input::OutboxGrew), [], "one at a time");
        let next = bench.give(Input::Uploaded(Waiting::Some));
        assert!(matches!(next[..], [Effect::Push { .. }]), "{next:?}");
        assert_eq!(bench.give(Input::Pushed(Waiting::None)), [Effect::Pull]);
        assert_eq!(bench.pulled(8), [Effect::Upload]);
        assert_eq!(bench.give(Input::Uploaded(Waiting::None)), []);
    }

    #[test]
    fn a_file_that_takes_long_does_not_put_off_what_others_did() {
        let mut bench = Bench::settled();
        bench.give(Input::LiveClosed);
        bench.give(Input::UploadsGrew);
        let mut told = Vec::new();
        for _ in 0..40 {
            told.extend(bench.pass(2_000));
            told.extend(bench.give(Input::Uploaded(Waiting::Some)));
        }
        assert!(told.contains(&Effect::Pull), "{told:?}");
    }

    #[test]
    fn a_file_the_server_has_something_against_waits_and_texts_do_not() {
        let mut bench = Bench::settled();
        bench.give(Input::UploadsGrew);
        assert_eq!(bench.give(Input::Failed(Fault::Busy)), []);
        let next = bench.give(Input::OutboxGrew);
        assert!(matches!(next[..], [Effect::Push { .. }]), "{next:?}");
        bench.give(Input::Pushed(Waiting::None));
        assert_eq!(bench.pulled(8), [], "the file waits longer");
        assert_eq!(bench.pass(1_000), [Effect::Upload]);
    }

    #[test]
    fn a_line_that_was_lost_with_a_file_is_tried_like_any_other() {
        let mut bench = Bench::settled();
        bench.give(Input::UploadsGrew);
        let after = bench.give(Input::Failed(Fault::Unreachable));
        assert!(!after.contains(&Effect::Upload), "{after:?}");
        let after = bench.pass(1_000);
        assert!(
            after.contains(&Effect::Pull),
            "the line is tried: {after:?}"
        );
        let after = bench.pulled(8);
        assert!(after.contains(&Effect::Upload), "{after:?}");
    }

    #[test]
    fn what_may_not_go_on_this_line_waits_for_another_word() {
        let mut bench = Bench::settled();
        assert_eq!(bench.give(Input::UploadsGrew), [Effect::Upload]);
        assert_eq!(bench.give(Input::NoUpload), []);
        assert_eq!(bench.pass(10_000), []);
        assert_eq!(bench.give(Input::UploadsGrew), [Effect::Upload]);
    }
}
