//! What the fuzzer starts from and what it once found, replayed in every run of the tests.
//!
//! `HOLDFAST_WRITE_SEEDS=1` writes the seeds anew, once messages or documents look different.

use std::fs;

use tests::fuzz::{Target, corpus, targets};

fn target(name: &str) -> Target {
    let found = targets().into_iter().find(|target| target.name == name);
    found.expect("there is such a target")
}

fn replay(name: &str) {
    let target = target(name);
    let inputs = fs::read_dir(corpus(name)).expect("the target has a corpus");
    let mut count = 0;
    for input in inputs {
        let path = input.expect("a file").path();
        eprintln!("{}", path.display());
        (target.run)(&fs::read(&path).expect("it can be read"));
        count += 1;
    }
    assert!(count >= target.seeds.len());
}

#[test]
fn no_input_kept_breaks_the_decoder_of_messages() {
    replay("messages");
}

#[test]
fn no_input_kept_gets_past_the_judge_or_stops_it() {
    replay("intents");
}

#[test]
fn no_input_kept_makes_a_document_that_cannot_be_read() {
    replay("documents");
}

#[test]
fn seeds_are_what_devices_and_the_server_say_now() {
    let is_written = std::env::var_os("HOLDFAST_WRITE_SEEDS").is_some();
    for target in targets() {
        let folder = corpus(target.name);
        for (name, bytes) in target.seeds {
            let path = folder.join(name);
            if is_written {
                fs::create_dir_all(&folder).expect("a folder can be made");
                fs::write(&path, bytes).expect("a seed can be written");
            } else {
                let kept = fs::read(&path).unwrap_or_default();
                assert_eq!(kept, bytes, "{}", path.display());
            }
        }
    }
}
