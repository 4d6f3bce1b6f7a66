//! The data folder: where the one database of an organisation lies.
//!
//! Only [`open_store`] makes anything there; whoever looks or checks leaves it as it was.

use std::fs::{self, File};
use std::path::{self, Path};
use std::process;
use std::sync::Arc;

use anyhow::Context as _;

use crate::clock::Random;
use crate::config::Config;
use crate::store::{Sqlite, Store};

const FILE: &str = "holdfast.sqlite";

/// Opens the store in the data folder and makes both when there is none.
pub async fn open_store(config: &Config, random: &Random) -> anyhow::Result<Arc<dyn Store>> {
    let folder = &config.data;
    let made = fs::create_dir_all(folder);
    made.with_context(|| format!("data: cannot make the folder {}", folder.display()))?;
    let file = folder.join(FILE);
    let store = Sqlite::open(&file, random).await;
    Ok(Arc::new(store.with_context(|| cannot_open(&file))?))
}

/// Opens the store to look at it; without one, it is an empty one in memory.
pub async fn open_store_to_read(
    config: &Config,
    random: &Random,
) -> anyhow::Result<Arc<dyn Store>> {
    let file = config.data.join(FILE);
    let store = if file.exists() {
        Sqlite::open_to_read(&file).await
    } else {
        Sqlite::in_memory(random).await
    };
    Ok(Arc::new(store.with_context(|| cannot_open(&file))?))
}

/// Fails if [`open_store`] could not write where it has to.
pub fn check_folder(config: &Config) -> anyhow::Result<()> {
    let folder = path::absolute(&config.data).context("data")?;
    let file = folder.join(FILE);
    if file.exists() {
        let opened = File::options().append(true).open(&file);
        opened.with_context(|| cannot_open(&file))?;
    }
    let there = folder.ancestors().find(|above| above.exists());
    let probe = there
        .unwrap_or(&folder)
        .join(format!(".holdfast-check-{}", process::id()));
    let written = fs::create_dir(&probe).and_then(|()| fs::remove_dir(&probe));
    written.with_context(|| {
        if there == Some(&*folder) {
            format!("data: cannot write in the folder {}", folder.display())
        } else {
            format!("data: cannot make the folder {}", folder.display())
        }
    })
}

fn cannot_open(file: &Path) -> String {
    format!("data: cannot open {}", file.display())
}
