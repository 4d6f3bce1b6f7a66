//! Bounds the failed sign-ins of one login and of one address.
//!
//! An attempt counts as failed until it has succeeded, so that many at once cannot pass the bound.
//! The counts live in memory: a restart forgives, and no login is kept that nobody is guessing at.
//!
//! # Design
//! Question: how is guessing slowed without locking the owner out? Answer: whoever guesses waits
//! long, by address and by login from that address; the login as such only for a minute, which
//! bounds guesses from many addresses. Rejected: a long wait of the login, which anybody who knows
//! it could impose on its owner.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use shared::time::UnixMillis;

use crate::error::ApiError;

/// Over what time the failures from an address are counted.
const WINDOW_MILLIS: i64 = 15 * 60 * 1000;

/// Over what time the failures of a login from anywhere are counted.
const LOGIN_WINDOW_MILLIS: i64 = 60 * 1000;

/// Beyond so many names the oldest are forgotten, so that guesses under ever new names cost no
/// memory without bound.
const NAMES_MAX: usize = 100_000;

#[derive(Debug)]
pub struct Attempts {
    per_login: u32,
    per_address: u32,
    failures: Mutex<BTreeMap<Name, Failures>>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    Login(String),
    LoginFrom(String, Option<IpAddr>),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    since: UnixMillis,
}

/// An attempt under way; dropped without [`Attempt::succeed`] it stays counted.
#[derive(Debug)]
#[must_use]
pub struct Attempt<'a> {
    attempts: &'a Attempts,
    names: Vec<Name>,
}

impl Attempts {
    pub fn new(per_login: u32, per_address: u32) -> Self {
        Self {
            per_login,
            per_address,
            failures: Mutex::default(),
        }
    }

    /// Counts an attempt, unless there were too many.
    pub fn begin(
        &self,
        login: &str,
        address: Option<IpAddr>,
        now: UnixMillis,
    ) -> Result<Attempt<'_>, ApiError> {
        let login: String = login.chars().take(256).collect::<String>().to_lowercase();
        let address = address.map(network);
        let mut names = vec![Name::Login(login.clone()), Name::LoginFrom(login, address)];
        names.extend(address.map(Name::Address));
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() + names.len() > NAMES_MAX {
            forget_oldest(&mut failures);
        }
        let wait = names
            .iter()
            .filter_map(|name| self.wait(&failures, name, now))
            .max();
        if let Some(millis) = wait {
            let retry_after_seconds = u64::try_from(millis).unwrap_or(1).div_ceil(1000);
            return Err(ApiError::TooManyAttempts {
                retry_after_seconds,
            });
        }
        for name in &names {
            let known = failures.entry(name.clone()).or_insert(Failures {
                count: 0,
                since: now,
            });
            if now.since(known.since) >= name.window_millis() {
                *known = Failures {
                    count: 0,
                    since: now,
                };
            }
            known.count += 1;
        }
        Ok(Attempt {
            attempts: self,
            names,
        })
    }

    /// How long this name has to wait, if it has to.
    fn wait(&self, all: &BTreeMap<Name, Failures>, name: &Name, now: UnixMillis) -> Option<i64> {
        let allowed = match name {
            Name::Login(_) | Name::LoginFrom(..) => self.per_login,
            Name::Address(_) => self.per_address,
        };
        let known = all.get(name).filter(|known| known.count >= allowed)?;
        let rest = name.window_millis() - now.since(known.since);
        (rest > 0).then_some(rest)
    }
}

impl Name {
    fn window_millis(&self) -> i64 {
        match self {
            Self::Login(_) => LOGIN_WINDOW_MILLIS,
            Self::LoginFrom(..) | Self::Address(_) => WINDOW_MILLIS,
        }
    }
}

impl Attempt<'_> {
    /// Forgives the login its failures from here and takes this attempt back from the others.
    pub fn succeed(self) {
        let mut failures = self
            .attempts
            .failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for name in &self.names {
            match (name, failures.get_mut(name)) {
                (Name::Login(_) | Name::Address(_), Some(known)) if known.count > 1 => {
                    known.count -= 1;
                }
                (Name::Login(_) | Name::LoginFrom(..) | Name::Address(_), _) => {
                    failures.remove(name);
                }
            }
        }
    }
}

