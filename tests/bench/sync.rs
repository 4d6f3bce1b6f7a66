//! How fast devices and a real server bring each other up to date, each device without a browser.
//! Prints one JSON object per line. Devices that are timed write what they take in to a file, and
//! the time ends when it is on the disk.
//!
//! The incidents are drawn from one seed: 4 to 20 acts each (12 in the median), every twentieth
//! with a text of 10 KB. `HOLDFAST_BENCH_SIZES` names other counts of incidents than 1,000 and
//! 3,000; of very many, 200 devices come back to none, since all of them lie in this process.
//! `--peers` takes the same incidents through automerge-repo and `PouchDB`, each in Node
//! with its server and its device in processes of their own, and prints what they need in
//! proportion.

#[path = "sync/bare.rs"]
mod bare;
#[path = "sync/peers.rs"]
mod peers;

use std::fs::{self, File};
use std::io::Write as _;
use std::sync::{Arc, Barrier};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use shared::ids::IncidentId;
use shared::incidents::{Intent, Level, SetField};
use shared::sync::message::{Live, decode};
use tests::draws::Draws;
use tests::holdfast::{Holdfast, declare};
use tests::http::{Http, Socket};
use tests::remote::{Received, Remote};

const RUNS: usize = 3;
const LEVELS: [Level; 3] = [Level::Low, Level::Medium, Level::High];
const PATIENCE: Duration = Duration::from_mins(5);

/// Who writes, and for how many incidents at a time.
const WRITERS: [&str; 2] = ["agent@demo", "technician@demo"];
const BATCH: usize = 25;

/// Devices that come back at once, and those among them that have nothing yet. One person has at
/// most fifty.
const HERD: [&str; 5] = [
    "agent@demo",
    "technician@demo",
    "incident-manager@demo",
    "manager@demo",
    "admin@demo",
];
const HERD_EACH: u64 = 40;
const NEW_EACH: u64 = 4;
const HERD_SIZE_MAX: usize = 10_000;

fn main() {
    let sizes = std::env::var("HOLDFAST_BENCH_SIZES").unwrap_or_else(|_| "1000,3000".to_owned());
    for size in sizes.split(',').filter_map(|size| size.parse().ok()) {
        bench(size);
    }
}

fn bench(size: usize) {
    let mut server = Holdfast::demo("bench-sync");
    server.start();
    idle(&server, size);
    let mut writers = fill(&server, size);
    memory(&server, size, "server_memory_after_ingest");
    let (first, histories) = first_sync(&server, size);
    let (changed, unchanged) = reconnect(&server, size, &mut writers[0]);
    if std::env::args().any(|word| word == "--peers") {
        peers::compare(size, &histories, &[first, changed, unchanged]);
    }
    if size <= HERD_SIZE_MAX {
        herd(&server, size, &mut writers[0]);
        pokes(&server, size, &mut writers[0]);
    }
    memory(&server, size, "server_memory");
}

/// What the server holds in memory.
fn memory(server: &Holdfast, size: usize, case: &'static str) {
    let held = megabytes(server.resident_bytes());
    say(case, size, &[held], "MB", Some(60.0));
}

/// Two devices write without a line what they then send at once, batch by batch.
fn fill(server: &Holdfast, size: usize) -> Vec<Remote> {
    let mut writers: Vec<_> = (0..)
        .zip(WRITERS)
        .map(|(place, login)| Remote::sign_in(server.port, login, Draws::new(7, place)))
        .collect();
    for writer in &mut writers {
        writer.settle(PATIENCE);
    }
    let before = bare::changes(&writers[0]).len();
    let (mut acts, mut pushes, mut took) = (0, 0, Duration::ZERO);
    let mut left = size;
    while left > 0 {
        for (writer, place) in writers.iter_mut().zip(100..) {
            let count = left.min(BATCH);
            left -= count;
            let mut draws = Draws::new(left as u64, place);
            acts += (0..count).map(|_| write(writer, &mut draws)).sum::<usize>();
        }
        let sending: Vec<_> = writers
            .drain(..)
            .map(|writer| spawn(|| sent(writer)))
            .collect();
        let sent: Vec<_> = sending.into_iter().map(joined).collect();
        took += sent.iter().map(|sent| sent.took).max().unwrap_or_default();
        pushes += sent.iter().map(|sent| sent.pushes).sum::<usize>();
        writers.extend(sent.into_iter().map(|sent| sent.writer));
    }
    say(
        "ingest",
        size,
        &[number(acts) / took.as_secs_f64()],
        "acts/s",
        None,
    );
    writers[0].settle(PATIENCE);
    let changes = bare::changes(&writers[0]).split_off(before);
    let bare = bare::inserted(&changes, pushes);
    let rate = |took: Duration| number(bare.changes) / took.as_secs_f64();
    let rates = (rate(took), rate(bare.took));
    say("ingest_changes", size, &[rates.0], "1/s", Some(3_000.0));
    say("bare_insert_changes", size, &[rates.1], "1/s", None);
    let ratio = rates.1 / rates.0;
    say("bare_insert_to_ingest", size, &[ratio], "", None);
    writers
}

