//! What the client may weigh on the wire, and the table that says what it weighs.

use super::Profile;
use super::assets::Written;
use anyhow::{Result, bail};

/// A build over its limit fails, so that nothing grows unseen; the target is where it is to come.
struct Budget {
    what: &'static str,
    /// Each by its plain address, or all that begin as one that ends with `*`.
    files: &'static [&'static str],
    brotli_kb_target: usize,
    brotli_kb_max: usize,
}

const BUDGETS: [Budget; 5] = [
    Budget {
        what: "console, first load",
        files: &[
            "/console.html",
            "/assets/style.css",
            "/assets/boot.js",
            "/assets/console.js",
            "/assets/console-glue.js",
            "/assets/console-split.js",
            "/assets/console.wasm",
        ],
        brotli_kb_target: 260,
        // Service levels in calendars and editions, tasks and time, holds, saved views with their
        // counts: rows are drawn by them before any other file is there.
        brotli_kb_max: 292,
    },
    Budget {
        what: "portal, first load",
        files: &[
            "/portal.html",
            "/assets/portal.css",
            "/assets/boot.js",
            "/assets/portal.js",
            "/assets/portal-glue.js",
            "/assets/portal-split.js",
            "/assets/portal.wasm",
            // The longer of the two languages.
            "/assets/portal-text-de.json",
        ],
        brotli_kb_target: 120,
        brotli_kb_max: 120,
    },
    Budget {
        what: "portal, what comes while somebody signs in",
        files: &[
            "/assets/portal-split_inside.wasm",
            // Shared by the files of the rooms; the cut numbers them.
            "/assets/portal-chunk_*",
        ],
        brotli_kb_target: 110,
        // Files, watchers and wordings came to the conversation.
        brotli_kb_max: 132,
    },
    Budget {
        what: "engine",
        files: &["/assets/engine.wasm"],
        brotli_kb_target: 430,
        // automerge alone is 323; files, presence, the diagnosis and acts by name came to it.
        brotli_kb_max: 650,
    },
    Budget {
        what: "service worker",
        files: &["/sw.js"],
        brotli_kb_target: 4,
        brotli_kb_max: 4,
    },
];

/// Prints raw and brotli bytes of each file and, for a release, fails over a budget.
pub(super) fn check(files: &[Written], profile: Profile) -> Result<()> {
    println!("{:>10} {:>10}  file", "raw", "brotli");
    for file in files {
        println!(
            "{:>10} {:>10}  {}",
            file.raw_bytes, file.brotli_bytes, file.plain
        );
    }
    if profile != Profile::Release {
        return Ok(());
    }
    let mut over = Vec::new();
    for budget in BUDGETS {
        let parts = files
            .iter()
            .filter(|file| budget.files.iter().any(|name| is_named(name, &file.plain)));
        let bytes: usize = parts.map(|file| file.brotli_bytes).sum();
        let kb = bytes.div_ceil(1024);
        let Budget {
            what,
            brotli_kb_target: target,
            brotli_kb_max: max,
            ..
        } = budget;
        let line = format!("{what}: {kb} KB brotli ({bytes} bytes); target {target}, limit {max}");
        println!("{line}");
        if kb > max {
            over.push(line);
        }
    }
    if !over.is_empty() {
        bail!("the client is over its limit: {}", over.join("; "));
    }
    Ok(())
}

fn is_named(name: &str, address: &str) -> bool {
    match name.strip_suffix('*') {
        Some(beginning) => address.starts_with(beginning),
        None => address == name,
    }
}
