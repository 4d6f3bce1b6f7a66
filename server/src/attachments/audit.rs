//! Looks through the files of the data folder, and copies them beside a backup and back.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use shared::ids::{DocKey, IncidentId};
use shared::incidents::attachments::Part;
use tokio::task::spawn_blocking;

use super::Attachments;
use super::folder::Place;
use super::named::incident;
use crate::App;

/// How many incidents are looked at together.
const SLICE: u32 = 128;

/// What was found of files.
#[derive(Debug, Default)]
pub struct Audit {
    /// Files that are there and have their hash.
    pub whole: usize,
    /// Files that their authors have not uploaded yet.
    pub awaited: usize,
    /// Files that are not what they were when they came.
    pub damaged: Vec<String>,
    /// Files that no incident names any more.
    pub unnamed: usize,
}

impl Audit {
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty()
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            whole,
            awaited,
            damaged,
            unnamed,
        } = self;
        writeln!(
            f,
            "{whole} files are sound, {awaited} are still on devices, {unnamed} belong to nothing"
        )?;
        damaged
            .iter()
            .try_for_each(|place| writeln!(f, "{place}: the file is damaged"))
    }
}

/// Looks whether every file that an incident names is there, and is what it was.
pub async fn audit(app: &App) -> anyhow::Result<Audit> {
    let mut audit = Audit::default();
    let all = app.attachments.folder.all().await?;
    let mut all: BTreeMap<_, _> = all.into_iter().collect();
    let mut after = None;
    loop {
        let mut view = app.store.view().await?;
        let ids = view.incidents(after, SLICE).await?;
        let Some(last) = ids.last().copied() else {
            break;
        };
        after = Some(last);
        let docs = view.docs(&ids).await?;
        drop(view);
        let mut by_incident: BTreeMap<IncidentId, Vec<_>> = BTreeMap::new();
        for doc in docs {
            by_incident.entry(doc.doc.id).or_default().push(doc);
        }
        let named = spawn_blocking(move || {
            let incidents = by_incident.into_values().map(incident);
            // What cannot be read is told by those who look at documents.
            let incidents = incidents.filter_map(|read| read.ok().flatten());
            incidents
                .flat_map(|incident| places(&incident))
                .collect::<Vec<_>>()
        });
        for (place, bytes) in named.await? {
            look(app, &mut audit, place, all.remove(&place), bytes).await?;
        }
    }
    audit.unnamed = all.len();
    Ok(audit)
}

fn places(incident: &shared::incidents::Incident) -> Vec<(Place, u64)> {
    let parts = |(kind, fact, file): (_, _, &shared::incidents::Attachment)| {
        let doc = DocKey {
            kind,
            id: incident.id,
        };
        let blobs = [Part::Thumbnail, Part::File].map(|part| file.blob(part));
        let blobs = blobs.into_iter().flatten();
        let place = |hash| Place { doc, fact, hash };
        blobs
            .map(|blob| (place(blob.hash), u64::from(blob.bytes)))
            .collect::<Vec<_>>()
    };
    incident.attachments().flat_map(parts).collect()
}

async fn look(
    app: &App,
    audit: &mut Audit,
    place: Place,
    size: Option<u64>,
    bytes: u64,
) -> anyhow::Result<()> {
    let Some(size) = size else {
        audit.awaited += 1;
        return Ok(());
    };
    let is_true = size == bytes && app.attachments.folder.hash(place).await? == Some(place.hash);
    if is_true {
        audit.whole += 1;
    } else {
        let Place { doc, fact, hash } = place;
        audit.damaged.push(format!("{doc}/{fact}/{hash}"));
    }
    Ok(())
}

/// Where the files of a backup lie.
fn beside(backup: &Path) -> PathBuf {
    backup.with_added_extension("blobs")
}

/// Copies the files beside a backup of the database that was made before, so that every file is
/// copied that it knows of.
pub fn copy_to(data: &Path, backup: &Path) -> anyhow::Result<()> {
    copy(
        &whole(&Attachments::folder_of(data)),
        &whole(&beside(backup)),
    )
}

/// Copies the files of a backup back, if it has some.
pub fn copy_back(backup: &Path, data: &Path) -> anyhow::Result<()> {
    copy(
        &whole(&beside(backup)),
        &whole(&Attachments::folder_of(data)),
    )
}

fn whole(folder: &Path) -> PathBuf {
    folder.join("whole")
}

/// What is there already is the same: a name is never given twice.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let entries = match fs::read_dir(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.with_context(|| format!("cannot read {}", from.display()))?,
    };
    fs::create_dir_all(to).with_context(|| format!("cannot make {}", to.display()))?;
    for entry in entries {
        let entry = entry?;
        // What is being written has a number behind its name, and none once it is whole.
        if entry.file_name().to_string_lossy().contains('#') {
            continue;
        }
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if !target.exists() {
            let part = target.with_added_extension("part");
            let copied = fs::copy(entry.path(), &part).and_then(|_| {
                fs::File::open(&part)?.sync_all()?;
                fs::rename(&part, &target)
            });
            copied.with_context(|| format!("cannot write {}", target.display()))?;
        }
    }
    Ok(())
}