/// Forgets the older half of the names, so that the next look at their ages is far off.
fn forget_oldest(failures: &mut BTreeMap<Name, Failures>) {
    let mut names: Vec<_> = failures
        .iter()
        .map(|(name, known)| (known.since, name.clone()))
        .collect();
    names.sort_unstable();
    for (_, name) in names.into_iter().take(NAMES_MAX / 2) {
        failures.remove(&name);
    }
}

/// One subscriber holds a whole /64 of IPv6 addresses.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => (address.to_bits() & !u128::from(u64::MAX))
            .to_be_bytes()
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: UnixMillis = UnixMillis(1_800_000_000_000);

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    fn fail(attempts: &Attempts, login: &str, from: &str, now: UnixMillis) -> bool {
        attempts.begin(login, address(from), now).is_ok()
    }

    fn wait_seconds(attempts: &Attempts, from: &str, now: UnixMillis) -> u64 {
        match attempts.begin("alice", address(from), now) {
            Err(ApiError::TooManyAttempts {
                retry_after_seconds,
            }) => retry_after_seconds,
            other => panic!("refused is expected, got {other:?}"),
        }
    }

    #[test]
    fn whoever_guesses_waits_long_and_the_owner_elsewhere_a_minute_at_most() {
        let attempts = Attempts::new(2, 100);
        assert!(fail(&attempts, "alice", "10.0.0.1", NOON));
        assert!(fail(&attempts, "ALICE", "10.0.0.1", NOON));
        let later = NOON.plus(20_000);
        assert_eq!(wait_seconds(&attempts, "10.0.0.1", later), 880);
        assert_eq!(wait_seconds(&attempts, "10.0.0.2", later), 40);
        let later = NOON.plus(LOGIN_WINDOW_MILLIS);
        assert_eq!(wait_seconds(&attempts, "10.0.0.1", later), 840);
        assert!(fail(&attempts, "alice", "10.0.0.2", later));
        let later = NOON.plus(WINDOW_MILLIS);
        assert!(fail(&attempts, "alice", "10.0.0.1", later));
    }

    #[test]
    fn a_login_is_bounded_whatever_the_address_and_spelling() {
        let attempts = Attempts::new(2, 100);
        assert!(fail(&attempts, "alice", "10.0.0.1", NOON));
        assert!(fail(&attempts, "ALICE", "10.0.0.2", NOON));
        assert_eq!(wait_seconds(&attempts, "10.0.0.3", NOON), 60);
        assert!(fail(&attempts, "bob", "10.0.0.3", NOON));
    }

    #[test]
    fn an_address_is_bounded_whatever_the_login() {
        let attempts = Attempts::new(100, 2);
        assert!(fail(&attempts, "alice", "2001:db8::1", NOON));
        assert!(fail(&attempts, "bob", "2001:db8::2", NOON));
        assert!(!fail(&attempts, "carol", "2001:db8::3", NOON));
        assert!(fail(&attempts, "carol", "2001:db8:1::3", NOON));
    }

    #[test]
    fn ever_new_names_cost_no_memory_without_bound_and_forgive_no_late_one() {
        let attempts = Attempts::new(1, 100);
        for nth in 0..=NAMES_MAX {
            let now = NOON.plus(i64::try_from(nth / 1_000).expect("small"));
            let begun = attempts.begin(&nth.to_string(), None, now);
            assert!(begun.is_ok());
        }
        let names = attempts.failures.lock().expect("no test panicked").len();
        assert!(names <= NAMES_MAX, "{names}");
        let late = attempts.begin(&(NAMES_MAX - 1).to_string(), None, NOON.plus(1_000));
        assert!(late.is_err());
    }

    #[test]
    fn success_is_not_counted() {
        let attempts = Attempts::new(2, 2);
        for _ in 0..10 {
            attempts
                .begin("alice", address("10.0.0.1"), NOON)
                .expect("allowed")
                .succeed();
        }
        assert!(fail(&attempts, "bob", "10.0.0.1", NOON));
        attempts
            .begin("alice", address("10.0.0.1"), NOON)
            .expect("allowed")
            .succeed();
        assert!(fail(&attempts, "bob", "10.0.0.1", NOON));
        assert!(
            !fail(&attempts, "carol", "10.0.0.1", NOON),
            "bob's failures stay"
        );
    }
}
