//! A server, an incident on it, and a device that works honestly beside the one that does not.

use std::time::Duration;

use shared::ids::{DocKey, IncidentId, PersonId};
use shared::incidents::{Declare, Incident, Intent, Refused, Requester};
use shared::sync::message::{PushGroup, Surface};
use tests::draws::Draws;
use tests::holdfast::Holdfast;
use tests::http::Http;
use tests::remote::Remote;

use super::attacker::Attacker;

/// A word in everything that is written here, and so in nothing that the server may log.
pub(crate) const SECRET: &str = "Quetzalcoatlus";

pub(crate) const REQUESTER: PersonId = PersonId(1);

/// What the server may hold in memory whatever it is sent; at rest it holds 60 MB.
const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

const REST_WITHIN: Duration = Duration::from_mins(1);

pub(crate) struct Scene {
    pub(crate) server: Holdfast,
    pub(crate) honest: Remote,
    pub(crate) incident: IncidentId,
    /// The end of the log as it should be.
    head: u64,
}

impl Scene {
    /// A demo in which a technician has declared an incident and works on it. The name tells
    /// tests apart.
    pub(crate) fn begin(name: &str) -> Self {
        Self::of(name, REQUESTER)
    }

    /// The same with an incident that this person reported.
    pub(crate) fn of(name: &str, requester: PersonId) -> Self {
        let server = Holdfast::demo(&format!("hostile-{name}"));
        // So that a test sees the letter of an act at once.
        let mut server = server.with("--notify-wait-seconds", "0");
        server.start();
        let mut honest = Remote::sign_in(server.port, "technician@demo", Draws::new(1, 1));
        honest.settle(REST_WITHIN);
        let declare = Intent::Declare(Declare {
            requester: Requester::Person(requester),
            ..declare()
        });
        let done = honest.device.act(0, None, declare, honest.moment());
        let (incident, _) = done.expect("a technician may declare");
        let mut scene = Self {
            server,
            honest,
            incident,
            head: 0,
        };
        scene.work(Intent::Reply {
            text: format!("{SECRET} is on my way."),
        });
        scene
    }

    pub(crate) fn key(&self) -> DocKey {
        DocKey::incident(self.incident)
    }

    pub(crate) fn attacker(&self, login: &str, surface: Surface) -> Attacker {
        Attacker::sign_in(self.server.port, login, surface)
    }

    /// Somebody who may read and do everything that an agent may.
    pub(crate) fn insider(&self) -> Attacker {
        self.attacker("agent@demo", Surface::Console)
    }

    /// The honest device acts; what it does arrives.
    pub(crate) fn work(&mut self, intent: Intent) {
        let moment = self.honest.moment();
        let done = self
            .honest
            .device
            .act(0, Some(self.incident), intent, moment);
        done.expect("a technician may do it");
        self.honest.settle(REST_WITHIN);
        assert_eq!(self.honest.device.disk.review(), [], "nothing came back");
        self.note_head();
    }

    /// Takes the log as it is for what it should be.
    pub(crate) fn note_head(&mut self) {
        self.head = self.read_head();
    }

    fn read_head(&self) -> u64 {
        let metrics = Http::new(self.server.port).get("/metrics");
        let metrics = metrics.expect("the server answers").body;
        let metrics = String::from_utf8(metrics).expect("a text");
        let head = metrics
            .lines()
            .find_map(|line| line.strip_prefix("holdfast_log_head "));
        head.and_then(|head| head.parse().ok()).expect("a number")
    }

    #[track_caller]
    pub(crate) fn expect_untouched(&self) {
        assert_eq!(self.read_head(), self.head, "the log is as it was");
    }

    /// Offers an act that is to be refused and to leave the log as it was.
    #[track_caller]
    pub(crate) fn refused(&self, attacker: &Attacker, group: PushGroup) -> Refused {
        let refused = attacker.refused(group);
        self.expect_untouched();
        let log = self.server.logged();
        assert!(
            log.contains(refused.rule()),
            "refusing is logged: {refused:?}"
        );
        refused
    }

    /// Offers acts that are to be refused because they are no known act.
    #[track_caller]
    pub(crate) fn misshapen(&self, attacker: &Attacker, what: &str, group: PushGroup) {
        let refused = self.refused(attacker, group);
        assert!(
            matches!(refused, Refused::Shape { .. }),
            "{what}: {refused:?}"
        );
    }

    pub(crate) fn read(&self) -> Incident {
        let read = self.honest.device.read(self.incident);
        let (incident, anomalies) = read.expect("the incident is there");
        assert_eq!(anomalies, []);
        incident
    }

    /// The honest device works on as if nothing had been; the server's log tells nothing of anybody
    /// and its memory stayed within bounds.
    pub(crate) fn end(mut self) {
        self.honest.settle(REST_WITHIN);
        let before = self.read().timeline.len();
        self.work(Intent::Reply {
            text: format!("{SECRET} is repaired."),
        });
        assert_eq!(self.read().timeline.len(), before + 1);
        let log = self.server.logged();
        assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
        for secret in self.secrets() {
            assert!(!log.contains(&secret), "the log holds {secret}");
        }
        let peak = self.server.peak_bytes();
        eprintln!("peak of memory: {} MB", peak / 1024 / 1024);
        assert!(peak < MEMORY_BYTES_MAX, "{peak} bytes");
    }

    fn secrets(&self) -> Vec<String> {
        let directory = self.honest.device.disk.directory();
        let people = directory.people.into_iter();
        let mut secrets: Vec<_> = people
            .flat_map(|person| [person.login, person.name, person.phone])
            .filter(|secret| !secret.is_empty())
            .collect();
        secrets.extend([SECRET.to_owned(), "holdfast_session".to_owned()]);
        secrets
    }
}

pub(crate) fn declare() -> Declare {
    Declare {
        subject: format!("{SECRET} stands still"),
        description: format!("{SECRET} makes no sound since this morning."),
        requester: Requester::Person(REQUESTER),
        category: None,
        site: None,
        group: Some("network".into()),
        ..shared::testing::declare()
    }
}
