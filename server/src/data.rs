//! The data folder: where the one database of an organisation lies.
//!
//! Only [`open_store`] makes anything there; whoever looks or checks leaves it as it was.

use std::fs::{self, File};
use std::path::{self, Path};
use std::process;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use shared::time::UnixMillis;

use crate::attachments;
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

/// Copies the store, of which a server may be running, to a file that is not there yet, and the
/// files of incidents beside it.
pub async fn backup(config: &Config, to: &Path) -> anyhow::Result<()> {
    let file = config.data.join(FILE);
    ensure!(file.exists(), "data: there is no {}", file.display());
    ensure!(!to.exists(), "{} is there already", to.display());
    let store = Sqlite::open_beside(&file).await;
    let store = store.with_context(|| cannot_open(&file))?;
    let part = to.with_added_extension("part");
    // Left by a backup that was cut short, or not there.
    let _ = fs::remove_file(&part);
    let copied = store.copy_to(&part).await;
    store.close().await;
    copied.with_context(|| format!("cannot write {}", part.display()))?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, to).with_context(|| format!("cannot write {}", to.display()))?;
    attachments::copy_to(&config.data, to)
}

/// Puts a copy into an empty data folder, as a log of its own: devices will bring back what they
/// have and it lacks.
pub async fn restore(
    config: &Config,
    random: &Random,
    now: UnixMillis,
    from: &Path,
) -> anyhow::Result<()> {
    let folder = &config.data;
    let made = fs::create_dir_all(folder);
    made.with_context(|| format!("data: cannot make the folder {}", folder.display()))?;
    ensure!(
        fs::read_dir(folder)?.next().is_none(),
        "data: the folder {} is not empty; name another, or move away what is there",
        folder.display()
    );
    let (part, file) = (folder.join("restored.part"), folder.join(FILE));
    let restored = async {
        fs::copy(from, &part).with_context(|| format!("cannot copy {}", from.display()))?;
        begin_anew(&part, random, now)
            .await
            .with_context(|| format!("{} is damaged, or no backup", from.display()))?;
        File::open(&part)?.sync_all()?;
        attachments::copy_back(from, folder)?;
        fs::rename(&part, &file).with_context(|| format!("cannot write {}", file.display()))
    };
    let restored = restored.await;
    if restored.is_err() {
        // The folder is to be as it was.
        let _ = fs::remove_file(&part);
    }
    restored
}

async fn begin_anew(file: &Path, random: &Random, now: UnixMillis) -> anyhow::Result<()> {
    let store = Sqlite::open(file, random).await?;
    let begun = async {
        ensure!(store.is_sound().await?, "the database is not sound");
        Ok(store.begin_epoch(random, now).await?)
    };
    let begun = begun.await;
    store.close().await;
    begun
}

/// Whether the data folder holds a database.
pub fn has_data(config: &Config) -> bool {
    config.data.join(FILE).exists()
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
