//! Which devices the server has heard of, and when: whoever oversees the work is told how many of
//! them may still bring something.
//!
//! # Design
//! Question: what does it cost to know? Answer: a place in memory per session, and a write when a
//! device is first heard or was last noted half an hour ago; after a restart what was noted counts,
//! which is at most that much older. Rejected: a write with every pull.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::ids::{DeviceId, PersonId};
use shared::time::{BOUND_MILLIS, UnixMillis};

use crate::auth::SessionId;
use crate::store::Contact;

/// How long a device can be silent and still count as back: its socket says something every 15 s.
const SILENT_MILLIS: i64 = 60_000;

/// How old the noted contact of a device in touch can be.
const NOTED_EVERY_MILLIS: i64 = 30 * 60_000;

/// When sessions were last heard, as far as this process knows.
#[derive(Debug, Default)]
pub(super) struct Contacts(Mutex<HashMap<SessionId, Heard>>);

#[derive(Debug, Clone, Copy)]
struct Heard {
    at: UnixMillis,
    noted_at: UnixMillis,
    device: DeviceId,
}

impl Contacts {
    /// Notes that a session was heard. Returns the contact when it is to be written down.
    pub(super) fn hear(&self, contact: Contact) -> Option<Contact> {
        let Contact { device, at, .. } = contact;
        let mut heard = self.lock();
        let noted_at = heard
            .get(&contact.session)
            .filter(|known| known.device == device)
            .map(|known| known.noted_at)
            .filter(|noted_at| at.since(*noted_at) < NOTED_EVERY_MILLIS);
        let now = Heard {
            at,
            noted_at: noted_at.unwrap_or(at),
            device,
        };
        heard.insert(contact.session, now);
        noted_at.is_none().then_some(contact)
    }

    /// Notes that a contact could not be written down, so that the next one is.
    pub(super) fn forget(&self, session: SessionId) {
        self.lock().remove(&session);
    }

    /// When a device was last heard through a session.
    pub(super) fn heard(&self, session: SessionId, device: DeviceId) -> Option<UnixMillis> {
        let heard = self.lock().get(&session).copied();
        heard
            .filter(|heard| heard.device == device)
            .map(|heard| heard.at)
    }

    /// Notes that the socket of a session said something until now.
    pub(super) fn touch(&self, session: SessionId, at: UnixMillis) {
        if let Some(heard) = self.lock().get_mut(&session) {
            heard.at = heard.at.max(at);
        }
    }

    /// How many devices of these contacts are away: not heard for a minute, but within the time
    /// that what they bring is believed.
    pub(super) fn away(
        &self,
        noted: Vec<Contact>,
        now: UnixMillis,
        is_open: impl Fn(SessionId) -> bool,
    ) -> usize {
        let mut heard = self.lock();
        heard.retain(|_, heard| now.since(heard.at) < BOUND_MILLIS);
        let mut devices: BTreeMap<(PersonId, DeviceId), UnixMillis> = BTreeMap::new();
        for Contact {
            session,
            person,
            device,
            at,
            ..
        } in noted
        {
            let since = heard.get(&session).map_or(at, |heard| heard.at.max(at));
            let at = if is_open(session) { now } else { since };
            // Signed in again, a device has more than one session.
            let last = devices.entry((person, device)).or_insert(at);
            *last = at.max(*last);
        }
        let is_away = |at: &&UnixMillis| (SILENT_MILLIS..BOUND_MILLIS).contains(&now.since(**at));
        devices.values().filter(is_away).count()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Heard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::sync::message::Surface;

    use super::*;

    const NOON: UnixMillis = UnixMillis(1_800_000_000_000);
    const HOUR: i64 = 60 * 60_000;

    fn contact(nth: u8, device: u8, at: UnixMillis) -> Contact {
        Contact {
            session: SessionId([nth; 32]),
            person: PersonId(7),
            device: DeviceId::from_bytes([device; 16]),
            surface: Surface::Console,
            at,
        }
    }

    #[test]
    fn a_contact_is_written_down_now_and_then() {
        let contacts = Contacts::default();
        let hear = |minutes: i64| contacts.hear(contact(1, 1, NOON.plus(minutes * 60_000)));
        assert!(hear(0).is_some());
        assert!(hear(1).is_none() && hear(29).is_none());
        assert!(hear(30).is_some() && hear(31).is_none());
        let other = contact(1, 2, NOON.plus(31 * 60_000));
        assert!(contacts.hear(other).is_some(), "another device");
    }

    #[test]
    fn a_device_is_away_from_a_minute_to_the_bound() {
        let contacts = Contacts::default();
        contacts.hear(contact(1, 1, NOON));
        let away = |after: i64| {
            let noted = vec![contact(1, 1, NOON)];
            contacts.away(noted, NOON.plus(after), |_| false)
        };
        assert_eq!([away(59_999), away(60_000), away(71 * HOUR)], [0, 1, 1]);
        assert_eq!(away(72 * HOUR), 0);
    }

    #[test]
    fn what_a_socket_says_counts_and_so_does_an_open_one() {
        let contacts = Contacts::default();
        contacts.hear(contact(1, 1, NOON));
        let later = NOON.plus(HOUR);
        let noted = || vec![contact(1, 1, NOON)];
        assert_eq!(contacts.away(noted(), later, |_| true), 0);
        assert_eq!(contacts.away(noted(), later, |_| false), 1);
        contacts.touch(SessionId([1; 32]), later);
        assert_eq!(contacts.away(noted(), later, |_| false), 0);
    }

    #[test]
    fn a_device_that_signed_in_again_counts_once() {
        let contacts = Contacts::default();
        let later = NOON.plus(HOUR);
        let noted = vec![
            contact(1, 1, NOON),
            contact(2, 1, later),
            contact(3, 3, NOON),
        ];
        assert_eq!(contacts.away(noted, later, |_| false), 1);
    }

    #[test]
    fn after_a_restart_what_was_written_down_counts() {
        let noted = vec![contact(1, 1, NOON)];
        let away = Contacts::default().away(noted, NOON.plus(HOUR), |_| false);
        assert_eq!(away, 1);
    }
}