/// What a device sent.
struct Sent {
    took: Duration,
    pushes: usize,
    writer: Remote,
}

/// Sends everything; how long the device waited for verdicts.
fn sent(mut writer: Remote) -> Sent {
    writer.received = Some(Vec::new());
    writer.settle(PATIENCE);
    let received = writer.received.take().unwrap_or_default();
    let verdicts = received.iter().filter(|it| it.path == "/sync/push");
    let (took, pushes) = (verdicts.clone().map(|it| it.after).sum(), verdicts.count());
    Sent {
        took,
        pushes,
        writer,
    }
}

/// Declares an incident and works on it; how many acts that took.
fn write(writer: &mut Remote, draws: &mut Draws) -> usize {
    let subject = format!("Printer {} prints nothing", draws.below(10_000));
    let id = act(writer, None, Intent::Declare(declare(subject)));
    let acts = 4 + draws.below(17);
    for nth in 1..acts {
        let is_long = nth == 2 && draws.percent(5);
        let text = if is_long {
            text(draws, 10_000)
        } else {
            text(draws, 120)
        };
        let intent = match draws.below(4) {
            0 => Intent::Set(SetField::Urgency(*draws.pick(&LEVELS))),
            1 => Intent::Note { text },
            _ => Intent::Reply { text },
        };
        act(writer, Some(id), intent);
    }
    usize::try_from(acts).expect("it is small")
}

fn act(writer: &mut Remote, incident: Option<IncidentId>, intent: Intent) -> IncidentId {
    let moment = writer.moment();
    let done = writer.device.act(0, incident, intent, moment);
    done.expect("staff may do that").0
}

/// Words that compress about as well as those of people.
fn text(draws: &mut Draws, length: usize) -> String {
    const SYLLABLES: [&str; 16] = [
        "ca", "ble", "net", "work", "re", "start", "ed", "prin", "ter", "log", "in", "fai", "ls",
        "again", "at", "noon",
    ];
    let mut text = String::new();
    while text.len() < length {
        for _ in 0..=draws.below(3) {
            text.push_str(draws.pick::<&str>(&SYLLABLES));
        }
        text.push(' ');
    }
    text
}

/// A device that has nothing reads everything. Gives the times, and the incidents as peers take
/// them.
fn first_sync(server: &Holdfast, size: usize) -> (Measured, Vec<serde_json::Value>) {
    let (mut times, mut histories) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        let mut reader = Remote::sign_in(server.port, HERD[2], Draws::new(11, run as u64));
        reader.device.disk.write_to(journal());
        let (time, received) = settled(&mut reader);
        times.push(time);
        if run > 0 {
            continue;
        }
        histories = peers::histories(&reader);
        let wire: usize = received.iter().map(|answer| gzipped(&answer.body)).sum();
        let saved = saved(&reader);
        let requests = number(received.len());
        say("first_sync_requests", size, &[requests], "", None);
        say("first_sync_received", size, &[megabytes(wire)], "MB", None);
        say("snapshots_saved", size, &[megabytes(saved)], "MB", None);
        let ratio = megabytes(wire) / megabytes(saved);
        say("received_to_saved", size, &[ratio], "", Some(1.3));
    }
    say("first_sync", size, &times, "ms", None);
    (Measured("first_sync", times), histories)
}

