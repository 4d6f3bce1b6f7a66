//! `fuzz`: tries inputs that nobody chose on every target of `tests/fuzz`.
//!
//! What a target fails on is kept in its corpus, which ordinary tests replay.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::Command;

const TARGETS: [&str; 3] = ["messages", "intents", "documents"];

/// An input that takes longer has found something.
const INPUT_SECONDS_MAX: u32 = 20;

const MEMORY_MB_MAX: u32 = 2048;

pub(crate) fn run(minutes: u64) -> Result<()> {
    let Some(program) = shell::cargo_tool("cargo-fuzz", shell::may_install(false))? else {
        bail!("cargo-fuzz is missing: cargo install cargo-fuzz --locked");
    };
    let target = shell::target().join("fuzz");
    for name in TARGETS {
        let found = target.join("corpus").join(name);
        fs::create_dir_all(&found)?;
        let kept = shell::root().join("tests/fuzz/corpus").join(name);
        let mut fuzz = Command::new(&program);
        fuzz.current_dir(shell::root())
            // Nothing of ours is unsafe, so no sanitizer has anything to find.
            .args([
                "run",
                "--fuzz-dir",
                "tests/fuzz",
                "--sanitizer",
                "none",
                name,
            ])
            .args([&found, &kept])
            .arg("--")
            .arg(format!("-max_total_time={}", minutes * 60))
            .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB_MAX}"))
            .arg(format!("-artifact_prefix={}/", kept.display()))
            .arg("-print_final_stats=1");
        // The flags of libFuzzer are not stable yet; the compiler is the pinned one all the same.
        fuzz.env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_DIR", &target);
        shell::run(&mut fuzz)
            .with_context(|| format!("{name} fails on an input now in {}", kept.display()))?;
    }
    Ok(())
}
