use super::*;
use crate::time::UnixMillis;

const NO_JITTER: Jitter = Jitter(0);

pub(super) struct Bench {
    network: Network,
    now: Tick,
    epoch: Epoch,
}

impl Bench {
    fn new() -> Self {
        Self {
            network: Network::default(),
            now: Tick(1_000),
            epoch: Epoch::new(UnixMillis(1), [1; 10]),
        }
    }

    /// A device that leads, has pulled everything and listens.
    pub(super) fn settled() -> Self {
        let mut bench = Self::new();
        bench.lead(Waiting::None);
        bench.pulled(7);
        bench.give(Input::LiveOpened);
        bench
    }

    /// A tab leads on a device that stored pages before.
    fn lead(&mut self, waiting: Waiting) -> Vec<Effect> {
        let epoch = Some(self.epoch);
        self.give(Input::Lead { epoch, waiting })
    }

    pub(super) fn give(&mut self, input: Input) -> Vec<Effect> {
        self.network.handle_input(input, self.now, NO_JITTER);
        self.effects()
    }

    pub(super) fn pass(&mut self, millis: u64) -> Vec<Effect> {
        self.now = self.now.plus(millis);
        self.network.handle_timeout(self.now, NO_JITTER);
        self.effects()
    }

    pub(super) fn pulled(&mut self, high: u64) -> Vec<Effect> {
        let (high, epoch) = (Seq(high), Some(self.epoch));
        let (more, waiting) = (More::No, Waiting::None);
        self.give(Input::Pulled {
            high,
            epoch,
            head: high,
            more,
            waiting,
        })
    }

    fn head(&self, seq: u64) -> Input {
        Input::Heard(Live::Head {
            seq: Seq(seq),
            epoch: self.epoch,
        })
    }

    fn effects(&mut self) -> Vec<Effect> {
        std::iter::from_fn(|| self.network.poll_effect()).collect()
    }
}

const PUSH: Effect = Effect::Push {
    groups_max: PUSH_GROUPS_MAX,
};

#[test]
fn what_waits_is_pushed_before_anything_is_pulled() {
    let mut bench = Bench::new();
    assert_eq!(bench.lead(Waiting::Some), vec![PUSH]);
    let after = bench.give(Input::Pushed(Waiting::None));
    assert!(after.contains(&Effect::Pull), "{after:?}");
}

#[test]
fn a_new_device_pulls_its_first_page_before_it_offers_anything() {
    let mut bench = Bench::new();
    let (epoch, waiting) = (None, Waiting::Some);
    assert_eq!(
        bench.give(Input::Lead { epoch, waiting }),
        vec![Effect::Pull]
    );
    bench.give(Input::Failed(Fault::Unreachable));
    let after = bench.give(Input::Hint);
    assert!(!after.contains(&PUSH), "{after:?}");
    assert!(bench.pulled(7).contains(&PUSH));
}

#[test]
fn pages_follow_each_other_until_there_are_no_more() {
    let mut bench = Bench::new();
    assert_eq!(bench.lead(Waiting::None), vec![Effect::Pull]);
    let (high, epoch) = (Seq(5), Some(bench.epoch));
    let page = Input::Pulled {
        high,
        epoch,
        head: high,
        more: More::Yes,
        waiting: Waiting::None,
    };
    assert!(bench.give(page).contains(&Effect::Pull));
    assert!(!bench.pulled(5).contains(&Effect::Pull));
}

#[test]
fn pokes_during_a_pull_lead_to_one_more_pull() {
    let mut bench = Bench::settled();
    assert_eq!(bench.give(bench.head(8)), vec![Effect::Pull]);
    assert_eq!(bench.give(bench.head(9)), vec![]);
    assert_eq!(bench.give(bench.head(10)), vec![]);
    assert_eq!(bench.pulled(8), vec![Effect::Pull]);
    assert_eq!(bench.pulled(10), vec![]);
    assert_eq!(bench.give(bench.head(10)), vec![], "nothing is new");
}

#[test]
fn a_log_of_another_epoch_is_pulled_whatever_its_length() {
    let mut bench = Bench::settled();
    let epoch = Epoch::new(UnixMillis(2), [2; 10]);
    let poke = Input::Heard(Live::Head { seq: Seq(1), epoch });
    assert_eq!(bench.give(poke), vec![Effect::Pull]);
}

#[test]
fn a_silent_socket_counts_as_offline() {
    let mut bench = Bench::settled();
    assert_eq!(bench.network.contact(), Contact::Online);
    let after = bench.pass(SILENCE_MILLIS_MAX);
    assert_eq!(
        after[..2],
        [
            Effect::Show(Contact::Offline),
            Effect::CloseLive { is_lost: true }
        ]
    );
    assert!(
        after.contains(&Effect::Pull),
        "a request tells whether the line is lost"
    );
}