/// What was measured, by its name.
struct Measured(&'static str, Vec<f64>);

/// A file that goes with the process.
fn journal() -> File {
    let name = format!("holdfast-bench-journal-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = File::create(&path).expect("a file for the device can be made");
    fs::remove_file(&path).expect("its name can be removed");
    file
}

/// The size of all documents as automerge saves them.
fn saved(reader: &Remote) -> usize {
    let disk = &reader.device.disk;
    let docs = disk.docs().filter_map(|key| disk.doc(key)?.load().ok());
    docs.map(|doc| doc.save().len()).sum()
}

/// As the server compresses for whoever asks for gzip.
fn gzipped(body: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).expect("memory takes it");
    encoder.finish().expect("memory takes it").len()
}

/// A device that was away reads what changed meanwhile, and looks again when nothing did.
fn reconnect(server: &Holdfast, size: usize, writer: &mut Remote) -> (Measured, Measured) {
    let mut reader = Remote::sign_in(server.port, HERD[2], Draws::new(12, 0));
    reader.device.disk.write_to(journal());
    reader.settle(PATIENCE);
    let (mut changed, mut unchanged, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..RUNS {
        touch(writer, size / 100, run);
        let (time, received) = settled(&mut started(&mut reader, run));
        changed.push(time);
        requests.push(number(received.len()));
        reader.settle(PATIENCE);
        unchanged.push(settled(&mut started(&mut reader, run)).0);
    }
    say(
        "reconnect_after_1_percent",
        size,
        &changed,
        "ms",
        Some(100.0),
    );
    say(
        "reconnect_after_1_percent_requests",
        size,
        &requests,
        "",
        Some(3.0),
    );
    say("reconnect_unchanged", size, &unchanged, "ms", Some(20.0));
    (
        Measured("reconnect_after_1_percent", changed),
        Measured("reconnect_unchanged", unchanged),
    )
}

/// A device with the same disk that has just been started, as a peer's is: with a connection to
/// make and nothing in memory.
fn started(reader: &mut Remote, run: usize) -> Remote {
    let mut remote = reader.again(Draws::new(15, run as u64));
    remote.device.disk.write_to(journal());
    remote
}

/// Adds a note to so many incidents, spread over all of them.
fn touch(writer: &mut Remote, count: usize, run: usize) {
    let all = writer.device.disk.incidents();
    let apart = all.len() / count.max(1);
    for id in all.iter().skip(run).step_by(apart).take(count) {
        act(
            writer,
            Some(*id),
            Intent::Note {
                text: format!("Looked at, {run}."),
            },
        );
    }
    writer.settle(PATIENCE);
}

/// A device that comes back with all the others.
struct Away {
    remote: Remote,
    is_new: bool,
}

/// Devices that come back at once: how long each waits until it has everything, and how long for
/// a single answer.
fn herd(server: &Holdfast, size: usize, writer: &mut Remote) {
    let devices: Vec<_> = HERD.iter().flat_map(|login| away(server, login)).collect();
    touch(writer, size / 100, RUNS);
    let start = Arc::new(Barrier::new(devices.len() + 1));
    let come_back = |mut away: Away| {
        let start = Arc::clone(&start);
        spawn(move || {
            start.wait();
            (away.is_new, settled(&mut away.remote))
        })
    };
    let coming: Vec<_> = devices.into_iter().map(come_back).collect();
    start.wait();
    let began = Instant::now();
    let back: Vec<_> = coming.into_iter().map(joined).collect();
    say(
        "herd_all_back",
        size,
        &[millis(began.elapsed())],
        "ms",
        None,
    );
    for (case, new) in [("herd_back", false), ("herd_from_nothing", true)] {
        let those = back.iter().filter(|(is_new, _)| *is_new == new);
        let times: Vec<_> = those.map(|(_, (time, _))| *time).collect();
        say(case, size, &times, "ms", None);
    }
    let answers = back.iter().flat_map(|(_, (_, received))| received);
    let waits: Vec<_> = answers.map(|answer| millis(answer.after)).collect();
    say("herd_answer", size, &waits, "ms", None);
}

/// What a device that only listens takes of the memory of a server that has done nothing else.
fn idle(server: &Holdfast, size: usize) {
    let before = server.resident_bytes();
    let sockets = sockets(server);
    let held = server.resident_bytes().checked_sub(before);
    let held = held.expect("sockets take memory") / sockets.len() as u64;
    let each = number(held) / 1e3;
    say("memory_per_idle_device", size, &[each], "KB", Some(50.0));
}

/// Two hundred devices that listen, and have been told how far the log goes.
fn sockets(server: &Holdfast) -> Vec<Socket> {
    const SESSIONS_EACH: usize = 2;
    const SOCKETS_EACH: usize = 20;
    let sessions = HERD.iter().flat_map(|login| [*login; SESSIONS_EACH]);
    let sockets = sessions.flat_map(|login| {
        let mut http = Http::new(server.port);
        http.sign_in(login, "console").expect("it can sign in");
        let listen = || http.listen().expect("a session has so many sockets");
        std::array::from_fn::<_, SOCKETS_EACH, _>(|_| listen())
    });
    let mut sockets: Vec<_> = sockets.collect();
    sockets.iter_mut().for_each(next_head);
    sockets
}

/// One act, and how long it takes until each of 200 devices has heard that the log goes on.
fn pokes(server: &Holdfast, size: usize, writer: &mut Remote) {
    let mut sockets = sockets(server);
    let mut slowest = Vec::new();
    for run in 0..RUNS {
        let listening: Vec<_> = sockets
            .into_iter()
            .map(|mut socket| {
                spawn(move || {
                    next_head(&mut socket);
                    (Instant::now(), socket)
                })
            })
            .collect();
        let began = Instant::now();
        touch(writer, 1, RUNS + 1 + run);
        let heard: Vec<_> = listening.into_iter().map(joined).collect();
        let last = heard.iter().map(|(at, _)| *at).max().unwrap_or(began);
        slowest.push(millis(last.duration_since(began)));
        sockets = heard.into_iter().map(|(_, socket)| socket).collect();
    }
    say("act_told_to_200_devices", size, &slowest, "ms", Some(100.0));
}

/// Waits for word that the log goes on.
fn next_head(socket: &mut Socket) {
    loop {
        let frame = socket.hear().expect("the server speaks");
        if let Ok(Live::Head { .. }) = decode(&frame) {
            return;
        }
    }
}

/// Devices of one person that have read everything, and some that are new.
fn away(server: &Holdfast, login: &str) -> Vec<Away> {
    let sign_in = |nth: u64| Remote::sign_in(server.port, login, Draws::new(13, nth));
    let mut first = sign_in(0);
    first.settle(PATIENCE);
    let held = first.device.disk.clone();
    let others = (1..HERD_EACH).map(|nth| {
        let (mut remote, is_new) = (sign_in(nth), nth <= NEW_EACH);
        if !is_new {
            remote.begin_on(held.clone(), Draws::new(14, nth));
        }
        Away { remote, is_new }
    });
    let others: Vec<_> = others.collect();
    let first = Away {
        remote: first,
        is_new: false,
    };
    std::iter::once(first).chain(others).collect()
}

/// How many milliseconds it takes a device to have everything, and what came.
fn settled(device: &mut Remote) -> (f64, Vec<Received>) {
    device.received = Some(Vec::new());
    let began = Instant::now();
    device.settle(PATIENCE);
    device.device.disk.force();
    let time = millis(began.elapsed());
    (time, device.received.take().unwrap_or_default())
}

fn number(count: impl TryInto<u32>) -> f64 {
    count.try_into().map_or(f64::NAN, f64::from)
}

fn megabytes(bytes: impl TryInto<u32>) -> f64 {
    number(bytes) / 1e6
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn joined<T>(thread: JoinHandle<T>) -> T {
    thread.join().expect("the device did not fail")
}

/// Prints the median of what was measured, with least and most.
fn say(case: &str, size: usize, values: &[f64], unit: &str, target: Option<f64>) {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let (Some(min), Some(max)) = (values.first(), values.last()) else {
        return;
    };
    let line = serde_json::json!({
        "bench": "sync",
        "case": format!("{case}/{size}"),
        "value": round(values[values.len() / 2]),
        "unit": unit,
        "target": target,
        "runs": values.len(),
        "min": round(*min),
        "max": round(*max),
    });
    // Nobody is left to tell when standard output is gone.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
