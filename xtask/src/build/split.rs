//! Cuts a module at the functions marked `wasm_split`, so that a first paint waits for less.

use super::assets::{Assets, cached_folder};
use anyhow::{Context, Result, anyhow, ensure};
use std::fs;
use std::path::Path;
use wasm_split_cli_support::{Options, transform};

/// The script by which the main file fetches the others, as the main file imports it.
const LINK: &str = "./split.js";
/// What that script imports from the glue of the main file.
const GLUE: &str = "./glue.js";

/// A module that was cut.
pub(super) struct Parts {
    pub(super) main: Vec<u8>,
    link: String,
    /// File name and content.
    rooms: Vec<(String, Vec<u8>)>,
}

/// Cuts a module. The main file is still to go through wasm-bindgen.
pub(super) fn cut(bytes: &[u8]) -> Result<Parts> {
    let folder = cached_folder("split", &[bytes], |folder| {
        let main = folder.join("main.wasm");
        let mut options = Options::new(bytes);
        options.output_dir = folder;
        options.main_out_path = &main;
        options.link_name = LINK;
        options.main_module = GLUE;
        transform(options).map_err(|error| anyhow!("{error:?}"))?;
        Ok(())
    })?;
    let mut rooms = Vec::new();
    for path in super::files_below(&folder)? {
        let name = file_name(&path)?;
        if path.extension().is_some_and(|ending| ending == "wasm") && name != "main.wasm" {
            rooms.push((name.to_owned(), fs::read(&path)?));
        }
    }
    Ok(Parts {
        main: fs::read(folder.join("main.wasm"))?,
        link: fs::read_to_string(folder.join(LINK))?,
        rooms,
    })
}

impl Parts {
    /// Adds the files beside the main one. Glue and link name each other, so they share the hash of
    /// both.
    pub(super) fn add(
        self,
        assets: &mut Assets,
        binary: &str,
        glue: String,
        optimised: impl Fn(Vec<u8>) -> Result<Vec<u8>>,
    ) -> Result<()> {
        // Whoever enters a room that did not come is told on the page.
        let mut link = self.link.replace("console.error(e)", "console.warn(e)");
        for (name, bytes) in self.rooms {
            let url = assets.add(&format!("/assets/{binary}-{name}"), optimised(bytes)?);
            let place = format!("\"./{name}\"");
            ensure!(link.contains(&place), "nothing fetches {name}");
            link = link.replace(&place, &format!("\"{url}\""));
        }
        let plain = ["glue", "split"].map(|name| format!("/assets/{binary}-{name}.js"));
        ensure!(
            glue.contains(LINK),
            "the glue of {binary} does not import {LINK}"
        );
        assets.add_pair(plain, [glue, link], [GLUE, LINK]);
        Ok(())
    }
}

fn file_name(path: &Path) -> Result<&str> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.with_context(|| path.display().to_string())
}
