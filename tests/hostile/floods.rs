//! How much and how fast: long messages, many messages, slow ones, long documents.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

use shared::document::Document;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::{Intent, Refused};
use shared::sync::message::{Cursors, MEDIA_TYPE, Verdict, encode};
use tests::http::Http;

use super::attacker::Attacker;
use super::scene::{SECRET, Scene, declare};

const MEGABYTE: usize = 1024 * 1024;

/// How long an honest request may take while another session floods the server.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much more the server may hold in memory while it is flooded; its allocator lags behind what
/// is freed.
const GROWTH_BYTES_MAX: u64 = 192 * 1024 * 1024;

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the server listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a timeout");
    stream.set_write_timeout(patience).expect("a timeout");
    stream
}

fn head(scene: &Scene, attacker: &Attacker, path: &str, more: &str) -> String {
    let (port, cookie) = (
        scene.server.port,
        attacker.http.cookie().expect("a session"),
    );
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\nx-holdfast: 1\r\ncookie: {cookie}\r\n\
         content-type: {MEDIA_TYPE}\r\n{more}\r\n"
    )
}

/// The status of the first answer; none when the server hung up without one.
fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut start = [0; 12];
    stream.read_exact(&mut start).ok()?;
    std::str::from_utf8(&start[9..]).ok()?.parse().ok()
}

#[test]
fn a_message_of_a_hundred_megabytes_is_refused_and_not_held() {
    let scene = Scene::begin("long-messages");
    let attacker = scene.insider();
    let before = scene.server.peak_bytes();
    let piece = vec![0x9f; MEGABYTE];
    for path in [
        "/sync/push",
        "/sync/pull",
        "/sync/return",
        "/session",
        "/report",
    ] {
        for is_streamed in [false, true] {
            let more = if is_streamed {
                "transfer-encoding: chunked\r\n".to_owned()
            } else {
                format!("content-length: {}\r\n", 100 * MEGABYTE)
            };
            let mut stream = connect(scene.server.port);
            let head = head(&scene, &attacker, path, &more);
            stream.write_all(head.as_bytes()).expect("it is sent");
            // The server hangs up when it has seen enough.
            for _ in 0..100 {
                let size = format!("{MEGABYTE:x}\r\n");
                let (start, end) = if is_streamed {
                    (&*size, "\r\n")
                } else {
                    ("", "")
                };
                let parts = [start.as_bytes(), &piece, end.as_bytes()];
                if parts.iter().any(|part| stream.write_all(part).is_err()) {
                    break;
                }
            }
            // What was sent after the answer may have made the answer unreadable.
            let status = status(&mut stream);
            let is_refused = matches!(status, None | Some(413 | 415));
            assert!(is_refused, "{path}: {status:?}");
        }
    }
    let grown = scene.server.peak_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    scene.expect_untouched();
    scene.end();
}

/// Sends the same request again and again, as fast as the server takes it.
struct Flood {
    is_over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Flood {
    fn of(port: u16, request: &[u8]) -> Self {
        let (is_over, sent) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let threads = (0..4).map(|_| {
            let (is_over, sent, request) = (is_over.clone(), sent.clone(), request.repeat(64));
            spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let mut stream = connect(port);
                    let timeout = Some(Duration::from_millis(20));
                    stream.set_read_timeout(timeout).expect("a timeout");
                    while stream.write_all(&request).is_ok() {
                        sent.fetch_add(64, Ordering::Relaxed);
                        let mut answers = vec![0; 64 * 1024];
                        if matches!(stream.read(&mut answers), Ok(0)) {
                            break;
                        }
                        if is_over.load(Ordering::Relaxed) {
                            break;
                        }
                    }
                }
            })
        });
        let threads = threads.collect();
        Self {
            is_over,
            sent,
            threads,
        }
    }

    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a flood does not fail");
        }
        self.sent.load(Ordering::Relaxed)
    }
}

