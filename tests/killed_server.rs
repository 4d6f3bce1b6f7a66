//! A real server, killed at any moment, while two people work on two devices.
//!
//! `SEED=` repeats the choices of a run; when a kill falls into a request is up to the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use shared::document::Document;
use shared::ids::{DocKey, DocKind, FactId, IncidentId};
use shared::incidents::{Drafted, HoldReason, Incident, Intent, Level, ResolutionCode, SetField};
use tests::draws::Draws;
use tests::holdfast::{Holdfast, declare};
use tests::remote::{Line, Remote};

const KILLS: u32 = 50;
const REST_WITHIN: Duration = Duration::from_mins(1);

/// How many answers the devices get at most between two kills.
const ANSWERS_MAX: u64 = 40;

/// How many acts a device does without a line before it waits for one.
const OFFLINE_ACTS_MAX: u32 = 6;

/// On how many of its incidents a person works at a time.
const BUSY_MAX: usize = 6;

/// What a device is told.
enum Word {
    ServerIsUp,
    Stop,
}

#[test]
fn no_acknowledged_change_is_lost_when_the_server_is_killed_fifty_times() {
    let seed = seed();
    eprintln!("SEED={seed}");
    let mut server = Holdfast::demo("killed");
    server.start();
    let (answered, answers) = channel();
    let logins = ["technician@demo", "agent@demo"];
    let workers: Vec<_> = (0..)
        .zip(logins)
        .map(|(place, login)| Worker::start(&server, login, Draws::new(seed, place), &answered))
        .collect();
    let mut draws = Draws::new(seed, 99);
    for _ in 0..KILLS {
        work_on(&answers, &mut draws);
        server.kill();
        // What was answered before the kill does not count towards the next.
        while answers.try_recv().is_ok() {}
        server.start();
        for worker in &workers {
            worker.tell(Word::ServerIsUp);
        }
    }
    let mut works: Vec<_> = workers.into_iter().map(Worker::stop).collect();
    // Twice: what the second sends last, the first has still to read.
    for _ in 0..2 {
        for work in &mut works {
            work.remote.settle(REST_WITHIN);
        }
    }
    let mut witness = Remote::sign_in(server.port, logins[1], Draws::new(seed, 7));
    witness.settle(REST_WITHIN);
    check(&works, &witness);
    let acts: usize = works.iter().map(|work| work.done.len()).sum();
    let answers: u64 = works.iter().map(|work| work.remote.answers).sum();
    let log = server.logged();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
    let known: usize = works.iter().map(|work| work.remote.duplicates).sum();
    eprintln!("{KILLS} kills, {acts} acts, {answers} answers, {known} acts whose answer was lost");
}

#[test]
fn a_server_restored_from_a_backup_loses_nothing_that_a_device_has() {
    let seed = seed();
    eprintln!("SEED={seed}");
    let mut server = Holdfast::demo("restored");
    let backup = std::env::temp_dir().join(format!("holdfast-backup-{}", std::process::id()));
    // Left by a process of the same number long ago, or not there.
    let _ = std::fs::remove_file(&backup);
    server.start();
    let (answered, answers) = channel();
    let logins = ["technician@demo", "agent@demo", "incident-manager@demo"];
    let workers: Vec<_> = (0..)
        .zip(logins)
        .map(|(place, login)| {
            let mut draws = Draws::new(seed, place);
            let own = Draws::new(draws.number(), 0);
            let mut remote = Remote::sign_in(server.port, login, own);
            // A server that was restored has ended all sessions.
            remote.signs_in_again = true;
            Worker::on(remote, draws, &answered)
        })
        .collect();
    let mut draws = Draws::new(seed, 99);
    work_on(&answers, &mut draws);
    server.backup(&backup);
    for _ in 0..RESTORES {
        for _ in 0..ROUNDS {
            work_on(&answers, &mut draws);
        }
        server.kill();
        server.restore(&backup);
        while answers.try_recv().is_ok() {}
        server.start();
        for worker in &workers {
            worker.tell(Word::ServerIsUp);
        }
    }
    work_on(&answers, &mut draws);
    let mut works: Vec<_> = workers.into_iter().map(Worker::stop).collect();
    // Three times: what the others bring back last, the first has still to read.
    for _ in 0..3 {
        for work in &mut works {
            work.remote.settle(REST_WITHIN);
        }
    }
    let mut witness = Remote::sign_in(server.port, logins[1], Draws::new(seed, 7));
    witness.settle(REST_WITHIN);
    check(&works, &witness);
    std::fs::remove_file(&backup).expect("the backup is there");
    let log = server.logged();
    assert!(!log.contains("panicked") && !log.contains("ERROR"), "{log}");
}

