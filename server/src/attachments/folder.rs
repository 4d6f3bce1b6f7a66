//! The folder of the files: whole ones by document, fact and hash, halves by their author.
//!
//! Everything is written to the disk before it has its name, and a file has its name only once its
//! hash was found true.

use std::path::PathBuf;
use std::sync::OnceLock;

use axum::body::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use sha2::{Digest as _, Sha256};
use shared::ids::{DocKey, FactId, Hash, PersonId};
use shared::incidents::attachments::{Blob, HEAD_BYTES};
use shared::time::UnixMillis;

use crate::error::ApiError;

const WHOLE: &str = "whole";
const HALF: &str = "half";

/// A file of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) doc: DocKey,
    pub(super) fact: FactId,
    pub(super) hash: Hash,
}

impl Place {
    fn path(&self) -> Path {
        let Self { doc, fact, hash } = self;
        Path::from(format!("{WHOLE}/{doc}/{fact}/{hash}"))
    }

    fn half(&self, person: PersonId) -> Path {
        let Self { doc, fact, hash } = self;
        Path::from(format!("{HALF}/{}/{doc}/{fact}/{hash}", person.0))
    }

    /// Reads where a whole file lies.
    fn of(path: &Path) -> Option<Self> {
        let path = path.as_ref().strip_prefix(WHOLE)?.strip_prefix('/')?;
        let (path, hash) = path.rsplit_once('/')?;
        let (doc, fact) = path.rsplit_once('/')?;
        Some(Self {
            doc: doc.parse().ok()?,
            fact: fact.parse().ok()?,
            hash: hash.parse().ok()?,
        })
    }
}

/// The pieces of a file that are there, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    paths: Vec<Path>,
    /// Where the last one ends.
    pub(super) end: u64,
}

