//! The real program `holdfast` as a process that can be killed.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shared::ids::PersonId;
use shared::incidents::{Declare, Requester};

use crate::http::Http;
use crate::workspace;

/// A server with its data, running or not.
#[derive(Debug)]
pub struct Holdfast {
    pub port: u16,
    binary: PathBuf,
    data: PathBuf,
    flags: Vec<String>,
    child: Option<Child>,
}

const READY_WITHIN: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

impl Holdfast {
    /// A demo with fresh data, on a free port; not started yet. `name` tells tests apart.
    pub fn demo(name: &str) -> Self {
        let data = std::env::temp_dir().join(format!("holdfast-{name}-{}", std::process::id()));
        // Left by a process of the same number long ago, or not there.
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data).expect("the folder for temporary files can be written");
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let port = free.local_addr().expect("a listener has an address").port();
        Self {
            port,
            binary: binary(),
            data,
            flags: Vec::new(),
            child: None,
        }
    }

    /// The same with a setting of its own, such as `--notify-wait-seconds 0`.
    #[must_use]
    pub fn with(mut self, flag: &str, value: &str) -> Self {
        self.flags.extend([flag.to_owned(), value.to_owned()]);
        self
    }

    /// Starts the server and waits until it answers.
    pub fn start(&mut self) {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.expect("the log can be written");
        let mut command = Command::new(&self.binary);
        command
            .args(["demo", "--port", &self.port.to_string(), "--data"])
            .arg(&self.data)
            .args(&self.flags);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.expect("the server can be started"));
        self.wait_until_ready();
    }

    /// How many bytes the server held in memory at its worst.
    pub fn peak_bytes(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// How many bytes the server holds in memory now.
    pub fn resident_bytes(&self) -> u64 {
        self.memory("VmRSS:")
    }

    fn memory(&self, what: &str) -> u64 {
        let child = self.child.as_ref().expect("the server runs");
        let status = fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.expect("Linux tells of its processes");
        let told = status
            .lines()
            .find_map(|line| line.strip_prefix(what)?.trim().strip_suffix(" kB"));
        let kilobytes: u64 = told
            .and_then(|told| told.trim().parse().ok())
            .expect("a number of kilobytes");
        kilobytes * 1024
    }

    /// Kills the server, which learns nothing of it.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("a child can be killed");
            child.wait().expect("a killed child ends");
        }
    }

    /// Copies the data to a file, running or not.
    pub fn backup(&self, to: &Path) {
        self.run("backup", to, &self.data);
    }

    /// Puts a copy in the place of the data; the server must not run.
    pub fn restore(&mut self, from: &Path) {
        let log = fs::read(self.log()).unwrap_or_default();
        fs::remove_dir_all(&self.data).expect("the data can be removed");
        self.run("restore", from, &self.data);
        fs::write(self.log(), log).expect("the log can be written");
    }

    fn run(&self, command: &str, file: &Path, data: &Path) {
        let mut run = Command::new(&self.binary);
        let ran = run.arg(command).arg(file).arg("--data").arg(data).output();
        let ran = ran.expect("the program can be run");
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{command}: {told}");
    }

    /// What the server logged, over all its lives.
    pub fn logged(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn log(&self) -> PathBuf {
        self.data.join("test.log")
    }

    fn wait_until_ready(&mut self) {
        let deadline = Instant::now() + READY_WITHIN;
        let http = Http::new(self.port);
        while !http.get("/readyz").is_ok_and(|answer| answer.status == 200) {
            let child = self.child.as_mut().expect("it was just started");
            let ended = child.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "the server ended: {}", self.logged());
            assert!(
                Instant::now() < deadline,
                "the server is not ready: {}",
                self.logged()
            );
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

impl Drop for Holdfast {
    fn drop(&mut self) {
        self.kill();
        if !std::thread::panicking() {
            // A folder that cannot be removed lies among temporary files.
            let _ = fs::remove_dir_all(&self.data);
        }
    }
}

/// What staff of the demo declares for somebody who calls.
pub fn declare(subject: String) -> Declare {
    Declare {
        description: format!("{subject}, since this morning."),
        subject,
        requester: Requester::Person(PersonId(1)),
        category: None,
        site: None,
        group: Some("network".into()),
        ..shared::testing::declare()
    }
}

/// The program: the one that `HOLDFAST_BIN` names, else built here.
fn binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("HOLDFAST_BIN") {
        return PathBuf::from(binary);
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args([
        "build",
        "--quiet",
        "--package",
        "server",
        "--bin",
        "holdfast",
    ]);
    let built = cargo
        .current_dir(workspace())
        .status()
        .expect("cargo can be run");
    assert!(built.success(), "the server can be built");
    let own = std::env::current_exe().expect("a test has a path");
    // A test lies in `deps`, beside which the programs lie.
    let folder = own
        .parent()
        .and_then(Path::parent)
        .expect("a test lies in a target folder");
    folder
        .join("holdfast")
        .with_extension(std::env::consts::EXE_EXTENSION)
}