/// How often the same backup is restored, and how much is done before each time.
const RESTORES: u32 = 3;
const ROUNDS: u32 = 8;

fn seed() -> u64 {
    let given = std::env::var("SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    given.unwrap_or_else(|| u64::from(since.subsec_nanos()))
}

/// Lets the devices work until some random moment: after so many answers, and a little.
fn work_on(answers: &Receiver<()>, draws: &mut Draws) {
    let deadline = Instant::now() + REST_WITHIN;
    for _ in 0..=draws.below(ANSWERS_MAX) {
        let left = deadline.saturating_duration_since(Instant::now());
        assert_ne!(
            answers.recv_timeout(left),
            Err(RecvTimeoutError::Timeout),
            "devices work"
        );
    }
    let moment = Instant::now() + Duration::from_micros(draws.below(8_000));
    while Instant::now() < moment {
        std::hint::spin_loop();
    }
}

/// A device in the hands of somebody, on a thread of its own.
struct Worker {
    words: Sender<Word>,
    thread: JoinHandle<Work>,
}

/// What somebody did, on their device.
struct Work {
    remote: Remote,
    draws: Draws,
    done: Vec<(IncidentId, Drafted)>,
}

impl Worker {
    fn start(server: &Holdfast, login: &str, mut draws: Draws, answered: &Sender<()>) -> Self {
        let own = Draws::new(draws.number(), 0);
        Self::on(Remote::sign_in(server.port, login, own), draws, answered)
    }

    fn on(remote: Remote, draws: Draws, answered: &Sender<()>) -> Self {
        let (words, heard) = channel();
        let answered = answered.clone();
        let thread = spawn(move || {
            let mut work = Work {
                remote,
                draws,
                done: Vec::new(),
            };
            work.run(&heard, &answered);
            work
        });
        Self { words, thread }
    }

    fn tell(&self, word: Word) {
        self.words.send(word).expect("the device is at work");
    }

    fn stop(self) -> Work {
        self.tell(Word::Stop);
        self.thread.join().expect("the device did not fail")
    }
}

impl Work {
    /// Acts and exchanges by turns; without a line acts a few times and waits for it.
    fn run(&mut self, heard: &Receiver<Word>, answered: &Sender<()>) {
        self.remote.exchange();
        let mut offline = 0;
        loop {
            let is_waiting = offline >= OFFLINE_ACTS_MAX;
            let word = if is_waiting {
                heard.recv().ok()
            } else {
                heard.try_recv().ok()
            };
            match word {
                Some(Word::Stop) => return,
                Some(Word::ServerIsUp) => {
                    offline = 0;
                    self.remote.hint();
                }
                None => {}
            }
            self.act();
            let before = self.remote.answers;
            self.remote.exchange();
            for _ in before..self.remote.answers {
                // Nobody counts any more once the last kill is over.
                let _ = answered.send(());
            }
            offline = if self.remote.line == Line::Down {
                offline + 1
            } else {
                0
            };
        }
    }

    fn act(&mut self) {
        let mine: BTreeSet<_> = self.done.iter().map(|(id, _)| *id).collect();
        let busy: Vec<_> = mine.into_iter().rev().take(BUSY_MAX).collect();
        let theirs: Vec<_> = self.remote.device.disk.incidents();
        let is_new = busy.is_empty() || self.draws.percent(12);
        // The latest incidents are the ones declared in this test, by either.
        let incident = (!is_new).then(|| theirs[theirs.len() - 1 - self.place(theirs.len())]);
        let intent = self.intent(is_new);
        let moment = self.remote.moment();
        if let Ok(done) = self.remote.device.act(0, incident, intent, moment) {
            self.done.push(done);
        }
    }

    fn place(&mut self, count: usize) -> usize {
        let bound = count.min(2 * BUSY_MAX) as u64;
        usize::try_from(self.draws.below(bound)).expect("it is below a length")
    }

    fn intent(&mut self, is_new: bool) -> Intent {
        let person = self.remote.device.profile.person;
        let text = format!("{} of {}", self.done.len(), person.0);
        if is_new {
            return Intent::Declare(declare(text));
        }
        let levels = [Level::Low, Level::Medium, Level::High];
        match self.draws.below(12) {
            0..3 => Intent::Reply { text },
            3..5 => Intent::Note { text },
            5 => Intent::Set(SetField::Urgency(*self.draws.pick(&levels))),
            6 => Intent::Set(SetField::Subject(text)),
            7 => Intent::Assign {
                group: Some("network".into()),
                person: Some(person),
                escalation: None,
            },
            8 => Intent::Start,
            9 => Intent::Hold {
                reason: HoldReason::Caller,
                text,
                until: None,
            },
            10 => Intent::Resolve {
                code: ResolutionCode::Fixed,
                notes: text,
            },
            _ => Intent::Reopen { text },
        }
    }
}

/// Nothing lost, nothing twice, and everybody reads the same; the witness has read everything anew.
fn check(works: &[Work], witness: &Remote) {
    let truth: BTreeMap<_, _> = witness
        .device
        .disk
        .incidents()
        .into_iter()
        .map(|id| (id, reading(witness, id)))
        .collect();
    let mut numbers = BTreeSet::new();
    for incident in truth.values() {
        let number = incident
            .number
            .clone()
            .expect("every incident has a number");
        assert!(numbers.insert(number), "a number names one incident");
    }
    for work in works {
        let disk = &work.remote.device.disk;
        assert_eq!(disk.review(), [], "nobody did what they may not do");
        assert_eq!(
            work.remote.device.distrusted, 0,
            "every document could be put together"
        );
        for id in disk.incidents() {
            assert_eq!(reading(&work.remote, id), truth[&id], "{id}");
        }
        for (id, drafted) in &work.done {
            let facts = facts(witness, *id);
            for fact in wrote(drafted) {
                let count = facts.iter().filter(|held| **held == fact).count();
                assert_eq!(count, 1, "{:?} is there once", drafted.intent);
            }
            assert!(
                disk.incidents().contains(id),
                "an incident stays on its author's device"
            );
        }
    }
}

fn reading(remote: &Remote, id: IncidentId) -> Incident {
    let (incident, anomalies) = remote.device.read(id).expect("an incident can be read");
    assert_eq!(anomalies, [], "{id}");
    assert!(
        incident
            .timeline
            .iter()
            .all(|event| event.from.arrival.is_some()),
        "{id} has receipts"
    );
    incident
}

fn facts(remote: &Remote, id: IncidentId) -> Vec<(DocKind, FactId)> {
    let keys = [DocKey::incident(id), DocKey::work(id)];
    let docs = keys
        .into_iter()
        .filter_map(|key| remote.device.disk.doc(key));
    let docs = docs.map(|doc| doc.load().expect("a document can be put together"));
    let facts = |doc: Document| {
        let held = doc.facts().0.iter();
        let facts = held.map(|held| (doc.key.kind, held.fact.id));
        facts.collect::<Vec<_>>()
    };
    docs.flat_map(facts).collect()
}

fn wrote(drafted: &Drafted) -> Vec<(DocKind, FactId)> {
    let [incident, work] = drafted.facts;
    let fact = |kind: &DocKind| match kind {
        DocKind::Incident => (DocKind::Incident, incident),
        DocKind::Work => (DocKind::Work, work),
    };
    drafted.intent.docs().iter().map(fact).collect()
}
