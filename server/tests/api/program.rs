//! The program as an operator meets it: what it prints, what it leaves behind, how it ends.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::Folder;

const LOG: &str = include_str!("../../demo/servicenow.csv");

/// What a run of the program amounts to.
struct Ran {
    is_success: bool,
    out: String,
    complaint: String,
}

/// The program in a folder of its own, with no settings but the data folder in it.
fn holdfast(folder: &Folder, words: &[&str]) -> Command {
    fs::create_dir_all(&folder.0).expect("a folder for the test");
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    command.args(words).current_dir(&folder.0);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOLDFAST_") {
            command.env_remove(name);
        }
    }
    command
}

fn run(mut command: Command) -> Ran {
    let output = command.output().expect("the program runs");
    Ran {
        is_success: output.status.success(),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        complaint: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_check_says_what_holds_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let mut check = holdfast(&folder, &["check", "--port", "9000"]);
    check.env("HOLDFAST_SESION_DAYS", "3");
    let ran = run(check);
    assert!(ran.is_success, "{}", ran.complaint);
    assert!(
        ran.out
            .contains("origin = http://localhost:9000 (default)\n"),
        "{}",
        ran.out
    );
    assert_eq!(
        ran.complaint,
        "holdfast: HOLDFAST_SESION_DAYS is no setting and is ignored\n"
    );
    assert!(ran.out.contains("there is no data in "), "{}", ran.out);
    assert_eq!(names(&folder.0), [""; 0]);
}

#[test]
fn a_check_names_a_data_folder_that_cannot_be() {
    let folder = Folder::new();
    let check = holdfast(&folder, &["check", "--data", "file/data"]);
    fs::write(folder.0.join("file"), "").expect("a file for the test");
    let ran = run(check);
    assert!(!ran.is_success);
    let told = "holdfast: data: cannot make the folder ";
    assert!(ran.complaint.starts_with(told), "{}", ran.complaint);
}

#[test]
fn a_dry_run_makes_no_file_and_changes_none() {
    let folder = Folder::new();
    let words = ["import", "servicenow", "log.csv", "--dry-run"];
    let dry = holdfast(&folder, &words);
    fs::write(folder.0.join("log.csv"), LOG).expect("a file for the test");
    let first = run(dry);
    assert!(first.is_success, "{}", first.complaint);
    let told = "nothing was written; it would be: 1107 rows: 150 incidents new or continued, 0 ";
    assert!(first.out.starts_with(told), "{}", first.out);
    assert_eq!(names(&folder.0), ["log.csv"]);

    assert!(run(holdfast(&folder, &words[..3])).is_success);
    let data = folder.0.join("data");
    let before = (
        names(&data),
        fs::read(data.join("holdfast.sqlite")).expect("it is there"),
    );
    let again = run(holdfast(&folder, &words));
    let told = "nothing was written; it would be: 1107 rows: 0 incidents new or continued, 150 ";
    assert!(
        again.out.starts_with(told),
        "{}{}",
        again.out,
        again.complaint
    );
    let after = (
        names(&data),
        fs::read(data.join("holdfast.sqlite")).expect("it is there"),
    );
    assert!(before == after, "{:?} became {:?}", before.0, after.0);
}

#[test]
fn the_demo_refuses_the_folder_of_another_organisation() {
    let folder = Folder::new();
    let import = holdfast(&folder, &["import", "servicenow", "log.csv"]);
    let lines: Vec<_> = LOG.split_inclusive('\n').take(2).collect();
    fs::write(folder.0.join("log.csv"), lines.concat()).expect("a file for the test");
    assert!(run(import).is_success);
    let ran = run(holdfast(&folder, &["demo", "--data", "data"]));
    assert!(!ran.is_success);
    let told = "holdfast: data holds another organisation: serve it with `holdfast serve`, or ";
    assert!(ran.complaint.contains(told), "{}", ran.complaint);
}

#[test]
fn the_demo_says_where_to_open_it_once_it_listens() {
    struct Running(Child);
    impl Drop for Running {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let folder = Folder::new();
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let port = free.local_addr().expect("it listens").port();
    drop(free);
    let mut demo = holdfast(&folder, &["demo", "--log", "error", "--port"]);
    demo.arg(port.to_string()).stdout(Stdio::piped());
    let mut running = Running(demo.spawn().expect("the program runs"));
    let mut out = BufReader::new(running.0.stdout.take().expect("it is piped"));
    let mut told: [String; 4] = Default::default();
    for line in &mut told {
        out.read_line(line).expect("UTF-8");
    }
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    let accounts = "technician@demo, agent@demo, incident-manager@demo, manager@demo, admin@demo";
    assert_eq!(told[0], format!("Open http://localhost:{port}/console\n"));
    assert_eq!(
        told[1],
        format!("Sign in as {accounts}; the password is demo\n")
    );
    assert_eq!(
        told[2],
        format!("People who report sign in at http://localhost:{port}/ as user@demo\n")
    );
    assert_eq!(
        told[3],
        format!("Mail that it would send lies at http://localhost:{port}/demo/mail\n")
    );
    drop(running);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    assert_eq!(rest, "");
}
