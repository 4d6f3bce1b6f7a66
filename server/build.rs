//! Makes a table of the built client's files for the feature `embedded-client`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=HOLDFAST_CLIENT_DIR");
    if env::var_os("CARGO_FEATURE_EMBEDDED_CLIENT").is_none() {
        return Ok(());
    }
    let folder = env::var("HOLDFAST_CLIENT_DIR")
        .map_err(|_| "embedded-client needs HOLDFAST_CLIENT_DIR; `cargo xtask build` sets it")?;
    println!("cargo::rerun-if-changed={folder}");
    let root = fs::canonicalize(&folder)?;
    let mut files = Vec::new();
    add(&root, &root, &mut files)?;
    // The server looks an address up by halving.
    files.sort();
    let mut table = String::from("&[\n");
    for (url, path) in files {
        let path = path.to_str().ok_or("paths are UTF-8")?;
        writeln!(table, "    ({url:?}, include_bytes!({path:?})),")?;
    }
    table.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("client.rs"), table)?;
    Ok(())
}

fn add(
    root: &Path,
    folder: &Path,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add(root, &path, files)?;
            continue;
        }
        let name = path
            .strip_prefix(root)?
            .to_str()
            .ok_or("names of files are UTF-8")?;
        files.push((format!("/{}", name.replace('\\', "/")), path));
    }
    Ok(())
}