/// What became of a file of which every piece is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Whole,
    /// It has another hash, and is given up.
    OtherBytes,
    /// It is not of the type it is said to be, and is given up.
    OtherType,
}

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    store: OnceLock<LocalFileSystem>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            store: OnceLock::new(),
        }
    }

    /// The store, if there is a folder.
    fn found(&self) -> Result<Option<&LocalFileSystem>, ApiError> {
        if let Some(store) = self.store.get() {
            return Ok(Some(store));
        }
        if !self.path.is_dir() {
            return Ok(None);
        }
        let store = LocalFileSystem::new_with_prefix(&self.path).map_err(ApiError::internal)?;
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Some(self.store.get_or_init(|| store)))
    }

    fn made(&self) -> Result<&LocalFileSystem, ApiError> {
        std::fs::create_dir_all(&self.path).map_err(ApiError::internal)?;
        let found = self.found()?;
        found.ok_or_else(|| ApiError::internal(anyhow::anyhow!("the folder was taken away")))
    }

    /// How many bytes a whole file has, if it is there.
    pub(super) async fn size(&self, place: Place) -> Result<Option<u64>, ApiError> {
        let Some(store) = self.found()? else {
            return Ok(None);
        };
        match store.head(&place.path()).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(failed) => Err(ApiError::internal(failed)),
        }
    }

    /// A whole file, if it is there: how long, and its bytes.
    pub(super) async fn read(
        &self,
        place: Place,
    ) -> Result<Option<(u64, BoxStream<'static, object_store::Result<Bytes>>)>, ApiError> {
        let Some(store) = self.found()? else {
            return Ok(None);
        };
        match store.get(&place.path()).await {
            Ok(found) => Ok(Some((found.meta.size, found.into_stream()))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(failed) => Err(ApiError::internal(failed)),
        }
    }

    /// What a person has uploaded of a file so far. Pieces behind a gap count for nothing.
    pub(super) async fn pieces(&self, person: PersonId, place: Place) -> Result<Pieces, ApiError> {
        let Some(store) = self.found()? else {
            return Ok(Pieces::default());
        };
        let half = place.half(person);
        let listed = store.list(Some(&half)).try_collect();
        let mut listed: Vec<ObjectMeta> = listed.await.map_err(ApiError::internal)?;
        listed.sort_by(|one, other| one.location.cmp(&other.location));
        let mut pieces = Pieces::default();
        for meta in listed {
            let offset = meta.location.filename().and_then(|name| name.parse().ok());
            if offset == Some(pieces.end) {
                pieces.end += meta.size;
                pieces.paths.push(meta.location);
            }
        }
        Ok(pieces)
    }

    pub(super) async fn put_piece(
        &self,
        person: PersonId,
        place: Place,
        offset: u64,
        piece: Bytes,
    ) -> Result<(), ApiError> {
        let path = place.half(person).join(format!("{offset:010}"));
        let put = self.made()?.put(&path, piece.into()).await;
        put.map(drop).map_err(ApiError::internal)
    }

    /// Makes a whole file of all its pieces, if they are what they are said to be.
    pub(super) async fn end(
        &self,
        person: PersonId,
        place: Place,
        blob: Blob,
    ) -> Result<Ended, ApiError> {
        let pieces = self.pieces(person, place).await?;
        let ended = self.join(&pieces, place, blob).await;
        let ended = ended.map_err(ApiError::internal)?;
        self.drop_pieces(pieces).await?;
        Ok(ended)
    }

    async fn join(
        &self,
        pieces: &Pieces,
        place: Place,
        blob: Blob,
    ) -> Result<Ended, anyhow::Error> {
        let store = self.made()?;
        let mut whole = store.put_multipart(&place.path()).await?;
        let (mut hash, mut head) = (Sha256::new(), Vec::new());
        for path in &pieces.paths {
            let piece = store.get(path).await?.bytes().await?;
            hash.update(&piece);
            let missing = HEAD_BYTES.saturating_sub(head.len());
            head.extend_from_slice(&piece[..piece.len().min(missing)]);
            whole.put_part(piece.into()).await?;
        }
        let ended = if Hash(hash.finalize().into()) != place.hash {
            Ended::OtherBytes
        } else if !blob.media.fits(&head) {
            Ended::OtherType
        } else {
            whole.complete().await?;
            return Ok(Ended::Whole);
        };
        whole.abort().await?;
        Ok(ended)
    }

    async fn drop_pieces(&self, pieces: Pieces) -> Result<(), ApiError> {
        let store = self.made()?;
        for path in pieces.paths {
            store.delete(&path).await.map_err(ApiError::internal)?;
        }
        Ok(())
    }

    /// Drops the pieces that were last written before a moment. Returns how many.
    pub(super) async fn sweep(&self, before: UnixMillis) -> Result<usize, ApiError> {
        let Some(store) = self.found()? else {
            return Ok(0);
        };
        let halves = Path::from(HALF);
        let listed = store.list(Some(&halves)).try_collect();
        let mut listed: Vec<ObjectMeta> = listed.await.map_err(ApiError::internal)?;
        listed.retain(|meta| meta.last_modified.timestamp_millis() < before.0);
        for meta in &listed {
            let deleted = store.delete(&meta.location).await;
            deleted.map_err(ApiError::internal)?;
        }
        Ok(listed.len())
    }

    /// Every whole file with its size.
    pub(super) async fn all(&self) -> Result<Vec<(Place, u64)>, ApiError> {
        let Some(store) = self.found()? else {
            return Ok(Vec::new());
        };
        let whole = Path::from(WHOLE);
        let listed = store.list(Some(&whole)).map(|meta| {
            let meta = meta?;
            Ok(Place::of(&meta.location).map(|place| (place, meta.size)))
        });
        let listed: object_store::Result<Vec<_>> = listed.try_collect().await;
        let listed = listed.map_err(ApiError::internal)?;
        Ok(listed.into_iter().flatten().collect())
    }

    /// The hash that a whole file has.
    pub(super) async fn hash(&self, place: Place) -> Result<Option<Hash>, ApiError> {
        let Some((_, mut stream)) = self.read(place).await? else {
            return Ok(None);
        };
        let mut hash = Sha256::new();
        while let Some(part) = stream.try_next().await.map_err(ApiError::internal)? {
            hash.update(&part);
        }
        Ok(Some(Hash(hash.finalize().into())))
    }
}