#[test]
fn ten_thousand_tiny_messages_a_second_leave_room_for_others() {
    let mut scene = Scene::begin("tiny-messages");
    let attacker = scene.insider();
    let body = encode(&attacker.pull_request(Cursors::default()));
    let more = format!("content-length: {}\r\n", body.len());
    let head = head(&scene, &attacker, "/sync/pull", &more);
    let before = scene.server.peak_bytes();
    let logged = scene.server.logged().len();
    let started = Instant::now();
    let flood = Flood::of(scene.server.port, &[head.as_bytes(), &body].concat());
    let (mut slowest, mut times) = (Duration::ZERO, 0);
    while started.elapsed() < Duration::from_secs(5) {
        let begun = Instant::now();
        scene.work(Intent::Reply {
            text: format!("{SECRET} once more."),
        });
        slowest = slowest.max(begun.elapsed());
        times += 1;
    }
    let seconds = started.elapsed().as_secs_f64();
    let sent = flood.end();
    let lines = scene.server.logged()[logged..].lines().count();
    eprintln!("{sent} sent in {seconds:.1} s, {lines} lines; {times} acts, slowest {slowest:?}");
    assert!(slowest < PATIENCE, "others work on: {slowest:?}");
    assert!(lines < 5_000, "the log is not flooded: {lines} lines");
    let grown = scene.server.peak_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    // Told to wait, and let in again once it has.
    let deadline = Instant::now() + PATIENCE;
    while attacker
        .post("/sync/pull", &attacker.pull_request(Cursors::default()))
        .status
        != 200
    {
        assert!(
            Instant::now() < deadline,
            "a session that waits is let in again"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    scene.end();
}

#[test]
fn a_person_with_bodies_that_never_end_takes_nothing_but_their_own_share() {
    let mut scene = Scene::begin("slow-bodies");
    let attacker = scene.insider();
    let before = scene.server.peak_bytes();
    let length = 8 * MEGABYTE;
    let more = format!("content-length: {length}\r\n");
    let head = head(&scene, &attacker, "/sync/return", &more);
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut stream = connect(scene.server.port);
        stream.write_all(head.as_bytes()).expect("it is sent");
        let wait = Some(Duration::from_millis(20));
        stream.set_write_timeout(wait).expect("a timeout");
        // All but the end.
        let _ = stream.write_all(&vec![0x9f; length - 1]);
        streams.push(stream);
    }
    let turned_away = streams.iter_mut().filter_map(|stream| {
        let wait = Some(Duration::from_millis(1));
        stream.set_read_timeout(wait).expect("a timeout");
        status(stream)
    });
    let turned_away = turned_away.filter(|status| *status == 429).count();
    assert!(turned_away > 0, "what is too many is turned away at once");
    scene.work(Intent::Reply {
        text: SECRET.to_owned(),
    });
    let grown = scene.server.peak_bytes().saturating_sub(before);
    eprintln!("{turned_away} turned away, {grown} bytes more");
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    drop(streams);
    scene.end();
}

#[test]
fn a_document_grows_to_a_bound_and_no_further() {
    let scene = Scene::begin("long-document");
    let mut attacker = scene.insider();
    let id = IncidentId::from_bytes(attacker.draws.bytes());
    let work = DocKey::work(id);
    attacker.docs.insert(work, Document::new(work));
    let declared = attacker.written(id, Intent::Declare(declare()));
    assert!(matches!(attacker.offer_one(declared), Verdict::Accepted(_)));
    let before = scene.server.peak_bytes();
    let started = Instant::now();
    let mut times = 0;
    let refused = loop {
        // Equal letters compress to next to nothing in the store, and not in memory.
        let text = "a".repeat(60 * 1024);
        let group = attacker.written(id, Intent::Reply { text });
        match attacker.offer_one(group) {
            Verdict::Accepted(_) => times += 1,
            Verdict::Refused(refused) => break refused,
            other @ (Verdict::Duplicate(_) | Verdict::Missing { .. }) => panic!("{other:?}"),
        }
        assert!(times < 100, "a document has a bound");
    };
    assert!(matches!(refused, Refused::Size { .. }), "{refused:?}");
    let grown = scene.server.peak_bytes().saturating_sub(before);
    eprintln!(
        "{times} texts in {:?}, {grown} bytes more",
        started.elapsed()
    );
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    scene.end();
}

/// Opens a socket by hand, as the protocol (RFC 6455) says.
fn socket(scene: &Scene, attacker: &Attacker) -> TcpStream {
    let (port, cookie) = (
        scene.server.port,
        attacker.http.cookie().expect("a session"),
    );
    let mut stream = connect(port);
    let request = format!(
        "GET /sync/live HTTP/1.1\r\nhost: localhost:{port}\r\norigin: http://localhost:{port}\r\n\
         cookie: {cookie}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it is sent");
    assert_eq!(status(&mut stream), Some(101));
    stream
}

/// A masked frame of a client, said to have so many bytes.
fn frame(kind: u8, length: u64, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | kind, 0x80 | 127];
    frame.extend(length.to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(bytes);
    frame
}

/// Reads until the server hangs up; whether it did.
fn is_hung_up(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match stream.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    }
}

fn live_connections(scene: &Scene) -> String {
    let metrics = Http::new(scene.server.port).get("/metrics");
    let metrics = String::from_utf8(metrics.expect("an answer").body).expect("a text");
    let mut lines = metrics.lines();
    let count = lines.find_map(|line| line.strip_prefix("holdfast_live_connections "));
    count.expect("it is counted").to_owned()
}

#[test]
fn sockets_that_send_huge_frames_or_floods_of_them_are_closed() {
    const TEXT: u8 = 1;
    const BINARY: u8 = 2;
    const PING: u8 = 9;
    let mut scene = Scene::begin("sockets");
    let attacker = scene.insider();
    let before = scene.server.peak_bytes();
    for length in [5 * 1024, 1 << 30, u64::MAX >> 1, u64::MAX] {
        let mut stream = socket(&scene, &attacker);
        let _ = stream.write_all(&frame(BINARY, length, &[0; 8 * 1024]));
        assert!(is_hung_up(&mut stream), "a frame of {length} bytes");
    }
    for kind in [TEXT, BINARY, PING] {
        let mut stream = socket(&scene, &attacker);
        let flood = frame(kind, 2, b"ab").repeat(1_000);
        for _ in 0..10 {
            if stream.write_all(&flood).is_err() {
                break;
            }
        }
        assert!(is_hung_up(&mut stream), "a flood of frames of kind {kind}");
    }
    scene.work(Intent::Reply {
        text: SECRET.to_owned(),
    });
    let grown = scene.server.peak_bytes().saturating_sub(before);
    assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
    let deadline = Instant::now() + PATIENCE;
    while live_connections(&scene) != "0" {
        assert!(Instant::now() < deadline, "a seat is still taken");
    }
    scene.end();
}