#[test]
fn a_beat_is_answered_and_keeps_the_line() {
    let mut bench = Bench::settled();
    bench.pass(15_000);
    assert_eq!(bench.give(Input::Heard(Live::Beat)), vec![Effect::SendBeat]);
    assert_eq!(bench.pass(15_000), vec![]);
    assert_eq!(bench.network.contact(), Contact::Online);
}

#[test]
fn waits_double_up_to_a_minute_and_start_again_after_success() {
    let mut bench = Bench::new();
    bench.lead(Waiting::None);
    let mut waits = Vec::new();
    for _ in 0..8 {
        bench.give(Input::Failed(Fault::Unreachable));
        let due = bench
            .network
            .retry_at
            .expect("a failed request is tried again");
        waits.push((due.0 - bench.now.0) / 1_000);
        let wait = due.0 - bench.now.0;
        assert!(bench.pass(wait).contains(&Effect::Pull));
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    bench.pulled(1);
    assert_eq!(bench.network.failures, 0);
}

#[test]
fn jitter_only_shortens_a_wait() {
    assert_eq!(backoff(3, Jitter(0)), 8_000);
    assert_eq!(backoff(3, Jitter(u16::MAX)), 4_000);
    assert_eq!(backoff(u32::MAX, Jitter(0)), BACKOFF_MILLIS_MAX);
}

#[test]
fn a_hint_tries_at_once() {
    let mut bench = Bench::new();
    bench.lead(Waiting::None);
    bench.give(Input::Failed(Fault::Unreachable));
    assert_eq!(bench.give(Input::Hint), vec![Effect::Pull]);
}

#[test]
fn a_lost_session_waits_for_a_sign_in_and_sends_nothing_meanwhile() {
    let mut bench = Bench::settled();
    bench.give(Input::OutboxGrew);
    let after = bench.give(Input::Failed(Fault::SignedOut));
    assert_eq!(
        after,
        vec![
            Effect::Show(Contact::SignedOut),
            Effect::CloseLive { is_lost: false }
        ]
    );
    assert_eq!(bench.give(Input::Hint), vec![]);
    assert_eq!(bench.pass(3_600_000), vec![]);
    assert_eq!(bench.network.poll_timeout(), None);
    assert_eq!(bench.give(Input::SignedIn), vec![PUSH]);
}

#[test]
fn an_old_client_sends_nothing_more() {
    let mut bench = Bench::settled();
    bench.give(bench.head(8));
    let after = bench.give(Input::Failed(Fault::Outdated));
    assert_eq!(after[0], Effect::Show(Contact::Outdated));
    assert_eq!(bench.give(Input::OutboxGrew), vec![]);
    assert_eq!(bench.give(Input::SignedIn), vec![]);
}

#[test]
fn a_push_that_is_too_large_is_halved() {
    let mut bench = Bench::settled();
    bench.give(Input::OutboxGrew);
    let groups_max = PUSH_GROUPS_MAX / 2;
    assert_eq!(
        bench.give(Input::Failed(Fault::TooLarge)),
        vec![Effect::Push { groups_max }]
    );
}

#[test]
fn a_push_that_cannot_be_read_backs_off_while_pulls_go_on() {
    let mut bench = Bench::settled();
    assert_eq!(bench.give(Input::OutboxGrew), vec![PUSH]);
    let after = bench.give(Input::Failed(Fault::Malformed));
    assert_eq!(after, vec![Effect::Show(Contact::Trouble)]);
    assert_eq!(bench.give(bench.head(8)), vec![Effect::Pull]);
    assert_eq!(bench.pulled(8), vec![]);
    assert_eq!(bench.network.contact(), Contact::Trouble);
    assert_eq!(
        bench.pass(1_000),
        vec![PUSH],
        "the outbox is kept and tried again"
    );
}

#[test]
fn an_act_that_the_server_could_not_judge_is_offered_again_later() {
    let mut bench = Bench::settled();
    assert_eq!(bench.give(Input::OutboxGrew), vec![PUSH]);
    let after = bench.give(Input::Failed(Fault::PutOff));
    assert_eq!(after, vec![Effect::Show(Contact::Trouble), Effect::Pull]);
    assert_eq!(bench.pulled(8), vec![]);
    assert_eq!(bench.pass(1_000), vec![PUSH]);
    let after = bench.give(Input::Pushed(Waiting::None));
    assert!(after.contains(&Effect::Show(Contact::Online)), "{after:?}");
}

#[test]
fn a_line_that_is_back_shows_trouble_and_is_listened_to_while_a_push_cannot_be_read() {
    let mut bench = Bench::settled();
    bench.give(Input::OutboxGrew);
    bench.give(Input::Failed(Fault::Malformed));
    bench.give(bench.head(8));
    bench.give(Input::Failed(Fault::Unreachable));
    assert_eq!(bench.network.contact(), Contact::Offline);
    bench.give(Input::Hint);
    let mut after = bench.pulled(8);
    after.extend(bench.give(Input::Failed(Fault::Malformed)));
    after.extend(bench.pulled(8));
    assert!(after.contains(&Effect::Show(Contact::Trouble)), "{after:?}");
    assert!(after.contains(&Effect::OpenLive), "{after:?}");
}

#[test]
fn a_tab_that_does_not_lead_leaves_the_network_alone() {
    let mut bench = Bench::new();
    assert_eq!(bench.give(Input::OutboxGrew), vec![]);
    assert_eq!(bench.pass(600_000), vec![]);
    assert_eq!(bench.network.poll_timeout(), None);
}

#[test]
fn the_socket_is_opened_again_as_soon_as_the_line_is_back() {
    let mut bench = Bench::settled();
    bench.pass(SILENCE_MILLIS_MAX);
    bench.give(Input::Failed(Fault::Unreachable));
    bench.pass(60_000);
    let after = bench.pulled(9);
    assert!(after.contains(&Effect::OpenLive), "{after:?}");
}

const HAND_OVER: Effect = Effect::HandOver {
    groups_max: PUSH_GROUPS_MAX,
};

#[test]
fn a_device_that_is_to_be_wiped_clears_hands_over_and_erases_in_this_order() {
    let mut bench = Bench::settled();
    bench.give(Input::Hint);
    let told = bench.give(Input::Failed(Fault::Wipe));
    let expected = [
        Effect::CloseLive { is_lost: false },
        Effect::Show(Contact::Wiping),
        Effect::Clear,
    ];
    assert_eq!(told, expected);
    assert_eq!(bench.give(Input::OutboxGrew), []);
    assert_eq!(bench.give(Input::Cleared(Waiting::Some)), [HAND_OVER]);
    assert_eq!(bench.give(Input::Pushed(Waiting::Some)), [HAND_OVER]);
    assert_eq!(bench.give(Input::Pushed(Waiting::None)), [Effect::Erase]);
    assert_eq!(bench.give(Input::Erased), []);
    assert_eq!(bench.network.poll_timeout(), None);
    assert_eq!(bench.pass(POLL_MILLIS), []);
}

#[test]
fn a_wipe_goes_on_after_a_restart_and_while_the_line_is_lost() {
    let mut bench = Bench::new();
    let begun = bench.give(Input::LeadWipe);
    assert_eq!(begun, [Effect::Show(Contact::Wiping), Effect::Clear]);
    bench.give(Input::Failed(Fault::Disk));
    assert!(bench.pass(BACKOFF_MILLIS_MAX).contains(&Effect::Clear));
    let cleared = bench.give(Input::Cleared(Waiting::Some));
    assert!(cleared.contains(&HAND_OVER), "{cleared:?}");
    for fault in [Fault::Unreachable, Fault::PutOff, Fault::Malformed] {
        bench.give(Input::Failed(fault));
        let again = bench.pass(BACKOFF_MILLIS_MAX);
        assert!(again.contains(&HAND_OVER), "{fault:?}: {again:?}");
    }
    let after = bench.give(Input::Pushed(Waiting::None));
    assert!(after.contains(&Effect::Erase), "{after:?}");
}

#[test]
fn what_was_never_sent_waits_for_its_author_when_the_session_has_ended() {
    let mut bench = Bench::settled();
    bench.give(Input::Hint);
    bench.give(Input::Failed(Fault::Wipe));
    bench.give(Input::Cleared(Waiting::Some));
    let halted = bench.give(Input::Failed(Fault::SignedOut));
    assert_eq!(halted, [Effect::Show(Contact::SignedOut)]);
    assert_eq!(bench.pass(POLL_MILLIS), []);
    assert_eq!(bench.give(Input::SignedIn), [HAND_OVER]);
    let told_again = bench.give(Input::Pushed(Waiting::None));
    assert_eq!(told_again, [Effect::Show(Contact::Wiping), Effect::Erase]);
}

#[test]
fn a_server_that_asks_for_patience_is_no_lost_line() {
    let mut bench = Bench::settled();
    bench.give(bench.head(8));
    let after = bench.give(Input::Failed(Fault::Busy));
    assert_eq!(after, vec![Effect::Show(Contact::Trouble)]);
    assert_eq!(bench.give(bench.head(9)), vec![], "it is left alone");
    assert!(bench.pass(2_000).contains(&Effect::Pull));
}
