//! What the tests that span crates have in common: where the workspace lies and what is in it,
//! a device without a browser, the simulation.

pub mod broken;
pub mod device;
pub mod disk;
pub mod draws;
pub mod fuzz;
pub mod holdfast;
pub mod http;
pub mod remote;
#[path = "../simulation/simulation.rs"]
pub mod simulation;

use std::fs;
use std::path::{Path, PathBuf};

/// The folder that holds the workspace.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("the tests lie in the workspace")
        .to_path_buf()
}

/// A text file of the workspace.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path below the workspace, with forward slashes.
    pub path: String,
    pub text: String,
}

/// The files below `folder` with this ending, sorted by path; built and downloaded ones left out.
pub fn sources(folder: &str, ending: &str) -> Vec<Source> {
    let root = workspace();
    let mut found = Vec::new();
    collect(&root, &root.join(folder), ending, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            if !matches!(name, "target" | "node_modules" | "output" | ".git") {
                collect(root, &path, ending, found);
            }
        } else if name.ends_with(ending) {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let below = path.strip_prefix(root).unwrap_or(&path);
            found.push(Source {
                path: below.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
}
